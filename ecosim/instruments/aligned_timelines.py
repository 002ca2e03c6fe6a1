"""Aligned timelines and common criteria of evaluation."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class AlignedTimelines(Instrument):
    """Funders of the sender and of the hosts agree on one timeline and on common criteria.

    A proposal is judged once, so work starts sooner. An agency can pay for its own organisations in a proposal that
    others have judged, so less co-funding is lost where another funder lets them out. Criteria that all share leave
    less room for what a country wants of its own: judges see less of what makes a proposal good there, and err more.

    Notes
    -----
    Whether calls then open in the same month, and so all end together, is ``policy.calendars``. Co-funding counts where
    there are national agencies.
    """

    kind = "aligned_timelines"
    summary = "Funders share one timeline and common criteria, so that a proposal is judged once."
    improves = frozenset({"friction_start", "own_payment"})
    side_effects = frozenset({"evaluation_error"})
    price = "Less room for national aims: common criteria see less of what is good in one country."
    evidence = "C"
    evidence_reason = "Time to grant is recorded by programme; what common criteria change in it is not measured."
    passage = "align funding timelines, create blended finance instruments, and publish common evaluation criteria"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}

    limit: float = parameter(
        0.25, "Largest share of the months to a start that it spares, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.4),
        source="order: five of the eight months allowed to a grant are evaluation (European Commission)",
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        40.0, "Money a month per organisation of the sender, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(10.0, 160.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        24.0, "Months after which half of what was agreed has come apart.", unit="months", bounds=(0.0, 600.0),
        assumed=(12.0, 60.0),
    )  # fmt: skip
    cofunding: float = parameter(
        0.3, "Share of the organisations let out by another funder whom their agency then pays.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.6),
    )  # fmt: skip
    coarser: float = parameter(
        0.15, "Larger error of evaluation where all is judged by common criteria.", unit="share", bounds=(0.0, 5.0),
        assumed=(0.0, 0.4),
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Months to start by the limit, co-funding by its own share."""
        return self.cofunding if handle == "own_payment" else self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Shorten starts and raise co-funding of the sender's organisations; enlarge the error of evaluation."""
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        aligned = closed_share(self.aimed(world, stock_eur).sum(axis=1), self.eur_per_organisation * organisations, 1.0)
        handles.lower("friction_start", self.limit * aligned)
        handles.fill("own_payment", self.cofunding * aligned)
        handles.lengthen("evaluation_error", self.coarser * aligned)
