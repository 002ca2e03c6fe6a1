"""Governments take towards another country the stance of most of their bloc."""

from __future__ import annotations

from math import ceil
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.world.facts import World


class GovernmentsAlignWithBloc(Decision):
    """A government closes towards another country as far as most of its bloc has, once they have.

    Most is a share of the bloc's other members; the country they turn against is not asked. It follows what shocks and
    other decisions have made of political openness, not what others did only to follow: when most of the bloc open
    again, so does it.

    Notes
    -----
    Blocs are those of the world's partition. How far governments follow is assumed, with zero in its range: no study
    measures it for research.
    """

    kind = "governments_align_with_bloc"
    summary = "A government takes towards another country the stance of most of its bloc."
    handles = frozenset({"political"})
    decides: ClassVar[Who] = "governments"
    sees = frozenset({"closed"})
    orders: ClassVar[frozenset[Order]] = frozenset({"stance"})
    why_no_passage = "The texts speak of cooperation alone; a world in which nobody follows its bloc would be too kind."
    #: Two of the Union break with the United Kingdom, and the others are left to follow.
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "shocks": {"diplomatic_rupture": {"targets": ["GBR"], "counterparts": ["DEU", "ESP"], "severity": 0.8}}
    }

    acts_after_months: int = parameter(
        6, "Months until a government has followed.", unit="months", bounds=(0, 120), assumed=(1, 24)
    )
    majority: float = parameter(
        0.5, "Share of the bloc's other members that must have gone as far.", unit="share", bounds=(0.01, 1.0),
        assumed=(0.3, 0.8),
    )  # fmt: skip
    strength: float = parameter(
        0.5, "How much of the distance to its bloc's stance a government goes.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 1.0),
    )  # fmt: skip

    def decide(self, seen: Seen) -> Orders:
        """Go as far as most of the bloc, where they have gone further."""
        return Orders(stance=beyond(seen.closed, of_most(seen.closed, seen.world.bloc, self.majority)))

    def push(self, handles: Handles, world: World, stance: NDArray[np.float64]) -> None:
        """Lower political openness between the two, whichever leads."""
        handles.lower("political", self.strength * np.maximum(stance, stance.T))


def of_most(closed: NDArray[np.float64], bloc: NDArray[np.int8], majority: float) -> NDArray[np.float64]:
    """How far most of each country's bloc, itself left out, have closed towards each other country, (C, C).

    A country towards which a bloc of its own turns is not one of those counted.
    """
    found = np.zeros_like(closed)
    if not closed.any():
        return found
    for name in np.unique(bloc):
        members = np.flatnonzero(bloc == name)
        for country in members:
            others = members[members != country]
            stances = closed[others].copy()
            stances[np.arange(len(others)), others] = -1.0
            counted = len(others) - np.isin(np.arange(len(bloc)), others)
            stances = -np.sort(-stances, axis=0)
            for other in np.flatnonzero((counted > 0) & (stances.max(axis=0, initial=0.0) > 0.0)):
                found[country, other] = max(stances[ceil(majority * counted[other] - 1e-9) - 1, other], 0.0)
    np.fill_diagonal(found, 0.0)
    return found


def beyond(own: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of what is still open that must close to go from one's own stance as far as another, 0 where it is less."""
    further = np.maximum(other - own, 0.0)
    return np.divide(further, 1.0 - own, out=np.zeros_like(further), where=own < 1.0)
