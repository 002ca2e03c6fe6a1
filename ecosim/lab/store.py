"""A folder of results that survives interruption: atomic parts while it runs, tidy tables when it is done.

``results/<experiment>/<fingerprint>/`` holds ``manifest.json``, ``design.parquet``, ``runs.parquet``,
``series.parquet``, ``countries.parquet``, ``start_years.parquet``, ``coverage.parquet``, ``pairs.parquet``,
``failed.parquet`` (when a run failed), ``draws.parquet`` (when parameters were drawn), ``summary.csv``,
``contrasts.csv``, ``by_country.csv``, ``by_start_year.csv`` and ``figures/``. While a sweep
runs, each finished unit or batch of units is one folder under ``parts/``, numbered in the order they came; a folder
appears under its name only when it is whole.
Only one process writes: the one that holds the lock. What cannot be data of this sweep is moved to ``set_aside/``:
every file has a seal (:mod:`ecosim.report.seals`), in the manifest or in its part. The seal of a table that is about to
be replaced is written down first, so that an end at any moment leaves files that match one.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import itertools
import json
import os
import platform
import re
import shutil
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.analysis.resilience import COLUMNS
from ecosim.errors import InputError
from ecosim.lab import parts
from ecosim.lab.branches import UnitResult
from ecosim.lab.compose import Request
from ecosim.lab.design import Plan, Unit
from ecosim.lab.parts import KEY_COLUMNS, TABLES, Part, UnitKey
from ecosim.outcomes.health import BY_COUNTRY as HEALTH_BY_COUNTRY
from ecosim.report.folder import (
    COUNTRIES,
    COVERAGE,
    DESIGN,
    DRAWS,
    FAILED,
    LOCK,
    LOG,
    MANIFEST,
    PAIRS,
    PARTS,
    POINTS,
    RUNS,
    SERIES,
    SET_ASIDE,
    START_YEARS,
    WRITTEN_BY_NAME,
)
from ecosim.report.reading import numbers_kept
from ecosim.report.seals import (
    DIGEST,
    FILES,
    PENDING,
    Seal,
    broken,
    is_as_written,
    seal_of_file,
    seals_of,
    write_manifest,
)
from ecosim.report.tables import DamagedError, look_through, opened, read, read_checked
from ecosim.version import __version__

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

    #: Turns the months of units into the tables that are kept.
    _Made = Callable[[Iterator[tuple[UnitKey, pa.Table]]], Iterator[pa.Table]]

#: Space a folder must have before anything starts.
_PROBE_BYTES = 1 << 20
#: Rows of monthly outcomes written at a time.
_GROUP_ROWS = 1 << 15
#: Parts whose files are held open while they are joined: as many as systems allow a process with room for others.
_OPEN_PARTS = 128
#: Files that are made from nothing else in a folder; the others are drawn or summed up from them.
_DATA_SUFFIXES = (".parquet", ".yaml")
_PART_NAME = re.compile(r"p\d{6,}")
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


def code_fingerprint(without: str = "") -> str:
    """Hash of every source file of the package; of all but one folder, where one cannot change a number."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        if without and path.is_relative_to(package / without):
            continue
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
        **plan.content(),
        "first_replicate": plan.first_replicate,
        "experiment": request.experiment.model_dump(mode="json"),
        "series": request.output.series,
        "countries": request.output.countries,
    }
    return marked(config, request)


def marked(config: Any, request: Request) -> dict[str, Any]:
    """Hashes of a configuration and of all that its results depend on beside it, and one of them all."""
    marks: dict[str, Any] = {
        "config": _hash(config),
        "code": code_fingerprint(),
        "data": data_fingerprint(),
        "versions": _hash(versions()),
        "plugins": dict(request.plugins),
    }
    table = request.scenario.world.participations
    if table is not None:
        # A run that begins with a table depends on what is in it, not on where it lies.
        from ecosim.world.participations import content_digest

        marks["participations"] = content_digest(table)
    return {"all": _hash(marks)[:16], **marks}


def _hash(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()


class Store:
    """The results of one sweep; open it with :meth:`open`, which takes the lock."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest
        #: What the user should know: why the folder is new, what was set aside.
        self.notes: list[str] = []
        self._locked = False
        self._next_part = 1
        #: Part -> seals of its files.
        self._part_seals: dict[Path, dict[str, Seal]] = {}
        #: Part -> its units.
        self._part_units: dict[Path, list[UnitKey]] = {}
        #: Unit -> whether all its runs finished.
        self._units: dict[UnitKey, bool] = {}

    @property
    def mark(self) -> str:
        """What every table of this sweep carries."""
        return str(self.manifest["fingerprint"]["all"])

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
            strange = {name for name in content if not name.startswith(".")} - WRITTEN_BY_NAME
            if strange and MANIFEST not in content and not _has_table_of(folder, marks["all"]):
                raise InputError(
                    "output.folder", str(folder), problem="is not empty and was not written by ecosim",
                    allowed="an empty folder, or results of the same experiment",
                )  # fmt: skip
            folder.mkdir(parents=True, exist_ok=True)
            _probe(folder)
            fresh = _new_manifest(request, plan, marks, command)
            store = cls(folder, fresh)
            store._lock()
            try:
                if MANIFEST in content:
                    store._take_up(fresh)
                elif content & {RUNS, DESIGN, PARTS}:
                    store._without_manifest(f"{MANIFEST} is gone from the folder")
                else:
                    store._say_why_new()
                store._write_manifest()
                store._clear_leftovers()
                store._examine()
                if not (folder / DESIGN).exists():
                    store._write_table(*numbers_kept(design_table(plan)), name=DESIGN)
                if plan.sample is not None and not (folder / POINTS).exists():
                    store._write_table(plan.sample.table(), name=POINTS)
                if plan.drawn and not (folder / DRAWS).exists():
                    store._write_table(draws_table(plan), name=DRAWS)
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
        me = {"pid": os.getpid(), "host": socket.gethostname(), "since": now()}
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
                _remove_stale(lock, owner)
        raise InputError("output.folder", str(self.folder), problem="another process took it this moment")

    def close(self) -> None:
        """Give the lock back."""
        if self._locked:
            (self.folder / LOCK).unlink(missing_ok=True)
            self._locked = False

    def _take_up(self, fresh: dict[str, Any]) -> None:
        """Go on with the manifest that is there; a damaged one is set aside and begun anew."""
        found = _read_json(self.folder / MANIFEST)
        marks = found.get("fingerprint")
        ours = found.get("program") == "ecosim" and isinstance(marks, dict) and marks.get("all") == self.mark
        ours = ours and DIGEST in found and is_as_written(found)
        if ours and all(isinstance(found.get(name), type(value)) for name, value in fresh.items() if value is not None):
            self.manifest = found
        else:
            self._set_aside(self.folder / MANIFEST, "was not written by ecosim, or is damaged")
            self._without_manifest("The manifest is lost")

    def _without_manifest(self, what: str) -> None:
        """Say that the tables that are left have nobody to vouch for them; :meth:`_examine` reads them through."""
        self._note(f"{what}: it is written anew; tables that are whole are kept")

    def _clear_leftovers(self) -> None:
        """Remove what this program had begun to write when it was ended; such names begin with a dot."""
        for path in (self.folder / PARTS).glob(".p*"):
            shutil.rmtree(path, ignore_errors=True)
        for name in (*WRITTEN_BY_NAME, f"{PARTS}_", "probe_"):
            for path in self.folder.glob(f".{name}*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _examine(self) -> None:
        """Look at every table; what is no data of this sweep is set aside, and its units will run again."""
        faults = broken(self.folder, self.manifest)
        sealed = seals_of(self.manifest)
        for name in (DESIGN, POINTS, DRAWS):
            if (self.folder / name).exists() or name in faults:
                self._sound(self.folder / name, faults.get(name, ""), sealed=name in sealed)
        there = [name for name in TABLES if (self.folder / name).exists()]
        wanted = [name for name in TABLES if name in self.manifest[FILES]]
        if RUNS in there and RUNS not in sealed:
            # nobody says which there were
            wanted += [SERIES] * self.keeps_series + [PAIRS]
            wanted += [COUNTRIES] * (self.manifest["output"]["countries"] != "none")
        sound = [
            self._sound(self.folder / name, faults.get(name, ""), sealed=name in sealed)
            for name in dict.fromkeys([*wanted, *there])
        ]
        for name in sorted(set(faults) - {*TABLES, DESIGN, POINTS, DRAWS}):
            if Path(name).suffix in _DATA_SUFFIXES and (self.folder / name).exists():
                self._set_aside(self.folder / name, faults[name])
        if not all(sound):
            self._set_tables_aside()
        elif (self.folder / RUNS).exists() and not self._parts_hold_all:
            self._take_units(read(self.folder / RUNS, self.mark))
        for path in sorted((self.folder / PARTS).iterdir()) if (self.folder / PARTS).is_dir() else ():
            if not (_PART_NAME.fullmatch(path.name) and path.is_dir()):
                self._set_aside(path, "is no part of these results")
                continue
            self._next_part = int(path.name[1:]) + 1
            self._examine_part(path)

    def _examine_part(self, part: Path) -> None:
        """Take the units of a part that is whole; months and pairs are read, and their checksums seen, when joined."""
        name = parts.SEALS
        try:
            seals = parts.read_seals(part)
            name = RUNS
            runs = read(part / RUNS, self.mark, seals[RUNS])
            for name in sorted({*seals, *(file.name for file in part.iterdir())} - {RUNS, parts.SEALS}):
                if name not in TABLES or name not in seals:
                    raise DamagedError("is no table of these results")
                if not (part / name).is_file():
                    raise DamagedError("is missing")
                if (part / name).stat().st_size != seals[name].get("bytes"):
                    raise DamagedError("is cut short, or was changed since it was written")
        except DamagedError as error:
            self._set_aside(part, f"{name} {error}")
            return
        self._part_seals[part] = seals
        self._part_units[part] = self._take_units(runs)

    @property
    def _parts_hold_all(self) -> bool:
        """What is made from all parts at once; these are kept until no unit may be retried."""
        return self._made_at_once and (self.folder / PARTS).is_dir()

    @property
    def _made_at_once(self) -> bool:
        """Quantiles and means over replicates cannot be added to later."""
        output = self.manifest["output"]
        return output["series"] == "quantiles" or output.get("countries") == "means"

    def _set_tables_aside(self) -> None:
        """Tables are whole together: runs without their series would look finished."""
        for name in TABLES:
            if (self.folder / name).exists():
                self._set_aside(self.folder / name, "belongs to a table that is lost; its histories run again")
        for name in TABLES:
            self._forget(name)
        self.manifest["status"] = "running"
        self._write_manifest()

    def _sound(self, path: Path, fault: str, *, sealed: bool) -> bool:
        """Whether a table is as it was written; otherwise it is set aside. One without a seal is read through."""
        try:
            if fault:
                raise DamagedError(fault)
            if not sealed:
                look_through(path, self.mark)
            opened(path, self.mark).close()
        except DamagedError as error:
            if path.exists():
                self._set_aside(path, str(error))
            else:
                self._note(f"{path.name} {error}")
            self._forget(path.name)
            return False
        return True

    def _forget(self, name: str) -> None:
        for section in (FILES, PENDING):
            self.manifest.get(section, {}).pop(name, None)

    def _set_aside(self, path: Path, reason: str) -> None:
        """Move something that cannot be used out of the way, and say so."""
        folder = self.folder / SET_ASIDE
        folder.mkdir(exist_ok=True)
        target = folder / path.name
        number = 1
        while target.exists():
            number += 1
            target = folder / f"{path.name}.{number}"
        path.rename(target)
        self._part_seals.pop(path, None)
        self._part_units.pop(path, None)
        self._note(f"Set aside: {path.relative_to(self.folder)} {reason}; it is now {target.relative_to(self.folder)}")

    def _say_why_new(self) -> None:
        why = why_new(self.folder, self.manifest)
        if why:
            self.manifest["why_new"] = why
            self._note(why)

    def _note(self, text: str) -> None:
        self.notes.append(text)
        self.log(text)

    def _take_units(self, table: pa.Table) -> list[UnitKey]:
        good: dict[UnitKey, bool] = {}
        for unit, status in zip(parts.units_of_rows(table), table.column("status").to_pylist(), strict=True):
            good[unit] = good.get(unit, True) and status == "ok"
        self._units.update(good)
        return list(good)

    # ------------------------------------------------------------------------------------------ units

    @property
    def complete(self) -> bool:
        """Whether the tables are written."""
        return bool(self.manifest.get("status") == "complete")

    def finished(self, *, retry_failed: bool = False) -> set[UnitKey]:
        """Units (history_id, replicate) that need no more work."""
        return {unit for unit, good in self._units.items() if good or not retry_failed}

    @classmethod
    def existing(cls, request: Request, plan: Plan) -> tuple[Path, set[UnitKey]]:
        """Folder of a request and the units finished in it; nothing is touched."""
        marks = fingerprints(request, plan)
        folder = Path(request.output.folder) / request.experiment.name / marks["all"]
        store = cls(folder, _new_manifest(request, plan, marks, ""))
        found = _read_json(folder / MANIFEST)
        faults = broken(folder, found) if is_as_written(found) else {}
        if (folder / RUNS).exists() and not set(faults) & set(TABLES):
            with contextlib.suppress(DamagedError):
                store._take_units(read(folder / RUNS, store.mark))
        for path in store._parts():
            with contextlib.suppress(DamagedError):
                store._take_units(read(path / RUNS, store.mark, parts.read_seals(path)[RUNS]))
        return folder, store.finished(retry_failed=request.runner.retry_failed)

    def runs_so_far(self) -> pd.DataFrame:
        """Rows of every finished run, joined or not; of a unit that ran twice, the later ones."""
        import pyarrow as pa

        tables = [read(self.folder / RUNS, self.mark)] if (self.folder / RUNS).exists() else []
        tables += [self._read_part(path, RUNS) for path in self._parts()]
        frame = pa.concat_tables(tables, promote_options="permissive").to_pandas()
        return frame.drop_duplicates(["history_id", "replicate", "arm", "design_id"], keep="last")

    def settle(self, plan: Plan) -> None:
        """Record how many replicates it came to."""
        self.manifest["counts"] |= plan.counts()
        self._write_manifest()
        if plan.drawn:
            self._write_table(draws_table(plan), name=DRAWS)

    def write(self, unit: Unit, result: UnitResult) -> None:
        """Keep the result of one unit."""
        payload = {"history_id": unit.history_id, "replicate": unit.replicate, "config": self.manifest["scenario"]}
        self.write_part(parts.make_part([(payload, result)], self.mark, series=self.keeps_series))

    @property
    def keeps_series(self) -> bool:
        """Whether monthly outcomes are kept while the sweep runs."""
        return bool(self.manifest["output"]["series"] != "none")

    def write_part(self, part: Part) -> None:
        """Keep the results of some units: they are there whole, or not at all."""
        if self.complete:
            # tables are no longer all there is
            self.manifest["status"] = "running"
            self._write_manifest()
        name = f"p{self._next_part:06d}"
        temporary = self.folder / PARTS / f".{name}"
        try:
            temporary.mkdir(parents=True)
            for file, content in part.tables.items():
                _write_bytes(temporary / file, content)
            temporary.rename(self.folder / PARTS / name)
            self._part_units[self.folder / PARTS / name] = list(part.units)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        self._next_part += 1
        failed = {unit for unit, _ in part.tracebacks}
        self._units.update({unit: parts.unit_name(unit) not in failed for unit in part.units})
        for unit_name, text in part.tracebacks:
            self.log(f"{unit_name} failed\n{text}")

    def _seals(self, part: Path) -> dict[str, Seal]:
        if part not in self._part_seals:
            self._part_seals[part] = parts.read_seals(part)
        return self._part_seals[part]

    def _units_of_part(self, part: Path) -> list[UnitKey]:
        if part not in self._part_units:
            self._part_units[part] = list(dict.fromkeys(parts.units_of_rows(self._read_part(part, RUNS))))
        return self._part_units[part]

    def _read_part(self, part: Path, name: str) -> pa.Table:
        return read(part / name, self.mark, self._seals(part)[name])

    def log(self, text: str) -> None:
        """Append to the log file, with the time."""
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{now()} {text.rstrip()}\n")

    def _parts(self) -> list[Path]:
        """Folders of parts, in the order they came: for a unit that ran twice, the later counts."""
        found = [path for path in (self.folder / PARTS).glob("p*") if _PART_NAME.fullmatch(path.name)]
        return sorted(found, key=lambda path: int(path.name[1:]))

    # ------------------------------------------------------------------------------------------ tables

    def compact(self) -> None:
        """Join the parts, in the order of their keys, into one table each.

        Raises
        ------
        InputError
            If a part turns out to be damaged; it is set aside, and the same command runs its units again.
        """
        folders = self._parts()
        try:
            latest: dict[UnitKey, Path] = {}
            for path in folders:
                latest.update(dict.fromkeys(self._units_of_part(path), path))
            counted: dict[Path, set[UnitKey]] = {path: set() for path in folders}
            for unit, path in latest.items():
                counted[path].add(unit)
            if self.keeps_series:
                made = _series_quantiles if self.manifest["output"]["series"] == "quantiles" else None
                self._compact_monthly(SERIES, latest, made)
            for name in (START_YEARS, COVERAGE):
                self._compact_monthly(name, latest, None)
            self._compact_monthly(
                COUNTRIES, latest, _country_means if self.manifest["output"]["countries"] == "means" else None
            )
            for name in (PAIRS, FAILED, RUNS):
                self._compact_small(name, counted)
        except DamagedError as error:
            # which it was, a closer look at each will tell
            damaged = [path for path in folders if not self._readable(path)]
            for path in damaged:
                self._set_aside(path, str(error))
            if not damaged:
                self._set_tables_aside()
            what = ", ".join(f"{PARTS}/{path.name}" for path in damaged) or "a table"
            raise InputError(
                "output.folder", str(self.folder), problem=f"{what} {error}; see {SET_ASIDE}",
                allowed="the same command again, which runs what is missing",
            ) from None  # fmt: skip

    def _readable(self, part: Path) -> bool:
        try:
            for name in self._seals(part):
                self._read_part(part, name)
        except DamagedError:
            return False
        return True

    def _compact_small(self, name: str, counted: dict[Path, set[UnitKey]]) -> None:
        import pyarrow as pa

        final = self.folder / name
        tables = []
        if final.exists():
            old = read(final, self.mark)
            tables.append(_rows_of(old, set(parts.units_of_rows(old)).difference(*counted.values())))
        for path, units in counted.items():
            if name in self._seals(path):
                tables.append(_rows_of(self._read_part(path, name), units))
        if not tables:
            return
        table = pa.concat_tables(tables, promote_options="permissive")
        table = table.sort_by([(column, "ascending") for column in TABLES[name]])
        if name == RUNS:
            keep = [*KEY_COLUMNS, "status", "error"]
            table = table.select(keep + [column for column in table.column_names if column not in keep])
        if table.num_rows:
            self._write_arrow(table, name)
        else:
            self._forget(name)
            self._write_manifest()
            final.unlink(missing_ok=True)

    def _compact_monthly(self, name: str, latest: dict[UnitKey, Path], made: _Made | None) -> None:
        """Write monthly outcomes unit by unit as they are read: memory does not grow with the sweep.

        Parameters
        ----------
        name : str
            File of a part whose row groups are units.
        latest : dict
            Which part counts for each unit.
        made : callable, optional
            What is written in place of the months of every run.
        """
        import pyarrow as pa

        final = self.folder / name
        files = _OpenFiles(self.mark, self._seals)
        groups: dict[UnitKey, tuple[Path, int]] = {}
        schemas: dict[str, pa.Schema] = {}
        for path in dict.fromkeys(latest.values()):
            if name in self._seals(path):
                file = files.get(path / name)
                schemas.setdefault(str(file.schema_arrow), file.schema_arrow)
                for number, unit in enumerate(parts.units_of_groups(file)):
                    if latest[unit] == path:
                        groups[unit] = (path / name, number)
        # replicates outside, as they ran: parts are read one after the other
        units = sorted(groups) if made is not None else sorted(groups, key=_as_run)
        new = ((unit, read_checked(files.get(groups[unit][0]), groups[unit][1])) for unit in units)
        try:
            if not groups:
                return
            if made is not None:
                self._write_batches(name, made(new))
                return
            streams: list[Iterator[tuple[UnitKey, pa.Table]]] = [new]
            if final.exists():
                old = opened(final, self.mark)
                schemas.setdefault(str(old.schema_arrow), old.schema_arrow)
                streams.insert(0, _old_units(old, latest))
            schema = pa.unify_schemas([item.remove_metadata() for item in schemas.values()],
                                      promote_options="permissive")  # fmt: skip
            merged = heapq.merge(*streams, key=lambda item: _as_run(item[0]))
            self._write_batches(name, (parts.conform(table, schema) for _, table in merged))
        finally:
            files.close()

    def _write_batches(self, name: str, tables: Iterator[pa.Table]) -> None:
        """Write tables of one schema as they come, many to a row group."""
        import pyarrow as pa

        temporary = self.folder / f".{name}"
        first = next(tables)
        try:
            with parts.writer(temporary, first.schema, self.mark) as file:
                held, rows = [first], first.num_rows
                for table in tables:
                    held.append(table)
                    rows += table.num_rows
                    if rows >= _GROUP_ROWS:
                        file.write_table(pa.concat_tables(held), row_group_size=_GROUP_ROWS * 2)
                        held, rows = [], 0
                if held:
                    file.write_table(pa.concat_tables(held), row_group_size=_GROUP_ROWS * 2)
            self._put(temporary, name)
        finally:
            temporary.unlink(missing_ok=True)

    def _put(self, temporary: Path, name: str) -> None:
        """Put a file that is whole in its place; its seal is written down before, beside that of what it replaces."""
        seal = seal_of_file(temporary)
        self.manifest.setdefault(PENDING, {})[name] = seal
        self._write_manifest()
        temporary.replace(self.folder / name)
        self.manifest[FILES][name] = seal
        del self.manifest[PENDING][name]

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """Write a file of these results, whole or not at all, and keep its seal.

        Parameters
        ----------
        name : str
            Its name in the folder.
        write : callable
            Writes it to the path it is given.
        """
        temporary = self.folder / f".{name}"
        try:
            write(temporary)
            self._put(temporary, name)
        finally:
            temporary.unlink(missing_ok=True)

    def save(self) -> None:
        """Write the manifest as it is now."""
        self._write_manifest()

    def faults(self) -> dict[str, str]:
        """Files that are no longer as they were written, by name, with what is wrong."""
        return broken(self.folder, self.manifest)

    def note(self, text: str) -> None:
        """Keep a line for the user, and in the log."""
        self._note(text)

    def finish(self, status: str, **facts: Any) -> None:
        """Record how the sweep ended; a complete one drops its parts.

        One of which histories are missing is interrupted, whatever it is called: tables of those that are there read
        as if nothing more had been planned.
        """
        if len(self._units) < self.manifest["counts"]["histories"]:
            status = "interrupted"
        self.manifest["status"] = status
        self.manifest["finished"] = now()
        self.manifest.update(facts)
        self._write_manifest()
        # while a failed unit may be retried, its peers stay
        retriable = self._made_at_once and facts.get("failed_runs", 0) > 0
        if status == "complete" and not retriable and (self.folder / PARTS).exists():
            # at once out of sight, so that an end halfway leaves no half of a part
            gone = self.folder / f".{PARTS}_{os.getpid()}"
            (self.folder / PARTS).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def _write_manifest(self) -> None:
        write_manifest(self.folder, self.manifest)

    def _write_table(self, frame: pd.DataFrame, noted: Mapping[bytes, bytes] | None = None, *, name: str) -> None:
        import pyarrow as pa

        table = pa.Table.from_pandas(frame, preserve_index=False)
        self._write_arrow(table.replace_schema_metadata({**(table.schema.metadata or {}), **(noted or {})}), name)

    def _write_arrow(self, table: pa.Table, name: str) -> None:
        self._write_batches(name, iter([table]))


class _OpenFiles:
    """Parquet files of parts, the most recent few held open."""

    def __init__(self, mark: str, seals: Callable[[Path], Mapping[str, Seal]]) -> None:
        self._mark, self._seals = mark, seals
        self._files: OrderedDict[Path, pq.ParquetFile] = OrderedDict()

    def get(self, path: Path) -> pq.ParquetFile:
        if path in self._files:
            self._files.move_to_end(path)
            return self._files[path]
        if len(self._files) >= _OPEN_PARTS:
            self._files.popitem(last=False)[1].close()
        self._files[path] = opened(path, self._mark, self._seals(path.parent)[path.name])
        return self._files[path]

    def close(self) -> None:
        for file in self._files.values():
            file.close()


def _as_run(unit: UnitKey) -> UnitKey:
    return unit[::-1]


def _old_units(file: pq.ParquetFile, replaced: Mapping[UnitKey, Any]) -> Iterator[tuple[UnitKey, pa.Table]]:
    """Units of joined monthly outcomes, in the order they stand, without those that ran again."""
    with file:
        for group in range(file.metadata.num_row_groups):
            table = read_checked(file, group)
            start = 0
            for unit, rows in itertools.groupby(parts.units_of_rows(table)):
                length = sum(1 for _ in rows)
                if unit not in replaced:
                    yield unit, table.slice(start, length)
                start += length


def _series_quantiles(units: Iterator[tuple[UnitKey, pa.Table]]) -> Iterator[pa.Table]:
    """Quantiles over replicates, one policy after the other; units come in the order of their keys."""
    import pandas as pd
    import pyarrow as pa

    schema = None
    for _, of_history in itertools.groupby(units, key=lambda item: item[0][0]):
        frame = pa.concat_tables([table for _, table in of_history], promote_options="permissive").to_pandas()
        outcomes = [name for name in frame.columns if name not in (*KEY_COLUMNS, "month")]
        grouped = frame.groupby(["design_id", "history_id", "arm", "month"], dropna=False, sort=True)[outcomes]
        tables = []
        for level in QUANTILES:
            table = grouped.quantile(level).reset_index()
            table.insert(4, "quantile", level)
            tables.append(table)
        joined = pd.concat(tables, ignore_index=True).astype({"design_id": "Int32"})
        table = pa.Table.from_pandas(joined, preserve_index=False).replace_schema_metadata(None)
        schema = schema or table.schema
        yield parts.conform(table, schema)


def _country_means(units: Iterator[tuple[UnitKey, pa.Table]]) -> Iterator[pa.Table]:
    """Means over replicates by month since announcement, one policy after the other.

    Replicates are announced in different months; each run's months begin with its announcement. Where replicates were
    observed for longer than others, the mean is over those that were.
    """
    import numpy as np
    import pyarrow as pa

    for history, of_history in itertools.groupby(units, key=lambda item: item[0][0]):
        sums: dict[tuple[int | None, str], tuple[NDArray[np.float64], NDArray[np.int64]]] = {}
        codes: list[str] = []
        kept: list[str] = []
        for _, table in of_history:
            codes = table.column("country").unique().to_pylist()
            kept = [*COLUMNS, *(name for name in HEALTH_BY_COUNTRY if name in table.column_names)]
            values = np.column_stack([table.column(name).to_numpy() for name in kept]).astype(np.float64)
            ids = table.column("design_id").fill_null(-1).to_numpy()
            arms = table.column("arm").combine_chunks().dictionary_encode()
            kinds = arms.indices.to_numpy()
            starts = np.flatnonzero(np.r_[True, (np.diff(ids) != 0) | (np.diff(kinds) != 0)])
            for start, end in itertools.pairwise([*starts.tolist(), len(ids)]):
                key = (int(ids[start]) if ids[start] >= 0 else None, str(arms.dictionary[int(kinds[start])]))
                mine = values[start:end].reshape(-1, len(codes), len(kept))
                total, count = sums.get(key, (np.zeros_like(mine), np.zeros(len(mine), dtype=np.int64)))
                longest = max(len(total), len(mine))
                total = np.concatenate([total, np.zeros((longest - len(total), *total.shape[1:]))])
                count = np.concatenate([count, np.zeros(longest - len(count), dtype=np.int64)])
                total[: len(mine)] += mine
                count[: len(mine)] += 1
                sums[key] = total, count
        for (design, arm), (total, count) in sums.items():
            rows = total.shape[0] * total.shape[1]
            means = (total / count[:, None, None]).reshape(rows, len(kept)).astype(np.float32)
            place = np.tile(np.arange(len(codes), dtype=np.int16), total.shape[0])
            yield pa.table({
                "design_id": parts.repeated(design, rows, pa.int32()),
                "history_id": parts.repeated(history, rows, pa.int32()),
                "arm": parts.repeated(arm, rows, pa.string()),
                "months_since_announcement": np.repeat(np.arange(len(count), dtype=np.int32), len(codes)),
                "replicates": np.repeat(count.astype(np.int32), len(codes)),
                "country": pa.DictionaryArray.from_arrays(pa.array(place), codes),
                **{name: means[:, k] for k, name in enumerate(kept)},
            })  # fmt: skip


def design_table(plan: Plan) -> pd.DataFrame:
    """A row per history and shock: ids, shock, levels; then, when there are any, point and uncertainties."""
    return plan.table()


def _new_manifest(request: Request, plan: Plan, marks: dict[str, Any], command: str) -> dict[str, Any]:
    return {
        "program": "ecosim",
        "version": __version__,
        "status": "running",
        "created": now(),
        "finished": None,
        "command": command,
        "experiment": request.experiment.model_dump(mode="json"),
        "output": request.output.model_dump(mode="json"),
        "scenario": plan.bases.first,
        # of points laid over the levers, the table of points says what they are
        "policies": [
            {"history_id": p.history_id, "levels": p.levels, **({} if plan.sampled else {"settings": p.settings})}
            for p in plan.policies
        ],
        "branches": plan.branches,
        **({"design": plan.described()} if plan.sample is not None else {}),
        "drawn": {item.name: [item.low, item.high, item.prior] for item in plan.drawn},
        # their uncertainty is in no interval and no spread
        "held_at_fitted_values": plan.held_at_fitted,
        "counts": {
            "policies": len(plan.policies),
            "designs": len(plan.designs),
            **plan.counts(),
            "drawn_parameters": len(plan.drawn),
        },
        "fingerprint": marks,
        "versions": versions(),
        "timings": {},
        FILES: {},
    }


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _has_table_of(folder: Path, mark: str) -> bool:
    """Whether a folder without a manifest holds a table of this very sweep."""
    for name in (DESIGN, RUNS):
        with contextlib.suppress(DamagedError):
            opened(folder / name, mark).close()
            return True
    return False


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


def now() -> str:
    """Date and time of this moment, as results say it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _remove_stale(lock: Path, owner: dict[str, Any]) -> None:
    """Remove the lock of a process that is gone, unless another process has just put its own there."""
    taken = lock.with_name(f".{LOCK}.{os.getpid()}")
    try:
        lock.rename(taken)
    except FileNotFoundError:
        return
    if _read_json(taken) != owner:
        taken.rename(lock)
        return
    taken.unlink()


def _rows_of(table: pa.Table, units: set[UnitKey]) -> pa.Table:
    import pyarrow as pa

    return table.filter(pa.array([unit in units for unit in parts.units_of_rows(table)], pa.bool_()))


# ---------------------------------------------------------------------------------------------- why a folder is new

#: Parts of a fingerprint, in words.
_CAUSES = {"config": "configuration", "code": "code", "data": "data", "participations": "data (world.participations)",
           "plugins": "plugins", "versions": "versions of libraries"}  # fmt: skip
#: Former folders looked at, newest first.
_FORMER_FOLDERS = 200
#: Changed keys named.
_KEYS_NAMED = 4


def why_new(folder: Path, manifest: dict[str, Any]) -> str:
    """What changed since the nearest former folder of the same experiment, in a line; empty when there is none."""
    marks = manifest["fingerprint"]
    former = []
    newest_first = sorted(folder.parent.glob(f"*/{MANIFEST}"), key=lambda path: -path.stat().st_mtime)
    for age, path in enumerate(newest_first[:_FORMER_FOLDERS]):
        other = _read_json(path)
        if path.parent != folder and isinstance(other.get("fingerprint"), dict):
            changed = [cause for cause in _CAUSES if other["fingerprint"].get(cause) != marks.get(cause)]
            keys = _changed_keys(other, manifest) if "config" in changed else []
            former.append(((len(changed), len(keys), age), changed, keys, path.parent.name, other))
    if not former:
        return ""
    _, changed, keys, name, other = min(former, key=lambda item: item[0])
    words = [_cause_in_words(cause, keys, other, manifest) for cause in changed]
    same = [_CAUSES[cause] for cause in ("config", "code", "data", "plugins") if cause not in changed]
    line = f"A new folder, because beside {folder.parent.name}/{name} these changed: {'; '.join(words)}."
    return f"{line} Unchanged: {', '.join(same)}." if same else line


def _cause_in_words(cause: str, keys: list[str], other: dict[str, Any], manifest: dict[str, Any]) -> str:
    if cause == "config" and keys:
        more = f" and {len(keys) - _KEYS_NAMED} more" if len(keys) > _KEYS_NAMED else ""
        return f"configuration ({', '.join(keys[:_KEYS_NAMED])}{more})"
    if cause in ("versions", "plugins"):
        before, now = (
            item.get("versions", {}) if cause == "versions" else item["fingerprint"].get("plugins", {})
            for item in (other, manifest)
        )
        names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
        if names:
            return f"{_CAUSES[cause]} ({', '.join(names)})"
    return _CAUSES[cause]


def _changed_keys(other: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    """Dotted keys of scenario, experiment and output in which two manifests differ."""
    sections = ("scenario", "experiment")
    before, now = (
        _flat(
            {
                **{name: item.get(name) for name in sections},
                "output": {key: item["output"].get(key) for key in ("series", "countries")},
            }
        )
        for item in (other, json.loads(json.dumps(manifest, default=str)))
    )
    missing = object()
    changed = sorted(key for key in {*before, *now} if before.get(key, missing) != now.get(key, missing))
    return [key.removeprefix("scenario.") for key in changed]


def _flat(data: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(data, dict):
        return {prefix: data}
    found: dict[str, Any] = {}
    for name, value in data.items():
        found |= _flat(value, f"{prefix}.{name}" if prefix else str(name))
    return found


def seconds_since(start: float) -> float:
    """Seconds since a :func:`time.perf_counter` reading, rounded for the manifest."""
    return round(time.perf_counter() - start, 2)


def draws_table(plan: Plan) -> pd.DataFrame:
    """What was drawn: columns ``replicate, draw, parameter, value``, a row per replicate and parameter."""
    import pandas as pd

    rows = []
    for replicate in plan.numbers:
        number = plan.draw_of(replicate)
        for name, value in plan.values_of(number).items():
            rows.append((replicate, number, name, float(value)))
    return pd.DataFrame(rows, columns=["replicate", "draw", "parameter", "value"]).astype(
        {"replicate": "int32", "draw": "int32", "parameter": "str", "value": "float64"}
    )
