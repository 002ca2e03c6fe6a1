"""Missions move as much money as a review would, to pairs drawn by lot: what a review must beat."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.decisions.missions_follow_partnerships import moved


class MissionsMoveAtRandom(Decision):
    """The same reviews, but the counts of starts are dealt out among the pairs by lot.

    What the last year's busiest pairs do next falls back towards the mean by itself. Whether it helps to follow them
    shows only beside money that moves as far without looking.
    """

    kind = "missions_move_at_random"
    summary = "Missions move as much money as a review would, between pairs of countries drawn by lot."
    decides: ClassVar[Who] = "missions"
    sees = frozenset({"starts", "allocation", "chance"})
    orders: ClassVar[frozenset[Order]] = frozenset({"allocation"})
    why_no_passage = "No mission does this: it is what a review must beat."
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"instruments": {"matchmaking": {}}}

    every_months: int = parameter(12, "Months from one move to the next.", unit="months", bounds=(1, 600))
    step: float = parameter(
        0.3, "How far a move goes towards the pairs drawn: 0 not at all, 1 wholly.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 1.0),
    )  # fmt: skip

    def decide(self, seen: Seen) -> Orders:
        """Shift each instrument's shares as a review would if the pairs' counts were dealt out anew."""
        orders = Orders()
        for name, share in seen.allocation.items():
            served = np.flatnonzero(share.ravel() > 0.0)
            dealt = np.zeros(share.size)
            dealt[served] = seen.starts.ravel()[served[np.argsort(seen.chance.ravel()[served], kind="stable")]]
            orders.allocation[name] = moved(share, dealt.reshape(share.shape), self.step)
        return orders
