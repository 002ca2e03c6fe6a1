"""The notebook for analysts runs, and everything it names exists."""

from __future__ import annotations

import ast
import builtins
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.ipynb"
NOTEBOOK: dict[str, Any] = json.loads(PAGE.read_text(encoding="utf-8"))
CODE = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def test_no_outputs_are_kept() -> None:
    """They would grow old unseen, and are made anew in a minute."""
    for cell in NOTEBOOK["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_code_uses_only_what_exists() -> None:
    """Every name was made in a cell before or imported, and every `module.name` is there; nothing is run."""
    known: set[str] = set(dir(builtins))
    modules: dict[str, Any] = {}
    for code in CODE:
        tree = ast.parse(code)
        compile(tree, PAGE.name, "exec")
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    modules[name.asname or name.name] = importlib.import_module(name.name)
                    known.add(name.asname or name.name)
            elif isinstance(node, ast.ImportFrom):
                for name in node.names:
                    assert hasattr(importlib.import_module(str(node.module)), name.name)
                    known.add(name.asname or name.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                known.add(node.id)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                assert node.id in known, node.id
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                assert hasattr(modules[node.value.id], node.attr), f"{node.value.id}.{node.attr}"


def test_scenarios_of_the_notebook_are_valid() -> None:
    """The overrides that stand in the cells are composed; nothing is simulated."""
    import ecosim

    names: dict[str, Any] = {}
    exec(next(line for line in "\n".join(CODE).splitlines() if line.startswith("small = ")), names)
    for more in ((), ("programme=observed",), ("programme=narrow",), ("mechanisms.substitution=false",)):
        assert all(any(f"{word.split('=')[0]}=" in code for code in CODE) for word in more)
        assert ecosim.compose(*names["small"], "shocks=[diplomatic_rupture]", *more).timeline.response_months == 24


def test_links_lead_somewhere() -> None:
    import re

    for cell in NOTEBOOK["cells"]:
        for target in re.findall(r"\]\(([^)#]+)\)", "".join(cell["source"])):
            assert (PAGE.parent / target).exists(), target


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(PAGE, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    said = "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream"
    )
    assert "largest difference before the shock: 0.0" in said
    assert "interval of the mean" in said
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 2
