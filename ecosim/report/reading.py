"""Reading the tables of a folder of results, with one clear line when a table is not what it should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis import coverage, start_years
from ecosim.analysis.measures import factor_columns
from ecosim.analysis.resilience import COLUMNS
from ecosim.errors import InputError, shown
from ecosim.report import tables
from ecosim.report.csvs import read_csv
from ecosim.report.folder import (
    BY_COUNTRY,
    COUNTRIES,
    COVERAGE,
    DESIGN,
    DRAWS,
    MANIFEST,
    PAIRS,
    PARTS,
    POINTS,
    RUNS,
    SERIES,
    START_YEARS,
)
from ecosim.report.seals import DIGEST, broken, is_as_written

if TYPE_CHECKING:
    import pandas as pd

#: Kinds of columns: what a cell must hold.
WHOLE, WHOLE_OR_EMPTY, NUMBER, NUMBER_OR_EMPTY, TEXT, TEXT_OR_EMPTY, YES_NO = (
    "a whole number", "a whole number or empty", "a finite number", "a number or empty", "text", "text or empty",
    "true or false",
)  # fmt: skip

_DESIGN = {
    "design_id": WHOLE, "history_id": WHOLE, "shock": TEXT_OR_EMPTY, "shocks": TEXT_OR_EMPTY, "policy": TEXT,
    "reference": YES_NO,
}  # fmt: skip
_RUNS = {
    "design_id": WHOLE_OR_EMPTY, "history_id": WHOLE, "replicate": WHOLE, "arm": TEXT, "status": TEXT,
    "error": TEXT_OR_EMPTY,
}  # fmt: skip
#: Of runs that finished.
_FINISHED = {"announcement_month": WHOLE, "observation_end_month": WHOLE,
             "area_collaboration": NUMBER, "area_output": NUMBER}  # fmt: skip
_SERIES = {"design_id": WHOLE_OR_EMPTY, "history_id": WHOLE, "replicate": WHOLE, "arm": TEXT, "month": WHOLE,
           "collaboration": NUMBER, "output": NUMBER}  # fmt: skip
_MONEY = ("appropriated_eur", "paid_eur", "committed_eur", "unspent_eur", "returned_eur", "instruments_eur",
          "administration_eur")  # fmt: skip
#: Money that results of before it was counted do not know, or that only some scenarios have.
_SOME_MONEY = ("private_funders_eur", "added_eur", "tax_forgone_eur", "pilots_eur", "guaranteed_eur")
_PAIRS = {
    "design_id": WHOLE_OR_EMPTY, "history_id": WHOLE, "replicate": WHOLE, "arm": TEXT, "period": TEXT,
    "country_a": TEXT, "country_b": TEXT, "person_months": NUMBER, "targets": TEXT_OR_EMPTY,
}  # fmt: skip
_BY_COUNTRY = {
    "policy": TEXT, "shock": TEXT, "country": TEXT, "replicates": WHOLE,
    **{f"{column}_{name}": NUMBER for column in ("output", "collaboration") for name in ("twin", "change")},
    **{f"{column}_share{end}": NUMBER_OR_EMPTY for column in ("output", "collaboration")
       for end in ("", "_low", "_high")},
}  # fmt: skip
_WORDS = {"arm": ("shocked", "twin", "placebo", "scattered"), "status": ("ok", "failed"),
          "at_risk": tuple(coverage.COUNTED), "period": ("before", "during", "after", "year")}  # fmt: skip
#: What the tables that only some analyses read hold; other columns are theirs.
_DRAWS = {"replicate": WHOLE, "draw": WHOLE, "parameter": TEXT, "value": NUMBER}
_POINTS = {"point": WHOLE}
_COUNTRIES = {
    "design_id": WHOLE_OR_EMPTY, "history_id": WHOLE, "replicate": WHOLE, "arm": TEXT, "month": WHOLE, "country": TEXT,
    **dict.fromkeys(COLUMNS, NUMBER),
}  # fmt: skip
_COUNTRY_MEANS = {
    "design_id": WHOLE_OR_EMPTY, "history_id": WHOLE, "arm": TEXT, "months_since_announcement": WHOLE,
    "replicates": WHOLE, "country": TEXT, **dict.fromkeys(COLUMNS, NUMBER),
}  # fmt: skip
_START_YEARS = {
    "design_id": WHOLE_OR_EMPTY, "history_id": WHOLE, "replicate": WHOLE, "arm": TEXT, "start_year": WHOLE,
    "country": TEXT, **dict.fromkeys(start_years.COUNTED, NUMBER),
}  # fmt: skip
_COVERAGE = {
    "design_id": WHOLE, "history_id": WHOLE, "replicate": WHOLE,
    **{name: NUMBER if name.endswith(("_world", "_partner")) else TEXT for name in coverage.COLUMNS},
}  # fmt: skip


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder of results, which is judged here once: what it says, and that its files are as written.

    Raises
    ------
    InputError
        If it is absent, damaged, of another program, or has an entry of another type; or if a table is missing,
        damaged, or was changed since.
    """
    path = folder / MANIFEST
    if not folder.is_dir():
        raise InputError("folder", str(folder), problem="is a file" if folder.exists() else "no such folder")
    if not path.exists():
        raise InputError("folder", str(folder), **_without_manifest(folder))
    try:
        text = path.read_text(encoding="utf-8")
        manifest = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(str(path), problem=f"cannot be read as JSON ({error})", allowed=_ANEW) from None
    if not isinstance(manifest, dict) or manifest.get("program") != "ecosim":
        raise InputError(str(path), problem="was not written by ecosim")
    from ecosim.report.manifest import first_fault

    fault = first_fault(text)
    if fault:
        raise InputError(f"{path}, section {fault}", problem="is missing or of another type")
    if not is_as_written(manifest):
        raise InputError(
            str(path), problem="was changed since it was written (its digest is another)",
            allowed=f"{_ANEW}; or the file without its line {DIGEST}, which is then taken as it stands",
        )  # fmt: skip
    _check_files(folder, manifest)
    return manifest


#: What mends a folder.
_ANEW = "the command that made these results, which sets aside what is damaged and runs what is missing"


def _without_manifest(folder: Path) -> dict[str, Any]:
    """What happened to a folder without a manifest, as far as it can be told."""
    left = [name for name in (RUNS, SERIES, DESIGN, PARTS) if (folder / name).exists()]
    if not left:
        return {"problem": f"holds no {MANIFEST}, so it is no folder of results"}
    return {
        "problem": f"holds no {MANIFEST}, though {left[0]} is there: the file was removed, or this is no whole copy",
        "allowed": _ANEW,
    }


def _check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Refuse a folder with a data file that is not as it was written; what is wrong in a table is said if it shows."""
    faults = {name: words for name, words in broken(folder, manifest).items() if Path(name).suffix == ".parquet"}
    if manifest.get("status") != "complete":
        # tables are made at the end; what is missing while a sweep runs is not lost
        faults = {name: words for name, words in faults.items() if (folder / name).exists()}
    if not faults:
        return
    if {DESIGN, RUNS, SERIES, PAIRS} & set(faults):
        design = read_design(folder)
        for name, reader in ((RUNS, read_runs), (SERIES, read_series), (PAIRS, read_pairs)):
            if name in faults and (name != SERIES or manifest["output"].get("series", "all") == "all"):
                reader(folder, design)
    name, words = next(iter(faults.items()))
    words = words if words != "is missing" else "cannot be read: it is missing"
    more = f" (and so {'are' if len(faults) > 2 else 'is'} {', '.join([*faults][1:])})" if len(faults) > 1 else ""
    raise InputError(str(folder / name), problem=f"{words}{more}", allowed=_ANEW)


def read_design(folder: Path) -> pd.DataFrame:
    """The design table, checked."""
    path = folder / DESIGN
    table = _read(path, None)
    check(table, _DESIGN, path)
    for name in factor_columns(table):
        if table[name].isna().any():
            row = int(np.flatnonzero(table[name].isna())[0])
            raise InputError(f"{path}, column {name}, row {row + 1}", problem="holds nothing", allowed="a level")
    with tables.opened(path) as file:
        table = _labelled(table, (file.schema_arrow.metadata or {}).get(LABELS))
    _unique(table, ["design_id"], path)
    policies = table.loc[table["reference"].astype(bool), "policy"].unique()
    if len(policies) != 1:
        raise InputError(f"{path}, column reference", problem=f"names {len(policies)} policies; exactly one is needed")
    return table


#: Key of a Parquet file under which the labels of numbers stand, by column.
LABELS = b"ecosim_labels"


def numbers_kept(design: pd.DataFrame) -> tuple[pd.DataFrame, dict[bytes, bytes]]:
    """The design as its file holds it: levels that are numbers as numbers, and their labels beside the table.

    In memory, levels are labels (``"2"``), by which comparisons name them.

    Returns
    -------
    (DataFrame, dict)
        The table, and what is noted in the file.
    """
    import pandas as pd

    changed, labels = design.copy(), {}
    for name in factor_columns(design):
        known = list(dict.fromkeys(design[name]))
        values = [_number_of(label) for label in known]
        if None in values or len(set(values)) < len(values):
            continue
        whole = all(isinstance(value, int) for value in values)
        numbers = dict(zip(known, values, strict=True))
        changed[name] = pd.array([numbers[label] for label in design[name]], dtype="int64" if whole else "float64")
        labels[name] = known
    return changed, {LABELS: json.dumps(labels).encode()} if labels else {}


def _number_of(label: Any) -> int | float | None:
    if not isinstance(label, str):
        return None
    for kind in (int, float):
        try:
            value = kind(label)
        except ValueError:
            continue
        return value if np.isfinite(value) and abs(value) < _MOST_EXACT else None
    return None


#: Whole numbers up to here are exact as floats.
_MOST_EXACT = 2**53


def _labelled(table: pd.DataFrame, noted: bytes | None) -> pd.DataFrame:
    """The design with labels in place of numbers."""
    from pandas.api import types

    try:
        labels = json.loads(noted or b"{}")
    except ValueError:
        labels = {}
    for name in factor_columns(table):
        if not types.is_numeric_dtype(table[name]) or types.is_bool_dtype(table[name]):
            continue
        known = labels.get(name, []) if isinstance(labels, dict) else []
        names = {_number_of(label): label for label in known if isinstance(label, str)}
        # without a note, a whole number is written as one
        table[name] = [
            names.get(value) or (str(int(value)) if float(value).is_integer() else str(value))
            for value in table[name].astype(object)
        ]
    return table


def read_runs(folder: Path, design: pd.DataFrame) -> pd.DataFrame:
    """The table of runs, checked against the design."""
    path = folder / "runs.parquet"
    table = _read(path, None)
    check(table, _RUNS, path)
    good = table[table["status"] == "ok"]
    if len(good):
        check(good, _FINISHED, path)
    _known(table, design, path)
    _unique(table, ["history_id", "replicate", "design_id", "arm"], path)
    for name in table.columns:
        if name not in _RUNS and name not in _FINISHED:
            # results of before shocks could hit several countries do not name them
            check(good, {name: TEXT_OR_EMPTY if name == "targets" else NUMBER_OR_EMPTY}, path)
    return table


def read_series(folder: Path, design: pd.DataFrame) -> pd.DataFrame:
    """The monthly outcomes a report draws, checked; money is left out where it was not recorded."""
    path = folder / "series.parquet"
    names = _columns(path)
    money = (*_MONEY, *(name for name in _SOME_MONEY if name in names)) if set(_MONEY) <= set(names) else ()
    wanted = _SERIES | dict.fromkeys(money, NUMBER)
    for name in wanted:
        if name not in names:
            raise InputError(f"{path}, column {name}", problem="is missing")
    table = _read(path, list(wanted))
    check(table, wanted, path)
    _known(table, design, path)
    return table


def read_pairs(folder: Path, design: pd.DataFrame) -> pd.DataFrame:
    """Joint work of pairs of countries, checked."""
    path = folder / PAIRS
    table = _read(path, None)
    check(table, _PAIRS, path)
    _known(table, design, path)
    return table


def read_by_country(folder: Path, design: pd.DataFrame) -> pd.DataFrame:
    """Who loses and who gains, as the sweep wrote it, checked; without rows where no run was compared."""
    path = folder / BY_COUNTRY
    # a policy may be called "none", and a bare number is a name as well
    names = dict.fromkeys(("policy", "shock", "country"), "str")
    try:
        table = read_csv(path, dtype=names, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise InputError(str(path), problem=f"cannot be read as CSV ({' '.join(str(error).split())})") from None
    if table.empty:
        return table
    check(table, _BY_COUNTRY, path)
    for name in ("policy", "shock"):
        _refuse_strangers(path, table[name], ~table[name].isin(design[name].astype("str")), repr)
    return table


def read_draws(folder: Path) -> pd.DataFrame:
    """What was drawn, checked."""
    return _checked(folder / DRAWS, _DRAWS)


def read_points(folder: Path) -> pd.DataFrame:
    """Points of the design, checked."""
    return _checked(folder / POINTS, _POINTS)


def read_countries(folder: Path) -> pd.DataFrame:
    """Months by country of every run, or their means over replicates, checked."""
    path = folder / COUNTRIES
    table = _read(path, None)
    check(table, _COUNTRIES if "replicate" in table else _COUNTRY_MEANS, path)
    return table


def read_some_of_countries(folder: Path, columns: Sequence[str]) -> pd.DataFrame:
    """As :func:`read_countries`, those of some columns that it has; ``arm`` is a category, which takes little room."""
    path = folder / COUNTRIES
    kinds = _COUNTRIES if "replicate" in _columns(path) else _COUNTRY_MEANS
    wanted = {name: kind for name, kind in kinds.items() if name in columns}
    table = _read(path, list(wanted), categories=("arm",))
    check(table, wanted, path)
    return table


def read_start_years(folder: Path) -> pd.DataFrame:
    """Partnerships by country and start year of every run, checked."""
    return _checked(folder / START_YEARS, _START_YEARS)


def read_coverage(folder: Path, design: pd.DataFrame) -> pd.DataFrame:
    """What the countries hit are in the simulated world and in the facts, checked."""
    path = folder / COVERAGE
    table = _checked(path, _COVERAGE)
    _known(table, design, path)
    return table


def read_all_series(folder: Path) -> pd.DataFrame:
    """Every column of the monthly outcomes, or their quantiles, as they were kept."""
    return _read(folder / SERIES, None)


def _checked(path: Path, columns: dict[str, str]) -> pd.DataFrame:
    table = _read(path, None)
    check(table, columns, path)
    return table


def _columns(path: Path) -> list[str]:
    try:
        with tables.opened(path) as file:
            return list(file.schema_arrow.names)
    except tables.DamagedError as error:
        raise _unreadable(path, error) from None


def _read(path: Path, columns: Sequence[str] | None, categories: Collection[str] = ()) -> pd.DataFrame:
    import pyarrow as pa

    try:
        with tables.opened(path) as file:
            found = tables.read_checked(file, columns=columns)
        table = found.to_pandas(categories=[name for name in categories if name in found.column_names])
    except tables.DamagedError as error:
        raise _unreadable(path, error) from None
    except (pa.ArrowException, ValueError, TypeError, KeyError, OverflowError) as error:
        # what another program noted beside the columns need not be true
        raise _unreadable(path, error) from None
    if table.empty:
        raise InputError(str(path), problem="has no rows" if len(table.columns) else "has no columns")
    if not table.columns.is_unique:
        twice = str(table.columns[table.columns.duplicated()][0])
        raise InputError(f"{path}, column {twice}", problem="stands twice")
    return table


def _unreadable(path: Path, error: Exception) -> InputError:
    if not path.exists():
        return InputError(str(path), problem="is missing; the sweep that writes it may not have finished")
    if not path.is_file():
        return InputError(str(path), problem="is no file")
    if path.stat().st_size == 0:
        return InputError(str(path), problem="is empty")
    reason = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, tables.DamagedError):
        return InputError(str(path), problem=reason, allowed=_ANEW)
    return InputError(str(path), problem=f"cannot be read as a table ({type(error).__name__}: {reason})")


def check(table: pd.DataFrame, columns: dict[str, str], path: Path) -> None:
    """Refuse a table with a missing column, or a cell of another kind, naming file, column and row.

    Parameters
    ----------
    table : DataFrame
        Its index numbers the rows of the file from 0.
    columns : dict
        Name -> kind.
    path : Path
        Its file.

    Raises
    ------
    InputError
    """
    for name, kind in columns.items():
        if name not in table.columns:
            raise InputError(f"{path}, column {name}", problem="is missing")
        column = table[name]
        bad = _wrong(column, kind)
        if name in _WORDS and not bad.any():
            bad = ~column.isin(_WORDS[name]).to_numpy()
            kind = " or ".join(_WORDS[name])
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            value = column.iloc[row]
            given = "nothing" if _empty(value) else repr(value) if isinstance(value, str) else shown(value)
            raise InputError(
                f"{path}, column {name}, row {int(table.index[row]) + 1}", problem=f"holds {given}", allowed=kind
            )


def _empty(value: Any) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _wrong(column: pd.Series, kind: str) -> np.ndarray:
    """Which cells are not of a kind."""
    import pandas as pd
    from pandas.api import types

    empty = column.isna().to_numpy()
    if kind in (TEXT, TEXT_OR_EMPTY) and isinstance(column.dtype, pd.CategoricalDtype):
        # few are looked at in place of millions of cells; nothing has the code -1
        known = [isinstance(value, str) for value in column.cat.categories]
        text = np.array([*known, False])[column.cat.codes]
        return ~(text | (empty & (kind == TEXT_OR_EMPTY)))
    if kind in (TEXT, TEXT_OR_EMPTY):
        if isinstance(column.dtype, pd.StringDtype) or types.infer_dtype(column, skipna=True) == "string":
            text = ~empty
        else:
            text = np.array([isinstance(value, str) for value in column], dtype=np.bool_)
        return ~(text | (empty & (kind == TEXT_OR_EMPTY)))
    if kind == YES_NO:
        return empty if types.is_bool_dtype(column) else np.ones(len(column), dtype=np.bool_)
    if not types.is_numeric_dtype(column) or types.is_bool_dtype(column) or types.is_complex_dtype(column):
        number = np.array([isinstance(v, (int, float)) and not isinstance(v, bool) for v in column], dtype=np.bool_)
        wrong = ~number & ~empty
        # a column of another type altogether, be it empty
        return wrong | (empty & (kind in (WHOLE, NUMBER)))
    values = pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~np.isfinite(values)
    if kind in (WHOLE, WHOLE_OR_EMPTY):
        wrong |= np.where(np.isfinite(values), values, 0.5) != np.rint(np.where(np.isfinite(values), values, 0.5))
    if kind in (WHOLE_OR_EMPTY, NUMBER_OR_EMPTY):
        wrong &= ~empty
    return np.asarray(wrong)


def _known(table: pd.DataFrame, design: pd.DataFrame, path: Path) -> None:
    """Refuse ids that the design does not have: a table of another sweep."""
    for name in ("history_id", "design_id"):
        _refuse_strangers(path, table[name], table[name].notna() & ~table[name].isin(design[name]), int)


def _refuse_strangers(path: Path, column: pd.Series, strange: pd.Series, shown_as: Callable[[Any], Any]) -> None:
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        raise InputError(
            f"{path}, column {column.name}, row {row + 1}", problem=f"holds {shown_as(column.iloc[row])}, which "
            "design.parquet does not have; the table belongs to another sweep",
        )  # fmt: skip


def _unique(table: pd.DataFrame, names: list[str], path: Path) -> None:
    twice = table.duplicated(names).to_numpy()
    if twice.any():
        row = int(np.flatnonzero(twice)[0])
        raise InputError(f"{path}, column {names[0]}, row {row + 1}", problem="repeats an earlier row")
