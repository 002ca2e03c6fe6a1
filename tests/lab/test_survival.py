"""Killed at any moment: at most what was under way is lost, and the tables are those of a sweep left in peace."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ecosim.lab import api
from ecosim.report.results import load
from tests.lab.conftest import FAKE, SMALL
from tests.lab.test_runner import MORE, assert_equal_tables, assert_none_left, left_over, mark  # noqa: F401

#: Seconds a history takes, so that a moment can be hit.
PACE = "0.03"
UNITS = 24


def parts_in(folder):
    return len(list(folder.glob("small/*/parts/p*")))


def words(folder, processes):
    return [*SMALL, *MORE, "experiment.replicates=12", "runner.batch_seconds=0.1", f"runner.processes={processes}",
            f"output.folder={folder}"]  # fmt: skip


def start(folder, processes):
    """A sweep as a user starts it; its workers are children of its process."""
    environment = {**os.environ, "ECOSIM_FAKE_SECONDS": PACE, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "ecosim", "sweep", "experiment=none", "--plugin", FAKE, *words(folder, processes)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def wait_for(condition, seconds=300):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)


def finished_units(folder):
    import pyarrow.parquet as pq

    units = set()
    for path in folder.glob("small/*/parts/p*/runs.parquet"):
        table = pq.read_table(path)
        units |= set(zip(table["history_id"].to_pylist(), table["replicate"].to_pylist(), strict=True))
    return units


def kill_parent(folder, chance):
    """Kill the sweep at some moment after it has begun to write; returns units that were safe by then."""
    process = start(folder, 2)
    before = parts_in(folder)
    wait_for(lambda: parts_in(folder) > before or process.poll() is not None)
    time.sleep(chance.uniform(0, 0.3))
    safe = finished_units(folder)
    process.kill()
    process.communicate()
    return safe


def kill_worker(folder, chance):
    """Kill a worker at some moment, and let the sweep end; returns its exit code and what it said."""
    process = start(folder, 2)
    before = parts_in(folder)
    wait_for(lambda: parts_in(folder) > before or process.poll() is not None)
    time.sleep(chance.uniform(0, 0.3))
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        chance.choice(workers).kill()
    except (psutil.Error, IndexError):
        pass  # the sweep has just ended
    _, said = process.communicate(timeout=900)
    return process.returncode, said


def survive(request_for, tmp_path, mark, kills, seed):  # noqa: F811
    chance = random.Random(seed)
    whole = api.run_sweep(request_for(*words(tmp_path / "whole", 0)), quiet=True)
    for number in range(kills):
        folder = tmp_path / f"kill{number}"
        safe = kill_parent(folder, chance)
        assert_none_left(mark)
        assert safe <= finished_units(folder)
        code, said = kill_worker(folder, chance)
        assert code == 0, said
        assert_none_left(mark)
        result = load(next(folder.glob("small/*")))
        assert result.failed_runs == 0
        assert_equal_tables(result, whole)
        assert not (result.folder / "set_aside").exists()


def test_killed_parents_and_workers_cost_only_what_was_under_way(request_for, tmp_path, mark, monkeypatch):  # noqa: F811
    """Three kills: a parent twice, in this process's image so that it is quick, and then a worker."""
    chance = random.Random(4)
    monkeypatch.setenv("ECOSIM_FAKE_SECONDS", PACE)
    # the last unit never ends: however late the kill comes, something is left to do
    monkeypatch.setenv("ECOSIM_FAKE", "hang:3-11")
    folder = tmp_path / "killed"
    for _ in range(2):
        before = parts_in(folder)
        child = os.fork()
        if child == 0:
            try:
                api.run_sweep(request_for(*words(folder, 0)), quiet=True)
            finally:
                os._exit(0)
        wait_for(lambda before=before: parts_in(folder) > before)
        time.sleep(chance.uniform(0, 0.15))
        safe = finished_units(folder)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert 0 < len(safe) < UNITS
        assert safe <= finished_units(folder)
    monkeypatch.delenv("ECOSIM_FAKE")
    code, said = kill_worker(folder, chance)
    assert code == 0, said
    assert "done before" in said
    assert "(0 done before)" not in said
    assert_none_left(mark)
    monkeypatch.delenv("ECOSIM_FAKE_SECONDS")
    whole = api.run_sweep(request_for(*words(tmp_path / "whole", 0)), quiet=True)
    assert_equal_tables(load(next(folder.glob("small/*"))), whole)


@pytest.mark.slow
def test_twenty_kills(request_for, tmp_path, mark):  # noqa: F811
    survive(request_for, tmp_path, mark, kills=10, seed=random.randrange(1 << 30))


def test_a_worker_that_hangs_ends_with_its_parent(tmp_path, mark, monkeypatch):  # noqa: F811
    monkeypatch.setenv("ECOSIM_FAKE", "hang:2-0,hang:3-0")
    process = start(tmp_path, 2)
    wait_for(lambda: len(left_over(mark)) >= 3)
    time.sleep(2.0)  # into the units
    process.kill()
    process.communicate()
    assert_none_left(mark)
