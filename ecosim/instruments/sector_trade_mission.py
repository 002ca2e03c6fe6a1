"""Sector trade missions."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.instruments.shares import part_of_gap
from ecosim.world.facts import ORGANISATION_TYPES, World

_FIRMS = ORGANISATION_TYPES.index("PRC")


class SectorTradeMission(Instrument):
    """A mission takes a delegation to the host in named sectors: firms are met first, and these sectors looked at more.

    Of those in the host whom leads of the sender would look for by size, some are firms met on the mission. The
    sender's organisations know the host better in the sectors served. As long as that lasts they look less at its other
    sectors: attention is moved there, not made.

    Missions in biopharma, clean energy and artificial intelligence are presets of this one mechanism: they differ in
    their sectors and in nothing else.

    Notes
    -----
    With effects of pairs of countries the trade missions that Canada's prime ministers led added nothing to trade (Head
    and Ries 2010); state visits go with 8 to 10 % more exports, short-lived (Nitsch 2007). So nil lies inside the range
    of its limit.
    """

    kind = "sector_trade_mission"
    summary = "A delegation to the host in named sectors: firms are met, and other sectors lose attention."
    improves = frozenset({"firms_met"})
    side_effects = frozenset({"awareness"})
    redistributes = frozenset({"awareness"})
    aims = frozenset({"countries", "sectors"})
    price = "Other sectors lose the attention that the named ones gain."
    evidence = "B"
    evidence_reason = (
        "Measured for trade: nil with effects of pairs (Head and Ries 2010, Can J Econ 43:754) to +8-10 %, short-lived "
        "(Nitsch 2007, doi 10.1111/j.1467-9701.2007.01062.x); for research it is not."
    )
    passage = "trade missions tailored to sectors such as biopharma, clean energy, and artificial intelligence"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    sectors: tuple[str, ...] | Literal["all"] = parameter(
        ("health", "energy", "digital_and_industrial"), "Sectors it serves, or 'all'."
    )
    monthly_eur: float = parameter(
        200_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.1, "Largest share of the host's firms in the sectors served that are met, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.3), source="nil in range (Head and Ries 2010)",
    )  # fmt: skip
    eur_per_firm: float = parameter(
        200.0, "Money a month per firm of the host in the sectors served, at which 63 % of the limit is reached.",
        unit="EUR/month/firm", bounds=(0.1, 1e6), assumed=(50.0, 800.0), prior="log_uniform",
    )  # fmt: skip
    better_known: float = parameter(
        0.5, "How much better the host is known in the sectors served, were all its firms there met.", unit="share",
        bounds=(0.0, 10.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    life_months: float = parameter(
        5.0, "Months after which half of those met are forgotten.", unit="months", bounds=(0.0, 600.0),
        assumed=(2.0, 11.0), source="short-lived, repeated visits drive it (Nitsch 2007)",
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Let the sender's leads meet firms of the host in the sectors served, and move attention there."""
        served = self.sector_mask()
        mix = world.country_sector_share
        firms = world.organisations[:, _FIRMS] * (mix * served).sum(axis=1)
        share = closed_share(self.aimed(world, stock_eur), self.eur_per_firm * firms[None, :], self.limit)
        handles.fill("firms_met", share[:, :, None] * served)

        part = part_of_gap(handles.awareness, self.better_known)
        part *= share[:, :, None]
        part *= served
        gained = handles.close_gap("awareness", part)
        gained *= mix[None]
        gained = gained.sum(axis=2)
        looked_at = handles.awareness * mix[None]
        looked_at *= ~served
        others = looked_at.sum(axis=2)
        lost = np.divide(gained, others, out=np.zeros_like(gained), where=others > 0.0)
        handles.lower("awareness", np.minimum(lost, 1.0)[:, :, None] * ~served)


class BiopharmaMission(SectorTradeMission):
    """A trade mission in biopharma: a preset of the sector trade mission."""

    kind = "biopharma_mission"
    summary = "A sector trade mission in biopharma."

    sectors: tuple[str, ...] | Literal["all"] = parameter(("health",), "Sectors it serves, or 'all'.")


class CleanEnergyMission(SectorTradeMission):
    """A trade mission in clean energy: a preset of the sector trade mission."""

    kind = "clean_energy_mission"
    summary = "A sector trade mission in clean energy."

    sectors: tuple[str, ...] | Literal["all"] = parameter(("energy",), "Sectors it serves, or 'all'.")


class ArtificialIntelligenceMission(SectorTradeMission):
    """A trade mission in artificial intelligence: a preset of the sector trade mission."""

    kind = "artificial_intelligence_mission"
    summary = "A sector trade mission in artificial intelligence."

    sectors: tuple[str, ...] | Literal["all"] = parameter(("digital_and_industrial",), "Sectors it serves, or 'all'.")
