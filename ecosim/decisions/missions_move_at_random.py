"""Missions move as much money as a review would, by lot: what a review must beat."""

from __future__ import annotations

import numpy as np

from ecosim.decisions.base import Orders, Seen
from ecosim.decisions.missions_follow_partnerships import MissionsFollowPartnerships, moved


class MissionsMoveAtRandom(MissionsFollowPartnerships):
    """The same reviews, but the counts of starts are dealt out among the pairs by lot.

    What the last year's busiest pairs do next falls back towards the mean by itself. Whether it helps to follow them
    shows only beside money that moves as far without looking.
    """

    kind = "missions_move_at_random"
    summary = "Missions move as much money as a review would, between pairs of countries drawn by lot."
    sees = MissionsFollowPartnerships.sees | {"chance"}
    passage = ""
    why_no_passage = "No mission does this: it is what a review must beat."

    def decide(self, seen: Seen) -> Orders:
        """Shift each instrument's shares as a review would if the pairs' counts were dealt out anew."""
        orders = Orders()
        for name, share in seen.allocation.items():
            served = np.flatnonzero(share.ravel() > 0.0)
            dealt = np.zeros(share.size)
            dealt[served] = seen.starts.ravel()[served[np.argsort(seen.chance.ravel()[served], kind="stable")]]
            orders.allocation[name] = moved(share, dealt.reshape(share.shape), self.step)
        return orders
