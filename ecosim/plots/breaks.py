"""What breaks cost one country, and for how long; and on a map, what a break costs each country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import sign_is_sure
from ecosim.plots.house import in_house_style
from ecosim.plots.maps import Frame, as_map, frame_for, inside, land_of, outlines
from ecosim.plots.style import (
    BLUE,
    GREY,
    OPEN_DASH,
    OPEN_GREY,
    PALE,
    VERMILION,
    new_figure,
    open_patch,
    panels,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inches of a row of bars.
_ROW = 0.3
#: Letters of a break's name on a line.
_LETTERS = 26
#: Largest share lost of each step, its words and its colour: ever darker, so that grey print tells them apart.
STEPS: tuple[tuple[float, str, str], ...] = (
    (0.02, "up to 2 %", "#fddbb0"),
    (0.05, "2 to 5 %", "#fdb77a"),
    (0.10, "5 to 10 %", "#f68c4f"),
    (0.20, "10 to 20 %", "#dc5a33"),
    (np.inf, "over 20 %", "#a8281f"),
)
_ELSEWHERE, _BORDER = "#eef2f5", "#8a8a8a"
#: Side of an outline below which a country is a dot, as a share of the map's width.
_TINY = 0.02


def step_colour(share: float) -> str:
    """Colour of a share lost."""
    return next(colour for most, _, colour in STEPS if share <= most)


@in_house_style
def break_bars(breaks: pd.DataFrame, noise: Mapping[str, float]) -> Figure:
    """A bar for each break: the share of its collaboration that the country loses, with its interval.

    Parameters
    ----------
    breaks : DataFrame
        ``break, lost_share, low, high, decided`` (whether the interval allows a verdict).
    noise : mapping
        ``lost_share, low, high`` of one organisation less: the pale band.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    figure, axes = new_figure(width=6.4, height=1.25 + _ROW * max(len(breaks), 1))
    ax: Axes = axes[0, 0]
    at = np.arange(len(breaks))
    lost, low, high = (100.0 * breaks[name].to_numpy(np.float64) for name in ("lost_share", "low", "high"))
    sure = breaks["decided"].to_numpy(dtype=np.bool_)
    entries: list[Any] = []
    if np.isfinite(noise["low"]):
        ax.axvspan(100.0 * noise["low"], 100.0 * noise["high"], color=PALE, zorder=0)
        entries.append(Patch(color=PALE, label="one organisation less (noise)"))
    for these, look, words in (
        (sure & (lost > 0.0), {"facecolor": VERMILION}, "loses"), (sure & (lost <= 0.0), {"facecolor": BLUE}, "gains"),
        (~sure, open_patch(), "undecided"),
    ):  # fmt: skip
        if these.any():
            ax.barh(at[these], lost[these], height=0.7, zorder=2, **look)
            entries.append(Patch(label=words, **look))
    lines: Any = ((sure, "black", "solid"), (~sure, OPEN_GREY, OPEN_DASH))
    for these, colour, line in lines:
        shown = these & np.isfinite(low)
        ax.hlines(at[shown], low[shown], high[shown], colors=colour, linewidth=1.1, linestyles=line, zorder=3)
    if np.isfinite(low).any():
        entries.append(Line2D([], [], color="black", linewidth=1.1, label="95 % interval, all at once"))
    ax.axvline(0.0, color=GREY, linewidth=1.0, zorder=1)
    ax.set_yticks(at, [wrapped(name, 44) for name in breaks["break"]], fontsize=8.5)
    ax.set_ylim(len(breaks) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    left, right = ax.get_xlim()
    ax.set_xticks([tick for tick in ax.get_xticks() if left <= tick <= right])
    ax.set_xlabel("% of its collaboration lost")
    figure.legend(handles=entries, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


@in_house_style
def course_figure(course: pd.DataFrame, breaks: Sequence[str], placebo: str) -> Figure:
    """A panel for each break: what is lost in each half-year after it.

    Parameters
    ----------
    course : DataFrame
        ``break, from_month, to_month, lost_share, low, high``: a row per break and half-year.
    breaks : sequence of str
        Those that are shown, in their order.
    placebo : str
        Name under which one organisation less stands among them.
    """
    from matplotlib.lines import Line2D

    # the costliest first, so those of a row are alike
    figure, axes = panels(len(breaks), columns=3, width=2.25, height=1.75, extra=0.45, sharey="row")
    beside = course[course["break"] == placebo]
    for ax, name in zip(axes, breaks, strict=False):
        own = course[course["break"] == name]
        middle = (own["from_month"] + own["to_month"]).to_numpy(np.float64) / 2.0
        lost, low, high = (100.0 * own[column].to_numpy(np.float64) for column in ("lost_share", "low", "high"))
        sure = sign_is_sure(low, high)
        ax.axhline(0.0, color=GREY, linewidth=0.8, zorder=1)
        noise = 100.0 * beside["lost_share"].to_numpy(np.float64)
        ax.plot(middle[: len(noise)], noise, color=OPEN_GREY, linewidth=1.0, linestyle=":", zorder=2)
        ax.fill_between(middle, low, high, color=PALE, zorder=0, linewidth=0.0)
        ax.plot(middle, lost, color=VERMILION if sure.any() else OPEN_GREY, linewidth=1.2, zorder=3,
                linestyle="-" if sure.any() else OPEN_DASH)  # fmt: skip
        ax.scatter(middle[sure], lost[sure], s=16, color=VERMILION, zorder=4)
        ax.scatter(middle[~sure], lost[~sure], s=16, facecolors="white", edgecolors=OPEN_GREY, zorder=4)
        ax.set_title(wrapped(name, _LETTERS), fontsize=8.5)
        ax.tick_params(labelsize=8)
        ax.set_xticks(np.arange(0, int(course["to_month"].max()) + 1, 12))
    for number, ax in enumerate(axes):
        if number % 3 == 0:
            ax.set_ylabel("% lost", fontsize=8.5)
        if number + 3 >= len(axes):
            ax.set_xlabel("months since the break", fontsize=8.5)
    entries = [
        Line2D([], [], color=VERMILION, marker="o", markersize=4, label="surely lost"),
        Line2D([], [], color=OPEN_GREY, marker="o", markerfacecolor="white", markersize=4, linestyle=OPEN_DASH,
               label="undecided"),
        Line2D([], [], color=PALE, linewidth=6, label="95 % interval"),
        Line2D([], [], color=OPEN_GREY, linestyle=":", label="one organisation less"),
    ]  # fmt: skip
    figure.legend(handles=entries, loc="outside lower center", ncols=4, fontsize=7.5, frameon=False)
    return figure


@in_house_style
def loss_map(
    losses: Mapping[str, float], opened: Sequence[str], countries: Sequence[str], links: Mapping[str, str]
) -> Figure:
    """Countries coloured by what a break costs them.

    Parameters
    ----------
    losses : mapping
        Country (ISO 3) -> share lost, where it is decided.
    opened : sequence of str
        Countries of which nothing is decided.
    countries : sequence of str
        All countries of the world at hand, by which the part of the earth is chosen.
    links : mapping
        Country -> address that its outline leads to.
    """
    import pandas as pd
    from matplotlib.collections import PolyCollection
    from matplotlib.patches import Patch

    figure, axes = new_figure(width=6.6, height=6.2)
    ax: Axes = axes[0, 0]
    frame: Frame = frame_for(pd.Series(1.0, index=list(countries)))
    left, right, *_ = frame.box
    land = land_of(frame)

    def look(code: str) -> str:
        return step_colour(losses[code]) if code in losses else "#ffffff" if code in countries else _ELSEWHERE

    ordered = sorted(land, key=lambda item: item[0] in countries)
    for code, flat in ordered:
        # one by one, for each leads elsewhere
        shape = PolyCollection(
            [flat], facecolors=[look(code)], edgecolors=[_BORDER if code in countries else "#d3dade"], linewidths=0.4,
            hatch="////" if code in opened else None,
        )  # fmt: skip
        if code in opened:
            shape.set_hatchcolor(OPEN_GREY) if hasattr(shape, "set_hatchcolor") else shape.set_edgecolor(OPEN_GREY)
        if code in links:
            shape.set_urls([links[code]])
        ax.add_collection(shape)
    ax.set_facecolor(_ELSEWHERE)
    sides: dict[str, float] = {}
    for code, flat in land:
        sides[code] = max(sides.get(code, 0.0), float(np.ptp(flat, axis=0).max()))
    for code in countries:
        if code not in outlines():
            continue
        place = frame.project([outlines()[code].point])[0]
        if inside(place, frame.box) and sides.get(code, 0.0) < _TINY * (right - left):
            dot = ax.scatter([place[0]], [place[1]], s=22, c=[look(code)], edgecolors=_BORDER, linewidths=0.6, zorder=3)
            if code in links:
                dot.set_urls([links[code]])
    as_map(ax, frame)
    entries = [Patch(facecolor=colour, edgecolor=_BORDER, linewidth=0.4, label=words) for _, words, colour in STEPS]
    entries.append(Patch(label="undecided", **open_patch()))
    figure.legend(handles=entries, loc="outside lower center", ncols=6, fontsize=8, frameon=False, handlelength=1.4,
                  columnspacing=1.0)  # fmt: skip
    return figure
