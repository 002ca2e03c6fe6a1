"""When replicates are enough: `experiment.replicates=auto` adds them until intervals are as narrow as asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ecosim.analysis.contrasts import MEASURES, Contrast, estimate_contrasts
from ecosim.analysis.measures import summarise
from ecosim.lab.design import batches_of
from ecosim.lab.settings import ExperimentConfig

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Widest:
    """The widest of all intervals looked at."""

    #: Infinite when one of them cannot be told yet.
    half_width: float
    #: Which contrast or policy, under which shock.
    name: str

    def __str__(self) -> str:
        width = f"{self.half_width:.3g}" if np.isfinite(self.half_width) else "not to be told yet"
        return f"widest half-width {width} ({self.name})"


def widest_interval(
    measures: pd.DataFrame, design: pd.DataFrame, contrasts: Iterable[Contrast], outcome: str
) -> Widest:
    """The widest 95 % interval of an outcome: over all primary contrasts, or over policies when there are none.

    Parameters
    ----------
    measures, design : DataFrame
        As contrasts take them.
    contrasts : iterable of Contrast
        Primary contrasts; only for outcomes that may be contrasted.
    outcome : str
        Name of a measure.
    """
    chosen = [replace(contrast, measures=(outcome,)) for contrast in contrasts] if outcome in MEASURES else []
    if chosen:
        table = estimate_contrasts(measures, design, chosen)
        low, high, names = table["low"], table["high"], table["contrast"]
    else:
        table = summarise(measures, design)
        low, high, names = table[f"{outcome}_low"], table[f"{outcome}_high"], table["policy"]
    half = ((high - low) / 2.0).fillna(np.inf).to_numpy(float)
    if not len(half):
        return Widest(float("inf"), "nothing was compared")
    k = int(half.argmax())
    return Widest(float(half[k]), f"{outcome}, {names.iloc[k]}, {table['shock'].iloc[k]}")


def next_replicates(now: int, widest: Widest, experiment: ExperimentConfig) -> int | None:
    """How many replicates there are to be next; None when there are enough, or as many as there may be."""
    if widest.half_width <= experiment.auto.half_width:
        return None
    return next((total for total in batches_of(experiment) if total > now), None)
