"""Processes that carry out units of work, one at a time each, and what happens when one of them is lost."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from typing import TYPE_CHECKING, Any, Protocol

from ecosim.errors import InputError
from ecosim.lab.branches import UnitResult, run_unit
from ecosim.lab.parts import Part, make_part
from ecosim.lab.workers import prepare
from ecosim.processes import worker_context

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


#: Seconds between two looks at the workers, so that progress and interrupts are served.
TICK_SECONDS = 0.5


#: Workers that may end as they start, one after the other, before it is taken for no chance.
_BAD_STARTS = 5


#: Seconds a worker is given to end by itself.
_END_SECONDS = 5.0


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

    def drop(self, handle: Any) -> None:
        """Give a batch up: what waits is not begun, and a process that works on it is replaced at once."""
        self._pending = deque(order for order in self._pending if order.number != handle)
        self._ends.pop(handle, None)
        for place, worker in enumerate(self._workers):
            if worker.order is not None and worker.order.number == handle:
                worker.order = None
                self._replace(place, WorkerLostError("given up", final=True))

    def close(self, finished: bool) -> None:
        """Let the processes go."""
        for worker in self._workers:
            # all hear it before one is waited for
            worker.pipe.close()
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
    # one that a thread started has not inherited it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
