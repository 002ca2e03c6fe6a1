"""Rules of transparency with a multilingual oversight board."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class OversightBoard(Instrument):
    """Members show how their models decide, and a board that works in all their languages looks into them.

    Whoever can see how models decide trusts them more; what is false is answered in every language, so that it reaches
    fewer; platforms that are looked into lose less in a breach. Every new model waits for the board.

    Notes
    -----
    What all members spend counts together. Read only with ``mechanisms.health=true``.
    """

    kind = "oversight_board"
    summary = "Transparency and a board in all languages: more trust, less misinformation; new models wait."
    improves = frozenset({"health_trust", "misinformation_reach", "breach_reach"})
    side_effects = frozenset({"health_review_months"})
    price = "Slower: every new model waits for the board."
    evidence = "C"
    evidence_reason = (
        "Trust in health AI goes with trust in the system, not with knowledge of AI (Nong and Platt 2025, doi "
        "10.1001/jamanetworkopen.2024.60628); what a board changes is not measured."
    )
    passage = "many experts advocate for transparency standards and multilingual oversight boards"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
        "shocks": {"misinformation_wave": {"targets": "all"}},
    }  # fmt: skip

    limit: float = parameter(
        0.5, "Largest share of a wave's reach, and of a breach's, that it prevents.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 0.9),
    )  # fmt: skip
    eur_per_member: float = parameter(
        50_000.0, "Money a month per member, at which 63 % of the limit is reached.", unit="EUR/month/country",
        bounds=(1.0, 1e8), assumed=(12_500.0, 200_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        24.0, "Months in which half of what steady money leads to is reached, and after which half is gone without.",
        unit="months", bounds=(0.0, 600.0), assumed=(6.0, 60.0),
    )  # fmt: skip
    won: float = parameter(
        0.05, "Share won of those who do not trust, where all is shown.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.2),
    )  # fmt: skip
    board_months: float = parameter(
        6.0, "Months that new models wait for the board.", unit="months", bounds=(0.0, 60.0), assumed=(2.0, 12.0)
    )

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise trust and lower what misinformation and breaches reach in its members; let new models wait."""
        pairs = self.pairs(world)
        members = pairs.any(axis=0) | pairs.any(axis=1)
        spent = float(self.aimed(world, stock_eur).sum())
        acts = closed_share(spent, self.eur_per_member * float(members.sum()), 1.0) * members
        handles.fill("health_trust", self.won * acts)
        handles.lower("misinformation_reach", self.limit * acts)
        handles.lower("breach_reach", self.limit * acts)
        handles.health_review_months += self.board_months * acts
