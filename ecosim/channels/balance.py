"""Weights of countries in search, balanced so that shares of participation come out as they go in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.behaviour import SearchConfig
from ecosim.numerics import power_each
from ecosim.world.facts import World

_CLOSE_ENOUGH = 1e-9
_MOST_ROUNDS = 500


def participation_mass(world: World) -> NDArray[np.float64]:
    """(C, S): share of each country and sector in all participations, as far as each country's mix says."""
    return np.asarray(world.participation_share[:, None] * world.country_sector_share)


def nearness(awareness: NDArray[np.float64], search: SearchConfig) -> NDArray[np.float64]:
    """(C, C, S): weight of a country in funded search beside its size: awareness to a power, and the own country's."""
    own = np.eye(len(awareness))
    preference = 1.0 + (search.domestic_preference - 1.0) * own
    weight = power_each(awareness, search.funded_awareness_power)
    weight *= preference[:, :, None]
    return weight


def balance(world: World, base: Handles, search: SearchConfig) -> NDArray[np.float64]:
    """Factors of countries in funded search at rest, shape (C, S).

    Leads look for partners by size and nearness. A central country is near to many, so without a balance it would get
    more seats than it has in the facts, and a remote one fewer. With leads and partners both spread over countries as
    participations are, the factor ``b`` is such that the seats that leads of all countries fill come out so too:
    ``sum_l m_l w_lc b_c / (sum_d w_ld b_d) = m_c``: a doubly constrained gravity model. Countries from which nobody may
    fill a seat have no leads, and the others have theirs.

    References
    ----------
    Wilson 1967, Transportation Research 1:253, doi 10.1016/0041-1647(67)90035-4; solved as by Deming and Stephan 1940.
    """
    mass = participation_mass(world)
    wanted = mass / mass.sum(axis=0)
    # Whom the programme does not let in is looked at and passed over, so it gets fewer seats than looks.
    looks = nearness(base.awareness, search) * base.eligibility * wanted[None]
    leads = wanted * (looks.sum(axis=1) > 0.0)
    leads = np.divide(leads, leads.sum(axis=0), out=np.zeros_like(leads), where=leads.sum(axis=0) > 0.0)
    factor = np.ones_like(wanted)
    for _ in range(_MOST_ROUNDS):
        weighed = looks * factor[None]
        total = weighed.sum(axis=1, keepdims=True)
        shares = np.divide(weighed, total, out=np.zeros_like(weighed), where=total > 0.0)
        reached = (leads[:, None, :] * shares).sum(axis=0)
        step = np.divide(wanted, reached, out=np.ones_like(wanted), where=reached > 0.0)
        factor *= step
        if np.abs(step - 1.0).max() < _CLOSE_ENOUGH:
            break
    return factor
