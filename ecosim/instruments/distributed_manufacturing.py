"""Distributed manufacturing."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import PHYSICAL, World


class DistributedManufacturing(Instrument):
    """What research needs is made in several places, in small series.

    Work that starts has a second supplier more often, and sites hold more in stock. A supplier that sells a little to
    many gives each of them less claim: whoever loses one takes longer to qualify another.

    Notes
    -----
    For goods alone: cloud and compute are made nowhere. Small series are dear, and that is the money of the instrument:
    it grows with the money spent on physical work. Whether the second supplier is worth it is left to the break.
    """

    kind = "distributed_manufacturing"
    summary = "Inputs of research are made in several places: second suppliers and stocks."
    improves = frozenset({"suppliers_per_input", "input_stock"})
    side_effects = frozenset({"friction_switch"})
    aims = frozenset()
    price = "Lost economies of scale, and slower recovery of each supplier."
    evidence = "B"
    evidence_reason = (
        "Importers with one standard deviation less diversification recover 16 % faster from a break (Jain, Girotra "
        "and Netessine 2022, Manufacturing and Service Operations Management 24(2)); for trade, not for laboratories."
    )
    passage = "distributed manufacturing trials that reduce dependency on a single supply chain"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"shocks": {"supplier_loss": {"targets": ["DEU"]}}}

    limit: float = parameter(
        0.5, "Largest share of work that has a second supplier through it, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 0.9),
    )  # fmt: skip
    cost_share: float = parameter(
        0.1, "Cost as a share of the money for physical work, at which 63 % of the limit is reached.", unit="share",
        bounds=(1e-4, 100.0), assumed=(0.025, 0.4), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        36.0, "Months after which half of the places are gone, if nothing is spent.", unit="months",
        bounds=(0.0, 600.0), assumed=(12.0, 84.0),
    )  # fmt: skip
    more_stock: float = parameter(
        0.5, "Months of stock beyond those at rest, where all is made in several places.", unit="share",
        bounds=(0.0, 10.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    slower: float = parameter(
        0.16, "Longer time to qualify another supplier, where all is made in several places.", unit="share",
        bounds=(0.0, 5.0), assumed=(0.0, 0.32),
        source="16 % for a standard deviation (Jain, Girotra and Netessine 2022)",
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Suppliers by the limit, stocks by their own share."""
        return self.more_stock if handle == "input_stock" else self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise suppliers and stocks of goods, and the months to qualify another supplier."""
        physical = world.appropriation_eur_per_month * float(
            (world.sector_money_share * world.physical_intensity).sum()
        )
        made = closed_share(self.aimed(world, stock_eur).sum(), self.cost_share * physical, 1.0)
        handles.suppliers_per_input += self.limit * made * PHYSICAL * (2.0 - handles.suppliers_per_input)
        handles.lengthen("input_stock", self.more_stock * made * PHYSICAL[:, None])
        handles.lengthen("friction_switch", self.slower * made)
