"""The command line as a user meets it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecosim.cli import main
from tests.lab.conftest import fake_model  # noqa: F401

FAKE = str(Path(__file__).parent / "lab" / "fake_model.py")
SHORT = (
    "world=classroom", "timeline.burn_in_months=12", "timeline.calm_months=6", "timeline.calm_jitter_months=3",
    "timeline.response_months=24", "output.figures=false",
)  # fmt: skip


def ecosim(*words, env=None, **options):
    # also without an installation: the repository's own package
    environment = {**os.environ, **(env or {}), "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "ecosim", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, env=environment, **options)


HELP = [
    ["--help"], [], ["run", "--help"], ["sweep", "-h"], ["report", "--help"], ["validate", "--help"],
    ["brief", "--help"], ["explore", "--help"], ["list", "--help"], ["--version"],
]  # fmt: skip


@pytest.mark.parametrize("words", HELP)
def test_help_imports_nothing_heavy(words):
    program = (
        "import sys; from ecosim.cli import main; code = main(sys.argv[1:]); "
        "heavy = {'numpy', 'mesa', 'hydra', 'pydantic', 'numba'} & set(sys.modules); sys.exit(code or len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ecosim" in done.stdout


def test_every_command_that_help_names_is_there(capsys):
    main(["--help"])
    named = re.findall(r"^  ([a-z]+) ", capsys.readouterr().out, re.MULTILINE)
    assert {"run", "sweep", "explore", "list"} <= set(named)
    for command in named:
        assert main([command, "--help"]) == 0
        assert f"usage: ecosim {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "kind",
    [
        "worlds",
        "countries",
        "blocs",
        "sectors",
        "policies",
        "programmes",
        "instruments",
        "shocks",
        "handles",
        "experiments",
        "outcomes",
        "measures",
        "parameters",
    ],
)
def test_lists(kind, capsys):
    if kind == "outcomes":
        pytest.importorskip("ecosim.model")
    assert main(["list", kind]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 2
    assert all(len(line.split()) > 1 for line in lines)


def test_list_handles_has_one_line_for_each_and_nothing_else(capsys):
    from ecosim.channels.handles import HANDLES

    assert main(["list", "handles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [handle.name for handle in HANDLES]
    sites = next(line for line in lines if line.startswith("pilot_sites "))
    assert sites.endswith("(by sector; from 1; at rest 1; more is better)")


def test_lists_need_no_model():
    program = (
        "import sys; from ecosim.cli import main; code = main(['list', 'parameters']); "
        "sys.exit(code or len({'mesa', 'numba', 'pandas', 'hydra', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["swep"], "did you mean sweep?"),
        (["list"], "needs one KIND"),
        (["list", "shock"], "did you mean shocks?"),
        (["run", "--form", "x.yaml"], "did you mean --from?"),
        (["sweep", "--dry-run"], "did you mean runner.dry_run=...?"),
        (["run", "--from"], "needs a value"),
        (["run", "--from", "nowhere.yaml"], "cannot be read"),
        (["run", "--plugin", "no_such_module_here"], "cannot be imported"),
        (["run", "-m", "--cfg", "job"], "--cfg: cannot be given beside -m"),
        (["run", "--config-dir", "nowhere"], "no such folder"),
        (["sweep", "-m", "seed=1,2"], "works on run"),
        (["sweep", "experiment=headlin"], "did you mean headline?"),
        (["run", "-m", "sed=1,2"], "did you mean seed?"),
    ],
)
def test_bad_commands_are_one_line(words, text, capsys):
    assert main(words) == 2
    err = capsys.readouterr().err
    assert text in err
    assert len(err.splitlines()) == 1


# Most of a command's time is the start of its process: whole ones are asked where that may be what fails, and others
# here.


@pytest.fixture
def asked(fake_model, tmp_path, monkeypatch, capsys):  # noqa: F811
    """Ask a command in this process, with a model that has nothing inside; returns its exit code and what it said."""
    monkeypatch.chdir(tmp_path)

    def ask(command, *words):
        code = main([command, "--plugin", FAKE, *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ask


def test_run_from_its_own_saved_scenario(tmp_path, asked):
    done = ecosim("run", "--plugin", FAKE, *SHORT, "shocks=supplier_loss", "seed=5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "% less collaboration and" in done.stdout
    saved = next(tmp_path.glob("results/run/*/scenario.yaml"))
    code, out, err = asked("run", "--from", str(saved), "output.figures=false")
    assert code == 0, err
    assert out == done.stdout
    assert len(list(tmp_path.glob("results/run/*"))) == 1


def test_failed_runs_give_exit_code_1(tmp_path, asked, monkeypatch):
    done = ecosim("run", "--plugin", FAKE, *SHORT, cwd=tmp_path, env={"ECOSIM_FAKE": "raise:2-0"})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    monkeypatch.setenv("ECOSIM_FAKE", "raise:2-0")
    code, _, err = asked("sweep", "experiment=none", "shocks=supplier_loss", "runner.processes=0", *SHORT)
    assert code == 1
    assert "Traceback" not in err
    assert "4 of" not in err
    assert "runs failed" in err


def test_hydras_own_flags(tmp_path, asked):
    code, out, err = asked("run", "--cfg", "job", "programme.tranches=7")
    assert code == 0, err
    assert "tranches: 7" in out
    code, _, err = asked("run", "-m", *SHORT, "seed=1,2")
    assert code == 0, err
    assert len(list(tmp_path.glob("results/run/*"))) == 2


def test_a_users_own_shock(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from ecosim.shocks import Shock\n"
        "class Flood(Shock):\n"
        "    kind = 'flood'\n"
        "    handles = frozenset({'capacity'})\n"
        "    summary = 'A flood.'\n"
        "    def push(self, handles, world, targets, level, announced):\n"
        "        handles.capacity[targets] *= 1 - level\n"
    )
    listed = ecosim("list", "shocks", "--plugin", "mine", cwd=tmp_path)
    assert "flood" in listed.stdout
    done = ecosim("run", "--plugin", "mine", "--plugin", FAKE, *SHORT, "shocks=[flood,supplier_loss]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    manifest = next(tmp_path.glob("results/run/*/manifest.json")).read_text()
    assert '"mine": "' in manifest
    assert '"kind": "flood"' in manifest


def test_a_damaged_table_is_one_line(tmp_path, monkeypatch, capsys):
    import shutil

    from ecosim import world

    folder = tmp_path / "data"
    shutil.copytree(world.DATA_FOLDER, folder)
    text = (folder / "countries.csv").read_bytes()
    (folder / "countries.csv").write_bytes(text[: len(text) // 2])
    whole = world.load_world
    monkeypatch.setattr(world, "load_world", lambda config: whole(config, folder))
    monkeypatch.chdir(tmp_path)
    assert main(["run"]) == 2
    err = capsys.readouterr().err
    assert "countries.csv" in err
    assert len(err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.slow
def test_the_headline_through_python(tmp_path):
    script = Path(__file__).parents[1] / "experiments" / "headline.py"
    assert len(script.read_text().splitlines()) < 40
    words = [sys.executable, script, "world.scale=0.02", "experiment.replicates=1"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WHAT EACH LEVER DOES" in done.stdout
    assert len(list(tmp_path.glob("headline_*.png"))) == 2


@pytest.mark.slow
def test_an_installed_wheel_finds_its_options_and_data(tmp_path):
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", tmp_path, root], check=True)
    wheel = next(tmp_path.glob("*.whl"))
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--no-deps", "-q", wheel], check=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    # the packages of the surrounding environment, without its copy of ecosim
    environment["PYTHONPATH"] = str(Path(np.__path__[0]).parent)

    def python_says(*words):
        return subprocess.run([python, *words], cwd=empty, env=environment, capture_output=True, text=True, check=False)

    assert str(tmp_path) in python_says("-c", "import ecosim; print(ecosim.__file__)").stdout
    done = python_says("-m", "ecosim", "run", "world=classroom")
    assert done.returncode == 0, done.stderr
    assert list(empty.glob("results/run/*/participations.parquet"))
