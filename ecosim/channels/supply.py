"""Flow of inputs by kind: what suppliers send, and how they share out what is short.

Who buys where is a fact (``World.purchases``). A shock takes a part of a flow. The users who lose it turn to the
suppliers that still deliver to them in full, their own country among them. Each supplier can sell a little more than at
rest and no more; what is asked beyond that is shared out by what each user bought there before. All this is arithmetic
over countries, done when the handles change; what a site gets of it is :mod:`ecosim.partnerships.sites`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.supply import SupplyConfig
from ecosim.world.facts import INPUTS, World

_CONSUMABLES = frozenset({"materials", "pharmaceuticals"})
_EQUIPMENT = frozenset({"electronics", "instruments"})


class InputFlows(NamedTuple):
    """What sites face this month, as compiled loops read it; I kinds, C countries."""

    #: (I, C, C) share of what the first country buys that comes from the second at rest.
    purchases: NDArray[np.float64]
    #: (I, C, C) flow to the first country from the second, 1 at rest.
    flow: NDArray[np.float64]
    #: (I, C) what each supplier can add for every user, beside what that user bought there; infinite where it can add
    #: all that is asked.
    extra: NDArray[np.float64]
    #: (I, C, C) share that the second country sends of what users in the first newly ask of it.
    filled: NDArray[np.float64]
    #: (I, C) months of stock, and (I, C) months to qualify another supplier.
    stock_months: NDArray[np.float64]
    switch_months: NDArray[np.float64]
    #: (I,) mean number of qualified suppliers.
    suppliers: NDArray[np.float64]
    #: Whether anything differs from rest that a site with full stocks would notice.
    disturbed: bool


def base(world: World) -> NDArray[np.float64]:
    """Let all inputs flow: ones, (I, C, C).

    Notes
    -----
    What a country buys where (``World.purchases``) and which work needs it (``World.input_intensity``,
    ``World.input_criticality``) is weighed where the channel is used.
    """
    return np.ones((len(INPUTS), world.n_countries, world.n_countries))


def rationed(
    flow: NDArray[np.float64], purchases: NDArray[np.float64], demand: NDArray[np.float64], spare: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share out what suppliers can add among all who lose a supplier.

    Parameters
    ----------
    flow : ndarray of float, shape (I, C, C)
        What reaches the first country of what it bought from the second; on the diagonal, how much of its capacity a
        country has left.
    purchases : ndarray of float, shape (I, C, C)
        Share of the first country's purchases that come from the second, at rest.
    demand : ndarray of float, shape (I, C)
        How much each country buys, at rest.
    spare : float
        What a supplier can sell beyond its sales at rest, as a share of these.

    Returns
    -------
    (ndarray of float, shape (I, C), ndarray of float, shape (I, C, C))
        What each supplier adds at most for a user, per unit of what that user bought there at rest; and which share it
        sends of what the first country asks of the second beyond that.

    Notes
    -----
    A user u asks those that still deliver to it in full, in proportion to its purchases: beyond each unit bought from
    c, ``x = lost_u / kept_u``. A supplier has room for ``(1 + spare)`` times its sales at rest, as far as it has its
    capacity, less what it goes on selling. It adds ``min(x, extra)`` per unit bought, with the one ``extra`` at which
    its room is used up: small claims are met, large ones cut alike. That is rationing by past purchases.
    """
    n = flow.shape[1]
    place = np.arange(n)
    bought = demand[:, :, None] * purchases
    lost = (purchases * (1.0 - flow)).sum(axis=2)
    whole = flow >= 1.0
    kept = (purchases * whole).sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        asked = np.where(whole & (kept > 0.0)[:, :, None], (lost / kept)[:, :, None], 0.0)
    health = flow[:, place, place]
    room = np.maximum((1.0 + spare) * bought.sum(axis=1) * health - (bought * flow).sum(axis=1), 0.0)
    # Users of a supplier by what they ask per unit bought, the least first: all before the first cut get theirs.
    order = np.argsort(asked, axis=1, kind="stable")
    ask = np.take_along_axis(asked, order, axis=1)
    claim = np.take_along_axis(bought, order, axis=1)
    met = np.cumsum(ask * claim, axis=1)
    behind = np.cumsum(claim[:, ::-1], axis=1)[:, ::-1] - claim
    enough = met[:, -1] <= room * (1.0 + 1e-12)
    cut = (met + ask * behind > room[:, None, :]).argmax(axis=1)[:, None, :]
    before = np.take_along_axis(met - ask * claim, cut, axis=1)
    open_claims = np.take_along_axis(behind + claim, cut, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = ((room[:, None, :] - before) / open_claims)[:, 0]
        extra = np.where(enough, np.inf, np.maximum(level, 0.0))
        filled = np.where(asked > extra[:, None, :], extra[:, None, :] / asked, 1.0)
    return extra, filled


class Rationing(NamedTuple):
    """What follows from the flows alone; see :class:`InputFlows`."""

    extra: NDArray[np.float64]
    filled: NDArray[np.float64]
    #: Whether any flow is less than at rest.
    cut: bool


def rationing_of(handles: Handles, world: World, config: SupplyConfig) -> Rationing:
    """What suppliers add while the month's flows are as they are."""
    if (handles.supply < 1.0).any():
        shared_out = rationed(handles.supply, world.purchases, world.demand_share, config.spare_capacity)
        return Rationing(*shared_out, cut=True)
    return Rationing(np.full(handles.supply.shape[:2], np.inf), np.ones(handles.supply.shape), cut=False)


def input_flows(
    handles: Handles, world: World, config: SupplyConfig, rationing: Rationing | None = None
) -> InputFlows:  # fmt: skip
    """What the month's handles mean for those who need inputs; what follows from the flows alone may be given."""
    extra, filled, cut = rationing or rationing_of(handles, world, config)
    stock = [config.stock_consumables_months if kind in _CONSUMABLES else
             config.stock_equipment_months if kind in _EQUIPMENT else 0.0 for kind in INPUTS]  # fmt: skip
    switch = [config.switch_consumables_months if kind in _CONSUMABLES else
              config.switch_equipment_months if kind in _EQUIPMENT else config.switch_cloud_months
              for kind in INPUTS]  # fmt: skip
    return InputFlows(
        purchases=world.purchases,
        flow=handles.supply,
        extra=extra,
        filled=filled,
        stock_months=np.array(stock)[:, None] * handles.input_stock,
        switch_months=np.array(switch)[:, None] * handles.friction_switch,
        suppliers=handles.suppliers_per_input,
        disturbed=cut or bool((handles.input_stock != 1.0).any()),
    )
