"""Make the page's grid: every policy, branch and draw through the lab, then packed into ``ecosim/page/data/``.

The same command goes on where it stopped. The full grid (60 policies, 34 branches, 20 draws) takes about two hours on
two processors; ``--small`` is the one that ships, with fewer levels and branches, and the page says how many draws it
holds.

    python tools/page_grid.py --small
    python tools/page_grid.py --spread 3 --cost 2 --calls 2 --draws 8 --branches 8
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.lab.design import make_plan
from ecosim.lab.runner import processors, warm_kernels
from ecosim.lab.store import code_fingerprint, data_fingerprint, versions
from ecosim.page.data import GRID, MANIFEST
from ecosim.page.grid import (
    Kept,
    asks_for_maps,
    coins_request,
    described,
    fill,
    grid_request,
    packed_coins,
    packed_grid,
)
from ecosim.page.levers import Setting
from ecosim.progress import Progress, say

#: The grid that ships: half an hour, and as many draws as the full one, for below ten the page gives no verdict.
SMALL = Setting(spread=3, cost=2, calls=3, branches=8, coin_branches=4, replayed=4)


def made(setting: Setting, folder: Path, workers: int, command: str, *, run: bool = True) -> dict[str, Any]:
    """Run what is missing of a setting, and pack it; or pack the whole draws that are there."""
    if run:
        warm_kernels(quiet=False)
    request = grid_request(setting)
    plan = make_plan(request)
    kept = Kept.open(folder, request, plan)
    if run:
        with Progress("histories of the grid", len(kept.missing())) as progress:
            fill(request, kept, asks_for_maps(setting, plan), workers=workers, progress=progress.update)
    if not kept.numbers:
        raise SystemExit(f"{kept.folder} holds no whole draw: {len(kept.missing())} histories are missing")
    grid = packed_grid(setting, kept)
    if setting.coin_draws:
        request = coins_request(setting)
        laid = Kept.open(folder, request, make_plan(request))
        if run:
            with Progress("histories of the coins", len(laid.missing())) as progress:
                fill(request, laid, lambda unit: False, workers=workers, progress=progress.update)
        if laid.numbers:
            grid["coins"] = packed_coins(setting, laid)
    return {"made": datetime.now(UTC).date().isoformat(), "command": command, **grid}


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the grid; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make the page's grid.")
    parser.add_argument("--small", action="store_true", help="the grid of a short look; other options change it")
    for item in fields(Setting):
        kind = float if item.name == "scale" else int
        parser.add_argument(f"--{item.name.replace('_', '-')}", type=kind, default=None)
    parser.add_argument("--pack-only", action="store_true", help="run nothing; pack the whole draws that are there")
    parser.add_argument("--workers", type=int, default=processors())
    parser.add_argument("--folder", type=Path, default=Path("results/page"), help="where finished histories are kept")
    parser.add_argument("--out", type=Path, default=GRID)
    given = parser.parse_args(arguments)
    changed = {item.name: value for item in fields(Setting) if (value := getattr(given, item.name)) is not None}
    setting = replace(SMALL if given.small else Setting(), **changed)
    words = ["--small"] if given.small else []
    words += [f"--{name.replace('_', '-')}={value}" for name, value in changed.items()]
    command = shlex.join(["python", "tools/page_grid.py", *words])
    grid = made(setting, given.folder, given.workers, command, run=not given.pack_only)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(grid, separators=(",", ":"), allow_nan=False) + "\n", encoding="utf-8")
    manifest = {
        "made": grid["made"], "command": command, "setting": described(setting), "draws": grid["draws"],
        "code": code_fingerprint(),
        "data": data_fingerprint(), "versions": versions(),
    }  # fmt: skip
    beside = given.out.with_name(MANIFEST.name)
    beside.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    say(f"{given.out}: {given.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
