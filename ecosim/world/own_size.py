"""Every country at its own size: organisations and sizes from what is known of its research, not from one programme.

The programme knows its members well and hardly anybody else: in its data the United States have 88 organisations. Here
every country has as many for each researcher as the programme's members have, of types that follow who does its R&D,
and they are as active as its co-publications and its R&D money say. What the programme is (its money, its shares of
participations, its rules) stays as it was.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.world.facts import ORGANISATION_TYPES, World
from ecosim.world.presets import TARGET_MINIMUM_SHARE, frozen
from ecosim.world.tables import Table, read_tables

#: Sector of performance that stands for each type of organisation; none stands for the others.
SECTOR_OF_TYPE: dict[str, str] = {
    "HES": "higher_education",
    "REC": "government",
    "PRC": "business",
    "PUB": "government",
}
#: Columns of ``rd_by_sector.csv``.
RD_SECTORS: tuple[str, ...] = ("business", "government", "higher_education", "private_non_profit")
#: A country's share of a sector of performance beside that of the programme's members counts within these limits:
#: statistics differ in where they book institutes (assumed).
MIX_LIMITS = (0.25, 4.0)
#: Activity of an organisation beside the mean counts within these limits (assumed): sizes have such limits too.
ACTIVITY_LIMITS = (0.2, 5.0)
#: Parts into which pairs are dealt to be hidden.
FIFTHS = 5


def at_own_size(world: World, first_year: int, last_year: int, hidden_fifth: int, folder: Path) -> World:
    """A world of the programme's facts, with every country at its own size.

    Parameters
    ----------
    world : World
        All countries as the programme knows them.
    first_year, last_year : int
        Years of co-publications that are fed in.
    hidden_fifth : int
        Pairs whose co-publications are not used, 1 to 5; 0 for none.
    folder : Path
        Folder of the tables.

    Returns
    -------
    World
        Named ``global``.
    """
    tables = read_tables(folder)
    works = works_between(tables["copublications"], world.countries, first_year, last_year)
    mix = rd_mix(tables["rd_by_sector"], world.countries)
    organisations = _organisations(world, mix)
    member = world.programme_standing >= 1.0
    typical = world.participations[member].sum(axis=0) / np.maximum(world.organisations[member].sum(axis=0), 1)
    total = works.sum(axis=1)
    active = 0.5 * (total / total.sum() + world.rd_busd / world.rd_busd.sum())
    there = organisations.sum(axis=1) / organisations.sum()
    activity = np.clip(active / there, *ACTIVITY_LIMITS)
    values: dict[str, Any] = {
        "name": "global",
        "own_size": True,
        "copublications": works,
        "organisations": organisations,
        "participations": np.rint(organisations * typical[None, :] * activity[:, None]).astype(np.int32),
        "may_be_target": total >= TARGET_MINIMUM_SHARE * total.sum(),
        "hidden_pairs": hidden_pairs(world.countries, hidden_fifth),
    }
    return frozen(replace(world, **values))


def _organisations(world: World, mix: NDArray[np.float64]) -> NDArray[np.int32]:
    """(C, T): as many for each researcher as among the programme's members, of types by who does the country's R&D."""
    member = world.programme_standing >= 1.0
    counted = world.organisations[member].sum(axis=0).astype(np.float64)
    wanted = world.researchers_thousand * (counted.sum() / world.researchers_thousand[member].sum())
    money = np.where(member, world.rd_busd, 0.0)
    usual = (mix * money[:, None]).sum(axis=0) / money.sum()
    beside = np.clip(mix / usual[None, :], *MIX_LIMITS)
    weight = np.empty((world.n_countries, len(ORGANISATION_TYPES)))
    for t, kind in enumerate(ORGANISATION_TYPES):
        sector = SECTOR_OF_TYPE.get(kind)
        weight[:, t] = counted[t] * (1.0 if sector is None else beside[:, RD_SECTORS.index(sector)])
    expected = wanted[:, None] * weight / weight.sum(axis=1, keepdims=True)
    found = np.rint(expected).astype(np.int32)
    none = found.sum(axis=1) == 0
    found[none, np.argmax(expected[none], axis=1)] = 1
    return found


def works_between(table: Table, countries: tuple[str, ...], first_year: int, last_year: int) -> NDArray[np.float64]:
    """(C, C): works co-authored a year, mean of the years, symmetric; pairs that are not listed have none.

    Pairs of which a country is not in the world are left out.
    """
    place = {code: index for index, code in enumerate(countries)}
    years = np.stack([table.numbers(f"works_{year}", int, 0) for year in range(first_year, last_year + 1)])
    mean = years.sum(axis=0) / float(len(years))
    works = np.zeros((len(countries), len(countries)))
    for a, b, value in zip(table.words("first"), table.words("second"), mean, strict=True):
        if a in place and b in place:
            works[place[a], place[b]] = works[place[b], place[a]] = value
    return works


def rd_mix(table: Table, countries: tuple[str, ...]) -> NDArray[np.float64]:
    """(C, sectors of performance): shares of R&D spending; rows sum to 1."""
    place = {code: row for row, code in enumerate(table.words("iso3"))}
    shares = np.stack([table.numbers(name, float, 0.0, 1.0) for name in RD_SECTORS], axis=1)
    return shares[[place[code] for code in countries]]


def hidden_pairs(countries: tuple[str, ...], fifth: int) -> NDArray[np.bool_]:
    """(C, C): pairs dealt to a fifth by their codes, so that they are the same in every world; empty for fifth 0."""
    if fifth == 0:
        return np.zeros((0, 0), dtype=np.bool_)
    n = len(countries)
    hidden = np.zeros((n, n), dtype=np.bool_)
    for i in range(n):
        for j in range(i):
            name = "-".join(sorted((countries[i], countries[j])))
            dealt = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % FIFTHS
            hidden[i, j] = hidden[j, i] = dealt == fifth - 1
    return hidden
