"""Carry units out: in worker processes that may die or hang without stopping the rest, or in this process."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from ecosim.lab.branches import UnitResult, failed_unit, run_unit
from ecosim.lab.settings import RunnerConfig

#: Seconds between two looks at the workers, so that progress and interrupts are served.
_TICK_SECONDS = 0.5


def processors() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def worker_count(runner: RunnerConfig, units: int) -> int:
    """Worker processes for so many units; 0 means this process."""
    wanted = processors() if runner.processes is None else runner.processes
    return min(wanted, units)


def warm_kernels() -> None:
    """Compile every kernel once, before workers start: two cold workers would both compile everything."""
    from ecosim import kernels

    if hasattr(kernels, "warm"):
        kernels.warm()
        return
    # a small world lived through a shock meets every kernel
    from ecosim.lab.compose import compose
    from ecosim.model import Ecosystem

    words = ["world=classroom", "shocks=[diplomatic_rupture,supplier_loss]", "timeline.burn_in_months=30"]
    model = Ecosystem(compose(*words, "timeline.calm_months=6", "timeline.calm_jitter_months=0"))
    model.advance(model.announcement_month)
    model.fork("placebo").advance(model.announcement_month + 6)
    model.fork("shocked").advance(model.announcement_month + 18)


def _start_worker(plugins: list[str]) -> None:
    """Prepare a worker: linear algebra at one thread, the user's mechanisms known, the model imported."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)
    if plugins:
        from ecosim.lab.compose import load_plugins

        load_plugins(plugins)


def run_all(
    payloads: Iterable[dict[str, Any]],
    runner: RunnerConfig,
    *,
    workers: int,
    plugins: Iterable[str] = (),
    tick: Callable[[], None] = lambda: None,
    task: Callable[[dict[str, Any]], UnitResult] = run_unit,
) -> Iterator[tuple[dict[str, Any], UnitResult]]:
    """Run every unit and yield each result as it comes.

    Parameters
    ----------
    payloads : iterable of dict
        From :meth:`ecosim.lab.design.Plan.payload`; taken only as workers become free.
    runner : RunnerConfig
        Time limit.
    workers : int
        Processes; 0 runs in this process, without a time limit.
    plugins : iterable of str
        Modules each worker imports first.
    tick : callable
        Called about twice a second while waiting.
    task : callable
        What a worker does with a payload.
    """
    if workers == 0:
        for payload in payloads:
            yield payload, task(payload)
            tick()
        return
    from pebble import ProcessPool

    pool = ProcessPool(
        max_workers=workers,
        initializer=_start_worker,
        initargs=(list(plugins),),
        # Mesa 3.3 insists on it, and a forked copy of running threads is not safe
        context=multiprocessing.get_context("spawn"),
    )
    waiting: dict[Any, dict[str, Any]] = {}
    queue = iter(payloads)
    finished = False
    try:
        while True:
            for payload in itertools.islice(queue, max(0, 2 * workers - len(waiting))):
                future = pool.schedule(task, args=[payload], timeout=runner.timeout_seconds)
                waiting[future] = payload
            if not waiting:
                break
            done, _ = wait(waiting, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                payload = waiting.pop(future)
                yield payload, _outcome(future, payload, runner)
            tick()
        finished = True
    finally:
        if finished:
            pool.close()
        else:
            pool.stop()
        pool.join()


def _outcome(future: Future[Any], payload: dict[str, Any], runner: RunnerConfig) -> UnitResult:
    from concurrent.futures import TimeoutError as FutureTimeoutError

    from pebble import ProcessExpired

    try:
        result = future.result()
    except FutureTimeoutError:
        return failed_unit(payload, f"took longer than runner.timeout_seconds={runner.timeout_seconds:g}")
    except ProcessExpired as error:
        return failed_unit(payload, f"worker process ended (exit code {error.exitcode})")
    except Exception as error:
        return failed_unit(payload, f"{type(error).__name__}: {error}")
    assert isinstance(result, UnitResult)
    return result
