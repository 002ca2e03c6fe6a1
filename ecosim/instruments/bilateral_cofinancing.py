"""Bilateral co-financing agreement."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, by_missions, closed_share
from ecosim.world.facts import World


class BilateralCofinancing(Instrument):
    """The sender pays for the host's organisations in consortia that its own organisations lead.

    Raises eligibility from sender to host where the programme does not fund the host, as far as the law leaves open:
    after an exclusion a partner may still pay for members, but nobody can buy the excluded country the right to lead;
    across a diplomatic rupture agreements are suspended.

    Notes
    -----
    The money is no extra: it comes out of the common appropriation, and all but the cost of running it returns as
    grants that only this pair may win (``grant_share``). Where the host is funded anyway the agreement opens nothing
    and binds all the same.
    """

    kind = "bilateral_cofinancing"
    summary = "An agreement to pay for the host's organisations in consortia led by the sender's."
    improves = frozenset({"eligibility"})
    price = "Binds a part of the budget to one pair, whether or not good proposals come from it."
    evidence = "C"
    evidence_reason = "Cases exist (national money for Swiss and British members), without an estimate per euro."
    passage = "bilateral co-financing agreements help de-risk transnational projects"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6, "senders": ["DEU", "ESP"], "hosts": ["CHE", "GBR"]}

    monthly_eur: float = parameter(
        500_000.0, "Money spent on it a month at full scale, over all pairs, grants included.", unit="EUR/month",
        bounds=(0.0, 1e9),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        300.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.1, 1e7), assumed=(75.0, 1_200.0), prior="log_uniform",
    )  # fmt: skip
    administration: float = parameter(
        0.08, "Share of its money spent on running it.", unit="share", bounds=(0.0, 1.0), assumed=(0.03, 0.2)
    )

    @property
    def grant_share(self) -> float:
        """Share of its money that becomes grants earmarked for its pairs."""
        return 1.0 - self.administration

    def first_allocation(self, world: World) -> NDArray[np.float64]:
        """(C, C): by default only pairs in which the host is not fully funded and the sender takes part.

        Named hosts are taken at the user's word: an agreement can be an insurance against an exclusion to come.
        """
        if self.hosts != "all":
            return super().first_allocation(world)
        standing = world.programme_standing
        open_gap = self.pairs(world) & (standing[None, :] < 1.0) & (standing[:, None] > 0.0)
        return by_missions(open_gap if open_gap.any() else self.pairs(world), world)

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise eligibility from sender to host, in all sectors."""
        aimed = self.aimed(world, stock_eur)
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        share = closed_share(aimed, self.eur_per_organisation * organisations[None, :], self.limit)
        handles.close_gap("eligibility", share[:, :, None])
