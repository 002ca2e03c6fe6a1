"""AI for health: outbreaks, errors by group, benefit, dependence, countermeasures; only with ``mechanisms.health``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ecosim.config.health import HealthConfig
    from ecosim.health.errors import Groups
    from ecosim.health.measures import Found, Month

#: Monthly columns measured here: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("health_error_mean", "share", "Error of the models in use, mean over people"),
    ("health_error_worst_group", "share", "The same in the group of people with the largest"),
    ("health_error_gap", "share", "The largest error of a group less the smallest"),
    ("health_harmed", "share", "People whom models in use serve worse than models of their country's own cases would"),
    ("detection_days", "days", "From the beginning of an outbreak until its country's authorities know, on average"),
    ("lead_time_days", "days", "From knowing of an outbreak elsewhere until it arrives, mean over people; below 0 "
     "where it arrives first"),
    ("outbreaks", "outbreaks", "Begun this month"),
    ("infections_unshared", "infections", "Until countries answer these outbreaks, if nobody shared anything"),
    ("infections_avoided", "infections", "Of these, by shared data and algorithms; by simple growth, no forecast"),
    ("infections_unshared_elsewhere", "infections", "Of those if nobody shared, in countries where the outbreaks did "
     "not begin"),
    ("infections_avoided_elsewhere", "infections", "Of these, by shared data and algorithms"),
    ("health_adoption", "share", "Decisions of care in which a model is asked, of those in which one could be"),
    ("health_benefit", "decisions", "Put right by models this month, less those put wrong"),
    ("health_decisions", "decisions", "Of care this month in which a model could be asked"),
    ("health_dependence", "share", "Service that comes from the largest foreign provider, mean over people"),
    ("health_capability", "share", "Local capability, mean over people, end of month"),
    ("countermeasures", "technologies", "Of research in health, came into use this month; with mechanisms.stages=true"),
    ("countermeasure_months", "months", "From the proposal of their research to their use, summed"),
)  # fmt: skip

#: Columns by country: name, unit, meaning. Each is the country's part of the column of the world, where there is one.
COUNTRY_OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("health_error_mean_by_country", "share", "Error of the models in use in the country, mean over its people"),
    ("health_error_worst_group_by_country", "share", "The same in its group with the largest"),
    ("health_error_gap_by_country", "share", "The largest error of its groups less the smallest"),
    ("health_error_well_recorded_by_country", "share", "The same in its group of people whom records hold well"),
    ("health_error_badly_recorded_by_country", "share", "The same in its group of people whom records hold badly"),
    ("health_harmed_by_country", "share", "Its people whom models in use serve worse than ones of its own cases would"),
    ("detection_days_by_country", "days", "From the beginning of an outbreak there until its authorities know"),
    ("lead_time_days_by_country", "days", "From knowing of an outbreak elsewhere until it arrives there"),
    ("infections_unshared_by_country", "infections", "There, until it answers the month's outbreaks, if nobody shared"),
    ("infections_avoided_by_country", "infections", "Of these, by shared data and algorithms"),
    ("infections_unshared_elsewhere_by_country", "infections", "There, in outbreaks that began in other countries, if "
     "nobody shared"),
    ("infections_avoided_elsewhere_by_country", "infections", "Of these, by shared data and algorithms"),
    ("health_adoption_by_country", "share", "Decisions of care there in which a model is asked"),
    ("health_benefit_by_country", "decisions", "Put right by models there, less those put wrong"),
    ("health_decisions_by_country", "decisions", "Of care there in which a model could be asked"),
    ("health_dependence_by_country", "share", "Service there that comes from its largest foreign provider"),
    ("health_capability_by_country", "share", "Local capability, end of month"),
)  # fmt: skip

#: Their names in tables by country.
BY_COUNTRY: tuple[str, ...] = tuple(name.removesuffix("_by_country") for name, _, _ in COUNTRY_OUTCOMES)


def by_country(
    month: Month, found: Found, groups: Groups, capability: NDArray[np.float64], config: HealthConfig
) -> NDArray[np.float64]:
    """(columns, C): a month's outcomes by country, in the order of :data:`COUNTRY_OUTCOMES`."""
    n = len(capability)
    people = np.bincount(groups.country, groups.people, n)
    mean = np.bincount(groups.country, groups.people * month.errors, n) / people
    harmed = np.bincount(groups.country, groups.people * month.harmed, n) / people
    worst, best = np.zeros(n), np.ones(n)
    np.maximum.at(worst, groups.country, month.errors)
    np.minimum.at(best, groups.country, month.errors)
    return np.stack(
        [
            mean, worst, worst - best, *month.errors.reshape(n, 2).T, harmed, found.known, found.lead_time_days,
            month.unshared, month.avoided, month.unshared_elsewhere, month.avoided_elsewhere, month.adopted,
            month.benefit, people * 1e3 * config.decisions_per_thousand / 12.0, month.dependence, capability,
        ]
    )  # fmt: skip
