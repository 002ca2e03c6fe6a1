"""The folder of a sweep: nothing strange is read, nothing is lost, and it says why."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ecosim.errors import InputError
from ecosim.lab import api, parts, store
from ecosim.lab.design import make_plan
from ecosim.lab.store import MANIFEST, SET_ASIDE
from ecosim.report.results import load
from ecosim.report.tables import read
from tests.lab.test_runner import MORE, assert_equal_tables

#: A part per history.
SINGLE = (*MORE, "runner.batch_seconds=0")


class _StopError(Exception):
    """What ends a sweep before its tables are joined."""


@pytest.fixture
def halted(request_for, monkeypatch):
    """A sweep that ended before its parts were joined, and its folder."""

    def halt(*words):
        with monkeypatch.context() as patch:
            patch.setattr(store.Store, "compact", lambda self: (_ for _ in ()).throw(_StopError))
            with pytest.raises(_StopError):
                api.run_sweep(request_for(*SINGLE, *words), quiet=True)
        return next(Path(request_for(*words).output.folder).glob("small/*"))

    return halt


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("whole"), []


@pytest.fixture
def whole(request_for, kept):
    """The same sweep without trouble, run once."""
    folder, results = kept
    if not results:
        results.append(api.run_sweep(request_for(*SINGLE, f"output.folder={folder}"), quiet=True))
    return results[0]


def counted(monkeypatch):
    """Units that run from now on."""
    ran = []
    make = parts.make_part

    def counting(results, *args, **kwargs):
        ran.extend((payload["history_id"], payload["replicate"]) for payload, _ in results)
        return make(results, *args, **kwargs)

    monkeypatch.setattr("ecosim.lab.runner.make_part", counting)
    return ran


# ---------------------------------------------------------------------------------------------- set aside


def _cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[300] ^= 0xFF
    path.write_bytes(content)


def _remove(path):
    path.unlink()


def _foreign(path):
    """Whole, the right columns, of another sweep."""
    table = read(path, path.parents[2].name)
    with parts.writer(path, table.schema, "another") as file:
        file.write_table(table)


@pytest.mark.parametrize("harm", [_cut, _flip, _remove, _foreign])
def test_a_part_that_is_no_data_is_set_aside_and_runs_again(halted, whole, request_for, monkeypatch, harm, capsys):
    folder = halted()
    part = folder / "parts" / "p000003"
    harm(part / "runs.parquet")
    content = {path.name: path.read_bytes() for path in part.iterdir()}
    ran = counted(monkeypatch)
    result = api.run_sweep(request_for(*SINGLE))
    assert len(ran) == 1
    assert_equal_tables(result, whole)
    aside = folder / SET_ASIDE / "p000003"
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == content
    said = capsys.readouterr().err
    assert "Set aside: parts/p000003 runs.parquet" in said
    assert "Set aside: parts/p000003" in (folder / "log.txt").read_text()


def test_strange_things_among_the_parts_are_set_aside(halted, whole, request_for):
    folder = halted()
    (folder / "parts" / "notes.txt").write_text("mine")
    (folder / "parts" / "p000001" / "extra.parquet").write_text("mine")
    (folder / "parts" / ".p000099").mkdir()  # a part that was being written
    result = api.run_sweep(request_for(*SINGLE), quiet=True)
    assert_equal_tables(result, whole)
    assert {path.name for path in (folder / SET_ASIDE).iterdir()} == {"notes.txt", "p000001"}
    assert (folder / SET_ASIDE / "notes.txt").read_text() == "mine"


def test_damage_found_only_when_joining_is_one_line(halted, whole, request_for):
    folder = halted()
    path = folder / "parts" / "p000002" / "series.parquet"
    content = bytearray(path.read_bytes())
    # in the data of a column, not in what the file says of itself
    with pq.ParquetFile(path) as file:
        column = file.metadata.row_group(0).column(file.schema_arrow.names.index("collaboration"))
    content[column.data_page_offset + column.total_compressed_size // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"parts/p000002 is damaged.*the same command again"):
        api.run_sweep(request_for(*SINGLE), quiet=True)
    assert (folder / SET_ASIDE / "p000002" / "series.parquet").exists()
    assert_equal_tables(api.run_sweep(request_for(*SINGLE), quiet=True), whole)


@pytest.mark.parametrize(("name", "harm"), [("runs.parquet", _cut), ("series.parquet", _remove)])
def test_a_damaged_table_is_made_again(whole, request_for, tmp_path, monkeypatch, name, harm):
    folder = tmp_path / "copy" / "small" / whole.folder.name
    shutil.copytree(whole.folder, folder)
    harm(folder / name)
    ran = counted(monkeypatch)
    again = api.run_sweep(request_for(*SINGLE, f"output.folder={tmp_path}/copy"), quiet=True)
    assert len(ran) == 8
    assert_equal_tables(again, whole)
    assert ((folder / SET_ASIDE / name).exists()) == (harm is _cut)


@pytest.mark.parametrize("text", ["{", '{"program": "ecosim"}'])
def test_a_damaged_manifest_is_set_aside(halted, whole, request_for, monkeypatch, text):
    folder = halted()
    (folder / MANIFEST).write_text(text)
    ran = counted(monkeypatch)
    assert_equal_tables(api.run_sweep(request_for(*SINGLE), quiet=True), whole)
    assert ran == []
    assert (folder / SET_ASIDE / MANIFEST).read_text() == text


# ---------------------------------------------------------------------------------------------- ended anywhere


@pytest.mark.parametrize("moment", ["series.parquet", "runs.parquet", "finish", "parts"])
def test_an_end_while_joining_costs_nothing(request_for, whole, monkeypatch, moment):
    def stop(*args, **kwargs):
        raise _StopError

    write = store.Store._write_batches

    def writing(self, name, tables):
        write(self, name, tables)
        if name == moment:
            stop()

    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "_write_batches", writing)
        if moment == "finish":
            patch.setattr(store.Store, "finish", stop)
        if moment == "parts":
            patch.setattr(store.shutil, "rmtree", stop)
        with pytest.raises(_StopError):
            api.run_sweep(request_for(*SINGLE), quiet=True)
    ran = counted(monkeypatch)
    again = api.run_sweep(request_for(*SINGLE), quiet=True)
    assert ran == []
    assert_equal_tables(again, whole)
    assert not [path for path in again.folder.iterdir() if path.name.startswith(".") or path.name == "parts"]


def test_an_end_while_failed_units_run_again_costs_nothing(request_for, whole, monkeypatch):
    monkeypatch.setenv("ECOSIM_FAKE", "raise:3-1,raise:2-2")
    assert api.run_sweep(request_for(*SINGLE), quiet=True).failed_runs == 7
    monkeypatch.setenv("ECOSIM_FAKE", "")
    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "compact", lambda self: (_ for _ in ()).throw(_StopError))
        with pytest.raises(_StopError):
            api.run_sweep(request_for(*SINGLE, "runner.retry_failed=true"), quiet=True)
    ran = counted(monkeypatch)
    result = api.run_sweep(request_for(*SINGLE), quiet=True)
    assert ran == []
    assert_equal_tables(result, whole)
    assert not (result.folder / "failed.parquet").exists()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", ["series.parquet", "runs.parquet", "summary.csv"])
def test_an_end_while_a_file_is_replaced_costs_nothing(request_for, whole, monkeypatch, name, after):
    """The file that is there matches a seal, the old one's or the new one's, just before and just after."""
    monkeypatch.setenv("ECOSIM_FAKE", "raise:3-1")
    folder = api.run_sweep(request_for(*SINGLE), quiet=True).folder
    monkeypatch.setenv("ECOSIM_FAKE", "")
    replace = Path.replace

    def stopping(self, target):
        if self.name != f".{name}":
            return replace(self, target)
        if after:
            replace(self, target)
        raise _StopError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopping)
        with pytest.raises(_StopError):
            api.run_sweep(request_for(*SINGLE, "runner.retry_failed=true"), quiet=True)
    ran = counted(monkeypatch)
    assert_equal_tables(api.run_sweep(request_for(*SINGLE), quiet=True), whole)
    assert ran == []
    assert not (folder / SET_ASIDE).exists()
    assert len(load(folder).runs) == len(whole.runs)


@pytest.mark.parametrize("name", ["series.parquet", "runs.parquet", "seals.json"])
@pytest.mark.parametrize("harm", [_cut, _flip, _remove])
def test_a_part_that_lost_or_changed_a_file_runs_again(halted, whole, request_for, name, harm, capsys):
    folder = halted()
    path = folder / "parts" / "p000002" / name
    if harm is _flip and name == "seals.json":
        path.write_bytes(path.read_bytes().replace(b"crc32", b"crc31"))
    else:
        harm(path)
    if name == "series.parquet" and harm is _flip:
        # found when it is read
        with pytest.raises(InputError, match=r"parts/p000002 is damaged.*the same command again"):
            api.run_sweep(request_for(*SINGLE))
    assert_equal_tables(api.run_sweep(request_for(*SINGLE)), whole)
    assert "parts/p000002" in (folder / "log.txt").read_text()
    assert len(list((folder / SET_ASIDE).iterdir())) == 1
    assert load(folder).failed_runs == 0


def test_quantiles_are_of_all_replicates_also_after_a_retry(request_for, tmp_path, whole, monkeypatch):
    words = (*MORE, "output.series=quantiles", f"output.folder={tmp_path}/quantiles")
    monkeypatch.setenv("ECOSIM_FAKE", "raise:3-1")
    api.run_sweep(request_for(*words), quiet=True)
    monkeypatch.setenv("ECOSIM_FAKE", "")
    found = api.run_sweep(request_for(*words, "runner.retry_failed=true"), quiet=True).series
    keys = ["history_id", "design_id", "arm", "month"]
    wanted = whole.series.groupby(keys, dropna=False)["effort"].quantile(0.25).reset_index()
    found = found.loc[found["quantile"] == 0.25, [*keys, "effort"]].sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(found, wanted.sort_values(keys, ignore_index=True), check_dtype=False)


# ---------------------------------------------------------------------------------------------- a new folder


def test_a_new_folder_says_what_changed(request_for, monkeypatch, capsys):
    words = (*MORE, "experiment.replicates=1")
    first = api.run_sweep(request_for(*words)).folder
    assert "new folder" not in capsys.readouterr().err

    changes = {
        "configuration (programme.prefinancing)": ("programme.prefinancing=0.33",),
        "code": (),
        "data": (),
        "plugins (mine.py)": (),
    }
    for cause, extra in changes.items():
        with monkeypatch.context() as patch:
            request = request_for(*words, *extra)
            if cause == "code":
                patch.setattr(store, "code_fingerprint", lambda: "other")
            if cause == "data":
                patch.setattr(store, "data_fingerprint", lambda: "other")
            if cause.startswith("plugins"):
                request.plugins["mine.py"] = "1"
            result = api.run_sweep(request)
        said = capsys.readouterr().err
        assert f"beside small/{first.name} these changed: {cause}. Unchanged: " in said
        assert json.loads((result.folder / MANIFEST).read_text())["why_new"] in said
        shutil.rmtree(result.folder)


def test_a_continued_sweep_needs_no_reason(halted, request_for, capsys):
    halted()
    capsys.readouterr()
    api.run_sweep(request_for(*SINGLE))
    assert "new folder" not in capsys.readouterr().err


# ---------------------------------------------------------------------------------------------- the lock


def test_the_lock_names_its_owner_and_a_new_one_is_not_taken_for_a_stale_one(tmp_path):
    lock = tmp_path / "lock.json"
    lock.write_text(json.dumps({"pid": 2}))
    store._remove_stale(lock, {"pid": 1})  # another process was quicker
    assert json.loads(lock.read_text()) == {"pid": 2}
    store._remove_stale(lock, {"pid": 2})
    assert list(tmp_path.iterdir()) == []
    store._remove_stale(lock, {"pid": 2})


# ---------------------------------------------------------------------------------------------- no space, no right


def test_a_disk_that_fills_up_is_one_line_and_costs_nothing(request_for, whole, monkeypatch):
    write, written = store._write_bytes, []

    def full(path, content):
        if len(written) == 5:
            path.write_bytes(content[: len(content) // 2])
            raise OSError(28, "No space left on device")
        written.append(path)
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(store, "_write_bytes", full)
        with pytest.raises(InputError, match=r"cannot be written .No space left.*the same command continues"):
            api.run_sweep(request_for(*SINGLE), quiet=True)
    folder = next(Path(request_for().output.folder).glob("small/*"))
    assert not (folder / "lock.json").exists()
    done = len(list((folder / "parts").iterdir()))
    assert done >= 1
    ran = counted(monkeypatch)
    assert_equal_tables(api.run_sweep(request_for(*SINGLE), quiet=True), whole)
    assert len(ran) == 8 - done


@pytest.fixture
def mounted(tmp_path):
    """A way to mount a small file system of its own."""
    folder = tmp_path / "small_disk"
    folder.mkdir()

    def mount(options):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("this user may not mount a file system")
        return folder

    if os.name != "posix" or shutil.which("mount") is None:
        pytest.skip("no mount on this system")
    yield mount
    subprocess.run(["umount", folder], capture_output=True, check=False)


def test_a_disk_that_is_really_full(request_for, whole, mounted, monkeypatch):
    disk = mounted("size=4m")
    words = (*SINGLE, f"output.folder={disk}/results")
    write = store.Store.write_part

    def others_write_too(self, part):
        write(self, part)
        if self._next_part == 4:
            with (disk / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))

    with monkeypatch.context() as patch:
        patch.setattr(store.Store, "write_part", others_write_too)
        with pytest.raises(InputError, match="No space left"):
            api.run_sweep(request_for(*words), quiet=True)
    (disk / "ballast").unlink()
    ran = counted(monkeypatch)
    assert_equal_tables(api.run_sweep(request_for(*words), quiet=True), whole)
    assert len(ran) == 5


def test_a_disk_that_is_read_only(request_for, whole, mounted):
    disk = mounted("size=4m")
    shutil.copytree(whole.folder.parents[1], disk / "results")
    shutil.rmtree(disk / "results" / "small" / whole.folder.name / "figures", ignore_errors=True)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(InputError, match=r"output\.folder=.*cannot be written .Read-only file system"):
        api.run_sweep(request_for(*SINGLE, f"output.folder={disk}/results"), quiet=True)
    # what is there can still be read
    assert_equal_tables(load(next((disk / "results").glob("small/*"))), whole)


def test_a_sweep_that_was_stopped_is_never_called_complete(halted, request_for):
    """Joined by hand after some of its histories, it would read as if no more had been planned."""
    folder = halted()
    gone = sorted((folder / "parts").glob("p*"))[-1]
    shutil.rmtree(gone)
    request = request_for(*SINGLE)
    plan = make_plan(request)
    opened = store.Store.open(request, plan)
    try:
        opened.compact()
        opened.finish("complete", failed_runs=0)
        assert not opened.complete
        assert json.loads((folder / MANIFEST).read_text())["status"] == "interrupted"
    finally:
        opened.close()
    # the same command goes on, and then it is
    assert api.run_sweep(request, quiet=True).manifest["status"] == "complete"


def test_every_reference_run_says_whether_it_was_stopped():
    references = Path(__file__).parents[2] / "results" / "reference"
    found = 0
    for path in sorted(references.glob("*/manifest.json")):
        manifest, summary = json.loads(path.read_text(encoding="utf-8")), path.with_name("summary.csv")
        if "replicates" not in manifest.get("counts", {}) or not summary.exists():
            continue
        found += 1
        came_to = pd.read_csv(summary)["replicates"].max()
        assert (manifest["status"] == "complete") == (came_to >= manifest["counts"]["replicates"]), path
    assert found > 3
