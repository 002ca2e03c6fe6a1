"""How collaboration answers a shock: curves over time, and a map of policies by shocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.measures import factor_columns
from ecosim.analysis.naming import CONTRASTED, base_of, difference_of, title
from ecosim.analysis.resilience import BLOCK_MONTHS, COLUMNS, six_month_means
from ecosim.plots.house import in_house_style
from ecosim.plots.style import (
    BLUE,
    GREY,
    PALE,
    VERMILION,
    beside,
    beyond,
    crowded,
    in_the_crowd,
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
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

#: Months drawn before announcement.
_BEFORE = 12
#: Narrowest range of a curve's axis, in points, so that noise is not magnified.
SMALLEST_RANGE = 20.0
#: Arms that belong to a shock and not to the history alone.
OF_SHOCKS = ("shocked", "scattered")
#: Quantiles between which a band lies.
BAND = (0.1, 0.9)

#: How the line of a policy is drawn of which nothing is decided, and what the legend says of it.
_OPEN_LINE: dict[str, Any] = {"alpha": 0.35, "linewidth": 1.0, "marker": ""}
_OPEN_WORDS = "pale: open, or too little to matter"

#: Months since announcement at the middle of each block, and one row of values per replicate.
Curves = tuple["NDArray[np.float64]", "NDArray[np.float64]"]


def _windows(runs: pd.DataFrame) -> dict[tuple[int, int], tuple[int, int]]:
    """First month after the calm window and end of observation of each history; run-off is not observation."""
    good = runs[runs["status"] == "ok"].drop_duplicates(["history_id", "replicate"])
    columns = ("history_id", "replicate", "announcement_month", "observation_end_month")
    rows = good[list(columns)].astype(int).itertuples(index=False, name=None)
    return {(history, replicate): (first, end) for history, replicate, first, end in rows}


def _arm(series: pd.DataFrame, arm: str, outcome: str) -> dict[tuple[int, ...], tuple[int, NDArray[np.float64]]]:
    """First month and monthly values of every run of one arm, by ids."""
    part = series.loc[series["arm"] == arm, ["design_id", "history_id", "replicate", "month", outcome]]
    keys = ["history_id", "replicate", *(["design_id"] if arm in OF_SHOCKS else [])]
    part = part.sort_values([*keys, "month"], kind="stable")
    ids = part[keys].to_numpy(dtype=np.int64)
    if not len(ids):
        return {}
    starts = np.flatnonzero(np.r_[True, (np.diff(ids, axis=0) != 0).any(axis=1)])
    months, values = part["month"].to_numpy(dtype=np.int64), part[outcome].to_numpy(dtype=np.float64)
    ends = np.r_[starts[1:], len(ids)]
    return {
        tuple(int(value) for value in ids[a]): (int(months[a]), values[a:b]) for a, b in zip(starts, ends, strict=True)
    }


def _aligned(values: NDArray[np.float64], offset: int, first: int, end: int) -> NDArray[np.float64]:
    """Six-month means from a year before announcement, not-a-number where the run starts later."""
    start = max(first - _BEFORE - offset, (first - offset) % BLOCK_MONTHS)
    means = six_month_means(values, start, end - offset)
    pad = _BEFORE // BLOCK_MONTHS - (first - offset - start) // BLOCK_MONTHS
    return np.concatenate([np.full(max(pad, 0), np.nan), means])


def _stacked(many: list[NDArray[np.float64]]) -> Curves:
    shortest = min(map(len, many))
    months = np.arange(shortest, dtype=np.float64) * BLOCK_MONTHS - _BEFORE + BLOCK_MONTHS / 2
    return months, np.array([row[:shortest] for row in many])


def relative_curves(
    series: pd.DataFrame, runs: pd.DataFrame, arm: str = "shocked", outcome: str = "collaboration"
) -> dict[int, Curves]:
    """Six-month means over the twin's, a row per replicate.

    Parameters
    ----------
    series, runs : DataFrame
        Tables of the store.
    arm : {"shocked", "placebo", "scattered"}
        Which runs.
    outcome : str
        Column of ``series``.

    Returns
    -------
    dict
        ``design_id`` (of the placebo: ``history_id``) -> (months since announcement at the middle of each block,
        ratios of shape (replicates, blocks)).
    """
    windows = _windows(runs)
    twins = _arm(series, "twin", outcome)
    ratios: dict[int, list[NDArray[np.float64]]] = {}
    for key, (offset, values) in _arm(series, arm, outcome).items():
        history = (key[0], key[1])
        if history not in twins or history not in windows:
            continue
        own = _aligned(values, offset, *windows[history])
        twin = _aligned(twins[history][1], twins[history][0], *windows[history])
        ratio = np.divide(own, twin, out=np.full_like(own, np.nan), where=twin > 0.0)
        ratios.setdefault(key[2] if arm in OF_SHOCKS else key[0], []).append(ratio)
    return {number: _stacked(many) for number, many in ratios.items()}


def response_curves(
    series: pd.DataFrame, runs: pd.DataFrame, outcome: str = "collaboration"
) -> dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Six-month means of shocked over twin, averaged over replicates.

    Returns
    -------
    dict
        ``design_id`` -> (months since announcement at the middle of each block, mean ratio).
    """
    return {
        number: (months, _mean(table))
        for number, (months, table) in relative_curves(series, runs, "shocked", outcome).items()
    }


def _mean(table: NDArray[np.float64]) -> NDArray[np.float64]:
    counts = np.isfinite(table).sum(axis=0)
    return np.divide(np.nansum(table, axis=0), counts, out=np.full(table.shape[1], np.nan), where=counts > 0)


def _quantiles(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Low and high quantile of each column, shape (2, blocks); not-a-number where a column is empty."""
    found = np.full((2, table.shape[1]), np.nan)
    some = np.isfinite(table).any(axis=0)
    if some.any():
        found[:, some] = np.nanquantile(table[:, some], BAND, axis=0)
    return found


def _widen(ax: Axes, lows: list[float], highs: list[float]) -> None:
    """A range of its own for each panel, never narrower than :data:`SMALLEST_RANGE`."""
    from matplotlib.ticker import MaxNLocator

    low, high = min([*lows, 100.0]), max([*highs, 100.0])
    margin = 0.06 * (high - low)
    missing = max(0.0, SMALLEST_RANGE - (high - low) - 2 * margin) / 2
    ax.set_ylim(low - margin - missing, high + margin + missing)
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))


@in_house_style
def curve_panel(
    curves: Mapping[int, Curves],
    design: pd.DataFrame,
    shock: str,
    placebo: Mapping[int, Curves] | None = None,
    ax: Axes | None = None,
    outcome: str = "collaboration",
    compared: pd.DataFrame | None = None,
) -> Axes:
    """An outcome under one shock relative to the twin: a line per policy, and what is noise.

    Parameters
    ----------
    curves, placebo : mapping
        From :func:`relative_curves`.
    design : DataFrame
        Table of the store.
    shock : str
        Which shock.
    ax : Axes, optional
        Where to draw; a new figure by default.
    outcome : str
        What the curves are of.
    compared : DataFrame, optional
        From :meth:`ecosim.SweepResult.compare`: a policy of which nothing that matters is decided under this shock is
        then thin and pale. Without it, lines say nothing of differences.

    Notes
    -----
    Lines are means over replicates. The coloured band holds the middle 80 % of the replicates of the reference policy,
    the grey band those of the placebo of all policies: inside it, a difference is noise. The vertical range is the
    panel's own, at least 20 points. Of more policies than looks there are, only the reference policy has its own.
    """
    ax = one_axes(ax)
    lows, highs = [], []
    noise = [table for _, table in (placebo or {}).values()]
    if noise:
        shortest = min(table.shape[1] for table in noise)
        months = next(iter(placebo.values()))[0][:shortest]  # type: ignore[union-attr]
        low, high = 100.0 * _quantiles(np.vstack([table[:, :shortest] for table in noise]))
        ax.fill_between(months / 12.0, low, high, color=PALE, linewidth=0, label="placebo, middle 80 % of runs")
        lows.append(np.nanmin(low))
        highs.append(np.nanmax(high))
    ax.axhline(100.0, color=GREY, linewidth=1.0, label="same world without shock (twin)")
    ax.axvline(0.0, color=GREY, linewidth=0.8, linestyle=":")
    styles = looks(design, factor_columns(design))
    many = crowded(styles)
    decided = _decided(compared, shock, f"sustained_{outcome}")
    for point in design[design["shock"] == shock].to_dict("records"):
        if point["design_id"] not in curves:
            continue
        months, table = curves[point["design_id"]]
        years, mean = months / 12.0, 100.0 * _mean(table)
        style: dict[str, Any] = {"label": str(point["policy"]), "linewidth": 1.5} | styles[point["policy"]]
        if point["reference"]:
            # what all are compared with is not hidden under them
            style |= {"linewidth": 2.2, "zorder": 3.0}
        if many and not point["reference"]:
            style = in_the_crowd(styles)
        if point["reference"] and len(table) > 1:
            low, high = 100.0 * _quantiles(table)
            ax.fill_between(years, low, high, color=style["color"], alpha=0.18, linewidth=0,
                            label="reference policy, middle 80 % of runs")  # fmt: skip
            lows.append(np.nanmin(low))
            highs.append(np.nanmax(high))
        pale = decided is not None and not point["reference"] and point["policy"] not in decided
        if pale:
            # the legend shows how a policy looks where something is decided
            ax.plot([], [], markersize=3.5, **style)
            style |= _OPEN_LINE | {"label": "_pale"}
        ax.plot(years, mean, markersize=3.5, markevery=2, **style)
        if np.isfinite(mean).any():
            lows.append(np.nanmin(mean))
            highs.append(np.nanmax(mean))
    if decided is not None and (design.loc[design["shock"] == shock, "policy"].nunique() > len(decided) + 1):
        ax.plot([], [], color=GREY, label=_OPEN_WORDS, **_OPEN_LINE)
    _widen(ax, lows, highs)
    ax.set_title(wrapped(shock))
    ax.set_xlabel("years since announcement")
    ax.set_ylabel(f"{plain(outcome)}\n(% of twin; own scale)")
    return ax


def _decided(compared: pd.DataFrame | None, shock: str, measure: str) -> set[str] | None:
    """Policies that surely help or hurt beside the reference policy; None where that was not asked."""
    if compared is None or compared.empty:
        return None
    mine = compared[(compared["measure"] == measure) & (compared["shock"] == shock)]
    if mine.empty:
        return None
    return set(mine.loc[mine["verdict"].str.startswith(("helps", "hurts")), "policy"])


@in_house_style
def resilience_curves(
    series: pd.DataFrame, runs: pd.DataFrame, design: pd.DataFrame, outcome: str = "collaboration",
    compared: pd.DataFrame | None = None,
) -> Figure:  # fmt: skip
    """A panel per shock: an outcome relative to the twin, a line per policy, each panel on its own scale.

    With a table of comparisons (:meth:`ecosim.SweepResult.compare`) the lines of policies of which nothing that matters
    is decided are thin and pale.
    """
    curves = relative_curves(series, runs, "shocked", outcome)
    placebo = relative_curves(series, runs, "placebo", outcome)
    shocks = list(design["shock"].dropna().unique())
    figure, axes = panels(len(shocks), extra=1.3)
    for ax, shock in zip(axes, shocks, strict=False):
        curve_panel(curves, design, shock, placebo, ax=ax, outcome=outcome, compared=compared)
    _outer_labels(axes)
    factors = factor_columns(design)
    legend_below(figure, axes, title=" / ".join(parameter_name(name) for name in factors) or None)
    return figure


def _outer_labels(axes: list[Axes]) -> None:
    """Labels of axes only at the left and where no panel follows below."""
    columns = beside(len(axes))
    for place, ax in enumerate(axes):
        if place % columns:
            ax.set_ylabel("")
        if place + columns < len(axes):
            ax.set_xlabel("")


@in_house_style
def arms_panel(
    series: pd.DataFrame,
    runs: pd.DataFrame,
    point: Mapping[Any, object],
    outcome: str = "collaboration",
    ax: Axes | None = None,
) -> Axes:
    """One policy under one shock: with the shock, without it (twin) and placebo, with bands.

    Parameters
    ----------
    series, runs : DataFrame
        Tables of the store.
    point : mapping
        A row of the design table: ``design_id``, ``history_id``, ``shock``.
    outcome : str
        Column of ``series``.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Notes
    -----
    100 is each replicate's own twin in the year before the announcement, so that bands show what happens and not how
    large a world a replicate drew.
    """
    ax = one_axes(ax)
    windows = _windows(runs)
    wanted = series[(series["history_id"] == point["history_id"])]
    level = {}
    for key, (offset, values) in _arm(wanted, "twin", outcome).items():
        if key[:2] in windows:
            first = windows[key[0], key[1]][0] - offset
            level[key[:2]] = float(values[max(first - _BEFORE, 0) : max(first, 1)].mean())
    for arm, label, colour, line in (
        ("twin", "without shock (twin)", GREY, "-"),
        ("placebo", "placebo", "black", ":"),
        ("shocked", "with shock", VERMILION, "-"),
    ):
        many = [
            100.0 * _aligned(values, offset, *windows[key[0], key[1]]) / level[key[:2]]
            for key, (offset, values) in _arm(wanted, arm, outcome).items()
            if level.get(key[:2], 0.0) > 0.0 and (arm != "shocked" or key[2] == point["design_id"])
        ]
        if not many:
            continue
        months, table = _stacked(many)
        if len(table) > 1 and arm != "placebo":
            low, high = _quantiles(table)
            ax.fill_between(months / 12.0, low, high, color=colour, alpha=0.2, linewidth=0,
                            label=f"{label}, middle 80 % of runs")  # fmt: skip
        ax.plot(months / 12.0, _mean(table), color=colour, linestyle=line, linewidth=1.8, label=label)
    ax.axvline(0.0, color=GREY, linewidth=0.8, linestyle=":")
    ax.set_ylim(bottom=0.0)
    ax.set_title(wrapped(str(point["shock"])))
    ax.set_xlabel("years since announcement")
    ax.set_ylabel(f"{plain(outcome)}\n(100 = the year before)")
    return ax


@in_house_style
def with_and_without(series: pd.DataFrame, runs: pd.DataFrame, design: pd.DataFrame) -> Figure:
    """A panel per shock: the reference policy with the shock, without it and with the placebo."""
    points = design[design["reference"] & design["shock"].notna()].to_dict("records")
    figure, axes = panels(len(points), sharey=True)
    for ax, point in zip(axes, points, strict=False):
        arms_panel(series, runs, point, ax=ax)
    _outer_labels(axes)
    legend_below(figure, axes)
    return figure


@in_house_style
def heat_map(
    summary: pd.DataFrame, measure: str = "delivered_output", ax: Axes | None = None, *,
    compared: pd.DataFrame | None = None,
) -> Axes:  # fmt: skip
    """One measure, policies (rows) by shocks (columns), with the numbers and their intervals written in.

    Parameters
    ----------
    summary : DataFrame
        From the sweep.
    measure : str
        A share, shown in percent, or one in days or months, shown in these.
    ax : Axes, optional
        Where to draw; a new figure by default.
    compared : DataFrame, optional
        From :meth:`ecosim.SweepResult.compare`: colour is then the difference from the reference policy, only where it
        is decided; what is open is hatched, and has no number but its interval. Without it, colour is the level alone,
        and says nothing of differences.
    """
    own = ax is None
    rows = summary[summary["shock"].notna()]
    shocks, policies = list(rows["shock"].unique()), list(rows["policy"].unique())

    def cells(table: pd.DataFrame, column: str) -> Any:
        wide = table.pivot(index="policy", columns="shock", values=column)
        return wide.reindex(index=policies, columns=shocks).to_numpy()

    unit = difference_of(measure)
    scale = "%" if unit.of_a_share else unit.unit
    value, low, high = (
        unit.times * cells(rows, name).astype(float) for name in (measure, f"{measure}_low", f"{measure}_high")
    )
    mine = compared[compared["measure"] == measure] if compared is not None else None
    width = 3.6 + (1.6 if mine is not None else 1.35) * max(len(shocks), 2) + beyond(policies)
    ax = one_axes(ax, width=width, height=1.6 + 0.5 * max(len(policies), 2) + (0.3 if mine is not None else 0.0))
    words = f"{title(measure)} ({f'% of {base_of(measure)}' if unit.of_a_share else unit.unit})"
    if mine is None or mine.empty:
        _levels(ax, value, low, high, scale)
    else:
        said = {name: unit.times * cells(mine, name).astype(float) for name in ("estimate", "low", "high")}
        _differences(
            ax, value, low, high, said["estimate"], said["low"], said["high"], cells(mine, "verdict"), unit=unit.unit,
            better=CONTRASTED[measure][2],
        )  # fmt: skip
        words += f" and {unit.unit} more or less than the reference policy"
        if own:
            legend_below(ax.figure, [ax])  # type: ignore[arg-type]
    ax.grid(False)
    ax.set_xticks(range(len(shocks)), [wrapped(name, 13) for name in shocks])
    ax.set_yticks(range(len(policies)), policies)
    # a letter of the title is about a twelfth of an inch wide
    ax.set_title(wrapped(words, 16 * max(len(shocks), 2)))
    return ax


def _levels(ax: Axes, value: Any, low: Any, high: Any, scale: str) -> None:
    """Cells coloured by their level."""
    image = ax.imshow(value, cmap="cividis", aspect="auto")
    middle = 0.5 * (np.nanmin(value) + np.nanmax(value)) if np.isfinite(value).any() else 0.0
    for row, column in np.ndindex(value.shape):
        mean = value[row, column]
        text = "-" if np.isnan(mean) else f"{mean:.1f}"
        if np.isfinite(low[row, column]):
            text += f"\n[{low[row, column]:.1f}, {high[row, column]:.1f}]"
        # cividis runs from dark blue to light yellow
        ax.text(column, row, text, ha="center", va="center", fontsize=8, color="black" if mean > middle else "white")
    ax.figure.colorbar(image, ax=ax).set_label(scale)


def _differences(
    ax: Axes, value: Any, low: Any, high: Any, estimate: Any, below: Any, above: Any, verdict: Any, *, unit: str,
    better: int,
) -> None:  # fmt: skip
    """Cells coloured by their difference from the reference policy, where it is decided."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    said = np.array([[word if isinstance(word, str) else "" for word in line] for line in verdict], dtype=np.str_)
    away = np.char.startswith(said, "helps") | np.char.startswith(said, "hurts")
    points = np.where(away, estimate, np.nan)
    reach = float(np.nanmax(np.abs(points))) if away.any() else 1.0
    # the palest of the decided is not white
    worse, good = (VERMILION, BLUE) if better > 0 else (BLUE, VERMILION)
    pale = [(0.0, lightened(worse, 0.2)), (0.5, lightened(worse, 0.8)), (0.5, lightened(good, 0.8)),
            (1.0, lightened(good, 0.2))]  # fmt: skip
    colours = LinearSegmentedColormap.from_list("less to more", pale)
    image = ax.imshow(points, cmap=colours, vmin=-reach, vmax=reach, aspect="auto")
    looks_of = {"no effect": ({"facecolor": PALE}, "too little to matter"), "undecided": (open_patch(), "open"),
                "": ({"facecolor": "white"}, None)}  # fmt: skip
    for row, column in np.ndindex(value.shape):
        word = str(said[row, column]).removesuffix(" on average")
        look, label = looks_of.get(word, (None, None))
        if look is not None:
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1.0, 1.0, label=label, zorder=1.5, **look))
        level = value[row, column]
        text = "-" if np.isnan(level) else f"{level:.1f}"
        ends, number = (below[row, column], above[row, column]), ""
        if not word:
            ends = (low[row, column], high[row, column])
        elif word != "undecided":
            number = f"{estimate[row, column]:+.1f} "
        if np.isfinite(ends[0]):
            signed = "+" if word else ""
            text += f"\n{number}[{ends[0]:{signed}.1f}, {ends[1]:{signed}.1f}]"
        # where the mean is sure and draws are not
        text += "\non average" if str(said[row, column]).endswith(" on average") else ""
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0} if word == "undecided" else None
        ax.text(column, row, text, ha="center", va="center", fontsize=8, color="black", bbox=box)
    if away.any():
        ax.figure.colorbar(image, ax=ax).set_label(f"{unit} from the reference policy")


@in_house_style
def run_curves(
    series: pd.DataFrame, runs: pd.DataFrame, outcome: str = "collaboration", ax: Axes | None = None
) -> Axes:
    """One outcome of one scenario over time: shocked, twin and placebo, with the announcement marked."""
    ax = one_axes(ax)
    styles = {"twin": ("without shock (twin)", GREY, "-"), "placebo": ("placebo", "black", ":"),
              "shocked": ("with shocks", VERMILION, "-")}  # fmt: skip
    for arm, (label, colour, line) in styles.items():
        part = series[series["arm"] == arm]
        if len(part):
            ax.plot(part["month"] / 12.0, part[outcome], label=label, color=colour, linestyle=line, linewidth=1.5)
    good = runs[runs["status"] == "ok"]
    if len(good):
        ax.axvline(float(good["announcement_month"].iloc[0]) / 12.0, color=GREY, linewidth=0.8, linestyle=":")
    ax.set_xlabel("years since the start of the run")
    ax.set_ylabel(plain(outcome) + (" (person-months a month)" if outcome.startswith(COLUMNS) else ""))
    ax.set_ylim(bottom=0.0)
    ax.legend()
    return ax
