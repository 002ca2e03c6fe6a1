"""Working group of the World Health Organization or the United Nations."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument
from ecosim.instruments.shares import among_members
from ecosim.world.facts import SECTORS, World

_HEALTH = np.array([sector == "health" for sector in SECTORS])


class HealthWorkingGroup(Instrument):
    """Members of a working group on standards share algorithms of surveillance, and recognise more of each other.

    Countries whose surveillance is weak find outbreaks sooner with them; in the others they change nothing. Everything
    new is agreed by all, so that it waits.

    Notes
    -----
    What all members spend counts together, so that one member more costs all of them a little. Algorithms are read only
    with ``mechanisms.health=true``, recognition only with ``mechanisms.stages=true``.
    """

    kind = "health_working_group"
    summary = "A working group shares algorithms of surveillance and brings recognition nearer; all agree on all."
    improves = frozenset({"surveillance_algorithm", "recognition"})
    side_effects = frozenset({"health_review_months"})
    price = "Slow: everything new waits until all have agreed."
    evidence = "C"
    evidence_reason = "No study measures what shared algorithms add to surveillance; nil is in the range of its gain."
    passage = (
        "United Nations working groups or WHO task forces—nations are more likely to align ethically and practically"
    )
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True, "stages": True},
    }  # fmt: skip

    limit: float = parameter(
        0.5, "How far a member has a shared algorithm at most.", unit="share", bounds=(0.0, 1.0), assumed=(0.1, 0.9)
    )
    eur_per_member: float = parameter(
        30_000.0, "Money a month per member, at which 63 % of the limit is reached.", unit="EUR/month/country",
        bounds=(1.0, 1e8), assumed=(7_500.0, 120_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        60.0, "Months in which half of what steady money leads to is reached, and after which half is gone without.",
        unit="months", bounds=(0.0, 600.0), assumed=(24.0, 120.0),
    )  # fmt: skip
    recognised: float = parameter(
        0.2, "Share of that by which members also recognise approvals in health of each other.", unit="share",
        bounds=(0.001, 1.0), assumed=(0.05, 0.5),
    )  # fmt: skip
    agreeing_months: float = parameter(
        3.0, "Months that new models wait until all members have agreed.", unit="months", bounds=(0.0, 60.0),
        assumed=(1.0, 9.0),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Share algorithms among members and raise recognition in health between them; let new models wait."""
        together, members, acts = among_members(self, world, stock_eur, self.eur_per_member)
        handles.fill("surveillance_algorithm", self.limit * acts * members)
        between = together[:, :, None] & _HEALTH
        handles.close_gap("recognition", self.limit * self.recognised * acts * between)
        handles.health_review_months += self.agreeing_months * acts * members
