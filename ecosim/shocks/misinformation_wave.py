"""Wave of misinformation about health."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.world.facts import World


class MisinformationWave(Shock):
    """What is false about health spreads in the targets, amplified by AI systems: people trust less.

    At full severity it takes ``behaviour.health.misinformation`` of trust from whom it reaches, and with it decisions
    in which a model is asked.

    Notes
    -----
    Of those who would surely accept a vaccine, 6.2 and 6.4 points no longer would after seeing misinformation, in two
    countries (Loomba et al. 2021, doi 10.1038/s41562-021-01056-1). That it takes as much of trust in care with models
    is assumed. Read only with ``mechanisms.health=true``.
    """

    kind = "misinformation_wave"
    option: ClassVar[dict[str, Any]] = {"duration_months": 12}
    handles = frozenset({"misinformation"})
    summary = "What is false about health spreads: people trust less, and let models decide less."
    at_risk = "member_country"
    passage = "Misinformation amplified by AI systems"
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR", "ESP"]}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    targets: tuple[str, ...] | Literal["drawn", "all"] = parameter(
        "all", "Countries hit, by code or name, or bloc:NAME; 'drawn' per replicate; or 'all'."
    )

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Let misinformation spread in the targets, once in effect."""
        handles.fill("misinformation", level * targets)
