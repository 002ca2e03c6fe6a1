"""Common standard of safety and bias for AI in health."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument
from ecosim.instruments.shares import among_members, over_partners
from ecosim.world.facts import SECTORS, World

_HEALTH = np.array([sector == "health" for sector in SECTORS])


class HealthAiStandard(Instrument):
    """Countries agree on one standard of safety and bias: what one approves in health counts in the others.

    A model must be tested on each group of people; where a shared one errs more than the country's own, the own one is
    kept. Whoever enters the market must meet the standard first, so that new models wait.

    Notes
    -----
    What all members spend counts together: a standard is written once, and each member must bring it into its own law.
    It covers models made from what members share, so that with few members it covers few: two standards do not stand
    for one, whatever they cost. Recognition is read only with ``mechanisms.stages=true``, and shows
    in how soon research in health comes into use.
    """

    kind = "health_ai_standard"
    summary = "One standard of safety and bias: approvals in health count elsewhere, models are tested by group."
    improves = frozenset({"recognition", "health_testing"})
    side_effects = frozenset({"health_review_months"})
    price = "Cost of entry: new models wait until they meet the standard."
    evidence = "C"
    evidence_reason = (
        "Testing by group shows gaps that a few hundred cases close (Daneshjou et al. 2022, doi "
        "10.1126/sciadv.abq6147); what a standard between countries changes is not measured."
    )
    passage = (
        "Harmonizing safety and bias standards so that diagnostic and treatment tools can be validated and used "
        "globally"
    )
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True, "stages": True},
    }  # fmt: skip

    limit: float = parameter(
        0.5, "Largest share of the gap in recognition of approvals in health, and of models, that it covers.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.1, 0.9),
    )  # fmt: skip
    eur_per_member: float = parameter(
        100_000.0, "Money a month per member, at which 63 % of the limit is reached.", unit="EUR/month/country",
        bounds=(1.0, 1e8), assumed=(25_000.0, 400_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        60.0, "Months in which half of what steady money leads to is reached, and after which half is gone without.",
        unit="months", bounds=(0.0, 600.0), assumed=(24.0, 120.0),
    )  # fmt: skip
    entry_months: float = parameter(
        6.0, "Months that new models wait where a country shares the standard with all others.", unit="months",
        bounds=(0.0, 60.0), assumed=(1.0, 12.0),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise recognition in health among them, and testing by group in each; let new models wait."""
        together, _, acts = among_members(self, world, stock_eur, self.eur_per_member)
        agreed = np.where(together, acts, 0.0)
        handles.close_gap("recognition", self.limit * agreed[:, :, None] * _HEALTH)
        reach = over_partners(agreed, world)
        handles.fill("health_testing", self.limit * reach)
        handles.health_review_months += self.entry_months * reach
