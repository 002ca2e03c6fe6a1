"""The screen of an experiment that ranks places, and what the whole answer and a map say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import sign_is_sure
from ecosim.analysis.coverage import listed
from ecosim.analysis.naming import plain
from ecosim.analysis.places import FIRST
from ecosim.analysis.ranking import CLEAR, FEWEST_FOR_BEST
from ecosim.report.answers.base import Answer, Answered
from ecosim.report.lines import cut, wrapped
from ecosim.report.verbs import points

if TYPE_CHECKING:
    import pandas as pd

_NAME = 20
#: Chance from which a place may still be among the first.
_IN_QUESTION = 0.05
#: Fewest lines of the table worth a heading.
_FEWEST = 3


class Ranking(Answer):
    """Places, best first, with how sure their rank is."""

    name = "ranking"
    says_for_whom = True

    def body(self, result: Answered, shocks: Sequence[str], room: int) -> list[str]:
        """The table and its sentences."""
        return body(result.places, result.places_own, plain(result.reference), room, result.country_codes)

    def how_to_read(self, result: Answered) -> str:
        """What its columns mean."""
        return "First: chance of the highest mean. Missions: how many senders have one there."

    def text(self, result: Answered) -> list[str]:
        """Every place."""
        return text(result.places, result.places_own, result.reference)


def body(
    ranked: pd.DataFrame, own: Mapping[str, tuple[float, float, float]], reference: str, room: int,
    countries: Sequence[str] = (),
) -> list[str]:  # fmt: skip
    """The lines between the question and the last lines.

    Parameters
    ----------
    ranked : DataFrame
        From :func:`ecosim.analysis.places.rank_places`.
    own : mapping
        From :func:`ecosim.analysis.places.own_and_others`.
    reference : str
        What places are set beside.
    room : int
        Lines there are.
    countries : sequence of str
        ISO 3 codes of the world at hand: those that are no hosts are counted as not ranked.
    """
    if ranked.empty:
        return ["No two policies open something in hosts of their own, so no place is ranked."][:room]
    words = sentences(ranked, own, reference)
    hosts = {code for codes in ranked["hosts"] for code in str(codes).split()}
    if others := [code for code in countries if code not in hosts]:
        words.append(f"Not ranked: {listed(others)}.")
    said = [line for sentence in words for line in wrapped(sentence)]
    left = room - len(said)
    return [*table(ranked, left), *said][:room]


def table(ranked: pd.DataFrame, room: int) -> list[str]:
    """The first places and the last ones, in at most so many lines; the others are counted."""
    heading = [f"{'points of output':<{_NAME}}{'mean':>7}{'interval':>15}{'first':>8}{f'in first {FIRST}':>12}"
               f"{'rank':>8}{'missions':>10}"]  # fmt: skip
    rows = [_line(k, row) for k, row in enumerate(ranked.to_dict("records"), 1)]
    room -= len(heading)
    if len(rows) > room:
        if room < _FEWEST:
            return []
        last = max(1, (room - 1) // 3)
        first = room - 1 - last
        rows = [*rows[:first], f"   and {len(rows) - first - last} between (--full)", *rows[-last:]]
    return [*heading, *rows]


def _line(place: int, row: Mapping[Any, Any]) -> str:
    span = f"[{points(row['low']):+.1f}, {points(row['high']):+.1f}]" if np.isfinite(row["low"]) else "-"
    known = np.isfinite(row["chance_first"])
    # beside what hosts are compared with, a mean whose sign is open is no finding
    gain = f"{points(row['gain']):+.1f}" if sign_is_sure(row["low"], row["high"]) else "open"
    chances = [f"{100 * row[name]:.0f} %" if known else "-" for name in ("chance_first", "chance_among_first")]
    ranks = f"{row['rank_low']:.0f}-{row['rank_high']:.0f}" if known else "-"
    there = f"{int(row['missions'])} of {int(row['senders'])}"
    name = cut(f"{place:>2} {row['policy']}", _NAME)
    return (f"{name:<{_NAME}}{gain:>7}{span:>15}{chances[0]:>8}{chances[1]:>12}{ranks:>8}"
            f"{there:>10}")  # fmt: skip


def sentences(ranked: pd.DataFrame, own: Mapping[str, tuple[float, float, float]], reference: str) -> list[str]:
    """What to do and how sure, beside what the places are set beside, and for whom."""
    known = ranked["chance_first"].notna().any()
    first = ranked.iloc[int(ranked["chance_first"].to_numpy().argmax())] if known else None
    draws = int(ranked["draws"].max())
    said = []
    if first is None:
        said.append("Where to open: one draw says nothing.")
    elif first["chance_first"] >= CLEAR and draws >= FEWEST_FOR_BEST:
        said.append(f"Open in {first['policy']}: first with a chance of {first['chance_first']:.2f}.")
    else:
        question = int((ranked["chance_among_first"] >= _IN_QUESTION).sum())
        said.append(
            f"Where to open is not decided: {first['policy']} is first with a chance of {first['chance_first']:.2f}, "
            f"by lot {1.0 / len(ranked):.2f}; {question} of {len(ranked)} hosts may be among the first {FIRST}."
        )
    better, worse = int((ranked["low"] > 0.0).sum()), int((ranked["high"] < 0.0).sum())
    said.append(
        f'Beside "{reference}" {better} of {len(ranked)} hosts surely do better, {worse} surely worse'
        + ("; the others are open." if better + worse < len(ranked) else ".")
    )
    if own:
        words = ", ".join(f"{'the host' if of == 'itself' else 'all others'} {_share(own[of])}" for of in own)
        said.append(f"For whom (joint work, mean over hosts): {words}.")
    return said


def _share(found: tuple[float, float, float]) -> str:
    mean, low, high = found
    if not sign_is_sure(low, high):
        return "open"
    return f"{100.0 * mean:+.1f} %"


def text(ranked: pd.DataFrame, own: Mapping[str, tuple[float, float, float]], reference: str) -> list[str]:
    """Section of the whole answer: every place."""
    if ranked.empty:
        return []
    lines = [
        "WHERE TO OPEN, BEST FIRST BY THEIR MEANS (an order, no finding)",
        f'  Points of output beside "{reference}", mean over shocks, intervals of all places right at once;',
        f"  chance of the highest mean and of being among the first {FIRST}; rank in nine of ten resamples;",
        "  missions of senders in the host already, of all pairs of a sender and the host.",
    ]
    lines += [f"  {line}" for line in table(ranked, len(ranked) + 1)]
    return [*lines, *(f"  {words}" for words in sentences(ranked, own, reference))]
