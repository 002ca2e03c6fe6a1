"""Who hears of an outbreak how long before it arrives, and what that avoids. Simple growth, not a forecast.

An outbreak begins with one infection in one country and grows exponentially while nobody acts. Whoever is infected
travels like everybody else. All quantities are of one outbreak from each country to each: shape (C, C), the country of
origin first. The means over origins weigh by the outbreaks that each country has reported.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim import numerics
from ecosim.config.health import HealthConfig

_LN2 = 0.6931471805599453


def journeys(
    gdp_busd: NDArray[np.float64], distance_km: NDArray[np.float64], config: HealthConfig
) -> NDArray[np.float64]:
    """(C, C): chance that a person of the first country travels to the second on a day; 0 on the diagonal.

    All countries' people travel alike often. They go where much is produced, and less where it is far: a gravity model.
    """
    pull = gdp_busd * numerics.power_each(distance_km, -config.travel_distance)
    np.fill_diagonal(pull, 0.0)
    all_pull = pull.sum(axis=1, keepdims=True)
    return config.journeys_per_day * np.divide(pull, all_pull, out=np.zeros_like(pull), where=all_pull > 0.0)


def arrival_days(travel: NDArray[np.float64], config: HealthConfig) -> NDArray[np.float64]:
    """(C, C): median days until the first infected person arrives; 0 at home, infinite where nobody travels.

    With r the growth and w the chance to travel, arrivals come at the rate ``w exp(r t)``, so half of the outbreaks
    have arrived at ``log(1 + r log(2) / w) / r`` (the mean of the same law, for small w, is that of Gautreau, Barrat
    and Barthelemy 2008, doi 10.1016/j.jtbi.2007.12.001).
    """
    growth = config.growth_per_day
    days = np.full(travel.shape, np.inf)
    there = travel > 0.0
    days[there] = numerics.log_each(1.0 + growth * _LN2 / travel[there]) / growth
    np.fill_diagonal(days, 0.0)
    return days


def warned_days(
    found: NDArray[np.float64], reported: NDArray[np.float64], open_to: NDArray[np.float64], config: HealthConfig
) -> NDArray[np.float64]:
    """(C, C): days after the beginning at which the second country can know from the first, at home from itself.

    Parameters
    ----------
    found, reported : ndarray, shape (C,)
        Days from the beginning to the alarm, and from there to the authorities.
    open_to : ndarray, shape (C, C)
        How open the data channel from the first to the second country is, 0 to 1. The diagonal is not read: no
        channel makes the first country find its own outbreak sooner.
    """
    others = config.public_days * (1.0 - open_to)
    np.fill_diagonal(others, 0.0)
    return (found + reported)[:, None] + others


def lead_days(
    arrival: NDArray[np.float64], warned: NDArray[np.float64], found: NDArray[np.float64],
    reported: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """(C, C): days between knowing of an outbreak and its arrival; below 0 for who learns of it afterwards.

    A country knows once it is warned, or once it has found the outbreak at home by itself, whichever is first. At the
    origin the lead is minus the days to find and report it. Where an outbreak never arrives the lead is infinite.
    """
    itself = arrival + (found + reported)[None, :]
    return arrival - np.minimum(warned, itself)


def infections_before_response(
    lead: NDArray[np.float64], population_million: NDArray[np.float64], config: HealthConfig
) -> NDArray[np.float64]:
    """(C, C): people infected in the second country until it can answer, ``response_days`` after it knows.

    Exponential growth from one infection on arrival, cut off at the largest share of the population. A country that
    is ready on arrival has that one.
    """
    late = np.maximum(config.response_days - lead, 0.0)
    most = np.maximum(config.largest_outbreak * population_million * 1e6, 1.0)
    return np.minimum(numerics.exp_each(config.growth_per_day * late), most[None, :])


def infections_avoided(
    before: NDArray[np.float64], after: NDArray[np.float64], population_million: NDArray[np.float64],
    config: HealthConfig,
) -> NDArray[np.float64]:  # fmt: skip
    """(C, C): infections that leads ``after`` avoid in the second country, beside leads ``before``.

    A response avoids a share (``response_effect``) of the infections that would have come before it.
    """
    late, early = (infections_before_response(lead, population_million, config) for lead in (before, after))
    return config.response_effect * (late - early)


def mean_over_origins(values: NDArray[np.float64], outbreaks_per_year: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C,): mean of each country over outbreaks that come from other countries, by how often these have one.

    Not-a-number for a country that no outbreak reaches from elsewhere.
    """
    weight = np.repeat(outbreaks_per_year[:, None], len(values), axis=1)
    np.fill_diagonal(weight, 0.0)
    weight[~np.isfinite(values)] = 0.0
    total = weight.sum(axis=0)
    summed = (weight * np.where(weight > 0.0, values, 0.0)).sum(axis=0)
    return np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0.0)
