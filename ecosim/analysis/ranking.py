"""Which policy is best, how sure that is, what choosing wrongly costs, and which parameters turn the ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.analysis import resilience

if TYPE_CHECKING:
    import pandas as pd

#: "Best" is said only from this probability of the highest mean on.
CLEAR = 0.9
#: Fewest draws, met by every policy compared, from which a policy is called best.
FEWEST_FOR_BEST = 100
#: Fewest draws from which it is said what turns a ranking.
FEWEST_DRAWS = 200
#: Chance that any parameter without influence is named; small, since several shocks are looked at.
LEVEL = 0.02
#: Draws a regression has at least for each parameter it takes in.
_DRAWS_A_PARAMETER = 10


def delivered_table(
    measures: pd.DataFrame, shock: str, by: str = "replicate", measure: str = "delivered_output"
) -> pd.DataFrame:
    """One measure under one shock: a row per design point, a column per replicate or (``by="cluster"``) per draw."""
    part = measures[measures["shock"] == shock]
    return part.pivot_table(index="design_id", columns=by, values=measure, aggfunc="mean")


def rank(measures: pd.DataFrame, design: pd.DataFrame, measure: str = "delivered_output") -> pd.DataFrame:
    """How the policies stand under each shock, on one measure.

    Returns
    -------
    DataFrame
        Columns ``design_id, shock, probability_best, best_share, regret, regret_q90, ranked_draws``: the probability of
        the highest mean (bootstrap over draws); the share of draws, each averaged over its seeds, in which the policy
        is ahead of all others; mean and 90 % quantile over draws of what it falls short of the best of that draw; and
        the number of draws that all policies met.
    """
    import pandas as pd

    columns = ["design_id", "shock", "probability_best", "best_share", "regret", "regret_q90", "ranked_draws"]
    rows = []
    for shock in design["shock"].dropna().unique():
        table = delivered_table(measures, shock, "cluster", measure)
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
        counted = [values.shape[1]] * len(table)
        found = (table.index, [shock] * len(table), best, shares, mean_regret, high_regret, counted)
        rows += list(zip(*found, strict=True))
    return pd.DataFrame(rows, columns=columns)


def rank_chances(values: ArrayLike, first: int = 3, *, resamples: int = 2000, seed: int = 0) -> NDArray[np.float64]:
    """How sure the rank of each policy's mean is, by a bootstrap over draws.

    Parameters
    ----------
    values : array_like, shape (policies, draws)
        One outcome; draws are paired across policies, and whole.
    first : int
        How many first places count as being in front.

    Returns
    -------
    ndarray of float, shape (policies, 4)
        Chance of the highest mean; chance of being among the first; lowest and highest rank (1 is the highest mean) in
        nine of ten resamples. Ties share their places. Not-a-number with fewer than two draws.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.shape[1] < 2:
        return np.full((len(table), 4), np.nan)
    chosen = resilience.resampled_replicates(table.shape[1], resamples, seed)
    means = np.array([row[chosen].mean(axis=1) for row in table])
    above = np.array([(means > mine).sum(axis=0) for mine in means])
    alike = np.array([(means == mine).sum(axis=0) for mine in means])
    ranks = np.quantile(1.0 + above + (alike - 1) / 2.0, [0.05, 0.95], axis=1, method="closest_observation")
    chances = [np.clip((places - above) / alike, 0.0, 1.0).mean(axis=1) for places in (1, first)]
    return np.column_stack([*chances, *ranks])


# ---------------------------------------------------------------------------------------------- which is best


@dataclass(frozen=True)
class Standing:
    """How the policies stand under one shock, and whether one of them may be called best."""

    #: The best policy; empty unless it is that with probability .9, from at least 100 draws that all policies met, and
    #: beside no other of them it is undecided which is ahead.
    best: str
    #: The two highest means, and what lies between them; the second is empty, and the lead nothing, when there is one.
    first: str
    second: str
    lead: float
    #: Chance that the first has the highest mean, and share of draws in which it is ahead of all others.
    probability: float
    share: float
    #: Every policy that may have the highest mean (with a chance of at least 5 %), and the span of their means.
    rivals: tuple[str, ...]
    span: float
    #: Draws that all policies met.
    draws: int
    #: Parameters that turn the ranking of the first two, by a regression over at least 200 draws.
    turned_by: tuple[str, ...]
    #: Parameters that move their difference without turning it.
    moved_by: tuple[str, ...]
    #: Whether draws were enough for that regression.
    regressed: bool
    #: Policies beside which it is undecided whether the first is ahead, though it likely has the highest mean.
    undecided: tuple[str, ...] = ()


def clear_first(rows: pd.DataFrame, measure: str = "delivered_output") -> str:
    """The policy with the highest mean where its chance and the draws allow to call it best; else nothing.

    Parameters
    ----------
    rows : DataFrame
        As for :func:`standing`.
    measure : str
        What policies are ranked on.
    """
    usable = rows[rows[measure].notna()].sort_values(measure, ascending=False, kind="stable")
    if len(usable) < 2:
        return ""
    first = usable.iloc[0]
    clear = first["ranked_draws"] >= FEWEST_FOR_BEST and first["probability_best"] >= CLEAR
    return str(first["policy"]) if clear else ""


def standing(
    rows: pd.DataFrame, importance: Importance | None = None, measure: str = "delivered_output",
    undecided: Sequence[str] = (),
) -> Standing | None:  # fmt: skip
    """How policies stand, from the rows of a summary of one shock; None when no policy has a value.

    Parameters
    ----------
    rows : DataFrame
        ``policy``, the measure, and the columns of :func:`rank`.
    importance : Importance, optional
        What moves the difference between the two highest means.
    measure : str
        What policies are ranked on.
    undecided : sequence of str
        Policies beside which an interval leaves open whether the one with the highest mean is ahead: a chance of .9 is
        a lower standard than that of the comparisons, and what they leave open is not called best.
    """
    usable = rows[rows[measure].notna()].sort_values(measure, ascending=False, kind="stable")
    if usable.empty:
        return None
    first = usable.iloc[0]
    alone = len(usable) == 1
    draws = int(first["ranked_draws"]) if np.isfinite(first["ranked_draws"]) else 0
    probability = float(first["probability_best"])
    in_question = usable[usable["probability_best"] >= 0.05]
    clear = clear_first(rows, measure)
    regressed = importance is not None and importance.draws >= FEWEST_DRAWS
    turned = importance.turning() if importance is not None else []
    moved = [name for name in importance.stand_out() if name not in turned] if importance is not None else []
    return Standing(
        best="" if undecided else clear,
        first=str(first["policy"]),
        second="" if alone else str(usable.iloc[1]["policy"]),
        lead=0.0 if alone else float(first[measure] - usable.iloc[1][measure]),
        probability=probability,
        share=float(first["best_share"]),
        rivals=tuple(in_question["policy"].astype(str)),
        span=float(np.ptp(in_question[measure])) if len(in_question) else 0.0,
        draws=draws,
        turned_by=tuple(turned),
        moved_by=tuple(moved),
        regressed=regressed,
        undecided=tuple(undecided) if clear else (),
    )


# ---------------------------------------------------------------------------------------------- what turns it


@dataclass(frozen=True)
class Importance:
    """What moves a difference between two policies: a regression on the drawn parameters."""

    parameters: tuple[str, ...]
    #: (parameters,) share of the difference's variance that only this parameter explains, most important first.
    share: NDArray[np.float64]
    #: (parameters,) chance that the largest of all would be as large if none of those not yet taken in mattered.
    p_value: NDArray[np.float64]
    draws: int
    #: (parameters,) difference at the low and at the high end of the parameter's range, the others averaged over;
    #: not-a-number for those that are not taken in.
    at_low: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    at_high: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    #: Share of the variance that those taken in explain together.
    explained: float = float("nan")

    def stand_out(self, most: int = 2, level: float = LEVEL) -> list[str]:
        """The most important parameters that chance does not explain, at most so many."""
        return [name for name, p in zip(self.parameters, self.p_value, strict=True) if p <= level][:most]

    def turning(self, most: int = 2, level: float = LEVEL) -> list[str]:
        """Those that stand out and at whose ends the difference has opposite signs."""
        ends = dict(zip(self.parameters, zip(self.at_low, self.at_high, strict=False), strict=False))
        names = self.stand_out(len(self.parameters), level)
        return [name for name in names if name in ends and ends[name][0] * ends[name][1] < 0.0][:most]


def importance(
    drawn: ArrayLike,
    difference: ArrayLike,
    parameters: tuple[str, ...] | list[str],
    *,
    permutations: int = 999,
    level: float = LEVEL,
) -> Importance:
    """Regression of a difference between two policies on the drawn parameters, with those that matter named.

    Parameters
    ----------
    drawn : array_like, shape (draws, parameters)
        Values of the parameters.
    difference : array_like, shape (draws,)
        What is to be explained.
    parameters : sequence of str
        Their names.
    permutations : int
        Shuffles from which the chance level of the largest correlation is read.
    level : float
        Chance that a parameter without influence is taken in, over all of them together.

    Returns
    -------
    Importance
        Sorted; empty with fewer than 200 draws or without any variation.

    Notes
    -----
    Parameters enter by their ranks, so that ranges and priors do not matter. They are taken in one by one, each time
    that with the largest partial correlation given those taken in before, as long as it is larger than the largest of
    all the others would be by chance but once in ``1 / level`` times: residuals are shuffled, and the largest partial
    correlation of each shuffle is what counts. With dozens of parameters some correlation is always large by chance;
    against the largest, none of those without influence is named more often than the level says. An influence that
    rises and falls again is not seen.

    References
    ----------
    Freedman and Lane (1983), Journal of Business and Economic Statistics 1, 292-298 (shuffled residuals); Westfall and
    Young (1993), Resampling-Based Multiple Testing (the largest of all); Iman and Conover (1979), Technometrics 21,
    499-509 (ranks); Saltelli and Marivoet (1990), Reliability Engineering and System Safety 28, 229-253.
    """
    x, y = np.asarray(drawn, dtype=np.float64), np.asarray(difference, dtype=np.float64)
    n = len(y)
    if n < FEWEST_DRAWS or x.shape[1] == 0 or not np.ptp(y) > 0.0:
        return Importance((), np.empty(0), np.empty(0), n)
    x = np.column_stack([_ranks(column) for column in x.T])
    centred = y - y.mean()
    total = float(centred @ centred)
    p_value = np.ones(x.shape[1])
    taken: list[int] = []
    basis = np.empty((n, 0))
    before = 0.0
    while True:
        left = np.setdiff1d(np.arange(x.shape[1]), taken)
        residual = centred - basis @ (basis.T @ centred)
        if not left.size or not float(residual @ residual) > 1e-12 * total:
            break
        columns, own = _apart(x[:, left], basis)
        found = np.abs(columns.T @ residual) / np.linalg.norm(residual)
        random = np.random.default_rng([7, n, len(taken)])
        shuffled = random.permuted(np.tile(residual[:, None], permutations), axis=0)
        shuffled -= shuffled.mean(axis=0) + basis @ (basis.T @ shuffled)
        largest = (np.abs(columns.T @ shuffled) / np.linalg.norm(shuffled, axis=0)).max(axis=0)
        p = (1.0 + (largest[None, :] >= found[:, None]).sum(axis=1)) / (permutations + 1.0)
        # a later step cannot be surer than those it rests on
        p_value[left] = np.maximum(p, before)
        best = int(np.argmax(found))
        if p[best] > level or len(taken) >= n // _DRAWS_A_PARAMETER or not own[best]:
            break
        before = float(p_value[left[best]])
        taken.append(int(left[best]))
        basis = np.column_stack([basis, columns[:, best]])
    slope = np.full(x.shape[1], np.nan)
    if taken:
        slope[taken] = np.linalg.lstsq(x[:, taken], centred, rcond=None)[0]
    unexplained = centred - basis @ (basis.T @ centred)
    # a parameter's own part: what is lost without it, or would be gained with it
    share = np.empty(x.shape[1])
    for k in range(x.shape[1]):
        others = np.linalg.qr(x[:, [j for j in taken if j != k]])[0] if set(taken) - {k} else np.empty((n, 0))
        column = _apart(x[:, [k]], others)[0][:, 0]
        share[k] = float(column @ centred) ** 2 / total
    order = np.lexsort((-share, p_value > level))
    return Importance(
        tuple(parameters[k] for k in order), share[order], p_value[order], n,
        # ranks reach from -1/2 to 1/2
        at_low=(y.mean() - slope / 2.0)[order], at_high=(y.mean() + slope / 2.0)[order],
        explained=1.0 - float(unexplained @ unexplained) / total,
    )  # fmt: skip


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks between -1/2 and 1/2, ties shared: whole numbers tie often."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle = last - (counts - 1) / 2.0
    return np.asarray((middle[place] - (len(values) + 1) / 2.0) / len(values))


def _apart(columns: NDArray[np.float64], basis: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Columns of unit length at right angles to a basis, and whether there is anything of them beside it."""
    rest = columns - basis @ (basis.T @ columns)
    length = np.linalg.norm(rest, axis=0)
    own = length > 1e-9 * np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    return np.where(own, rest / np.where(own, length, 1.0), 0.0), own


def turning_parameters(
    measures: pd.DataFrame, draws: pd.DataFrame, shock: str, first: int, second: int, measure: str = "delivered_output"
) -> Importance:
    """What moves the difference in a measure between two design points.

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
    measure : str
        What is compared.
    """
    table = delivered_table(measures, shock, "cluster", measure)
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
