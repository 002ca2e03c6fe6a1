"""Freedom to share data between countries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.config.channels import DataConfig
from ecosim.world.facts import World


def base(world: World, parameters: DataConfig) -> NDArray[np.float64]:
    """Freedom to share data at rest, (C, C).

    ``floor + (1 - floor) * adequacy``, where a common bloc counts as some adequacy if there is no decision.

    Notes
    -----
    Adequacy is sourced (``World``). The floor stands for standard contract clauses and consent, which work but cost
    time case by case; its height is assumed, as is the credit of a bloc. How much a sector depends on data is weighed
    where the channel is used (``World.data_intensity``).
    """
    same_bloc = world.bloc[:, None] == world.bloc[None, :]
    adequacy = np.maximum(world.data_adequacy, parameters.bloc_credit * same_bloc)
    freedom = parameters.without_adequacy + (1.0 - parameters.without_adequacy) * adequacy
    np.fill_diagonal(freedom, 1.0)
    return freedom
