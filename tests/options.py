"""Options of kinds: what a class says its option sets."""

from __future__ import annotations

from typing import Any

from ecosim.catalogue.families import FAMILIES


def option(group: str, kind: str) -> dict[str, Any]:
    """What the option of a kind sets."""
    return {"kind": kind, **FAMILIES[group][kind].option}
