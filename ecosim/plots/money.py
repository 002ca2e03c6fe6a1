"""Where the money is: every euro appropriated is paid, promised, returned, unspent, or spent on running things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecosim.plots.house import in_house_style
from ecosim.plots.style import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    beside,
    legend_below,
    one_axes,
    panels,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: States of money from the bottom of the stack: column, label, whether a flow (summed) or a balance, colour.
STATES: tuple[tuple[str, str, bool, str], ...] = (
    ("paid_eur", "paid to partnerships", True, BLUE),
    ("committed_eur", "promised, not yet paid", False, SKY),
    ("unspent_eur", "not yet promised", False, ORANGE),
    ("returned_eur", "returned", False, PURPLE),
    ("instruments_eur", "instruments", True, GREEN),
    ("tax_forgone_eur", "tax forgone", True, COLOURS[7]),
    ("pilots_eur", "pilots", True, VERMILION),
    ("guaranteed_eur", "guarantees paid", True, COLOURS[6]),
    ("administration_eur", "administration", True, GREY),
)
_COLUMNS = [name for name, _, _, _ in STATES]
#: States that many scenarios do not know; drawn where there is any.
_SOME = ("tax_forgone_eur", "pilots_eur", "guaranteed_eur")
#: Where the money comes from; results without other funders may have the first alone.
_SOURCES = ("appropriated_eur", "private_funders_eur", "added_eur")


def money_states(part: pd.DataFrame) -> pd.DataFrame:
    """Where the money is each month: what was there at first, and all appropriated since.

    Parameters
    ----------
    part : DataFrame
        Rows of ``series`` of one arm; runs are averaged by ``month``, over the months that all of them have.

    Returns
    -------
    DataFrame
        By month: the columns of :data:`STATES` in EUR, and ``appropriated_eur``, new money of all funders, private
        and added after a shock included. They add up to it where no funder lends or buys stakes: what is lent or
        invested is not among them.
    """
    counts = part.groupby("month").size()
    part = part[part["month"].isin(counts.index[counts == counts.max()])]
    given = part[[name for name in _SOURCES if name in part]].sum(axis=1)
    absent = {name: 0.0 for name in _SOME if name not in part}
    part = part.assign(**absent)[["month", *_COLUMNS]].assign(appropriated_eur=given)
    monthly = part.groupby("month")[[*_COLUMNS, "appropriated_eur"]].mean()
    flows = [name for name, _, flow, _ in STATES if flow]
    balances = [name for name, _, flow, _ in STATES if not flow]
    opening = monthly[balances].iloc[0].sum()
    since = monthly[[*flows, "appropriated_eur"]].copy()
    since.iloc[0] = 0.0
    states = monthly[balances].join(since.cumsum())
    states["appropriated_eur"] += opening
    return states[[*_COLUMNS, "appropriated_eur"]]


@in_house_style
def money_panel(part: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """States of money over time, stacked; they fill what was appropriated, and pass it where awards promise ahead.

    Parameters
    ----------
    part : DataFrame
        Rows of ``series`` of one arm (one or several replicates), ``month`` counted from announcement.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    ax = one_axes(ax)
    states = money_states(part)
    top = float(states["appropriated_eur"].max())
    scale, unit = (1e9, "EUR billion") if top >= 2e9 else (1e6, "EUR million")
    years = states.index.to_numpy(float) / 12.0
    drawn = [state for state in STATES if state[0] not in _SOME or states[state[0]].any()]
    ax.stackplot(
        # What is promised ahead of the appropriation lies above its line, not below zero.
        years, *(np.maximum(states[name].to_numpy(float), 0.0) / scale for name, *_ in drawn),
        labels=[label for _, label, _, _ in drawn], colors=[colour for *_, colour in drawn], linewidth=0,
    )  # fmt: skip
    ax.plot(years, states["appropriated_eur"] / scale, color="black", linewidth=1.2, label="appropriated")
    ax.axvline(0.0, color="black", linewidth=0.8, linestyle=":")
    ax.set_xlim(years[0], years[-1])
    ax.set_ylim(bottom=0.0)
    ax.set_xlabel("years since announcement")
    ax.set_ylabel(unit)
    return ax


@in_house_style
def money_over_time(series: pd.DataFrame, runs: pd.DataFrame, design: pd.DataFrame) -> Figure:
    """The reference policy's money without shock, and under each shock in which it differs from that."""
    points = design[design["reference"]].to_dict("records")
    history = points[0]["history_id"]
    good = runs[(runs["history_id"] == history) & (runs["status"] == "ok")]
    announced = good.drop_duplicates("replicate").set_index("replicate")["announcement_month"]
    own = series[(series["history_id"] == history) & series["replicate"].isin(announced.index)]
    own = own.assign(month=own["month"] - own["replicate"].map(announced).astype("int64"))
    twin = own[own["arm"] == "twin"]
    wanted = [("without shock (twin)", twin)]
    for point in points:
        if isinstance(point["shock"], str):
            part = own[(own["arm"] == "shocked") & (own["design_id"] == point["design_id"])]
            if len(part) and _differs(part, twin):
                wanted.append((point["shock"], part))
    figure, axes = panels(len(wanted), extra=0.8, sharey=True)
    for place, (ax, (title, part)) in enumerate(zip(axes, wanted, strict=False)):
        money_panel(part, ax=ax)
        ax.set_title(wrapped(title))
        if place % beside(len(wanted)):
            ax.set_ylabel("")
    legend_below(figure, axes)
    return figure


def _differs(part: pd.DataFrame, twin: pd.DataFrame, share: float = 0.01) -> bool:
    """Whether any state of money is ever off the twin's by a share of all money."""
    own, other = money_states(part), money_states(twin)
    own, other = own.align(other, join="inner")
    return bool(((own - other).abs().to_numpy() > share * other["appropriated_eur"].max()).any())
