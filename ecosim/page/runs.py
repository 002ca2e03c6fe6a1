"""Runs that the page asked for: a queue, two at a time, through the lab's own worker processes.

One thread hands units (a policy and a draw) to two processes and takes them back. It holds the lock only while it notes
something: the server answers from its event loop, and would stand still with it. A run that nobody has asked about for
a while is given up: its tab is closed. When nothing has been run for a while the processes end, and their memory is
back.
"""

from __future__ import annotations

import itertools
import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ecosim.errors import InputError, reason_of
from ecosim.page import ask
from ecosim.page.ask import Asked
from ecosim.page.cells import Cell, Runs, cell, packed_cells, packed_history, peripheral_count
from ecosim.page.grid import PageTask, unit_file, with_maps
from ecosim.page.levers import PLACEBO

if TYPE_CHECKING:
    from ecosim.lab.design import Plan, Unit
    from ecosim.lab.parts import Part

#: Processes, and runs at work at once; runs that may wait; finished ones that are kept.
WORKERS, MOST_WAITING, MOST_KEPT = 2, 60, 20
#: Seconds without a question after which a run is given up (browsers let a hidden tab ask once a minute), after which a
#: finished one is forgotten, and after which idle processes end; and that a unit at work is given to end by itself when
#: its run is given up.
GONE, FORGOTTEN, IDLE, LAST = 90.0, 600.0, 60.0, 5.0
#: Seconds after which a run is given up that nobody has asked about at all: its tab was closed before it had its name.
UNASKED = 20.0
#: Seconds and memory of one unit: the first ones compile, and give way to all else on a busy computer.
UNIT_SECONDS, UNIT_GIB = 900.0, 3.0
_LIVES = 2
#: Niceness of a process that runs units: the browser, and the server that answers it, come first.
NICE = 10


class GivesWay(PageTask):
    """The page's task, in a process that whoever looks at the page does not wait for."""

    def __call__(self, payloads: list[dict[str, Any]]) -> Part:
        """Run units one after the other."""
        _give_way()
        return super().__call__(payloads)


def _give_way() -> None:
    # Windows has no niceness
    if not hasattr(os, "nice"):
        return
    now = os.nice(0)
    if now < NICE:
        os.nice(NICE - now)
        _in_a_session_that_gives_way()


def _in_a_session_that_gives_way() -> None:
    # Linux shares the processors between sessions before it looks at niceness, and the browser is in another one.
    group = Path("/proc/self/autogroup")
    if group.exists() and os.getpid() != os.getpgrp():
        os.setsid()
        with suppress(OSError):
            group.write_text(str(NICE), encoding="ascii")


class AnyPool(Protocol):
    """What is used of :class:`ecosim.lab.pool.LocalPool`."""

    def start(self, payloads: list[dict[str, Any]], limit: float | None) -> Any:
        """Hand a batch over."""

    def ended(self, handles: Any) -> list[Any]:
        """Batches with an outcome."""

    def outcome(self, handle: Any) -> Any:
        """What came of one, or the error."""

    def drop(self, handle: Any) -> None:
        """Give one up."""

    def close(self, finished: bool) -> None:
        """Let the processes go."""


@dataclass
class _Run:
    number: int
    asked: Asked
    plan: Plan
    left: list[Unit]
    state: str = "queued"
    asked_at: float = 0.0
    looked_at: bool = False
    started: float | None = None
    seconds: float = 0.0
    results: dict[tuple[int, int], bytes] = field(default_factory=dict)
    losses: dict[tuple[int, int], int] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    error: str = ""

    @property
    def all(self) -> int:
        """Units of it."""
        return len(self.plan.units)

    @property
    def alive(self) -> bool:
        return self.state in ("queued", "running")


def _local_pool(workers: int) -> AnyPool:
    from ecosim.lab.pool import LocalPool
    from ecosim.processes import modules_of_mechanisms

    task = GivesWay("page", memory_gib=UNIT_GIB, modules=modules_of_mechanisms())
    return LocalPool(workers, task, UNIT_SECONDS)


class Queue:
    """Runs by id.

    Parameters
    ----------
    workers : int
        Processes, and runs at work at once.
    pool : callable
        Makes the processes when the first run comes.
    clock : callable
        Seconds.
    """

    def __init__(
        self, workers: int = WORKERS, pool: Callable[[int], AnyPool] = _local_pool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.workers = workers
        self._make, self._clock = pool, clock
        self._runs: dict[str, _Run] = {}
        self._numbers = itertools.count()
        self._turn = 0
        self._pool: AnyPool | None = None
        self._waiting: dict[Any, tuple[str, Unit]] = {}
        #: Units of runs that were given up, and when they are ended.
        self._abandoned: dict[Any, float] = {}
        self._last_work = clock()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    # ---- what the server asks

    def start(self, asked: Asked) -> str:
        """Queue a run; returns its id.

        Raises
        ------
        InputError
            If it is refused: the line of the command line, or because too many wait.
        """
        from ecosim.lab.design import make_plan

        with self._changed:
            waiting = sum(run.alive for run in self._runs.values())
        if waiting >= MOST_WAITING:
            raise InputError("run", problem=f"{waiting} runs are waiting", allowed="try again when some have ended")
        plan = make_plan(ask.request(asked))
        name = secrets.token_urlsafe(12)
        with self._changed:
            if self._closed:
                raise InputError("run", problem="the server is ending")
            self._runs[name] = _Run(next(self._numbers), asked, plan, plan.units, asked_at=self._clock())
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="ecosim-page-runs", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return name

    def look(self, name: str) -> dict[str, Any]:
        """How far a run is; ``state`` is ``gone`` for one that is not known."""
        with self._changed:
            run = self._runs.get(name)
            if run is None:
                return {"state": "gone"}
            run.asked_at, run.looked_at = self._clock(), True
            before = [other for other in self._runs.values() if other.state == "queued" and other.number < run.number]
            since = run.seconds if run.started is None or not run.alive else self._clock() - run.started
            told: dict[str, Any] = {
                "state": run.state, "position": len(before) + 1 if run.state == "queued" else 0,
                "done": len(run.results) if run.result is None else run.all, "all": run.all, "seconds": round(since, 1),
            }  # fmt: skip
            if run.result is not None:
                told["result"] = run.result
            if run.error:
                told["error"] = run.error
            return told

    def cancel(self, name: str) -> bool:
        """Give a run up; whether there was one."""
        with self._changed:
            run = self._runs.pop(name, None)
            if run is not None:
                self._give_up(name, run)
                self._changed.notify_all()
            return run is not None

    def close(self) -> None:
        """End everything at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(10.0)

    @property
    def idle(self) -> bool:
        """Whether no process is held."""
        return self._pool is None

    # ---- the thread

    def _work(self) -> None:
        try:
            while True:
                with self._changed:
                    if self._closed:
                        return
                    self._forget()
                    self._promote()
                    chosen = self._choose()
                    busy = bool(self._waiting or chosen)
                    if not busy and not self._over():
                        self._changed.wait(timeout=1.0 if self._pool is not None or self._runs else None)
                        continue
                # from here on nothing is held while work is done: the server answers looks and clicks meanwhile
                if not busy:
                    self._let_go()
                    continue
                self._last_work = self._clock()
                if self._pool is None:
                    self._pool = self._make(self.workers)
                for name, run, unit in chosen:
                    self._hand_over(self._pool, name, run, unit)
                for handle in self._pool.ended(list(self._waiting)):
                    self._take(self._pool, handle)
                self._end_abandoned(self._pool)
        except Exception as error:
            # nobody waits for ever for a thread that has ended
            with self._changed:
                for run in self._runs.values():
                    if run.alive:
                        run.state, run.error = "failed", reason_of(error)
                self._thread = None
                self._waiting.clear()
                self._abandoned.clear()
        finally:
            pool_left, self._pool = self._pool, None
            if pool_left is not None:
                pool_left.close(False)

    def _over(self) -> bool:
        """Whether processes are held that have had no work for a while."""
        return self._pool is not None and self._clock() - self._last_work > IDLE

    def _let_go(self) -> None:
        pool_left, self._pool = self._pool, None
        if pool_left is not None:
            pool_left.close(True)

    def _promote(self) -> None:
        running = sum(run.state == "running" for run in self._runs.values())
        queued = sorted((run for run in self._runs.values() if run.state == "queued"), key=lambda run: run.number)
        for run in queued[: max(0, self.workers - running)]:
            run.state, run.started = "running", self._clock()

    def _forget(self) -> None:
        now = self._clock()
        for name, run in list(self._runs.items()):
            if run.alive and now - run.asked_at > (GONE if run.looked_at else UNASKED):
                self._give_up(name, run)
                del self._runs[name]
            elif not run.alive and now - run.asked_at > FORGOTTEN:
                del self._runs[name]
        ended = sorted((run.asked_at, name) for name, run in self._runs.items() if not run.alive)
        for _, name in ended[: max(0, len(ended) - MOST_KEPT)]:
            del self._runs[name]

    def _give_up(self, name: str, run: _Run) -> None:
        run.state, run.left = "gone", []
        self._abandon(name)

    def _abandon(self, name: str) -> None:
        """Give what is at work for a run that is over a few seconds to end by itself."""
        for handle, (owner, _) in self._waiting.items():
            if owner == name:
                self._abandoned.setdefault(handle, self._clock() + LAST)

    def _choose(self) -> list[tuple[str, _Run, Unit]]:
        """One unit for each free process, the runs in turn."""
        chosen: list[tuple[str, _Run, Unit]] = []
        while len(self._waiting) + len(chosen) < self.workers:
            ready = [(name, run) for name, run in self._runs.items() if run.state == "running" and run.left]
            if not ready:
                break
            name, run = ready[self._turn % len(ready)]
            self._turn += 1
            chosen.append((name, run, run.left.pop(0)))
        return chosen

    def _hand_over(self, pool: AnyPool, name: str, run: _Run, unit: Unit) -> None:
        # the first payload of all compiles what draws parameters, which takes seconds
        payload = run.plan.payload(unit)
        if unit.replicate == run.plan.first_replicate:
            payload = with_maps(payload)
        with self._changed:
            # it may have been given up meanwhile
            if run.alive:
                self._waiting[pool.start([payload], UNIT_SECONDS)] = (name, unit)

    def _take(self, pool: AnyPool, handle: Any) -> None:
        from ecosim.lab.pool import WorkerLostError

        with self._changed:
            name, unit = self._waiting.pop(handle)
            self._abandoned.pop(handle, None)
            run = self._runs.get(name)
        try:
            part = pool.outcome(handle)
        except WorkerLostError as error:
            with self._changed:
                if run is None or not run.alive:
                    return
                key = (unit.history_id, unit.replicate)
                run.losses[key] = run.losses.get(key, 0) + 1
                if error.final or run.losses[key] >= _LIVES:
                    self._fail(name, run, error)
                else:
                    run.left.insert(0, unit)
            return
        except Exception as error:
            with self._changed:
                if run is not None:
                    self._fail(name, run, error)
            return
        if run is None or not run.alive:
            return
        run.results[unit.history_id, unit.replicate] = part.tables[unit_file(unit.history_id, unit.replicate)]
        if len(run.results) == run.all:
            try:
                made = result_of(run.asked, run.plan, run.results)
            except Exception as error:
                with self._changed:
                    self._fail(name, run, error)
                return
            with self._changed:
                run.result, run.state = made, "done"
                run.seconds = self._clock() - (run.started or self._clock())
                run.results = {}

    def _fail(self, name: str, run: _Run, error: Exception) -> None:
        run.state, run.error, run.left, run.results = "failed", reason_of(error), [], {}
        self._abandon(name)

    def _end_abandoned(self, pool: AnyPool) -> None:
        with self._changed:
            late = [handle for handle, end in self._abandoned.items() if self._clock() > end]
            for handle in late:
                del self._abandoned[handle]
                self._waiting.pop(handle, None)
        for handle in late:
            pool.drop(handle)


def result_of(asked: Asked, plan: Plan, results: dict[tuple[int, int], bytes]) -> dict[str, Any]:
    """What the page draws of a finished run.

    Parameters
    ----------
    asked : Asked
        What was asked.
    plan : Plan
        Its histories: policy a, and b where it differs.
    results : dict
        (history, replicate) -> :meth:`ecosim.page.cells.Runs.to_bytes`.
    """
    peripheral = peripheral_count(str(asked.base.get("world.preset", "europe")))
    runs = [
        [Runs.from_bytes(results[number, replicate]) for replicate in plan.numbers]
        for number in range(len(plan.histories))
    ]
    reference = runs[plan.reference_id]
    labels = [PLACEBO.id, *([asked.branch] if asked.shock else [])]
    cells: dict[tuple[int, ...], Cell] = {
        (number, k): cell(mine, reference, label, peripheral)
        for number, mine in enumerate(runs)
        for k, label in enumerate(labels)
    }
    made, scores = packed_cells(cells, (len(runs), len(labels)))
    shown = asked.branch
    first = [mine[0] for mine in runs]
    said = first[0].targets[first[0].labels.index(shown)].partition(": ")[2]
    return {
        "policies": list(ask.SIDES[: len(runs)]), "branches": labels, "output_beside": ask.SIDES[plan.reference_id],
        "cells": made, "scores": scores,
        "histories": [packed_history(one, shown) for one in first],
        "targets": [] if said in ("", "all") else said.split(), "draws": plan.replicates,
        "python": ask.python(asked), "command": ask.command(asked), "link": ask.to_link(asked),
    }  # fmt: skip
