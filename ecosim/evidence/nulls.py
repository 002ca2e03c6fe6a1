"""Null models: what a table shows whose organisations sit together by chance.

Two of them stand beside every row of ``ecosim validate``. Both hold exactly the data's seats and the data's
organisations, each with as many participations as it really has; neither holds any behaviour. What they show as well
needs no choice of partners to explain it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecosim.evidence.shuffles import shuffled
from ecosim.evidence.validation import Null, band, measured
from ecosim.world.facts import World

if TYPE_CHECKING:
    import pandas as pd

#: The null models and the headings of their columns.
NULLS: dict[str, str] = {"all_seats": "shuffled: all", "within_cells": "shuffled: within"}
#: What each one shuffles, in words.
MEANING: dict[str, str] = {
    "all_seats": "over all seats",
    "within_cells": "within programme part, country and type",
}
#: Tables shuffled for each: from 20 on the range is read off their quantiles.
SHUFFLES = 20
#: Seed of the first; each further one has the next.
FIRST_SEED = 1000


def null_patterns(table: pd.DataFrame, closing: str, world: World, kind: str, number: int) -> dict[str, float]:
    """Patterns of one shuffled table.

    Parameters
    ----------
    table : pandas.DataFrame
        Collaborative projects of one window.
    closing : str
        Last month of the window (YYYY-MM).
    world : World
        Gives the distances on which funded ties are fitted.
    kind : str
        A key of :data:`NULLS`.
    number : int
        Of the shuffle, from 0.
    """
    return measured(shuffled(table, FIRST_SEED + number, within=kind == "within_cells"), closing, world)


def summarise(found: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, tuple[Null, ...]]:
    """Mean and range over shuffled tables, by the name of the row.

    Parameters
    ----------
    found : mapping
        Patterns of each shuffled table, by the kind of null model.

    Returns
    -------
    dict
        One :class:`~ecosim.evidence.validation.Null` per kind. Its numbers are nan where no shuffled table has the
        pattern (a tail with too few values): the data do, so such a null misses it.
    """
    names = list(dict.fromkeys(name for tables in found.values() for table in tables for name in table))
    return {
        name: tuple(
            Null(kind, *band([table.get(name, np.nan) for table in tables], tolerance=0.0))
            for kind, tables in found.items()
        )
        for name in names
    }
