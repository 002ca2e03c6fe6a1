"""Small worlds in which much of every stage happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecosim.channels.handles import Handles
from ecosim.funders.stages import StageFunder
from ecosim.model import Ecosystem
from tests.models import SMALL, unwritable


class PilotGrants(StageFunder):
    """Grants for pilots; without a kind, so that no registry knows it."""

    stages = frozenset({"pilot"})
    pays = "grant"


#: Most research leaves a pilot, and nothing takes long.
FAST: dict[str, Any] = {
    **SMALL,
    "mechanisms.stages": True,
    "behaviour.stages.pilot_chance": 0.8,
    "behaviour.stages.pilot_effort": 2.0,
    "behaviour.stages.site_start_months": 0.0,
    "behaviour.stages.pilot_months": 3.0,
    "behaviour.stages.scale_up_months": 3.0,
    "behaviour.stages.investment_hazard": 0.2,
    "behaviour.stages.scale_up_eur": 2e5,
    "behaviour.stages.adoption_alone": 0.5,
}

#: Every kind of payer, beside the programme and national agencies.
PAYERS: dict[str, Any] = {
    "national_agency": {"share_of_rd": 0.02},
    "venture_fund": {"deals": 0.2},
    "development_bank": {},
    "pilot_grants": PilotGrants(monthly_eur=2e6),
}


def fast(**changes: Any) -> Ecosystem:
    """A busy model; dotted keys are written with two underscores."""
    return Ecosystem(**{**FAST, **{key.replace("__", "."): value for key, value in changes.items()}})


def rewrite(base: Handles, push: Callable[[Handles], None]) -> None:
    """Change handles at rest in place; they refuse to be written again after, or every loop is compiled anew."""
    for value in base.arrays().values():
        value.setflags(write=True)
    push(base)
    base.clip()
    unwritable(base)
