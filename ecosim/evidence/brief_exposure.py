"""What a country's research hangs on: by partner, sector and supplier, from facts and from a simulated year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.evidence.brief_words import DIMENSIONS

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.world.facts import World


def facts_exposure(world: World, country: int) -> pd.DataFrame:
    """Exposure from the facts that ship.

    Returns
    -------
    DataFrame
        Columns ``dimension, code, name, facts_share``: of co-publications by partner, of participations by sector
        (shrunk towards the mean mix), of foreign inputs by supplier.
    """
    import pandas as pd

    from ecosim.world.facts import SECTORS

    rows = []
    for dimension, values in (("partner", works(world, country)), ("supplier", bought_abroad(world, country))):
        for k, share in enumerate(shares(values)):
            if k != country:
                rows.append((dimension, world.countries[k], world.country_names[k], share))
    for sector, share in zip(SECTORS, world.country_sector_share[country], strict=True):
        rows.append(("sector", sector, sector.replace("_", " "), float(share)))
    return pd.DataFrame(rows, columns=["dimension", "code", "name", "facts_share"])


def bought_abroad(world: World, country: int) -> NDArray[np.float64]:
    """What it buys from each other country, (C,): each kind of input by how much of its work needs it."""
    needed = (world.country_sector_share[country][:, None] * world.input_intensity).sum(axis=0)
    bought = (needed[:, None] * world.purchases[:, country]).sum(axis=0)
    bought[country] = 0.0
    return np.asarray(bought)


def inputs_by_kind(world: World, country: int) -> pd.DataFrame:
    """Where a country's research users get each kind of input, from the facts that ship.

    Returns
    -------
    DataFrame
        A row per kind and foreign supplier, the largest first: ``kind, foreign_share, code, name, share``; shares of
        all that it buys of the kind.
    """
    import pandas as pd

    from ecosim.world.facts import INPUTS

    rows = []
    for k, kind in enumerate(INPUTS):
        bought = world.purchases[k, country].copy()
        foreign = 1.0 - float(bought[country])
        bought[country] = 0.0
        rows += [
            (kind, foreign, world.countries[c], world.country_names[c], float(bought[c]))
            for c in np.argsort(-bought, kind="stable")
            if bought[c] > 0.0
        ]
    return pd.DataFrame(rows, columns=["kind", "foreign_share", "code", "name", "share"])


def works(world: World, country: int) -> NDArray[np.float64]:
    """Works co-authored a year with each other country, (C,)."""
    found = world.copublications[country].astype(np.float64)
    found[country] = 0.0
    return found


def shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value over their sum; not a number where the sum is nothing."""
    total = float(values.sum())
    return values / total if total > 0.0 else np.full(len(values), np.nan)


def exposure_table(world: World, country: int, mean: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Exposure from the facts beside that of the simulated year.

    Parameters
    ----------
    world : World
        Facts.
    country : int
        Position of the country.
    mean : mapping
        Dimension -> simulated joint work, inputs or money, one value per code of the dimension.

    Returns
    -------
    DataFrame
        As :func:`facts_exposure`, with a column ``twin_share`` and rows for who pays.
    """
    import pandas as pd

    from ecosim.world.facts import SECTORS

    codes = {"partner": world.countries, "supplier": world.countries, "sector": SECTORS,
             "funder": ("programme", "own_means")}  # fmt: skip
    twin = pd.DataFrame(
        [(dimension, code, share) for dimension, values in mean.items()
         for code, share in zip(codes[dimension], shares(values), strict=True)],
        columns=["dimension", "code", "twin_share"],
    )  # fmt: skip
    table = facts_exposure(world, country).merge(twin, on=["dimension", "code"], how="outer")
    # inputs may come from home too, which is no exposure to another country but belongs in the sum
    names = dict(zip(world.countries, world.country_names, strict=True))
    names[world.countries[country]] += " (at home)"
    names |= {"programme": "the programme", "own_means": "own means (unfunded work)"}
    table["name"] = table["name"].fillna(table["code"].map(names))
    table = table[~((table["dimension"] == "partner") & (table["code"] == world.countries[country]))]
    order = {name: k for k, name in enumerate(DIMENSIONS)}
    table["order"] = table["dimension"].map(order)
    table["size"] = table[["facts_share", "twin_share"]].max(axis=1)
    table = table.sort_values(["order", "size"], ascending=[True, False], kind="stable")
    return table[["dimension", "code", "name", "facts_share", "twin_share"]].reset_index(drop=True)
