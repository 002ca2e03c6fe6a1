"""Policies weighed on several outcomes at once: one outcome against another, and how often each is unbeaten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.naming import title
from ecosim.analysis.weighing import surely_more
from ecosim.plots.house import in_house_style
from ecosim.plots.style import COLOURS, GREY, MARKERS, PALE, legend_below, lightened, one_axes, panels, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _looks(policies: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour and marker of each policy; no two policies share both while there are enough."""
    return {
        policy: {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[(k + k // len(COLOURS)) % len(MARKERS)]}
        for k, policy in enumerate(policies)
    }


@in_house_style
def weighing_panel(
    rows: pd.DataFrame, across: str, upright: str, ax: Axes | None = None, *, paths: Sequence[Sequence[str]] = (),
) -> Axes:  # fmt: skip
    """Differences of all policies from the reference in two outcomes.

    Parameters
    ----------
    rows : DataFrame
        Of one shock, from :func:`ecosim.analysis.weighing.weighing_tables`.
    across, upright : str
        Outcomes.
    ax : Axes, optional
        Where to draw; a new figure by default.
    paths : sequence of sequence of str
        Policies joined by a line, in order: the steps of doses.

    Notes
    -----
    Bars are intervals of the differences. Filled: unbeaten in more draws than chance alone gives; what is open is
    hollow.
    """
    ax = one_axes(ax)
    looks = _looks(list(rows["policy"]))
    at = rows.set_index("policy")
    for path in paths:
        ax.plot(100 * at.loc[[*path], f"{across}_difference"], 100 * at.loc[[*path], f"{upright}_difference"],
                color=GREY, linewidth=0.9, zorder=1)  # fmt: skip
    for row in rows.to_dict("records"):
        x, y = (100 * row[f"{name}_difference"] for name in (across, upright))
        look = looks[row["policy"]]
        for name, draw, other in ((across, ax.hlines, y), (upright, ax.vlines, x)):
            ends = [100 * row[f"{name}_{side}"] for side in ("low", "high")]
            if np.isfinite(ends).all():
                draw(other, *ends, color=lightened(look["color"], 0.4), linewidth=0.8, zorder=1.5)
        face = look["color"] if surely_more(row) else "white"
        ax.plot(x, y, linestyle="none", markersize=6, markerfacecolor=face, label=plain(row["policy"]), **look)
    ax.axhline(0.0, color=GREY, linewidth=0.6, zorder=0)
    ax.axvline(0.0, color=GREY, linewidth=0.6, zorder=0)
    ax.set_xlabel(f"{title(across)} (points)")
    ax.set_ylabel(f"{title(upright)} (points)")
    return ax


@in_house_style
def unbeaten_panel(rows: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Share of draws in which each policy is unbeaten, beside the band that shuffled names give.

    Parameters
    ----------
    rows : DataFrame
        Of one shock, from :func:`ecosim.analysis.weighing.weighing_tables`.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    ax = one_axes(ax)
    looks, places = _looks(list(rows["policy"])), np.arange(len(rows))
    first = rows.iloc[0]
    ax.axvspan(100 * first["chance_low"], 100 * first["chance_high"], color=PALE, linewidth=0, zorder=0)
    ax.axvline(100 * first["by_chance"], color=GREY, linewidth=1.0, zorder=0.5)
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        look = looks[row["policy"]]
        face = look["color"] if surely_more(row) else "white"
        ax.plot(100 * row["in_set"], place, linestyle="none", markersize=6, markerfacecolor=face, **look)
    ax.set_yticks(places, [])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(-3.0, 103.0)
    ax.set_xlabel("unbeaten (% of draws)")
    ax.set_title("grey: what chance gives")
    return ax


@in_house_style
def weighing_figure(
    table: pd.DataFrame, objectives: Sequence[str], *, paths: Sequence[Sequence[str]] = ()
) -> Figure:  # fmt: skip
    """Outcomes against each other, in pairs, and how often each policy is unbeaten; mean over all shocks.

    Parameters
    ----------
    table : DataFrame
        From :func:`ecosim.analysis.weighing.weighing_tables`.
    objectives : sequence of str
        Outcomes: with four the first two and the last two stand against each other, else each against the first.
    paths : sequence of sequence of str
        Policies joined by a line.
    """
    rows = table[table["shock"] == table["shock"].iloc[0]]
    first, *others = objectives
    pairs = [(other, first) for other in others]
    if len(objectives) == 4:
        pairs = [(objectives[0], objectives[1]), (objectives[2], objectives[3])]
    figure, axes = panels(len(pairs) + 1, columns=len(pairs) + 1, height=3.6, extra=1.4)
    for ax, (across, upright) in zip(axes, pairs, strict=False):
        weighing_panel(rows, across, upright, ax, paths=paths)
    unbeaten_panel(rows, axes[len(pairs)])
    legend_below(figure, axes)
    return figure
