"""Simulate, sweep, load: the lab from Python and from the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.analysis.measures import POINT
from ecosim.errors import InputError, shown
from ecosim.lab.branches import run_unit
from ecosim.lab.budgets import budget_line
from ecosim.lab.check import reading_lines
from ecosim.lab.compose import Request, compose_plain, make_request
from ecosim.lab.design import Plan, Unit, make_plan
from ecosim.lab.enough import next_replicates, widest_interval
from ecosim.lab.estimate import probe
from ecosim.lab.points import Input
from ecosim.lab.runner import begun, fill, processors, task_of, warm_kernels, worker_count
from ecosim.lab.settings import ExperimentConfig, OutputConfig, RunnerConfig
from ecosim.lab.store import Store, design_table, seconds_since
from ecosim.networks import month_number, network_name, write_network
from ecosim.progress import Progress, duration, say
from ecosim.report.derived import damaged_figures, summaries_of, write_summaries
from ecosim.report.folder import (
    FIGURES,
    GRANTS,
    NETWORKS,
    PARTICIPATIONS,
    SCENARIO,
    SERIES,
    TWIN_GRANTS,
    TWIN_PARTICIPATIONS,
)
from ecosim.report.problem import COUNTED
from ecosim.report.results import RunResult, SweepResult
from ecosim.scenario import as_plain
from ecosim.world.participations import write_cordis

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.scenario import Scenario

#: Policies above which a sweep draws no figures of its own; `ecosim report` may still be asked for them.
_MOST_DRAWN = 40
#: Experiment of a sweep that names none.
DEFAULT_EXPERIMENT = "headline"


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
    months = network_months(request)
    plan = make_plan(request)
    unit = plan.units[0]
    if not quiet:
        for line in reading_lines(request.scenario):
            say(line)
        say(f"One history to the end of the calm window, then {len(plan.arms(0))} branches of it.")
        # else its half minute would be taken for the pace of the months
        warm_kernels(quiet=quiet)
    with Progress("simulating", 1, quiet=quiet) as progress:
        payload = {**plan.payload(unit), "pair_years": True}
        result = run_unit(payload, progress.update, participations=True, networks=months)
    frames = [pd.DataFrame(run) for run in result.series]
    return RunResult(
        scenario=request.scenario,
        runs=pd.DataFrame(result.runs),
        series=pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(),
        design=design_table(plan),
        participations=result.participations.get("shocked" if request.scenario.shocks else "twin"),
        grants=result.grants.get("shocked" if request.scenario.shocks else "twin"),
        twin_participations=result.participations.get("twin"),
        twin_grants=result.grants.get("twin"),
        pairs=result.pairs,
        countries=result.countries,
        networks=result.networks,
        start_years=result.start_years,
        coverage=result.coverage,
        manifest={"tracebacks": result.tracebacks},
    )


def network_months(request: Request) -> list[int]:
    """Months of which the network is asked for, as numbers of the run.

    Raises
    ------
    InputError
        If the run has no such month.
    """
    calendar = request.scenario.calendar
    return sorted({month_number(calendar, text, "output.network") for text in request.output.network})


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

            if not quiet:
                for note in store.notes:
                    say(note)

            result = run_scenario(single, quiet=quiet)
            unit = plan.units[0]
            series = [
                {name: (part[name].iloc[0] if name in _ONE_VALUE else part[name].to_numpy()) for name in part.columns}
                for part in _by_run(result.series)
            ]
            rows = [
                {str(name): _plain_value(value) for name, value in row.items()}
                for row in result.runs.to_dict("records")
            ]
            tables = {name: getattr(result, name) for name in ("pairs", "countries", "start_years", "coverage")}
            store.write(unit, UnitResult(rows, series, **tables, tracebacks=result.manifest["tracebacks"]))
            store.compact()
            tables_by_member = {PARTICIPATIONS: result.participations, GRANTS: result.grants}
            if request.scenario.shocks:
                # apart: read as one table, the same projects would stand in it twice
                tables_by_member |= {TWIN_PARTICIPATIONS: result.twin_participations, TWIN_GRANTS: result.twin_grants}
            for name, table in tables_by_member.items():
                if table is not None:
                    store.put(name, partial(_write_table, table))
            if result.participations is not None:
                for graph in result.networks.values():
                    name = network_name(graph, request.output.network_format)
                    write_network(graph, store.folder / NETWORKS / name)
                if request.output.cordis:
                    write_cordis(result.participations, store.folder / "cordis")
            text = yaml.safe_dump(as_plain(request.scenario), sort_keys=False, allow_unicode=True)
            store.put(SCENARIO, partial(Path.write_text, data=text, encoding="utf-8"))
            write_summaries(SweepResult(store.folder, store.manifest), store)
            if request.output.figures and len(result.series):
                from ecosim.plots import run_curves, save

                save(run_curves(result.series, result.runs).figure, store.folder / "figures" / "run")
            failed = int((result.runs["status"] != "ok").sum())
            store.finish("complete", failed_runs=failed, timings={"seconds": seconds_since(started)})
    finally:
        store.close()
    return result, store.folder


def _write_table(table: pd.DataFrame, path: Path) -> None:
    # a file that is open: of a name with a colon Arrow would make an address
    with path.open("wb") as file:
        table.to_parquet(file, index=False, write_page_checksum=True)


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
    _refuse_what_runs_write(request)
    plan = make_plan(request)
    workers = worker_count(request.runner, len(plan.units))
    store = Store.open(request, plan, command)
    result: SweepResult | None = None
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
                for line in reading_lines(request.scenario):
                    say(line)
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
                write_summaries(result, store)
                if request.output.figures:
                    _draw(result, store, quiet)
                timings = {"seconds": seconds_since(started), "workers": workers, "units_run": units_run}
                store.finish("complete", failed_runs=result.failed_runs, timings=timings, **facts)
            else:
                _mend_derived(request, store, quiet)
    finally:
        store.close()
    # what was worked out for the summaries is not worked out again for the screen
    return result or SweepResult(store.folder, store.manifest)


def _refuse_what_runs_write(request: Request) -> None:
    """Refuse what only `ecosim run` has at hand: a sweep keeps no consortia."""
    for key, given in (("cordis", request.output.cordis), ("network", request.output.network)):
        if given:
            asked = "true" if given is True else shown(given)
            raise InputError(
                f"output.{key}",
                given,
                problem="a sweep keeps no consortia",
                allowed=f"ecosim run ... output.{key}={asked}",
            )


def _mend_derived(request: Request, store: Store, quiet: bool) -> None:
    """Write summaries and figures of a finished sweep again where they are damaged or gone."""
    summaries, faults = summaries_of(store.manifest), store.faults()
    missing = {name: "is missing" for name in summaries if not (store.folder / name).exists()}
    wrong = {name: words for name, words in (missing | faults).items() if name in summaries}
    figures = list(damaged_figures(store.folder))
    lost = [name for name in store.manifest.get("figures", ()) if not (store.folder / name).exists()]
    lines = [f"Made again: {name} {words}" for name, words in wrong.items()]
    lines += [f"Made again: {name} is damaged" for name in figures]
    if request.output.figures:
        lines += [f"Made again: {name} is missing" for name in lost]
    for line in lines:
        store.note(line)
        if not quiet:
            say(line)
    if not lines:
        return
    result = SweepResult(store.folder, store.manifest)
    if wrong:
        write_summaries(result, store)
    for name in figures:
        # those that only a report draws come with the next one
        (store.folder / name).unlink()
    if figures or lost:
        _draw(result, store, quiet)
    store.save()


def _missing(plan: Plan, done: set[tuple[int, int]]) -> list[Unit]:
    return [unit for unit in plan.units if (unit.history_id, unit.replicate) not in done]


def _until_narrow(request: Request, plan: Plan, store: Store, workers: int, quiet: bool) -> tuple[int, dict[str, Any]]:
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
    expected: float | None = None
    if first:
        warm_kernels(quiet=quiet)
    task = task_of(store, request.runner, request.plugins)
    with begun(request.runner, workers, task) as pool:
        if first and not quiet:
            # workers read their libraries meanwhile
            _prepare_end(request)
            words, expected = _estimated(request, plan, missing, workers)
            say(words)
        with Progress("histories", len(missing), quiet=quiet, expected=expected) as progress:
            payloads = (plan.payload(unit) for unit in missing)
            fill(store, payloads, request.runner, total=len(missing), workers=workers, task=task, pool=pool,
                 progress=progress.update)  # fmt: skip


def _prepare_end(request: Request) -> None:
    """Do now what the end of a sweep would wait for, as far as it hangs on no results: about two seconds."""
    from ecosim.report.kept import kept, same_code

    if request.output.figures:
        from ecosim.plots.house import get_ready

        get_ready()
    reference = kept(request.experiment.name)
    if reference is not None:
        same_code(reference)


def dry_run(request: Request, *, quiet: bool = False) -> str:
    """What a sweep would run, what of it exists, and what the rest will take; nothing is written."""
    _refuse_what_runs_write(request)
    plan = make_plan(request)
    workers = worker_count(request.runner, len(plan.units))
    folder, done = Store.existing(request, plan)
    missing = _missing(plan, done)
    lines = [*reading_lines(request.scenario), plan_text(request, plan, len(plan.units) - len(missing), workers)]
    if missing:
        warm_kernels(quiet=quiet)
        lines.append(_estimated(request, plan, missing, workers)[0])
    lines.append(f"  results    {folder}{'' if folder.exists() else ' (new)'}")
    return "\n".join(lines)


def plan_text(request: Request, plan: Plan, existing: int, workers: int) -> str:
    """What is about to run, in a few lines."""
    histories = len(plan.units)
    shocks = _counted(len(plan.branches), "shock")
    experiment = request.experiment
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
        f"  histories  {histories} ({existing} done before), each with its twin and {shocks}{_placebo_text(plan)}: "
        f"{plan.counts()['runs']} runs of up to {plan.calendar.months} months",
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
    if unequal := budget_line(plan.policies):
        lines.append(f"  budget     {unequal}")
    if plan.drawn:
        numbers = len({plan.draw_of(replicate) for replicate in plan.numbers})
        lines.insert(2, f"  drawn      {len(plan.drawn)} parameters, {numbers} draws")
    return "\n".join(lines)


def _placebo_text(plan: Plan) -> str:
    """Which placebos there are, and whose."""
    said = []
    for words, given in (("a placebo", plan.placebos.organisation), ("scattered shocks", plan.placebos.scattered)):
        if given != "none":
            whose = " (reference policy)" if given == "reference" and len(plan.policies) > 1 else ""
            said.append(f"{words}{whose}")
    return f", {' and '.join(said)}" if said else ""


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


def _estimated(request: Request, plan: Plan, missing: list[Unit], workers: int) -> tuple[str, float | None]:
    """Time and disk of what is missing in words, from timed pieces of some histories; and seconds of its runs."""
    found = probe(plan, missing, series=request.output.series != "none", countries=request.output.countries == "all",
                  workers=min(workers, processors()))  # fmt: skip
    if found is None:
        return "  estimate   none: a short piece of a history could not be run", None
    seconds = found.total_seconds(len(missing), workers)
    disk = found.total_bytes(missing, plan.first_replicate)
    return (
        f"  estimate   about {duration(seconds)} and {disk / 1e6:,.1f} MB (from a short probe, with this computer as "
        "busy as it is now)",
        found.work_seconds(len(missing), workers),
    )


def _draw(result: SweepResult, store: Store, quiet: bool) -> None:
    from ecosim.plots import dose_response_curves, save

    figures = store.folder / FIGURES
    drawn: list[Path] = []
    if result.measures.empty or result.policies["policy"].nunique() > _MOST_DRAWN:
        return
    # curves are those of runs: with points, a line would be one point of many
    kept = store.manifest["output"]["series"] == "all" and (store.folder / SERIES).exists()
    if POINT not in result.design and kept:
        drawn += save(result.plot_curves(), figures / "resilience_curves")
    drawn += save(result.plot_heat_map().figure, figures / "heat_map")
    if result.responses:
        given = [(dose.name, tables) for dose, tables in result.responses]
        drawn += save(dose_response_curves(given, smallest=result.smallest), figures / "dose")
    store.manifest["figures"] = [f"{FIGURES}/{path.name}" for path in drawn]
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
