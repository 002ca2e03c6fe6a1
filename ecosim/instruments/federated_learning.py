"""Learning across sites, with data that stay where they are."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.instruments.shares import over_partners
from ecosim.world.facts import World


class FederatedLearning(Instrument):
    """Models of two countries learn from the cases of both, which stay where they are: no data channel is needed.

    A breach reaches no more than before. Sites must run the same software and agree on every version, so that new
    models wait.

    Notes
    -----
    What both sides of a pair spend counts together. A case that stays where it is is worth a little less
    (``behaviour.health.federated_efficiency``).
    """

    kind = "federated_learning"
    summary = "Models learn from health data that stay in their countries; no open data channel is needed."
    improves = frozenset({"health_data_in_place"})
    side_effects = frozenset({"health_review_months"})
    price = "Every site must run the same software: new models wait for all."
    evidence = "B"
    evidence_reason = (
        "Federated models come close to central ones in all but 2 of 26 studies and beat local ones in all but 2 "
        "(Kirienko et al. 2021, doi 10.1007/s00259-021-05339-7); between hospitals, not governments."
    )
    passage = "encouraging joint data governance and inclusive AI development"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    limit: float = parameter(
        0.6, "Largest share of cases that can be learned from where they lie.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.2, 0.9),
    )  # fmt: skip
    eur_per_pair: float = parameter(
        20_000.0, "Money a month of both sides at which 63 % of the limit is reached.", unit="EUR/month",
        bounds=(1.0, 1e8), assumed=(5_000.0, 80_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        24.0, "Months after which half of the sites have left, if nothing is spent.", unit="months",
        bounds=(0.0, 600.0), assumed=(6.0, 60.0),
    )  # fmt: skip
    waiting_months: float = parameter(
        2.0, "Months that new models wait where a country learns with all others.", unit="months", bounds=(0.0, 60.0),
        assumed=(0.5, 6.0),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Let models of both learn from cases of both; let new models wait."""
        paid = self.aimed(world, stock_eur)
        joined = closed_share(paid + paid.T, self.eur_per_pair, 1.0)
        handles.fill("health_data_in_place", self.limit * joined)
        handles.health_review_months += self.waiting_months * over_partners(joined, world)
