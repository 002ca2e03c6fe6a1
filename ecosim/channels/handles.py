"""The handles: everything a shock or an instrument may push, and nothing else.

A month's handles are rebuilt from the base facts, then lowered by shocks, then raised by instruments. They are never
undone step by step, so a shock that has passed returns the exact bits.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

#: Names a shock or an instrument may declare.
HANDLES: tuple[str, ...] = (
    "political",
    "mobility",
    "regulation",
    "data",
    "technology_control",
    "awareness",
    "eligibility",
    "supply",
    "money",
    "capacity",
    "friction",
    "trust",
    "expectation",
    "pilot_sites",
)


@dataclass
class Handles:
    """What the organisations of C countries in S sectors face this month.

    Channels lie in [0, 1]; 1 means no obstacle. Indexed ``[from, to]``.
    """

    #: (C, C) political openness: acceptance, withdrawal, trust ceiling.
    political: NDArray[np.float64]
    #: (C, C) ease of moving people.
    mobility: NDArray[np.float64]
    #: (4, C, C) compatibility of rules, by part (``world.REGULATION_PARTS``).
    regulation: NDArray[np.float64]
    #: (C, C) freedom to share data (weighted by sector where it is used).
    data: NDArray[np.float64]
    #: (C, C) freedom to share controlled technology (weighted by sector where it is used).
    technology_control: NDArray[np.float64]
    #: (C, C, S) how likely an organisation of the second country is known to one of the first.
    awareness: NDArray[np.float64]
    #: (C, C) share of organisations of the second country that may be funded in a consortium led from the first.
    eligibility: NDArray[np.float64]
    #: (C, C) flow of inputs to the first country from suppliers in the second.
    supply: NDArray[np.float64]
    #: (F,) share of due payments each funder makes.
    payment: NDArray[np.float64]
    #: (F,) share of its appropriation each funder receives.
    appropriation: NDArray[np.float64]
    #: (C,) working capacity of organisations.
    capacity: NDArray[np.float64]
    #: (C,) multiplier on months to approve and start.
    friction_start: NDArray[np.float64]
    #: (C,) multiplier on months to replace a member or restart.
    friction_replace: NDArray[np.float64]
    #: (C, C) added to the trust of each tie between the two countries this month.
    trust: NDArray[np.float64]
    #: (C,) belief that the country's organisations will stay able to take part.
    expectation: NDArray[np.float64]
    #: Pilot sites per partnership with physical inputs, in different countries (1 = none in parallel).
    pilot_sites: int = 1

    def copy(self) -> Handles:
        """A deep copy (arrays are copied)."""
        return Handles(
            **{f.name: (v.copy() if isinstance(v := getattr(self, f.name), np.ndarray) else v) for f in fields(self)}
        )
