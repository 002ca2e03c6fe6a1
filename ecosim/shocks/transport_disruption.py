"""Disruption of transport."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.world.facts import PHYSICAL, World

_GSCPI = "Global Supply Chain Pressure Index, Federal Reserve Bank of New York"

#: Named cases.
CASES = cases_by_name(
    pandemic_2020=NamedCase(
        "Supply chains from February 2020 to November 2022.",
        {"follows": "supply_chain_pressure", "follows_from": "2020-02", "duration_months": 34},
        f"{_GSCPI}: 34 months of a record of 319 that begins in 1998, with its highest value (4.4 standard deviations, "
        "December 2021), which counts as 1; 0 standard deviations count as nothing.",
        "What share of goods does not arrive where the index is at its highest.",
    ),
)


class TransportDisruption(Shock):
    """Goods arrive late or not at all on the way into the targets, out of them, and past them.

    Everything bought across borders that comes from or to a target over more than ``from_km`` is hit: instruments,
    chemicals, chips; cloud and compute are not. Suppliers produce as before, and what a country makes itself is there.
    Qualifying another supplier takes longer, for its samples travel too. With ``follows: supply_chain_pressure`` the
    level follows that index month by month.

    Notes
    -----
    In 2020 consumables that had taken one to three days took two weeks and more, and 80 % of testing laboratories were
    short of some in January 2021 (trade press; American Society for Microbiology). In the index's 319 months there are
    four spells above one standard deviation: 1, 7, 21 and 4 months long, all but the first from 2020 on.
    """

    kind = "transport_disruption"
    option: ClassVar[dict[str, Any]] = {"duration_months": 12}
    handles = frozenset({"supply", "friction_switch"})
    summary = "Goods arrive late or not at all on the way between countries."
    at_risk = "supplier"
    passage = "ensuring continuity of research and continuity of supply"
    example: ClassVar[dict[str, Any]] = {"supply_loss": 0.6}
    cases = CASES

    targets: tuple[str, ...] | Literal["drawn", "all"] = parameter(
        "all", "Countries whose goods are hit on the way in and out, named or drawn; or 'all'."
    )
    from_km: float = parameter(
        0.0, "Distance beyond which goods are hit; 0 for all that cross a border.", unit="km", bounds=(0.0, 20_000.0)
    )
    supply_loss: float = parameter(
        0.3, "Share of goods that do not arrive at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.05, 0.6),
        source="order: 20 to 50 % of routine tests were affected in January 2021 (American Society for Microbiology)",
    )  # fmt: skip
    switch_delay: float = parameter(
        0.5, "Months to qualify another supplier added as a share, at full severity.", unit="share", bounds=(0.0, 10.0),
        assumed=(0.0, 2.0),
    )  # fmt: skip

    def flows_hit(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(I, C, C): goods from or to the targets over more than the distance, never within a country."""
        on_the_way = (targets[:, None] | targets[None, :]) & (world.distance_km > self.from_km)
        np.fill_diagonal(on_the_way, False)
        return np.asarray(PHYSICAL[:, None, None] & on_the_way)

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower what arrives and slow the search for other suppliers, once in effect."""
        handles.lower("supply", self.supply_loss * level * self.flows_hit(world, targets))
        handles.lengthen("friction_switch", self.switch_delay * level * targets)
