"""Up to which dose of money each instrument brings more than the same money left where it was.

What is asked of every step is its *marginal* gain: this dose beside the one below it, paired within draws. Money that
an instrument takes is taken from grants, so a gain above zero says that the last euro did more there than in a grant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecosim.analysis.contrasts import FEWEST_CLUSTERS, simultaneous_intervals

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.analysis.doses import Dose

#: What a step is judged by: delivered, so that what the money costs in calm times counts too.
MEASURES: tuple[str, ...] = ("delivered_output", "delivered_collaboration")
#: Columns of the table of steps.
STEPS: tuple[str, ...] = ("measure", "line", "before", "level", "gain", "low", "high", "share_gaining", "draws")
#: Columns of the table of lines.
LINES: tuple[str, ...] = (
    "measure", "line", "pays_to", "stops_at", "loses_from", "first_gain", "first_low", "first_high", "draws",
)  # fmt: skip


def marginal_gains(measures: pd.DataFrame, dose: Dose) -> pd.DataFrame:
    """What every step of every line adds to the one below it.

    Parameters
    ----------
    measures : DataFrame
        From :func:`ecosim.analysis.measures.per_replicate`.
    dose : Dose
        A line per instrument, each with a lowest step that all share (no money).

    Returns
    -------
    DataFrame
        Columns of :data:`STEPS`: the gain from the level ``before`` to this ``level``, mean over shocks and draws, with
        intervals that hold together for all steps of all lines with 95 % confidence; and the share of draws in which it
        is above zero.
    """
    import pandas as pd

    steps = dose.steps.sort_values(["line", "level"], kind="stable")
    lines = {str(line): part for line, part in steps.groupby("line", sort=False)}
    frames = []
    for measure in MEASURES:
        each = measures.pivot_table(index="cluster", columns="design_id", values=measure, aggfunc="mean")
        each = each.reindex(columns=sorted(set(steps["design_id"]))).dropna()
        keys, gains = [], []
        for line, part in lines.items():
            # one design point a shock: a level is their mean
            known = sorted({float(level) for level in part["level"].to_numpy()})
            levels = {level: each[list(part.loc[part["level"] == level, "design_id"])].mean(axis=1) for level in known}
            for before, level in zip(list(levels)[:-1], list(levels)[1:], strict=True):
                keys.append((measure, line, before, level))
                gains.append((levels[level] - levels[before]).to_numpy())
        found = simultaneous_intervals(np.column_stack(gains) if gains else np.empty((0, 0)))
        enough = len(each) >= FEWEST_CLUSTERS
        for k, key in enumerate(keys):
            low, high = (found.low[k], found.high[k]) if enough else (np.nan, np.nan)
            share = float((gains[k] > 0.0).mean()) if len(each) else np.nan
            frames.append((*key, found.estimate[k], low, high, share, len(each)))
    return pd.DataFrame(frames, columns=list(STEPS))


def where_it_stops(steps: pd.DataFrame) -> pd.DataFrame:
    """Of every line, up to where it surely pays.

    Parameters
    ----------
    steps : DataFrame
        From :func:`marginal_gains`.

    Returns
    -------
    DataFrame
        Columns of :data:`LINES`, best first. ``pays_to`` is the highest dose up to which every step surely adds (0
        where the first does not); ``stops_at`` the first dose whose step no longer surely does (blank where all do);
        ``loses_from`` the first dose whose step surely takes away (blank where none does). ``first_*`` are the first
        step's gain and interval.
    """
    import pandas as pd

    rows = []
    for (measure, line), part in steps.groupby(["measure", "line"], sort=False):
        part = part.sort_values("level")
        sure = (part["low"] > 0.0).to_numpy()
        upto = int(sure.argmin()) if not sure.all() else len(sure)
        losing = part.loc[part["high"] < 0.0, "level"]
        first = part.iloc[0]
        rows.append((
            measure, line, float(part["level"].iloc[upto - 1]) if upto else float(first["before"]),
            float(part["level"].iloc[upto]) if upto < len(part) else np.nan,
            float(losing.iloc[0]) if len(losing) else np.nan, first["gain"], first["low"], first["high"],
            first["draws"],
        ))  # fmt: skip
    table = pd.DataFrame(rows, columns=list(LINES))
    order = {measure: place for place, measure in enumerate(MEASURES)}
    return (
        table.assign(place=table["measure"].map(order))
        .sort_values(["place", "pays_to", "first_gain"], ascending=[True, False, False], kind="stable")
        .drop(columns="place")
        .reset_index(drop=True)
    )
