"""What one lever does: means with their intervals, the spread over draws behind them, and what is too little to matter.

What is decided is filled, what is open is hollow and dashed, what is surely too little to matter is a thin black bar;
the verdict stands beside each in words. All figures of one sweep share their scales (:func:`lever_scales`): one for
points, and one for each other unit that a measure is in, in a panel of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import OPEN
from ecosim.analysis.naming import CONTRASTED, difference_of, in_unit, said_in, title
from ecosim.plots.house import in_house_style
from ecosim.plots.style import (
    BLUE,
    GREY,
    OPEN_DASH,
    OPEN_GREY,
    PALE,
    VERMILION,
    lightened,
    new_figure,
    one_axes,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Measures of a lever's figure, in its order; others stand in the tables.
PRINCIPAL: tuple[str, ...] = ("sustained_collaboration", "delivered_output", "worst_year_collaboration")
#: Measures drawn where a lever was compared on none of these.
_MOST_OTHER = 3


@dataclass(frozen=True)
class Look:
    """How a verdict is drawn: the bar of the interval, and the mark of the mean."""

    face: Any
    edge: Any
    marker: str
    mark: Any
    #: Height of the bar, in inches.
    height: float = 0.10
    line: Any = "solid"


def _look(colour: str, marker: str, white: float, height: float = 0.10) -> Look:
    return Look(lightened(colour, white), colour, marker, colour, height)


#: Looks of the verdicts. Pale bars hold for the mean only; hollow and dashed is what is open, and nothing else.
VERDICTS: dict[str, Look] = {
    "helps": _look(BLUE, "^", 0.0),
    "helps on average": _look(BLUE, "^", 0.65),
    "hurts": _look(VERMILION, "v", 0.0),
    "hurts on average": _look(VERMILION, "v", 0.65),
    "no effect": _look("black", "s", 0.0, 0.04),
    "no effect on average": _look("black", "s", 0.65, 0.04),
    OPEN: Look("white", OPEN_GREY, "o", "white", line=OPEN_DASH),
}

#: Inches of a figure, wide enough for names, bars and words, and narrow enough to be read on a telephone.
WIDTH = 4.2
#: Inches of a row of one line, of a further line, and of the heading of a measure.
_ROW, _LINE, _HEADING = 0.34, 0.15, 0.50
#: Letters of a shock's name in a line.
_NAME = 15
_LINE_GREY = "#808080"
#: Points beyond which nothing is drawn: ratios to next to nothing.
_WIDEST = 100.0


def lever_measures(names: Sequence[str]) -> list[str]:
    """Measures a lever's figure shows, of those it was compared on."""
    return [name for name in PRINCIPAL if name in names] or list(dict.fromkeys(names))[:_MOST_OTHER]


def units_of(contrasts: pd.DataFrame) -> list[str]:
    """Units that the measures shown are in, in the order of the measures."""
    return list(dict.fromkeys(difference_of(name).unit for name in lever_measures(list(contrasts["measure"]))))


def lever_scales(contrasts: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Unit -> ends of its common scale: every interval in it fits, and what is too little to matter.

    The spread over draws may reach further; it then ends in an arrow. A scale wide enough for it would leave no room
    for the means.

    Parameters
    ----------
    contrasts : DataFrame
        ``measure``, ``estimate``, ``low``, ``high``, ``margin`` of all levers.
    """
    shown = lever_measures(list(contrasts["measure"]))
    return {unit: _scale(contrasts[contrasts["measure"].isin(_in(unit, shown))]) for unit in units_of(contrasts)}


def _in(unit: str, measures: Sequence[str]) -> list[str]:
    return [name for name in measures if difference_of(name).unit == unit]


def _scale(shown: pd.DataFrame) -> tuple[float, float]:
    unit = difference_of(str(shown["measure"].iloc[0]))
    margin = shown["margin"].to_numpy(dtype=np.float64)
    values = [shown[name].to_numpy(dtype=np.float64) for name in ("estimate", "low", "high")]
    ends = unit.times * np.concatenate([*values, margin, -margin])
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if ends.size else (-1.0, 1.0)
    room = 0.15 * max(high - low, 0.5)
    widest = _WIDEST if unit.of_a_share else np.inf
    return max(low - room, -widest), min(high + room, widest)


@in_house_style
def lever_figure(contrasts: pd.DataFrame, *, limits: Mapping[str, tuple[float, float]] | None = None,
                 over: str = "draws", against: str = "the reference policy") -> Figure:  # fmt: skip
    """What one lever does, by measure and shock; a panel for each unit.

    Parameters
    ----------
    contrasts : DataFrame
        Rows of one comparison: ``measure``, ``shock``, ``estimate``, ``low``, ``high`` as they are measured,
        ``verdict``, ``margin`` (smallest effect of interest), ``draw_low``, ``draw_high``, ``draw_min``, ``draw_max``.
    limits : mapping, optional
        Unit -> ends of its scale, from :func:`lever_scales`; by default those of these rows alone.
    over : str
        What the spread is over: draws, points or seeds.
    against : str
        What the lever is compared with.
    """
    shown = lever_measures(list(contrasts["measure"]))
    units = units_of(contrasts)
    parts = [contrasts[contrasts["measure"].isin(_in(unit, shown))] for unit in units]
    heights = [
        0.2 + _HEADING * part["measure"].nunique() + sum(_row_height(_name(shock)) for shock in part["shock"])
        for part in parts
    ]
    more = 0.6 * (len(units) - 1)
    figure, axes = new_figure(
        len(units), 1, width=WIDTH, height=sum(heights) + more + 1.7, gridspec_kw={"height_ratios": heights}
    )
    for unit, part, ax in zip(units, parts, axes.flat, strict=True):
        lever_panel(part, ax=ax, limits=(limits or {}).get(unit))
        ax.set_xlabel(wrapped(f"less \N{LEFTWARDS ARROW} {unit} beside {against} \N{RIGHTWARDS ARROW} more", 40))
    _legend(figure, list(axes.flat), over)
    return figure


@in_house_style
def lever_panel(contrasts: pd.DataFrame, ax: Axes | None = None, *, limits: tuple[float, float] | None = None) -> Axes:
    """A panel of :func:`lever_figure`, of the unit of the first measure: a block per measure, a row per shock.

    Parameters
    ----------
    contrasts : DataFrame
        As for :func:`lever_figure`.
    ax : Axes, optional
        Where to draw; a new figure by default.
    limits : tuple of float, optional
        Ends of the scale.
    """
    from matplotlib.transforms import blended_transform_factory

    ax = one_axes(ax, width=WIDTH, height=6.0)
    unit = units_of(contrasts)[0]
    low, high = limits or lever_scales(contrasts)[unit]
    ax.set_xlim(low, high)
    beside = blended_transform_factory(ax.transAxes, ax.transData)
    before = blended_transform_factory(ax.figure.transFigure, ax.transData)
    white = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    place = 0.0
    rows: list[_Row] = []
    for measure in _in(unit, lever_measures(list(contrasts["measure"]))):
        ax.text(0.012, place + 0.14, _heading(measure), transform=before, fontsize=10, fontweight="bold", va="center",
                in_layout=False, bbox=white)  # fmt: skip
        ax.text(0.012, place + 0.33, said_in(measure), transform=before, fontsize=8.5, color=GREY,
                va="center", in_layout=False, bbox=white)  # fmt: skip
        place += _HEADING
        for values in contrasts[contrasts["measure"] == measure].to_dict("records"):
            name = _name(values["shock"])
            tall = _row_height(name)
            rows.append(_Row(name, place + tall / 2, tall, values))
            place += tall
        place += 0.06
    _draw_rows(ax, rows, (low, high))
    for row in rows:
        ax.text(1.03, row.middle, _said(row.values), transform=beside, fontsize=9, va="center", linespacing=1.05,
                color=GREY if row.values["verdict"] == OPEN else "black")  # fmt: skip
    ax.set_ylim(place, 0.0)
    ax.set_yticks([row.middle for row in rows], [row.name for row in rows], fontsize=9, linespacing=1.05)
    # room for the arrow of a spread that is cut
    ax.tick_params(axis="y", length=0, pad=9)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    return ax


def _heading(measure: str) -> str:
    # as the screen says it
    words = title(measure).replace("sustained", "kept")
    less = " (less is better)" if CONTRASTED[measure][2] < 0 else ""
    return f"{words[:1].upper()}{words[1:]}{less}"


def _name(shock: object) -> str:
    return wrapped(str(shock), _NAME)


def _row_height(name: str) -> float:
    return _ROW + _LINE * max(0, name.count("\n") - 1)


def _said(row: dict[Any, Any]) -> str:
    """The verdict, with its number where it is decided."""
    verdict = str(row["verdict"])
    if verdict == OPEN:
        return OPEN
    number = f"{in_unit(row['estimate'], str(row['measure'])):+.1f}"
    word, average, _ = verdict.partition(" on average")
    return f"{word} {number}" + ("\non average" if average else "")


@dataclass(frozen=True)
class _Row:
    """One comparison, its name, and where it stands, in inches from the top."""

    name: str
    middle: float
    tall: float
    values: dict[Any, Any]

    def said(self, *names: str) -> list[float]:
        """Some of its numbers as they are said: in percentage points, or in the unit of the measure."""
        times = difference_of(str(self.values["measure"])).times
        return [times * float(self.values.get(name, np.nan)) for name in names]


def _draw_rows(ax: Axes, rows: Sequence[_Row], limits: tuple[float, float]) -> None:
    """What is too little to matter, the spread, the intervals, the means: few artists, for they take the time."""
    middles, tall = np.array([row.middle for row in rows]), np.array([row.tall for row in rows])
    margins = np.array([row.said("margin")[0] for row in rows])
    ax.barh(middles, 2 * margins, left=-margins, height=tall, color=PALE, linewidth=0, zorder=0)
    ax.vlines(np.zeros(len(rows)), middles - tall / 2, middles + tall / 2, colors=GREY, linewidth=1.0, zorder=1)
    _draw_spread(ax, rows, limits)
    for verdict, look in VERDICTS.items():
        mine = [row for row in rows if str(row.values["verdict"]) == verdict]
        if not mine:
            continue
        at = np.array([row.middle for row in mine])
        ends = np.clip([row.said("low", "high") for row in mine], *limits)
        known = np.isfinite(ends).all(axis=1)
        ax.barh(at[known], np.diff(ends[known], axis=1)[:, 0], left=ends[known, 0], height=look.height, zorder=3,
                facecolor=look.face, edgecolor=look.edge, linewidth=1.1, linestyle=look.line)  # fmt: skip
        means = np.clip([row.said("estimate")[0] for row in mine], *limits)
        ax.plot(means, at, look.marker, markersize=7, markerfacecolor=look.mark, zorder=4, label=verdict,
                markeredgecolor=look.edge if look.mark == "white" else "white", markeredgewidth=0.8)  # fmt: skip


def _draw_spread(ax: Axes, rows: Sequence[_Row], limits: tuple[float, float]) -> None:
    """Lines of the spread over draws, with an arrow where they go on beyond the scale."""
    bands = np.array([row.said("draw_low", "draw_high") for row in rows])
    whole = ~np.isfinite(bands).all(axis=1)
    bands[whole] = np.array([row.said("draw_min", "draw_max") for row in rows])[whole]
    known = np.isfinite(bands).all(axis=1)
    at, ends = np.array([row.middle for row in rows]), np.clip(bands, *limits)
    for kind, label in ((~whole & known, "_band"), (whole & known, "_range")):
        if kind.any():
            ax.hlines(at[kind], ends[kind, 0], ends[kind, 1], colors=_LINE_GREY, linewidth=0.9, zorder=2, label=label)
    for side, arrow, cut in ((0, "<", bands[:, 0] < limits[0]), (1, ">", bands[:, 1] > limits[1])):
        for marker, these in ((arrow, cut & known), ("|", ~cut & known)):
            # a line of nothing still takes its place in the layout
            if these.any():
                ax.plot(ends[these, side], at[these], marker, color=_LINE_GREY, markersize=5, zorder=2, clip_on=False)


def _legend(figure: Figure, axes: Sequence[Axes], over: str) -> None:
    """What bars, marks, lines and the grey band are; each only if it is there."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    seen = {str(artist.get_label()) for ax in axes for artist in (*ax.lines, *ax.collections)}
    entries: list[tuple[Any, str]] = []
    for verdict, look in VERDICTS.items():
        if verdict in seen:
            mark = Line2D([], [], linestyle="none", marker=look.marker, markersize=7, markerfacecolor=look.mark,
                          markeredgecolor=look.edge if look.mark == "white" else "white")  # fmt: skip
            bar = Patch(facecolor=look.face, edgecolor=look.edge, linestyle=look.line)
            entries.append(((bar, mark), verdict))
    for label, words in (("_band", f"90 % of {over}"), ("_range", f"all {over}")):
        if label in seen:
            entries.append((Line2D([], [], color=_LINE_GREY, linewidth=0.9, marker="|", markersize=5), words))
    entries.append((Patch(facecolor=PALE), "too little to matter"))
    figure.legend(*zip(*entries, strict=True), loc="outside lower center", ncols=2, handlelength=2.6, fontsize=9,
                  frameon=False)  # fmt: skip
