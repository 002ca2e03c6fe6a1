"""For whom: how many countries surely lose and gain, and which most, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecosim.analysis.coverage import country_name
from ecosim.analysis.errors_by_group import ERRORS
from ecosim.analysis.naming import plain
from ecosim.report.answers.base import Answered, judged
from ecosim.report.verbs import points
from ecosim.world.facts import REST_CODE

if TYPE_CHECKING:
    import pandas as pd


def whom_words(result: Answered, shocks: Sequence[str]) -> str:
    """Who loses and who gains output under the reference policy, by the shock that takes most; nothing if not known.

    A country is named only where its interval leaves out nothing lost and nothing gained. Of one country alone, or
    where whose models err less is said already, nothing is added.

    Parameters
    ----------
    result : Answered
        A finished sweep.
    shocks : sequence of str
        Labels of all shocks.
    """
    known = judged(result, shocks)
    if result.seen_from_name or not known or ERRORS in set(result.contrasts["measure"]):
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
    return _sentence(table[table["shock"] == shock], plain(shock))


def _sentence(rows: pd.DataFrame, shock: str) -> str:
    begins = f"For whom, under {shock}:"
    lose = rows[rows["output_share_high"] < 0.0].sort_values("output_share", kind="stable")
    gain = rows[rows["output_share_low"] > 0.0].sort_values("output_share", ascending=False, kind="stable")
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
