"""Rotating leadership and cohorts."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.instruments.shares import over_partners
from ecosim.world.facts import World


class RotatingLeadership(Instrument):
    """Organisations of both countries take turns in leading, whatever their experience.

    Without it those who have led lead again. Of those who take part in the rotation a share of that pull is shared
    out among all who do, in their sector: as many proposals are led, by others. Experience spreads; and whoever leads
    for the first time has none, which counts in the quality of what it proposes. A hand-over delays every start.

    Notes
    -----
    That the experienced apply more often is known (Enger and Castellacci 2016); what rotating leadership does is not.
    """

    kind = "rotating_leadership"
    summary = "Organisations of both countries lead in turn: experience spreads, and hand-overs cost time."
    improves = frozenset({"rotation"})
    side_effects = frozenset({"friction_start"})
    price = "Hand-overs delay starts, and whoever leads for the first time has no experience."
    evidence = "C"
    evidence_reason = "No study measures what rotation of leadership does to research between countries."
    passage = "programs that rotate leadership across cohorts of researchers, ensuring diverse perspectives"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    limit: float = parameter(
        0.5, "Largest share of a country's organisations that take part, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.9),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        40.0, "Money a month per organisation of both countries, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(10.0, 160.0), prior="log_uniform",
    )  # fmt: skip
    hand_over: float = parameter(
        0.1, "Longer start where all lead in turn.", unit="share", bounds=(0.0, 5.0), assumed=(0.02, 0.3)
    )
    life_months: float = parameter(
        9.0, "Months after which half of a rotation has come to rest with those who led before.", unit="months",
        bounds=(0.0, 600.0), assumed=(3.0, 24.0),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Let organisations of both countries lead in turn, as far as their partners take part; delay their starts."""
        aimed = self.aimed(world, stock_eur)
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        each = self.eur_per_organisation * (organisations[:, None] + organisations[None, :])
        share = over_partners(closed_share(aimed + aimed.T, each, self.limit), world)
        handles.fill("rotation", share)
        handles.lengthen("friction_start", self.hand_over * share)
