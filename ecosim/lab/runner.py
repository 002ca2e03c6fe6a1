"""Carry units out: in this process, in workers that may die or hang without stopping the rest, or on a cluster."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecosim.errors import InputError
from ecosim.lab.branches import UnitResult, failed_unit
from ecosim.lab.parts import Part, make_part
from ecosim.lab.pool import LocalPool, Payload, Pool, Task, WorkerLostError
from ecosim.lab.settings import RunnerConfig
from ecosim.processes import modules_of_mechanisms, why_alone
from ecosim.progress import duration, say

if TYPE_CHECKING:
    from ecosim.lab.store import Store
    from ecosim.model import Ecosystem

#: Times a worker may be lost over the same unit alone: the first may have been chance.
_LIVES = 2
#: Weight of the latest batch in the running mean of a unit's seconds.
_NEWEST = 0.3
#: Seconds between two lines in the log file on how far the work is.
_LOG_SECONDS = 30.0


# ---------------------------------------------------------------------------------------------- this computer


def processors() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def worker_count(runner: RunnerConfig, units: int) -> int:
    """Worker processes for so many units; 0 means this process. A cluster that is running has its own number.

    Raises
    ------
    InputError
        If the runner needs a library that is missing, or its settings contradict each other.
    """
    if runner.kind != "local":
        from ecosim.lab.cluster import check_runner

        check_runner(runner)
    if runner.kind == "slurm":
        return min((runner.processes or 1) * runner.jobs, units)
    wanted = processors() if runner.processes is None else runner.processes
    # workers of a cluster that is running were not started here
    why = why_alone() if wanted and runner.address is None else ""
    if why and runner.kind != "local":
        raise InputError("runner.kind", runner.kind, problem=f"cannot start workers. {why}", allowed="local")
    if why:
        say(why)
        return 0
    return min(wanted, units)


def warm_kernels(*, quiet: bool = True) -> None:
    """Compile every kernel, unless an earlier run has done so, before workers start: each would compile everything.

    With more than one processor a second process compiles what a month needs last, while this one begins with what it
    needs first; each finds in the cache what the other has done.
    """
    from ecosim import kernels

    if kernels.compiled_before():
        return
    if not quiet:
        say("Compiling (about 00:30, the first time only) ...")
    other = _process_that_warms_later_steps() if kernels.cached() and processors() > 1 else None
    try:
        model = _small_model()
        model.advance(model.announcement_month)
        model.fork("placebo").advance(model.announcement_month + 6)
        model.fork("shocked").advance(model.announcement_month + 18)
    finally:
        if other is not None:
            other.kill()
            other.wait()
    if kernels.cached():
        kernels.note_compiled()


def _small_model() -> Ecosystem:
    """A small world that meets every kernel while it lives through a shock."""
    from ecosim.lab.compose import compose
    from ecosim.model import Ecosystem

    words = ["world=classroom", "shocks=[diplomatic_rupture,supplier_loss]", "timeline.burn_in_months=30"]
    return Ecosystem(compose(*words, "timeline.calm_months=6", "timeline.calm_jitter_months=0"))


def _process_that_warms_later_steps() -> subprocess.Popen[bytes]:
    # Not by multiprocessing, which would run a plain script's own lines again.
    command = "from ecosim.lab.runner import warm_later_steps; warm_later_steps()"
    return subprocess.Popen(
        [sys.executable, "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip


def warm_later_steps() -> None:
    """Compile the later steps of a month, the last first, on a world in which nothing has happened yet."""
    from ecosim.month.outcomes import outcomes_follow
    from ecosim.month.search import Scripts
    from ecosim.month.work import partnerships_work

    model = _small_model()
    outcomes_follow(model.state, model.setting)
    partnerships_work(model.state, model.setting, Scripts())


# ---------------------------------------------------------------------------------------------- batches


@dataclass
class _Batch:
    payloads: list[Payload]
    #: Times a worker was lost over it, when it is a single unit.
    losses: int = 0


class _Queue:
    """Units still to do, cut into batches of about ``runner.batch_seconds``; what was lost comes again, one by one."""

    def __init__(self, payloads: Iterable[Payload], total: int, runner: RunnerConfig, workers: int) -> None:
        self._payloads = iter(payloads)
        self._left = total
        self._again: deque[_Batch] = deque()
        self._seconds = runner.batch_seconds
        self._shares = max(1, 2 * workers)
        self._unit_seconds: float | None = None

    def take(self) -> _Batch | None:
        size = 1
        if self._unit_seconds is not None:
            # towards the end batches shrink, so that all workers end together
            largest = max(1, self._left // self._shares)
            size = min(max(1, int(self._seconds / max(self._unit_seconds, 1e-6))), largest)
        taken = list(itertools.islice(self._payloads, size))
        self._left -= len(taken)
        if taken:
            return _Batch(taken)
        # last, so that a unit that kills its worker does so when the others are done
        return self._again.popleft() if self._again else None

    def learn(self, part: Part) -> None:
        seconds = part.seconds / len(part.units)
        before = seconds if self._unit_seconds is None else self._unit_seconds
        self._unit_seconds = (1 - _NEWEST) * before + _NEWEST * seconds

    def again(self, batch: _Batch) -> None:
        alone = len(batch.payloads) == 1
        self._again += [_Batch([payload], batch.losses + alone) for payload in batch.payloads]


def task_of(store: Store, runner: RunnerConfig, plugins: Iterable[str] = ()) -> Task:
    """What workers do with the units of a sweep; ``plugins`` are modules and files that each imports first."""
    return Task(store.mark, store.keeps_series, tuple(plugins), runner.memory_gib, modules_of_mechanisms())


@contextmanager
def begun(runner: RunnerConfig, workers: int, task: Task) -> Iterator[Pool | None]:
    """Workers that begin to start: what is done before :func:`run_all` has them costs no time of theirs.

    Use as a context manager: they are let go at its end, and at once where it ends in an error. None without workers.
    """
    if workers == 0 and runner.kind == "local":
        yield None
        return
    pool = _pool(runner, workers, task)
    finished = False
    try:
        yield pool
        finished = True
    finally:
        pool.close(finished)


def fill(
    store: Store,
    payloads: Iterable[Payload],
    runner: RunnerConfig,
    *,
    total: int,
    workers: int,
    task: Task,
    pool: Pool | None = None,
    progress: Callable[[float | None], None] = lambda done: None,
) -> int:
    """Run units and keep each part as it comes; the log says how fast it goes and how much is left.

    Parameters
    ----------
    store : Store
        Open, with the lock.
    payloads, runner, total, workers, task, pool
        As for :func:`run_all`.
    progress : callable
        Called with the number of units done, and about twice a second with None.

    Returns
    -------
    int
        Number of runs that failed.
    """
    started = logged = time.perf_counter()
    done = failed = 0

    def log() -> None:
        seconds = time.perf_counter() - started
        left = f", about {duration(seconds / done * (total - done))} left" if 0 < done < total else ""
        rate = f"{done / max(seconds, 1e-6):.3g} histories a second"
        store.log(f"{done} of {total} histories run in {duration(seconds)}, {failed} runs failed, {rate}{left}")

    store.log(f"{total} histories to run, workers: {workers or 'this process'} ({runner.kind})")
    try:
        parts = run_all(
            payloads, runner, workers=workers, task=task, total=total, tick=lambda: progress(None), pool=pool
        )
        for part in parts:
            store.write_part(part)
            done += len(part.units)
            failed += part.failed
            progress(done)
            if time.perf_counter() - logged > _LOG_SECONDS:
                logged = time.perf_counter()
                log()
    except KeyboardInterrupt:
        log()
        raise
    log()
    return failed


def run_all(
    payloads: Iterable[Payload],
    runner: RunnerConfig,
    *,
    workers: int,
    task: Task,
    total: int,
    tick: Callable[[], None] = lambda: None,
    pool: Pool | None = None,
) -> Iterator[Part]:
    """Run every unit and yield the parts as they come.

    Parameters
    ----------
    payloads : iterable of dict
        From :meth:`ecosim.lab.design.Plan.payload`; taken only as workers become free.
    runner : RunnerConfig
        Kind of workers, time limit, length of a batch.
    workers : int
        Processes; 0 runs in this process, without limits of time and memory.
    task : Task
        What is done with them.
    total : int
        Number of payloads.
    tick : callable
        Called about twice a second while waiting.
    pool : Pool, optional
        Workers that have begun to start (:func:`begun`); by default they start now.

    Yields
    ------
    Part
        Every unit is in exactly one of them, if only as failed.
    """
    if workers == 0 and runner.kind == "local":
        yield from _here(payloads, runner, task, tick)
        return
    if pool is None:
        with begun(runner, workers, task) as own:
            yield from run_all(payloads, runner, workers=workers, task=task, total=total, tick=tick, pool=own)
        return
    queue = _Queue(payloads, total, runner, workers)
    waiting: dict[Any, _Batch] = {}
    batch = queue.take()
    while waiting or batch:
        while batch and len(waiting) < pool.slots():
            waiting[pool.start(batch.payloads, _limit(runner, batch))] = batch
            batch = queue.take()
        for handle in pool.ended(waiting):
            part = _settled(pool, handle, waiting.pop(handle), queue, task)
            if part is not None:
                yield part
        batch = batch or queue.take()
        tick()


def _here(payloads: Iterable[Payload], runner: RunnerConfig, task: Task, tick: Callable[[], None]) -> Iterator[Part]:
    held: list[tuple[Payload, UnitResult]] = []
    started = time.perf_counter()
    for payload in payloads:
        held.append((payload, task.run(payload)))
        seconds = time.perf_counter() - started
        if seconds >= runner.batch_seconds:
            yield make_part(held, task.mark, series=task.series, seconds=seconds)
            held, started = [], time.perf_counter()
        tick()
    if held:
        yield make_part(held, task.mark, series=task.series, seconds=time.perf_counter() - started)


def _pool(runner: RunnerConfig, workers: int, task: Task) -> Pool:
    if runner.kind == "local":
        return LocalPool(workers, task, runner.timeout_seconds)
    from ecosim.lab.cluster import DaskPool

    return DaskPool(workers, task, runner)


def _limit(runner: RunnerConfig, batch: _Batch) -> float | None:
    if runner.timeout_seconds is None:
        return None
    # a batch that hangs is run again one by one, each with the limit itself
    return runner.timeout_seconds + (2 * runner.batch_seconds if len(batch.payloads) > 1 else 0.0)


def _settled(pool: Pool, handle: Any, batch: _Batch, queue: _Queue, task: Task) -> Part | None:
    """The part of a batch that ended; None when its units will be tried again."""
    try:
        part = pool.outcome(handle)
    except InputError:
        raise
    except WorkerLostError as error:
        if len(batch.payloads) > 1 or (not error.final and batch.losses + 1 < _LIVES):
            queue.again(batch)
            return None
        reason = str(error)
    except Exception as error:
        if len(batch.payloads) > 1:
            queue.again(batch)
            return None
        reason = str(error) if type(error) is RuntimeError else f"{type(error).__name__}: {error}"
    else:
        queue.learn(part)
        return part
    return make_part([(payload, failed_unit(payload, reason)) for payload in batch.payloads], task.mark)
