"""Which policy is best, how sure that is, what choosing wrongly costs, and which parameters turn the ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.outcomes import resilience

if TYPE_CHECKING:
    import pandas as pd

#: Fewest independent draws or replicates from which a policy is called best.
FEWEST_FOR_BEST = 10
#: Fewest draws from which the importance of parameters is estimated.
FEWEST_DRAWS = 20


def delivered_table(measures: pd.DataFrame, shock: str, by: str = "replicate") -> pd.DataFrame:
    """`delivered_output` under one shock: a row per design point, a column per replicate or (``by="cluster"``) draw."""
    part = measures[measures["shock"] == shock]
    return part.pivot_table(index="design_id", columns=by, values="delivered_output", aggfunc="mean")


def rank(measures: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """How the policies stand under each shock, on ``delivered_output``.

    Returns
    -------
    DataFrame
        Columns ``design_id, shock, probability_best, best_share, regret, regret_q90``: the probability of the highest
        mean (bootstrap over draws); the share of draws, each averaged over its seeds, in which the policy is ahead of
        all others; mean and 90 % quantile over draws of what it falls short of the best of that draw.
    """
    import pandas as pd

    columns = ["design_id", "shock", "probability_best", "best_share", "regret", "regret_q90"]
    rows = []
    for shock in design["shock"].dropna().unique():
        table = delivered_table(measures, shock, "cluster")
        if table.empty:
            continue
        values = table.to_numpy(float)
        values = values[:, np.isfinite(values).all(axis=0)]
        best = resilience.probability_best(values)
        shares, mean_regret, high_regret = (np.full(len(table), np.nan) for _ in range(3))
        if values.shape[1] >= 2:
            top = values.max(axis=0)
            ahead = values == top
            shares = (ahead / ahead.sum(axis=0)).mean(axis=1)
            regret = top - values
            mean_regret, high_regret = regret.mean(axis=1), np.quantile(regret, 0.9, axis=1)
        rows += list(zip(table.index, [shock] * len(table), best, shares, mean_regret, high_regret, strict=True))
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Importance:
    """How much of a difference's variance each parameter accounts for alone."""

    parameters: tuple[str, ...]
    #: (parameters,) first-order share of variance, most important first; estimates may fall below 0.
    share: NDArray[np.float64]
    #: (parameters,) chance that the largest of all shares would be as large if no parameter mattered.
    p_value: NDArray[np.float64]
    draws: int

    def stand_out(self, most: int = 2, level: float = 0.05) -> list[str]:
        """The most important parameters that chance does not explain, at most so many."""
        return [name for name, p in zip(self.parameters, self.p_value, strict=True) if p <= level][:most]


def importance(
    drawn: ArrayLike, difference: ArrayLike, parameters: tuple[str, ...] | list[str], *, permutations: int = 59
) -> Importance:
    """First-order importance of drawn parameters for a difference between two policies, from the draws at hand.

    Parameters
    ----------
    drawn : array_like, shape (draws, parameters)
        Values of the parameters.
    difference : array_like, shape (draws,)
        What is to be explained.
    parameters : sequence of str
        Their names.
    permutations : int
        Shuffles of the difference from which the chance level of the *largest* share is read.

    Returns
    -------
    Importance
        Sorted; empty with fewer than 20 draws or without any variation.

    Notes
    -----
    SALib's RBD-FAST works on any sample of given data and sorts it along each parameter in turn, so ranges and priors
    do not matter. With dozens of parameters and dozens of draws some share is large by chance; hence the comparison
    with the largest share under permutation (Westfall and Young 1993).

    References
    ----------
    Tarantola, Gatelli and Mara (2006), doi 10.1016/j.ress.2005.06.003; Plischke (2010), doi
    10.1016/j.ress.2009.11.005; Tissot and Prieur (2012), doi 10.1016/j.ress.2012.06.010; Herman and Usher (2017), doi
    10.21105/joss.00097 (SALib).
    """
    x, y = np.asarray(drawn, dtype=np.float64), np.asarray(difference, dtype=np.float64)
    n = len(y)
    if n < FEWEST_DRAWS or x.shape[1] == 0 or not np.ptp(y) > 0.0:
        return Importance((), np.empty(0), np.empty(0), n)
    # the parts of rbd_fast.analyze without its bootstrap, for which permutation stands in here
    from SALib.analyze.rbd_fast import compute_first_order, permute_outputs, unskew_S1

    # only the order counts; ranks make it the same everywhere where whole numbers tie
    x = np.argsort(np.argsort(x, axis=0, kind="stable"), axis=0, kind="stable").astype(np.float64)
    # few harmonics: smooth, nearly monotonic responses, and little bias from few draws
    harmonics = int(np.clip(n // 20, 1, 6))

    def shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
        found = [compute_first_order(permute_outputs(column, values), harmonics) for column in x.T]
        return np.array([unskew_S1(one, harmonics, n) for one in found], dtype=np.float64)

    share = shares(y)
    random = np.random.default_rng([7, n])
    largest = np.array([shares(random.permutation(y)).max() for _ in range(permutations)])
    p_value = (1.0 + (largest[None, :] >= share[:, None]).sum(axis=1)) / (permutations + 1.0)
    order = np.argsort(-share, kind="stable")
    return Importance(tuple(parameters[k] for k in order), share[order], p_value[order], n)


def turning_parameters(measures: pd.DataFrame, draws: pd.DataFrame, shock: str, first: int, second: int) -> Importance:
    """Importance of the drawn parameters for the difference in ``delivered_output`` between two design points.

    Parameters
    ----------
    measures : DataFrame
        From :func:`ecosim.analysis.measures.per_replicate`.
    draws : DataFrame
        ``draws.parquet``.
    shock : str
        Branch of shocks.
    first, second : int
        Design points.
    """
    table = delivered_table(measures, shock, "cluster")
    if first not in table.index or second not in table.index or draws.empty:
        return Importance((), np.empty(0), np.empty(0), 0)
    difference = (table.loc[first] - table.loc[second]).dropna()
    values = draws_matrix(draws).reindex(difference.index).dropna()
    return importance(values.to_numpy(float), difference.loc[values.index].to_numpy(float), list(values.columns))


def draws_matrix(draws: pd.DataFrame) -> pd.DataFrame:
    """Drawn values: a row per draw, a column per parameter that varies."""
    once = draws.drop_duplicates(["draw", "parameter"])
    wide = once.pivot(index="draw", columns="parameter", values="value")[list(once["parameter"].unique())]
    return wide.loc[:, wide.nunique() > 1]
