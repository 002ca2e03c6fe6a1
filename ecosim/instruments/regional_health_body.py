"""Regional body that negotiates as one."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument
from ecosim.instruments.shares import among_members
from ecosim.world.facts import World


class RegionalHealthBody(Instrument):
    """Countries of a region negotiate with providers as one, and share cases of health among themselves.

    Providers bind themselves not to cut off one member alone: a part of what a cut-off would cost is kept. There is
    one position for all, so that members start later.

    Notes
    -----
    The bargain grows with the members' share of all income: one small country wins no clause. What all members spend
    counts together. Cases and clauses are read only with ``mechanisms.health=true``.
    """

    kind = "regional_health_body"
    summary = "A region negotiates with providers as one, and shares cases of health among its members."
    improves = frozenset({"health_data", "health_service_kept"})
    side_effects = frozenset({"friction_start"})
    price = "One position for all: members start later."
    evidence = "C"
    evidence_reason = "No study measures what a region wins from providers of AI by negotiating as one."
    passage = "African Union's digital health blueprint show how regional voices can influence global standards"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    limit: float = parameter(
        0.5, "Largest share of a cut-off's loss that clauses prevent, and of cases that members share.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.9),
    )  # fmt: skip
    eur_per_member: float = parameter(
        40_000.0, "Money a month per member, at which 63 % of the limit is reached.", unit="EUR/month/country",
        bounds=(1.0, 1e8), assumed=(10_000.0, 160_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        48.0, "Months in which half of what steady money leads to is reached, and after which half is gone without.",
        unit="months", bounds=(0.0, 600.0), assumed=(12.0, 96.0),
    )  # fmt: skip
    half_weight: float = parameter(
        0.05, "Share of all countries' income at which half of the clauses are won.", unit="share",
        bounds=(0.001, 1.0), assumed=(0.01, 0.2),
    )  # fmt: skip
    one_position: float = parameter(
        0.1, "Longer start in members when as much is spent as can be of use.", unit="share", bounds=(0.0, 5.0),
        assumed=(0.02, 0.25),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Let members share cases and keep service; delay their starts."""
        together, members, acts = among_members(self, world, stock_eur, self.eur_per_member)
        handles.fill("health_data", self.limit * acts * together)
        weight = float((world.gdp_busd * members).sum() / world.gdp_busd.sum())
        won = weight / (weight + self.half_weight)
        handles.fill("health_service_kept", self.limit * won * acts * members)
        handles.lengthen("friction_start", self.one_position * acts * members)
