"""The answer of a sweep in words: what each lever does, which policy is ahead, where it turns, how sure that is."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.breakeven import CHANCE, NO_TURN, TURNS
from ecosim.analysis.common_numbers import TWIN
from ecosim.analysis.contrasts import FEW_CLUSTERS, FEWEST_CLUSTERS, VERDICTS
from ecosim.analysis.measures import factor_columns, per_replicate, summarise
from ecosim.analysis.naming import CONTRASTED, base_of, plain, split, title
from ecosim.analysis.ranking import CLEAR, FEWEST_DRAWS, FEWEST_FOR_BEST, Importance, delivered_table, standing
from ecosim.analysis.smallest import LEAST_EFFECT, SmallestEffects
from ecosim.analysis.spread import FITTED_HELD
from ecosim.outcomes.resilience import PRIMARY
from ecosim.outcomes.treatment import REALISED
from ecosim.report.hit import countries_of, hit_words
from ecosim.report.treatment import treatment_words, treatments
from ecosim.report.verbs import band_words, chance_words, decided, interval_words, spread_words

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.analysis.doses import Dose

__all__ = [
    "CLEAR", "answer_text", "best_policy", "contrast_line", "contrasts_text", "delivered_table", "factor_columns",
    "one_scenario_text", "per_replicate", "summarise",
]  # fmt: skip

#: Policies named one by one under each shock.
_MOST_POLICIES = 24
#: Measures of each policy.
_SHOWN = ("delivered_output", "baseline_cost_output", "sustained_collaboration")
#: Width of running text.
_WIDTH = 100


@dataclass(frozen=True)
class Points:
    """Points of the uncertainties that every policy met."""

    number: int
    inputs: int
    #: Name of the design.
    design: str
    #: Whether they were laid by chance, and stand for their ranges.
    by_chance: bool


def answer_text(
    summary: pd.DataFrame,
    contrasts: pd.DataFrame,
    design: pd.DataFrame,
    *,
    question: str = "",
    importances: Mapping[str, Importance] | None = None,
    break_even: pd.DataFrame | None = None,
    variance: pd.DataFrame | None = None,
    drawn_parameters: int = 0,
    common_numbers: pd.DataFrame | None = None,
    responses: Sequence[tuple[Dose, pd.DataFrame]] = (),
    points: Points | None = None,
    hit: Mapping[str, str] | None = None,
    smallest: SmallestEffects | None = None,
    spread_over: str = "draws",
    seen_from: str = "",
) -> str:
    """The whole answer, readable in a terminal.

    Parameters
    ----------
    summary : DataFrame
        From :func:`ecosim.analysis.measures.summarise`.
    contrasts : DataFrame
        From :func:`ecosim.analysis.contrasts.estimate_contrasts`.
    design : DataFrame
        Design table.
    question : str
        What the experiment asks.
    importances : mapping, optional
        Shock -> what turns the ranking of its two leading policies.
    break_even, variance : DataFrame, optional
        From :mod:`ecosim.analysis.breakeven` and :mod:`ecosim.analysis.variance`.
    drawn_parameters : int
        Number of parameters drawn per replicate.
    common_numbers : DataFrame, optional
        From :func:`ecosim.analysis.common_numbers.common_numbers_table`.
    responses : sequence of (Dose, DataFrame)
        What is given in steps, and output delivered at each, from :func:`ecosim.analysis.doses.dose_response`.
    points : Points, optional
        When each policy met several points of the uncertainties.
    hit : mapping, optional
        Shock -> a sentence on the countries hit.
    smallest : SmallestEffects, optional
        Smallest effects of interest.
    spread_over : str
        What the spread over draws is over: draws, points or seeds.
    seen_from : str
        Name of the country whose part the numbers are of; empty for the whole world.
    """
    smallest = smallest or SmallestEffects()
    lines: list[str] = []
    if question:
        lines += [*textwrap.wrap(question, _WIDTH), ""]
    if seen_from:
        lines += [f"{seen_from} alone: every number is of its own part of collaboration, output and work.", ""]
    shocks = list(design["shock"].dropna().unique())
    if not shocks:
        return "\n".join([*lines, "No shocks were chosen, so there is nothing to compare; see runs.parquet."])
    replicates = int(summary["replicates"].max()) if len(summary) else 0
    clusters = int(summary["clusters"].max()) if len(summary) else 0
    reference = design.loc[design["reference"], "policy"].iloc[0]
    words = (
        _spread_words(replicates, clusters, drawn_parameters, points)
        + " Delivered: output under the shock as a share of the reference policy's in calm times"
        f" ({reference}); sustained: collaboration under the shock as a share of the policy's own in calm times; both "
        "from announcement to the end of observation."
    )
    lines += textwrap.wrap(words, _WIDTH)
    if drawn_parameters:
        lines += textwrap.wrap(FITTED_HELD, _WIDTH)
    lines += _treatments_text(summary)
    lines += ["", *contrasts_text(contrasts, spread_over)]
    lines += [
        "",
        f"POLICIES, BEST FIRST (mean, 95 % interval of each alone{_called(design)})",
    ]
    width = max(len(str(policy)) for policy in design["policy"])
    for shock in shocks:
        rows = summary[summary["shock"] == shock].sort_values("delivered_output", ascending=False, kind="stable")
        lines += ["", f"  {plain(shock).upper()}"]
        lines.append(
            f"  {'policy':<{width}}  {'output delivered':>20}  {'given up in calm':>20}  {'collaboration kept':>20}  "
            f"{'P(best)':>7}  {'ahead':>6}  {'regret':>6}"
        )
        for row in rows.head(_MOST_POLICIES).to_dict("records"):
            cells = "  ".join(f"{_percent(row, name):>20}" for name in _SHOWN)
            best = "" if np.isnan(row["probability_best"]) else f"{row['probability_best']:.2f}"
            regret = "" if np.isnan(row["regret"]) else f"{_rounded(row['regret']):.1f}"
            ahead = "" if np.isnan(row["best_share"]) else f"{100 * row['best_share']:.0f} %"
            lines.append(f"  {row['policy']:<{width}}  {cells}  {best:>7}  {ahead:>6}  {regret:>6}")
        if len(rows) > _MOST_POLICIES:
            lines.append(f"  and {len(rows) - _MOST_POLICIES} more in summary.csv")
        found = (importances or {}).get(shock)
        said = best_policy(
            rows, found, drawn=bool(drawn_parameters) or (points is not None),
            margin=smallest.of(shock, "delivered_output"),
        )  # fmt: skip
        lines += textwrap.wrap(said, _WIDTH, initial_indent="  ", subsequent_indent="  ")
        lines += textwrap.wrap(_recovery(rows), _WIDTH, initial_indent="  ", subsequent_indent="  ")
        lines += textwrap.wrap((hit or {}).get(shock, ""), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    if break_even is not None and len(break_even):
        lines += ["", *_break_even_text(break_even)]
    if variance is not None and len(variance):
        lines += ["", *_variance_text(variance)]
    if common_numbers is not None and len(common_numbers):
        lines += ["", *_common_numbers_text(common_numbers)]
    if responses:
        lines += ["", *_steps_text(responses)]
    if len(contrasts):
        lines += ["", *in_short(contrasts, spread_over)]
    return "\n".join(lines)


def _treatments_text(summary: pd.DataFrame) -> list[str]:
    """What each policy came to: labels say what was asked for."""
    found = list(treatments(summary).items())
    if not found:
        return []
    lines = ["", "POLICIES AS REALISED (means without a shock; a small consortium has no more countries than seats)"]
    lines += [f"  {policy}: {words}" for policy, words in found[:_MOST_POLICIES]]
    if len(found) > _MOST_POLICIES:
        lines.append(f"  and {len(found) - _MOST_POLICIES} more in summary.csv")
    return lines


def _called(design: pd.DataFrame) -> str:
    factors = factor_columns(design)
    return f"; named by {', '.join(factors)}" if any("." in name for name in factors) else ""


def _spread_words(replicates: int, clusters: int, drawn_parameters: int, points: Points | None) -> str:
    """What differs between the replicates of a policy."""
    counted = f"{replicates} replicate{'s' if replicates != 1 else ''}: "
    if points is not None:
        seeds = replicates // max(points.number, 1)
        inputs = f"{points.inputs} uncertaint{'ies' if points.inputs != 1 else 'y'}"
        at_each = f"{seeds} replicate{'s' if seeds != 1 else ''} at each"
        words = f"{points.number} points of {inputs} ({points.design}), {at_each}."
        if points.by_chance:
            return words + " Intervals are over points; all points share the same seeds."
        return words + " Averages are over these points, intervals over seeds."
    if drawn_parameters:
        return counted + (
            f"{clusters} draw{'s' if clusters != 1 else ''} of {drawn_parameters} assumed parameters from their "
            f"ranges, {replicates // max(clusters, 1)} seed{'s' if replicates > clusters else ''} each."
        )
    kept = "the assumed parameters keep their values, so the intervals hold for these values only."
    return f"{counted}seeds alone; {kept}"


#: What the outcomes of paired runs are, in words.
_PAIRED_WORDS = {
    "shock_area_collaboration": "collaboration under the shock",
    "twin_area_collaboration": "collaboration in calm times", "sustained_collaboration": "share sustained",
    "drawdown": "deepest half-year", "final_gap_collaboration": "gap in the last year",
}  # fmt: skip


def _common_numbers_text(table: pd.DataFrame) -> list[str]:
    """Median over policies and shocks of what pairing saves, per outcome."""
    lines = ["VARIANCE SAVED BY COMMON RANDOM NUMBERS (of differences; median over policies and shocks)"]
    parts = []
    for own in (True, False):
        mine = table[(table["against"] == TWIN) == own]
        against = "a shocked world against its twin" if own else "a policy against the reference"
        said = [f"{words} {100 * mine.loc[mine['outcome'] == name, 'saved'].median():.0f} %"
                for name, words in _PAIRED_WORDS.items() if (mine["outcome"] == name).any()]  # fmt: skip
        if said:
            parts.append(f"{against}: {', '.join(said)}")
    for part in parts:
        lines += textwrap.wrap(part, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines


def in_short(contrasts: pd.DataFrame, over: str = "draws") -> list[str]:
    """The end of the answer: what each lever does to output delivered under each shock, in one small table.

    It stands last because that is where a reader of a terminal is when a sweep ends.
    """
    mine = contrasts[contrasts["measure"] == "delivered_output"]
    names = list(dict.fromkeys(mine["contrast"]))
    rows: list[Any] = mine.to_dict("records")
    cells = {(row["shock"], row["contrast"]): (_cell(row), _draws_cell(row, over)) for row in rows}
    levels = {row["contrast"]: f"{row['level']} v. {row['against']}" for row in rows}
    shocks = list(dict.fromkeys(mine["shock"]))
    table = [["", *names], ["", *(levels[name] for name in names)]]
    for shock in shocks:
        for k, heading in enumerate((plain(shock), "")):
            table.append([heading, *(cells[shock, name][k] for name in names)])
    widths = [max(len(row[k]) for row in table) for k in range(len(names) + 1)]
    lines = ["IN SHORT (points of output delivered; intervals hold together with 95 % confidence)"]
    lines += ["  " + "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in table]
    return lines


def _cell(row: Mapping[str, Any]) -> str:
    """Verdict, number and interval; no number when it is open."""
    if np.isnan(row["estimate"]):
        return "nothing to compare"
    number = f" {_rounded(row['estimate']):+.1f}" if decided(row["verdict"]) else ""
    return f"{row['verdict']}{number}{'' if np.isnan(row['low']) else ' ' + interval_words(row)}"


def _draws_cell(row: Mapping[str, Any], over: str) -> str:
    words = spread_words(row, over)
    return f"  {words}" if words else ""


# ---------------------------------------------------------------------------------------------- contrasts


def contrasts_text(contrasts: pd.DataFrame, over: str = "draws") -> list[str]:
    """A line per contrast, shock and measure: verdict, estimate, simultaneous interval, spread over draws."""
    lines: list[str] = []
    if contrasts.empty:
        return ["No contrasts: the experiment declares none, and has no factor whose levels differ in nothing else."]
    clusters = int(contrasts["clusters"].max())
    lines.append("WHAT EACH LEVER DOES (intervals of one measure hold together with 95 % confidence, over "
                 f"{clusters} independent {'replicates' if clusters != 1 else 'replicate'})")  # fmt: skip
    if clusters < FEWEST_CLUSTERS:
        lines.append(f"  With fewer than {FEWEST_CLUSTERS} independent replicates there are no intervals to judge by.")
    elif clusters < FEW_CLUSTERS:
        lines.append(f"  Fewer than {FEW_CLUSTERS}: intervals are wide on purpose. This is a look, not a finding.")
    lines += textwrap.wrap(chance_words(float(contrasts["left_to_chance"].median()), over), _WIDTH,
                           initial_indent="  ", subsequent_indent="  ")  # fmt: skip
    wide = max(len(plain(shock)) for shock in contrasts["shock"])
    for name in dict.fromkeys(contrasts["contrast"]):
        mine = contrasts[contrasts["contrast"] == name]
        first = mine.iloc[0]
        where = f", where {first['where']}" if first["where"] else ""
        levels = f"{first['level']} against {first['against']}"
        # a contrast that was not declared has its levels for a name
        lines.append(f"  {str(name).upper()}{'' if str(name).endswith(levels) else f': {levels}'}{where}")
        for measure in dict.fromkeys(mine["measure"]):
            less = "; less is better" if CONTRASTED[measure][2] < 0 else ""
            lines.append(f"    {title(measure)} (points of {base_of(measure)}{less})")
            for row in mine[mine["measure"] == measure].to_dict("records"):
                lines.append("      " + contrast_line(row, wide, over))
                more = _more_line(row, over)
                lines += [f"      {'':<{wide}}  {more}"] if more else []
    lines += ["", *(f"  {word}: {meaning}." for word, meaning in VERDICTS.items() if word in set(contrasts["verdict"]))]
    return lines


def contrast_line(row: Mapping[str, Any], width: int = 0, over: str = "draws") -> str:
    """One contrast in a line: shock, verdict, estimate (none when open), simultaneous interval, spread over draws."""
    name = plain(str(row["shock"]))
    if np.isnan(row["estimate"]):
        return f"{name:<{width}}  undecided  [no interval] too little exposed or lost to compare, or no finished runs"
    number = f"{_rounded(row['estimate']):+.1f}" if decided(row["verdict"]) else ""
    return f"{name:<{width}}  {row['verdict']:<20}  {number:>5} {interval_words(row)}  {spread_words(row, over)}"


def _more_line(row: Mapping[str, Any], over: str) -> str:
    """The band of draws, and what is there without a shock."""
    if np.isnan(row["estimate"]):
        return ""
    parts = [band_words(row, over)]
    if (split(row["measure"]) or ("",))[0] == "delivered" and np.isfinite(row["baseline"]):
        parts.append(
            f"in calm times {_rounded(row['baseline']):+.1f}, share sustained {_rounded(row['sustained']):+.1f}"
        )
    return "; ".join(part for part in parts if part)


# ---------------------------------------------------------------------------------------------- policies


def best_policy(
    rows: pd.DataFrame, importance: Importance | None = None, *, drawn: bool = False, margin: float = LEAST_EFFECT
) -> str:
    """Which policy is best under one shock, in words, and only when that is clear; else what it depends on.

    Parameters
    ----------
    rows : DataFrame
        Summary rows of one shock.
    importance : Importance, optional
        What moves the difference between the first two.
    drawn : bool
        Whether parameters were drawn.
    margin : float
        Smallest effect of interest.
    """
    found = standing(rows, importance)
    if found is None:
        return "Cannot tell: no run with this shock finished."
    if not found.second:
        return "One policy only: nothing to compare it with."
    unit = "draws" if drawn else "replicates"
    ahead = f"ahead of all others in {100 * found.share:.0f} % of the {unit}"
    if found.best:
        words = (
            f"Best on average: {found.best} (probability {found.probability:.2f}, from {found.draws} {unit}), {ahead}"
        )
        if found.lead < margin:
            words += f", but only {_rounded(found.lead):.1f} points above {found.second}: too little to matter."
        else:
            words += f", {_rounded(found.lead):.1f} points above {found.second}."
    else:
        words = f"No policy is best with probability {CLEAR:g}."
        if found.draws < FEWEST_FOR_BEST:
            words = f"Too few {unit} to call a policy best: {found.draws} of at least {FEWEST_FOR_BEST}."
        if len(found.rivals) > 1:
            words += f" In question: {'; '.join(found.rivals)}."
            if found.span < margin:
                words += f" Their means differ by {_rounded(found.span):.1f} points: too little to matter."
        elif found.rivals:
            words += f" So far {found.first} is {ahead}."
    if not drawn:
        return words
    if found.turned_by:
        return f"{words} Between {found.first} and {found.second} it depends on {' and '.join(found.turned_by)}."
    if not found.regressed:
        return f"{words} What it depends on is told from {FEWEST_DRAWS} draws."
    words += f" No drawn parameter turns {found.first} and {found.second} around by more than chance would"
    return f"{words}; {' and '.join(found.moved_by)} moves their difference most." if found.moved_by else f"{words}."


def _recovery(rows: pd.DataFrame) -> str:
    """How many runs were hit, and how long the best and the worst policy take to recover."""
    never = rows["never_hit_share"].mean()
    if not np.isfinite(never):
        return ""
    words = f"Hit beyond what the placebo shows: {100 * (1 - never):.0f} % of the runs"
    found = rows["recovery_months"].dropna()
    if found.empty:
        return words + "."
    horizon, late = rows["recovery_horizon_months"].iloc[0], 100 * rows["not_recovered_share"].mean()
    if round(late) == 100:
        return f"{words}; none of them is back within 5 % after {horizon:.0f} months, when observation ends."
    span, by = f"{found.min():.0f}", ""
    if round(found.max()) > round(found.min()):
        span, by = f"{span} to {found.max():.0f}", ", by policy"
    return (
        f"{words}; these are back within 5 % after {span} months on average{by}, and {late:.0f} % are not back when "
        f"observation ends ({horizon:.0f} months, counted as such)."
    )


# ---------------------------------------------------------------------------------------------- steps


def _steps_text(responses: Sequence[tuple[Dose, pd.DataFrame]]) -> list[str]:
    """Of everything given in steps: what each step delivers more or less than the one it is judged by."""
    lines = [
        "STEP BY STEP (points of output delivered; * the interval leaves out nothing; intervals of one shock",
        "hold together with 95 % confidence)",
    ]
    for dose, table in responses:
        lines.append(f"  {plain(dose.name).upper()}: {_judged_by(table[table['base'] == table['design_id']])}")
        for shock, panel in table.groupby("shock", sort=False):
            several = len(dose.lines) > 1
            if several and shock:
                lines.append(f"    {plain(str(shock))}")
            indent = " " * (6 if several and shock else 4)
            for line, rows in panel[np.isfinite(panel["difference"])].groupby("line", sort=False):
                steps = ", ".join(_step(row) for row in rows.to_dict("records"))
                said = f"{plain(str(line if several else shock))}:  {steps}"
                lines += textwrap.wrap(said, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
    return lines


def _step(row: Mapping[str, Any]) -> str:
    sure = "*" if row["low"] > 0 or row["high"] < 0 else ""
    return f"{amount(row['level'])}: {_rounded(row['difference']):+.1f}{sure}"


def _judged_by(bases: pd.DataFrame) -> str:
    if bases["level"].nunique() == 1:
        return f"against {amount(bases['level'].iloc[0])}"
    return f"against {plain(str(bases['line'].iloc[0]))} at the same step" if len(bases) else "no step to judge by"


def amount(level: float) -> str:
    """A number of a parameter, to three digits; money in thousands or millions."""
    if abs(level) >= 1e6:
        return f"{level / 1e6:.3g} million"
    return f"{level:,.0f}" if abs(level) >= 1e3 else f"{level:.3g}"


# ---------------------------------------------------------------------------------------------- turns and spread


_TOO_FEW = "cannot tell from so few draws"


def _break_even_text(table: pd.DataFrame) -> list[str]:
    lines = ["WHERE IT TURNS (output delivered; 95 % bootstrap interval in brackets)"]
    unknown: list[str] = []
    for name in dict.fromkeys(table["contrast"]):
        mine = table[table["contrast"] == name]
        lines.append(f"  {str(name).upper()}")
        for parameter in dict.fromkeys(mine["parameter"]):
            part = mine[mine["parameter"] == parameter]
            if all(_turn_words(row) == _TOO_FEW for row in part.to_dict("records")):
                unknown.append(str(parameter))
                continue
            span = f" (plausible from {amount(part['low'].iloc[0])} to {amount(part['high'].iloc[0])})"
            lines.append(f"    {parameter}{'' if parameter == CHANCE else span}")
            # shocks of which the same is to be said are named together
            said: dict[str, list[str]] = {}
            for row in part.to_dict("records"):
                said.setdefault(_turn_words(row), []).append(plain(row["shock"]))
            for words, shocks in said.items():
                where = "every shock" if len(shocks) == len(part) > 1 else ", ".join(shocks)
                lines += _wrapped(f"{where}: {words}")
    if unknown:
        lines += textwrap.wrap(
            f"{_TOO_FEW}: {', '.join(dict.fromkeys(unknown))}", _WIDTH, initial_indent="  ", subsequent_indent="  "
        )
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="      ", subsequent_indent="        ")


def _turn_words(row: Mapping[str, Any]) -> str:
    """What one row of the break-even table says."""
    effect = {1: "more is delivered", -1: "less is delivered", 0: "no difference"}
    if row["verdict"] == TURNS:
        span = f"{amount(row['value'])} [{amount(row['value_low'])}, {amount(row['value_high'])}]"
        if np.isfinite(row["hazard_per_month"]):
            span += f" (a hazard of {row['hazard_per_month']:.2g} a month)"
        return f"turns at {span}: {effect[row['sign_below']]} below, {effect[row['sign_above']]} above"
    if row["verdict"] == NO_TURN:
        return f"{NO_TURN} ({effect[row['sign_above']]} throughout)"
    if np.isnan(row["share_turning"]):
        return _TOO_FEW
    return "cannot tell: the sign is not sure at both ends of the range"


def _variance_text(variance: pd.DataFrame) -> list[str]:
    lines = ["WHERE THE SPREAD BETWEEN REPLICATES COMES FROM (output delivered; median over policies)"]
    for shock, part in variance.groupby("shock", sort=False):
        share = part["share"].median()
        if np.isfinite(share):
            lines.append(f"  {plain(str(shock))}: {100 * share:.0f} % parameters, {100 * (1 - share):.0f} % seeds")
    return lines if len(lines) > 1 else []


# ---------------------------------------------------------------------------------------------- words and numbers


def _percent(row: Mapping[str, Any], name: str) -> str:
    mean, low, high = (_rounded(row[column]) for column in (name, f"{name}_low", f"{name}_high"))
    if np.isnan(mean):
        return "-"
    if np.isnan(low):
        return f"{mean:.1f} %"
    return f"{mean:.1f} % [{low:.1f}, {high:.1f}]"


def _rounded(share: float) -> float:
    """Percent with one decimal, without a minus before nothing."""
    return round(100 * float(share), 1) + 0.0


def one_scenario_text(runs: pd.DataFrame, design: pd.DataFrame) -> str:
    """Answer of `ecosim run`: one scenario, its twin and its placebo."""
    kept, gap = f"sustained_{PRIMARY}", f"final_gap_{PRIMARY}"
    lines: list[str] = []
    twin = runs[(runs["arm"] == "twin") & (runs["status"] == "ok")]
    if twin.empty:
        return "No run finished."
    first = twin.iloc[0]
    months = int(first["observation_end_month"] - first["announcement_month"])
    lines.append(
        f"Without shocks, {first[f'area_{PRIMARY}']:,.0f} person-months are worked together across borders, with an "
        f"output of {first['area_output']:,.0f}, in the {months} months observed after the calm window."
    )
    for row in runs[runs["arm"] == "shocked"].to_dict("records"):
        name = design.set_index("design_id")["shocks"].get(row["design_id"], "shock") or "shock"
        if row["status"] != "ok":
            lines.append(f"{name}: failed ({row['error']})")
            continue
        lines.append(f"With {name}: {_less(row[kept])} collaboration and {_less(row['sustained_output'])} output.")
        lines.append(f"  deepest six months of collaboration: {100 * row['drawdown']:.1f} % below the twin")
        if np.isfinite(row["worst_year_collaboration"]):
            lines.append(f"  worst year: {100 * (1 - row['worst_year_collaboration']):.1f} % below")
        if np.isnan(row["recovery_months"]):
            lines.append("  never more than 5 % below, so there is nothing to recover from")
        elif row["recovery_censored"]:
            lines.append("  not back within 5 % by the end of observation")
        else:
            lines.append(f"  back within 5 % after {row['recovery_months']:.0f} months")
        if np.isfinite(row[gap]):
            lines.append(f"  last year: {100 * row[gap]:+.1f} % gap")
        found = countries_of(row.get("targets"))
        if found:
            words = hit_words(1, {shock: Counter(codes) for shock, codes in found.items()})
            lines += textwrap.wrap(words, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    realised = treatment_words({name: first.get(name) for name in REALISED})
    if realised:
        lines.insert(1, f"The programme as realised: {realised}.")
    placebo = runs[(runs["arm"] == "placebo") & (runs["status"] == "ok")]
    if len(placebo):
        noise = placebo.iloc[0]
        lines.append(
            f"Placebo (one organisation of median degree removed): {100 * (noise[kept] - 1):+.1f} % collaboration, "
            f"deepest six months {100 * noise['drawdown']:.1f} % below. Differences of this size are noise."
        )
    lines.append("One replicate shows one course of events; `ecosim sweep` repeats and compares.")
    return "\n".join(lines)


def _less(share: float) -> str:
    return f"{abs(100 * (1.0 - share)):.1f} % {'less' if share <= 1.0 else 'more'}"
