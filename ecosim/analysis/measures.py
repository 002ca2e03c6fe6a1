"""Tables of a sweep: every measure of resilience per policy, shock and replicate, and their summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.contrasts import enough_lost, surely_positive
from ecosim.outcomes import resilience
from ecosim.outcomes.treatment import REALISED

if TYPE_CHECKING:
    import pandas as pd

#: Outcome that policies are ranked on.
PRIMARY = "effort"
#: Measures with a mean and an interval in the summary.
MEASURES: tuple[str, ...] = (
    "delivered",
    "baseline_cost",
    "sustained",
    "added",
    "loss_beyond_placebo",
    "exposure",
    "fragility",
    "substituted",
    "drawdown",
    "drawdown_beyond_placebo",
    "recovery_months",
    "final_gap",
)
#: Measures summarised as a ratio of sums with the jackknife: (numerator, denominator).
_SUMMED = {
    "fragility": ("in_flight_lost", "exposed_area"),
    "substituted": ("formed_gained", "in_flight_lost"),
}
#: The same for the others, when groups are small.
_SUMMED_WHEN_SMALL = {
    "delivered": ("shock_area", "reference_twin"),
    "sustained": ("shock_area", "twin_area"),
}
#: Columns of the design table that are not factors.
_DESIGN_COLUMNS = ("design_id", "history_id", "shock", "shocks", "policy", "reference")
#: Column of the design table that says at which point of the uncertainties; these follow it.
POINT = "point"
#: Columns beside the measures: what they are made of.
PARTS: tuple[str, ...] = (
    "cluster", "hit", "recovery_censored", "small_group", "small_group_at_risk", "window_months", "shock_area",
    "twin_area", "reference_twin", "in_flight_lost", "exposed_area", "formed_gained", "placebo_drawdown",
)  # fmt: skip


def factor_columns(design: pd.DataFrame) -> list[str]:
    """Names of the factors, in their order; uncertainties, which follow the point, are none."""
    names = list(design.columns)
    names = names[: names.index(POINT)] if POINT in names else names
    return [name for name in names if name not in _DESIGN_COLUMNS]


def uncertainty_columns(design: pd.DataFrame) -> list[str]:
    """Names of the uncertainties, in their order."""
    names = list(design.columns)
    return names[names.index(POINT) + 1 :] if POINT in names else []


def over_points(measures: pd.DataFrame, design: pd.DataFrame, *, by_chance: bool) -> pd.DataFrame:
    """Measures of a policy at all points together: each point and replicate is one of its replicates.

    Parameters
    ----------
    measures, design : DataFrame
        From :func:`per_replicate`, and its design table; with a point column, every policy at every point.
    by_chance : bool
        Whether points were laid by chance and stand for their ranges: then they are the independent clusters. If not,
        averages are over these very points, and what is left to chance is the seeds.

    Returns
    -------
    DataFrame
        Without the columns of points and uncertainties; ``design_id`` and ``history_id`` are those of the first point.
    """
    table = points_as_replicates(measures, design, int(measures["replicate"].max()) + 1 if len(measures) else 1)
    if by_chance:
        table["cluster"] = measures[POINT]
    table = table.drop(columns=[POINT, *uncertainty_columns(design)])
    return table.sort_values(["design_id", "replicate"], kind="stable").reset_index(drop=True)


def points_as_replicates(table: pd.DataFrame, design: pd.DataFrame, replicates: int) -> pd.DataFrame:
    """Rows of runs, months or measures under the ids of the first point, each point's replicates after the last's.

    Parameters
    ----------
    table : DataFrame
        With ``history_id`` and ``replicate``, and perhaps ``design_id`` (blank for twin and placebo).
    design : DataFrame
        Design table with a point column.
    replicates : int
        Replicates at each point.
    """
    histories = design.drop_duplicates("history_id").set_index("history_id")
    own = histories.index.to_series()
    first = own.groupby(histories["policy"]).transform("min")
    points = design.set_index("design_id")
    row = points.index.to_series().groupby([points["policy"], points["shock"]], dropna=False).transform("min")
    renamed = {
        "replicate": table["history_id"].map(histories[POINT]) * replicates + table["replicate"],
        "history_id": table["history_id"].map(first),
    }
    if "design_id" in table:
        renamed["design_id"] = table["design_id"].map(row)
    return table.assign(**renamed)


def design_over_points(design: pd.DataFrame) -> pd.DataFrame:
    """The design table of all points together: a row per policy and shock."""
    kept = design.sort_values("design_id", kind="stable").drop_duplicates(["policy", "shock"])
    return kept.drop(columns=[POINT, *uncertainty_columns(design)]).reset_index(drop=True)


def per_replicate(runs: pd.DataFrame, design: pd.DataFrame, seeds_per_draw: int = 1) -> pd.DataFrame:
    """One row per policy, shock and replicate, with every measure of resilience.

    Parameters
    ----------
    runs, design : DataFrame
        Tables of the store.
    seeds_per_draw : int
        Replicates that share a draw of the parameters.

    Returns
    -------
    DataFrame
        Columns of the design, ``replicate``, :data:`MEASURES`, :data:`PARTS` and the treatment as realised in the twin
        (:data:`ecosim.outcomes.treatment.REALISED`); rows of failed runs are absent.
        ``fragility`` and ``substituted`` are blank where fewer than 20 partnerships of the twin are at risk, and
        ``substituted`` where the in-flight loss is no larger than the placebo's usually is; ``recovery_months`` is
        blank where a run was not hit.
    """
    import pandas as pd

    good = runs[runs["status"] == "ok"]
    shocked = good[good["arm"] == "shocked"]
    if shocked.empty:
        return pd.DataFrame(columns=[*design.columns, "replicate", *MEASURES, *PARTS, *REALISED])
    keys = ["history_id", "replicate"]
    area = f"area_{PRIMARY}"
    names = {area: "area", "area_effort_in_flight": "in_flight", "area_effort_formed_after": "formed"}
    arms = {
        arm: _columns(good[good["arm"] == arm], [*keys, *names]).rename(columns=names) for arm in ("twin", "placebo")
    }
    arms["placebo"]["drawdown"] = _column(good[good["arm"] == "placebo"], "drawdown")
    arms["twin"]["partnerships"] = _partnerships(good[good["arm"] == "twin"])
    columns = ["design_id", *keys, *names, "sustained", "drawdown", "recovery_months", "recovery_censored", "final_gap",
               "window_months"]  # fmt: skip
    table = _columns(shocked, columns).rename(columns=names)
    for arm, frame in arms.items():
        renamed = {name: f"{arm}_{name}" for name in frame.columns if name not in keys}
        table = table.merge(frame.rename(columns=renamed), on=keys, how="left")
    twins = _columns(good[good["arm"] == "twin"], [*keys, *REALISED])
    table = table.merge(twins, on=keys, how="left").merge(design.drop(columns="history_id"), on="design_id", how="left")
    table = table.rename(columns={"area": "shock_area"})
    table["cluster"] = table["replicate"] // max(1, seeds_per_draw)
    table = _add_at_risk(table, good[good["arm"] == "twin"])

    # at each point the reference policy's own world; where levers were laid out too, the one reference there is
    same = ["shock", "replicate"]
    if POINT in design and design.loc[design["reference"], POINT].nunique() == design[POINT].nunique():
        same.append(POINT)
    reference = table.loc[table["reference"], [*same, "twin_area", "shock_area"]]
    reference = reference.rename(columns={"twin_area": "reference_twin", "shock_area": "reference_shock"})
    table = table.merge(reference, on=same, how="left")
    table["delivered"] = resilience.delivered(table["shock_area"], table["reference_twin"])
    table["baseline_cost"] = resilience.baseline_cost(table["twin_area"], table["reference_twin"])
    table["added"] = np.nan
    for rows in table.groupby("design_id").groups.values():
        part = table.loc[rows]
        table.loc[rows, "added"] = resilience.added(
            part["shock_area"], part["twin_area"], part["reference_shock"], part["reference_twin"]
        )
    placebo = resilience.delivered(table["placebo_area"], table["twin_area"])
    table["loss_beyond_placebo"] = placebo - table["sustained"]
    table["drawdown_beyond_placebo"] = table["drawdown"] - table["placebo_drawdown"]
    table["hit"] = table["drawdown"] > resilience.placebo_threshold(arms["placebo"]["drawdown"])
    table.loc[~table["hit"], "recovery_months"] = np.nan

    table["in_flight_lost"] = table["twin_in_flight"] - table["in_flight"]
    table["formed_gained"] = table["formed"] - table["twin_formed"]
    table["fragility"] = resilience.fragility(table["twin_in_flight"], table["in_flight"], table["exposed_area"])
    table["substituted"] = resilience.substituted(
        table["twin_in_flight"], table["in_flight"], table["twin_formed"], table["formed"]
    )
    table["small_group"] = table["twin_partnerships"] < resilience.SMALL_GROUP
    table["small_group_at_risk"] = table["twin_partnerships"] * table["exposure"] < resilience.SMALL_GROUP
    table.loc[table["small_group_at_risk"], ["fragility", "substituted"]] = np.nan
    noise = (table["twin_in_flight"] - table["placebo_in_flight"]) / table["twin_in_flight"]
    lost = table["in_flight_lost"] / table["twin_in_flight"]
    usual = noise.quantile(resilience.PLACEBO_QUANTILE) if noise.notna().any() else 0.0
    table.loc[~(lost > max(float(usual), 0.0)), "substituted"] = np.nan
    order = [*design.columns, "replicate", *MEASURES, *PARTS, *REALISED]
    return table[order].sort_values(["design_id", "replicate"], kind="stable").reset_index(drop=True)


def _column(frame: pd.DataFrame, name: str) -> Any:
    return frame[name].to_numpy(float) if name in frame else np.full(len(frame), np.nan)


def _columns(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Columns by name; those a table lacks are blank."""
    return frame.reindex(columns=names).reset_index(drop=True)


def _partnerships(twins: pd.DataFrame) -> Any:
    """Mean partnerships under way in each twin, funded and unfunded; without the columns, as many as one likes."""
    if "mean_partnerships_active" not in twins:
        return np.full(len(twins), np.inf)
    unfunded = np.nan_to_num(_column(twins, "mean_partnerships_unfunded"))
    return twins["mean_partnerships_active"].to_numpy(float) + unfunded


def _add_at_risk(table: pd.DataFrame, twins: pd.DataFrame) -> pd.DataFrame:
    """Exposure and exposed in-flight work of the twin, under the label of each row's branch."""
    keys = ["history_id", "replicate"]
    table["exposure"] = np.nan
    table["exposed_area"] = np.nan
    wanted = {"exposure": "exposure:", "exposed_area": "area_effort_at_risk_in_flight:"}
    for label in table["shock"].dropna().unique():
        mine = table.index[table["shock"] == label]
        found = _columns(twins, [*keys, *(f"{prefix}{label}" for prefix in wanted.values())])
        merged = table.loc[mine, keys].merge(found, on=keys, how="left")
        for name, prefix in wanted.items():
            table.loc[mine, name] = merged[f"{prefix}{label}"].to_numpy(float)
    return table


def summarise(measures: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Mean and 95 % interval of every measure, per policy and shock.

    Returns
    -------
    DataFrame
        A row per design point: the design, ``replicates``, ``clusters``; then ``<measure>``, ``<measure>_low``,
        ``<measure>_high`` (bootstrap over clusters; jackknife for ratios of sums); ``never_hit_share``,
        ``not_recovered_share`` (of the runs that were hit, at the horizon), ``recovery_horizon_months``; the means of
        :data:`ecosim.outcomes.treatment.REALISED`; and, on
        ``delivered``, ``probability_best`` (of the highest mean), ``best_share`` (of draws in which it is ahead of all
        others), ``regret`` and ``regret_q90``. ``recovery_months`` is the restricted mean over the runs that were hit.
    """
    import pandas as pd

    from ecosim.analysis.ranking import rank

    rows: list[dict[str, Any]] = []
    horizon = float(measures["window_months"].min()) if len(measures) else float("nan")
    # arrays from here on: a table is slow to look into a thousand times
    numbers = {
        name: measures[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in (*MEASURES, *PARTS, *REALISED)
    }
    points = measures["design_id"].to_numpy()
    for point in design.to_dict("records"):
        part = {name: values[points == point["design_id"]] for name, values in numbers.items()}
        count = len(part["cluster"])
        row = dict(point) | {"replicates": count, "clusters": len(np.unique(part["cluster"]))}
        small = count > 0 and float(part["small_group"].mean()) > 0.5
        for name in MEASURES:
            if name == "recovery_months":
                found = _recovery(part, horizon)
            elif name in _SUMMED or (small and name in _SUMMED_WHEN_SMALL):
                found = _ratio(part, *{**_SUMMED, **_SUMMED_WHEN_SMALL}[name])
            else:
                found = resilience.mean_interval(part[name], part["cluster"])
            row[name], row[f"{name}_low"], row[f"{name}_high"] = found
        hit = _hit(part)
        row["never_hit_share"] = float((~hit).mean()) if count else float("nan")
        row["not_recovered_share"] = float("nan")
        if hit.any():
            _, share = resilience.kaplan_meier(part["recovery_months"][hit], _censored(part)[hit])
            row["not_recovered_share"] = float(share[-1])
        row["recovery_horizon_months"] = horizon
        for name in REALISED:
            known = part[name][np.isfinite(part[name])]
            row[name] = float(known.mean()) if len(known) else float("nan")
        rows.append(row)
    summary = pd.DataFrame(rows)
    ranks = rank(measures, design)
    return summary.merge(ranks.drop(columns="shock"), on="design_id", how="left")


_Part = Mapping[str, NDArray[np.float64]]


def _hit(part: _Part) -> NDArray[np.bool_]:
    return (part["hit"] > 0.0) & np.isfinite(part["recovery_months"])


def _censored(part: _Part) -> NDArray[np.bool_]:
    return part["recovery_censored"] > 0.0


def _recovery(part: _Part, horizon: float) -> tuple[float, float, float]:
    """Restricted mean months until recovery of the runs that were hit, with a bootstrap interval over clusters."""
    hit = _hit(part)
    months, censored = part["recovery_months"][hit], _censored(part)[hit]
    mean = resilience.restricted_mean(months, censored, horizon)
    clusters = np.unique(part["cluster"][hit])
    if len(clusters) < 2:
        return mean, float("nan"), float("nan")
    member = part["cluster"][hit][None, :] == clusters[:, None]
    drawn = resilience.resampled_replicates(len(clusters), 400)
    weights = np.array([np.bincount(chosen, minlength=len(clusters)) for chosen in drawn]) @ member
    low, high = np.quantile(resilience.restricted_means(months, censored, horizon, weights), [0.025, 0.975])
    return mean, float(low), float(high)


def _ratio(part: _Part, top: str, bottom: str) -> tuple[float, float, float]:
    """Ratio of sums over clusters with its jackknife interval; blank where the denominator is not surely positive."""
    from scipy.special import stdtrit

    values = np.column_stack([part[top], part[bottom]])
    good = np.isfinite(values).all(axis=1)
    tops, bottoms = resilience.cluster_sums(values[good], part["cluster"][good]).T
    n = len(bottoms)
    blank = (float("nan"),) * 3
    if n == 0:
        return blank
    ratio, pseudo = resilience.ratio_of_sums(tops, bottoms)
    if n < 2:
        return ratio, float("nan"), float("nan")
    exposed = part["exposed_area"][good]
    if not surely_positive(bottoms) or (bottom == "in_flight_lost" and not enough_lost(values[good, 1], exposed)):
        return blank
    half = float(stdtrit(n - 1, 0.975)) * float(np.std(pseudo, ddof=1)) / np.sqrt(n)
    return ratio, ratio - half, ratio + half
