"""Hydra stays Hydra: multirun, launchers, what it can show, completion in a shell."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.conftest import fake_model  # noqa: F401
from tests.test_cli import FAKE, SHORT, asked, ecosim  # noqa: F401


def manifests(folder):
    return len(list(folder.glob("results/run/*/manifest.json")))


LAUNCHERS = [
    pytest.param("joblib", "hydra_plugins.hydra_joblib_launcher", ["hydra.launcher.n_jobs=2"]),
    pytest.param(
        "submitit_local", "hydra_plugins.hydra_submitit_launcher", ["hydra.launcher.timeout_min=5"],
        marks=pytest.mark.slow,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("launcher", "module", "words"), LAUNCHERS)
def test_launchers_run_every_value_with_plugins_and_give_exit_codes(tmp_path, launcher, module, words):
    if importlib.util.find_spec(module.split(".")[0]) is None or importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    common = ["run", "-m", *SHORT, "replicate=1,2", f"hydra/launcher={launcher}", *words, "--plugin", FAKE]
    # the second run fails: two tranches are the default, and this is its second replicate
    done = ecosim(*common, cwd=tmp_path, env={"ECOSIM_FAKE": "raise:2-2"})
    assert done.returncode == 1, done.stderr
    assert manifests(tmp_path) == 2
    assert "Traceback" not in done.stderr
    text = " ".join(path.read_text() for path in tmp_path.glob("results/run/*/manifest.json"))
    assert FAKE in text


def test_bad_input_of_one_run_of_several(tmp_path, asked):  # noqa: F811
    code, _, err = asked("run", "-m", *SHORT, "programme.tranches=2,0")
    assert code == 2
    assert "ecosim: programme: prefinancing below 1 needs at least one tranche" in err
    assert manifests(tmp_path) == 1


def test_what_hydra_shows(tmp_path, asked):  # noqa: F811
    (tmp_path / "mine" / "programme").mkdir(parents=True)
    (tmp_path / "mine" / "programme" / "swiss.yaml").write_text("# Mine.\ntranches: 5\n")
    code, out, err = asked("run", "--config-dir", "mine", "programme=swiss", "--cfg", "job")
    assert code == 0, err
    assert "tranches: 5" in out
    code, out, err = asked("sweep", "--info", "defaults")
    assert code == 0, err
    assert "experiment/headline" in out
    assert "mine" in asked("run", "--info", "searchpath", "--config-dir", "mine")[1]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_console_script_completes_in_bash(tmp_path):
    script = tmp_path / "ecosim"
    root = str(Path(__file__).parents[1])
    script.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {root!r})\nfrom ecosim.cli import main\nsys.exit(main())\n"
    )
    script.chmod(0o755)

    def completed(*lines):
        """What bash offers at the end of each line, as the shell itself would ask."""
        ask = (
            'COMP_POINT=${#COMP_LINE}; read -ra COMP_WORDS <<< "$COMP_LINE"; '
            '[[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); '
            "COMPREPLY=(); hydra_bash_completion; complete -p ecosim >/dev/null && echo ${COMPREPLY[@]}"
        )
        program = "; ".join(['eval "$(ecosim -sc install=bash)"', *(f"COMP_LINE={line!r}; {ask}" for line in lines)])
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True,
                              check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [offered.split() for offered in done.stdout.splitlines()]

    start, kinds, worlds, keys = completed(
        "ecosim s", "ecosim list ", "ecosim run world=cl", "ecosim sweep programme.tr"
    )
    assert start == ["sweep"]
    assert "shocks" in kinds
    assert worlds == ["world=classroom"]
    assert "programme.tranches=" in keys
