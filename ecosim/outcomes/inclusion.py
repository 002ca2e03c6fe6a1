"""Who comes in and who has a part: newcomers, the periphery, low-income partners, and how evenly seats are spread.

*Peripheral* countries and those of *low income* (low and lower-middle income) are facts of a world
(:class:`ecosim.world.facts.World`). Organisations have a country and no region, so nothing here is about regions
within countries.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ecosim.world.facts import World

#: Monthly columns measured here: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("newcomers", "organisations", "In a funded partnership for the first time"),
    ("newcomers_peripheral", "organisations", "Of these, from peripheral countries"),
    ("newcomers_low_income", "organisations", "Of these, from countries of low or lower-middle income"),
)

#: Outcomes computed from those by country when a series is read: name, unit, meaning.
DERIVED: tuple[tuple[str, str, str], ...] = (
    ("peripheral_members", "share", "Seats in funded partnerships that peripheral countries hold"),
    ("peripheral_leads", "share", "Funded partnerships that are led from peripheral countries"),
    ("peripheral_countries", "countries", "Peripheral countries with a seat in a funded partnership"),
    ("low_income_share", "share", "Part of Q worked by members from countries of low or lower-middle income"),
    ("low_income_members", "share", "Seats in funded partnerships that these countries hold"),
    ("low_income_leads", "share", "Funded partnerships that are led from these countries"),
    (
        "participation_gini", "index",
        "Gini index of seats in funded partnerships over countries: 0 where all have the same number",
    ),
    (
        "participation_gini_per_researcher", "index",
        "The same of seats for each researcher: 0 where all have seats in proportion to their researchers",
    ),
)  # fmt: skip

#: The same where research goes on to use (``mechanisms.stages``): who has the benefit.
DERIVED_OF_STAGES: tuple[tuple[str, str, str], ...] = (
    ("peripheral_royalties", "share", "Royalties that go to owners in peripheral countries"),
    ("peripheral_jobs", "share", "Jobs in firms that sell technologies that are in peripheral countries"),
    ("low_income_royalties", "share", "Royalties that go to owners in countries of low or lower-middle income"),
    ("low_income_jobs", "share", "Jobs in firms that sell technologies that are in these countries"),
)

#: Ending of a derived column -> the column by country it is a share of.
_PART_OF: dict[str, str] = {
    "share": "effort_by_country",
    "members": "members_by_country",
    "leads": "leads_by_country",
    "royalties": "royalties_by_country",
    "jobs": "technology_jobs_by_country",
}


def ever_funded(organisations: NDArray[np.void], low_income: NDArray[np.bool_]) -> dict[str, int]:
    """Organisations in a funded partnership up to now, by column; a month's newcomers are what it adds.

    Parameters
    ----------
    organisations : ndarray, shape (N,)
        Rows of dtype ``ORGANISATION``.
    low_income : ndarray of bool, shape (C,)
        Countries of low or lower-middle income.
    """
    funded = organisations["participations"] > 0
    # in most worlds hardly a country is
    poor = low_income[organisations["country"][funded]] if low_income.any() else ()
    found = {
        "newcomers": funded,
        "newcomers_peripheral": funded & organisations["peripheral"],
        "newcomers_low_income": poor,
    }
    return {name: int(np.count_nonzero(those)) for name, those in found.items()}


def part_of(values: NDArray[np.float64], group: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of a group of countries, shape (months,), of values by month and country, shape (months, C).

    Not-a-number in months in which nobody has anything, and everywhere where the world has no country of the group.
    """
    total = values.sum(axis=1)
    if not group.any():
        return np.full(len(values), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0.0, values[:, group].sum(axis=1) / total, np.nan)


def gini(values: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gini index over the last axis of what members of groups have, groups weighing by their members.

    Parameters
    ----------
    values : ndarray, shape (..., C)
        What each group has in all, none below 0.
    weight : ndarray, shape (C,)
        Members of each group; those without any are left out.

    Returns
    -------
    ndarray, shape (...)
        Twice the area between the Lorenz curve and the diagonal: 0 if every member has the same, 1 - 1/C if one of C
        alike groups has all. Not-a-number where nobody has anything.

    References
    ----------
    Gini 1912; for groups of different size see Lerman and Yitzhaki 1989, J. Econometrics 42, 43-47.

    Examples
    --------
    >>> float(gini(np.array([1.0, 1.0, 1.0, 1.0]), np.ones(4))), float(gini(np.array([0.0, 0.0, 0.0, 8.0]), np.ones(4)))
    (0.0, 0.75)
    """
    there = weight > 0.0
    values, weight = values[..., there], weight[there]
    order = np.argsort(values / weight, axis=-1, kind="stable")
    held = np.cumsum(np.take_along_axis(values, order, axis=-1), axis=-1)
    members = np.cumsum(weight[order], axis=-1)
    total = held[..., -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        lorenz, people = held / total, members / members[..., -1:]
    width = np.diff(people, axis=-1, prepend=0.0)
    below = np.concatenate([np.zeros_like(total), lorenz[..., :-1]], axis=-1)
    return np.where(total[..., 0] > 0.0, 1.0 - (width * (lorenz + below)).sum(axis=-1), np.nan)


def inclusion(by_country: Mapping[str, NDArray[np.float64]], world: World) -> dict[str, NDArray[np.float64]]:
    """Each month's outcomes of :data:`DERIVED`, and with stages of :data:`DERIVED_OF_STAGES`.

    Parameters
    ----------
    by_country : mapping
        Column by country -> values, shape (months, C).
    world : World
        Facts: which countries are peripheral or of low income, and their researchers.

    Returns
    -------
    dict
        (months,) each. The rest of the world is a remainder and no country: it counts in shares as part of the whole,
        and not in the Gini indices.
    """
    groups = {"peripheral": world.peripheral, "low_income": world.low_income}
    seats = by_country["members_by_country"]
    named = world.named
    found: dict[str, NDArray[np.float64]] = {}
    names = [name for name, _, _ in DERIVED]
    if "royalties_by_country" in by_country:
        names += [name for name, _, _ in DERIVED_OF_STAGES]
    for name in names:
        group = next((key for key in groups if name.startswith(key)), None)
        if name == "peripheral_countries":
            found[name] = (seats[:, world.peripheral & named] > 0.0).sum(axis=1).astype(np.float64)
        elif group is not None:
            found[name] = part_of(by_country[_PART_OF[name.removeprefix(f"{group}_")]], groups[group])
        else:
            weight = world.researchers_thousand if name.endswith("per_researcher") else np.ones(world.n_countries)
            found[name] = gini(seats, np.where(named, weight, 0.0))
    return found
