"""The answer of a sweep on one screen: 24 lines of 80 columns that a minister could be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ecosim.analysis.budgets import differ
from ecosim.analysis.contrasts import OPEN
from ecosim.analysis.naming import plain
from ecosim.analysis.ranking import FEWEST_DRAWS
from ecosim.analysis.resilience import PRIMARY_MEASURES
from ecosim.report import calm, places, stops
from ecosim.report.answer import named_actor
from ecosim.report.findings import Lever, findings_of, levers_of
from ecosim.report.lines import COLUMNS, LINES
from ecosim.report.lines import cut as _cut
from ecosim.report.lines import wrapped as _wrapped
from ecosim.report.treatment import public_money
from ecosim.report.verbs import points
from ecosim.report.weighing import averaged_over, first_rows, weighing_lines

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.analysis.ranking import Importance


#: Width of a number in the table, and of a lever's name at most.
_CELL, _NAME = 8, 24
#: Narrowest cell that keeps "-10.6*" apart from the next.
_NARROWEST = 7
#: What stands in a cell where there is no number.
_OPEN, _SAME = "open", "same"
#: What stands in the cells of a shock of which nothing is said.
_NONE = "-"
#: Most lines in which it is said why.
_MOST_SILENT = 5
#: The heading of each measure's half of the table.
_HALVES: dict[str, str] = {
    "sustained_collaboration": "collaboration kept",
    "delivered_output": "output delivered",
}


class Answered(Protocol):
    """What a screen is read from: the results of a sweep, as :func:`ecosim.load` gives them."""

    manifest: dict[str, Any]

    @property
    def question(self) -> str:
        """The experiment's question."""

    @property
    def reference(self) -> str:
        """Name of the reference policy."""

    @property
    def spread_over(self) -> str:
        """What differs between replicates: "draws", "seeds" or "points"."""

    @property
    def seen_from_name(self) -> str:
        """The country whose part is shown, or nothing."""

    @property
    def pooled(self) -> bool:
        """Whether points of a design are averaged over."""

    @property
    def no_verdict(self) -> dict[str, str]:
        """Why there is no verdict, by shock."""

    @property
    def policies(self) -> pd.DataFrame:
        """Rows of the design that are policies."""

    @property
    def summary(self) -> pd.DataFrame:
        """Means and intervals by policy, shock and measure."""

    @property
    def contrasts(self) -> pd.DataFrame:
        """Declared comparisons."""

    @property
    def compared(self) -> pd.DataFrame:
        """Measures of each pair of worlds."""

    @property
    def importances(self) -> dict[str, Importance]:
        """What turns a comparison."""

    @property
    def new_money(self) -> dict[str, float]:
        """Policies with other new money than the reference policy."""

    @property
    def alone_and_together(self) -> pd.DataFrame:
        """One government alone against all together."""

    @property
    def objectives(self) -> tuple[str, ...]:
        """Outcomes on which policies are weighed all at once."""

    @property
    def weighing(self) -> pd.DataFrame:
        """Policies weighed on all of them."""

    @property
    def beats(self) -> pd.DataFrame:
        """Which policy beats which."""

    @property
    def trade_off(self) -> pd.DataFrame:
        """What each step of a dose gains and loses."""

    @property
    def country_codes(self) -> list[str]:
        """ISO 3 codes of the world at hand, as far as months by country were kept."""

    @property
    def places(self) -> pd.DataFrame:
        """The ranking of places."""

    @property
    def places_own(self) -> dict[str, tuple[float, float, float]]:
        """What hosts gain themselves, and all others."""

    @property
    def stops(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What each step of money adds, and where each instrument stops paying."""


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
    lines = _wrapped(result.question or "What does each policy keep under each shock?")[:2]
    lines += _wrapped(conditions(result))[:2]
    if not shocks:
        return [*lines, "No shocks were chosen, so there is nothing to compare."]
    weighed = bool(result.objectives) and len(result.weighing) > 0
    asked = "weighing" if weighed else str(result.manifest.get("experiment", {}).get("answer", "levers"))
    last = _last_lines(result, reference_line, full, asked)
    judged = [shock for shock in shocks if shock not in result.no_verdict]
    room = LINES - len(lines) - len(last)
    if asked != "levers":
        return [line[:COLUMNS].rstrip() for line in (*lines, *_other_body(result, asked, judged, room), *last)]
    levers = levers_of(result.contrasts)
    table = _table(result, levers, shocks)
    # what is left for findings; a long table gives up its last levers first
    if len(table) > room - 3:
        kept = room - 4
        table = [*table[:kept], f"  and {len(table) - kept} more levers in the full answer (--full)"]
    said = _said(levers, len(judged), room - len(table), result.spread_over) if judged else []
    return [line[:COLUMNS].rstrip() for line in (*lines, *table, *said, *last)]


def _other_body(result: Answered, asked: str, shocks: Sequence[str], room: int) -> list[str]:
    """What stands between the question and the last lines where another answer than that on levers was asked for."""
    if asked == "weighing":
        return weighing_lines(result, room)
    if asked == "ranking":
        return places.body(result.places, result.places_own, plain(result.reference), room, result.country_codes)
    if asked == "doses":
        return stops.body(*result.stops, room)
    table = calm.table(result.contrasts, shocks, result.reference)
    return [*table, *calm.said(result.contrasts, shocks, room - len(table))]


def conditions(result: Answered) -> str:
    """What was compared, where, and over how long, in a sentence."""
    counts = result.manifest.get("counts", {})
    world = result.manifest.get("scenario", {}).get("world", {})
    where = result.seen_from_name or str(world.get("preset", "")).capitalize()
    clusters = int(result.summary["clusters"].max()) if len(result.summary) else 0
    months = int(result.compared["window_months"].min()) if len(result.compared) else 0
    policies = int(counts.get("policies", result.policies["policy"].nunique()))
    over = {"draws": "draws of what is unknown", "points": "points of what is unknown"}.get(
        result.spread_over, "runs that differ by chance"
    )
    words = f"{where}: {policies} policies, {_money_words(result)}, {months} months, {clusters} {over}"
    averaged = _averaged_words(result)
    if result.objectives:
        averaged = averaged_over(first_rows(result.weighing), [*result.policies["shock"].dropna().unique()])
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


# ---------------------------------------------------------------------------------------------- the table


def _table(result: Answered, levers: Sequence[Lever], shocks: Sequence[str]) -> list[str]:
    """Two halves side by side: a row per lever, a column per shock, under letters that the first lines explain."""
    measures = list(dict.fromkeys(measure for lever in levers for measure in lever.rows))[:2] or list(PRIMARY_MEASURES)
    reference = plain(result.reference)
    beside, loses = ("Points, beside", f'"{reference}"'), f"{reference} loses"
    # a long name is written once, in the first line
    long = len(loses) > _NAME
    if long:
        beside, loses = ("Points, beside", "the reference"), "the reference loses"
    width = min(_NAME, max(map(len, (*beside, loses, *(lever.name for lever in levers)))))
    shown = shocks[: (COLUMNS - width) // (len(measures) * _NARROWEST)]
    heads = [_HALVES.get(measure, plain(measure)) for measure in measures]
    most = (COLUMNS - width) // (len(measures) * len(shown))
    # two shocks are narrower than the heading over them
    cell = min(most, max(_CELL, -(-(max(map(len, heads)) + 2) // len(shown))))
    letters = [chr(ord("A") + k) for k in range(len(shown))]
    legend = ", ".join(f"{letter} {plain(shock)}" for letter, shock in zip(letters, shown, strict=True))
    if len(shocks) > len(shown):
        legend += f", {len(shocks) - len(shown)} more with --full"
    lines = _wrapped(f'{legend}. The reference: "{reference}".' if long else f"{legend}.")
    half = cell * len(shown)
    lines.append(f"{beside[0]:<{width}}" + "".join(f"{head[: half - 1]:>{half}}" for head in heads))
    lines.append(f"{beside[1]:<{width}}" + "".join(f"{letter:>{cell}}" for _ in measures for letter in letters))
    silent = result.no_verdict
    lost = [_NONE if shock in silent else _lost(result.summary, measure, shock) for measure in measures
            for shock in shown]  # fmt: skip
    lines.append(f"{loses:<{width}}" + "".join(f"{text:>{cell}}" for text in lost))
    for lever in levers:
        cells = [_NONE if shock in silent else _number(lever.rows.get(measure, {}).get(shock)) for measure in measures
                 for shock in shown]  # fmt: skip
        lines.append(f"{_cut(lever.name, width):<{width}}" + "".join(f"{text:>{cell}}" for text in cells))
    return lines


def _number(row: Mapping[str, Any] | None) -> str:
    """A cell: a number only where something is decided, with a star where nine of ten draws agree."""
    if row is None or not np.isfinite(row["estimate"]) or row["verdict"] == OPEN:
        return _OPEN
    if str(row["verdict"]).startswith("no effect"):
        return _SAME
    return f"{points(row['estimate']):+.1f}{'' if str(row['verdict']).endswith('on average') else '*'}"


def _lost(summary: pd.DataFrame, measure: str, shock: str) -> str:
    """What the shock takes from the reference policy, in points."""
    mine = summary[(summary["shock"] == shock) & summary["reference"].astype(bool)]
    if measure not in mine or mine[measure].isna().all():
        return _NONE
    return f"{points(1.0 - mine[measure].iloc[0]):.1f}"


# ---------------------------------------------------------------------------------------------- findings


def _said(levers: Sequence[Lever], shocks: int, room: int, over: str) -> list[str]:
    """As many findings as fit, those that matter most first; which levers are open is said in one line."""
    found = [_wrapped(finding.words(over)) for finding in findings_of(levers, shocks)]
    silent = [lever.name for lever in levers if lever.open]
    closing = _wrapped(_silent_words(silent, shocks, not found)) if silent else []
    # what is decided comes before what is open
    if found and len(found[0]) + len(closing) > room:
        closing = []
    lines: list[str] = []
    for words in found:
        if len(lines) + len(words) + len(closing) > room:
            break
        lines += words
    return (lines + closing)[: max(room, 0)]


def _silent_words(names: Sequence[str], shocks: int, everything: bool) -> str:
    under = {1: "the shock", 2: "both shocks"}.get(shocks, "every shock")
    if everything and len(names) > 1:
        return f"Nothing is decided: what each of these does is open under {under}."
    quoted = [f'"{name}"' for name in names]
    listed = " and ".join(part for part in (", ".join(quoted[:-1]), quoted[-1]) if part)
    return f"Open under {under}: what {listed} {'does' if len(names) == 1 else 'do'}."


# ---------------------------------------------------------------------------------------------- the last lines


#: How cells are read, where they are not those of levers.
_READ = {
    "ranking": "First: chance of the highest mean. Missions: of senders, in the host already.",
    "doses": "Open: its sign is not sure. A number: what the step surely adds or takes.",
}


def _last_lines(result: Answered, reference_line: str, full: bool, asked: str = "levers") -> list[str]:
    """How to read the cells, what the answer turns on, what is not covered, what to do next."""
    usual = f"Open: undecided. Same: too little to matter. *: 9 of 10 {result.spread_over} agree."
    lines = [_READ.get(asked, usual)]
    silent = [line for words in result.no_verdict.values() for line in _wrapped(words)]
    if len(silent) > _MOST_SILENT:
        named = ", ".join(plain(shock) for shock in result.no_verdict)
        silent = _wrapped(f"No verdict on {named}: countries hit are hardly simulated (--full).")[:_MOST_SILENT]
    lines += silent
    lines += _wrapped(turning_words(result))[:2]
    if said := acting_words(result.alone_and_together):
        lines += _wrapped(said)[:2]
    if result.new_money:
        lines += _wrapped(f"With other new money, at no equal budget: {', '.join(result.new_money)} (--full).")[:2]
    lines += not_covered(result)
    lines += _wrapped(reference_line)[:3] if reference_line else []
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
        decided = row["low"] > 0.0 or row["high"] < 0.0
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
        return f"What it turns on: {draws} draws are too few to tell; it takes {FEWEST_DRAWS}."
    turning = {name for one in result.importances.values() for name in one.turning()}
    if not turning:
        return "What it turns on: no single assumption turns who is ahead."
    return f"What it turns on: {', '.join(sorted(plain(name.rpartition('.')[2]) for name in turning))}."
