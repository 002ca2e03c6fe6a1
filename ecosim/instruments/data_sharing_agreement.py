"""Agreement to share health data."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.instruments.shares import over_partners
from ecosim.world.facts import World


class DataSharingAgreement(Instrument):
    """Two countries agree that data may go between them, and share cases of health that models learn from.

    Aimed at one pair it is bilateral; aimed at many, each with each, it is a pool. What is shared lies in more places,
    so that a breach reaches more.

    Notes
    -----
    What both sides of a pair spend counts together. The data channel counts in all research that needs data; the cases
    are read only with ``mechanisms.health=true``, and come as far as that channel is open.
    """

    kind = "data_sharing_agreement"
    summary = "Countries agree to share data: for research, and cases of health that models learn from."
    improves = frozenset({"data", "health_data"})
    side_effects = frozenset({"breach_reach"})
    price = "Privacy and sovereignty: what is shared lies in more places, and a breach reaches more."
    evidence = "B"
    evidence_reason = (
        "Models of many sites beat those of one (Pati et al. 2022, doi 10.1038/s41467-022-33407-5; Kirienko et al. "
        "2021); what an agreement between countries brings is not measured."
    )
    passage = (
        "Ensuring health data is shared fairly and ethically across nations while upholding privacy and sovereignty"
    )
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    limit: float = parameter(
        0.6, "Largest share of cases, and of the gap in the data channel, that an agreement opens.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 0.9),
    )  # fmt: skip
    eur_per_pair: float = parameter(
        10_000.0, "Money a month of both sides at which 63 % of the limit is reached.", unit="EUR/month",
        bounds=(1.0, 1e8), assumed=(2_500.0, 40_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        36.0, "Months in which half of what steady money leads to is reached, and after which half is gone without.",
        unit="months", bounds=(0.0, 600.0), assumed=(12.0, 84.0),
    )  # fmt: skip
    exposed: float = parameter(
        1.0, "How much more a breach reaches where a country shares with all others.", unit="share", bounds=(0.0, 20.0),
        assumed=(0.2, 3.0),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Open the data channel and share cases both ways; let a breach reach more."""
        paid = self.aimed(world, stock_eur)
        agreed = closed_share(paid + paid.T, self.eur_per_pair, 1.0)
        handles.close_gap("data", self.limit * agreed)
        handles.fill("health_data", self.limit * agreed)
        handles.lengthen("breach_reach", self.exposed * over_partners(agreed, world))
