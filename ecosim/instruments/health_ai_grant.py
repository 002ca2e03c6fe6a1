"""Grant for health AI of poorer partners."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, by_missions
from ecosim.instruments.shares import received, weaker
from ecosim.world.facts import World


class HealthAiGrant(Instrument):
    """The sender pays for records, machines and people of poorer hosts, so that their models run and learn at home.

    A part of the money becomes grants for research that the sender leads with the host: less is left for its own.

    Notes
    -----
    By default only pairs in which the host spends less on a researcher. Records, machines and people are read only with
    ``mechanisms.health=true``. Unlike access to a foreign cloud it moves no service abroad.
    """

    kind = "health_ai_grant"
    summary = "Money for records, machines and people of poorer partners, whose models then run at home."
    improves = frozenset({"health_records", "health_compute", "health_workforce"})
    price = "Less for one's own: a part is bound to work with poorer partners."
    evidence = "C"
    evidence_reason = "No study measures what such grants change in the use of models in care."
    passage = "offering funding, training, or cloud access to partners in lower-resource settings"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 2e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    limit: float = parameter(
        0.5, "Largest share of what the host lacks that it brings, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 0.9),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        300.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(75.0, 1_200.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        36.0, "Months after which half of what was paid for is gone.", unit="months", bounds=(0.0, 600.0),
        assumed=(12.0, 72.0),
    )  # fmt: skip
    for_research: float = parameter(
        0.3, "Share of its money that becomes grants for work with the host.", unit="share", bounds=(0.01, 0.99),
        assumed=(0.1, 0.6),
    )  # fmt: skip
    more: float = parameter(
        1.0, "Records, computing and workers added where the host lacks nothing any more, beside those at rest.",
        unit="share", bounds=(0.0, 20.0), assumed=(0.3, 3.0),
    )  # fmt: skip

    @property
    def grant_share(self) -> float:
        """Share of its money that becomes grants earmarked for its pairs."""
        return self.for_research

    def first_allocation(self, world: World) -> NDArray[np.float64]:
        """(C, C): only pairs in which the host is the weaker one, if there are any."""
        uneven = self.pairs(world) & (weaker(world) > 0.0)
        return by_missions(uneven if uneven.any() else self.pairs(world), world)

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise the host's records, computing and workforce."""
        brought, _ = received(self.aimed(world, stock_eur), self.eur_per_organisation, self.limit, world)
        for name in ("health_records", "health_compute", "health_workforce"):
            handles.lengthen(name, self.more * brought)
