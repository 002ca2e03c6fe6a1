"""Change of government."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.doubted import DoubtedShock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.world.facts import World

#: Named cases.
CASES = cases_by_name(
    autocratizing=NamedCase(
        "A government under which electoral democracy declines year by year.",
        {"duration_months": 96},
        "32 such episodes began from 2000 to 2024 in the 72 countries, 17 of them have ended: the median lasts eight "
        "years (Kaplan-Meier; V-Dem, Episodes of Regime Transformation 15).",
        "What such a government does to research: everything but how long it lasts.",
    ),
)


class ChangeOfGovernment(DoubtedShock):
    """A new government of the targets turns inward: less open to others, slower, and with less money for research.

    Political openness falls with everybody else, in both directions; approval and start take longer while offices are
    filled anew; new money of the country's own agency falls. From the announcement (an election that it may win) on,
    everybody believes less that the country's organisations will stay able to work with them. Borders and laws stay.

    Notes
    -----
    What a change of government does to research money has been described (long calm, rare leaps: Valdivia and Clark
    2015; Kushi 2015) and not measured, so every strength has zero in its range. In the 72 countries 1.8 episodes of
    declining democracy begin for 100 countries and years (V-Dem, 2000 to 2024).
    """

    kind = "change_of_government"
    handles = frozenset({"political", "friction_start", "agency_money", "expectation"})
    summary = "A new government of some countries turns inward: less open, slower, with less money."
    at_risk = "member_country"
    passage = "multi-country collaboration programs that weather political or economic shocks"
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR"], "political_share": 0.4}
    cases = CASES

    duration_months: int | None = parameter(
        48, "Months in force; null to the end.", unit="months", bounds=(1, 6000),
        assumed=(24, 96),
        source="order: a term of office; severity_of=autocratizing takes the median of V-Dem's episodes",
    )  # fmt: skip
    political_share: float = parameter(
        0.1, "Share of political openness with all others lost at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.4),
    )  # fmt: skip
    slower_share: float = parameter(
        0.2, "Months to approve and start added as a share, at full severity.", unit="share", bounds=(0.0, 10.0),
        assumed=(0.0, 0.6),
    )  # fmt: skip
    money_share: float = parameter(
        0.1, "Share of new money of the country's own agency lost at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.3),
    )  # fmt: skip
    expectation_loss: float = parameter(
        0.1, "Share of the belief in the targets lost from the announcement on, at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.4),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower belief in the targets once announced; openness, pace and money once in effect."""
        handles.lower("expectation", self.expectation_loss * self.severity * doubt * targets[None, :])
        abroad = (targets[:, None] | targets[None, :]) & ~np.eye(len(targets), dtype=np.bool_)
        handles.lower("political", self.political_share * level * abroad)
        handles.lengthen("friction_start", self.slower_share * level * targets)
        handles.lower("agency_money", self.money_share * level * targets)
