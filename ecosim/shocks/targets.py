"""Which countries a shock hits: named, drawn one by one or by bloc, and joined by those politically near.

Every draw is a function of the replicate's seed, the shock's name and what is asked, so that all policies meet the same
countries and a change of one setting changes no other draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError
from ecosim.world.facts import World

By = Literal["even", "participation", "hazard"]
Group = Literal["country", "bloc", "nearest"]
#: Maps a question to a uniform number in [0, 1).
Draw = Callable[[str], float]


def weights(world: World, by: By) -> NDArray[np.float64]:
    """(C,): what countries are drawn in proportion to; 0 for those that may not be drawn.

    ``even``: 1. ``participation``: share of programme participations. ``hazard``: 1 less governance (mean of the World
    Bank's six indicators, 0 to 1, political stability among them). That is a stand-in: no fact of this world counts how
    often countries are hit, and what is assumed is that a shock comes in proportion to what governance lacks.
    """
    return _of_country(world, by) * world.may_be_target


def _of_country(world: World, by: By) -> NDArray[np.float64]:
    if by == "even":
        return np.ones(world.n_countries)
    return world.participation_share if by == "participation" else 1.0 - world.governance


def bloc_weights(world: World, by: By) -> NDArray[np.float64]:
    """(B,): what blocs of the world's partition are drawn in proportion to; 0 for those without a country to draw.

    ``even``: 1. Otherwise the sum over all members, as if one of them were hit and its bloc went with it.
    """
    may = np.bincount(world.bloc[world.may_be_target], minlength=len(world.bloc_names)) > 0
    if by == "even":
        return may.astype(np.float64)
    summed = np.bincount(world.bloc, _of_country(world, by) * world.named, minlength=len(world.bloc_names))
    return summed.astype(np.float64) * may


def successive(weight: NDArray[np.float64], number: int, uniforms: Sequence[float]) -> list[int]:
    """Draw without replacement, one after another, each in proportion to the weights of those left.

    Successive sampling: the first is drawn in exact proportion, and so is every other given those before it. The
    chance to be among several drawn rises less than in proportion to the weight. With equal weights every set of the
    size is equally likely. Asking for one more changes none of those before.

    Parameters
    ----------
    weight : ndarray of float, shape (n,)
        Not negative; 0 is never drawn.
    number : int
        How many, at most as many as have a weight.
    uniforms : sequence of float
        One number in [0, 1) for each.

    Returns
    -------
    list of int
        Positions in the order drawn.
    """
    left = np.asarray(weight, dtype=np.float64).copy()
    chosen: list[int] = []
    for _, u in zip(range(number), uniforms, strict=False):
        # A running sum adds one by one, on every processor alike; for equal weights this is int(u * n).
        upto = np.cumsum(left)
        place = int(np.searchsorted(upto, u * upto[-1], side="right"))
        # Rounding may carry the largest u onto the end of the sum.
        chosen.append(min(place, int(np.flatnonzero(left)[-1])))
        left[chosen[-1]] = 0.0
    return chosen


def nearest(world: World, centre: int, number: int) -> list[int]:
    """A country and those politically nearest to it among the countries that may be drawn.

    By the difference of UN ideal points, the nearest first; equal ones by distance in km, then by code.
    """
    order = sorted(
        (c for c in np.flatnonzero(world.may_be_target).tolist() if c != centre),
        key=lambda c: (world.ideal_point_distance[centre, c], world.distance_km[centre, c], world.countries[c]),
    )
    return [centre, *order[: number - 1]]


def draw_targets(name: str, world: World, number: int, by: By, group: Group, draw: Draw) -> NDArray[np.bool_]:
    """(C,): countries drawn for one replicate.

    Parameters
    ----------
    name : str
        The shock's key in the scenario.
    world : World
        Facts.
    number : int
        Countries; blocs with ``group="bloc"``; with ``group="nearest"``, countries with the one drawn.
    by, group : str
        What chances are in proportion to, and what is drawn.
    draw : callable
        Maps a question to a uniform number in [0, 1).
    """
    of_what = bloc_weights(world, by) if group == "bloc" else weights(world, by)
    times = 1 if group == "nearest" else number
    uniforms = [draw(f"shock target {name}"), *(draw(f"further shock target {k} {name}") for k in range(2, times + 1))]
    chosen = successive(of_what, times, uniforms)
    if group == "bloc":
        return np.isin(world.bloc, chosen) & world.named
    if group == "nearest":
        chosen = nearest(world, chosen[0], number)
    return np.isin(np.arange(world.n_countries), chosen)


def most_drawn(world: World, by: By, group: Group) -> int:
    """How many can be drawn at most."""
    if group == "nearest":
        return int(world.may_be_target.sum())
    return int(np.count_nonzero(bloc_weights(world, by) if group == "bloc" else weights(world, by)))


def chance_of_joining(world: World, hit: NDArray[np.bool_], contagion: float, reach: float) -> NDArray[np.float64]:
    """(C,): chance that each further country joins those hit; 0 for these and for the rest of the world.

    Each country hit asks each further one once, on its own: one at political distance d joins with chance
    ``contagion * exp(-d / reach)``, so that several hit ask in vain with the product of the complements. Those who join
    ask nobody.
    """
    # compiled code is not needed to list what can be drawn
    from ecosim.numerics import exp

    chances = np.zeros(world.n_countries)
    sources = np.flatnonzero(hit).tolist()
    for c in np.flatnonzero(world.named & ~hit).tolist():
        stays = 1.0
        for source in sources:
            stays *= 1.0 - contagion * exp(-float(world.ideal_point_distance[source, c]) / reach)
        chances[c] = 1.0 - stays
    return chances


def spread(
    name: str, world: World, hit: NDArray[np.bool_], contagion: float, reach: float, draw: Draw
) -> NDArray[np.bool_]:
    """(C,): countries hit and those that join, each on its own with its chance (Poisson sampling).

    A country's number does not depend on the chances, so a stronger contagion takes in all that a weaker one does.
    """
    if contagion == 0.0:
        return hit
    chances = chance_of_joining(world, hit, contagion, reach)
    joins = [
        p > 0.0 and draw(f"shock spreads to {code} {name}") < p
        for p, code in zip(chances.tolist(), world.countries, strict=True)
    ]
    return hit | np.array(joins, dtype=np.bool_)


def check_draw(key: str, world: World, number: int, by: By, group: Group) -> None:
    """Refuse a draw that this world cannot give.

    Parameters
    ----------
    key : str
        The shock, as the user would write it (``shocks.NAME``).
    world : World
        Facts.
    number : int
        How many are to be drawn.
    by, group : str
        How.

    Raises
    ------
    InputError
        If nobody may be drawn, or fewer than asked for.
    """
    most = most_drawn(world, by, group)
    if most == 0:
        problem = f"no country of world '{world.name}' may be drawn"
        raise InputError(f"{key}.targets", "drawn", "countries by code or name", problem=problem)
    if number > most:
        what = "blocs with such a country" if group == "bloc" else "countries with at least 1 % of participations"
        raise InputError(
            f"{key}.drawn", number, f"1 to {most} ({what}, world '{world.name}')", problem="more than may be drawn"
        )
