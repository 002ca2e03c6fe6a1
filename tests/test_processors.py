"""A lesser processor gives the same bytes.

NumPy, the linear algebra library and the C library choose their code by what the processor can do, and round as chosen.
A child process is told that this processor can do little; every column of its runs must be the same.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_baseline import TOOL

REPOSITORY = Path(__file__).parents[1]
#: What NumPy has code for, beyond what it needs to start, and what of it this processor can do.
FEATURES = """
import json
try:
    from numpy._core import _multiarray_umath as module
except ImportError:
    from numpy.core import _multiarray_umath as module
print(json.dumps([name for name in module.__cpu_dispatch__ if module.__cpu_features__.get(name)]))
"""


def child(*command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def here() -> dict[str, Any]:
    """What this process measures, having been through the same file format as what a child measures."""
    runs = {name: TOOL.measure(scenario) for name, scenario in TOOL.SCENARIOS.items()}
    return json.loads(json.dumps(runs))


def measured_with(**environment: str) -> dict[str, Any]:
    return json.loads(child(str(REPOSITORY / "tools" / "update_baseline.py"), "--print", **environment))["runs"]


def test_libraries_that_may_use_less_of_the_processor_give_the_same_bytes(here: dict[str, Any]) -> None:
    features = json.loads(child("-c", FEATURES))
    if not features:
        pytest.skip("NumPy has no code for more than the least processor, or this is one")
    lesser = {
        "NPY_DISABLE_CPU_FEATURES": " ".join(features),
        # the C library without fused multiply-add; no other C library reads this
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4",
    }
    if platform.machine() in ("x86_64", "AMD64"):
        lesser["OPENBLAS_CORETYPE"] = "Nehalem"
    # else the rest would compare a processor with itself
    assert json.loads(child("-c", FEATURES, **lesser)) == []
    changed = TOOL.differences(here, measured_with(**lesser))
    assert not changed, "\n".join(changed)


@pytest.mark.slow
def test_kernels_compiled_for_the_least_processor_give_the_same_bytes(here: dict[str, Any], tmp_path: Path) -> None:
    generic = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "ECOSIM_CACHE_DIR": str(tmp_path)}
    target = child("-c", "import numba; print(numba.config.CPU_NAME, repr(numba.config.CPU_FEATURES))", **generic)
    assert target.split() == ["generic", "''"]
    changed = TOOL.differences(here, measured_with(**generic))
    assert not changed, "\n".join(changed)
