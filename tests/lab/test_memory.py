"""What a window takes in memory, what there is, and how many workers fit."""

from __future__ import annotations

import sys

import pytest

from ecosim.lab import memory
from ecosim.lab.compose import compose
from ecosim.lab.memory import GIB, needed_bytes, said, workers_that_fit


def test_larger_and_longer_worlds_need_more() -> None:
    small, large = compose("world.scale=0.1"), compose("world.scale=1")
    longer = compose("world.scale=1", "timeline.response_months=300")
    assert needed_bytes(small) < needed_bytes(large) < needed_bytes(longer)
    assert needed_bytes(large) < needed_bytes(large, worlds=2)
    assert needed_bytes(large) < needed_bytes(large, measured=True)
    # entrants, and all who could be funded, take room too
    assert needed_bytes(large) < needed_bytes(compose("world.scale=1", "world.pool_factor=2"))


@pytest.mark.parametrize(
    ("wanted", "each", "free", "fitting"),
    [(4, GIB, None, 4), (4, GIB, 100 * GIB, 4), (4, GIB, int(3.4 * GIB), 3), (4, GIB, GIB // 4, 1),
     (1, GIB, 9 * GIB, 1)],
)  # fmt: skip
def test_no_more_workers_than_fit(wanted: int, each: int, free: int | None, fitting: int) -> None:
    assert workers_that_fit(wanted, each, free) == fitting


def test_the_line_says_what_and_how_many() -> None:
    assert said(GIB, 2, 2, 9 * GIB) == "Memory: about 1.0 GiB a window, 9.0 GiB free; 2 at once."
    assert said(GIB, 1, 4, 2 * GIB).endswith("2.0 GiB free: 1 worker instead of 4.")
    assert "may not be enough" in said(GIB, 1, 4, GIB // 2)
    assert said(GIB, 4, 4, None) == "Memory: about 1.0 GiB a window."


def test_a_container_with_less_than_the_machine_counts(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_of_container", lambda: 3 * GIB)
    monkeypatch.setattr(memory, "_of_system", lambda: 9 * GIB)
    assert memory.free_bytes() == 3 * GIB
    monkeypatch.setattr(memory, "_of_container", lambda: None)
    assert memory.free_bytes() == 9 * GIB


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_system_says_what_is_free() -> None:
    free = memory.free_bytes()
    assert free is not None
    assert free > 0
