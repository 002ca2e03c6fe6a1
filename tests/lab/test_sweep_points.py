"""Sweeps over points with a model that has nothing inside: tables, comparison over points, plan and estimate."""

import json

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis import sensitivity
from ecosim.errors import InputError
from ecosim.lab import api
from ecosim.report.folder import POINTS
from ecosim.report.page import write_report
from ecosim.report.results import load

#: In the fake world, tranches are work, three shares of it are lost to a shock, and broad consortia lose less.
BREADTH = "experiment.factors={breadth: {narrow: {programme.countries_per_consortium: [2, 4]}, "
BREADTH += "broad: {programme.countries_per_consortium: [8, 11]}}}"
WORLD = ("world=europe", "world.scale=0.02", "output.figures=false", "output.series=none")
UNSURE = "experiment.uncertainties={programme.tranches: [1, 20], behaviour.trust.gain: [0.1, 0.4]}"


def test_policies_are_compared_over_all_points(request_for):
    words = (*WORLD, BREADTH, UNSURE, "experiment.design=latin_hypercube", "experiment.points=12",
             "experiment.break_even=[programme.tranches]")  # fmt: skip
    result = api.run_sweep(request_for(*words), quiet=True)
    # twin and two shocks of every history; the reference policy has a placebo as well
    assert len(result.runs) == 2 * 12 * 2 * 3 + 12 * 2
    assert len(result.design) == 2 * 12 * 2
    assert len(result.points) == 12
    assert len(result.summary) == len(result.policies) == 4
    assert result.summary["replicates"].eq(24).all()
    assert result.summary["clusters"].eq(12).all()
    # each point is compared with the reference's own world there: the reference costs nothing in calm times
    reference = result.measures[result.measures["reference"]]
    assert reference["baseline_cost_output"].eq(0).all()
    delivered = result.contrasts[result.contrasts["measure"] == "delivered_output"]
    found = delivered.set_index("shock")["estimate"]
    by_hand = result.measures.groupby(["shock", "point", "replicate", "breadth"])["delivered_output"].first().unstack()
    by_hand = (by_hand["broad"] - by_hand["narrow"]).groupby("shock").mean()
    np.testing.assert_allclose(found.loc[by_hand.index], by_hand)
    assert (delivered["verdict"] == "helps").all()
    assert set(result.break_even["parameter"]) >= {"programme.tranches"}
    # the more tranches, the less five points of calm-time work are
    by_tranches = result.by_point[~result.by_point["reference"]].sort_values("programme.tranches")
    costs = by_tranches.loc[by_tranches["shock"] == "supplier_loss", "baseline_cost_output"]
    assert costs.is_monotonic_decreasing
    assert "12 points of 2 uncertainties (latin_hypercube), 2 replicates at each" in result.text()
    again = load(result.folder)
    pd.testing.assert_frame_equal(again.summary, result.summary)
    assert json.loads((result.folder / "manifest.json").read_text())["design"]["levers"] == "crossed"


def test_a_morris_sweep_tells_what_matters(request_for):
    factors = "experiment.factors={programme.tranches: {range: [1, 20]}, programme.prefinancing: {range: [0, 1]}}"
    words = (*WORLD, factors, "experiment.design=morris", "experiment.points=4", "experiment.levers=sampled")
    result = api.run_sweep(request_for(*words, "experiment.replicates=1"), quiet=True)
    problem = result.problem
    assert problem.design == "morris"
    outcome = result.outcome("delivered_output", "supplier_loss")
    assert len(outcome) == len(problem.sample) == 12
    table = sensitivity.morris(problem.salib, problem.sample, outcome).set_index("parameter")
    assert table.loc["programme.tranches", "mu_star"] > 0.05
    assert table.loc["programme.prefinancing", "mu_star"] == pytest.approx(0.0, abs=1e-12)
    assert result.contrasts.empty


def test_an_analysis_over_failed_rows_is_refused(request_for, monkeypatch):
    words = (*WORLD, "experiment.factors={}", "experiment.uncertainties={programme.tranches: [1, 8]}",
             "experiment.design=saltelli", "experiment.points=4", "experiment.replicates=1")  # fmt: skip
    monkeypatch.setenv("ECOSIM_FAKE", "raise:3-0,raise:4-0")
    result = api.run_sweep(request_for(*words), quiet=True)
    assert result.failed_runs >= 4
    problem = result.problem
    outcome = result.outcome("sustained_collaboration", "supplier_loss")
    bad = problem.values["programme.tranches"].isin([3, 4])
    assert bad.any()
    assert outcome.isna().equals(bad)
    with pytest.raises(InputError, match="retry_failed"):
        sensitivity.sobol(problem.salib, problem.sample, outcome)


def test_an_outcome_needs_to_know_whose(request_for):
    words = (*WORLD, BREADTH, UNSURE, "experiment.design=sobol_sequence", "experiment.points=2")
    result = api.run_sweep(request_for(*words, "experiment.replicates=1"), quiet=True)
    with pytest.raises(InputError, match=r"policy: is missing.*narrow, broad"):
        result.outcome("delivered_output", "supplier_loss")
    with pytest.raises(InputError, match="did you mean delivered_output"):
        result.outcome("deliverd_output", "supplier_loss", "broad")
    assert result.outcome("delivered_output", "supplier_loss", "broad").notna().all()
    (result.folder / POINTS).unlink()
    with pytest.raises(InputError, match="cannot be read"):
        _ = load(result.folder).problem


def test_levers_changed_one_at_a_time_are_compared_with_all_else_as_it_was(request_for):
    factors = BREADTH[:-1] + ", programme.tranches: [2, 8]}"
    result = api.run_sweep(request_for(*WORLD, factors, "experiment.design=one_at_a_time"), quiet=True)
    assert len(result.summary) == 3 * 2
    mine = result.contrasts
    table = mine[mine["measure"] == "delivered_output"].set_index(["factor", "shock"])
    assert table.loc[("breadth", "supplier_loss"), "where"] == "programme.tranches=2"
    by_hand = result.measures.groupby(["policy", "shock"])["delivered_output"].mean()
    assert table.loc[("programme.tranches", "supplier_loss"), "estimate"] == pytest.approx(
        by_hand[("narrow, tranches=8", "supplier_loss")] - by_hand[("narrow, tranches=2", "supplier_loss")]
    )


def test_the_report_shows_points_like_replicates(request_for):
    words = ("world=europe", "world.scale=0.02", BREADTH, UNSURE, "experiment.design=sobol_sequence",
             "experiment.points=4", "experiment.replicates=1")  # fmt: skip
    result = api.run_sweep(request_for(*words), quiet=True)
    page = write_report(str(result.folder))
    assert "broad" in page.read_text(encoding="utf-8")
    assert (result.folder / "figures" / "heat_map.png").exists()


# ---------------------------------------------------------------------------------------------- the plan


def test_a_dry_run_says_what_there_is_and_writes_nothing(request_for):
    words = (*WORLD, BREADTH, UNSURE, "experiment.design=latin_hypercube", "experiment.points=3")
    request = request_for(*words)
    text = api.dry_run(request, quiet=True)
    assert "2 policies, 3 points, 2 replicates, 2 shock branches" in text
    assert "latin_hypercube of 3 points over uncertainties, each point met by every policy" in text
    assert "programme.tranches: 1 to 20" in text
    assert "12 (0 done before)" in text
    assert "42 runs of up to 45 months" in text
    assert "MB (from a short probe" in text
    assert not api.Path(request.output.folder).exists()
    api.run_sweep(request, quiet=True)
    text = api.dry_run(request, quiet=True)
    assert "12 (12 done before)" in text
    assert "estimate" not in text


def test_an_interrupted_sweep_is_counted(request_for, monkeypatch):
    request = request_for(*WORLD, "experiment.replicates=40", "runner.batch_seconds=0.01")
    put = api.Store.write_part
    parts = []

    def stop(self, part):
        put(self, part)
        parts.append(part)
        raise KeyboardInterrupt

    monkeypatch.setattr(api.Store, "write_part", stop)
    with pytest.raises(KeyboardInterrupt):
        api.run_sweep(request, quiet=True)
    done = len(parts[0].units)
    assert 0 < done < 80
    text = api.dry_run(request, quiet=True)
    assert f"80 ({done} done before)" in text
    assert "estimate   about" in text


def test_disk_is_estimated_from_what_months_take(request_for):
    from ecosim.lab.design import make_plan
    from ecosim.lab.estimate import probe

    request = request_for("experiment.replicates=40", "output.figures=false")
    plan = make_plan(request)
    found = probe(plan, plan.units, series=True, countries=True)
    for less in ({"series": False, "countries": True}, {"series": True, "countries": False}):
        assert probe(plan, plan.units, **less).bytes_ < found.bytes_
    result = api.run_sweep(request, quiet=True)
    size = sum(
        (result.folder / name).stat().st_size for name in ("runs.parquet", "series.parquet", "countries.parquet")
    )
    assert 0.2 < found.total_bytes(plan.units, 0) / size < 5.0


def test_the_estimate_is_of_several_policies_and_replicates(request_for, monkeypatch):
    from ecosim.lab import estimate
    from ecosim.lab.design import make_plan

    plan = make_plan(request_for("experiment.replicates=40"))
    seen = []

    def look(plan, unit, *, series, countries):
        seen.append(unit)
        return estimate.Estimate(1.0 + unit.history_id, 10.0 * len(seen), 0.0)

    monkeypatch.setattr(estimate, "_warm", lambda *args: None)
    monkeypatch.setattr(estimate, "_look", look)
    found = estimate.probe(plan, plan.units, series=True, countries=True)
    assert {unit.history_id for unit in seen} == {unit.history_id for unit in plan.units}
    assert len({unit.replicate for unit in seen}) > 4
    assert found.seconds == pytest.approx(sum(1.0 + unit.history_id for unit in seen) / len(seen))
    assert found.bytes_ == pytest.approx(10.0 * (len(seen) + 1) / 2)
    # one that cannot be run is for the sweep to tell
    monkeypatch.setattr(estimate, "_look", lambda *args, **kwargs: None)
    assert estimate.probe(plan, plan.units, series=True, countries=True) is None


def test_as_many_processors_are_busy_as_will_be_while_histories_are_timed(request_for, monkeypatch):
    import subprocess

    from ecosim.lab import estimate
    from ecosim.lab.design import make_plan

    started, at_work = [], []

    def start(*args, _popen=subprocess.Popen, **options):
        started.append(_popen(*args, **options))
        return started[-1]

    def look(plan, unit, *, series, countries):
        at_work.append(sum(process.poll() is None for process in started))
        return estimate.Estimate(1.0, 1.0, 0.0)

    monkeypatch.setattr(estimate.subprocess, "Popen", start)
    monkeypatch.setattr(estimate, "_warm", lambda *args: None)
    monkeypatch.setattr(estimate, "_look", look)
    plan = make_plan(request_for("experiment.replicates=10"))
    assert estimate.probe(plan, plan.units, series=True, countries=True, workers=3) is not None
    assert set(at_work) == {2}
    assert all(process.poll() is not None for process in started)
    # alike in what they take: a few say enough
    assert len(at_work) < 10
    estimate.probe(plan, plan.units, series=True, countries=True)
    assert len(started) == 2
