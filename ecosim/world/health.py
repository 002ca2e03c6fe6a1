"""Facts about health by country: people, data, outbreaks, trust, computing; read only by those who ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError, shown
from ecosim.world.facts import INCOME_GROUPS
from ecosim.world.tables import DATA_FOLDER, read_tables

#: Years over which outbreaks are counted (``tools/build_world.py``).
OUTBREAK_YEARS = 26


@dataclass(frozen=True, eq=False)
class HealthFacts:
    """Read-only arrays over countries, shape (C,), in the order of ``countries`` (docs/DATA.md, ``health.csv``)."""

    countries: tuple[str, ...]
    population_million: NDArray[np.float64]
    #: GDP over population, USD.
    gdp_per_head_usd: NDArray[np.float64]
    #: Steps below the richest income group: 0 high, 1 upper middle, 2 lower middle, 3 low.
    steps_below_high: NDArray[np.int64]
    #: Participants in studies of the whole genome, counted once per study, all years to 2019.
    study_participants: NDArray[np.int64]
    #: Outbreaks that WHO's news report, a year, mean of 1996 to 2021, without COVID-19.
    outbreaks_per_year: NDArray[np.float64]
    #: Share of people who agree that vaccines are safe, 2018.
    trust: NDArray[np.float64]
    #: Systems in the TOP500 list of November 2013.
    supercomputers: NDArray[np.int64]


def check_health(countries: Sequence[str], folder: Path = DATA_FOLDER) -> None:
    """Refuse a world in which some country has no facts about health.

    Raises
    ------
    InputError
    """
    known = read_tables(folder)["health"].words("iso3")
    missing = [country for country in countries if country not in known]
    if missing:
        raise InputError(
            "mechanisms.health", True, problem=f"there are no facts about health of {shown(missing)}",
            allowed="world=global, world=classroom, or real countries alone named in world.countries",
        )  # fmt: skip


def health_facts(countries: Sequence[str], folder: Path = DATA_FOLDER) -> HealthFacts:
    """Facts of some countries, in the order asked for.

    Parameters
    ----------
    countries : sequence of str
        ISO 3 codes of countries of ``world=global``.

    Raises
    ------
    InputError
        For a country without a row: the rest of the world of ``europe``, and countries that are made up.
    """
    tables = read_tables(folder)
    table, listed = tables["health"], tables["countries"]
    codes = table.words("iso3")
    if codes != listed.words("iso3"):
        raise InputError(
            "ecosim/world/data/health.csv, column 'iso3'", problem="not the countries of countries.csv, in their order",
            allowed="the file as shipped, or rebuilt with tools/build_world.py",
        )  # fmt: skip
    for country in countries:
        if country not in codes:
            raise InputError(
                "country", country, problem="has no facts about health",
                allowed="countries of world=global, one by one; not the rest of the world, nor made-up ones",
            )  # fmt: skip
    place = [codes.index(country) for country in countries]
    people = table.numbers("population_million", float, 1e-3)
    groups = [INCOME_GROUPS.index(word) for word in listed.words("income_group")]
    found = {
        "population_million": people,
        "gdp_per_head_usd": listed.numbers("gdp_busd", float, 0.0) * 1e3 / people,
        "steps_below_high": len(INCOME_GROUPS) - 1 - np.array(groups, dtype=np.int64),
        "study_participants": table.numbers("study_participants", int, 0),
        "outbreaks_per_year": table.numbers("outbreaks", int, 0) / OUTBREAK_YEARS,
        "trust": table.numbers("agree_vaccines_safe", float, 0.0, 1.0),
        "supercomputers": table.numbers("supercomputers", int, 0),
    }
    arrays = {name: values[place] for name, values in found.items()}
    for values in arrays.values():
        values.setflags(write=False)
    return HealthFacts(tuple(countries), **arrays)
