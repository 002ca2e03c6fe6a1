"""Closure of borders and visa services."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.world.facts import World

#: Named cases.
CASES = cases_by_name(
    pandemic_2020=NamedCase(
        "Controls on international travel, country by country, from January 2020 to May 2022.",
        {"follows": "travel_controls", "follows_from": "2020-01", "duration_months": 29},
        "Indicator C8 of the Oxford COVID-19 Government Response Tracker, 0 to 4, mean of each month; 4 (closed "
        "to all) is 1. Its mean over countries was 3.6 in April 2020 and 2.0 in November 2021.",
        "That what a rule closes to travellers it closes to people who would work there; the effect of less mobility "
        "on research.",
    ),
)


class ClosedBorders(Shock):
    """Nobody enters the targets to work there, nobody leaves them for it, or both, by law.

    Between two targets the stricter of both counts. No visa facilitation opens what is closed. Work goes on at a
    distance: what mobility does for the pace of joint work and for the choice of partners is lost, nothing else.
    Outbreaks are carried across closed borders less (``mechanisms.health``).

    Notes
    -----
    Fares a fifth lower went with 30 to 50 % more joint work of distant chemists (Catalini, Fons-Rosen and Gaule 2020,
    doi 10.1287/mnsc.2019.3381): people have to meet. How much less is done when nobody may travel is a result.
    """

    kind = "closed_borders"
    option: ClassVar[dict[str, Any]] = {"duration_months": 12}
    handles = frozenset({"mobility", "travel"})
    summary = "Borders and visa services of some countries close."
    at_risk = "member_country"
    level_by_country = True
    passage = "synchronize visa policies for researchers"
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR"]}
    cases = CASES

    closes: Literal["both", "entry", "exit"] = parameter(
        "both", "What closes: entry into the targets, exit from them, or both."
    )

    def push(
        self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float | NDArray[np.float64],
        doubt: float,
    ) -> None:  # fmt: skip
        """Close mobility into and out of the targets, by law."""
        closed = level * targets
        nobody = np.zeros_like(closed)
        into = nobody if self.closes == "exit" else closed
        out = nobody if self.closes == "entry" else closed
        share = np.maximum(out[:, None], into[None, :])
        np.fill_diagonal(share, 0.0)
        handles.close_by_law("mobility", share)
        handles.lower("travel", share)
