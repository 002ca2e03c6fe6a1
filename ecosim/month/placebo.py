"""The placebos: one organisation of median degree, whose loss shows what is noise; and the shock, scattered.

The scattered placebo is the same shock on several small countries that together expose as much work as those hit. What
it leaves of the difference is exposure; the rest is that the loss falls on one place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.kernels import kernel
from ecosim.state import State
from ecosim.world.facts import INPUTS

if TYPE_CHECKING:
    from ecosim.shocks.base import DatedShock
    from ecosim.world.facts import World


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


@kernel
def _touched(active, partnerships, seats, supplies, kinds, weight, touches):
    for a in range(len(active)):
        row = partnerships[active[a]]
        weight[a] = row.collaboration_now
        if kinds.any():
            for k in range(row.first_supply, row.first_supply + row.supplies):
                supply = supplies[k]
                if kinds[supply.kind]:
                    touches[a, supply.main] = True
                    if supply.second >= 0:
                        touches[a, supply.second] = True
            continue
        for m in range(row.seats):
            seat = seats[row.first_seat + m]
            if seat.organisation >= 0:
                touches[a, seat.country] = True


def scattered(shock: DatedShock, state: State, world: World) -> DatedShock:
    """The same shock on small countries that together expose as much as those it hits; itself if it hits no country.

    Parameters
    ----------
    shock : DatedShock
        With its targets.
    state : State
        The world at announcement.
    world : World
        Facts.

    Returns
    -------
    DatedShock
        With other targets; with none when nothing is exposed or no other country is there.
    """
    if shock.shock.at_risk == "funder":
        return shock
    weight = np.zeros(len(state.active))
    touches = np.zeros((len(state.active), world.n_countries), dtype=np.bool_)
    # of what suppliers send, the kinds that the shock takes
    kinds = np.zeros(len(INPUTS), dtype=np.bool_)
    if shock.shock.at_risk == "supplier":
        kinds |= shock.shock.flows_hit(world, shock.targets).any(axis=(1, 2))
    _touched(
        state.active, state.partnerships.rows, state.seats.rows, state.supplies.rows, kinds, weight, touches
    )  # fmt: skip
    # the rest of the world is a remainder, not a country that anything happens to as one
    spared = shock.targets | np.array([code == "ROW" for code in world.countries])
    targets = scatter(weight, touches, shock.targets, spared)
    targets.setflags(write=False)
    return replace(shock, targets=targets)


def scatter(
    weight: NDArray[np.float64], touches: NDArray[np.bool_], hit: NDArray[np.bool_], spared: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Small countries that together expose as much as those hit.

    Parameters
    ----------
    weight : ndarray of float, shape (A,)
        The month's collaboration of each partnership.
    touches : ndarray of bool, shape (A, C)
        Countries that, when hit, put it at risk.
    hit, spared : ndarray of bool, shape (C,)
        Countries hit, and those not to be chosen.

    Returns
    -------
    ndarray of bool, shape (C,)
        Countries in order of what each exposes alone, the least first (ties in the order of the world), until together
        they expose as much as those hit; the last is left out if that comes closer.

    Notes
    -----
    What several countries expose is not the sum of what each does: a partnership with members from two of them counts
    once. So each partnership is counted for the first of its countries in that order.
    """
    chosen = np.zeros(len(hit), dtype=np.bool_)
    wanted = float(weight[touches[:, hit].any(axis=1)].sum())
    alone = (weight[:, None] * touches).sum(axis=0)
    candidates = np.flatnonzero(~spared & (alone > 0.0))
    order = candidates[np.argsort(alone[candidates], kind="stable")]
    if not wanted > 0.0 or not len(order):
        return chosen
    place = np.where(touches[:, order].any(axis=1), touches[:, order].argmax(axis=1), len(order))
    together = np.cumsum(np.bincount(place, weights=weight, minlength=len(order) + 1)[: len(order)])
    last = min(int(np.searchsorted(together, wanted)), len(order) - 1)
    if last > 0 and wanted - together[last - 1] < together[last] - wanted:
        last -= 1
    chosen[order[: last + 1]] = True
    return chosen
