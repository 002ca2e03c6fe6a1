"""How long it takes to come back: the share of runs not yet recovered, over time (Kaplan and Meier)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.measures import factor_columns
from ecosim.analysis.resilience import kaplan_meier
from ecosim.plots.house import in_house_style
from ecosim.plots.style import (
    BLUE,
    beside,
    crowded,
    in_the_crowd,
    legend_below,
    looks,
    one_axes,
    panels,
    parameter_name,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Runs hit that a policy needs for a line of its own.
FEWEST = 5
_ALL = "all policies"


@in_house_style
def recovery_panel(
    measures: pd.DataFrame, shock: str, styles: dict[str, dict[str, Any]] | None = None, ax: Axes | None = None
) -> Axes:
    """Share of the runs that were hit and have not yet recovered; ticks where a run ends before it has.

    All policies together in black; a coloured line for each with at least :data:`FEWEST` runs hit, or, of more policies
    than looks there are, for the reference policy alone.

    Parameters
    ----------
    measures : DataFrame
        A row per policy, shock and replicate, with ``recovery_months`` and ``recovery_censored``.
    shock : str
        Which shock.
    styles : dict, optional
        Look of each policy, from :func:`ecosim.plots.style.looks`.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    ax = one_axes(ax)
    part = measures[measures["shock"] == shock]
    hit = part[part["recovery_months"].notna()]
    end = float(measures["recovery_months"].max()) if measures["recovery_months"].notna().any() else 12.0
    lines = [(str(policy), rows) for policy, rows in hit.groupby("policy", sort=False) if len(rows) >= FEWEST]
    if len(hit) and part["policy"].nunique() > 1:
        lines.append((_ALL, hit))
    many = crowded(styles or {})
    for policy, rows in lines:
        style: dict[str, Any] = {"color": BLUE, "linestyle": "-", "linewidth": 1.3, "label": policy}
        style |= (styles or {}).get(policy, {})
        if policy == _ALL:
            style = {"color": "black", "linestyle": "-", "linewidth": 2.4, "label": policy}
        elif many and not rows["reference"].any():
            style = in_the_crowd(styles or {})
        months = rows["recovery_months"].to_numpy(float)
        censored = rows["recovery_censored"].to_numpy(float) > 0
        times, share = kaplan_meier(months, censored)
        ax.step(
            np.append(times, end) / 12.0, 100 * np.append(share, share[-1]), where="post",
            **{name: value for name, value in style.items() if not name.startswith("marker")},
        )  # fmt: skip
        if "marker" in style:
            ax.plot(times[1:] / 12.0, 100 * share[1:], style["marker"], color=style["color"], markersize=3.5,
                    markerfacecolor=style["markerfacecolor"])  # fmt: skip
        if censored.any() and (policy == _ALL or not many):
            level = 100 * share[np.searchsorted(times, months[censored], side="right") - 1]
            ax.plot(months[censored] / 12.0, level, "|", color=style["color"], markersize=8)
    ax.set_ylim(-3, 103)
    ax.set_xlim(0, 1.03 * end / 12.0)
    ax.set_title(f"{wrapped(shock)}\n({len(hit)} of {len(part)} runs hit)", fontsize=10)
    ax.set_xlabel("years since announcement")
    ax.set_ylabel("runs not yet recovered\n(% of those hit)")
    return ax


@in_house_style
def recovery_curves(measures: pd.DataFrame, design: pd.DataFrame) -> Figure:
    """A panel per shock: how many runs have not yet recovered."""
    shocks = list(design["shock"].dropna().unique())
    figure, axes = panels(len(shocks), height=2.8, extra=1.1, sharey=True)
    factors = factor_columns(design)
    styles = looks(design, factors)
    for place, (ax, shock) in enumerate(zip(axes, shocks, strict=False)):
        recovery_panel(measures, shock, styles, ax=ax)
        if place % beside(len(shocks)):
            ax.set_ylabel("")
        if place + beside(len(shocks)) < len(shocks):
            ax.set_xlabel("")
    legend_below(figure, axes, title=" / ".join(parameter_name(name) for name in factors) or None)
    return figure
