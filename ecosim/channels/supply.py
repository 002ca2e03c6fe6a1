"""Flow of inputs from suppliers abroad."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.world.facts import INPUTS, World


def base(world: World) -> NDArray[np.float64]:
    """Let all inputs flow: ones, (I, C, C).

    Notes
    -----
    What a country buys where (``World.supplier_share``, ``World.foreign_input_share``) and how far a sector's work
    needs it (``World.input_intensity``, ``World.input_criticality``) is weighed where the channel is used.
    """
    return np.ones((len(INPUTS), world.n_countries, world.n_countries))
