"""Roadshows and showcases."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.instruments.shares import over_partners
from ecosim.world.facts import ORGANISATION_TYPES, World

_FIRMS = ORGANISATION_TYPES.index("PRC")


class Roadshow(Instrument):
    """The sender shows its research, its firms and its technologies in the host, to firms and to investors there.

    Leads of the sender meet firms of the host, in the place of some whom they would have looked for by size, and leads
    of the host meet firms of the sender. Investors who have seen a technology may come to it. Within a year nearly all
    of it is forgotten.

    Notes
    -----
    A trade mission takes a delegation into named sectors and moves attention between them; a roadshow shows what there
    is, to both sides and to money. For neither is an effect on research measured, and what is measured of visits is
    short-lived, so nil lies inside both ranges.
    """

    kind = "roadshow"
    summary = "Showcases and demonstrations in the host, for firms and investors; forgotten within a year."
    improves = frozenset({"firms_met", "private_money"})
    side_effects = frozenset({"capacity"})
    aims = frozenset({"countries", "sectors"})
    price = "Researchers who demonstrate do not work meanwhile, and what it does fades within a year."
    evidence = "C"
    evidence_reason = "No study measures roadshows; visits move trade for a short time or not at all."
    passage = "Regular roadshows and on-site demonstrations bring researchers and executives into the same room"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    monthly_eur: float = parameter(
        200_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.1, "Largest share of the host's firms and investors that come, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.3),
    )  # fmt: skip
    eur_per_firm: float = parameter(
        100.0, "Money a month per firm of the host in the sectors served, at which 63 % of the limit is reached.",
        unit="EUR/month/firm", bounds=(0.1, 1e6), assumed=(25.0, 400.0), prior="log_uniform",
    )  # fmt: skip
    investors_more: float = parameter(
        0.3, "How much more private money comes to the sender's technologies, had all investors abroad seen them.",
        unit="share", bounds=(0.0, 10.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    showing: float = parameter(
        0.02, "Share of the sender's research time that goes into showing, were everybody abroad to come.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.05),
    )  # fmt: skip
    life_months: float = parameter(
        4.0, "Months after which half of those who came have forgotten it.", unit="months", bounds=(0.0, 600.0),
        assumed=(2.0, 9.0),
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Firms met by the limit, private money by its own share of it."""
        return self.investors_more * self.limit if handle == "private_money" else self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Let both sides' leads meet the other's firms; bring private money to the sender; take its working time."""
        served = self.sector_mask()
        share_served = (world.country_sector_share * served).sum(axis=1)
        firms = world.organisations[:, _FIRMS] * share_served
        came = closed_share(self.aimed(world, stock_eur), self.eur_per_firm * firms[None, :], self.limit)
        for met in (came, came.T):
            handles.fill("firms_met", met[:, :, None] * served)
        # Of its technologies those of the sectors served were shown.
        seen = over_partners(came, world) * share_served
        handles.lengthen("private_money", self.investors_more * seen)
        handles.lower("capacity", self.showing * seen)
