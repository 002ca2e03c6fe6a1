"""Shares that several instruments reckon with."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


def part_of_gap(value: NDArray[np.float64], more: float) -> NDArray[np.float64]:
    """Share of the gap of a channel, in its shape, that is closed where it rises by a share of itself; at most 1.

    Parameters
    ----------
    value : ndarray of float
        The channel, in [0, 1].
    more : float
        0.1 for a tenth more than there is.
    """
    gap = 1.0 - value
    part = value * more
    np.divide(part, gap, out=part, where=gap > 0.0)
    part[gap <= 0.0] = 1.0
    return np.asarray(np.minimum(part, 1.0, out=part))


def over_partners(share: NDArray[np.float64], world: World) -> NDArray[np.float64]:
    """(C,): mean of (C, C) over the second countries, weighed by their part in research; never the own one."""
    weight, total = _research_of_partners(world)
    return np.divide((weight * share).sum(axis=1), total, out=np.zeros(world.n_countries), where=total > 0.0)


@lru_cache(maxsize=8)
def _research_of_partners(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(C, C) research of the second country, none where it is the first itself, and (C,) its sums: facts."""
    weight = np.tile(world.research_share, (world.n_countries, 1))
    np.fill_diagonal(weight, 0.0)
    return weight, weight.sum(axis=1)


def among_members(
    instrument: Instrument, world: World, stock_eur: NDArray[np.float64], eur_per_member: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float]:
    """Of an instrument whose members pay into one purse: who meets whom, who is in, and how far the money goes.

    Parameters
    ----------
    instrument : Instrument
        Its pairs, in either direction, are those who sit together.
    stock_eur : ndarray, shape (C, C)
        What it has built up, EUR a month.
    eur_per_member : float
        Money a month per member at which 63 % of its effect is reached.

    Returns
    -------
    (ndarray of bool, shape (C, C), ndarray of bool, shape (C,), float)
        Pairs, members, and the share of the effect that is reached.
    """
    pairs = instrument.pairs(world)
    together = pairs | pairs.T
    members = np.asarray(together.any(axis=1))
    spent = float(instrument.aimed(world, stock_eur).sum())
    return together, members, float(closed_share(spent, eur_per_member * float(members.sum()), 1.0))


def at_least_once(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C,): share that is in any of the (C, C) shares of a country, each as likely as without the others."""
    return np.asarray(1.0 - np.prod(1.0 - np.clip(share, 0.0, 1.0), axis=1))


def weaker(world: World) -> NDArray[np.float64]:
    """(C, C): how much less the second country spends on a researcher than the first, as a share; 0 if not less."""
    researchers = world.researchers_thousand
    spends = np.divide(world.rd_busd, researchers, out=np.zeros_like(researchers), where=researchers > 0.0)
    beside = np.divide(
        spends[None, :], spends[:, None], out=np.ones((world.n_countries, world.n_countries)),
        where=spends[:, None] > 0.0,
    )  # fmt: skip
    return np.asarray(np.maximum(1.0 - beside, 0.0))


def organisations_of(world: World, sectors: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(C,): organisations of each country in some sectors, by its mix of sectors."""
    return np.asarray(world.organisations.sum(axis=1) * (world.country_sector_share * sectors).sum(axis=1))


def received(
    spent_eur: NDArray[np.float64], eur_per_organisation: float, limit: float, world: World
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What money of all senders together brings to each host, and how it comes from them.

    Parameters
    ----------
    spent_eur : ndarray, shape (C, C)
        From the first country to the second, EUR a month.
    eur_per_organisation, limit : float
        See :func:`~ecosim.instruments.base.closed_share`; the scale is that of the host's organisations.

    Returns
    -------
    (ndarray, shape (C,), ndarray, shape (C, C))
        Share brought to each host; and of it, for the first country as host, what came from the second, by its money.
    """
    organisations = world.organisations.sum(axis=1).astype(np.float64)
    arrives = spent_eur.sum(axis=0)
    share = closed_share(arrives, eur_per_organisation * organisations, limit)
    part = np.divide(spent_eur, arrives, out=np.zeros_like(spent_eur), where=arrives > 0.0)
    # the same for every sum that is dealt out alike, so that more money never brings less by a rounding
    part = np.round(part, 12)
    return share, (part * share).T
