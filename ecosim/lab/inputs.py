"""What an experiment varies: its levers and uncertainties as inputs of a design, and points read from a table."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ecosim.analysis.measures import ADDED, AREAS, PARTS
from ecosim.analysis.naming import BY_COLUMN, BY_WINDOW, MEANINGS, OF_PRIMARY
from ecosim.analysis.resilience import COLUMNS, WINDOWS, named
from ecosim.errors import InputError, nearest_key, nearest_name, short_label, shown
from ecosim.lab.compose import GROUPS
from ecosim.lab.draws import Drawn, assumed_under, is_whole, value_of
from ecosim.lab.keys import all_keys, holds_countries
from ecosim.lab.points import Input, Level, Point, Sample, changes_of
from ecosim.lab.settings import ExperimentConfig
from ecosim.outcomes.treatment import REALISED
from ecosim.report.csvs import original
from ecosim.report.problem import UNIT
from ecosim.scenario import Scenario

#: Groups whose options may be varied: each is one part of the scenario.
VARIED_GROUPS: tuple[str, ...] = ("world", "policy", "programme", "instruments", "decisions", "funders")
#: Columns of the results, beside measures and what they are made of, that no factor may be called.
RESERVED: tuple[str, ...] = (
    "design_id", "history_id", "shock", "shocks", "policy", "reference", "point", "replicate", "seed", "arm", "month",
    "status", "error", "replicates", "clusters", "draw", "parameter", "value", "unit", "index",
    "regret", "regret_q90", "probability_best", "best_share", "ranked_draws", "never_hit_share", "not_recovered_share",
    "recovery_horizon_months", ADDED, "factor", "level", "against", "measure", "contrast", "verdict", "low", "high",
)  # fmt: skip
#: Measures by their full names, and by the words they begin with; what they are made of.
_MEASURES = frozenset({
    *MEANINGS, *BY_WINDOW, *BY_COLUMN, *OF_PRIMARY, *COLUMNS, *PARTS, *REALISED,
    *(named(part, column, window) for part in AREAS for column in COLUMNS for window in (None, *WINDOWS)),
})  # fmt: skip
#: Endings under which a measure has further columns.
_ENDINGS = re.compile(r"_(low|high|q05|q95|sd|se|share|median)$")
_RANGE = "[low, high], {range: [low, high], log: true}, {values: [...]} or assumed"


# ---------------------------------------------------------------------------------------------- levers


def levers_of(experiment: ExperimentConfig, scenario: Scenario) -> tuple[Input, ...]:
    """The factors of an experiment, as inputs."""
    return tuple(_lever(factor, content, experiment, scenario) for factor, content in experiment.factors.items())


def _lever(factor: str, content: Any, experiment: ExperimentConfig, scenario: Scenario) -> Input:
    key = f"experiment.factors.{short_label('experiment.factors', factor)}"
    _refuse_reserved(key, factor)
    if isinstance(content, Mapping) and "range" in content:
        if experiment.levers != "sampled":
            raise InputError(
                key, problem="has a range, which crossed levers cannot", allowed="a list of values, or "
                "experiment.levers=sampled with a design that lays out points",
            )  # fmt: skip
        return _ranged(key, factor, content["range"], content, scenario, lever=True)
    levels = _levels(key, factor, content)
    wanted = experiment.reference.get(factor)
    labels = [level.label for level in levels]
    place = labels.index(wanted) if wanted in labels else 0
    return Input(factor, True, levels=levels, base=(place + 0.5) / len(levels))


def _levels(key: str, name: str, content: Any) -> tuple[Level, ...]:
    if isinstance(content, list) and content:
        return _listed(key, name, content)
    if not isinstance(content, Mapping) or not content:
        raise InputError(key, problem="has no levels", allowed="a list of values or {level: {key: value}}")
    levels = []
    for level, settings in content.items():
        if not isinstance(settings, Mapping) or not all(isinstance(item, str) for item in settings):
            raise InputError(f"{key}.{level}", shown(settings), problem="wrong type", allowed="{dotted key: value}")
        label = short_label(key, level)
        levels.append(Level(label, label, dict(settings)))
    return _told_apart(key, levels)


def _told_apart(key: str, levels: Sequence[Level]) -> tuple[Level, ...]:
    """Levels under different names, as tables need them."""
    labels = [level.label for level in levels]
    for label in labels:
        if labels.count(label) > 1:
            raise InputError(
                key, label, problem="names two levels" if len(label) < 80 else "begins two levels, which tables cannot "
                "tell apart", allowed="each value once, long ones by name: {LEVEL: {dotted key: value}}",
            )  # fmt: skip
    return tuple(levels)


def _listed(key: str, name: str, values: Sequence[Any]) -> tuple[Level, ...]:
    if holds_countries(name):
        values = [_with_norway(value) for value in values]
    return _told_apart(key, [Level(short_label(key, shown(value)), _tabled(value), {name: value}) for value in values])


def _with_norway(value: Any) -> Any:
    """Countries as they were written: YAML reads Norway's ``NO`` as false."""
    if isinstance(value, list):
        return [_with_norway(item) for item in value]
    return "NO" if value is False else value


def _tabled(value: Any) -> float | int | str:
    """How tables show a value: as a number when it is one."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else shown(value)


def is_reserved(name: str) -> bool:
    """Whether a table of results has a column of this name, or may have."""
    return name in RESERVED or _ENDINGS.sub("", name) in _MEASURES or name.startswith(UNIT)


def _refuse_reserved(key: str, name: str) -> None:
    if name in RESERVED or is_reserved(name):
        allowed = f"another name: {{NAME: {{LEVEL: {{{name}: OPTION}}, ...}}}}" if name in VARIED_GROUPS else ""
        raise InputError(key, problem="is a name the results use already", allowed=allowed)


# ---------------------------------------------------------------------------------------------- uncertainties


def uncertainties_of(experiment: ExperimentConfig, scenario: Scenario) -> tuple[Input, ...]:
    """The uncertainties of an experiment, as inputs."""
    found: dict[str, Input] = {}
    for name, content in experiment.uncertainties.items():
        key = f"experiment.uncertainties.{short_label('experiment.uncertainties', name)}"
        _refuse_reserved(key, str(name))
        if name in experiment.factors:
            raise InputError(key, problem="is a factor as well; a lever is ours to choose, an uncertainty is not")
        for item in _uncertain(key, str(name), content, experiment, scenario):
            if item.name in found:
                raise InputError(key, problem=f"names {item.name} once more")
            found[item.name] = item
    return tuple(found.values())


def _uncertain(key: str, name: str, content: Any, experiment: ExperimentConfig, scenario: Scenario) -> Iterator[Input]:
    if content == "assumed":
        yield from _assumed(key, name, experiment, scenario)
    elif isinstance(content, Mapping) and "range" in content:
        yield _ranged(key, name, content["range"], content, scenario, lever=False)
    elif isinstance(content, Mapping) and set(content) == {"values"}:
        values = content["values"]
        if not isinstance(values, list) or not values:
            raise InputError(f"{key}.values", shown(values), problem="wrong type", allowed="a list of values")
        yield Input(name, False, levels=_listed(key, name, values))
    elif isinstance(content, Mapping) and content:
        yield Input(name, False, levels=_levels(key, name, content))
    else:
        yield _ranged(key, name, content, {}, scenario, lever=False)


def _assumed(key: str, name: str, experiment: ExperimentConfig, scenario: Scenario) -> Iterator[Input]:
    """Every assumed parameter of this name or beginning, over the range of its declaration."""
    everything = assumed_under(scenario, name)
    if not everything:
        known = {item.key for part in type(scenario).model_fields for item in assumed_under(scenario, part)}
        raise InputError(
            key, "assumed", problem="no assumed parameter is called so, or begins so", allowed=_RANGE,
            nearest=nearest_key(name, known),
        )  # fmt: skip
    for item in everything:
        if not any(item.key == held or item.key.startswith(f"{held}.") for held in experiment.hold):
            value = value_of(scenario, item.key)
            yield _on_span(item, value if item.element is None else value[item.element], lever=False)


def _ranged(key: str, name: str, ends: Any, content: Mapping[str, Any], scenario: Scenario, *, lever: bool) -> Input:
    """An input with a range of numbers.

    Raises
    ------
    InputError
        When the ends are not two numbers in their order, the key is unknown, or the scenario refuses an end.
    """
    for item in content:
        if item not in ("range", "log"):
            raise InputError(f"{key}.{item}", problem="no such parameter", allowed="range, log",
                             nearest=nearest_name(str(item), ("range", "log")))  # fmt: skip
    allowed = "two numbers [low, high]" if lever or content else _RANGE
    if not isinstance(ends, (list, tuple)) or len(ends) != 2 or not all(_is_number(end) for end in ends):
        raise InputError(key, shown(ends), problem="is not a range of numbers", allowed=allowed)
    low, high = ends
    if not low < high:
        raise InputError(key, shown(ends), problem="is no range: its low end is not below its high end")
    log = content.get("log", False)
    if not isinstance(log, bool):
        raise InputError(f"{key}.log", log, problem="wrong type", allowed="true or false")
    if log and low <= 0:
        raise InputError(key, shown(ends), problem="reaches down to nothing, which a logarithmic range cannot")
    field = field_of(scenario, name)
    if field is None:
        raise InputError(key, problem=f"no such parameter as {name}", nearest=nearest_name(name, all_keys()))
    span = Drawn(name, float(low), float(high), "log_uniform" if log else "uniform", is_whole(field.annotation))
    if span.whole and math.ceil(low) > math.floor(high):
        raise InputError(key, shown(ends), problem="holds no whole number")
    return _on_span(span, value_of(scenario, name), lever=lever)


def _is_number(value: Any) -> bool:
    # beyond 1e300 differences and products have no number
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _on_span(span: Drawn, value: Any, *, lever: bool) -> Input:
    inside = _is_number(value) and span.low <= value <= span.high
    return Input(span.name, lever, span=span, base=span.quantile_of(float(value)) if inside else 0.5)


def field_of(scenario: Scenario, key: str) -> Any:
    """Declaration of the parameter at a dotted key; None when there is none, or what is there is a section."""
    from pydantic import BaseModel

    *parents, last = key.split(".")
    inside = value_of(scenario, ".".join(parents)) if parents else scenario
    if not isinstance(inside, BaseModel) or isinstance(getattr(inside, last, None), (BaseModel, Mapping)):
        return None
    return type(inside).model_fields.get(last)


# ---------------------------------------------------------------------------------------------- points from a table


def read_points(
    path: str, levers: Sequence[Input], uncertainties: Sequence[Input], scenario: Scenario,
    check: Callable[[Mapping[str, Any]], object],
) -> tuple[Sample, bool]:  # fmt: skip
    """Points from a CSV file, a row each, and whether the levers are among its columns.

    Parameters
    ----------
    path : str
        The file. A column is a factor (its levels by name), an uncertainty, a dotted key or an option group.
    levers, uncertainties : sequence of Input
        What the experiment declares.
    scenario : Scenario
        The scenario the points differ from.
    check : callable
        Raises InputError for keys and values that no scenario can have.

    Raises
    ------
    InputError
        Naming file, row (the first below the heading is 2, as in a spreadsheet) and column.
    """
    names, rows = _read_csv(path)
    declared = {item.name: item for item in (*levers, *uncertainties)}
    for name in names:
        _refuse_reserved(f"{path}, row 1, column '{name}'", name)
        if name not in declared and name not in VARIED_GROUPS and field_of(scenario, name) is None:
            raise InputError(
                f"{path}, row 1, column '{name}'", problem="no such factor, parameter or option group",
                nearest=nearest_name(name, {*declared, *VARIED_GROUPS, *all_keys()}),
            )  # fmt: skip
    sampled = any(item.name in names for item in levers)
    for item in (*uncertainties, *(levers if sampled else ())):
        if item.name not in names:
            kind = "factor" if item.lever else "uncertainty"
            raise InputError(f"{path}, row 1", problem=f"has no column for the {kind} {item.name}")
    inputs, columns = [], []
    for number, name in enumerate(names):
        cells = [(f"{path}, row {k}, column '{name}'", row[number]) for k, row in rows]
        if name in declared:
            item = declared[name]
            values = [_cell(place, text, item) for place, text in cells]
        else:
            item, values = _undeclared(name, cells, scenario, check)
        inputs.append(item)
        columns.append(values)
    points: list[Point] = []
    seen: dict[tuple[Any, ...], int] = {}
    for (k, _), levels in zip(rows, zip(*columns, strict=True), strict=True):
        if levels in seen:
            raise InputError(path, problem=f"rows {seen[levels]} and {k} are the same point")
        seen[levels] = k
        named = dict(zip(names, levels, strict=True))
        changes = changes_of(inputs, named)
        try:
            check(changes)
        except InputError as error:
            raise InputError(f"{path}, row {k}: {error.key}", error.value, error.allowed, error.nearest,
                             problem=error.problem) from None  # fmt: skip
        points.append(Point(len(points), named, changes))
    unit = [[item.coordinate(point.values[item.name]) for item in inputs] for point in points]
    order = np.arange(len(points))
    return Sample("csv", tuple(inputs), np.array(unit), order, tuple(points), {"file": Path(path).name}), sampled


def _read_csv(path: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and rows with their numbers; empty rows are passed over."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            lines = [[original(cell.strip()) for cell in row] for row in csv.reader(file, strict=True)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("experiment.points", path, problem=f"cannot be read ({error})", allowed="a CSV file") from None
    rows = [(k, row) for k, row in enumerate(lines, start=1) if any(row)]
    if not rows or rows[0][0] != 1:
        raise InputError(path, problem="has no heading in its first row", allowed="dotted keys or factors")
    (_, names), *body = rows
    for number, name in enumerate(names, start=1):
        if not name or names.count(name) > 1:
            raise InputError(f"{path}, row 1", name or f"column {number}", problem="names no column, or one twice")
    for k, row in body:
        if len(row) != len(names):
            raise InputError(f"{path}, row {k}", problem=f"has {len(row)} cells for {len(names)} columns")
    if not body:
        raise InputError("experiment.points", path, problem="holds no points: the design is empty")
    return names, body


def _cell(place: str, text: str, item: Input) -> float | int | str:
    if item.span is None:
        for level in item.levels:
            if text == level.label:
                return level.value
        labels = [level.label for level in item.levels]
        raise InputError(
            place, text, problem="no such level", allowed=", ".join(labels), nearest=nearest_name(text, labels)
        )
    value = _number(place, text)
    span = item.span
    if not span.low <= value <= span.high:
        raise InputError(place, text, problem="is outside the declared range", allowed=f"{span.low:g} to {span.high:g}")
    if span.whole and value != int(value):
        raise InputError(place, text, problem="is not a whole number")
    return int(value) if span.whole else value


def _number(place: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(place, text or "''", problem="is not a number")
    return value


def _undeclared(
    name: str, cells: Sequence[tuple[str, str]], scenario: Scenario, check: Callable[[Mapping[str, Any]], object]
) -> tuple[Input, list[Any]]:
    """An input from the values of a column that no section declares: a range when all are numbers, else levels."""
    raw = []
    for place, text in cells:
        if name not in GROUPS and isinstance(value_of(scenario, name), float):
            _number(place, text)
        value = _scalar(text)
        try:
            check({name: value})
        except InputError as error:
            raise InputError(place, error.value, error.allowed, error.nearest, problem=error.problem) from None
        raw.append(value)
    if all(_is_number(value) for value in raw) and len(set(raw)) > 1:
        whole = all(isinstance(value, int) for value in raw)
        span = Drawn(name, float(min(raw)), float(max(raw)), whole=whole)
        return _on_span(span, value_of(scenario, name), lever=False), raw
    different = {shown(value): value for value in raw}
    levels = _listed(cells[0][0], name, list(different.values()))
    return Input(name, False, levels=levels), [_tabled(value) for value in raw]


def _scalar(text: str) -> Any:
    """What a cell says: a number where it can be read as one, else what YAML makes of it."""
    import yaml

    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text
