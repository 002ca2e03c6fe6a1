"""``runner=slurm`` against a real SLURM with one node, which the tests start themselves."""

import subprocess
import sys
import threading
import time

import pytest

from ecosim.errors import InputError
from ecosim.lab import api, cluster
from tests.lab import slurm
from tests.lab.test_runner import MORE, assert_equal_tables

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def queue():
    """SLURM, running."""
    with slurm.running():
        yield


@pytest.fixture
def on_slurm(queue, tmp_path, monkeypatch):
    """Words that send a sweep to the queue. Jobs leave their output in a folder of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", ":".join(path for path in sys.path if path))
    # whether jobs have ended is looked at more often than on a true cluster
    monkeypatch.setattr(cluster, "_REFILL_SECONDS", 3.0)
    return ("runner=slurm", "runner.memory_gib=0.5", "runner.walltime=00:20:00", "runner.jobs=1", *MORE)


def test_the_same_tables_as_in_one_process(request_for, on_slurm):
    alone = api.run_sweep(request_for(*MORE), quiet=True)
    queued = api.run_sweep(
        request_for(*on_slurm, f"output.folder={alone.folder.parents[1]}_slurm", processes=2), quiet=True
    )
    assert (queued.runs["status"] == "ok").all()
    assert_equal_tables(queued, alone)
    assert queued.folder.name == alone.folder.name
    # nothing stays in the queue
    _until(lambda: not slurm.jobs())


@pytest.mark.parametrize("processes", [1, 2])
def test_a_job_that_is_cancelled_is_asked_for_again(request_for, on_slurm, monkeypatch, processes):
    alone = api.run_sweep(request_for(*MORE), quiet=True)
    monkeypatch.setenv("ECOSIM_FAKE_SECONDS", "3")
    # with one process a job is one worker, with two it holds two under names of their own
    words = (*on_slurm, f"output.folder={alone.folder.parents[1]}_slurm", "runner.batch_seconds=0")
    seen = []

    def cancel_the_first():
        _until(lambda: slurm.jobs("running"))
        # long enough for its workers to be at work, and for the sweep not to be over
        time.sleep(8)
        seen.extend(slurm.jobs("running"))
        slurm.cancel(seen[0])
        _until(lambda: set(slurm.jobs("running")) - set(seen), seconds=120)
        seen.extend(set(slurm.jobs("running")) - set(seen))

    other = threading.Thread(target=cancel_the_first, daemon=True)
    other.start()
    queued = api.run_sweep(request_for(*words, processes=processes), quiet=True)
    other.join(30)
    # a second job took the place of the first, and no history was lost with it
    assert len(seen) == 2
    assert (queued.runs["status"] == "ok").all()
    assert_equal_tables(queued, alone)


def test_a_job_that_is_cancelled_while_it_waits_is_asked_for_again(request_for, on_slurm, monkeypatch):
    """No worker of it ever reported."""
    blocked = subprocess.run(
        ["sbatch", "--parsable", "--exclusive", "--wrap", "sleep 600"], capture_output=True, text=True
    )
    first = blocked.stdout.strip()
    _until(lambda: slurm.jobs("running") == [first])
    seen = []

    def cancel_both():
        _until(lambda: slurm.jobs("pending"))
        seen.extend(slurm.jobs("pending"))
        slurm.cancel(seen[0])
        slurm.cancel(first)

    other = threading.Thread(target=cancel_both, daemon=True)
    other.start()
    queued = api.run_sweep(request_for(*on_slurm, processes=2), quiet=True)
    assert len(seen) == 1
    assert (queued.runs["status"] == "ok").all()


def test_jobs_that_cannot_start_stop_the_sweep_with_a_line(request_for, on_slurm, monkeypatch):
    monkeypatch.setattr(cluster, "_REFILL_SECONDS", 1.0)
    with pytest.raises(InputError, match="jobs ended 3 times before they began to work") as caught:
        api.run_sweep(request_for(*on_slurm, "runner.prologue=['exit 1']", processes=1), quiet=True)
    assert "\n" not in str(caught.value)


def _until(done, seconds=60):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)
