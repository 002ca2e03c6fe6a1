"""Reading the shipped tables: every cell has a type, every table a header and a number of rows."""

from __future__ import annotations

import csv
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError

#: Where the tables lie in the package.
DATA_FOLDER = Path(__file__).resolve().parent / "data"
INDEX = "index.json"
#: Outlines of countries, and the point in each at which maps draw it (Natural Earth; DATA.md).
OUTLINES = DATA_FOLDER / "outlines.json"

_MEANING = {int: "a whole number", float: "a finite number", bool: "0 or 1", str: "a word"}


class Table:
    """One table in memory: columns by name, checked when they are asked for.

    Parameters
    ----------
    path : Path
        The CSV file.
    columns : list[str]
        Header it must have.
    rows : int
        Number of rows it must have.
    """

    def __init__(self, path: Path, columns: list[str], rows: int) -> None:
        self.name = path.name
        self.columns = columns
        self._cells = _read(path, columns, rows)

    def __len__(self) -> int:
        return len(self._cells)

    def words(self, column: str) -> list[str]:
        """Give a column as words."""
        place = self._place(column)
        return [row[place] for row in self._cells]

    def numbers(self, column: str, kind: type = float, low: float = -np.inf, high: float = np.inf) -> NDArray[Any]:
        """Give a column as an array of ``kind`` (int, float or bool), each value within [low, high]."""
        place = self._place(column)
        if kind is bool:
            low, high = 0, 1
        try:
            values = np.array([row[place] for row in self._cells], dtype=np.float64)
            whole = kind is float or bool((values == np.rint(values)).all())
            good = bool(np.isfinite(values).all()) and whole and bool(((values >= low) & (values <= high)).all())
        except ValueError:
            good = False
        if not good:
            self._find_fault(place, kind, low, high)
        return values.astype({float: np.float64, int: np.int64, bool: np.bool_}[kind])

    def _place(self, column: str) -> int:
        return self.columns.index(column)

    def _find_fault(self, place: int, kind: type, low: float, high: float) -> None:
        for number, row in enumerate(self._cells, start=2):
            try:
                value = float(row[place])
                fine = np.isfinite(value) and low <= value <= high and (kind is float or value == round(value))
            except ValueError:
                fine = False
            if not fine:
                limits = "" if kind is bool or not np.isfinite([low, high]).any() else f" from {low:g} to {high:g}"
                raise _damaged(
                    self.name, self.columns[place], number, f"'{row[place]}' is not {_MEANING[kind]}{limits}"
                )


def _damaged(file: str, column: str, row: int, problem: str) -> InputError:
    return InputError(
        f"ecosim/world/data/{file}, column '{column}', row {row}",
        problem=problem,
        allowed="the file as shipped, or rebuilt with tools/build_world.py",
    )


def _read(path: Path, columns: list[str], rows: int) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.reader(stream, strict=True))
    except FileNotFoundError:
        raise _damaged(path.name, columns[0], 1, "the file is missing") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise _damaged(path.name, columns[0], 1, f"the file is not a UTF-8 CSV table ({error})") from None
    header = lines[0] if lines else []
    if header != columns:
        missing = [column for column in columns if column not in header]
        first = missing[0] if missing else next((c for c in header if c not in columns), columns[0])
        raise _damaged(path.name, first, 1, "the header is not the expected one")
    cells = lines[1:]
    for number, row in enumerate(cells, start=2):
        if len(row) != len(columns):
            column = columns[min(len(row), len(columns)) - 1]
            raise _damaged(path.name, column, number, f"{len(row)} cells where {len(columns)} are expected")
    if len(cells) != rows:
        problem = f"the table ends after {len(cells)} rows where {rows} are expected"
        raise _damaged(path.name, columns[0], len(cells) + 1, problem)
    return cells


@lru_cache(maxsize=4)
def read_tables(folder: Path = DATA_FOLDER) -> dict[str, Table]:
    """Every table of a folder, checked against its ``index.json``.

    Raises
    ------
    InputError
        (a ``ValueError``) naming file, column and row when a table is missing, cut or of the wrong type.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        entries = [(name, list(entry["columns"]), int(entry["rows"])) for name, entry in sorted(index.items())]
    except FileNotFoundError:
        raise _damaged(INDEX, "columns", 1, "the file is missing") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(INDEX, "columns", 1, f"not an index of tables ({error})") from None
    return {name.removesuffix(".csv"): Table(folder / name, columns, rows) for name, columns, rows in entries}


@lru_cache(maxsize=4)
def data_fingerprint(folder: Path = DATA_FOLDER) -> str:
    """SHA-256 over the names and bytes of all shipped tables and outlines; part of a run's fingerprint.

    The bytes on disk are hashed, not the sums noted in the index, so an edited assumption changes it.
    """
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.csv"), *folder.glob(OUTLINES.name)]):
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@lru_cache(maxsize=64)
def bloc_members(bloc: str, year: int, folder: Path = DATA_FOLDER) -> frozenset[str]:
    """Countries (ISO 3) in a bloc, treaty or regime in a year.

    Parameters
    ----------
    bloc : str
        A name of ``blocs.csv``, such as ``"EU"``, ``"NATO"``, ``"WASSENAAR"`` or ``"H2020_ASSOCIATED"``.
    year : int
        Calendar year; members that join during the year count.
    folder : Path
        Folder of the tables.
    """
    table = read_tables(folder)["blocs"]
    names = table.words("bloc")
    if bloc not in names:
        raise InputError("bloc", bloc, allowed=", ".join(sorted(set(names))))
    last = [float(text) if text else np.inf for text in table.words("to_year")]
    rows = zip(names, table.words("country"), table.numbers("from_year", int), last, strict=True)
    return frozenset(country for name, country, begin, end in rows if name == bloc and begin <= year < end)
