"""Patients, agencies and experts are heard early."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument
from ecosim.instruments.shares import received
from ecosim.world.facts import World


class StakeholderInvolvement(Instrument):
    """Health agencies, legal experts and patient groups of the host are heard before models are made.

    Whoever is heard trusts more, and says where models fail: they are tested on more groups of people. Work in the
    host begins later.

    Notes
    -----
    Trust and testing are read only with ``mechanisms.health=true``.
    """

    kind = "stakeholder_involvement"
    summary = (
        "Patients, agencies and experts of the host are heard early: more trust, more tests by group, later starts."
    )
    improves = frozenset({"health_trust", "health_testing"})
    side_effects = frozenset({"friction_start"})
    price = "Later starts: all are heard before anything is begun."
    evidence = "C"
    evidence_reason = "No study measures what involving patients early changes in trust in health AI or in its errors."
    passage = "nations should work closely with health agencies, legal experts, and patient groups"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    limit: float = parameter(
        0.3, "Largest share of models on which those concerned are heard.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.05, 0.7),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        60.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(15.0, 240.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        24.0, "Months after which half of what was heard is forgotten.", unit="months", bounds=(0.0, 600.0),
        assumed=(6.0, 60.0),
    )  # fmt: skip
    won: float = parameter(
        0.15, "Share won of those who do not trust, where all concerned are heard.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.4),
    )  # fmt: skip
    later: float = parameter(
        0.2, "Longer start of work in the host where all concerned are heard.", unit="share", bounds=(0.0, 5.0),
        assumed=(0.05, 0.5),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise the host's trust and testing by group; delay its starts."""
        heard, _ = received(self.aimed(world, stock_eur), self.eur_per_organisation, self.limit, world)
        handles.fill("health_trust", self.won * heard)
        handles.fill("health_testing", heard)
        handles.lengthen("friction_start", self.later * heard)
