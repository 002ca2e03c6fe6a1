"""Policy briefs and open national resources."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.instruments.shares import over_partners
from ecosim.world.facts import World


class PolicyBrief(Instrument):
    """The sender explains its rules, priorities and facilities in plain language to organisations of the host.

    Who has read it doubts the sender less, where a shock has made it doubtful, and starts joint work sooner. Without a
    doubt there is none to take away. Somebody at home has to write it and to answer those who ask.

    Notes
    -----
    Alone it does little: what it says must be true, and it opens nothing. A certificate without money moved nothing
    (Santoleri et al. 2024, on the Seal of Excellence), so nil lies inside the ranges of both effects.
    """

    kind = "policy_brief"
    summary = "Rules and facilities of the sender explained to the host: less doubt, sooner starts; little alone."
    improves = frozenset({"expectation", "friction_start"})
    side_effects = frozenset({"capacity"})
    price = "Researchers at home who write it and answer those who ask do not work meanwhile."
    evidence = "C"
    evidence_reason = (
        "No study measures what a brief changes; a certificate without money changed nothing (Santoleri et al. 2024, "
        "doi 10.1162/rest_a_01233)."
    )
    passage = "They can also publish policy briefs that explain regulatory sandboxes, data-sharing norms"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    limit: float = parameter(
        0.3, "Largest share of the host's organisations that read it, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.6),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        10.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(2.5, 40.0), prior="log_uniform",
    )  # fmt: skip
    doubt_taken: float = parameter(
        0.2, "Share of their doubt that goes with those who have read it.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.5),
    )  # fmt: skip
    start_saved: float = parameter(
        0.1, "Share of the months to approve and start that goes with those who have read it.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.3),
    )  # fmt: skip
    answering: float = parameter(
        0.005, "Share of the sender's research time that goes into it, were everybody abroad to read it.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.02),
    )  # fmt: skip
    life_months: float = parameter(
        12.0, "Months after which half of what was read is out of date.", unit="months", bounds=(0.0, 600.0),
        assumed=(3.0, 24.0),
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Doubt and months to start, of those who have read it."""
        return self.doubt_taken * self.limit if handle == "expectation" else self.start_saved * self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Take doubt about senders from hosts, and months from what hosts lead; take working time from senders."""
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        read = closed_share(
            self.aimed(world, stock_eur), self.eur_per_organisation * organisations[None, :], self.limit
        )
        handles.fill("expectation", self.doubt_taken * read.T)
        handles.lower("friction_start", self.start_saved * over_partners(read.T, world))
        handles.lower("capacity", self.answering * over_partners(read, world))
