"""What an experiment gives in steps, and the response: work kept at each step, paired with the step it is judged by.

A dose is a factor or an uncertainty with three or more numbers for levels; money on one key after another, in the
levels of a factor; or how many shocks of a sequence act.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import FEWEST_CLUSTERS, simultaneous_intervals
from ecosim.analysis.measures import factor_columns, uncertainty_columns

if TYPE_CHECKING:
    import pandas as pd

#: Steps that make a dose.
FEWEST_STEPS = 3
#: Lines that can be told apart; with more, only the reference policy's is kept.
MOST_LINES = 4
#: Doses told and drawn; uncertainties beyond as many are a matter of sensitivity.
MOST_DOSES = 3
#: A number, perhaps with words after it: "4", "0.25", "3 months between calls"; not "2-4 countries".
_NUMBER = re.compile(r"([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?:\s+\D*)?")


@dataclass(frozen=True)
class Dose:
    """Something given in steps."""

    #: What is given.
    name: str
    #: A row per step: ``design_id, shock, line, level``, and ``base``, the design point the step is judged by.
    steps: pd.DataFrame

    @property
    def lines(self) -> list[str]:
        """Names of the lines, in their order."""
        return list(dict.fromkeys(self.steps["line"]))

    @property
    def shocks(self) -> list[str]:
        """Labels of the panels, in their order."""
        return list(dict.fromkeys(self.steps["shock"]))


def level_number(label: Any) -> float:
    """The number a level is, or begins with before its words; not-a-number when it is none.

    Examples
    --------
    >>> level_number("3 months between calls"), level_number(0.25), level_number("2-4 countries")
    (3.0, 0.25, nan)
    """
    found = _NUMBER.fullmatch(str(label).strip())
    return float(found[1]) if found else float("nan")


def lever_doses(policies: pd.DataFrame, factors: Mapping[str, Any], scenario: Mapping[str, Any]) -> list[Dose]:
    """Every dose among the levers and branches of an experiment.

    Parameters
    ----------
    policies : DataFrame
        The design table, without its points where every policy met every point.
    factors : mapping
        The experiment's factors as they were written.
    scenario : mapping
        The scenario as plain data: what a key is where no level sets it.
    """
    shocked = policies[policies["shock"].notna()]
    if shocked.empty:
        return []
    levers, unchosen = factor_columns(shocked), uncertainty_columns(shocked)
    found = []
    for name in levers:
        along = _along(shocked, name, [*levers, *unchosen])
        found.append(along or (None if unchosen else _money(shocked, name, factors.get(name), scenario, levers)))
    if not unchosen:
        found.append(_sequence(shocked))
    return [dose for dose in found if dose is not None]


def uncertain_doses(design: pd.DataFrame) -> list[Dose]:
    """Every dose among the uncertainties of an experiment, each with a line per policy.

    Parameters
    ----------
    design : DataFrame
        The design table with its points. An uncertainty counts where it has steps with all others held.
    """
    shocked = design[design["shock"].notna()]
    if shocked.empty:
        return []
    levers, unchosen = factor_columns(shocked), uncertainty_columns(shocked)
    found = []
    for name in unchosen:
        dose = _along(shocked, name, [*levers, *unchosen], across=True)
        if dose is not None:
            steps = shocked[shocked["design_id"].isin(dose.steps["design_id"])]
            if all(steps[other].nunique() == 1 for other in unchosen if other != name):
                found.append(dose)
    return found


def _along(design: pd.DataFrame, name: str, varied: list[str], *, across: bool = False) -> Dose | None:
    """A factor or uncertainty with numbers for levels; a line for each combination of everything else.

    A level without any figure in its name, such as what is observed, is no step and stands beside the others.
    """
    design = design[design[name].astype(str).str.contains(r"\d")]
    level = design[name].map(level_number)
    if level.isna().any() or level.nunique() < FEWEST_STEPS:
        return None
    others = [other for other in varied if other != name]
    line = design[others].astype(str).agg(", ".join, axis=1) if others else ""
    steps = design[["design_id", "shock", "reference"]].assign(line=line, level=level)
    steps = steps[steps.groupby(["shock", "line"])["level"].transform("nunique") >= FEWEST_STEPS]
    if steps.empty:
        return None
    steps = _few_lines(steps)
    return Dose(name, _judged(steps, across=across and steps["line"].nunique() > 1))


def _money(design: pd.DataFrame, name: str, levels: Any, scenario: Mapping[str, Any], levers: list[str]) -> Dose | None:
    """Levels of one factor that set one key alone, such as an instrument's money: a line per key."""
    import pandas as pd

    reference = design[design["reference"]].iloc[0]
    if not isinstance(levels, Mapping) or not isinstance(levels.get(reference[name]), Mapping):
        return None
    base = levels[reference[name]]
    keys: dict[str, dict[str, float]] = {}
    for label, changes in levels.items():
        differ = {key for key in {*base, *changes} if _value(key, changes, scenario) != _value(key, base, scenario)}
        if len(differ) == 1:
            key = differ.pop()
            if not _is_number(_value(key, base, scenario)) or not _is_number(_value(key, changes, scenario)):
                continue
            found = keys.setdefault(key, {str(reference[name]): float(_value(key, base, scenario))})
            found[str(label)] = float(_value(key, changes, scenario))
    keys = {key: found for key, found in keys.items() if len(found) >= FEWEST_STEPS}
    if not keys or len({key.rpartition(".")[2] for key in keys}) > 1:
        return None
    for other in levers:
        design = design if other == name else design[design[other] == reference[other]]
    parts = [
        design[design[name].isin(found)].assign(line=key.split(".")[-2], level=design[name].map(found))
        for key, found in keys.items()
    ]
    steps = pd.concat(parts)[["design_id", "shock", "reference", "line", "level"]]
    return Dose(next(iter(keys)).rpartition(".")[2], _judged(steps, across=False))


def _value(key: str, changes: Mapping[str, Any], scenario: Mapping[str, Any]) -> Any:
    if key in changes:
        return changes[key]
    inside: Any = scenario
    for part in key.split("."):
        inside = inside.get(part) if isinstance(inside, Mapping) else None
    return inside


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _sequence(design: pd.DataFrame) -> Dose | None:
    """How many shocks act, where each branch has all those of the one before: a line per policy."""
    branches = {shock: set(names.split(" + ")) for shock, names in zip(design["shock"], design["shocks"], strict=True)}
    ordered = sorted(branches.values(), key=len)
    nested = all(one < other for one, other in itertools.pairwise(ordered))
    if len(ordered) < FEWEST_STEPS or not nested:
        return None
    steps = design[["design_id", "reference"]].assign(
        shock="", line=design["policy"], level=design["shock"].map(lambda shock: float(len(branches[shock])))
    )
    steps = _few_lines(steps)
    return Dose("shocks one after the other", _judged(steps, across=steps["line"].nunique() > 1))


def _few_lines(steps: pd.DataFrame) -> pd.DataFrame:
    """All lines, or the reference policy's alone when they are too many to be told apart."""
    if steps["line"].nunique() <= MOST_LINES:
        return steps
    own = steps.loc[steps["reference"], "line"]
    return steps[steps["line"] == (own.iloc[0] if len(own) else steps["line"].iloc[0])]


def _judged(steps: pd.DataFrame, *, across: bool) -> pd.DataFrame:
    """The steps with the design point each is judged by.

    Parameters
    ----------
    steps : DataFrame
        ``design_id, shock, reference, line, level``.
    across : bool
        Whether lines are judged by the reference policy's at the same step; if not, each step by its own line's
        reference step (the lowest when the reference policy is none of them).
    """
    steps = steps.sort_values(["shock", "line", "level"], kind="stable", key=_order_or_number)
    reference = steps[steps["reference"]]
    if across:
        bases = reference.drop_duplicates(["shock", "level"]).set_index(["shock", "level"])["design_id"]
        return steps.assign(base=[bases.get(key, -1) for key in zip(steps["shock"], steps["level"], strict=True)])
    level = reference["level"].iloc[0] if len(reference) else np.nan
    first = steps.groupby(["shock", "line"], sort=False)["level"].transform("min")
    own = steps.assign(base_level=first if np.isnan(level) else level)
    ids = steps.drop_duplicates(["shock", "line", "level"]).set_index(["shock", "line", "level"])["design_id"]
    keys = zip(own["shock"], own["line"], own["base_level"], strict=True)
    return steps.assign(base=[ids.get(key, -1) for key in keys])


def _order_or_number(column: pd.Series) -> pd.Series:
    """Numbers as they are, names in the order they came."""
    if column.name == "level":
        return column
    places = {name: place for place, name in enumerate(dict.fromkeys(column))}
    return column.map(places)


def dose_response(measures: pd.DataFrame, dose: Dose, measure: str = "delivered_output") -> pd.DataFrame:
    """The response at every step.

    Parameters
    ----------
    measures : DataFrame
        A row per design point and replicate, from :func:`ecosim.analysis.measures.per_replicate`.
    dose : Dose
        One of :func:`lever_doses` or :func:`uncertain_doses`.
    measure : str
        A share of work.

    Returns
    -------
    DataFrame
        The steps with ``clusters``, ``value`` (mean over the replicates that all steps of the panel have), and
        ``difference`` from the step's base, paired within replicates, with ``low, high`` that hold together within a
        panel; blank for a base itself and with too few draws for an interval.
    """
    import pandas as pd

    parts = []
    for _, steps in dose.steps.groupby("shock", sort=False):
        rows = measures[measures["design_id"].isin({*steps["design_id"], *steps["base"]})]
        table = rows.pivot_table(index="cluster", columns="design_id", values=measure)
        table = table.reindex(columns=sorted({*steps["design_id"], *steps["base"]} - {-1})).dropna()
        new = {name: np.full(len(steps), np.nan) for name in ("value", "difference", "low", "high")}
        if len(table):
            new["value"] = table.mean().loc[steps["design_id"]].to_numpy()
        apart = np.flatnonzero((steps["base"] != steps["design_id"]) & (steps["base"] != -1))
        if len(table) and len(apart):
            mine = steps.iloc[apart]
            pairs = simultaneous_intervals(table[mine["design_id"]].to_numpy() - table[mine["base"]].to_numpy())
            new["difference"][apart] = pairs.estimate
            if len(table) >= FEWEST_CLUSTERS:
                new["low"][apart], new["high"][apart] = pairs.low, pairs.high
        parts.append(steps.assign(clusters=len(table), **new))
    return pd.concat(parts, ignore_index=True)
