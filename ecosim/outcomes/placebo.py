"""The placebo: one organisation of median degree, whose loss shows what is noise."""

from __future__ import annotations

import numpy as np

from ecosim.kernels import kernel
from ecosim.state import State


@kernel
def _degrees(active, partnerships, seats, degree):
    for a in active:
        row = partnerships[a]
        for m in range(row.seats):
            i = seats[row.first_seat + m].organisation
            if i >= 0:
                degree[i] += row.seats - 1


def organisation_of_median_degree(state: State) -> int:
    """Row of the organisation in the middle of those at work, by seats shared with others; -1 if nobody works.

    Degree counts co-members over running partnerships, repeated ones included. Ties are broken by content key, so the
    choice does not depend on rows.
    """
    degree = np.zeros(len(state.organisations), dtype=np.int64)
    _degrees(state.active, state.partnerships.rows, state.seats.rows, degree)
    working = np.flatnonzero(degree > 0)
    if len(working) == 0:
        return -1
    order = np.lexsort((state.organisations["key"][working], degree[working]))
    return int(working[order[len(order) // 2]])
