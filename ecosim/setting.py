"""What stays fixed while a run goes on: facts, population, rules, dates and the shocks that will come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.channels.balance import balance
from ecosim.channels.build import base_handles
from ecosim.channels.effects import Effects, effects_of
from ecosim.channels.handles import Handles
from ecosim.config.behaviour import PopulationConfig
from ecosim.config.programme import ProgrammeConfig
from ecosim.config.timeline import Calendar
from ecosim.dates import months_between
from ecosim.funders.base import AnyFunder, FunderKind, Purse, check_stages
from ecosim.health.measures import Standing, standing
from ecosim.instruments.base import Instrument
from ecosim.numerics import power_each
from ecosim.outcomes.knowledge import at_rest, levels, monthly
from ecosim.parameters import parameter_record
from ecosim.programmes.budget import Budget, budget_of
from ecosim.programmes.calls import (
    Shapes,
    call_in_step,
    first_call_after,
    opens_call,
    phase_of_calls,
    shapes_in,
    shapes_of,
    shapes_of_years,
    stagger,
)
from ecosim.programmes.stages import StageFacts, stage_facts
from ecosim.programmes.terms import Terms
from ecosim.pushes import HandleBuilder
from ecosim.record import columns_of
from ecosim.scenario import Scenario
from ecosim.shocks import DatedShock, date_shock
from ecosim.shocks.base import branch_month
from ecosim.shocks.exposure import Risk, Watched, risk_of
from ecosim.tables import MAX_SEATS, PROGRAMME
from ecosim.unfunded import at_rest as unfunded_at_rest
from ecosim.unfunded import home_effort, room_per_size, with_room
from ecosim.world import World, load_world
from ecosim.world.cordis import RealProjects, load_projects
from ecosim.world.health import check_health, health_facts
from ecosim.world.population import Making, Population, build_population


class Fixed(NamedTuple):
    """What compiled loops read of a setting and no run changes; C countries, S sectors, I kinds of input."""

    #: Replicate key.
    key: np.uint64
    #: (N, S) position of each organisation on each sector's unit circle of topics.
    topics: NDArray[np.float32]
    #: (C,) cost of a person-month beside its mean; each country's own agency, -1 for none; and its bloc.
    price: NDArray[np.float64]
    agency_of: NDArray[np.int16]
    blocs: NDArray[np.int8]
    #: (S, I) share of work that needs each kind of input, and (S,) part of it that cannot go on without.
    input_intensity: NDArray[np.float64]
    input_criticality: NDArray[np.float64]
    watched: Watched


@dataclass(frozen=True, eq=False)
class Setting:
    """The fixed surroundings of one run, shared by its forks but for the shocks that act."""

    config: Scenario
    world: World
    population: Population
    key: np.uint64
    base: Handles
    #: All shocks of the scenario with their dates and targets, in order of name.
    dated: tuple[DatedShock, ...]
    #: Those that act in this arm.
    acting: tuple[DatedShock, ...]
    risk: Risk
    builder: HandleBuilder
    #: First month in which shocks may act: after the calm window, or at the first calendar date of a shock.
    announcement_month: int
    #: Month before which this replicate's observation ends: ``response_months`` after its own calm window. Where all
    #: shocks have dates, the last of the calendar.
    observation_end: int
    #: Calendar month of month 0 (0 = January), and its year.
    first_calendar_month: int
    first_year: int
    #: Month from which ``config.programme`` applies; the reference programme before.
    reform_month: int
    #: Who funds: the multilateral programme first, then the scenario's other funders.
    terms: tuple[Terms, ...]
    #: (F,) month of each funder's first call; the calls after it are as far apart as its rules say.
    first_call_month: NDArray[np.int64]
    #: (F,) cents appropriated to each funder in a usual month, and whose money is public.
    appropriation_cents: NDArray[np.int64]
    public: NDArray[np.bool_]
    budget: Budget
    #: (F,) the numbers that compiled loops read, a row for each funder.
    parameters: NDArray[np.void]
    reference_parameters: NDArray[np.void]
    #: (rows, S) unfunded partnerships started each month in a world at rest, and (C,) the row of each lead's country.
    unfunded_starts: NDArray[np.float64]
    unfunded_row_of: NDArray[np.int16]
    #: (C,) what an organisation earns for its own work each month, and the most it keeps, per unit of size.
    income_cents_per_size: NDArray[np.float64]
    reserve_cap_cents_per_size: NDArray[np.float64]
    #: (entries of the search index,) weight with which each organisation leads in each of its sectors, and in the
    #: programme.
    lead_weight: NDArray[np.float64]
    programme_lead_weight: NDArray[np.float64]
    #: (C, S) factors of countries in funded search.
    balanced: NDArray[np.float64]
    #: (C,) cost of a person-month beside its mean.
    price: NDArray[np.float64]
    #: (N,) level of knowledge at rest, and what a unit of output leaves with those who worked for it.
    knowledge_level: NDArray[np.float64]
    learned_per_output: float
    #: (C, S) ones: access to knowledge while nothing is closed.
    full_access: NDArray[np.float64]
    #: (C, C) where leads of unfunded work look at rest; None where it follows from researchers and awareness.
    unfunded_look: NDArray[np.float64] | None = None
    #: Whether an organisation of median degree is removed at announcement and nothing else happens.
    placebo: bool = False
    #: Real projects the run begins with; None after a burn-in.
    projects: RealProjects | None = None

    @cached_property
    def calendar(self) -> Calendar:
        """Dates of the run."""
        return self.config.calendar

    def calendar_month(self, month: int) -> int:
        """Calendar month, 0 = January."""
        return (self.first_calendar_month + month) % 12

    def year(self, month: int) -> int:
        """Calendar year."""
        return self.first_year + (self.first_calendar_month + month) // 12

    def appropriated_cents(self, month: int) -> NDArray[np.int64]:
        """(F,) cents appropriated to each funder in a month, while no shock cuts them."""
        return self.budget.in_year(self.config.programme.appropriation_by_year.get(self.year(month), 1.0))

    @cached_property
    def country_of_funder(self) -> NDArray[np.int64]:
        """(F,) the country whose leads alone may apply to each funder; -1 where there are several, or none."""
        found = np.full(self.n_funders, -1, dtype=np.int64)
        for row in self.terms:
            for funder, purse in zip(row.funders, row.purses, strict=False):
                if purse.leads.sum() == 1:
                    found[funder] = int(np.flatnonzero(purse.leads)[0])
        return found

    def of_own_country(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """(F,) a value of countries (C,) for funders of one country alone; 1 for the others."""
        return np.where(self.country_of_funder >= 0, value[self.country_of_funder], 1.0)

    @property
    def knowledge_at_rest(self) -> NDArray[np.float64]:
        """(N, S) stocks of knowledge at rest; made anew when asked for, because it is large."""
        return at_rest(self.population, self.knowledge_level)

    @property
    def n_funders(self) -> int:
        """Length of the axis of funders, F."""
        return len(self.parameters)

    def terms_of(self, funder: int) -> Terms:
        """The terms of a funder."""
        return self.terms[int(self.parameters["funder_terms"][funder])]

    def effects(self, handles: Handles, before: Effects | None = None) -> Effects:
        """What a month's handles mean for organisations here, and where they are the same what they meant before."""
        at_home = [terms.own_country_only for terms in self.terms]
        to_all = [terms.open_to_all for terms in self.terms]
        agreed = [terms.agreed for terms in self.terms]
        for_research = ["research" in terms.stages for terms in self.terms]
        return effects_of(
            handles, self.base, self.world, self.config.behaviour, self.config.mechanisms, at_home,
            self.agency_of >= 0, to_all, agreed, self.balanced, self.unfunded_look, for_research, before,
        )  # fmt: skip

    def let_in(self, effects: Effects) -> NDArray[np.float64]:
        """(C,) share of each country's organisations that funders of several countries let in, under some lead."""
        own_rule = [k for k, terms in enumerate(self.terms) if not (terms.own_country_only or terms.open_to_all)]
        return np.asarray(effects.eligibility[own_rule].max(axis=(0, 1, 3)))

    @cached_property
    def agency_of(self) -> NDArray[np.int16]:
        """(C,) each country's own agency on the axis of funders; -1 where it has none."""
        found = np.full(self.world.n_countries, -1, dtype=np.int16)
        for terms in reversed(self.terms):
            if terms.own_country_only:
                found = np.where(terms.funder_of >= 0, terms.funder_of, found)
        return found

    @cached_property
    def fixed(self) -> Fixed:
        """What compiled loops read of this setting."""
        world = self.world
        return Fixed(
            self.key, self.population.topics, self.price, self.agency_of, world.bloc, world.input_intensity,
            world.input_criticality, self.risk.watched,
        )  # fmt: skip

    @cached_property
    def stages(self) -> StageFacts:
        """What the stages after research read of this setting."""
        config = self.config
        return stage_facts(self.world, config.world.scale, config.behaviour.stages, self.terms, config.funders)

    @cached_property
    def health(self) -> Standing:
        """What AI for health reads of this setting; only where ``mechanisms.health`` is on."""
        world = self.world
        facts = health_facts(world.countries)
        return standing(facts, world.gdp_busd, world.distance_km, self.config.behaviour.health)

    @property
    def ahead_cents(self) -> NDArray[np.int64]:
        """(F,) how far each funder may promise ahead of its appropriation."""
        ahead = np.zeros(self.n_funders, dtype=np.int64)
        for terms in self.terms:
            ahead[list(terms.funders)] = terms.shapes.ahead_cents
        return ahead

    def parameters_in(self, month: int) -> NDArray[np.void]:
        """The record of parameters that compiled loops read in a month."""
        return self.parameters if month >= self.reform_month else self.reference_parameters

    def awards_open(self, month: int) -> bool:
        """Whether money is still appropriated and awarded: not in the run-off."""
        return month < self.calendar.observation_end

    def call_opens(self, month: int, funder: int = PROGRAMME) -> bool:
        """Whether a call of a funder has its deadline in a month."""
        rules = self.terms_of(funder).rules_in(month)
        # Who keeps all its money for others' projects has none to offer.
        if "research" not in self.terms_of(funder).stages or self.terms_of(funder).kept_share >= 1.0:
            return False
        return self.awards_open(month) and opens_call(rules, month - int(self.first_call_month[funder]))

    @cached_property
    def paid_instruments(self) -> tuple[tuple[int, str, Instrument], ...]:
        """Instruments that ever have money, each with its place among all in order of name, and its name.

        A lever without a share has none: its month would be work for nothing.
        """
        named = enumerate(sorted(self.config.instruments.items()))
        return tuple((k, name, instrument) for k, (name, instrument) in named if not instrument.without_money)

    def with_acting(self, acting: tuple[DatedShock, ...], placebo: bool) -> Setting:
        """The same setting in which only these shocks act."""
        builder = HandleBuilder(self.base, self.world, acting, self.config.instruments, self.config.decisions)
        return replace(self, acting=acting, builder=builder, placebo=placebo)


#: The programme before a reform.
REFERENCE = ProgrammeConfig()


@lru_cache(maxsize=4)
def _population(
    world: World, key: int, scale: float, pool_factor: float, entrants: float, months: int, before: int,
    exponent: float, capacity: float, reserve: float, made_of: PopulationConfig, projects: RealProjects | None,
) -> Population:  # fmt: skip
    # Policies compared on one replicate meet the same organisations: they are drawn once.
    return build_population(
        world, np.uint64(key), scale=scale, pool_factor=pool_factor, entrants_per_year=entrants, months=months,
        months_before=before, reserve_eur_per_size=reserve, size_of_participations=made_of.size_of_participations,
        making=Making(exponent, capacity, **made_of.model_dump(exclude={"size_of_participations"})),
        at_least=None if projects is None else projects.needed(world.n_countries),
    )  # fmt: skip


def seat_eur_per_month(world: World) -> float:
    """EUR a month that a seat of the observed consortia gets on average: the unit in which reserves are sized."""
    shapes = world.consortium_shapes
    return float(shapes["grant_eur"].sum() / (shapes["size"].astype(np.float64) * shapes["duration_months"]).sum())


def prices(world: World, elasticity: float) -> NDArray[np.float64]:
    """Cost of a person-month in each country beside its mean over participations, shape (C,).

    The power ``elasticity`` of R&D spending per researcher; all 1 at elasticity 0.
    """
    if elasticity == 0.0:
        return np.ones(world.n_countries)
    spending = world.gdp_busd * world.gerd_share_of_gdp / world.researchers_thousand
    relative = power_each(spending / spending.mean(), elasticity)
    return np.asarray(relative / (world.participation_share * relative).sum())


def _known_to_the_programme(
    world: World, population: Population, lead_weight: NDArray[np.float64]
) -> NDArray[np.float64]:  # fmt: skip
    """(entries,) how much more organisations of a country lead in the programme than their weight: by its share there.

    Only those there at the start count, so that a country's share does not hang on who arrives.
    """
    index = population.index
    country = population.organisations["country"][index.organisation]
    weight = np.where(index.arrival_month < 0, lead_weight, 0.0)
    total = np.zeros(world.n_countries)
    np.add.at(total, country, weight)
    factor = np.divide(world.participation_share, total, out=np.zeros_like(total), where=total > 0.0)
    return np.asarray(factor[country])


def _funders(
    config: Scenario, world: World, budget: Budget, reform_month: int, phase: float
) -> tuple[tuple[Terms, ...], NDArray[np.int64]]:
    """All funders: their terms, and (F,) months of first calls.

    The programme comes first. Funders of a kind whose calendar is staggered open one after another: the next starts a
    golden section of the cycle later, as replicates do. ``policy.calendars`` staggers or aligns all of them instead.
    """

    def first_call(rules: ProgrammeConfig, starts: int, place: int, place_of_all: int) -> int:
        if config.policy.calendars == "aligned":
            return call_in_step(rules, starts, int(phase * config.longest_gap_months))
        staggered = config.policy.calendars == "staggered"
        return starts + first_call_after(rules, stagger(phase, place_of_all if staggered else place))

    n = world.n_countries
    called_for = shapes_of(world, 12 * int(budget.cents[PROGRAMME]))
    terms = [
        Terms(
            "programme", "multilateral_programme", config.programme, REFERENCE, reform_month, (PROGRAMME,),
            np.zeros(n, dtype=np.int16), called_for, shapes_of_year=shapes_of_years(called_for, world),
        )
    ]  # fmt: skip
    first_calls = [first_call(config.programme, max(reform_month, 0), 0, 0)]
    for name, kind in sorted(config.funders.items()):
        # Who pays for what comes after research makes no calls and promises nothing ahead.
        of_research = kind if isinstance(kind, FunderKind) else None
        rules = config.programme if of_research is None else of_research.rules(config.programme)
        funder_of = np.full(n, -1, dtype=np.int16)
        purses = budget.purses[name]
        for k, purse in enumerate(purses):
            funder_of[purse.leads] = len(first_calls)
            apart = of_research is not None and of_research.calendar == "staggered"
            first_calls.append(first_call(rules, 0, k if apart else 0, len(first_calls)))
        own = tuple(range(len(first_calls) - len(purses), len(first_calls)))
        terms.append(_terms_beside(name, kind, rules, funder_of, own, world, purses, terms[0].shapes))
    return tuple(terms), np.array(first_calls, dtype=np.int64)


def _terms_beside(
    name: str, kind: AnyFunder, rules: ProgrammeConfig, funder_of: NDArray[np.int16], own: tuple[int, ...],
    world: World, purses: tuple[Purse, ...], programme_shapes: Shapes,
) -> Terms:  # fmt: skip
    """The terms of an entry of ``funders``."""
    if not isinstance(kind, FunderKind):
        none_ahead = programme_shapes._replace(ahead_cents=0)
        return Terms(name, kind.kind, rules, rules, 0, own, funder_of, none_ahead, stages=kind.stages, purses=purses)
    # Whoever favours nobody is not asked, so that its calls draw to the bit what they drew.
    favours = kind.favours if type(kind).favours is not FunderKind.favours else None
    return Terms(
        name, kind.kind, rules, rules, 0, own, funder_of, shapes_in(kind.shapes(world), world), kind.own_country_only,
        kind.stages, kind.open_to_all, favours, kind.agreed(world), kind.kept_share, purses,
    )  # fmt: skip


def prepare(config: Scenario, watch: Mapping[str, Sequence[str]] | None = None) -> Setting:
    """Load the facts, draw the population and fix the dates of one run.

    Parameters
    ----------
    config : Scenario
        What to simulate.
    watch : mapping of str to sequence of str, optional
        Groups of shocks whose exposed partnerships are recorded apart; by default each shock alone and all together.

    Raises
    ------
    ecosim.errors.InputError
        If a country, target or date does not fit the world.
    """
    world = load_world(config.world)
    for name, instrument in config.instruments.items():
        instrument.check(name, world)
    for name, funder in config.funders.items():
        funder.check(name, world)
        check_stages(name, funder, config.mechanisms.stages)
    for name, decision in config.decisions.items():
        decision.check(name, world, config.instruments)
        decision.check_outcomes(name, *columns_of(config.mechanisms.stages, config.mechanisms.health))
    if config.mechanisms.health:
        check_health(world.countries)
    key = rnd.replicate_key(config.seed, config.replicate)
    timeline, calendar, work = config.timeline, config.calendar, config.behaviour.work
    calm = timeline.calm_months + int(
        rnd.named_uniform(config.seed, config.replicate, "calm window") * (timeline.calm_jitter_months + 1)
    )
    announcement = calendar.burn_in_months + calm
    dated = tuple(
        date_shock(
            name, config.shocks[name], world, announcement,
            lambda question: rnd.named_uniform(config.seed, config.replicate, question), calendar.start,
        )
        for name in sorted(config.shocks)
    )  # fmt: skip
    end = announcement + timeline.response_months
    if dated and all(shock.shock.announced is not None for shock in dated):
        end = calendar.observation_end
    announcement = branch_month(dated, announcement)
    if watch is None:
        watch = {name: (name,) for name in config.shocks}
        if len(config.shocks) > 1:
            watch["all"] = tuple(config.shocks)
    projects = None
    if config.world.participations is not None:
        projects = load_projects(
            config.world.participations, world, calendar.start, config.programme.time_to_grant_months,
            config.world.scale, MAX_SEATS,
        )  # fmt: skip
    population = _population(
        world, int(key), config.world.scale, config.world.pool_factor, config.world.entrants_per_year,
        calendar.months, calendar.burn_in_months, config.behaviour.search.size_exponent,
        config.behaviour.acceptance.capacity_per_size, work.bridging_months * seat_eur_per_month(world),
        config.behaviour.population, projects,
    )  # fmt: skip
    budget = budget_of(config, world)
    # Unfunded work at rest is sized beside the programme the data describe, whatever the policy appropriates.
    funded_effort = world.appropriation_eur_per_month * config.world.scale / work.cost_per_person_month_eur
    unfunded_effort = funded_effort * work.unfunded_share / (1.0 - work.unfunded_share)
    if not config.mechanisms.unfunded:
        unfunded_effort = 0.0
    base = base_handles(world, config.channels, len(budget.cents))
    balanced = balance(world, base, config.behaviour.search)
    n = world.n_countries
    unfunded_look, row_of = None, np.zeros(n, dtype=np.int16)
    mean_members = 2.0 + work.unfunded_third_member + work.unfunded_fourth_member
    mean_months = 1.0 / (1.0 / work.unfunded_duration_months + work.unfunded_ending_hazard)
    starts = np.array([unfunded_effort / (mean_members * work.unfunded_person_months * mean_months)])
    if world.own_size:
        # Every country works at its own size: what pairs do in common is a fact, and the programme a part of it.
        rest = effects_of(base, base, world, config.behaviour, config.mechanisms, balanced=balanced)
        found = unfunded_at_rest(world, config, rest)
        room = room_per_size(population, world, config, found)
        population = with_room(population, room)
        unfunded_look, row_of = found.look, np.arange(n, dtype=np.int16)
        starts = found.starts * config.mechanisms.unfunded
        unfunded_effort = found.effort * config.mechanisms.unfunded
    at_start = population.organisations["arrival_month"] < 0
    total_size = float(population.organisations["size"][at_start].sum())
    # Twice what unfunded work costs at rest, so that it is people and partners, not cash, that limit it.
    income = np.full(n, 2.0 * unfunded_effort * work.cost_per_person_month_eur * 100.0 / max(total_size, 1.0))
    cap = np.full(n, 100.0 * max(work.bridging_months, 1.0) * seat_eur_per_month(world))
    price = prices(world, work.price_elasticity)
    if world.own_size:
        # The same end by country: whoever has room for unfunded work can pay for it.
        income = room * work.unfunded_person_months * work.cost_per_person_month_eur * 100.0 * price
        cap = np.maximum(cap, 2.0 * income)
    index = population.index
    propensity = np.array(config.behaviour.search.coordinator_propensity, dtype=np.float64)
    lead_weight = propensity[population.organisations["type"][index.organisation]] * (
        power_each(index.weight, config.behaviour.search.coordinator_size_power)
    )
    programme_lead_weight = lead_weight
    if world.own_size:
        programme_lead_weight = lead_weight * _known_to_the_programme(world, population, lead_weight)
        # What national agencies pay for is part of the work that keeps knowledge where it is.
        if any(kind.own_country_only for kind in config.funders.values()):
            funded_effort += home_effort(world, config.world.scale, work.cost_per_person_month_eur)
    level = levels(population, config.behaviour.knowledge)
    known = float(at_rest(population, level)[at_start].sum())
    fading = monthly(config.behaviour.knowledge.fading)
    # Partnerships at rest bring what own research leaves open.
    learned = (1.0 - config.behaviour.knowledge.own_share) * fading * known / max(funded_effort + unfunded_effort, 1.0)
    year, month = map(int, calendar.start.split("-"))
    reform = 0 if config.policy.start is None else months_between(calendar.start, config.policy.start)
    phase = phase_of_calls(config.seed, config.replicate)
    terms, first_calls = _funders(config, world, budget, reform, phase)
    by_funder = [place for place, row in enumerate(terms) for _ in row.funders]
    return Setting(
        config=config,
        world=world,
        population=population,
        key=key,
        base=base,
        dated=dated,
        acting=dated,
        risk=risk_of(watch, dated, world),
        builder=HandleBuilder(base, world, dated, config.instruments, config.decisions),
        announcement_month=announcement,
        observation_end=end,
        first_calendar_month=month - 1,
        first_year=year,
        reform_month=reform,
        terms=terms,
        first_call_month=first_calls,
        appropriation_cents=budget.cents,
        public=budget.public,
        budget=budget,
        parameters=parameter_record(config, [row.rules for row in terms])[by_funder],
        reference_parameters=parameter_record(config, [row.rules_before for row in terms])[by_funder],
        unfunded_starts=starts[:, None] * world.sector_money_share,
        unfunded_row_of=row_of,
        income_cents_per_size=income,
        reserve_cap_cents_per_size=cap,
        lead_weight=lead_weight,
        programme_lead_weight=programme_lead_weight,
        balanced=balanced,
        price=price,
        knowledge_level=level,
        learned_per_output=learned,
        full_access=np.ones((world.n_countries, len(world.sector_money_share))),
        projects=projects,
        unfunded_look=unfunded_look,
    )
