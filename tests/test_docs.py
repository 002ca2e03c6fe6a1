"""What README and the how-tos show works: examples, commands, files and links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]


def _blocks(language: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        found += [(page.name, text) for text in re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)]
    return found


@pytest.mark.parametrize(("page", "code"), _blocks("python"))
def test_python_examples_run(page: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecosim.instruments import REGISTRY as INSTRUMENTS
    from ecosim.shocks import REGISTRY as SHOCKS

    monkeypatch.chdir(tmp_path)
    before = set(SHOCKS), set(INSTRUMENTS)
    try:
        exec(compile(code, page, "exec"), {"__name__": "__main__"})
    finally:
        for name in set(SHOCKS) - before[0]:
            del SHOCKS[name]
        for name in set(INSTRUMENTS) - before[1]:
            del INSTRUMENTS[name]


def _commands() -> list[tuple[str, str]]:
    """Every complete `ecosim ...` command of README and the how-tos, in blocks and in running text, once per page."""
    found = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"```(?:bash|sh)?\n(.*?)```", text, re.DOTALL)
        lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
        lines += re.findall(r"`(ecosim [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        for line in (line for line in lines if line.startswith("ecosim ")):
            words = shlex.split(line, comments=True)
            # `ecosim list KIND` or `shocks=[<kind>]` are forms to fill in
            if not any(re.search(r"[A-Z]{4,}$|\.\.\.|<", word) for word in words):
                found[page.name, shlex.join(words)] = None
    return list(found)


@pytest.fixture
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a user who has written the files that the pages show, and works in it."""
    from ecosim.shocks import REGISTRY as SHOCKS

    how_to = ROOT / "docs" / "how-to"
    shown = {
        page: dict.fromkeys(re.findall(r"```(?:yaml|csv|python)\n(.*?)```", page.read_text(), re.DOTALL))
        for page in PAGES
    }
    files = {
        "swiss.yaml": (ROOT / "README.md", "# swiss.yaml"),
        "points.csv": (how_to / "design-a-sweep.md", "behaviour.trust.gain,"),
        "my_shocks.py": (how_to / "new-shock.md", '"""Border closure."""'),
        "mine/shocks/border_closure.yaml": (how_to / "new-shock.md", "# @package shocks.border_closure"),
        "mine/experiment/small_consortia.yaml": (how_to / "new-experiment.md", "# @package _global_"),
    }
    for name, (page, beginning) in files.items():
        (text,) = [text for text in shown[page] if text.startswith(beginning)]
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "mine" / "programme").mkdir()
    (tmp_path / "mine" / "programme" / "swiss.yaml").write_text("tranches: 5\n", encoding="utf-8")
    (tmp_path / "mine" / "runner").mkdir()
    (tmp_path / "mine" / "runner" / "ours.yaml").write_text("kind: local\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    SHOCKS.pop("border_closure", None)


def _prepared(words: list[str]) -> list[str]:
    """The command as it stands, with what its page says elsewhere: where the user's own options and classes are."""
    if words[0] in ("run", "sweep", "validate", "brief") and "--config-dir" not in words:
        words = [*words, "--config-dir", "mine"]
    own_shock = any("border_closure" in word for word in words)
    return [*words, "--plugin", "my_shocks.py"] if own_shock and "--plugin" not in words else words


def _needs_a_file_of_the_user(words: list[str]) -> bool:
    """Whether a table or folder is named that only the reader can have."""
    named = [word.rpartition("=")[2] for word in words]
    return any(re.search(r"\.(zip|csv|parquet|xlsx|py|yaml)$", name) and not Path(name).exists() for name in named)


@pytest.mark.parametrize(("page", "command"), _commands())
def test_commands_are_planned(page: str, command: str, user_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command that a page shows is accepted and planned; nothing is simulated."""
    from types import SimpleNamespace

    from ecosim.cli import main
    from ecosim.lab import api, brief, validate
    from ecosim.lab.design import make_plan
    from ecosim.report import page as report_page

    def validated(overrides: list[str], config_dirs: Sequence[str], **_: object) -> tuple[str, bool]:
        validate.ask([word for word in overrides if "=" in word], config_dirs)
        return "", True

    def briefed(question: brief.Question) -> object:
        assert question.settings.country
        return SimpleNamespace(text=lambda: "", failed=())

    monkeypatch.setattr(api, "dry_run", lambda request: f"{len(make_plan(request).units)} histories")
    monkeypatch.setattr(validate, "validate", validated)
    monkeypatch.setattr(brief, "carry_out", briefed)
    monkeypatch.setattr(report_page, "write_report", lambda folder, processes, focus: f"{folder} {focus}")
    monkeypatch.setenv("COLUMNS", "200")
    _, *words = shlex.split(command)
    words = _prepared(words)
    if words[0] in ("run", "sweep") and "--cfg" not in words and "--info" not in words:
        words.append("runner.dry_run=true")
    if _needs_a_file_of_the_user(words):
        pytest.skip("names a file of the reader")
    if any("launcher" in word for word in words):
        # that launchers launch is tested with Hydra; here all values are run one after the other
        words = [word for word in words if "launcher" not in word]
    assert main(words) in (0, None)


#: Laid over what pages show, so that each command takes seconds.
_SMALL = (
    "world.scale=0.005", "timeline.burn_in_months=12", "timeline.calm_months=6", "timeline.calm_jitter_months=0",
    "timeline.response_months=24",
)  # fmt: skip
_SMALL_SWEEP = (*_SMALL, "experiment.replicates=2", "runner.processes=0", "output.figures=false")


@pytest.mark.slow
@pytest.mark.parametrize(("page", "command"), _commands())
def test_commands_run(page: str, command: str, user_folder: Path) -> None:
    """Every command that a page shows does its work, in a small world and a short time."""
    from ecosim.cli import main

    _, *words = shlex.split(command)
    words = _prepared(words)
    if _needs_a_file_of_the_user(words):
        pytest.skip("names a file of the reader")
    if any("slurm" in word or "dask" in word or "launcher" in word for word in words):
        pytest.skip("needs a cluster: see tests/lab/test_cluster.py and tests/test_hydra.py")
    shown_only = any(word in ("--cfg", "--info", "--help", "runner.dry_run=true") for word in words)
    if words[0] == "run" and not shown_only:
        words += _SMALL
    elif words[0] == "sweep" and not shown_only:
        words += [word for word in _SMALL_SWEEP if word.partition("=")[0] not in " ".join(words)]
    elif words[0] == "brief":
        words += [*_SMALL, "replicates=2", "partners=1", "runner.processes=0"]
    elif words[0] == "validate":
        words += ["world.scale=0.02", "validate.windows=2", "runner.processes=0", "timeline.burn_in_months=24"]
    elif words[0] == "report":
        # it draws the newest results there are
        assert main(["run", "world=classroom", "shocks=[diplomatic_rupture]", *_SMALL, "world.scale=0.01"]) == 0
        words = [word for word in words if not word.startswith("results/")]
    assert main(words) in (0, None)


def test_the_scenario_file_of_readme_is_valid(tmp_path: Path) -> None:
    from ecosim.scenario import Scenario

    (text,) = re.findall(r"```yaml\n# swiss.yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert Scenario(**yaml.safe_load(text)).shocks["programme_exclusion"].targets == ("CHE",)


def test_links_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "docs" / "ODD.md", ROOT / "docs" / "HANDLES.md"]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
