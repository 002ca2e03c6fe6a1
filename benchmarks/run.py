"""Measure what ecosim promises about speed and memory: ``python -m benchmarks.run [names]``.

Every figure is a ratio measured in one run (or a peak), beside what it must hold. Exits with 1 if one does not.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import front, lab, memory, page, speed
from benchmarks.measuring import Result

LATEST = Path(__file__).with_name("latest.json")

#: What can be asked for, quickest first.
BENCHMARKS: dict[str, Callable[[], list[Result]]] = {
    "front": front.answers,
    "country": speed.country_level,
    "forks": speed.forks,
    "flat": memory.flat,
    "steps": speed.steps,
    "funded_steps": speed.funded_steps,
    "stage_steps": speed.stage_steps,
    "peak": memory.peak,
    "million": memory.million,
    "hydra": lab.hydra,
    "many_runs": lab.many_runs,
    "batch_run": lab.batch_runner,
    "overhead": lab.overhead,
    "two_processes": lab.two_processes,
    "estimate": lab.estimate,
    "page": page.page,
    "report": lab.report,
}


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks named, or all; print and keep their results."""
    unknown = [name for name in arguments if name not in BENCHMARKS]
    if unknown or "--help" in arguments:
        print(f"usage: python -m benchmarks.run [{' | '.join(BENCHMARKS)} ...]", file=sys.stderr)
        return 2
    # A run of some benchmarks replaces their figures and keeps the others'.
    latest = json.loads(LATEST.read_text()) if LATEST.exists() else {}
    passed = True
    for name in arguments or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        started = time.perf_counter()
        results = BENCHMARKS[name]()
        for result in results:
            passed = passed and result.passed
            print(_line(result), flush=True)
            latest[result.name] = result.as_dict() | {
                "python": platform.python_version(),
                "machine": platform.machine(),
            }
        for key, value in results[0].details.items():
            print(f"      {key}: {value}")
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        LATEST.write_text(json.dumps(latest, indent=1) + "\n")
    return 0 if passed else 1


def _line(result: Result) -> str:
    verdict = "pass" if result.passed else "FAIL"
    unit = f" {result.unit}" if result.unit else ""
    return f"{verdict}  {result.measured:8.3f}{unit}  ({result.must_be} {result.limit:.3g}{unit})  {result.what}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
