"""Primary contrasts: what a lever does under a shock, declared beforehand, with intervals that hold together.

A contrast compares two levels of one factor, averaged over the levels of all others, paired within replicates. All
contrasts of one measure form a family: their intervals cover all true values at once with 95 % confidence, whatever
their number, so none of them needs a correction afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.analysis.naming import CONTRASTED as MEASURES
from ecosim.analysis.naming import SUMMED, split, twin_of
from ecosim.outcomes import resilience

if TYPE_CHECKING:
    import pandas as pd

#: Smallest effect of interest: of twin effort for shares of work, of the exposed work or of the loss for the others.
SMALLEST_EFFECT = 0.02
#: Fewest independent draws or seeds from which an interval is made.
FEWEST_CLUSTERS = 5
#: Clusters below which dependence between contrasts is not estimated but bounded.
FEW_CLUSTERS = 20
#: Verdicts, with what they mean.
VERDICTS: dict[str, str] = {
    "helps": "the interval lies on the good side of nothing and reaches beyond the smallest effect of interest",
    "hurts": "the interval lies on the bad side of nothing and reaches beyond the smallest effect of interest",
    "no effect": "the interval lies inside the smallest effect of interest, 2 % either way",
    "undecided": "the interval holds nothing and more than the smallest effect of interest",
}


@dataclass(frozen=True)
class Contrast:
    """One factor's level against another, under every branch of shocks."""

    name: str
    factor: str
    level: str
    against: str
    measures: tuple[str, ...] = resilience.PRIMARY_MEASURES
    #: Levels of other factors it is restricted to.
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Simultaneous:
    """Estimates with intervals that cover all true values at once."""

    estimate: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    #: Standard errors to either side.
    critical: float
    #: Independent clusters (draws, or replicates when each has its own).
    clusters: int


def contrasts_of(declared: Mapping[str, Any], levels: Mapping[str, Sequence[str]]) -> tuple[Contrast, ...]:
    """Contrasts of an experiment's section ``contrasts``; without any, every level of each factor against its first.

    Parameters
    ----------
    declared : mapping
        Label -> {factor, level, against, measures, where}, checked.
    levels : mapping of str to sequence of str
        Factor -> its levels.
    """
    if not declared:
        return tuple(
            Contrast(f"{factor}: {level} against {known[0]}", factor, level, known[0])
            for factor, known in levels.items()
            for level in known[1:]
        )
    return tuple(
        Contrast(
            name=str(label),
            factor=str(content["factor"]),
            level=_level(content["level"], levels[str(content["factor"])]),
            against=_level(content["against"], levels[str(content["factor"])]),
            measures=tuple(content.get("measures", resilience.PRIMARY_MEASURES)),
            where={str(f): _level(v, levels[str(f)]) for f, v in dict(content.get("where", {})).items()},
        )
        for label, content in declared.items()
    )


def _level(value: Any, known: Sequence[str]) -> str:
    if str(value) in known:
        return str(value)
    from ecosim.errors import shown

    return shown(value)


# ---------------------------------------------------------------------------------------------- intervals


def simultaneous_intervals(
    values: ArrayLike, *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Simultaneous:
    """Means of many paired quantities with simultaneous intervals: single-step max-t bootstrap.

    Parameters
    ----------
    values : array_like, shape (clusters, quantities)
        Independent rows; all columns of a row belong together.
    level : float
        Chance that all intervals cover.
    resamples : int
        Bootstrap resamples.
    seed : int
        Seed of the resamples.

    Returns
    -------
    Simultaneous
        Intervals not-a-number with fewer than two rows. A column without any spread has an interval of no width.

    Notes
    -----
    The distribution of the largest |mean* - mean| / se over columns is bootstrapped by rows, which keeps the dependence
    between columns. Standard errors are those of the sample, since resampled ones vanish where a column has few values
    that differ; that they are estimated from few rows is made up for by reading the bootstrap's critical value, at the
    level it has for one normal quantity, from Student's t with rows - 1 degrees of freedom.

    References
    ----------
    Westfall and Young (1993), Resampling-Based Multiple Testing, section 2.5; Romano and Wolf (2005), Journal of the
    American Statistical Association 100, 94-108; Hothorn, Bretz and Westfall (2008), Biometrical Journal 50, 346-363.
    """
    # the functions alone: scipy.stats takes longer to import than this to compute
    from scipy.special import ndtr, stdtrit

    table = np.asarray(values, dtype=np.float64)
    n, quantities = table.shape
    mean = table.mean(axis=0) if n else np.full(quantities, np.nan)
    blank = np.full(quantities, np.nan)
    if n < 2 or quantities == 0:
        return Simultaneous(mean, blank, blank.copy(), blank.copy(), float("nan"), n)
    deviation = table - mean
    spread = np.sqrt((deviation**2).sum(axis=0) / (n - 1))
    error = spread / np.sqrt(n)
    # numbers that differ in the last bit do not differ
    moving = spread > 1e-12 * (1.0 + np.abs(mean))
    if not moving.any():
        return Simultaneous(mean, np.zeros(quantities), mean.copy(), mean.copy(), 0.0, n)
    # a bootstrap mean varies by (n - 1) / n too little
    scaled = deviation[:, moving] / spread[moving] * np.sqrt(n / (n - 1))
    random = np.random.default_rng([seed, n])
    largest = np.empty(resamples)
    step = max(1, 4_000_000 // max(1, scaled.size))
    for first in range(0, resamples, step):
        count = min(step, resamples - first)
        weights = random.multinomial(n, np.full(n, 1.0 / n), size=count)
        largest[first : first + count] = np.abs(weights @ scaled).max(axis=1) / np.sqrt(n)
    normal = float(np.quantile(largest, level))
    tail = max(float(ndtr(-normal)), 1e-12)
    if n < FEW_CLUSTERS:
        # so few rows do not show how columns depend on each other: Bonferroni's bound holds for any dependence
        tail = (1.0 - level) / (2.0 * int(moving.sum()))
    critical = -float(stdtrit(n - 1, tail))
    half = np.where(moving, critical * error, 0.0)
    return Simultaneous(mean, np.where(moving, error, 0.0), mean - half, mean + half, critical, n)


def verdict(low: float, high: float, *, better: int = 1, margin: float = SMALLEST_EFFECT) -> str:
    """What a simultaneous interval says: ``no effect``, ``helps``, ``hurts`` or ``undecided``.

    Equivalence comes first: an effect that is certain and smaller than the smallest effect of interest is none.

    Parameters
    ----------
    low, high : float
        Ends of the interval.
    better : {1, -1}
        Whether more or less of the measure is better.
    margin : float
        Smallest effect of interest.

    References
    ----------
    Equivalence by inclusion of the interval: Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15,
    657-680.
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return "undecided"
    if -margin <= low and high <= margin:
        return "no effect"
    if low > 0.0:
        return "helps" if better > 0 else "hurts"
    if high < 0.0:
        return "hurts" if better > 0 else "helps"
    return "undecided"


# ---------------------------------------------------------------------------------------------- estimates


def estimate_contrasts(
    measures: pd.DataFrame,
    design: pd.DataFrame,
    contrasts: Iterable[Contrast],
    *,
    level: float = 0.95,
    resamples: int = 10_000,
) -> pd.DataFrame:
    """Every contrast under every branch of shocks, with simultaneous intervals and verdicts.

    Parameters
    ----------
    measures : DataFrame
        From :func:`ecosim.analysis.measures.per_replicate`.
    design : DataFrame
        Design table.
    contrasts : iterable of Contrast
        All those of one measure are one family.

    Returns
    -------
    DataFrame
        A row per contrast, branch and measure: ``contrast, factor, level, against, where, shock, measure, estimate,
        standard_error, low, high, verdict, margin, critical, clusters, baseline, sustained``. The last two are, for
        ``delivered_*``, the same contrast in calm times and in the share of its own twin sustained: what part of the
        difference is there without any shock, and what part is resilience.
    """
    import pandas as pd

    chosen = list(contrasts)
    shocks = list(design["shock"].dropna().unique())
    rows: list[dict[str, Any]] = []
    for measure in MEASURES:
        family = [(contrast, shock) for contrast in chosen if measure in contrast.measures for shock in shocks]
        if not family:
            continue
        table = pd.DataFrame({number: contrast_values(measures, *pair, measure) for number, pair in enumerate(family)})
        usable = [number for number in table if table[number].notna().any()]
        complete = table[usable].dropna()
        enough = len(complete) >= FEWEST_CLUSTERS
        found = simultaneous_intervals(complete.to_numpy(), level=level, resamples=resamples)
        places = {number: k for k, number in enumerate(usable)}
        for number, (contrast, shock) in enumerate(family):
            k = places.get(number)
            low = float(found.low[k]) if k is not None and enough else float("nan")
            high = float(found.high[k]) if k is not None and enough else float("nan")
            row = {
                "contrast": contrast.name,
                "factor": contrast.factor,
                "level": contrast.level,
                "against": contrast.against,
                "where": ", ".join(f"{name}={value}" for name, value in contrast.where.items()),
                "shock": shock,
                "measure": measure,
                "estimate": float(found.estimate[k]) if k is not None else float("nan"),
                "standard_error": float(found.standard_error[k]) if k is not None else float("nan"),
                "low": low,
                "high": high,
                "verdict": verdict(low, high, better=MEASURES[measure][2]),
                "margin": SMALLEST_EFFECT,
                "critical": found.critical,
                "clusters": found.clusters,
            }
            for part, name, sign in (("baseline", "baseline_cost", -1.0), ("sustained", "sustained", 1.0)):
                row[part] = float("nan")
                if (split(measure) or ("",))[0] == "delivered":
                    values = contrast_values(measures, contrast, shock, twin_of(measure, name))
                    row[part] = sign * float(values.mean()) if values.notna().any() else float("nan")
            rows.append(row)
    columns = ["contrast", "factor", "level", "against", "where", "shock", "measure", "estimate", "standard_error",
               "low", "high", "verdict", "margin", "critical", "clusters", "baseline", "sustained"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def surely_positive(denominators: ArrayLike) -> bool:
    """Whether a mean lies more than two standard errors above nothing, so that it can be divided by."""
    values = np.asarray(denominators, dtype=np.float64)
    return bool(values.mean() > 2.0 * values.std(ddof=1) / np.sqrt(values.size))


def enough_lost(lost: ArrayLike, exposed: ArrayLike) -> bool:
    """Whether runs lose enough of the exposed work in flight for the share of it made good to mean anything.

    Below the smallest effect of interest what is made good is divided by next to nothing.
    """
    return bool(np.nansum(lost) > SMALLEST_EFFECT * np.nansum(exposed))


def contrast_values(measures: pd.DataFrame, contrast: Contrast, shock: str, measure: str) -> pd.Series:
    """One number per cluster (draw of the parameters, or replicate) whose mean is the contrast.

    For shares of the whole work these are differences of means over the policies of each level; for ratios whose
    denominator may be small, and for all measures where groups are small, jackknife pseudo-values of the difference of
    ratios of sums.

    Returns
    -------
    Series of float
        Indexed by cluster; clusters in which a policy's run is missing are absent. Empty when a ratio's denominator is
        not surely positive, or nothing to speak of was lost: then the share of it made good means nothing.
    """
    import pandas as pd

    top_name, bottom_name, _ = MEASURES[measure]
    empty = pd.Series(dtype=np.float64)
    if top_name not in measures or bottom_name not in measures:
        return empty
    chosen = (measures["shock"] == shock) & measures[contrast.factor].isin([contrast.level, contrast.against])
    for factor, value in contrast.where.items():
        chosen &= measures[factor] == value
    rows = np.flatnonzero(chosen.to_numpy(dtype=np.bool_, na_value=False))
    if not rows.size:
        return empty
    # arrays from here on: this is asked a hundred times for one answer

    def column(name: str) -> NDArray[Any]:
        return np.asarray(measures[name].to_numpy()[rows])

    summed = measure in SUMMED or bool(column("small_group").astype(np.float64).mean() > 0.5)
    values = np.column_stack([column(top_name), column(bottom_name)]).astype(np.float64)
    replicates, clusters, level = column("replicate"), column("cluster"), column(contrast.factor) == contrast.level
    # replicates in which every policy has a value
    whole = np.asarray(np.isfinite(values).all(axis=1))
    _, number, counts = np.unique(replicates[whole], return_inverse=True, return_counts=True)
    whole[whole] = counts[number] == np.unique(column("design_id")).size
    parts = []
    for mine in (whole & level, whole & ~level):
        if not mine.any():
            return empty
        if measure == "substituted" and not enough_lost(values[mine, 1], column("seats_exposed")[mine]):
            return empty
        if summed:
            top, bottom = resilience.cluster_sums(values[mine], clusters[mine]).T
            if len(bottom) > 1 and not surely_positive(bottom):
                return empty
            parts.append(resilience.ratio_of_sums(top, bottom)[1])
        else:
            parts.append(resilience.cluster_means(values[mine, 0] / values[mine, 1], clusters[mine]))
    return pd.Series(parts[0] - parts[1], index=pd.Index(np.unique(clusters[whole]), name="cluster"))
