"""Freedom to share controlled technology between countries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.config.channels import TechnologyControlConfig
from ecosim.world.facts import World


def base(world: World, parameters: TechnologyControlConfig) -> NDArray[np.float64]:
    """Freedom to share controlled technology at rest, (C, C).

    ``floor + (1 - floor) * common regimes``, times ``1 - weight * sanctions``, whichever side imposed them.

    Notes
    -----
    Regime membership and sanctions are sourced (``World``); what a licence still lets through, and how much of it a
    sanction stops, is assumed. How much of a sector's work is controlled is weighed where the channel is used
    (``World.technology_sensitivity``).
    """
    freedom = parameters.without_regime + (1.0 - parameters.without_regime) * world.export_control_alignment
    freedom *= 1.0 - parameters.sanction_weight * np.maximum(world.sanctions, world.sanctions.T)
    np.fill_diagonal(freedom, 1.0)
    return freedom
