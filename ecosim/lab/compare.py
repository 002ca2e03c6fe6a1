"""Two scenarios side by side: each lives through the same chance, and what differs is what they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.naming import MEANINGS
from ecosim.config.timeline import burn_in_for
from ecosim.errors import InputError, nearest_name, shown
from ecosim.report.results import RunResult
from ecosim.scenario import Scenario, with_overrides

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ecosim.lab.branches import UnitResult

#: Pairs of runs below which an interval says nothing.
FEWEST_PAIRS = 5
#: Replicates unless told: enough for an interval, few enough to wait for.
REPLICATES = 6
#: Most differences between two scenarios that are named one by one.
_MOST_NAMED = 6
#: What is compared: measures of a sweep, with the first scenario for the reference policy.
COMPARED = (
    "sustained_collaboration", "sustained_output", "worst_year_collaboration", "delivered_output",
    "baseline_cost_collaboration", "baseline_cost_output",
)  # fmt: skip
#: Parts of a timeline that two scenarios must share, or their months are not the same months.
_SAME_DATES = ("start", "calm_months", "calm_jitter_months", "response_months")
_MONTHS_BEFORE = 12


@dataclass
class Comparison:
    """Two scenarios with their runs: ``.text()``, ``.plot()``, ``.table``."""

    #: What the two are called.
    names: tuple[str, str]
    #: Runs of both: ``scenario``, then the columns of :attr:`ecosim.report.results.RunResult.runs`.
    runs: pd.DataFrame = field(repr=False)
    #: Monthly outcomes of both, in the same way.
    series: pd.DataFrame = field(repr=False)
    #: What differs: dotted key to the value in either.
    differences: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @cached_property
    def per_replicate(self) -> pd.DataFrame:
        """A row per scenario and replicate that finished in both: the measures of :data:`COMPARED`."""
        import pandas as pd

        good = self.runs[self.runs["status"] == "ok"]
        arms = {
            (name, arm): part.drop_duplicates("replicate").set_index("replicate")
            for (name, arm), part in good.groupby(["scenario", "arm"])
        }
        blank = good.iloc[:0].set_index("replicate")
        twins = [arms.get((name, "twin"), blank) for name in self.names]
        # without a shock, what happens is what happens in the twin
        shocked = [arms.get((name, "shocked"), blank) if name in self._with_shocks else twin
                   for name, twin in zip(self.names, twins, strict=True)]  # fmt: skip
        shared = twins[0].index
        for table in (*twins, *shocked):
            shared = shared.intersection(table.index)
        first = twins[0].loc[shared]
        rows = []
        for name, calm, hit in zip(self.names, twins, shocked, strict=True):
            twin, own = calm.loc[shared], hit.loc[shared]
            row = pd.DataFrame({"scenario": name, "replicate": shared})
            for column in ("collaboration", "output"):
                area = f"area_{column}"
                row[f"sustained_{column}"] = _ratio(own[area], twin[area])
                row[f"baseline_cost_{column}"] = 1.0 - _ratio(twin[area], first[area])
            row["delivered_output"] = _ratio(own["area_output"], first["area_output"])
            hit_at_all = name in self._with_shocks
            row["worst_year_collaboration"] = own["worst_year_collaboration"].to_numpy() if hit_at_all else 1.0
            rows.append(row[["scenario", "replicate", *COMPARED]])
        return pd.concat(rows, ignore_index=True)

    @property
    def _with_shocks(self) -> set[str]:
        return set(self.runs.loc[self.runs["arm"] == "shocked", "scenario"])

    @property
    def replicates(self) -> int:
        """Replicates that finished in both."""
        return len(self.per_replicate) // 2

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per measure: ``measure``, ``meaning``, the mean in either scenario, ``difference``, ``low``, ``high``.

        The difference is the second less the first, replicate by replicate; between ``low`` and ``high`` the mean
        difference lies with 95 % confidence (Student's t; blank below :data:`FEWEST_PAIRS` replicates).
        """
        import pandas as pd
        from scipy.stats import t

        both = [self.per_replicate[self.per_replicate["scenario"] == name] for name in self.names]
        rows = []
        for measure in COMPARED:
            first, second = (table[measure].to_numpy(dtype=float) for table in both)
            difference = second - first
            difference = difference[np.isfinite(difference)]
            half = float("nan")
            if len(difference) >= FEWEST_PAIRS:
                error = difference.std(ddof=1) / np.sqrt(len(difference))
                half = float(t.ppf(0.975, len(difference) - 1) * error)
            mean = float(difference.mean()) if len(difference) else float("nan")
            rows.append({
                "measure": measure, "meaning": MEANINGS[measure], self.names[0]: _mean(first),
                self.names[1]: _mean(second), "difference": mean, "low": mean - half, "high": mean + half,
            })  # fmt: skip
        return pd.DataFrame(rows)

    def text(self) -> str:
        """The comparison in words."""
        first, second = self.names
        lines = [f"{first} beside {second}, {self.replicates} {'replicate' if self.replicates == 1 else 'replicates'}."]
        named = list(self.differences.items())
        lines += [f"  {key}: {shown(one)} | {shown(other)}" for key, (one, other) in named[:_MOST_NAMED]]
        if len(named) > _MOST_NAMED:
            lines.append(f"  and {len(named) - _MOST_NAMED} more differences")
        if not self.replicates:
            return "\n".join([*lines, "No replicate finished in both; column `error` of `.runs` says why."])
        rows: dict[str, dict[str, Any]] = {
            row["measure"]: {str(key): value for key, value in row.items()} for row in self.table.to_dict("records")
        }
        for column in ("collaboration", "output"):
            row = rows[f"baseline_cost_{column}"]
            lines.append(f"Without shocks: {second} has {_beside(row, column)} than {first}.")
        for column in ("collaboration", "output"):
            row = rows[f"sustained_{column}"]
            lines.append(
                f"Under shocks: {first} keeps {100 * row[first]:.1f} % of its {column}, {second} "
                f"{100 * row[second]:.1f} % of its own: {_points(row)}."
            )
        row = rows["delivered_output"]
        lines.append(
            f"Both together: under shocks {second} has {100 * row[second]:.1f} % of the output that {first} has "
            f"without, {first} {100 * row[first]:.1f} %: {_points(row)}."
        )
        failed = int((self.runs["status"] != "ok").sum())
        if failed:
            lines.append(f"{failed} of {len(self.runs)} runs failed; column `error` of `.runs` says why.")
        if self.replicates < FEWEST_PAIRS:
            lines.append(f"So few replicates tell no difference from chance; `replicates={FEWEST_PAIRS}` or more do.")
        else:
            lines.append("In brackets: where the mean difference lies with 95 % confidence.")
        return "\n".join(lines)

    def plot(self, outcome: str = "collaboration", ax: Axes | None = None) -> Axes:
        """One outcome of both over time, mean over replicates: with the shocks, and (dashed) without.

        Raises
        ------
        InputError
            If there is no such outcome, or nothing finished.
        """
        from ecosim.plots import compared_curves

        outcomes = [name for name in self.series.columns if name not in _KEYS]
        if not outcomes:
            raise InputError("plot", outcome, problem="no run finished, so there is nothing to draw")
        if outcome not in outcomes:
            near = nearest_name(str(outcome), outcomes)
            raise InputError("outcome", outcome, ", ".join(outcomes[:20]), near, problem="unknown")
        return compared_curves(self.series, self.runs, self.names, outcome, before=_MONTHS_BEFORE, ax=ax)

    def _repr_html_(self) -> str:
        """Words and curves, as a notebook shows them."""
        from ecosim.report.notebook import as_html

        picture = None if self.series.empty else self.plot()
        return as_html(self.text(), picture, "Collaboration of both over time, with and without shocks")


_KEYS = frozenset({"scenario", "design_id", "history_id", "replicate", "seed", "arm", "month"})


def compare(
    first: Scenario | RunResult,
    second: Scenario | RunResult,
    *,
    replicates: int = REPLICATES,
    names: tuple[str, str] | None = None,
    processes: int | None = None,
    quiet: bool = True,
) -> Comparison:
    """Set two scenarios beside each other, under the same chance.

    Parameters
    ----------
    first, second : Scenario or RunResult
        Two scenarios from :func:`ecosim.compose`, which are simulated; or two results of :func:`ecosim.simulate`, which
        are taken as they are.
    replicates : int
        Simulated histories of each scenario; the k-th of both share their random numbers.
    names : (str, str), optional
        What the two are called; by default what differs.
    processes : int, optional
        Worker processes; by default one per processor, 0 for none.
    quiet : bool
        False shows progress on the error stream.

    Raises
    ------
    InputError
        If the two are the same, if their seeds or dates differ, or if something cannot be simulated.

    Examples
    --------
    >>> import ecosim
    >>> narrow, broad = (ecosim.compose("shocks=programme_exclusion", f"programme={name}")
    ...                  for name in ("narrow", "broad"))  # doctest: +SKIP
    >>> ecosim.compare(narrow, broad).plot()  # doctest: +SKIP
    """
    pair = (first, second)
    for key, one in zip(("first", "second"), pair, strict=True):
        if not isinstance(one, (Scenario, RunResult)):
            raise InputError(
                key, type(one).__name__, problem="cannot be compared",
                allowed="a Scenario (ecosim.compose) or a result of ecosim.simulate; policies of one sweep have "
                "result.compare()",
            )  # fmt: skip
    if isinstance(first, RunResult) != isinstance(second, RunResult):
        raise InputError("compare", problem="a scenario and a result", allowed="two scenarios, or two results")
    if isinstance(replicates, bool) or not isinstance(replicates, int) or not 1 <= replicates <= 10_000:
        raise InputError("replicates", replicates, allowed="a whole number from 1 to 10000")
    scenarios = [one if isinstance(one, Scenario) else one.scenario for one in pair]
    differences = _differences(*scenarios)
    if not differences:
        raise InputError("compare", problem="both scenarios are the same", allowed="two that differ")
    _check_shared(*scenarios)
    labels = _names(names, differences)
    if isinstance(first, RunResult) and isinstance(second, RunResult):
        tables = [(first.runs, first.series), (second.runs, second.series)]
        _check_dates(*(runs for runs, _ in tables))
    else:
        tables = _simulated(scenarios, replicates, processes, quiet)
    return _put_together(labels, tables, differences)


def _differences(first: Scenario, second: Scenario) -> dict[str, tuple[Any, Any]]:
    from ecosim.scenario import as_plain

    return dict(_walk(as_plain(first), as_plain(second), ""))


def _walk(one: Mapping[str, Any], other: Mapping[str, Any], inside: str) -> list[tuple[str, tuple[Any, Any]]]:
    found: list[tuple[str, tuple[Any, Any]]] = []
    for name in dict.fromkeys([*one, *other]):
        before, after = one.get(name), other.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += _walk(before, after, f"{inside}{name}.")
        elif before != after:
            # a shock that only one of them has is one difference
            named = [None if value is None else "yes" if isinstance(value, Mapping) else value
                     for value in (before, after)]  # fmt: skip
            found.append((f"{inside}{name}", (named[0], named[1])))
    return found


def _check_shared(first: Scenario, second: Scenario) -> None:
    """Refuse two scenarios that do not live through the same chance in the same months."""
    for key, one, other in (
        ("seed", first.seed, second.seed),
        ("replicate", first.replicate, second.replicate),
        *((f"timeline.{name}", getattr(first.timeline, name), getattr(second.timeline, name)) for name in _SAME_DATES),
    ):
        if one != other:
            raise InputError(key, other, problem=f"is {shown(one)} in the first scenario", allowed="the same in both")


def _check_dates(first: pd.DataFrame, second: pd.DataFrame) -> None:
    for key in ("announcement_month", "observation_end_month"):
        values = [table[key].dropna().iloc[0] for table in (first, second) if key in table and table[key].notna().any()]
        if len(values) == 2 and values[0] != values[1]:
            raise InputError(
                "timeline.burn_in_months", problem=f"the two results differ in their {key.replace('_', ' ')}",
                allowed="the same burn-in in both; compare the scenarios, and they get it",
            )  # fmt: skip


def _names(given: tuple[str, str] | None, differences: Mapping[str, tuple[Any, Any]]) -> tuple[str, str]:
    if given is not None:
        if len(given) != 2 or not all(isinstance(name, str) and name for name in given) or given[0] == given[1]:
            raise InputError("names", given, allowed="two different names")
        return given[0], given[1]
    if len(differences) == 1:
        key, (one, other) = next(iter(differences.items()))
        short = key.rpartition(".")[2].replace("_", " ")
        names = f"{short} {shown(one, 30)}", f"{short} {shown(other, 30)}"
        if names[0] != names[1]:
            return names
    return "the first", "the second"


def _simulated(
    scenarios: Sequence[Scenario], replicates: int, processes: int | None, quiet: bool
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Runs and months of both scenarios, over the same replicates."""
    import pandas as pd

    from ecosim.lab.branches import run_unit
    from ecosim.lab.check import check
    from ecosim.lab.design import make_plan
    from ecosim.lab.runner import warm_kernels, worker_count
    from ecosim.lab.settings import RunnerConfig
    from ecosim.lab.workers import Workers
    from ecosim.processes import plugin_files
    from ecosim.progress import Progress

    # both reach the same month before anything happens, long enough for the longer cycle of calls
    burn_in = max(burn_in_for(one.longest_gap_months) for one in scenarios)
    payloads: list[dict[str, Any]] = []
    for scenario in scenarios:
        check(scenario)
        own = scenario
        if scenario.timeline.burn_in_months is None:
            own = with_overrides(scenario, {"timeline.burn_in_months": burn_in})
        plan = make_plan(_single_request(own)).with_replicates(replicates)
        payloads += [plan.payload(unit) | {"countries": False, "pairs": False} for unit in plan.units]
    count = worker_count(RunnerConfig(processes=processes), len(payloads))
    warm_kernels(quiet=quiet)
    with Progress("comparing", len(payloads), quiet=quiet) as progress, Workers(count, plugin_files()) as workers:
        results: list[UnitResult] = workers.map(run_unit, payloads, progress.update)
    tables = []
    for part in (results[:replicates], results[replicates:]):
        months = [pd.DataFrame(run) for one in part for run in one.series]
        runs = pd.DataFrame([row for one in part for row in one.runs])
        tables.append((runs, pd.concat(months, ignore_index=True) if months else pd.DataFrame()))
    return tables


def _single_request(scenario: Scenario) -> Any:
    from ecosim.lab.compose import Request
    from ecosim.lab.settings import ExperimentConfig, OutputConfig, PlaceboConfig, RunnerConfig

    experiment = ExperimentConfig(
        branches={"all": tuple(scenario.shocks)} if scenario.shocks else None,
        placebos=PlaceboConfig(organisation="none"),
    )
    return Request(scenario, experiment, RunnerConfig(), OutputConfig())


def _put_together(
    names: tuple[str, str], tables: Sequence[tuple[pd.DataFrame, pd.DataFrame]],
    differences: dict[str, tuple[Any, Any]],
) -> Comparison:  # fmt: skip
    import pandas as pd

    runs = pd.concat([table.assign(scenario=name) for name, (table, _) in zip(names, tables, strict=True)],
                     ignore_index=True)  # fmt: skip
    months = [table.assign(scenario=name) for name, (_, table) in zip(names, tables, strict=True) if len(table)]
    series = pd.concat(months, ignore_index=True) if months else pd.DataFrame()
    first = [name for name in ("scenario",) if name in series]
    return Comparison(
        names, runs[["scenario", *(c for c in runs if c != "scenario")]],
        series[[*first, *(c for c in series if c != "scenario")]], differences,
    )  # fmt: skip


def _ratio(above: pd.Series, below: pd.Series) -> np.ndarray:
    over, under = above.to_numpy(dtype=float), below.to_numpy(dtype=float)
    return np.divide(over, under, out=np.full_like(over, np.nan), where=under > 0.0)


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _interval(low: float, high: float) -> str:
    return f" [{100 * low:+.1f} to {100 * high:+.1f}]" if np.isfinite(low) and np.isfinite(high) else ""


def _beside(row: Mapping[str, Any], column: str) -> str:
    """``2.1 % more output [+1.0 to +3.2]``, of what is given up in calm times."""
    share = -float(row["difference"])
    size = f"{abs(100 * share):.1f} % {'more' if share >= 0 else 'less'}"
    return f"{size} {column}{_interval(-float(row['high']), -float(row['low']))}"


def _points(row: Mapping[str, Any]) -> str:
    """``0.8 points more [+0.1 to +1.5]``."""
    size = float(row["difference"])
    return f"{abs(100 * size):.1f} points {'more' if size >= 0 else 'less'}{_interval(row['low'], row['high'])}"
