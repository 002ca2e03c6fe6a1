"""The house style: drawn from Matplotlib's defaults and ours, whatever the user has set."""

from __future__ import annotations

import functools
import io
import os
import re
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from ecosim.progress import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PNG_DPI = 150
#: A tenth larger than with the usual 6, in two thirds of the time.
_PNG_EFFORT = 3

#: What differs from Matplotlib's own defaults.
_RC: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    # titles stand where they always stand; asking every tick whether it is in their way took a tenth of drawing
    "axes.titley": 1.0,
    "legend.frameon": False,
    "legend.fontsize": 9,
    # same bytes each time, and text that stays text
    "svg.hashsalt": "ecosim",
    "svg.fonttype": "none",
}


#: Settings that say nothing of how a figure looks: they stay as the user has them.
_NOT_OF_FIGURES = re.compile(
    r"backend|interactive|toolbar|keymap\.|webagg\.|tk\.|docstring|animation\.|figure\.(raise_window|max_open)|savefig\.dir|"
    r"date\.epoch|timezone"
)

P = ParamSpec("P")
R = TypeVar("R")


def matplotlib() -> Any:
    """Matplotlib, also where the user's settings keep it from being imported.

    An unknown backend in ``MPLBACKEND``, or a settings file that is no text, ends its import; figures need neither.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise
    except Exception as error:
        say(f"Matplotlib's settings of this user cannot be read and are left aside: {' '.join(str(error).split())}")
        kept = {name: os.environ.get(name) for name in ("MPLBACKEND", "MATPLOTLIBRC")}
        os.environ.pop("MPLBACKEND", None)
        os.environ["MATPLOTLIBRC"] = os.devnull
        # what was imported before it failed knows a Matplotlib that is no more
        for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
            del sys.modules[name]
        try:
            import matplotlib as mpl
        finally:
            for name, value in kept.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
    return mpl


def get_ready() -> None:
    """Import now what figures are drawn with: half a second, which whoever waits anyway does not notice."""
    matplotlib()
    from matplotlib import figure  # noqa: F401
    from matplotlib.backends import backend_agg, backend_svg  # noqa: F401


@functools.cache
def _house() -> dict[Any, Any]:
    """Every setting that a figure depends on: Matplotlib's default, or ours."""
    defaults = matplotlib().rcParamsDefault
    return {name: defaults[name] for name in defaults if not _NOT_OF_FIGURES.match(name)} | _RC


_styled = threading.local()


@contextmanager
def house_style() -> Iterator[None]:
    """Draw from Matplotlib's defaults and the house style, whatever the user has set; that comes back at the end."""
    mpl = matplotlib()
    if getattr(_styled, "now", False):
        yield
        return
    _styled.now = True
    try:
        with mpl.rc_context(_house()):
            yield
    finally:
        _styled.now = False


def in_house_style(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose figures, axes and artists are made in the house style.

    Artists take colours, fonts and widths from the settings at the moment they are made, so the figure alone would not
    do.
    """

    @functools.wraps(function)
    def styled(*args: P.args, **kwargs: P.kwargs) -> R:
        with house_style():
            return function(*args, **kwargs)

    return styled


def drawn(figure: Figure, kind: str) -> bytes:
    """A figure as the bytes of a ``png`` or ``svg`` file.

    Written by the canvases themselves: ``savefig`` draws every figure twice, the first time for nothing.
    """
    matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.BytesIO()
    canvas, dpi = figure.canvas, figure.dpi
    with house_style():
        if kind == "png":
            raster = FigureCanvasAgg(figure)
            figure.set_dpi(_PNG_DPI)
            raster.print_png(buffer, pil_kwargs={"compress_level": _PNG_EFFORT})
            figure.set_dpi(dpi)
        else:
            FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    figure.set_canvas(canvas)
    # the layout is found; the next format need not look for it again
    figure.set_layout_engine("none")
    return buffer.getvalue() if kind == "png" else marked(buffer.getvalue())


def marked(svg: bytes) -> bytes:
    """An SVG file with its checksum in a comment at the end: unlike a PNG, the format has none."""
    return svg + b"<!-- crc32 %08x -->\n" % zlib.crc32(svg)


def as_marked(content: bytes) -> bool:
    """Whether an SVG file is what its mark says, or has no mark."""
    svg, mark, rest = content.rpartition(b"<!-- crc32 ")
    return not mark or rest[:8] == b"%08x" % zlib.crc32(svg)
