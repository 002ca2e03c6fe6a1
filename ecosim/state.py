"""Everything that changes during a run, and nothing else: copy it and the world is forked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.effects import Effects
from ecosim.channels.handles import Handles
from ecosim.decisions.base import Orders
from ecosim.health.measures import HealthState
from ecosim.ledger import Ledger
from ecosim.record import Record
from ecosim.tables import ADOPTION, CLAIM, OWNER, SITE, SUPPLY, TECHNOLOGY, Table
from ecosim.ties import Ties
from ecosim.world.population import Known


@dataclass
class Decided:
    """What one decision has ordered, and what it remembers."""

    #: Orders that are still to take effect, with the month in which they do.
    pending: list[tuple[int, Orders]] = field(default_factory=list)
    #: (C, C) how far each country goes towards each other; None before the first order.
    stance: NDArray[np.float64] | None = None
    #: (C, C) or 0: partnerships started between two countries until it was last due.
    starts_before: NDArray[np.float64] | float = 0.0
    #: (C,) EUR a month that governments give their agencies beside the budget; None before the first order.
    added_eur: NDArray[np.float64] | None = None

    def copy(self) -> Decided:
        """An independent copy; orders and stances are replaced and never written."""
        return Decided(list(self.pending), self.stance, self.starts_before, self.added_eur)


def _table(dtype: object) -> Table:
    return Table(dtype, 8)  # type: ignore[arg-type]


class PipelineRows(NamedTuple):
    """The tables of the stages as compiled loops take them, room for more rows included; see :class:`Pipeline`."""

    technologies: NDArray[np.void]
    sites: NDArray[np.void]
    supplies: NDArray[np.void]
    owners: NDArray[np.void]
    adoption: NDArray[np.void]


@dataclass
class Pipeline:
    """What completed research left behind; empty while ``mechanisms.stages`` is off."""

    technologies: Table = field(default_factory=lambda: _table(TECHNOLOGY))
    #: Sites of pilots, what each needs of each kind of input, owners, adopters by country, and loans and stakes; a
    #: technology's rows follow one another.
    sites: Table = field(default_factory=lambda: _table(SITE))
    supplies: Table = field(default_factory=lambda: _table(SUPPLY))
    owners: Table = field(default_factory=lambda: _table(OWNER))
    adoption: Table = field(default_factory=lambda: _table(ADOPTION))
    claims: Table = field(default_factory=lambda: _table(CLAIM))
    #: Cents that investors are still to be paid for losses the public bears.
    guarantees_owed: int = 0

    @property
    def rows(self) -> PipelineRows:
        """The tables for compiled loops; to be asked for anew once a table was given more room."""
        return PipelineRows(
            self.technologies.rows, self.sites.rows, self.supplies.rows, self.owners.rows, self.adoption.rows
        )

    def copy(self) -> Pipeline:
        """An independent copy."""
        return Pipeline(
            self.technologies.copy(),
            self.sites.copy(),
            self.supplies.copy(),
            self.owners.copy(),
            self.adoption.copy(),
            self.claims.copy(),
            self.guarantees_owed,
        )


class Rows(NamedTuple):
    """The tables of a state as compiled loops take them, room for more rows included; see :class:`State`."""

    organisations: NDArray[np.void]
    memory: NDArray[np.int32]
    skill: NDArray[np.float64]
    partnerships: NDArray[np.void]
    seats: NDArray[np.void]
    supplies: NDArray[np.void]
    departures: NDArray[np.void]
    register: NDArray[np.void]
    members: NDArray[np.void]
    ties: NDArray[np.void]
    observed: NDArray[np.float64]
    trust_shift: NDArray[np.float64]


@dataclass
class State:
    """The simulated world at the end of a month."""

    #: Months simulated so far.
    month: int
    #: Rows of dtype ``ORGANISATION``, shape (N,).
    organisations: NDArray[np.void]
    #: Who can be found by search; replaced when someone arrives, never written.
    known: Known
    #: (N, MEMORY) numbers of each organisation's past partnerships, newest overwriting oldest; -1 none.
    memory: NDArray[np.int32]
    #: (N, S) what each organisation knows in each sector, and what that adds to its capability; 0 at rest.
    knowledge: NDArray[np.float64]
    skill: NDArray[np.float64]
    #: All partnerships and their seats but, in a large world, unfunded work that is over.
    partnerships: Table
    seats: Table
    #: Rows of dtype ``SUPPLY``; those of a partnership lie together.
    supplies: Table
    departures: Table
    #: Every partnership there has been, at its number, and who sits or last sat in it.
    register: Table
    members: Table
    #: Rows of partnerships granted or under way, in the order of their award, shape (A,).
    active: NDArray[np.int32]
    ties: Ties
    #: Organisations gone for good so far, and whether that or the handles changed since partnerships last met.
    vanished: int
    unsettled: bool
    #: Rows of dtype ``FUNDER``, shape (F,).
    funders: NDArray[np.void]
    #: (F, S) cents set aside for each sector and not yet awarded; below 0 where the last award borrowed from the next
    #: call.
    envelopes: NDArray[np.int64]
    #: (T, S) shares of what calls offer over sectors, by terms of funding.
    sector_share: NDArray[np.float64]
    #: Rows of dtype ``GOVERNMENT``, shape (C,).
    governments: NDArray[np.void]
    #: Rows of dtype ``MISSION``, shape (M,).
    missions: NDArray[np.void]
    #: Share of each instrument's money spent on each sender-host pair, shape (I, C, C).
    allocation: NDArray[np.float64]
    #: (I,) how much of its monthly money each instrument asks for: 1 unless a decision says otherwise.
    intensity: NDArray[np.float64]
    #: What each decision has ordered, by its name in the scenario.
    decided: dict[str, Decided]
    #: (C, C) partnerships started between two countries so far, as missions can count them.
    observed: NDArray[np.float64]
    ledger: Ledger
    #: (N, 2) cents that firms spent of their own on joint work this month, and what of it they would have spent anyway;
    #: no rows where nobody asks.
    own_spent: NDArray[np.int64]
    #: (C, C) cents of the unspent appropriation that only seats of the second country in consortia led from the first
    #: may use.
    earmarked: NDArray[np.int64]
    #: (C, C) trust that events between two countries added to all their ties, fading like trust itself.
    trust_shift: NDArray[np.float64]
    #: Money spent on each instrument this month, per sender-host pair (EUR at full scale), shape (C, C).
    spent_eur: dict[str, NDArray[np.float64]]
    #: (I, C, C) what each instrument has built up for each pair: the monthly money (EUR at full scale) that would
    #: keep it there.
    stocks: NDArray[np.float64]
    #: Rows of dtype ``ASSET``: what instruments have built in hosts, lost ones included.
    assets: Table
    #: What organisations face this month, and what it means for them; replaced when an input changes, never written.
    handles: Handles
    effects: Effects
    #: What completed research left behind.
    pipeline: Pipeline
    record: Record
    #: What AI for health remembers; None where ``mechanisms.health`` is off.
    health: HealthState | None = None

    @property
    def rows(self) -> Rows:
        """The tables for compiled loops; to be asked for anew once a table was given more room."""
        return Rows(
            self.organisations, self.memory, self.skill, self.partnerships.rows, self.seats.rows, self.supplies.rows,
            self.departures.rows, self.register.rows, self.members.rows, self.ties.slots, self.observed,
            self.trust_shift,
        )  # fmt: skip

    def copy(self) -> State:
        """An independent copy: no array is shared but the handles, which are replaced and never written."""
        return State(
            month=self.month,
            organisations=self.organisations.copy(),
            known=self.known,
            memory=self.memory.copy(),
            knowledge=self.knowledge.copy(),
            skill=self.skill.copy(),
            partnerships=self.partnerships.copy(),
            seats=self.seats.copy(),
            supplies=self.supplies.copy(),
            departures=self.departures.copy(),
            register=self.register.copy(),
            members=self.members.copy(),
            active=self.active.copy(),
            ties=self.ties.copy(),
            vanished=self.vanished,
            unsettled=self.unsettled,
            funders=self.funders.copy(),
            envelopes=self.envelopes.copy(),
            sector_share=self.sector_share.copy(),
            governments=self.governments.copy(),
            missions=self.missions.copy(),
            allocation=self.allocation.copy(),
            intensity=self.intensity.copy(),
            decided={name: book.copy() for name, book in self.decided.items()},
            observed=self.observed.copy(),
            ledger=self.ledger.copy(),
            own_spent=self.own_spent.copy(),
            earmarked=self.earmarked.copy(),
            trust_shift=self.trust_shift.copy(),
            spent_eur=dict(self.spent_eur),
            stocks=self.stocks.copy(),
            assets=self.assets.copy(),
            handles=self.handles,
            effects=self.effects,
            pipeline=self.pipeline.copy(),
            record=self.record.copy(),
            health=None if self.health is None else self.health.copy(),
        )
