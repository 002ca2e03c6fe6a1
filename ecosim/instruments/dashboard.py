"""Dashboards and annual reviews."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.instruments.shares import over_partners
from ecosim.world.facts import World


class Dashboard(Instrument):
    """Missions publish what joint work has come to, and review it every year.

    Trust moves more by how joint work ends, because both sides see it: up where it succeeds, and down where it fails.
    And what is measured is rewarded: leads turn to those with something to show, and meet fewer by chance.

    Notes
    -----
    Nothing here says that trust grows. It grows where progress shows, if more work succeeds than fails. No study
    measures it, so nil lies inside the range.
    """

    kind = "dashboard"
    summary = (
        "Results of joint work shown and reviewed: trust follows success and failure more; the measured is rewarded."
    )
    improves = frozenset({"results_shown"})
    side_effects = frozenset({"chance_met"})
    price = "It rewards what is measured: who has nothing to show yet is met less, and failures show too."
    evidence = "C"
    evidence_reason = "No study measures what showing the results of partnerships does to trust between countries."
    passage = "When stakeholders see measurable progress, trust deepens"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    limit: float = parameter(
        0.7, "Largest share of joint work whose results both sides see, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.3, 0.95),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        20.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(5.0, 80.0), prior="log_uniform",
    )  # fmt: skip
    trust_follows: float = parameter(
        0.3, "How much more trust moves where results are seen.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.8)
    )
    measured_only: float = parameter(
        0.2, "Share of meetings by chance that are lost where all results abroad are seen.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.5),
    )  # fmt: skip
    life_months: float = parameter(
        6.0, "Months after which half of what is shown is out of date.", unit="months", bounds=(0.0, 600.0),
        assumed=(3.0, 12.0),
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Trust follows results so much more where all is seen."""
        return self.trust_follows * self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Let trust follow results more between both sides, and let the sender's leads meet fewer by chance."""
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        scale = self.eur_per_organisation * organisations[None, :]
        seen = closed_share(self.aimed(world, stock_eur), scale, self.limit)
        for shown in (seen, seen.T):
            handles.fill("results_shown", self.trust_follows * shown)
        handles.lower("chance_met", self.measured_only * over_partners(seen, world))
