"""The answer of a sweep on one screen: 24 lines of 80 columns that a minister could be read."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import OPEN
from ecosim.analysis.naming import plain
from ecosim.analysis.ranking import FEWEST_DRAWS
from ecosim.outcomes.resilience import PRIMARY_MEASURES
from ecosim.report.verbs import points

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.report.results import SweepResult

#: What fits.
LINES, COLUMNS = 24, 80
#: Width of a number in the table, and of a lever's name at most.
_CELL, _NAME = 8, 24
#: Narrowest cell that keeps a number apart from the next.
_NARROWEST = 6
#: Verb of a finding by its verdict; a finding that is open has none, only the word that says so.
FINDING_VERBS: dict[str, str] = {
    "helps": "helps",
    "helps on average": "helps",
    "hurts": "hurts",
    "hurts on average": "hurts",
    "no effect": "changes",
    "no effect on average": "changes",
}
#: What stands in a cell where there is no number.
_OPEN, _SAME = "open", "same"
#: What no run of ecosim covers today, in a line.
NOT_COVERED = "Not covered: other funders' money, and doubt about what was fitted to data."
#: The heading of each measure's half of the table.
_HALVES: dict[str, str] = {
    "sustained_collaboration": "collaboration kept",
    "delivered_output": "output delivered",
}


@dataclass(frozen=True)
class Lever:
    """One declared comparison under every shock."""

    name: str
    #: Measure -> shock -> row of :func:`ecosim.analysis.contrasts.estimate_contrasts`.
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]]


def screen(result: SweepResult, *, reference_line: str = "", full: bool = False) -> list[str]:
    """The lines of the screen.

    Parameters
    ----------
    result : SweepResult
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
    shown = shocks[: (COLUMNS - _NAME) // (2 * _NARROWEST)]
    last = [*_last_lines(result, reference_line, full)]
    levers = levers_of(result.contrasts)
    table = _table(result, levers, shown, len(shocks) - len(shown))
    room = LINES - len(lines) - len(last)
    # what is left for findings; a long table gives up its last levers first
    if len(table) > room - 3:
        kept = room - 4
        table = [*table[:kept], f"  and {len(table) - kept} more levers in the full answer (--full)"]
    said = _findings(levers, shocks, room - len(table), result.spread_over)
    return [line[:COLUMNS].rstrip() for line in (*lines, *table, *said, *last)]


def conditions(result: SweepResult) -> str:
    """What was compared, where, and over how long, in a sentence."""
    counts = result.manifest.get("counts", {})
    world = result.manifest.get("scenario", {}).get("world", {})
    where = result.seen_from or str(world.get("preset", "")).capitalize()
    clusters = int(result.summary["clusters"].max()) if len(result.summary) else 0
    months = int(result.compared["window_months"].min()) if len(result.compared) else 0
    policies = int(counts.get("policies", result.policies["policy"].nunique()))
    over = {"draws": "draws of what is not known", "points": "points of what is not known"}.get(
        result.spread_over, "runs of chance alone"
    )
    return f"{where}: {policies} policies with the same money, {clusters} {over}, {months} months after the shock."


def levers_of(contrasts: pd.DataFrame) -> list[Lever]:
    """The declared comparisons with their primary measures (or else those they have), in their order."""
    found = []
    for name in dict.fromkeys(contrasts["contrast"]):
        mine = contrasts[contrasts["contrast"] == name]
        measures = [measure for measure in PRIMARY_MEASURES if (mine["measure"] == measure).any()]
        rows = {
            measure: {
                str(row["shock"]): row for row in mine[mine["measure"] == measure].to_dict("records")
            }
            for measure in measures or list(dict.fromkeys(mine["measure"]))[:2]
        }  # fmt: skip
        found.append(Lever(str(name), rows))
    return found


# ---------------------------------------------------------------------------------------------- the table


def _table(result: SweepResult, levers: Sequence[Lever], shocks: Sequence[str], more: int) -> list[str]:
    """Two halves side by side: a row per lever, a column per shock, under letters that the first line explains."""
    measures = list(dict.fromkeys(measure for lever in levers for measure in lever.rows))[:2] or list(PRIMARY_MEASURES)
    width = min(_NAME, max([len(result.reference) + 6, *(len(lever.name) for lever in levers)]))
    heads = [_HALVES.get(measure, plain(measure)) for measure in measures]
    most = (COLUMNS - width) // max(1, len(measures) * len(shocks))
    # two shocks are narrower than the heading over them
    cell = min(most, max(_CELL, -(-(max(map(len, heads)) + 2) // len(shocks))))
    letters = [chr(ord("A") + k) for k in range(len(shocks))]
    legend = ", ".join(f"{letter} {plain(shock)}" for letter, shock in zip(letters, shocks, strict=True))
    if more:
        legend += f", {more} more with --full"
    lines = _wrapped(f"In points, beside {result.reference}. Shocks: {legend}.")
    half = cell * len(shocks)
    lines.append(f"{'':<{width}}" + "".join(f"{head[: half - 1]:>{half}}" for head in heads))
    lines.append(f"{'':<{width}}" + "".join(f"{letter:>{cell}}" for _ in measures for letter in letters))
    lost = [_lost(result.summary, measure, shock) for measure in measures for shock in shocks]
    lines.append(f"{_cut(result.reference + ' loses', width):<{width}}" + "".join(f"{text:>{cell}}" for text in lost))
    for lever in levers:
        cells = [_number(lever.rows.get(measure, {}).get(shock)) for measure in measures for shock in shocks]
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
        return "-"
    return f"{points(1.0 - mine[measure].iloc[0]):.1f}"


# ---------------------------------------------------------------------------------------------- findings


def _findings(levers: Sequence[Lever], shocks: Sequence[str], room: int, over: str) -> list[str]:
    """What each lever does, the surest first, in as many lines as there are; what is open is said in one."""
    decided = sorted(
        ((_weight(row), lever, row) for lever in levers for row in [strongest(lever)] if row is not None),
        key=lambda item: -item[0],
    )
    silent = [lever.name for lever in levers if strongest(lever) is None]
    closing = _wrapped(_silent_words(silent, len(shocks))) if silent else []
    lines: list[str] = []
    for _, lever, row in decided:
        said = _wrapped(finding(lever.name, row, over))
        if len(lines) + len(said) + len(closing) <= room:
            lines += said
    return (lines + closing)[: max(room, 0)]


def finding(lever: str, row: Mapping[str, Any], over: str = "draws") -> str:
    """One decided comparison in a sentence with a number and a verb of :data:`FINDING_VERBS`.

    Examples
    --------
    >>> finding("spread wide", {"verdict": "helps on average", "estimate": 0.031, "shock": "ten_countries",
    ...     "measure": "sustained_collaboration", "draws": 20, "share_helped": 0.8, "share_hurt": 0.1})
    'Spread wide helps: +3.1 points of collaboration (ten countries), better in 16 of 20 draws.'
    """
    what = "output" if "output" in str(row["measure"]) else "collaboration"
    what += " in the worst year" if str(row["measure"]).startswith("worst_year") else ""
    draws = int(row["draws"])
    verb = FINDING_VERBS[str(row["verdict"])]
    where = f"({plain(str(row['shock']))})"
    number = f"{points(row['estimate']):+.1f} points of {what}"
    name = lever[:1].upper() + lever[1:]
    if verb == "changes":
        return f"{name} changes nothing that matters: {number} {where}."
    share = row["share_helped"] if verb == "helps" else row["share_hurt"]
    better = "better" if verb == "helps" else "worse"
    return f"{name} {verb}: {number} {where}, {better} in {round(draws * float(share))} of {draws} {over}."


def strongest(lever: Lever) -> Mapping[str, Any] | None:
    """The comparison that says most: the largest number beside what is too little to matter; None if all are open."""
    rows = [row for by_shock in lever.rows.values() for row in by_shock.values()]
    rows = [row for row in rows if np.isfinite(row["estimate"]) and row["verdict"] != OPEN]
    return max(rows, key=_weight, default=None)


def _weight(row: Mapping[str, Any]) -> float:
    if str(row["verdict"]).startswith("no effect"):
        return 0.0
    return abs(float(row["estimate"])) / max(float(row["margin"]), 1e-9)


def _silent_words(names: Sequence[str], shocks: int) -> str:
    under = f"all {shocks} shocks" if shocks > 1 else "the shock"
    verb = "is" if len(names) == 1 else "are"
    return f"Open under {under}, so that nothing is said: what {', '.join(names)} {verb} worth."


# ---------------------------------------------------------------------------------------------- the last lines


def _last_lines(result: SweepResult, reference_line: str, full: bool) -> list[str]:
    """How to read the cells, what the answer turns on, what is not covered, what to do next."""
    lines = [f"Open: undecided. Same: too little to matter. *: 9 of 10 {result.spread_over} agree."]
    lines += _wrapped(turning_words(result))[:2]
    lines.append(NOT_COVERED)
    lines += _wrapped(reference_line)[:2] if reference_line else []
    if not full:
        lines.append("All numbers: --full, or ecosim report for one page with figures.")
    return lines


def turning_words(result: SweepResult) -> str:
    """What the answer turns on, from a regression over draws; or that there are too few to tell."""
    draws = int(result.summary["clusters"].max()) if len(result.summary) else 0
    if result.spread_over == "seeds":
        return "What it turns on was not asked: the assumptions keep their values."
    if draws < FEWEST_DRAWS:
        return f"What it turns on: {FEWEST_DRAWS} draws can tell, {draws} cannot."
    turning = {name for one in result.importances.values() for name in one.turning()}
    if not turning:
        return "What it turns on: no single assumption turns who is ahead."
    return f"What it turns on: {', '.join(sorted(plain(name.rpartition('.')[2]) for name in turning))}."


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "."


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS)
