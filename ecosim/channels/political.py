"""Political openness between countries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.config.channels import PoliticalConfig
from ecosim.numerics import exp_each
from ecosim.world.facts import World


def base(world: World, parameters: PoliticalConfig) -> NDArray[np.float64]:
    """Political openness at rest, (C, C).

    1 within a bloc or a common rule area; between blocs ``exp(-slope * ideal-point distance)``; times
    ``1 - weight * sanctions``, whichever side imposed them.

    Notes
    -----
    UN votes hardly differ within Europe (similarity .91 at the median), so the distance counts between blocs only.
    Blocs, distance and sanctions are sourced (``World``); slope and weight are assumed with zero in their range,
    because neither the average sanction nor ideal-point distance moved unfunded co-publication measurably, 2000-2019.

    References
    ----------
    Bailey, Strezhnev and Voeten 2017, doi 10.1177/0022002715595700 (ideal points).
    """
    together = (world.bloc[:, None] == world.bloc[None, :]) | world.common_rules | world.common_rules.T
    openness = np.where(together, 1.0, exp_each(-parameters.distance_slope * world.ideal_point_distance))
    openness *= 1.0 - parameters.sanction_weight * np.maximum(world.sanctions, world.sanctions.T)
    np.fill_diagonal(openness, 1.0)
    return openness
