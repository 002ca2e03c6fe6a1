"""Multilateral forum with principles that bind nobody."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument
from ecosim.instruments.shares import among_members
from ecosim.world.facts import World


class MultilateralForum(Instrument):
    """Countries of several blocs agree on principles that bind nobody.

    Whoever takes part is believed a little more by the others, and the rules of different blocs come a little nearer.
    Everybody is heard before anybody moves.

    Notes
    -----
    What all members spend counts together, so that one host more costs all of them a little. Within a bloc a forum
    brings no rules together. Where nobody is doubted it adds nothing to belief.
    """

    kind = "multilateral_forum"
    summary = "Countries of several blocs agree on principles: rules and beliefs come a little nearer."
    improves = frozenset({"expectation", "regulation"})
    side_effects = frozenset({"friction_start"})
    price = "Slow and shallow: everybody is heard before anybody moves."
    evidence = "C"
    evidence_reason = "No study measures what principles that bind nobody change in rules or in what is expected."
    passage = "Through trilateral or multilateral dialogues, missions can share best practices"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"world": {"preset": "europe"}}

    limit: float = parameter(
        0.1, "Largest share of a gap that principles close, whatever is spent.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.25),
    )  # fmt: skip
    eur_per_member: float = parameter(
        30_000.0, "Money a month per member, at which 63 % of the limit is reached.", unit="EUR/month/country",
        bounds=(1.0, 1e8), assumed=(7_500.0, 120_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        60.0, "Months in which half of what steady money leads to is reached, and after which half is gone without.",
        unit="months", bounds=(0.0, 600.0), assumed=(24.0, 120.0),
    )  # fmt: skip
    hearing: float = parameter(
        0.1, "Longer start in its members when as much is spent as can be of use.", unit="share", bounds=(0.0, 5.0),
        assumed=(0.0, 0.25),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise belief among members, and the agreement of rules between their blocs; lengthen their starts."""
        together, members, acts = among_members(self, world, stock_eur, self.eur_per_member)
        share = self.limit * acts
        handles.expectation += share * together * np.maximum(1.0 - handles.expectation, 0.0)
        between = together & (world.bloc[:, None] != world.bloc[None, :])
        handles.close_gap("regulation", share * between)
        handles.lengthen("friction_start", self.hearing * acts * members)
