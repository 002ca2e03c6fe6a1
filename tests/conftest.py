"""Settings of all tests: property tests ask the same questions in every run, however slow the machine.

Those marked ``slow`` set ``derandomize=False`` and look for new ones.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("ecosim", deadline=None, derandomize=True)
settings.load_profile("ecosim")


@pytest.fixture(scope="session", autouse=True)
def _garbage() -> Iterator[None]:
    """The command `report` leaves garbage to the end of its process; this process goes on after it."""
    yield
    atexit.unregister(gc.freeze)
