"""Results seen from one country: the rows of runs as they would be if only its part counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.resilience import COLUMNS, areas, beside_twin
from ecosim.outcomes.health import BY_COUNTRY as OF_HEALTH

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a row of runs that a country's part has none of.
_NOT_BY_COUNTRY = ("exposure:", "drawdown", "recovery", "mean_")
_KEYS = ("history_id", "replicate", "arm", "design_id")


def runs_of_country(runs: pd.DataFrame, countries: pd.DataFrame, code: str) -> pd.DataFrame:
    """The table of runs with every area and comparison that of one country's part.

    Parameters
    ----------
    runs : DataFrame
        A row per run, as the store keeps it.
    countries : DataFrame
        Monthly outcomes by country of every run, from announcement on.
    code : str
        ISO 3 code.

    Returns
    -------
    DataFrame
        The same rows. What there is for the whole world alone (exposure, recovery, what is in flight) is blank.
    """
    import pandas as pd

    mine = countries[countries["country"].astype(str) == code]
    keys = [name for name in _KEYS if name in mine]
    mine = mine.assign(design_id=mine["design_id"].astype("float64")).sort_values([*keys, "month"], kind="stable")
    months = {
        _key(dict(zip(keys, key, strict=True)), keys): part
        for key, part in mine.groupby(keys, dropna=False, observed=True, sort=False)
    }
    blank = [
        name for name in runs.columns
        if name.startswith(_NOT_BY_COUNTRY) or (name.startswith("area_") and ("_in_flight" in name or "at_risk" in name
                                                or "formed_after" in name or "seats_" in name))
    ]  # fmt: skip
    rows: list[dict[Any, Any]] = runs.drop(columns=blank).to_dict("records")
    for row in rows:
        own = months.get(_key(row, keys))
        twin = months.get(_key({**row, "arm": "twin", "design_id": None}, keys))
        if row["status"] == "ok" and own is not None:
            for column in COLUMNS:
                values = own[column].to_numpy(dtype=np.float64)
                row |= areas(column, values, 0, len(values))
                if row["arm"] != "twin" and twin is not None:
                    row |= beside_twin(column, values, twin[column].to_numpy(dtype=np.float64), 0, len(values))
            # the mean of a month's outcome by country, as the row of the whole world has it
            row |= {f"mean_{name}": float(own[name].mean()) for name in OF_HEALTH if name in own}
    return pd.DataFrame(rows)


def _key(row: Mapping[Any, Any], keys: list[str]) -> tuple[Any, ...]:
    found = []
    for name in keys:
        value = row[name]
        missing = value is None or (isinstance(value, float) and np.isnan(value)) or str(value) == "<NA>"
        found.append(None if missing else float(value) if name == "design_id" else value)
    return tuple(found)
