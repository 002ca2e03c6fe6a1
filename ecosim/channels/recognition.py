"""How far an approval given in one country counts in another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.config.channels import RecognitionConfig
from ecosim.world.facts import SECTORS, World


def base(world: World, parameters: RecognitionConfig) -> NDArray[np.float64]:
    """Share of an approval in the second country that one in the first stands for at rest, (C, C, S); 1 at home.

    ``common_rules`` within a common rule area, ``elsewhere`` between others.

    Notes
    -----
    The common rule area (the Union, the European Economic Area and partners by treaty) is sourced (``World``): goods
    approved in one member may be sold in all. How much of the approval of research and pilots that spares is assumed,
    as is what is recognised elsewhere (mutual recognition agreements cover a few kinds of goods). There is no data by
    sector, so every sector starts alike.
    """
    pair = np.where(world.common_rules, parameters.common_rules, parameters.elsewhere)
    np.fill_diagonal(pair, 1.0)
    return np.repeat(pair[:, :, None], len(SECTORS), axis=2)
