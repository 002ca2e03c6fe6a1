"""Windows of a question: their scenarios, and the workers that simulate them, no more than fit into the memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ecosim.evidence import validation
from ecosim.evidence.question import Question
from ecosim.lab.check import check
from ecosim.lab.compose import Request, build_scenario
from ecosim.lab.memory import free_bytes, needed_bytes, said, workers_that_fit
from ecosim.lab.runner import warm_kernels, worker_count
from ecosim.lab.workers import Workers
from ecosim.processes import plugin_files
from ecosim.progress import Progress, say
from ecosim.scenario import as_plain, with_keys

#: Windows of which the memory is asked for beforehand.
_MOST_LOOKED_AT = 50


def in_workers(
    function: Callable[..., Any], payloads: Sequence[Mapping[str, Any]], request: Request, title: str,
    most_workers: int | None = None,
) -> list[Any]:  # fmt: skip
    """Call a function on each payload, in workers where there are several; results in the order of the payloads."""
    workers = worker_count(request.runner, len(payloads))
    if most_workers is not None:
        workers = min(workers, most_workers)
    with Progress(title, len(payloads)) as progress:
        if workers < 2:
            # alone, one sees how far into each it is
            found = []
            for k, payload in enumerate(payloads):
                found.append(function(payload, lambda share, k=k: progress.update(k + share)))
                progress.update(k + 1)
            return found
        warm_kernels()
        with Workers(workers, plugin_files()) as pool:
            return pool.map(function, payloads, progress.update)


def windows_in_workers(
    function: Callable[..., Any], payloads: Sequence[Mapping[str, Any]], request: Request, title: str, worlds: int = 1,
    measured: bool = False,
) -> list[Any]:  # fmt: skip
    """Simulate windows in as many workers as the memory holds, and say how much of it they will take.

    Parameters
    ----------
    function : callable
        Of a payload with ``config``, and of a function that receives the share done.
    payloads : sequence of mapping
        One for each window.
    request : Request
        Who works.
    title : str
        What is shown while they do.
    worlds : int
        Worlds that a worker holds at once.
    measured : bool
        Whether it measures the patterns of the window's table as well.
    """
    # windows of one question differ in what was drawn
    some = payloads[:: max(1, len(payloads) // _MOST_LOOKED_AT)]
    each = max(needed_bytes(build_scenario(payload["config"]), worlds, measured) for payload in some)
    wanted, free = worker_count(request.runner, len(payloads)), free_bytes()
    fitting = workers_that_fit(max(wanted, 1), each, free)
    say(said(each, fitting, max(wanted, 1), free))
    return in_workers(function, payloads, request, title, fitting)


def configs_of(question: Question, changes: Mapping[str, Any], windows: int) -> list[dict[str, Any]]:
    """Plain scenarios of the windows: the user's, long enough, without shocks, one replicate each."""
    base = as_plain(question.request.scenario)
    base["shocks"] = {}
    start, settings = question.request.scenario.calendar.start, question.settings
    keys = {**validation.reaching(start, settings.start, settings.end), **changes}
    first = int(base["replicate"])
    made = [with_keys(base, {**keys, "replicate": first + k}) for k in range(windows)]
    check(build_scenario(made[0]))
    # the last replicate has the largest number
    build_scenario(made[-1])
    return made
