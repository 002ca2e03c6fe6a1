"""Withdrawal of the programme's funder."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.doubted import DoubtedShock
from ecosim.tables import PROGRAMME
from ecosim.world.facts import World


class FunderWithdrawal(DoubtedShock):
    """The programme's funder stops paying what is due, stops receiving new money, or both.

    From the announcement on, belief in the part of the targets' organisations in the programme falls; what they do
    elsewhere is not doubted.

    Notes
    -----
    The case in which money paid up front was the safer kind, against which staggered payment has to be judged. What a
    gap in money does to laboratories is known (spending falls by half over a renewal gap, Tham 2023); whether and when
    a funder fails is a scenario, not an estimate.
    """

    kind = "funder_withdrawal"
    option: ClassVar[dict[str, Any]] = {"duration_months": 24}
    handles = frozenset({"payment", "appropriation", "programme_expectation", "lead_expectation"})
    summary = "The programme's funder stops paying, stops being funded, or both."
    at_risk = "funder"
    passage = "multi-country collaboration programs that weather political or economic shocks"
    example: ClassVar[dict[str, Any]] = {"severity": 0.7}

    targets: tuple[str, ...] | Literal["drawn", "all"] = parameter(
        "all",
        "Countries whose organisations are believed less able to stay in the programme once it is announced, named or "
        "drawn; the money fails for all alike.",
    )
    cuts: Literal["both", "payments", "appropriation"] = parameter(
        "both", "Payments already promised, new appropriations, or both."
    )
    expectation_loss: float = parameter(
        0.1, "Share of the belief that organisations stay able to take part in the programme lost from the "
        "announcement on, at full severity.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.5),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower belief once announced, and money once in effect."""
        doubted = self.expectation_loss * self.severity * doubt * targets[:, None]
        handles.lower("programme_expectation", doubted)
        handles.lower("lead_expectation", doubted)
        lost = np.zeros_like(handles.payment)
        lost[PROGRAMME] = level
        if self.cuts != "appropriation":
            handles.lower("payment", lost)
        if self.cuts != "payments":
            handles.lower("appropriation", lost)
