"""What a sweep costs beside the simulation in it: time, a second process, Hydra, Mesa's batch runner, memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measuring import ROOT, Result, in_new_process, interleaved, median_ratio, process_options

#: Runs timed; fewer for a first look.
RUNS = int(os.environ.get("ECOSIM_BENCH_RUNS", "2000"))
#: Sweeps the runs are spread over, in turn with what they are compared with.
ROUNDS = 3
#: Twin, placebo and two shocks.
ARMS = 4
#: A model with nothing inside: what remains is the cost of the lab.
NOTHING = str(ROOT / "tests" / "lab" / "fake_model.py")
SHOCKS = "shocks=[diplomatic_rupture,supplier_loss]"
#: Jobs of Hydra's multirun beyond the first.
HYDRA_JOBS = 40
#: What is reported, as it ships, and how often.
QUICK_LOOK = "experiment=headline"
REPORT_ROUNDS = 4
#: Replicates of each policy in sweeps of empty worlds.
REPLICATES = 50


@contextmanager
def _folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="ecosim-bench-") as folder:
        yield folder


def _request(folder: str, histories: int, *words: str, plugins: dict[str, str] | None = None) -> Any:
    from ecosim.lab.compose import compose_plain, make_request

    given = ["experiment=none", "world=classroom", SHOCKS, f"experiment.replicates={histories}",
             "experiment.placebos.organisation=all",
             f"output.folder={folder}", "output.figures=false", "runner.processes=0", *words]  # fmt: skip
    return make_request(compose_plain(given), plugins)


def _sweep(histories: int, *words: str) -> None:
    from ecosim.lab.api import run_sweep

    with _folder() as folder:
        result = run_sweep(_request(folder, histories, *words), quiet=True)
        assert result.failed_runs == 0
        assert len(result.runs) == ARMS * histories


def _bare(histories: int) -> None:
    """The same worlds in a loop, outcomes left in memory."""
    from ecosim.lab.compose import build_scenario
    from ecosim.lab.design import make_plan
    from ecosim.model import Ecosystem

    plan = make_plan(_request("unused", histories))
    for unit in plan.units:
        payload = plan.payload(unit)
        scenario = build_scenario(payload["config"])
        history = Ecosystem(scenario, watch=payload["branches"])
        history.advance(history.announcement_month)
        for arm, label in payload["arms"]:
            history.fork(arm, payload["branches"].get(label)).advance(scenario.calendar.months).series()


def overhead() -> list[Result]:
    """Processor time of a serial sweep against a bare loop over the same worlds."""
    histories = max(1, RUNS // ARMS // ROUNDS)
    _bare(1)
    bare_s, sweep_s = interleaved([lambda: _bare(histories), lambda: _sweep(histories)], ROUNDS)
    details = {
        "runs_per_round": histories * ARMS,
        "rounds": ROUNDS,
        "milliseconds_per_run": {
            "bare": round(1e3 * median(bare_s) / histories / ARMS, 1),
            "sweep": round(1e3 * median(sweep_s) / histories / ARMS, 1),
        },
    }
    what = f"serial sweep of {ROUNDS * histories * ARMS} runs, tables on disk, over a bare loop (processor time)"
    return [Result("overhead", what, median_ratio(sweep_s, bare_s), "at most", 1.1, "x", details)]


def two_processes() -> list[Result]:
    """Wall time of a sweep with one worker process against two."""
    histories = max(2, RUNS // ARMS // ROUNDS)
    _bare(1)
    one_s, two_s = interleaved(
        [lambda: _sweep(histories, "runner.processes=1"), lambda: _sweep(histories, "runner.processes=2")],
        ROUNDS,
        time.perf_counter,
    )
    details = {
        "runs_per_sweep": histories * ARMS,
        "seconds": {"one": round(median(one_s), 1), "two": round(median(two_s), 1)},
        "load": [round(value, 2) for value in os.getloadavg()],
    }
    what = "sweep with one worker process over two (wall time; needs two idle processors)"
    return [Result("two_processes", what, median_ratio(one_s, two_s), "at least", 1.85, "x", details)]


def report() -> list[Result]:
    """Wall time of `ecosim report` of the headline experiment's quick look, over that of the sweep it reports."""
    from ecosim.lab.compose import compose_plain, make_request
    from ecosim.lab.design import make_plan

    def seconds(*arguments: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "ecosim", *arguments], **process_options(), check=True)
        return time.perf_counter() - started

    sweeps, reports = [], []
    # the first sweep may have to compile; it is not counted
    for counted in range(REPORT_ROUNDS + 1):
        with _folder() as folder:
            sweep_s = seconds("sweep", QUICK_LOOK, f"output.folder={folder}")
            # the first report: a second one finds its figures drawn
            report_s = seconds("report", folder)
        if counted:
            sweeps.append(sweep_s)
            reports.append(report_s)
    details = {
        "runs": make_plan(make_request(compose_plain([QUICK_LOOK]))).counts()["runs"],
        "seconds": {"sweep": round(median(sweeps), 1), "report": round(median(reports), 2)},
    }
    what = "`ecosim report` of the headline's quick look over its sweep (wall time; needs two idle processors)"
    return [Result("report", what, median_ratio(reports, sweeps), "at most", 0.1, "", details)]


_HYDRA_APP = """
import sys, hydra
from ecosim.lab.compose import conf_folder, register_schema
register_schema()
@hydra.main(config_path=str(conf_folder()), config_name="config", version_base="1.3")
def job(config):
    pass
job()
"""


def _hydra_seconds(jobs: int) -> float:
    """Seconds of a multirun of jobs that do nothing."""
    with _folder() as folder:
        app = Path(folder) / "app.py"
        app.write_text(_HYDRA_APP)
        seeds = ",".join(map(str, range(1, jobs + 1)))
        words = ["-m", "world=classroom", SHOCKS, f"seed={seeds}", "hydra/job_logging=disabled",
                 "hydra/hydra_logging=disabled", f"hydra.sweep.dir={folder}/out"]  # fmt: skip
        started = time.perf_counter()
        subprocess.run([sys.executable, str(app), *words], **process_options(), check=True)
        return time.perf_counter() - started


def sweep_of_nothing() -> dict[str, Any]:
    """Seconds and peak memory of a sweep of empty worlds in this process, and of reading it; see ``_nothing``."""
    from benchmarks.memory import MIB, peak_bytes
    from ecosim import kernels
    from ecosim.lab.api import run_sweep
    from ecosim.lab.compose import load_plugins
    from ecosim.report.results import load

    runs, processes = int(os.environ["ECOSIM_BENCH_NOTHING"]), os.environ["ECOSIM_BENCH_PROCESSES"]
    kernels.warm = lambda: None  # type: ignore[attr-defined]
    plugins = load_plugins([NOTHING])
    with _folder() as folder:
        policies = runs // ARMS // REPLICATES
        values = [round(number / policies, 4) for number in range(policies)]
        factors = f"experiment.factors={{programme.prefinancing: {values}}}"
        request = _request(folder, REPLICATES, factors, f"runner.processes={processes}", plugins=plugins)
        started = time.perf_counter()
        where = run_sweep(request, quiet=True).folder
        seconds = time.perf_counter() - started
        peak = peak_bytes()
        started = time.perf_counter()
        rows = len(load(where).summary)
        reading = time.perf_counter() - started
        assert rows == 2 * policies
        size = sum(path.stat().st_size for path in where.rglob("*") if path.is_file())
    return {"seconds": seconds, "peak_mib": round(peak / MIB, 1), "reading_seconds": reading,
            "disk_mib": round(size / MIB, 1)}  # fmt: skip


def _nothing(runs: int, processes: int = 0) -> dict[str, Any]:
    os.environ |= {"ECOSIM_BENCH_NOTHING": str(runs), "ECOSIM_BENCH_PROCESSES": str(processes)}
    return in_new_process("benchmarks.lab:sweep_of_nothing")


def hydra() -> list[Result]:
    """Cost per run beyond simulation: a sweep of empty worlds against a multirun of empty jobs."""
    _hydra_seconds(1)
    first, many = interleaved([lambda: _hydra_seconds(1), lambda: _hydra_seconds(1 + HYDRA_JOBS)], ROUNDS,
                              time.perf_counter)  # fmt: skip
    per_job = median((b - a) / HYDRA_JOBS for a, b in zip(first, many, strict=True))
    ours = _nothing(2000)
    per_run = ours["seconds"] / 2000
    details = {"milliseconds_per_run": {"hydra": round(1e3 * per_job, 2), "sweep": round(1e3 * per_run, 2)}}
    what = "cost per run beyond simulation: sweep of 2,000 runs, tables and summary, over Hydra's multirun"
    return [Result("hydra", what, per_run / per_job, "at most", 1 / 20, "", details)]


def whole_run(payload: dict[str, Any]) -> Any:
    """One world from the first month to the last, sharing its past with none; a unit as the store takes it."""
    import numpy as np

    from ecosim.lab.branches import UnitResult
    from ecosim.lab.compose import build_scenario
    from ecosim.model import Ecosystem

    scenario = build_scenario(payload["config"])
    model = Ecosystem(scenario).advance(scenario.calendar.months)
    series = model.series()
    keys = {"design_id": None, "history_id": payload["history_id"], "replicate": payload["replicate"],
            "seed": scenario.seed, "arm": "twin"}  # fmt: skip
    row = keys | {"status": "ok", "error": ""} | {f"mean_{name}": float(np.mean(v)) for name, v in series.items()}
    months = np.arange(scenario.calendar.months, dtype=np.int32)
    return UnitResult([row], [keys | {"month": months} | series])


def batch_runner() -> list[Result]:
    """Rate of whole runs without shared histories, all outputs on disk, against ``mesa.batch_run`` in memory."""
    from mesa.batchrunner import batch_run

    from ecosim.lab.design import make_plan
    from ecosim.lab.pool import Task
    from ecosim.lab.runner import run_all
    from ecosim.lab.store import Store
    from ecosim.model import Ecosystem

    runs = max(1, RUNS // 10 // ROUNDS)

    def mesas() -> None:
        months = _request("unused", 1).scenario.calendar.months
        parameters = {"world.preset": "classroom", "seed": list(range(runs))}
        rows = batch_run(Ecosystem, parameters, number_processes=1, max_steps=months, data_collection_period=1,
                         display_progress=False)  # fmt: skip
        assert len(rows) >= runs * (months - 1)

    def ours() -> None:
        with _folder() as folder:
            request = _request(folder, runs, "shocks=[]")
            plan = make_plan(request)
            store = Store.open(request, plan)
            payloads = [plan.payload(unit) for unit in plan.units]
            task = Task(store.mark, run=whole_run)
            for part in run_all(payloads, request.runner, workers=0, task=task, total=runs):
                store.write_part(part)
            store.compact()
            store.close()

    _bare(1)
    mesa_s, ours_s = interleaved([mesas, ours], ROUNDS)
    details = {
        "runs_per_round": runs,
        "milliseconds_per_run": {
            "mesa": round(1e3 * median(mesa_s) / runs, 1),
            "ecosim": round(1e3 * median(ours_s) / runs, 1),
        },
    }
    what = "rate of runs without shared histories, all outputs on disk, over mesa.batch_run's (processor time)"
    return [Result("batch_run", what, median_ratio(mesa_s, ours_s), "at least", 0.9, "x", details)]


def many_runs() -> list[Result]:
    """Memory of the parent with 2,000 and with 20,000 runs, and how long the latter take to read."""
    _bare(1)
    started = time.perf_counter()
    _bare(20)
    simulated = (time.perf_counter() - started) / 20 / ARMS * 20_000
    small, large = _nothing(2_000, processes=2), _nothing(20_000, processes=2)
    details = {"2,000": small, "20,000": large, "seconds_to_simulate_20,000": round(simulated)}
    more = large["peak_mib"] - small["peak_mib"]
    share = large["reading_seconds"] / simulated
    return [
        Result("parent", "memory of the parent: 20,000 runs beyond 2,000", more, "at most", 100.0, "MiB", details),
        Result("reading", "opening 20,000 runs and their summary over simulating them", share, "at most", 0.02, "",
               details),
    ]  # fmt: skip


def estimate() -> list[Result]:
    """What a sweep is said to take beside what it takes, for a small and a large world; two workers."""
    from ecosim.lab.api import run_sweep
    from ecosim.lab.compose import compose_plain, make_request
    from ecosim.lab.design import make_plan
    from ecosim.lab.estimate import probe
    from ecosim.lab.runner import warm_kernels

    warm_kernels()
    off, details = [], {}
    for words in (("world.scale=0.02", "experiment.replicates=3"), ("world.scale=0.1", "experiment.replicates=1")):
        with _folder() as folder:
            given = [QUICK_LOOK, *words, "runner.processes=2", f"output.folder={folder}"]
            request = make_request(compose_plain(given))
            plan = make_plan(request)
            found = probe(plan, plan.units, series=True, countries=True, workers=2)
            started = time.perf_counter()
            assert run_sweep(request, quiet=True).failed_runs == 0
            took = time.perf_counter() - started
        assert found is not None
        said = found.total_seconds(len(plan.units), 2)
        off.append(max(said / took, took / said))
        details[words[0]] = {"said_s": round(said, 1), "took_s": round(took, 1)}
    what = "what a sweep is said to take and what it takes, the larger over the smaller: the worse of two sizes"
    return [Result("estimate", what, max(off), "at most", 1.5, "x", details)]


if __name__ == "__main__":
    print(json.dumps([result.as_dict() for result in globals()[sys.argv[1]]()], indent=1))
