"""Making an atlas: the plan with its estimate, the sweep, the pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecosim.errors import InputError
from ecosim.evidence.atlas.pages import Looked, write_pages
from ecosim.evidence.atlas.question import AtlasQuestion, ask_atlas
from ecosim.evidence.atlas.sweep import Sweep, write
from ecosim.evidence.brief import put_together
from ecosim.lab.store import marked, now
from ecosim.progress import Progress, duration, say
from ecosim.scenario import as_plain
from ecosim.version import __version__

MANIFEST = "manifest.json"
#: Seconds that a page takes to be drawn; a processor is slower when its neighbours work, by so much.
_PAGE_SECONDS, _NEIGHBOURS = 2.0, 1.15


@dataclass(frozen=True)
class Atlas:
    """An atlas that was made."""

    #: The index.
    page: Path
    looked: tuple[Looked, ...]
    #: Branches that failed, a line each.
    failed: tuple[str, ...] = ()


def atlas(*words: str, quiet: bool = True) -> Atlas:
    """Make an atlas.

    Parameters
    ----------
    *words : str
        ``"world=europe"``, ``"countries=[NLD,DEU]"``, ``"replicates=10"``, and overrides of the scenario.
    quiet : bool
        False shows the plan and progress on the error stream.

    Raises
    ------
    InputError
        For an unknown country or key, before anything runs.
    """
    made = carry_out(ask_atlas(words), quiet=quiet)
    assert made is not None
    return made


def carry_out(question: AtlasQuestion, *, command: str = "", quiet: bool = False) -> Atlas | None:
    """Simulate what is missing and write the pages; None where only the plan was asked for.

    Raises
    ------
    InputError
        Where the first history cannot be simulated, or the folder cannot be written.
    """
    from ecosim.lab.check import check_output
    from ecosim.lab.memory import free_bytes, needed_bytes, workers_that_fit
    from ecosim.lab.runner import warm_kernels, worker_count

    request, settings = question.brief.request, question.settings
    if request.runner.kind != "local":
        raise InputError("runner", request.runner.kind, "local", problem="does not make an atlas")
    check_output(request.output)
    marks = fingerprint(question)
    folder = Path(request.output.folder) / "atlas" / str(marks["all"])
    warm_kernels(quiet=quiet)
    sweep = Sweep(question, folder, str(marks["all"]), keep=not request.runner.dry_run)
    if not quiet:
        say(f"Looking at the first history of {len(question.countries)} countries ...")
    sweep.first()
    wanted = sweep.wanted()
    left = sweep.left(wanted)
    workers = worker_count(request.runner, max(1, -(-len(left) // 4)))
    workers = workers_that_fit(workers, needed_bytes(request.scenario, worlds=2), free_bytes()) if workers else 0
    expected = _expected(sweep, left, workers)
    if not quiet:
        for line in plan_lines(question, len(wanted), len(left), workers, expected, folder):
            say(line)
    if request.runner.dry_run:
        return None
    manifest: dict[str, Any] = {
        "program": "ecosim", "version": __version__, "kind": "atlas", "status": "running", "command": command,
        "created": now(), "finished": None, "settings": settings.model_dump(mode="json"),
        "countries": [question.world.countries[c] for c in question.countries],
        "scenario": as_plain(request.scenario), "fingerprint": marks,
    }  # fmt: skip
    _write_manifest(folder, manifest)
    with Progress("branches", len(left), quiet=quiet, expected=expected) as progress:
        sweep.carry_out(left, wanted, workers, progress.update)
    for note in [] if quiet else sweep.notes:
        say(note)
    looked = tuple(_looked(sweep, country) for country in question.countries)
    repeat = command or "ecosim atlas"
    with Progress("pages", len(looked), quiet=quiet) as progress:
        page = write_pages(question, looked, folder, repeat, progress.update)
    _write_manifest(folder, manifest | {"status": "complete", "finished": now()})
    return Atlas(page, looked, tuple(sweep.failed(wanted)))


def plan_lines(
    question: AtlasQuestion, wanted: int, left: int, workers: int, expected: float, folder: Path
) -> list[str]:
    """The plan: what is simulated, what of it is there already, about how long the rest takes."""
    scenario, count = question.brief.request.scenario, len(question.countries)
    of = f"{count} {'country' if count == 1 else 'countries'} of world {question.world.name} at scale"
    every = wanted * question.settings.replicates
    there = f", {every - left} of them there already" if left < every else ""
    at = "this process" if not workers else f"{workers} {'process' if workers == 1 else 'processes'}"
    return [
        f"Atlas: {of} {scenario.world.scale:g}, {question.settings.replicates} histories, each with {wanted} branches "
        f"(twin and placebo among them): {every} branches{there}.",
        f"About {duration(expected)} in {at}, pages included. Folder: {folder}",
    ]  # fmt: skip


def _expected(sweep: Sweep, left: Sequence[Any], workers: int) -> float:
    """Seconds that are left, pages included."""
    simulating = sweep.seconds(len(left), workers) * (_NEIGHBOURS if workers > 1 else 1.0) / max(workers, 1)
    return simulating + _PAGE_SECONDS * len(sweep.question.countries)


def _looked(sweep: Sweep, country: int) -> Looked:
    """The brief of one country, from what was simulated."""
    question = sweep.question
    keys = sweep.keys(country)
    rows = [sweep.found.row(replicate, country, keys) for replicate in question.replicates]
    try:
        found = put_together(
            question.of(country), question.brief.request, "", sweep.breaks(country), rows
        )  # fmt: skip
    except InputError as error:
        return Looked(country, None, error.problem)
    return Looked(country, found)


def fingerprint(question: AtlasQuestion) -> dict[str, Any]:
    """What branches depend on. How many are wanted is no part of it."""
    request = question.brief.request
    plain = {name: part for name, part in as_plain(request.scenario).items() if name != "replicate"}
    return marked(plain, request)


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    write(folder / MANIFEST, (json.dumps(manifest, indent=1, default=str) + "\n").encode("utf-8"))
