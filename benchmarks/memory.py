"""How much memory a large run takes, and whether many small ones leave any behind."""

from __future__ import annotations

import gc
import resource
import sys
import weakref
from pathlib import Path
from typing import Any

from benchmarks.measuring import Result, in_new_process

MIB = 1024.0**2


def _status(field: str) -> float | None:
    """A field of this process's status in bytes, where the system keeps one."""
    path = Path("/proc/self/status")
    if not path.exists():
        return None
    line = next(line for line in path.read_text().splitlines() if line.startswith(f"{field}:"))
    return float(line.split()[1]) * 1024.0


def peak_bytes() -> float:
    """Largest resident memory so far.

    ``ru_maxrss`` of a new process starts, on Linux, from what its parent held; the peak of its own image does not.
    """
    own = _status("VmHWM")
    if own is not None:
        return own
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)


def large_run(organisations: int = 100_000) -> dict[str, Any]:
    """Simulate 120 months that end with so many organisations present; runs in a process of its own."""
    from benchmarks.measuring import scale_for
    from ecosim.model import Ecosystem
    from ecosim.scenario import with_overrides

    imported = peak_bytes()
    model = Ecosystem(with_overrides(None, {"world.scale": scale_for(organisations, 119)})).advance(120)
    return {
        "peak_gib": round(peak_bytes() / MIB / 1024.0, 3),
        "after_import_gib": round(imported / MIB / 1024.0, 3),
        "organisations": int(model.state.organisations["present"].sum()),
        "partnerships_ever": model.state.register.n,
        "months": model.month,
    }


def small_runs() -> dict[str, Any]:
    """Run 100 small models one after the other, agents looked at; runs in a process of its own."""
    import mesa

    from ecosim.model import Ecosystem

    resident, alive = [], []
    for seed in range(100):
        model = Ecosystem(**{"world.preset": "classroom", "world.scale": 0.02, "seed": seed})
        model.advance(24)
        len(model.agents)  # agents exist once looked at, and Mesa keeps books on them
        alive.append(weakref.ref(model))
        del model
        gc.collect()
        resident.append(_status("VmRSS") or peak_bytes())
    return {
        "mesa": mesa.__version__,
        "resident_mib_after_10": round(resident[9] / MIB, 1),
        "resident_mib_after_100": round(resident[99] / MIB, 1),
        "kib_per_run": round((resident[99] - resident[9]) / 90 / 1024.0, 1),
        "models_still_alive": sum(reference() is not None for reference in alive),
    }


def peak() -> list[Result]:
    """Peak memory of 100,000 organisations over 120 months."""
    details = in_new_process("benchmarks.memory:large_run")
    what = "peak memory of 100,000 organisations over 120 months"
    return [Result("peak", what, details["peak_gib"], "at most", 1.5, "GiB", details)]


def million_run() -> dict[str, Any]:
    """Like :func:`large_run`, with a million organisations."""
    return large_run(1_000_000)


def million() -> list[Result]:
    """Peak memory of a million organisations over 120 months."""
    details = in_new_process("benchmarks.memory:million_run")
    what = "peak memory of a million organisations over 120 months"
    return [Result("million", what, details["peak_gib"], "at most", 3.0, "GiB", details)]


def flat() -> list[Result]:
    """Memory left behind by serial runs."""
    details = in_new_process("benchmarks.memory:small_runs")
    growth = details["resident_mib_after_100"] / details["resident_mib_after_10"]
    return [
        Result(
            "flat", "resident memory after 100 serial runs over that after 10", growth, "at most", 1.05, "x", details
        ),
        Result(
            "alive",
            "models still alive after 100 serial runs",
            details["models_still_alive"],
            "at most",
            1,
            "",
            details,
        ),
    ]
