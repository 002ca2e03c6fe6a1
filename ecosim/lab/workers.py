"""A few tasks in worker processes with their results in memory: for quick looks that need no store."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any

from ecosim.errors import InputError
from ecosim.processes import modules_of_mechanisms, worker_context


class Workers:
    """Processes that stay for several rounds of tasks; use as a context manager.

    Parameters
    ----------
    count : int
        Processes; with fewer than two, tasks run in this one.
    plugins : iterable of str
        Modules each worker imports first.
    """

    def __init__(self, count: int, plugins: Iterable[str] = ()) -> None:
        self.count = count if count >= 2 else 0
        self._plugins = list(plugins)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        if self.count:
            self._pool = ProcessPoolExecutor(
                self.count, mp_context=worker_context(), initializer=prepare,
                initargs=(self._plugins, modules_of_mechanisms()),
            )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def map(
        self, task: Callable[[Any], Any], payloads: Sequence[Any], tick: Callable[[float], None] = lambda done: None
    ) -> list[Any]:
        """Results in the order of the payloads; ``tick`` receives the number done.

        Raises
        ------
        InputError
            If a worker process dies; what a task raises is raised here.
        """
        if self._pool is None:
            results = []
            for payload in payloads:
                results.append(task(payload))
                tick(len(results))
            return results
        found: list[Any] = [None] * len(payloads)
        waiting = {self._pool.submit(task, payload): k for k, payload in enumerate(payloads)}
        try:
            while waiting:
                done, _ = wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED)
                for future in done:
                    found[waiting.pop(future)] = future.result()
                tick(len(payloads) - len(waiting))
        except BrokenProcessPool:
            raise InputError(
                "runner.processes", self.count, "fewer processes, or a smaller world.scale",
                problem="a worker process ended (out of memory?)",
            ) from None  # fmt: skip
        return found


def prepare(plugins: Iterable[str], modules: Iterable[str]) -> None:
    """Linear algebra at one thread, the user's mechanisms known."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)
    for name in modules:
        importlib.import_module(name)
    if plugins:
        from ecosim.lab.compose import load_plugins

        load_plugins(plugins)
