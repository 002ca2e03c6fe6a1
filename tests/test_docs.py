"""What README and the how-tos show, works."""

from __future__ import annotations

import re
import shlex
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


def _commands() -> list[str]:
    text = (ROOT / "README.md").read_text()
    return [
        line.split("#")[0].strip()
        for block in re.findall(r"```\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("ecosim ") and "--from" not in line
    ]


@pytest.mark.parametrize("command", _commands())
def test_commands_compose(command: str, tmp_path: Path) -> None:
    """Every command of README is accepted; it is planned, not run."""
    from ecosim.cli import main

    _, verb, *arguments = shlex.split(command)
    if verb in ("run", "sweep"):
        arguments += ["runner.dry_run=true", f"output.folder={tmp_path}"]
    elif verb != "list":
        arguments = ["--help"]
    assert main([verb, *arguments]) in (0, None)


def test_the_scenario_file_of_readme_is_valid(tmp_path: Path) -> None:
    from ecosim.scenario import Scenario

    (text,) = re.findall(r"```yaml\n# swiss.yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert Scenario(**yaml.safe_load(text)).shocks["programme_exclusion"].targets == ("CHE",)


def test_links_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "docs" / "ODD.md", ROOT / "docs" / "HANDLES.md"]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
