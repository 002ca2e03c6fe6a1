#!/usr/bin/env python
"""Build ``ecosim/world/data/targets.csv``: the patterns of Horizon 2020, 2014-2016, and the role of each.

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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from build_world import DEFAULT_OUT, index_of

from ecosim.analysis.validation import fit_gravity, role_of
from ecosim.outcomes.patterns import between, collaborative, flat, funded_pairs, measure, read_participations
from ecosim.scenario import WorldConfig
from ecosim.world import load_world

WINDOW = ("2014-01", "2016-12")
SNAPSHOT = "2016-06-01"
H2020 = "CORDIS H2020 December 2020"


def rows_of(raw: Path) -> list[tuple[str, str, str, str, str]]:
    """Pattern, place in it, value, role, source."""
    table = between(collaborative(read_participations(raw / "h2020_participations_2014_2016.csv.gz")), *WINDOW)
    measured = measure(table, SNAPSHOT)
    rows = []
    for name, value in flat(measured).items():
        pattern, _, place = name.partition("[")
        rows.append((pattern, place.rstrip("]"), f"{value:.6g}", role_of(name, 2016), H2020))
    world = load_world(WorldConfig(preset="europe"))
    fit = fit_gravity(funded_pairs(table, world.cordis_codes), world)
    rows.append(("funded_distance_slope", "", f"{fit.slope:.6g}", "fitted", f"{H2020}; Poisson fit"))
    rows.append(("funded_border_effect", "", f"{fit.border:.6g}", "fitted", f"{H2020}; Poisson fit"))
    joint = 0.5 * (world.copublications + world.copublications.T).astype(np.float64)
    fit = fit_gravity(joint, world, own_pairs=False)
    rows.append(("unfunded_distance_slope", "", f"{fit.slope:.6g}", "input", "OpenAlex 2009-2013; Poisson fit"))
    for part, values in measured["by_part"].items():
        rows += [(f"part:{part or 'none'}", name, f"{value:.6g}", "input", H2020) for name, value in values.items()]
    return rows


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", type=Path, required=True, help="folder of the publisher's file")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="where the table goes")
    arguments = parser.parse_args()
    with (arguments.out / "targets.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("pattern", "place", "value", "role", "source"))
        writer.writerows(rows_of(arguments.raw))
    index = json.dumps(index_of(arguments.out), indent=1, sort_keys=True) + "\n"
    (arguments.out / "index.json").write_text(index, encoding="utf-8")


if __name__ == "__main__":
    main()
