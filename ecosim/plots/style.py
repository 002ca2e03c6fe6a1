"""Colours, sizes and saving shared by all figures."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.files import write_whole
from ecosim.plots.house import drawn, house_style, matplotlib

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

#: Okabe and Ito (2008): eight colours told apart with any common colour blindness.
COLOURS: tuple[str, ...] = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442",
)  # fmt: skip
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = COLOURS[:6]
GREY = "#767676"
#: Background of what is within noise or within the smallest effect of interest.
PALE = "#e4e4e4"
#: What is open is hollow, dashed, or hatched in grey; nothing that is decided is.
OPEN_HATCH = "////"
OPEN_GREY = "#9a9a9a"
OPEN_DASH: Any = (0, (3, 2))
LINES: tuple[Any, ...] = ("-", "--", ":", "-.")
MARKERS: tuple[str, ...] = ("o", "s", "^", "D", "v", "P")


def new_figure(rows: int = 1, columns: int = 1, width: float = 8.0, height: float = 5.0, **options: Any) -> Any:
    """A figure and its axes in the house style, without touching the user's global settings.

    Made outside pyplot, so that no window opens and no figure stays in memory.
    """
    from ecosim.plots.notebook import Panel, Picture

    # a notebook shows what it is given, if it can draw itself
    own = {"axes_class": Panel, **options.pop("subplot_kw", {})}
    with house_style():
        figure = Picture(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, subplot_kw=own, **options)
    return figure, axes


def beside(count: int) -> int:
    """Panels that stand beside each other: three, but four in two rows of two."""
    return 2 if count == 4 else 3


def panels(
    count: int,
    *,
    columns: int | None = None,
    width: float = 3.7,
    height: float = 3.1,
    extra: float = 0.8,
    left: float = 0.0,
    **options: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure with that many panels in rows; unused places stay blank.

    Parameters
    ----------
    count : int
        Panels wanted.
    columns : int, optional
        Most panels beside each other; :func:`beside` by default.
    width, height : float
        Inches of one panel.
    extra : float
        Inches below, for the legend.
    left : float
        Inches at the left, for long names (:func:`beyond`).
    **options
        For ``Figure.subplots``.
    """
    columns = beside(count) if columns is None else columns
    if count <= 1 and columns > 1:
        # alone, a panel may be wider, and so may the legend
        width *= 1.8
    columns = min(columns, max(1, count))
    rows = -(-max(1, count) // columns)
    figure, axes = new_figure(rows, columns, width * columns + left, height * rows + extra, **options)
    flat = list(axes.flat)
    for empty in flat[max(1, count) :]:
        empty.set_axis_off()
    return figure, flat[: max(1, count)]


def beyond(names: Iterable[str], room: int = 36) -> float:
    """Inches that names beside an axis need beyond the room there is for so many letters of 10 points."""
    return 0.078 * max(0, max((len(str(name)) for name in names), default=0) - room)


def one_axes(ax: Axes | None, width: float = 8.0, height: float = 5.0) -> Axes:
    """The axes given, or the only one of a new figure."""
    if ax is not None:
        return ax
    _, axes = new_figure(width=width, height=height)
    only: Axes = axes[0, 0]
    return only


def open_patch(**options: Any) -> dict[str, Any]:
    """Look of a bar or an area that is open: white, hatched in grey."""
    return {"facecolor": "white", "edgecolor": OPEN_GREY, "hatch": OPEN_HATCH, "linewidth": 0.6, **options}


def lightened(colour: str, share: float = 0.6) -> tuple[float, float, float]:
    """A colour mixed with so much white."""
    matplotlib()
    from matplotlib.colors import to_rgb

    red, green, blue = (1.0 - (1.0 - part) * (1.0 - share) for part in to_rgb(colour))
    return red, green, blue


def legend_below(figure: Figure, axes: Sequence[Axes], title: str | None = None) -> None:
    """One legend for all panels, below them, each entry once, in as many columns as fit."""
    entries: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if entries:
        # a letter of 9 points is about 0.075 inches wide; line and gaps take 0.9
        widest = 0.9 + 0.075 * max(map(len, entries))
        columns = max(1, int(figure.get_figwidth() / widest))
        figure.legend(
            entries.values(), entries.keys(), loc="outside lower center", ncols=min(columns, len(entries)), title=title,
            handlelength=3.0, frameon=False,
        )  # fmt: skip


def looks(design: pd.DataFrame, factors: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Look of each policy's line: the first factor gives the colour, the second the line, the third the marker.

    The eye can then follow one lever through every figure.
    """
    levels = {name: list(dict.fromkeys(design[name])) for name in factors}
    found: dict[str, dict[str, Any]] = {}
    for order, point in enumerate(design.drop_duplicates("policy").to_dict("records")):
        place = [levels[name].index(point[name]) for name in factors] or [order]
        place += [0] * (3 - len(place))
        found[point["policy"]] = {
            "color": COLOURS[place[0] % len(COLOURS)],
            "linestyle": LINES[place[1] % len(LINES)],
            "marker": MARKERS[place[2] % len(MARKERS)],
            "markerfacecolor": "white" if place[2] else COLOURS[place[0] % len(COLOURS)],
        }
    return found


def crowded(styles: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether there are more policies than looks, so that only the reference policy can have its own."""
    return len({str(style) for style in styles.values()}) < len(styles)


def in_the_crowd(styles: Mapping[str, Any]) -> dict[str, Any]:
    """Look of all policies but the reference policy where there are too many: one label for all of them."""
    return {"color": "#b0b0b0", "zorder": 1.5, "linewidth": 0.7, "label": f"each of {len(styles) - 1} other policies"}


def save(figure: Figure | SubFigure, stem: Path) -> list[Path]:
    """Save a figure as PNG and SVG; returns the files."""
    whole = figure.get_figure(root=True)
    assert whole is not None
    stem.parent.mkdir(parents=True, exist_ok=True)
    files = []
    for suffix, content in zip((".png", ".svg"), rendered(whole), strict=True):
        path = stem.with_suffix(suffix)
        write_whole(path, content)
        files.append(path)
    return files


def rendered(figure: Figure, before: Path | None = None) -> tuple[bytes, bytes]:
    """A figure as PNG and as SVG.

    Parameters
    ----------
    figure : Figure
        What is drawn.
    before : Path, optional
        Stem of files drawn earlier. An SVG names all that is drawn, and Matplotlib's version: where it is the same, so
        is the PNG beside it, which is taken as it is.
    """
    svg = drawn(figure, "svg")
    if before is not None:
        old, png = before.with_suffix(".svg"), before.with_suffix(".png")
        if old.is_file() and png.is_file() and old.read_bytes() == svg:
            return png.read_bytes(), svg
    return drawn(figure, "png"), svg


def plain(name: str) -> str:
    """A name from the data as a reader would write it."""
    return str(name).replace("_", " ")


def wrapped(name: str, width: int = 32) -> str:
    """A name as a reader would write it, in lines that fit a panel or a tick."""
    return "\n".join(textwrap.wrap(plain(name), width, break_long_words=False)) or plain(name)


def parameter_name(key: str) -> str:
    """A parameter's dotted key as a reader would write it.

    Examples
    --------
    >>> parameter_name("behaviour.work.coordination_by_country")
    'coordination by country (work)'
    >>> parameter_name("behaviour.search.coordinator_propensity.2")
    'coordinator propensity 2 (search)'
    """
    parts = [re.sub(r"\beur\b", "EUR", plain(part)) for part in str(key).split(".")]
    if len(parts) > 2 and parts[-1].isdigit():
        parts[-2:] = [f"{parts[-2]} {parts[-1]}"]
    return f"{parts[-1]} ({parts[-2]})" if len(parts) > 1 else parts[0]
