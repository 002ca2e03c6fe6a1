"""ecosim inside other programs: plain scripts, other Hydra programs, threads, workers."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import ecosim
from ecosim.report.results import load
from tests.test_cli import FAKE, SHORT

ROOT = Path(__file__).parents[1]

SWEEP = """
import ecosim
from ecosim.lab.compose import load_plugins
load_plugins([{fake!r}])
result = ecosim.sweep("experiment=none", "shocks=[supplier_loss]", "experiment.replicates=4", "runner.batch_seconds=0",
                      {words}, *{short!r})
print("begun", len(result.runs), result.failed_runs, result.manifest["timings"]["workers"])
"""


def script(folder, text, name="plain.py", *words):
    """Run a file as a user would; returns what it printed and said."""
    (folder / name).write_text(text)
    done = subprocess.run(
        [sys.executable, name, *words], cwd=folder, capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done


def sweep_script(words, before=""):
    return before + SWEEP.format(fake=FAKE, words=words, short=SHORT)


def test_a_plain_script_without_a_guard_has_its_workers(tmp_path):
    done = script(tmp_path, sweep_script("'runner.processes=2'"))
    assert done.stdout == "begun 12 0 2\n"
    assert load(next(tmp_path.glob("results/run/*"))).manifest["status"] == "complete"


MECHANISM = """
from ecosim.shocks import Shock
class Flood(Shock):
    kind = "flood"
    handles = frozenset({"capacity"})
    summary = "A flood."
    def push(self, handles, world, targets, level, announced):
        handles.capacity[targets] *= 1 - level
"""


def test_a_plain_script_with_mechanisms_of_its_own_runs_in_one_process_and_says_so(tmp_path):
    text = sweep_script("'runner.processes=2', 'shocks=[flood]'", MECHANISM)
    done = script(tmp_path, text)
    assert done.stdout == "begun 12 0 0\n"
    assert done.stderr.count("everything runs in this process") == 1


def test_a_script_with_a_guard_shares_its_mechanisms_with_its_workers(tmp_path):
    body = sweep_script("'runner.processes=2', 'shocks=[flood]'").strip().replace("\n", "\n    ")
    done = script(tmp_path, f"{MECHANISM}\nif __name__ == '__main__':\n    {body}\n")
    assert done.stdout == "begun 12 0 2\n"
    assert "this process" not in done.stderr


@pytest.mark.slow
def test_mechanisms_in_a_module_reach_the_workers_of_a_plain_script(tmp_path):
    (tmp_path / "mine.py").write_text(MECHANISM)
    done = script(tmp_path, "import mine\n" + sweep_script("'runner.processes=2', 'shocks=[flood]'"))
    assert done.stdout == "begun 12 0 2\n"


def test_a_brief_from_a_plain_script(tmp_path):
    text = """
from ecosim.lab.workers import Workers
with Workers(2) as workers:
    print(workers.map(abs, [-1, -2]))
"""
    assert script(tmp_path, text).stdout == "[1, 2]\n"


def test_a_program_that_is_itself_a_worker_starts_none(tmp_path):
    body = sweep_script("'runner.processes=2'").strip().replace("\n", "\n    ")
    text = f"""
import multiprocessing
def work():
    {body}
if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=work, daemon=True)
    process.start()
    process.join()
"""
    done = script(tmp_path, text)
    assert done.stdout == "begun 12 0 0\n"
    assert "itself a worker" in done.stderr


# ---------------------------------------------------------------------------------------------- Hydra around us


HYDRA_APP = """
import ecosim, hydra
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

# names that many programs use
ConfigStore.instance().store(name="config", node={"depth": 3, "folder": "${hydra:job.name}"})
ConfigStore.instance().store(name="schema", node={"mine": 1})
ConfigStore.instance().store(group="world", name="europe", node={"mine": 1})


@hydra.main(version_base=VERSION, config_path=None, config_name="config")
def app(cfg):
    around = GlobalHydra.instance().hydra
    scenario = ecosim.compose("world=classroom", "programme.tranches=3")
    assert (scenario.world.preset, scenario.programme.tranches) == ("classroom", 3)
    assert GlobalHydra.instance().hydra is around
    assert HydraConfig.get().job.name == cfg.folder == "plain"
    assert ConfigStore.instance().load("schema.yaml").node.mine == 1
    assert cfg.depth == 4
    print("done")


app()
"""


@pytest.mark.parametrize("version", [None, "1.2"])
def test_inside_another_hydra_program(tmp_path, version):
    done = script(tmp_path, HYDRA_APP.replace("VERSION", repr(version)), "plain.py", "depth=4")
    assert done.stdout == "done\n"


def test_inside_initialize(tmp_path):
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.utils import JobRuntime

    (tmp_path / "config.yaml").write_text("depth: 3\n")
    with initialize_config_dir(str(tmp_path), version_base="1.3", job_name="outer"):
        before = GlobalHydra.instance().hydra
        assert ecosim.compose("world=classroom").world.preset == "classroom"
        with pytest.raises(ecosim.InputError, match="did you mean classroom"):
            ecosim.compose("world=clasroom")
        assert GlobalHydra.instance().hydra is before
        assert JobRuntime.instance().get("name") == "outer"
        assert compose("config", ["depth=5"]).depth == 5
    ecosim.compose("world=classroom")
    assert not GlobalHydra.instance().is_initialized()


def test_in_threads():
    found, wrong = {}, []

    def work(tranches):
        try:
            found[tranches] = ecosim.compose("world=classroom", f"programme.tranches={tranches}").programme.tranches
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert found == {k: k for k in range(1, 9)}


def test_a_folder_of_options_with_any_name(tmp_path):
    folder = tmp_path / "Optionen 'Ü', (1) #&=" / "programme"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("# Mine.\ntranches: 7\n")
    assert ecosim.compose("programme=mine", config_dir=str(folder.parent)).programme.tranches == 7
