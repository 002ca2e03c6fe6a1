"""Two scenarios over time, each with and without its shocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecosim.analysis.resilience import COLUMNS
from ecosim.plots.style import BLUE, GREY, VERMILION, one_axes, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes


def compared_curves(
    series: pd.DataFrame,
    runs: pd.DataFrame,
    names: Sequence[str],
    outcome: str = "collaboration",
    *,
    before: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """One outcome of two scenarios, mean over replicates, beside the months since the calm window ended.

    Parameters
    ----------
    series, runs : DataFrame
        Months and runs of both, with a column ``scenario`` (:class:`ecosim.lab.compare.Comparison`).
    names : sequence of str
        The two scenarios.
    outcome : str
        Column of ``series``.
    before : int
        Months drawn before.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Notes
    -----
    Replicates reach the end of their calm windows in different months, so months are counted from there; drawn are
    those which every replicate was observed in.
    """
    ax = one_axes(ax)
    good = runs[runs["status"] == "ok"]
    ends = good.drop_duplicates(["scenario", "replicate"])[
        ["scenario", "replicate", "announcement_month", "observation_end_month"]
    ]
    table = series.merge(ends, on=["scenario", "replicate"])
    since = (table["month"] - table["announcement_month"]).astype(int)
    last = int((ends["observation_end_month"] - ends["announcement_month"]).min())
    table = table.assign(since=since)[(since >= -before) & (since < last)]
    with_shocks = bool((table["arm"] == "shocked").any())
    arms = [("twin", "--", "without shocks"), ("shocked", "-", "with shocks")] if with_shocks else [("twin", "-", "")]
    for name, colour in zip(names, (BLUE, VERMILION), strict=True):
        for arm, line, words in arms:
            part = table[(table["scenario"] == name) & (table["arm"] == arm)]
            if part.empty:
                continue
            mean = part.groupby("since")[outcome].mean()
            label = f"{name}, {words}" if words else name
            ax.plot(mean.index / 12.0, mean.to_numpy(), color=colour, linestyle=line, linewidth=1.5, label=label)
    ax.axvline(0.0, color=GREY, linewidth=0.8, linestyle=":")
    ax.set_xlabel("years since the shocks are announced" if with_shocks else "years since the calm window ended")
    ax.set_ylabel(plain(outcome) + (" (person-months a month)" if outcome.startswith(COLUMNS) else ""))
    ax.set_ylim(bottom=0.0)
    ax.legend(frameon=False)
    return ax
