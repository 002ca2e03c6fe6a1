"""Outcomes that follow from those by country: nothing in a run computes them, they are computed when it is read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ecosim.outcomes import diversity, inclusion
from ecosim.world.facts import World

#: Of every run: name, unit, meaning.
DERIVED: tuple[tuple[str, str, str], ...] = (*diversity.DERIVED, *inclusion.DERIVED)
#: Of runs with ``mechanisms.stages`` besides.
DERIVED_OF_STAGES: tuple[tuple[str, str, str], ...] = inclusion.DERIVED_OF_STAGES


def derived(by_country: Mapping[str, NDArray[np.float64]], world: World) -> dict[str, NDArray[np.float64]]:
    """Every derived outcome of each month, (months,) each, from columns by country, (months, C) each."""
    return diversity.diversity(by_country["effort_by_country"], world) | inclusion.inclusion(by_country, world)
