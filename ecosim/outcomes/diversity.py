"""How evenly collaboration is spread over countries and blocs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.numerics import exp_each, log_each, product
from ecosim.world.facts import World

#: Outcomes computed from those by country when a series is read: name, unit, meaning.
DERIVED: tuple[tuple[str, str, str], ...] = (
    ("country_concentration", "index", "Herfindahl-Hirschman index of Q by country"),
    ("effective_countries", "countries", "Effective number of countries in Q (exponential of Shannon entropy)"),
    ("bloc_diversity", "index", "Rao's quadratic entropy of Q by country, with distances between blocs"),
    ("peripheral_share", "share", "Part of Q worked by peripheral countries' members"),
)

#: Distance between two countries of one bloc, and of two blocs (assumed; any pair with 0 < near < far <= 1 would do).
NEAR, FAR = 0.5, 1.0


def concentration(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Herfindahl-Hirschman index over the last axis: 1/C if even, 1 if one country has all; nan without shares."""
    return np.where(shares.sum(axis=-1) > 0.0, (shares**2).sum(axis=-1), np.nan)


def effective_number(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Exponential of Shannon entropy over the last axis: C if even, 1 if one country has all (Hill number of order 1).

    References
    ----------
    Jost 2006, Oikos 113(2), 363-375.
    """
    logs = log_each(np.where(shares > 0.0, shares, 1.0))
    return np.where(shares.sum(axis=-1) > 0.0, exp_each(-(shares * logs).sum(axis=-1)), np.nan)


def rao(shares: NDArray[np.float64], distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rao's quadratic entropy over the last axis: mean distance of two units drawn at random.

    References
    ----------
    Rao 1982, Theoretical Population Biology 21, 24-43; Stirling 2007, J. R. Soc. Interface 4, 707-719.
    """
    return (product(shares, distance) * shares).sum(axis=-1)


def bloc_distance(world: World) -> NDArray[np.float64]:
    """(C, C): 0 for a country and itself, NEAR within a bloc, FAR between blocs."""
    distance = np.where(world.bloc[:, None] == world.bloc[None, :], NEAR, FAR)
    np.fill_diagonal(distance, 0.0)
    return distance


def diversity(effort_by_country: NDArray[np.float64], world: World) -> dict[str, NDArray[np.float64]]:
    """Diversity and inclusion outcomes of each month, from effort by country, shape (months, C).

    Months without cross-border effort are nan.
    """
    total = effort_by_country.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(total > 0.0, effort_by_country / total, 0.0)
    nothing = total[:, 0] <= 0.0
    return {
        "country_concentration": concentration(shares),
        "effective_countries": effective_number(shares),
        "bloc_diversity": np.where(nothing, np.nan, rao(shares, bloc_distance(world))),
        "peripheral_share": np.where(nothing, np.nan, shares[:, world.peripheral].sum(axis=1)),
    }
