"""Months as they are written (YYYY-MM), and how many lie between two."""

from __future__ import annotations

import datetime
import re
from typing import Any

_WRITTEN = re.compile(r"([0-9]{4})-([0-9]{1,2})(?:-([0-9]{1,2})(?:[T ]00:00(?::00)?)?)?")


def as_month(written: Any) -> Any:
    """A month (YYYY-MM) as a scenario keeps it, from a month or a day; None stays None.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> [as_month(text) for text in ("2016-6", "2016-06-23", datetime.date(2016, 6, 23), None)]
    ['2016-06', '2016-06', '2016-06', None]
    """
    if written is None:
        return None
    text = written.isoformat() if isinstance(written, datetime.date) else written
    found = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    try:
        # a day that no month has is no day
        datetime.date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError("must be a month or a day, written YYYY-MM or YYYY-MM-DD")
    return f"{found[1]}-{int(found[2]):02d}"


def months_between(first: str, last: str) -> int:
    """Months from one month (YYYY-MM) to another.

    Examples
    --------
    >>> months_between("2013-12", "2014-02")
    2
    """
    (y0, m0), (y1, m1) = ((int(part) for part in month.split("-")) for month in (first, last))
    return (y1 - y0) * 12 + m1 - m0


def month_after(first: str, months: int) -> str:
    """The month (YYYY-MM) that comes so many months after another.

    Examples
    --------
    >>> month_after("2013-12", 2)
    '2014-02'
    """
    year, month = map(int, first.split("-"))
    years, place = divmod(month - 1 + months, 12)
    return f"{year + years:04d}-{place + 1:02d}"
