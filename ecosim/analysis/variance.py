"""How much of the spread between replicates comes from seeds and how much from parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Split:
    """Variance of one outcome by its sources."""

    #: Between seeds that share a draw of the parameters.
    seeds: float
    #: Between draws, seeds taken off; 0 when the estimate is negative.
    parameters: float
    #: Parameters' share of both, with its 95 % interval.
    share: float
    share_low: float
    share_high: float
    draws: int
    replicates: int


def split_variance(values: ArrayLike, draws: ArrayLike, level: float = 0.95) -> Split:
    """One-way random-effects analysis of variance: seeds nested in draws of the parameters.

    Parameters
    ----------
    values : array_like, shape (replicates,)
        Missing values are left out.
    draws : array_like of int, shape (replicates,)
        Draw each replicate belongs to.
    level : float
        Of the interval of the share.

    Returns
    -------
    Split
        Not-a-number with fewer than two draws or without two seeds in any of them.

    Notes
    -----
    Within mean square = seeds; (between - within) / n0 = parameters, n0 the mean number of seeds a draw, corrected for
    unequal numbers. The interval of the share (the intraclass correlation) is exact for normal values and equal
    numbers.

    References
    ----------
    Searle, Casella and McCulloch (1992), Variance Components, section 3.6; Snedecor and Cochran (1989), Statistical
    Methods, section 13.5.
    """
    from scipy import stats

    y = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(y)
    y = y[finite]
    _, group = np.unique(np.asarray(draws)[finite], return_inverse=True)
    n = y.size
    counts = np.bincount(group).astype(np.float64) if n else np.empty(0)
    k = counts.size
    if k < 2 or n <= k:
        return Split(*(float("nan"),) * 5, k, n)
    means = np.bincount(group, weights=y) / counts
    within = float(((y - means[group]) ** 2).sum() / (n - k))
    between = float((counts * (means - y.mean()) ** 2).sum() / (k - 1))
    seeds_a_draw = float((n - (counts**2).sum() / n) / (k - 1))
    parameters = max(0.0, (between - within) / seeds_a_draw)
    total = within + parameters
    if not total > 0.0:
        return Split(within, parameters, *(float("nan"),) * 3, k, n)
    if within == 0.0:
        return Split(within, parameters, 1.0, 1.0, 1.0, k, n)
    tail = (1.0 - level) / 2.0
    ratio = between / within
    ends = [ratio / float(stats.f.isf(tail, k - 1, n - k)), ratio / float(stats.f.isf(1.0 - tail, k - 1, n - k))]
    low, high = (max(0.0, (end - 1.0) / (end - 1.0 + seeds_a_draw)) for end in ends)
    return Split(within, parameters, parameters / total, low, high, k, n)


def split_table(measures: pd.DataFrame, outcome: str = "delivered_output") -> pd.DataFrame:
    """The split for every policy and shock.

    Returns
    -------
    DataFrame
        Columns ``design_id, shock, policy, seeds, parameters, share, share_low, share_high, draws, replicates``.
    """
    import pandas as pd

    rows = []
    for (design, shock, policy), part in measures.groupby(["design_id", "shock", "policy"], sort=True):
        found = split_variance(part[outcome].to_numpy(float), part["cluster"].to_numpy())
        rows.append({"design_id": design, "shock": shock, "policy": policy} | vars(found))
    names = ["design_id", "shock", "policy", *Split.__dataclass_fields__]
    return pd.DataFrame(rows, columns=names)
