"""Policies beside each other, with intervals: forest plots by shock, and what was lost and made good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.measures import factor_columns
from ecosim.analysis.naming import difference_of, title
from ecosim.analysis.smallest import LEAST_EFFECT, SmallestEffects
from ecosim.plots.house import in_house_style
from ecosim.plots.style import (
    BLUE,
    GREY,
    OPEN_DASH,
    OPEN_GREY,
    OPEN_HATCH,
    PALE,
    VERMILION,
    beside,
    beyond,
    legend_below,
    lightened,
    looks,
    one_axes,
    open_patch,
    panels,
    parameter_name,
    plain,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ecosim.analysis.breakeven import TwoWay


@in_house_style
def policy_panel(
    summary: pd.DataFrame, shock: str, measure: str = "delivered_output",
    styles: dict[str, dict[str, Any]] | None = None, ax: Axes | None = None, *, smallest: float = LEAST_EFFECT,
) -> Axes:  # fmt: skip
    """Every policy under one shock: mean and interval of a measure, the reference policy's mean as a line.

    Parameters
    ----------
    summary : DataFrame
        From the sweep.
    shock : str
        Which shock.
    measure : str
        A share.
    styles : dict, optional
        Look of each policy, from :func:`ecosim.plots.style.looks`.
    ax : Axes, optional
        Where to draw; a new figure by default.
    smallest : float
        Smallest effect of interest.
    """
    from matplotlib.ticker import MaxNLocator

    rows = summary[summary["shock"] == shock]
    unit = difference_of(measure)
    times = unit.times
    ax = one_axes(ax, height=1.3 + 0.35 * len(rows))
    reference = rows.loc[rows["reference"], measure]
    if len(reference):
        middle, little = times * float(reference.iloc[0]), times * smallest
        ax.axvspan(middle - little, middle + little, color=PALE, linewidth=0,
                   label="as near the reference policy as is too little to matter")  # fmt: skip
        ax.axvline(middle, color=GREY, linewidth=1.0, label="mean of the reference policy")
    for place, row in enumerate(rows.to_dict("records")):
        style = (styles or {}).get(row["policy"], {"color": BLUE, "marker": "o", "markerfacecolor": BLUE})
        if np.isfinite(row[f"{measure}_low"]):
            ax.plot(
                [times * row[f"{measure}_low"], times * row[f"{measure}_high"]], [place, place], color=style["color"],
                linewidth=1.8, linestyle=style.get("linestyle", "-"),
            )  # fmt: skip
        ax.plot(times * row[measure], place, color=style["color"], marker=style["marker"], markersize=6,
                markerfacecolor=style["markerfacecolor"], linestyle="none")  # fmt: skip
    ax.set_yticks(range(len(rows)), list(rows["policy"]))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.set_title(wrapped(shock))
    ax.xaxis.set_major_locator(MaxNLocator(5, prune="both"))
    ax.set_xlabel(f"{title(measure)} ({'%' if unit.of_a_share else unit.unit})")
    return ax


@in_house_style
def policy_forest(
    summary: pd.DataFrame, design: pd.DataFrame, measure: str = "delivered_output", *,
    smallest: SmallestEffects | None = None,
) -> Figure:  # fmt: skip
    """A panel per shock: every policy's share of work with its interval."""
    limits = smallest or SmallestEffects()
    shocks = list(design["shock"].dropna().unique())
    policies = design["policy"].unique()
    figure, axes = panels(
        len(shocks), height=1.0 + 0.26 * len(policies), extra=0.5, left=beyond(policies), sharey=True
    )  # fmt: skip
    styles = looks(design, factor_columns(design))
    for place, (ax, shock) in enumerate(zip(axes, shocks, strict=False)):
        policy_panel(summary, shock, measure, styles, ax=ax, smallest=limits.of(str(shock), measure))
        if place + beside(len(shocks)) < len(shocks):
            ax.set_xlabel("")
    legend_below(figure, axes)
    return figure


#: Parts of a loss: column, what it is, colour.
LOSS_PARTS: tuple[tuple[str, str, str], ...] = (
    ("exposure", "exposure: share of collaboration that touches the target", GREY),
    ("fragility", "fragility: collaboration in flight lost per unit exposed", VERMILION),
    ("substituted", "substituted: share of vacated seat-months filled", BLUE),
)


#: Percent at which bars and intervals of the parts of a loss are cut; a ratio to a small loss can be any number.
_WIDEST = 150.0


@in_house_style
def loss_panel(rows: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Exposure, fragility and substitution of each policy under one shock, as bars with intervals.

    Parameters
    ----------
    rows : DataFrame
        A row per policy: ``policy`` and the columns of :data:`LOSS_PARTS` as shares, each with ``_low`` and ``_high``
        where known.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Notes
    -----
    Bars are cut at 150 % and then carry their number. Bars whose sign is open are hatched.
    """
    ax = one_axes(ax, height=1.3 + 0.6 * len(rows))
    parts = [part for part in LOSS_PARTS if part[0] in rows]
    thick = 0.8 / max(len(parts), 1)
    places = np.arange(len(rows), dtype=np.float64)
    for number, (name, label, colour) in enumerate(parts):
        where = places + (number - (len(parts) - 1) / 2) * thick
        values = 100 * rows[name].to_numpy(float)
        sides = [rows.get(f"{name}_{side}") for side in ("low", "high")]
        unsure = np.zeros(len(rows), dtype=np.bool_)
        if all(side is not None for side in sides):
            low, high = (np.asarray(side, dtype=np.float64) for side in sides)
            unsure = (low <= 0.0) & (high >= 0.0) & (low < high)
        bars = ax.barh(where, np.clip(values, -_WIDEST, _WIDEST), height=0.9 * thick, color=colour, label=label)
        for bar in np.array(bars.patches, dtype=object)[unsure]:
            bar.set(**open_patch(edgecolor=colour))
        for place, value in zip(where, values, strict=True):
            if abs(value) > _WIDEST:
                ax.text(0.94 * np.sign(value) * _WIDEST, place, f"{value:,.0f} %", ha="left" if value < 0 else "right",
                        va="center", fontsize=7.5, bbox={"color": "white", "pad": 0.6})  # fmt: skip
        if f"{name}_low" in rows:
            low, high = (100 * rows[f"{name}_{side}"].to_numpy(float) for side in ("low", "high"))
            known = np.isfinite(low) & np.isfinite(high) & (np.abs(values) <= _WIDEST)
            low, high = np.clip(low, -_WIDEST, _WIDEST), np.clip(high, -_WIDEST, _WIDEST)
            ax.hlines(where[known], low[known], high[known], color="black", linewidth=1.0)
    ax.axvline(0.0, color=GREY, linewidth=1.0)
    ax.set_yticks(places, list(rows["policy"]))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("%")
    return ax


@in_house_style
def loss_bars(summary: pd.DataFrame, design: pd.DataFrame) -> Figure:
    """A panel per shock: what each policy exposes, loses of it, and makes good."""
    usable = summary[summary[[name for name, _, _ in LOSS_PARTS if name in summary]].notna().any(axis=1)]
    shocks = [shock for shock in design["shock"].dropna().unique() if (usable["shock"] == shock).any()]
    policies = design["policy"].unique()
    figure, axes = panels(
        len(shocks), height=1.0 + 0.42 * len(policies), extra=0.5, left=beyond(policies), sharey=True
    )  # fmt: skip
    for place, (ax, shock) in enumerate(zip(axes, shocks, strict=False)):
        loss_panel(summary[summary["shock"] == shock], ax=ax)
        ax.set_title(wrapped(shock))
        if place + beside(len(shocks)) < len(shocks):
            ax.set_xlabel("")
    legend_below(figure, axes)
    return figure


@in_house_style
def importance_bars(tables: dict[str, pd.DataFrame]) -> Figure:
    """A panel per shock: the parameters that move the difference of the two leading policies.

    Parameters
    ----------
    tables : dict
        Shock -> table for :func:`importance`.
    """
    figure, axes = panels(len(tables), columns=2, width=5.2, height=3.4, extra=0.4)
    for ax, (shock, table) in zip(axes, tables.items(), strict=True):
        importance(table, ax=ax, most=8)
        ax.set_title(wrapped(shock))
    legend_below(figure, axes)
    return figure


@in_house_style
def importance(table: pd.DataFrame, ax: Axes | None = None, most: int = 12) -> Axes:
    """Which uncertain parameters move the result most, as bars.

    Parameters
    ----------
    table : DataFrame
        ``parameter`` and ``importance`` (share of variance), optionally ``stands_out``: beyond what chance explains.
    ax : Axes, optional
        Where to draw; a new figure by default.
    most : int
        Parameters shown.
    """
    order = table["importance"].abs().sort_values(ascending=False, kind="stable").index[:most]
    rows = table.loc[order]
    ax = one_axes(ax, height=1.2 + 0.32 * len(rows))
    places = np.arange(len(rows))
    values = rows["importance"].to_numpy(float)
    clear = rows["stands_out"].to_numpy(bool) if "stands_out" in rows else np.ones(len(rows), dtype=np.bool_)
    for which, look, label in (
        (clear, {"color": BLUE}, "beyond chance"), (~clear, open_patch(), "no more than chance explains")
    ):  # fmt: skip
        ax.barh(places[which], 100 * values[which], height=0.65, label=label, **look)
    ax.axvline(0.0, color=GREY, linewidth=1.0)
    ax.set_yticks(places, [parameter_name(key) for key in rows["parameter"]])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("share of variance (%)")
    return ax


@in_house_style
def break_even(table: pd.DataFrame, parameter: str, ax: Axes | None = None) -> Axes:
    """Where the sign of each contrast turns along one parameter, beside the range in which the parameter may lie.

    Parameters
    ----------
    table : DataFrame
        From :func:`ecosim.analysis.breakeven.break_even_table`: ``contrast``, ``shock``, ``parameter``, the range
        ``low`` to ``high``, the turn ``value`` with ``value_low`` and ``value_high``, ``sign_below``, ``sign_above``.
    parameter : str
        Which parameter.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    rows = table[(table["parameter"] == parameter) & np.isfinite(table["low"]) & np.isfinite(table["high"])]
    ax = one_axes(ax, height=1.4 + 0.32 * len(rows))
    ranges = rows[["low", "high"]].to_numpy(float)
    if len(rows) and ranges.min() > 0.0 and (ranges[:, 1] > 20.0 * ranges[:, 0]).all():
        ax.set_xscale("log")
    words = {1: "the lever helps here", -1: "the lever hurts here", 0: "cannot tell"}
    colours = {1: BLUE, -1: VERMILION, 0: OPEN_GREY}
    for place, row in enumerate(rows.to_dict("records")):
        turns = np.isfinite(row["value"])
        middle = row["value"] if turns else row["high"]
        spans = [(row["low"], middle, row["sign_below"]), (middle, row["high"], row["sign_above"])]
        for start, end, sign in spans[: 2 if turns else 1]:
            known = int(sign) if turns or row["sign_below"] == row["sign_above"] else 0
            if row.get("verdict") == "cannot tell":
                known = 0
            look: dict[str, Any] = {"linewidth": 7, "alpha": 0.55} if known else {
                "linewidth": 1.2, "linestyles": OPEN_DASH}  # fmt: skip
            ax.hlines(place, start, end, color=colours[known], label=words[known], **look)
        if turns:
            ax.plot([row["value_low"], row["value_high"]], [place, place], color="black", linewidth=1.6)
            ax.plot(row["value"], place, "D", color="black", markersize=5, label="turns here, 95 % interval")
    ax.set_yticks(range(len(rows)), [f"{row.contrast}: {plain(row.shock)}" for row in rows.itertuples()])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(parameter_name(parameter))
    return ax


@in_house_style
def break_even_bars(table: pd.DataFrame) -> Figure:
    """A panel per parameter along which contrasts may turn; those of which nothing can be told are left out."""
    finite = table[np.isfinite(table["low"]) & np.isfinite(table["high"])]
    if "verdict" in finite and (finite["verdict"] != "cannot tell").any():
        finite = finite[finite["verdict"] != "cannot tell"]
    parameters = list(dict.fromkeys(finite["parameter"]))
    heights = [0.9 + 0.24 * int((finite["parameter"] == parameter).sum()) for parameter in parameters]
    figure, axes = panels(
        len(parameters), columns=1, width=8.5, height=sum(heights) / len(heights), extra=0.4,
        gridspec_kw={"height_ratios": heights},
    )  # fmt: skip
    for ax, parameter in zip(axes, parameters, strict=True):
        break_even(finite, parameter, ax=ax)
    legend_below(figure, axes)
    return figure


@in_house_style
def break_even_map(found: TwoWay, ax: Axes | None = None) -> Axes:
    """Where a contrast surely helps, surely hurts, and where that is open, over two parameters at once.

    Parameters
    ----------
    found : TwoWay
        From :func:`ecosim.analysis.breakeven.two_way`.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Rectangle

    own = ax is None
    ax = one_axes(ax, width=6.4, height=5.0)
    areas = found.areas.T
    colours = [lightened(VERMILION, 0.45), (1.0, 1.0, 1.0), lightened(BLUE, 0.45)]
    ax.pcolormesh(found.first_values, found.second_values, areas, cmap=ListedColormap(colours), vmin=-1.5, vmax=1.5,
                  shading="nearest", rasterized=True)  # fmt: skip
    if (areas == 0).any():
        # a hatch over what is open alone: nothing else in the figure has one
        hatched = ax.contourf(found.first_values, found.second_values, (areas == 0).astype(np.float64),
                              levels=[0.5, 1.5], colors="none", hatches=[OPEN_HATCH])  # fmt: skip
        hatched.set_edgecolor(OPEN_GREY)
        hatched.set_linewidth(0.0)
    turns = np.isfinite(found.effect).all() and found.effect.min() < 0.0 < found.effect.max()
    if turns:
        ax.contour(found.first_values, found.second_values, found.effect.T, levels=[0.0], colors="black",
                   linewidths=1.6)  # fmt: skip
        ax.plot([], [], color="black", linewidth=1.6, label="turns here on average")
    for set_scale, log in ((ax.set_xscale, found.logarithmic[0]), (ax.set_yscale, found.logarithmic[1])):
        if log:
            set_scale("log")
    looks_of = {1: {"color": colours[2]}, -1: {"color": colours[0]}, 0: open_patch()}
    words = {1: "surely helps", -1: "surely hurts", 0: "open"}
    for area in (1, -1, 0):
        if (areas == area).any():
            # for the legend: of no size itself
            corner = (float(found.first_values[0]), float(found.second_values[0]))
            ax.add_patch(Rectangle(corner, 0.0, 0.0, label=words[area], **looks_of[area]))
    ax.grid(False)
    ax.set_xlabel(parameter_name(found.first))
    ax.set_ylabel(parameter_name(found.second))
    if own:
        legend_below(ax.figure, [ax])  # type: ignore[arg-type]
    return ax


@in_house_style
def break_even_maps(maps: Sequence[TwoWay]) -> Figure:
    """A panel per map; titles name the contrast and the shock."""
    figure, axes = panels(len(maps), columns=3, width=3.9, height=3.5, extra=0.5)
    for ax, found in zip(axes, maps, strict=True):
        break_even_map(found, ax=ax)
        ax.set_title(wrapped(f"{found.contrast}: {found.shock}", 36))
    legend_below(figure, axes)
    return figure
