"""What one or several finished units become: small Parquet tables, made where the units ran, written by the parent.

A worker hands back bytes, so the parent neither holds rows nor spends time on them. Every file carries the fingerprint
of its sweep and a checksum per page, and each part the seals of its files: a file of another sweep, cut short, damaged
or lost, is told from data.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.analysis import coverage, start_years
from ecosim.analysis.resilience import COLUMNS
from ecosim.lab.branches import UnitResult
from ecosim.lab.pairs import PERSON_MONTHS
from ecosim.outcomes.health import BY_COUNTRY as HEALTH_BY_COUNTRY
from ecosim.report.folder import COUNTRIES, COVERAGE, FAILED, PAIRS, RUNS, SERIES, START_YEARS
from ecosim.report.seals import Seal, seal_of
from ecosim.report.tables import MARK, DamagedError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

#: Tables a part may hold, and the columns they are sorted by in the end.
TABLES: dict[str, tuple[str, ...]] = {
    RUNS: ("history_id", "replicate", "design_id", "arm"),
    SERIES: ("replicate", "history_id"),
    COUNTRIES: ("replicate", "history_id"),
    START_YEARS: ("replicate", "history_id"),
    COVERAGE: ("replicate", "history_id"),
    PAIRS: ("history_id", "replicate", "design_id", "period", "year", "country_a", "country_b"),
    FAILED: ("history_id", "replicate"),
}
KEY_COLUMNS = ("design_id", "history_id", "replicate", "seed", "arm")
#: Columns that tell the unit.
UNIT_COLUMNS = ("history_id", "replicate")
#: Seals of a part's other files, by name.
SEALS = "seals.json"

UnitKey = tuple[int, int]


@dataclass
class Part:
    """The results of one or several units, ready to be written."""

    #: (history_id, replicate) of each.
    units: list[UnitKey]
    #: File name -> content.
    tables: dict[str, bytes]
    #: Runs that failed.
    failed: int = 0
    #: Seconds the units took.
    seconds: float = 0.0
    #: Name of a unit and its traceback, for the log.
    tracebacks: list[tuple[str, str]] = field(default_factory=list)


def unit_name(unit: UnitKey) -> str:
    """Name of a unit for people."""
    return f"h{unit[0]:04d}-r{unit[1]:05d}"


def make_part(
    results: Sequence[tuple[dict[str, Any], UnitResult]], mark: str, *, series: bool = True, seconds: float = 0.0
) -> Part:
    """Encode the results of units.

    Parameters
    ----------
    results : sequence of (payload, UnitResult)
        One or several units.
    mark : str
        Fingerprint of the sweep.
    series : bool
        Whether monthly outcomes are kept.
    seconds : float
        Time they took.
    """
    units = [(int(payload["history_id"]), int(payload["replicate"])) for payload, _ in results]
    tables = {RUNS: _encoded([runs_table([row for _, result in results for row in result.runs])], mark)}
    if series:
        # a row group per unit, so that joining the parts reads one unit at a time
        of_units = [series_table(result.series) for _, result in results if result.series]
        if of_units:
            tables[SERIES] = _encoded(of_units, mark)
    of_units = [countries_table(result.countries) for _, result in results if result.countries]
    if of_units:
        tables[COUNTRIES] = _encoded(of_units, mark)
    of_units = [start_years_table(result.start_years) for _, result in results if result.start_years]
    if of_units:
        tables[START_YEARS] = _encoded(of_units, mark)
    of_units = [coverage_table(result.coverage) for _, result in results if result.coverage]
    if of_units:
        tables[COVERAGE] = _encoded(of_units, mark)
    pairs = [row for _, result in results for row in result.pairs]
    if pairs:
        tables[PAIRS] = _encoded([_pairs_table(pairs)], mark)
    failed = [(payload, result) for payload, result in results if result.failed]
    if failed:
        tables[FAILED] = _encoded([_failed_table(failed)], mark)
    # a part that lost a file would look like one that never had it
    tables[SEALS] = json.dumps({name: seal_of(content) for name, content in tables.items()}).encode()
    return Part(
        units,
        tables,
        failed=sum(result.failed for _, result in results),
        seconds=seconds,
        tracebacks=[(unit_name(unit), text) for unit, (_, result) in zip(units, results, strict=True)
                    for text in result.tracebacks],
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------- tables in memory


def runs_table(rows: list[dict[str, Any]]) -> pa.Table:
    """A row per run."""
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    types = _key_types() | {"status": pa.string(), "error": pa.string(), "announcement_month": pa.int32(),
                            "observation_end_month": pa.int32(), "targets": pa.string()}  # fmt: skip
    return pa.table({name: pa.array([row.get(name) for row in rows], types.get(name, pa.float64())) for name in names})


def series_table(series: list[dict[str, Any]]) -> pa.Table:
    """A row per run and month."""
    import numpy as np
    import pyarrow as pa

    types = _key_types()
    tables = []
    for run in series:
        months = len(run["month"])
        columns = {name: repeated(run[name], months, types[name]) for name in KEY_COLUMNS}
        columns["month"] = pa.array(run["month"], pa.int32())
        for name, values in run.items():
            if name not in columns:
                columns[name] = pa.array(np.asarray(values, dtype=np.float64))
        tables.append(pa.table(columns))
    return pa.concat_tables(tables, promote_options="permissive")


def countries_table(runs: list[dict[str, Any]]) -> pa.Table:
    """A row per run, month and country: keys, ``month``, ``country`` (ISO 3), the four outcomes, those of health."""
    import pyarrow as pa

    types = _key_types()
    tables = []
    for run in runs:
        rows = len(run["month"])
        columns = {name: repeated(run[name], rows, types[name]) for name in KEY_COLUMNS}
        columns["month"] = pa.array(run["month"], pa.int32())
        columns["country"] = pa.DictionaryArray.from_arrays(pa.array(run["country"], pa.int16()), run["countries"])
        kept = [*COLUMNS, *(name for name in HEALTH_BY_COUNTRY if name in run)]
        columns |= {name: pa.array(run[name], pa.float32()) for name in kept}
        tables.append(pa.table(columns))
    return pa.concat_tables(tables).unify_dictionaries()


def repeated(value: Any, times: int, kind: Any) -> Any:
    """A column that says the same in every row, or nothing."""
    import pyarrow as pa

    return pa.nulls(times, kind) if value is None else pa.repeat(pa.scalar(value, kind), times)


def _pairs_table(pairs: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    types = _key_types() | {"targets": pa.string()}
    tables = []
    for run in pairs:
        rows = len(run["period"])
        columns = {name: repeated(run[name], rows, kind) for name, kind in types.items()}
        columns |= {name: pa.array(run[name], pa.string()) for name in ("period", "country_a", "country_b")}
        columns["year"] = pa.array(run["year"], pa.int16())
        columns |= {name: pa.array(run[name], pa.float32()) for name in PERSON_MONTHS}
        tables.append(pa.table(columns))
    return pa.concat_tables(tables)


def start_years_table(runs: list[dict[str, Any]]) -> pa.Table:
    """A row per run, start year and country: keys and what is counted."""
    import pyarrow as pa

    types = _key_types()
    tables = []
    for run in runs:
        rows = len(run["start_year"])
        columns = {name: repeated(run[name], rows, types[name]) for name in KEY_COLUMNS}
        columns["start_year"] = pa.array(run["start_year"], pa.int32())
        columns["country"] = pa.DictionaryArray.from_arrays(pa.array(run["country"], pa.int16()), run["countries"])
        columns |= {name: pa.array(run[name], pa.float32()) for name in start_years.COUNTED}
        tables.append(pa.table(columns))
    return pa.concat_tables(tables).unify_dictionaries()


def coverage_table(runs: list[dict[str, Any]]) -> pa.Table:
    """A row per run, shock, country hit and partner: keys and shares."""
    import pyarrow as pa

    types = _key_types()
    tables = []
    for run in runs:
        rows = len(run["shock"])
        columns = {name: repeated(run[name], rows, types[name]) for name in KEY_COLUMNS}
        for name in coverage.COLUMNS:
            words = name in ("shock", "country", "partner", "at_risk")
            columns[name] = pa.array(run[name], pa.string() if words else pa.float32())
        tables.append(pa.table(columns))
    return pa.concat_tables(tables)


def _failed_table(failed: list[tuple[dict[str, Any], UnitResult]]) -> pa.Table:
    """A row per unit of which a run failed: what went wrong, and the scenario that did (JSON, so also YAML)."""
    import pyarrow as pa

    rows = [
        {
            "history_id": payload["history_id"],
            "replicate": payload["replicate"],
            "error": next(row["error"] for row in result.runs if row["status"] != "ok"),
            "traceback": "\n".join(result.tracebacks),
            "config": json.dumps(payload["config"], default=str),
        }
        for payload, result in failed
    ]
    types = [("history_id", pa.int32()), ("replicate", pa.int32()), ("error", pa.string()),
             ("traceback", pa.string()), ("config", pa.string())]  # fmt: skip
    return pa.Table.from_pylist(rows, pa.schema(types))


def _key_types() -> dict[str, Any]:
    import pyarrow as pa

    return {"design_id": pa.int32(), "history_id": pa.int32(), "replicate": pa.int32(), "seed": pa.int64(),
            "arm": pa.string()}  # fmt: skip


# ---------------------------------------------------------------------------------------------- files


def _encoded(tables: list[pa.Table], mark: str) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    schema = pa.unify_schemas([table.schema for table in tables], promote_options="permissive")
    with writer(sink, schema, mark) as file:
        for table in tables:
            file.write_table(conform(table, schema))
    return bytes(sink.getvalue())


def writer(target: Any, schema: pa.Schema, mark: str) -> pq.ParquetWriter:
    """A Parquet writer whose file says of which sweep it is."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow.fs import LocalFileSystem

    marked = schema.with_metadata({**(schema.metadata or {}), MARK: mark.encode()})
    # bytes of single precision by their place: these numbers hardly repeat, but most begin alike
    split = [item.name for item in schema if item.type == pa.float32()]
    words = [item.name for item in schema if item.name not in split]
    # of a name with a colon Arrow would make an address
    disk = LocalFileSystem() if isinstance(target, Path) else None
    return pq.ParquetWriter(
        target, marked, filesystem=disk, compression="zstd", write_page_checksum=True, use_dictionary=words,
        use_byte_stream_split=split,
    )  # fmt: skip


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with the columns of a schema; what it lacks is empty."""
    import pyarrow as pa

    if table.schema.equals(schema):
        return table
    names = set(table.column_names)
    columns = [
        table.column(item.name).cast(item.type) if item.name in names else pa.nulls(table.num_rows, item.type)
        for item in schema
    ]
    return pa.table(columns, schema=schema)


def read_seals(part: Path) -> dict[str, Seal]:
    """Seals of the files of a part, by name.

    Raises
    ------
    DamagedError
        If they are missing or cannot be read.
    """
    try:
        seals = json.loads((part / SEALS).read_bytes())
        if not (isinstance(seals, dict) and RUNS in seals and all(isinstance(seal, dict) for seal in seals.values())):
            raise DamagedError("names no files")
    except FileNotFoundError:
        raise DamagedError("is missing") from None
    except (OSError, ValueError) as error:
        raise DamagedError(f"cannot be read ({error})") from None
    return seals


def units_of_groups(file: pq.ParquetFile) -> list[UnitKey]:
    """The unit in each row group of a part's series, from the statistics of its keys."""
    names = file.schema_arrow.names
    keys = [names.index(name) for name in UNIT_COLUMNS]
    found = []
    for group in range(file.metadata.num_row_groups):
        columns = file.metadata.row_group(group)
        history, replicate = (columns.column(number).statistics.min for number in keys)
        found.append((int(history), int(replicate)))
    return found


def units_of_rows(table: pa.Table) -> list[UnitKey]:
    """The unit of every row."""
    return list(zip(*(table.column(name).to_pylist() for name in UNIT_COLUMNS), strict=True))
