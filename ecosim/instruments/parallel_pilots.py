"""Parallel pilots."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class ParallelPilots(Instrument):
    """Partnerships with physical inputs pilot at several sites, in different countries and climates.

    When one site lacks inputs the others go on. The instrument pays for setting the sites up; working at several of
    them repeats part of the work, which the partnerships bear out of their grants.

    Notes
    -----
    Damage concentrated in one place spreads faster than diffuse damage of the same size (Inoue and Todo 2019), and
    where partners can be substituted it stops (Kashiwagi, Todo and Matous): the case for sites apart. Nothing here says
    that it pays.
    """

    kind = "parallel_pilots"
    summary = "Several pilot sites per partnership, in different countries."
    improves = frozenset({"pilot_sites"})
    side_effects = frozenset({"pilot_cost"})
    aims = frozenset({"sectors"})
    price = "Work is repeated at every site, so a grant buys less."
    evidence = "C"
    evidence_reason = "Substitution across suppliers is measured for firms, not for pilots of research partnerships."
    passage = "parallel pilots in different climates"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    monthly_eur: float = parameter(
        500_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    most_sites: int = parameter(3, "Most sites of one partnership.", unit="sites", bounds=(1, 20))
    site_cost: float = parameter(
        0.2, "Cost of setting up the further sites, as a share of the sector's money for physical work, at which 63 % "
        "of the limit is reached.", unit="share", bounds=(1e-4, 100.0), assumed=(0.05, 0.8), prior="log_uniform",
    )  # fmt: skip
    duplicate_cost: float = parameter(
        0.2, "Physical work repeated for each further site.", unit="share/site", bounds=(0.0, 2.0),
        assumed=(0.05, 0.5),
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """As many further sites as there may be, by the limit."""
        return (self.most_sites - 1.0) * self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise the number of sites in the sectors served, and the cost of work there."""
        served = self.sector_mask()
        physical_eur = world.appropriation_eur_per_month * (world.sector_money_share * world.physical_intensity)[served]
        spent = self.aimed(world, stock_eur).sum()
        # One share for all sectors served: money goes where physical work is.
        share = float(closed_share(spent, self.site_cost * physical_eur.sum(), self.limit))
        further = np.maximum(self.most_sites - handles.pilot_sites, 0.0) * share * served
        handles.pilot_sites += further
        handles.pilot_cost += self.duplicate_cost * further * world.physical_intensity
