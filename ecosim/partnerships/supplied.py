"""Which supplier the work under way depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.tables import ACTIVE

if TYPE_CHECKING:
    from ecosim.state import State


def by_supplier(state: State, value: NDArray[np.float64], shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """What of each partnership's value needs which kind of input, where, from whom.

    Parameters
    ----------
    state : State
        Of any month.
    value : ndarray of float, shape (partnerships,)
        What is spread: over a partnership's sites alike, and over a site's suppliers alike. Every kind it needs counts
        in full, for without any of them the work stops. Partnerships that are not at work count nothing.
    shape : (int, int, int)
        Kinds and countries: (I, C, C).

    Returns
    -------
    ndarray, shape (I, C, C)
        By kind, country of the site and country of the supplier.
    """
    partnerships, supplies = state.partnerships.used, state.supplies.used
    at_work = np.zeros(len(partnerships), dtype=np.bool_)
    at_work[state.active] = True
    at_work &= partnerships["status"] == ACTIVE
    rows = supplies[at_work[supplies["partnership"]]]
    part = (value / np.maximum(partnerships["sites"], 1))[rows["partnership"]]
    second = rows["second"] >= 0
    found = np.zeros(shape)
    np.add.at(found, (rows["kind"], rows["place"], rows["main"]), part * np.where(second, 0.5, 1.0))
    also = rows[second]
    np.add.at(found, (also["kind"], also["place"], also["second"]), 0.5 * part[second])
    return found
