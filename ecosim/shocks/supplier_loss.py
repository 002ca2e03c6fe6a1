"""Loss of supplier countries."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.declared import check_names
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.world.facts import INPUTS, World


class SupplierLoss(Shock):
    """Inputs from the targets stop, in part or wholly.

    Notes
    -----
    A supplier hit by a disaster costs its customers sales growth too, 2-3 points against 5 of its own (Barrot and
    Sauvagnat 2016). How much that is here follows from what each country buys where, which work needs it, what is in
    stock and what other suppliers have to spare; the shock only stops the flow.
    """

    kind = "supplier_loss"
    option: ClassVar[dict[str, Any]] = {"duration_months": 12}
    handles = frozenset({"supply"})
    summary = "Inputs from some supplier countries stop."
    at_risk = "supplier"
    passage = "distributed manufacturing trials that reduce dependency on a single supply chain"
    example: ClassVar[dict[str, Any]] = {"targets": ["DEU"]}

    inputs: tuple[str, ...] | Literal["all"] = parameter(
        "all", f"Kinds of input that stop, of {', '.join(INPUTS)}; or 'all'."
    )
    at_home_too: bool = parameter(
        False, "Whether the targets also lose their own supplies (a disaster), not only their exports (a blockade)."
    )

    def check(self, name: str, world: World) -> None:
        """Refuse kinds of input that do not exist."""
        super().check(name, world)
        check_names(f"shocks.{name}.inputs", self.inputs, INPUTS)

    def flows_hit(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(I, C, C): from the targets to everybody else, and to themselves where they lose their own supplies too."""
        n = world.n_countries
        kinds = np.array([self.inputs == "all" or kind in self.inputs for kind in INPUTS])
        reach = np.ones((n, n), dtype=np.bool_) if self.at_home_too else ~np.eye(n, dtype=np.bool_)
        return np.asarray(kinds[:, None, None] & (targets[None, :] & reach))

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower what flows from the targets, once in effect."""
        handles.lower("supply", level * self.flows_hit(world, targets))
