"""The families of kinds that a scenario names: shocks, instruments, decisions, funders."""

from __future__ import annotations

from ecosim.channels.declared import Declared
from ecosim.decisions import REGISTRY as DECISIONS
from ecosim.funders import REGISTRY as FUNDERS
from ecosim.instruments import REGISTRY as INSTRUMENTS
from ecosim.shocks import REGISTRY as SHOCKS

#: Each family's registry, by the name of its section in a scenario and of its option group; in the order of a month.
FAMILIES: dict[str, dict[str, type[Declared]]] = {
    "shocks": SHOCKS,  # type: ignore[dict-item]
    "decisions": DECISIONS,  # type: ignore[dict-item]
    "instruments": INSTRUMENTS,  # type: ignore[dict-item]
    "funders": FUNDERS,  # type: ignore[dict-item]
}
