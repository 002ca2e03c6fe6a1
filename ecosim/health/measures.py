"""What a month of health is, from channels, sharing and service: the numbers that a run would record.

Nothing is drawn. Outbreaks count with the rates at which countries have reported them, so that a change of policy shows
without the chance of which year has an outbreak.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.config.health import HealthConfig
from ecosim.health import benefit, detection, errors, spread
from ecosim.world.health import HealthFacts


class Standing(NamedTuple):
    """What does not change from month to month: computed once."""

    facts: HealthFacts
    groups: errors.Groups
    #: (C,) share of cases that a country's own surveillance counts.
    counted: NDArray[np.float64]
    #: (C, C) days until an outbreak of the first country arrives in the second.
    arrival: NDArray[np.float64]
    #: (C, C) leads without any sharing.
    lead: NDArray[np.float64]
    #: (C,) logarithm of health workers, and of computing, for each person.
    staff: NDArray[np.float64]
    computing: NDArray[np.float64]
    #: Means of trust, staff and computing over countries.
    means: tuple[float, float, float]


class Circumstances(NamedTuple):
    """What shocks, instruments and governments change; each has its value at rest in :func:`at_rest`."""

    #: (C, C) how open the data channel from the first to the second country is, 0 to 1.
    open_to: NDArray[np.float64]
    #: (C, C) share of the second country's cases that the first one's model learns from.
    access: NDArray[np.float64]
    #: (C,) how far a country has a shared algorithm for its surveillance, 0 to 1.
    algorithm: NDArray[np.float64]
    #: (C,) trust lost to misinformation and breaches.
    trust_lost: NDArray[np.float64]
    #: (C,) added by training, and by access to cloud and compute: logarithms.
    staff_added: NDArray[np.float64]
    computing_added: NDArray[np.float64]
    #: (C, C) share of the service that the first country has from the second; rows sum to 1.
    service: NDArray[np.float64]
    #: (C, C) share of that which the second country withholds, 0 to 1.
    withheld: NDArray[np.float64]


class Month(NamedTuple):
    """One month's health."""

    #: Whole world, by the names that series have.
    world: dict[str, float]
    #: (G,) error of each group.
    errors: NDArray[np.float64]
    #: (C,) mean lead over outbreaks that come from elsewhere; not-a-number where none do.
    lead_time_days: NDArray[np.float64]
    #: (C,) decisions put right in the month.
    benefit: NDArray[np.float64]
    #: (C,) local capability a month later.
    capability: NDArray[np.float64]


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
    n = len(facts.countries)
    counted = detection.surveillance(facts.gdp_per_head_usd, config)
    arrival = spread.arrival_days(spread.journeys(gdp_busd, distance_km, config), config)
    staff, computing = benefit.workforce(facts.gdp_per_head_usd, config), benefit.compute(facts)
    return Standing(
        facts,
        errors.population_groups(facts, distance_km, config),
        counted,
        arrival,
        _leads(counted, arrival, np.zeros((n, n)), config)[1],
        staff,
        computing,
        (float(facts.trust.mean()), float(staff.mean()), float(computing.mean())),
    )


def at_rest(countries: int) -> Circumstances:
    """Nobody shares, nothing is pushed, and all service is local."""
    none, alone = np.zeros(countries), np.eye(countries)
    return Circumstances(
        open_to=alone, access=errors.own_data(countries), algorithm=none, trust_lost=none, staff_added=none,
        computing_added=none, service=alone, withheld=np.zeros((countries, countries)),
    )  # fmt: skip


def _leads(
    counted: NDArray[np.float64], arrival: NDArray[np.float64], open_to: NDArray[np.float64], config: HealthConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(C,) days from the beginning to the authorities' knowing, at home; (C, C) leads."""
    found = detection.detection_days(counted, len(counted), config)
    reported = detection.reporting_days(counted, config)
    warned = spread.warned_days(found, reported, open_to, config)
    return found + reported, spread.lead_days(arrival, warned, found, reported)


def measure(of: Standing, now: Circumstances, capability: NDArray[np.float64], config: HealthConfig) -> Month:
    """One month of health.

    Parameters
    ----------
    of : Standing
    now : Circumstances
    capability : ndarray, shape (C,)
        Local capability at the beginning of the month, 0 to 1.
    config : HealthConfig

    Notes
    -----
    What a provider withholds is lost but for what can be done without it (``kept_without``), month by month for as
    long as it is withheld; over the months until another provider works this adds up to :func:`benefit.cut_off_loss`.
    Infections avoided are beside a world in which nobody shares data or algorithms, at the rates of outbreaks, for a
    month.
    """
    facts, groups = of.facts, of.groups
    people = facts.population_million
    counted = detection.lifted(of.counted, now.algorithm, config)
    known, lead = _leads(counted, of.arrival, now.open_to, config)
    avoided = spread.infections_avoided(of.lead, lead, people, config).sum(axis=1)
    rate = facts.outbreaks_per_year
    by_country = spread.mean_over_origins(lead, rate)
    reached = np.isfinite(by_country)

    found = errors.group_errors(groups, now.access, config)
    over_people = errors.spread(found, groups.people)

    trust = np.maximum(facts.trust - now.trust_lost, 0.0)
    staff, computing = of.staff + now.staff_added, of.computing + now.computing_added
    adopted = benefit.adoption(trust, staff, computing, of.means, config)
    foreign = np.where(np.eye(len(people), dtype=bool), 0.0, now.service)
    missing = (foreign * now.withheld).sum(axis=1) * (1.0 - benefit.kept_without(capability, config))
    used = adopted * (1.0 - missing)
    gained = np.bincount(groups.country, benefit.benefit(groups, found, used, config), len(people)) / 12.0
    world = {
        "health_error_mean": over_people.mean,
        "health_error_worst_group": over_people.worst,
        "health_error_gap": over_people.gap,
        "detection_days": _mean(known, rate),
        "lead_time_days": _mean(by_country[reached], people[reached]),
        "infections_avoided": float((avoided * rate).sum() / 12.0),
        "health_adoption": _mean(used, people),
        "health_benefit": float(gained.sum()),
        "health_dependence": _mean(benefit.dependence(now.service), people),
    }
    abroad = foreign.sum(axis=1)
    return Month(world, found, by_country, gained, benefit.next_capability(capability, used, abroad, config))


def _mean(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    total = float(weight.sum())
    return float((values * weight).sum() / total) if total > 0.0 else float("nan")
