"""How collaboration answers a shock: curves over time, and a map of policies by shocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecosim.lab.answer import factor_columns
from ecosim.outcomes.resilience import BLOCK_MONTHS, six_month_means
from ecosim.plots.style import COLOURS, LINES, MARKERS, new_figure, one_axes, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Months drawn before announcement.
_BEFORE = 12


def response_curves(
    series: pd.DataFrame, runs: pd.DataFrame, outcome: str = "effort"
) -> dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Six-month means of shocked over twin, averaged over replicates.

    Parameters
    ----------
    series, runs : DataFrame
        Tables of the store.
    outcome : str
        Column of ``series``.

    Returns
    -------
    dict
        ``design_id`` -> (months since announcement at the middle of each block, mean ratio).
    """
    good = runs[runs["status"] == "ok"]
    announcement = good.drop_duplicates(["history_id", "replicate"]).set_index(["history_id", "replicate"])
    # run-off is not observation: no new work starts in it
    windows = announcement[["announcement_month", "observation_end_month"]]
    twins = dict(iter(series[series["arm"] == "twin"].groupby(["history_id", "replicate"])))
    ratios: dict[int, list[NDArray[np.float64]]] = {}
    shocked = series[series["arm"] == "shocked"]
    for (design, history, replicate), part in shocked.groupby(["design_id", "history_id", "replicate"]):
        key = (history, replicate)
        if key not in twins:
            continue
        first, end = (int(value) for value in windows.loc[key])
        offset = int(part["month"].iloc[0])
        start = max(first - _BEFORE - offset, (first - offset) % BLOCK_MONTHS)
        own = six_month_means(part[outcome].to_numpy(), start, end - offset)
        twin = six_month_means(twins[key][outcome].to_numpy(), start, end - offset)
        lead = (first - offset - start) // BLOCK_MONTHS
        ratio = np.divide(own, twin, out=np.full_like(own, np.nan), where=twin > 0.0)
        pad = _BEFORE // BLOCK_MONTHS - lead
        ratios.setdefault(int(design), []).append(np.concatenate([np.full(max(pad, 0), np.nan), ratio]))
    curves: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for design, many in ratios.items():
        shortest = min(map(len, many))
        table = np.array([row[:shortest] for row in many])
        counts = np.isfinite(table).sum(axis=0)
        mean = np.divide(np.nansum(table, axis=0), counts, out=np.full(shortest, np.nan), where=counts > 0)
        curves[design] = (np.arange(shortest, dtype=np.float64) * BLOCK_MONTHS - _BEFORE + BLOCK_MONTHS / 2, mean)
    return curves


def resilience_curves(series: pd.DataFrame, runs: pd.DataFrame, design: pd.DataFrame) -> Figure:
    """A panel per shock: cross-border effort relative to the twin, a line per policy.

    The first factor gives the colour, the second the line, the third the marker, so that the eye can follow one lever.
    """
    curves = response_curves(series, runs)
    shocks = list(design["shock"].dropna().unique())
    factors = factor_columns(design)
    levels = {name: list(dict.fromkeys(design[name])) for name in factors}
    columns = min(3, max(1, len(shocks)))
    rows = -(-max(1, len(shocks)) // columns)
    figure, axes = new_figure(
        rows, columns, width=4.2 * columns, height=3.3 * rows + 0.9, sharex=True, sharey=True
    )  # fmt: skip
    for panel, shock in enumerate(shocks):
        ax = axes[panel // columns, panel % columns]
        ax.axhline(100.0, color="0.4", linewidth=0.8)
        ax.axvline(0.0, color="0.4", linewidth=0.8, linestyle=":")
        for order, point in enumerate(design[design["shock"] == shock].to_dict("records")):
            if point["design_id"] not in curves:
                continue
            months, ratio = curves[point["design_id"]]
            if factors:
                place = [levels[name].index(point[name]) for name in factors]
            else:
                place = [order]
            place += [0] * (3 - len(place))
            ax.plot(
                months / 12.0, 100.0 * ratio, label=point["policy"], linewidth=1.5,
                color=COLOURS[place[0] % len(COLOURS)], linestyle=LINES[place[1] % len(LINES)],
                marker=MARKERS[place[2] % len(MARKERS)], markersize=3.5, markevery=2,
                markerfacecolor="white" if place[2] else None,
            )  # fmt: skip
        ax.set_title(plain(shock))
        if panel // columns == rows - 1 or panel + columns >= len(shocks):
            ax.set_xlabel("years since announcement")
            ax.tick_params(labelbottom=True)
        if panel % columns == 0:
            ax.set_ylabel("cross-border effort\n(% of the same world without shock)")
    for empty in range(len(shocks), rows * columns):
        axes[empty // columns, empty % columns].set_axis_off()
    for ax in axes.flat:
        low, high = ax.get_ylim()
        ax.set_ylim(low, max(high, 100.0 + 0.1 * (100.0 - low)))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    if handles:
        figure.legend(
            handles, labels, loc="outside lower center", ncols=min(4, len(labels)),
            title=" / ".join(plain(name) for name in factors) or None,
        )  # fmt: skip
    return figure


def heat_map(summary: pd.DataFrame, measure: str = "delivered", ax: Axes | None = None) -> Axes:
    """One measure, policies (rows) by shocks (columns), with the numbers and their intervals written in.

    Parameters
    ----------
    summary : DataFrame
        From the sweep.
    measure : str
        A share, shown in percent.
    ax : Axes, optional
        Where to draw; a new figure by default.
    """
    rows = summary[summary["shock"].notna()]
    shocks = list(rows["shock"].unique())
    policies = list(rows["policy"].unique())
    value = rows.pivot(index="policy", columns="shock", values=measure).loc[policies, shocks].to_numpy(float)
    low = rows.pivot(index="policy", columns="shock", values=f"{measure}_low").loc[policies, shocks].to_numpy(float)
    high = rows.pivot(index="policy", columns="shock", values=f"{measure}_high").loc[policies, shocks].to_numpy(float)
    ax = one_axes(ax, width=3.2 + 1.6 * max(len(shocks), 2), height=1.8 + 0.55 * max(len(policies), 2))
    image = ax.imshow(100.0 * value, cmap="cividis", aspect="auto")
    ax.grid(False)
    middle = 50.0 * (np.nanmin(value) + np.nanmax(value)) if np.isfinite(value).any() else 0.0
    for row in range(len(policies)):
        for column in range(len(shocks)):
            mean = 100.0 * value[row, column]
            text = "-" if np.isnan(mean) else f"{mean:.1f}"
            if np.isfinite(low[row, column]):
                text += f"\n[{100 * low[row, column]:.1f}, {100 * high[row, column]:.1f}]"
            # cividis runs from dark blue to light yellow
            colour = "black" if mean > middle else "white"
            ax.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    ax.set_xticks(range(len(shocks)), [plain(name).replace(" ", "\n") for name in shocks])
    ax.set_yticks(range(len(policies)), policies)
    base = "its own twin's effort" if measure == "sustained" else "the reference policy's calm-time effort"
    ax.set_title(f"{plain(measure)} (% of {base})")
    bar = ax.figure.colorbar(image, ax=ax)
    bar.set_label("%")
    return ax


def run_curves(series: pd.DataFrame, runs: pd.DataFrame, outcome: str = "effort", ax: Axes | None = None) -> Axes:
    """One outcome of one scenario over time: shocked, twin and placebo, with the announcement marked."""
    ax = one_axes(ax)
    looks = {"twin": ("without shock (twin)", COLOURS[6], "-"), "placebo": ("placebo", COLOURS[4], ":"),
             "shocked": ("with shocks", COLOURS[0], "-")}  # fmt: skip
    for arm, (label, colour, line) in looks.items():
        part = series[series["arm"] == arm]
        if len(part):
            ax.plot(part["month"] / 12.0, part[outcome], label=label, color=colour, linestyle=line, linewidth=1.5)
    good = runs[runs["status"] == "ok"]
    if len(good):
        ax.axvline(float(good["announcement_month"].iloc[0]) / 12.0, color="0.4", linewidth=0.8, linestyle=":")
    ax.set_xlabel("years since the start of the run")
    ax.set_ylabel(plain(outcome) + (" (person-months a month)" if outcome.startswith("effort") else ""))
    ax.set_ylim(bottom=0.0)
    ax.legend()
    return ax
