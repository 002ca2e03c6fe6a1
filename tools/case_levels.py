#!/usr/bin/env python
"""Print the shares of the cases' countries in 2015 and 2016, by what is counted.

    python tools/case_levels.py --raw FOLDER

``FOLDER`` holds the participation table named in ``docs/DATA.md``. The last block is how ecosim counts: it stands in
the cases that ship as ``as_counted``. The first is how their published tables count, and the second how the Swiss one
counts participations without money.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.evidence.case_windows import shares_by_start_year
from ecosim.evidence.patterns import collaborative, read_participations

COUNTRIES = ("UK", "CH")
YEARS = (2015, 2016)


def counts(whole: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The table by what of it counts."""
    dated = whole.dropna(subset=["start_date"]).drop_duplicates(["project", "organisation"])
    size = dated.groupby("project")["organisation"].transform("size")
    return {
        "all parts, any size": dated,
        "all parts, two organisations or more": dated[size >= 2],
        "three organisations or more, without MSCA and ERC": collaborative(whole),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", type=Path, required=True, help="folder of the publisher's file")
    whole = read_participations(parser.parse_args().raw / "h2020_participations_2014_2016.csv.gz")
    for label, table in counts(whole).items():
        print(label)
        for what, shares in shares_by_start_year(table, YEARS).items():
            cells = (f"{country} {year}: {shares[country, year]:6.2f}" for country in COUNTRIES for year in YEARS)
            print(f"  {what:<20}" + "   ".join(cells))


if __name__ == "__main__":
    main()
