"""Climates of countries, from where they lie."""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ecosim.numerics import arccos_each
from ecosim.world.facts import World
from ecosim.world.synthetic import sphere, spread
from ecosim.world.tables import OUTLINES

_DEGREES_PER_RADIAN = 57.29577951308232


@lru_cache(maxsize=1)
def _points() -> dict[str, float]:
    return {code: float(item["point"][1]) for code, item in json.loads(OUTLINES.read_text(encoding="utf-8")).items()}


def latitudes(world: World) -> NDArray[np.float64]:
    """Latitude of each country in degrees, shape (C,); not-a-number for the rest of the world, which has no place.

    Real countries: the point at which maps draw them, within their largest part. Made-up ones: where they lie on the
    sphere.
    """
    if world.name == "synthetic":
        height = sphere(world.n_countries)[spread(world.n_countries), 2]
        return np.asarray(90.0 - _DEGREES_PER_RADIAN * arccos_each(height))
    known = _points()
    return np.array([known.get(code, np.nan) for code in world.countries])


def climates(world: World, degrees: float) -> NDArray[np.int16]:
    """Climate of each country, shape (C,): its band of latitude, north and south alike.

    Parameters
    ----------
    world : World
        Facts.
    degrees : float
        Width of a band.

    Notes
    -----
    A place without latitude (the rest of the world) is a climate of its own, -1.
    """
    away = np.abs(latitudes(world))
    return np.where(np.isnan(away), -1, np.floor(np.nan_to_num(away) / degrees)).astype(np.int16)
