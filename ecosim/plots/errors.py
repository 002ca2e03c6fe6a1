"""Whose models err less: a map by country, and the errors of population groups before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecosim.analysis.errors_by_group import CALM, LESS, MORE, OPEN, SAME, ends_of
from ecosim.plots.hits import WIDTH, fill_map
from ecosim.plots.house import in_house_style
from ecosim.plots.maps import Frame, country_name, frame_for
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
    open_patch,
    plain,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Steps of a change in points: from which size on, its words, and how much white its colour has.
STEPS: tuple[tuple[float, str, float], ...] = ((2.0, "2 or more", 0.0), (0.5, "0.5 to 2", 0.4), (0.0, "up to 0.5", 0.7))
#: Branches of shocks of which a map is drawn beside that of calm times.
MOST_SHOCKS = 2
#: Countries named below a map at either end.
_NAMED = 3
#: Inches of a row of the chart, and of a map with its words beside its own height.
_ROW, _WORDS = 0.36, 0.85
_BORDER = "#8a8a8a"


def colour_of(verdict: str, change: float) -> Any:
    """Colour of a country: blue where it surely errs less, red where more, grey where surely neither, white if open.

    Parameters
    ----------
    verdict : str
        Of :mod:`ecosim.analysis.errors_by_group`.
    change : float
        Of the error, a share.
    """
    if verdict not in (LESS, MORE):
        return PALE if verdict == SAME else "#ffffff"
    size = 100.0 * abs(change)
    white = next(white for least, _, white in STEPS if size >= least)
    return lightened(BLUE if verdict == LESS else VERMILION, white) if white else BLUE if verdict == LESS else VERMILION


@in_house_style
def error_figure(countries: pd.DataFrame, groups: pd.DataFrame) -> Figure:
    """One comparison: maps of calm times and under shocks, and below them errors by population group and income.

    Parameters
    ----------
    countries, groups : DataFrame
        Rows of one comparison, of both tables of :class:`ecosim.analysis.errors_by_group.Errors`.
    """
    from matplotlib.patches import Patch

    shown = list(countries["shock"].unique())[: MOST_SHOCKS + 1]
    # where people live, not where most countries are
    people = countries.drop_duplicates("country").set_index("country")["people_million"]
    frame = frame_for(people)
    left, right, bottom, top = frame.box
    maps = [(WIDTH - 0.3) * (top - bottom) / (right - left) + _WORDS] * len(shown)
    calm = groups[groups["shock"] == CALM]
    heights = [*maps, 1.3 + _tall(len(calm))]
    figure, axes = new_figure(
        len(heights), 1, width=WIDTH, height=sum(heights) + 1.5, gridspec_kw={"height_ratios": heights}
    )
    for ax, shock in zip(axes.flat, shown, strict=False):
        error_map(countries[countries["shock"] == shock], frame, ax=ax)
    group_chart(groups[groups["shock"].isin(shown)], ax=axes.flat[-1])
    entries = [
        Patch(facecolor=colour_of(word, least / 100.0), edgecolor=_BORDER, linewidth=0.5, label=f"{said} {words}")
        for word, said in ((LESS, "less by"), (MORE, "more by"))
        for least, words, _ in STEPS
    ]
    # below each column of steps what is no step
    entries.insert(len(STEPS), Patch(facecolor=PALE, edgecolor=_BORDER, linewidth=0.5, label="too little to matter"))
    entries.append(Patch(label="open", **open_patch()))
    figure.legend(
        handles=entries, loc="outside lower center", ncols=2, fontsize=8.5, frameon=False, handlelength=1.4,
        title="errs surely less or more, points", title_fontsize=9,
    )  # fmt: skip
    return figure


@in_house_style
def error_map(rows: pd.DataFrame, frame: Frame | None = None, ax: Axes | None = None) -> Axes:
    """Countries coloured by what a comparison changes of the error of their models, where that is sure.

    Parameters
    ----------
    rows : DataFrame
        Of one comparison and shock, a row per country.
    frame : Frame, optional
        Part of the earth; by default where most of the people are.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    ax = one_axes(ax, width=WIDTH, height=WIDTH)
    frame = frame or frame_for(rows.set_index("country")["people_million"])
    fill = {str(row["country"]): colour_of(str(row["verdict"]), float(row["change"]))
            for row in rows.to_dict("records")}  # fmt: skip
    opened = [str(code) for code in rows.loc[rows["verdict"] == OPEN, "country"]]
    decided = [code for code in fill if code not in opened]
    fill_map(ax, fill, frame, signed=decided, hatched=opened)
    shock = str(rows["shock"].iloc[0])
    ax.set_title("in calm times" if shock == CALM else wrapped(f"under {plain(shock)}", 40), fontsize=10)
    ax.set_xlabel(wrapped(_named(rows), round((WIDTH - 0.2) / 0.066)), fontsize=8)
    return ax


def _named(rows: pd.DataFrame) -> str:
    """The countries at both ends, as they stand below a map."""
    said = []
    for part, word in zip(ends_of(rows), ("less", "more"), strict=True):
        first = [f"{country_name(row['country'])} {100 * row['change']:+.1f}"
                 for row in part.head(_NAMED).to_dict("records")]  # fmt: skip
        if first:
            said.append(f"surely {word}: {', '.join(first)}"
                        + (f" and {len(part) - _NAMED} more" if len(part) > _NAMED else ""))  # fmt: skip
    open_ = int((rows["verdict"] == OPEN).sum())
    return "; ".join([*said, *([f"{open_} of {len(rows)} open"] if open_ else [])])


@in_house_style
def group_chart(rows: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Errors of population groups under both levels of a comparison: in calm times, and what is left under shocks.

    Parameters
    ----------
    rows : DataFrame
        Of one comparison: a row per shock, income and group.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    from matplotlib.lines import Line2D
    from matplotlib.ticker import MaxNLocator
    from matplotlib.transforms import blended_transform_factory

    calm = rows[rows["shock"] == CALM]
    ax = one_axes(ax, width=WIDTH, height=1.3 + _tall(len(calm)))
    places: dict[tuple[str, str], int] = {}
    for place, row in enumerate(calm.to_dict("records")):
        places[str(row["income"]), str(row["recorded"])] = place
        verdict = str(row["verdict"])
        colour = {LESS: BLUE, MORE: VERMILION, SAME: "black"}.get(verdict, OPEN_GREY)
        before, after = 100.0 * float(row["before"]), 100.0 * float(row["after"])
        ax.plot([before, after], [place, place], color=colour, linewidth=1.6, zorder=2,
                linestyle=OPEN_DASH if verdict == OPEN else "solid")  # fmt: skip
        ax.plot(before, place, "s", color=GREY, markersize=4, zorder=3)
        ax.plot(after, place, "o", color=colour, markersize=6, zorder=4,
                markerfacecolor="white" if verdict == OPEN else colour)  # fmt: skip
        said = {OPEN: "open", SAME: "too little to matter"}.get(verdict, f"{100.0 * row['change']:+.1f}")
        # names stand over their rows, for beside them they would leave no room for these
        ax.text(0.0, place - 0.36, f"{row['income']}, {row['recorded']}: {said}", fontsize=8.5, va="center",
                transform=blended_transform_factory(ax.transAxes, ax.transData),
                color=GREY if verdict == OPEN else "black")  # fmt: skip
    shocked = rows[rows["shock"] != CALM].to_dict("records")
    for row in shocked:
        ax.plot(100.0 * float(row["after"]), places[str(row["income"]), str(row["recorded"])], "|", color="black",
                markersize=9, markeredgewidth=1.2, zorder=5)  # fmt: skip
    ax.set_yticks([])
    ax.xaxis.set_major_locator(MaxNLocator(5, prune="both"))
    ax.set_ylim(len(places) - 0.5, -0.8)
    ax.margins(x=0.1)
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.set_title("error by income of the country, and by\nhow well records hold people", fontsize=10)
    ax.set_xlabel("% of decisions in which the model errs", fontsize=9)
    marks: list[Any] = [Line2D([], [], linestyle="none", marker="s", markersize=4, color=GREY, label="before"),
                        Line2D([], [], linestyle="none", marker="o", color="black", label="after")]  # fmt: skip
    if shocked:
        marks.append(Line2D([], [], linestyle="none", marker="|", color="black", markersize=9, label="under a shock"))
    below = -0.42 / _tall(len(places))
    ax.legend(handles=marks, fontsize=8.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, below), ncols=3,
              handletextpad=0.2, columnspacing=1.2)  # fmt: skip
    return ax


def _tall(rows: int) -> float:
    """Inches of the chart without its words."""
    return 0.3 + _ROW * rows
