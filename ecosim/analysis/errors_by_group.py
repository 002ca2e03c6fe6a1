"""Whose models err less, and whose more: errors by country, and by population group and income, beside another policy.

Of each declared comparison that asks for errors of models, the same comparison country by country and group by group:
in calm times, and under each shock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis import resilience
from ecosim.analysis.contrasts import FEWEST_CLUSTERS, Contrast
from ecosim.outcomes.measured import POINTS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ecosim.world.health import HealthFacts

#: What a measure is called that asks for errors of models.
ERRORS = "health_error_"
#: Columns of the months by country: error over all people, and in the two groups.
_MEAN, _GROUPS = "health_error_mean", ("health_error_well_recorded", "health_error_badly_recorded")
#: The groups and the steps of income as they are said.
RECORDED = ("well recorded", "badly recorded")
INCOMES = ("high income", "upper middle income", "lower middle income", "low income")
#: What calm times are called in place of a shock.
CALM = ""
#: Columns of both tables after what a row is of.
_SAID = ("people_million", "before", "after", "change", "low", "high", "verdict")
#: Verdicts: surely less by enough to matter, surely more, surely too little to matter; else open.
LESS, MORE, SAME, OPEN = "less", "more", "same", "open"


@dataclass(frozen=True)
class Errors:
    """Errors under the two levels of comparisons; of each a row per shock (:data:`CALM` first) and what it is of."""

    #: ``contrast, shock, country``, then people in million, error against and with the level, the change with its
    #: interval, and what of it is sure.
    countries: pd.DataFrame
    #: The same with ``income`` and ``recorded`` in place of ``country``.
    groups: pd.DataFrame

    def __len__(self) -> int:
        """Rows by country."""
        return len(self.countries)


def asked(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Comparisons that ask for errors of models."""
    return [one for one in contrasts if any(ERRORS in measure for measure in one.measures)]


def errors_by_group(
    months: pd.DataFrame,
    design: pd.DataFrame,
    contrasts: Sequence[Contrast],
    facts: Callable[[Sequence[str]], HealthFacts],
    seeds_per_draw: int = 1,
) -> Errors:
    """Errors of each country and group under both levels of every comparison that asks for them.

    Parameters
    ----------
    months : DataFrame
        ``countries.parquet``: months of every run by country, or their means over replicates.
    design : DataFrame
        Design table.
    contrasts : sequence of Contrast
        The declared comparisons.
    facts : callable
        Gives people and income of countries by their codes.
    seeds_per_draw : int
        Replicates that share a draw of the parameters.

    Returns
    -------
    Errors
        Empty where no comparison asks for errors, or months by country do not hold them.

    Notes
    -----
    Means over the months of the response, paired by replicate. Intervals are at 95 %, each alone, by bootstrap over
    draws, from :data:`~ecosim.analysis.contrasts.FEWEST_CLUSTERS` on. Whether a change is sure stands in ``verdict``: a
    change that surely is less than a quarter point is ``same``. Countries of one income weigh by their people.
    """
    wanted = asked(contrasts)
    if months.empty or not wanted or not {_MEAN, *_GROUPS} <= set(months.columns):
        return _empty()
    cube = _Cube(months)
    known = facts(cube.codes)
    people = np.asarray(known.population_million, dtype=np.float64)
    steps = np.asarray(known.steps_below_high)
    by_country, by_group = [], []
    for contrast in wanted:
        for shock in (CALM, *design["shock"].dropna().unique()):
            sides = [cube.under(_rows(design, contrast, level), str(shock)) for level in _levels(contrast)]
            if any(side is None for side in sides):
                continue
            before, after = (np.asarray(side) for side in sides)
            whole = np.isfinite(before).all(axis=(1, 2)) & np.isfinite(after).all(axis=(1, 2))
            clusters = cube.replicates[whole] // max(1, seeds_per_draw)
            keys = {"contrast": contrast.name, "shock": str(shock)}
            pair = before[whole], after[whole]
            mine = [side[..., 0] for side in pair]
            by_country.append(
                keys | {"country": cube.codes, "people_million": people} | _said(mine[0], mine[1], clusters)
            )
            for step in sorted(set(steps.tolist())):
                there = steps == step
                weight = people[there] / people[there].sum()
                for place, recorded in enumerate(RECORDED, 1):
                    parts = [(side[:, there, place] @ weight)[:, None] for side in pair]
                    who = {"income": [INCOMES[step]], "recorded": [recorded], "people_million": [people[there].sum()]}
                    by_group.append(keys | who | _said(parts[0], parts[1], clusters))
    return Errors(_table(by_country, "country"), _table(by_group, "income", "recorded"))


def _levels(contrast: Contrast) -> tuple[str, str]:
    return contrast.against, contrast.level


def _rows(design: pd.DataFrame, contrast: Contrast, level: str) -> pd.DataFrame:
    """Rows of the design at one level of a comparison."""
    chosen = design[contrast.factor].astype(str) == level
    for factor, value in contrast.where.items():
        chosen &= design[factor].astype(str) == value
    return design[chosen]


class _Cube:
    """Means over the response of every run: replicates, countries, and errors over all and in both groups."""

    def __init__(self, months: pd.DataFrame) -> None:
        import pandas as pd

        every_run = "replicate" in months
        kept = months[months["arm"].isin(("twin", "shocked"))]
        kept = kept if every_run else kept.assign(replicate=0)
        keys = ["arm", "history_id", "design_id", "replicate", "country"]
        means = kept.groupby(keys, dropna=False, observed=True, sort=True)[[_MEAN, *_GROUPS]].mean().reset_index()
        self.codes = [str(code) for code in dict.fromkeys(means["country"])]
        self.replicates: NDArray[np.int64] = np.unique(means["replicate"].to_numpy(dtype=np.int64))
        place = {code: k for k, code in enumerate(self.codes)}
        at = {number: k for k, number in enumerate(self.replicates.tolist())}
        self._runs: dict[tuple[str, int], NDArray[np.float64]] = {}
        values = means[[_MEAN, *_GROUPS]].to_numpy(dtype=np.float64)
        shape = (len(self.replicates), len(self.codes), values.shape[1])
        columns = (means[name].to_numpy() for name in ("arm", "history_id", "design_id", "replicate", "country"))
        for row, (arm, history, point, replicate, country) in enumerate(zip(*columns, strict=True)):
            key = ("twin", int(history)) if arm == "twin" else ("shocked", int(point))
            if arm == "shocked" and pd.isna(point):
                continue
            run = self._runs.setdefault(key, np.full(shape, np.nan))
            run[at[int(replicate)], place[str(country)]] = values[row]

    def under(self, rows: pd.DataFrame, shock: str) -> NDArray[np.float64] | None:
        """(replicates, C, 3): mean over the policies of some rows of the design; None where a run of one is not there.

        Parameters
        ----------
        rows : DataFrame
            Of one level of a comparison.
        shock : str
            Label of a branch, or :data:`CALM`.
        """
        if shock == CALM:
            keys = [("twin", int(history)) for history in rows["history_id"].unique()]
        else:
            keys = [("shocked", int(point)) for point in rows.loc[rows["shock"] == shock, "design_id"]]
        found = [self._runs.get(key) for key in keys]
        known = [run for run in found if run is not None]
        return np.mean(known, axis=0) if known and len(known) == len(found) else None


def _said(
    before: NDArray[np.float64], after: NDArray[np.float64], clusters: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """Both sides, the change with its interval, and what of it is sure; shape (replicates, columns) each."""
    nothing = np.full((before.shape[1], 3), np.nan)
    change = resilience.mean_intervals(after - before, clusters) if len(before) else nothing
    if len(np.unique(clusters)) < FEWEST_CLUSTERS:
        change[:, 1:] = np.nan
    low, high, little = change[:, 1], change[:, 2], POINTS.least
    verdict = np.select(
        [(-little <= low) & (high <= little), high < 0.0, low > 0.0], [SAME, LESS, MORE], default=OPEN
    )  # fmt: skip
    mean = [side.mean(axis=0) if len(side) else nothing[:, 0] for side in (before, after)]
    return {"before": mean[0], "after": mean[1], "change": change[:, 0], "low": low, "high": high, "verdict": verdict}


def _table(parts: Sequence[Mapping[str, Any]], *of: str) -> pd.DataFrame:
    import pandas as pd

    names = ["contrast", "shock", *of, *_SAID]
    if not parts:
        return pd.DataFrame(columns=names)
    return pd.concat([pd.DataFrame(dict(part)) for part in parts], ignore_index=True)[names]


def _empty() -> Errors:
    return Errors(_table([], "country"), _table([], "income", "recorded"))


def ends_of(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that surely err less, and those that surely err more, of each the largest change first."""
    less, more = (rows[rows["verdict"] == word] for word in (LESS, MORE))
    return less.sort_values("change", kind="stable"), more.sort_values("change", ascending=False, kind="stable")
