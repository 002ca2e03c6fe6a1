"""Dose and response: work kept against what is given in steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import sign_is_sure
from ecosim.analysis.smallest import SmallestEffects
from ecosim.plots.house import in_house_style
from ecosim.plots.style import (
    COLOURS,
    LINES,
    MARKERS,
    OPEN_DASH,
    PALE,
    legend_below,
    one_axes,
    panels,
    parameter_name,
    plain,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Points of work a panel shows at least, so that noise does not look like a response.
_LEAST_SPAN = 10.0
_SAYS = {
    "delivered_output": "output delivered (of the reference policy's in calm times)",
    "sustained_collaboration": "collaboration sustained (of the policy's own in calm times)",
}


@in_house_style
def dose_panel(table: pd.DataFrame, ax: Axes | None = None, *, level_name: str = "", place: int = 0) -> Axes:
    """Response at every step of one dose, a line for each ``line``.

    Parameters
    ----------
    table : DataFrame
        Rows of one panel from :func:`ecosim.analysis.doses.dose_response`, with the name of its ``measure``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    level_name : str
        What is given.
    place : int
        Looks passed over, where several tables share a panel.

    Notes
    -----
    Bars are intervals of the difference from the step's base, hung on the step's mean. The base has none, but a black
    rim. Steps whose difference may be of either sign are hollow, with dashed bars.
    """
    ax = one_axes(ax)
    lines = list(dict.fromkeys(table["line"]))
    levels = np.unique(table["level"].to_numpy(float))
    aside = 0.012 * float(np.ptp(levels)) if len(levels) > 1 else 0.0
    for number, line in enumerate(lines):
        rows = table[table["line"] == line]
        look = place + number
        style: dict[str, Any] = {
            "color": COLOURS[look % len(COLOURS)],
            "marker": MARKERS[look % len(MARKERS)],
            "markersize": 5,
        }
        # side by side, so that bars at the same step can be told apart
        where = rows["level"].to_numpy(float) + aside * (number - (len(lines) - 1) / 2.0)
        value = 100.0 * rows["value"].to_numpy(float)
        label = _SAYS.get(str(rows["measure"].iloc[0]), plain(rows["measure"].iloc[0])) if len(lines) == 1 else line
        base = (rows["base"] == rows["design_id"]).to_numpy()
        below, above = (rows[side].to_numpy(float) for side in ("low", "high"))
        sure = sign_is_sure(below, above)
        ax.plot(where, value, color=style["color"], linestyle=LINES[look % len(LINES)])
        ax.plot(where[~sure & ~base], value[~sure & ~base], markerfacecolor="white", linestyle="none", **style)
        ax.plot(where[sure], value[sure], linestyle="none", **style)
        # in the legend line and marker stand together
        ax.plot([], [], label=plain(label), **style, linestyle=LINES[look % len(LINES)])
        ax.plot(where[base], value[base], markerfacecolor="white", markeredgecolor="black", markeredgewidth=1.4,
                linestyle="none", **style)  # fmt: skip
        off = value - 100.0 * rows["difference"].to_numpy(float)
        dashes: Any
        for which, dashes in ((sure, "solid"), (~sure & np.isfinite(below), OPEN_DASH)):
            if which.any():
                low, high = (off + 100.0 * side for side in (below, above))
                ax.vlines(where[which], low[which], high[which], color=style["color"], linewidth=1.2, linestyles=dashes)
    ax.set_xlabel(parameter_name(level_name) if level_name else "")
    ax.set_ylabel("work kept (%)")
    _ticks(ax, levels)
    return ax


@in_house_style
def dose_response_curves(
    responses: Sequence[tuple[str, Sequence[pd.DataFrame]]], *, smallest: SmallestEffects | None = None
) -> Figure:
    """A panel per dose and shock.

    Parameters
    ----------
    responses : sequence of (str, sequence of DataFrame)
        What is given, and its response in one or more measures: :func:`ecosim.analysis.doses.dose_response` with the
        name of the measure in a column ``measure``.
    smallest : SmallestEffects, optional
        Smallest effects of interest.
    """
    limits = smallest or SmallestEffects()
    places = [(name, shock, tables) for name, tables in responses for shock in dict.fromkeys(tables[0]["shock"])]
    widest = max(tables[0]["shock"].nunique() for _, tables in responses)
    columns = widest if len(responses) > 1 and widest <= 4 else 2 if len(places) in (2, 4) else 3
    figure, axes = panels(len(places), columns=columns, extra=1.0)
    for number, (ax, (name, shock, tables)) in enumerate(zip(axes, places, strict=True)):
        for place, table in enumerate(tables):
            dose_panel(table[table["shock"] == shock], ax, level_name=name, place=place)
        first = tables[0][tables[0]["shock"] == shock]
        _little(ax, first, limits.of(str(shock), str(first["measure"].iloc[0])))
        _least_span(ax)
        if shock:
            ax.set_title(wrapped(shock))
        if number % columns:
            ax.set_ylabel("")
    legend_below(figure, axes)
    return figure


def _ticks(ax: Axes, levels: np.ndarray) -> None:
    """The steps themselves as ticks; money in millions."""
    if levels.max() >= 1e6:
        ax.set_xticks(levels, [f"{level / 1e6:g}" for level in levels])
        ax.set_xlabel(f"{ax.get_xlabel()} (millions)")
    elif len(levels) <= 12:
        ax.set_xticks(levels, [f"{level:g}" for level in levels])


def _little(ax: Axes, table: pd.DataFrame, smallest: float) -> None:
    """Shade what lies within the smallest effect of interest of the base, where one base serves all steps."""
    bases = table[table["base"] == table["design_id"]]
    if bases["design_id"].nunique() == 1:
        middle, little = 100.0 * float(bases["value"].iloc[0]), 100.0 * smallest
        ax.axhspan(middle - little, middle + little, color=PALE, linewidth=0, zorder=0,
                   label="too little away from the step the others are judged by (black rim)")  # fmt: skip


def _least_span(ax: Axes) -> None:
    low, high = ax.get_ylim()
    short = _LEAST_SPAN - (high - low)
    if short > 0:
        ax.set_ylim(low - short / 2.0, high + short / 2.0)
