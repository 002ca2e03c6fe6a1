"""Settings of all tests: property tests ask the same questions in every run, however slow the machine.

Those marked ``slow`` set ``derandomize=False`` and look for new ones.
"""

from __future__ import annotations

import atexit
import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import own

settings.register_profile("ecosim", deadline=None, derandomize=True)
settings.load_profile("ecosim")


_OWN: pytest.StashKey[dict[str, type]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name files of the user's own."""
    parser.addoption(
        "--own", action="append", default=[], metavar="FILE",
        help="ask the contract tests of the shocks, instruments, decisions and funders in this file, and no other test",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Register what the files of ``--own`` hold, before any test is collected."""
    if files := config.getoption("--own"):
        config.stash[_OWN] = own.load(files)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With ``--own``, look only where contracts are asked."""
    return (_OWN in config.stash and own.elsewhere(collection_path, Path(__file__).parent)) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--own``, keep the tests that ask these kinds."""
    if (kinds := config.stash.get(_OWN, None)) is not None:
        others = [item for item in items if not own.is_about(item, kinds)]
        items[:] = [item for item in items if own.is_about(item, kinds)]
        config.hook.pytest_deselected(items=others)


_WARM = """
from ecosim import kernels
if not kernels.compiled_before():
    from ecosim.lab.runner import warm_kernels
    warm_kernels()
"""


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile once before the processes start that share the tests, if all tests run: each would compile everything."""
    config = session.config
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if everything and not hasattr(config, "workerinput") and getattr(config.option, "numprocesses", None):
        subprocess.run([sys.executable, "-c", _WARM], check=True)


@pytest.fixture(scope="session", autouse=True)
def _garbage() -> Iterator[None]:
    """The command `report` leaves garbage to the end of its process; this process goes on after it."""
    yield
    atexit.unregister(gc.freeze)


@pytest.fixture(autouse=True)
def _the_model_is_the_real_one() -> Iterator[None]:
    """A test that leaves a stand-in for the model behind fails itself, and no other after it."""
    before = sys.modules.get("ecosim.model")
    yield
    after = sys.modules.get("ecosim.model")
    if after is not None and after is not before and not getattr(after, "__file__", None):
        sys.modules.pop("ecosim.model")
        if before is not None:
            sys.modules["ecosim.model"] = before
        pytest.fail("this test left a stand-in for ecosim.model behind")
