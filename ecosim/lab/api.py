"""Simulate, sweep, load: the lab from Python and from the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.analysis.common_numbers import common_numbers_table
from ecosim.analysis.contrasts import MEASURES as CONTRASTED
from ecosim.analysis.contrasts import Contrast, contrast_values, contrasts_of, estimate_contrasts
from ecosim.analysis.measures import MEASURES, POINT, factor_columns, over_points, per_replicate, summarise
from ecosim.analysis.measures import design_over_points as _design_over_points
from ecosim.analysis.ranking import draws_matrix
from ecosim.errors import InputError, nearest_name
from ecosim.lab import answer
from ecosim.lab.branches import run_unit
from ecosim.lab.compose import Request, as_plain, compose_plain, make_request
from ecosim.lab.design import Plan, Unit, make_plan
from ecosim.lab.enough import next_replicates, widest_interval
from ecosim.lab.estimate import probe
from ecosim.lab.points import BY_CHANCE, COUNTED, POINTS, Input, Problem, problem_of
from ecosim.lab.progress import Progress, duration, say
from ecosim.lab.runner import fill, warm_kernels, worker_count
from ecosim.lab.settings import ExperimentConfig, OutputConfig, RunnerConfig
from ecosim.lab.store import MANIFEST, Store, design_table, newest, seconds_since

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ecosim.analysis.doses import Dose
    from ecosim.analysis.ranking import Importance
    from ecosim.scenario import Scenario

#: Policies above which a sweep draws no figures of its own; `ecosim report` may still be asked for them.
_MOST_DRAWN = 40
#: What :meth:`SweepResult.compare` compares unless told.
COMPARED = ("delivered", "baseline", "sustained")
#: Experiment of a sweep that names none.
DEFAULT_EXPERIMENT = "headline"


@dataclass
class SweepResult:
    """Results of a sweep, read from its folder when first looked at."""

    folder: Path
    manifest: dict[str, Any] = field(repr=False)

    @cached_property
    def design(self) -> pd.DataFrame:
        """A row per design point: ids, shock, levels of every factor."""
        return self._table("design")

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per run: keys, status, scalar outcomes."""
        return self._table("runs")

    @cached_property
    def series(self) -> pd.DataFrame:
        """Monthly outcomes of every run; empty when they were not kept."""
        import pandas as pd

        return self._table("series") if (self.folder / "series.parquet").exists() else pd.DataFrame()

    @cached_property
    def draws(self) -> pd.DataFrame:
        """What was drawn: ``replicate, draw, parameter, value``; empty when parameters kept their values."""
        import pandas as pd

        if (self.folder / "draws.parquet").exists():
            return self._table("draws")
        return pd.DataFrame(columns=["replicate", "draw", "parameter", "value"])

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Every measure of resilience, per policy, shock and replicate (and point, when the design has points)."""
        return per_replicate(self.runs, self.design, int(self._experiment.get("seeds_per_draw", 1)))

    @cached_property
    def points(self) -> pd.DataFrame:
        """Rows of the design in their order: ``point``, value of every input, coordinates; empty without points."""
        import pandas as pd

        return pd.read_parquet(self.folder / POINTS) if self._laid else pd.DataFrame({POINT: []})

    @cached_property
    def problem(self) -> Problem:
        """What an analysis of sensitivity needs to know of the design."""
        return problem_of(self.folder, self.manifest)

    def outcome(self, measure: str, shock: str, policy: str | None = None) -> pd.Series:
        """Mean of a measure over replicates for every row of the design, in the order its analysis needs.

        Parameters
        ----------
        measure : str
            Name of a measure.
        shock : str
            Label of the branch.
        policy : str, optional
            Label of the policy; needed when several meet every point.

        Returns
        -------
        Series of float
            Blank where no run finished.
        """
        rows = self.measures
        known = {"measure": [*MEASURES], "shock": list(self.design["shock"].dropna().unique()),
                 "policy": list(self.design["policy"].unique())}  # fmt: skip
        for key, given in (("measure", measure), ("shock", shock), ("policy", policy)):
            if given is not None:
                _need_known(key, given, known[key])
        if policy is None and self.pooled and len(known["policy"]) > 1:
            raise InputError("policy", problem="is missing: every point was met by several",
                             allowed=", ".join(known["policy"][:20]))  # fmt: skip
        rows = rows[(rows["shock"] == shock) & ((rows["policy"] == policy) | (policy is None))]
        means = rows.groupby(POINT)[measure].mean()
        return means.reindex(self.problem.points).rename(measure).reset_index(drop=True)

    @cached_property
    def by_point(self) -> pd.DataFrame:
        """Mean of every measure over replicates: a row per policy, point and shock, with the design's columns."""
        means = self.measures.groupby("design_id")[list(MEASURES)].mean()
        counts = self.measures.groupby("design_id").size().rename("replicates")
        return self.design.join(counts, on="design_id").join(means, on="design_id")

    @property
    def _laid(self) -> dict[str, Any]:
        """What the manifest says of the design of points; empty without any."""
        return dict(self.manifest.get("design", {}))

    @property
    def pooled(self) -> bool:
        """Whether every policy met every point, so that policies are compared over all of them."""
        return self._laid.get("levers") == "crossed"

    @property
    def _by_chance(self) -> bool:
        return self.pooled and self._laid["kind"] in BY_CHANCE

    @cached_property
    def compared(self) -> pd.DataFrame:
        """Measures as policies are compared: those of all points together, when every policy met every point."""
        return over_points(self.measures, self.design, by_chance=self._by_chance) if self.pooled else self.measures

    @cached_property
    def policies(self) -> pd.DataFrame:
        """The design without its points: a row per policy and shock."""
        return _design_over_points(self.design) if self.pooled else self.design

    @cached_property
    def _laid_draws(self) -> pd.DataFrame:
        """What the comparison varies over, in the shape of :attr:`draws`: points laid by chance, or draws."""
        if not self._by_chance:
            return self.draws
        names = [name for name, item in self._laid["inputs"].items() if "range" in item]
        points = self.points.drop_duplicates(POINT)
        long = points.melt(id_vars=POINT, value_vars=names, var_name="parameter", value_name="value")
        long = long.rename(columns={POINT: "draw"}).assign(replicate=long[POINT])
        return long[["replicate", "draw", "parameter", "value"]].astype({"parameter": "str", "value": "float64"})

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Mean and interval of every measure, per policy and shock (over all points that every policy met)."""
        return summarise(self.compared, self.policies)

    @property
    def primary_contrasts(self) -> tuple[Contrast, ...]:
        """What the experiment declared to compare."""
        return self.contrasts_from(self.design)

    def contrasts_from(self, design: pd.DataFrame) -> tuple[Contrast, ...]:
        """What the experiment declared to compare, or else every level of each factor.

        Where levers were changed one at a time, the others stay as in the first point; in any other design over levers
        no two points differ in one lever alone, and nothing is compared that was not declared.
        """
        levels = {name: list(dict.fromkeys(design[name])) for name in factor_columns(design)}
        declared = self._experiment.get("contrasts", {})
        if declared or self._laid.get("levers") != "sampled":
            return contrasts_of(declared, levels)
        if self._laid["kind"] != "one_at_a_time" or self._experiment.get("uncertainties"):
            return ()
        first = {name: known[0] for name, known in levels.items()}
        return tuple(
            replace(item, where={name: level for name, level in first.items() if name != item.factor})
            for item in contrasts_of({}, levels)
        )

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """Every primary contrast under every shock: estimate, simultaneous interval, verdict."""
        return estimate_contrasts(self.compared, self.policies, self.primary_contrasts)

    @property
    def reference(self) -> str:
        """The policy of the experiment that the others are measured against."""
        return str(self.design.loc[self.design["reference"].astype(bool), "policy"].iloc[0])

    def compare(self, reference: str | None = None, measures: Sequence[str] = COMPARED) -> pd.DataFrame:
        """Every policy beside one of them, under every shock, paired by replicate or draw.

        Parameters
        ----------
        reference : str, optional
            Policy to compare with, as in :attr:`summary`; that of the experiment by default. Shares of work are then of
            its unshocked work.
        measures : sequence of str
            Among ``delivered``, ``baseline`` (work in calm times), ``sustained``, ``fragility``, ``substituted``.

        Returns
        -------
        DataFrame
            A row per measure, policy and shock: ``policy, reference, shock, measure, estimate, standard_error, low,
            high, verdict, clusters``. The estimate is the difference from the reference; all intervals of one measure
            hold together with 95 % confidence.

        Raises
        ------
        InputError
            If there is no such policy or measure.
        """
        policies = [str(name) for name in self.design["policy"].unique()]
        if reference is None:
            reference = self.reference
        _need_known("reference", reference, policies)
        for name in measures:
            _need_known("measures", name, [*CONTRASTED])
        # the same results, as they would be had the experiment named this reference
        turned = SweepResult(self.folder, self.manifest)
        vars(turned).update(runs=self.runs, design=self.design.assign(reference=self.design["policy"] == reference))
        others = [Contrast(name, "policy", name, reference, tuple(measures)) for name in policies if name != reference]
        found = estimate_contrasts(turned.compared, turned.policies, others)
        found = found.rename(columns={"contrast": "policy", "against": "reference"})
        columns = ["policy", "reference", "shock", "measure", "estimate", "standard_error", "low", "high", "verdict",
                   "clusters"]  # fmt: skip
        return found[columns]

    @cached_property
    def common_numbers(self) -> pd.DataFrame:
        """What common random numbers save: variance of paired differences beside that of independent ones."""
        return common_numbers_table(self.compared)

    @cached_property
    def break_even(self) -> pd.DataFrame:
        """Where the primary contrasts turn: along parameters, and with the chance of each shock."""
        from ecosim.analysis.breakeven import break_even_table

        ranges = {name: tuple(item) for name, item in self.manifest.get("drawn", {}).items()}
        if self._by_chance:
            ranges = {name: (*item["range"], item["prior"]) for name, item in self._laid["inputs"].items()
                      if "range" in item}  # fmt: skip
        wanted = list(self._experiment.get("break_even", ()))
        return break_even_table(
            self.compared, self.policies, self.primary_contrasts, self._laid_draws, wanted, ranges
        )  # fmt: skip

    def effect_by_draw(self, contrast: str, shock: str, parameter: str, measure: str = "delivered") -> pd.DataFrame:
        """One contrast against one drawn parameter: columns ``draw, value, effect``, for curves and scatter plots.

        Parameters
        ----------
        contrast, shock, parameter : str
            Names as in :attr:`contrasts` and :attr:`draws`.
        measure : str
            Measure of the contrast.
        """
        known = {item.name: item for item in self.primary_contrasts}
        parameters = list(self._laid_draws["parameter"].unique())
        for given, allowed, key in ((contrast, list(known), "contrast"), (parameter, parameters, "parameter")):
            _need_known(key, given, allowed)
        effect = contrast_values(self.compared, known[contrast], shock, measure).rename("effect")
        value = draws_matrix(self._laid_draws)[parameter].rename("value")
        return value.to_frame().join(effect, how="inner").rename_axis("draw").reset_index()

    @cached_property
    def responses(self) -> list[tuple[Dose, list[pd.DataFrame]]]:
        """Everything given in steps, with work delivered at each; with a single line, work sustained as well."""
        from ecosim.analysis.doses import MOST_DOSES, dose_response, lever_doses, uncertain_doses

        unchosen = uncertain_doses(self.design)
        levers = lever_doses(self.policies, self._experiment.get("factors", {}), self.manifest.get("scenario", {}))
        found = [(dose, self.compared) for dose in levers]
        found += [(dose, self.measures) for dose in unchosen if len(unchosen) <= MOST_DOSES]
        return [
            (dose, [dose_response(table, dose, name).assign(measure=name)
                    for name in ("delivered", "sustained")[: 2 if len(dose.lines) == 1 else 1]])
            for dose, table in found[:MOST_DOSES]
        ]  # fmt: skip

    @cached_property
    def variance(self) -> pd.DataFrame:
        """Variance of ``delivered`` from seeds and from parameters; empty without several seeds a draw."""
        from ecosim.analysis.variance import split_table

        seeds = int(self._experiment.get("seeds_per_draw", 1))
        if self._by_chance:
            seeds = int(self.manifest["counts"]["replicates"])
        table = self.compared
        return split_table(table.iloc[:0] if self._laid_draws.empty or seeds < 2 else table)

    @cached_property
    def importances(self) -> dict[str, Importance]:
        """Shock -> parameters that turn the ranking of its two leading policies; empty without draws."""
        from ecosim.analysis.ranking import turning_parameters

        found = {}
        if len(self._laid_draws):
            for shock, rows in self.summary.dropna(subset="delivered").groupby("shock", sort=False):
                first, *others = rows.sort_values("delivered", ascending=False, kind="stable")["design_id"]
                if others:
                    found[str(shock)] = turning_parameters(
                        self.compared, self._laid_draws, str(shock), first, others[0]
                    )
        return found

    @property
    def _experiment(self) -> dict[str, Any]:
        return dict(self.manifest.get("experiment", {}))

    @property
    def failed_runs(self) -> int:
        """Number of runs that failed."""
        return int((self.runs["status"] != "ok").sum())

    def text(self) -> str:
        """The ranked answer in words."""
        return answer.answer_text(
            self.summary,
            self.contrasts,
            self.policies,
            question=str(self._experiment.get("question", "")),
            importances=self.importances,
            break_even=self.break_even,
            variance=self.variance,
            drawn_parameters=int(self.manifest["counts"].get("drawn_parameters", 0)),
            common_numbers=self.common_numbers,
            responses=[(dose, tables[0]) for dose, tables in self.responses],
            points=answer.Points(self._laid["points"], len(self._laid["inputs"]), self._laid["kind"], self._by_chance)
            if self.pooled
            else None,
        )

    def plot_curves(self) -> Figure:
        """Resilience curves: a panel per shock, a line per policy."""
        from ecosim.plots import resilience_curves

        return resilience_curves(self.series, self.runs, self.design)

    def plot_heat_map(self, measure: str = "delivered", ax: Axes | None = None) -> Axes:
        """Heat map of one measure: policies by shocks."""
        from ecosim.plots import heat_map

        return heat_map(self.summary, measure, ax=ax)

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd

        try:
            return pd.read_parquet(self.folder / f"{name}.parquet")
        except (OSError, ValueError) as error:
            raise InputError(str(self.folder / f"{name}.parquet"), problem=f"cannot be read ({error})") from None


def _need_known(key: str, given: str, known: Sequence[str]) -> None:
    """Refuse a name that is none of those known."""
    if given not in known:
        raise InputError(key, given, ", ".join(known[:20]), nearest_name(str(given), known), problem="unknown")


@dataclass
class RunResult:
    """One scenario with its twin and its placebo."""

    scenario: Scenario
    #: A row per arm.
    runs: pd.DataFrame
    #: Monthly outcomes of every arm.
    series: pd.DataFrame
    design: pd.DataFrame = field(repr=False)
    #: CORDIS-shaped table of the shocked run (of the twin when there is no shock).
    participations: pd.DataFrame | None = field(repr=False)
    #: Joint work of pairs of countries, a mapping of columns per arm (:mod:`ecosim.lab.pairs`).
    pairs: list[dict[str, Any]] = field(default_factory=list, repr=False)
    manifest: dict[str, Any] = field(default_factory=dict, repr=False)

    def text(self) -> str:
        """The answer in words."""
        return answer.one_scenario_text(self.runs, self.design)

    def plot(self, outcome: str = "effort", ax: Axes | None = None) -> Axes:
        """One outcome over time: shocked, twin and placebo."""
        from ecosim.plots import run_curves

        return run_curves(self.series, self.runs, outcome, ax=ax)


# ---------------------------------------------------------------------------------------------- one scenario


def simulate(scenario: Scenario | str, *overrides: str, quiet: bool = True) -> RunResult:
    """Simulate a scenario with all its shocks, its twin and its placebo, in this process.

    Parameters
    ----------
    scenario : Scenario or str
        From :func:`ecosim.compose`; or the first of the overrides.
    *overrides : str
        Options and overrides, when no scenario is given.
    quiet : bool
        False shows progress on the error stream.
    """
    from ecosim.lab.check import check
    from ecosim.scenario import Scenario

    if isinstance(scenario, Scenario):
        if overrides:
            raise InputError("simulate", overrides[0], problem="give overrides to compose, not beside a scenario")
        check(scenario)
    else:
        scenario = make_request(compose_plain([scenario, *overrides])).scenario
        check(scenario)
    return run_scenario(_single(scenario), quiet=quiet)


def _single(scenario: Scenario) -> Request:
    experiment = ExperimentConfig(branches={"all": tuple(scenario.shocks)} if scenario.shocks else None)
    return Request(scenario, experiment, RunnerConfig(), OutputConfig())


def run_scenario(request: Request, *, quiet: bool = False) -> RunResult:
    """Run the scenario of a request: all its shocks at once, its twin and its placebo."""
    import pandas as pd

    request = Request(
        request.scenario, _single(request.scenario).experiment, request.runner, request.output, request.plugins
    )
    plan = make_plan(request)
    unit = plan.units[0]
    if not quiet:
        say(f"One history to the end of the calm window, then {plan.arms} branches of it.")
    with Progress("simulating", 1, quiet=quiet) as progress:
        result = run_unit(plan.payload(unit), progress.update, participations=True)
    frames = [pd.DataFrame(run) for run in result.series]
    return RunResult(
        scenario=request.scenario,
        runs=pd.DataFrame(result.runs),
        series=pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(),
        design=design_table(plan),
        participations=result.participations,
        pairs=result.pairs,
        manifest={"tracebacks": result.tracebacks},
    )


def run_and_store(request: Request, *, quiet: bool = False, command: str = "") -> tuple[RunResult, Path]:
    """Run one scenario and write its tables; the same scenario again gives the same folder."""
    import yaml

    single = Request(
        request.scenario,
        _single(request.scenario).experiment.model_copy(update={"name": request.experiment.name}),
        request.runner,
        request.output,
        request.plugins,
    )
    plan = make_plan(single)
    store = Store.open(single, plan, command)
    try:
        with _output_errors(store), _recorded(store):
            started = time.perf_counter()
            from ecosim.lab.branches import UnitResult

            result = run_scenario(single, quiet=quiet)
            unit = plan.units[0]
            series = [
                {name: (part[name].iloc[0] if name in _ONE_VALUE else part[name].to_numpy()) for name in part.columns}
                for part in _by_run(result.series)
            ]
            rows = [
                {name: _plain_value(value) for name, value in row.items()} for row in result.runs.to_dict("records")
            ]
            store.write(unit, UnitResult(rows, series, result.pairs, result.manifest["tracebacks"]))
            store.compact()
            if result.participations is not None:
                temporary = store.folder / ".participations.parquet"
                result.participations.to_parquet(temporary, index=False)
                temporary.replace(store.folder / "participations.parquet")
            text = yaml.safe_dump(as_plain(request.scenario), sort_keys=False)
            (store.folder / "scenario.yaml").write_text(text, encoding="utf-8")
            result.runs.to_csv(store.folder / "summary.csv", index=False)
            if request.output.figures and len(result.series):
                from ecosim.plots import run_curves, save

                save(run_curves(result.series, result.runs).figure, store.folder / "figures" / "run")
            failed = int((result.runs["status"] != "ok").sum())
            store.finish("complete", failed_runs=failed, timings={"seconds": seconds_since(started)})
    finally:
        store.close()
    return result, store.folder


_ONE_VALUE = ("design_id", "history_id", "replicate", "seed", "arm")


def _plain_value(value: Any) -> Any:
    import pandas as pd

    return None if not isinstance(value, str) and pd.isna(value) else value


def _by_run(series: pd.DataFrame) -> list[Any]:
    import pandas as pd

    parts = []
    if len(series):
        for _, part in series.groupby(["arm", "design_id"], dropna=False, sort=False):
            copy = part.copy()
            if pd.isna(copy["design_id"].iloc[0]):
                copy["design_id"] = None
            parts.append(copy)
    return parts


# ---------------------------------------------------------------------------------------------- sweeps


def sweep(*overrides: str, output: str | None = None, quiet: bool = True) -> SweepResult:
    """Run an experiment, or continue it: the same call resumes.

    Parameters
    ----------
    *overrides : str
        As on the command line; ``experiment=headline`` unless another is named.
    output : str, optional
        Root folder of the results; shorthand for ``output.folder=...``.
    quiet : bool
        False shows the plan and progress on the error stream.
    """
    words = [*default_experiment(overrides), *overrides]
    plain = compose_plain(words)
    if output is not None:
        plain["output"]["folder"] = str(output)
    return run_sweep(make_request(plain), quiet=quiet)


def default_experiment(overrides: tuple[str, ...] | list[str]) -> list[str]:
    """The override that names the default experiment, unless one is named."""
    named = any(text.lstrip("+").startswith("experiment=") for text in overrides)
    return [] if named else [f"experiment={DEFAULT_EXPERIMENT}"]


def run_sweep(request: Request, *, quiet: bool = False, command: str = "") -> SweepResult:
    """Plan, run what is missing, join, summarise, draw."""
    plan = make_plan(request)
    workers = worker_count(request.runner, len(plan.units))
    store = Store.open(request, plan, command)
    try:
        with _output_errors(store), _recorded(store):
            started = time.perf_counter()
            auto = request.experiment.replicates == "auto"
            if auto:
                # looks that said "more" need not be looked at again
                plan = plan.with_replicates(store.manifest["counts"]["replicates"])
            retry = request.runner.retry_failed
            missing = _missing(plan, store.finished(retry_failed=retry))
            if not quiet:
                say(plan_text(request, plan, len(plan.units) - len(missing), workers))
                for note in store.notes:
                    say(note)
                say(f"Results: {store.folder}")
            units_run = len(missing)
            facts: dict[str, Any] = {}
            if missing:
                _carry_out(request, plan, store, missing, workers, quiet)
            if auto and (missing or not store.complete):
                more, facts = _until_narrow(request, plan, store, workers, quiet)
                units_run += more
            if units_run or not store.complete:
                store.compact()
                result = SweepResult(store.folder, store.manifest)
                _write_summary(result, store)
                if request.output.figures:
                    _draw(result, store, quiet)
                timings = {"seconds": seconds_since(started), "workers": workers, "units_run": units_run}
                store.finish("complete", failed_runs=result.failed_runs, timings=timings, **facts)
    finally:
        store.close()
    return SweepResult(store.folder, store.manifest)


def _missing(plan: Plan, done: set[tuple[int, int]]) -> list[Unit]:
    return [unit for unit in plan.units if (unit.history_id, unit.replicate) not in done]


def _until_narrow(
    request: Request, plan: Plan, store: Store, workers: int, quiet: bool
) -> tuple[int, dict[str, Any]]:  # fmt: skip
    """Add replicates until every interval is as narrow as asked; returns histories run, and facts for the manifest.

    Each look sees the replicates before it and nothing else, so a sweep that was interrupted comes to the same number.
    """
    experiment = request.experiment
    run = 0
    while True:
        result = SweepResult(store.folder, store.manifest)
        runs = store.runs_so_far()
        result.runs = runs[runs["replicate"] < plan.first_replicate + plan.replicates]
        widest = widest_interval(result.compared, result.policies, result.primary_contrasts, experiment.auto.outcome)
        said = f"{plan.replicates} replicates: {widest}, asked for {experiment.auto.half_width:g}"
        store.log(said)
        if not quiet:
            say(said)
        more = next_replicates(plan.replicates, widest, experiment)
        if more is None:
            narrow = widest.half_width <= experiment.auto.half_width
            return run, {"auto": {"replicates": plan.replicates, "half_width": widest.half_width, "narrow": narrow}}
        plan = plan.with_replicates(more)
        store.settle(plan)
        missing = _missing(plan, store.finished())
        run += len(missing)
        if missing:
            _carry_out(request, plan, store, missing, workers, quiet, first=False)


def _carry_out(
    request: Request, plan: Plan, store: Store, missing: list[Unit], workers: int, quiet: bool, *, first: bool = True
) -> None:
    if first:
        warm_kernels(quiet=quiet)
        if not quiet:
            say(_estimate_text(request, plan, missing, workers))
    with Progress("histories", len(missing), quiet=quiet) as progress:
        payloads = (plan.payload(unit) for unit in missing)
        fill(store, payloads, request.runner, total=len(missing), workers=workers, plugins=request.plugins,
             progress=progress.update)  # fmt: skip


def dry_run(request: Request, *, quiet: bool = False) -> str:
    """What a sweep would run, what of it exists, and what the rest will take; nothing is written."""
    plan = make_plan(request)
    workers = worker_count(request.runner, len(plan.units))
    folder, done = Store.existing(request, plan)
    missing = _missing(plan, done)
    lines = [plan_text(request, plan, len(plan.units) - len(missing), workers)]
    if missing:
        warm_kernels(quiet=quiet)
        lines.append(_estimate_text(request, plan, missing, workers))
    lines.append(f"  results    {folder}{'' if folder.exists() else ' (new)'}")
    return "\n".join(lines)


def plan_text(request: Request, plan: Plan, existing: int, workers: int) -> str:
    """What is about to run, in a few lines."""
    histories = len(plan.units)
    shocks = _counted(len(plan.branches), "shock")
    experiment, timeline = request.experiment, request.scenario.timeline
    sample = plan.sample
    points = f", {_counted(len(sample.points), 'point')}" if sample is not None else ""
    replicates = _counted(plan.replicates, "replicate")
    if experiment.replicates == "auto":
        replicates = f"at least {replicates} (until half-widths of {experiment.auto.outcome} are below "
        replicates += f"{experiment.auto.half_width:g}, {experiment.auto.most} at most)"
    policies = _counted(len({policy.label for policy in plan.policies}), "policy", "policies")
    branches = _counted(len(plan.branches), "shock branch", "shock branches")
    lines = [
        f"Experiment {experiment.name}: {policies}{points}, {replicates}, {branches}",
        f"  factors    {_factors_text(plan)}",
        f"  histories  {histories} ({existing} done before), each with twin, placebo and {shocks}: "
        f"{histories * plan.arms} runs of {timeline.months} months",
        f"  workers    {workers or 'this process'}",
    ]
    if sample is not None:
        laid = "uncertainties, each point met by every policy"
        if plan.sampled:
            laid = "levers and uncertainties" if any(not item.lever for item in sample.inputs) else "levers"
        counted = f"{sample.settings['points']} {COUNTED[sample.design]}" if sample.settings.get("points") else ""
        counted = counted or sample.settings.get("file", "")
        lines.insert(2, f"  design     {sample.design}{f' of {counted}' if counted else ''} over {laid}")
        lines[3:3] = [f"    {item.name}: {_range_text(item)}" for item in sample.inputs if not item.lever]
    if plan.drawn:
        numbers = len({plan.draw_of(replicate) for replicate in plan.numbers})
        lines.insert(2, f"  drawn      {len(plan.drawn)} assumed parameters, {numbers} draws")
    return "\n".join(lines)


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _factors_text(plan: Plan) -> str:
    if plan.sampled and plan.sample is not None:
        return "; ".join(f"{item.name}: {_range_text(item)}" for item in plan.sample.inputs if item.lever)
    return " x ".join(f"{name} ({len(_levels(plan, name))})" for name in plan.policies[0].levels) or "none"


def _range_text(item: Input) -> str:
    if item.span is None:
        return ", ".join(level.label for level in item.levels)
    words = f"{item.span.low:g} to {item.span.high:g}"
    return f"{words}, logarithmic" if item.span.prior == "log_uniform" else words


def _levels(plan: Plan, factor: str) -> list[str]:
    return list(dict.fromkeys(policy.levels[factor] for policy in plan.policies))


def _estimate_text(request: Request, plan: Plan, missing: list[Unit], workers: int) -> str:
    """Time and disk of what is missing, from timed pieces of some of its histories."""
    found = probe(plan, missing, series=request.output.series != "none")
    if found is None:
        return "  estimate   none: a short piece of a history could not be run"
    seconds = found.total_seconds(len(missing), workers)
    disk = found.total_bytes(missing, plan.first_replicate)
    return (
        f"  estimate   about {duration(seconds)} and {disk / 1e6:,.1f} MB (from a short probe, with this computer as "
        "busy as it is now)"
    )


def _write_summary(result: SweepResult, store: Store) -> None:
    for name in ("summary", "contrasts", "common_numbers"):
        temporary = store.folder / f".{name}.csv"
        getattr(result, name).to_csv(temporary, index=False)
        temporary.replace(store.folder / f"{name}.csv")


def _draw(result: SweepResult, store: Store, quiet: bool) -> None:
    from ecosim.plots import dose_response_curves, save

    figures = store.folder / "figures"
    if result.measures.empty or result.policies["policy"].nunique() > _MOST_DRAWN:
        return
    # curves are those of runs: with points, a line would be one point of many
    if POINT not in result.design and len(result.series) and store.manifest["output"]["series"] == "all":
        save(result.plot_curves(), figures / "resilience_curves")
    save(result.plot_heat_map().figure, figures / "heat_map")
    if result.responses:
        save(dose_response_curves([(dose.name, tables) for dose, tables in result.responses]), figures / "dose")
    if not quiet:
        say(f"Figures: {figures}")


@contextmanager
def _recorded(store: Store) -> Iterator[None]:
    """Write into the manifest that a sweep was interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        store.finish("interrupted")
        raise


@contextmanager
def _output_errors(store: Store) -> Iterator[None]:
    """Say in one line that the output folder failed while work went on."""
    import errno

    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM):
            raise InputError(
                "output.folder", str(store.folder), problem=f"cannot be written ({error.strerror})",
                allowed="a folder with space; the same command continues",
            ) from None  # fmt: skip
        raise


def load(folder: str | Path | None = None) -> SweepResult:
    """Load the results of a sweep.

    Parameters
    ----------
    folder : path, optional
        The folder the sweep named; by default the newest under ``results``.
    """
    import json

    if folder is None:
        folder = newest(Path("results"))
        if folder is None:
            raise InputError("folder", "results", problem="holds no results yet")
    path = Path(folder)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError("folder", str(path), problem=f"holds no readable {MANIFEST}") from None
    return SweepResult(path, manifest)
