"""The page's grid through the lab: which histories, run and kept one by one, and packed when they are there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.files import write_whole
from ecosim.lab.parts import Part
from ecosim.lab.pool import Payload, Task
from ecosim.page.ask import Asked, words, written
from ecosim.page.cells import (
    COLUMNS,
    SCORE_STEPS,
    TWIN,
    Runs,
    calm_left_out,
    cell,
    packed_cells,
    packed_history,
    peripheral_count,
    runs_of,
    throws,
)
from ecosim.page.levers import (
    COIN_EUR,
    COIN_INSTRUMENTS,
    COIN_STEP,
    COINS,
    MONTHS_AFTER,
    MONTHS_BEFORE,
    SEED,
    Branch,
    Setting,
    mixes,
)
from ecosim.page.packed import pack

if TYPE_CHECKING:
    from ecosim.lab.compose import Request
    from ecosim.lab.design import Plan, Unit

#: Changes with what is kept of a history.
_KEPT = 2


class PageTask(Task):
    """Runs units and keeps of each what the page shows: one compressed table of arrays."""

    def __call__(self, payloads: list[Payload]) -> Part:
        """Run units one after the other."""
        import time

        started = time.perf_counter()
        tables = {}
        for payload in payloads:
            labels = {number: label for label, number in payload["design_ids"].items()}
            tables[unit_file(payload["history_id"], payload["replicate"])] = runs_of(
                self.run(payload), labels
            ).to_bytes()
        units = [(int(payload["history_id"]), int(payload["replicate"])) for payload in payloads]
        return Part(units, tables, seconds=time.perf_counter() - started)


def unit_file(history_id: int, replicate: int) -> str:
    """Name of the file of one history."""
    return f"h{history_id:04d}-r{replicate:05d}.npz"


def with_maps(payload: Payload) -> Payload:
    """The same history, with the months of its pairs kept."""
    return {**payload, "pair_months": [MONTHS_BEFORE, MONTHS_AFTER]}


# ---------------------------------------------------------------------------------------------- what is run


def _request(asked: Asked, branches: Sequence[Branch], factors: Mapping[str, Any], reference: Mapping[str, str],
             draws: int, name: str) -> Request:  # fmt: skip
    """A request of the lab with several shocks, one branch each, and factors of its own."""
    from ecosim.lab.compose import compose_plain, make_request

    shocks = [branch.shock for branch in branches if branch.shock]
    plain = words(Asked(asked.policies, None, draws, SEED, (), asked.coins, asked.base))
    kept = [word for word in plain if not word.startswith(("experiment", "shocks"))]
    said = [f"shocks=[{','.join(shock['name'] for shock in shocks)}]"]
    for shock in shocks:
        key = f"shocks.{shock['name']}"
        said.append(f"{key}.kind={shock['kind']}")
        if shock["countries"]:
            said.append(f"{key}.targets={written(shock['countries'])}")
        said += [f"{key}.{setting}={written(value)}" for setting, value in shock["settings"].items()]
    chosen = [word for word in kept if "." not in word.partition("=")[0]]
    rest = [word for word in kept if word not in chosen]
    experiment = {
        "name": name, "replicates": draws, "draw_parameters": True, "equal_budget": True,
        "placebos": {"organisation": "all"}, "factors": dict(factors), "reference": dict(reference),
    }  # fmt: skip
    return make_request(compose_plain([*chosen, *said, *rest], saved={"experiment": experiment}))


def grid_request(setting: Setting) -> Request:
    """What the lab is asked for the levers and branches of a setting."""
    factors = {
        axis.key: {label: {axis.sets: value} for label, value in zip(axis.labels, axis.plain()["values"], strict=True)}
        for axis in setting.axes
    }
    reference = {axis.key: axis.labels[axis.default] for axis in setting.axes}
    asked = Asked({"a": {}, "b": {}}, None, base=setting.base)
    return _request(asked, setting.met, factors, reference, setting.draws, "page_grid")


def coins_request(setting: Setting) -> Request:
    """What the lab is asked for the mixes of coins: the same shocks and draws, every mix a policy."""
    names = {mix_name(mix): {f"instruments.{kind}.monthly_eur": float(count * COIN_EUR)
                             for kind, count in zip(COIN_INSTRUMENTS, mix, strict=True)}
             for mix in mixes()}  # fmt: skip
    asked = Asked({"a": {}, "b": {}}, None, coins=dict.fromkeys(COIN_INSTRUMENTS, 0), base=setting.base)
    branches = setting.met[: setting.coin_branches]
    return _request(asked, branches, {"mix": names}, {"mix": mix_name(mixes()[0])}, setting.coin_draws, "page_coins")


def mix_name(mix: Sequence[int]) -> str:
    """Name of a mix: ``mix 5 0 10``, coins on each instrument."""
    return "mix " + " ".join(map(str, mix))


# ---------------------------------------------------------------------------------------------- run and keep


@dataclass
class Kept:
    """A folder with a file for every history that is done; the same plan goes on where it stopped."""

    folder: Path
    plan: Plan

    @classmethod
    def open(cls, folder: Path, request: Request, plan: Plan) -> Kept:
        """The folder of a plan; its name holds what results depend on, so no history of another code is taken up."""
        from ecosim.lab.store import code_fingerprint, fingerprints

        # what only draws cannot change what was simulated, so its code is no part of the name
        marks = fingerprints(request, plan)
        del marks["all"]
        marks |= {"code": code_fingerprint(without="page"), "kept": _KEPT}
        mark = hashlib.sha256(json.dumps(marks, sort_keys=True).encode()).hexdigest()[:12]
        made = folder / f"{request.experiment.name}-{mark}"
        made.mkdir(parents=True, exist_ok=True)
        return cls(made, plan)

    def path(self, unit: Unit) -> Path:
        """File of a history."""
        return self.folder / unit_file(unit.history_id, unit.replicate)

    def missing(self) -> list[Unit]:
        """Histories still to run."""
        return [unit for unit in self.plan.units if not self.path(unit).exists()]

    @property
    def numbers(self) -> range:
        """Replicates of which every history is done, from the first on: what can be packed while the rest runs."""
        missing = {unit.replicate for unit in self.missing()}
        return range(self.plan.first_replicate, min(missing, default=self.plan.numbers.stop))

    def runs(self, history_id: int) -> list[Runs]:
        """Every whole draw of a history."""
        from ecosim.lab.design import Unit

        return [Runs.from_bytes(self.path(Unit(history_id, number)).read_bytes()) for number in self.numbers]

    def write(self, part: Part) -> None:
        """Keep what came."""
        for name, content in part.tables.items():
            write_whole(self.folder / name, content)


def fill(request: Request, kept: Kept, maps: Callable[[Unit], bool], *, workers: int,
         progress: Callable[[int], None] = lambda done: None) -> None:  # fmt: skip
    """Run what is missing, through the lab's own workers."""
    from ecosim.lab.runner import run_all
    from ecosim.processes import modules_of_mechanisms

    missing = kept.missing()

    def payloads() -> Iterator[Payload]:
        for unit in missing:
            payload = kept.plan.payload(unit)
            yield with_maps(payload) if maps(unit) else payload

    task = PageTask(kept.folder.name, modules=modules_of_mechanisms())
    done = 0
    if workers == 0:
        for payload in payloads():
            kept.write(task([payload]))
            done += 1
            progress(done)
        return
    for part in run_all(payloads(), request.runner, workers=workers, task=task, total=len(missing)):
        if part.failed:
            raise RuntimeError(f"{part.failed} runs failed: {part.tracebacks}")
        kept.write(part)
        done += len(part.units)
        progress(done)


# ---------------------------------------------------------------------------------------------- packed


def replayed(setting: Setting, plan: Plan) -> list[tuple[int, str]]:
    """Histories the page replays, in the first draw: the usual policy and the ends of each lever.

    Each meets the placebo, the failing funder where the setting has it, and the first of the other shocks.
    """
    shape = tuple(len(axis.values) for axis in setting.axes)
    numbers = [int(np.ravel_multi_index(place, shape)) for place in setting.ends]
    asked = [branch for branch in setting.met if branch.kind is None or branch.kind == "funder_withdrawal"]
    others = [branch for branch in setting.met if branch not in asked][: setting.replayed]
    labels = [branch.id for branch in setting.met if branch in asked or branch in others]
    return [(number, label) for number in numbers for label in labels]


def asks_for_maps(setting: Setting, plan: Plan) -> Callable[[Unit], bool]:
    """Which units keep the months of their pairs."""
    return partial(_is_replayed, {number for number, _ in replayed(setting, plan)}, plan.first_replicate)


def _is_replayed(numbers: set[int], first: int, unit: Unit) -> bool:
    return unit.history_id in numbers and unit.replicate == first


def packed_grid(setting: Setting, kept: Kept) -> dict[str, Any]:
    """Levers, branches, cells, scores and histories of the data object, from a finished folder."""
    axes, met, plan = setting.axes, setting.met, kept.plan
    levels = tuple(len(axis.values) for axis in axes)
    peripheral = peripheral_count()
    reference = kept.runs(plan.reference_id)
    cells, calm, histories = {}, np.empty((*levels, MONTHS_BEFORE + MONTHS_AFTER)), []
    wanted = replayed(setting, plan)
    for number, place in enumerate(np.ndindex(*levels)):
        runs = reference if number == plan.reference_id else kept.runs(number)
        calm[place] = calm_left_out(runs, peripheral)
        for k, branch in enumerate(met):
            cells[(*place, k)] = cell(runs, reference, branch.id, peripheral)
        for history, label in wanted:
            if history == number:
                histories.append({
                    "id": f"{number}-{label}", "policy": list(place), "branch": label, "seed": SEED, "draw": 0,
                    "targets": _hit(runs[0], label), **packed_history(runs[0], label),
                })  # fmt: skip
    made, scores = packed_cells(cells, (*levels, len(met)), calm)
    # throws of the policies that lessons show
    thrown = setting.ends
    single = [
        [throws(kept.runs(int(np.ravel_multi_index(place, levels))), branch.id) for branch in met] for place in thrown
    ]
    return {
        "months": {"before": MONTHS_BEFORE, "after": MONTHS_AFTER},
        "draws": len(kept.numbers), "planned_draws": plan.replicates, "seed": SEED, "base": setting.base,
        "codes": _codes(), "levers": [axis.plain() for axis in axes],
        "branches": [branch.plain() for branch in met], "cells": made, "scores": scores, "histories": histories,
        "throws": {"policies": [list(place) for place in thrown], "column": COLUMNS[0],
                   "values": pack(single, scale=0.01, offset=0.0)},
    }  # fmt: skip


def packed_coins(setting: Setting, kept: Kept) -> dict[str, Any]:
    """Scores of every mix of coins under the branches, shape (mixes, branches, draws, 3)."""
    peripheral, plan = peripheral_count(), kept.plan
    reference = kept.runs(plan.reference_id)
    met = setting.met[: setting.coin_branches]
    scores = [
        [cell(runs, reference, branch.id, peripheral).scores for branch in met]
        for runs in (kept.runs(number) for number in range(len(plan.policies)))
    ]
    return {
        "instruments": list(COIN_INSTRUMENTS), "coins": COINS, "coin_eur": COIN_EUR, "step": COIN_STEP,
        "mixes": mixes(), "branches": [branch.id for branch in met],
        "draws": len(kept.numbers), "planned_draws": plan.replicates,
        "scores": pack(scores, kind="u16", delta=False, **SCORE_STEPS),
    }  # fmt: skip


def _hit(runs: Runs, label: str) -> list[str]:
    """Countries hit in a run; empty where all are, or the funder."""
    said = runs.targets[runs.labels.index(label)].partition(": ")[2]
    return [] if said == "all" else said.split()


def _codes() -> list[str]:
    from ecosim.config.world import WorldConfig
    from ecosim.world import load_world

    return list(load_world(WorldConfig(preset="europe")).countries)


def described(setting: Setting) -> dict[str, Any]:
    """A setting as plain data, for the manifest."""
    return asdict(setting)


__all__ = [
    "COLUMNS", "TWIN", "Kept", "PageTask", "asks_for_maps", "coins_request", "described", "fill",
    "grid_request", "mix_name", "packed_coins", "packed_grid", "replayed", "unit_file", "with_maps",
]  # fmt: skip
