"""Exact numbers of small runs, so that no result changes unnoticed (``tools/update_baseline.py`` renews them)."""

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
    changed = TOOL.differences(KNOWN["runs"][name], TOOL.measure(TOOL.SCENARIOS[name]))
    assert not changed, "\n".join(
        ["results changed: if meant, run `python tools/update_baseline.py` and say why in the commit", *changed]
    )


def test_a_difference_has_the_name_of_its_column() -> None:
    before = {"effort": 1.0, "series": {"effort": "a", "effective_countries": "b", "gone": "c"}}
    now = {"effort": 1.0, "series": {"effort": "a", "effective_countries": "x", "new": "d"}}
    assert TOOL.differences(before, before) == []
    assert TOOL.differences(before, now) == [
        "series.effective_countries: b -> x",
        "series.gone: c -> None",
        "series.new: None -> d",
    ]
