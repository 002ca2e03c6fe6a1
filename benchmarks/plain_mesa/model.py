"""The yardstick's model: the month, step by step."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from collections import Counter, defaultdict
from itertools import accumulate
from typing import Any

import mesa

from benchmarks.plain_mesa.organisations import CLASSES, Organisation
from benchmarks.plain_mesa.parts import Called, Draft, Partnership, PlainFunder, PlainTerms, Pool, Seat, Shape
from benchmarks.plain_mesa.stages import Stages
from benchmarks.plain_mesa.supplies import IS_PHYSICAL, Supplies
from ecosim.channels.effects import Effects
from ecosim.config.programme import ProgrammeConfig
from ecosim.funders.base import AnyFunder, FunderKind
from ecosim.funders.stages import StageFunder
from ecosim.outcomes import stages as stage_outcomes
from ecosim.programmes.calls import Shapes
from ecosim.record import COUNTRY_OUTCOMES, OUTCOMES, PRINCIPAL, SPLIT
from ecosim.scenario import Scenario, with_overrides
from ecosim.setting import prepare
from ecosim.tables import (
    ACTIVE,
    COMPLETED,
    DROPPED,
    FAILED,
    GRANTED,
    MAX_SEATS,
    MAX_SITES,
    MOST_GENERATIONS,
    N_TYPES,
    PROGRAMME,
    STARTING,
    STATUS_NAMES,
    SUSPENDED,
    VACANT,
    WITHDRAWN,
    WORKING,
)
from ecosim.world.facts import ORGANISATION_TYPES

#: Tries to find any candidate at all when none of those compared fits.
FALLBACK_TRIES = 12
#: Mean of a Poisson number above which it is drawn by the normal approximation.
LARGE_MEAN = 500.0
#: Members whose past a lead looks through for a core.
ASKED_FOR_A_CORE = 8
#: A funded consortium that found fewer members than it wanted has at least this many.
FEWEST_MEMBERS = 3
#: A sum that was divided and multiplied again loses no cent.
HALF_A_CENT = 0.5

#: Columns of what is measured against the twin, and of its parts in flight and formed after the announcement.
MEASURED = tuple(name for name, _, _ in PRINCIPAL)
IN_FLIGHT, FORMED_AFTER = (tuple(f"{name}_{part}" for name in MEASURED) for part, _ in SPLIT)


class PlainEcosystem(mesa.Model):
    """An international research ecosystem, one month per step, in plain Mesa.

    Parameters
    ----------
    config : Scenario, optional
        What to simulate; the default scenario if left out.
    rng : int, optional
        Seed; the scenario's own if left out. The organisations follow the scenario's seed in any case.
    **overrides
        Scenario parameters by dotted key.

    Raises
    ------
    NotImplementedError
        If the scenario asks for what this yardstick leaves out.
    """

    def __init__(self, config: Scenario | None = None, *, rng: int | None = None, **overrides: Any) -> None:
        scenario = with_overrides(config, overrides)
        super().__init__(rng=scenario.seed if rng is None else rng)
        _refuse_what_is_left_out(scenario)
        self.config = scenario
        self.month = 0
        self._read_facts()
        self._read_country_tables()
        self.schedule = self._arrival_schedule()
        self.pools: defaultdict[tuple[int, int, int], Pool] = defaultdict(Pool)
        self.active: list[Partnership] = []
        #: Funded partnerships by sector, type of most members and circle; those of a circle by that alone.
        self.known: defaultdict[tuple[int, int, int], list[Partnership]] = defaultdict(list)
        #: Partnerships begun together, by the two organisations' numbers.
        self.begun_together: defaultdict[tuple[int, int], int] = defaultdict(int)
        #: Trust and month of last joint work, by the two organisations' numbers.
        self.ties: dict[tuple[int, int], tuple[float, int]] = {}
        self.accounts: Counter[str] = Counter()
        self.started_between: Counter[tuple[int, int]] = Counter()
        self.now: Counter[str] = Counter()
        self.by_country: dict[str, list[float]] = {}
        outcomes, self.country_outcomes = OUTCOMES, [name for name, _, _ in COUNTRY_OUTCOMES]
        if self.stages is not None:
            outcomes += stage_outcomes.OUTCOMES
            self.country_outcomes += [name for name, _, _ in stage_outcomes.COUNTRY_OUTCOMES]
        self.datacollector = mesa.DataCollector(
            model_reporters={name: lambda model, name=name: model.now[name] for name, _, _ in outcomes}
            | {name: lambda model, name=name: model.by_country[name] for name in self.country_outcomes}
        )
        for organisation in self.schedule.pop(-1, []):
            self._arrive(organisation)

    # ---- what a run starts from

    def _read_facts(self) -> None:
        setting = self._setting = prepare(self.config)
        self._knowledge_at_rest = setting.knowledge_at_rest
        world = setting.world
        self.n_countries, self.n_sectors = world.n_countries, len(world.sector_money_share)
        #: By country, for each unit of size: earned a month, and kept at most.
        self.income_cents = setting.income_cents_per_size.tolist()
        self.reserve_cap_cents = setting.reserve_cap_cents_per_size.tolist()
        # But for a world at its own size, which is left out, all countries share one row.
        (self.unfunded_starts,) = setting.unfunded_starts.tolist()
        self.sector_money_share = world.sector_money_share.tolist()
        self.start_month_share = world.start_month_share.tolist()
        self.announcement_month = setting.announcement_month
        behaviour = self.config.behaviour
        self.experience_kept = 0.5 ** (1.0 / behaviour.trust.half_life_months)
        #: By country: cost of a person-month beside its mean, and in cents.
        self.price = setting.price.tolist()
        self.cost_cents = [100.0 * behaviour.work.cost_per_person_month_eur * price for price in self.price]
        self.learned_per_output = setting.learned_per_output
        self.knowledge_fading = 1.0 - (1.0 - behaviour.knowledge.fading) ** (1.0 / 12.0)
        self.own_research = behaviour.knowledge.own_share * self.knowledge_fading
        self.capability_of_knowledge = behaviour.knowledge.capability
        self.peripheral = world.peripheral.tolist()

    def _read_country_tables(self) -> None:
        """Country-level tables at rest, as nested lists: reading single numbers out of arrays is slow in Python."""
        base = self._setting.base
        effects = self._setting.effects(base)
        self._read_funders(effects)
        self.look_unfunded = effects.look_unfunded.tolist()
        self.openness = effects.openness.tolist()
        # At rest there is no doubt, and all sectors and funders are alike in what follows.
        self.acceptance = effects.acceptance[0].tolist()
        self.pace = effects.pace.tolist()
        self.knowledge_reached = self._setting.full_access.tolist()
        self.trust_ceiling = effects.trust_ceiling.tolist()
        self.supplies = Supplies(self.random, self.config.behaviour.supply, self._setting.world, effects.inputs)
        self.capacity = effects.capacity.tolist()
        self.readiness = effects.readiness[0, 0].tolist()
        self.friction_start = base.friction_start.tolist()
        self.friction_replace = effects.friction_replace.tolist()
        self.mobility = effects.mobility.tolist()
        with_stages = self.config.mechanisms.stages
        # With stages, only pilots have more sites than one.
        self.research_sites = [1.0] * self.n_sectors if with_stages else base.pilot_sites.tolist()
        self.pilot_cost = effects.pilot_cost.tolist()
        self.stages = Stages(self) if with_stages else None

    def _read_funders(self, effects: Effects) -> None:
        """Every funder, the programme first; many may have the same terms."""
        setting = self._setting
        self.funders: list[PlainFunder] = []
        self.terms: list[PlainTerms] = []
        for t, terms in enumerate(setting.terms):
            own = PlainTerms(
                terms.rules, "research" in terms.stages,
                {year: self._called(shapes) for year, shapes in terms.shapes_of_year.items()},
                self._called(terms.shapes), terms.shapes.ahead_cents, effects.look_funded[t].tolist(),
                effects.eligibility[t, :, :, 0].tolist(), effects.staying[t, :, :, 0].tolist(),
                effects.keeping_alone[t, :, 0].tolist(), terms.funder_of.tolist(),
            )  # fmt: skip
            self.terms.append(own)
            for number in terms.funders:
                cents, first = int(setting.appropriation_cents[number]), int(setting.first_call_month[number])
                self.funders.append(PlainFunder(own, cents, first, [0] * self.n_sectors))
        self.appropriation_cents = sum(funder.appropriation_cents for funder in self.funders)

    def _called(self, shapes: Shapes) -> Called:
        """Observed consortia that a lead may propose.

        Those that one of its type coordinates; all of the sector where there is none, and all where nothing was
        observed in the sector.
        """
        observed: list[list[list[Shape]]] = [[[] for _ in ORGANISATION_TYPES] for _ in range(self.n_sectors)]
        for sector, size, countries, months, grant_eur, coordinator, *rest, _ in shapes.rows.tolist():
            types, of_cores = rest[:N_TYPES], rest[N_TYPES:]
            known = types if any(types) else None
            shape = Shape(min(size, MAX_SEATS), countries, months, 100 * grant_eur, known, *of_cores)
            observed[sector][coordinator].append(shape)
        everything = [shape for of_sector in observed for of_type in of_sector for shape in of_type]
        usable = []
        for of_sector in observed:
            all_types = [shape for of_type in of_sector for shape in of_type] or everything
            usable.append([of_type or all_types for of_type in of_sector])
        return Called(usable, shapes.mean_cents.tolist())

    def _called_now(self, terms: PlainTerms) -> Called:
        """What this month's calls ask for."""
        return terms.called_for(self._setting.year(self.month + terms.rules.time_to_grant_months))

    def _arrival_schedule(self) -> dict[int, list[int]]:
        schedule: defaultdict[int, list[int]] = defaultdict(list)
        for number, month in enumerate(self._setting.population.organisations["arrival_month"].tolist()):
            schedule[month].append(number)
        return schedule

    def _arrive(self, number: int) -> None:
        population = self._setting.population
        row = population.organisations[number]
        topics, knowledge = population.topics[number].tolist(), self._knowledge_at_rest[number].tolist()
        shares = {sector: share for sector, share in enumerate(population.knowledge[number].tolist()) if share > 0.0}
        organisation = CLASSES[int(row["type"])](
            self, row, shares, {sector: topics[sector] for sector in shares},
            {sector: knowledge[sector] for sector in shares},
        )  # fmt: skip
        for sector, share in shares.items():
            self.pools[organisation.country, sector, organisation.type].add(organisation, share)

    # ---- the month

    def step(self) -> None:
        """One month."""
        self.now.clear()
        self.by_country = {name: [0.0] * self.n_countries for name in self.country_outcomes}
        self.accounts_before = self.accounts.copy()
        self.organisations_arrive_and_earn()
        self.treasury_appropriates()
        proposals = self.organisations_search()
        self.funder_awards(proposals)
        self.partnerships_attend()
        self.funder_pays()
        self.partnerships_work()
        if self.stages is not None:
            self.stages.advance()
        self.outcomes_follow()
        self.partnerships_close()
        if (self.month + 1) % 12 == 0:
            # Missions would review the year here; what they have seen is counted from the start again.
            self.started_between.clear()
        self._record()
        self.month += 1

    def advance(self, to_month: int) -> PlainEcosystem:
        """Step until that many months have been simulated."""
        while self.month < to_month:
            self.step()
        return self

    # ---- steps 1 and 2: organisations arrive and earn; money is appropriated

    def organisations_arrive_and_earn(self) -> None:
        """Let this month's newcomers in, then let everyone earn."""
        for number in self.schedule.pop(self.month, []):
            self._arrive(number)
        self.agents.do("begin_month")

    def treasury_appropriates(self) -> None:
        """Add the month's appropriation to what each funder has unspent."""
        if self.awards_open():
            for funder in self.funders:
                self.move("treasury", "unspent", funder.appropriation_cents, funder)

    # ---- step 3: search

    def organisations_search(self) -> list[Draft]:
        """Open calls if the calendars say so and write proposals for them side by side; start unfunded work."""
        if not self.awards_open():
            return []
        of_research = [terms for terms in self.terms if terms.of_research]
        proposals = [proposal for terms in of_research for proposal in self._search_for_calls(terms)]
        if len(of_research) > 1:
            self.random.shuffle(proposals)
        self._join_siblings(proposals)
        self._fill(proposals)
        if self.config.mechanisms.unfunded:
            drafts = self._start_drafts({None: self.unfunded_starts}, None)
            self._fill(drafts)
            for draft in drafts:
                if len(draft.members) >= 2:
                    self._rate(draft)
                    self._found(draft)
                else:
                    draft.lead.load -= 1  # found nobody, and has its room back
        return proposals

    def _search_for_calls(self, terms: PlainTerms) -> list[Draft]:
        calling = [funder for funder in self.funders if funder.terms is terms and self._call_opens(funder)]
        wanted = {funder: self._open_call(funder) for funder in calling}
        return self._start_drafts(wanted, terms) if calling else []

    def _open_call(self, funder: PlainFunder) -> list[float]:
        """Pay for a call and set its money aside; proposals wanted in each sector."""
        terms = funder.terms
        self._bill(funder, 0)
        self._charge(funder, int(terms.rules.call_cost_eur * self.config.world.scale * 100.0))
        offered = self._offered_cents(funder, funder.unspent_cents - sum(funder.envelopes))
        shares = [math.floor(share * offered) for share in self.sector_money_share]
        shares[-1] += offered - sum(shares)
        wanted = []
        mean_grant_cents = self._called_now(terms).mean_grant_cents
        for sector, share in enumerate(shares):
            funder.envelopes[sector] += share
            # The last award may overdraw the envelope, so one more is funded than the envelope covers.
            envelope = funder.envelopes[sector]
            fundable = envelope / mean_grant_cents[sector] + 1.0 if envelope > 0 else 0.0
            wanted.append(terms.rules.applications_per_award * fundable)
        return wanted

    def _offered_cents(self, funder: PlainFunder, free: int) -> int:
        """All there is; under the observed calendar, what later calls of the year will need is saved for them."""
        if funder.terms.rules.months_between_calls != "observed":
            return free
        start, yearly = self._start_calendar_month(funder), 12 * funder.appropriation_cents
        now, *later = self.start_month_share[start:] + self.start_month_share[:start]
        saved = max(0.0, max(needed - months / 12.0 for months, needed in enumerate(accumulate(later), start=1)))
        return min(free, max(int(yearly * now), free - int(yearly * saved)))

    def _start_drafts(self, wanted: dict[Any, list[float]], terms: PlainTerms | None) -> list[Draft]:
        """Let every organisation decide, sector by sector, whether it takes the lead in something this month."""
        funded = terms is not None
        pull_of_experience = self.config.behaviour.search.experience_pull if funded else 0.0
        totals = {funder: [0.0] * self.n_sectors for funder in wanted}
        ready: list[tuple[Organisation, int, float, PlainFunder | None]] = []
        for organisation in self.agents:
            funder = None
            if terms is not None:
                number = terms.funder_of[organisation.country]
                funder = self.funders[number] if number >= 0 else None
                if funder not in wanted:
                    continue
            total = totals[funder]
            experience = organisation.experience
            pull = 1.0 + pull_of_experience * experience / (1.0 + experience)
            weights = organisation.funded_pull if funded else organisation.unfunded_pull
            able = organisation.load < organisation.capacity and (terms is None or organisation.may_lead(terms))
            for sector, weight in weights.items():
                total[sector] += weight * pull
                if able:
                    ready.append((organisation, sector, weight * pull * self.readiness[organisation.country], funder))
        drafts: list[Draft] = []
        for organisation, sector, weight, funder in ready:
            for _ in range(self._poisson(weight * wanted[funder][sector] / totals[funder][sector])):
                # Unfunded work starts at once and takes up room; a proposal only while its lead writes others.
                if organisation.load >= organisation.capacity:
                    break
                organisation.load += 1
                drafts.append(self._draft(organisation, sector, funder))
        if funded:
            for draft in drafts:
                draft.lead.load -= 1
        self.random.shuffle(drafts)
        return drafts

    def _draft(self, lead: Organisation, sector: int, funder: PlainFunder | None) -> Draft:
        random, config = self.random, self.config
        search, work = config.behaviour.search, config.behaviour.work
        topic = (lead.topics[sector] + search.topic_spread * (random.random() - 0.5)) % 1.0
        if funder is not None:
            shape = random.choice(self._called_now(funder.terms).shapes[sector][lead.type])
        else:
            luck = random.random()
            size = 2 + (luck < work.unfunded_third_member) + (luck < work.unfunded_fourth_member)
            duration = max(3, min(240, int(random.expovariate(1.0 / work.unfunded_duration_months))))
            shape = Shape(size, 0, duration, 0, None, 0.0, 0.0, 0, 0)
        draft = Draft(
            lead=lead, sector=sector, topic=topic, size=shape.size, members=[lead], countries={lead.country},
            asks=2 * shape.size + search.spare_invitations, funder=funder, binding=funder is None,
            countries_wanted=min(shape.countries, self.n_countries, shape.size),
            open_types=None if shape.types is None else _open_types(shape.types, lead.type),
            kind=lead.type if shape.types is None else shape.types.index(max(shape.types)),
            core_chance=shape.core_chance, circle=shape.circle, duration_months=shape.months,
            grant_cents=shape.grant_cents,
        )  # fmt: skip
        if config.mechanisms.core_reform and funder is not None:
            draft.sibling_chance = search.core_share * shape.sibling_chance
            draft.core_seats = math.floor(search.core_strength * shape.core_members + 0.5)
            if random.random() < search.core_share * shape.core_chance:
                draft.core = self._core(draft, shape.types)
        if draft.core is not None:
            # Whoever comes together again has its countries already.
            draft.countries_wanted = 0
            draft.core_seats -= any(seat.organisation is lead for seat in draft.core.seats)
        return draft

    def _core(self, draft: Draft, types: list[int] | None) -> Partnership | None:
        """The past consortium a new one grows out of: one that partners bring, or one that the lead comes to lead."""
        if draft.circle > 0:
            return self._joined(draft, types)
        return self._brought(draft, types) or self._joined(draft, types)

    def may_be_core(self, past: Partnership, draft: Draft) -> bool:
        """Whether a partnership is of late and alike."""
        return self._alike(past, len(past.seats), draft) and self._grown_out_of(past)

    def _alike(self, other: Draft | Partnership, size: int, draft: Draft) -> bool:
        """Whether another one is of the same circle; of none, whether it is like in sector, type and size."""
        if _block(other) != _block(draft):
            return False
        like_size = self.config.behaviour.search.like_size
        return draft.circle > 0 or max(size, draft.size) <= like_size * min(size, draft.size)

    def _grown_out_of(self, past: Partnership) -> bool:
        return past.grown_from > 0.0 and past.start_month >= self.month - self.config.behaviour.search.core_months

    def core_rank(self, past: Partnership, draft: Draft, types: list[int] | None) -> float:
        """How well it serves: whose members fill more seats; of equals, whose like come back more often."""
        able = [0] * N_TYPES
        for seat in past.seats:
            if seat.organisation is not None and draft.sector in seat.organisation.topics:
                able[seat.organisation.type] += 1
        filled = sum(map(min, able, types or [0] * N_TYPES))
        return min(filled, draft.core_seats) + past.grown_from

    def _joined(self, draft: Draft, types: list[int] | None) -> Partnership | None:
        """The best of past consortia like it that a stranger may lead."""
        known = [past for past in self.known[_block(draft)] if self._grown_out_of(past)]
        looked_at = (self.random.choice(known) for _ in range(ASKED_FOR_A_CORE if known else 0))
        found = [past for past in looked_at if self.may_be_core(past, draft)]
        return max(found, key=lambda past: self.core_rank(past, draft, types), default=None)

    def _brought(self, draft: Draft, types: list[int] | None) -> Partnership | None:
        """The best of past consortia that partners of the lead bring."""
        found: list[Partnership] = []
        for _ in range(ASKED_FOR_A_CORE):
            member = draft.lead.past_partner()
            if member is not None:
                found += [past for past in member.past if self.may_be_core(past, draft)]
        return max(found, key=lambda past: self.core_rank(past, draft, types), default=None)

    def _join_siblings(self, drafts: list[Draft]) -> None:
        """Let proposals know the one together with which they are put together."""
        siblings = {id(draft) for draft in drafts if self.random.random() < draft.sibling_chance}
        for draft in drafts:
            if id(draft) not in siblings:
                continue
            best, most = None, 0
            for other in drafts:
                alone = other.sibling_chance > 0.0 and id(other) not in siblings and other.funder is draft.funder
                if not alone or not self._alike(other, other.size, draft):
                    continue
                same = sum(map(min, draft.open_types, other.open_types)) if draft.open_types else 0
                if same > most:
                    best, most = other, same
            draft.elder = best
            if best is None:
                siblings.remove(id(draft))
            else:
                draft.countries_wanted = 0

    def _fill(self, drafts: list[Draft]) -> None:
        """Search in rounds: every consortium asks one candidate, all answer, those who accept are seated."""
        for siblings in (False, True):
            self._fill_those([draft for draft in drafts if (draft.elder is not None) == siblings])

    def _fill_those(self, drafts: list[Draft]) -> None:
        looking = [draft for draft in drafts if draft.looking()]
        while looking:
            for draft in looking:
                draft.invited = self._best_candidate(draft)
                draft.asks -= 1
            for draft in looking:
                draft.accepted = draft.invited is not None and draft.invited.accepts(draft)
            for draft in looking:
                if draft.accepted:
                    self._seat(draft, draft.invited)
            looking = [draft for draft in looking if draft.looking()]

    def _seat(self, draft: Draft, organisation: Organisation) -> None:
        if draft.binding:
            if organisation.load >= organisation.capacity:
                return  # another consortium was first
            organisation.load += 1
        draft.members.append(organisation)
        draft.countries.add(organisation.country)
        if draft.open_types is not None:
            draft.open_types[organisation.type] -= 1

    def _best_candidate(self, draft: Draft) -> Organisation | None:
        """Compare a handful of candidates with noise (a multinomial logit) and return the best."""
        random, search, mechanisms = self.random, self.config.behaviour.search, self.config.mechanisms
        lead, sector = draft.lead, draft.sector
        openness = self.openness[lead.country]
        remaining = draft.size - len(draft.members)
        wanted = draft.countries_wanted
        want_new = wanted > 0 and wanted - len(draft.countries) >= remaining
        want_present = wanted > 0 and len(draft.countries) >= wanted
        best, best_value = None, -math.inf
        core = self._core_members(draft, search.candidates_per_seat, remaining)
        for k in range(len(core) or search.candidates_per_seat + FALLBACK_TRIES):
            fallback = k >= search.candidates_per_seat
            if fallback and best is not None:
                break
            candidate = core[k] if core else self._candidate(draft, want_new, want_present, fallback)
            if candidate is None or not self._fits(candidate, draft, want_new, want_present):
                continue
            if mechanisms.knowledge and sector not in candidate.topics and not (core and draft.circle > 0):
                continue  # it knows nothing of the sector, and is not of a circle
            value = search.choice_noise * -math.log(-math.log(random.random() + 1e-300) + 1e-300)
            value += search.capability_weight * candidate.capability_in(sector)
            value += search.channel_weight * openness[candidate.country][sector]
            pair = _pair(lead, candidate)
            if mechanisms.familiarity and (joint := self.begun_together.get(pair)):
                value += search.familiarity_weight * math.log(1.0 + joint)
            if mechanisms.trust:
                trust = self._trust(pair)
                value += search.trust_weight * min(trust, self.trust_ceiling[lead.country][candidate.country])
            if mechanisms.knowledge:
                value += search.knowledge_weight * candidate.fit(sector, draft.topic)
            if value > best_value:
                best, best_value = candidate, value
        return best

    def _candidate(self, draft: Draft, want_new: bool, want_present: bool, fallback: bool) -> Organisation | None:
        """Propose one candidate: a past partner, a partner's partner, someone met by chance, or someone known."""
        random, search = self.random, self.config.behaviour.search
        by_chance = False
        if not fallback:
            route = random.random()
            via_partners = search.past_partner_share + search.partners_partner_share
            candidate = None
            if route < search.past_partner_share:
                candidate = draft.lead.past_partner()
            elif route < via_partners:
                candidate = random.choice(draft.members).past_partner()
            else:
                by_chance = self.config.mechanisms.newcomers and route < via_partners + search.newcomer_share
            if candidate is not None:
                return candidate
        # Also instead of a partner who is not there.
        return self._someone_known(draft, want_new, want_present, by_chance)

    def _core_members(self, draft: Draft, n: int, remaining: int) -> list[Organisation | None]:
        """Members of the core to be compared for the next seat; none once as many as wanted have joined."""
        # The looking draft has one more ask than is left once this one is made.
        if draft.asks - 1 < 2 * remaining:
            draft.core_seats = min(draft.core_seats, len(draft.members) - 1)
        if len(draft.members) > draft.core_seats:
            return []
        luck = self.random.random()
        if draft.elder is not None:
            seated = draft.elder.members
            return [seated[(int(luck * len(seated)) + k) % len(seated)] for k in range(n)]
        if draft.core is None:
            return []
        if draft.circle > 0:
            # All of the circle are its core: who has been in more of them is named more often.
            circle = [past for past in self.known[_block(draft)] if self._grown_out_of(past)]
            return [self.random.choice(self.random.choice(circle).seats).organisation for _ in range(n)]
        # Two of three from among its own core.
        seats = draft.core.seats
        among = [draft.core.core_seats if k % 3 < 2 else len(seats) for k in range(n)]
        return [seats[(int(luck * among[k]) + k) % among[k]].organisation for k in range(n)]

    def _someone_known(self, draft: Draft, want_new: bool, want_present: bool, by_chance: bool) -> Organisation | None:
        random = self.random
        look = draft.funder.terms.look if draft.funder is not None else self.look_unfunded
        look = look[draft.lead.country][draft.sector]
        if want_new or want_present:
            country = self._country_by_rule(look, draft.countries, want_present)
        else:
            country = bisect_right(look, random.random() * look[-1]) if look[-1] > 0.0 else None
        wanted = [kind for kind in range(N_TYPES) if draft.open_types is None or draft.open_types[kind] > 0]
        pools = [pool for kind in wanted if (pool := self.pools.get((country, draft.sector, kind))) is not None]
        if not pools:
            return None
        # By chance whatever their size and past.
        running = [pool.shares if by_chance else pool.weights for pool in pools]
        (k,) = random.choices(range(len(pools)), [sums[-1] for sums in running])
        return pools[k].organisations[bisect_right(running[k], random.random() * running[k][-1])]

    def _country_by_rule(self, look: list[float], present: set[int], want_present: bool) -> int | None:
        """Draw a country among those already in the consortium, or among those not yet in."""
        if want_present:
            allowed = sorted(present)
        else:
            allowed = [country for country in range(self.n_countries) if country not in present]
        weights = [look[country] - (look[country - 1] if country else 0.0) for country in allowed]
        if sum(weights) <= 0.0:
            return None
        return self.random.choices(allowed, weights)[0]

    def _fits(self, candidate: Organisation, draft: Draft, want_new: bool, want_present: bool) -> bool:
        if draft.open_types is not None and draft.open_types[candidate.type] <= 0:
            return False
        if candidate in draft.members:
            return False
        if want_new and candidate.country in draft.countries:
            return False
        if want_present and candidate.country not in draft.countries:
            return False
        if draft.funder is None:
            return True
        return candidate.standing < draft.funder.terms.eligibility[draft.lead.country][candidate.country]

    def _trust(self, pair: tuple[int, int]) -> float:
        tie = self.ties.get(pair)
        if tie is None:
            return 0.0
        trust, last_month = tie
        return trust * 0.5 ** ((self.month - last_month) / self.config.behaviour.trust.half_life_months)

    def fitness(self, topic: float, other: float) -> float:
        """Inverted U of knowledge distance on the sector's circle of topics."""
        optimum = self.config.behaviour.search.knowledge_optimum
        distance = abs(topic - other)
        distance = min(distance, 1.0 - distance)
        if optimum <= 0.0:
            return math.exp(-((distance / 0.1) ** 2))
        z = (distance - optimum) / (2.0 * optimum)
        return math.exp(-z * z)

    # ---- step 4: awards

    def funder_awards(self, proposals: list[Draft]) -> None:
        """Rank the proposals on what evaluators see; every funder funds each sector's best while its money lasts."""
        if not proposals:
            return
        programme = self.config.programme
        by_funder: dict[PlainFunder, list[Draft]] = {}
        errors: dict[int, float] = {}
        self.now["proposals"] = len(proposals)
        self.now["applicant_effort"] = (
            sum(len(proposal.members) for proposal in proposals) * programme.proposal_person_months
        )
        for proposal in proposals:
            self._rate(proposal)
            # Evaluators err once about proposals put together.
            error = errors.setdefault(id(proposal.plan), self.random.gauss(0.0, 1.0))
            proposal.score = proposal.quality + programme.evaluation_noise * error
            by_funder.setdefault(proposal.funder, []).append(proposal)
        for funder, asked in by_funder.items():
            self._rank_circles_apart(asked)
            self._award(funder, asked)

    def _rank_circles_apart(self, proposals: list[Draft]) -> None:
        """Let proposals of a circle, in order, take the scores of others in their sector, drawn at random."""
        circles: defaultdict[tuple[int, int], list[Draft]] = defaultdict(list)
        for proposal in proposals:
            if proposal.circle > 0:
                circles[proposal.sector, proposal.circle].append(proposal)
        for (sector, _), mine in circles.items():
            others = [other.score for other in proposals if other.circle == 0 and other.sector == sector]
            if others:
                drawn = sorted(self.random.choice(others) for _ in mine)
                for proposal, score in zip(sorted(mine, key=lambda one: one.score), drawn, strict=True):
                    proposal.score = score

    def _award(self, funder: PlainFunder, proposals: list[Draft]) -> None:
        """Fund the best proposals made to one funder, and pay its evaluators."""
        envelopes = funder.envelopes
        money = sum(envelopes) + funder.terms.ahead_cents
        closed: set[int] = set()
        for proposal in sorted(proposals, key=lambda proposal: -proposal.score):
            sector, members = proposal.sector, len(proposal.members)
            if sector in closed or (members < FEWEST_MEMBERS and members < proposal.size):
                continue
            if len(proposal.countries) < min(proposal.countries_wanted, members):
                continue
            if members < proposal.size:
                # A consortium that could not fill its seats asks for less.
                proposal.grant_cents = proposal.grant_cents * members // proposal.size
            # The last award may overdraw the sector's envelope, to be paid back from later calls.
            if envelopes[sector] <= 0 or proposal.grant_cents > money:
                closed.add(sector)
                continue
            envelopes[sector] -= proposal.grant_cents
            money -= proposal.grant_cents
            self.move("unspent", "committed", proposal.grant_cents, funder)
            self._found(proposal)
            self.now["awards"] += 1
        each = int(funder.terms.rules.evaluation_cost_eur * 100.0)
        if each * len(proposals) > funder.unspent_cents + funder.terms.ahead_cents:
            funder.owed_cents += each * len(proposals)
            return
        for proposal in proposals:
            envelopes[proposal.sector] -= each
            self.move("unspent", "administration", each, funder)

    def _rate(self, draft: Draft) -> None:
        """Quality in standard deviations of ideas: idea, experience of the lead, ability and fit of the members."""
        lead, members, sector, topic = draft.lead, draft.members, draft.sector, draft.topic
        draft.idea = draft.plan.lead.idea(sector, self._setting.year(self.month)) + (
            self.config.programme.experience_weight * math.log(1.0 + lead.experience)
        )
        able = sum(member.quality(sector, member.fit(sector, topic)) for member in members)
        draft.quality = draft.idea + able / len(members)

    def _mean_trust(self, members: list[Organisation]) -> float:
        """Mean trust over the pairs of members, before their new work."""
        if not self.config.mechanisms.trust or len(members) < 2:
            return 0.0
        total = 0.0
        for m, one in enumerate(members):
            ceiling = self.trust_ceiling[one.country]
            for other in members[m + 1 :]:
                total += min(self._trust(_pair(one, other)), ceiling[other.country])
        return total / (len(members) * (len(members) - 1) / 2)

    def _productive(self, organisations: int, countries: int, trust: float) -> float:
        """Share of work that is left after coordination, for a consortium as contracted."""
        work = self.config.behaviour.work
        friction = 1.0 - work.coordination_saved_by_trust * trust
        return organisations ** (-work.coordination_by_organisation * friction) * math.exp(
            -work.coordination_by_country * friction * (countries - 1)
        )

    def _found(self, draft: Draft) -> None:
        """Turn a draft into a partnership: seats, money, sites, and what members remember of it."""
        random, work = self.random, self.config.behaviour.work
        start = self.month
        if draft.funder is not None:
            months = draft.funder.terms.rules.time_to_grant_months * self.friction_start[draft.lead.country]
            start += int(months + 0.5)
            if self.stages is not None:
                asked = self.stages.months_to_approve_research(draft.sector, draft.lead.country, draft.countries)
                start = max(start, self.month + math.floor(asked + 0.5))
        trust = self._mean_trust(draft.members)
        partnership = Partnership(
            funder=draft.funder,
            sector=draft.sector,
            topic=draft.topic,
            seats=[
                Seat(member, member.country, start, start, member.fit(draft.sector, draft.topic))
                for member in draft.members
            ],
            proposed_month=self.month,
            start_month=start,
            planned_months=draft.duration_months,
            status=GRANTED if draft.funded else ACTIVE,
            countries=len(draft.countries),
            trust=trust,
            quality=draft.quality,
            idea=draft.idea,
            productive=self._productive(len(draft.members), len(draft.countries), trust),
            kind=statistics.mode(sorted(member.type for member in draft.members)),
            grown_from=draft.core_chance,
            circle=draft.circle,
            core_seats=min(len(draft.members), draft.core_seats + 1) if draft.core_seats > 0 else len(draft.members),
            generation=0 if draft.core is None else min(draft.core.generation + 1, MOST_GENERATIONS),
            grant_cents=draft.grant_cents,
            next_payment_month=start,
        )
        hazard = work.failure_hazard if draft.funded else work.unfunded_ending_hazard
        partnership.fails_month = self._first_month(hazard, start)
        if len(partnership.seats) > 2:
            # Of a pair nobody leaves alone: that is the end of the partnership, which has its own hazard.
            for seat in partnership.seats:
                seat.leaves_month = self._first_month(work.member_withdrawal_hazard, start)
        if draft.funded:
            # The lead takes a larger share; the others share alike but for size, luck and what people cost there.
            weights = [
                member.size**work.grant_of_size
                * math.exp(work.grant_spread * random.gauss(0.0, 1.0))
                * self.price[member.country]
                for member in draft.members
            ]
            weights[0] *= work.lead_share
            total = sum(weights)
            for seat, weight in zip(partnership.seats, weights, strict=True):
                seat.grant_cents = math.floor(draft.grant_cents * (weight / total))
            self.known[_block(partnership)].append(partnership)
            partnership.lead.grant_cents += draft.grant_cents - sum(seat.grant_cents for seat in partnership.seats)
            for seat in partnership.seats:
                seat.person_months = seat.grant_cents / (self.cost_cents[seat.country] * draft.duration_months)
            for member in draft.members:
                member.load += 1  # those who work unfunded were bound when they took the lead or accepted
                if draft.funder is self.funders[PROGRAMME]:
                    self._take_part(member)
        else:
            for seat in partnership.seats:
                seat.person_months = work.unfunded_person_months
        contracted = sum(seat.person_months for seat in partnership.seats)
        partnership.planned_effort = contracted * draft.duration_months * partnership.productive
        for member in draft.members:
            member.past.append(partnership)
        if self.config.mechanisms.supply:
            self._open_sites(partnership)
        for m, member in enumerate(draft.members):
            for other in draft.members[m + 1 :]:
                if self.config.mechanisms.familiarity:
                    self.begun_together[_pair(member, other)] += 1
                if member.country != other.country:
                    self.started_between[member.country, other.country] += 1
                    self.started_between[other.country, member.country] += 1
        self.active.append(partnership)

    def _take_part(self, organisation: Organisation) -> None:
        if organisation.participations == 0:
            self.now["newcomers"] += 1
            self.now["newcomers_peripheral"] += self.peripheral[organisation.country]
        organisation.participations += 1

    def _open_sites(self, partnership: Partnership) -> None:
        """Sites stand in the lead's country first, then in other members' countries; each needs the same inputs."""
        needed = self.supplies.needed(partnership.sector)
        if not needed:
            return
        wanted = 1
        if any(IS_PHYSICAL[kind] for kind in needed):
            mean = self.research_sites[partnership.sector]
            wanted = min(MAX_SITES, math.floor(mean) + (self.random.random() < mean - math.floor(mean)))
        countries = dict.fromkeys(seat.organisation.country for seat in partnership.seats)
        partnership.sites = [self.supplies.equip(country, needed) for country in list(countries)[:wanted]]

    # ---- step 5: who can take part, payments, work

    def partnerships_attend(self) -> None:
        """Suspension, return, departure, hand-over of the lead, substitutes, quorum and early ends."""
        vacancies: list[Draft] = []
        for partnership in self.active:
            if partnership.status == GRANTED:
                if self.month < partnership.start_month:
                    continue
                partnership.status = ACTIVE
                self.now["partnerships_started"] += 1
            self._see_who_is_there(partnership)
            self._hand_over(partnership)
            self._look_for_substitutes(partnership, vacancies)
            self._check_quorum(partnership)
        self.random.shuffle(vacancies)
        self._fill(vacancies)
        for draft in vacancies:
            if len(draft.members) == draft.size:
                self._replace(draft)

    def _see_who_is_there(self, partnership: Partnership) -> None:
        lead = partnership.lead
        # The lead first: the others need to know whether they have one.
        for seat in [lead, *(seat for seat in partnership.seats if seat is not lead)]:
            if seat.organisation is None or seat.state == DROPPED:
                continue
            if self._can_take_part(partnership, seat):
                returns = seat.state == SUSPENDED
                starts = seat.state == STARTING and self.month >= seat.available_month
                if returns or starts:
                    seat.state, seat.since_month = WORKING, self.month
                    self.now["members_returned"] += returns
            elif seat.state != SUSPENDED:
                seat.state, seat.since_month = SUSPENDED, self.month
                self.now["members_suspended"] += 1
            if self.month >= seat.leaves_month:
                self._leave(seat)
                seat.state, seat.since_month = VACANT, self.month
                self.now["members_left"] += 1

    def _can_take_part(self, partnership: Partnership, seat: Seat) -> bool:
        if partnership.funder is None:
            return True
        terms = partnership.funder.terms
        lead, organisation = partnership.lead, seat.organisation
        if seat is lead:
            share = terms.staying[organisation.country][organisation.country]
        elif lead.state == WORKING:
            share = terms.staying[lead.organisation.country][organisation.country]
        else:
            share = terms.staying_alone[organisation.country]
        return organisation.standing < share

    def _leave(self, seat: Seat) -> None:
        """Free an organisation from its seat; what it had advanced is lost to it."""
        self.move("advanced", "own_work", seat.advanced_cents)
        seat.advanced_cents = 0
        seat.organisation.load -= 1
        seat.organisation = None

    def _hand_over(self, partnership: Partnership) -> None:
        """Pass the lead to the largest member at work that may lead, once it has been away for the grace period."""
        lead = partnership.lead
        if lead.state in (WORKING, STARTING):
            return
        if self.month - lead.since_month < self.config.behaviour.work.grace_months:
            return
        heirs = [
            m
            for m, seat in enumerate(partnership.seats)
            if seat.state == WORKING
            and (partnership.funder is None or seat.organisation.may_lead(partnership.funder.terms))
        ]
        if heirs:
            partnership.lead_seat = max(heirs, key=lambda m: partnership.seats[m].organisation.size)
            self.now["leads_handed_over"] += 1

    def _look_for_substitutes(self, partnership: Partnership, vacancies: list[Draft]) -> None:
        """Seats of funded work that have waited long enough look for someone else, or are given up."""
        if not partnership.funded:
            return
        grace = self.config.behaviour.work.grace_months
        patience = grace + self.config.behaviour.work.replacement_months
        lead = partnership.lead
        for seat in partnership.seats:
            if seat.state not in (SUSPENDED, VACANT) or seat is lead:
                continue
            waited = self.month - seat.since_month
            if waited < grace:
                continue
            if self.config.mechanisms.substitution and waited < patience:
                if lead.state == WORKING:
                    vacancies.append(self._vacancy(partnership, seat))
            elif waited >= patience:
                if seat.organisation is not None:
                    self._leave(seat)
                seat.state = DROPPED
                self.now["members_dropped"] += 1

    def _vacancy(self, partnership: Partnership, seat: Seat) -> Draft:
        """Describe the search for a substitute: a search for one seat, led by the present lead."""
        members = [other.organisation for other in partnership.seats if other.organisation is not None]
        return Draft(
            lead=partnership.lead.organisation, sector=partnership.sector, topic=partnership.topic,
            size=len(members) + 1, members=members, countries={member.country for member in members},
            asks=self.config.behaviour.search.substitute_invitations, funder=partnership.funder, binding=True,
            vacancy=(partnership, seat),
        )  # fmt: skip

    def _replace(self, draft: Draft) -> None:
        assert draft.vacancy is not None
        partnership, seat = draft.vacancy
        work = self.config.behaviour.work
        substitute = draft.members[-1]
        if any(other.organisation is substitute for other in partnership.seats):
            substitute.load -= 1  # another seat of the same partnership was first
            return
        if seat.organisation is not None:
            self._leave(seat)
        # It does the work of the seat; where people cost more, as much of it as the seat's money buys.
        seat.person_months /= max(1.0, self.price[substitute.country] / self.price[seat.country])
        seat.organisation, seat.country = substitute, substitute.country
        seat.since_month = seat.joined_month = self.month
        seat.effort = 0.0
        seat.fit = substitute.fit(partnership.sector, partnership.topic)
        months = work.start_up_months * self.friction_replace[substitute.country]
        seat.available_month = self.month + int(months + 0.5)
        seat.state = STARTING if seat.available_month > self.month else WORKING
        if seat.state == WORKING and partnership.working > 0:
            partnership.working += 1
        # What was contracted among so many countries is now among those of the seats as they are filled.
        countries = len({other.country for other in partnership.seats})
        partnership.productive = self._productive(len(partnership.seats), countries, partnership.trust)
        seat.leaves_month = math.inf
        if len(partnership.seats) > 2:
            seat.leaves_month = self._first_month(work.member_withdrawal_hazard, seat.available_month)
        substitute.past.append(partnership)
        if partnership.funder is self.funders[PROGRAMME]:
            self._take_part(substitute)
        self.now["members_replaced"] += 1

    def _check_quorum(self, partnership: Partnership) -> None:
        """Count who works; below quorum or without a lead the partnership stalls, and at last fails."""
        work = self.config.behaviour.work
        partnership.working = sum(seat.state == WORKING for seat in partnership.seats)
        needed = max(1, math.ceil(work.quorum * len(partnership.seats) - 1e-9)) if partnership.funded else 2
        if partnership.working < needed or partnership.lead.state != WORKING:
            partnership.stalled_months += 1
        else:
            partnership.stalled_months = 0
        if partnership.working < needed:
            partnership.working = 0
        if partnership.stalled_months > work.stalled_months or self.month >= partnership.fails_month:
            partnership.status = FAILED if partnership.funded else WITHDRAWN

    def funder_pays(self) -> None:
        """Pay what has fallen due to running funded work."""
        payments: Counter[PlainFunder] = Counter()
        for partnership in self.active:
            funder = partnership.funder
            if funder is None or partnership.status != ACTIVE:
                continue
            self._fall_due(partnership)
            if partnership.due_cents > 0:
                partnership.paid_cents += partnership.due_cents
                self.move("committed", "paid", partnership.due_cents)
                partnership.due_cents = 0
                payments[funder] += 1
        for funder in self.funders:
            self._bill(funder, int(payments[funder] * funder.terms.rules.payment_cost_eur * 100.0))

    def _fall_due(self, partnership: Partnership) -> None:
        programme = partnership.funder.terms.rules
        tranches, grant = programme.tranches, partnership.grant_cents
        first = math.floor(programme.prefinancing * grant)
        by_calendar = programme.tranche_rule == "calendar"
        while partnership.payments <= tranches and self.month >= partnership.next_payment_month:
            if partnership.payments == 0:
                partnership.due_cents += first if tranches > 0 else grant
            elif partnership.payments == tranches:
                partnership.due_cents += grant - first - (grant - first) // tranches * (tranches - 1)
            else:
                partnership.due_cents += (grant - first) // tranches
            partnership.payments += 1
            partnership.next_payment_month = math.inf
            if by_calendar and partnership.payments <= tranches:
                share = partnership.payments * partnership.planned_months // (tranches + 1)
                partnership.next_payment_month = partnership.start_month + share + self._delay(programme)
        waiting = partnership.payments <= tranches and partnership.next_payment_month == math.inf
        if not by_calendar and waiting and partnership.progress >= partnership.payments / (tranches + 1):
            partnership.next_payment_month = self.month + self._delay(programme)

    def _delay(self, rules: ProgrammeConfig) -> int:
        mean = rules.payment_delay_months
        return int(self.random.expovariate(1.0 / mean) + 0.5) if mean > 0.0 else 0

    def partnerships_work(self) -> None:
        """Ask for people, spend money and own reserves, do the work, and end what is done."""
        self._ask_for_staff()
        for partnership in self.active:
            partnership.work_now = partnership.output_now = partnership.overhead_now = 0.0
            partnership.working_countries = 0
            if partnership.status == ACTIVE:
                self._work(partnership)
                partnership.effort += partnership.work_now

    def _ask_for_staff(self) -> None:
        """Sum up what funded contracts, running or soon to start, ask of each organisation."""
        hiring = self.config.behaviour.staff.hiring_months
        for partnership in self.active:
            if not partnership.funded or partnership.status not in (GRANTED, ACTIVE):
                continue
            ahead = partnership.start_month - self.month
            granted = partnership.status == GRANTED
            if granted and ahead > hiring:
                continue
            for seat in partnership.seats:
                organisation = seat.organisation
                if organisation is None or seat.state == DROPPED:
                    continue
                if granted:
                    organisation.plan_for(seat.person_months, ahead)
                elif seat.state == STARTING:
                    organisation.plan_for(seat.person_months, seat.available_month - self.month)
                else:
                    organisation.contracted += seat.person_months
                    organisation.planned += seat.person_months
                    if seat.state == WORKING and partnership.working > 0:
                        organisation.at_work += seat.person_months

    def _work(self, partnership: Partnership) -> None:
        funded, sector = partnership.funded, partnership.sector
        inputs = self._inputs(partnership)
        at_work = [seat for seat in partnership.seats if partnership.working > 0 and seat.state == WORKING]
        partnership.working_countries = len({seat.country for seat in at_work})
        productive = partnership.productive
        if len(partnership.sites) > 1:
            productive /= self.pilot_cost[sector]
        lead = partnership.lead if partnership.lead.organisation is not None else None
        advanced = sum(seat.advanced_cents for seat in partnership.seats) if funded else 0
        # As long as the contract is planned, a seat's money of the month is kept for it.
        kept = funded and self.month + 1 < partnership.start_month + partnership.planned_months
        held = 0
        for seat in partnership.seats:
            seat.work_now = 0.0
            organisation = seat.organisation
            full = math.floor(seat.person_months * self.cost_cents[seat.country] + HALF_A_CENT)
            if kept and (organisation is None or seat.state != WORKING):
                held += full
            if organisation is None:
                continue
            if seat.advanced_cents > 0 and partnership.paid_cents > partnership.spent_cents:
                advanced -= self._repay(partnership, seat)
            if partnership.working == 0 or seat.state != WORKING:
                if funded and seat.state != STARTING:
                    organisation.unpaid += seat.person_months
                continue
            able = self.capacity[seat.country]
            if funded and self.config.mechanisms.staff_loss:
                able *= organisation.staffed()
            paid = able * inputs
            if funded:
                # Who waits for inputs is under contract, too.
                paid += self.config.behaviour.supply.paid_while_waiting * able * (1.0 - inputs)
            spend = math.floor(full * paid)
            done = 0
            if funded:
                spend = min(spend, partnership.grant_cents - partnership.spent_cents - advanced)
                if partnership.paid_cents - partnership.spent_cents - held >= spend:
                    partnership.spent_cents += spend
                    done = spend
                elif organisation.reserves_cents >= spend:
                    organisation.reserves_cents -= spend
                    seat.advanced_cents += spend
                    advanced += spend
                    self.move("reserves", "advanced", spend)
                    done = spend
            elif organisation.reserves_cents >= spend:
                organisation.reserves_cents -= spend
                self.move("reserves", "own_work", spend)
                done = spend
            if done > 0:
                hours = done / self.cost_cents[seat.country] * (able * inputs / paid)
                effort = hours * productive
                seat.work_now = effort
                seat.effort += effort
                partnership.work_now += effort
                partnership.overhead_now += hours - effort
                speed = 1.0
                if lead is not None and lead.country != seat.country:
                    speed = self.pace[lead.country][seat.country][sector]
                partnership.progress += effort * speed / partnership.planned_effort
            elif funded and spend > 0:
                organisation.unpaid += seat.person_months
        if not partnership.pilot_open and partnership.progress >= self.config.behaviour.innovation.pilot_at_progress:
            partnership.pilot_open = True
            self.now["pilots"] += 1
            self.now["pilot_months"] += self.month + 1 - partnership.start_month
        self._end_if_done(partnership, advanced)

    def _repay(self, partnership: Partnership, seat: Seat) -> int:
        """Pay a member back what it advanced for work done, as far as the partnership has cash."""
        repaid = min(seat.advanced_cents, partnership.paid_cents - partnership.spent_cents)
        seat.advanced_cents -= repaid
        partnership.spent_cents += repaid
        seat.organisation.reserves_cents += repaid
        self.move("advanced", "reserves", repaid)
        return repaid

    def _inputs(self, partnership: Partnership) -> float:
        """Share of work that inputs allow, the mean over sites."""
        if not partnership.sites:
            return 1.0
        total = 0.0
        for site in partnership.sites:
            share, switched = self.supplies.allow(site, partnership.sector)
            total += share
            if switched:
                self.now["suppliers_switched"] += switched
        share = total / len(partnership.sites)
        self.now["supplied"] += share
        self.now["need_supplies"] += 1
        return share

    def _end_if_done(self, partnership: Partnership, advanced: int) -> None:
        """End work with the contract; a funded one with money left may finish what was held up."""
        work = self.config.behaviour.work
        end = partnership.start_month + partnership.planned_months
        if self.month + 1 < end:
            return
        if not partnership.funded:
            partnership.status = COMPLETED
            return
        left = partnership.grant_cents - partnership.spent_cents - advanced
        over = self.month + 1 >= end + work.extension_months
        if over or left < work.unspent_share * partnership.grant_cents or partnership.progress >= 1.0:
            enough = partnership.progress >= work.completion_threshold
            partnership.status = COMPLETED if enough else FAILED

    # ---- steps 6 to 8: outcomes, ends, record

    def outcomes_follow(self) -> None:
        """See what the work yields and teaches, measure it, and draw publications, patents and exchanges."""
        for partnership in self.active:
            if partnership.status == GRANTED:
                continue
            self.now["overhead"] += partnership.overhead_now
            if partnership.status == ACTIVE:
                self._count(partnership)
            if partnership.work_now > 0.0:
                at_work = [seat for seat in partnership.seats if seat.work_now > 0.0]
                self._yield_output(partnership, at_work)
                if self.config.mechanisms.learning:
                    self._teach(partnership, at_work)
                self._measure(partnership, at_work)
                self._innovate(partnership)
        self.now["giant_component_share"] = self._giant_component_share()
        self.agents.do("end_month")

    def _count(self, partnership: Partnership) -> None:
        """Count what is under way, who leads it and who sits in it."""
        if not partnership.funded:
            self.now["partnerships_unfunded"] += 1
            return
        if partnership.working > 0:
            self.now["partnerships_active"] += 1
        else:
            self.now["partnerships_stopped"] += 1
            self.now["frozen_eur"] += (partnership.paid_cents - partnership.spent_cents) / 100.0
        if partnership.lead.organisation is not None:
            self.by_country["leads_by_country"][partnership.lead.country] += 1
        members = self.by_country["members_by_country"]
        in_flight = partnership.proposed_month < self.announcement_month
        for seat in partnership.seats:
            if seat.organisation is not None:
                members[seat.country] += 1
            if in_flight:
                self._count_vacancy(partnership, seat)

    def _count_vacancy(self, partnership: Partnership, seat: Seat) -> None:
        """Count whether a seat's first member works; if not, whether a substitute does."""
        self.now["seats_in_flight"] += 1
        substitute = seat.joined_month > partnership.start_month
        if substitute or seat.state != WORKING:
            self.now["seats_vacated"] += 1
            if substitute and seat.state == WORKING and partnership.working > 0:
                self.now["seats_substituted"] += 1

    def _yield_output(self, partnership: Partnership, at_work: list[Seat]) -> None:
        """Output: work at the pace of its lead and member, by quality, diversity and access to knowledge."""
        rules, sector, lead = self.config.behaviour.output, partnership.sector, partnership.lead
        pace = self.pace[lead.country] if lead.organisation is not None else None
        paced: defaultdict[int, float] = defaultdict(float)
        known: defaultdict[int, float] = defaultdict(float)
        able = reached = 0.0
        for seat in at_work:
            country, organisation, work = seat.country, seat.organisation, seat.work_now
            if pace is None or country == lead.country:
                paced[country] += work
            else:
                paced[country] += work * pace[country][sector]
            known[country] += organisation.knowledge.get(sector, 0.0)
            able += work * organisation.quality(sector, seat.fit)
            reached += work * self.knowledge_reached[country][sector]
        everything = sum(known.values())
        alike = sum((part / everything) ** 2 for part in known.values()) if everything > 0.0 else 1.0
        quality = partnership.idea + able / partnership.work_now
        worth = math.exp(rules.quality * quality) * (1.0 + rules.diversity * (1.0 - alike))
        worth *= (reached / partnership.work_now) ** rules.access
        partnership.output_now = sum(paced.values()) * worth
        by_country = self.by_country["output_by_country"]
        for country, part in paced.items():
            by_country[country] += part * worth

    def _teach(self, partnership: Partnership, at_work: list[Seat]) -> None:
        """Leave knowledge with those at work who know the sector; more if partners know more, best at a middle gap."""
        rules, sector = self.config.behaviour.knowledge, partnership.sector
        able = [seat for seat in at_work if sector in seat.organisation.knowledge]
        if not able:
            return
        levels = [seat.organisation.knowledge[sector] / seat.organisation.researchers[sector] for seat in able]
        works = [seat.work_now for seat in able]
        mean = sum(work * level for work, level in zip(works, levels, strict=True)) / sum(works)
        per_work = self.learned_per_output * partnership.output_now / partnership.work_now
        for seat, level in zip(able, levels, strict=True):
            taken = per_work * seat.work_now
            if mean > level:
                gap = math.log(mean / level) / rules.best_gap
                taken *= 1.0 + rules.absorption * gap * math.exp(1.0 - gap)
            # Who knows more than usual already learns less from the next result.
            organisation = seat.organisation
            taken *= (organisation.at_rest[sector] / organisation.knowledge[sector]) ** rules.diminishing
            organisation.learnt[sector] += taken

    def _measure(self, partnership: Partnership, at_work: list[Seat]) -> None:
        """Collaboration, output, work and effort, in all, by part and by country."""
        now, by_country, work = self.now, self.by_country, partnership.work_now
        worked: defaultdict[int, float] = defaultdict(float)
        for seat in at_work:
            worked[seat.country] += seat.work_now
        cross_border = partnership.working_countries >= 2
        collaboration = 0.0
        for country, own in worked.items():
            by_country["work_by_country"][country] += own
            if len(worked) > 1:
                # Its work times the chance that another person-month comes from elsewhere.
                joint = own * (1.0 - own / work)
                collaboration += joint
                by_country["collaboration_by_country"][country] += joint
            if cross_border:
                by_country["effort_by_country"][country] += own
        if not cross_border:
            now["effort_domestic"] += work
        elif not partnership.funded:
            now["effort_unfunded"] += work
        parts = IN_FLIGHT if partnership.proposed_month < self.announcement_month else FORMED_AFTER
        values = (collaboration, partnership.output_now, work, work if cross_border else 0.0)
        for name, part, value in zip(MEASURED, parts, values, strict=True):
            now[name] += value
            now[part] += value

    def _giant_component_share(self) -> float:
        """Share of organisations at work in the largest group that hangs together (union-find with path halving)."""
        parent: dict[int, int] = {}

        def root(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        for partnership in self.active:
            if partnership.work_now <= 0.0:
                continue
            at_work = [seat.organisation.unique_id for seat in partnership.seats if seat.state == WORKING]
            for i in at_work:
                parent.setdefault(i, i)
            for i in at_work[1:]:
                parent[root(i)] = root(at_work[0])
        sizes = Counter(root(i) for i in parent)
        return max(sizes.values()) / len(parent) if parent else 0.0

    def _innovate(self, partnership: Partnership) -> None:
        innovation = self.config.behaviour.innovation
        lead = partnership.lead.organisation
        working, applied, travel = 0, 0, 0.0
        for seat in partnership.seats:
            if seat.state != WORKING:
                continue
            working += 1
            applied += seat.organisation.applied
            if lead is not None and lead.country != seat.country:
                travel += self.mobility[lead.country][seat.country]
        if working == 0:
            return
        years = partnership.output_now / 12.0
        self.now["publications"] += self._poisson(years * innovation.publications_per_person_year)
        self.now["patents"] += self._poisson(years * applied / working * innovation.patents_per_person_year)
        if partnership.working_countries >= 2:
            self.now["exchanges"] += self._poisson(years * travel / working * innovation.exchanges_per_person_year)

    def partnerships_close(self) -> None:
        """Settle what ended: members are paid, freed and remember; money not used goes where its funder says."""
        running = []
        for partnership in self.active:
            if partnership.status in (GRANTED, ACTIVE):
                running.append(partnership)
                continue
            self.now[f"partnerships_{STATUS_NAMES[partnership.status]}"] += 1
            if (funder := partnership.funder) is not None:
                freed_to = "unspent" if funder.terms.rules.reallocate else "returned"
                self._pay_balance(partnership)
                self.move("paid", freed_to, partnership.paid_cents - partnership.spent_cents, funder)
                self.move("committed", freed_to, partnership.grant_cents - partnership.paid_cents, funder)
            self._remember(partnership)
        self.active = running

    def _pay_balance(self, partnership: Partnership) -> None:
        """Reimburse members' advances: from cash left, then from what of the grant was not paid yet."""
        owed = sum(seat.advanced_cents for seat in partnership.seats)
        balance = max(0, owed - (partnership.paid_cents - partnership.spent_cents))
        balance = min(balance, partnership.grant_cents - partnership.paid_cents)
        partnership.paid_cents += balance
        self.move("committed", "paid", balance)
        for seat in partnership.seats:
            if seat.advanced_cents > 0:
                self._repay(partnership, seat)

    def _remember(self, partnership: Partnership) -> None:
        parameters = self.config.behaviour.trust
        completed = partnership.status == COMPLETED
        gain, loss = parameters.gain, 0.0
        if partnership.status == FAILED:
            gain, loss = 0.0, parameters.loss
        elif partnership.status == WITHDRAWN:
            gain *= self.config.behaviour.trust.withdrawn_gain
        members = []
        for seat in partnership.seats:
            self.move("advanced", "own_work", seat.advanced_cents)
            seat.advanced_cents = 0
            if seat.organisation is None:
                continue
            members.append(seat.organisation)
            seat.organisation.load -= 1
            if partnership.funded:
                learnt = 1.0 if completed else -self.config.behaviour.trust.failure_experience
                seat.organisation.experience = max(0.0, seat.organisation.experience + learnt)
        if self.config.mechanisms.trust:
            for m, member in enumerate(members):
                for other in members[m + 1 :]:
                    if other is not member:
                        pair = _pair(member, other)
                        trust = self._trust(pair)
                        self.ties[pair] = ((trust + gain * (1.0 - trust)) * (1.0 - loss), self.month)

    def _record(self) -> None:
        for account in ("committed", "unspent", "returned"):
            self.now[f"{account}_eur"] = self.accounts[account] / 100.0
        for account in ("paid", "administration"):
            self.now[f"{account}_eur"] = (self.accounts[account] - self.accounts_before[account]) / 100.0
        self.now["appropriated_eur"] = (self.accounts_before["treasury"] - self.accounts["treasury"]) / 100.0
        needing = self.now["need_supplies"]
        self.now["supply_continuity"] = self.now["supplied"] / needing if needing else 1.0
        self.datacollector.collect(self)

    def series(self) -> dict[str, list[Any]]:
        """Monthly outcomes so far, named as ecosim names them: one number a month, or one per country."""
        return self.datacollector.model_vars

    # ---- money, calendar and draws

    def move(self, source: str, target: str, cents: int, funder: PlainFunder | None = None) -> None:
        """Move money between accounts, of all funders together; what is unspent is known for each."""
        if cents:
            self.accounts[source] -= cents
            self.accounts[target] += cents
            if funder is not None:
                funder.unspent_cents += cents * ((target == "unspent") - (source == "unspent"))

    def _charge(self, funder: PlainFunder, cents: int) -> int:
        """Charge administration as far as money is left that is not set aside for a sector."""
        charged = max(0, min(cents, funder.unspent_cents - sum(funder.envelopes)))
        self.move("unspent", "administration", charged, funder)
        return charged

    def _bill(self, funder: PlainFunder, cents: int) -> None:
        """Charge administration, older debts included; what cannot be paid now is owed."""
        funder.owed_cents += cents
        funder.owed_cents -= self._charge(funder, funder.owed_cents)

    def awards_open(self) -> bool:
        """Whether money is still appropriated and awarded."""
        return self._setting.awards_open(self.month)

    def _start_calendar_month(self, funder: PlainFunder) -> int:
        """Calendar month in which work awarded now would start."""
        return (self._setting.calendar_month(self.month) + funder.terms.rules.time_to_grant_months) % 12

    def _call_opens(self, funder: PlainFunder) -> bool:
        gap, since_first = funder.terms.rules.months_between_calls, self.month - funder.first_call_month
        return gap == "observed" or (since_first >= 0 and since_first % gap == 0)

    def _first_month(self, hazard: float, start: int) -> float:
        """Month of an event with the same chance in every month from ``start``."""
        if hazard <= 0.0:
            return math.inf
        if hazard >= 1.0:
            return start
        return start + math.floor(math.log(1.0 - self.random.random()) / math.log(1.0 - hazard))

    def _poisson(self, mean: float) -> int:
        """Draw a Poisson number by inversion: quicker than a call into NumPy for the tiny means met here.

        An agency whose money has waited long may want thousands of proposals of the one organisation that can lead:
        for such means inversion would underflow, and the normal approximation is as good.
        """
        if mean > LARGE_MEAN:
            return max(0, math.floor(mean + math.sqrt(mean) * self.random.gauss(0.0, 1.0) + 0.5))
        draw = self.random.random()
        term = total = math.exp(-mean)
        n = 0
        while draw > total and n < 1000:
            n += 1
            term *= mean / n
            total += term
        return n


def _block(one: Draft | Partnership) -> tuple[int, int, int]:
    """Where those like one are looked for: its sector and type of most members, or its circle if it is of one."""
    return (-1, -1, one.circle) if one.circle > 0 else (one.sector, one.kind, 0)


def _open_types(types: list[int], lead_type: int) -> list[int]:
    """Seats open to each type once the lead sits; where none is of its type it takes one of the type with most."""
    left = list(types)
    left[lead_type if left[lead_type] > 0 else left.index(max(left))] -= 1
    return left


def _pair(one: Organisation, other: Organisation) -> tuple[int, int]:
    a, b = one.unique_id, other.unique_id
    return (a, b) if a < b else (b, a)


def _is_played(kind: AnyFunder) -> bool:
    if isinstance(kind, FunderKind):
        return kind.own_country_only and kind.kept_share == 0.0
    return isinstance(kind, StageFunder) and kind.pays != "grant"


def _refuse_what_is_left_out(config: Scenario) -> None:
    left_out = {
        "shocks": bool(config.shocks),
        "instruments": bool(config.instruments),
        "world.participations": config.world.participations is not None,
        "world.preset=global": config.world.preset == "global",
        "programme.appropriation_by_year": bool(config.programme.appropriation_by_year),
        "programme.countries_per_consortium": config.programme.countries_per_consortium is not None,
        "programme.blocs_per_consortium": config.programme.blocs_per_consortium is not None,
        "programme.portfolio_evenness": config.programme.portfolio_evenness > 0.0,
        "policy.start": config.policy.start is not None,
        "funders but agencies without agreements, banks and funds": any(
            not _is_played(kind) for kind in config.funders.values()
        ),
    }
    for name, asked in left_out.items():
        if asked:
            raise NotImplementedError(f"the plain-Mesa yardstick has no {name}")
