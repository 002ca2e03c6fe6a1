"""Advisory rounds with industry."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import BASIC_SECTORS, SECTORS, World

_APPLIED = np.array([sector not in BASIC_SECTORS for sector in SECTORS])


class IndustryAdvisory(Instrument):
    """People from industry advise research in a sector on what could come of it.

    Completed research of the sectors advised leaves something to try more often, where they are applied. Who listens to
    industry turns to what it asks for: less joint work of one's own is started in basic sectors.

    Notes
    -----
    More pilots are not more successes: a pilot succeeds by its quality. Those are read only with
    ``mechanisms.stages=true``; basic work loses without them too.
    """

    kind = "industry_advisory"
    summary = "Industry advises research on what could come of it."
    improves = frozenset({"pilot_chance"})
    side_effects = frozenset({"attention"})
    aims = frozenset({"sectors"})
    price = "Pulls work away from basic research."
    evidence = "C"
    evidence_reason = "No study measures what advice from industry changes in what is tried after research."
    passage = "By inviting private-sector contributors to advisory rounds"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"mechanisms": {"stages": True}}

    limit: float = parameter(
        0.2, "Largest rise of the chance that research leaves something to try, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.5),
    )  # fmt: skip
    cost_share: float = parameter(
        0.003, "Cost as a share of the money of the sectors advised, at which 63 % of the limit is reached.",
        unit="share", bounds=(1e-6, 10.0), assumed=(0.00075, 0.012), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        12.0, "Months after which half of the advice is out of date.", unit="months", bounds=(0.0, 600.0),
        assumed=(6.0, 36.0),
    )  # fmt: skip
    pull: float = parameter(
        0.1, "Share of the work that organisations start themselves in basic sectors which is lost when all others are "
        "advised.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.3),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise the chance of a pilot in applied sectors served, and lower what is started in basic ones."""
        served = self.sector_mask() & _APPLIED
        money = world.appropriation_eur_per_month * float(world.sector_money_share[served].sum())
        heard = closed_share(self.aimed(world, stock_eur).sum(), self.cost_share * money, 1.0)
        handles.lengthen("pilot_chance", self.limit * heard * served)
        handles.lower("attention", self.pull * heard * float(served.sum() / _APPLIED.sum()) * ~_APPLIED)
