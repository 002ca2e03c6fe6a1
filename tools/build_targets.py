#!/usr/bin/env python
"""Build ``targets.csv`` and ``null_models.csv`` in ``ecosim/world/data``.

The patterns of Horizon 2020, 2014-2016, with the role of each, and what the same table shows when its organisations are
shuffled over its seats (about three minutes).

    python tools/build_targets.py --raw FOLDER

``FOLDER`` holds the participation table named in ``docs/DATA.md``. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from build_world import DEFAULT_OUT, index_of

from ecosim.config.world import WorldConfig
from ecosim.evidence.nulls import NULLS, SHUFFLES, null_patterns, summarise
from ecosim.evidence.patterns import between, collaborative, measure, read_participations
from ecosim.evidence.validation import fit_gravity, has_row, measured, role_of
from ecosim.world import load_world
from ecosim.world.facts import World

WINDOW = ("2014-01", "2016-12")
H2020 = "CORDIS H2020 December 2020"
#: Rows that are a fit of counts by pairs of countries.
FITS = ("funded_distance_slope", "funded_border_effect")

TARGETS = ("pattern", "place", "value", "role", "source")
NULL_MODELS = ("pattern", "place", "null", "mean", "low", "high", "shuffles", "source")


def read_window(raw: Path) -> pd.DataFrame:
    """The collaborative projects of the window."""
    return between(collaborative(read_participations(raw / "h2020_participations_2014_2016.csv.gz")), *WINDOW)


def split(name: str) -> tuple[str, str]:
    """Pattern, and place in it."""
    pattern, _, place = name.partition("[")
    return pattern, place.rstrip("]")


def source_of(name: str) -> str:
    """Source of a row measured on the table."""
    return f"{H2020}; Poisson fit" if name in FITS else H2020


def target_rows(table: pd.DataFrame, world: World) -> list[tuple[str, ...]]:
    """Rows of ``targets.csv``."""
    rows: list[tuple[str, ...]] = [
        (*split(name), f"{value:.6g}", role_of(name, int(WINDOW[1][:4])), source_of(name))
        for name, value in measured(table, WINDOW[1], world).items()
        if has_row(name, value)
    ]
    joint = 0.5 * (world.copublications + world.copublications.T).astype(np.float64)
    fit = fit_gravity(joint, world, own_pairs=False)
    rows.append(("unfunded_distance_slope", "", f"{fit.slope:.6g}", "input", "OpenAlex 2009-2013; Poisson fit"))
    for part, values in measure(table)["by_part"].items():
        rows += [(f"part:{part or 'none'}", name, f"{value:.6g}", "input", H2020) for name, value in values.items()]
    return rows


def null_rows(table: pd.DataFrame, world: World, names: set[str]) -> list[tuple[str, ...]]:
    """Rows of ``null_models.csv`` for the patterns of the data that have a row."""
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in NULLS}
    for kind, tables in found.items():
        for number in range(SHUFFLES):
            tables.append(null_patterns(table, WINDOW[1], world, kind, number))
            print(f"{kind}: {number + 1} of {SHUFFLES} shuffles", file=sys.stderr, flush=True)
    return [
        (*split(name), null.kind, f"{null.mean:.6g}", f"{null.low:.6g}", f"{null.high:.6g}", str(SHUFFLES),
         source_of(name))
        for name, nulls in summarise(found).items()
        if name in names
        for null in nulls
    ]  # fmt: skip


def write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """One table, the same bytes on every system."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", type=Path, required=True, help="folder of the publisher's file")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="where the tables go")
    arguments = parser.parse_args()
    table, world = read_window(arguments.raw), load_world(WorldConfig(preset="europe"))
    targets = target_rows(table, world)
    names = {f"{pattern}[{place}]" if place else pattern for pattern, place, *_ in targets}
    write(arguments.out / "targets.csv", TARGETS, targets)
    write(arguments.out / "null_models.csv", NULL_MODELS, null_rows(table, world, names))
    index = json.dumps(index_of(arguments.out), indent=1, sort_keys=True) + "\n"
    (arguments.out / "index.json").write_text(index, encoding="utf-8")


if __name__ == "__main__":
    main()
