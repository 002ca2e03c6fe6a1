"""Access to cloud and compute for AI in health."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument
from ecosim.instruments.shares import received
from ecosim.world.facts import World


class CloudAccess(Instrument):
    """The sender lets the host use its cloud and compute for models of health.

    More models can be run today. The service then runs in the sender, where it can be cut off, and where what is
    learned by use stays.

    Notes
    -----
    Read only with ``mechanisms.health=true``.
    """

    kind = "cloud_access"
    summary = "The host may use the sender's cloud and compute for models of health."
    improves = frozenset({"health_compute"})
    side_effects = frozenset({"health_service"})
    price = "Dependence: the service runs abroad, and what is learned by use stays there."
    evidence = "C"
    evidence_reason = (
        "Of 225 public cloud regions about 30 countries hold all (Hawkins, Lehdonvirta and Wu 2025); what access adds "
        "to the use of models in care is not measured."
    )
    passage = "offering funding, training, or cloud access to partners in lower-resource settings"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    limit: float = parameter(
        0.8, "Largest share of the host's service that can run in the senders.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.4, 0.95),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        100.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(25.0, 400.0), prior="log_uniform",
    )  # fmt: skip
    compute_more: float = parameter(
        4.0, "Computing that access adds where all service runs abroad, beside that at rest.", unit="share",
        bounds=(0.0, 100.0), assumed=(1.0, 10.0),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise the host's computing; move its service to the sender."""
        given, by_sender = received(self.aimed(world, stock_eur), self.eur_per_organisation, self.limit, world)
        handles.lengthen("health_compute", self.compute_more * given)
        handles.health_service += by_sender
