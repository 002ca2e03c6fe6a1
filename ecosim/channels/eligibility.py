"""Whose organisations the programme may fund."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.config.channels import EligibilityConfig
from ecosim.world.facts import SECTORS, World


def base(world: World, parameters: EligibilityConfig) -> NDArray[np.float64]:
    """Share of the second country's organisations that may be funded in a consortium led from the first, (C, C, S).

    The programme standing of the second country, if the first has standing to lead; otherwise 0. The diagonal is read
    as the share of a country's organisations that may lead. At rest it is the same in all sectors.

    Notes
    -----
    Standing is sourced (``World``). In Horizon 2020 any legal entity could take part with its own money, but a
    consortium needed members or associated countries and others were funded only where named or indispensable, so a
    country of little standing takes part and does not lead; where "little" ends is assumed.

    References
    ----------
    Regulation (EU) 1290/2013, articles 9 and 10.
    """
    standing = world.programme_standing
    may_lead = (standing >= parameters.standing_to_lead) & (standing > 0.0)
    pairs = np.where(may_lead[:, None], standing[None, :], 0.0)
    return np.repeat(pairs[:, :, None], len(SECTORS), axis=2)
