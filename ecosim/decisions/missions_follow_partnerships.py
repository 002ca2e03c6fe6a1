"""Missions move money to where partnerships start."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who


class MissionsFollowPartnerships(Decision):
    """Once a year each instrument's money moves towards the pairs of countries in which partnerships started.

    A mission sees how many partnerships started between its two countries, not what its money did: busy pairs gain
    whatever the cause. Beside it stands ``missions_move_at_random``, which moves as much.
    """

    kind = "missions_follow_partnerships"
    summary = "Missions move money towards the pairs of countries where partnerships start."
    decides: ClassVar[Who] = "missions"
    sees = frozenset({"starts", "allocation"})
    orders: ClassVar[frozenset[Order]] = frozenset({"allocation"})
    passage = "Missions should track partnership health through indicators like collaboration duration"
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"instruments": {"matchmaking": {}}}

    every_months: int = parameter(12, "Months from one review to the next.", unit="months", bounds=(1, 600))
    step: float = parameter(
        0.3, "How far a review moves an instrument's money towards the pairs that were busy: 0 not at all, 1 wholly.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 1.0),
    )  # fmt: skip

    def decide(self, seen: Seen) -> Orders:
        """Shift each instrument's shares towards shares times starts."""
        orders = Orders()
        for name, share in seen.allocation.items():
            orders.allocation[name] = moved(share, seen.starts, self.step)
        return orders


def moved(share: NDArray[np.float64], counts: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Shares after a step towards shares times counts; the same where nothing was counted."""
    busy = share * counts
    total = busy.sum()
    if total == 0.0:
        return share
    shifted = (1.0 - step) * share + step * busy / total
    return shifted / shifted.sum()
