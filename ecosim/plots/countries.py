"""Who loses and who gains: the change of each country's output under a shock, those hit marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import sign_is_sure
from ecosim.plots.hits import WIDTH, colour_of
from ecosim.plots.house import in_house_style
from ecosim.plots.maps import country_name
from ecosim.plots.style import BLUE, GREY, OPEN_DASH, OPEN_GREY, VERMILION, new_figure, one_axes, open_patch

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Countries at either end.
MOST = 10
#: Percent at which bars and intervals are cut: beside next to nothing a gain can be any number.
_WIDEST = 200.0
#: Inches of a row.
_ROW = 0.215


def ends_of(table: pd.DataFrame, policy: str, shock: str, most: int = MOST) -> pd.DataFrame:
    """The countries that lose most output and those that gain most, under one policy and shock.

    Parameters
    ----------
    table : DataFrame
        From :func:`ecosim.analysis.countries.by_country`.
    policy, shock : str
        Of which policy and branch.
    most : int
        Countries at either end.

    Returns
    -------
    DataFrame
        Those that lose first, then those that gain, each sorted by ``share``: ``country``; ``share``, ``low``,
        ``high``, its change in percent of its own output without the shock; ``points``, the same change in points of
        all countries' output without the shock, by which the countries are chosen; ``sure`` (whether the interval
        leaves out zero).
    """
    import pandas as pd

    rows = table[(table["policy"] == policy) & (table["shock"] == shock)]
    rows = rows[rows["output_share"].notna()].sort_values("output_change", kind="stable")
    found = pd.DataFrame(
        {"country": rows["country"].astype(str), "share": 100.0 * rows["output_share"],
         "low": 100.0 * rows["output_share_low"], "high": 100.0 * rows["output_share_high"],
         "points": 100.0 * rows["output_change"] / rows["output_twin"].sum(),
         "sure": sign_is_sure(rows["output_share_low"], rows["output_share_high"])}
    )  # fmt: skip
    losing, gaining = found[found["points"] < 0.0].head(most), found[found["points"] > 0.0].tail(most)
    both = [part.sort_values("share", kind="stable") for part in (losing, gaining)]
    return pd.concat(both, ignore_index=True)


@in_house_style
def country_figure(table: pd.DataFrame, policy: str, shock: str, hit: Mapping[str, float] | None = None) -> Figure:
    """Who loses and who gains under one shock, under one policy and beside it each other.

    Parameters
    ----------
    table : DataFrame
        From :func:`ecosim.analysis.countries.by_country`.
    policy, shock : str
        Of which policy, usually the reference policy, and branch.
    hit : mapping, optional
        Country (ISO 3) -> share of replicates in which it is hit.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ends = ends_of(table, policy, shock)
    figure, axes = new_figure(width=WIDTH, height=2.1 + _ROW * (len(ends) + 1))
    ax = axes[0, 0]
    country_panel(ends, hit, ax=ax)
    others = _others(table, policy, shock, list(ends["country"]))
    looks = ((ends["sure"] & (ends["share"] < 0.0), {"facecolor": VERMILION}, "surely loses"),
             (ends["sure"] & (ends["share"] > 0.0), {"facecolor": BLUE}, "surely gains"),
             (~ends["sure"], open_patch(), "may be either"))  # fmt: skip
    entries: list[Any] = [Patch(label=words, **look) for found, look, words in looks if found.any()]
    if len(others):
        places = dict(zip(ends["country"], _places(ends), strict=True))
        ax.plot(others["share"].clip(upper=_WIDEST), [places[code] + 0.27 for code in others["country"]], "|",
                color="black", markersize=4, markeredgewidth=0.8, zorder=4)  # fmt: skip
        entries.append(Line2D([], [], linestyle="none", marker="|", color="black", markersize=6,
                              label="under each other policy"))  # fmt: skip
    if np.isfinite(ends["low"]).any():
        entries.append(Line2D([], [], color="black", linewidth=1.0, label="95 % interval, each alone"))
    if _marked(ends, hit):
        entries.append(Line2D([], [], linestyle="none", marker="s", markersize=7, color=colour_of(0.4),
                              markeredgecolor=GREY, label="hit; the darker, the more often"))  # fmt: skip
    figure.legend(handles=entries, loc="outside lower center", ncols=2, fontsize=8.5, frameon=False)
    return figure


def _marked(ends: pd.DataFrame, hit: Mapping[str, float] | None) -> bool:
    """Whether any of the countries shown is hit."""
    return any((hit or {}).get(code, 0.0) > 0.0 for code in ends["country"])


def _others(table: pd.DataFrame, policy: str, shock: str, countries: list[str]) -> pd.DataFrame:
    """Change of the same countries under every other policy, in percent of their own output under that policy."""
    rows = table[(table["policy"] != policy) & (table["shock"] == shock) & table["country"].isin(countries)]
    return rows.assign(share=100.0 * rows["output_share"])[["country", "share"]].dropna()


def _rounded(points: float) -> float:
    """Two decimals, without a minus before nothing."""
    return round(float(points), 2) + 0.0


def _places(ends: pd.DataFrame) -> list[float]:
    """A row for each country, with a gap between those that lose and those that gain."""
    gap = 0.6 * (ends["points"].to_numpy() > 0.0)
    return list(np.arange(len(ends)) + gap)


@in_house_style
def country_panel(ends: pd.DataFrame, hit: Mapping[str, float] | None = None, ax: Axes | None = None) -> Axes:
    """A bar for each country: what it loses or gains, with its interval; at the right, in points of all countries.

    Parameters
    ----------
    ends : DataFrame
        From :func:`ends_of`.
    hit : mapping, optional
        Country (ISO 3) -> share of replicates in which it is hit; those get a square in the colour of the map.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    from matplotlib.transforms import blended_transform_factory

    ax = one_axes(ax, width=WIDTH, height=1.5 + _ROW * len(ends))
    shares, marked = hit or {}, _marked(ends, hit)
    places = _places(ends)
    beside = blended_transform_factory(ax.transAxes, ax.transData)
    ax.axvline(0.0, color=GREY, linewidth=1.0, zorder=1)
    sure, loses = ends["sure"].to_numpy(dtype=np.bool_), ends["share"].to_numpy() < 0.0
    at, bars = np.array(places), np.minimum(ends["share"].to_numpy(np.float64), _WIDEST)
    low, high = ends["low"].to_numpy(np.float64), np.minimum(ends["high"].to_numpy(np.float64), _WIDEST)
    whole = ends["share"].to_numpy() <= _WIDEST
    for these, look in ((sure & loses, {"facecolor": VERMILION}), (sure & ~loses, {"facecolor": BLUE}),
                        (~sure, open_patch())):  # fmt: skip
        ax.barh(at[these], bars[these], height=0.72, zorder=2, **look)
    lines: Any = ((sure, "black", "solid"), (~sure, OPEN_GREY, OPEN_DASH))
    for these, colour, line in lines:
        shown = these & np.isfinite(low) & whole
        ax.hlines(at[shown] - 0.08, low[shown], high[shown], colors=colour, linewidth=1.0, linestyles=line, zorder=3)
    marked_at = {place: shares[code] for place, code in zip(places, ends["country"], strict=True)
                 if shares.get(code, 0.0) > 0.0}  # fmt: skip
    if marked:
        ax.scatter([-0.035] * len(marked_at), list(marked_at), s=46, marker="s", transform=beside, clip_on=False,
                   c=[colour_of(often) for often in marked_at.values()], edgecolors=GREY, linewidths=0.5)  # fmt: skip
    labels = []
    for place, row in zip(places, ends.to_dict("records"), strict=True):
        code, often = str(row["country"]), shares.get(str(row["country"]), 0.0)
        labels.append(country_name(code) + (f" {100 * often:.0f} %" if 0.0 < often < 1.0 - 1e-9 else ""))
        ax.text(1.02, place, f"{_rounded(row['points']):+.2f}", transform=beside, fontsize=8.5, va="center",
                color="black" if row["sure"] else GREY)  # fmt: skip
        if row["share"] > _WIDEST:
            ax.text(0.97 * _WIDEST, place, f"{row['share']:+,.0f} %", ha="right", va="center", fontsize=7.5,
                    bbox={"color": "white", "pad": 0.6}, zorder=5)  # fmt: skip
    ax.set_yticks(places, labels, fontsize=9)
    ax.tick_params(axis="y", length=0, pad=13 if marked else 4)
    ax.set_ylim(max(places, default=0.0) + 0.6, -1.5)
    ax.text(1.02, -1.0, "of all", transform=beside, fontsize=8, color=GREY, va="center")
    if marked:
        ax.text(-0.06, -1.0, "hit in", transform=beside, fontsize=8, color=GREY, va="center", ha="right")
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("% of its own output in calm times")
    return ax
