"""Resilience of an outcome: a run with shocks against its twin, and against a reference policy.

Measures are named ``<measure>_<column>[_<window>]``: a column of :data:`COLUMNS`, and a window of so many months from
announcement on, or none for the whole response. A window that was not observed to its end has no value, never that of
a shorter one. The whole response is cut to whole six-month blocks, so that a share of work and the curve it comes from
never disagree: half a year is long enough to silence the month-to-month noise of starts and ends. Functions are plain
NumPy on arrays, for one run or, by broadcasting, for many.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Columns of the series that are compared with the twin: collaboration (X), output (Y), work (E), effort (Q).
COLUMNS: tuple[str, ...] = ("collaboration", "output", "work", "effort")
#: The column whose loss is taken apart: exposure, fragility, drawdown, recovery, the placebos.
PRIMARY = "collaboration"
#: Primary measures: does collaboration hold, and does the money's worth arrive.
PRIMARY_MEASURES: tuple[str, ...] = ("sustained_collaboration", "delivered_output")
#: Months from announcement over which measures are taken, beside the whole response.
WINDOWS: tuple[int, ...] = (12, 24, 48, 96)
#: Months from announcement in which vacated seats are followed.
SEAT_MONTHS = 24
#: Months averaged before anything is measured.
BLOCK_MONTHS = 6
#: A year.
YEAR_MONTHS = 12
#: A response is over when the outcome is within this share of the twin's.
RECOVERED_WITHIN = 0.05
#: Mean partnerships in the twin below which a ratio of one run says nothing.
SMALL_GROUP = 20.0
#: A run counts as hit only beyond this quantile of the placebo's drawdown.
PLACEBO_QUANTILE = 0.95


@dataclass(frozen=True)
class Response:
    """How one run answered its shocks, relative to its twin."""

    #: Largest relative shortfall of a six-month mean, 0 when never below the twin.
    drawdown: float
    #: Months from announcement until back within 5 % of the twin after the deepest point; the window when that never
    #: happens, not-a-number when the shortfall never exceeded 5 %.
    recovery_months: float
    #: Whether ``recovery_months`` is the end of the window and not a recovery.
    recovery_censored: bool


def named(measure: str, column: str, window: int | None = None) -> str:
    """Name of a measure: ``sustained_collaboration_24``; without a window ``sustained_collaboration``."""
    return f"{measure}_{column}" if window is None else f"{measure}_{column}_{window}"


def spans(announcement_month: int, end_month: int) -> dict[int | None, int]:
    """Windows that were observed: the window (None for the whole response) and the month before which it ends."""
    found: dict[int | None, int] = {None: whole_blocks_end(announcement_month, end_month)}
    return found | {w: announcement_month + w for w in WINDOWS if announcement_month + w <= end_month}


def six_month_means(values: ArrayLike, first_month: int, end_month: int) -> NDArray[np.float64]:
    """Means of consecutive six-month blocks from ``first_month``; an incomplete last block is left out.

    Parameters
    ----------
    values : array_like, shape (months,) or (..., months)
        Monthly values from month 0.
    first_month, end_month : int
        Window, half-open.

    Returns
    -------
    ndarray of float, shape (blocks,) or (..., blocks)
    """
    window = np.asarray(values, dtype=np.float64)[..., first_month:end_month]
    blocks = window.shape[-1] // BLOCK_MONTHS
    cut = window[..., : blocks * BLOCK_MONTHS]
    return cut.reshape(*cut.shape[:-1], blocks, BLOCK_MONTHS).mean(axis=-1)


def whole_blocks_end(first_month: int, end_month: int) -> int:
    """End of the last whole six-month block of a window; the window's own end when it holds no block."""
    blocks = (end_month - first_month) // BLOCK_MONTHS
    return first_month + blocks * BLOCK_MONTHS if blocks > 0 else end_month


def area(values: ArrayLike, first_month: int, end_month: int) -> float:
    """Area under monthly values over the whole six-month blocks of a half-open window (for work: person-months)."""
    end = whole_blocks_end(first_month, end_month)
    return float(np.asarray(values, dtype=np.float64)[first_month:end].sum())


def areas(column: str, values: ArrayLike, announcement_month: int, end_month: int) -> dict[str, float]:
    """Areas under one column: ``area_<column>`` and ``area_<column>_<window>``, one for each of :func:`spans`."""
    monthly = np.asarray(values, dtype=np.float64)
    observed = spans(announcement_month, end_month).items()
    return {named("area", column, window): float(monthly[announcement_month:end].sum()) for window, end in observed}


def beside_twin(
    column: str, shocked: ArrayLike, twin: ArrayLike, announcement_month: int, end_month: int
) -> dict[str, float]:
    """Everything about one column that a run and its twin tell.

    Parameters
    ----------
    column : str
        Name of the column.
    shocked, twin : array_like, shape (months,)
        Monthly values from month 0.
    announcement_month, end_month : int
        What was observed, half-open.

    Returns
    -------
    dict
        ``sustained_*`` (A_shock / A_twin) and ``final_gap_*`` (shortfall of the last twelve months) for each of
        :func:`spans`; ``worst_year_*`` and ``months_below_half_*`` of the whole response. Not-a-number where the twin
        does nothing, or the window holds no year.
    """
    own, base = np.asarray(shocked, dtype=np.float64), np.asarray(twin, dtype=np.float64)
    found: dict[str, float] = {}
    for window, end in spans(announcement_month, end_month).items():
        found[named("sustained", column, window)] = _share(own, base, announcement_month, end)
        last = end - YEAR_MONTHS
        gap = 1.0 - _share(own, base, last, end) if last >= announcement_month else float("nan")
        found[named("final_gap", column, window)] = gap
    end = whole_blocks_end(announcement_month, end_month)
    found[named("worst_year", column)] = worst_year(own[announcement_month:end], base[announcement_month:end])
    found[named("months_below_half", column)] = months_below_half(
        own[announcement_month:end], base[announcement_month:end]
    )
    return found


def _share(own: NDArray[np.float64], base: NDArray[np.float64], first: int, end: int) -> float:
    total = float(base[first:end].sum())
    return float(own[first:end].sum()) / total if total > 0.0 else float("nan")


def worst_year(shocked: ArrayLike, twin: ArrayLike) -> float:
    """Lowest share of the twin's that is done in any twelve months in a row.

    Parameters
    ----------
    shocked, twin : array_like, shape (months,)
        Monthly values of the response.

    Returns
    -------
    float
        Minimum over all twelve-month windows inside the response, moved by a month at a time, of sum over sum.
        Not-a-number when the response holds no year, or the twin does nothing in any.
    """
    own, base = np.asarray(shocked, dtype=np.float64), np.asarray(twin, dtype=np.float64)
    if own.size < YEAR_MONTHS:
        return float("nan")
    year = np.ones(YEAR_MONTHS)
    tops, bottoms = np.convolve(own, year, "valid"), np.convolve(base, year, "valid")
    some = bottoms > 0.0
    return float((tops[some] / bottoms[some]).min()) if some.any() else float("nan")


def months_below_half(shocked: ArrayLike, twin: ArrayLike) -> float:
    """Months of the response in which less than half of the twin's is done.

    Counted on monthly values, without smoothing: run and twin share their random numbers, so that what differs is the
    shock's doing, while means over half a year would turn a stop of a few months into a shorter one, or into none. How
    far chance alone gets shows in the placebo. Months in which the twin does nothing do not count.

    Parameters
    ----------
    shocked, twin : array_like, shape (months,)
        Monthly values of the response.
    """
    own, base = np.asarray(shocked, dtype=np.float64), np.asarray(twin, dtype=np.float64)
    return float(((own < 0.5 * base) & (base > 0.0)).sum()) if (base > 0.0).any() else float("nan")


def response(shocked: ArrayLike, twin: ArrayLike, announcement_month: int, end_month: int) -> Response:
    """Depth and duration of a run's shortfall beside its twin, from announcement to the end of observation.

    Parameters
    ----------
    shocked, twin : array_like, shape (months,)
        Monthly outcome from month 0.
    announcement_month, end_month : int
        Window, half-open.

    Returns
    -------
    Response
        All not-a-number where the twin does no work in the window, or the window holds no block.
    """
    gap = gaps(
        six_month_means(shocked, announcement_month, end_month), six_month_means(twin, announcement_month, end_month)
    )
    if not area(twin, announcement_month, end_month) > 0.0 or gap.size == 0:
        return Response(np.nan, np.nan, False)
    recovery, censored = recovery_months(gap)
    return Response(max(0.0, float(gap.max())), recovery, censored)


def gaps(shocked_means: ArrayLike, twin_means: ArrayLike) -> NDArray[np.float64]:
    """Relative shortfall of each six-month mean; 0 where the twin does nothing."""
    shocked, twin = np.asarray(shocked_means, dtype=np.float64), np.asarray(twin_means, dtype=np.float64)
    usable = twin > 0.0
    return np.where(usable, 1.0 - shocked / np.where(usable, twin, 1.0), 0.0)


def recovery_months(gap: ArrayLike) -> tuple[float, bool]:
    """Months from announcement until the shortfall, after its deepest block, has fallen to 5 % of the twin.

    A block's mean stands at its middle, and the crossing is interpolated between two middles: a shortfall that starts
    at d and fades with mean life tau is over after tau ln(d / .05).

    Parameters
    ----------
    gap : array_like, shape (blocks,)
        Relative shortfall of each six-month mean.

    Returns
    -------
    months : float
        From announcement; the whole window if the shortfall stays; not-a-number if it never exceeded 5 % (never hit).
    censored : bool
        True when it stays.
    """
    gap = np.asarray(gap, dtype=np.float64)
    deepest = int(np.argmax(gap))
    if not gap[deepest] > RECOVERED_WITHIN:
        return float("nan"), False
    back = np.flatnonzero(gap[deepest:] <= RECOVERED_WITHIN)
    if back.size == 0:
        return float(gap.size * BLOCK_MONTHS), True
    after = deepest + int(back[0])
    share = (gap[after - 1] - RECOVERED_WITHIN) / (gap[after - 1] - gap[after])
    return float((after - 1 + 0.5 + share) * BLOCK_MONTHS), False


# ---------------------------------------------------------------------------------------------- against a reference


def baseline_cost(twin_area: ArrayLike, reference_twin_area: ArrayLike) -> NDArray[np.float64]:
    """1 - A_twin(p) / A_twin(r): work given up in calm times for choosing p rather than the reference."""
    return 1.0 - _ratio(twin_area, reference_twin_area)


def delivered(shock_area: ArrayLike, reference_twin_area: ArrayLike) -> NDArray[np.float64]:
    """A_shock(p) / A_twin(r) = (1 - baseline_cost) * sustained: what is there under the shock, whatever it cost."""
    return _ratio(shock_area, reference_twin_area)


def added(
    shock_area: ArrayLike, twin_area: ArrayLike, reference_shock_area: ArrayLike, reference_twin_area: ArrayLike
) -> NDArray[np.float64]:
    """Protection beyond the reference's, per replicate: difference of losses over the mean A_twin(r)."""
    loss = np.asarray(shock_area, dtype=np.float64) - np.asarray(twin_area, dtype=np.float64)
    reference_twin = np.asarray(reference_twin_area, dtype=np.float64)
    reference_loss = np.asarray(reference_shock_area, dtype=np.float64) - reference_twin
    mean = np.nanmean(reference_twin) if np.isfinite(reference_twin).any() else np.nan
    return _ratio(loss - reference_loss, mean)


# ---------------------------------------------------------------------------------------------- what a loss is made of


def exposure(at_risk: ArrayLike, everything: ArrayLike, announcement_month: int, end_month: int) -> float:
    """Share of an outcome in partnerships with a targeted endpoint, in the twin's first six months from announcement.

    Arithmetic on who takes part, not behaviour: with one endpoint and a target drawn evenly it is 1 / C, drawn in
    proportion to size the Herfindahl index, and 1 - (1 - s)^2 for two independent endpoints of share s.

    Parameters
    ----------
    at_risk, everything : array_like, shape (months,)
        ``collaboration_at_risk:<label>`` and ``collaboration`` of the twin, from month 0.
    announcement_month, end_month : int
        Window, half-open.
    """
    end = min(announcement_month + BLOCK_MONTHS, end_month)
    total = float(np.asarray(everything, dtype=np.float64)[announcement_month:end].sum())
    exposed = float(np.asarray(at_risk, dtype=np.float64)[announcement_month:end].sum())
    return exposed / total if total > 0.0 else float("nan")


def fragility(
    in_flight_twin: ArrayLike, in_flight_shock: ArrayLike, exposed_in_flight_twin: ArrayLike
) -> NDArray[np.float64]:
    """In-flight loss per unit of exposure: (A_twin - A_shock) of the cohort in flight, over its exposed part's A_twin.

    1 when the whole cohort loses as much work as its exposed part would have done, 0 when nothing is lost; above 1 when
    partnerships without a targeted endpoint lose work too. Not-a-number without exposure.
    """
    lost = np.asarray(in_flight_twin, dtype=np.float64) - np.asarray(in_flight_shock, dtype=np.float64)
    return _ratio(lost, exposed_in_flight_twin)


def substituted(seats_vacated: ArrayLike, seats_filled: ArrayLike) -> NDArray[np.float64]:
    """Share of vacated seat-months in which a substitute was at work.

    Parameters
    ----------
    seats_vacated : array_like
        Seat-months of partnerships in flight in which the first member did not take part, in the first 24 months from
        announcement, beyond the twin's.
    seats_filled : array_like
        Of these, seat-months in which a substitute worked, beyond the twin's.

    Returns
    -------
    ndarray of float
        Not-a-number where no more seats were vacated than in the twin.
    """
    return _ratio(seats_filled, seats_vacated)


def ratio_of_sums(numerators: ArrayLike, denominators: ArrayLike) -> tuple[float, NDArray[np.float64]]:
    """Sum over sum, with the jackknife's pseudo-values over replicates.

    For small groups, where the mean of ratios is ruled by the replicates that have almost nothing to divide by.

    Parameters
    ----------
    numerators, denominators : array_like, shape (replicates,)

    Returns
    -------
    ratio : float
        Mean of the pseudo-values, which removes the ratio's bias of first order; not-a-number when the denominators
        sum to nothing.
    pseudo : ndarray of float, shape (replicates,)
        n R - (n - 1) R_(-i); their standard error is the jackknife's. The ratio alone with one replicate.

    References
    ----------
    Quenouille (1956), Biometrika 43, 353-360; Efron and Tibshirani (1993), An Introduction to the Bootstrap,
    chapter 11.
    """
    top = np.asarray(numerators, dtype=np.float64)
    bottom = np.asarray(denominators, dtype=np.float64)
    n = top.size
    total_top, total_bottom = float(top.sum()), float(bottom.sum())
    if n == 0 or not total_bottom > 0.0:
        return float("nan"), np.full(n, np.nan)
    ratio = total_top / total_bottom
    if n == 1:
        return ratio, np.array([ratio])
    left = total_bottom - bottom
    # a replicate that holds all there is to divide by leaves nothing to compare with
    if not (left > 0.0).all():
        return ratio, np.full(n, np.nan)
    pseudo = n * ratio - (n - 1) * (total_top - top) / left
    return float(pseudo.mean()), pseudo


# ---------------------------------------------------------------------------------------------- recovery of many runs


def placebo_threshold(placebo_drawdowns: ArrayLike) -> float:
    """Drawdown beyond which a run counts as hit: the 95th percentile of the placebo's, and at least 5 %."""
    values = np.asarray(placebo_drawdowns, dtype=np.float64)
    values = values[np.isfinite(values)]
    quantile = float(np.quantile(values, PLACEBO_QUANTILE)) if values.size else 0.0
    return max(quantile, RECOVERED_WITHIN)


def kaplan_meier(months: ArrayLike, censored: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of runs not yet recovered, over time.

    Parameters
    ----------
    months : array_like, shape (runs,)
        Months until recovery or until the window ended.
    censored : array_like of bool, shape (runs,)
        Whether the window ended first.

    Returns
    -------
    times : ndarray of float
        Distinct recovery times, ascending, after a leading 0.
    share : ndarray of float
        Share not recovered from that time on; 1 at time 0.

    References
    ----------
    Kaplan and Meier (1958), Journal of the American Statistical Association 53, 457-481.
    """
    months = np.asarray(months, dtype=np.float64)
    event = ~np.asarray(censored, dtype=np.bool_)
    times = np.unique(months[event])
    at_risk = (months[None, :] >= times[:, None]).sum(axis=1)
    recovered = ((months[None, :] == times[:, None]) & event[None, :]).sum(axis=1)
    share = np.cumprod(1.0 - recovered / at_risk) if times.size else np.empty(0)
    return np.concatenate([[0.0], times]), np.concatenate([[1.0], share])


def restricted_mean(months: ArrayLike, censored: ArrayLike, horizon: float) -> float:
    """Mean months until recovery within a horizon: the area under the Kaplan-Meier curve up to it.

    Not-a-number without runs.

    References
    ----------
    Royston and Parmar (2013), BMC Medical Research Methodology 13:152 (restricted mean survival time).
    """
    if np.size(months) == 0:
        return float("nan")
    return float(restricted_means(months, censored, horizon, np.ones((1, np.size(months))))[0])


def restricted_means(months: ArrayLike, censored: ArrayLike, horizon: float, weights: ArrayLike) -> NDArray[np.float64]:
    """:func:`restricted_mean` of many samples of the same runs.

    Parameters
    ----------
    months, censored : array_like, shape (runs,)
        As for :func:`kaplan_meier`.
    horizon : float
        Months.
    weights : array_like of int, shape (samples, runs)
        How often each run is in each sample; at least one run in every sample.

    Returns
    -------
    ndarray of float, shape (samples,)
    """
    months = np.asarray(months, dtype=np.float64)
    event = ~np.asarray(censored, dtype=np.bool_)
    times = np.unique(months[event])
    counts = np.asarray(weights, dtype=np.float64)
    at_risk = counts @ (months[:, None] >= times[None, :])
    recovered = counts @ ((months[:, None] == times[None, :]) & event[:, None])
    # nobody at risk is nobody left to recover
    share = np.cumprod(1.0 - recovered / np.maximum(at_risk, 1.0), axis=1)
    share = np.concatenate([np.ones((len(counts), 1)), share], axis=1)
    inside = np.concatenate([[0.0], times])
    inside = inside[inside < horizon]
    return np.asarray((share[:, : len(inside)] * np.diff(np.append(inside, horizon))).sum(axis=1))


# ---------------------------------------------------------------------------------------------- over replicates


def mean_interval(
    values: ArrayLike, clusters: ArrayLike | None = None, *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Mean and percentile bootstrap interval over replicates, for one outcome looked at alone.

    The resamples depend on ``seed`` and the number of clusters only, so outcomes and policies resampled with the same
    seed stay paired by replicate.

    Parameters
    ----------
    values : array_like, shape (replicates,)
        Missing values are left out.
    clusters : array_like of int, shape (replicates,), optional
        Replicates that share a draw of the parameters; clusters are resampled, not replicates.

    Returns
    -------
    mean, low, high : float
        Interval not-a-number with fewer than two clusters.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    finite = np.asarray(values, dtype=np.float64)
    good = np.isfinite(finite)
    finite = finite[good]
    if finite.size == 0:
        return float("nan"), float("nan"), float("nan")
    if clusters is not None:
        finite = cluster_means(finite, np.asarray(clusters)[good])
    mean = float(finite.mean())
    if finite.size < 2:
        return mean, float("nan"), float("nan")
    means = finite[resampled_replicates(finite.size, resamples, seed)].mean(axis=1)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return mean, float(low), float(high)


def mean_intervals(
    values: ArrayLike, clusters: ArrayLike, *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> NDArray[np.float64]:
    """:func:`mean_interval` of many outcomes of the same replicates.

    Parameters
    ----------
    values : array_like, shape (replicates, outcomes)
        Missing values are left out, outcome by outcome.
    clusters : array_like of int, shape (replicates,)
        Replicates that share a draw of the parameters.

    Returns
    -------
    ndarray of float, shape (outcomes, 3)
        Mean, low, high.
    """
    table = np.asarray(values, dtype=np.float64)
    found = np.full((table.shape[1], 3), np.nan)
    whole = np.isfinite(table).all(axis=0) & (len(table) > 0)
    by_cluster = cluster_means(table[:, whole], clusters) if whole.any() else np.empty((0, 0))
    if len(by_cluster):
        found[whole, 0] = by_cluster.mean(axis=0)
    if len(by_cluster) >= 2:
        tail = (1.0 - level) / 2.0
        # how often each cluster is in each resample: all outcomes are resampled at once
        means = times_drawn(len(by_cluster), resamples, seed) @ by_cluster / len(by_cluster)
        found[whole, 1:] = np.quantile(means, [tail, 1.0 - tail], axis=0).T
    for k in np.flatnonzero(~whole):
        found[k] = mean_interval(table[:, k], clusters, level=level, resamples=resamples, seed=seed)
    return found


@lru_cache(maxsize=4)
def times_drawn(replicates: int, resamples: int = 2000, seed: int = 0) -> NDArray[np.float64]:
    """How often each replicate is in each of :func:`resampled_replicates`, shape (resamples, replicates)."""
    drawn = resampled_replicates(replicates, resamples, seed)
    return np.array([np.bincount(row, minlength=replicates) for row in drawn], dtype=np.float64)


def cluster_means(values: ArrayLike, clusters: ArrayLike) -> NDArray[np.float64]:
    """Means within clusters along the first axis, in ascending order of the clusters."""
    table = np.asarray(values, dtype=np.float64)
    counts = cluster_sums(np.ones(len(table)), clusters)
    return cluster_sums(table, clusters) / counts.reshape(-1, *([1] * (table.ndim - 1)))


def cluster_sums(values: ArrayLike, clusters: ArrayLike) -> NDArray[np.float64]:
    """Sums within clusters along the first axis, in ascending order of the clusters."""
    table = np.asarray(values, dtype=np.float64)
    known, number = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.zeros((known.size, *table.shape[1:]))
    np.add.at(sums, number, table)
    return sums


def resampled_replicates(replicates: int, resamples: int = 2000, seed: int = 0) -> NDArray[np.int64]:
    """Bootstrap indices, shape (resamples, replicates); the same for every outcome and policy."""
    return np.random.default_rng([seed, replicates]).integers(0, replicates, size=(resamples, replicates))


def probability_best(
    values: ArrayLike, clusters: ArrayLike | None = None, *, resamples: int = 2000, seed: int = 0
) -> NDArray[np.float64]:
    """Share of paired bootstrap resamples in which each policy has the highest mean.

    Parameters
    ----------
    values : array_like, shape (policies, replicates)
        One outcome; replicates are paired across policies. Replicates with a missing value anywhere are left out; ties
        share the point.
    clusters : array_like of int, shape (replicates,), optional
        Replicates that share a draw of the parameters; clusters are resampled, not replicates.

    Returns
    -------
    ndarray of float, shape (policies,)
        Not-a-number with fewer than two complete replicates.
    """
    table = np.asarray(values, dtype=np.float64)
    complete = np.isfinite(table).all(axis=0)
    table = table[:, complete]
    if clusters is not None and table.shape[1]:
        table = cluster_means(table.T, np.asarray(clusters)[complete]).T
    if table.shape[1] < 2:
        return np.full(table.shape[0], np.nan)
    chosen = resampled_replicates(table.shape[1], resamples, seed)
    # one policy after the other: all at once would hold as many copies of the table as there are resamples
    means = np.array([row[chosen].mean(axis=1) for row in table])
    best = means == means.max(axis=0)
    return np.asarray((best / best.sum(axis=0)).mean(axis=1))


def _ratio(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    top, bottom = np.broadcast_arrays(
        np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    )
    result = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=result, where=bottom > 0.0)
    return result
