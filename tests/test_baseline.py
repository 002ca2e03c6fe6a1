"""Exact numbers of three small runs, so that no result changes unnoticed (``tools/update_baseline.py`` renews them)."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest


def _tool() -> ModuleType:
    path = Path(__file__).parents[1] / "tools" / "update_baseline.py"
    spec = importlib.util.spec_from_file_location("update_baseline", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()
KNOWN = json.loads(TOOL.BASELINE.read_text(encoding="utf-8"))


def major(version: str) -> str:
    return version.partition(".")[0]


def same_machine() -> bool:
    """Whether exact numbers may be expected: a like processor, and no new major version of what does the arithmetic."""
    now, then = TOOL.versions(), KNOWN["versions"]
    like = all(major(now[name]) == major(then[name]) for name in ("numpy", "numba"))
    return like and now["machine"] == then["machine"]


def test_the_baseline_holds_a_run_for_every_scenario() -> None:
    assert KNOWN["runs"].keys() == TOOL.SCENARIOS.keys()


@pytest.mark.skipif(not same_machine(), reason="the baseline was measured with other versions or on another processor")
@pytest.mark.parametrize("name", TOOL.SCENARIOS)
def test_a_small_run_gives_exactly_the_numbers_of_the_baseline(name: str) -> None:
    assert TOOL.measure(TOOL.SCENARIOS[name]) == KNOWN["runs"][name], (
        "results changed: if that was meant, run `python tools/update_baseline.py` and say why in the commit"
    )
