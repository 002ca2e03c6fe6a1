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


#: Share of the work after which its own pace counts for all, and before which no time left is given without another
#: estimate.
_KNOWN_SHARE, _LEAST_SHARE = 0.2, 0.05


class Progress:
    """Share done and time left of a number of units; use as a context manager.

    Parameters
    ----------
    title : str
        What is counted.
    total : int
        Units.
    quiet : bool
        Whether nothing is shown.
    expected : float, optional
        Seconds that all of it was estimated to take: said to be left until its own pace shows.
    """

    def __init__(self, title: str, total: int, *, quiet: bool = False, expected: float | None = None) -> None:
        self.title = title
        self.total = total
        self.done = 0.0
        self.quiet = quiet
        self._expected = expected
        self._started = time.perf_counter()
        # when the first and the last part were done, and how much was done then: what comes before the first (a worker
        # starts, a world is made) is no sign of the pace
        self._first: tuple[float, float] | None = None
        self._last = (self._started, 0.0)
        self._last_line = self._started - _LINE_SECONDS
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if not self.quiet and _is_terminal(sys.stderr):
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn
            from rich.progress import Progress as Bar
            from rich.text import Text

            class Unread(Console):
                def on_broken_pipe(self) -> None:
                    """Be quiet; rich's own would end the program."""
                    self.quiet = True

            progress = self

            class Clock(ProgressColumn):
                def render(self, task: Task) -> Text:
                    """Time gone and time left."""
                    return Text(progress.times())

            bar = Bar(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Clock(),
                console=Unread(stderr=True), transient=True,
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
        now = time.perf_counter()
        if done is not None:
            if done > self._last[1]:
                self._last = (now, done)
                self._first = self._first or self._last
            self.done = done
        if self.quiet:
            return
        if self._bar is not None:
            with _unread():
                self._bar.update(self._task, completed=self.done, total=self.total)
            return
        if now - self._started < _SILENT_SECONDS or now - self._last_line < _LINE_SECONDS:
            return
        self._last_line = now
        say(f"{self.title}: {100 * self.done / max(self.total, 1):.0f} % {self.times()}")

    def times(self) -> str:
        """``after 00:20, about 01:07 left``; without what is left where that cannot be told."""
        left = self.seconds_left()
        gone = f"after {duration(time.perf_counter() - self._started)}"
        return gone if left is None else f"{gone}, about {duration(left)} left"

    def seconds_left(self) -> float | None:
        """Seconds that the rest will take; None where that cannot be told.

        The pace is that since the first part was done, and it is blended with what was expected until a fifth is done.
        Between two parts the time runs down; where it has run out, nothing is said.
        """
        now = time.perf_counter()
        when, done = self._last
        share = done / max(self.total, 1)
        expected = None if self._expected is None else self._expected - (now - self._started)
        if share <= 0.0 or self._first is None:
            return expected if expected is not None and expected > 0.0 else None
        first_when, first_done = self._first
        since = done - first_done
        # the first part alone tells no pace but its own
        pace = since / (when - first_when) if since > 0.0 and when > first_when else done / (when - self._started)
        own = (self.total - done) / pace - (now - when)
        weight = min(share / _KNOWN_SHARE, 1.0)
        if expected is None:
            left = own if share >= _LEAST_SHARE else 0.0
        else:
            left = weight * own + (1.0 - weight) * expected
        return left if left > 0.0 else None


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
    """A time span as minutes and seconds, with hours where there are any.

    Examples
    --------
    >>> duration(7.2), duration(183), duration(3725)
    ('00:07', '03:03', '1:02:05')
    """
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"
