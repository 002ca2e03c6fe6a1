"""What a sweep says: measures per policy and shock with their uncertainty, and the answer in words."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.lab.branches import PRIMARY
from ecosim.outcomes import resilience

if TYPE_CHECKING:
    import pandas as pd

#: "Best" is said only from this probability on.
CLEAR = 0.9
#: Replicates below which nothing is called clear.
FEWEST_REPLICATES = 5
#: Smallest effect of interest, as a share of the reference's twin.
SMALLEST_EFFECT = 0.02
#: Width of running text.
_WIDTH = 100
#: Measures with a mean and an interval in the summary.
MEASURES: tuple[str, ...] = (
    "delivered",
    "baseline_cost",
    "sustained",
    "added",
    "drawdown",
    "drawdown_beyond_placebo",
    "recovery_months",
    "final_gap",
)
#: Columns of the design table that are not factors.
_DESIGN_COLUMNS = ("design_id", "history_id", "shock", "shocks", "policy", "reference")


def factor_columns(design: pd.DataFrame) -> list[str]:
    """Names of the factors, in their order."""
    return [name for name in design.columns if name not in _DESIGN_COLUMNS]


def per_replicate(runs: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """One row per policy, shock and replicate, with every measure of resilience.

    Parameters
    ----------
    runs, design : DataFrame
        Tables of the store.

    Returns
    -------
    DataFrame
        Columns of the design, ``replicate`` and :data:`MEASURES`; rows of failed runs are absent.
    """
    import pandas as pd

    area = f"area_{PRIMARY}"
    good = runs[runs["status"] == "ok"]
    shocked = good[good["arm"] == "shocked"]
    if shocked.empty:
        return pd.DataFrame(columns=[*design.columns, "replicate", *MEASURES])
    keys = ["history_id", "replicate"]
    twin = good.loc[good["arm"] == "twin", [*keys, area]].rename(columns={area: "twin_area"})
    placebo = good.loc[good["arm"] == "placebo", [*keys, "drawdown"]].rename(columns={"drawdown": "placebo_drawdown"})
    columns = ["design_id", *keys, area, "sustained", "drawdown", "recovery_months", "recovery_censored", "final_gap"]
    table = shocked[columns].rename(columns={area: "shock_area"})
    table = table.merge(twin, on=keys, how="left").merge(placebo, on=keys, how="left")
    table = table.merge(design.drop(columns="history_id"), on="design_id", how="left")

    reference = table.loc[table["reference"], ["shock", "replicate", "twin_area", "shock_area"]]
    reference = reference.rename(columns={"twin_area": "reference_twin", "shock_area": "reference_shock"})
    table = table.merge(reference, on=["shock", "replicate"], how="left")
    table["delivered"] = resilience.delivered(table["shock_area"], table["reference_twin"])
    table["baseline_cost"] = resilience.baseline_cost(table["twin_area"], table["reference_twin"])
    table["added"] = np.nan
    for rows in table.groupby("design_id").groups.values():
        part = table.loc[rows]
        table.loc[rows, "added"] = resilience.added(
            part["shock_area"], part["twin_area"], part["reference_shock"], part["reference_twin"]
        )
    table["drawdown_beyond_placebo"] = table["drawdown"] - table["placebo_drawdown"]
    order = [*design.columns, "replicate", *MEASURES, "recovery_censored", "shock_area", "twin_area"]
    return table[order].sort_values(["design_id", "replicate"], kind="stable").reset_index(drop=True)


def summarise(measures: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """Mean and 95 % bootstrap interval over replicates of every measure, per policy and shock.

    Returns
    -------
    DataFrame
        A row per design point: the design, ``replicates``, then ``<measure>``, ``<measure>_low``, ``<measure>_high``,
        ``never_hit_share`` and ``not_recovered_share`` (of the runs that were hit), ``probability_best``.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for point in design.to_dict("records"):
        part = measures[measures["design_id"] == point["design_id"]]
        row = dict(point) | {"replicates": len(part)}
        for name in MEASURES:
            row[name], row[f"{name}_low"], row[f"{name}_high"] = resilience.mean_interval(part[name].to_numpy(float))
        hit = part["recovery_months"].notna()
        row["never_hit_share"] = float((~hit).mean()) if len(part) else float("nan")
        row["not_recovered_share"] = float(part.loc[hit, "recovery_censored"].mean()) if hit.any() else float("nan")
        rows.append(row)
    summary = pd.DataFrame(rows)
    summary["probability_best"] = np.nan
    for shock in design["shock"].dropna().unique():
        table = delivered_table(measures, shock)
        if not table.empty:
            best = pd.Series(resilience.probability_best(table.to_numpy()), index=table.index)
            mine = summary["shock"] == shock
            summary.loc[mine, "probability_best"] = summary.loc[mine, "design_id"].map(best)
    return summary


def delivered_table(measures: pd.DataFrame, shock: str) -> pd.DataFrame:
    """`delivered` under one shock: a row per design point, a column per replicate."""
    part = measures[measures["shock"] == shock]
    return part.pivot(index="design_id", columns="replicate", values="delivered")


def lever_effects(measures: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """What each lever does: difference in a measure between a level and the first, over all other levels.

    Paired by replicate. Columns ``shock, factor, level, against, measure, mean, low, high``.
    """
    import pandas as pd

    rows = []
    for shock in design["shock"].dropna().unique():
        part = measures[measures["shock"] == shock]
        for factor in factor_columns(design):
            levels = list(dict.fromkeys(design[factor]))
            for measure in ("delivered", "sustained"):
                means = part.pivot_table(index="replicate", columns=factor, values=measure, aggfunc="mean")
                for level in levels[1:]:
                    if level not in means or levels[0] not in means:
                        continue
                    mean, low, high = resilience.mean_interval((means[level] - means[levels[0]]).to_numpy(float))
                    rows.append(
                        {"shock": shock, "factor": factor, "level": level, "against": levels[0], "measure": measure,
                         "mean": mean, "low": low, "high": high}
                    )  # fmt: skip
    columns = ["shock", "factor", "level", "against", "measure", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


# ---------------------------------------------------------------------------------------------- words


def answer_text(summary: pd.DataFrame, measures: pd.DataFrame, design: pd.DataFrame, question: str = "") -> str:
    """The ranked answer, readable in a terminal."""
    lines: list[str] = []
    if question:
        lines += [*textwrap.wrap(question, _WIDTH), ""]
    shocks = list(design["shock"].dropna().unique())
    if not shocks:
        return "\n".join([*lines, "No shocks were chosen, so there is nothing to compare; see runs.parquet."])
    replicates = int(summary["replicates"].max()) if len(summary) else 0
    reference = design.loc[design["reference"], "policy"].iloc[0]
    lines += textwrap.wrap(
        f"Share of the calm-time cross-border work of the reference policy ({reference}), from announcement to the end "
        f"of observation; mean and 95 % interval over {replicates} replicate{'s' if replicates != 1 else ''}. "
        "delivered = (1 - baseline cost) x sustained.",
        _WIDTH,
    )
    if 1 < replicates < FEWEST_REPLICATES:
        lines.append(f"With fewer than {FEWEST_REPLICATES} replicates the intervals are too narrow.")
    width = max(len(str(policy)) for policy in design["policy"])
    for shock in shocks:
        rows = summary[summary["shock"] == shock].sort_values("delivered", ascending=False, kind="stable")
        lines += ["", shock.upper().replace("_", " ")]
        lines.append(
            f"  {'policy':<{width}}  {'delivered':>20}  {'baseline cost':>20}  {'sustained':>20}  {'P(best)':>7}"
        )
        for row in rows.to_dict("records"):
            cells = "  ".join(f"{_percent(row, name):>20}" for name in ("delivered", "baseline_cost", "sustained"))
            best = "" if np.isnan(row["probability_best"]) else f"{row['probability_best']:.2f}"
            lines.append(f"  {row['policy']:<{width}}  {cells}  {best:>7}")
        lines.append("  " + verdict(rows, delivered_table(measures, shock)))
    effects = lever_effects(measures, design)
    if not effects.empty:
        lines += ["", "WHAT EACH LEVER DOES (points of delivered and sustained, averaged over the other levers)"]
        names = [f"{row.factor}: {row.level} against {row.against}" for row in effects.itertuples()]
        wide = max(map(len, names))
        for factor_level in dict.fromkeys(names):
            lines.append(f"  {factor_level}")
            mine = effects[[name == factor_level for name in names]]
            for shock in shocks:
                effect = []
                for measure in ("delivered", "sustained"):
                    found = mine[(mine["shock"] == shock) & (mine["measure"] == measure)]
                    if len(found):
                        effect.append(f"{measure} {_points(found.iloc[0])}")
                lines.append(f"    {shock.replace('_', ' '):<{max(wide - 2, 26)}}  " + "   ".join(effect))
    return "\n".join(lines)


def verdict(rows: pd.DataFrame, delivered: pd.DataFrame) -> str:
    """Which policy is best under one shock, in words, and only when that is clear.

    Parameters
    ----------
    rows : DataFrame
        Summary rows of one shock, best mean first.
    delivered : DataFrame
        From :func:`delivered_table`.
    """
    usable = rows[rows["delivered"].notna()]
    if usable.empty:
        return "Cannot tell: no run with this shock finished."
    if len(usable) == 1:
        return "One policy only: nothing to compare it with."
    first, second = usable.iloc[0], usable.iloc[1]
    probability = first["probability_best"]
    complete = int(np.isfinite(delivered.to_numpy()).all(axis=0).sum())
    if complete < FEWEST_REPLICATES:
        return f"Cannot tell yet: {complete} of at least {FEWEST_REPLICATES} complete replicates."
    if probability >= CLEAR:
        margin = first["delivered"] - second["delivered"]
        words = f"Best: {first['policy']} (probability {probability:.2f})"
        if margin < SMALLEST_EFFECT:
            return f"{words}, but only {100 * margin:.1f} points ahead of {second['policy']}: too little to matter."
        return f"{words}, {100 * margin:.1f} points ahead of {second['policy']}."
    rivals = usable.loc[usable["probability_best"] >= 0.05, "policy"].tolist()
    return f"Cannot tell yet which is best: {'; '.join(rivals)}."


def _percent(row: dict[str, Any], name: str) -> str:
    mean, low, high = (_rounded(row[column]) for column in (name, f"{name}_low", f"{name}_high"))
    if np.isnan(mean):
        return "-"
    if np.isnan(low):
        return f"{mean:.1f} %"
    return f"{mean:.1f} % [{low:.1f}, {high:.1f}]"


def _rounded(share: float) -> float:
    """Percent with one decimal, without a minus before nothing."""
    return round(100 * float(share), 1) + 0.0


def _points(row: Any) -> str:
    mean, low, high = (_rounded(row[column]) for column in ("mean", "low", "high"))
    if np.isnan(low):
        return f"{mean:+5.1f}"
    return f"{mean:+5.1f} [{low:+.1f}, {high:+.1f}]"


def one_scenario_text(runs: pd.DataFrame, design: pd.DataFrame) -> str:
    """Answer of `ecosim run`: one scenario, its twin and its placebo."""
    area = f"area_{PRIMARY}"
    lines: list[str] = []
    twin = runs[(runs["arm"] == "twin") & (runs["status"] == "ok")]
    if twin.empty:
        return "No run finished."
    first = twin.iloc[0]
    months = int(first["observation_end_month"] - first["announcement_month"])
    lines.append(
        f"Without shocks, {first[area]:,.0f} person-months are worked across borders in the {months} months observed "
        "after the calm window."
    )
    for row in runs[runs["arm"] == "shocked"].to_dict("records"):
        name = design.set_index("design_id")["shocks"].get(row["design_id"], "shock") or "shock"
        if row["status"] != "ok":
            lines.append(f"{name}: failed ({row['error']})")
            continue
        loss = 1.0 - row["sustained"]
        words = (
            f"With {name}: {row[area]:,.0f} person-months, {abs(100 * loss):.1f} % {'less' if loss >= 0 else 'more'}"
        )
        lines.append(f"{words} than without.")
        lines.append(f"  deepest six months: {100 * row['drawdown']:.1f} % below the twin")
        if np.isnan(row["recovery_months"]):
            lines.append("  never more than 5 % below, so there is nothing to recover from")
        elif row["recovery_censored"]:
            lines.append("  not back within 5 % by the end of observation")
        else:
            lines.append(f"  back within 5 % after {row['recovery_months']:.0f} months")
        lines.append(f"  last year: {100 * row['final_gap']:+.1f} % gap")
    placebo = runs[(runs["arm"] == "placebo") & (runs["status"] == "ok")]
    if len(placebo):
        row = placebo.iloc[0]
        lines.append(
            f"Placebo (one organisation of median degree removed): {100 * (row['sustained'] - 1):+.1f} % change, "
            f"deepest six months {100 * row['drawdown']:.1f} % below. Differences of this size are noise."
        )
    lines.append("One replicate shows one course of events; `ecosim sweep` repeats and compares.")
    return "\n".join(lines)
