"""The facts a run starts from: countries, pairs of countries, organisations, sectors, the programme.

>>> from ecosim.scenario import WorldConfig
>>> world = load_world(WorldConfig(preset="classroom"))
>>> world.countries
('CHE', 'DEU', 'ESP', 'GBR', 'POL')

Importing this package needs NumPy only; tables are read when the first world is loaded.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Protocol

from ecosim.errors import InputError
from ecosim.world.facts import (
    CONSORTIUM_SHAPE,
    ORGANISATION_TYPES,
    PROGRAMME_PARTS,
    REFERENCE_YEAR,
    REGULATION_PARTS,
    SECTORS,
    World,
)
from ecosim.world.names import countries_named, country_code
from ecosim.world.own_size import at_own_size
from ecosim.world.presets import CLASSROOM, europe_world, programme_world, subset
from ecosim.world.synthetic import synthetic_world
from ecosim.world.tables import DATA_FOLDER, bloc_members, data_fingerprint

#: Names that ``world.preset`` may take.
PRESETS: tuple[str, ...] = ("classroom", "europe", "global", "synthetic")

__all__ = [
    "CLASSROOM",
    "CONSORTIUM_SHAPE",
    "ORGANISATION_TYPES",
    "PRESETS",
    "PROGRAMME_PARTS",
    "REFERENCE_YEAR",
    "REGULATION_PARTS",
    "SECTORS",
    "World",
    "bloc_members",
    "data_fingerprint",
    "load_world",
]


class Wanted(Protocol):
    """Which world is asked for, as the section ``world`` of a scenario says it."""

    @property
    def preset(self) -> str:
        """One of :data:`PRESETS`."""

    @property
    def countries(self) -> tuple[str, ...] | None:
        """Countries to keep; None for all."""

    @property
    def n_countries(self) -> int:
        """Number of made-up countries."""

    @property
    def fed_in(self) -> tuple[int, int, int]:
        """First and last year of co-publications, and the hidden fifth, of a world at its own size."""


def load_world(config: Wanted, folder: Path = DATA_FOLDER) -> World:
    """Load the world of a scenario: read once per process, shared, read-only.

    ``scale``, ``pool_factor`` and ``entrants_per_year`` do not change facts; whoever makes organisations applies them.

    Parameters
    ----------
    config : Wanted
        The section ``world`` of a scenario, or what has the same four.
    folder : Path
        Folder of the tables; by default the one that ships.

    Returns
    -------
    World

    Raises
    ------
    InputError
        (a ``ValueError``) for an unknown country, or a damaged table; one line that says where.
    """
    asked = None if config.countries is None else tuple(config.countries)
    n_countries = config.n_countries if config.preset == "synthetic" else 0
    fed_in = config.fed_in if config.preset == "global" else (0, 0, 0)
    return _load(config.preset, asked, n_countries, fed_in, Path(folder))


@lru_cache(maxsize=64)
def _load(
    preset: str, countries: tuple[str, ...] | None, n_countries: int, fed_in: tuple[int, int, int], folder: Path
) -> World:  # fmt: skip
    if countries is not None:
        whole = _load(preset, None, n_countries, fed_in, folder)
        if not countries:
            raise InputError("world.countries", [], allowed="at least one country, or null for all")
        codes = [country_code(name) for name in countries]
        for name, code in zip(countries, codes, strict=True):
            if codes.count(code) > 1:
                raise InputError("world.countries", name, "each country once", problem="given twice")
        return subset(whole, countries_named("world.countries", countries, whole))
    if preset == "global":
        return at_own_size(programme_world(folder), *fed_in, folder)
    if preset == "europe":
        return europe_world(folder)
    if preset == "classroom":
        return subset(programme_world(folder), CLASSROOM, "classroom")
    if preset == "synthetic":
        return synthetic_world(n_countries, folder)
    raise InputError("world.preset", preset, allowed=", ".join(PRESETS))
