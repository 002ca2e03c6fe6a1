"""The words of a finding: one verb per verdict, beside the code that prints them.

A number is in points, or in the days or months that its measure is in (:func:`ecosim.analysis.naming.difference_of`).

A decided finding has a number and its verb. An undecided one has neither: its verb says that it is open, and instead of
a number stands the interval that it may be in. No word of the one is used for the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ecosim.analysis.contrasts import OPEN
from ecosim.analysis.naming import difference_of, in_unit

#: Verdict -> verb of one comparison, and of several.
VERBS: dict[str, tuple[str, str]] = {
    "helps": ("helps", "help"),
    "helps on average": ("helps on average", "help on average"),
    "hurts": ("hurts", "hurt"),
    "hurts on average": ("hurts on average", "hurt on average"),
    "no effect": ("makes no difference that matters", "make no difference that matters"),
    "no effect on average": (
        "makes no difference that matters on average", "make no difference that matters on average"
    ),
    OPEN: ("is undecided", "are undecided"),
}  # fmt: skip


def decided(verdict: str) -> bool:
    """Whether a verdict says anything."""
    return verdict != OPEN


def points(share: float) -> float:
    """Percentage points with one decimal, without a minus before nothing."""
    return round(100.0 * float(share), 1) + 0.0


def number_of(row: Mapping[Any, Any], name: str = "estimate") -> float:
    """A number of a comparison, in the unit of its measure, with one decimal."""
    return in_unit(row[name], str(row.get("measure", "")))


def cell(verdict: str, number: float, whole_from: float = np.inf) -> str:
    """A cell of a screen: a number only where something is decided, with a star where nine of ten draws agree.

    Parameters
    ----------
    verdict : str
        Of the comparison.
    number : float
        What is shown.
    whole_from : float
        From so many on a number has no decimal.

    Examples
    --------
    >>> [cell(verdict, -1.25) for verdict in ("hurts", "hurts on average", "no effect", "undecided")]
    ['-1.2*', '-1.2', 'same', 'open']
    """
    if verdict == OPEN or not np.isfinite(number):
        return "open"
    if verdict.startswith("no effect"):
        return "same"
    star = "" if verdict.endswith("on average") else "*"
    return f"{number:+.{0 if abs(number) >= whole_from else 1}f}{star}"


def interval_words(row: Mapping[Any, Any]) -> str:
    """The interval of the mean, in brackets."""
    if np.isnan(row["low"]):
        return "[no interval]"
    return f"[{number_of(row, 'low'):+.1f}, {number_of(row, 'high'):+.1f}]"


def spread_words(row: Mapping[Any, Any], over: str = "draws") -> str:
    """The spread over draws: ``helps in 3 of 10 draws, hurts in 5, from -11.0 to +4.0``.

    Parameters
    ----------
    row : mapping
        A row of :func:`ecosim.analysis.contrasts.estimate_contrasts`.
    over : str
        What differs from one to the next, in the plural: draws, points or seeds.
    """
    draws = int(row["draws"])
    if not draws:
        return ""
    helped, hurt = (round(draws * float(row[name])) for name in ("share_helped", "share_hurt"))
    return (
        f"helps in {helped} of {draws} {over}, hurts in {hurt}, from {number_of(row, 'draw_min'):+.1f} to "
        f"{number_of(row, 'draw_max'):+.1f}"
    )


def band_words(row: Mapping[Any, Any], over: str = "draws") -> str:
    """The band of 90 % of draws; empty where there are too few to tell it."""
    if not np.isfinite(row["draw_low"]):
        return ""
    return f"90 % of {over} between {number_of(row, 'draw_low'):+.1f} and {number_of(row, 'draw_high'):+.1f}"


def finding(row: Mapping[Any, Any], over: str = "draws") -> str:
    """One contrast in words: verb, number with its interval, and the spread over draws; no number when it is open.

    Examples
    --------
    >>> row = {"verdict": "helps on average", "estimate": 0.012, "low": 0.004, "high": 0.02, "draws": 10,
    ...        "share_helped": 0.7, "share_hurt": 0.2, "draw_min": -0.011, "draw_max": 0.04}
    >>> finding(row)
    'helps on average, +1.2 points [+0.4, +2.0]: helps in 7 of 10 draws, hurts in 2, from -1.1 to +4.0'
    >>> finding(row | {"verdict": "undecided", "low": -0.004})
    'is undecided, [-0.4, +2.0]: helps in 7 of 10 draws, hurts in 2, from -1.1 to +4.0'
    """
    unit = difference_of(str(row.get("measure", ""))).unit
    number = f"{number_of(row):+.1f} {unit} " if decided(row["verdict"]) else ""
    spread = spread_words(row, over)
    return f"{VERBS[row['verdict']][0]}, {number}{interval_words(row)}{f': {spread}' if spread else ''}"


def chance_words(left: float, over: str = "draws") -> str:
    """What chance has to do with the spread, in one sentence.

    Parameters
    ----------
    left : float
        Share of the spread that is chance; not-a-number when it cannot be told.
    over : str
        What the spread is over.
    """
    if over == "seeds":
        return "The assumptions keep their values, so these differ by chance alone."
    if over == "points":
        return "All points share the same seeds."
    if np.isnan(left):
        return "Each draw was run once, so draws differ by chance as well as by their assumptions."
    return f"About {100 * left:.0f} % of the spread over draws is chance, for each draw was run a few times only."
