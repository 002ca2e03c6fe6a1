"""Smallest effect of interest: below it a difference is too little to matter, however sure it is.

A tenth of what the shock takes from the reference policy, and at least a quarter of a point, or of a day or a month
where a measure is in these (:func:`ecosim.analysis.naming.difference_of`). It is fixed beforehand: a
reference run gives it (:func:`smallest_effects`), and the experiment's file holds it (``experiment.smallest_effect``),
so that no run is judged by a yardstick of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.naming import change_of, difference_of
from ecosim.outcomes.measured import POINTS

if TYPE_CHECKING:
    import pandas as pd

#: Of a share never smaller than this: a quarter of a percentage point. Also what holds where nothing was fixed.
LEAST_EFFECT = POINTS.least
#: Share of what the shock takes from the reference policy.
SHARE_OF_LOSS = 0.1


@dataclass(frozen=True)
class SmallestEffects:
    """Smallest effect of interest per branch of shocks and measure, as they are measured."""

    #: Of shares, where no other is named.
    elsewhere: float = LEAST_EFFECT
    #: Branch -> for every share, or measure -> its own.
    by_shock: Mapping[str, float | Mapping[str, float]] = field(default_factory=dict)

    def of(self, shock: str, measure: str) -> float:
        """Smallest effect of interest of one measure under one branch.

        One number for all measures is of shares: of days and months it says nothing.
        """
        unit = difference_of(measure)
        elsewhere = self.elsewhere if unit.of_a_share else unit.least
        mine = self.by_shock.get(shock, elsewhere)
        if isinstance(mine, Mapping):
            return float(mine.get(measure, elsewhere))
        return float(mine if unit.of_a_share else elsewhere)


def smallest_effects_of(declared: Any) -> SmallestEffects:
    """What ``experiment.smallest_effect`` says, checked before: a number, or branch -> number or measure -> number."""
    if declared is None:
        return SmallestEffects()
    if isinstance(declared, Mapping):
        return SmallestEffects(by_shock=dict(declared))
    return SmallestEffects(float(declared))


def smallest_effects(summary: pd.DataFrame, better: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """A tenth of what each shock takes from the reference policy, at least a quarter of one, from a reference run.

    Parameters
    ----------
    summary : DataFrame
        From :func:`ecosim.analysis.measures.summarise`: ``shock``, ``reference`` and a column per measure.
    better : mapping of str to {1, -1}
        Measures looked at -> whether more or less of them is better.

    Returns
    -------
    dict
        Branch -> measure -> smallest effect, with four decimals, rounded up; measures without a value are absent.

    Notes
    -----
    Of a measure of which more is better, a share that is kept, the shock takes 1 less its value; of one of which less
    is better, itself the share lost, its value. Of an outcome with a level and a change, it takes the change for the
    worse.
    """
    found: dict[str, dict[str, float]] = {}
    rows = summary[summary["reference"].astype(bool) & summary["shock"].notna()]
    for shock, part in rows.groupby("shock", sort=False):
        for measure, sign in better.items():
            change = change_of(measure)
            name = measure if change is None else change[0]
            value = float(part[name].mean()) if name in part else float("nan")
            if np.isfinite(value):
                taken = -change[1] * value if change is not None else 1.0 - value if sign > 0 else value
                # rounding first: .07 / 10 must not become .0071
                smallest = max(difference_of(measure).least, math.ceil(round(1e4 * SHARE_OF_LOSS * taken, 6)) / 1e4)
                found.setdefault(str(shock), {})[measure] = smallest
    return found


def as_yaml(found: Mapping[str, Mapping[str, float]]) -> str:
    """The lines to paste into the experiment's file."""
    lines = ["experiment:", "  smallest_effect:"]
    for shock, values in found.items():
        lines.append(f"    {shock}: {{{', '.join(f'{measure}: {value:g}' for measure, value in values.items())}}}")
    return "\n".join(lines) + "\n"
