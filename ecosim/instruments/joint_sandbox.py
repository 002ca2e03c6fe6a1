"""Joint regulatory sandbox."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class JointSandbox(Instrument):
    """Two regulators let technologies of a few sectors be tried under watch, and accept what the other has seen.

    Approvals of one count for more in the other, in the sectors served. Investors see that the rules are known, so more
    private money comes to technologies of both, as far as these sectors are theirs. The regulators' people are bound:
    whoever stands outside waits longer for its approval.

    Notes
    -----
    Each sector costs: a sandbox for all of them is dear. Read only with ``mechanisms.stages=true``.
    """

    kind = "joint_sandbox"
    summary = "Regulators of two countries let technologies of a few sectors be tried under watch."
    improves = frozenset({"recognition", "private_money"})
    side_effects = frozenset({"approval_months"})
    aims = frozenset({"countries", "sectors"})
    price = "Shallow and for few sectors; all other approvals wait longer."
    evidence = "B"
    evidence_reason = (
        "Firms that entered the British sandbox for finance raised 15 % more capital (Cornelli et al. 2024, BIS "
        "Working Paper 901); research and sandboxes of two countries are not measured."
    )
    passage = "They can sponsor joint regulatory sandboxes that enable piloting technologies in controlled settings"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 2e6, "sectors": ["health", "digital_and_industrial"]}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"mechanisms": {"stages": True}}

    limit: float = parameter(
        0.3, "Largest share of a gap in recognition that it closes, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.5),
    )  # fmt: skip
    eur_per_sector: float = parameter(
        20_000.0, "Money a month of both sides for each sector, at which 63 % of the limit is reached.",
        unit="EUR/month/sector", bounds=(1.0, 1e8), assumed=(5_000.0, 80_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        24.0, "Months after which half of it is gone without money.", unit="months", bounds=(0.0, 600.0),
        assumed=(12.0, 48.0),
    )  # fmt: skip
    capital: float = parameter(
        0.15, "Private money for technologies in it, beyond that at rest.", unit="share", bounds=(0.0, 5.0),
        assumed=(0.0, 0.3), source="15 % (Cornelli et al. 2024, BIS Working Paper 901)",
    )  # fmt: skip
    bound: float = parameter(
        0.1, "Longer approval for those outside, where a country runs one in all sectors with all others.",
        unit="share", bounds=(0.0, 5.0), assumed=(0.0, 0.3),
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Recognition by the limit, private money by what a sandbox brings."""
        return self.capital if handle == "private_money" else self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise recognition and private money in the sectors served; lengthen approvals of both."""
        served = self.sector_mask()
        paid = self.aimed(world, stock_eur)
        reach = closed_share(paid + paid.T, self.eur_per_sector * float(served.sum()), 1.0)
        handles.close_gap("recognition", self.limit * reach[:, :, None] * served)
        within = (world.country_sector_share * served).sum(axis=1)
        # one sandbox is enough for investors to see
        handles.lengthen("private_money", self.capital * reach.max(axis=1) * within)
        run = reach.sum(axis=1) / max(world.n_countries - 1, 1) * float(served.mean())
        handles.lengthen("approval_months", self.bound * run)
