"""Simulate, sweep, load: the lab from Python and from the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.analysis.contrasts import Contrast, contrast_values, contrasts_of, estimate_contrasts
from ecosim.analysis.measures import factor_columns, per_replicate, summarise
from ecosim.analysis.ranking import draws_matrix
from ecosim.errors import InputError, nearest_name
from ecosim.lab import answer
from ecosim.lab.branches import run_unit
from ecosim.lab.compose import Request, as_plain, compose_plain, make_request
from ecosim.lab.design import Plan, make_plan
from ecosim.lab.progress import Progress, duration, say
from ecosim.lab.runner import fill, warm_kernels, worker_count
from ecosim.lab.settings import ExperimentConfig, OutputConfig, RunnerConfig
from ecosim.lab.store import MANIFEST, Store, design_table, newest, seconds_since

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ecosim.analysis.ranking import Importance
    from ecosim.scenario import Scenario

#: Seconds until workers have started, and for tables and figures at the end.
_FIXED_SECONDS = 10.0
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
        """Every measure of resilience, per policy, shock and replicate."""
        return per_replicate(self.runs, self.design, int(self._experiment.get("seeds_per_draw", 1)))

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Mean and interval of every measure, per policy and shock."""
        return summarise(self.measures, self.design)

    @property
    def primary_contrasts(self) -> tuple[Contrast, ...]:
        """What the experiment declared to compare."""
        levels = {name: list(dict.fromkeys(self.design[name])) for name in factor_columns(self.design)}
        return contrasts_of(self._experiment.get("contrasts", {}), levels)

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """Every primary contrast under every shock: estimate, simultaneous interval, verdict."""
        return estimate_contrasts(self.measures, self.design, self.primary_contrasts)

    @cached_property
    def break_even(self) -> pd.DataFrame:
        """Where the primary contrasts turn: along parameters, and with the chance of each shock."""
        from ecosim.analysis.breakeven import break_even_table

        ranges = {name: tuple(item) for name, item in self.manifest.get("drawn", {}).items()}
        wanted = list(self._experiment.get("break_even", ()))
        return break_even_table(self.measures, self.design, self.primary_contrasts, self.draws, wanted, ranges)

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
        for given, allowed, key in ((contrast, list(known), "contrast"),
                                    (parameter, list(self.draws["parameter"].unique()), "parameter")):  # fmt: skip
            if given not in allowed:
                raise InputError(key, given, ", ".join(allowed[:20]), nearest_name(given, allowed), problem="unknown")
        effect = contrast_values(self.measures, known[contrast], shock, measure).rename("effect")
        value = draws_matrix(self.draws)[parameter].rename("value")
        return value.to_frame().join(effect, how="inner").rename_axis("draw").reset_index()

    @cached_property
    def variance(self) -> pd.DataFrame:
        """Variance of ``delivered`` from seeds and from parameters; empty without several seeds a draw."""
        from ecosim.analysis.variance import split_table

        if self.draws.empty or int(self._experiment.get("seeds_per_draw", 1)) < 2:
            return split_table(self.measures.iloc[:0])
        return split_table(self.measures)

    @cached_property
    def importances(self) -> dict[str, Importance]:
        """Shock -> parameters that turn the ranking of its two leading policies; empty without draws."""
        from ecosim.analysis.ranking import turning_parameters

        found = {}
        if len(self.draws):
            for shock, rows in self.summary.dropna(subset="delivered").groupby("shock", sort=False):
                first, *others = rows.sort_values("delivered", ascending=False, kind="stable")["design_id"]
                if others:
                    found[str(shock)] = turning_parameters(self.measures, self.draws, str(shock), first, others[0])
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
            self.design,
            question=str(self._experiment.get("question", "")),
            importances=self.importances,
            break_even=self.break_even,
            variance=self.variance,
            drawn_parameters=int(self.manifest["counts"].get("drawn_parameters", 0)),
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
            retry = request.runner.retry_failed
            done = store.finished(retry_failed=retry)
            missing = [unit for unit in plan.units if (unit.history_id, unit.replicate) not in done]
            if not quiet:
                say(plan_text(request, plan, len(plan.units) - len(missing), workers))
                for note in store.notes:
                    say(note)
                say(f"Results: {store.folder}")
            if missing:
                _carry_out(request, plan, store, missing, workers, quiet)
            if missing or not store.complete:
                store.compact()
                result = SweepResult(store.folder, store.manifest)
                _write_summary(result, store)
                if request.output.figures:
                    _draw(result, store, quiet)
                timings = {"seconds": seconds_since(started), "workers": workers, "units_run": len(missing)}
                store.finish("complete", failed_runs=result.failed_runs, timings=timings)
    finally:
        store.close()
    return SweepResult(store.folder, store.manifest)


def _carry_out(request: Request, plan: Plan, store: Store, missing: list[Any], workers: int, quiet: bool) -> None:
    if not quiet:
        say("Preparing compiled code (a minute the first time, at once afterwards) ...")
    warm_kernels()
    if not quiet:
        _estimate(plan, missing, workers)
    with Progress("histories", len(missing), quiet=quiet) as progress:
        payloads = (plan.payload(unit) for unit in missing)
        fill(store, payloads, request.runner, total=len(missing), workers=workers, plugins=request.plugins,
             progress=progress.update)  # fmt: skip


def plan_text(request: Request, plan: Plan, existing: int, workers: int) -> str:
    """What is about to run, in a few lines."""
    histories = len(plan.units)
    factors = " x ".join(f"{name} ({len(_levels(plan, name))})" for name in plan.policies[0].levels) or "none"
    timeline = request.scenario.timeline
    lines = [
        f"Experiment {request.experiment.name}: {len(plan.policies)} policies, {plan.replicates} replicates, "
        f"{len(plan.branches)} shock branches",
        f"  factors    {factors}",
        f"  histories  {histories} ({existing} done before), each with twin, placebo and {len(plan.branches)} shocks: "
        f"{histories * plan.arms} runs of {timeline.months} months",
        f"  workers    {workers or 'this process'}",
    ]
    if plan.drawn:
        numbers = len({plan.draw_of(replicate) for replicate in plan.numbers})
        lines.insert(2, f"  drawn      {len(plan.drawn)} assumed parameters, {numbers} draws")
    return "\n".join(lines)


def _levels(plan: Plan, factor: str) -> list[str]:
    return list(dict.fromkeys(policy.levels[factor] for policy in plan.policies))


def _estimate(plan: Plan, missing: list[Any], workers: int) -> None:
    """Time a few months of the first history and say how long the rest will take."""
    from ecosim.lab.compose import build_scenario
    from ecosim.model import Ecosystem

    try:
        scenario = build_scenario(plan.payload(missing[0])["config"])
        # what is read once stays in memory for all histories to come, and a portfolio has to grow before months cost
        # what they will cost
        Ecosystem(scenario).advance(6)
        started = time.perf_counter()
        model = Ecosystem(scenario)
        set_up = time.perf_counter() - started
        model.advance(min(12, scenario.timeline.burn_in_months))
        started = time.perf_counter()
        months = 0
        while months < min(60, scenario.timeline.months - 12) and time.perf_counter() - started < 1.0:
            model.advance(model.month + 6)
            months += 6
        if not months:
            return
        month = (time.perf_counter() - started) / months
    except Exception:
        return  # an estimate must not stop a sweep; the units report what is wrong
    timeline = scenario.timeline
    calm = timeline.burn_in_months + timeline.calm_months + timeline.calm_jitter_months / 2
    per_unit = set_up + month * (calm + plan.arms * (timeline.months - calm))
    seconds = per_unit * -(-len(missing) // max(workers, 1)) + _FIXED_SECONDS
    say(f"  estimate   about {duration(seconds)} (from a short probe, with this computer as busy as it is now)")


def _write_summary(result: SweepResult, store: Store) -> None:
    for name in ("summary", "contrasts"):
        temporary = store.folder / f".{name}.csv"
        getattr(result, name).to_csv(temporary, index=False)
        temporary.replace(store.folder / f"{name}.csv")


def _draw(result: SweepResult, store: Store, quiet: bool) -> None:
    from ecosim.plots import save

    figures = store.folder / "figures"
    if result.measures.empty:
        return
    if len(result.series) and store.manifest["output"]["series"] == "all":
        save(result.plot_curves(), figures / "resilience_curves")
    save(result.plot_heat_map().figure, figures / "heat_map")
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
