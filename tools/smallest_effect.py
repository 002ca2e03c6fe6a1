"""Print the smallest effects of interest that a reference run gives, to paste into the experiment's file.

    python tools/smallest_effect.py results/headline_reference/...

A tenth of what each shock takes from the reference policy, at least a quarter of a point. Reads ``summary.csv`` alone,
so that a folder which keeps only its small tables is enough.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from ecosim.analysis.contrasts import MEASURES
from ecosim.analysis.smallest import as_yaml, smallest_effects
from ecosim.errors import InputError


def main(arguments: list[str] | None = None) -> int:
    """Read a folder of results and print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of a finished sweep")
    parser.add_argument("--measures", nargs="+", default=[*MEASURES], metavar="MEASURE", help="by default all of them")
    options = parser.parse_args(arguments)
    try:
        sys.stdout.write(lines_of(options.folder, options.measures))
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def lines_of(folder: Path, measures: list[str]) -> str:
    """What is to be pasted.

    Raises
    ------
    InputError
        If the folder has no summary, a measure is unknown, or no shock acted.
    """
    path = folder / "summary.csv"
    for name in measures:
        if name not in MEASURES:
            raise InputError("--measures", name, problem="no such measure of a contrast", allowed=", ".join(MEASURES))
    try:
        summary = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError("folder", str(folder), problem=f"has no readable summary.csv ({error})") from None
    if not {"shock", "reference"} <= set(summary):
        raise InputError("folder", str(folder), problem="has a summary.csv that was not written by a sweep")
    found = smallest_effects(summary, {name: MEASURES[name][2] for name in measures})
    if not found:
        raise InputError("folder", str(folder), problem="holds no shock that met the reference policy")
    return as_yaml(found)


if __name__ == "__main__":
    raise SystemExit(main())
