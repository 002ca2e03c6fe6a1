"""Models in a world of one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import ecosim.setting
from ecosim.world.facts import World


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], None]:
    """Let the models of a test be built in the world it gives."""
    return lambda world: monkeypatch.setattr(ecosim.setting, "load_world", lambda config: world)
