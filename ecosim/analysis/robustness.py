"""Robustness of policies across scenarios: how a policy does not in one future but over all of them.

A table has a row per policy and a column per scenario: a shock with a draw of the parameters, or anything else that
nobody chooses. No metric says which scenario is likely; they differ in how much they fear the bad ones, so policies are
shown under several, and a policy that leads under all of them needs no argument about fear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

#: Metric -> (1 where more of it is better, -1 where less is; what it says).
METRICS: dict[str, tuple[int, str]] = {
    "maximin": (1, "worst scenario"),
    "maximax": (1, "best scenario"),
    "hurwicz": (1, "between worst and best, weighted"),
    "laplace": (1, "mean over scenarios"),
    "minimax_regret": (-1, "largest shortfall from the best policy of the same scenario"),
    "regret_q90": (-1, "shortfall exceeded in one scenario of ten"),
    "starr": (1, "share of scenarios that meet the threshold"),
    "mean_variance": (1, "(mean + 1) / (standard deviation + 1)"),
    "percentile_skewness": (1, "how far the median stands towards the better decile"),
}


def robustness(
    table: pd.DataFrame, *, maximise: bool = True, threshold: float | None = None, pessimism: float = 0.5
) -> pd.DataFrame:
    """Every metric of :data:`METRICS` for every policy.

    Parameters
    ----------
    table : DataFrame, shape (policies, scenarios)
        Performance, in any unit; the index names the policies.
    maximise : bool
        Whether more is better. Where less is better, ``maximin``, ``maximax``, ``hurwicz`` and ``laplace`` are still in
        the unit of the table (worst is largest); regrets are always positive.
    threshold : float, optional
        What a scenario has to meet (at least it, or at most it when less is better); without one ``starr`` is blank.
    pessimism : float
        Weight of the worst scenario in ``hurwicz``, 0 to 1.

    Returns
    -------
    DataFrame
        A row per policy, in the order given: the metrics, and ``scenarios``, the number used. A scenario in which any
        policy has no value is left out for all, since regrets compare policies within a scenario.

    Raises
    ------
    InputError
        Without policies or without one complete scenario, and for a weight outside 0 to 1.

    References
    ----------
    McPhail, Maier, Kwakkel, Giuliani, Castelletti and Westra (2018), Earth's Future 6, 169-191, doi
    10.1002/2017EF000649.
    """
    import pandas as pd

    if not 0.0 <= pessimism <= 1.0:
        raise InputError("pessimism", pessimism, "a number from 0 to 1", problem="out of range")
    values = table.to_numpy(float)
    values = values[:, np.isfinite(values).all(axis=0)] if len(table) else values
    if values.size == 0:
        raise InputError(
            "table", problem="has no scenario in which every policy has a value", allowed="policies x scenarios"
        )
    # every metric is computed on "more is better" and turned back into the table's unit
    sign = 1.0 if maximise else -1.0
    better = sign * values
    worst, best = better.min(axis=1), better.max(axis=1)
    short = regrets(better)
    passed = np.full(len(table), np.nan) if threshold is None else (better >= sign * threshold).mean(axis=1)
    found = {
        "maximin": sign * worst,
        "maximax": sign * best,
        "hurwicz": sign * (pessimism * worst + (1.0 - pessimism) * best),
        "laplace": values.mean(axis=1),
        "minimax_regret": short.max(axis=1),
        "regret_q90": np.quantile(short, 0.9, axis=1),
        "starr": passed,
        "mean_variance": mean_variance(values, maximise=maximise),
        "percentile_skewness": percentile_skewness(better),
        "scenarios": np.full(len(table), values.shape[1]),
    }
    return pd.DataFrame(found, index=table.index)


def regrets(values: ArrayLike) -> NDArray[np.float64]:
    """What each policy falls short of the best of the same scenario, shape (policies, scenarios); more is better.

    References
    ----------
    Savage (1951), Journal of the American Statistical Association 46, 55-67.
    """
    table = np.asarray(values, dtype=np.float64)
    return np.asarray(table.max(axis=0) - table)


def mean_variance(values: ArrayLike, *, maximise: bool = True) -> NDArray[np.float64]:
    """Mean and spread in one number, shape (policies,): more is better when maximising, less when minimising.

    (mean + 1) / (sd + 1) when more is better, (mean + 1) * (sd + 1) when less is; sd that of a sample, 0 for one
    scenario. The ones make it depend on the unit: meant for shares.

    References
    ----------
    Hamarat, Kwakkel, Pruyt and Loonen (2014), Simulation Modelling Practice and Theory 46, 25-39; McPhail et al. 2018.
    """
    table = np.asarray(values, dtype=np.float64)
    mean = table.mean(axis=1)
    spread = table.std(axis=1, ddof=1) if table.shape[1] > 1 else np.zeros(len(table))
    return np.asarray((mean + 1.0) / (spread + 1.0) if maximise else (mean + 1.0) * (spread + 1.0))


def percentile_skewness(values: ArrayLike) -> NDArray[np.float64]:
    """Where the median stands between the 10th and the 90th percentile, shape (policies,); more is better.

    (q50 - (q90 + q10) / 2) / ((q90 - q10) / 2): 1 where half of the scenarios are as good as the best tenth, -1 where
    half are as bad as the worst; 0 for a symmetric spread and where there is no spread. The sign is that of McPhail et
    al. 2018, who prefer values that gather on the better side; Voudouris et al. 2014 write it the other way round.

    References
    ----------
    Voudouris, Matsumoto, Sedgwick, Rigby, Stasinopoulos and Jefferson (2014), Energy 76, 776-787.
    """
    low, middle, high = np.quantile(np.asarray(values, dtype=np.float64), [0.1, 0.5, 0.9], axis=1)
    half = (high - low) / 2.0
    return np.divide(middle - (high + low) / 2.0, half, out=np.zeros_like(half), where=half > 0.0)


def metric_ranks(found: pd.DataFrame, *, maximise: bool = True) -> pd.DataFrame:
    """Rank of every policy under every metric, 1 for the best; ties share the better rank, blank metrics stay blank.

    Parameters
    ----------
    found : DataFrame
        From :func:`robustness`.
    maximise : bool
        As given there.
    """
    import pandas as pd

    in_unit = ("maximin", "maximax", "hurwicz", "laplace", "mean_variance")
    ranks = {}
    for name, (sign, _) in METRICS.items():
        more_is_better = sign > 0 and (maximise or name not in in_unit)
        ranks[name] = found[name].rank(ascending=not more_is_better, method="min")
    return pd.DataFrame(ranks, index=found.index)


def scenario_table(measures: pd.DataFrame, measure: str = "delivered_output") -> pd.DataFrame:
    """Policies by scenarios from a sweep: a scenario is a shock with a draw of the parameters, or with a point.

    Parameters
    ----------
    measures : DataFrame
        ``SweepResult.measures``: columns ``policy, shock, cluster`` and the measure, a row per replicate; ``point``
        when every policy met every point of the uncertainties.
    measure : str
        Column taken; replicates that share a draw, and all at one point, are averaged.

    Returns
    -------
    DataFrame, shape (policies, scenarios)
        Index ``policy``; columns ``shock, cluster``, or ``shock, point``.

    Raises
    ------
    InputError
        For a measure the sweep does not have.
    """
    from ecosim.errors import nearest_name

    known = [name for name in measures.select_dtypes("number").columns if name not in ("design_id", "replicate")]
    if measure not in known:
        raise InputError("measure", measure, ", ".join(known), nearest_name(measure, known), problem="no such measure")
    return measures.pivot_table(
        index="policy",
        columns=["shock", "point" if "point" in measures else "cluster"],
        values=measure,
        aggfunc="mean",
        sort=False,
        dropna=False,
    ).dropna(axis="columns", how="all")
