"""Data localisation."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.world.facts import World


class DataLocalisation(Shock):
    """Laws keep the targets' data in their countries, and others' out.

    Data between a target and any other country go as far as the law leaves open, two targets' included: research that
    needs them slows, cases of health that were shared come no more, and warnings of outbreaks come as late as to the
    public. Models that learn from data where they lie go on.

    Notes
    -----
    Such measures in force rose from 67 in 35 countries (2017) to 144 in 62 (2021) (Cory and Dascoli 2021, an advocacy
    source). How much of what is shared for research they stop has not been measured.
    """

    kind = "data_localisation"
    option: ClassVar[dict[str, Any]] = {"duration_months": 36}
    handles = frozenset({"data"})
    summary = "Laws keep the data of some countries at home: what was shared across borders stops."
    at_risk = "member_country"
    passage = "upholding privacy and sovereignty"
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR", "ESP"]}

    data_loss: float = parameter(
        0.8, "Share of the data channel with other countries that is closed by law at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.3, 1.0),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Close data into and out of the targets by law, once in effect."""
        abroad = (targets[:, None] | targets[None, :]) & ~np.eye(len(targets), dtype=np.bool_)
        handles.close_by_law("data", self.data_loss * level * abroad)
