"""Colours, sizes and saving shared by all figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

#: Okabe and Ito (2008): eight colours told apart with any common colour blindness.
COLOURS: tuple[str, ...] = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442",
)  # fmt: skip
LINES: tuple[Any, ...] = ("-", "--", ":", "-.")
MARKERS: tuple[str, ...] = ("o", "s", "^", "D", "v", "P")

_RC: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    # same bytes each time, and text that stays text
    "svg.hashsalt": "ecosim",
    "svg.fonttype": "none",
}


def new_figure(rows: int = 1, columns: int = 1, width: float = 8.0, height: float = 5.0, **options: Any) -> Any:
    """A figure and its axes in the house style, without touching the user's global settings.

    Made outside pyplot, so that no window opens and no figure stays in memory.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_RC):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def one_axes(ax: Axes | None, width: float = 8.0, height: float = 5.0) -> Axes:
    """The axes given, or the only one of a new figure."""
    if ax is not None:
        return ax
    _, axes = new_figure(width=width, height=height)
    only: Axes = axes[0, 0]
    return only


def save(figure: Figure | SubFigure, stem: Path) -> list[Path]:
    """Save a figure as PNG and SVG; returns the files."""
    import matplotlib as mpl

    whole = figure.get_figure(root=True)
    assert whole is not None
    stem.parent.mkdir(parents=True, exist_ok=True)
    files = []
    with mpl.rc_context(_RC):
        for suffix, options in ((".png", {"dpi": 150}), (".svg", {"metadata": {"Date": None}})):
            path = stem.with_suffix(suffix)
            temporary = path.with_name(f".{path.name}")
            whole.savefig(temporary, format=suffix[1:], **options)
            temporary.replace(path)
            files.append(path)
    return files


def plain(name: str) -> str:
    """A name from the data as a reader would write it."""
    return name.replace("_", " ")
