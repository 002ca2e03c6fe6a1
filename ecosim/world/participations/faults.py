"""How a table that cannot be used is refused: one line with the file, the column, the row and what is allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError, shown

if TYPE_CHECKING:
    import pandas as pd

#: Share of rows up to which a value that cannot be used is left out or set aside, and said; above it the table is
#: refused, for then the file is probably not what it seems.
MOST_UNKNOWN = 0.02
#: How a cell says that nothing is known. A country is never read so: NA is Namibia.
NOTHING = frozenset(("", "na", "n/a", "nan", "nat", "null", "none", "-", "--", "#n/a", "<na>"))


def fault(
    where: str, column: str, row: int, problem: str, allowed: str = "", nearest: str | None = None
) -> InputError:  # fmt: skip
    """An error about one cell."""
    return InputError(f"{where}, column '{column}', row {row}", None, allowed, nearest, problem=problem)


def refuse_first(where: str, column: str, values: pd.Series, wrong: Any, problem: str, allowed: str) -> None:
    """Refuse the first of the wrong values, if there is one; the index of the values counts rows."""
    wrong = np.asarray(wrong, dtype=bool)
    if wrong.any():
        place = int(wrong.argmax())
        value = shown(values.iloc[place], 40)
        raise fault(where, column, int(values.index[place]), f"'{value}' {problem}", allowed)


def each(values: pd.Series, what: Callable[[Any], Any]) -> list[Any]:
    """What a function gives for every cell, computed once for each different one."""
    import pandas as pd

    place, different = pd.factorize(values.to_numpy(dtype=object), use_na_sentinel=False)
    results = [what(value) for value in different]
    return [results[k] for k in place]


def blank(values: pd.Series) -> NDArray[np.bool_]:
    """Whether each cell holds nothing."""
    return np.array(each(values, _says_nothing), dtype=np.bool_)


def _says_nothing(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in NOTHING
    return value is None or bool(value != value)


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def most_common(values: pd.Series, most: int = 5) -> str:
    """The most frequent values with how often each stands, for a line."""
    counts = Counter(each(values, lambda value: "empty" if _says_nothing(value) else f"'{shown(value, 30)}'"))
    listed = ", ".join(f"{name} {number}" for name, number in counts.most_common(most))
    return listed + (f" and {len(counts) - most} more" if len(counts) > most else "")
