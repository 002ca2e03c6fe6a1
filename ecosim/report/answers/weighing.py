"""Policies weighed on several outcomes at once, in words: the screen of such an experiment, its part of the answer."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import OPEN, sign_is_sure
from ecosim.analysis.naming import CONTRASTED, plain, title
from ecosim.analysis.weighing import ALL, surely_less, surely_more
from ecosim.report.answers.base import Answer, Answered
from ecosim.report.lines import COLUMNS, cut, quoted
from ecosim.report.verbs import cell, points

if TYPE_CHECKING:
    import pandas as pd

#: Width of an outcome's cell, of a chance's, and of a name at most.
_CELL, _CHANCE, _NAME = 10, 9, 28
#: Headings of outcomes, in two lines that fit a cell; others by their title.
_HEADS: dict[str, tuple[str, str]] = {
    "delivered_output": ("output", "delivered"),
    "sustained_collaboration": ("work", "kept"),
    "level_peripheral_members": ("peripheral", "seats"),
    "level_supply_dependence": ("inputs", "from one"),
    "level_knowledge_dependence": ("knowledge", "from one"),
}
#: What a point of an outcome is a point of.
_OF: dict[str, str] = {
    "delivered_output": "output",
    "sustained_collaboration": "collaboration",
    "level_peripheral_members": "peripheral seats",
    "level_supply_dependence": "inputs from one country",
    "level_knowledge_dependence": "knowledge from one country",
}
#: How a step of which nothing is sure ends.
_OPEN_ENDS = " open"
#: Policies that are beaten, named one by one.
_MOST_BEATEN = 2
#: Lines of the heading, and of policies (with that which counts the others) before countries are named.
_HEADING, _MOST_ROWS = 2, 10


class Weighing(Answer):
    """Policies with all their outcomes, then who beats whom, or what each step of a dose costs."""

    name = "weighing"

    def least_body(self, result: Answered) -> int:
        """All findings under a table worth its name."""
        rows = first_rows(result.weighing)
        table = table_lines(rows, result.objectives, result.reference, in_order=True)
        return min(len(table), _HEADING + _MOST_ROWS) + len(said_lines(result))

    def body(self, result: Answered, shocks: Sequence[str], room: int) -> list[str]:
        """The table and its findings."""
        return weighing_lines(result, room)

    def averaged(self, result: Answered) -> str:
        """The shocks, where there are several, and of which outcomes less is better."""
        over = averaged_over(first_rows(result.weighing), [*result.policies["shock"].dropna().unique()])
        less = [_heads(name)[0] for name in result.objectives if CONTRASTED[name][2] < 0]
        said = [over] if over else []
        said += [f"of {' and '.join(less)} less is better"] if less else []
        return "; ".join(said)

    def text(self, result: Answered) -> list[str]:
        """All numbers, for the mean over shocks and for each."""
        return weighing_text(result)


def of(measure: str) -> str:
    """What a point of an outcome is a point of, in words."""
    return _OF.get(measure, title(measure))


def first_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the mean over all shocks, or of the only shock there is."""
    return table[table["shock"] == table["shock"].iloc[0]] if len(table) else table


def weighing_lines(result: Answered, room: int) -> list[str]:
    """Table and findings of the screen.

    Parameters
    ----------
    result : Answered
        With at least one row of :attr:`Answered.weighing`.
    room : int
        Lines there are.
    """
    rows = first_rows(result.weighing)
    said = said_lines(result)
    table = table_lines(rows, result.objectives, result.reference, in_order=len(result.trade_off) > 0)
    most = max(room - len(said), 5)
    if len(table) > most:
        table = [*table[: most - 1], f"  and {len(table) - most + 1} more in the full answer (--full)"]
    return [*table, *said][:room]


def said_lines(result: Answered) -> list[str]:
    """The findings of the screen, one after another: each in lines of its own would take a policy's line."""
    return textwrap.wrap(" ".join(findings(result)), COLUMNS)


def _heads(measure: str) -> tuple[str, str]:
    """Heading of an outcome, in two lines."""
    first, second = (*textwrap.wrap(title(measure), _CELL - 1), "", "")[:2]
    return _HEADS.get(measure, (first, second))


def table_lines(rows: pd.DataFrame, objectives: Sequence[str], reference: str, *, in_order: bool) -> list[str]:
    """A line per policy: differences from the reference where they are decided, and how often it is unbeaten.

    Parameters
    ----------
    rows : DataFrame
        Of one shock.
    objectives : sequence of str
        Outcomes.
    reference : str
        Policy set beside.
    in_order : bool
        Whether policies stand in their own order; else those most often unbeaten come first.
    """
    if not in_order:
        rows = rows.sort_values("in_set", ascending=False, kind="stable")
    heads = [_heads(name) for name in objectives]
    begins = "Points, beside", f'"{reference}"'
    width = min(_NAME, max(len(text) for text in (*begins, *rows["policy"])))
    cell = min(_CELL + 4, (COLUMNS - width - _CHANCE) // len(objectives))
    lines = [
        f"{cut(begins[k], width):<{width}}" + "".join(f"{head[k]:>{cell}}" for head in heads)
        + f"{('unbeaten', 'in draws')[k]:>{_CHANCE}}"
        for k in (0, 1)
    ]  # fmt: skip
    for row in rows.to_dict("records"):
        cells = "".join(f"{_number(row, name):>{cell}}" for name in objectives)
        share = f"{100.0 * row['in_set']:.0f} %"
        lines.append(f"{cut(str(row['policy']), width):<{width}}{cells}{share:>{_CHANCE}}")
    return lines


def findings(result: Answered) -> list[str]:
    """What is found, in sentences: the steps of doses where there are any, else who beats whom; and what is chance."""
    rows = first_rows(result.weighing)
    said = step_findings(result.trade_off) if len(result.trade_off) else []
    return [*said, *beaten_findings(first_rows(result.beats), not said), chance_words(rows)]


def chance_words(rows: pd.DataFrame) -> str:
    """How often policies are unbeaten beside a policy picked by chance."""
    row = rows.iloc[0]
    words = f"Picked by chance, a policy is unbeaten in {100.0 * row['by_chance']:.0f} % of draws"
    more = [str(name) for name in rows.loc[surely_more(rows), "policy"]]
    less = [str(name) for name in rows.loc[surely_less(rows), "policy"]]
    if not more and not less:
        return f"{words}; none surely differs."
    parts = [f"{quoted(names)} surely {word} often"
             for names, word in ((more, "more"), (less, "less")) if names]  # fmt: skip
    return f"{words}; {', '.join(parts)}."


def beaten_findings(pairs: pd.DataFrame, everything: bool = True) -> list[str]:
    """Which policies are beaten, and by which, in more draws than chance alone would give.

    Parameters
    ----------
    pairs : DataFrame
        Rows of one shock of the table of who beats whom.
    everything : bool
        Whether it is also said that there are none.
    """
    if pairs.empty:
        return []
    draws = int(pairs["draws"].iloc[0])
    sure = pairs[(pairs["share"] > pairs["by_chance"] + 1e-9) & pairs["of_means"]]
    if sure.empty:
        most = round(draws * float(pairs["by_chance"].iloc[0]))
        return [f"No policy is to be ruled out: none beats another (as good in all, better in one) in more than {most} "
                f"of {draws} draws, which chance gives too."] if everything else []  # fmt: skip
    # of each that is beaten, who beats it most often
    each = sure.sort_values("share", ascending=False, kind="stable").drop_duplicates("beats")
    named = [
        f'"{row["beats"]}" ({word}by "{row["policy"]}" in {round(draws * row["share"])} of {draws} draws)'
        for word, row in zip(("beaten ", "", ""), each.head(_MOST_BEATEN).to_dict("records"), strict=False)
    ]
    if more := len(each) - len(named):
        named.append(f"{more} more (--full)")
    *others, last = named
    listed = f"{', '.join(others)} or {last}" if others else last
    return [f"Do not choose {listed}. To beat is to be as good in all and better in one."]


def step_findings(steps: pd.DataFrame) -> list[str]:
    """What each dose gains and loses, and where that turns, a sentence each; undecided steps have no number."""
    said = []
    for dose, rows in steps.groupby("dose", sort=False):
        parts = [_gain_words(part.to_dict("records"), of(str(gain))) for gain, part in rows.groupby("gain", sort=False)]
        own: list[dict[Any, Any]] = rows[rows["gain"] == rows["gain"].iloc[0]].to_dict("records")
        given, last = of(str(own[0]["cost"])), own[-1]
        if len(parts) > 1 and all(part.endswith(_OPEN_ENDS) for part in parts):
            parts = [f"all but {given}{_OPEN_ENDS}"]
        costs = [row for row in own if row["lost_low"] > 0.0]
        if costs:
            words = f"{given} surely falls from {costs[0]['level']:g} on"
            words += f" ({points(-last['lost']):+.1f} at {last['level']:g})" if last["lost_low"] > 0.0 else ""
        else:
            words = f"no step surely costs {given}"
        said.append(f'"{plain(str(dose)).capitalize()}": {", ".join(parts)}; {words}.')
    return said


def _gain_words(rows: Sequence[Mapping[Any, Any]], sought: str) -> str:
    """What the farthest step does to one outcome, and at which step that is first sure."""
    last = rows[-1]
    for sign, word, low in ((1.0, "better", "gained_low"), (-1.0, "worse", "gained_high")):
        sure = [row for row in rows if sign * row[low] > 0.0]
        if sure and sign * last[low] > 0.0:
            first = f", surely from {sure[0]['level']:g} on" if sure[0] is not last else ""
            return f"{sought} {word} by {points(sign * last['gained']):.1f} points at {last['level']:g}{first}"
    sure = [row for row in rows if row["gained_low"] > 0.0]
    if sure:
        most = max(sure, key=lambda row: row["gained"])
        return f"{sought} better by {points(most['gained']):.1f} points at {most['level']:g}, open beyond"
    return f"{sought}{_OPEN_ENDS}"


def weighing_text(result: Answered) -> list[str]:
    """The part of the whole answer: a table for the mean over shocks and for each, all numbers with their intervals."""
    table, pairs, steps = result.weighing, result.beats, result.trade_off
    if table.empty:
        return []
    lines = [
        "ALL OUTCOMES AT ONCE",
        *_indented(
            "Unbeaten: the share of draws in which no other policy is at least as good in all outcomes and better in "
            "one; and the chance of that for the means over draws. Beside them stands what a policy picked by chance "
            "has: the same draws with the names of the policies shuffled in each. Differences from "
            f'"{result.reference}" are in points, with intervals that are right at once for all policies.'
        ),
    ]
    width = max(len(str(name)) for name in table["policy"])
    for shock, rows in table.groupby("shock", sort=False):
        lines += ["", f"  {plain(str(shock)).upper()} ({int(rows['draws'].iloc[0])} draws)"]
        heads = "".join(f"{' '.join(_HEADS.get(name, (title(name)[:22], ''))):>24}" for name in result.objectives)
        lines.append(f"  {'policy':<{width}}{heads}{'unbeaten':>11}{'of means':>10}")
        for row in rows.sort_values("in_set", ascending=False, kind="stable").to_dict("records"):
            cells = "".join(f"{_interval(row, name):>24}" for name in result.objectives)
            shares = f"{100 * row['in_set']:>9.0f} %{row['in_set_of_means']:>10.2f}"
            lines.append(f"  {row['policy']:<{width}}{cells}{shares}")
        first = rows.iloc[0]
        lines += _indented(
            f"By chance: {100 * first['by_chance']:.0f} % of draws (all policies between "
            f"{100 * first['chance_low']:.0f} and {100 * first['chance_high']:.0f} % in 95 of 100 shuffles), "
            f"{first['of_means_by_chance']:.2f} of means."
        )
        for words in beaten_findings(pairs[pairs["shock"] == shock]):
            lines += _indented(words)
    if len(steps):
        lines += ["", "  STEP BY STEP (what each step betters and costs beside the first, in points)"]
        for (dose, gain), rows in steps.groupby(["dose", "gain"], sort=False):
            lines.append(f"  {plain(str(dose))}: {of(str(gain))}, for {of(str(rows['cost'].iloc[0]))}")
            for row in rows.to_dict("records"):
                ends = [_step(row, key) for key in ("gained", "lost")]
                rate = "" if not np.isfinite(row["rate"]) else (
                    f"; {row['rate']:+.2f} [{row['rate_low']:+.2f}, {row['rate_high']:+.2f}] lost per point"
                )  # fmt: skip
                lines.append(f"    {row['level']:g}: betters {ends[0]}, costs {ends[1]}{rate}")
        lines += [line for words in step_findings(steps) for line in _indented(words)]
    return lines


def averaged_over(rows: pd.DataFrame, shocks: Sequence[str]) -> str:
    """What the numbers of the screen are means over, in words; empty with a single shock."""
    if rows.empty or rows["shock"].iloc[0] != ALL:
        return ""
    named = [plain(shock) for shock in shocks]
    return f"means over {', '.join(named[:-1])} and {named[-1]}"


def _number(row: Mapping[Any, Any], name: str) -> str:
    return "-" if row["reference"] else cell(str(row[f"{name}_verdict"]), points(row[f"{name}_difference"]))


def _interval(row: Mapping[Any, Any], name: str) -> str:
    if row["reference"]:
        return f"({100 * row[name]:.1f} %)"
    ends = f"[{100 * row[f'{name}_low']:+.1f}, {100 * row[f'{name}_high']:+.1f}]"
    number = "" if row[f"{name}_verdict"] == OPEN else f"{points(row[f'{name}_difference']):+.1f} "
    return f"{number}{ends if np.isfinite(row[f'{name}_low']) else '[no interval]'}"


def _step(row: Mapping[Any, Any], key: str) -> str:
    """What a step betters or costs: a number only where its sign is sure."""
    low, high = row[f"{key}_low"], row[f"{key}_high"]
    number = f"{100 * row[key]:+.2f} " if sign_is_sure(low, high) else "open "
    return f"{number}[{100 * low:+.2f}, {100 * high:+.2f}]"


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="  ", subsequent_indent="  ")
