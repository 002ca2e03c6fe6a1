"""The network of a month: how many organisations at work hang together."""

from __future__ import annotations

import numpy as np

from ecosim.kernels import kernel
from ecosim.tables import WORKING


@kernel
def _root(parent, i):  # type: ignore[no-untyped-def]
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def giant_component_share(active, partnerships, seats, n_organisations):  # type: ignore[no-untyped-def]
    """Share of organisations at work in the largest group connected by partnerships at work; 0 if nobody works.

    Union-find with path halving over the seats that work this month.
    """
    parent = np.empty(n_organisations, dtype=np.int32)
    size = np.empty(n_organisations, dtype=np.int32)
    at_work = np.zeros(n_organisations, dtype=np.bool_)
    total = 0
    largest = 0
    for a in active:
        row = partnerships[a]
        if row.effort_now <= 0.0:
            continue
        first = -1
        for m in range(row.seats):
            seat = seats[row.first_seat + m]
            if seat.state != WORKING:
                continue
            i = seat.organisation
            if not at_work[i]:
                at_work[i] = True
                parent[i] = i
                size[i] = 1
                total += 1
            root = _root(parent, i)
            if first < 0:
                first = root
            elif root != first:
                parent[root] = first
                size[first] += size[root]
            largest = max(largest, size[first])
    return largest / total if total > 0 else 0.0
