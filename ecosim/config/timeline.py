"""The months of a run: when it starts, what is observed, and its calendar."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

from pydantic import field_validator

from ecosim.config.schema import Section, parameter

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


class TimelineConfig(Section):
    """Dates and phases of a run (months), as they were chosen; :attr:`Scenario.calendar` fills in what is left open.

    Observation starts in January 2014, where the data begin, unless told otherwise.
    """

    start: str | None = parameter(
        None, "First month of burn-in (YYYY-MM); null for the one with which burn-in ends before `observed_from`."
    )
    observed_from: str = parameter(
        "2014-01", "First month observed (YYYY-MM), before which burn-in ends, where no `start` is given."
    )
    burn_in_months: int | None = parameter(
        None, "Months before observation starts; null for 96, or three times the longest gap between calls of the "
        "experiment where that is more.",
        unit="months", bounds=(0, 1200),
    )  # fmt: skip
    calm_months: int = parameter(
        24, "Observed months before any shock; 0 to `calm_jitter_months` more are drawn per replicate.",
        unit="months", bounds=(0, 600),
    )  # fmt: skip
    calm_jitter_months: int = parameter(
        23, "Largest number of calm months added by the draw.", unit="months", bounds=(0, 600)
    )
    response_months: int = parameter(
        96, "Observed months after the longest calm window.", unit="months", bounds=(1, 1200)
    )
    run_off_months: int = parameter(
        0, "Months after observation without new awards, in which what is promised is paid.",
        unit="months", bounds=(0, 240),
    )  # fmt: skip

    @field_validator("start", "observed_from")
    @classmethod
    def _start_is_a_month(cls, value: str | None) -> str | None:
        if value is None:
            return None
        # as ASCII digits: of "²" Python says that it is a digit, and reads no number
        found = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})", value)
        if found is None or not 1 <= int(found[2]) <= 12:
            raise ValueError("must be a month written YYYY-MM")
        return f"{found[1]}-{int(found[2]):02d}"

    @property
    def observed_months(self) -> int:
        """Months under observation, the same for every replicate."""
        return self.calm_months + self.calm_jitter_months + self.response_months


@dataclass(frozen=True)
class Calendar:
    """Dates of a run, none of them left open."""

    #: First month of burn-in (YYYY-MM).
    start: str
    #: Months before observation starts.
    burn_in_months: int
    #: Month in which observation is over, and awards with it.
    observation_end: int
    #: Length of the run.
    months: int

    @classmethod
    def of(cls, timeline: TimelineConfig, burn_in_months: int) -> Calendar:
        """The dates of a timeline; ``burn_in_months`` is what it has where it chose none."""
        burn_in = burn_in_months if timeline.burn_in_months is None else timeline.burn_in_months
        start = timeline.start
        if start is None:
            start = month_after(timeline.observed_from, -burn_in)
        observed = burn_in + timeline.observed_months
        return cls(start, burn_in, observed, observed + timeline.run_off_months)


#: Shortest burn-in that is chosen by itself, and how many of the longest cycles of calls it holds.
SHORTEST_BURN_IN, _CYCLES_BEFORE = 96, 3


def burn_in_for(gap_months: int) -> int:
    """Months of burn-in where none are chosen and the longest gap between calls is so long."""
    return max(SHORTEST_BURN_IN, _CYCLES_BEFORE * gap_months)
