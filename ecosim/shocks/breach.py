"""Breach of health records."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.shocks.base import Shock
from ecosim.world.facts import World


class Breach(Shock):
    """Health records of the targets are stolen or held to ransom, and it becomes known: people trust less.

    How much less is ``behaviour.health.breach``, times what of the records was within reach: more where they had been
    shared, less where a board had looked into the platforms. Whoever trusts less lets models decide less.

    Notes
    -----
    How often health records are breached, and what it does to trust, was looked for and not found in a form that can be
    used (docs/HEALTH.md). Read only with ``mechanisms.health=true``.
    """

    kind = "breach"
    option: ClassVar[dict[str, Any]] = {"duration_months": 24, "profile": "decay", "profile_months": 6}
    handles = frozenset({"breach"})
    summary = "Health records of some countries are stolen: people trust less, the more the more was shared."
    at_risk = "member_country"
    passage = "vulnerabilities in shared platforms pose security and public health concerns"
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR", "ESP"]}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Let a breach be known in the targets, once in effect."""
        handles.fill("breach", level * targets)
