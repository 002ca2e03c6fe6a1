"""Break-even: at which value of a parameter, or which chance of a shock, the sign of a contrast turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.analysis.contrasts import MEASURES, Contrast, contrast_values
from ecosim.analysis.naming import twin_of
from ecosim.analysis.ranking import draws_matrix
from ecosim.analysis.resilience import resampled_replicates

if TYPE_CHECKING:
    import pandas as pd

#: Fewest draws from which a curve is drawn.
FEWEST_DRAWS = 20
#: Fewest draws from which a map over two parameters says anything: ten for each term of its surface.
FEWEST_FOR_MAP = 60
#: Fewest clusters from which a turn between levels, or a break-even chance, is estimated.
FEWEST_CLUSTERS = 5
#: Share of resamples that must agree on both ends of the range before a turn is reported, or on none.
CLEAR = 0.95
#: Share of the draws each local fit looks at.
SPAN = 0.75
_GRID = 101

TURNS, NO_TURN, CANNOT_TELL = "turns", "no turn inside the plausible range", "cannot tell"
#: Columns of a break-even table.
COLUMNS: tuple[str, ...] = (
    "contrast", "shock", "measure", "parameter", "low", "high", "value", "value_low", "value_high", "sign_below",
    "sign_above", "share_turning", "verdict", "hazard_per_month",
)  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """Where a contrast's sign turns along one parameter."""

    #: Plausible range looked at.
    low: float
    high: float
    #: Where the sign turns, and its 95 % bootstrap interval; not-a-number unless the verdict is ``turns``.
    value: float
    value_low: float
    value_high: float
    #: Sign of the contrast at either end of the range: 1, -1, or 0 when unknown.
    sign_below: int
    sign_above: int
    #: Share of bootstrap resamples with the same signs at both ends (that turn at all, when it does not turn here).
    share_turning: float
    verdict: str


def local_regression(
    x: ArrayLike, y: ArrayLike, at: ArrayLike, *, span: float = SPAN, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Local linear regression with tricube weights over the nearest share of the points.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Points.
    at : array_like, shape (g,)
        Where the curve is wanted.
    span : float
        Share of the points each fit looks at.
    weights : array_like, shape (n,) or (resamples, n), optional
        How often each point counts; a bootstrap resample is a row of counts.

    Returns
    -------
    ndarray of float, shape (g,) or (resamples, g)
        A mean where the points near by allow no slope.

    References
    ----------
    Cleveland (1979), Journal of the American Statistical Association 74, 829-836.
    """
    x, y, at = (np.asarray(values, dtype=np.float64) for values in (x, y, at))
    counts = np.ones((1, x.size)) if weights is None else np.atleast_2d(np.asarray(weights, dtype=np.float64))
    fit = _Neighbourhood.of(x, at, counts, span).fit(y)
    return np.asarray(fit[0] if weights is None or np.ndim(weights) == 1 else fit)


@dataclass(frozen=True)
class _Neighbourhood:
    """What of a local regression does not depend on the effect: it serves every contrast and shock."""

    #: Shape (resamples, n).
    counts: NDArray[np.float64]
    #: Weights and distances, shape (g, n).
    kernel: NDArray[np.float64]
    offset: NDArray[np.float64]
    #: Sums of weights and of weighted distances and their squares, shape (resamples, g).
    s0: NDArray[np.float64]
    s1: NDArray[np.float64]
    s2: NDArray[np.float64]

    @classmethod
    def of(
        cls, x: NDArray[np.float64], at: NDArray[np.float64], counts: NDArray[np.float64], span: float
    ) -> _Neighbourhood:
        distance = np.abs(x[None, :] - at[:, None])
        nearest = min(x.size - 1, max(1, int(np.ceil(span * x.size)) - 1))
        reach = np.maximum(np.sort(distance, axis=1)[:, nearest] * (1.0 + 1e-9), 1e-300)
        kernel = np.clip(1.0 - (distance / reach[:, None]) ** 3, 0.0, None) ** 3
        offset = x[None, :] - at[:, None]
        return cls(counts, kernel, offset, *(counts @ (kernel * offset**power).T for power in (0, 1, 2)))

    @cached_property
    def determinant(self) -> NDArray[np.float64]:
        return self.s0 * self.s2 - self.s1**2

    @cached_property
    def sloped(self) -> NDArray[np.bool_]:
        """Where the points near by allow a slope."""
        return np.asarray(self.determinant > 1e-12 * np.maximum(self.s0 * self.s2, 1e-300))

    def fit(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fits at every place of every resample, shape (resamples, g)."""
        t0, t1 = self.counts @ (self.kernel * y).T, self.counts @ (self.kernel * self.offset * y).T
        mean = np.divide(t0, self.s0, out=np.full_like(t0, np.nan), where=self.s0 > 0.0)
        return np.divide(self.s2 * t0 - self.s1 * t1, self.determinant, out=mean, where=self.sloped)


@lru_cache(maxsize=8)
def _resampled(x: bytes, grid: bytes, resamples: int) -> _Neighbourhood:
    """The neighbourhood of bootstrap resamples of the same draws, for every effect."""
    values = np.frombuffer(x)
    return _Neighbourhood.of(values, np.frombuffer(grid), _counts(values.size, resamples), SPAN)


def turn_along(
    values: ArrayLike, effect: ArrayLike, low: float, high: float, *, logarithmic: bool = False, resamples: int = 1000
) -> Turn:
    """Where an effect's sign turns along a drawn parameter, all others averaged over.

    Parameters
    ----------
    values : array_like, shape (draws,)
        The parameter in each draw.
    effect : array_like, shape (draws,)
        The contrast in each draw.
    low, high : float
        Plausible range.
    logarithmic : bool
        Whether the parameter is looked at on a logarithmic scale.
    resamples : int
        Bootstrap resamples of the draws.
    """
    x, y = np.asarray(values, dtype=np.float64), np.asarray(effect, dtype=np.float64)
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    if x.size < FEWEST_DRAWS or not np.ptp(x) > 0.0:
        return _unknown(low, high)
    grid, curve, curves = _fits(x, y, low, high, logarithmic, resamples)
    turn = _turn(grid, curve, curves)
    value, first, last = (
        float(np.exp(end)) if logarithmic else float(end) for end in (turn.value, turn.value_low, turn.value_high)
    )
    return replace(turn, low=low, high=high, value=value, value_low=first, value_high=last)


def effect_curve(
    values: ArrayLike, effect: ArrayLike, low: float, high: float, *, logarithmic: bool = False, resamples: int = 1000
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The curve behind :func:`turn_along`, for drawing: parameter, effect, and its pointwise 95 % bootstrap band.

    Returns
    -------
    parameter, effect, band_low, band_high : ndarray of float, shape (101,)
    """
    x, y = np.asarray(values, dtype=np.float64), np.asarray(effect, dtype=np.float64)
    good = np.isfinite(x) & np.isfinite(y)
    grid, curve, curves = _fits(x[good], y[good], low, high, logarithmic, resamples)
    band_low, band_high = np.nanquantile(curves, [0.025, 0.975], axis=0)
    return np.exp(grid) if logarithmic else grid, curve, band_low, band_high


def _fits(
    x: NDArray[np.float64], y: NDArray[np.float64], low: float, high: float, logarithmic: bool, resamples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Grid on the scale of the prior, fit, and the fits of bootstrap resamples."""
    ends = np.array([low, high], dtype=np.float64)
    first, last = np.log(ends) if logarithmic else ends
    grid = np.linspace(first, last, _GRID)
    scaled = np.log(x) if logarithmic else x
    return (
        grid,
        local_regression(scaled, y, grid),
        _resampled(scaled.tobytes(), grid.tobytes(), resamples).fit(y),
    )


def turn_between(levels: ArrayLike, effects: ArrayLike, *, resamples: int = 1000) -> Turn:
    """Where an effect's sign turns between the levels of a factor, by straight lines between the levels' means.

    Parameters
    ----------
    levels : array_like, shape (levels,)
        Ascending values.
    effects : array_like, shape (clusters, levels)
        The contrast at each level; rows are paired.
    resamples : int
        Bootstrap resamples of the rows.
    """
    grid, table = np.asarray(levels, dtype=np.float64), np.asarray(effects, dtype=np.float64)
    table = table[np.isfinite(table).all(axis=1)]
    if len(table) < FEWEST_CLUSTERS or grid.size < 2:
        return _unknown(float(grid.min(initial=np.nan)), float(grid.max(initial=np.nan)))
    curves = table[resampled_replicates(len(table), resamples)].mean(axis=1)
    return _turn(grid, table.mean(axis=0), curves)


def break_even_chance(calm: ArrayLike, shocked: ArrayLike, *, resamples: int = 1000) -> Turn:
    """Chance p of a shock at which a lever breaks even: (1 - p) of its effect in calm times plus p of that under it.

    Parameters
    ----------
    calm, shocked : array_like, shape (clusters,)
        The contrast on the same scale without and with the shock, paired.

    Notes
    -----
    p = c / (c - s) for effects c in calm times and s under the shock of opposite signs. Over the T months observed, a
    chance p is a monthly hazard of -ln(1 - p) / T, were the shock to come at the announcement or not at all.
    """
    effects = np.column_stack([np.asarray(calm, dtype=np.float64), np.asarray(shocked, dtype=np.float64)])
    return turn_between([0.0, 1.0], effects, resamples=resamples)


def _counts(n: int, resamples: int) -> NDArray[np.float64]:
    rows = resampled_replicates(n, resamples)
    counts = np.zeros((resamples, n))
    np.add.at(counts, (np.arange(resamples)[:, None], rows), 1.0)
    return counts


def _crossings(
    grid: NDArray[np.float64], curves: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Zeros of piecewise straight curves.

    Returns
    -------
    places : ndarray of float, shape (curves, points - 1)
        Where a curve crosses nothing between one point of the grid and the next; not-a-number where it does not.
    signs : ndarray of float, shape (curves, points - 1)
        Sign after it.
    """
    sign = np.sign(curves)
    # a zero met exactly belongs to the side it is reached from
    for k in range(1, grid.size):
        sign[:, k] = np.where(sign[:, k] == 0.0, sign[:, k - 1], sign[:, k])
    crossed = sign[:, :-1] * sign[:, 1:] < 0.0
    share = np.divide(curves[:, :-1], curves[:, :-1] - curves[:, 1:], out=np.full(crossed.shape, np.nan), where=crossed)
    return grid[:-1] + share * np.diff(grid), sign[:, 1:]


def _turn(grid: NDArray[np.float64], curve: NDArray[np.float64], curves: NDArray[np.float64]) -> Turn:
    low, high = float(grid[0]), float(grid[-1])
    nan = float("nan")
    signs = (int(np.sign(curve[0])), int(np.sign(curve[-1])))
    (here,), (ways,) = _crossings(grid, curve[None, :])
    crossed = np.flatnonzero(np.isfinite(here))
    places, directions = _crossings(grid, curves)
    if not crossed.size:
        turning = float(np.isfinite(places).any(axis=1).mean())
        same = (np.sign(curves[:, 0]) == signs[0]) & (np.sign(curves[:, -1]) == signs[1])
        # an effect that may be of either sign throughout does not turn, but nothing can be said of it
        verdict = NO_TURN if turning <= 1.0 - CLEAR and same.mean() >= CLEAR else CANNOT_TELL
        return Turn(low, high, nan, nan, nan, *signs, turning, verdict)
    value, direction = float(here[crossed[0]]), int(ways[crossed[0]])
    # a curve around nothing crosses it somewhere: a turn needs a sign that is sure at both ends of the range
    sure = (np.sign(curves[:, 0]) == -direction) & (np.sign(curves[:, -1]) == direction)
    turning = float(sure.mean())
    if crossed.size > 1 or turning < CLEAR:
        return Turn(low, high, nan, nan, nan, *signs, turning, CANNOT_TELL)
    same_way = np.where(directions[sure] == direction, places[sure], np.nan)
    nearest = np.nanargmin(np.abs(same_way - value), axis=1)
    first, last = np.quantile(same_way[np.arange(len(nearest)), nearest], [0.025, 0.975])
    return Turn(low, high, value, float(first), float(last), *signs, turning, TURNS)


def _unknown(low: float, high: float) -> Turn:
    return Turn(low, high, *(float("nan"),) * 3, 0, 0, float("nan"), CANNOT_TELL)


# ---------------------------------------------------------------------------------------------- a sweep's table


def break_even_table(
    measures: pd.DataFrame,
    design: pd.DataFrame,
    contrasts: Iterable[Contrast],
    draws: pd.DataFrame,
    parameters: Sequence[str] = (),
    priors: Mapping[str, tuple[float, float, str]] | None = None,
    *,
    measure: str = "delivered_output",
) -> pd.DataFrame:
    """Where the primary contrasts on a measure turn: along parameters, and with the chance of each shock.

    Parameters
    ----------
    measures, design : DataFrame
        From :func:`ecosim.analysis.measures.per_replicate`, and the design table.
    contrasts : iterable of Contrast
        Declared contrasts.
    draws : DataFrame
        ``draws.parquet``; may be empty.
    parameters : sequence of str
        Drawn parameters, or factors whose levels are numbers.
    priors : mapping, optional
        Parameter -> (lowest, highest, prior); by default the range seen in the draws.
    measure : str
        Measure of the contrasts, one of the ``delivered_*``: their counterpart without any shock is on the same scale.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`; ``parameter`` is ``chance of the shock`` for the last kind, with the monthly hazard
        that makes the shock as likely as that within the months observed.
    """
    import pandas as pd

    rows = []
    wide = draws_matrix(draws) if len(draws) else pd.DataFrame()
    months = float(measures["window_months"].mean()) if "window_months" in measures else float("nan")
    for contrast in contrasts:
        if measure not in contrast.measures:
            continue
        for shock in design["shock"].dropna().unique():
            keys = {"contrast": contrast.name, "shock": shock, "measure": measure}
            effect = contrast_values(measures, contrast, shock, measure)
            for name in parameters:
                if name in design and name != contrast.factor:
                    turn = _along_factor(measures, design, contrast, shock, name, measure)
                elif name in wide:
                    both = effect.index.intersection(wide.index)
                    column = wide[name]
                    low, high, prior = (priors or {}).get(name, (column.min(), column.max(), "uniform"))
                    turn = turn_along(column.loc[both], effect.loc[both], low, high, logarithmic=prior == "log_uniform")
                else:
                    continue
                rows.append(keys | {"parameter": name} | asdict(turn) | {"hazard_per_month": float("nan")})
            without = -contrast_values(measures, contrast, shock, twin_of(measure, "baseline_cost"))
            turn = break_even_chance(without.reindex(effect.index), effect)
            hazard = -np.log1p(-turn.value) / months if turn.value < 1.0 else float("nan")
            rows.append(keys | {"parameter": CHANCE} | asdict(turn) | {"hazard_per_month": float(hazard)})
    return pd.DataFrame(rows, columns=list(COLUMNS))


#: Name, in the table, of the chance of the shock itself.
CHANCE = "chance of the shock"


def _along_factor(
    measures: pd.DataFrame, design: pd.DataFrame, contrast: Contrast, shock: str, factor: str, measure: str
) -> Turn:
    import pandas as pd

    levels = {}
    for level in design[factor].unique():
        try:
            levels[float(level)] = level
        except ValueError:
            return _unknown(float("nan"), float("nan"))
    ordered = sorted(levels)
    at_levels = [replace(contrast, where={**contrast.where, factor: levels[value]}) for value in ordered]
    columns = [contrast_values(measures, one, shock, measure) for one in at_levels]
    return turn_between(ordered, pd.concat(columns, axis=1).to_numpy(float))


# ---------------------------------------------------------------------------------------------- two parameters at once


@dataclass(frozen=True)
class TwoWay:
    """A contrast over two drawn parameters at once: where it surely helps, surely hurts, and where that is open."""

    first: str
    second: str
    #: (points,) values of either parameter, evenly spaced on the scale of its prior.
    first_values: NDArray[np.float64]
    second_values: NDArray[np.float64]
    #: (first, second) the contrast, and its pointwise 95 % interval; not-a-number from too few draws.
    effect: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    draws: int
    #: Whether more or less of the measure is better.
    better: int = 1
    #: (points, 2) where the fitted contrast turns; empty when it does not.
    line: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    #: Whether a prior is logarithmic.
    logarithmic: tuple[bool, bool] = (False, False)
    contrast: str = ""
    shock: str = ""
    measure: str = ""

    @property
    def areas(self) -> NDArray[np.int8]:
        """(first, second) 1 where it surely helps, -1 where it surely hurts, 0 where that is open."""
        sure = np.where(self.low > 0.0, 1, 0) - np.where(self.high < 0.0, 1, 0)
        return np.asarray(self.better * sure, dtype=np.int8)

    def share(self, area: int) -> float:
        """Share of the ranges, by their priors, that is of a kind in :attr:`areas`."""
        return float((self.areas == area).mean())

    def table(self) -> pd.DataFrame:
        """A row per point: ``contrast, shock, measure``, a column per parameter, ``effect, low, high, area``."""
        import pandas as pd

        one, other = np.meshgrid(self.first_values, self.second_values, indexing="ij")
        columns = {"contrast": self.contrast, "shock": self.shock, "measure": self.measure, self.first: one.ravel(),
                   self.second: other.ravel(), "effect": self.effect.ravel(), "low": self.low.ravel(),
                   "high": self.high.ravel(), "area": self.areas.ravel()}  # fmt: skip
        return pd.DataFrame(columns)


def two_way(
    first: ArrayLike,
    second: ArrayLike,
    effect: ArrayLike,
    ranges: tuple[tuple[float, float], tuple[float, float]],
    *,
    names: tuple[str, str] = ("first", "second"),
    logarithmic: tuple[bool, bool] = (False, False),
    better: int = 1,
    points: int = 41,
    resamples: int = 1000,
) -> TwoWay:
    """Where a contrast turns over two drawn parameters, all others averaged over.

    Parameters
    ----------
    first, second : array_like, shape (draws,)
        Both parameters in each draw.
    effect : array_like, shape (draws,)
        The contrast in each draw.
    ranges : pair of (low, high)
        Plausible range of either.
    names : pair of str
        Their names.
    logarithmic : pair of bool
        Whether a parameter is looked at on a logarithmic scale.
    better : {1, -1}
        Whether more or less of the measure is better.
    points : int
        Points of the grid along either.
    resamples : int
        Bootstrap resamples of the draws.

    Returns
    -------
    TwoWay
        Open everywhere from fewer than 60 draws.

    Notes
    -----
    Least squares of a surface with straight and squared terms and the product of both. Intervals are pointwise:
    Student's t times the standard error over bootstrap resamples of draws, so that scatter may differ over the ranges.
    What a surface of this kind cannot follow is smoothed over.

    References
    ----------
    Box and Wilson (1951), Journal of the Royal Statistical Society B 13, 1-45; Freedman (1981), Annals of Statistics 9,
    1218-1228 (bootstrap of pairs).
    """
    from scipy.special import stdtrit

    scaled, grids = [], []
    for values, (low, high), log in zip((first, second), ranges, logarithmic, strict=True):
        raw = np.asarray(values, dtype=np.float64)
        ends = np.log([low, high]) if log else np.array([low, high], dtype=np.float64)
        width = ends[1] - ends[0]
        scaled.append(2.0 * ((np.log(raw) if log else raw) - ends[0]) / width - 1.0)
        grid = np.linspace(ends[0], ends[1], points)
        grids.append(np.exp(grid) if log else grid)
    y = np.asarray(effect, dtype=np.float64)
    good = np.isfinite(scaled[0]) & np.isfinite(scaled[1]) & np.isfinite(y)
    one, other, y = scaled[0][good], scaled[1][good], y[good]
    made: dict[str, Any] = {"first": names[0], "second": names[1], "first_values": grids[0], "second_values": grids[1],
                            "better": better, "logarithmic": logarithmic, "draws": int(y.size)}  # fmt: skip
    if y.size < FEWEST_FOR_MAP or not (np.ptp(one) > 0.0 and np.ptp(other) > 0.0):
        blank = np.full((points, points), np.nan)
        return TwoWay(effect=blank, low=blank.copy(), high=blank.copy(), **made)
    terms = _surface_terms(one, other)
    here = np.linspace(-1.0, 1.0, points)
    at = _surface_terms(*(axis.ravel() for axis in np.meshgrid(here, here, indexing="ij")))
    fitted = at @ np.linalg.lstsq(terms, y, rcond=None)[0]
    counts = _counts(y.size, resamples)
    size = terms.shape[1]
    squares = (counts @ (terms[:, :, None] * terms[:, None, :]).reshape(y.size, -1)).reshape(-1, size, size)
    # a resample in which hardly any draw is left over may have no surface of its own
    squares += 1e-9 * y.size * np.eye(size)
    found = np.linalg.solve(squares, (counts @ (terms * y[:, None]))[:, :, None])[:, :, 0]
    half = float(stdtrit(y.size - size, 0.975)) * (found @ at.T).std(axis=0, ddof=1)
    surface, half = fitted.reshape(points, points), half.reshape(points, points)
    return TwoWay(
        effect=surface, low=surface - half, high=surface + half, line=_zero_line(grids[0], grids[1], surface), **made
    )


def _surface_terms(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.ones_like(one), one, other, one * other, one**2, other**2])


def _zero_line(
    first: NDArray[np.float64], second: NDArray[np.float64], surface: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Points at which a surface over a grid crosses nothing, along either axis, in the order of the first."""
    across, _ = _crossings(second, surface.copy())
    along, _ = _crossings(first, surface.T.copy())
    rows, columns = np.isfinite(across), np.isfinite(along)
    found = np.concatenate([
        np.column_stack([np.broadcast_to(first[:, None], across.shape)[rows], across[rows]]),
        np.column_stack([along[columns], np.broadcast_to(second[:, None], along.shape)[columns]]),
    ])  # fmt: skip
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def two_way_maps(
    measures: pd.DataFrame,
    design: pd.DataFrame,
    contrasts: Iterable[Contrast],
    draws: pd.DataFrame,
    pairs: Iterable[tuple[str, str]],
    priors: Mapping[str, tuple[float, float, str]],
    *,
    measure: str = "delivered_output",
) -> list[TwoWay]:
    """A map of every contrast on a measure, under every shock, over every pair of drawn parameters.

    Parameters
    ----------
    measures, design, contrasts, draws
        As for :func:`break_even_table`.
    pairs : iterable of (str, str)
        Names of drawn parameters; pairs of which one was not drawn are left out.
    priors : mapping
        Parameter -> (lowest, highest, prior).
    measure : str
        Measure of the contrasts.
    """
    wide, pairs = draws_matrix(draws) if len(draws) else None, list(pairs)
    found: list[TwoWay] = []
    for contrast in contrasts:
        if measure not in contrast.measures or wide is None:
            continue
        for shock in design["shock"].dropna().unique():
            effect = contrast_values(measures, contrast, shock, measure)
            both = wide.loc[effect.index.intersection(wide.index)]
            for pair in pairs:
                if not all(name in wide and name in priors for name in pair):
                    continue
                (low, high, prior), (low_2, high_2, prior_2) = (priors[name] for name in pair)
                one = two_way(
                    both[pair[0]], both[pair[1]], effect.loc[both.index], ((low, high), (low_2, high_2)), names=pair,
                    logarithmic=(prior == "log_uniform", prior_2 == "log_uniform"), better=MEASURES[measure][2],
                )  # fmt: skip
                found.append(replace(one, contrast=contrast.name, shock=str(shock), measure=measure))
    return found
