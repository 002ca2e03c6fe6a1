"""The months of a run: when it starts, what is observed, and its calendar."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import field_validator

from ecosim.config.schema import Section, parameter
from ecosim.dates import month_after


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
        96, "Observed months after the calm window of each replicate.", unit="months", bounds=(1, 1200)
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
