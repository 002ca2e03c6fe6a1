"""Readers who leave, streams that are closed, disks that are full: the work is done all the same."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ecosim import progress
from ecosim.report.results import load
from tests.test_cli import FAKE, SHORT

pytestmark = pytest.mark.skipif(shutil.which("bash") is None or os.name != "posix", reason="needs bash")

#: Two policies, four histories each, as a user starts them.
SWEEP = ("sweep", "experiment=none", "shocks=supplier_loss", "experiment.factors={programme.tranches: [2, 3]}",
         "experiment.replicates=4", "--plugin", FAKE, *SHORT)  # fmt: skip


def shell(line, folder, **environment):
    """Run a line in which `ecosim` is this program; returns exit code of the line, and what came out of it."""
    root = str(Path(__file__).parents[1])
    program = f'set -o pipefail\necosim() {{ {sys.executable!r} -m ecosim "$@"; }}\n{line}'
    done = subprocess.run(
        ["bash", "-c", program], cwd=folder, capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": root, **environment},
    )  # fmt: skip
    assert "Traceback" not in done.stderr + done.stdout
    assert "Exception ignored" not in done.stderr
    return done


def words(*more):
    return " ".join(f"'{word}'" for word in (*SWEEP, *more))


def results(folder):
    found = load(next(folder.glob("results/run/*/manifest.json")).parent)
    assert found.manifest["status"] == "complete"
    assert (found.folder / "summary.csv").exists()
    assert not (found.folder / "lock.json").exists()
    return found


@pytest.mark.parametrize(
    ("reader", "processes"),
    [
        pytest.param("2>&1 | head -3", 0, marks=pytest.mark.slow),  # reads a little and leaves
        ("2>&1 | head -3", 2),
        ("2>&1 | true", 0),  # reads nothing
        pytest.param("| true", 0, marks=pytest.mark.slow),  # the answer alone has no reader
        ("2> >(true)", 0),  # progress alone has none
        ("<&- >&- 2>&-", 2),  # all are closed
        pytest.param("2>&-", 0, marks=pytest.mark.slow),
    ],
)
def test_work_goes_on_without_a_reader(tmp_path, reader, processes):
    done = shell(f"ecosim {words(f'runner.processes={processes}')} {reader}", tmp_path)
    assert done.returncode == 0, done.stderr
    found = results(tmp_path)
    assert len(found.runs) == 2 * 4 * 2 + 4
    assert found.failed_runs == 0


def test_the_exit_code_says_that_runs_failed_also_without_a_reader(tmp_path):
    done = shell(f"ecosim {words('runner.processes=0')} 2>&1 | true", tmp_path, ECOSIM_FAKE="raise:2-1")
    assert done.returncode == 1
    assert results(tmp_path).failed_runs > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_answer_that_a_full_disk_takes_no_more_is_one_line(tmp_path):
    done = shell(f"ecosim {words('runner.processes=0')} 2>err >/dev/full", tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "err").read_text().splitlines()[-1].startswith("ecosim: standard output: the answer cannot be")
    results(tmp_path)
    # progress matters less
    assert shell(f"ecosim {words('runner.processes=0')} 2>/dev/full >out", tmp_path).returncode == 0
    assert len((tmp_path / "out").read_text().splitlines()) > 5


@pytest.mark.parametrize("line", ["list parameters", "--help", "sweep --cfg job", "sweep -h"])
def test_what_is_only_shown_may_be_cut(tmp_path, line):
    done = shell(f"ecosim {line} | head -2", tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 2


def test_letters_that_a_stream_does_not_know_are_replaced(monkeypatch):
    import io

    for write, name in ((progress.answer, "stdout"), (progress.say, "stderr")):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, encoding="ascii"))
        write("Türkiye keeps 3 %")
        assert raw.getvalue() == b"T?rkiye keeps 3 %\n"


def test_a_line_without_a_stream_is_dropped(monkeypatch, capsys):
    class Gone:
        closed = False

        def write(self, text):
            raise BrokenPipeError

        def flush(self):
            raise BrokenPipeError

        def isatty(self):
            return True

    for stream in (None, Gone()):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stream)
            patch.setattr(sys, "stdout", stream)
            progress.say("to nobody")
            progress.answer("to nobody")
            with progress.Progress("work", 2) as bar:
                bar.update(1)
    assert "nobody" not in "".join(capsys.readouterr())
