"""Spread over draws: how far an effect differs from one draw of the assumptions to the next.

The interval of a mean says how well the mean over all assumptions is known, and shrinks with every draw. The spread
says what the effect may be under assumptions that nobody knows, and does not shrink. Both are always shown together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

#: What every screen says of parameters that are not drawn.
FITTED_HELD = "Parameters fitted to data keep their fitted values. No number here says how wrong these may be."
#: Share of draws a predictive band is to hold.
BAND = 0.9


@dataclass(frozen=True)
class Spread:
    """An effect over draws."""

    #: Band that holds 90 % of new draws; not-a-number from fewer than 19, beyond the outermost of which it would reach.
    draw_low: float
    draw_high: float
    #: Smallest and largest of the draws at hand.
    draw_min: float
    draw_max: float
    #: Share of draws in which it helps, and in which it hurts, beyond the smallest effect of interest.
    share_helped: float
    share_hurt: float
    draws: int


def spread_over_draws(values: ArrayLike, *, better: int = 1, margin: float = 0.0, level: float = BAND) -> Spread:
    """How an effect is spread over draws.

    Parameters
    ----------
    values : array_like, shape (draws,)
        The effect in each draw, a mean over its seeds where there are several; missing ones are left out.
    better : {1, -1}
        Whether more or less is better.
    margin : float
        Smallest effect of interest.
    level : float
        Share of new draws the band is to hold.

    Notes
    -----
    The band reaches from quantile (1 - level) / 2 to its mirror image, with the k-th of n values at k / (n + 1): a band
    between two values then holds, on average, just the share of new values that it should, whatever their distribution.
    What chance does within a draw is part of the spread: with one seed a draw all of it, with S seeds a share 1 / S.

    References
    ----------
    Wilks (1941), Annals of Mathematical Statistics 12, 91-96; Hyndman and Fan (1996), American Statistician 50,
    361-365 (definition 6).
    """
    effect = np.asarray(values, dtype=np.float64)
    effect = effect[np.isfinite(effect)]
    nan = float("nan")
    n = effect.size
    if n == 0:
        return Spread(nan, nan, nan, nan, nan, nan, 0)
    low = high = nan
    tail = (1.0 - level) / 2.0
    # the outermost values stand at 1 / (n + 1)
    if tail * (n + 1) >= 1.0 - 1e-9:
        low, high = (float(end) for end in np.quantile(effect, [tail, 1.0 - tail], method="weibull"))
    good = effect * better
    return Spread(low, high, float(effect.min()), float(effect.max()), float((good > margin).mean()),
                  float((good < -margin).mean()), n)  # fmt: skip


def left_to_chance(values: ArrayLike, draws: ArrayLike) -> float:
    """Share of the spread over draws that is chance: what is left of it in the mean of a draw's seeds.

    Parameters
    ----------
    values : array_like, shape (replicates,)
        The effect in each replicate.
    draws : array_like of int, shape (replicates,)
        Draw each replicate belongs to.

    Returns
    -------
    float
        In [0, 1]; not-a-number without two seeds in any draw: then chance and assumptions cannot be told apart.
    """
    from ecosim.analysis.variance import split_variance

    split = split_variance(values, draws)
    if not np.isfinite(split.seeds):
        return float("nan")
    left = split.seeds * split.draws / split.replicates
    total = left + split.parameters
    return float(left / total) if total > 0.0 else 0.0
