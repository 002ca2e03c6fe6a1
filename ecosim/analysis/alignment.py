"""Which value belongs to which point, where tables and series have an index."""

from __future__ import annotations

from typing import Any

from ecosim.errors import InputError


def aligned(points: Any, outcome: Any, name: str = "outcome") -> Any:
    """An outcome in the order of the points: a Series has an index, which says to which row each value belongs.

    Parameters
    ----------
    points : DataFrame or array
        Rows with an index, or rows that are numbered from 0.
    outcome : Series or anything else
        Anything else stands in the order of the points and comes back as it is.
    name : str
        What the outcome is called where it is given.

    Raises
    ------
    InputError
        If a Series has the length of the points and another index.
    """
    import pandas as pd

    if not isinstance(outcome, pd.Series):
        return outcome
    rows = points.index if isinstance(points, pd.DataFrame) else pd.RangeIndex(len(points))
    if outcome.index.equals(rows) or len(outcome) != len(rows):
        # another length is another fault, which is said of the shapes
        return outcome
    if not (outcome.index.is_unique and rows.is_unique and outcome.index.isin(rows).all()):
        raise InputError(
            name, problem="has an index that is not that of the points", allowed="a Series with the index of the "
            "points, in any order, or plain values in the order of the points (.to_numpy())",
        )  # fmt: skip
    return outcome.reindex(rows)
