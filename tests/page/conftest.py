"""A shell of a few lines, a grid of a few made-up numbers, workers that are none, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ecosim.page import cells, save
from ecosim.page.cells import MONTHS, Runs
from ecosim.page.levers import Setting, branches
from tests.page.rooms import Room, entered, launched

SHELL = f"<!doctype html><title>ecosim</title>{save.PLACE}<p>page</p>"
#: The smallest setting that has all there is in it.
TINY = Setting(spread=2, cost=1, calls=1, draws=2, branches=3, coin_draws=0, replayed=1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for the file."""
    yield from launched()


@pytest.fixture
def room(browser: Any) -> Iterator[Room]:
    """A room in which nothing was asked of the network, and nothing failed."""
    yield from entered(browser)


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A placeholder for the built front end."""
    path = tmp_path / "shell.html"
    path.write_text(SHELL, encoding="utf-8")
    monkeypatch.setattr(save, "SHELL", path)
    return path


def made_up(labels: list[str], loss: dict[str, float], seed: int = 0, countries: int = 4) -> Runs:
    """Runs in which each branch loses a share of everything from the announcement on, and nothing comes back."""
    random = np.random.default_rng(seed)
    calm = 50.0 + random.random((3, MONTHS))
    calm[2] = 8.0
    months, rows, kept = [], [], []
    size = 1.0 + random.random(countries)
    for label in ["twin", *labels]:
        share = np.where(np.arange(MONTHS) < cells.MONTHS_BEFORE, 1.0, 1.0 - loss.get(label, 0.0))
        months.append(calm * share)
        rows.append([1.0 - loss.get(label, 0.0), 1000.0 * (1.0 - loss.get(label, 0.0)), 8.0])
        kept.append(size * (1.0 - loss.get(label, 0.0)))
    joint = 1.0 + random.random((2, MONTHS))
    pairs = np.array([[0, 1], [1, 2]], np.int16)
    kept_pairs = {label: (pairs, joint * (1.0 - loss.get(label, 0.0))) for label in ["twin", *labels]}
    targets = ["", *(f"{label}: DEU" for label in labels)]
    return Runs(["twin", *labels], np.array(months), np.array(rows), np.array(kept), targets, kept_pairs)


@pytest.fixture
def tiny_grid() -> dict[str, Any]:
    """A packed grid of made-up histories."""
    from ecosim.page.grid import packed_grid

    labels = [branch.id for branch in branches(TINY.branches)]

    class Kept:
        class plan:  # noqa: N801
            reference_id, first_replicate, replicates = 0, 0, 2

        numbers = range(2)

        def runs(self, number: int) -> list[Runs]:
            loss = {label: 0.1 * k + 0.05 * number for k, label in enumerate(labels)}
            return [made_up(labels, loss, seed=k, countries=43) for k in range(2)]

    return {"made": "2026-11-27", "command": "python tools/page_grid.py --small", **packed_grid(TINY, Kept())}
