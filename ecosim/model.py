"""The model: one Mesa model whose month is a list of nine steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import mesa
import numpy as np
from numpy.typing import NDArray

from ecosim.agents import Firm, Funder, Government, Mission, PublicOrganisation, ResearchInstitute, University
from ecosim.agents.base import ColumnAgent
from ecosim.agents.collector import RecordCollector
from ecosim.agents.host import Host
from ecosim.agents.organisation import Invitation, Opportunity, Organisation, is_scripted
from ecosim.beginning import first_state
from ecosim.catalogue.agents import classes_named
from ecosim.mesa_batch import chance_of
from ecosim.month import (
    Scripts,
    actors_decide,
    funders_award,
    missions_spend,
    organisations_search,
    outcomes_follow,
    partnerships_work,
    record_month,
    shocks_act,
    stages_advance,
)
from ecosim.month.placebo import scattered
from ecosim.outcomes import collaboration
from ecosim.outcomes.derived import derived
from ecosim.outcomes.treatment import realised
from ecosim.partnerships.drafts import MOST_DRAFTS, Drafts
from ecosim.partnerships.participations import grant_table, participation_table
from ecosim.scenario import Scenario, with_overrides
from ecosim.setting import Setting, prepare
from ecosim.shocks.base import DatedShock
from ecosim.state import State
from ecosim.tables import FUNDED, UNFUNDED
from ecosim.world.facts import SECTORS

if TYPE_CHECKING:
    import pandas as pd

Arm = Literal["shocked", "twin", "placebo", "scattered"]

_KINDS: tuple[type[Organisation], ...] = (University, ResearchInstitute, Firm, PublicOrganisation)


class Ecosystem(Host):
    """An international research and innovation ecosystem, one month per step.

    Parameters
    ----------
    config : Scenario, mapping or None
        What to simulate; None for the defaults (Europe at a tenth of its size).
    rng : int, SeedSequence, Generator, BitGenerator or sequence of int, optional
        Replaces ``config.seed``; a whole number stands for itself. In :func:`mesa.batch_run` without an rng, each
        iteration is a replicate of its own, the first the scenario's.
    watch : mapping of str to sequence of str, optional
        Groups of shocks whose exposed partnerships are recorded apart.
    agent_classes : iterable of type, optional
        Subclasses of ``University``, ``ResearchInstitute``, ``Firm`` or ``PublicOrganisation`` to use instead, before
        those that the scenario names.
    **overrides
        Scenario parameters by dotted key, as ``Ecosystem(**{"world.scale": 0.02})``.

    Examples
    --------
    >>> model = Ecosystem(**{"world.preset": "classroom", "world.scale": 0.02})
    >>> model.advance(12)
    >>> sorted(kind.__name__ for kind in model.agents_by_type)[:3]
    ['Firm', 'Funder', 'Government']
    """

    def __init__(
        self,
        config: Scenario | Mapping[str, Any] | None = None,
        *,
        rng: Any = None,
        watch: Mapping[str, Sequence[str]] | None = None,
        agent_classes: Iterable[type[Organisation]] = (),
        **overrides: Any,
    ) -> None:
        overrides, iteration = chance_of(rng, overrides)
        scenario = with_overrides(config, overrides)
        if iteration:
            scenario = with_overrides(scenario, {"replicate": scenario.replicate + iteration})
        setting = prepare(scenario, watch)
        self._build(setting, first_state(setting), (*agent_classes, *classes_named(scenario.agents)))

    def _build(self, setting: Setting, state: State, agent_classes: tuple[type[Organisation], ...]) -> None:
        super().__init__(rng=setting.config.seed)
        self.setting = setting
        self.state = state
        self._agent_classes = agent_classes
        self._by_row: dict[tuple[str, int], ColumnAgent] = {}
        self._made = np.zeros(len(state.organisations), dtype=np.bool_)
        self._scripts = self._prepare_scripts()
        #: Monthly outcomes as Mesa's tools read them; a :class:`mesa.DataCollector` of one's own may stand here.
        self.datacollector: mesa.DataCollector = RecordCollector(self)

    # ---- time

    def step(self) -> None:
        """One month.

        Raises
        ------
        RuntimeError
            If the run has ended (``running`` is False).
        """
        state, setting = self.state, self.setting
        if state.month >= setting.calendar.months:
            raise RuntimeError(f"the run ended after {state.month} months; make `timeline` longer to go on")
        shocks_act(state, setting)
        actors_decide(state, setting)
        missions_spend(state, setting)
        proposals = organisations_search(state, setting, self._scripts)
        funders_award(state, setting, proposals)
        partnerships_work(state, setting, self._scripts)
        stages_advance(state, setting)
        outcomes_follow(state, setting)
        record_month(state, setting)
        self.running = state.month < setting.calendar.months

    def advance(self, to_month: int) -> Ecosystem:
        """Step until that many months have been simulated (at most to the end of the run)."""
        to_month = min(to_month, self.setting.calendar.months)
        while self.state.month < to_month:
            self.step()
        return self

    def fork(self, arm: Arm, shocks: Sequence[str] | None = None) -> Ecosystem:
        """Branch into another world with the same past.

        Parameters
        ----------
        arm : {"shocked", "twin", "placebo", "scattered"}
            In the twin no shock acts; in the placebo one organisation of median degree is removed at announcement. In
            the scattered placebo the shocks hit, in place of their targets, several small countries that together
            expose as much work.
        shocks : sequence of str, optional
            Which of the scenario's shocks act in the shocked and the scattered arm; all by default.

        Raises
        ------
        ValueError
            If the announcement has passed, so that the past would not be the same; or for the scattered placebo, whose
            countries are chosen by the work under way then, if it has not been reached.
        """
        if self.state.month > self.setting.announcement_month:
            raise ValueError(
                f"month {self.state.month} lies after the announcement in month {self.setting.announcement_month}; "
                "fork before it"
            )
        acting: tuple[DatedShock, ...] = ()
        if arm in ("shocked", "scattered"):
            names = tuple(self.config.shocks) if shocks is None else tuple(shocks)
            unknown = sorted(set(names) - set(self.config.shocks))
            if unknown:
                raise ValueError(f"no shock named {', '.join(unknown)} in this scenario")
            acting = tuple(shock for shock in self.setting.dated if shock.name in names)
        if arm == "scattered":
            if self.state.month < self.setting.announcement_month:
                raise ValueError(
                    f"the scattered placebo hits countries by the work under way when the shock is announced; advance "
                    f"to month {self.setting.announcement_month} first"
                )
            acting = tuple(scattered(shock, self.state, self.setting.world) for shock in acting)
        other = object.__new__(type(self))
        other._build(self.setting.with_acting(acting, arm == "placebo"), self.state.copy(), self._agent_classes)
        other.steps = self.steps
        return other

    def under(self, config: Scenario) -> Ecosystem:
        """Branch into a world without shocks that goes on under another policy from this month on.

        Parameters
        ----------
        config : Scenario
            The same scenario but for its policy and instruments: organisations, rules and chance stay what they are.

        Raises
        ------
        ValueError
            If anything else differs, for then the past would have been another; or if it lacks an instrument that
            there has been.
        """
        own = self.config
        others = set(type(own).model_fields) - {"policy", "instruments", "shocks"}
        differing = sorted(name for name in others if getattr(own, name) != getattr(config, name))
        if differing:
            raise ValueError(f"{', '.join(differing)} differ; under another policy only policy and instruments may")
        gone = sorted(own.instruments.keys() - config.instruments.keys())
        if gone:
            raise ValueError(f"{', '.join(gone)} would be gone; another policy may add instruments")
        setting = replace(
            prepare(config, watch={}), risk=self.setting.risk, dated=(), acting=(),
            announcement_month=self.setting.announcement_month, observation_end=self.setting.observation_end,
        )  # fmt: skip
        fresh, state = first_state(setting), self.state.copy()
        # what is new begins without a past, what was there goes on
        kept = np.array([sorted(config.instruments).index(name) for name in sorted(own.instruments)], dtype=np.int16)
        for values, past in zip((fresh.allocation, fresh.intensity, fresh.stocks),
                                (state.allocation, state.intensity, state.stocks), strict=True):  # fmt: skip
            values[kept] = past
        state.allocation, state.intensity, state.stocks = fresh.allocation, fresh.intensity, fresh.stocks
        if len(kept):
            state.assets.used["instrument"] = kept[state.assets.used["instrument"]]
        if len(state.own_spent) != len(fresh.own_spent):
            state.own_spent = fresh.own_spent
        other = object.__new__(type(self))
        other._build(setting.with_acting((), False), state, self._agent_classes)
        other.steps = self.steps
        return other

    def snapshot(self) -> State:
        """A copy of everything that changes, to :meth:`restore` later."""
        return self.state.copy()

    def restore(self, state: State) -> None:
        """Return to a snapshot of this model."""
        self.__dict__.pop("step", None)
        self._build(
            self.setting.with_acting(self.setting.acting, self.setting.placebo), state.copy(), self._agent_classes
        )
        self.steps = state.month

    # ---- what there is to read

    @property
    def config(self) -> Scenario:
        """The scenario (frozen)."""
        return self.setting.config

    @property
    def announcement_month(self) -> int:
        """The earliest month in which a shock can act: the first after the calm window, or a shock's own date."""
        return self.setting.announcement_month

    @property
    def observation_end_month(self) -> int:
        """Month before which what happens is measured: ``response_months`` after the calm window of this replicate.

        Where all shocks have dates, it is that of the calendar. The run may go on: the longest calm window ends later.
        """
        return self.setting.observation_end

    def series(self) -> dict[str, NDArray[np.float64]]:
        """Monthly outcomes so far: one array per outcome of ``ecosim list outcomes``."""
        return self.state.record.series(self.state.month) | derived(self.series_by_country(), self.setting.world)

    def series_by_country(self) -> dict[str, NDArray[np.float64]]:
        """Monthly outcomes by country so far, shape (months, C)."""
        rows = self.state.record.by_country[: self.state.month]
        return {name: rows[:, k].copy() for k, name in enumerate(self.state.record.country_names)}

    def country_pairs(self, *, funded: bool | None = None) -> NDArray[np.float64]:
        """Joint work of the last month between countries, shape (C, C), symmetric.

        Parameters
        ----------
        funded : bool, optional
            Only the part in partnerships that a funder pays (True), or in those without one (False); all by default.

        Notes
        -----
        Person-months: the pair's part of ``collaboration``, 2 e_c e_d / e of a partnership in which members of the two
        countries worked e_c and e_d of e. What a country's members worked with each other stands on the diagonal.
        """
        state, n = self.state, self.setting.world.n_countries
        joint = np.zeros((n, n))
        # What ended with the month worked in it too.
        ended = np.flatnonzero(state.partnerships.used["ended_month"] == state.month - 1)
        at_work = np.union1d(state.active, ended).astype(np.int32)
        if funded is not None:
            at_work = at_work[(state.partnerships.used["funder"][at_work] >= 0) == funded]
        collaboration.pairs(at_work, state.partnerships.rows, state.seats.rows, joint)
        return joint

    def targets(self) -> dict[str, tuple[str, ...]]:
        """Countries (ISO 3) that each shock of the scenario hits in this replicate, by name of the shock.

        In the scattered placebo, those hit in their place.
        """
        codes = self.setting.world.countries
        # a shock that acts stands in both
        shocks = {shock.name: shock for shock in (*self.setting.dated, *self.setting.acting)}
        return {name: tuple(codes[c] for c in np.flatnonzero(shock.targets)) for name, shock in shocks.items()}

    def treatment(self) -> dict[str, float]:
        """The treatment as realised so far (:data:`ecosim.outcomes.treatment.REALISED`): countries, calls, payment."""
        record, config = self.state.record, self.config
        appropriated_eur = record.rows[: self.state.month, record.columns["appropriated_eur"]]
        return realised(
            self.state.partnerships.used, appropriated_eur, config.programme, config.calendar,
            self.setting.reform_month, config.world.scale,
        )  # fmt: skip

    def outcome(self, name: str) -> float:
        """Last month's value of an outcome; for ``mesa.DataCollector`` reporters."""
        record, last = self.state.record, self.state.month - 1
        if last < 0:
            return 0.0
        if name in record.columns:
            return float(record.rows[last, record.columns[name]])
        by_country = {key: record.by_country[last : last + 1, k] for k, key in enumerate(record.country_names)}
        return float(derived(by_country, self.setting.world)[name][0])

    def participations(self) -> pd.DataFrame:
        """Who took part in what of the programme, in the shape of the CORDIS table."""
        return participation_table(self.state, self.setting)

    def grants(self) -> pd.DataFrame:
        """What other funders pay, to whom: the same columns, ``funder``, ``funder_country`` and ``project_of``."""
        return grant_table(self.state, self.setting)

    # ---- agents, made when first looked at

    @property
    def agents(self) -> Any:
        """All agents present, as Mesa's AgentSet."""
        self._make_agents()
        return super().agents

    @agents.setter
    def agents(self, agents: Any) -> None:
        raise AttributeError("agents are made by the model; they cannot be set")

    @property
    def agents_by_type(self) -> Any:
        """Agents present by class."""
        self._make_agents()
        return super().agents_by_type

    @property
    def agent_types(self) -> Any:
        """Classes of the agents present."""
        self._make_agents()
        return super().agent_types

    def organisation(self, row: int) -> Organisation:
        """The agent of an organisation's row."""
        agent = self._by_row.get(("organisation", row))
        if agent is None:
            agent = self._class_for(row)(self, row)
            self._by_row["organisation", row] = agent
            self._made[row] = True
        return agent

    def deregister_agent(self, agent: Any) -> None:
        """Forget an agent; Mesa calls this when one is removed."""
        if isinstance(agent, Organisation):
            self._by_row.pop(("organisation", agent.row), None)
            self._made[agent.row] = False
        super().deregister_agent(agent)

    def _make_agents(self) -> None:
        state = self.state
        if ("funder", 0) not in self._by_row:
            tables = (("funder", Funder, state.funders), ("government", Government, state.governments),
                      ("mission", Mission, state.missions))  # fmt: skip
            for name, kind, rows in tables:
                for row in range(len(rows)):
                    self._by_row[name, row] = kind(self, row)
        present = state.organisations["present"]
        for row in np.flatnonzero(present & ~self._made).tolist():
            self.organisation(row)
        for row in np.flatnonzero(self._made & ~present).tolist():
            self.deregister_agent(self._by_row["organisation", row])

    def _class_for(self, row: int) -> type[Organisation]:
        kind = int(self.state.organisations["type"][row])
        for cls in self._agent_classes:
            if kind in cls.activity_types and cls.takes(self, row):
                return cls
        return next(cls for cls in _KINDS if kind in cls.activity_types)

    # ---- decisions of users' classes

    def _prepare_scripts(self) -> Scripts:
        changed = {cls: is_scripted(cls) for cls in self._agent_classes}
        masks: dict[str, NDArray[np.bool_] | None] = {"leads": None, "accepts": None}
        for name in masks:
            if not any(decisions[name] for decisions in changed.values()):
                continue
            mask = np.zeros(len(self.state.organisations), dtype=np.bool_)
            for row in range(len(mask)):
                mask[row] = changed.get(self._class_for(row), {}).get(name, False)
            masks[name] = mask
        return Scripts(masks["leads"], self._ask_leads, masks["accepts"], self._ask_accepts)

    def _ask_leads(self, expected: NDArray[np.float64], counts: NDArray[np.int32], purpose: int, question: int) -> None:
        index, scripted = self.setting.population.index, self._scripts.leads
        assert scripted is not None
        for entry in np.flatnonzero(scripted[index.organisation] & (expected > 0.0)):
            opportunity = Opportunity(
                sector=SECTORS[index.sector[entry]], funded=purpose == FUNDED, expected=float(expected[entry]),
                purpose=question, month=self.month,
            )  # fmt: skip
            led = int(self.organisation(int(index.organisation[entry])).leads(opportunity))
            counts[entry] = min(max(0, led), MOST_DRAFTS)

    def _ask_accepts(self, drafts: Drafts, positions: NDArray[np.intp]) -> None:
        state, world = self.state, self.setting.world
        for d in positions:
            draft = drafts.rows[d]
            invited = int(draft["invited"])
            lead_country = int(state.organisations["country"][draft["lead"]])
            country = int(state.organisations["country"][invited])
            acceptance = state.effects.acceptance_unfunded
            if int(draft["purpose"]) != UNFUNDED:
                acceptance = state.effects.acceptance[self.setting.parameters["funder_terms"][draft["funder"]]]
            invitation = Invitation(
                lead_country=world.countries[lead_country], sector=SECTORS[draft["sector"]],
                funded=int(draft["purpose"]) != UNFUNDED,
                acceptance=float(acceptance[lead_country, country, draft["sector"]]),
                lead_key=int(draft["lead_key"]), tag=int(draft["tag"]), asked=int(draft["asked"]), month=self.month,
            )  # fmt: skip
            drafts.rows["accepted"][d] = bool(self.organisation(invited).accepts(invitation))
