"""What each lever does under each shock, beside the reference policy: the answer of most experiments."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecosim.analysis.errors_by_group import ERRORS
from ecosim.analysis.naming import change_of, difference_of, in_unit, plain, title
from ecosim.analysis.resilience import PRIMARY_MEASURES
from ecosim.outcomes.measured import hangs_on_joint_work
from ecosim.report.answers.base import Answer, Answered, judged
from ecosim.report.errors import errors_text, first_words
from ecosim.report.findings import Lever, findings_of, levers_of
from ecosim.report.lines import COLUMNS, cut, quoted, wrapped
from ecosim.report.verbs import cell, number_of, points

if TYPE_CHECKING:
    import pandas as pd

#: Width of a number in the table, and of a lever's name at most.
_CELL, _NAME = 8, 24
#: Width that a heading in two lines takes.
_HEAD = 16
#: Narrowest cell that keeps "-10.6*" apart from the next.
_NARROWEST = 7
#: What stands in the cells of a shock of which nothing is said, and of a measure that was not asked for.
_NONE = "-"
#: The heading of each measure's half of the table.
_HALVES: dict[str, str] = {
    "sustained_collaboration": "collaboration kept",
    "delivered_output": "output delivered",
}


class Levers(Answer):
    """Two halves side by side, then as many findings as fit."""

    name = "levers"

    def body(self, result: Answered, shocks: Sequence[str], room: int) -> list[str]:
        """The table, and findings in the lines that it leaves."""
        levers = levers_of(result.contrasts)
        table = _table(result, levers, shocks)
        # what is left for findings; a long table gives up its last levers first
        if len(table) > room - 3:
            kept = room - 4
            table = [*table[:kept], f"  and {len(table) - kept} more levers in the full answer (--full)"]
        # of a shock on what is hardly simulated only what does not hang on that is said
        stands = any(not hangs_on_joint_work(measure) for lever in levers for measure in lever.rows)
        known = list(shocks) if stands else judged(result, shocks)
        # who gains comes before what, for a mean over countries hides it
        first = next(iter(levers[0].rows), "") if levers else ""
        who = first_words(result) if known and ERRORS in first else []
        who = who if len(who) <= room - len(table) else []
        said = _said(levers, len(known), room - len(table) - len(who), result.spread_over) if known else []
        return [*table, *who, *said]

    def text(self, result: Answered) -> list[str]:
        """Whose models err less under each comparison that asks for it."""
        return errors_text(result)


# ---------------------------------------------------------------------------------------------- the table


def _table(result: Answered, levers: Sequence[Lever], shocks: Sequence[str]) -> list[str]:
    """Parts side by side: a row per lever, a column per shock, under letters that the first lines explain."""
    # what most levers were compared on comes first
    counts = Counter(measure for lever in levers for measure in lever.rows)
    most = max((len(lever.rows) for lever in levers), default=0)
    measures = [measure for measure, _ in counts.most_common(most)] or list(PRIMARY_MEASURES)
    alike = all(difference_of(measure).of_a_share for measure in measures)
    reference = plain(result.reference)
    begins = "Points, beside" if alike else "Beside"
    compared = _beside(result.contrasts, result.reference)
    beside, loses = (begins, f'"{compared}"'), f"{reference} loses"
    if not compared:
        # each name says what it is set beside
        beside = ("Points" if alike else "", "")
    # a long name is written once, in the first line
    long = len(loses) > _NAME
    if long:
        beside, loses = (begins, "the reference") if compared == reference else beside, "the reference loses"
    # few columns leave room for longer names
    room = max(_NAME, COLUMNS - len(measures) * max(_CELL * len(shocks), _HEAD))
    width = min(room, max(map(len, (*beside, loses, *(lever.name for lever in levers)))))
    shown = shocks[: (COLUMNS - width) // (len(measures) * _NARROWEST)]
    heads = [_HALVES.get(measure, title(measure)) + ("" if alike else f" ({difference_of(measure).unit})")
             for measure in measures]  # fmt: skip
    most = (COLUMNS - width) // (len(measures) * len(shown))
    # two shocks are narrower than the heading over them
    cell = min(most, max(_CELL, -(-(max(map(len, heads)) + 2) // len(shown))))
    letters = [chr(ord("A") + k) for k in range(len(shown))]
    legend = ", ".join(f"{letter} {plain(shock)}" for letter, shock in zip(letters, shown, strict=True))
    if len(shocks) > len(shown):
        legend += f", {len(shocks) - len(shown)} more with --full"
    if len(shocks) == 1:
        letters, legend = [""], f"The shock: {plain(shocks[0])}"
    less = _less_words(measures)
    lines = wrapped(f'{legend}. The reference: "{reference}".{less}' if long else f"{legend}.{less}")
    half = cell * len(shown)
    lines += _heading(beside[0], width, heads, half)
    if beside[1] or len(shocks) > 1:
        below = "".join(f"{letter:>{cell}}" for _ in measures for letter in letters)
        lines.append(f"{cut(beside[1], width):<{width}}{below}")
    silent = {(shock, measure) for shock in result.no_verdict for measure in measures if hangs_on_joint_work(measure)}
    lost = [_NONE if (shock, measure) in silent else _lost(result.summary, measure, shock) for measure in measures
            for shock in shown]  # fmt: skip
    lines.append(f"{loses:<{width}}" + "".join(f"{text:>{cell}}" for text in lost))
    for lever in levers:
        cells = [
            _NONE if (shock, measure) in silent or measure not in lever.rows
            else _number(lever.rows[measure].get(shock)) for measure in measures for shock in shown
        ]  # fmt: skip
        lines.append(f"{cut(lever.name, width):<{width}}" + "".join(f"{text:>{cell}}" for text in cells))
    return lines


def _beside(contrasts: pd.DataFrame, reference: str) -> str:
    """What levers are set beside: the reference policy, or another level that all of them name; empty if several."""
    named = list(dict.fromkeys(map(str, contrasts["against"])))
    # of several factors a level is no whole policy
    if len(named) == 0 or contrasts["factor"].nunique() > 1 or named == [reference]:
        return plain(reference)
    return plain(named[0]) if len(named) == 1 else ""


def _less_words(measures: Sequence[str]) -> str:
    """Of which outcomes less is better, in a sentence; empty where more is of all."""
    less = [title(measure) for measure in measures if (change_of(measure) or ("", 1))[1] < 0]
    if not less:
        return ""
    return " Less is better." if len(less) == len(measures) else f" Less is better: {', '.join(less)}."


def _heading(begins: str, width: int, heads: Sequence[str], half: int) -> list[str]:
    """What each part is, in one line, or in two where that is too long for one."""
    parts = [textwrap.wrap(head, half - 1)[:2] for head in heads]
    if max(map(len, parts)) == 1:
        return [f"{begins:<{width}}" + "".join(f"{part[0]:>{half}}" for part in parts)]
    rows = zip(*(part if len(part) == 2 else ["", *part] for part in parts), strict=True)
    return [f"{start:<{width}}" + "".join(f"{words:>{half}}" for words in row)
            for start, row in zip(("", begins), rows, strict=True)]  # fmt: skip


def _number(row: Mapping[str, Any] | None) -> str:
    return "open" if row is None else cell(str(row["verdict"]), number_of(row))


def _lost(summary: pd.DataFrame, measure: str, shock: str) -> str:
    """What the shock takes from the reference policy, in points or the unit of the measure; open where it may be 0."""
    mine = summary[(summary["shock"] == shock) & summary["reference"].astype(bool)]
    # of a level the share that is left says nothing: what it has changed by does
    change = change_of(measure)
    measure = measure if change is None else change[0]
    if measure not in mine or mine[measure].isna().all():
        return _NONE
    nothing = 1.0 if change is None else 0.0
    low, high = (mine.get(f"{measure}_{end}", mine[measure]).iloc[0] for end in ("low", "high"))
    if low <= nothing <= high and low < high:
        return "open"
    if change is not None:
        return f"{in_unit(-change[1] * mine[measure].iloc[0], measure):.1f}"
    return f"{points(1.0 - mine[measure].iloc[0]):.1f}"


# ---------------------------------------------------------------------------------------------- findings


def _said(levers: Sequence[Lever], shocks: int, room: int, over: str) -> list[str]:
    """As many findings as fit, those that matter most first; which levers are open is said in one line."""
    found = [wrapped(finding.words(over)) for finding in findings_of(levers, shocks)]
    silent = [lever.name for lever in levers if lever.open]
    closing = wrapped(_silent_words(silent, shocks, not found)) if silent else []
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
    return f"Open under {under}: what {quoted(names)} {'does' if len(names) == 1 else 'do'}."
