#!/usr/bin/env python
"""Set the fitted parameters by simulated moments, once, and record how.

    python tools/calibrate.py --out results/calibration [--windows 1] [--scale 1] [--rounds 2] [--steps 4] [--seed 1]

Writes ``evaluations.csv`` (every point simulated), ``calibration.json`` (settings, moments, best point, before and
after, identifiability) and prints the suggestion. Nothing in the package is changed.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.evidence import validation
from ecosim.evidence.calibration import PARAMETERS, PROPENSITY, Calibration, Evaluation, identifiability
from ecosim.scenario import Scenario, with_overrides
from ecosim.version import __version__


def simulator(arguments: argparse.Namespace) -> Any:
    """Patterns at a point: the mean over windows with fixed seeds, the same for all points."""
    phases = validation.reaching("2006-01", "2014-01", validation.CLOSING)

    def simulate(overrides: dict[str, Any]) -> dict[str, float]:
        windows = []
        for replicate in range(arguments.windows):
            scenario = with_overrides(
                None, {**phases, **overrides, **dict(arguments.set), "world.preset": "europe",
                       "world.scale": arguments.scale, "seed": arguments.seed, "replicate": replicate},
            )  # fmt: skip
            windows.append(validation.simulate_window(scenario)[0])
        return {name: float(np.mean([w.get(name, np.nan) for w in windows])) for name in windows[0]}

    return simulate


def default(key: str) -> Any:
    """Default of a dotted key."""
    value: Any = Scenario()
    for part in key.split("."):
        value = getattr(value, part)
    return value


def pair(text: str) -> tuple[str, float]:
    """KEY=NUMBER."""
    key, _, value = text.partition("=")
    return key, float(value)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the record")
    parser.add_argument("--windows", type=int, default=1, help="simulated windows per point")
    parser.add_argument("--scale", type=float, default=1.0, help="world.scale; moments move below 1")
    parser.add_argument("--rounds", type=int, default=2, help="alternations of propensities and least squares")
    parser.add_argument("--steps", type=int, default=4, help="steps of least squares in each round")
    parser.add_argument("--seed", type=int, default=1, help="seed of the windows")
    parser.add_argument("--set", type=pair, action="append", default=[], help="KEY=NUMBER held fixed otherwise")
    parser.add_argument("--no-profile", action="store_true", help="skip the profile around the best point")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    targets = validation.load_targets()
    with (arguments.out / "evaluations.csv").open("w", encoding="utf-8", newline="") as stream:
        writer: Any = None

        def record(evaluation: Evaluation) -> None:
            nonlocal writer
            row = {"stage": evaluation.stage, "objective": round(evaluation.objective, 4)}
            row |= {key.rpartition(".")[2]: round(value, 5) for key, value in evaluation.values.items()}
            row |= {"propensity": " ".join(f"{p:.3f}" for p in evaluation.propensity)}
            row |= {name: round(value, 5) for name, value in sorted(evaluation.moments.items())}
            if writer is None:
                writer = csv.DictWriter(stream, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            stream.flush()
            print(f"{evaluation.stage}: objective {evaluation.objective:.2f}", file=sys.stderr, flush=True)

        first = {key: default(key) for key in (*PARAMETERS, PROPENSITY)} | {
            key: value for key, value in arguments.set if key in PARAMETERS
        }
        arguments.set = [(key, value) for key, value in arguments.set if key not in PARAMETERS]
        calibration = Calibration(simulator(arguments), targets, first, record)
        best = calibration.run(arguments.rounds, arguments.steps)
        identified = identifiability(calibration, best)
        if not arguments.no_profile:
            calibration.profile(best)
        before, after = calibration.evaluations[0], calibration.evaluate(best, "best")
    record_of = {
        "version": __version__,
        "settings": {k: (str(v) if isinstance(v, Path) else v) for k, v in vars(arguments).items()},
        "objective": "sum over fitted patterns of squared log deviations in units of 0.1, plus a ridge to first values",
        "optimiser": "scipy.optimize.least_squares (trf), one-sided differences; propensities by fixed point",
        "moments": [dataclasses.asdict(moment) for moment in calibration.moments],
        "before": dataclasses.asdict(before),
        "after": dataclasses.asdict(after),
        "identifiability": [dataclasses.asdict(item) | {"identified": item.identified} for item in identified],
        "evaluations": len(calibration.evaluations),
        "seconds": round(time.perf_counter() - started),
    }
    (arguments.out / "calibration.json").write_text(json.dumps(record_of, indent=1) + "\n", encoding="utf-8")
    print(f"objective {before.objective:.2f} -> {after.objective:.2f} in {len(calibration.evaluations)} evaluations")
    for item in identified:
        word = "identified" if item.identified else "NOT identified"
        print(f"{item.name} = {item.value:.4g} (+- {item.alone:.2g} alone, {item.jointly:.2g} jointly): {word}")
    print(f"{PROPENSITY} = {[round(p, 3) for p in after.propensity]}")
    for moment in calibration.moments:
        old, new = before.moments[moment.name], after.moments[moment.name]
        print(f"{moment.name}: data {moment.data:.4g}, before {old:.4g}, after {new:.4g}")


if __name__ == "__main__":
    main()
