"""The screen of an experiment that gives money to one instrument after another: up to which sum each of them pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import sign_is_sure
from ecosim.analysis.naming import plain
from ecosim.analysis.stops import MEASURES
from ecosim.report.answers.base import Answer, Answered
from ecosim.report.lines import COLUMNS, cut, wrapped
from ecosim.report.verbs import points

if TYPE_CHECKING:
    import pandas as pd

_NAME, _CELL, _LAST = 26, 10, 9
#: What the measures are called.
_WORDS = ("output", "joint work")
#: Instruments that pay, named in a sentence.
_NAMED = 3


class Doses(Answer):
    """Instruments, those that pay furthest first, step by step."""

    name = "doses"

    def body(self, result: Answered, shocks: Sequence[str], room: int) -> list[str]:
        """The table and its sentences."""
        return body(*result.stops, room)

    def how_to_read(self, result: Answered) -> str:
        """What a cell means."""
        return "Open: its sign is not sure. A number: what the step surely adds or takes."

    def text(self, result: Answered) -> list[str]:
        """Every instrument and step."""
        return text(*result.stops)


def body(steps: pd.DataFrame, lines: pd.DataFrame, room: int) -> list[str]:
    """The lines between the question and the last lines.

    Parameters
    ----------
    steps, lines : DataFrame
        From :func:`ecosim.analysis.stops.marginal_gains` and :func:`ecosim.analysis.stops.where_it_stops`.
    room : int
        Lines there are.
    """
    if lines.empty:
        return ["No instrument has money in steps, so it cannot be said where one stops paying."][:room]
    said = [line for words in sentences(lines) for line in wrapped(words)]
    return [*table(steps, lines, room - len(said)), *said][:room]


def table(steps: pd.DataFrame, lines: pd.DataFrame, room: int) -> list[str]:
    """A line per instrument, those that pay furthest and least, in at most so many lines; the others are counted."""
    mine = lines[lines["measure"] == MEASURES[0]]
    grid = {(row["measure"], row["line"], row["level"]): row for row in steps.to_dict("records")}
    levels = sorted(steps["level"].unique())
    heads = [f"+{_amount(level)}" for level in levels]
    # as many sums as there are have to fit beside each other
    wide = min(_CELL, (COLUMNS - _NAME - _LAST) // (len(MEASURES) * len(levels)))
    heading = [
        f"{'Points, step by step':<{_NAME}}" + "".join(f"{word:>{wide * len(levels)}}" for word in _WORDS),
        f"{'beside grants, EUR/month':<{_NAME}}" + "".join(f"{head:>{wide}}" for _ in MEASURES for head in heads)
        + f"{'pays to':>{_LAST}}",
    ]  # fmt: skip
    rows = []
    for row in mine.to_dict("records"):
        cells = [_cell(grid.get((measure, row["line"], level))) for measure in MEASURES for level in levels]
        upto = _amount(row["pays_to"]) if row["pays_to"] > 0.0 else "-"
        name = cut(plain(row["line"]), _NAME - 1)
        rows.append(f"{name:<{_NAME}}" + "".join(f"{text:>{wide}}" for text in cells) + f"{upto:>{_LAST}}")
    room -= len(heading)
    if len(rows) > room:
        last = max(1, (room - 1) // 2)
        first = max(0, room - 1 - last)
        rows = [*rows[:first], f"  and {len(rows) - first - last} between (--full)", *rows[-last:]]
    return [*heading, *rows]


def _cell(row: Mapping[Any, Any] | None) -> str:
    """A number where its sign is sure, else that it is open."""
    if row is None or not sign_is_sure(row["low"], row["high"]):
        return "open"
    return f"{points(row['gain']):+.1f}"


def _amount(eur: float) -> str:
    return f"{eur / 1e6:g}m" if eur else "0"


def sentences(lines: pd.DataFrame) -> list[str]:
    """What to do, and how many instruments are what."""
    said = []
    for measure, word in zip(MEASURES, _WORDS, strict=True):
        mine = lines[lines["measure"] == measure]
        paying = mine[mine["pays_to"] > 0.0]
        names = [
            f"{plain(row['line'])} (to {_amount(row['pays_to'])})" for row in paying.head(_NAMED).to_dict("records")
        ]
        losing = int(mine["loses_from"].notna().sum())
        rest = len(mine) - len(paying) - int(mine.loc[mine["pays_to"] <= 0.0, "loses_from"].notna().sum())
        if len(paying):
            still = int(paying["stops_at"].isna().sum())
            words = f"{len(paying)} of {len(mine)} surely pay at first, {still} still at the largest sum: "
            words += ", ".join(names)
        else:
            words = f"none of {len(mine)} surely pays, even at the smallest sum"
        said.append(f"Of {word}: {words}; {losing} surely lose at some sum; {rest} open throughout.")
    return said


def text(steps: pd.DataFrame, lines: pd.DataFrame) -> list[str]:
    """Section of the whole answer: every instrument."""
    if lines.empty:
        return []
    found = [
        "UP TO WHICH SUM EACH INSTRUMENT PAYS (points that each step adds to the one below it, beside the same",
        "money in grants, mean over shocks; with 95 % confidence all intervals are right at once)",
    ]
    for measure in MEASURES:
        found.append(f"  {plain(measure).upper()}")
        order = lines[lines["measure"] == measure]
        by_line = dict(list(steps[steps["measure"] == measure].groupby("line", sort=False)))
        for row in order.to_dict("records"):
            parts = [
                f"to {_amount(step['level'])}: {_cell(step)} "
                + (f"[{points(step['low']):+.1f}, {points(step['high']):+.1f}]" if np.isfinite(step["low"])
                   else "[no interval]")
                + f" in {100 * step['share_gaining']:.0f} % of draws above 0"
                for step in by_line[row["line"]].to_dict("records")
            ]  # fmt: skip
            upto = f"surely pays to {_amount(row['pays_to'])}" if row["pays_to"] > 0.0 else "never surely pays"
            end = "pays throughout" if np.isnan(row["stops_at"]) else upto
            found.append(f"    {plain(row['line'])}: {'; '.join(parts)}; {end}.")
    return found
