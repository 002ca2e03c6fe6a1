"""Index series by month: what a shock's level may follow in place of a profile."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecosim.dates import months_between
from ecosim.world.tables import DATA_FOLDER, read_tables

#: Series of the whole world, and those by country, as ``follows`` names them.
WORLD_SERIES: tuple[str, ...] = ("supply_chain_pressure", "geopolitical_risk")
COUNTRY_SERIES: tuple[str, ...] = ("travel_controls",)

#: Value of each series at which nothing is out of the ordinary: 0 standard deviations; the mean of 1985 to 2019; no
#: measure at the border. What lies below counts as nothing.
CALM = {"supply_chain_pressure": 0.0, "geopolitical_risk": 100.0, "travel_controls": 0.0}
#: Value that counts as 1; where none is named, the highest on record. Travel: borders closed to everybody.
FULL = {"travel_controls": 4.0}


@dataclass(frozen=True, eq=False)
class Series:
    """A series as shares of its full value, 0 to 1, by month."""

    first_month: str
    #: (M,) the world's; of a series by country the mean over those listed.
    world: NDArray[np.float64]
    #: By ISO 3 code, (M,); empty for a series of the whole world.
    of: dict[str, NDArray[np.float64]]

    def place(self, month: str) -> int | None:
        """Position of a month (YYYY-MM); None outside the record."""
        place = months_between(self.first_month, month)
        return place if 0 <= place < len(self.world) else None

    def share(self, month: str) -> float:
        """The highest share of any country, or the world's share, in a month; 0 outside the record."""
        place = self.place(month)
        if place is None:
            return 0.0
        return max((float(path[place]) for path in self.of.values()), default=float(self.world[place]))

    def shares(self, month: str, countries: tuple[str, ...]) -> NDArray[np.float64]:
        """(C,): the share in each country in a month; the mean of those listed for others; 0 outside the record."""
        place = self.place(month)
        if place is None:
            return np.zeros(len(countries))
        return np.array([self.of.get(code, self.world)[place] for code in countries])


@lru_cache(maxsize=8)
def load_series(name: str, folder: Path = DATA_FOLDER) -> Series:
    """A series that ships, by the name ``follows`` takes: read once per process."""
    tables = read_tables(folder)
    if name in COUNTRY_SERIES:
        table = tables[name]
        codes, months, values = table.words("iso3"), table.words("month"), table.numbers("level", low=0.0)
    else:
        table = tables["series"]
        mine = [place for place, of in enumerate(table.words("series")) if of == name]
        codes, months = [""] * len(mine), [table.words("month")[place] for place in mine]
        values = table.numbers("value")[mine]
    calm, first = CALM[name], min(months)
    full = FULL.get(name, float(values.max()))
    shares = np.clip((values - calm) / (full - calm), 0.0, 1.0)
    length = months_between(first, max(months)) + 1
    by_code = {code: np.zeros(length) for code in sorted(set(codes))}
    for code, month, share in zip(codes, months, shares.tolist(), strict=True):
        by_code[code][months_between(first, month)] = share
    world = np.zeros(length)
    for path in by_code.values():
        world += path / len(by_code)
    by_code.pop("", None)
    return Series(first, world, by_code)
