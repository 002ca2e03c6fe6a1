"""Primary contrasts: what a lever does under a shock, declared beforehand, with intervals that hold together.

A contrast compares two levels of one factor, averaged over the levels of all others, paired within replicates. All
contrasts of one measure form a family: their intervals cover all true values at once with 95 % confidence, whatever
their number, so none of them needs a correction afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.analysis import resilience
from ecosim.analysis.naming import CONTRASTED as MEASURES
from ecosim.analysis.naming import SUMMED, change_of, split, twin_of
from ecosim.analysis.smallest import LEAST_EFFECT, SmallestEffects
from ecosim.analysis.spread import Spread, left_to_chance, spread_over_draws

if TYPE_CHECKING:
    import pandas as pd

#: Share of the exposed work that must be lost for the part made good to be looked at.
LEAST_LOST = 0.02
#: Share of draws that must agree before a verdict goes without "on average".
MOST_DRAWS = 0.9
#: Share of the usual denominator below which a draw's own ratio means nothing.
_NEXT_TO_NOTHING = 0.1
#: Fewest independent draws or seeds from which an interval is made.
FEWEST_CLUSTERS = 5
#: Clusters below which dependence between contrasts is not estimated but bounded.
FEW_CLUSTERS = 20
#: Verdicts, with what they mean. Only the last is open; the others are decided.
VERDICTS: dict[str, str] = {
    "helps": "the mean is surely better, and at least 9 of 10 draws are better by enough to matter",
    "helps on average": "the mean is surely better, but fewer than 9 of 10 draws are better by enough to matter",
    "hurts": "the mean is surely worse, and at least 9 of 10 draws are worse by enough to matter",
    "hurts on average": "the mean is surely worse, but fewer than 9 of 10 draws are worse by enough to matter",
    "no effect": "the mean surely differs by too little to matter, and so do at least 9 of 10 draws",
    "no effect on average": "the mean surely differs by too little to matter, but fewer than 9 of 10 draws do",
    "undecided": "the run cannot tell whether the mean is better, worse, or differs by too little to matter",
}
#: The verdict that decides nothing.
OPEN = "undecided"


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


def sign_is_sure(low: Any, high: Any) -> Any:
    """Whether an interval leaves out 0: of numbers a bool, of arrays and columns one for each; an open end does not.

    Examples
    --------
    >>> sign_is_sure(0.1, 0.4), sign_is_sure(-0.1, 0.4), sign_is_sure(float("nan"), float("nan"))
    (True, False, False)
    """
    return (low > 0.0) | (high < 0.0)


def verdict(
    low: float,
    high: float,
    share_helped: float = float("nan"),
    share_hurt: float = float("nan"),
    *,
    better: int = 1,
    margin: float = LEAST_EFFECT,
) -> str:
    """What a simultaneous interval of the mean and the spread over draws say together: a key of :data:`VERDICTS`.

    The interval decides whether anything can be said; the draws, whether it can be said without "on average".
    Equivalence comes first: an effect that is certain and smaller than the smallest effect of interest is none.

    Parameters
    ----------
    low, high : float
        Ends of the interval of the mean.
    share_helped, share_hurt : float
        Share of draws in which it helps or hurts beyond the smallest effect of interest; unknown ones agree with
        nothing.
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
        return OPEN
    if -margin <= low and high <= margin:
        word, agree = "no effect", 1.0 - share_helped - share_hurt
    elif sign_is_sure(low, high):
        word, agree = ("helps", share_helped) if (low > 0.0) == (better > 0) else ("hurts", share_hurt)
    else:
        return OPEN
    return word if agree >= MOST_DRAWS - 1e-9 else f"{word} on average"


# ---------------------------------------------------------------------------------------------- estimates


def estimate_contrasts(
    measures: pd.DataFrame,
    design: pd.DataFrame,
    contrasts: Iterable[Contrast],
    *,
    level: float = 0.95,
    resamples: int = 10_000,
    smallest: SmallestEffects | None = None,
) -> pd.DataFrame:
    """Every contrast under every branch of shocks: interval of the mean, spread over draws, and verdict.

    Parameters
    ----------
    measures : DataFrame
        From :func:`ecosim.analysis.measures.per_replicate`.
    design : DataFrame
        Design table.
    contrasts : iterable of Contrast
        All those of one measure are one family.
    level : float
        Chance that all intervals of a family cover.
    resamples : int
        Bootstrap resamples.
    smallest : SmallestEffects, optional
        Smallest effects of interest; a quarter point by default.

    Returns
    -------
    DataFrame
        A row per contrast, branch and measure, with columns :data:`COLUMNS`. ``low`` and ``high`` are of the mean;
        ``draw_low`` to ``draws`` are the spread over draws (:class:`ecosim.analysis.spread.Spread`), and
        ``left_to_chance`` the share of that spread which is chance rather than assumptions (not-a-number with one seed
        a draw, which cannot tell). ``baseline`` and ``sustained`` are, for ``delivered_*``, the same contrast in calm
        times and in the share of its own twin sustained: what part of the difference is there without any shock, and
        what part is resilience.
    """
    import pandas as pd

    chosen, smallest = list(contrasts), smallest or SmallestEffects()
    shocks = list(design["shock"].dropna().unique())
    rows: list[dict[str, Any]] = []
    for measure in _in_order(chosen):
        better = MEASURES[measure][2]
        family = [(contrast, shock) for contrast in chosen if measure in contrast.measures for shock in shocks]
        if not family:
            continue
        sides = [_sides(measures, *pair, measure) for pair in family]
        table = pd.DataFrame({number: _values(both) for number, both in enumerate(sides)})
        usable = [number for number in table if table[number].notna().any()]
        complete = table[usable].dropna()
        enough = len(complete) >= FEWEST_CLUSTERS
        found = simultaneous_intervals(complete.to_numpy(), level=level, resamples=resamples)
        places = {number: k for k, number in enumerate(usable)}
        for number, (contrast, shock) in enumerate(family):
            k = places.get(number)
            low = float(found.low[k]) if k is not None and enough else float("nan")
            high = float(found.high[k]) if k is not None and enough else float("nan")
            margin = smallest.of(shock, measure)
            spread, chance = _spread(sides[number], better, margin)
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
                "verdict": verdict(
                    low, high, spread.share_helped, spread.share_hurt, better=better, margin=margin
                ),
                "margin": margin,
                "critical": found.critical,
                "clusters": found.clusters,
                **asdict(spread),
                "left_to_chance": chance,
            }  # fmt: skip
            for part, name, sign in (("baseline", "baseline_cost", -1.0), ("sustained", "sustained", 1.0)):
                row[part] = float("nan")
                if (split(measure) or ("",))[0] == "delivered":
                    values = contrast_values(measures, contrast, shock, twin_of(measure, name))
                    row[part] = sign * float(values.mean()) if values.notna().any() else float("nan")
            rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _in_order(contrasts: Sequence[Contrast]) -> list[str]:
    """Measures asked for, in the order of the lists; outcomes with a level and a change in the order asked for."""
    asked = list(dict.fromkeys(measure for contrast in contrasts for measure in contrast.measures))
    outcomes = iter([measure for measure in asked if change_of(measure) is not None])
    return [measure if change_of(measure) is None else next(outcomes) for measure in MEASURES if measure in asked]


#: Columns of a table of contrasts.
COLUMNS: tuple[str, ...] = (
    "contrast", "factor", "level", "against", "where", "shock", "measure", "estimate", "standard_error", "low", "high",
    "verdict", "margin", "critical", "clusters", *Spread.__dataclass_fields__, "left_to_chance", "baseline",
    "sustained",
)  # fmt: skip


def surely_positive(denominators: ArrayLike) -> bool:
    """Whether a mean lies more than two standard errors above nothing, so that it can be divided by."""
    values = np.asarray(denominators, dtype=np.float64)
    return bool(values.mean() > 2.0 * values.std(ddof=1) / np.sqrt(values.size))


def enough_lost(lost: ArrayLike, exposed: ArrayLike) -> bool:
    """Whether runs lose enough of the exposed work in flight for the share of it made good to mean anything.

    Below 2 % of it what is made good is divided by next to nothing.
    """
    return bool(np.nansum(lost) > LEAST_LOST * np.nansum(exposed))


@dataclass(frozen=True)
class _Sides:
    """Both levels of a contrast: replicates in which every policy has a value."""

    #: (rows, 2) numerator and denominator, of the level and of what it is held against.
    values: tuple[NDArray[np.float64], NDArray[np.float64]]
    clusters: tuple[NDArray[Any], NDArray[Any]]
    replicates: tuple[NDArray[Any], NDArray[Any]]
    #: Whether the measure is a ratio of sums.
    summed: bool


def _sides(measures: pd.DataFrame, contrast: Contrast, shock: str, measure: str) -> _Sides | None:
    """Rows of both levels; None when one is empty, or nothing to speak of was lost."""
    top_name, bottom_name, _ = MEASURES[measure]
    if top_name not in measures or bottom_name not in measures:
        return None
    chosen = (measures["shock"] == shock) & measures[contrast.factor].isin([contrast.level, contrast.against])
    for factor, value in contrast.where.items():
        chosen &= measures[factor] == value
    rows = np.flatnonzero(chosen.to_numpy(dtype=np.bool_, na_value=False))
    if not rows.size:
        return None
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
    mine, other = whole & level, whole & ~level
    for side in (mine, other):
        if not side.any():
            return None
        if measure == "substituted" and not enough_lost(values[side, 1], column("seats_exposed")[side]):
            return None
    return _Sides((values[mine], values[other]), (clusters[mine], clusters[other]),
                  (replicates[mine], replicates[other]), summed)  # fmt: skip


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
    return _values(_sides(measures, contrast, shock, measure))


def _values(sides: _Sides | None) -> pd.Series:
    import pandas as pd

    empty = pd.Series(dtype=np.float64)
    if sides is None:
        return empty
    parts = []
    for values, clusters in zip(sides.values, sides.clusters, strict=True):
        if sides.summed:
            top, bottom = resilience.cluster_sums(values, clusters).T
            if len(bottom) > 1 and not surely_positive(bottom):
                return empty
            parts.append(resilience.ratio_of_sums(top, bottom)[1])
        else:
            parts.append(resilience.cluster_means(values[:, 0] / values[:, 1], clusters))
    return pd.Series(parts[0] - parts[1], index=pd.Index(np.unique(sides.clusters[0]), name="cluster"))


def _by_draw(sides: _Sides | None) -> pd.Series:
    """The contrast in each draw by itself: its mean over the draw's seeds, or the ratio of the draw's own sums.

    Pseudo-values, which :func:`contrast_values` gives for ratios of sums, have the right mean and the wrong spread.
    Draws in which a ratio's denominator is below a tenth of what it usually is are absent: their ratio would be of
    anything to next to nothing.
    """
    import pandas as pd

    if sides is None or not sides.summed:
        return _values(sides)
    parts = []
    for values, clusters in zip(sides.values, sides.clusters, strict=True):
        top, bottom = resilience.cluster_sums(values, clusters).T
        usual = bottom > max(_NEXT_TO_NOTHING * float(bottom.mean()), 0.0)
        parts.append(np.divide(top, bottom, out=np.full(len(top), np.nan), where=usual))
    index = pd.Index(np.unique(sides.clusters[0]), name="cluster")
    return pd.Series(parts[0] - parts[1], index=index).dropna()


def _spread(sides: _Sides | None, better: int, margin: float) -> tuple[Spread, float]:
    """Spread of a contrast over draws, and the share of that spread which is chance.

    The share is not-a-number with one seed a draw, and for ratios of sums.
    """
    spread, chance = spread_over_draws(_by_draw(sides), better=better, margin=margin), float("nan")
    if sides is not None and not sides.summed:
        first, second = (resilience.cluster_means(values[:, 0] / values[:, 1], replicates)
                         for values, replicates in zip(sides.values, sides.replicates, strict=True))  # fmt: skip
        _, places = np.unique(sides.replicates[0], return_index=True)
        draws = sides.clusters[0][places]
        if len(np.unique(draws)) < len(draws):
            chance = left_to_chance(first - second, draws)
    return spread, chance
