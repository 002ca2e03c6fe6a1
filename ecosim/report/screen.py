"""The answer of a sweep on one screen: 24 lines of 80 columns that a minister could be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecosim.analysis.budgets import differ
from ecosim.analysis.contrasts import sign_is_sure
from ecosim.analysis.naming import plain
from ecosim.analysis.ranking import FEWEST_DRAWS
from ecosim.outcomes.measured import hangs_on_joint_work
from ecosim.report.answer import named_actor
from ecosim.report.answers import Answer, Answered, answer_of
from ecosim.report.answers.whom import whom_lines
from ecosim.report.lines import COLUMNS, LINES, wrapped
from ecosim.report.treatment import public_money

if TYPE_CHECKING:
    import pandas as pd

#: Most lines in which it is said why.
_MOST_SILENT = 5


def screen(result: Answered, *, reference_line: str = "", full: bool = False) -> list[str]:
    """The lines of the screen.

    Parameters
    ----------
    result : Answered
        A finished sweep, or one seen from a country (:meth:`SweepResult.focused`).
    reference_line : str
        What the reference run that ships says beside this one.
    full : bool
        Whether the whole answer follows, so that the last line need not say how to get it.

    Returns
    -------
    list of str
        At most :data:`LINES`, of at most :data:`COLUMNS` characters.
    """
    shocks = [str(shock) for shock in result.policies["shock"].dropna().unique()]
    lines = wrapped(result.question or "What does each policy keep under each shock?")[:2]
    lines += wrapped(conditions(result))[:2]
    if not shocks:
        return [*lines, "No shocks were chosen, so there is nothing to compare."]
    answer = answer_of(result)
    last = _last_lines(result, answer, reference_line, full)
    room = LINES - len(lines) - len(last)
    whom = [] if answer.says_for_whom else whom_lines(result, shocks, room - answer.least_body(result))
    body = answer.body(result, shocks, room - len(whom))
    return [line[:COLUMNS].rstrip() for line in (*lines, *body, *whom, *last)]


def conditions(result: Answered) -> str:
    """What was compared, where, and over how long, in a sentence."""
    counts = result.manifest.get("counts", {})
    world = result.manifest.get("scenario", {}).get("world", {})
    where = result.seen_from_name or str(world.get("preset", "")).capitalize()
    clusters = int(result.summary["clusters"].max()) if len(result.summary) else 0
    months = int(result.compared["window_months"].min()) if len(result.compared) else 0
    policies = int(counts.get("policies", result.policies["policy"].nunique()))
    averaged = answer_of(result).averaged(result) or _averaged_words(result)
    # what numbers are means over is worth more room than what a draw is, which the glossary says
    unknown = "" if averaged else " of what is unknown"
    over = {"draws": f"draws{unknown}", "points": f"points{unknown}"}.get(
        result.spread_over, "runs that differ by chance"
    )
    words = f"{where}: {policies} policies, {_money_words(result)}, {months} months, {clusters} {over}"
    return f"{words}; {averaged}." if averaged else f"{words}."


def _money_words(result: Answered) -> str:
    """Whether the policies have the same public money."""
    found = public_money(result.summary)
    if not differ(found.values()):
        return "the same money"
    return f"unequal money ({min(found.values()) / 1e6:,.0f} to {max(found.values()) / 1e6:,.0f} million EUR a month)"


def _averaged_words(result: Answered) -> str:
    """What the numbers are means over, when every policy met several points that stand for nothing but themselves."""
    laid = result.manifest.get("design", {})
    if not result.pooled or result.spread_over == "points":
        return ""
    names = " and ".join(plain(str(name).rpartition(".")[2]) for name in laid.get("inputs", {}))
    return f"on average over {laid['points']} values of {names}"


# ---------------------------------------------------------------------------------------------- the last lines


def _last_lines(result: Answered, answer: Answer, reference_line: str, full: bool) -> list[str]:
    """How to read the cells, what the answer turns on, what is not covered, what to do next."""
    lines = [answer.how_to_read(result)]
    asked = result.contrasts["measure"] if len(result.contrasts) else []
    # where nothing that is asked hangs on joint work, all of it is answered
    unsaid = result.no_verdict if not len(asked) or any(map(hangs_on_joint_work, asked)) else {}
    silent = [line for words in unsaid.values() for line in wrapped(words)]
    if len(silent) > _MOST_SILENT:
        named = ", ".join(plain(shock) for shock in unsaid)
        silent = wrapped(f"No verdict on {named}: countries hit are hardly simulated (--full).")[:_MOST_SILENT]
    lines += silent
    lines += wrapped(turning_words(result))[:2]
    if said := acting_words(result.alone_and_together):
        lines += wrapped(said)[:2]
    if result.new_money:
        lines += wrapped(f"With other new money, at no equal budget: {', '.join(result.new_money)} (--full).")[:2]
    lines += not_covered(result)
    lines += wrapped(reference_line)[:3] if reference_line else []
    if not full:
        lines.append("All numbers: --full, or ecosim report for one page with figures.")
    return lines


def not_covered(result: Answered) -> list[str]:
    """What the run leaves out, in a line; none if nothing is known that it does."""
    left_out = []
    if not result.manifest.get("scenario", {}).get("funders"):
        left_out.append("other funders' money")
    if result.manifest.get("held_at_fitted_values", []):
        left_out.append("how wrong what was fitted to data may be")
    return [f"Not covered: {'; '.join(left_out)}."] if left_out else []


def acting_words(table: pd.DataFrame) -> str:
    """One government alone against all together in calm times, in a sentence; empty where nobody acts alone."""
    rows = table[(table["outcome"] == "output") & (table["shock"] == "")] if len(table) else table
    if rows.empty:
        return ""
    found = {(row["acts"], row["of"]): row for row in rows.to_dict("records") if row["actor"] == rows["actor"].iloc[0]}

    def words(acts: str, of: str) -> str:
        row = found[acts, of]
        decided = sign_is_sure(row["low"], row["high"])
        return f"{of} {100.0 * row['estimate']:+.1f} %" if decided else f"{of} open"

    said = [f"{acts}: {words(acts, 'itself')}, {words(acts, 'others')}"
            for acts in ("alone", "together") if (acts, "itself") in found]  # fmt: skip
    return f"{named_actor(rows['actor'].iloc[0])} acts, output in calm times beside nobody: {'; '.join(said)} (--full)."


def turning_words(result: Answered) -> str:
    """What the answer turns on, from a regression over draws; or that there are too few to tell."""
    draws = int(result.summary["clusters"].max()) if len(result.summary) else 0
    if result.spread_over == "seeds":
        return "What it turns on was not asked: the assumptions keep their values."
    if draws < FEWEST_DRAWS:
        return f"What it turns on: {draws} draws are too few; it takes experiment.replicates={FEWEST_DRAWS}."
    turning = {name for one in result.importances.values() for name in one.turning()}
    if not turning:
        return "What it turns on: no single assumption turns who is ahead."
    return f"What it turns on: {', '.join(sorted(plain(name.rpartition('.')[2]) for name in turning))}."
