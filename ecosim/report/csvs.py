"""CSV files of results: written so that no spreadsheet runs what is in them, and read back the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: How a cell begins that a spreadsheet takes for a formula, or that was written with a mark before it.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_MARKED = re.compile(r"'+[=+\-@\t\r]")


def neutral(text: Any) -> Any:
    """A label with an apostrophe before what a spreadsheet would run; anything but text comes back.

    Examples
    --------
    >>> [neutral(text) for text in ("=1+1", "-5", "as today", "'=x", -5.0)]
    ["'=1+1", "'-5", 'as today', "''=x", -5.0]
    """
    return f"'{text}" if isinstance(text, str) and _FORMULA.match(text) else text


def original(text: Any) -> Any:
    """What :func:`neutral` was given.

    Examples
    --------
    >>> [original(neutral(text)) for text in ("=1+1", "'=x", "'quoted'")]
    ['=1+1', "'=x", "'quoted'"]
    """
    return text[1:] if isinstance(text, str) and _MARKED.match(text) else text


def write_csv(table: pd.DataFrame, path: Path, **options: Any) -> None:
    """Write a table; ``options`` are those of :meth:`pandas.DataFrame.to_csv`."""
    _each_text(table, neutral).to_csv(path, index=False, encoding="utf-8", **options)


def read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table that :func:`write_csv` wrote; ``options`` are those of :func:`pandas.read_csv`."""
    import pandas as pd

    return _each_text(pd.read_csv(path, encoding="utf-8", **options), original)


def _each_text(table: pd.DataFrame, change: Any) -> pd.DataFrame:
    """A copy in which every text, also of the heading, is changed."""
    import pandas as pd
    from pandas.api import types

    changed = table.rename(columns=change)
    for place, name in enumerate(table.columns):
        column = table.iloc[:, place]
        if types.is_object_dtype(column.dtype) or types.is_string_dtype(column.dtype):
            changed[change(name)] = column.map(change, na_action="ignore")
        elif isinstance(column.dtype, pd.CategoricalDtype):
            changed[change(name)] = column.astype(object).map(change, na_action="ignore")
    return changed
