"""Regulatory volatility."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.declared import check_names
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.doubted import DoubtedShock
from ecosim.world.facts import REGULATION_PARTS, World


class RegulatoryVolatility(DoubtedShock):
    """Rules of the targets change faster than others can follow.

    Part of the agreement of rules with all other countries is lost, in the parts of law that are named; approvals and
    starts in the targets take longer, because what was approved is asked for again. From the announcement on everybody
    believes less that organisations of the targets will stay able to work with them. The targets' rules agree with each
    other no better than with third countries' while this lasts.

    Notes
    -----
    Data-localisation measures in force rose from 67 in 2017 to 144 in 2021 (Cory and Dascoli 2021, an advocacy source):
    rules do move. What it costs research that they move has not been measured, so every strength is assumed. Ethics
    approval took 34 days where it is mutually accepted and 67 where it is not, a difference that other traits explained
    (Crosby et al. 2023, doi 10.1186/s13063-023-07802-2).
    """

    kind = "regulatory_volatility"
    option: ClassVar[dict[str, Any]] = {"duration_months": 36}
    handles = frozenset({"regulation", "friction_start", "approval_months", "expectation"})
    summary = "Rules of some countries change faster than others can follow."
    at_risk = "member_country"
    passage = "When governments present coherent, predictable rules, researchers and firms gain confidence to invest"
    example: ClassVar[dict[str, Any]] = {"targets": ["DEU"]}

    parts: tuple[str, ...] | Literal["all"] = parameter(
        "all", f"Parts of law that change, of {', '.join(REGULATION_PARTS)}; or 'all'."
    )
    agreement_share: float = parameter(
        0.3, "Share of the agreement of rules with other countries lost at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.7),
    )  # fmt: skip
    slower_share: float = parameter(
        0.5, "Months to approve and start added as a share, at full severity.", unit="share", bounds=(0.0, 10.0),
        assumed=(0.0, 1.0),
        source="order: ethics approval took twice as long without mutual acceptance (Crosby et al. 2023)",
    )  # fmt: skip
    expectation_loss: float = parameter(
        0.1, "Share of the belief in the targets lost from the announcement on, at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.4),
    )  # fmt: skip

    def check(self, name: str, world: World) -> None:
        """Refuse parts of law that do not exist."""
        super().check(name, world)
        check_names(f"shocks.{name}.parts", self.parts, REGULATION_PARTS)

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower belief in the targets once announced; agreement of rules and pace once in effect."""
        handles.lower("expectation", self.expectation_loss * self.severity * doubt * targets[None, :])
        changed = np.array([self.parts == "all" or part in self.parts for part in REGULATION_PARTS])
        abroad = (targets[:, None] | targets[None, :]) & ~np.eye(len(targets), dtype=np.bool_)
        handles.lower("regulation", self.agreement_share * level * (changed[:, None, None] & abroad))
        handles.lengthen("friction_start", self.slower_share * level * targets)
        handles.lengthen("approval_months", self.slower_share * level * targets)
