#!/usr/bin/env python
"""Find the points of the free parameters that the fitted rows do not rule out, and record how.

    python tools/calibrate.py --out FOLDER [--waves 64,64] [--windows 2] [--processes 2] [--seed 20261126]
                              [--learned POINTS --wide 4.5]

Simulates waves of points at full size (about twenty seconds a window and processor), each wave but the first drawn from
what the ones before do not rule out. ``points.jsonl`` in FOLDER holds every window: the same command goes on where it
was stopped. With ``--learned``, points of another form of the model say where the first wave is: where its emulators
rule out no more than ``--wide``, which is more than the three of a form of its own.

Then it writes ``evaluations.csv`` (points and rows), ``calibration.json`` (settings, rows, emulators' errors, what is
left of each parameter) and ``accepted.csv``, to be copied to ``ecosim/config``; the first of its points is the nearest
to the data, to which the defaults of the schema are to be set. Nothing in the package is changed.

Needs scikit-learn beside the test dependencies.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.evidence import validation
from ecosim.evidence.calibration import (
    BOX,
    PROPENSITY,
    RULED_OUT,
    TOLERANCE,
    Emulator,
    Simulated,
    accepted,
    design,
    distances,
    fitted_range,
    narrowed,
    next_propensity,
    noise_of,
    rows_of,
)
from ecosim.scenario import Scenario, with_overrides
from ecosim.version import __version__

#: Points of which the emulators judge, for each that is to be simulated.
_ASKED = 1 << 14
#: Nearest points whose coordinators say with which propensities the next wave leads.
_FOLLOWED = 8


@dataclasses.dataclass(frozen=True)
class Job:
    """One window of one point."""

    point: int
    unit: tuple[float, ...]
    propensity: tuple[float, ...]
    replicate: int


def window(job: Job) -> dict[str, Any]:
    """Simulate one window; windows of one number share their seed over all points."""
    values = {searched.key: searched.value(u) for searched, u in zip(BOX, job.unit, strict=True)}
    scenario = with_overrides(
        None,
        {**validation.reaching("2006-01", "2014-01", validation.CLOSING), **values, PROPENSITY: list(job.propensity),
         "world.preset": "europe", "world.scale": 1.0, "seed": 1, "replicate": job.replicate},
    )  # fmt: skip
    found, _ = validation.simulate_window(scenario)
    return dataclasses.asdict(job) | {"found": {name: float(v) for name, v in found.items() if np.isscalar(v)}}


def read(path: Path) -> list[dict[str, Any]]:
    """Windows simulated so far."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def simulate(jobs: Sequence[Job], path: Path, processes: int) -> None:
    """Simulate what is not there yet; each window is written when it is done."""
    done = {(row["point"], row["replicate"]) for row in read(path)}
    left = [job for job in jobs if (job.point, job.replicate) not in done]
    with ProcessPoolExecutor(processes) as workers, path.open("a", encoding="utf-8") as stream:
        for number, row in enumerate(workers.map(window, left), start=1):
            stream.write(json.dumps(row) + "\n")
            stream.flush()
            print(f"{number} of {len(left)} windows", file=sys.stderr, flush=True)


def points_of(rows: Sequence[dict[str, Any]]) -> dict[int, Simulated]:
    """Points by number, with their windows in order."""
    by_point: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["point"], row["replicate"])):
        by_point.setdefault(row["point"], []).append(row)
    return {
        number: Simulated(tuple(of[0]["unit"]), tuple(of[0]["propensity"]), tuple(row["found"] for row in of))
        for number, of in by_point.items()
    }


def not_ruled_out(emulator: Emulator, wanted: int, seed: int, most: float = RULED_OUT) -> tuple[np.ndarray, float]:
    """Points that the emulators do not rule out, and the share of the box that these are."""
    asked = design(_ASKED, seed)
    far = emulator.implausibility(asked)
    left = asked[far <= most]
    share = len(left) / len(asked)
    if len(left) < wanted:
        # The most that can be said: those that are nearest.
        left = asked[np.argsort(far)]
    return left[:wanted], share


def propensity_of(points: Sequence[Simulated], targets: dict[str, float]) -> tuple[float, ...]:
    """Propensities by type that would meet the shares of coordinators, on average over points."""
    bounds = fitted_range(PROPENSITY)
    names = [name for name in targets if name.startswith("coordinator_type_share")]
    followed = [
        next_propensity(point.propensity, {name: point.mean(name) for name in names}, targets, bounds)
        for point in points
    ]
    return tuple(float(np.mean(values)) for values in zip(*followed, strict=True))


def write_points(path: Path, points: Sequence[Simulated], targets: dict[str, float]) -> None:
    """One row per point: values by dotted key, propensities by element."""
    names = [searched.key for searched in BOX]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*names, *(f"{PROPENSITY}.{k}" for k in range(len(points[0].propensity)))])
        for point in points:
            values = [f"{point.values[name]:.5g}" for name in names]
            writer.writerow(values + [f"{p:.4g}" for p in propensity_of([point], targets)])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the record")
    parser.add_argument("--waves", default="64,64", help="points of each wave")
    parser.add_argument("--windows", type=int, default=2, help="simulated windows per point")
    parser.add_argument("--processes", type=int, default=2, help="windows simulated at once")
    parser.add_argument("--seed", type=int, default=20261126, help="seed of the designs")
    parser.add_argument("--learned", type=Path, help="points.jsonl of another form, to begin where it left off")
    parser.add_argument("--wide", type=float, default=4.5, help="standard deviations beyond which it rules out")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    path = given.out / "points.jsonl"
    loaded = validation.load_targets()
    targets, rows = {target.name: target.value for target in loaded}, rows_of(loaded)
    propensity = tuple(float(v) for v in Scenario().behaviour.search.coordinator_propensity)
    first, left = 0, 1.0
    for number, count in enumerate(int(text) for text in given.waves.split(",")):
        if number == 0 and given.learned:
            before = list(points_of(read(given.learned)).values())
            units, share = not_ruled_out(Emulator(before, rows), count, given.seed, given.wide)
            nearest = np.argsort(distances(before, rows), kind="stable")[:_FOLLOWED]
            propensity = propensity_of([before[k] for k in nearest], targets)
            print(f"wave 1: {share:.2%} of the box is not ruled out by another form", flush=True)
        elif number == 0:
            units = design(count, given.seed)
        else:
            # A wave follows from those before it alone, so that it is the same when it is gone on with.
            before = [point for k, point in points_of(read(path)).items() if k < first]
            units, left = not_ruled_out(Emulator(before, rows), count, given.seed + number)
            nearest = np.argsort(distances(before, rows), kind="stable")[:_FOLLOWED]
            propensity = propensity_of([before[k] for k in nearest], targets)
            print(f"wave {number + 1}: {left:.2%} of the box is not ruled out", flush=True)
        jobs = [
            Job(first + k, tuple(float(u) for u in unit), propensity, replicate)
            for k, unit in enumerate(units)
            for replicate in range(given.windows)
        ]
        simulate(jobs, path, given.processes)
        first += count
    points = list(points_of(read(path)).values())
    chosen = accepted(points, rows)
    noise, far = noise_of(points, rows), distances(points, rows)
    with (given.out / "evaluations.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["point", *(searched.name for searched in BOX), *rows, "implausibility"])
        for k, point in enumerate(points):
            values = [f"{point.values[searched.key]:.5g}" for searched in BOX]
            found = [f"{point.mean(name):.5g}" for name in rows]
            writer.writerow([k, *values, *found, f"{far[k]:.3g}"])
    write_points(given.out / "accepted.csv", chosen, targets)
    record = {
        "version": __version__,
        "settings": {key: value for key, value in vars(given).items() if key not in ("out", "learned")},
        "learned_from_another_form": given.learned is not None,
        "tolerance": TOLERANCE,
        "ruled_out": RULED_OUT,
        "rows": [
            {"name": name, "data": data, "noise": round(float(noise[k]), 5), "nearest": round(chosen[0].mean(name), 5),
             "lowest_accepted": round(min(point.mean(name) for point in chosen), 5),
             "highest_accepted": round(max(point.mean(name) for point in chosen), 5)}
            for k, (name, data) in enumerate(rows.items())
        ],
        "points": len(points),
        "accepted": len(chosen),
        "share_of_box_not_ruled_out": left,
        "narrowed": [dataclasses.asdict(item) for item in narrowed(chosen)],
        "seconds": round(time.perf_counter() - started),
    }  # fmt: skip
    (given.out / "calibration.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{len(chosen)} of {len(points)} points accepted")
    for item in narrowed(chosen):
        print(f"{item.key}: {item.low:.3g} to {item.high:.3g} ({item.share_left:.0%} of the range), "
              f"against {item.against} {item.correlation:+.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
