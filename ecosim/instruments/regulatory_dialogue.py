"""Regulatory dialogue and harmonisation."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.declared import check_names
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import REGULATION_PARTS, World


class RegulatoryDialogue(Instrument):
    """Two governments bring parts of their rules together: ethics, product standards, privacy, environment.

    What both spend on it counts together, and what it brings is the same for both. Whoever pays adopts rules that were
    made for two: its organisations meet more of them when they start, and its government can no longer change them
    alone.

    Notes
    -----
    One mechanism, and a preset for each part: ``parts=[ethics]`` harmonises approval by committees,
    ``[product_standards]`` devices, ``[privacy]`` data protection, ``[environment]`` safeguards. All parts share the
    money alike.
    """

    kind = "regulatory_dialogue"
    summary = "Two governments bring their rules on ethics, products, privacy or the environment together."
    improves = frozenset({"regulation"})
    side_effects = frozenset({"friction_start"})
    price = "Slow, and rules made for two cost autonomy: they ask more of whoever starts."
    evidence = "C"
    evidence_reason = "No study measures what a euro of dialogue changes in how far rules agree."
    passage = "Diplomats can facilitate harmonization efforts around ethics approvals, medical device standards"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"world": {"preset": "europe"}}

    parts: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Parts of regulation it is about: ethics, product_standards, privacy, environment; or 'all'."
    )
    limit: float = parameter(
        0.4, "Largest share of a gap that talks can close, whatever is spent.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 0.8),
    )  # fmt: skip
    eur_per_pair: float = parameter(
        10_000.0, "Money a month of both sides for each part, at which 63 % of the limit is reached.",
        unit="EUR/month/part", bounds=(1.0, 1e8), assumed=(2_500.0, 40_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        60.0, "Months in which half of what steady talks lead to is reached, and after which half is gone without.",
        unit="months", bounds=(0.0, 600.0), assumed=(24.0, 120.0),
    )  # fmt: skip
    adjusting: float = parameter(
        0.1, "Longer start where a sender's rules have come as near as can be to those of all.", unit="share",
        bounds=(0.0, 5.0), assumed=(0.0, 0.3),
    )  # fmt: skip

    def check(self, name: str, world: World) -> None:
        """Refuse countries, sectors and parts that do not exist."""
        super().check(name, world)
        check_names(f"instruments.{name}.parts", self.parts, REGULATION_PARTS)

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise the agreement of rules between the two sides, and lengthen the sender's starts."""
        chosen = np.array([self.parts == "all" or part in self.parts for part in REGULATION_PARTS])
        paid = self.aimed(world, stock_eur)
        scale = self.eur_per_pair * max(int(chosen.sum()), 1)
        share = closed_share(paid + paid.T, scale, self.limit)
        handles.close_gap("regulation", share * chosen[:, None, None])
        adopted = closed_share(paid, scale, 1.0).sum(axis=1) / max(world.n_countries - 1, 1)
        handles.lengthen("friction_start", self.adjusting * adopted)
