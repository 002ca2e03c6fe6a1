"""Visits of investors."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class InvestorVisits(Instrument):
    """The sender takes investors to the host: trips, workshops on due diligence.

    More private money comes to the host's technologies, for a time. Visitors are shown what is well known: the sender's
    organisations look less at countries with few organisations.

    Notes
    -----
    What it does fades within a year, as of state visits in trade. That it does nothing is in the range. Private money
    is read only with ``mechanisms.stages=true``.
    """

    kind = "investor_visits"
    summary = "Investors of the sender visit the host, and see its technologies."
    improves = frozenset({"private_money"})
    side_effects = frozenset({"awareness"})
    price = "Favours the already visible: smaller countries are looked at less."
    evidence = "B"
    evidence_reason = (
        "State visits go with 8 to 10 % more exports for a short time (Nitsch 2007, doi "
        "10.1111/j.1467-9701.2007.01062.x), trade missions with none once pairs are compared with themselves (Head and "
        "Ries 2010); investors in research are not measured."
    )
    passage = "Curated investor trips, due diligence workshops, and bilateral co-financing agreements"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"mechanisms": {"stages": True}}

    limit: float = parameter(
        0.09, "Largest private money beyond that at rest, whatever is spent.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.3), source="8 to 10 % in exports (Nitsch 2007); 0 with fixed effects (Head and Ries 2010)",
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        50.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(12.5, 200.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        6.0, "Months after which half of what a visit brought is gone.", unit="months", bounds=(0.0, 600.0),
        assumed=(1.0, 12.0),
    )  # fmt: skip
    overlooked: float = parameter(
        0.1, "Share of the sender's awareness that countries without organisations lose.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.3),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise private money in the hosts, and lower the senders' awareness of what is small."""
        paid = self.aimed(world, stock_eur)
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        scale = self.eur_per_organisation * organisations
        handles.lengthen("private_money", closed_share(paid.sum(axis=0), scale, self.limit))
        unseen = 1.0 - organisations / max(float(organisations.max()), 1.0)
        looking = closed_share(paid.sum(axis=1), scale, 1.0)
        lost = self.overlooked * looking[:, None] * unseen[None, :] * (1.0 - np.eye(world.n_countries))
        handles.lower("awareness", lost[:, :, None])
