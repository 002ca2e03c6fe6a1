"""Language courses, joint courses and translation."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, by_missions, closed_share
from ecosim.instruments.shares import at_least_once, part_of_gap
from ecosim.world.facts import World


class LanguageCourses(Instrument):
    """Researchers of two countries without a common language learn to work together in one.

    Of the part of awareness and of mobility that the language takes away, those who have learnt it get back what they
    would have with a common one. Between countries that share a language it does nothing. It is slow: a language is
    learnt over years, and kept for many.

    Notes
    -----
    What a language is worth is the effect of a common one on co-publications, and on the ease of moving. How fast
    learning restores it is assumed. What can be learnt is never more than a common language gives.
    """

    kind = "language_courses"
    summary = "Courses and translation between countries without a common language; slow."
    improves = frozenset({"awareness", "mobility"})
    side_effects = frozenset({"capacity"})
    price = "Slow; and who learns does not work meanwhile."
    evidence = "B"
    evidence_reason = (
        "A common language goes with 39 % more co-publication (countries' effects taken out, OpenAlex 2019); that "
        "courses bring the same is reasoned."
    )
    passage = "joint courses, virtual labs, or exchange scholarships that reduce language and cultural barriers"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    limit: float = parameter(
        0.3, "Largest share of a side's researchers who learn, whatever is spent.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 0.6),
    )  # fmt: skip
    eur_per_thousand_researchers: float = parameter(
        25_000.0, "Money a month per thousand researchers of both sides, at which 63 % of the limit is reached: three "
        "hundred learners at EUR 1,000 a year.", unit="EUR/month", bounds=(1.0, 1e8), assumed=(6_000.0, 100_000.0),
        prior="log_uniform",
    )  # fmt: skip
    known_with_language: float = parameter(
        0.39, "How much better two countries know each other with a common language.", unit="share",
        bounds=(0.0, 10.0), source="exp(.33) - 1: co-publications of country pairs 2019 (OpenAlex)",
    )  # fmt: skip
    easier_with_language: float = parameter(
        0.1, "How much easier it is to work in the other country with a common language.", unit="share",
        bounds=(0.0, 10.0), assumed=(0.0, 0.3),
    )  # fmt: skip
    learning_time: float = parameter(
        0.01, "Share of working time that learning and keeping a language takes.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.03),
    )  # fmt: skip
    life_months: float = parameter(
        96.0, "Months after which half of those who have learnt it have lost it or left.", unit="months",
        bounds=(0.0, 600.0), assumed=(36.0, 240.0),
    )  # fmt: skip

    def first_allocation(self, world: World) -> NDArray[np.float64]:
        """(C, C): only pairs without a common language, if there are any."""
        apart = self.pairs(world) & ~world.common_language
        return by_missions(apart if apart.any() else self.pairs(world), world)

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise awareness and mobility both ways where there is no common language; take the learners' time."""
        aimed = self.aimed(world, stock_eur)
        researchers = world.researchers_thousand
        each = self.eur_per_thousand_researchers * (researchers[:, None] + researchers[None, :])
        learnt = closed_share((aimed + aimed.T) * ~world.common_language, each, self.limit)
        known = part_of_gap(handles.awareness, self.known_with_language)
        known *= learnt[:, :, None]
        handles.close_gap("awareness", known)
        handles.close_gap("mobility", part_of_gap(handles.mobility, self.easier_with_language) * learnt)
        handles.lower("capacity", self.learning_time * at_least_once(learnt))
