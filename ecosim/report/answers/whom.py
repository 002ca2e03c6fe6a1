"""For whom: how many countries surely lose and gain, and which most, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecosim.analysis.coverage import country_name
from ecosim.analysis.naming import plain
from ecosim.report.answers.base import Answered, judged
from ecosim.report.lines import COLUMNS, cut, wrapped
from ecosim.report.verbs import points
from ecosim.world.facts import REST_CODE

if TYPE_CHECKING:
    import pandas as pd


def whom_lines(result: Answered, shocks: Sequence[str], room: int) -> list[str]:
    """:func:`whom_words` in so many lines of the screen; where it takes more, in one line that names no country."""
    lines = wrapped(whom_words(result, shocks))
    return lines if len(lines) <= room else wrapped(whom_words(result, shocks, short=True))[:1]


def whom_words(result: Answered, shocks: Sequence[str], *, short: bool = False) -> str:
    """Who loses and who gains output under the reference policy, by the shock that takes most; nothing if not known.

    A country counts only where its interval leaves out nothing lost and nothing gained. Of one country alone nothing is
    added.

    Parameters
    ----------
    result : Answered
        A finished sweep.
    shocks : sequence of str
        Labels of all shocks.
    short : bool
        Whether countries are counted only, so that it fits a line.
    """
    known = judged(result, shocks)
    if result.seen_from_name or not known:
        return ""
    table = result.by_country
    if table.empty:
        return ""
    mine = (table["policy"] == result.reference) & table["shock"].isin(known) & (table["country"] != REST_CODE)
    table = table[mine]
    # of a design over points, the first point stands for a policy
    table = table.drop_duplicates(["shock", "country"])
    if table.empty:
        return ""
    shock = str(table.groupby("shock", sort=False)["output_change"].sum().idxmin())
    mine = table[table["shock"] == shock]
    return _counted(mine, plain(shock)) if short else _sentence(mine, plain(shock))


def _sides(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who surely loses and who surely gains, those with most first."""
    lose = rows[rows["output_share_high"] < 0.0].sort_values("output_share", kind="stable")
    gain = rows[rows["output_share_low"] > 0.0].sort_values("output_share", ascending=False, kind="stable")
    return lose, gain


def _counted(rows: pd.DataFrame, shock: str) -> str:
    """How many lose and gain, in one line of the screen, however long the shock's name."""
    lose, gain = map(len, _sides(rows))
    if not lose and not gain:
        words = f"open for each of {len(rows)} countries."
    else:
        words = f"{lose or 'none'} of {len(rows)} countries surely lose{'' if lose > 1 else 's'} output, "
        words += f"{gain or 'none'} gain{'' if gain > 1 else 's'}."
    begins = "For whom, "
    return f"{begins}{cut(shock, COLUMNS - len(begins) - len(words) - 2)}: {words}"


def _sentence(rows: pd.DataFrame, shock: str) -> str:
    begins = f"For whom, under {shock}:"
    lose, gain = _sides(rows)
    if lose.empty and gain.empty:
        return f"{begins} open for each of {len(rows)} countries."
    said = []
    if len(lose) == 1:
        said.append(f"only {_named(lose, 0)} surely loses output")
    elif len(lose):
        said.append(f"{len(lose)} of {len(rows)} countries surely lose output, {_named(lose, 0)} most")
    if len(gain) == 1:
        said.append(f"{_named(gain, 0)} gains")
    elif len(gain):
        said.append(f"{len(gain)} gain, {_named(gain, 0)} most")
    return f"{begins} {'; '.join(said)}."


def _named(rows: pd.DataFrame, place: int) -> str:
    row = rows.iloc[place]
    return f"{country_name(str(row['country']))} ({points(row['output_share']):+.1f} %)"
