"""What every benchmark shares: a result, interleaved timing, worlds of a wanted size, fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Result:
    """One measured number beside the number it must hold."""

    name: str
    what: str
    measured: float
    must_be: Literal["at least", "at most"]
    limit: float
    unit: str = ""
    #: What the number came from.
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the number holds."""
        return self.measured >= self.limit if self.must_be == "at least" else self.measured <= self.limit

    def as_dict(self) -> dict[str, Any]:
        """For the file of latest results."""
        return asdict(self) | {"passed": self.passed}


def interleaved(
    actions: Sequence[Callable[[], object]], rounds: int, clock: Callable[[], float] = time.process_time
) -> list[list[float]]:
    """Seconds each action took, round by round: A B A B ..., so that a slow spell of the machine hits all alike.

    Parameters
    ----------
    actions : sequence of callable
        Called in turn.
    rounds : int
        How often.
    clock : callable
        Processor time of this process by default: what other programs take from a busy machine does not count.

    Returns
    -------
    list of list of float
        One list of ``rounds`` times per action.
    """
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, seconds in zip(actions, times, strict=True):
            started = clock()
            action()
            seconds.append(clock() - started)
    return times


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median over rounds of the ratio of two actions' times."""
    return median(a / b for a, b in zip(above, below, strict=True))


def scale_for(present: int, month: int, preset: str = "europe") -> float:
    """``world.scale`` at which about this many organisations are present in a month."""
    from ecosim.scenario import with_overrides
    from ecosim.setting import prepare

    trial = 0.05
    setting = prepare(with_overrides(None, {"world.preset": preset, "world.scale": trial}))
    there = int((setting.population.organisations["arrival_month"] <= month).sum())
    return trial * present / there


def in_new_process(function: str) -> dict[str, Any]:
    """Call ``module:function`` without arguments in a fresh interpreter; returns the mapping it returned."""
    module, name = function.split(":")
    code = f"import json; from {module} import {name}; print(json.dumps({name}()))"
    done = subprocess.run([sys.executable, "-c", code], **process_options(), check=True)
    return json.loads(done.stdout.splitlines()[-1])


def process_options() -> dict[str, Any]:
    """How subprocesses run: from the repository, with this package importable, output captured."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {"cwd": ROOT, "env": os.environ | {"PYTHONPATH": path}, "stdout": subprocess.PIPE, "text": True}
