"""A user's own trigger: an instrument starts when an outcome has been low for long enough."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

import numpy as np

from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.errors import InputError, nearest_name
from ecosim.world.facts import World

#: Months of observation whose mean is the outcome's usual level.
_USUAL_MONTHS = 12


class SwitchOn(Decision):
    """An instrument is off until an outcome has been low for some months; then it stays on.

    Low is under a share of its usual level, which is the outcome's mean over the first twelve months of observation.
    Nothing is switched before they are over.
    """

    kind = "switch_on"
    summary = "An instrument starts when an outcome has been low for some months."
    decides: ClassVar[Who] = "user"
    sees = frozenset({"series"})
    orders: ClassVar[frozenset[Order]] = frozenset({"intensity"})
    why_no_passage = "A rule of the user's own."
    example: ClassVar[dict[str, Any]] = {"instrument": "matchmaking", "below": 0.99, "for_months": 1}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "instruments": {"matchmaking": {}},
        "shocks": {"diplomatic_rupture": {"targets": ["GBR"], "severity": 0.5}},
    }

    outcome: str = parameter("collaboration", "The outcome that is watched: a column of the monthly series.")
    below: float = parameter(
        0.8, "Share of its usual level under which the outcome counts as low.", unit="share", bounds=(0.0, 10.0)
    )
    for_months: int = parameter(6, "Months in a row for which it must be low.", unit="months", bounds=(1, 600))
    instrument: str = parameter("", "The instrument that starts: its name in the scenario.")

    def check(self, name: str, world: World, instruments: Mapping[str, Any]) -> None:
        """Refuse an instrument that is not there."""
        allowed = ", ".join(instruments) or "the name of an instrument; the scenario has none"
        _refuse_unknown(f"decisions.{name}.instrument", self.instrument, instruments, allowed)

    def check_outcomes(self, name: str, recorded: Collection[str], elsewhere: Mapping[str, str]) -> None:
        """Refuse an outcome that is not recorded."""
        key = f"decisions.{name}.outcome"
        if self.outcome in elsewhere:
            raise InputError(key, self.outcome, problem="is not recorded", allowed=f"with {elsewhere[self.outcome]}")
        _refuse_unknown(key, self.outcome, recorded, ", ".join(recorded))

    def first_intensity(self) -> dict[str, float]:
        """Its instrument is off at first."""
        return {self.instrument: 0.0}

    def decide(self, seen: Seen) -> Orders:
        """Switch the instrument on if the last months were all low."""
        series = seen.series[self.outcome][seen.first_observed_month :]
        if len(series) < _USUAL_MONTHS + self.for_months:
            return Orders()
        low = series[-self.for_months :] < self.below * float(np.mean(series[:_USUAL_MONTHS]))
        return Orders(intensity={self.instrument: 1.0}) if bool(low.all()) else Orders()


def _refuse_unknown(key: str, value: str, known: Collection[str], allowed: str) -> None:
    if value not in known:
        raise InputError(key, value, allowed, nearest_name(value, known))
