"""Governments tighten the control of technology towards countries that others broke with."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.world.facts import World


class GovernmentsTightenControl(Decision):
    """After a rupture is announced, governments control technology towards those hit, the more the farther they stand.

    A government acts in proportion to its political distance from the country hit, beside the largest distance there
    is: allies of the country hit do little.
    """

    kind = "governments_tighten_control"
    summary = (
        "After a rupture governments control technology towards the countries hit, the more the farther they stand."
    )
    handles = frozenset({"technology_control"})
    decides: ClassVar[Who] = "governments"
    sees = frozenset({"announced"})
    orders: ClassVar[frozenset[Order]] = frozenset({"stance"})
    passage = "ensuring that agreements protect sensitive technologies while enabling productive cooperation"
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "shocks": {"diplomatic_rupture": {"targets": ["GBR"], "severity": 0.5}}
    }

    acts_after_months: int = parameter(6, "Months until the rules take effect.", unit="months", bounds=(0, 120))
    strength: float = parameter(
        0.3, "Share of openness to technology that the farthest government takes away.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.6),
    )  # fmt: skip

    def decide(self, seen: Seen) -> Orders:
        """Every other government turns on those hit, by political distance."""
        world = seen.world
        apart = world.ideal_point_distance / max(float(world.ideal_point_distance.max()), 1e-9)
        stance = np.zeros_like(apart)
        for shock in seen.announced:
            if shock.kind == "diplomatic_rupture":
                hit = np.ix_(~shock.targets, shock.targets)
                stance[hit] = apart[hit]
        return Orders(stance=stance)

    def push(self, handles: Handles, world: World, stance: NDArray[np.float64]) -> None:
        """Lower openness to technology between the two, whichever leads."""
        handles.lower("technology_control", self.strength * np.maximum(stance, stance.T))
