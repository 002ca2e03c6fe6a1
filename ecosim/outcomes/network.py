"""The network of a month: how many organisations at work hang together."""

from __future__ import annotations

import numpy as np

from ecosim.kernels import kernel_making_arrays, kernel_row
from ecosim.tables import WORKING

#: Monthly columns measured here: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("giant_component_share", "share", "Organisations at work that hang together, of all at work"),
)


@kernel_row
def _root(links, i):
    while links[i] > 0:
        above = links[i] - 1
        if links[above] > 0:
            links[i] = links[above]
        i = above
    return i


@kernel_making_arrays
def giant_component_share(active, partnerships, seats, n_organisations):
    """Share of organisations at work in the largest group connected by partnerships at work; 0 if nobody works.

    Union-find with path halving over the seats that work this month.
    """
    # 0: not at work; below 0: first of a group of so many; above 0: one more than the row it hangs from
    links = np.zeros(n_organisations, dtype=np.int32)
    total = 0
    largest = 0
    for a in active:
        row = partnerships[a]
        if row.work_now <= 0.0:
            continue
        first = -1
        for m in range(row.first_seat, row.first_seat + row.seats):
            if seats[m].state != WORKING:
                continue
            i = seats[m].organisation
            if links[i] == 0:
                total += 1
                if first < 0:
                    links[i] = -1
                    first = i
                else:
                    links[first] -= 1
                    links[i] = first + 1
                continue
            root = _root(links, i)
            if first < 0:
                first = root
            elif root != first:
                links[first] += links[root]
                links[root] = first + 1
        if first >= 0:
            largest = max(largest, -links[first])
    return largest / total if total > 0 else 0.0
