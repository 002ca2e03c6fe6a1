"""The one sweep of an atlas: histories that all countries share, and branches that are simulated once for all.

What is finished stands in ``histories/``, a file for some branches of one history. Its name and that of the folder say
what it holds, so a sweep that was interrupted, or that gets more countries or histories, goes on from what is there.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.declared import fault
from ecosim.errors import InputError
from ecosim.evidence.atlas.question import AtlasQuestion
from ecosim.evidence.brief import branches_of, chosen_breaks
from ecosim.evidence.brief_runs import (
    OF_WORLD,
    PLACEBO,
    TWIN,
    Branch,
    Measured,
    calm_year,
    history_of,
    measured,
    months_of,
)
from ecosim.files import write_whole
from ecosim.lab.parts import Part
from ecosim.lab.pool import Task
from ecosim.scenario import as_plain

#: Folder of finished branches.
HISTORIES = "histories"
#: Branches of one history that are simulated and written together: at most, and at least.
_MOST_TOGETHER, _FEWEST_TOGETHER = 32, 4
#: Dimensions of exposure, as files name them.
_EXPOSURE = ("partner", "sector", "supplier", "funder")

#: Number of the history, key of the branch.
Place = tuple[int, str]


def key_of(branch: Branch) -> str:
    """What a branch is, as a short name: two that are the same world have the same, whoever asks for them.

    A rupture between two sides is the same seen from either.
    """
    content: Any = {"money": branch.money}
    if branch.shock is not None:
        shock = dict(branch.shock)
        if shock["kind"] == "diplomatic_rupture" and isinstance(shock.get("counterparts"), list):
            sides = sorted([sorted(shock.pop("targets")), sorted(shock.pop("counterparts"))])
            shock["sides"] = sides
        content = {"shock": shock}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


@dataclass
class Found:
    """What has been simulated."""

    branches: dict[Place, Measured] = field(default_factory=dict)
    #: Branches that failed, with the error.
    errors: dict[Place, str] = field(default_factory=dict)
    #: History -> country -> exposure in its calm year.
    exposure: dict[int, dict[int, dict[str, NDArray[np.float64]]]] = field(default_factory=dict)
    #: History -> months over which areas are taken.
    months: dict[int, int] = field(default_factory=dict)

    def missing(self, places: Iterable[Place], retry: bool) -> list[Place]:
        """Those that are not there; with ``retry`` those that failed, too."""
        return [place for place in places if place not in self.branches and (retry or place not in self.errors)]

    def row(self, replicate: int, country: int, keys: Mapping[str, str]) -> dict[str, Any]:
        """A replicate of one country's brief (:func:`ecosim.evidence.brief_runs.run_replicate`).

        Parameters
        ----------
        replicate, country : int
            Of which history, for whom.
        keys : mapping
            Label -> key of the branch.
        """
        wanted = {TWIN: TWIN, PLACEBO: PLACEBO, **keys}
        failed = [self.errors.get((replicate, key), "was not simulated") for key in wanted.values()
                  if (replicate, key) not in self.branches]  # fmt: skip
        if failed:
            return {"replicate": replicate, "error": failed[0]}
        return {
            "replicate": replicate, "error": "", "months": self.months[replicate],
            "found": {label: self.branches[replicate, key] for label, key in wanted.items()},
            "exposure": self.exposure[replicate][country],
        }  # fmt: skip


# ---------------------------------------------------------------------------------------------- in a worker


@dataclass(frozen=True)
class BranchTask(Task):
    """Simulates some branches of one history and hands them back as a file."""

    def __call__(self, payloads: list[dict[str, Any]]) -> Part:
        """Run units one after the other."""
        started = time.perf_counter()
        part = Part([(int(payload["history_id"]), int(payload["replicate"])) for payload in payloads], {})
        for payload in payloads:
            content, errors = _simulated(payload)
            part.tables[payload["file"]] = _packed(content, self.mark)
            part.failed += sum(bool(error) for error in errors)
        part.seconds = time.perf_counter() - started
        return part


def _simulated(payload: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Arrays of one unit, and an error or nothing for each of its branches."""
    from threadpoolctl import threadpool_limits

    from ecosim.lab.branches import release

    branches: dict[str, Branch] = payload["branches"]
    keys, n = list(branches), int(payload["n_countries"])
    errors = [""] * len(keys)
    content: dict[str, Any] = {"keys": np.array(keys), "months": np.array(0)}
    found: list[Measured | None] = [None] * len(keys)
    try:
        with threadpool_limits(limits=1):
            history = history_of(payload["config"], branches.items())
            if payload["calm"]:
                content |= _stacked(calm_year(history, payload["calm"]))
            history.advance(history.announcement_month)
            for k, (key, branch) in enumerate(branches.items()):
                try:
                    found[k] = measured(history, key, branch, payload["config"])
                except Exception as error:
                    errors[k] = fault(error)
            content["months"] = np.array(months_of(history))
            release(history)
    except Exception as error:
        errors = [fault(error)] * len(keys)
    blocks = next((len(one.blocks) for one in found if one is not None), 0)
    content["areas"] = np.full((len(keys), n), np.nan)
    content["blocks"] = np.full((len(keys), blocks, n), np.nan)
    for k, one in enumerate(found):
        if one is not None:
            content["areas"][k], content["blocks"][k] = one.areas, one.blocks
    content["errors"] = np.array(errors)
    return content, errors


def _stacked(calm: Mapping[int, Mapping[str, NDArray[np.float64]]]) -> dict[str, NDArray[Any]]:
    found = {f"calm_{name}": np.array([own[name] for own in calm.values()]) for name in (*_EXPOSURE, OF_WORLD)}
    return {"calm_countries": np.array(list(calm)), **found}


def _packed(content: Mapping[str, Any], mark: str) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, mark=np.array(mark), **content)
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------- files


def read_all(folder: Path, mark: str) -> tuple[Found, list[str]]:
    """What a folder holds, and a line for each file that is damaged or of another sweep, which counts for nothing."""
    found, notes = Found(), []
    for path in sorted((folder / HISTORIES).glob("*.npz")):
        try:
            with np.load(path, allow_pickle=False) as file:
                if str(file["mark"]) != mark:
                    raise ValueError("is of another sweep")
                _take(found, _replicate_of(path), {name: file[name] for name in file.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            notes.append(f"{path.name} cannot be used ({' '.join(str(error).split())}); it is simulated again.")
    return found, notes


def _replicate_of(path: Path) -> int:
    return int(path.stem.split("-")[0].removeprefix("r"))


def _take(found: Found, replicate: int, content: Mapping[str, NDArray[Any]]) -> None:
    errors = [str(error) for error in content["errors"]]
    for k, key in enumerate(map(str, content["keys"])):
        if errors[k]:
            found.errors[replicate, key] = errors[k]
        else:
            found.branches[replicate, key] = Measured(content["areas"][k], content["blocks"][k])
            found.errors.pop((replicate, key), None)
    if int(content["months"]):
        found.months[replicate] = int(content["months"])
    if "calm_countries" in content:
        found.exposure[replicate] = {
            int(country): {name: content[f"calm_{name}"][k] for name in _EXPOSURE}
            | {OF_WORLD: content[f"calm_{OF_WORLD}"][k]}
            for k, country in enumerate(content["calm_countries"])
        }


# ---------------------------------------------------------------------------------------------- the sweep


class Sweep:
    """The branches of an atlas, as far as they are simulated.

    Parameters
    ----------
    question : AtlasQuestion
        What was asked.
    folder : Path
        Folder of this sweep.
    mark : str
        Its fingerprint.
    keep : bool
        Whether what is simulated is written.
    """

    def __init__(self, question: AtlasQuestion, folder: Path, mark: str, *, keep: bool = True) -> None:
        self.question, self.folder, self.mark, self._keeps = question, folder, mark, keep
        self.found, self.notes = read_all(folder, mark)
        self._config = as_plain(question.brief.request.scenario)
        #: Seconds that a history takes up to the breaks, and a branch from there on.
        self.history_seconds = self.branch_seconds = float("nan")

    # ---- what there is to do

    def first(self) -> None:
        """Simulate the first history, its twin and its placebo, by which partners are chosen; and time it."""
        replicate = self.question.replicates[0]
        if self.found.missing(self._both(replicate), self._retry):
            self._keep(self._task()([self._payload(replicate, 0, {TWIN: Branch(), PLACEBO: Branch()}, calm=True)]))
        errors = [self.found.errors[place] for place in self._both(replicate) if place in self.found.errors]
        if errors:
            raise InputError("replicate", replicate, problem=f"the first history cannot be simulated ({errors[0]})",
                             allowed="a scenario that runs (ecosim run)")  # fmt: skip
        self._time(replicate)

    def _time(self, replicate: int) -> None:
        """What the way to the breaks takes, and a branch with a break; the twin before it warms up."""
        from ecosim.lab.branches import release

        config = {**self._config, "replicate": replicate}
        branch = next(iter(self._of(self.question.countries[0]).values()))
        history = history_of(config, [("timed", branch)])
        history.advance(12)
        started = time.perf_counter()
        history.advance(history.announcement_month)
        self.history_seconds = (time.perf_counter() - started) * history.month / max(history.month - 12, 1)
        measured(history, TWIN, Branch(), config)
        started = time.perf_counter()
        measured(history, "timed", branch, config)
        self.branch_seconds = time.perf_counter() - started
        release(history)

    def breaks(self, country: int) -> dict[str, tuple[str, dict[str, Any]]]:
        """The breaks of a country (:func:`ecosim.evidence.brief.chosen_breaks`)."""
        joint = self.found.exposure[self.question.replicates[0]][country]["partner"]
        return chosen_breaks(self.question.of(country), joint)

    def keys(self, country: int) -> dict[str, str]:
        """Label -> key of each branch of a country."""
        return {label: key_of(branch) for label, branch in self._of(country).items()}

    def wanted(self) -> dict[str, Branch]:
        """Key -> branch, each once, of all countries."""
        found: dict[str, Branch] = {TWIN: Branch(), PLACEBO: Branch()}
        for country in self.question.countries:
            for branch in self._of(country).values():
                found.setdefault(key_of(branch), branch)
        return found

    def left(self, wanted: Mapping[str, Branch]) -> list[Place]:
        """Branches that are still to be simulated."""
        places = [(replicate, key) for replicate in self.question.replicates for key in wanted]
        return self.found.missing(places, self._retry)

    def failed(self, wanted: Mapping[str, Branch]) -> list[str]:
        """A line for each branch that failed or was lost with its worker."""
        places = [(replicate, key) for replicate in self.question.replicates for key in wanted]
        return [
            f"history {replicate}, branch {key}: {self.found.errors.get((replicate, key), 'its worker was lost')}"
            for replicate, key in self.found.missing(places, retry=True)
        ]

    def seconds(self, branches: int, workers: int) -> float:
        """Seconds of one processor that so many branches take, with the histories they leave from."""
        return branches * self.branch_seconds + branches / together(branches, workers) * self.history_seconds

    # ---- doing it

    def carry_out(
        self, places: Sequence[Place], wanted: Mapping[str, Branch], workers: int,
        tick: Callable[[float | None], None] = lambda done: None,
    ) -> None:  # fmt: skip
        """Simulate branches and keep each file as it comes."""
        from ecosim.lab.runner import run_all

        payloads = list(self._payloads(places, wanted, together(len(places), workers)))
        sizes = [len(payload["branches"]) for payload in payloads]
        done = 0
        task = self._task()
        if workers:
            # units take longer than a batch, so that each comes back, and is kept, alone
            runner = self.question.runner.model_copy(update={"batch_seconds": 0.0})
            parts = run_all(
                payloads, runner, workers=workers, task=task, total=len(payloads), tick=lambda: tick(None)
            )  # fmt: skip
        else:
            parts = (task([payload]) for payload in payloads)
        for part in parts:
            self._keep(part)
            done += sum(sizes[number] for number, _ in part.units)
            tick(done)

    def _payloads(self, places: Sequence[Place], wanted: Mapping[str, Branch], size: int) -> Iterator[dict[str, Any]]:
        number = 0
        by_replicate: dict[int, list[str]] = {}
        for replicate, key in places:
            by_replicate.setdefault(replicate, []).append(key)
        for replicate, keys in by_replicate.items():
            calm = replicate not in self.found.exposure
            for start in range(0, len(keys), size):
                chosen = {key: wanted[key] for key in keys[start : start + size]}
                yield self._payload(replicate, number, chosen, calm=calm and start == 0)
                number += 1

    def _payload(self, replicate: int, number: int, branches: Mapping[str, Branch], *, calm: bool) -> dict[str, Any]:
        name = hashlib.sha256("".join(branches).encode()).hexdigest()[:16]
        world = self.question.world
        everyone = [int(c) for c in np.flatnonzero(world.named)]
        return {
            "history_id": number, "replicate": replicate, "config": {**self._config, "replicate": replicate},
            "branches": dict(branches), "calm": everyone if calm else [], "n_countries": world.n_countries,
            "file": f"r{replicate:05d}-{name}.npz",
            # what a unit has that is lost with its worker
            "arms": [("shocked", key) for key in branches], "design_ids": dict.fromkeys(branches, 0),
        }  # fmt: skip

    def _task(self) -> BranchTask:
        from ecosim.processes import modules_of_mechanisms

        request = self.question.brief.request
        return BranchTask(
            self.mark, False, tuple(request.plugins), request.runner.memory_gib, modules_of_mechanisms()
        )  # fmt: skip

    def _keep(self, part: Part) -> None:
        for name, content in part.tables.items():
            if not name.endswith(".npz"):
                continue
            path = self.folder / HISTORIES / name
            if self._keeps:
                write(path, content)
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                _take(self.found, _replicate_of(path), {key: file[key] for key in file.files})
        self.notes += [f"{name}: {reason.splitlines()[-1]}" for name, reason in part.tracebacks]

    def _of(self, country: int) -> dict[str, Branch]:
        branches = branches_of(self.question.of(country), self.breaks(country))
        return {label: branch for label, (_, branch) in branches.items()}

    def _both(self, replicate: int) -> list[Place]:
        return [(replicate, TWIN), (replicate, PLACEBO)]

    @property
    def _retry(self) -> bool:
        return self.question.runner.retry_failed


def together(branches: int, workers: int) -> int:
    """Branches of a unit: many share the way to the break, few leave no worker idle at the end."""
    return min(_MOST_TOGETHER, max(_FEWEST_TOGETHER, branches // (6 * max(workers, 1))))


def write(path: Path, content: bytes) -> None:
    """Write a file of the atlas.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise InputError("output.folder", str(path.parent), allowed="a folder where you may write",
                         problem=f"cannot be written ({error.strerror or error})") from None  # fmt: skip
