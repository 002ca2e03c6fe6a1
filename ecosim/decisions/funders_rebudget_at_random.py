"""Funders move as much money between sectors as a review would, by lot: what a review must beat."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.decisions.funders_rebudget import growth, rebudgeted


class FundersRebudgetAtRandom(Decision):
    """The same reviews as ``funders_rebudget``, but the growth of sectors is dealt out among them by lot.

    What grew most falls back towards the mean by itself. Whether it helps to follow it shows only beside money that
    moves as far without looking.
    """

    kind = "funders_rebudget_at_random"
    summary = "Funders move as much money as a review would, between sectors drawn by lot."
    decides: ClassVar[Who] = "funders"
    sees = frozenset({"publications", "sectors", "chance"})
    orders: ClassVar[frozenset[Order]] = frozenset({"sectors"})
    why_no_passage = "No funder does this: it is what a review must beat."
    example: ClassVar[dict[str, Any]] = {"over_months": 6}

    every_months: int = parameter(12, "Months from one move to the next.", unit="months", bounds=(1, 600))
    seen_after_months: int = parameter(
        6, "Months until what happens can be seen by whoever decides.", unit="months", bounds=(0, 120)
    )
    over_months: int = parameter(
        24, "Months whose publications are compared with as many before.", unit="months", bounds=(1, 240),
        assumed=(12, 36),
    )  # fmt: skip
    step: float = parameter(
        0.3, "How far a move goes: 0 not at all, 1 wholly.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 1.0)
    )
    most: float = parameter(
        0.5, "How far a sector's share may move from where it began.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.2, 0.8),
    )  # fmt: skip

    def decide(self, seen: Seen) -> Orders:
        """Shift every funder's shares as a review would if the sectors' growth were dealt out anew."""
        by = growth(seen.publications, self.over_months)
        if by is not None:
            by = by[np.argsort(np.resize(seen.chance, len(by)), kind="stable")]
        return rebudgeted(seen, by, self.step, self.most)
