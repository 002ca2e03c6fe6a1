"""A folder of results that survives interruption: atomic parts while it runs, tidy tables when it is done.

``results/<experiment>/<fingerprint>/`` holds ``manifest.json``, ``design.parquet``, ``runs.parquet``,
``series.parquet``, ``pairs.parquet``, ``draws.parquet`` (when parameters were drawn), ``summary.csv``,
``contrasts.csv`` and ``figures/``. While a sweep runs, each finished unit is one folder under ``parts/``; a folder
appears under its name only when it is whole, so whatever is there can be trusted.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim import __version__
from ecosim.errors import InputError
from ecosim.lab.branches import UnitResult
from ecosim.lab.compose import Request, as_plain
from ecosim.lab.design import Plan, Unit
from ecosim.lab.draws import draws_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MANIFEST = "manifest.json"
LOCK = "lock.json"
PARTS = "parts"
LOG = "log.txt"
#: Joint work of pairs of countries, of a few replicates.
PAIRS = "pairs.parquet"
#: Space a folder must have before anything starts.
_PROBE_BYTES = 1 << 20
_KEY_COLUMNS = ("design_id", "history_id", "replicate", "seed", "arm")
#: Quantiles written with ``output.series=quantiles``.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Libraries whose version may change a number.
_LIBRARIES = ("numpy", "scipy", "numba", "mesa", "pandas", "pydantic", "pyarrow", "SALib")


def versions() -> dict[str, str]:
    """Versions of everything that may change a number."""
    found = {"ecosim": __version__, "python": platform.python_version(), "machine": platform.machine()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def code_fingerprint() -> str:
    """Hash of every source file of the package."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def data_fingerprint() -> str:
    """Hash of the data that ship with the package."""
    from ecosim import world

    return str(world.data_fingerprint())


def fingerprints(request: Request, plan: Plan) -> dict[str, Any]:
    """What results depend on: config, code, data, versions, plugins."""
    config = {
        "policies": [policy.config for policy in plan.policies],
        "branches": plan.branches,
        "reference": plan.reference_id,
        "replicates": [plan.first_replicate, plan.replicates],
        "experiment": request.experiment.model_dump(mode="json"),
        "series": request.output.series,
    }
    parts: dict[str, Any] = {
        "config": _hash(config),
        "code": code_fingerprint(),
        "data": data_fingerprint(),
        "versions": _hash(versions()),
        "plugins": dict(request.plugins),
    }
    table = request.scenario.world.participations
    if table is not None:
        # A run that begins with a table depends on what is in it, not on where it lies.
        parts["participations"] = hashlib.sha256(Path(table).read_bytes()).hexdigest()
    return {"all": _hash(parts)[:16], **parts}


def _hash(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()


class Store:
    """The results of one sweep; open it with :meth:`open`, which takes the lock."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest
        self._locked = False

    # ------------------------------------------------------------------------------------------ opening

    @classmethod
    def open(cls, request: Request, plan: Plan, command: str = "") -> Store:
        """Create the folder of this request, or continue it.

        Raises
        ------
        InputError
            If the folder cannot be written, is full, holds something else, or another process is at work in it.
        """
        marks = fingerprints(request, plan)
        root = Path(request.output.folder)
        folder = root / request.experiment.name / marks["all"]
        existed = folder.exists()
        try:
            if existed and not folder.is_dir():
                raise InputError("output.folder", str(folder), problem="is a file")
            content = {path.name for path in folder.iterdir()} if existed else set()
            if content and MANIFEST not in content and not content <= {LOCK, PARTS, LOG}:
                raise InputError(
                    "output.folder", str(folder), problem="is not empty and was not written by ecosim",
                    allowed="an empty folder, or results of the same experiment",
                )  # fmt: skip
            folder.mkdir(parents=True, exist_ok=True)
            _probe(folder)
            manifest = _read_manifest(folder / MANIFEST) if MANIFEST in content else None
            store = cls(folder, manifest or _new_manifest(request, plan, marks, command))
            store._lock()
            try:
                store._write_manifest()
                for leftover in (folder / PARTS).glob(".*"):
                    shutil.rmtree(leftover, ignore_errors=True)
                if not (folder / "design.parquet").exists():
                    store._write_table(design_table(plan), "design.parquet")
                    if plan.drawn:
                        store._write_table(draws_table(plan), "draws.parquet")
            except BaseException:
                store.close()
                raise
        except OSError as error:
            if not existed:
                shutil.rmtree(folder, ignore_errors=True)
            raise InputError(
                "output.folder", str(root), problem=f"cannot be written ({error.strerror or error})",
                allowed="a folder with space where you may write",
            ) from None  # fmt: skip
        return store

    def _lock(self) -> None:
        lock = self.folder / LOCK
        me = {"pid": os.getpid(), "host": socket.gethostname(), "since": _now()}
        for _ in range(2):
            try:
                with lock.open("x", encoding="utf-8") as file:
                    json.dump(me, file)
                self._locked = True
                return
            except FileExistsError:
                owner = _read_json(lock)
                if owner.get("host") != me["host"] or _alive(owner.get("pid")):
                    raise InputError(
                        "output.folder", str(self.folder),
                        problem=f"another process is at work here (process {owner.get('pid', '?')} on "
                        f"{owner.get('host', '?')} since {owner.get('since', '?')})",
                        allowed=f"wait for it; if it is gone, remove {LOCK}",
                    ) from None  # fmt: skip
                lock.unlink(missing_ok=True)
        raise InputError("output.folder", str(self.folder), problem="another process took it this moment")

    def close(self) -> None:
        """Give the lock back."""
        if self._locked:
            (self.folder / LOCK).unlink(missing_ok=True)
            self._locked = False

    # ------------------------------------------------------------------------------------------ units

    @property
    def complete(self) -> bool:
        """Whether the tables are written."""
        return bool(self.manifest.get("status") == "complete")

    def finished(self, *, retry_failed: bool = False) -> set[tuple[int, int]]:
        """Units (history_id, replicate) that need no more work."""
        found: set[tuple[int, int]] = set()
        for table in self._run_tables():
            columns = {name: table.column(name).to_pylist() for name in ("history_id", "replicate", "status")}
            rows = list(zip(columns["history_id"], columns["replicate"], columns["status"], strict=True))
            failed = {(h, r) for h, r, status in rows if status != "ok"}
            found |= {(h, r) for h, r, _ in rows if not (retry_failed and (h, r) in failed)}
        return found

    def write(self, unit: Unit, result: UnitResult) -> None:
        """Keep the result of a unit: it is there whole, or not at all."""
        final = self.folder / PARTS / unit.name
        temporary = self.folder / PARTS / f".{unit.name}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        _write_parquet(_rows_table(result.runs), temporary / "runs.parquet")
        if result.series and self.manifest["output"]["series"] != "none":
            _write_parquet(_series_table(result.series), temporary / "series.parquet")
        if result.pairs:
            _write_parquet(_pairs_table(result.pairs), temporary / PAIRS)
        shutil.rmtree(final, ignore_errors=True)
        temporary.rename(final)
        for text in result.tracebacks:
            self.log(f"{unit.name} failed\n{text}")

    def log(self, text: str) -> None:
        """Append to the log file, with the time."""
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{_now()} {text.rstrip()}\n")

    def _parts(self) -> list[Path]:
        return sorted(path for path in (self.folder / PARTS).glob("h*") if path.is_dir())

    def _run_tables(self) -> Iterator[pa.Table]:
        import pyarrow.parquet as pq

        if (self.folder / "runs.parquet").exists():
            yield pq.read_table(self.folder / "runs.parquet")
        for part in self._parts():
            yield pq.read_table(part / "runs.parquet")

    # ------------------------------------------------------------------------------------------ tables

    def compact(self) -> None:
        """Join the parts, in the order of their keys, into one table each."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        parts = self._parts()
        fresh = {_unit_of(part) for part in parts}
        tables = []
        if (self.folder / "runs.parquet").exists():
            tables.append(_without(pq.read_table(self.folder / "runs.parquet"), fresh))
        tables += [pq.read_table(part / "runs.parquet") for part in parts]
        runs = pa.concat_tables(tables, promote_options="permissive")
        order = [
            ("history_id", "ascending"),
            ("replicate", "ascending"),
            ("design_id", "ascending"),
            ("arm", "ascending"),
        ]
        runs = runs.sort_by(order)
        keep = [*_KEY_COLUMNS, "status", "error"]
        runs = runs.select(keep + [name for name in runs.column_names if name not in keep])
        if self.manifest["output"]["series"] != "none":
            self._compact_series(parts, fresh)
        self._compact_pairs(parts, fresh)
        _write_parquet(runs, self.folder / "runs.parquet")

    def _compact_pairs(self, parts: list[Path], fresh: set[tuple[int, int]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        final = self.folder / PAIRS
        tables = [_without(pq.read_table(final), fresh)] if final.exists() else []
        tables += [pq.read_table(part / PAIRS) for part in parts if (part / PAIRS).exists()]
        if tables:
            table = pa.concat_tables(tables)
            order = ("history_id", "replicate", "design_id", "period", "country_a", "country_b")
            _write_parquet(table.sort_by([(name, "ascending") for name in order]), final)

    def _compact_series(self, parts: list[Path], fresh: set[tuple[int, int]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        sources: dict[tuple[int, int], Path] = {
            _unit_of(part): part / "series.parquet" for part in parts if (part / "series.parquet").exists()
        }
        final = self.folder / "series.parquet"
        temporary = self.folder / ".series.parquet"
        old = pq.read_table(final) if final.exists() else None
        # one row group per unit, written as it is read: memory does not grow with the sweep
        schema = None
        units = dict(sources)
        if old is not None and self.manifest["output"]["series"] == "all":
            kept = _without(old, fresh)
            for unit in {(h, r) for h, r in zip(*_unit_columns(kept), strict=True)}:
                units.setdefault(unit, final)
        if not units:
            return
        if self.manifest["output"]["series"] == "quantiles":
            _write_parquet(_series_quantiles(list(sources.values())), final)
            return
        schema = pa.unify_schemas(
            [pq.read_schema(path) for path in dict.fromkeys(units.values())], promote_options="permissive"
        )
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for unit in sorted(units):
                table = pq.read_table(units[unit]) if units[unit] != final else _only(old, unit)
                missing = [name for name in schema.names if name not in table.column_names]
                for name in missing:
                    table = table.append_column(name, pa.nulls(table.num_rows, schema.field(name).type))
                writer.write_table(table.select(schema.names).cast(schema))
        temporary.replace(final)

    def finish(self, status: str, **facts: Any) -> None:
        """Record how the sweep ended; a complete one drops its parts."""
        self.manifest["status"] = status
        self.manifest["finished"] = _now()
        self.manifest.update(facts)
        self._write_manifest()
        # quantiles cannot be merged later: while a failed unit may be retried, its peers stay
        retriable = self.manifest["output"]["series"] == "quantiles" and facts.get("failed_runs", 0) > 0
        if status == "complete" and not retriable:
            shutil.rmtree(self.folder / PARTS, ignore_errors=True)

    def _write_manifest(self) -> None:
        temporary = self.folder / f".{MANIFEST}"
        temporary.write_text(json.dumps(self.manifest, indent=1, default=str) + "\n", encoding="utf-8")
        temporary.replace(self.folder / MANIFEST)

    def _write_table(self, frame: pd.DataFrame, name: str) -> None:
        import pyarrow as pa

        _write_parquet(pa.Table.from_pandas(frame, preserve_index=False), self.folder / name)


def design_table(plan: Plan) -> pd.DataFrame:
    """A row per design point: ids, shock, levels."""
    import pandas as pd

    rows = [
        {
            "design_id": design.design_id,
            "history_id": design.history_id,
            "shock": design.shock,
            "shocks": " + ".join(plan.branches.get(design.shock or "", ())),
            "policy": plan.policies[design.history_id].label,
            "reference": design.history_id == plan.reference_id,
            **plan.policies[design.history_id].levels,
        }
        for design in plan.designs
    ]
    return pd.DataFrame(rows)


def _new_manifest(request: Request, plan: Plan, marks: dict[str, Any], command: str) -> dict[str, Any]:
    return {
        "program": "ecosim",
        "version": __version__,
        "status": "running",
        "created": _now(),
        "finished": None,
        "command": command,
        "experiment": request.experiment.model_dump(mode="json"),
        "output": request.output.model_dump(mode="json"),
        "scenario": as_plain(request.scenario),
        "policies": [{"history_id": p.history_id, "levels": p.levels} for p in plan.policies],
        "branches": plan.branches,
        "drawn": {item.name: [item.low, item.high, item.prior] for item in plan.drawn},
        "counts": {
            "policies": len(plan.policies),
            "designs": len(plan.designs),
            "replicates": plan.replicates,
            "histories": len(plan.units),
            "runs": len(plan.units) * plan.arms,
            "drawn_parameters": len(plan.drawn),
        },
        "fingerprint": marks,
        "versions": versions(),
        "timings": {},
    }


def _read_manifest(path: Path) -> dict[str, Any]:
    manifest = _read_json(path)
    if manifest.get("program") != "ecosim" or "output" not in manifest:
        raise InputError(
            "output.folder", str(path.parent), problem=f"its {MANIFEST} was not written by ecosim or is damaged",
            allowed="an empty folder, or results of the same experiment",
        )  # fmt: skip
    return manifest


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _probe(folder: Path) -> None:
    """Write and remove a megabyte: a full or read-only folder shows now, not after a night's work."""
    path = folder / f".probe_{os.getpid()}"
    try:
        path.write_bytes(bytes(_PROBE_BYTES))
    finally:
        path.unlink(missing_ok=True)


def _alive(pid: Any) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _unit_of(part: Path) -> tuple[int, int]:
    history, _, replicate = part.name.partition("-")
    return int(history[1:]), int(replicate[1:])


def _rows_table(rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    types = {"design_id": pa.int32(), "history_id": pa.int32(), "replicate": pa.int32(), "seed": pa.int64(),
             "arm": pa.string(), "status": pa.string(), "error": pa.string(),
             "announcement_month": pa.int32(), "observation_end_month": pa.int32()}  # fmt: skip
    return pa.table({name: pa.array(values, types.get(name, pa.float64())) for name, values in columns.items()})


def _series_table(series: list[dict[str, Any]]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    types = {"design_id": pa.int32(), "history_id": pa.int32(), "replicate": pa.int32(), "seed": pa.int64(),
             "arm": pa.string()}  # fmt: skip
    tables = []
    for run in series:
        months = len(run["month"])
        columns = {name: pa.array([run[name]] * months, types[name]) for name in _KEY_COLUMNS}
        columns["month"] = pa.array(run["month"], pa.int32())
        for name, values in run.items():
            if name not in columns:
                columns[name] = pa.array(np.asarray(values, dtype=np.float64))
        tables.append(pa.table(columns))
    return pa.concat_tables(tables, promote_options="permissive")


def _pairs_table(pairs: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    types = {"design_id": pa.int32(), "history_id": pa.int32(), "replicate": pa.int32(), "seed": pa.int64(),
             "arm": pa.string(), "targets": pa.string()}  # fmt: skip
    tables = []
    for run in pairs:
        rows = len(run["period"])
        columns = {name: pa.array([run[name]] * rows, kind) for name, kind in types.items()}
        columns |= {name: pa.array(run[name], pa.string()) for name in ("period", "country_a", "country_b")}
        columns["person_months"] = pa.array(run["person_months"], pa.float32())
        tables.append(pa.table(columns))
    return pa.concat_tables(tables)


def _series_quantiles(paths: list[Path]) -> pa.Table:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    frame = pd.concat([pq.read_table(path).to_pandas() for path in paths], ignore_index=True)
    outcomes = [name for name in frame.columns if name not in (*_KEY_COLUMNS, "month")]
    grouped = frame.groupby(["design_id", "history_id", "arm", "month"], dropna=False, sort=True)[outcomes]
    tables = []
    for level in QUANTILES:
        table = grouped.quantile(level).reset_index()
        table.insert(4, "quantile", level)
        tables.append(table)
    return pa.Table.from_pandas(pd.concat(tables, ignore_index=True), preserve_index=False)


def _unit_columns(table: pa.Table) -> tuple[list[int], list[int]]:
    return table.column("history_id").to_pylist(), table.column("replicate").to_pylist()


def _without(table: pa.Table, units: set[tuple[int, int]]) -> pa.Table:
    import pyarrow as pa

    return table.filter(pa.array([(h, r) not in units for h, r in zip(*_unit_columns(table), strict=True)], pa.bool_()))


def _only(table: pa.Table | None, unit: tuple[int, int]) -> pa.Table:
    import pyarrow as pa

    assert table is not None
    return table.filter(pa.array([(h, r) == unit for h, r in zip(*_unit_columns(table), strict=True)], pa.bool_()))


def _write_parquet(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        pq.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def newest(root: Path) -> Path | None:
    """Folder of results written last under a root."""
    manifests = sorted(root.glob(f"*/*/{MANIFEST}"), key=lambda path: path.stat().st_mtime)
    return manifests[-1].parent if manifests else None


def seconds_since(start: float) -> float:
    """Seconds since a :func:`time.perf_counter` reading, rounded for the manifest."""
    return round(time.perf_counter() - start, 2)
