"""Funders move money between sectors to where publications grew."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.decisions.missions_follow_partnerships import moved


class FundersRebudget(Decision):
    """Once a year every funder moves money between sectors, towards those whose joint publications grew.

    Growth is that of the last years over as many years before. Funders see numbers of publications, not what their
    money did: a sector that did well by chance gains too, and falls back by itself. Beside it stands
    ``funders_rebudget_at_random``, which moves as much.
    """

    kind = "funders_rebudget"
    summary = "Funders move money between sectors towards those whose publications grew."
    decides: ClassVar[Who] = "funders"
    sees = frozenset({"publications", "sectors"})
    orders: ClassVar[frozenset[Order]] = frozenset({"sectors"})
    passage = "Regular evaluation drives continuous improvement in program design"
    example: ClassVar[dict[str, Any]] = {"over_months": 6}

    every_months: int = parameter(12, "Months from one review to the next.", unit="months", bounds=(1, 600))
    seen_after_months: int = parameter(
        6, "Months until what happens can be seen by whoever decides.", unit="months", bounds=(0, 120)
    )
    over_months: int = parameter(
        24, "Months whose publications are compared with as many before.", unit="months", bounds=(1, 240),
        assumed=(12, 36),
    )  # fmt: skip
    step: float = parameter(
        0.3, "How far a review moves the money: 0 not at all, 1 wholly.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 1.0),
    )  # fmt: skip
    most: float = parameter(
        0.5, "How far a sector's share may move from where it began.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.2, 0.8),
    )  # fmt: skip

    def decide(self, seen: Seen) -> Orders:
        """Shift every funder's shares towards shares times growth."""
        return rebudgeted(seen, growth(seen.publications, self.over_months), self.step, self.most)


def growth(publications: NDArray[np.float64], over: int) -> NDArray[np.float64] | None:
    """(S,) publications of the last months over those of as many before; None before there are as many.

    1 where there was nothing before.
    """
    if len(publications) < 2 * over:
        return None
    last, before = publications[-over:].sum(axis=0), publications[-2 * over : -over].sum(axis=0)
    return np.where(before > 0.0, last / np.maximum(before, 1.0), 1.0)


def rebudgeted(seen: Seen, by: NDArray[np.float64] | None, step: float, most: float) -> Orders:
    """Shares of every funder after a step towards shares times some number of each sector, within bounds.

    Parameters
    ----------
    by : ndarray of float, shape (S,), or None
        What money follows; None for no order.
    """
    orders = Orders()
    if by is None:
        return orders
    began = seen.world.sector_money_share
    for name, share in seen.sectors.items():
        bounded = np.clip(moved(share, by, step), (1.0 - most) * began, (1.0 + most) * began)
        orders.sectors[name] = bounded / bounded.sum()
    return orders
