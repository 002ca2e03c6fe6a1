"""Points of a design: which values of levers and uncertainties are run, and what an analysis later needs to know.

A design lays points in the unit cube, one axis per input; each axis is read through the input's own range and prior, or
its levels. The rows of a sample stand in the order its analysis needs (Morris and Saltelli are differences between
neighbours), and rows that come to the same values share one point, which is run once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError, shown
from ecosim.lab.draws import Drawn, as_changes
from ecosim.report.problem import BY_CHANCE, COUNTED, UNIT, Problem, digest_of, salib_problem

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Level:
    """One named value of an input, with the keys it sets."""

    label: str
    #: What tables show: a number when the level is one.
    value: float | int | str
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Input:
    """One thing a design varies: a range of numbers, or levels."""

    name: str
    #: Whether it is ours to choose; if not, it is an uncertainty.
    lever: bool
    span: Drawn | None = None
    levels: tuple[Level, ...] = ()
    #: Where the scenario itself stands on the axis, in [0, 1].
    base: float = 0.0

    def value(self, u: float) -> float | int | str:
        """Value at a coordinate in [0, 1]."""
        if self.span is not None:
            return self.span.value(u)
        return self.levels[min(int(u * len(self.levels)), len(self.levels) - 1)].value

    def label(self, value: Any) -> str:
        """A value of this input as labels say it."""
        return said(value) if self.span is not None else next(x.label for x in self.levels if x.value == value)

    def coordinate(self, value: float | int | str) -> float:
        """A coordinate in [0, 1] at which the input has this value."""
        if self.span is None:
            place = [level.value for level in self.levels].index(value)
            return (place + 0.5) / len(self.levels)
        return self.span.quantile_of(float(value))

    def axis(self, count: int | None) -> list[float]:
        """Coordinates of a grid along this input: its levels, or so many values of its range, ends included."""
        if self.span is None:
            return [(k + 0.5) / len(self.levels) for k in range(len(self.levels))]
        assert count is not None
        return [k / (count - 1) for k in range(count)] if count > 1 else [0.5]

    def described(self) -> dict[str, Any]:
        """For the manifest."""
        kind = "lever" if self.lever else "uncertainty"
        if self.span is None:
            return {"kind": kind, "values": [level.value for level in self.levels]}
        return {"kind": kind, "range": [self.span.low, self.span.high], "prior": self.span.prior,
                "whole": self.span.whole}  # fmt: skip


@dataclass(frozen=True)
class Point:
    """One choice of values for every input of a design."""

    number: int
    #: Input -> value, as tables show it.
    values: dict[str, Any] = field(default_factory=dict)
    #: Dotted key or option group -> value.
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Values in a line, for people."""
        return ", ".join(f"{name}={said(value)}" for name, value in self.values.items())


def said(value: Any) -> str:
    """A value as labels say it."""
    return f"{value:.4g}" if isinstance(value, float) else shown(value)


@dataclass(frozen=True)
class Sample:
    """Rows of a design and the different points they come to."""

    design: str
    inputs: tuple[Input, ...]
    #: (rows, inputs) in the unit cube.
    unit: NDArray[np.float64]
    #: (rows,) number of the point of each row.
    order: NDArray[np.int64]
    points: tuple[Point, ...]
    settings: dict[str, Any]

    def table(self) -> pd.DataFrame:
        """``points.parquet``: a row per row of the design: ``point``, each input, and its coordinate (``unit:``)."""
        import pandas as pd

        columns: dict[str, Any] = {"point": self.order.astype(np.int32)}
        for item in self.inputs:
            columns[item.name] = [self.points[k].values[item.name] for k in self.order]
        for number, item in enumerate(self.inputs):
            columns[f"{UNIT}{item.name}"] = self.unit[:, number]
        return pd.DataFrame(columns)

    def described(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "kind": self.design,
            "rows": len(self.order),
            "points": len(self.points),
            "settings": self.settings,
            "inputs": {item.name: item.described() for item in self.inputs},
            "problem": salib_problem([item.name for item in self.inputs]),
            "digest": digest_of(self.order, self.unit),
        }

    def problem(self) -> Problem:
        """What an analysis needs, before anything has run."""
        values = self.table()[[item.name for item in self.inputs]]
        return Problem(
            self.design, salib_problem(list(values.columns)), self.unit, self.order, values, dict(self.settings)
        )


# ---------------------------------------------------------------------------------------------- laying points


def lay(
    design: str, inputs: Sequence[Input], count: int | None, seed: int, *, levels: int = 4, second_order: bool = False
) -> Sample:
    """Lay the points of a design.

    Parameters
    ----------
    design : str
        One of :data:`COUNTED`.
    inputs : sequence of Input
        Axes of the unit cube.
    count : int or None
        What the design counts; None only where every input has levels.
    seed : int
        Of what the design leaves to chance.
    levels : int
        Levels of a Morris design.
    second_order : bool
        Whether a Saltelli design allows second-order indices: 2 k + 2 runs per base point rather than k + 2.

    References
    ----------
    McKay, Beckman and Conover (1979), Technometrics 21, 239-245; Sobol' (1967), USSR Computational Mathematics and
    Mathematical Physics 7, 86-112; Morris (1991), Technometrics 33, 161-174; Saltelli et al. (2010), Computer Physics
    Communications 181, 259-270.
    """
    inputs = tuple(inputs)
    if not inputs:
        raise InputError(
            "experiment.design", design, problem="has nothing to vary", allowed="experiment.factors or .uncertainties"
        )
    count = _checked_count(design, inputs, count)
    rows = _rows(design, inputs, count, second_order=second_order)
    if rows > MOST_ROWS:
        raise InputError(
            "experiment.points", count, problem=f"lay {rows:,} points over {len(inputs)} inputs",
            allowed=f"at most {MOST_ROWS:,} points",
        )  # fmt: skip
    settings: dict[str, Any] = {"points": count, "seed": seed}
    if design == "grid":
        unit = np.array(list(itertools.product(*(item.axis(count) for item in inputs))), dtype=np.float64)
    elif design == "one_at_a_time":
        unit = _one_at_a_time(inputs, count)
    elif design in BY_CHANCE:
        from scipy.stats import qmc

        assert count is not None
        engine = qmc.LatinHypercube(len(inputs), seed=seed) if design == BY_CHANCE[0] else qmc.Sobol(
            len(inputs), seed=seed)  # fmt: skip
        unit = np.asarray(engine.random(count))
    elif design == "morris":
        from SALib.sample import morris

        settings["levels"] = levels
        # its generator takes 32 bits
        unit = morris.sample(
            salib_problem([item.name for item in inputs]), count, num_levels=levels, seed=seed % 2**32
        )  # fmt: skip
    else:
        from SALib.sample import sobol

        settings["second_order"] = second_order
        problem = salib_problem([item.name for item in inputs])
        unit = sobol.sample(problem, count, calc_second_order=second_order, seed=seed)
    # rounding must not leave the cube
    return sample_of(design, inputs, np.clip(unit, 0.0, 1.0), settings)


#: Most rows of a design: more would take minutes to lay out and check.
MOST_ROWS = 100_000


def _rows(design: str, inputs: Sequence[Input], count: int | None, *, second_order: bool) -> int:
    """Rows a design will have, before any is laid."""
    along = [len(item.levels) if item.span is None else count or 0 for item in inputs]
    if design == "grid":
        return math.prod(along)
    if design == "one_at_a_time":
        return 1 + sum(along)
    each = {"morris": len(inputs) + 1, "saltelli": (2 if second_order else 1) * len(inputs) + 2}.get(design, 1)
    return (count or 0) * each


def _checked_count(design: str, inputs: Sequence[Input], count: int | None) -> int | None:
    key = "experiment.points"
    fewest = {"latin_hypercube": 1, "sobol_sequence": 1, "morris": 2, "saltelli": 2}.get(design, 2)
    if count is None:
        ranges = [item.name for item in inputs if item.span is not None]
        if design == "one_at_a_time" and ranges:
            return 2
        if design == "grid" and ranges:
            raise InputError(
                key, problem=f"is missing: a grid needs to know how many values of {ranges[0]} to take",
                allowed="a whole number from 2, or {values: [...]} for its range",
            )  # fmt: skip
        if design in ("grid", "one_at_a_time"):
            return None
        raise InputError(key, problem="is missing", allowed=f"the number of {COUNTED[design]} of {design}")
    if count < fewest:
        raise InputError(key, count, problem="out of range", allowed=f"from {fewest} {COUNTED[design]} of {design}")
    if design in ("sobol_sequence", "saltelli") and count & (count - 1):
        below = 1 << (count.bit_length() - 1)
        raise InputError(
            key, count, problem=f"is not a power of 2, without which {design} loses its balance",
            allowed=f"{below} or {2 * below}",
        )  # fmt: skip
    return count


def _one_at_a_time(inputs: Sequence[Input], count: int | None) -> NDArray[np.float64]:
    """The scenario itself first, then every other value of each input in turn."""
    base = [item.base for item in inputs]
    rows = [base]
    for number, item in enumerate(inputs):
        here = item.value(item.base)
        rows += [[*base[:number], u, *base[number + 1 :]] for u in item.axis(count) if item.value(u) != here]
    return np.array(rows, dtype=np.float64)


def sample_of(
    design: str, inputs: Sequence[Input], unit: NDArray[np.float64], settings: dict[str, Any] | None = None
) -> Sample:
    """Read coordinates as values; rows with the same values share a point."""
    rows = [{item.name: item.value(float(u)) for item, u in zip(inputs, row, strict=True)} for row in unit]
    numbers: dict[tuple[Any, ...], int] = {}
    points: list[Point] = []
    order = np.empty(len(rows), dtype=np.int64)
    for k, values in enumerate(rows):
        number = numbers.setdefault(tuple(values.values()), len(points))
        if number == len(points):
            points.append(Point(number, values, changes_of(inputs, values)))
        order[k] = number
    return Sample(design, tuple(inputs), np.asarray(unit, np.float64), order, tuple(points), settings or {})


def changes_of(inputs: Sequence[Input], values: Mapping[str, Any]) -> dict[str, Any]:
    """Keys a point sets; two inputs may not set the same."""
    spans = [item.span for item in inputs if item.span is not None]
    named = {item.span.name: values[item.name] for item in inputs if item.span is not None}
    changes = as_changes(spans, named)
    for item in inputs:
        if item.span is not None:
            continue
        level = next(level for level in item.levels if level.value == values[item.name])
        clash = sorted(set(level.changes) & set(changes))
        if clash:
            raise InputError(f"experiment.{'factors' if item.lever else 'uncertainties'}.{item.name}",
                             problem=f"sets {clash[0]}, as another input does")  # fmt: skip
        changes |= level.changes
    return changes
