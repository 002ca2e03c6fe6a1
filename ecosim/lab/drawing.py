"""Drawing the figures of a report: in this process, and in a second one beside it where there is much to draw."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ecosim.lab.plates import PLATES, AbsentError, Content, Plate

#: Runs from which drawing takes longer than starting a process that helps.
_WORTH_HELP = 200


@dataclass(frozen=True)
class Drawn:
    """A figure as it goes into the report, or why it does not."""

    #: Why it was left out; empty when it was drawn, or when nothing need be said.
    reason: str = ""
    png: bytes = b""
    svg: bytes = b""
    #: What it shows, in one sentence.
    reading: str = ""
    #: Width and height in hundredths of an inch.
    size: tuple[int, int] = (0, 0)


def draw_all(content: Content, processes: int, tick: Callable[[int], None]) -> list[Drawn]:
    """Every plate of the report, in their order.

    Parameters
    ----------
    content : Content
        What is drawn.
    processes : int
        With 2 or more, and many runs, a second process draws too. It imports the program anew, so that a script which
        asks for it needs the usual ``if __name__ == "__main__"``.
    tick : callable
        Receives the number of plates done.
    """
    found: list[Drawn] = []
    with _help_with(content, processes) as asked:
        for plate in PLATES:
            drawn = _helped(asked[plate.name]) if plate.name in asked else None
            found.append(drawn or draw(content, plate))
            tick(len(found))
    return found


def draw(content: Content, plate: Plate) -> Drawn:
    """One plate."""
    from ecosim.plots import style

    try:
        figure = plate.draw(content)
        reading = plate.reading(content)
    except AbsentError as reason:
        return Drawn(str(reason))
    width, height = (round(100 * inches) for inches in figure.get_size_inches())
    return Drawn("", style.drawn(figure, "png"), style.drawn(figure, "svg"), reading, (width, height))


@contextmanager
def _help_with(content: Content, processes: int) -> Iterator[dict[str, Future[Drawn]]]:
    """Ask a second process for every plate, the last first; what it has not begun when needed is drawn here."""
    if processes < 2 or len(content.runs) < _WORTH_HELP:
        yield {}
        return
    # not forked: a forked copy of running threads is not safe
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield {plate.name: pool.submit(_draw_there, content.folder, plate.name) for plate in reversed(PLATES)}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _helped(future: Future[Drawn]) -> Drawn | None:
    """What the other process drew; None if it has not begun, or has died."""
    if future.cancel():
        return None
    try:
        return future.result()
    except BrokenProcessPool:
        return None


@cache
def _content_there(folder: Path) -> Content:
    return Content(folder)


def _draw_there(folder: Path, name: str) -> Drawn:
    return draw(_content_there(folder), next(plate for plate in PLATES if plate.name == name))
