"""Compatibility of rules between countries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.config.channels import RegulationConfig
from ecosim.world.facts import REGULATION_PARTS, World


def base(world: World, parameters: RegulationConfig) -> NDArray[np.float64]:
    """Compatibility of rules at rest, (4, C, C), by part.

    1 in a common rule area; elsewhere ``(1 - different_rules) * (1 - slope * governance distance)``. The privacy part
    is at least the mutual adequacy of data protection, since an adequacy decision says just that.

    Notes
    -----
    The common rule area, governance and adequacy are sourced (``World``); no data set measures how far product
    standards, ethics or environmental rules differ pair by pair, so the gap is assumed, the same for these three.
    """
    governance_distance = np.abs(world.governance[:, None] - world.governance[None, :])
    outside = (1.0 - parameters.different_rules) * np.maximum(
        1.0 - parameters.governance_slope * governance_distance, 0.0
    )
    pair = np.where(world.common_rules, 1.0, outside)
    np.fill_diagonal(pair, 1.0)
    compatibility = np.repeat(pair[None, :, :], len(REGULATION_PARTS), axis=0)
    privacy = REGULATION_PARTS.index("privacy")
    compatibility[privacy] = np.maximum(compatibility[privacy], world.data_adequacy)
    return compatibility
