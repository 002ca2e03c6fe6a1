"""Carry units out: in this process, in workers that may die or hang without stopping the rest, or on a cluster."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from typing import TYPE_CHECKING, Any, Protocol

from ecosim.errors import InputError
from ecosim.lab.branches import UnitResult, failed_unit, run_unit
from ecosim.lab.parts import Part, make_part
from ecosim.lab.settings import RunnerConfig
from ecosim.lab.workers import prepare
from ecosim.processes import modules_of_mechanisms, why_alone, worker_context
from ecosim.progress import duration, say

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from ecosim.lab.store import Store
    from ecosim.model import Ecosystem

#: Seconds between two looks at the workers, so that progress and interrupts are served.
TICK_SECONDS = 0.5
#: Times a worker may be lost over the same unit alone: the first may have been chance.
_LIVES = 2
#: Weight of the latest batch in the running mean of a unit's seconds.
_NEWEST = 0.3
#: Workers that may end as they start, one after the other, before it is taken for no chance.
_BAD_STARTS = 5
#: Seconds a worker is given to end by itself.
_END_SECONDS = 5.0
#: Seconds between two lines in the log file on how far the work is.
_LOG_SECONDS = 30.0

Payload = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """What a worker does with a batch of payloads; sent along with every batch."""

    #: Fingerprint of the sweep.
    mark: str
    #: Whether monthly outcomes are kept.
    series: bool = True
    #: Modules and files with the user's own mechanisms.
    plugins: tuple[str, ...] = ()
    memory_gib: float | None = None
    #: Modules that register mechanisms and that nobody named as plugins.
    modules: tuple[str, ...] = ()
    run: Callable[[Payload], UnitResult] = run_unit

    def __call__(self, payloads: list[Payload]) -> Part:
        """Run units one after the other."""
        started = time.perf_counter()
        results = [(payload, self.run(payload)) for payload in payloads]
        return make_part(results, self.mark, series=self.series, seconds=time.perf_counter() - started)


class WorkerLostError(Exception):
    """A batch did not come back; the text says why."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        #: Whether a second try of a single unit would end the same way.
        self.final = final


class Pool(Protocol):
    """Workers that take batches; ``start`` gives a handle, which :meth:`ended` returns once there is an outcome."""

    def slots(self) -> int:
        """Batches that may be under way at once."""

    def start(self, payloads: list[Payload], limit: float | None) -> Any:
        """Hand a batch over; ``limit`` in seconds."""

    def ended(self, handles: Collection[Any]) -> list[Any]:
        """Handles with an outcome, after at most :data:`TICK_SECONDS`."""

    def outcome(self, handle: Any) -> Part:
        """The part; :class:`WorkerLostError` or the error that was raised."""

    def close(self, finished: bool) -> None:
        """Let the workers go; at once unless ``finished``."""


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
    """Compile every kernel once, before workers start: two cold workers would both compile everything.

    With more than one processor a second process compiles what a month needs last, while this one begins with what it
    needs first; each finds in the cache what the other has done.
    """
    from ecosim import kernels

    cold = not kernels.compiled_before()
    if cold and not quiet:
        say("Compiling (about 00:30, the first time only) ...")
    other = _process_that_warms_later_steps() if cold and kernels.cached() and processors() > 1 else None
    try:
        model = _small_model()
        model.advance(model.announcement_month)
        model.fork("placebo").advance(model.announcement_month + 6)
        model.fork("shocked").advance(model.announcement_month + 18)
    finally:
        if other is not None:
            other.kill()
            other.wait()


def compile_first(*, quiet: bool = True) -> None:
    """Compile, unless an earlier run has done so: what is compiled is read in a second or two anyway."""
    from ecosim import kernels

    if not kernels.compiled_before():
        warm_kernels(quiet=quiet)


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


def start_worker(plugins: Iterable[str], memory_gib: float | None = None, modules: Iterable[str] = ()) -> None:
    """Prepare a worker: linear algebra at one thread, the user's mechanisms known, no more memory than allowed."""
    prepare(plugins, modules)
    import ecosim.model  # noqa: F401  (its time is not that of the first unit, nor its memory)

    if memory_gib is not None:
        _limit_memory(int(memory_gib * 1024**3))
    _end_with_parent()


def _limit_memory(more: int) -> None:
    """Let this process take so many bytes more; where the system cannot say or refuse, it stays unlimited."""
    try:
        import resource
        from pathlib import Path

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _end_with_parent() -> None:
    """End this process when its parent is killed, even in the middle of a unit that hangs."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="ecosim-parent").start()


class LocalPool:
    """Worker processes of this computer: one that dies or hangs costs its batch, and is replaced.

    Each worker has a pipe of its own. Pools whose workers share one (multiprocessing, pebble) stand still when a worker
    is killed while it writes.
    """

    def __init__(self, workers: int, task: Task, timeout_seconds: float | None) -> None:
        self._task = task
        self._timeout = timeout_seconds
        self._pending: deque[_Order] = deque()
        self._ends: dict[int, Part | Exception] = {}
        self._numbers = itertools.count()
        self._bad_starts = 0
        self._workers = [_Worker(task) for _ in range(workers)]

    def slots(self) -> int:
        """One batch in work and one waiting per process."""
        return 2 * len(self._workers)

    def start(self, payloads: list[Payload], limit: float | None) -> Any:
        """Queue a batch; its time counts from when a process takes it."""
        self._pending.append(_Order(next(self._numbers), payloads, limit))
        return self._pending[-1].number

    def ended(self, handles: Collection[Any]) -> list[Any]:
        """Batches that came back or were lost."""
        self._hand_out()
        sources = [source for worker in self._workers for source in (worker.pipe, worker.process.sentinel)]
        ready = set(wait_for(sources, timeout=TICK_SECONDS))
        for place, worker in enumerate(self._workers):
            if worker.pipe in ready or worker.process.sentinel in ready:
                self._hear(place, worker)
            elif worker.late:
                self._replace(place, WorkerLostError(too_long(self._timeout), final=True))
        self._hand_out()
        return list(self._ends)

    def outcome(self, handle: Any) -> Part:
        """The part, or why there is none."""
        end = self._ends.pop(handle)
        if isinstance(end, Exception):
            raise end
        return end

    def close(self, finished: bool) -> None:
        """Let the processes go."""
        for worker in self._workers:
            worker.end(gently=finished)

    def _hand_out(self) -> None:
        for worker in self._workers:
            if self._pending and worker.idle:
                worker.take(self._pending.popleft())

    def _hear(self, place: int, worker: _Worker) -> None:
        """Take what a worker says; one that has ended, even in the middle of a sentence, is replaced."""
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            code = worker.exit_code()
            if not worker.ready:
                self._bad_starts += 1
            if self._bad_starts > _BAD_STARTS:
                raise InputError(
                    "runner.processes", len(self._workers),
                    problem=f"worker processes end as they start (exit code {code})",
                    allowed="0, to see what is wrong in this process",
                ) from None  # fmt: skip
            self._replace(place, WorkerLostError(f"worker process ended (exit code {code})"))
            return
        if message is None:
            worker.ready, self._bad_starts = True, 0
        elif worker.order is not None:
            self._ends[worker.order.number] = message
            worker.order = None

    def _replace(self, place: int, error: WorkerLostError) -> None:
        worker = self._workers[place]
        worker.end(gently=False)
        if worker.order is not None:
            self._ends[worker.order.number] = error
        self._workers[place] = _Worker(self._task)


@dataclass
class _Order:
    number: int
    payloads: list[Payload]
    limit: float | None


class _Worker:
    """One process, its pipe, and the batch it has."""

    def __init__(self, task: Task) -> None:
        context = worker_context()
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, task), daemon=True)
        with _interrupts_ignored():
            self.process.start()
        theirs.close()
        self.ready = False
        self.order: _Order | None = None
        self._deadline = float("inf")

    @property
    def idle(self) -> bool:
        return self.ready and self.order is None and self.process.is_alive()

    @property
    def late(self) -> bool:
        return self.order is not None and time.monotonic() > self._deadline

    def take(self, order: _Order) -> None:
        self.order = order
        self._deadline = float("inf") if order.limit is None else time.monotonic() + order.limit
        with contextlib.suppress(OSError):  # it has just ended; its sentinel will say so
            self.pipe.send(order.payloads)

    def exit_code(self) -> int | None:
        self.process.join(_END_SECONDS)
        return self.process.exitcode

    def end(self, gently: bool) -> None:
        self.pipe.close()
        if gently:
            self.process.join(_END_SECONDS)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()


def _serve(pipe: Connection, task: Task) -> None:
    """What a worker process does: batches, until the other end of the pipe is closed."""
    start_worker(task.plugins, task.memory_gib, task.modules)
    pipe.send(None)
    while True:
        try:
            payloads = pipe.recv()
        except (EOFError, OSError):
            return
        answer: Part | Exception
        try:
            answer = task(payloads)
        except Exception as error:
            answer = RuntimeError(f"{type(error).__name__}: {error}")
        pipe.send(answer)


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started meanwhile leave Ctrl-C to this one, which ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def too_long(timeout_seconds: float | None) -> str:
    """Why a unit that ran out of time failed."""
    return f"took longer than runner.timeout_seconds={timeout_seconds:g}"


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


def fill(
    store: Store,
    payloads: Iterable[Payload],
    runner: RunnerConfig,
    *,
    total: int,
    workers: int,
    plugins: Iterable[str] = (),
    progress: Callable[[float | None], None] = lambda done: None,
) -> int:
    """Run units and keep each part as it comes; the log says how fast it goes and how much is left.

    Parameters
    ----------
    store : Store
        Open, with the lock.
    payloads, runner, total, workers
        As for :func:`run_all`.
    plugins : iterable of str
        Modules and files each worker imports first.
    progress : callable
        Called with the number of units done, and about twice a second with None.

    Returns
    -------
    int
        Number of runs that failed.
    """
    task = Task(store.mark, store.keeps_series, tuple(plugins), runner.memory_gib, modules_of_mechanisms())
    started = logged = time.perf_counter()
    done = failed = 0

    def log() -> None:
        seconds = time.perf_counter() - started
        left = f", about {duration(seconds / done * (total - done))} left" if 0 < done < total else ""
        rate = f"{done / max(seconds, 1e-6):.3g} histories a second"
        store.log(f"{done} of {total} histories run in {duration(seconds)}, {failed} runs failed, {rate}{left}")

    store.log(f"{total} histories to run, workers: {workers or 'this process'} ({runner.kind})")
    try:
        for part in run_all(payloads, runner, workers=workers, task=task, total=total, tick=lambda: progress(None)):
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

    Yields
    ------
    Part
        Every unit is in exactly one of them, if only as failed.
    """
    if workers == 0 and runner.kind == "local":
        yield from _here(payloads, runner, task, tick)
        return
    queue = _Queue(payloads, total, runner, workers)
    pool = _pool(runner, workers, task)
    waiting: dict[Any, _Batch] = {}
    finished = False
    try:
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
        finished = True
    finally:
        pool.close(finished)


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
