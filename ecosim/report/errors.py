"""Whose models err less, in words: by country, and by population group and income."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ecosim.analysis.coverage import country_name
from ecosim.analysis.errors_by_group import CALM, OPEN, SAME, ends_of
from ecosim.analysis.naming import plain
from ecosim.report.lines import wrapped
from ecosim.report.verbs import points

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.report.answers.base import Answered

#: Lines of the screen that say who gains.
_MOST_LINES = 2
#: Width of running text.
_WIDTH = 100


def first_words(result: Answered) -> list[str]:
    """Lines of the screen: who gains most and who least by the comparison declared first; none where none asks.

    Seen from a country there are none: the table is then of that country.
    """
    if result.seen_from_name or not len(result.errors_by_group):
        return []
    rows = result.errors_by_group.countries
    rows = rows[(rows["contrast"] == rows["contrast"].iloc[0]) & (rows["shock"] == CALM)]
    level = str(rows["contrast"].iloc[0]).partition(",")[0]
    words = f'"{_begun(level)}" in calm times: {country_words(rows)}.'
    groups = result.errors_by_group.groups
    groups = groups[(groups["contrast"] == rows["contrast"].iloc[0]) & (groups["shock"] == CALM)]
    # people of all groups where there is room
    both = wrapped(f"{words} {_begun(group_words(groups))}.")
    return both if len(both) <= _MOST_LINES else wrapped(words)[:_MOST_LINES]


def country_words(rows: pd.DataFrame) -> str:
    """How many countries surely err less and more, with the first of each: ``20 of 72 countries err less (most ...)``.

    Parameters
    ----------
    rows : DataFrame
        Of one comparison and shock, a row per country.
    """
    less, more = ends_of(rows)
    counts = rows["verdict"].value_counts()
    rest, same = int(counts.get(OPEN, 0)), int(counts.get(SAME, 0))
    if rest == len(rows):
        return f"whether models err less is open in each of {rest} countries"
    said = []
    for part, word in ((less, "less"), (more, "more")):
        if part.empty:
            said.append(f"none surely {word}")
            continue
        first = part.iloc[0]
        most = f"{country_name(str(first['country']))}{' most' if len(part) > 1 else ''}"
        said.append(f"{len(part)} surely {_errs(len(part))} {word} ({most}, {points(first['change']):+.1f} points)")
    said += [f"{same} the same"] if same else []
    said += [_open(rest)] if rest else []
    return f"of {len(rows)} countries {', '.join(said)}"


def group_words(rows: pd.DataFrame) -> str:
    """Which population groups gain most and least, of those of which it is sure.

    Parameters
    ----------
    rows : DataFrame
        Of one comparison and shock, a row per income and group.
    """
    less, more = ends_of(rows)
    said = []
    for part, word in ((less, "less"), (more, "more")):
        if len(part):
            first = part.iloc[0]
            who = f"{first['income']}, {first['recorded']}{' most' if len(part) > 1 else ''}"
            said.append(f"{len(part)} surely {_errs(len(part))} {word} ({who}, {points(first['change']):+.1f} points)")
    rest = int((rows["verdict"] == OPEN).sum())
    if rest == len(rows):
        return "all groups of people are open"
    if not said:
        said.append("none surely errs less or more")
    return f"of {len(rows)} groups of people {', '.join([*said, *([_open(rest)] if rest else [])])}"


def errors_text(result: Answered) -> list[str]:
    """The part of the whole answer: of each comparison in calm times and under each shock, countries and groups."""
    found = result.errors_by_group
    if result.seen_from_name or not len(found):
        return []
    lines = [
        "WHOSE MODELS ERR LESS",
        *_indented(
            "Change of the error of models in points, country by country and group by group; less is better. Each "
            "interval holds alone, at 95 %: of twenty countries that nothing changes, one seems to gain or lose by "
            "chance. Groups are people whom records hold well or badly, in all countries of an income, by people."
        ),
    ]
    for (name, shock), rows in found.countries.groupby(["contrast", "shock"], sort=False):
        when = "in calm times" if shock == CALM else f"under {plain(shock)}"
        lines += ["", f"  {str(name).upper()}, {when}", *_indented(f"{_begun(country_words(rows))}.", "    ")]
        groups = found.groups
        for row in groups[(groups["contrast"] == name) & (groups["shock"] == shock)].to_dict("records"):
            who = f"{row['income']}, {row['recorded']}"
            before, after = (points(row[name]) for name in ("before", "after"))
            number = {OPEN: "open", SAME: "same"}.get(str(row["verdict"]), f"{points(row['change']):+.1f}")
            ends = "[no interval]" if row["low"] != row["low"] else (
                f"[{points(row['low']):+.1f}, {points(row['high']):+.1f}]"
            )  # fmt: skip
            lines.append(f"    {who:<36}error {before:>4.1f} %, then {after:>4.1f} %  {number:>5} {ends}")
    return lines


def _errs(count: int) -> str:
    return "errs" if count == 1 else "err"


def _open(count: int) -> str:
    return f"{count} {'is' if count == 1 else 'are'} open"


def _begun(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _indented(text: str, by: str = "  ") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=by, subsequent_indent=by)
