"""Progress on the error stream: a bar in a terminal, a line now and then without one."""

from __future__ import annotations

import sys
import time
from types import TracebackType

#: Nothing is shown for work that ends sooner.
_SILENT_SECONDS = 2.0
#: Time between two lines without a terminal.
_LINE_SECONDS = 10.0


class Progress:
    """Share done and time left of a number of units; use as a context manager."""

    def __init__(self, title: str, total: int, *, quiet: bool = False) -> None:
        self.title = title
        self.total = total
        self.done = 0.0
        self.quiet = quiet
        self._started = time.perf_counter()
        self._last_line = self._started - _LINE_SECONDS
        self._bar: object | None = None

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            bar = Bar(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                TextColumn("left"), TimeRemainingColumn(), console=Console(stderr=True), transient=True,
            )  # fmt: skip
            bar.start()
            self._task = bar.add_task(self.title, total=self.total)
            self._bar = bar
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()  # type: ignore[attr-defined]

    def update(self, done: float | None = None) -> None:
        """Show the state; ``done`` counts units and may be a fraction."""
        if done is not None:
            self.done = done
        if self.quiet:
            return
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done, total=self.total)  # type: ignore[attr-defined]
            return
        now = time.perf_counter()
        elapsed = now - self._started
        if elapsed < _SILENT_SECONDS or now - self._last_line < _LINE_SECONDS:
            return
        self._last_line = now
        left = f", about {duration(elapsed / self.done * (self.total - self.done))} left" if self.done > 0 else ""
        say(f"{self.title}: {100 * self.done / max(self.total, 1):.0f} % after {duration(elapsed)}{left}")


def say(text: str) -> None:
    """Write a line to the error stream."""
    print(text, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """A time span for people."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
