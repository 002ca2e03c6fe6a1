"""Governments that are hit close the door from their side too."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.world.facts import World

#: Shocks that governments answer: those that other governments order.
_ANSWERED = frozenset({"diplomatic_rupture", "programme_exclusion"})


class GovernmentsRetaliate(Decision):
    """A government whose country is shut out lowers political openness towards those who shut it out.

    Notes
    -----
    How far it goes is assumed, with zero in its range: no study measures how far research policy answers in kind.
    """

    kind = "governments_retaliate"
    summary = "A country that is shut out closes its own door too."
    handles = frozenset({"political"})
    decides: ClassVar[Who] = "governments"
    sees = frozenset({"announced"})
    orders: ClassVar[frozenset[Order]] = frozenset({"stance"})
    why_no_passage = "The texts speak of cooperation alone; a world that never answers in kind would be too kind."
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "shocks": {"diplomatic_rupture": {"targets": ["GBR"], "severity": 0.5}}
    }

    acts_after_months: int = parameter(3, "Months until the answer takes effect.", unit="months", bounds=(0, 120))
    strength: float = parameter(
        0.25, "Share of political openness that the answer takes away.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.5),
    )  # fmt: skip

    def decide(self, seen: Seen) -> Orders:
        """Those hit turn against all who are not."""
        n = seen.world.n_countries
        stance = np.zeros((n, n))
        for shock in seen.announced:
            if shock.kind in _ANSWERED:
                stance[np.ix_(shock.targets, ~shock.targets)] = 1.0
        return Orders(stance=stance)

    def push(self, handles: Handles, world: World, stance: NDArray[np.float64]) -> None:
        """Lower political openness between the two, whichever leads."""
        handles.lower("political", self.strength * np.maximum(stance, stance.T))
