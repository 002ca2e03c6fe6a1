"""Regional standards for redeployment."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class RegionalStandards(Instrument):
    """Countries of a region agree on standards, so that technologies and supplies of one can be used in the others.

    Approvals count for more among them, and another supplier is qualified sooner. Who joins later must first meet the
    standard, wherever it comes from: new members start later.

    Notes
    -----
    What both sides of a pair spend counts together. Recognition is read only with ``mechanisms.stages=true``.
    """

    kind = "regional_standards"
    summary = "Countries agree on standards, so that technologies and supplies can be moved among them."
    improves = frozenset({"recognition", "friction_switch"})
    side_effects = frozenset({"friction_replace"})
    price = "Lock-in: whoever joins later must first meet the standard."
    evidence = "C"
    evidence_reason = "No study measures what regional standards change in months to redeploy a technology."
    passage = "advocate for regional standards that facilitate rapid redeployment of technologies during crises"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"mechanisms": {"stages": True}}

    limit: float = parameter(
        0.4, "Largest share of a gap in recognition, and of the months to switch, that it closes.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.7),
    )  # fmt: skip
    eur_per_pair: float = parameter(
        20_000.0, "Money a month of both sides at which 63 % of the limit is reached.", unit="EUR/month",
        bounds=(1.0, 1e8), assumed=(5_000.0, 80_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        60.0, "Months in which half of what steady money leads to is reached, and after which half is gone without.",
        unit="months", bounds=(0.0, 600.0), assumed=(24.0, 120.0),
    )  # fmt: skip
    lock_in: float = parameter(
        0.2, "Longer time until a new member works, where a country shares standards with all others.", unit="share",
        bounds=(0.0, 5.0), assumed=(0.0, 0.5),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise recognition among them and shorten switching; lengthen the start of new members."""
        paid = self.aimed(world, stock_eur)
        agreed = closed_share(paid + paid.T, self.eur_per_pair, 1.0)
        handles.close_gap("recognition", self.limit * agreed[:, :, None])
        # suppliers of as many other countries can be used at once
        reach = agreed.sum(axis=1) / max(world.n_countries - 1, 1)
        handles.lower("friction_switch", self.limit * reach)
        handles.lengthen("friction_replace", self.lock_in * reach)
