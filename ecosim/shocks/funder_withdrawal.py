"""Withdrawal of the programme's funder."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.tables import PROGRAMME
from ecosim.world.facts import World


class FunderWithdrawal(Shock):
    """The programme's funder stops paying what is due, stops receiving new money, or both.

    Notes
    -----
    The case in which money paid up front was the safer kind, against which staggered payment has to be judged. What a
    gap in money does to laboratories is known (spending falls by half over a renewal gap, Tham 2023); whether and when
    a funder fails is a scenario, not an estimate.
    """

    kind = "funder_withdrawal"
    option: ClassVar[dict[str, Any]] = {"duration_months": 24}
    handles = frozenset({"payment", "appropriation", "expectation"})
    summary = "The programme's funder stops paying, stops being funded, or both."
    at_risk = "funder"
    passage = "multi-country collaboration programs that weather political or economic shocks"
    example: ClassVar[dict[str, Any]] = {"severity": 0.7}

    targets: tuple[str, ...] | Literal["drawn", "all"] = parameter(
        "all",
        "Countries whose organisations lose belief once it is announced, named or drawn; the money fails for all "
        "alike.",
    )
    cuts: Literal["both", "payments", "appropriation"] = parameter(
        "both", "Payments already promised, new appropriations, or both."
    )
    expectation_loss: float = parameter(
        0.1, "Share of the belief that organisations stay able to take part lost from the announcement on, at full "
        "severity.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.5),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, announced: bool) -> None:
        """Lower belief once announced, and money once in effect."""
        if announced:
            handles.lower("expectation", self.expectation_loss * self.severity * targets)
        lost = np.zeros_like(handles.payment)
        lost[PROGRAMME] = level
        if self.cuts != "appropriation":
            handles.lower("payment", lost)
        if self.cuts != "payments":
            handles.lower("appropriation", lost)
