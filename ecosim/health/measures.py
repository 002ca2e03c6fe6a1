"""What a month of health is, from channels, sharing and service: the numbers that a run records.

Days, errors, adoption and dependence are those of a mean outbreak and a mean decision, so that a change of policy shows
without the chance of which year has an outbreak. Only infections avoided count the outbreaks that there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import numerics
from ecosim.config.health import HealthConfig
from ecosim.health import benefit, detection, errors, spread
from ecosim.world.health import HealthFacts

_LN2 = 0.6931471805599453


class Standing(NamedTuple):
    """What does not change from month to month: computed once."""

    facts: HealthFacts
    groups: errors.Groups
    #: (C,) share of cases that a country's own surveillance counts.
    counted: NDArray[np.float64]
    #: Days until an outbreak is found, by the share of cases counted.
    delays: detection.Delays
    #: (C, C) chance that a person of the first country travels to the second on a day.
    travel: NDArray[np.float64]
    #: (C,) logarithm of health workers, and of computing, for each person.
    staff: NDArray[np.float64]
    computing: NDArray[np.float64]
    #: Means of trust, staff and computing over countries.
    means: tuple[float, float, float]


class Circumstances(NamedTuple):
    """What shocks, instruments and governments change; each has its value at rest in :func:`at_rest`."""

    #: (C, C) how open the data channel from the first to the second country is, 0 to 1.
    open_to: NDArray[np.float64]
    #: (C, C) share of the second country's cases that it has agreed to share with the first, and share from which the
    #: first may learn where they lie.
    shared: NDArray[np.float64]
    in_place: NDArray[np.float64]
    #: (C,) cases that can be used, beside those at rest.
    records: NDArray[np.float64]
    #: (C,) how far a country tests a shared model on each of its groups against its own, 0 to 1.
    tested: NDArray[np.float64]
    #: (C, C) travel beside that at rest, and (C,) what laboratories can work beside that at rest.
    travel: NDArray[np.float64]
    capacity: NDArray[np.float64]
    #: (C,) outbreaks that begin, beside those at rest.
    outbreaks: NDArray[np.float64]
    #: (C,) how far a country has a shared algorithm for its surveillance, 0 to 1.
    algorithm: NDArray[np.float64]
    #: (C,) share won of those who do not trust, and trust lost to misinformation and breaches.
    won: NDArray[np.float64]
    trust_lost: NDArray[np.float64]
    #: (C,) added by training, and by access to cloud and compute: logarithms.
    staff_added: NDArray[np.float64]
    computing_added: NDArray[np.float64]
    #: (C, C) share of the service that the first country has from the second; rows sum to 1.
    service: NDArray[np.float64]
    #: (C, C) share of that which the second country withholds, 0 to 1.
    withheld: NDArray[np.float64]
    #: (C,) share of what a cut-off would cost that contracts keep.
    kept: NDArray[np.float64]
    #: (C,) months until another provider works, beside those at rest; and months a new model is reviewed before use.
    switching: NDArray[np.float64]
    review_months: NDArray[np.float64]


class Made(NamedTuple):
    """What the models made in one month have learned from, and how far they are tested; never written."""

    #: (C, C) cases of the second country that the first one's model has learned from, as a share of those that the
    #: second has at rest. A case learned from long ago counts for less.
    learned: NDArray[np.float64]
    #: (C,) how far a country tests a shared model on each of its groups against its own, 0 to 1.
    tested: NDArray[np.float64]


class Found(NamedTuple):
    """What follows from circumstances alone, and stands as long as they do."""

    #: (C,) days from the beginning of an outbreak until authorities know, at home.
    known: NDArray[np.float64]
    #: (C,) mean lead over outbreaks that come from elsewhere; not-a-number where none do.
    lead_time_days: NDArray[np.float64]
    #: (C, C) infections in the second country, in an outbreak from the first, until it answers if nobody shares; and of
    #: these what sharing avoids.
    unshared: NDArray[np.float64]
    avoided: NDArray[np.float64]
    #: What can be learned from now, and how far models made now are tested.
    made: Made
    #: (C,) share of decisions in which a model is asked where its service runs.
    adopted: NDArray[np.float64]


@dataclass
class HealthState:
    """What health remembers from month to month."""

    #: (C,) local capability, 0 to 1.
    capability: NDArray[np.float64]
    #: (C, C) months for which the second country has withheld service from the first without a break.
    withheld_months: NDArray[np.float64]
    #: Models of each month, those that were there before the first month at the front; never written.
    made: list[Made]
    #: (C,) place in that list of the newest models that a country has in use; between two where a review takes a part
    #: of a month.
    newest: NDArray[np.float64]
    #: Circumstances of the last month and what followed from them, never written; None before the first.
    seen: tuple[object, Circumstances, Found] | None = None

    def copy(self) -> HealthState:
        """An independent copy."""
        return HealthState(
            self.capability.copy(), self.withheld_months.copy(), list(self.made), self.newest.copy(), self.seen
        )


class Month(NamedTuple):
    """One month's health."""

    #: Whole world, by the names that series have.
    world: dict[str, float]
    #: (G,) error of the models in use in each group, and share of its people whom they serve worse than models of
    #: their country's own cases would.
    errors: NDArray[np.float64]
    harmed: NDArray[np.float64]
    #: (C,) infections in each country in the month's outbreaks if nobody shared, and of these what sharing avoids.
    unshared: NDArray[np.float64]
    avoided: NDArray[np.float64]
    #: (C,) the same in the outbreaks that came from other countries: what shared data can touch.
    unshared_elsewhere: NDArray[np.float64]
    avoided_elsewhere: NDArray[np.float64]
    #: (C,) share of decisions in which a model is asked, and decisions put right in the month.
    adopted: NDArray[np.float64]
    benefit: NDArray[np.float64]
    #: (C,) share of the service that comes from the largest foreign provider.
    dependence: NDArray[np.float64]


def standing(
    facts: HealthFacts, gdp_busd: NDArray[np.float64], distance_km: NDArray[np.float64], config: HealthConfig
) -> Standing:
    """Whatever follows from facts alone.

    Parameters
    ----------
    facts : HealthFacts
    gdp_busd : ndarray, shape (C,)
    distance_km : ndarray, shape (C, C)
    config : HealthConfig
    """
    staff, computing = benefit.workforce(facts.gdp_per_head_usd, config), benefit.compute(facts)
    return Standing(
        facts,
        errors.population_groups(facts, distance_km, config),
        detection.surveillance(facts.gdp_per_head_usd, config),
        detection.delays(len(facts.countries), config),
        spread.journeys(gdp_busd, distance_km, config),
        staff,
        computing,
        (float(facts.trust.mean()), float(staff.mean()), float(computing.mean())),
    )


def at_rest(countries: int) -> Circumstances:
    """Nobody shares, nothing is pushed, and all service is local."""
    none, whole, alone = np.zeros(countries), np.ones(countries), np.eye(countries)
    nobody = np.zeros((countries, countries))
    return Circumstances(
        open_to=alone, shared=nobody, in_place=nobody, records=whole, tested=none,
        travel=np.ones((countries, countries)), capacity=whole, outbreaks=whole, algorithm=none, won=none,
        trust_lost=none, staff_added=none, computing_added=none, service=alone, withheld=nobody, kept=none,
        switching=whole, review_months=none,
    )  # fmt: skip


def first_health(of: Standing) -> HealthState:
    """Before the first month: no local capability, no cut-off; models that each country made of its own cases."""
    n = len(of.facts.countries)
    return HealthState(np.zeros(n), np.zeros((n, n)), [Made(errors.own_data(n), np.zeros(n))], np.zeros(n))


def find(of: Standing, now: Circumstances, config: HealthConfig) -> Found:
    """What follows from circumstances alone.

    Notes
    -----
    Infections avoided are beside a world with the same travel and the same laboratories in which nobody shares data or
    algorithms.
    """
    facts = of.facts
    people = facts.population_million
    nobody = np.zeros_like(now.open_to)
    arrival = spread.arrival_days(of.travel * now.travel, config)
    _, closed = _leads(of, np.zeros_like(now.algorithm), now.capacity, arrival, nobody, config)
    known, lead = _leads(of, now.algorithm, now.capacity, arrival, now.open_to, config)
    rate = facts.outbreaks_per_year * now.outbreaks

    access = errors.reached(now.shared, now.open_to.T, now.in_place, config)
    trust = benefit.trusting(facts.trust, now.won, now.trust_lost)
    staff, computing = of.staff + now.staff_added, of.computing + now.computing_added
    return Found(
        known,
        spread.mean_over_origins(lead, rate),
        spread.infections_before_response(closed, people, config),
        spread.infections_avoided(closed, lead, people, config),
        Made(access * now.records, now.tested),
        benefit.adoption(trust, staff, computing, of.means, config),
    )


def _leads(
    of: Standing, algorithm: NDArray[np.float64], capacity: NDArray[np.float64], arrival: NDArray[np.float64],
    open_to: NDArray[np.float64], config: HealthConfig,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """(C,) days from the beginning to the authorities' knowing, at home; (C, C) leads."""
    counted = np.clip(detection.lifted(of.counted, algorithm, config) * capacity, config.least_surveillance, 1.0)
    found = detection.read_off(of.delays, counted)
    reported = detection.reporting_days(counted, config)
    warned = spread.warned_days(found, reported, open_to, config)
    return found + reported, spread.lead_days(arrival, warned, found, reported)


def make(state: HealthState, now: Made, config: HealthConfig) -> None:
    """Let models be made of what can be learned from now and of what the last ones have learned; the state grows.

    Notes
    -----
    What a model has learned it keeps when data close. Cases age: people, machines and practice change, so that after
    ``case_half_life_months`` one counts for half. Whoever can still reach cases has new ones of them.
    """
    last = state.made[-1]
    learned = np.maximum(now.learned, last.learned * _left(1.0, config))
    same = np.array_equal(learned, last.learned) and np.array_equal(now.tested, last.tested)
    # most months are like the last: one array serves them all
    state.made.append(last if same else Made(learned, now.tested))


def in_use(state: HealthState, review_months: NDArray[np.float64], config: HealthConfig) -> Made:
    """What the models in use have learned from, as old as they are, and how far they are tested.

    Parameters
    ----------
    state : HealthState
        After :func:`make`; whatever is newly through review is in use from now on.
    review_months : ndarray, shape (C,)
        Months for which a country reviews new models. A longer review keeps out new ones; what is in use stays, and
        grows old.
    config : HealthConfig
    """
    last = float(len(state.made) - 1)
    state.newest = np.maximum(state.newest, last - review_months)
    before = np.floor(state.newest)
    part = state.newest - before
    learned, tested = np.empty_like(state.made[-1].learned), np.empty_like(part)
    for place in sorted(set(before.tolist())):
        mine = before == place
        older = state.made[int(place)]
        newer = state.made[min(int(place) + 1, len(state.made) - 1)]
        learned[mine] = (older.learned + part[:, None] * (newer.learned - older.learned))[mine]
        tested[mine] = (older.tested + part * (newer.tested - older.tested))[mine]
    return Made(learned * _left(last - state.newest, config)[:, None], tested)


def _left(months: NDArray[np.float64] | float, config: HealthConfig) -> NDArray[np.float64]:
    """What a case counts so many months after it was learned from, beside a new one."""
    return numerics.exp_each(-_LN2 / config.case_half_life_months * np.asarray(months, dtype=np.float64))


def served(made: Made, of: Standing, config: HealthConfig) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(G,): errors of models; and share of each group whom they serve worse than its country's own cases would.

    Notes
    -----
    Who is harmed is judged by what the shared model would do untested. Tests spare the share that is tested.
    """
    country = of.groups.country
    shared = errors.group_errors(of.groups, made.learned, config)
    own = errors.group_errors(of.groups, made.learned * errors.own_data(len(made.learned)), config)
    tested = made.tested[country]
    harmed = np.where(errors.harms(own, shared), 1.0 - tested, 0.0)
    return errors.tested(shared, own, tested), harmed


def measure(
    of: Standing, now: Circumstances, found: Found, state: HealthState, outbreaks: NDArray[np.int64],
    config: HealthConfig,
) -> Month:  # fmt: skip
    """One month of health; the state goes on a month.

    Parameters
    ----------
    of : Standing
    now : Circumstances
    found : Found
        From :func:`find`.
    state : HealthState
        Changed in place.
    outbreaks : ndarray of int, shape (C,)
        That begin in each country in the month.
    config : HealthConfig

    Notes
    -----
    What a provider withholds is lost but for what can be done without it (``kept_without`` and contracts), month by
    month until another provider works; over those months this adds up to :func:`benefit.cut_off_loss`. Then what was
    withheld comes from the others, in proportion to what they give; from one's own country where there are none.
    """
    facts, groups = of.facts, of.groups
    people, rate = facts.population_million, facts.outbreaks_per_year * now.outbreaks
    make(state, found.made, config)
    errors_now, harmed = served(in_use(state, now.review_months, config), of, config)
    over_people = errors.spread(errors_now, groups.people)
    reached = np.isfinite(found.lead_time_days)
    home = np.eye(len(people), dtype=bool)
    unshared, avoided = ((outbreaks[:, None] * each).sum(axis=0) for each in (found.unshared, found.avoided))
    unshared_elsewhere, avoided_elsewhere = (
        (outbreaks[:, None] * np.where(home, 0.0, each)).sum(axis=0) for each in (found.unshared, found.avoided)
    )

    withheld = np.where(home, 0.0, now.withheld)
    months = config.switch_months * now.switching
    waits = np.clip(months[:, None] - state.withheld_months, 0.0, 1.0)
    left = now.service * (1.0 - withheld * (1.0 - waits))
    whole = left.sum(axis=1, keepdims=True)
    service = np.where(whole > 0.0, np.divide(left, whole, out=np.zeros_like(left), where=whole > 0.0), home)
    kept = benefit.kept_without(state.capability, config)
    kept = kept + (1.0 - kept) * now.kept
    missing = (now.service * withheld * waits).sum(axis=1) * (1.0 - kept)
    used = found.adopted * (1.0 - missing)
    gained = np.bincount(groups.country, benefit.benefit(groups, errors_now, used, config), len(people)) / 12.0
    bound = benefit.dependence(service)
    abroad = np.where(home, 0.0, service).sum(axis=1)
    state.capability = benefit.next_capability(state.capability, used, abroad, config)
    state.withheld_months = np.where(withheld > 0.0, state.withheld_months + 1.0, 0.0)
    world = {
        "health_error_mean": over_people.mean,
        "health_error_worst_group": over_people.worst,
        "health_error_gap": over_people.gap,
        "health_harmed": _mean(harmed, groups.people),
        "detection_days": _mean(found.known, rate),
        "lead_time_days": _mean(found.lead_time_days[reached], people[reached]),
        "outbreaks": float(outbreaks.sum()),
        "infections_unshared": float(unshared.sum()),
        "infections_avoided": float(avoided.sum()),
        "infections_unshared_elsewhere": float(unshared_elsewhere.sum()),
        "infections_avoided_elsewhere": float(avoided_elsewhere.sum()),
        "health_adoption": _mean(used, people),
        "health_benefit": float(gained.sum()),
        "health_decisions": float(people.sum()) * 1e3 * config.decisions_per_thousand / 12.0,
        "health_dependence": _mean(bound, people),
        "health_capability": _mean(state.capability, people),
    }
    return Month(
        world, errors_now, harmed, unshared, avoided, unshared_elsewhere, avoided_elsewhere, used, gained, bound
    )


def _mean(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    total = float(weight.sum())
    return float((values * weight).sum() / total) if total > 0.0 else float("nan")
