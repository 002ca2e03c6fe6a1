"""Training of health workers to use AI."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument
from ecosim.instruments.shares import received
from ecosim.world.facts import World


class AiWorkforceTraining(Instrument):
    """Health workers of the host are trained across the border to use models safely.

    They learn on the sender's systems, so that a little of the host's service moves to the sender.

    Notes
    -----
    Read only with ``mechanisms.health=true``.
    """

    kind = "ai_workforce_training"
    summary = "Health workers of the host are trained to use models, on the sender's systems."
    improves = frozenset({"health_workforce"})
    side_effects = frozenset({"health_service"})
    price = "Some dependence: people work with what they were trained on."
    evidence = "C"
    evidence_reason = "No study measures what training across borders adds to the use of models in care."
    passage = (
        "Investing in cross-border training so health professionals in various countries can safely adapt to AI tools"
    )
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    limit: float = parameter(
        0.5, "Largest share of what training can add that it adds, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 0.9),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        100.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(25.0, 400.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        36.0, "Months after which half of those trained have left or forgotten.", unit="months", bounds=(0.0, 600.0),
        assumed=(12.0, 72.0),
    )  # fmt: skip
    workers_more: float = parameter(
        1.0, "Workers able to use models that training of all adds, beside those at rest.", unit="share",
        bounds=(0.0, 20.0), assumed=(0.2, 3.0),
    )  # fmt: skip
    bound: float = parameter(
        0.05, "Share of the host's service that moves to the senders where all are trained.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.15),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise the host's workforce; move a little of its service to the sender."""
        trained, by_sender = received(self.aimed(world, stock_eur), self.eur_per_organisation, self.limit, world)
        handles.lengthen("health_workforce", self.workers_more * trained)
        handles.health_service += self.bound * by_sender
