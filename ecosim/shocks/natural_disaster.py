"""Natural disaster."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.world.facts import PHYSICAL, World


class NaturalDisaster(Shock):
    """An earthquake, a flood or a storm: the targets work less, sell less, get less, and begin less.

    Laboratories and offices are damaged, goods from and within the targets stop in part, and people begin fewer new
    projects. It comes without notice, so nobody's belief changes, and as a rule it fades.

    Notes
    -----
    A supplier hit by a disaster lost about five points of sales growth, its customers two to three where inputs are
    specific (Barrot and Sauvagnat 2016, doi 10.1093/qje/qjw018). Those are disasters of counties; what one does to
    research in a whole country was looked for and not found, so the strengths are assumed. Laboratories also count as
    many fewer cases of disease (``mechanisms.health``).
    """

    kind = "natural_disaster"
    option: ClassVar[dict[str, Any]] = {"profile": "decay", "profile_months": 6, "duration_months": 36}
    handles = frozenset({"capacity", "laboratories", "supply", "starting"})
    summary = "A disaster damages laboratories and suppliers of some countries, and fades."
    at_risk = "member_country"
    passage = "facilitate rapid redeployment of technologies during crises"
    example: ClassVar[dict[str, Any]] = {"targets": ["DEU"]}

    capacity_loss: float = parameter(
        0.2, "Share of what the targets' organisations can work that is lost at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.02, 0.6),
    )  # fmt: skip
    supply_loss: float = parameter(
        0.4, "Share of goods from the targets, to others and at home, that stop at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.05, 1.0),
        source="sign: suppliers hit lose sales, and so do their customers (Barrot and Sauvagnat 2016)",
    )  # fmt: skip
    starting_loss: float = parameter(
        0.3, "Share of new work that the targets' leads do not begin at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.6),
    )  # fmt: skip

    def flows_hit(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(I, C, C): goods from the targets, to others and at home."""
        everywhere = np.broadcast_to(targets[None, :], (len(targets), len(targets)))
        return np.asarray(PHYSICAL[:, None, None] & everywhere)

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower capacity, supply and new work, once in effect."""
        handles.lower("capacity", self.capacity_loss * level * targets)
        handles.lower("laboratories", self.capacity_loss * level * targets)
        handles.lower("supply", self.supply_loss * level * self.flows_hit(world, targets))
        handles.lower("starting", self.starting_loss * level * targets)
