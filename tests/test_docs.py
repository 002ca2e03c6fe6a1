"""What README and the how-tos show works: examples, commands, files and links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]


def _fenced(text: str) -> list[tuple[str, str]]:
    """Language and content of every fenced block of a page, in order."""
    return re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)


def _blocks(language: str) -> list[tuple[str, str]]:
    return [(page.name, block) for page in PAGES for name, block in _fenced(_read(page)) if name == language]


#: Pages whose example draws hundreds of worlds.
_LONG = ("robustness.md",)


def _examples() -> list[Any]:
    return [pytest.param(*one, marks=pytest.mark.slow) if one[0] in _LONG else one for one in _blocks("python")]


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "code"), _examples())
def test_python_examples_run(page: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecosim.catalogue.agents import REGISTRY as AGENTS
    from ecosim.catalogue.families import FAMILIES

    monkeypatch.chdir(tmp_path)
    registries = {**FAMILIES, "agents": AGENTS}
    before = {family: set(registry) for family, registry in registries.items()}
    try:
        exec(compile(code, page, "exec"), {"__name__": "__main__"})
    finally:
        for family, registry in registries.items():
            for name in set(registry) - before[family]:
                del registry[name]


def test_readme_opens_with_its_two_commands() -> None:
    """Who reads only the first two boxes can install, run and test; nothing else stands in them."""
    blocks = [block for _, block in _fenced(_read(ROOT / "README.md"))]
    assert blocks[:2] == [
        "pip install -e . && python -m ecosim sweep\n",
        'pip install -e ".[test]" && python -m pytest\n',
    ]


def test_brackets_are_quoted_for_every_shell() -> None:
    """An unquoted bracket is a file pattern to zsh, which then does not run the command."""
    for page in PAGES:
        for _, block in _fenced(_read(page)):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("ecosim "):
                    bare = [word for word in re.sub(r"'[^']*'", "", line).split() if re.search(r"[][{}*?]", word)]
                    assert not bare, f"{page.name}: {line}"


def _commands() -> list[tuple[str, str]]:
    """Every complete `ecosim ...` command of README and the how-tos, in blocks and in running text, once.

    Each with the first page it stands on.
    """
    found: dict[str, str] = {}
    for page in PAGES:
        blocks = [block for language, block in _fenced(_read(page)) if language in ("", "bash", "sh")]
        lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
        prose = re.sub(r"^ *```.*?^ *```$", "", _read(page), flags=re.DOTALL | re.MULTILINE)
        lines += re.findall(r"`(ecosim [^`]+)`", prose)
        for line in (line for line in lines if line.startswith("ecosim ")):
            words = shlex.split(line, comments=True)
            # `ecosim list KIND` or `shocks=[<kind>]` are forms to fill in
            if not any(re.search(r"[A-Z]{4,}$|\.\.\.|<", word) for word in words):
                found.setdefault(shlex.join(words), page.name)
    return [(page, command) for command, page in found.items()]


@pytest.fixture
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a user who has written the files that the pages show, and works in it."""
    from ecosim.catalogue.agents import REGISTRY as AGENTS
    from ecosim.catalogue.families import FAMILIES

    how_to = ROOT / "docs" / "how-to"
    files = {
        "swiss.yaml": (ROOT / "README.md", "# swiss.yaml"),
        "my_case.yaml": (how_to / "cases.md", "# my_case.yaml"),
        "points.csv": (how_to / "design-a-sweep.md", "behaviour.trust.gain,"),
        "my_shocks.py": (how_to / "new-shock.md", '"""Border closure."""'),
        "my_decisions.py": (how_to / "new-decision.md", '"""Governments promise'),
        "my_agents.py": (how_to / "new-behaviour.md", '"""Universities'),
        "my_instruments.py": (how_to / "new-instrument.md", '"""Seminars'),
        "my_funders.py": (how_to / "new-funder.md", '"""A foundation'),
        "mine/experiment/small_consortia.yaml": (how_to / "new-experiment.md", "# @package _global_"),
    }
    for name, (page, beginning) in files.items():
        (text,) = {block for _, block in _fenced(_read(page)) if block.startswith(beginning)}
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "mine" / "programme").mkdir()
    (tmp_path / "mine" / "programme" / "swiss.yaml").write_text("tranches: 5\n", encoding="utf-8")
    (tmp_path / "mine" / "runner").mkdir()
    (tmp_path / "mine" / "runner" / "ours.yaml").write_text("kind: local\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    # another test has kinds of these names of its own
    for registry in FAMILIES.values():
        for kind in ("border_closure", "governments_promise", "foundation", "mission_seminars"):
            registry.pop(kind, None)
    AGENTS.pop("home_university", None)


def _prepared(words: list[str]) -> list[str]:
    """The command as it stands, with what its page says elsewhere: where the user's own options and classes are."""
    own = {path.stem for path in Path("mine").rglob("*.yaml")}
    # without a folder of the user's, what ships is composed once for all commands that choose the same of it
    if "--config-dir" not in words and any(own & set(re.split(r"[=,\[\]]", word)) for word in words):
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
    from ecosim.evidence import brief, validate
    from ecosim.evidence.atlas import run as atlas
    from ecosim.lab import api
    from ecosim.lab.design import make_plan
    from ecosim.page import explore
    from ecosim.report import folder as report_folder
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
    monkeypatch.setattr(atlas, "carry_out", lambda question, command: None)
    monkeypatch.setattr(report_folder, "find_folder", lambda folder: folder or Path("results"))
    monkeypatch.setattr(report_page, "write_report", lambda folder, processes, focus: f"{folder} {focus}")
    monkeypatch.setattr(explore, "explore", lambda save_to, *, browser, port: None)
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
_SMALL_SWEEP = (
    *_SMALL, "experiment.replicates=2", "experiment.auto.least=5", "experiment.auto.batch=5", "experiment.auto.most=5",
    "runner.processes=0", "output.figures=false",
)  # fmt: skip


def _with(words: list[str], others: Sequence[str]) -> list[str]:
    """The words of a command with other values laid over them; replicates until narrow enough stay so."""
    others = [word for word in others if word != "experiment.replicates=2" or "experiment.replicates=auto" not in words]
    keys = {word.partition("=")[0] for word in others}
    return [word for word in words if word.partition("=")[0] not in keys] + others


@pytest.mark.slow
@pytest.mark.parametrize(("page", "command"), _commands())
def test_commands_run(page: str, command: str, user_folder: Path) -> None:
    """Every command that a page shows does its work, in a small world and a short time."""
    from ecosim.cli import main

    _, *words = shlex.split(command)
    words = _prepared(words)
    if _needs_a_file_of_the_user(words):
        pytest.skip("names a file of the reader")
    if any(runner in word for word in words for runner in ("slurm", "dask", "launcher")):
        pytest.skip("needs a cluster: see tests/lab/test_runner.py, tests/lab/test_slurm.py and tests/test_hydra.py")
    if words[0] == "explore" and "--save" not in words:
        pytest.skip("ends when it is interrupted: see tests/page/")
    if words[0] == "run" and not {"--cfg", "--info"} & set(words):
        # a short run has other months
        named = any(word.startswith("output.network=") for word in words)
        words = _with(words, [*_SMALL, *(["output.network=[2013-06,2016-01]"] if named else [])])
    elif words[0] == "sweep":
        words = [word for word in words if word != "runner.dry_run=true"]
        laid = any(re.fullmatch(r"experiment\.points=\d+", word) for word in words)
        words = _with(words, [*_SMALL_SWEEP, *(["experiment.points=2"] if laid else [])])
    elif words[0] == "brief":
        # the world at large is larger for its scale, and has small countries that are not there at a smaller one
        scale = "world.scale=0.01" if "world=global" in words else "world.scale=0.005"
        words = _with(words, [*_SMALL[1:], scale, "replicates=2", "partners=1", "runner.processes=0"])
    elif words[0] == "atlas":
        named = [word for word in words if word.startswith(("countries=", "focus="))] or ["countries=[DEU]"]
        small = ["replicates=2", "partners=1", "blocs=[efta]", "own_eur=0", "runner.processes=0", *named]
        words = _with(words, [*_SMALL[1:], "world.scale=0.005", *small])
    elif words[0] == "validate":
        windows = "validate.windows=1" if "shocks" in words else "validate.windows=2"
        words += ["world.scale=0.01", windows, "runner.processes=0", "timeline.burn_in_months=24"]
    elif words[0] == "report":
        # it draws the newest results there are
        assert main(["run", "world=classroom", "shocks=[diplomatic_rupture]", *_with([], _SMALL)]) == 0
    assert main(words) in (0, None)


def test_the_scenario_file_of_readme_is_valid(tmp_path: Path) -> None:
    from ecosim.scenario import Scenario

    (text,) = [block for page, block in _blocks("yaml") if page == "README.md"]
    assert Scenario(**yaml.safe_load(text)).shocks["programme_exclusion"].targets == ("CHE",)


def test_links_lead_somewhere() -> None:
    others = [ROOT / "docs" / name for name in ("ODD.md", "HANDLES.md", "HEALTH.md")]
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", *others]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", _read(page)):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
