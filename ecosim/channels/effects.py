"""What the handles mean for organisations: the tables that search, answers and work read.

Computed from the handles whenever those are rebuilt, so that a compiled loop reads one number where it would otherwise
combine several channels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.balance import nearness, participation_mass
from ecosim.channels.belief import answer, beliefs_of, ready, sought
from ecosim.channels.combined import let_in, open_work, running_look
from ecosim.channels.displaced import moved
from ecosim.channels.handles import BELIEFS, Handles
from ecosim.channels.supply import InputFlows, Rationing, input_flows, rationing_of
from ecosim.config.behaviour import BehaviourConfig, MechanismsConfig
from ecosim.numerics import power_each
from ecosim.world.facts import World


class Choice(NamedTuple):
    """What leads and those they ask face when a consortium is put together; see :class:`Effects`."""

    look_funded: NDArray[np.float64]
    look_unfunded: NDArray[np.float64]
    newcomer_entry: NDArray[np.float64]
    firms_met: NDArray[np.float64]
    chance_met: NDArray[np.float64]
    match_quality: NDArray[np.float64]
    first_trust: NDArray[np.float64]
    openness: NDArray[np.float64]
    acceptance: NDArray[np.float64]
    acceptance_unfunded: NDArray[np.float64]
    eligibility: NDArray[np.float64]
    joining: NDArray[np.float64]
    trust_ceiling: NDArray[np.float64]


class Tenure(NamedTuple):
    """Who may stay in work under way; see :class:`Effects`."""

    eligibility: NDArray[np.float64]
    staying: NDArray[np.float64]
    keeping: NDArray[np.float64]
    keeping_alone: NDArray[np.float64]
    kept_open: NDArray[np.float64]
    any_closed: bool


class Conditions(NamedTuple):
    """What a month of work meets; see :class:`Effects`."""

    pace: NDArray[np.float64]
    capacity: NDArray[np.float64]
    pilot_cost: NDArray[np.float64]
    inputs: InputFlows


@dataclass(frozen=True, eq=False)
class Effects:
    """Tables over lead or first country and partner country; C countries, S sectors, T terms of funding."""

    #: What they were made of.
    handles: Handles
    #: (T, C, C, S) weight with which leads of the first country would look at the second for funded work, and
    #: (C, C, S) for unfunded work, where distance weighs more; and (C, C, S) the chance that who has room would accept:
    #: before doubt.
    near_funded: NDArray[np.float64]
    near_unfunded: NDArray[np.float64]
    accepts: NDArray[np.float64]
    #: (T, C, S, C) and (C, S, C) running sum over partner countries of the weight with which search looks there.
    look_funded: NDArray[np.float64]
    look_unfunded: NDArray[np.float64]
    #: (T, C, C, S) and (C, C, S) chance that an organisation with room accepts an invitation.
    acceptance: NDArray[np.float64]
    acceptance_unfunded: NDArray[np.float64]
    #: (T, S, C) and (S, C) how far doubt, and whatever keeps people from starting, leave leads ready to start: 1
    #: without any.
    readiness: NDArray[np.float64]
    readiness_unfunded: NDArray[np.float64]
    #: (C, C) share of the second country's organisations sought by size from the first that are newcomers instead.
    newcomer_entry: NDArray[np.float64]
    #: (C, C, S) the same of firms, and (C,) share of meetings by chance that come about.
    firms_met: NDArray[np.float64]
    chance_met: NDArray[np.float64]
    #: (C, S) weight of fitting knowledge beside that at rest, by country of the lead.
    match_quality: NDArray[np.float64]
    #: (C, C) trust of people who have met.
    first_trust: NDArray[np.float64]
    #: (C, C, S) mean openness of the channels that a choice among candidates weighs.
    openness: NDArray[np.float64]
    #: (T, C, C, S) share of organisations of the second country fundable in a consortium led from the first.
    eligibility: NDArray[np.float64]
    #: (T, C, C, S) the same with those whom their own agency pays; a lead cannot be paid so.
    joining: NDArray[np.float64]
    #: (C, C) political openness over its base: 1 where nothing has closed.
    kept_open: NDArray[np.float64]
    #: Whether any pair is less open than its base.
    any_closed: bool
    #: (C, C, S) speed of joint work beside work without borders.
    pace: NDArray[np.float64]
    #: (C, C) share of the second country's knowledge that the first reaches, and whether any differs from rest.
    knowledge_access: NDArray[np.float64]
    knowledge_closed: bool
    #: (T, C, C, S) share of organisations of the second country that stay funded in running grants led from the first.
    staying: NDArray[np.float64]
    #: (T, C, C, S) the same with those whom their own agency pays, and (T, C, S) under whatever lead they may find, for
    #: members left without one.
    keeping: NDArray[np.float64]
    keeping_alone: NDArray[np.float64]
    #: (C, C) ceiling on trust.
    trust_ceiling: NDArray[np.float64]
    #: What suppliers add where flows are cut; and with it what sites get of each kind of input.
    rationing: Rationing
    inputs: InputFlows
    #: (C,) working capacity, and (C,) multiplier on months until a new member works.
    capacity: NDArray[np.float64]
    friction_replace: NDArray[np.float64]
    #: (C, C) ease of moving people.
    mobility: NDArray[np.float64]
    #: (S,) what work at several sites costs beside one.
    pilot_cost: NDArray[np.float64]

    @property
    def choice(self) -> Choice:
        """The tables that search and founding read."""
        return Choice(
            self.look_funded, self.look_unfunded, self.newcomer_entry, self.firms_met, self.chance_met,
            self.match_quality, self.first_trust, self.openness, self.acceptance, self.acceptance_unfunded,
            self.eligibility, self.joining, self.trust_ceiling,
        )  # fmt: skip

    @property
    def tenure(self) -> Tenure:
        """The tables that say who may stay."""
        return Tenure(self.eligibility, self.staying, self.keeping, self.keeping_alone, self.kept_open, self.any_closed)

    @property
    def conditions(self) -> Conditions:
        """The tables that work reads."""
        return Conditions(self.pace, self.capacity, self.pilot_cost, self.inputs)


class _Asked(NamedTuple):
    """What tables are made of; see :func:`effects_of`."""

    handles: Handles
    base: Handles
    world: World
    behaviour: BehaviourConfig
    mechanisms: MechanismsConfig
    own_country_only: Sequence[bool]
    has_agency: NDArray[np.bool_] | None
    open_to_all: Sequence[bool]
    agreed: Sequence[NDArray[np.float64] | None]
    balanced: NDArray[np.float64] | None
    unfunded_at_rest: NDArray[np.float64] | None
    for_research: Sequence[bool]

    @property
    def rules(self) -> list[str]:
        """Whom funders of each terms let in by a rule of their own; empty where the handle says it."""
        return [
            "home" if at_home else ("all" if everybody else "")
            for at_home, everybody in zip(self.own_country_only, self.open_to_all, strict=True)
        ]


class Group(NamedTuple):
    """Tables that are made together, from some handles and from tables made before."""

    tables: tuple[str, ...]
    #: Handles on which they depend, through tables made before too: while none changes the tables stay what they are.
    handles: frozenset[str]
    make: Callable[[_Asked, Mapping[str, Any]], tuple[Any, ...]]


def effects_of(
    handles: Handles, base: Handles, world: World, behaviour: BehaviourConfig, mechanisms: MechanismsConfig,
    own_country_only: Sequence[bool] = (False,), has_agency: NDArray[np.bool_] | None = None,
    open_to_all: Sequence[bool] | None = None,
    agreed: Sequence[NDArray[np.float64] | None] | None = None, balanced: NDArray[np.float64] | None = None,
    unfunded_at_rest: NDArray[np.float64] | None = None, for_research: Sequence[bool] | None = None,
    before: Effects | None = None,
) -> Effects:  # fmt: skip
    """Combine the month's handles into the tables organisations meet.

    Parameters
    ----------
    handles, base : Handles
        This month's handles, and those of a world without shocks or instruments.
    world : World
        Facts.
    behaviour : BehaviourConfig
        Powers and responses.
    mechanisms : MechanismsConfig
        What is switched off.
    own_country_only : sequence of bool, length T
        Whether funders of these terms pay organisations of the lead's country alone; else the handle says whom.
    has_agency : ndarray of bool, shape (C,), optional
        Countries whose own agency can pay for their organisations; none by default.
    open_to_all : sequence of bool, length T, optional
        Whether funders of these terms pay organisations of all countries, whatever the handle says; none by default.
    agreed : sequence of ndarray of float, shape (C, C), length T, optional
        Of funders that pay their own country alone: 1 where the second country's agency pays its organisations in
        grants of the first's; none by default.
    balanced : ndarray of float, shape (C, S), optional
        Factors of countries in funded search, from :func:`ecosim.channels.balance.balance`; all 1 by default.
    unfunded_at_rest : ndarray of float, shape (C, C), optional
        Weight with which leads of unfunded work look at each country in a world at rest
        (:mod:`ecosim.unfunded`); by default it follows from researchers and awareness.
    for_research : sequence of bool, length T, optional
        Whether funders of these terms pay for research; in work of the others, which there is not, tables are 0. All
        do by default.
    before : Effects, optional
        Made of other handles and of the same in all else: tables are taken over where the handles they depend on are
        the same. By default all are made.

    Notes
    -----
    A role needs two consents: of whoever fills it and of those who rely on it. Both weigh what they expect to keep, to
    the power ``expectation_response``. Who fills it loses all it would have; the others lose what hinges on it: of a
    grant ``lead_stake`` with its lead (who is to lead is settled before partners are asked, so it counts there and not
    when they answer), the months until a substitute works with a member; all, where nobody steps in. What is believed
    of whom: :mod:`ecosim.channels.belief`.
    """
    asked = _Asked(
        handles, base, world, behaviour, mechanisms, own_country_only, has_agency,
        open_to_all or [False] * len(own_country_only), agreed or [None] * len(own_country_only), balanced,
        unfunded_at_rest, for_research or [True] * len(own_country_only),
    )  # fmt: skip
    changed = _GROUPED if before is None else frozenset(handles.changed(before.handles, _GROUPED))
    tables = _as_they_are(asked)
    for group in GROUPS:
        if before is None or changed & group.handles:
            tables.update(zip(group.tables, group.make(asked, tables), strict=True))
        else:
            tables.update({name: getattr(before, name) for name in group.tables})
    return Effects(**tables)


def kept_open(handles: Handles, base: Handles) -> NDArray[np.float64]:
    """(C, C): political openness over that at rest, 1 where nothing has closed."""
    return np.minimum(_opened(handles, base), 1.0)


def _opened(handles: Handles, base: Handles) -> NDArray[np.float64]:
    """(C, C): political openness over that at rest."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(base.political > 0.0, handles.political / base.political, 1.0)


def _as_they_are(asked: _Asked) -> dict[str, Any]:
    """Tables that are handles, or nearly: made anew whenever any handle changed."""
    handles = asked.handles
    capacity = handles.capacity
    return {
        "handles": handles,
        "newcomer_entry": handles.newcomer_entry,
        "firms_met": handles.firms_met,
        "chance_met": handles.chance_met,
        "match_quality": handles.match_quality,
        "first_trust": handles.first_trust,
        "knowledge_access": handles.knowledge_access,
        "knowledge_closed": not np.array_equal(handles.knowledge_access, asked.base.knowledge_access),
        "trust_ceiling": handles.political,
        "capacity": moved(capacity, handles, asked.world, asked.behaviour.work.displaced_at_work),
        "friction_replace": handles.friction_replace,
        "mobility": handles.mobility,
        "pilot_cost": handles.pilot_cost,
    }


def _of_politics(asked: _Asked, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    kept = kept_open(asked.handles, asked.base)
    return kept, bool((kept < 1.0).any())


def _of_supply(asked: _Asked, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    return (rationing_of(asked.handles, asked.world, asked.behaviour.supply),)


def _of_inputs(asked: _Asked, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    return (input_flows(asked.handles, asked.world, asked.behaviour.supply, tables["rationing"]),)


def _of_open_work(asked: _Asked, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    handles, world, acceptance = asked.handles, asked.world, asked.behaviour.acceptance
    # Fair terms win those who would decline for themselves, and open nothing that is closed.
    willing = acceptance.base + handles.fair_terms * (1.0 - acceptance.base)
    willing = willing * power_each(handles.political, acceptance.political_response)
    out = np.empty((3, *handles.licence.shape))
    open_work(
        _read(handles.political), _read(handles.mobility), _read(handles.data), _read(handles.technology_control),
        _read(handles.licence), _read(handles.regulation), _read(willing), _read(world.data_intensity),
        _read(world.technology_sensitivity), _read(world.regulation_weight), asked.behaviour.work.pace_response, out,
    )  # fmt: skip
    return tuple(out)


def _of_unfunded(asked: _Asked, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    handles, base, world = asked.handles, asked.base, asked.world
    power = asked.behaviour.search.unfunded_awareness_power
    if asked.unfunded_at_rest is None:
        look = _researchers(world)[None] * power_each(handles.awareness, power)
        look *= handles.political[:, :, None]
    else:
        # What handles do to it is what they do beside the world at rest.
        look = power_each(handles.awareness / base.awareness, power)
        look *= asked.unfunded_at_rest[:, :, None] * world.country_sector_share[None]
        look *= _opened(handles, base)[:, :, None]
    return (look,)


def _of_rules(asked: _Asked, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    handles, world = asked.handles, asked.world
    shape, n, rules = handles.eligibility.shape, world.n_countries, asked.rules
    mass = participation_mass(world)
    if asked.balanced is not None:
        mass = mass * asked.balanced
    # Where countries work at their own size only the programme knows them by who takes part in it.
    mass_of_others = _researchers(world) if world.own_size else mass
    nobody = np.zeros((n, n))
    abroad = nobody
    if asked.has_agency is not None:
        abroad = (1.0 - np.eye(n)) * (handles.own_payment * asked.has_agency)[None, :]
    near = _read(nearness(handles.awareness, asked.behaviour.search))
    out = np.empty((5, len(rules), *shape))
    alone = np.empty((len(rules), *shape[1:]))
    for place, (rule, at_home, agreement, research) in enumerate(
        zip(rules, asked.own_country_only, asked.agreed, asked.for_research, strict=True)
    ):  # fmt: skip
        if not research:
            out[:, place], alone[place] = 0.0, 0.0
            continue
        signed = nobody if agreement is None else agreement
        # Agreements lapse with relations for new work; what is under way is honoured.
        paid = signed * tables["kept_open"] if at_home else abroad
        may = _ruled(rule, shape) if rule else handles.eligibility
        running = _ruled(rule, shape) if rule else handles.running_grants
        let_in(
            place, near, _read(mass_of_others if place else mass), _read(may), _read(running), _read(paid),
            _read(signed), out, alone,
        )  # fmt: skip
    return (*out, alone)


def _of_doubt_elsewhere(asked: _Asked, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    response = asked.behaviour.acceptance.expectation_response
    _, elsewhere = beliefs_of(asked.handles, asked.mechanisms.expectation)
    near = tables["near_unfunded"]
    readiness = ready(elsewhere, 1.0, response, near) * asked.handles.starting
    return _looked(near, sought(elsewhere, 1.0, response)), tables["accepts"] * answer(elsewhere, response), readiness


def _of_doubt(asked: _Asked, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    acceptance = asked.behaviour.acceptance
    response = acceptance.expectation_response
    bound, elsewhere = beliefs_of(asked.handles, asked.mechanisms.expectation)
    belief_of = [elsewhere if rule else bound for rule in asked.rules]
    lost_with_member = _lost_with_member(asked.world, asked.behaviour, asked.mechanisms)
    # What doubt leaves follows from a belief alone, which funders of several terms share.
    each_once = list({id(belief): belief for belief in belief_of}.values())
    looks = {id(belief): sought(belief, lost_with_member, response) for belief in each_once}
    accepted = {id(belief): tables["accepts"] * answer(belief, response) for belief in each_once}
    near, joining = tables["near_funded"], tables["joining"]
    look = np.empty((*near.shape[:2], near.shape[3], near.shape[2]))
    acceptances, readiness = np.empty(near.shape), np.empty((len(near), near.shape[3], near.shape[1]))
    for place, (belief, research) in enumerate(zip(belief_of, asked.for_research, strict=True)):
        if not research:
            look[place], acceptances[place], readiness[place] = 0.0, 0.0, 0.0
            continue
        # Where leads look: what doubt leaves of where they would.
        running_look(near[place], looks[id(belief)], look[place])
        acceptances[place] = accepted[id(belief)]
        readiness[place] = ready(belief, acceptance.lead_stake, response, near[place], joining[place])
    return look, acceptances, readiness * asked.handles.starting


_POLITICS = frozenset({"political"})
_OPEN_WORK = _POLITICS | {"mobility", "data", "technology_control", "licence", "regulation", "fair_terms"}
_UNFUNDED = _POLITICS | {"awareness"}
_RULES = _POLITICS | {"awareness", "eligibility", "running_grants", "own_payment"}

#: All tables but those that are handles, in the order in which they are made.
GROUPS: tuple[Group, ...] = (
    Group(("kept_open", "any_closed"), _POLITICS, _of_politics),
    Group(("rationing",), frozenset({"supply"}), _of_supply),
    Group(
        ("inputs",), frozenset({"supply", "input_stock", "friction_switch", "suppliers_per_input"}), _of_inputs
    ),
    Group(("openness", "accepts", "pace"), _OPEN_WORK, _of_open_work),
    Group(("near_unfunded",), _UNFUNDED, _of_unfunded),
    Group(
        ("near_funded", "eligibility", "joining", "staying", "keeping", "keeping_alone"), _RULES, _of_rules
    ),
    Group(
        ("look_unfunded", "acceptance_unfunded", "readiness_unfunded"),
        _OPEN_WORK | _UNFUNDED | {"expectation", "starting"}, _of_doubt_elsewhere,
    ),
    Group(
        ("look_funded", "acceptance", "readiness"), _OPEN_WORK | _RULES | BELIEFS | {"starting"}, _of_doubt
    ),
)  # fmt: skip

#: Handles of any group.
_GROUPED = frozenset[str]().union(*(group.handles for group in GROUPS))


def _looked(near: NDArray[np.float64], left: NDArray[np.float64]) -> NDArray[np.float64]:
    look = np.empty((near.shape[0], near.shape[2], near.shape[1]))
    running_look(near, left, look)
    return look


def _read(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same in one row, not to be written: to compiled loops an array that may be written is of another type."""
    row = np.ascontiguousarray(values).view()
    row.setflags(write=False)
    return row


@lru_cache(maxsize=8)
def _ruled(rule: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """(C, C, S): whom a rule lets in, 1 or 0; made once, for a rule is no handle."""
    return np.broadcast_to(np.eye(shape[0])[:, :, None] if rule == "home" else np.ones((1, 1, 1)), shape).copy()


def _researchers(world: World) -> NDArray[np.float64]:
    """(C, S): share of each country and sector in all researchers, as far as each country's mix says."""
    share = world.researchers_thousand / world.researchers_thousand.sum()
    return np.asarray(share[:, None] * world.country_sector_share)


def _lost_with_member(world: World, behaviour: BehaviourConfig, mechanisms: MechanismsConfig) -> float:
    """Share of a funded seat's work lost until a substitute works; all of it if none is looked for."""
    if not mechanisms.substitution:
        return 1.0
    months = behaviour.work.grace_months + behaviour.work.start_up_months
    return min(1.0, months / _mean_duration_months(world))


@lru_cache(maxsize=8)
def _mean_duration_months(world: World) -> float:
    return float(world.consortium_shapes["duration_months"].mean())
