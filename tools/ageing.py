"""How a simulated network ages: newcomers year by year, and rows that drift between an early and a late window.

    python tools/ageing.py                            # 20 seeds of Europe at full size, hours
    python tools/ageing.py --seeds 2 --scale 0.05     # to see that it works, and no more

Every world starts in 2006 without a shock. The early window is that of ``ecosim validate``, the late one lies four
years on. A year's newcomers are organisations of which no project started in an earlier simulated year. So the first
year counts none but newcomers, and is left out; the years of burn-in fall for the same reason, so the trend from the
opening of the programme on stands apart.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.evidence import patterns, validation
from ecosim.evidence.case_score import Estimate, jackknife
from ecosim.evidence.validation import number
from ecosim.lab.memory import free_bytes, needed_bytes, workers_that_fit
from ecosim.scenario import Scenario, with_overrides

if TYPE_CHECKING:
    import pandas as pd

START, FIRST_YEAR, LAST_YEAR = "2006-01", 2006, 2020
EARLY, LATE = (validation.OPENING, validation.CLOSING), ("2019-01", "2020-12")
#: Year in which the programme opens, after its predecessor.
OPENS = 2014
#: Drift from which on a row asks for a reason, as a share of its own level.
MOST_DRIFT = 0.15


@dataclass(frozen=True)
class Aged:
    """What one world shows."""

    early: dict[str, float]
    late: dict[str, float]
    #: Share of newcomers by year, from the second on.
    newcomers: tuple[float, ...]


@dataclass(frozen=True)
class Drift:
    """One row in both windows, means over worlds, and by how much of its own level it moves."""

    name: str
    early: float
    late: float
    change: Estimate


def world_of(seed: int, scale: float) -> Scenario:
    """A calm world that is watched to the end of the late window."""
    phases = validation.reaching(START, f"{EARLY[0][:4]}-01", LATE[1])
    return with_overrides(None, {**phases, "world.preset": "europe", "world.scale": scale, "seed": seed})


def aged(seed: int, scale: float) -> Aged:
    """Simulate one world and measure both windows."""
    from threadpoolctl import threadpool_limits

    from ecosim.model import Ecosystem

    with threadpool_limits(limits=1):
        scenario = world_of(seed, scale)
        model = Ecosystem(scenario)
        model.advance(validation.months_between(START, LATE[1]) + 1)
        table = patterns.collaborative(model.participations())
        early, late = (
            in_window(validation.measured(patterns.between(table, *window), window[1], model.setting.world), window)
            for window in (EARLY, LATE)
        )
    return Aged(early, late, tuple(newcomers(table, FIRST_YEAR, LAST_YEAR)[1:]))


def in_window(found: Mapping[str, float], window: tuple[str, str]) -> dict[str, float]:
    """The same rows with years counted from the window's opening, so that two windows can be set side by side."""
    first = int(window[0][:4])
    return {
        re.sub(r"\[(\d{4})\]$", lambda match: f"[year {int(match[1]) - first + 1}]", name): value
        for name, value in found.items()
    }


def newcomers(table: pd.DataFrame, first_year: int, last_year: int) -> list[float]:
    """Share of each year's organisations of which no project started in an earlier year; nan for a year without any."""
    year = table["start_date"].dt.year
    since = year.groupby(table["organisation"]).min()
    shares = []
    for when in range(first_year, last_year + 1):
        there = table.loc[year == when, "organisation"].unique()
        shares.append(float((since[there] == when).mean()) if len(there) else float("nan"))
    return shares


def trend(shares: Sequence[Sequence[float]]) -> tuple[Estimate, int]:
    """Change a year of the share of newcomers, over worlds, and in how many of them it falls."""
    slopes = np.array([np.polyfit(np.arange(len(one)), one, 1)[0] for one in shares])
    return jackknife(lambda places: float(slopes[places].mean()), len(slopes)), int((slopes < 0.0).sum())


def drifts(worlds: Sequence[Aged]) -> list[Drift]:
    """Every row that both windows of some world have (of countries the larger ones), by how much it moves."""
    names = dict.fromkeys(name for world in worlds for name in world.early)
    found = []
    for name in names:
        both = np.array([(world.early.get(name, np.nan), world.late.get(name, np.nan)) for world in worlds])
        both = both[np.isfinite(both).all(axis=1)]
        if not len(both) or not both[:, 0].mean() or not validation.has_row(name, both[:, 0].mean()):
            continue

        def change(places: Any, both: Any = both) -> float:
            early, late = both[places].mean(axis=0)
            return float((late - early) / abs(early)) if early else float("nan")

        early, late = both.mean(axis=0)
        found.append(Drift(name, float(early), float(late), jackknife(change, len(both))))
    return found


def text(worlds: Sequence[Aged], scale: float) -> str:
    """The table."""
    spans = {FIRST_YEAR + 1: 0, OPENS: OPENS - FIRST_YEAR - 1}
    trends = {year: trend([world.newcomers[place:] for world in worlds]) for year, place in spans.items()}
    by_year = np.nanmean([world.newcomers for world in worlds], axis=0)
    rows = drifts(worlds)
    moved = [row for row in rows if abs(row.change.value) > MOST_DRIFT]
    lead = [row for row in rows if row.name == validation.PREDECESSOR]
    lines = [
        f"{len(worlds)} worlds of europe at scale {scale:g}.",
        "",
        "newcomers, % of the year's organisations",
        "  " + "".join(f"{year:>6}" for year in range(FIRST_YEAR + 1, LAST_YEAR + 1)),
        "  " + "".join(f"{100 * share:>6.1f}" for share in by_year),
        *(
            f"  a year, {year} to {LAST_YEAR}: {_percent(slope, 2)} points; falls in {falling} of {len(worlds)}"
            for year, (slope, falling) in trends.items()
        ),
        "",
        f"rows that move by more than {100 * MOST_DRIFT:.0f} % from {EARLY[0]}..{EARLY[1]} to {LATE[0]}..{LATE[1]}: "
        f"{len(moved)} of {len(rows)}",
    ]
    lines += [
        f"  {row.name:<34} {number(row.early):>9} {number(row.late):>9}   {_percent(row.change, 0)} %"
        for row in [*moved, *(row for row in lead if row not in moved)]
    ]
    low, high = validation.PREDECESSOR_INTERVAL
    lines += [
        "",
        f"({validation.PREDECESSOR} always stands there; 95 % interval in the data {low:g} to {high:g}.",
        "In brackets: 95 % interval of the mean over worlds.)",
    ]
    return "\n".join(lines)


def _percent(value: Estimate, digits: int) -> str:
    shown = [f"{100.0 * part:+.{digits}f}" for part in (value.value, value.low, value.high)]
    return f"{shown[0]} ({shown[1]}..{shown[2]})"


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=303, help="others than those of fit and validation")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    each = needed_bytes(world_of(seeds[0], arguments.scale), measured=True)
    with ProcessPoolExecutor(workers_that_fit(arguments.processes, each, free_bytes())) as pool:
        worlds = list(pool.map(aged, seeds, [arguments.scale] * len(seeds)))
    print(text(worlds, arguments.scale))


if __name__ == "__main__":
    main()
