"""Which countries a shock hits, and how often: a map for each shock, or bars where countries have no place on a map."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.plots.house import in_house_style
from ecosim.plots.maps import Frame, as_map, at_the_edge, country_name, frame_for, inside, land_of, outlines
from ecosim.plots.style import GREY, OPEN_GREY, OPEN_HATCH, new_figure, one_axes, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Largest share of each step, its words and its colour: ever darker, so that grey print tells them apart as well.
STEPS: tuple[tuple[float, str, str], ...] = (
    (0.05, "up to 5 %", "#fddbb0"),
    (0.10, "5 to 10 %", "#fdb77a"),
    (0.25, "10 to 25 %", "#f68c4f"),
    (0.50, "25 to 50 %", "#dc5a33"),
    (1.00, "over 50 %", "#a8281f"),
    (np.inf, "always", "#560a10"),
)
#: A country of the world at hand that is never hit, one that it does not have, and the sea.
_NEVER, _ELSEWHERE, _SEA = "#ffffff", "#eef2f5", "#eef2f5"
_BORDER = "#8a8a8a"
#: Countries named below a map, and bars of a list.
MOST_NAMED, MOST_BARS = 4, 15
#: Side of an outline below which a country is a dot, as a share of the map's width.
_TINY = 0.02
#: Inches of the figure.
WIDTH = 4.2


@dataclass(frozen=True)
class Hit:
    """How often one shock hits each country."""

    title: str
    #: Country (ISO 3) -> share of replicates in which it is hit.
    shares: Mapping[str, float] = field(default_factory=dict)
    #: Whether it hits all countries alike; then there are no shares.
    everyone: bool = False


def colour_of(share: float) -> str:
    """Colour of the share of replicates in which a country is hit."""
    if share >= 1.0 - 1e-9:
        return STEPS[-1][2]
    return next(colour for most, _, colour in STEPS if share <= most + 1e-9)


def has_map(hits: Sequence[Hit], countries: Sequence[str] = ()) -> bool:
    """Whether at least half of what is hit, or else of all countries, has a place on the map."""
    weights: dict[str, float] = {}
    for hit in hits:
        for code, share in hit.shares.items():
            weights[code] = weights.get(code, 0.0) + share
    weights = weights or dict.fromkeys(countries, 1.0)
    placed = sum(weight for code, weight in weights.items() if code in outlines())
    return bool(weights) and placed >= 0.5 * sum(weights.values())


@in_house_style
def hit_figure(hits: Sequence[Hit], countries: Sequence[str] = ()) -> Figure:
    """A panel for each shock: how often each country is hit.

    Parameters
    ----------
    hits : sequence of Hit
        The shocks.
    countries : sequence of str
        ISO 3 codes of all countries of the world at hand; without them, those hit.
    """
    import pandas as pd

    known = list(dict.fromkeys([*countries, *(code for hit in hits for code in hit.shares)]))
    if not has_map(hits, countries):
        heights = [0.9 + 0.2 * max(1, min(len(hit.shares), MOST_BARS)) for hit in hits]
        figure, axes = new_figure(
            len(hits), 1, width=WIDTH, height=sum(heights), gridspec_kw={"height_ratios": heights}
        )
        for ax, hit in zip(axes.flat, hits, strict=True):
            hit_bars(hit, ax=ax)
        return figure
    frame = frame_for(pd.Series(1.0, index=known))
    left, right, bottom, top = frame.box
    # the earth is wide: one map below the other
    columns = min(2, len(hits)) if frame.europe else 1
    rows_of_maps = -(-len(hits) // columns)
    wide = WIDTH / columns
    words = max(0.17 * _title(hit, wide).count("\n") + 0.13 * _below(hit, wide).count("\n") for hit in hits) + 0.5
    height = rows_of_maps * (wide * (top - bottom) / (right - left) + words) + 0.9
    figure, axes = new_figure(rows_of_maps, columns, width=WIDTH, height=height)
    for ax, hit in zip(axes.flat, hits, strict=False):
        hit_map(hit, known, frame, ax=ax, width=wide)
    for empty in axes.flat[len(hits) :]:
        empty.set_axis_off()
    figure.legend(
        handles=_entries(hits), loc="outside lower center", ncols=3, fontsize=8.5, frameon=False, handlelength=1.4,
        title="share of replicates in which a country is hit", title_fontsize=9,
    )  # fmt: skip
    return figure


def _entries(hits: Sequence[Hit]) -> list[Any]:
    from matplotlib.patches import Patch

    last = any(hit.everyone or any(share >= 1.0 - 1e-9 for share in hit.shares.values()) for hit in hits)
    steps = [(words, colour) for _, words, colour in (STEPS if last else STEPS[:-1])]
    return [Patch(facecolor=colour, edgecolor=_BORDER, linewidth=0.5, label=words)
            for words, colour in (("never", _NEVER), *steps)]  # fmt: skip


@in_house_style
def hit_map(
    hit: Hit, countries: Sequence[str], frame: Frame | None = None, ax: Axes | None = None, *, width: float = WIDTH
) -> Axes:
    """Countries coloured by how often one shock hits them.

    Parameters
    ----------
    hit : Hit
        The shock.
    countries : sequence of str
        ISO 3 codes of all countries of the world at hand.
    frame : Frame, optional
        Part of the earth; by default where most of the countries are.
    ax : Axes, optional
        Where to draw; a new figure by default.
    width : float
        Inches of the panel, for the words below it.

    Notes
    -----
    Small countries are dots. Countries beyond the map stand at its edge, in their direction, as squares. What has no
    place is named below.
    """
    import pandas as pd

    ax = one_axes(ax, width=WIDTH, height=WIDTH)
    frame = frame or frame_for(pd.Series(1.0, index=list(countries)))
    shares = dict.fromkeys(countries, 1.0) if hit.everyone else dict(hit.shares)
    fill = {code: colour_of(shares[code]) if code in shares else _NEVER for code in countries}
    # where all are hit alike, those beyond the map need no sign of their own
    fill_map(ax, fill, frame, signed=hit.shares)
    ax.set_title(_title(hit, width), fontsize=10)
    ax.set_xlabel(_below(hit, width), fontsize=8)
    return ax


def fill_map(
    ax: Axes, fill: Mapping[str, Any], frame: Frame, *, signed: Collection[str], hatched: Collection[str] = ()
) -> None:
    """Draw the countries at hand in their colours.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    fill : mapping
        Country (ISO 3) -> colour; all others are beyond the world at hand.
    frame : Frame
        Part of the earth.
    signed : collection of str
        Countries that get a square at the edge when they lie beyond the map.
    hatched : collection of str
        Countries of which something is open: hatched, over their colour.
    """
    from matplotlib.collections import PolyCollection

    land = land_of(frame)
    # borders of the countries at hand lie over those of others
    ordered = sorted(land, key=lambda item: item[0] in fill)
    ax.add_collection(PolyCollection(
        [flat for _, flat in ordered], facecolors=[fill.get(code, _ELSEWHERE) for code, _ in ordered],
        edgecolors=[_BORDER if code in fill else "#d3dade" for code, _ in ordered], linewidths=0.4,
    ))  # fmt: skip
    if unsure := [flat for code, flat in land if code in hatched]:
        ax.add_collection(PolyCollection(
            unsure, facecolors="none", edgecolors=OPEN_GREY, hatch=OPEN_HATCH, linewidths=0.0
        ))  # fmt: skip
    ax.set_facecolor(_SEA)
    left, right, *_ = frame.box
    sides: dict[str, float] = {}
    for code, flat in land:
        sides[code] = max(sides.get(code, 0.0), float(np.ptp(flat, axis=0).max()))
    placed = {code: frame.project([outlines()[code].point])[0] for code in fill if code in outlines()}
    beyond = [code for code, place in placed.items() if not inside(place, frame.box)]
    tiny = [code for code in placed if code not in beyond and sides.get(code, 0.0) < _TINY * (right - left)]
    at_edge = at_the_edge({code: placed[code] for code in beyond if code in signed}, frame.box)
    for codes, marker, size in ((tiny, "o", 14 if frame.europe else 8), (list(at_edge), "s", 34)):
        if codes:
            dots = np.array([at_edge.get(code, placed[code]) for code in codes])
            ax.scatter(dots[:, 0], dots[:, 1], s=size, c=[fill[code] for code in codes], marker=marker, zorder=3,
                       edgecolors=_BORDER, linewidths=0.6)  # fmt: skip
    for code, place in at_edge.items():
        ax.annotate(code, (place[0], place[1]), xytext=(0, -5), textcoords="offset points", fontsize=7, ha="center",
                    va="top", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8}, zorder=4)  # fmt: skip
    as_map(ax, frame)


def _title(hit: Hit, width: float) -> str:
    # a letter of 10 points is about a tenth of an inch wide, one of 8 a fifteenth
    return wrapped(hit.title, round(width / 0.1))


def _below(hit: Hit, width: float) -> str:
    return wrapped(hit_words(hit), round((width - 0.2) / 0.066))


def hit_words(hit: Hit, most: int = MOST_NAMED) -> str:
    """The countries hit, the most frequent first, as they stand below a map."""
    if hit.everyone:
        return "all countries alike"
    first = _first(hit)
    surely = all(share >= 1.0 - 1e-9 for _, share in first)
    named = [country_name(code) + ("" if surely else f" {100 * share:.0f} %") for code, share in first[:most]]
    more = len(first) - most
    return ", ".join(named) + (f" and {more} more" if more > 0 else "") + (", always" if surely and first else "")


def _first(hit: Hit) -> list[tuple[str, float]]:
    return sorted(hit.shares.items(), key=lambda item: (-item[1], item[0]))


@in_house_style
def hit_bars(hit: Hit, ax: Axes | None = None) -> Axes:
    """The countries that one shock hits most often, as bars: for worlds that have no place on a map.

    Parameters
    ----------
    hit : Hit
        The shock.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    ax = one_axes(ax, width=WIDTH, height=3.0)
    first = _first(hit)[:MOST_BARS]
    more = len(hit.shares) - len(first)
    labels = [country_name(code) for code, _ in first] or ["all countries" if hit.everyone else "none"]
    shares = [share for _, share in first] or [1.0 if hit.everyone else 0.0]
    places = list(range(len(labels)))
    ax.barh(places, [100 * share for share in shares], height=0.75, color=[colour_of(share) for share in shares],
            edgecolor=_BORDER, linewidth=0.5)  # fmt: skip
    for place, share in zip(places, shares, strict=True):
        ax.text(100 * share + 1.0, place, f"{100 * share:.0f} %", va="center", fontsize=8)
    ax.set_xlim(0, 112)
    ax.set_xticks([0, 25, 50, 75, 100])
    ax.set_yticks(places, labels, fontsize=9)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.set_title(wrapped(hit.title, 34), fontsize=10)
    rest = f"\n({more} more are hit no more often)" if more > 0 else ""
    ax.set_xlabel(f"% of replicates in which it is hit{rest}", fontsize=8.5, color=GREY)
    return ax
