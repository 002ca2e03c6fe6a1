"""Print the smallest effects of interest that a reference run gives, to paste into the experiment's file.

    python tools/smallest_effect.py results/headline_reference/...

A tenth of what each shock takes from the reference policy, at least a quarter of a point, of the measures that the
experiment contrasts. Reads ``summary.csv`` and ``contrasts.csv`` alone, so that a folder which keeps only its small
tables is enough.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ecosim.analysis.naming import CONTRASTED, check_measure
from ecosim.analysis.resilience import PRIMARY_MEASURES
from ecosim.analysis.smallest import as_yaml, smallest_effects
from ecosim.errors import InputError
from ecosim.report.csvs import read_csv


def main(arguments: list[str] | None = None) -> int:
    """Read a folder of results and print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of a finished sweep")
    parser.add_argument("--measures", nargs="+", metavar="MEASURE", help="by default those the experiment contrasts")
    options = parser.parse_args(arguments)
    try:
        sys.stdout.write(lines_of(options.folder, options.measures))
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def lines_of(folder: Path, measures: list[str] | None = None) -> str:
    """What is to be pasted.

    Parameters
    ----------
    folder : Path
        Folder of results.
    measures : list of str, optional
        Measures looked at; those in ``contrasts.csv`` by default, and the primary ones where there is none.

    Raises
    ------
    InputError
        If the folder has no summary, a measure is unknown, or no shock acted.
    """
    path = folder / "summary.csv"
    for name in measures or ():
        check_measure("--measures", name, contrasted=True)
    try:
        summary = read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError("folder", str(folder), problem=f"has no readable summary.csv ({error})") from None
    if not {"shock", "reference"} <= set(summary):
        raise InputError("folder", str(folder), problem="has a summary.csv that was not written by a sweep")
    chosen = measures or contrasted_in(folder)
    found = smallest_effects(summary, {name: CONTRASTED[name][2] for name in chosen})
    if not found:
        raise InputError("folder", str(folder), problem="holds no shock that met the reference policy")
    return as_yaml(found)


def contrasted_in(folder: Path) -> list[str]:
    """Measures in a folder's ``contrasts.csv``; the primary ones without any."""
    path = folder / "contrasts.csv"
    named: list[object] = [*read_csv(path)["measure"].unique()] if path.is_file() else []
    return [str(name) for name in named if name in CONTRASTED] or [*PRIMARY_MEASURES]


if __name__ == "__main__":
    raise SystemExit(main())
