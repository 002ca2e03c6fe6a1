"""Funders move as much money between sectors as a review would, by lot: what a review must beat."""

from __future__ import annotations

import numpy as np

from ecosim.decisions.base import Orders, Seen
from ecosim.decisions.funders_rebudget import FundersRebudget, growth, rebudgeted


class FundersRebudgetAtRandom(FundersRebudget):
    """The same reviews as ``funders_rebudget``, but the growth of sectors is dealt out among them by lot.

    What grew most falls back towards the mean by itself. Whether it helps to follow it shows only beside money that
    moves as far without looking.
    """

    kind = "funders_rebudget_at_random"
    summary = "Funders move as much money as a review would, between sectors drawn by lot."
    sees = FundersRebudget.sees | {"chance"}
    passage = ""
    why_no_passage = "No funder does this: it is what a review must beat."

    def decide(self, seen: Seen) -> Orders:
        """Shift every funder's shares as a review would if the sectors' growth were dealt out anew."""
        by = growth(seen.publications, self.over_months)
        if by is not None:
            by = by[np.argsort(np.resize(seen.chance, len(by)), kind="stable")]
        return rebudgeted(seen, by, self.step, self.most)
