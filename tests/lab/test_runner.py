"""Who carries units out: the same tables from every runner, and one failed row for whatever goes wrong."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import psutil
import pytest

from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.lab import api, cluster, runner
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.parts import Part
from ecosim.lab.settings import RunnerConfig
from ecosim.report.results import load
from tests.lab.conftest import FAKE, SMALL

KEYS = ["history_id", "replicate", "design_id", "arm"]
#: Two policies, four replicates; no figures.
MORE = ("experiment.replicates=4", "output.figures=false")


def sorted_tables(result):
    """Runs without times, and series, sorted by key."""
    runs = result.runs.drop(columns=[name for name in result.runs if name.endswith("seconds")])
    runs = runs.sort_values(KEYS, ignore_index=True)
    return runs[sorted(runs)], result.series.sort_values([*KEYS, "month"], ignore_index=True)


def assert_equal_tables(one, other):
    for mine, theirs in zip(sorted_tables(one), sorted_tables(other), strict=True):
        pd.testing.assert_frame_equal(mine, theirs)


def left_over(mark):
    """Processes that carry a mark in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            # Python's own tracker of shared memory lives as long as this process
            mine = process.pid == os.getpid() or "resource_tracker" in " ".join(process.cmdline())
            if not mine and process.environ().get("ECOSIM_TEST_MARK") == mark:
                found.append(process)
        except psutil.Error:
            continue
    return found


def assert_none_left(mark, seconds=120):
    """No process with a mark is left, after some time to end."""
    deadline = time.monotonic() + seconds
    while left_over(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_over(mark) == []


@pytest.fixture
def mark(monkeypatch, tmp_path):
    """Mark every process this test starts."""
    monkeypatch.setenv("ECOSIM_TEST_MARK", str(tmp_path))
    return str(tmp_path)


# ---------------------------------------------------------------------------------------------- batches


def some(count, **settings):
    payloads = [{"history_id": 0, "replicate": number} for number in range(count)]
    return runner._Queue(payloads, count, RunnerConfig(**settings), workers=2)


def sizes(queue, seconds):
    found = []
    while batch := queue.take():
        found.append(len(batch.payloads))
        queue.learn(Part([(0, 0)] * found[-1], {}, seconds=seconds * found[-1]))
    return found


def test_units_that_are_tiny_go_in_batches_of_two_seconds():
    found = sizes(some(1000), seconds=0.1)
    assert found[0] == 1  # nothing is known yet
    assert max(found) == found[2] == 20
    assert found[-1] == 1  # towards the end all workers have some
    assert sum(found) == 1000


def test_long_units_go_one_by_one():
    assert set(sizes(some(30), seconds=5.0)) == {1}
    assert set(sizes(some(30, batch_seconds=0), seconds=0.1)) == {1}


def test_a_lost_batch_comes_again_unit_by_unit_after_the_others():
    queue = some(100)
    queue.learn(Part([(0, 0)], {}, seconds=0.1))
    batch = queue.take()
    assert len(batch.payloads) == 20
    queue.again(batch)
    rest = []
    while other := queue.take():
        rest.append(other.payloads)
    again = rest[-20:]
    assert [one for (one,) in again] == batch.payloads
    assert sum(map(len, rest)) == 100


class _Losing:
    """A pool whose workers are lost over every batch with a certain unit."""

    def __init__(self, final):
        self.final, self.started = final, []

    def slots(self):
        return 1

    def start(self, payloads, limit):
        self.started.append([payload["replicate"] for payload in payloads])
        return len(self.started) - 1

    def ended(self, handles):
        return list(handles)

    def outcome(self, handle):
        replicates = self.started[handle]
        if 3 in replicates:
            raise runner.WorkerLostError("gone", final=self.final)
        return Part([(0, number) for number in replicates], {}, seconds=0.01)

    def close(self, finished):
        self.finished = finished


@pytest.mark.parametrize(("final", "tries"), [(False, 2), (True, 1)])
def test_a_unit_that_loses_its_worker_is_one_failed_part(monkeypatch, final, tries):
    pool = _Losing(final)
    monkeypatch.setattr(runner, "_pool", lambda *args: pool)
    payloads = [{"history_id": 0, "replicate": n, "config": {"seed": 1}, "branches": {}, "arms": [["twin", None]],
                 "design_ids": {}} for n in range(50)]  # fmt: skip
    parts = list(runner.run_all(payloads, RunnerConfig(), workers=2, task=runner.Task("x"), total=50))
    assert sorted(unit for part in parts for unit in part.units) == [(0, n) for n in range(50)]
    assert [part.units for part in parts if part.failed] == [[(0, 3)]]
    assert sum(batch == [3] for batch in pool.started) == tries
    assert pool.finished


def test_a_worker_starts_before_the_queue_is_read(monkeypatch):
    """Payloads are made as workers become free: a large sweep is not held in memory."""
    pool = _Losing(final=True)
    monkeypatch.setattr(runner, "_pool", lambda *args: pool)
    made = []
    endless = ({"history_id": 0, "replicate": made.append(n) or n + 10} for n in range(10**6))
    parts = runner.run_all(endless, RunnerConfig(batch_seconds=0), workers=2, task=runner.Task("x"), total=10**6)
    for _ in range(5):
        next(parts)
    assert len(made) < 20


# ---------------------------------------------------------------------------------------------- the same tables


def test_every_runner_gives_the_same_tables(request_for, tmp_path, monkeypatch, mark):
    """Serial, in batches and not; two processes; two workers on Dask, of which one is killed on the way."""
    serial = api.run_sweep(request_for(*MORE), quiet=True)
    monkeypatch.setenv("ECOSIM_FAKE_SECONDS", "0.02")
    fallen = tmp_path / "fallen"
    monkeypatch.setenv("ECOSIM_FAKE_FALLEN", str(fallen))
    for name, words in {
        "single": ("runner.batch_seconds=0",),
        "processes": ("runner.processes=2",),
        "dask": ("runner=dask", "runner.processes=2"),
    }.items():
        # the worker kills itself in the middle of a unit: nobody has to hit the moment from outside
        monkeypatch.setenv("ECOSIM_FAKE", "fall:3-1" if name == "dask" else "")
        request = request_for(*MORE, *words, f"output.folder={tmp_path}/{name}")
        other = api.run_sweep(request, quiet=True)
        assert_equal_tables(serial, other)
        assert other.folder.name == serial.folder.name
    assert int(fallen.read_text()) != os.getpid()
    assert_none_left(mark)


def test_whatever_goes_wrong_is_one_failed_unit(request_for, monkeypatch, mark):
    monkeypatch.setenv("ECOSIM_FAKE", "raise:2-1,eat:3-1,hang:2-2,die:3-2")
    words = ("runner.timeout_seconds=10", "runner.memory_gib=0.5", *MORE)
    result = api.run_sweep(request_for(*words, processes=2), quiet=True)
    errors = result.runs[result.runs["status"] == "failed"].groupby(["history_id", "replicate"])["error"].first()
    assert errors.map(lambda text: text.split("(")[0].split(":")[0].strip()).to_dict() == {
        (0, 1): "RuntimeError", (1, 1): errors.loc[1, 1].split(":")[0],
        (0, 2): "took longer than runner.timeout_seconds=10", (1, 2): "worker process ended",
    }  # fmt: skip
    assert "MemoryError" in errors.loc[1, 1]
    # twin and two shocks of each of 8 histories, and the reference policy's placebo
    assert len(result.runs) == 2 * 4 * 3 + 4
    assert_none_left(mark)
    # each with what it takes to look at it alone
    failed = pd.read_parquet(result.folder / "failed.parquet").set_index(["history_id", "replicate"])
    assert set(failed.index) == set(errors.index)
    config = failed.loc[(0, 1), "config"]
    saved = result.folder / "one.yaml"
    saved.write_text(config)
    assert "trouble in" in failed.loc[(0, 1), "traceback"]
    monkeypatch.delenv("ECOSIM_FAKE")
    assert main(["run", "--from", str(saved), "runner.dry_run=true"]) == 0


@pytest.mark.slow
def test_dask_too_survives_whatever_goes_wrong(request_for, monkeypatch, mark):
    monkeypatch.setenv("ECOSIM_FAKE", "raise:2-1,eat:3-1,hang:2-2,die:3-2")
    words = ("runner=dask", "runner.timeout_seconds=12", "runner.memory_gib=0.5", *MORE)
    result = api.run_sweep(request_for(*words, processes=2), quiet=True)
    errors = result.runs[result.runs["status"] == "failed"].groupby(["history_id", "replicate"])["error"].first()
    assert set(errors.index) == {(0, 1), (1, 1), (0, 2), (1, 2)}
    for unit, text in {(0, 1): "RuntimeError", (1, 1): "MemoryError", (0, 2): "timeout_seconds=12",
                       (1, 2): "worker process ended"}.items():  # fmt: skip
        assert text in errors.loc[unit]
    # twin and two shocks of each of 8 histories, and the reference policy's placebo
    assert len(result.runs) == 2 * 4 * 3 + 4
    assert_none_left(mark)


# ---------------------------------------------------------------------------------------------- clusters


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["runner=dask", "runner.address=localhost"], "runner.address=localhost: is no address; allowed: tcp://host"),
        (["runner=dask", "runner.processes=0"], "runner.processes=0: does not go with runner=dask"),
        (["runner=dsk"], "did you mean dask?"),
        (["runner.memory_gib=none"], "runner.memory_gib=none"),
    ],
)
def test_a_runner_that_cannot_be_is_one_line(words, text, tmp_path, capsys):
    assert main(["sweep", "experiment=none", *SMALL, *words, f"output.folder={tmp_path}/out"]) == 2
    err = capsys.readouterr().err
    assert text in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("kind", "module"), [("dask", "distributed"), ("slurm", "dask_jobqueue")])
def test_a_missing_library_is_one_line(kind, module, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, module, None)
    assert main(["sweep", "experiment=none", *SMALL, f"runner={kind}", f"output.folder={tmp_path}/out"]) == 2
    assert capsys.readouterr().err == (
        f'ecosim: runner={kind}: needs the library {module}; allowed: pip install "ecosim[{kind}]"\n'
    )
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer_is_one_line(request_for, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match=r"runner\.address=tcp://127\.0\.0\.1:9: cannot be reached"):
        api.run_sweep(request_for("runner=dask", "runner.address=tcp://127.0.0.1:9", processes=1), quiet=True)


def test_a_cluster_that_does_not_end_in_time_does_not_spoil_a_sweep(monkeypatch):
    class Lasting:
        def close(self, timeout):
            raise TimeoutError(f"timed out after {timeout} s.")

    class LostError(Exception):
        pass

    left = []
    pool = object.__new__(cluster.DaskPool)
    pool._client = pool._cluster = Lasting()
    pool._shut = ExitStack()
    pool._shut.callback(left.append, "the main module is seen again")
    monkeypatch.setattr(runner, "_pool", lambda *args: pool)
    with runner.begun(RunnerConfig(), 2, runner.Task("x")):
        pass
    assert left
    # nor does it stand in place of what went wrong before
    with pytest.raises(LostError), runner.begun(RunnerConfig(), 2, runner.Task("x")):
        raise LostError


def test_a_worker_with_other_code_is_refused(monkeypatch):
    monkeypatch.setattr(cluster, "_prepared", False)
    with pytest.raises(InputError, match="a worker has other code"):
        cluster.work(runner.Task("x"), {}, "other", [])


def test_the_job_that_slurm_gets(capsys):
    words = ["runner=slurm", "runner.queue=long", "runner.account=me", "runner.processes=3", "runner.memory_gib=4",
             "runner.walltime=02:30:00", "runner.directives=['--constraint=cpu']",
             "runner.prologue=['module load python']"]  # fmt: skip
    text = cluster.job_script(make_request(compose_plain(words)).runner)
    for line in ("#SBATCH -p long", "#SBATCH -A me", "#SBATCH --cpus-per-task=3", "#SBATCH --mem=12G",
                 "#SBATCH -t 02:30:00", "#SBATCH --constraint=cpu", "module load python"):  # fmt: skip
        assert line in text
    assert sys.executable in text
    for words in ("--nworkers 3", "--nthreads 1", "--nanny"):
        assert words in text


@pytest.mark.slow
def test_a_sweep_through_a_queue(tmp_path, mark):
    """The whole way, with a queue that starts every job at once on this computer."""
    tools = tmp_path / "tools"
    tools.mkdir()
    # the script is gone once the queue has it, so the queue keeps a copy
    queue = 'cp "$1" "$1.kept"\nsetsid sh "$1.kept" >/dev/null 2>&1 &\necho "Submitted batch job $!"\n'
    (tools / "sbatch").write_text(f"#!/bin/sh\n{queue}")
    (tools / "scancel").write_text('#!/bin/sh\nkill -TERM -- "-$1"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": root}
    tables = {}
    for name, words in {"queue": ["runner=slurm", "runner.jobs=2", "runner.processes=1"],
                        "here": ["runner.processes=0"]}.items():  # fmt: skip
        command = [sys.executable, "-m", "ecosim", "sweep", "experiment=none", *SMALL, *MORE, "--plugin", FAKE,
                   *words, f"output.folder={tmp_path}/{name}"]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900,
                              check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        tables[name] = load(next(tmp_path.glob(f"{name}/small/*")))
    assert_equal_tables(tables["queue"], tables["here"])
    assert_none_left(mark)


def test_what_is_compiled_is_not_compiled_again_and_what_was_begun_is(monkeypatch, tmp_path):
    from unittest.mock import MagicMock

    from ecosim import kernels

    monkeypatch.setenv("ECOSIM_CACHE_DIR", str(tmp_path))
    kernels.cache_folder().mkdir(parents=True)
    monkeypatch.setattr(runner, "_process_that_warms_later_steps", lambda: None)
    small = MagicMock(side_effect=[KeyboardInterrupt, MagicMock(announcement_month=3)])
    monkeypatch.setattr(runner, "_small_model", small)
    with pytest.raises(KeyboardInterrupt):
        runner.warm_kernels()
    assert not kernels.compiled_before()
    runner.warm_kernels()
    runner.warm_kernels()
    assert kernels.compiled_before()
    assert small.call_count == 2


def test_workers_have_begun_to_start_when_the_estimate_is_made_and_go_where_it_fails(request_for, monkeypatch):
    said = []

    class Begun:
        def __init__(self, *_):
            said.append("begun")

        def close(self, finished):
            said.append(f"finished: {finished}")

    def estimated(*_):
        said.append("estimate")
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "LocalPool", Begun)
    monkeypatch.setattr(api, "_estimated", estimated)
    with pytest.raises(KeyboardInterrupt):
        api.run_sweep(request_for(processes=2))
    assert said == ["begun", "estimate", "finished: False"]
