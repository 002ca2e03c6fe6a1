"""Models in a world of one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import ecosim.partnerships.register
import ecosim.setting
from ecosim.world.facts import World
from ecosim.world.presets import frozen


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], None]:
    """Let the models of a test be built in the world it gives."""
    return lambda world: monkeypatch.setattr(ecosim.setting, "load_world", lambda config: frozen(world))


@pytest.fixture(autouse=True)
def _every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the rows of unfunded work that is over, for tests that count them; dropping them changes no outcome."""
    monkeypatch.setattr(ecosim.partnerships.register, "DROPPED_TOGETHER", 1 << 60)
