"""Fast track for approvals."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class ApprovalFastTrack(Instrument):
    """The sender's authorities approve research and pilots sooner.

    Approval is a part of what it takes to start, so starts follow by that part alone. What is approved in haste counts
    for less elsewhere: other countries recognise approvals of the sender less.

    Notes
    -----
    Money goes to the sender's own authorities, whichever the hosts. Almost all of what it does, and all of its price,
    is read only with ``mechanisms.stages=true``; months from a call to a start are shortened by ``approval_part`` of
    it without them too.
    """

    kind = "approval_fast_track"
    summary = "The sender's authorities approve research and pilots sooner, with less oversight."
    improves = frozenset({"approval_months", "friction_start"})
    side_effects = frozenset({"recognition"})
    price = "Weaker oversight: other countries recognise hasty approvals less."
    evidence = "B"
    evidence_reason = (
        "Ethics approval took 34 days with mutual acceptance and 67 without, which other traits of the sites explain "
        "as well (Crosby et al. 2023, doi 10.1186/s13063-023-07802-2); nothing measures a fast track bought."
    )
    passage = "streamline approval processes for collaborative research"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"mechanisms": {"stages": True}}

    limit: float = parameter(
        0.25, "Largest share of the months to approve that it spares, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.5), source="none to half: Crosby et al. 2023, table 3",
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        60.0, "Money a month per organisation of the sender, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(15.0, 240.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        24.0, "Months after which half of the staff and rules it has built are gone.", unit="months",
        bounds=(0.0, 600.0), assumed=(6.0, 60.0),
    )  # fmt: skip
    approval_part: float = parameter(
        0.2, "Part of the months from a decision to a start that is approval.", unit="share", bounds=(0.0, 1.0),
        source="48 of 234 days (Crosby et al. 2023)",
    )  # fmt: skip
    oversight_lost: float = parameter(
        0.3, "Share of the recognition of the sender's approvals elsewhere that is lost when all months are spared.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.6),
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Starts are spared by the part of them that is approval."""
        return self.approval_part * self.limit if handle == "friction_start" else self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Shorten approvals and starts in the sender; lower what its approvals stand for elsewhere."""
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        spent = self.aimed(world, stock_eur).sum(axis=1)
        spared = closed_share(spent, self.eur_per_organisation * organisations, self.limit)
        handles.lower("approval_months", spared)
        handles.lower("friction_start", self.approval_part * spared)
        abroad = 1.0 - np.eye(world.n_countries)
        handles.lower("recognition", (self.oversight_lost * spared[:, None] * abroad)[:, :, None])
