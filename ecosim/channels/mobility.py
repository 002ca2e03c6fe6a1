"""Ease of moving people between countries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.config.channels import MobilityConfig
from ecosim.numerics import expm1_each
from ecosim.world.facts import World


def base(world: World, parameters: MobilityConfig) -> NDArray[np.float64]:
    """Ease with which people of the first country work in the second, at rest, (C, C).

    The product of what visa need, distance and language leave. Directed, as visas are.

    Notes
    -----
    Visa need, distance and language are sourced (``World``); that they multiply, and by how much each counts, is
    assumed. Free movement shows as no visa need.
    """
    visa = 1.0 - parameters.visa_weight * world.visa_need
    distance = 1.0 - parameters.distance_weight * -expm1_each(-world.distance_km / parameters.distance_scale_km)
    language = 1.0 - parameters.language_weight * ~world.common_language
    ease = visa * distance * language
    np.fill_diagonal(ease, 1.0)
    return ease
