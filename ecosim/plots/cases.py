"""A dated case: simulated paths with both intervals, the twin, and what was observed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ecosim.plots.house import in_house_style
from ecosim.plots.style import BLUE, GREY, legend_below, lightened, panels, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@in_house_style
def case_paths(table: pd.DataFrame, title: str, meaning: Mapping[str, str]) -> Figure:
    """A panel for each country (or pair) and column.

    Parameters
    ----------
    table : DataFrame
        ``unit, column, what, year, data, data_as_counted, simulated, interval_low, interval_high, spread_low,
        spread_high, twin``.
    title : str
        What happened.
    meaning : mapping
        ``what`` to words.
    """
    groups = list(table.groupby(["unit", "column"], sort=False))
    figure, axes = panels(len(groups))
    for ax, ((unit, column), part) in zip(axes, groups, strict=True):
        case_panel(part, ax)
        ax.set_title(f"{unit}: {plain(str(column))}")
        ax.set_ylabel("\n".join(textwrap.wrap(meaning[str(part["what"].iloc[0])], 34)), fontsize=8)
    figure.suptitle(title, fontsize=11)
    legend_below(figure, axes)
    return figure


def case_panel(part: pd.DataFrame, ax: Axes) -> Axes:
    """One path on the axes given."""
    years = part["year"].to_numpy()
    ax.fill_between(years, part["spread_low"], part["spread_high"], color=lightened(BLUE, 0.8), linewidth=0.0,
                    label="spread over windows")  # fmt: skip
    if part["interval_low"].notna().any():
        ax.fill_between(years, part["interval_low"], part["interval_high"], color=lightened(BLUE, 0.5), linewidth=0.0,
                        label="interval of the mean (95 %)")  # fmt: skip
    ax.plot(years, part["simulated"], color=BLUE, linewidth=1.8, label="simulated")
    ax.plot(years, part["twin"], color=GREY, linewidth=1.4, linestyle="--", label="without the shock (twin)")
    ax.plot(years, part["data"], color="black", marker="o", markersize=4, linewidth=1.0, label="observed")
    if part["data_as_counted"].notna().any():
        ax.plot(years, part["data_as_counted"], color="black", marker="o", markersize=4, linewidth=0.0,
                markerfacecolor="white", label="observed, counted as simulated")  # fmt: skip
    ax.set_ylim(bottom=0.0)
    ax.set_xticks(years)
    ax.set_xticklabels([str(year) for year in years], fontsize=8)
    return ax
