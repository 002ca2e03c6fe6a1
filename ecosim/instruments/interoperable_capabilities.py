"""Interoperable capabilities."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class InteroperableCapabilities(Instrument):
    """The sender keeps capabilities of its own that fit those of others, where it could buy.

    A member or a supplier that is lost is replaced sooner in the sender. People who keep such capabilities up do no
    other research: the sender works with fewer.

    Notes
    -----
    Only the sender's own organisations gain, whichever the hosts.
    """

    kind = "interoperable_capabilities"
    summary = "The sender keeps capabilities that fit those of others, and replaces what it loses sooner."
    improves = frozenset({"friction_replace", "friction_switch"})
    side_effects = frozenset({"capacity"})
    price = "Costs more than buying: people who keep capabilities up do no other research."
    evidence = "C"
    evidence_reason = "No study measures what capabilities kept at home change in how soon something lost is replaced."
    passage = "Strategic autonomy emerges when nations cultivate a toolkit of interoperable capabilities"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 2e6}

    limit: float = parameter(
        0.4, "Largest share of the months to replace or switch that it spares, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.7),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        200.0, "Money a month per organisation of the sender, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(50.0, 800.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        36.0, "Months after which half of the capabilities are gone, if nothing is spent.", unit="months",
        bounds=(0.0, 600.0), assumed=(12.0, 84.0),
    )  # fmt: skip
    kept_back: float = parameter(
        0.02, "Share of the sender's working capacity that full capabilities take.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.06),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Shorten replacing and switching in the sender, and lower its capacity."""
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        kept = closed_share(self.aimed(world, stock_eur).sum(axis=1), self.eur_per_organisation * organisations, 1.0)
        handles.lower("friction_replace", self.limit * kept)
        handles.lower("friction_switch", self.limit * kept)
        handles.lower("capacity", self.kept_back * kept)
