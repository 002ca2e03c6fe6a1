"""Governments that lose partners make it easier for others to come."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.world.facts import World

#: Months whose mean is compared, and the year before them.
_YEAR = 12


class GovernmentsOpenVisas(Decision):
    """A country whose collaboration has fallen opens its visas to all whom no shock has hit.

    Notes
    -----
    Once a shock is announced, each country reacts to its own numbers. How much of the gap in mobility a government can
    close by itself is assumed.
    """

    kind = "governments_open_visas"
    summary = "A country whose collaboration falls makes visas easier for everybody else."
    handles = frozenset({"mobility"})
    decides: ClassVar[Who] = "governments"
    sees = frozenset({"by_country", "announced"})
    orders: ClassVar[frozenset[Order]] = frozenset({"stance"})
    passage = "Diplomatic teams can synchronize visa policies for researchers"
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "shocks": {"diplomatic_rupture": {"targets": ["GBR"], "severity": 0.5}}
    }

    every_months: int = parameter(6, "Months from one decision to the next.", unit="months", bounds=(1, 600))
    seen_after_months: int = parameter(
        6, "Months until what happens can be seen by whoever decides.", unit="months", bounds=(0, 120)
    )
    fallen_to: float = parameter(
        0.9, "Share of its level of a year before to which collaboration must have fallen.", unit="share",
        bounds=(0.0, 1.0),
    )  # fmt: skip
    strength: float = parameter(
        0.2, "Share of the gap in mobility that is closed.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.5)
    )

    def decide(self, seen: Seen) -> Orders:
        """Countries whose last year was low open to those not hit."""
        series = seen.by_country["collaboration"]
        n = seen.world.n_countries
        if not seen.announced or len(series) < 2 * _YEAR:
            return Orders(stance=np.zeros((n, n)))
        last, before = series[-_YEAR:].mean(axis=0), series[-2 * _YEAR : -_YEAR].mean(axis=0)
        opens = last < self.fallen_to * before
        hit = np.any([shock.targets for shock in seen.announced], axis=0)
        return Orders(stance=np.outer(opens, ~hit).astype(np.float64))

    def push(self, handles: Handles, world: World, stance: NDArray[np.float64]) -> None:
        """Close a share of the gap in mobility between the two."""
        handles.close_gap("mobility", self.strength * np.maximum(stance, stance.T))
