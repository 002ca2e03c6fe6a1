"""What is said while work goes on, and the answer: a bar in a terminal, a line now and then without one.

Progress is for a reader who may leave (``ecosim sweep 2>&1 | head``). A line that nobody can read is dropped; the work
goes on.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from ecosim.errors import InputError

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
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if not self.quiet and _is_terminal(sys.stderr):
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            class Unread(Console):
                def on_broken_pipe(self) -> None:
                    """Be quiet; rich's own would end the program."""
                    self.quiet = True

            bar = Bar(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                TextColumn("left"), TimeRemainingColumn(), console=Unread(stderr=True), transient=True,
            )  # fmt: skip
            with _unread():
                bar.start()
            self._task = bar.add_task(self.title, total=self.total)
            self._bar = bar
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            with _unread():
                self._bar.stop()

    def update(self, done: float | None = None) -> None:
        """Show the state; ``done`` counts units and may be a fraction."""
        if done is not None:
            self.done = done
        if self.quiet:
            return
        if self._bar is not None:
            with _unread():
                self._bar.update(self._task, completed=self.done, total=self.total)
            return
        now = time.perf_counter()
        elapsed = now - self._started
        if elapsed < _SILENT_SECONDS or now - self._last_line < _LINE_SECONDS:
            return
        self._last_line = now
        left = f", about {duration(elapsed / self.done * (self.total - self.done))} left" if self.done > 0 else ""
        say(f"{self.title}: {100 * self.done / max(self.total, 1):.0f} % after {duration(elapsed)}{left}")


def say(text: str) -> None:
    """Write a line to the error stream; one that cannot be written is dropped."""
    # without the stream, print would take standard output
    if sys.stderr is not None:
        with _unread():
            _print(text, sys.stderr)


def answer(text: str) -> None:
    """Write an answer to standard output; where the reader has gone, nobody is left to miss it.

    Raises
    ------
    InputError
        If it cannot be written for another reason, such as a full disk.
    """
    if sys.stdout is None:
        return
    try:
        _print(text, sys.stdout)
    except (BrokenPipeError, ValueError):
        return
    except OSError as error:
        # else Python tries once more as it ends
        _to_nowhere(sys.stdout)
        raise InputError(
            "standard output", problem=f"the answer cannot be written ({error.strerror or error})",
            allowed="a file with space, or a pipe",
        ) from None  # fmt: skip


def _print(text: str, stream: TextIO) -> None:
    """Write a line; letters that the stream does not know are replaced."""
    try:
        print(text, file=stream, flush=True)
    except UnicodeEncodeError:
        known = stream.encoding or "ascii"
        print(text.encode(known, "replace").decode(known), file=stream, flush=True)


def open_streams() -> None:
    """Open the standard streams that this process began without (``2>&-``) onto nothing.

    Else the next file that is opened would take their number, and what libraries say would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # the lowest free number is taken; worker processes have it too
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def let_go() -> bool:
    """Write out what the standard streams hold; whether one of them could not be, and so is closed for good.

    Python would try once more as it ends, complain, and give another exit code.
    """
    broken = False
    for stream in (sys.stdout, sys.stderr):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            broken = True
            _to_nowhere(stream)
    return broken


def _to_nowhere(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _unread() -> Iterator[None]:
    """Go on where a stream is closed, its reader has gone, or its disk is full."""
    with contextlib.suppress(OSError, ValueError):
        yield


def duration(seconds: float) -> str:
    """A time span for people."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
