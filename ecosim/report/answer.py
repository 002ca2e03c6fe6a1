"""The answer of a sweep in words: what each lever does, which policy is ahead, where it turns, how sure that is."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.breakeven import CHANCE, NO_TURN, TURNS
from ecosim.analysis.budgets import budget_words
from ecosim.analysis.common_numbers import TWIN
from ecosim.analysis.contrasts import FEW_CLUSTERS, FEWEST_CLUSTERS, VERDICTS, sign_is_sure
from ecosim.analysis.coverage import country_name, silences
from ecosim.analysis.measures import ADDED, factor_columns, per_replicate, summarise
from ecosim.analysis.naming import CONTRASTED, plain, said_in, split, title
from ecosim.analysis.ranking import CLEAR, FEWEST_DRAWS, FEWEST_FOR_BEST, Importance, delivered_table, standing
from ecosim.analysis.resilience import PRIMARY
from ecosim.analysis.smallest import LEAST_EFFECT, SmallestEffects
from ecosim.analysis.spread import FITTED_HELD
from ecosim.outcomes.measured import hangs_on_joint_work
from ecosim.outcomes.treatment import REALISED
from ecosim.report.health import calm_health, world_health
from ecosim.report.hit import countries_of, hit_words
from ecosim.report.treatment import public_money, treatment_words, treatments
from ecosim.report.verbs import band_words, chance_words, decided, interval_words, number_of, spread_words

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.analysis.coverage import Coverage
    from ecosim.analysis.doses import Dose

__all__ = [
    "CLEAR", "Beside", "answer_text", "best_policy", "contrast_line", "contrasts_text", "delivered_table",
    "factor_columns", "one_scenario_text", "per_replicate", "summarise",
]  # fmt: skip

#: Column of a summary that says why no verdict is given on a shock.
NO_VERDICT = "no_verdict"
#: Said where a shock has no verdict and health was asked for.
HEALTH_STANDS = "Errors of models, warnings and services do not hang on joint work: what is said of them stands."
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


@dataclass(frozen=True)
class Beside:
    """What is known of a sweep beside its summary and its contrasts; nothing of it by default.

    Attributes
    ----------
    question : str
        What the experiment asks.
    importances : mapping of str to Importance
        Shock -> what turns the ranking of its two leading policies.
    break_even, variance : DataFrame, optional
        From :mod:`ecosim.analysis.breakeven` and :mod:`ecosim.analysis.variance`.
    drawn_parameters : int
        Number of parameters drawn per replicate.
    fitted_held : bool
        Whether parameters fitted to data kept their values all the while.
    common_numbers : DataFrame, optional
        From :func:`ecosim.analysis.common_numbers.common_numbers_table`.
    responses : sequence of (Dose, DataFrame)
        What is given in steps, and output delivered at each, from :func:`ecosim.analysis.doses.dose_response`.
    points : Points, optional
        When each policy met several points of the uncertainties.
    hit : mapping of str to str
        Shock -> a sentence on the countries hit.
    smallest : SmallestEffects
        Smallest effects of interest.
    spread_over : str
        What the spread over draws is over: draws, points or seeds.
    seen_from : str
        Name of the country whose part the numbers are of; empty for the whole world.
    coverage : mapping of str to sequence of Coverage
        Shock -> what the countries it hits are in the simulated world.
    no_verdict : mapping of str to str
        Shock -> why nothing is said of it.
    new_money : mapping of str to float
        Policy -> new money it has more than the reference policy, EUR a month; such policies stand in a table apart.
    acting : DataFrame, optional
        From :func:`ecosim.analysis.actors.alone_and_together`.
    undecided : mapping of str to sequence of str
        Shock -> policies beside which it is open whether the one with the highest mean is ahead.
    """

    question: str = ""
    importances: Mapping[str, Importance] = field(default_factory=dict)
    break_even: pd.DataFrame | None = None
    variance: pd.DataFrame | None = None
    drawn_parameters: int = 0
    fitted_held: bool = True
    common_numbers: pd.DataFrame | None = None
    responses: Sequence[tuple[Dose, pd.DataFrame]] = ()
    points: Points | None = None
    hit: Mapping[str, str] = field(default_factory=dict)
    smallest: SmallestEffects = field(default_factory=SmallestEffects)
    spread_over: str = "draws"
    seen_from: str = ""
    coverage: Mapping[str, Sequence[Coverage]] = field(default_factory=dict)
    no_verdict: Mapping[str, str] = field(default_factory=dict)
    new_money: Mapping[str, float] = field(default_factory=dict)
    acting: pd.DataFrame | None = None
    undecided: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def drawn(self) -> bool:
        """Whether replicates differ by more than chance."""
        return bool(self.drawn_parameters) or self.points is not None


def answer_text(
    summary: pd.DataFrame, contrasts: pd.DataFrame, design: pd.DataFrame, beside: Beside | None = None
) -> str:  # fmt: skip
    """The whole answer, readable in a terminal.

    Parameters
    ----------
    summary : DataFrame
        From :func:`ecosim.analysis.measures.summarise`.
    contrasts : DataFrame
        From :func:`ecosim.analysis.contrasts.estimate_contrasts`.
    design : DataFrame
        Design table.
    beside : Beside, optional
        What else is known.
    """
    beside = beside or Beside()
    lines: list[str] = []
    if beside.question:
        lines += [*textwrap.wrap(beside.question, _WIDTH), ""]
    if beside.seen_from:
        lines += [f"{beside.seen_from} alone: every number is of its own part of collaboration, output and work.", ""]
    shocks = list(design["shock"].dropna().unique())
    if not shocks:
        return "\n".join([*lines, "No shocks were chosen, so there is nothing to compare; see runs.parquet."])
    lines += _how_to_read(summary, design, beside)
    lines += _treatments_text(summary)
    for words in beside.no_verdict.values():
        lines += ["", *textwrap.wrap(words, _WIDTH)]
    if beside.no_verdict and len(contrasts) and not contrasts["measure"].map(hangs_on_joint_work).all():
        lines += textwrap.wrap(HEALTH_STANDS, _WIDTH)
    contrasts = _judged(contrasts, beside)
    if len(contrasts) or not set(shocks) <= set(beside.no_verdict):
        lines += ["", *contrasts_text(contrasts, beside.spread_over)]
    lines += ["", *_policies_text(summary, design, shocks, beside)]
    if beside.acting is not None and len(beside.acting):
        lines += ["", *acting_text(beside.acting)]
    if beside.break_even is not None and len(beside.break_even):
        lines += ["", *_break_even_text(beside.break_even)]
    if beside.variance is not None and len(variance := _judged(beside.variance, beside)):
        lines += ["", *_variance_text(variance)]
    if beside.common_numbers is not None and len(beside.common_numbers):
        lines += ["", *_common_numbers_text(beside.common_numbers)]
    responses = [(dose, judged) for dose, table in beside.responses if len(judged := _judged(table, beside))]
    if responses:
        lines += ["", *_steps_text(responses)]
    short = in_short(contrasts, beside.spread_over) if len(contrasts) else []
    return "\n".join([*lines, "", *short] if short else lines)


def _judged(table: pd.DataFrame, beside: Beside) -> pd.DataFrame:
    """Rows on which something is said: of a shock on what is hardly simulated, only what does not hang on that."""
    if not beside.no_verdict:
        return table
    silent = table["shock"].isin([*beside.no_verdict])
    if "measure" in table:
        silent &= table["measure"].map(hangs_on_joint_work).astype(bool)
    return table[~silent]


def _how_to_read(summary: pd.DataFrame, design: pd.DataFrame, beside: Beside) -> list[str]:
    """What differs between replicates, what the measures are, and what is held."""
    replicates = int(summary["replicates"].max()) if len(summary) else 0
    clusters = int(summary["clusters"].max()) if len(summary) else 0
    reference = design.loc[design["reference"], "policy"].iloc[0]
    words = (
        _spread_words(replicates, clusters, beside)
        + " Output delivered is output under the shock, as a share of what the reference policy"
        f' ("{reference}") yields in calm times. Collaboration sustained, or kept, is collaboration under the shock, '
        "as a share of what the same policy has in calm times. Both are counted from the announcement of the shock to "
        "the end of observation."
    )
    held = textwrap.wrap(FITTED_HELD, _WIDTH) if beside.drawn_parameters and beside.fitted_held else []
    return [*textwrap.wrap(words, _WIDTH), *held]


def _policies_text(
    summary: pd.DataFrame, design: pd.DataFrame, shocks: Sequence[str], beside: Beside
) -> list[str]:  # fmt: skip
    """All policies under each shock, and which of them is best."""
    lines = [
        f"POLICIES, BEST FIRST BY THEIR MEANS (each with its own 95 % interval{_called(design)})",
        *_indented(
            "The order is that of the means of output delivered, and no finding: below each table stands whether one "
            "may be called best. P(best) is the chance that a policy has the highest mean; ahead, the share of draws "
            "in which it comes first; regret, how many points it falls short of the best of each draw, on average."
        ),
    ]
    width = max(len(str(policy)) for policy in design["policy"])
    for shock in shocks:
        lines += ["", f"  {plain(shock).upper()}"]
        hit = _indented(beside.hit.get(shock, ""))
        if shock in beside.no_verdict:
            lines += [*_indented(beside.no_verdict[shock]), *hit]
            continue
        rows = summary[summary["shock"] == shock].sort_values("delivered_output", ascending=False, kind="stable")
        apart = rows["policy"].isin([*beside.new_money])
        rows, richer = rows[~apart], rows[apart]
        lines += _policy_table(rows, width)
        said = best_policy(
            rows, beside.importances.get(shock), drawn=beside.drawn,
            margin=beside.smallest.of(shock, "delivered_output"), undecided=beside.undecided.get(shock, ()),
        )  # fmt: skip
        lines += [*_indented(said), *_indented(_recovery(rows)), *hit]
        for one in beside.coverage.get(shock, ()):
            lines += _indented(one.words())
        lines += _indented(_added_words(rows)) if ADDED in rows and (rows[ADDED] > 0.0).any() else []
        lines += ["", *_new_money_table(richer, beside.new_money, width)] if len(richer) else []
    return lines


def _new_money_table(rows: pd.DataFrame, more: Mapping[str, float], width: int) -> list[str]:
    """Policies that have other new money than the reference policy, which are ranked with nobody."""
    lines = [
        "  With other new money than the reference policy, so at no equal budget; in million EUR a month",
        f"  {'policy':<{width}}  {'new money':>10}  {'output delivered':>20}  {'in calm times':>20}  "
        f"{'collaboration kept':>20}",
    ]
    for row in rows.head(_MOST_POLICIES).to_dict("records"):
        # what is given up in calm times, turned: with more money it is a gain
        calm = {f"calm{end}": 1.0 - row[f"baseline_cost_output{other}"]
                for end, other in (("", ""), ("_low", "_high"), ("_high", "_low"))}  # fmt: skip
        cells = "  ".join(f"{_percent({**row, **calm}, name):>20}"
                          for name in ("delivered_output", "calm", "sustained_collaboration"))  # fmt: skip
        lines.append(f"  {row['policy']:<{width}}  {more[str(row['policy'])] / 1e6:>+10.2f}  {cells}")
    return lines


def named_actor(actor: str) -> str:
    """Countries that act, by name, as the table of who acts has them by code."""
    return " and ".join(country_name(code) for code in actor.split())


def acting_text(table: pd.DataFrame) -> list[str]:
    """One government alone against all together, in lines of the output each has; empty where nobody acts alone."""
    if table.empty:
        return []
    lines = [
        "ONE GOVERNMENT ALONE, OR ALL TOGETHER",
        *_indented(
            "Change of output when only the government named moves its own budget to levers, and when all do, as a "
            "share of what each has when nobody does; means, each with its own 95 % interval. Where 0 is inside, it is "
            "open whether it is a gain or a loss."
        ),
    ]
    shown = table[table["outcome"] == "output"]
    for (shock, actor), rows in shown.groupby(["shock", "actor"], sort=False):
        lines.append(f"  {named_actor(str(actor))}, {'in calm times' if not shock else plain(shock)}")
        for acts, part in rows.groupby("acts", sort=False):
            said = ", ".join(f"{row['of']} {_change(row)}" for row in part.to_dict("records"))
            lines.append(f"    {acts:<9} {said}")
    return lines


def _change(row: Mapping[Any, Any]) -> str:
    mean, low, high = (100.0 * row[name] for name in ("estimate", "low", "high"))
    if not np.isfinite(low):
        return "open [no interval]"
    number = f"{mean:+.2f} %" if sign_is_sure(low, high) else "open"
    return f"{number} [{low:+.2f}, {high:+.2f}]"


def _policy_table(rows: pd.DataFrame, width: int) -> list[str]:
    """A line for each policy under one shock."""
    lines = [
        f"  {'policy':<{width}}  {'output delivered':>20}  {'given up in calm':>20}  {'collaboration kept':>20}  "
        f"{'P(best)':>7}  {'ahead':>6}  {'regret':>6}"
    ]
    for row in rows.head(_MOST_POLICIES).to_dict("records"):
        cells = "  ".join(f"{_percent(row, name):>20}" for name in _SHOWN)
        best = "" if np.isnan(row["probability_best"]) else f"{row['probability_best']:.2f}"
        regret = "" if np.isnan(row["regret"]) else f"{_rounded(row['regret']):.1f}"
        ahead = "" if np.isnan(row["best_share"]) else f"{100 * row['best_share']:.0f} %"
        lines.append(f"  {row['policy']:<{width}}  {cells}  {best:>7}  {ahead:>6}  {regret:>6}")
    if len(rows) > _MOST_POLICIES:
        lines.append(f"  and {len(rows) - _MOST_POLICIES} more in summary.csv")
    return lines


def _indented(text: str, more: str = "  ") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent=more)


def _added_words(rows: pd.DataFrame) -> str:
    """What governments added beside the budget under a shock, policy by policy."""
    given = rows[rows[ADDED] > 0.0].head(_MOST_POLICIES)
    said = (f"{_rounded(share):.1f} % ({policy})" for policy, share in zip(given["policy"], given[ADDED], strict=True))
    return f"Beside the budget governments added public money after the shock, of the budget {', '.join(said)}."


def _treatments_text(summary: pd.DataFrame) -> list[str]:
    """What each policy came to: labels say what was asked for."""
    found = list(treatments(summary).items())
    if not found:
        return []
    lines = ["", "WHAT EACH POLICY CAME TO (means without a shock; a consortium has no more countries than members)"]
    lines += [f"  {policy}: {words}" for policy, words in found[:_MOST_POLICIES]]
    if len(found) > _MOST_POLICIES:
        lines.append(f"  and {len(found) - _MOST_POLICIES} more in summary.csv")
    unequal = budget_words(public_money(summary))
    return [*lines, *_indented(f"{unequal[0].upper()}{unequal[1:]}.")] if unequal else lines


def _called(design: pd.DataFrame) -> str:
    factors = factor_columns(design)
    return f"; named by {', '.join(factors)}" if any("." in name for name in factors) else ""


def _spread_words(replicates: int, clusters: int, beside: Beside) -> str:
    """What differs between the replicates of a policy."""
    points, drawn_parameters = beside.points, beside.drawn_parameters
    counted = f"{replicates} replicate{'s' if replicates != 1 else ''}: "
    if points is not None:
        seeds = replicates // max(points.number, 1)
        inputs = f"{points.inputs} uncertaint{'ies' if points.inputs != 1 else 'y'}"
        at_each = f"{seeds} replicate{'s' if seeds != 1 else ''} at each"
        words = f"{points.number} points of {inputs} ({points.design}), {at_each}."
        if points.by_chance:
            return words + " Intervals are over the points, which all share the same seeds."
        return words + " Numbers are averages over these points, and intervals are over seeds."
    if drawn_parameters:
        return counted + (
            f"{clusters} draw{'s' if clusters != 1 else ''} of {drawn_parameters} parameters, assumed ones from their "
            f"ranges{'' if beside.fitted_held else ' and fitted ones from the points that the data allow'}, "
            f"{replicates // max(clusters, 1)} seed{'s' if replicates > clusters else ''} each."
        )
    kept = "The assumed parameters keep their values, so the intervals hold for these values only."
    return f"{counted}they differ by chance alone. {kept}"


#: What the outcomes of paired runs are, in words.
_PAIRED_WORDS = {
    "shock_area_collaboration": "collaboration under the shock",
    "twin_area_collaboration": "collaboration in calm times", "sustained_collaboration": "share sustained",
    "drawdown": "deepest half-year", "final_gap_collaboration": "gap in the last year",
}  # fmt: skip


def _common_numbers_text(table: pd.DataFrame) -> list[str]:
    """Median over policies and shocks of what pairing saves, per outcome."""
    lines = [
        "HOW MUCH NOISE IS SAVED (worlds that are compared share their chance events: by how much less their",
        "difference varies than between unrelated worlds; median over policies and shocks)",
    ]
    parts = []
    for own in (True, False):
        mine = table[(table["against"] == TWIN) == own]
        against = "a world under a shock beside its twin" if own else "a policy beside the reference policy"
        said = [f"{words} {100 * mine.loc[mine['outcome'] == name, 'saved'].median():.0f} %"
                for name, words in _PAIRED_WORDS.items() if (mine["outcome"] == name).any()]  # fmt: skip
        if said:
            parts.append(f"{against}: {', '.join(said)}")
    for part in parts:
        lines += _indented(part, more="    ")
    return lines


def in_short(contrasts: pd.DataFrame, over: str = "draws") -> list[str]:
    """The end of the answer: what each lever does to output delivered, shock by shock.

    It stands last because that is where a reader of a terminal is when a sweep ends.
    """
    mine = contrasts[contrasts["measure"] == "delivered_output"]
    if mine.empty:
        return []
    wide = max(len(str(name)) for name in mine["contrast"])
    lines = ["IN SHORT (points of output delivered)"]
    for shock, part in mine.groupby("shock", sort=False):
        lines.append(f"  {plain(shock).upper()}")
        lines += ["    " + _effect_line(str(row["contrast"]), row, wide, over) for row in part.to_dict("records")]
    return lines


# ---------------------------------------------------------------------------------------------- contrasts


def contrasts_text(contrasts: pd.DataFrame, over: str = "draws") -> list[str]:
    """A line per contrast, shock and measure: verdict, estimate, simultaneous interval, spread over draws."""
    lines: list[str] = []
    if contrasts.empty:
        return ["No contrasts: the experiment declares none, and has no factor whose levels differ in nothing else."]
    clusters = int(contrasts["clusters"].max())
    lines.append(f"WHAT EACH LEVER DOES ({clusters} independent {'replicates' if clusters != 1 else 'replicate'})")
    lines += _indented(
        "Each line has a verdict; the mean effect, where it is decided, and its interval in brackets; and how the "
        f"effect differs between {over}. With 95 % confidence all intervals of one measure are right at once."
    )
    if clusters < FEWEST_CLUSTERS:
        lines.append(f"  With fewer than {FEWEST_CLUSTERS} independent replicates there are no intervals to judge by.")
    elif clusters < FEW_CLUSTERS:
        lines.append(
            f"  With fewer than {FEW_CLUSTERS} replicates, intervals are wide on purpose: a first look, not a finding."
        )
    lines += _indented(chance_words(float(contrasts["left_to_chance"].median()), over))
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
            lines.append(f"    {title(measure)} ({said_in(measure)}{less})")
            for row in mine[mine["measure"] == measure].to_dict("records"):
                lines.append("      " + contrast_line(row, wide, over))
                more = _more_line(row, over)
                lines += [f"      {'':<{wide}}  {more}"] if more else []
    lines += ["", *(f"  {word}: {meaning}." for word, meaning in VERDICTS.items() if word in set(contrasts["verdict"]))]
    return lines


def contrast_line(row: Mapping[Any, Any], width: int = 0, over: str = "draws") -> str:
    """One contrast in a line: shock, verdict, estimate (none when open), simultaneous interval, spread over draws."""
    return _effect_line(plain(row["shock"]), row, width, over)


def _effect_line(name: str, row: Mapping[Any, Any], width: int, over: str) -> str:
    if np.isnan(row["estimate"]):
        return f"{name:<{width}}  undecided  [no interval] too little exposed or lost to compare, or no finished runs"
    number = f"{number_of(row):+.1f}" if decided(row["verdict"]) else ""
    return f"{name:<{width}}  {row['verdict']:<20}  {number:>5} {interval_words(row)}  {spread_words(row, over)}"


def _more_line(row: Mapping[str, Any], over: str) -> str:
    """The band of draws; and of what is delivered, the difference in calm times and in the share that is kept."""
    if np.isnan(row["estimate"]):
        return ""
    parts = [band_words(row, over)]
    if (split(row["measure"]) or ("",))[0] == "delivered" and np.isfinite(row["baseline"]):
        parts.append(
            f"in calm times {_rounded(row['baseline']):+.1f}, in the share kept under the shock "
            f"{_rounded(row['sustained']):+.1f}"
        )
    return "; ".join(part for part in parts if part)


# ---------------------------------------------------------------------------------------------- policies


def best_policy(
    rows: pd.DataFrame, importance: Importance | None = None, *, drawn: bool = False, margin: float = LEAST_EFFECT,
    undecided: Sequence[str] = (),
) -> str:  # fmt: skip
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
    undecided : sequence of str
        Policies beside which an interval leaves open whether the one with the highest mean is ahead.
    """
    if NO_VERDICT in rows and len(rows) and rows[NO_VERDICT].iloc[0]:
        return str(rows[NO_VERDICT].iloc[0])
    found = standing(rows, importance, undecided=undecided)
    if found is None:
        return "Cannot tell: no run with this shock finished."
    if not found.second:
        return "One policy only: nothing to compare it with."
    unit = "draws" if drawn else "replicates"
    ahead = f"ahead of all others in {100 * found.share:.0f} % of the {unit}"
    if found.best:
        words = (
            f'Best on average: "{found.best}" (probability {found.probability:.2f}, from {found.draws} {unit}), {ahead}'
        )
        if found.lead < margin:
            words += f', but only {_rounded(found.lead):.1f} points above "{found.second}": too little to matter.'
        else:
            words += f', {_rounded(found.lead):.1f} points above "{found.second}".'
    elif found.undecided:
        words = (
            f'Undecided which policy is best: "{found.first}" has the highest mean with a probability of '
            f"{found.probability:.2f}, but beside {_quoted(found.undecided)} the comparison leaves open which is ahead."
        )
    else:
        words = f"No policy is the best with a probability of {CLEAR:g} or more."
        if found.draws < FEWEST_FOR_BEST:
            words = f"Too few {unit} to call a policy best: {found.draws}, and it takes {FEWEST_FOR_BEST}."
        if len(found.rivals) > 1:
            words += f" Still in question: {_quoted(found.rivals)}."
            if found.span < margin:
                words += f" Their means differ by {_rounded(found.span):.1f} points: too little to matter."
        elif found.rivals:
            words += f' So far "{found.first}" is {ahead}.'
    if not drawn:
        return words
    both = _quoted((found.first, found.second))
    if found.turned_by:
        return f"{words} Which of {both} is ahead depends on {' and '.join(found.turned_by)}."
    if not found.regressed:
        return f"{words} It takes {FEWEST_DRAWS} draws to tell what this depends on."
    words += f" No drawn parameter decides which of {both} is ahead"
    if found.moved_by:
        move = "moves" if len(found.moved_by) == 1 else "move"
        return f"{words}; {' and '.join(found.moved_by)} {move} their difference most."
    return f"{words}, beyond what chance would do."


def _quoted(names: Sequence[str]) -> str:
    """Names in quotes, as a list in a sentence."""
    *others, last = (f'"{name}"' for name in names)
    return f"{', '.join(others)} and {last}" if others else last


def _recovery(rows: pd.DataFrame) -> str:
    """How many runs were hit, and how long the best and the worst policy take to recover."""
    never = rows["never_hit_share"].mean()
    if not np.isfinite(never):
        return ""
    words = f"In {100 * (1 - never):.0f} % of the runs the shock takes more than the placebo shows as noise"
    found = rows["recovery_months"].dropna()
    if found.empty:
        return words + "."
    horizon, late = rows["recovery_horizon_months"].iloc[0], 100 * rows["not_recovered_share"].mean()
    if round(late) == 100:
        return (
            f"{words}. None of them is back within 5 % of its twin after {horizon:.0f} months, when observation ends."
        )
    span, by = f"{found.min():.0f}", ""
    if round(found.max()) > round(found.min()):
        span, by = f"{span} to {found.max():.0f}", ", depending on the policy"
    words += f". These are back within 5 % of their twins after {span} months on average{by}."
    if round(late) == 0:
        return words
    censored = f"are not back when observation ends, and count as back after {horizon:.0f} months"
    return f"{words} Of them {late:.0f} % {censored}."


# ---------------------------------------------------------------------------------------------- steps


def _steps_text(responses: Sequence[tuple[Dose, pd.DataFrame]]) -> list[str]:
    """Of everything given in steps: what each step delivers more or less than the one it is judged by."""
    lines = [
        "STEP BY STEP (points of output delivered; * zero lies outside the interval; with 95 % confidence all",
        "intervals of one shock are right at once)",
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
    lines = ["WHERE THE ANSWER TURNS (output delivered; in brackets the 95 % interval of the turning point)"]
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
        lines += _indented(f"{_TOO_FEW}: {', '.join(dict.fromkeys(unknown))}")
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="      ", subsequent_indent="        ")


def _turn_words(row: Mapping[str, Any]) -> str:
    """What one row of the break-even table says."""
    effect = {1: "more is delivered", -1: "less is delivered", 0: "no difference"}
    if row["verdict"] == TURNS:
        span = f"{amount(row['value'])} [{amount(row['value_low'])}, {amount(row['value_high'])}]"
        if np.isfinite(row["hazard_per_month"]):
            span += f" (a chance of {row['hazard_per_month']:.2g} in any month)"
        return f"turns at {span}: {effect[row['sign_below']]} below, {effect[row['sign_above']]} above"
    if row["verdict"] == NO_TURN:
        return f"{NO_TURN} ({effect[row['sign_above']]} throughout)"
    if np.isnan(row["share_turning"]):
        return _TOO_FEW
    return "cannot tell whether it turns inside the plausible range"


def _variance_text(variance: pd.DataFrame) -> list[str]:
    lines = ["WHERE THE SPREAD BETWEEN REPLICATES COMES FROM (output delivered; median over policies)"]
    for shock, part in variance.groupby("shock", sort=False):
        share = part["share"].median()
        if np.isfinite(share):
            lines.append(
                f"  {plain(shock)}: {100 * share:.0f} % from the assumptions, {100 * (1 - share):.0f} % from chance"
            )
    return lines if len(lines) > 1 else []


# ---------------------------------------------------------------------------------------------- words and numbers


def _percent(row: Mapping[Any, Any], name: str) -> str:
    mean, low, high = (_rounded(row[column]) for column in (name, f"{name}_low", f"{name}_high"))
    if np.isnan(mean):
        return "-"
    if np.isnan(low):
        return f"{mean:.1f} %"
    return f"{mean:.1f} % [{low:.1f}, {high:.1f}]"


def _rounded(share: float) -> float:
    """Percent with one decimal, without a minus before nothing."""
    return round(100 * float(share), 1) + 0.0


def _health_lines(series: pd.DataFrame | None, row: Mapping[Any, Any]) -> list[str]:
    """Health of the world under the shock of a run; nothing where it was not followed."""
    if series is None:
        return []
    return world_health(series, int(row["announcement_month"]), int(row["design_id"]))


def one_scenario_text(
    runs: pd.DataFrame, design: pd.DataFrame, coverage: Mapping[str, Sequence[Coverage]] | None = None,
    series: pd.DataFrame | None = None,
) -> str:  # fmt: skip
    """Answer of `ecosim run`: one scenario, its twin and its placebo.

    Parameters
    ----------
    runs, design : DataFrame
        Its tables.
    coverage : mapping, optional
        Label of the branch -> what the countries hit are in the simulated world; where they are hardly there, no
        verdict is given.
    series : DataFrame, optional
        Monthly outcomes of every arm: where they have health, what becomes of it is said too.
    """
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
        covered = (coverage or {}).get(str(design.set_index("design_id")["shock"].get(row["design_id"], "")), ())
        # a line of its own, however long
        lines += [one.words() for one in covered if not one.enough]
        if silences(covered):
            lines += [*_hit_lines(row), *_health_lines(series, row)]
            continue
        lines.append(f"With {name}: {_less(row[kept])} collaboration and {_less(row['sustained_output'])} output.")
        if np.isfinite(row["drawdown"]):
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
            lines.append(f"  last year: {_less(1.0 - row[gap])} than the twin")
        if row.get("mean_added_eur", 0.0) > 0.0:
            share = row["mean_added_eur"] / first["mean_appropriated_eur"]
            lines.append(f"  beside the budget, governments added {100 * share:.1f} % of it after the shock")
        lines += [*_hit_lines(row), *(line for one in covered if one.enough for line in _indented(one.words()))]
        lines += _health_lines(series, row)
    if series is not None and not (runs["arm"] == "shocked").any():
        lines += calm_health(series, int(first["announcement_month"]))
    realised = treatment_words({name: first.get(name) for name in REALISED})
    if realised:
        lines.insert(1, f"The programme as realised: {realised}.")
    placebo = runs[(runs["arm"] == "placebo") & (runs["status"] == "ok")]
    if len(placebo):
        noise = placebo.iloc[0]
        deepest = (
            f", deepest six months {100 * noise['drawdown']:.1f} % below" if np.isfinite(noise["drawdown"]) else ""
        )
        lines.append(
            "Placebo (one organisation with a usual number of partners is lost): "
            f"{_less(noise[kept])} collaboration{deepest}. Differences of this size are noise."
        )
    lines.append("One replicate shows one course of events; `ecosim sweep` repeats and compares.")
    return "\n".join(lines)


def _hit_lines(row: Mapping[Any, Any]) -> list[str]:
    """The countries that were hit in a run."""
    found = countries_of(row.get("targets"))
    return _indented(hit_words(1, {shock: Counter(codes) for shock, codes in found.items()})) if found else []


def _less(share: float) -> str:
    return f"{abs(100 * (1.0 - share)):.1f} % {'less' if share <= 1.0 else 'more'}"
