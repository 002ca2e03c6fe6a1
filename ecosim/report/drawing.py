"""Drawing the figures of a report: composed in this process, rendered by a second one too where there is much to do."""

from __future__ import annotations

import atexit
import gc
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ecosim.processes import why_alone, worker_context
from ecosim.report.derived import is_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ecosim.report.content import Content, Plate

#: Runs from which drawing takes longer than starting a process that helps.
_WORTH_HELP = 200

#: A figure as the bytes of a PNG and of an SVG file.
Files = tuple[bytes, bytes]


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


class Press:
    """Renders figures, here and, if that is worth it, in a second process that starts at once.

    The second process takes the figures in the order they come; what it has not begun when it is needed is rendered
    here, and so is what it died over.

    Parameters
    ----------
    processes : int
        With 2 or more, a second process helps, unless this program may have none
        (:func:`ecosim.processes.why_alone`).
    runs : int
        Runs of the sweep that is reported; for few nobody is asked to help.
    """

    def __init__(self, processes: int, runs: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1 and runs >= _WORTH_HELP and not why_alone():
            self._pool = ProcessPoolExecutor(1, mp_context=worker_context())
            self._pool.submit(_get_ready)
        # hands the other process one figure at a time, so that all others can still be taken back
        self._hand = ThreadPoolExecutor(1)

    def __enter__(self) -> Press:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hand.shutdown(wait=False, cancel_futures=True)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def ask(self, figure: Figure, before: Path) -> Future[Files] | None:
        """Ask the second process to render a figure; None without one. ``before``: see :func:`render`."""
        if self._pool is None:
            return None
        # as it is now: a figure that is being drawn may change
        return self._hand.submit(self._there, pickle.dumps(figure), before)

    def files(self, sheet: Sheet) -> Files:
        """A figure's files: from the other process if it has begun with them, else made here."""
        if sheet.asked is None or sheet.asked.cancel():
            return render(sheet.figure, sheet.before)
        try:
            return sheet.asked.result()
        except BrokenProcessPool:
            return render(sheet.figure, sheet.before)

    def _there(self, figure: bytes, before: Path) -> Files:
        assert self._pool is not None
        return self._pool.submit(_render_there, figure, before).result()


@dataclass(frozen=True)
class Sheet:
    """A plate that is composed, and perhaps being rendered already."""

    figure: Figure
    #: Where it may have been drawn before, without suffix.
    before: Path
    asked: Future[Files] | None
    reading: str


def compose_all(content: Content, plates: Sequence[Plate], press: Press) -> list[Sheet | str]:
    """Every plate of the report, in their order; in place of those left out, why."""
    started = [_start(content, plate, press) for plate in plates]
    # what a figure shows takes all tables to say: the other process need not wait for that
    return [_read(content, plate, *one) for plate, one in zip(plates, started, strict=True)]


def _start(content: Content, plate: Plate, press: Press) -> tuple[Figure | str, Future[Files] | None]:
    from ecosim.report.content import AbsentError

    try:
        figure = plate.draw(content)
    except AbsentError as reason:
        return str(reason), None
    return figure, press.ask(figure, _stem(content, plate))


def _read(content: Content, plate: Plate, figure: Figure | str, asked: Future[Files] | None) -> Sheet | str:
    from ecosim.report.content import AbsentError

    if isinstance(figure, str):
        return figure
    try:
        return Sheet(figure, _stem(content, plate), asked, plate.reading(content))
    except AbsentError as reason:
        return str(reason)


def _stem(content: Content, plate: Plate) -> Path:
    return content.folder / "figures" / plate.name


def render_all(sheets: Sequence[Sheet | str], press: Press, tick: Callable[[int], None]) -> list[Drawn]:
    """The figures, in their order.

    Parameters
    ----------
    sheets : sequence of Sheet or str
        From :func:`compose_all`.
    press : Press
        What was asked to render them.
    tick : callable
        Receives the number of figures done.
    """
    found: list[Drawn] = []
    # from the last on: the other process began with the first
    for sheet in reversed(sheets):
        if isinstance(sheet, str):
            found.append(Drawn(sheet))
        else:
            width, height = (round(100 * inches) for inches in sheet.figure.get_size_inches())
            found.append(Drawn("", *press.files(sheet), sheet.reading, (width, height)))
        tick(len(found))
    return found[::-1]


def render(figure: Figure, before: Path | None = None) -> Files:
    """A figure as PNG and as SVG (:func:`ecosim.plots.style.rendered`)."""
    from ecosim.plots import style

    # what was drawn before is taken only if it is undamaged
    taken = before is not None and is_whole(before.with_suffix(".png"))
    return style.rendered(figure, before if taken else None)


def collect_no_garbage() -> None:
    """Leave reference cycles to the end of the process, and then to the system.

    Drawing makes objects by the million and drops few of them: looking for cycles took a fifth of the time of a report.
    """
    gc.disable()
    # else the interpreter looks for them once more as it ends
    atexit.register(gc.freeze)


def _get_ready() -> None:
    """Load, while the first process still reads, what drawing needs: libraries and letters."""
    from ecosim.plots import style

    collect_no_garbage()
    figure, axes = style.new_figure()
    axes[0, 0].set_title("ready")
    render(figure)


def _render_there(figure: bytes, before: Path) -> Files:
    return render(pickle.loads(figure), before)
