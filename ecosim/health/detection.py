"""How long until counts give an outbreak away: one-sided CUSUMs of Poisson counts, and their exact run lengths.

A chart adds up what each day's count has above a reference value, never below 0, and gives an alarm once the sum
reaches a threshold (Page 1954; Lucas 1985 for counts). Reference values are fractions, so that the sum lives on a
lattice and is a Markov chain of finitely many states; mean run lengths then solve a linear system without any error
of discretisation (Brook and Evans 1972, doi 10.1093/biomet/59.3.539).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import numerics
from ecosim.config.health import HealthConfig
from ecosim.errors import InputError

#: Days in a year.
YEAR_DAYS = 365.25
#: How far a fraction may lie from the best reference value, as a share of it.
_CLOSE = 0.005
#: Chance beyond which counts are no longer told apart.
_TINY = 1e-18
#: States beyond which no threshold is looked for.
_MOST_STATES = 20_000


class OutOfReachError(ValueError):
    """No chart of a size that can be computed is quiet for as long as it is asked to be."""


class Chart(NamedTuple):
    """A CUSUM: the sum grows by ``per_count`` for each case, falls by ``drift`` a day; alarm at ``threshold``.

    All three are whole numbers, in units of 1/``per_count`` cases. Between the thresholds ``threshold`` and
    ``threshold + 1`` one is drawn before the chart starts, the higher with chance ``higher``: run lengths in control
    are then exactly what is asked for, though the lattice is coarse.
    """

    drift: int
    per_count: int
    threshold: int
    higher: float


def divergence(calm: float, outbreak: float) -> float:
    """Kullback-Leibler divergence a day of Poisson counts of two means, outbreak from calm.

    A day of outbreak gives this much evidence on average, in units of the logarithm of the odds.
    """
    return outbreak * float(numerics.log(outbreak / calm)) - (outbreak - calm)


def reference(calm: float, outbreak: float) -> tuple[int, int]:
    """Best reference value for a shift between two means, as a fraction: numerator and denominator.

    The value that makes the sum the logarithm of a likelihood ratio is ``(outbreak - calm) / log(outbreak / calm)``
    (Lucas 1985).
    """
    best = (outbreak - calm) / float(numerics.log(outbreak / calm))
    below = 1
    while True:
        above = int(best * below + 0.5)
        if above >= 1 and abs(above / below - best) <= _CLOSE * best:
            return above, below
        below += 1


@lru_cache(maxsize=4096)
def _counts(mean: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chances of 0, 1, 2, ... cases, and of at least that many; both end where nothing is left."""
    most_likely = int(mean)
    up, down = [1.0], [1.0]
    while up[-1] > _TINY:
        up.append(up[-1] * mean / (most_likely + len(up)))
    for count in range(most_likely, 0, -1):
        down.append(down[-1] * count / mean)
    weights = np.array(down[:0:-1] + up)
    exact = weights / weights.sum()
    # from the small ones up, so that the tail is exact as well
    at_least = np.cumsum(exact[::-1])[::-1]
    exact.setflags(write=False)
    at_least.setflags(write=False)
    return exact, at_least


def run_length(mean: float, drift: int, per_count: int, threshold: int) -> float:
    """Mean number of days until the alarm, from a sum of 0, if counts are Poisson with this mean; exact.

    Parameters
    ----------
    mean : float
        Cases a day.
    drift, per_count, threshold : int
        As in :class:`Chart`.

    Notes
    -----
    The chain has the states 0 to ``threshold - 1``. They are taken out one by one from the top: the days spent in a
    state and where it leads are laid upon those that lead to it (Grassmann, Taksar and Heyman 1985). Nothing is ever
    subtracted, so that run lengths of many millions keep all their digits. The sum falls by ``drift`` at most, so only
    the columns of that many states below the one taken out are held at a time.
    """
    exact, at_least = _counts(mean)
    states = np.arange(threshold)

    def towards(after: int) -> NDArray[np.float64]:
        """Chances to go from each state to one, in a day."""
        chances = np.zeros(threshold)
        if after == 0:
            few = (drift - states[: drift + 1]) // per_count
            up_to = np.cumsum(exact)
            chances[: len(few)] = up_to[np.minimum(few, len(exact) - 1)]
        else:
            most = min((after + drift) // per_count, len(exact) - 1)
            start = after + drift - per_count * np.arange(most + 1)
            inside = start < threshold
            chances[start[inside]] = exact[: most + 1][inside]
        return chances

    # smallest count that takes each state to the threshold
    needed = -((states - threshold - drift) // per_count)
    alarm = np.where(needed < len(at_least), at_least[np.minimum(needed, len(at_least) - 1)], 0.0)
    days = np.ones(threshold)
    held = np.zeros((drift + 1, threshold))
    for after in range(max(threshold - 1 - drift, 0), threshold):
        held[after % (drift + 1)] = towards(after)
    for state in range(threshold - 1, 0, -1):
        first = max(state - drift, 0)
        below = np.arange(first, state) % (drift + 1)
        onward = held[below, state]
        part = held[state % (drift + 1), :state] / (onward.sum() + alarm[state])
        held[below, :state] += onward[:, None] * part
        alarm[:state] += part * alarm[state]
        days[:state] += part * days[state]
        if first > 0:
            held[state % (drift + 1)] = towards(first - 1)
    # a chance too small for a number of double precision
    return float(days[0] / alarm[0]) if alarm[0] > 0.0 else float("inf")


def length(chart: Chart, mean: float) -> float:
    """Mean days until the alarm of a chart, from a sum of 0, at so many cases a day."""
    low, high = (run_length(mean, chart.drift, chart.per_count, chart.threshold + k) for k in (0, 1))
    return low + chart.higher * (high - low)


@lru_cache(maxsize=4096)
def calibrated(calm: float, outbreak: float, days: float) -> Chart:
    """The chart for a shift between two means whose mean run length in control is ``days``.

    Parameters
    ----------
    calm, outbreak : float
        Cases a day.
    days : float
        Mean days between false alarms. A chart that gives an alarm at any first case may still last longer; it is
        then the chart that is taken.

    Raises
    ------
    ValueError
        If the outbreak is no more than calm times.
    OutOfReachError
        If no threshold within reach lasts that long.
    """
    if not 0.0 < calm < outbreak:
        raise ValueError(f"an outbreak of {outbreak:g} cases a day does not stand out from {calm:g}")
    drift, per_count = reference(calm, outbreak)
    lengths: dict[int, float] = {}

    def at(threshold: int) -> float:
        if threshold not in lengths:
            lengths[threshold] = run_length(calm, drift, per_count, threshold)
        return lengths[threshold]

    low, high = 1, 2
    if at(low) >= days:
        return Chart(drift, per_count, low, 0.0)
    # the logarithm of run lengths is almost linear in the threshold: the next guess comes from the last two
    while at(high) < days:
        slope = float(numerics.log(at(high) / at(low))) / (high - low)
        step = float(numerics.log(days / at(high))) / slope * 1.02 if slope > 0.0 else float(high)
        low, high = high, high + max(1, int(min(step, 3.0 * high)))
        if high > _MOST_STATES:
            raise OutOfReachError(f"no alarm within reach keeps quiet for {days:g} days at {calm:g} cases a day")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at(middle) < days else (low, middle)
    return Chart(drift, per_count, low, (days - at(low)) / (at(high) - at(low)))


def days_between_alarms(countries: int, per_year: float) -> float:
    """Mean days in control that each of K alike charts needs, so that all give ``per_year`` false alarms together.

    Times to a false alarm are almost exponential, so that K charts give K times as many alarms as one.
    """
    return countries * YEAR_DAYS / per_year


def family_chance(chart: Chart, calm: float, days: int, countries: int) -> float:
    """Chance that at least one of K alike charts gives a false alarm within so many days; exact.

    Parameters
    ----------
    chart : Chart
    calm : float
        Cases a day.
    days : int
    countries : int
        Number of charts, independent of each other.
    """
    exact, _ = _counts(calm)
    quiet = 0.0
    for threshold, weight in ((chart.threshold, 1.0 - chart.higher), (chart.threshold + 1, chart.higher)):
        at = np.zeros(threshold)
        at[0] = 1.0
        for _ in range(days):
            after = np.zeros(threshold)
            for count, chance in enumerate(exact.tolist()):
                shift = count * chart.per_count - chart.drift
                if shift >= threshold:
                    break
                if shift >= 0:
                    after[shift:] += chance * at[: threshold - shift]
                else:
                    after[0] += chance * at[: min(-shift, threshold)].sum()
                    after[: threshold + shift] += chance * at[-shift:]
            at = after
        quiet += weight * at.sum()
    return 1.0 - float(numerics.power(quiet, float(countries)))


def surveillance(gdp_per_head_usd: NDArray[np.float64], config: HealthConfig) -> NDArray[np.float64]:
    """(C,): share of cases that each country's own surveillance counts, from its income; 0 to 1.

    Income gives a score, by which countries rate themselves. That it says which share of cases is counted is assumed.
    """
    line = config.surveillance_level + config.surveillance_slope * numerics.log_each(gdp_per_head_usd)
    return np.clip(config.counted_at_full_score * line, config.least_surveillance, 1.0)


def lifted(own: NDArray[np.float64], shared: NDArray[np.float64], config: HealthConfig) -> NDArray[np.float64]:
    """(C,): surveillance where algorithms are shared; only those below the level of the algorithm gain.

    Parameters
    ----------
    own : ndarray, shape (C,)
        Share of cases counted without.
    shared : ndarray, shape (C,)
        How far each country has the algorithm, 0 to 1.
    """
    return own + shared * config.algorithm_gain * np.maximum(config.algorithm_level - own, 0.0)


def detection_days(counted: NDArray[np.float64], countries: int, config: HealthConfig) -> NDArray[np.float64]:
    """(C,): mean days from the start of an outbreak to the alarm of the country's own chart.

    Parameters
    ----------
    counted : ndarray, shape (C,)
        Share of cases that surveillance counts. Who counts half of them has half the evidence a day.
    countries : int
        Charts that share the false alarms, K.
    """
    quiet = days_between_alarms(countries, config.false_alarms_per_year)

    def delay(share: float) -> float:
        calm = config.cases_per_day * share
        outbreak = calm * config.outbreak_ratio
        return length(calibrated(calm, outbreak, quiet), outbreak)

    found = {share: delay(share) for share in sorted(set(counted.tolist()))}
    return np.array([found[share] for share in counted.tolist()])


class Delays(NamedTuple):
    """Detection days at a few shares of cases counted: what is between them is read off, see :func:`read_off`."""

    #: (K,) logarithm of the share counted, ascending, and of the days.
    counted: NDArray[np.float64]
    days: NDArray[np.float64]


#: How many shares: between neighbours the curve is straight to within a percent (tested).
_KNOTS = 12


@lru_cache(maxsize=64)
def delays(countries: int, config: HealthConfig) -> Delays:
    """Detection days from the least share that is counted to all; exact at the shares it holds. Not to be written to.

    A chart takes a hundredth of a second, and what each country counts changes from month to month.

    Raises
    ------
    InputError
        If cases are so few, or false alarms so rare, that no chart can be set for them.
    """
    least = float(numerics.log(config.least_surveillance))
    counted = np.linspace(least, 0.0, _KNOTS) if least < 0.0 else np.zeros(1)
    try:
        days = numerics.log_each(detection_days(numerics.exp_each(counted), countries, config))
    except OutOfReachError as error:
        raise InputError(
            "behaviour.health.cases_per_day", config.cases_per_day,
            problem=f"is too little to find an outbreak by: {error}",
            allowed="more cases_per_day, or a higher outbreak_ratio, least_surveillance or false_alarms_per_year, all "
            "under behaviour.health",
        ) from None  # fmt: skip
    for values in (counted, days):
        values.setflags(write=False)
    return Delays(counted, days)


def read_off(curve: Delays, counted: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C,): :func:`detection_days` from a curve, straight in logarithms between its shares."""
    if len(curve.counted) == 1:
        return numerics.exp_each(np.full(counted.shape, curve.days[0]))
    wanted = np.clip(numerics.log_each(counted), curve.counted[0], curve.counted[-1])
    after = np.clip(np.searchsorted(curve.counted, wanted), 1, len(curve.counted) - 1)
    # operation by operation, which rounds alike on every processor
    step = curve.counted[after] - curve.counted[after - 1]
    part = (wanted - curve.counted[after - 1]) / step
    rise = (curve.days[after] - curve.days[after - 1]) * part
    return numerics.exp_each(curve.days[after - 1] + rise)


def summed_detection_days(counted: float, countries: int, config: HealthConfig) -> float:
    """Mean days until an outbreak in one of K alike countries shows in the sum of all their counts.

    One chart watches the sum, set for what one country's outbreak adds to it, at the same false alarms a year in all.
    """
    each = config.cases_per_day * counted
    calm = each * countries
    outbreak = calm + each * (config.outbreak_ratio - 1.0)
    return length(calibrated(calm, outbreak, days_between_alarms(1, config.false_alarms_per_year)), outbreak)


def reporting_days(counted: NDArray[np.float64], config: HealthConfig) -> NDArray[np.float64]:
    """(C,): days from the alarm until authorities know, by the share of cases that surveillance counts."""
    return config.reporting_days + config.reporting_days_lacking * (1.0 - counted)
