"""Scenario discovery: in which region of what nobody knows does a policy fail? By the patient rule induction method.

PRIM peels thin slices off the cloud of all points, each time the one whose loss leaves the rest richest in points of
interest, and so draws a path of boxes from "everywhere" to "hardly anywhere, but surely". A box says something when it
holds most of what is of interest (coverage), little else (density), and few limits that chance could have drawn
(quasi-p).

Written here because the one light package that offers it is under a licence (GPL 3) that this one cannot join, and the
workbench that does brings a dozen packages for two hundred lines.

References
----------
Friedman and Fisher (1999), Statistics and Computing 9, 123-143, doi 10.1023/A:1008894516817; Bryant and Lempert (2010),
Technological Forecasting and Social Change 77, 34-49, doi 10.1016/j.techfore.2009.08.002; Kwakkel and Jaxa-Rozen
(2016), Environmental Modelling & Software 79, 311-321, doi 10.1016/j.envsoft.2015.11.020.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.analysis.alignment import aligned
from ecosim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

#: Limits of one parameter: lowest and highest of a number, or the values that stay of a category.
Limits = tuple[float, float] | frozenset[str]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Box:
    """A region of the parameters, and what it holds."""

    #: Parameter -> limits, of those that are limited; an open side is infinite.
    limits: Mapping[str, Limits]
    #: Share of all points of interest that lie inside.
    coverage: float
    #: Share of the points inside that are of interest.
    density: float
    #: Share of all points that lie inside.
    mass: float

    def inside(self, points: pd.DataFrame) -> Mask:
        """Which points lie in the box, shape (points,)."""
        return _inside(points, self.limits)

    def text(self) -> str:
        """The box in a line, for people."""
        rules = [f"{name} {_rule(limits)}" for name, limits in self.limits.items()]
        return (
            f"{' and '.join(rules) or 'everywhere'}: holds {self.coverage:.0%} of what is of interest, "
            f"{self.density:.0%} of what it holds is"
        )


def peel(points: pd.DataFrame, of_interest: ArrayLike, *, share: float = 0.05, smallest: float = 0.05) -> list[Box]:
    """The path of boxes from all points to the smallest allowed, each one slice smaller than the one before.

    Parameters
    ----------
    points : DataFrame, shape (points, parameters)
        Numbers, or text for categories.
    of_interest : array_like of bool, shape (points,)
        For instance where a policy misses its threshold.
    share : float
        Share of the points inside that one slice takes; of a category one value goes at a time, and of numbers with
        many ties the whole of the outermost.
    smallest : float
        Mass below which nothing is peeled.

    Returns
    -------
    list of Box
        The first is everything. The analyst chooses among them; :func:`prim` has a rule for it.

    Raises
    ------
    InputError
        Where no point is of interest or all are, where a value is missing, and for shares outside (0, 1).

    Notes
    -----
    A slice is judged by the density gained per mass given up, so that a category, whose slices are thick, has no
    advantage (the lenient criterion; Kwakkel and Jaxa-Rozen 2016).
    """
    y = _checked(points, of_interest, share=share, smallest=smallest)
    path = [_box(points, y, {})]
    while path[-1].density < 1.0:
        best: tuple[float, float, dict[str, Limits]] | None = None
        inside = path[-1].inside(points)
        for name, limits, kept in _slices(points, path[-1].limits, inside, share):
            if kept.mean() < smallest:
                continue
            gain = (float(y[kept].mean()) - path[-1].density) / float(inside.mean() - kept.mean())
            if best is None or (gain, kept.mean()) > best[:2]:
                best = gain, float(kept.mean()), {**path[-1].limits, name: limits}
        if best is None:
            break
        path.append(_box(points, y, best[2]))
    return path


def prim(
    points: pd.DataFrame, of_interest: ArrayLike, *, density: float = 0.8, boxes: int = 1, share: float = 0.05,
    smallest: float = 0.05, level: float = 0.05,
) -> list[Box]:  # fmt: skip
    """One box or several that hold what is of interest, chosen by rule.

    Of the path of :func:`peel`, the box of highest coverage among those of at least the wanted density (the densest
    when none reaches it); limits whose quasi-p exceeds ``level`` are dropped, the least needed first; then the box
    grows again wherever it does not lose density. Further boxes are sought among the points outside those before.

    Parameters
    ----------
    points, of_interest, share, smallest
        As in :func:`peel`.
    density : float
        Density wanted, 0 to 1.
    boxes : int
        Most boxes returned; fewer when what is left holds nothing denser than itself.
    level : float
        Quasi-p above which a limit is dropped.

    Returns
    -------
    list of Box
        Coverage, density and mass are those of the box among *all* points.
    """
    y = _checked(points, of_interest, share=share, smallest=smallest, density=density, level=level)
    left = np.ones(len(points), dtype=np.bool_)
    found: list[Box] = []
    for _ in range(boxes):
        if not y[left].any() or y[left].all():
            break
        some, mine = points[left], y[left]
        chosen = _choose(peel(some, mine, share=share, smallest=smallest), density)
        chosen = _paste(some, mine, _drop_limits(some, mine, chosen, level), share)
        if not chosen.limits:
            break
        found.append(_box(points, y, chosen.limits))
        left &= ~found[-1].inside(points)
    return found


def quasi_p(points: pd.DataFrame, of_interest: ArrayLike, box: Box) -> dict[str, float]:
    """For each limited parameter, how easily chance draws its limit.

    The chance of as many points of interest as the box holds, or more, among as many points drawn with the density the
    box would have without the limits of this parameter (one-sided binomial; Bryant and Lempert 2010).

    Parameters
    ----------
    points, of_interest
        As in :func:`peel`.
    box : Box
        The box.

    Returns
    -------
    dict of str to float
        Only "quasi" a p-value: the box was sought on the same points, so small values come easily. A limit with a large
        one is not to be believed; a small one is no proof.
    """
    from scipy import stats

    y = _checked(points, of_interest)
    inside = box.inside(points)
    found = {}
    for name in box.limits:
        without = _inside(points, {other: limits for other, limits in box.limits.items() if other != name})
        found[name] = float(stats.binom.sf(int(y[inside].sum()) - 1, int(inside.sum()), float(y[without].mean())))
    return found


def path_table(path: Sequence[Box]) -> pd.DataFrame:
    """The path of :func:`peel` for a figure: columns ``step, coverage, density, mass, limited, parameters``."""
    import pandas as pd

    rows = [
        (k, box.coverage, box.density, box.mass, len(box.limits), ", ".join(box.limits)) for k, box in enumerate(path)
    ]
    return pd.DataFrame(rows, columns=["step", "coverage", "density", "mass", "limited", "parameters"])


def limits_table(points: pd.DataFrame, of_interest: ArrayLike, boxes: Sequence[Box]) -> pd.DataFrame:
    """Every limit of every box.

    Returns
    -------
    DataFrame
        Columns ``box`` (from 1), ``parameter, low, high`` (the range of the points on an open side; blank for
        categories), ``values`` (of categories, separated by commas), ``quasi_p``, and the box's ``coverage, density,
        mass``.
    """
    import pandas as pd

    rows = []
    for number, box in enumerate(boxes, 1):
        chance = quasi_p(points, of_interest, box)
        for name, limits in box.limits.items():
            row: dict[str, Any] = {"box": number, "parameter": name, "low": np.nan, "high": np.nan, "values": ""}
            if isinstance(limits, frozenset):
                row["values"] = ",".join(sorted(limits))
            else:
                column = points[name]
                row["low"] = max(limits[0], float(column.min()))
                row["high"] = min(limits[1], float(column.max()))
            rows.append(row | {"quasi_p": chance[name], "coverage": box.coverage, "density": box.density,
                               "mass": box.mass})  # fmt: skip
    columns = ["box", "parameter", "low", "high", "values", "quasi_p", "coverage", "density", "mass"]
    return pd.DataFrame(rows, columns=columns)


# ---------------------------------------------------------------------------------------------- steps


def _checked(points: pd.DataFrame, of_interest: ArrayLike, **shares: float) -> Mask:
    y = np.asarray(aligned(points, of_interest, "of_interest"))
    if y.shape != (len(points),):
        raise InputError("of_interest", str(y.shape), f"({len(points)},): a value per point", problem="wrong shape")
    if points.isna().to_numpy().any():
        name = next(str(column) for column in points if points[column].isna().any())
        raise InputError("points", name, problem="has missing values", allowed="a value for every point")
    y = y.astype(np.bool_)
    if y.all() or not y.any():
        raise InputError(
            "of_interest", problem=f"{'all' if len(y) and y.all() else 'none'} of {len(y)} points", allowed="some"
        )
    for name, value in shares.items():
        if not 0.0 < value < 1.0:
            raise InputError(name, value, "a number between 0 and 1", problem="out of range")
    return y


def _is_number(column: pd.Series) -> bool:
    return column.dtype.kind in "iuf"


def _inside(points: pd.DataFrame, limits: Mapping[str, Limits]) -> Mask:
    inside = np.ones(len(points), dtype=np.bool_)
    for name, limit in limits.items():
        if isinstance(limit, frozenset):
            inside &= points[name].astype(str).isin(limit).to_numpy()
        else:
            values = points[name].to_numpy(float)
            inside &= (values >= limit[0]) & (values <= limit[1])
    return inside


def _box(points: pd.DataFrame, y: Mask, limits: Mapping[str, Limits]) -> Box:
    inside = _inside(points, limits)
    return Box(dict(limits), float(y[inside].sum() / y.sum()), float(y[inside].mean()), float(inside.mean()))


def _slices(
    points: pd.DataFrame, limits: Mapping[str, Limits], inside: Mask, share: float
) -> Iterator[tuple[str, Limits, Mask]]:
    """Every slice that can be peeled: parameter, its limits afterwards, points left inside."""
    for name in points.columns:
        column = points[name]
        if not _is_number(column):
            words = column.astype(str)
            present = sorted(set(words[inside]))
            for word in present if len(present) > 1 else []:
                stays = frozenset(present) - {word}
                yield name, stays, inside & words.isin(stays).to_numpy()
            continue
        values = column.to_numpy(float)
        low, high = _numbers(limits.get(name))
        mine = values[inside]
        if mine.min() == mine.max():
            continue
        for upper in (False, True):
            # mirrored, the upper side is a lower one
            side = -values if upper else values
            cut = float(np.quantile(side[inside], share))
            if not (side[inside] < cut).any():
                cut = float(np.min(side[inside][side[inside] > side[inside].min()]))
            kept = inside & (side >= cut)
            # half way to the nearest point that goes
            edge = (float(side[kept].min()) + float(side[inside & (side < cut)].max())) / 2.0
            yield name, (low, -edge) if upper else (edge, high), kept


def _numbers(limits: Limits | None) -> tuple[float, float]:
    if limits is None:
        return -np.inf, np.inf
    assert isinstance(limits, tuple)
    return limits


def _choose(path: Sequence[Box], density: float) -> Box:
    dense = [box for box in path if box.density >= density]
    if dense:
        return max(dense, key=lambda box: (box.coverage, box.density))
    return max(path, key=lambda box: (box.density, box.coverage))


def _drop_limits(points: pd.DataFrame, y: Mask, box: Box, level: float) -> Box:
    while box.limits:
        chance = quasi_p(points, y, box)
        name = max(chance, key=lambda item: chance[item])
        if chance[name] <= level:
            break
        box = _box(points, y, {other: limits for other, limits in box.limits.items() if other != name})
    return box


def _paste(points: pd.DataFrame, y: Mask, box: Box, share: float) -> Box:
    """Grow the box by the slice that covers most, as long as density does not fall."""
    while True:
        grown = [_box(points, y, limits) for limits in _growths(points, box, share)]
        better = [one for one in grown if one.density >= box.density and one.coverage > box.coverage]
        if not better:
            return box
        box = max(better, key=lambda one: (one.coverage, one.density))


def _growths(points: pd.DataFrame, box: Box, share: float) -> Iterator[dict[str, Limits]]:
    step = max(1, round(share * float(box.inside(points).sum())))
    for name, limits in box.limits.items():
        others = {other: item for other, item in box.limits.items() if other != name}
        beside = _inside(points, others)
        if isinstance(limits, frozenset):
            for word in sorted(set(points[name].astype(str)[beside]) - limits):
                yield {**others, name: limits | {word}}
            continue
        values = points[name].to_numpy(float)[beside]
        below, above = np.sort(values[values < limits[0]])[::-1], np.sort(values[values > limits[1]])
        if len(below):
            yield _with(others, name, (_edge(below, step, -np.inf), limits[1]))
        if len(above):
            yield _with(others, name, (limits[0], _edge(above, step, np.inf)))


def _with(others: Mapping[str, Limits], name: str, limits: tuple[float, float]) -> dict[str, Limits]:
    """Limits with one more, unless it is open on both sides."""
    return {**others, name: limits} if np.isfinite(limits).any() else dict(others)


def _edge(outside: NDArray[np.float64], step: int, opened: float) -> float:
    """Limit that takes in the next ``step`` points outside, nearest first; ``opened`` when nothing stays outside."""
    last = outside[min(step, len(outside)) - 1]
    beyond = outside[step:][outside[step:] != last]
    return float((last + beyond[0]) / 2.0) if len(beyond) else opened


def _rule(limits: Limits) -> str:
    if isinstance(limits, frozenset):
        return "in " + ", ".join(sorted(limits))
    low, high = limits
    if np.isinf(low):
        return f"below {high:.4g}"
    return f"above {low:.4g}" if np.isinf(high) else f"from {low:.4g} to {high:.4g}"
