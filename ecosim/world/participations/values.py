"""Numbers and dates as people write them. What a point or a comma means is decided by column, never by cell."""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from ecosim.errors import shown
from ecosim.world.participations.faults import blank, each, fault, refuse_first

if TYPE_CHECKING:
    import pandas as pd

# ---------------------------------------------------------------------------------------------- money

_PLAIN_MONEY = "EUR as plain numbers (829050 or 829050.34), or empty"
_SPACES = " \u00a0\u2009\u202f'\u2019"
_SPACED = re.compile(rf"[+-]?\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
#: One mark that may be a decimal point or may part thousands: 829.050, 12,500.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")
_ONE_MARK = re.compile(r"[+-]?\d*([.,])\d*(?:[eE][+-]?\d+)?")
_MANY_MARKS = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})+")
_BOTH_MARKS = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*(?!\1)([.,])\d+")
_FLOAT = re.compile(r"[+-]?[\d.]+(?:[eE][+-]?\d+)?", re.ASCII)
#: What nearly every cell is: a number with two decimals at most, in which a mark can only be decimal.
_USUAL = re.compile(r"-?\d+(?:([.,])\d{1,2})?")
_CURRENCY = re.compile(r"^(?:eur|euros?|€)\s*|\s*(?:eur|euros?|€)$", re.I)


def money(where: str, title: str, values: pd.Series, euros: float = 1.0) -> tuple[pd.Series, str]:
    """Euros of a column, 0 where it is empty.

    Text is read by one convention for the whole column. Points are decimal where one of them can be nothing else
    (``400000.5``), and part thousands where one of them can be nothing else (``1.250.000``), or where every number with
    a point looks so (``829.050``, ``400.000``): euros with three decimals are not written. The same holds for commas.
    Spaces and apostrophes between groups of three and the sign or name of the euro are passed over. What a file holds
    as numbers stays as it is.

    Parameters
    ----------
    where, title : str
        The file and the column's own name, for errors.
    values : Series
        Cells; the index counts rows.
    euros : float
        Euros of one unit.

    Returns
    -------
    (Series, str)
        Euros, and a note where points or commas were taken to part thousands.

    Raises
    ------
    InputError
        If a cell is no number, or the column may be read in two ways.
    """
    import pandas as pd

    empty = blank(values)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        number, note = values.to_numpy(dtype=float, na_value=float("nan")), ""
    else:
        read, note = _numbers(where, title, values[~empty])
        number = np.array(each(values, lambda value: read.get(value, float("nan"))), dtype=float)
    refuse_first(where, title, values, ~np.isfinite(number) & ~empty, "is not a number", _PLAIN_MONEY)
    return pd.Series(np.where(empty, 0.0, number) * euros, index=values.index), note


def _numbers(where: str, title: str, values: pd.Series) -> tuple[dict[Any, float], str]:
    """What each different cell means."""
    read: dict[Any, float] = {}
    texts: dict[str, str] = {}
    for value in dict.fromkeys(values.tolist()):
        if isinstance(value, str):
            texts[value] = _bare(value)
        elif isinstance(value, (int, float, Decimal, np.number)) and not isinstance(value, bool):
            read[value] = float(value)
        else:
            read[value] = float("nan")
    decimal, either = _convention(where, title, values, texts)
    for value, bare in texts.items():
        plain = bare.replace(".", "").replace(",", ".") if decimal == "," else bare.replace(",", "")
        try:
            read[value] = float(plain) if _FLOAT.fullmatch(plain) else float("nan")
        except ValueError:
            read[value] = float("nan")
    if not either:
        return read, ""
    return read, f"'{title}' read with {'points' if decimal == ',' else 'commas'} between thousands " + (
        f"('{shown(either, 20)}' is {read[either]:,.0f})"
    )


def _bare(text: str) -> str:
    """A number without the euro, spaces between its groups, and signs that look like a minus."""
    if _USUAL.fullmatch(text):
        return text
    text = _CURRENCY.sub("", text.strip()).strip().replace("\u2212", "-").replace("\u2013", "-")
    if _SPACED.fullmatch(text):
        text = re.sub(f"[{_SPACES}]", "", text)
        # grouped by spaces, so the one mark left is decimal; a fourth decimal keeps it from looking like a group
        text += "0" if _EITHER.fullmatch(text) else ""
    return text


def _convention(where: str, title: str, values: pd.Series, texts: dict[str, str]) -> tuple[str, str]:
    """The decimal mark of a column, and a cell of it whose mark was taken to part thousands ("" for none)."""
    sure: dict[str, str] = {}  # decimal mark -> a cell that says so
    grouped: dict[str, str] = {}  # mark between thousands -> a cell that says so
    open_: dict[str, list[str]] = {".": [], ",": []}
    whole: str | None = None  # a number of thousands without a mark
    decimals: dict[str, set[int]] = {".": set(), ",": set()}
    for value, bare in texts.items():
        if (match := _USUAL.fullmatch(bare)) and match[1]:
            sure.setdefault(match[1], value)
            decimals[match[1]].add(2)
        elif _WHOLE.fullmatch(bare):
            whole = value if len(bare.lstrip("+-")) > 3 else whole
        elif match := _EITHER.fullmatch(bare):
            open_[match[1]].append(value)
        elif match := _MANY_MARKS.fullmatch(bare):
            grouped.setdefault(match[1], value)
        elif match := _BOTH_MARKS.fullmatch(bare):
            grouped.setdefault(match[1], value)
            sure.setdefault(match[2], value)
        elif match := _ONE_MARK.fullmatch(bare):
            sure.setdefault(match[1], value)
            decimals[match[1]].add(len(bare) - bare.index(match[1]) - 1)
    other = {".": ",", ",": "."}
    says = dict(sure)
    for mark, cell in grouped.items():
        says.setdefault(other[mark], cell)
    if len(says) > 1:
        raise _two_ways(where, title, values, says[","], says["."])
    if says:
        (mark,) = says
        # 150.000 beside 400000.5: neither three decimals everywhere nor groups everywhere
        odd = next((cell for cell in open_[mark] if texts[cell].endswith("0")), None)
        if odd is not None and mark in sure and decimals[mark] - {3}:
            raise _two_ways(where, title, values, odd, sure[mark])
        both = open_[other[mark]]
        if both and whole is not None and other[mark] not in grouped:
            raise _two_ways(where, title, values, both[0], whole)
        return mark, next(iter([*both, *grouped.values()]), "")
    if open_["."] and open_[","]:
        raise _two_ways(where, title, values, open_["."][0], open_[","][0])
    for mark, cells in open_.items():
        if cells:
            if whole is not None:
                raise _two_ways(where, title, values, cells[0], whole)
            if len(cells) < 3 and not any(texts[cell].endswith("0") for cell in cells):
                raise _two_ways(where, title, values, cells[0], None)
            return other[mark], cells[0]
    return ".", ""


def _two_ways(where: str, title: str, values: pd.Series, one: str, two: str | None) -> Exception:
    row = int(values.index[int((values == one).to_numpy().argmax())])
    beside = f" beside '{shown(two, 20)}'" if two is not None else ""
    problem = f"'{shown(one, 20)}'{beside} can be read in two ways: do points and commas part thousands or decimals?"
    return fault(where, title, row, problem, _PLAIN_MONEY)


# ---------------------------------------------------------------------------------------------- dates

_DATES = "YYYY-MM-DD, dd/mm/yyyy or dd.mm.yyyy, or empty"
_YEARS = range(1900, 2201)
_TIME = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d+)?)?(?:\s*[AaPp][Mm])?"
    r"\s*(?P<zone>Z|UTC|GMT|CES?T|[+-]\d{2}:?(?:\d{2})?)?(?:\s*\[.*\])?)?"
)
_YMD = re.compile(rf"(?P<y>\d{{4}})(?:(?P<mark>[-/.])(?P<m>\d{{1,2}})(?:(?P=mark)(?P<d>\d{{1,2}}))?)?{_TIME}")
_COMPACT = re.compile(rf"(?P<y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}}){_TIME}")
_TWO = re.compile(rf"(?P<a>\d{{1,2}})(?P<mark>[-/.])(?P<b>\d{{1,2}})(?P=mark)(?P<y>\d{{4}}){_TIME}")
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: k for k, name in enumerate(_NAMES, start=1)}
_WORD = r"(?P<word>[A-Za-z]{3})[a-z]*\.?"
_DAY_FIRST = re.compile(
    rf"(?:[A-Z][a-z]+,? )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ .\-]+{_WORD}[ ,\-]+(?P<y>\d{{4}}){_TIME}"
)
_MONTH_FIRST = re.compile(rf"{_WORD} +(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<y>\d{{4}}){_TIME}")
_MONTH_ONLY = re.compile(rf"{_WORD}[ \-]+(?P<y>\d{{4}})")
_EMPTY_DATES = frozenset(("0000-00-00", "00/00/0000", "00.00.0000"))


def _date(year: Any, month: Any, day: Any) -> dt.date | None:
    try:
        found = dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _match_date(text: str) -> re.Match[str] | None:
    for pattern in (_YMD, _COMPACT, _TWO, _DAY_FIRST, _MONTH_FIRST, _MONTH_ONLY):
        match = pattern.fullmatch(text)
        if match:
            return match
    return None


def month_first(where: str, columns: dict[str, pd.Series]) -> bool:
    """Whether the dates of these columns are written with the month before the day (12/31/2015).

    One order holds for the whole file: it is the one that every date allows.

    Parameters
    ----------
    where : str
        The file, for errors.
    columns : dict
        Cells by the column's own name.

    Raises
    ------
    InputError
        If dates contradict each other, or none of them says which number is the day.
    """
    day_first: tuple[str, str, int] | None = None
    month: tuple[str, str, int] | None = None
    open_: tuple[str, str, int] | None = None
    for title, values in columns.items():
        for value in dict.fromkeys(values.tolist()):
            match = _TWO.fullmatch(value.strip()) if isinstance(value, str) else None
            if match is None or match["mark"] == ".":
                continue
            first, second = int(match["a"]), int(match["b"])
            here = (title, value, 0)
            if first > 12 >= second:
                day_first = day_first or here
            elif second > 12 >= first:
                month = month or here
            elif first != second:
                open_ = open_ or here
    if day_first and month:
        title, value, _ = month
        problem = f"'{value}' has the month first and '{day_first[1]}' the day"
        raise fault(where, title, _row_of(columns[title], value), problem, "one form of dates, best YYYY-MM-DD")
    if open_ and not (day_first or month):
        title, value, _ = open_
        problem = f"'{value}' can be read in two ways: which number is the month?"
        raise fault(where, title, _row_of(columns[title], value), problem, "dates as YYYY-MM-DD")
    return month is not None


def _row_of(values: pd.Series, value: Any) -> int:
    return int(values.index[int((values == value).to_numpy().argmax())])


def dates(
    where: str, title: str, values: pd.Series, month_before_day: bool = False, last: bool = False
) -> pd.Series:  # fmt: skip
    """Days of a column, NaT where it is empty.

    Times and zones are dropped: a day is the one that is written, unless every date with a zone is midnight in Brussels
    and not as written (``2014-12-31T23:00:00Z`` is how a program writes 1 January 2015 there).

    Parameters
    ----------
    where, title : str
        The file and the column's own name, for errors.
    values : Series
        Cells; the index counts rows.
    month_before_day : bool
        From :func:`month_first`.
    last : bool
        Whether a date without a day means the last of its month or year, as the end of a project does.

    Raises
    ------
    InputError
        If a cell is no date.
    """
    import pandas as pd

    if isinstance(values.dtype, pd.DatetimeTZDtype):
        local = values.dt.tz_localize(None)
        brussels = values.dt.tz_convert("Europe/Brussels").dt.tz_localize(None)
        midnight = bool((local.dropna() == local.dropna().dt.normalize()).all())
        if not midnight and bool((brussels.dropna() == brussels.dropna().dt.normalize()).all()):
            local = brussels
        return _in_range(where, title, values, local.dt.normalize())
    if pd.api.types.is_datetime64_dtype(values):
        return _in_range(where, title, values, values.dt.normalize())
    empty = blank(values) | np.array(each(values, lambda value: value in _EMPTY_DATES), dtype=np.bool_)
    written: dict[Any, dt.date | None] = {}
    brussels_days: dict[Any, dt.date | None] = {}
    plain_midnight, in_brussels = True, True
    for value in dict.fromkeys(values[~empty].tolist()):
        day, moment = _read_date(value, month_before_day, last)
        written[value] = day
        if moment is not None:
            there = moment.astimezone(_brussels())
            brussels_days[value] = there.date()
            plain_midnight &= moment.time() == dt.time(0)
            in_brussels &= there.time() == dt.time(0)
    if brussels_days and in_brussels and not plain_midnight:
        written |= brussels_days
    found = each(values, written.get)
    wrong = [day is None and not nothing for day, nothing in zip(found, empty, strict=True)]
    refuse_first(where, title, values, wrong, "is not a date", _DATES)
    text = [None if day is None else day.isoformat() for day in found]
    return pd.Series(pd.to_datetime(pd.Series(text, dtype=object), format="ISO8601").to_numpy(), index=values.index)


def _in_range(where: str, title: str, values: pd.Series, days: pd.Series) -> pd.Series:
    wrong = days.notna() & ~days.dt.year.isin(_YEARS)
    refuse_first(where, title, values, wrong, "is not a date", _DATES)
    return days


@lru_cache(maxsize=1)
def _brussels() -> dt.tzinfo:
    try:
        return ZoneInfo("Europe/Brussels")
    except (KeyError, OSError):  # a system without the list of time zones
        return dt.timezone(dt.timedelta(hours=1))


def _read_date(value: Any, month_before_day: bool, last: bool) -> tuple[dt.date | None, dt.datetime | None]:
    """Day as written, and the moment if a zone is written."""
    if isinstance(value, dt.datetime):
        return _date(value.year, value.month, value.day), value if value.tzinfo is not None else None
    if isinstance(value, dt.date):
        return _date(value.year, value.month, value.day), None
    if isinstance(value, np.datetime64):
        value = str(value)
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and float(value).is_integer():
        value = str(int(value))
        if len(value) != 8:
            return None, None
    match = _match_date(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None, None
    parts = match.groupdict()
    if "a" in parts:
        swap = month_before_day and parts["mark"] != "."
        day = _date(parts["y"], parts["a" if swap else "b"], parts["b" if swap else "a"])
    elif "word" in parts:
        month = _MONTHS.get(parts["word"].lower())
        day = _date(parts["y"], month, parts.get("d") or _day_of(parts["y"], month, last)) if month else None
    else:
        number = int(parts["m"] or (12 if last else 1))
        day = _date(parts["y"], number, parts["d"] or _day_of(parts["y"], number, last))
    zone = _zone(parts.get("zone"))
    if day is None or zone is None:
        return day, None
    try:
        time = dt.time(int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0), tzinfo=zone)
    except ValueError:
        return None, None
    return day, dt.datetime.combine(day, time)


def _day_of(year: str, month: int, last: bool) -> int:
    return monthrange(int(year), month)[1] if last and 1 <= month <= 12 and int(year) > 0 else 1


def _zone(text: str | None) -> dt.tzinfo | None:
    if not text:
        return None
    if text in ("CET", "CEST"):
        return _brussels()
    if text[0] not in "+-":
        return dt.UTC
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    if minutes >= 24 * 60:
        return None
    return dt.timezone(dt.timedelta(minutes=minutes if text[0] == "+" else -minutes))


# ---------------------------------------------------------------------------------------------- identifiers

_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")


def identifiers(where: str, title: str, values: pd.Series) -> pd.Series:
    """Identifiers as text: numbers without the decimals that a spreadsheet adds.

    Raises
    ------
    InputError
        If a spreadsheet has rounded them (``9.99E+08``): several organisations would become one.
    """
    import pandas as pd

    read = pd.Series(each(values, _as_identifier), index=values.index, dtype=object)
    rounded = each(read, lambda text: _ROUNDED.fullmatch(text) is not None)
    refuse_first(
        where, title, read, rounded, "has been rounded by a spreadsheet",
        "whole identifiers: format the column as text or number before saving",
    )  # fmt: skip
    some = read[read != ""]
    if _all(some, r"\d+(?:\.0+)?") and not _all(some, r"\d+"):
        read = pd.Series(each(read, lambda text: re.sub(r"\.0+$", "", text)), index=values.index, dtype=object)
    return read


def _as_identifier(value: Any) -> str:
    if isinstance(value, str):
        return "" if value.lower() in ("nan", "none", "null", "nat", "<na>") else value
    if value is None or value != value:
        return ""
    if isinstance(value, (float, np.floating, Decimal)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def numbers_if_all(values: pd.Series) -> pd.Series:
    """Identifiers as whole numbers if all of them are, so that their order is that of the numbers."""
    text = values.astype(str)
    return text.astype(np.int64) if _all(text, r"[0-9]{1,18}") else text


def _all(values: Iterable[Any], pattern: str) -> bool:
    fits = re.compile(pattern).fullmatch
    return all(fits(value) for value in set(values))
