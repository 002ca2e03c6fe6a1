"""What a run says of AI for health: without the shock and with it, of the whole world or of one country."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a run's months on health, in words, and by how much they are multiplied: shares are in percent. Mean,
#: worst group and gap stand together: a gap that closes because the best lose would otherwise look like progress.
COLUMNS: dict[str, tuple[str, float]] = {
    "health_error_mean": ("error of models, %", 100.0),
    "health_error_worst_group": ("the same, worst group, %", 100.0),
    "health_error_gap": ("worst less best group, %", 100.0),
    "health_harmed": ("better off with its own, %", 100.0),
    "health_adoption": ("decisions with a model, %", 100.0),
    "health_benefit": ("decisions put right a month", 1.0),
    "detection_days": ("days to know of an outbreak", 1.0),
    "lead_time_days": ("days before one arrives", 1.0),
    "infections_avoided": ("infections avoided a month", 1.0),
    "health_dependence": ("on the largest provider, %", 100.0),
    "health_capability": ("local capability, %", 100.0),
}


def health_lines(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """A table of means over months without and with a shock; nothing where health was not followed.

    Parameters
    ----------
    before, after : DataFrame
        Months of the response without and with the shock, with the columns of :data:`COLUMNS`.
    """
    if before.empty or after.empty or not set(COLUMNS) <= set(before.columns):
        return []
    lines = [f"  {'AI for health':<28}{'without it':>12}{'with it':>12}{'change':>12}"]
    for column, (said, times) in COLUMNS.items():
        one, other = (times * float(side[column].mean()) for side in (before, after))
        lines.append(f"  {said:<28.28}{one:>12,.1f}{other:>12,.1f}{other - one:>+12,.1f}")
    return lines


def world_health(series: pd.DataFrame, announcement: int, design_id: int) -> list[str]:
    """The same for the whole world, from the announcement of the shock on.

    Parameters
    ----------
    series : DataFrame
        Monthly outcomes of every arm of a run.
    announcement : int
        Month in which the shock is announced.
    design_id : int
        Of the run with the shock.
    """
    if not set(COLUMNS) <= set(series.columns):
        return []
    months = series[series["month"] >= announcement]
    shocked = months[(months["arm"] == "shocked") & (months["design_id"] == design_id)]
    return health_lines(months[months["arm"] == "twin"], shocked)


def calm_health(series: pd.DataFrame, announcement: int) -> list[str]:
    """Health of a world without shocks, in the months after the calm ones."""
    if not set(COLUMNS) <= set(series.columns):
        return []
    months = series[(series["month"] >= announcement) & (series["arm"] == "twin")]
    lines = [f"  {'AI for health':<28}{'a month':>12}"]
    return lines + [
        f"  {said:<28.28}{times * float(months[column].mean()):>12,.1f}" for column, (said, times) in COLUMNS.items()
    ]
