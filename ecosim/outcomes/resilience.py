"""Resilience of one outcome: a run with shocks against its twin, and against a reference policy.

Everything works on monthly series of the primary outcome Q, cross-border effort (person-months worked in a month), and
is written for one run or, by broadcasting, for many. Areas use months; shapes of the response (drawdown, recovery, gap)
use six-month means, which are long enough to silence the month-to-month noise of starts and ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Months averaged before the shape of a response is measured.
BLOCK_MONTHS = 6
#: A response is over when the outcome is within this share of the twin's.
RECOVERED_WITHIN = 0.05


@dataclass(frozen=True)
class Response:
    """How one run answered its shocks, relative to its twin."""

    #: A_shock / A_twin: share of the twin's work that was done.
    sustained: float
    #: Largest relative shortfall of a six-month mean, 0 when never below the twin.
    drawdown: float
    #: Months from announcement until back within 5 % of the twin for good after the deepest point; restricted to the
    #: window when that never happens, not-a-number when the shortfall never exceeded 5 %.
    recovery_months: float
    #: Whether ``recovery_months`` is the end of the window and not a recovery.
    recovery_censored: bool
    #: Relative shortfall of the last two six-month means; negative when above the twin.
    final_gap: float


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


def area(values: ArrayLike, first_month: int, end_month: int) -> float:
    """Area under monthly values over a half-open window (for effort: person-months)."""
    return float(np.asarray(values, dtype=np.float64)[first_month:end_month].sum())


def response(shocked: ArrayLike, twin: ArrayLike, announcement_month: int, end_month: int) -> Response:
    """Measure one run against its twin from announcement to the end of observation.

    Parameters
    ----------
    shocked, twin : array_like, shape (months,)
        Monthly outcome from month 0.
    announcement_month, end_month : int
        Window, half-open.

    Returns
    -------
    Response
        All not-a-number where the twin does no work in the window.
    """
    twin_area = area(twin, announcement_month, end_month)
    if not twin_area > 0.0:
        return Response(np.nan, np.nan, np.nan, False, np.nan)
    sustained = area(shocked, announcement_month, end_month) / twin_area
    shocked_means = six_month_means(shocked, announcement_month, end_month)
    twin_means = six_month_means(twin, announcement_month, end_month)
    usable = twin_means > 0.0
    gap = np.where(usable, 1.0 - shocked_means / np.where(usable, twin_means, 1.0), 0.0)
    if gap.size == 0:
        return Response(sustained, np.nan, np.nan, False, np.nan)
    drawdown = max(0.0, float(gap.max()))
    recovery, censored = recovery_months(gap)
    return Response(sustained, drawdown, recovery, censored, float(gap[-2:].mean()))


def recovery_months(gap: NDArray[np.float64]) -> tuple[float, bool]:
    """Months until the first block, after the deepest one, that is within 5 % of the twin.

    Parameters
    ----------
    gap : ndarray of float, shape (blocks,)
        Relative shortfall of each six-month mean.

    Returns
    -------
    months : float
        From announcement to the start of that block; the whole window if there is none; not-a-number if the shortfall
        never exceeded 5 % (never hit).
    censored : bool
        True when there is none.
    """
    deepest = int(np.argmax(gap))
    if gap[deepest] <= RECOVERED_WITHIN:
        return float("nan"), False
    back = np.flatnonzero(gap[deepest:] <= RECOVERED_WITHIN)
    if back.size == 0:
        return float(gap.size * BLOCK_MONTHS), True
    return float((deepest + back[0]) * BLOCK_MONTHS), False


def baseline_cost(twin_area: ArrayLike, reference_twin_area: ArrayLike) -> NDArray[np.float64]:
    """1 - A_twin(p) / A_twin(r): work given up in calm times for choosing p rather than the reference."""
    return 1.0 - _ratio(twin_area, reference_twin_area)


def delivered(shock_area: ArrayLike, reference_twin_area: ArrayLike) -> NDArray[np.float64]:
    """A_shock(p) / A_twin(r) = (1 - baseline_cost) * sustained: what policies are ranked on."""
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


def mean_interval(
    values: ArrayLike, *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Mean and percentile bootstrap interval over replicates.

    The resamples depend on ``seed`` and the number of replicates only, so outcomes and policies resampled with the same
    seed stay paired by replicate.

    Returns
    -------
    mean, low, high : float
        Interval not-a-number with fewer than two finite values.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        return float("nan"), float("nan"), float("nan")
    mean = float(finite.mean())
    if finite.size < 2:
        return mean, float("nan"), float("nan")
    means = finite[resampled_replicates(finite.size, resamples, seed)].mean(axis=1)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return mean, float(low), float(high)


def resampled_replicates(replicates: int, resamples: int = 2000, seed: int = 0) -> NDArray[np.int64]:
    """Bootstrap indices, shape (resamples, replicates); the same for every outcome and policy."""
    return np.random.default_rng([seed, replicates]).integers(0, replicates, size=(resamples, replicates))


def probability_best(values: ArrayLike, *, resamples: int = 2000, seed: int = 0) -> NDArray[np.float64]:
    """Share of paired bootstrap resamples in which each policy has the highest mean.

    Parameters
    ----------
    values : array_like, shape (policies, replicates)
        One outcome; replicates are paired across policies. Replicates with a missing value anywhere are left out; ties
        share the point.

    Returns
    -------
    ndarray of float, shape (policies,)
        Not-a-number with fewer than two complete replicates.
    """
    table = np.asarray(values, dtype=np.float64)
    table = table[:, np.isfinite(table).all(axis=0)]
    if table.shape[1] < 2:
        return np.full(table.shape[0], np.nan)
    means = table[:, resampled_replicates(table.shape[1], resamples, seed)].mean(axis=2)
    best = means == means.max(axis=0)
    return np.asarray((best / best.sum(axis=0)).mean(axis=1))


def _ratio(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    top, bottom = np.broadcast_arrays(
        np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    )
    result = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=result, where=bottom > 0.0)
    return result
