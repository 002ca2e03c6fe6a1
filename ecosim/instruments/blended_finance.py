"""Blended finance."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class BlendedFinance(Instrument):
    """The senders stand in for a part of what private investors may lose on technologies of the host.

    A euro that prepares and backs such deals covers more private money where income is high than where it is low. What
    investors then lose is paid out of the same public money as everything else (``guaranteed_eur``).

    Notes
    -----
    How much private money comes for a public euro is a result: .8 over 117 deals (Dalberg 2019) and 1.8 for each
    concessional dollar over 340 deals (Convergence) stand beside it for comparison. They set only how far a euro
    reaches in one income group beside the other. Read only with ``mechanisms.stages=true``.
    """

    kind = "blended_finance"
    summary = "The public bears a share of what private investors lose on the host's technologies."
    improves = frozenset({"risk_share"})
    owes = True
    price = "The public bears the losses, out of money that would have bought grants."
    evidence = "B"
    evidence_reason = (
        "Private money per public euro is counted in deals, between 0.8 and 1.8 and less in poor countries, without "
        "what would have come anyway."
    )
    passage = "create blended finance instruments"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"mechanisms": {"stages": True}}

    limit: float = parameter(
        0.5, "Largest share of losses that the public bears, whatever is spent.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.2, 0.8),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        40.0, "Money a month per organisation of a rich host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(10.0, 160.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        12.0, "Months after which half of the deals it backs are gone.", unit="months", bounds=(0.0, 600.0),
        assumed=(6.0, 36.0),
    )  # fmt: skip
    reach_rich: float = parameter(
        1.3, "Private money that a public euro backs in rich hosts.", unit="EUR/EUR", bounds=(0.01, 100.0),
        assumed=(0.8, 1.8),
        source="0.8 (Dalberg 2019, 117 deals) to 1.8 (Convergence, 340 deals, for each concessional dollar)",
    )  # fmt: skip
    reach_poor: float = parameter(
        0.6, "The same in peripheral and low-income hosts.", unit="EUR/EUR", bounds=(0.01, 100.0), assumed=(0.37, 0.8),
        source="0.37 in low-income countries (Attridge and Engen 2019, ODI; not checked) to 0.8 over all",
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise the public share of private losses in the hosts."""
        reach = np.where(world.peripheral, self.reach_poor, self.reach_rich)
        scale = self.eur_per_organisation * world.organisations.sum(axis=1) * (self.reach_rich / reach)
        share = closed_share(self.aimed(world, stock_eur).sum(axis=0), scale, self.limit)
        handles.fill("risk_share", share)
