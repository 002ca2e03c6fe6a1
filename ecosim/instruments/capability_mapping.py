"""Capability mapping and aligned calls."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.instruments.shares import organisations_of, over_partners
from ecosim.world.facts import World


class CapabilityMapping(Instrument):
    """Missions map who in the host can do what, by sector, so that leads of the sender see whose knowledge fits.

    A lead that has the map gives fitting knowledge more weight when it compares candidates, in the sectors mapped. And
    it goes by the map: it meets fewer by chance, and looks for more of those who are known.

    Notes
    -----
    Nothing makes a partnership better for having been mapped. Fit enters quality as it does without; whether more of it
    is found, and what is lost with those met by chance, is a result. Consortia formed with the Commission's matchmaking
    tools were not among those that performed best (Jansen et al. 2014), so nil lies inside the range.
    """

    kind = "capability_mapping"
    summary = "Maps of who can do what in the host: leads see whose knowledge fits, and meet fewer by chance."
    improves = frozenset({"match_quality"})
    side_effects = frozenset({"chance_met"})
    aims = frozenset({"countries", "sectors"})
    price = "It steers away from the unplanned: leads meet fewer whom no map shows."
    evidence = "C"
    evidence_reason = "Meetings work best within a specialisation (Boudreau et al. 2017); maps are not measured."
    passage = "map research capacities, identify capability gaps, and align funding calls with sector roadmaps"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    monthly_eur: float = parameter(
        200_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.5, "Largest share of the host's organisations that are mapped, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 0.9),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        40.0, "Money a month per organisation of the host in the sectors mapped, at which 63 % of the limit is "
        "reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(10.0, 160.0), prior="log_uniform",
    )  # fmt: skip
    fit_seen: float = parameter(
        0.5, "How much more weight fitting knowledge has where all that is abroad is mapped.", unit="share",
        bounds=(0.0, 10.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    unplanned_lost: float = parameter(
        0.3, "Share of meetings by chance that are lost where all that is abroad is mapped, in all sectors.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.6),
    )  # fmt: skip
    life_months: float = parameter(
        24.0, "Months after which half of a map is out of date.", unit="months", bounds=(0.0, 600.0),
        assumed=(9.0, 48.0),
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Fitting knowledge counts for so much more where all is mapped."""
        return self.fit_seen * self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Give fitting knowledge more weight for the sender's leads in the sectors mapped; let them meet fewer."""
        served = self.sector_mask()
        there = organisations_of(world, served)
        mapped = closed_share(self.aimed(world, stock_eur), self.eur_per_organisation * there[None, :], self.limit)
        abroad = over_partners(mapped, world)
        handles.lengthen("match_quality", self.fit_seen * abroad[:, None] * served)
        own_share = (world.country_sector_share * served).sum(axis=1)
        handles.lower("chance_met", self.unplanned_lost * abroad * own_share)
