"""A dated case: a scenario with calendar dates, and what was observed by country (or pair of countries) and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.config.schema import Section, parameter
from ecosim.errors import InputError, nearest_name, plain_data, reason_of, shown, usable_path

#: Where the cases that ship lie in the package.
SHIPPED = Path(__file__).resolve().parent / "cases"

#: What a column of observations can be, of a country: per cent.
OF_COUNTRY: dict[str, str] = {
    "participation_share": "% of all participations in the projects that start in the year",
    "money_share": "% of the money granted to these projects",
    "coordination_share": "% of the coordinations of these projects",
    "unpaid_share": "of the country's participations in them, % to which the programme pays nothing",
}
#: And of a pair of countries: any unit, for only what changes is compared (the mean of `before` is 100).
OF_PAIR: dict[str, str] = {
    "joint_work": "joint work in the year, the mean of the years before is 100",
    "joint_work_funded": "joint work in funded partnerships in the year, the mean of the years before is 100",
    "joint_work_unfunded": "joint work in unfunded partnerships in the year, the mean of the years before is 100",
}
QUANTITIES: dict[str, str] = {**OF_COUNTRY, **OF_PAIR}
#: Shares of one whole, so that their changes may be put in order.
COMPARABLE = ("participation_share", "money_share", "coordination_share")

_FIRST_YEAR, _LAST_YEAR = 1900, 2150


class ChangeConfig(Section):
    """Which years the change is measured between: the mean of some, and of later ones."""

    before: tuple[int, ...] = parameter((), "Years before, whose mean counts.")
    after: tuple[int, ...] = parameter((), "Years after, whose mean counts.")


class CaseFile(Section):
    """What stands in the file of a case."""

    title: str = parameter("", "What happened, in a few words.")
    source: str = parameter("", "Where the observations come from.")
    note: str = parameter("", "What a reader should know beside.")
    scenario: str | dict[str, Any] = parameter("", "Name of a scenario of `conf/scenario`, or the scenario itself.")
    change: ChangeConfig = ChangeConfig()
    columns: dict[str, str] = parameter({}, "Column of the table -> what it is.")
    observed: str | tuple[dict[str, Any], ...] = parameter((), "Rows of the table, or a CSV file beside this one.")
    as_counted: tuple[dict[str, Any], ...] = parameter(
        (), "Rows counted as ecosim counts, where the table counts otherwise: for levels; changes go by the table."
    )


@dataclass(frozen=True, eq=False)
class Case:
    """A case, read and checked but for what only the world can tell (its countries)."""

    name: str
    title: str
    source: str
    note: str
    #: Name of a scenario that ships, or its keys.
    scenario: str | dict[str, Any]
    before: tuple[int, ...]
    after: tuple[int, ...]
    #: Countries (ISO 3), or pairs of them, in the order of the table.
    units: tuple[tuple[str, ...], ...]
    #: Column -> what it is (:data:`QUANTITIES`).
    columns: dict[str, str]
    years: tuple[int, ...]
    #: (units, columns, years); nan where nothing was observed.
    observed: NDArray[np.float64]
    #: The same, counted as ecosim counts: levels are compared with these where there are any; nan elsewhere.
    as_counted: NDArray[np.float64]

    @property
    def by_pair(self) -> bool:
        """Whether rows are pairs of countries."""
        return len(self.units[0]) == 2

    def places(self, years: Sequence[int]) -> list[int]:
        """Places of some years on the axis of years."""
        return [self.years.index(year) for year in years]


def unit_name(unit: Sequence[str]) -> str:
    """A country, or two, for people."""
    return "-".join(unit)


def shipped() -> dict[str, Path]:
    """Cases that ship, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def find(text: str) -> Path:
    """The file of a case: a path as it stands, or the name of one that ships.

    Raises
    ------
    InputError
        If there is none.
    """
    from ecosim.lab.compose import expanded

    text = text.strip()
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        text = text[1:-1]
    if not text:
        raise InputError("case", problem="names no file", allowed=f"a file, or {', '.join(shipped())}")
    known = shipped()
    if text in known:
        return known[text]
    path = Path(expanded(usable_path("case", text)))
    if not path.is_file():
        raise InputError(
            "case", text, problem="no such file", allowed=f"a file, or a case that ships: {', '.join(known)}",
            nearest=nearest_name(text, known),
        )  # fmt: skip
    return path


def read_case(path: Path) -> Case:
    """Read the file of a case; it is data only.

    Raises
    ------
    InputError
        In one line, for whatever is wrong in it.
    """
    import yaml

    from ecosim.lab.compose import dates_as_text, refuse_code, refuse_two_dates, validated

    where = f"case={path}"
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("case", path, problem=f"cannot be read ({reason_of(error, 200)})") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError("case", path, problem=f"is not valid YAML ({reason_of(error, 200)})") from None
    if not isinstance(plain, dict):
        raise InputError("case", path, problem="holds no case", allowed=f"the keys {', '.join(CaseFile.model_fields)}")
    plain_data(where, plain)
    _refuse_on(plain, where)
    plain = dates_as_text(plain)
    refuse_code(plain, where)
    read = validated(CaseFile, plain, "case.")
    assert isinstance(read, CaseFile)
    for name in ("title", "scenario", "columns", "observed"):
        if not getattr(read, name):
            raise InputError(f"case.{name}", problem=f"is missing (in {path})")
    if isinstance(read.scenario, dict):
        shocks = read.scenario.get("shocks")
        for name, settings in shocks.items() if isinstance(shocks, Mapping) else ():
            if isinstance(settings, Mapping):
                refuse_two_dates(str(name), settings)
    for name, what in read.columns.items():
        if what not in QUANTITIES:
            raise InputError(
                f"case.columns.{name}", what, ", ".join(QUANTITIES), nearest_name(what, QUANTITIES),
                problem="is nothing that is simulated",
            )  # fmt: skip
    kinds = {what in OF_PAIR for what in read.columns.values()}
    if len(kinds) > 1:
        raise InputError("case.columns", shown(list(read.columns.values())), problem="are of countries and of pairs",
                         allowed="one of the two in a file")  # fmt: skip
    rows = _rows(read.observed, path)
    units, seen, observed = _table(rows, read.columns, kinds.pop())
    as_counted = _as_counted(read, units, seen)
    case = Case(
        path.stem, read.title, read.source, read.note, read.scenario, _years("before", read, seen),
        _years("after", read, seen), units, dict(read.columns), seen, observed, as_counted,
    )  # fmt: skip
    if max(case.before) >= min(case.after):
        raise InputError("case.change.after", shown(list(case.after)), problem="does not lie after `before`",
                         allowed=f"years after {max(case.before)}")  # fmt: skip
    for name in ("before", "after"):
        years = getattr(case, name)
        if not np.isfinite(case.observed[:, :, case.places(years)]).any(axis=2).all():
            raise InputError(
                f"case.change.{name}", shown(list(years)), problem="has a column and a country (or pair) of which "
                "nothing was observed", allowed="years that the table has",
            )  # fmt: skip
    return case


def _refuse_on(data: Any, where: str) -> None:
    """Refuse the key that YAML makes of ``on:`` (and ``yes:``): true."""
    stack = [data]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if True in {key for key in item if isinstance(key, bool)}:
                raise InputError(where, problem="holds a key that YAML reads as true (on, yes)",
                                 allowed="`announced:` and `effective:` for dates")  # fmt: skip
            stack += item.values()
        elif isinstance(item, list):
            stack += item


def _rows(observed: str | tuple[dict[str, Any], ...], path: Path) -> list[dict[str, Any]]:
    if not isinstance(observed, str):
        return [dict(row) for row in observed]
    import pandas as pd

    file = path.parent / usable_path("case.observed", observed)
    try:
        # a country may be written NA or NO
        table = pd.read_csv(file, sep=None, engine="python", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise InputError("case.observed", observed, problem=f"cannot be read ({reason_of(error, 200)})") from None
    return [{str(key).strip(): value for key, value in row.items()} for row in table.to_dict("records")]


def _table(
    rows: Sequence[dict[str, Any]], columns: Mapping[str, str], by_pair: bool, key: str = "observed"
) -> tuple[tuple[tuple[str, ...], ...], tuple[int, ...], NDArray[np.float64]]:
    """Units, years, and values (units, columns, years)."""
    from ecosim.world.names import country_code

    keys = ("country_a", "country_b") if by_pair else ("country",)
    found: dict[tuple[tuple[str, ...], int], list[float]] = {}
    for number, row in enumerate(rows, start=1):
        place = f"case.{key}, row {number}"
        known = [*keys, "year", *columns]
        for name in known:
            if name not in row:
                raise InputError(place, problem=f"has no {name}", allowed=", ".join(known),
                                 nearest=nearest_name(name, map(str, row)))  # fmt: skip
        for name in row:
            if name not in known:
                raise InputError(place, problem=f"has a column '{name}' of which `columns` does not say what it is",
                                 allowed=", ".join(known), nearest=nearest_name(str(name), known))  # fmt: skip
        unit = tuple(str(country_code(row[key])) for key in keys)
        if by_pair and unit[0] == unit[1]:
            raise InputError(place, unit[0], problem="is a pair of one country with itself", allowed="two countries")
        year = _number(place, "year", row["year"])
        if not (year.is_integer() and _FIRST_YEAR <= year <= _LAST_YEAR):
            raise InputError(f"{place}, year", row["year"], f"a year from {_FIRST_YEAR} to {_LAST_YEAR}")
        entry = (unit, int(year))
        if entry in found:
            raise InputError(place, f"{unit_name(unit)} {int(year)}", problem="stands twice", allowed="a row each")
        found[entry] = [_observation(place, name, row[name], what) for name, what in columns.items()]
    units = tuple(dict.fromkeys(unit for unit, _ in found))
    years = tuple(range(min(year for _, year in found), max(year for _, year in found) + 1))
    values = np.full((len(units), len(columns), len(years)), np.nan)
    for (unit, year), numbers in found.items():
        values[units.index(unit), :, years.index(year)] = numbers
    return units, years, values


def _as_counted(read: CaseFile, units: Sequence[tuple[str, ...]], years: Sequence[int]) -> NDArray[np.float64]:
    """Values counted as ecosim counts, on the axes of the table; nan where there are none."""
    found = np.full((len(units), len(read.columns), len(years)), np.nan)
    if not read.as_counted:
        return found
    if any(what in OF_PAIR for what in read.columns.values()):
        raise InputError("case.as_counted", problem="says nothing of pairs: only their change is compared")
    rows = [dict(row) for row in read.as_counted]
    mine, when, values = _table(rows, read.columns, False, "as_counted")
    for unit in mine:
        if unit not in units:
            raise InputError("case.as_counted", unit_name(unit), problem="is not in the table of observations",
                             allowed=", ".join(map(unit_name, units)))  # fmt: skip
    for year in when:
        if year not in years:
            raise InputError("case.as_counted", year, f"from {years[0]} to {years[-1]}", problem="was not observed")
    places = np.ix_([units.index(unit) for unit in mine], range(len(read.columns)), [years.index(y) for y in when])
    found[places] = values
    return found


def _observation(place: str, name: str, value: Any, what: str) -> float:
    if value is None or (isinstance(value, str) and not value.strip()):
        return float("nan")
    number = _number(place, name, value)
    if what in OF_COUNTRY and not 0.0 <= number <= 100.0:
        raise InputError(f"{place}, {name}", value, "per cent, from 0 to 100", problem="out of range")
    if number < 0.0:
        raise InputError(f"{place}, {name}", value, "0 or more", problem="out of range")
    return number


def _number(place: str, name: str, value: Any) -> float:
    try:
        number = float("x" if isinstance(value, bool) else value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not np.isfinite(number):
        raise InputError(f"{place}, {name}", value, "a number", problem="is no number")
    return number


def _years(name: str, read: CaseFile, years: Sequence[int]) -> tuple[int, ...]:
    """Years of one side of the change; by default the first, or the last, that were observed."""
    given: tuple[int, ...] = getattr(read.change, name)
    for year in given:
        if year not in years:
            raise InputError(f"case.change.{name}", year, f"from {years[0]} to {years[-1]}",
                             problem="was not observed")  # fmt: skip
    return tuple(sorted(set(given))) or (years[0 if name == "before" else -1],)
