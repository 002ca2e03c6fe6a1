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
    parent = np.arange(n_organisations)
    at_work = np.zeros(n_organisations, dtype=np.bool_)
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
            at_work[i] = True
            if first < 0:
                first = _root(parent, i)
            else:
                parent[_root(parent, i)] = first
    size = np.zeros(n_organisations, dtype=np.int64)
    total = 0
    largest = 0
    for i in range(n_organisations):
        if at_work[i]:
            total += 1
            root = _root(parent, i)
            size[root] += 1
            largest = max(largest, size[root])
    return largest / total if total > 0 else 0.0
