"""Loss of supplier countries."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.world.facts import World


class SupplierLoss(Shock):
    """Inputs from the targets stop, in part or wholly.

    Notes
    -----
    A supplier hit by a disaster costs its customers sales growth too, 2-3 points against 5 of its own (Barrot and
    Sauvagnat 2016). How much that is here follows from what each country buys where and how far a sector's work needs
    it; the shock only stops the flow.
    """

    kind = "supplier_loss"
    option: ClassVar[dict[str, Any]] = {"duration_months": 12}
    handles = frozenset({"supply"})
    summary = "Inputs from some supplier countries stop."
    at_risk = "supplier"

    at_home_too: bool = parameter(
        False, "Whether the targets also lose their own supplies (a disaster), not only their exports (a blockade)."
    )

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, announced: bool) -> None:
        """Lower what flows from the targets, once in effect."""
        hit = np.broadcast_to(targets[None, :], handles.supply.shape[1:]).copy()
        if not self.at_home_too:
            np.fill_diagonal(hit, False)
        handles.lower("supply", level * hit)
