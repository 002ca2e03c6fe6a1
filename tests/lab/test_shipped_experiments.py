"""The experiments that ship beside the headline: each as it is written, small, with its figure."""

import itertools
from functools import cache

import numpy as np
import pytest

import ecosim
from ecosim.analysis.doses import dose_response, lever_doses, uncertain_doses
from ecosim.cli import main
from ecosim.lab.compose import compose_plain, make_request, options
from ecosim.lab.design import make_plan
from ecosim.plots import save
from ecosim.report.content import Content
from ecosim.report.page import write_report
from ecosim.report.plates import PLATES
from ecosim.scenario import as_plain
from tests.lab.test_experiments import OF_THEIR_OWN

TINY = (
    "world.scale=0.003", "timeline.burn_in_months=18", "timeline.calm_months=6", "timeline.calm_jitter_months=0",
    "timeline.response_months=18", "experiment.replicates=1", "runner.processes=0", "output.figures=false",
)  # fmt: skip
#: Experiment -> what its tiny setting needs beside TINY.
MORE = {
    "diversity_dose": (),
    "staggering_dose": (),
    "shock_ladder": (),
    "long_run_risk": ("timeline.response_months=204",),
    "portfolio": (),
}
#: Experiment -> what is given, in which steps, with how many lines.
GIVEN = {
    "diversity_dose": {"countries": ([2, 3, 4, 6, 8, 11], 1)},
    "staggering_dose": {"calls": ([1, 3, 12, 24, 48], 1), "payments": ([1, 2, 3, 4, 5], 1)},
    "shock_ladder": {"severity": ([0, 0.25, 0.5, 0.75, 1], 4)},
    "long_run_risk": {"shocks one after the other": ([1, 2, 3, 4, 5], 4)},
    "portfolio": {"monthly_eur": ([0, 5e6, 1e7, 2e7], 4)},
}


@cache
def plan_of(name, *overrides):
    return make_plan(make_request(compose_plain([f"experiment={name}", *overrides])))


@cache
def doses_of(name):
    request = make_request(compose_plain([f"experiment={name}"]))
    plan = plan_of(name)
    design = plan.table()
    over_points = design[design["point"] == 0].drop(columns=["point", "severity"]) if name == "shock_ladder" else design
    levers = lever_doses(over_points, request.experiment.factors, as_plain(request.scenario))
    return design, [*levers, *uncertain_doses(design)]


def test_those_with_a_test_of_their_own_are_those_here():
    assert set(MORE) == set(GIVEN) == set(OF_THEIR_OWN)


@pytest.mark.parametrize("name", MORE)
def test_its_doses_are_found(name):
    _, doses = doses_of(name)
    found = {dose.name: (sorted(dose.steps["level"].unique()), len(dose.lines)) for dose in doses}
    assert found == GIVEN[name]


@pytest.mark.parametrize("name", MORE)
def test_every_step_is_judged_by_another_step_of_the_reference(name):
    design, doses = doses_of(name)
    reference = set(design.loc[design["reference"], "design_id"])
    for dose in doses:
        assert set(dose.steps["base"]) <= reference
        # a base is judged by nothing but itself, and stands in the same panel
        own = dose.steps.set_index("design_id")["base"]
        assert all(own[base] == base if np.isscalar(own[base]) else (own[base] == base).all() for base in own)
        if dose.shocks != [""]:
            shock = design.set_index("design_id")["shock"]
            assert (shock[dose.steps["design_id"]].to_numpy() == shock[dose.steps["base"]].to_numpy()).all()


@pytest.mark.parametrize("name", MORE)
def test_its_policies_have_the_same_appropriation_and_world(name):
    plan = plan_of(name)
    for part in ("world", "policy", "timeline", "behaviour"):
        assert len({str(policy.config[part]) for policy in plan.policies}) == 1
    assert plan.drawn


def test_a_split_of_the_portfolio_never_exceeds_the_budget():
    spent = [
        sum(item["monthly_eur"] for item in policy.config["instruments"].values())
        for policy in plan_of("portfolio").policies
    ]
    assert spent[0] == 0.0
    assert max(spent) == 20e6
    assert all(len(policy.config["instruments"]) == 4 for policy in plan_of("portfolio").policies)


def test_shocks_of_the_long_run_follow_each_other():
    plan = plan_of("long_run_risk")
    shocks = plan.policies[0].config["shocks"]
    times = [
        (item["announced_after_months"], item["announced_after_months"] + item["effective_after_months"],
         item["duration_months"])
        for item in (shocks[name] for name in plan.branches["five_shocks"])
    ]  # fmt: skip
    for (_, effective, duration), (announced, _, _) in itertools.pairwise(times):
        assert effective + duration < announced
    assert max(announced for announced, _, _ in times) < plan.policies[0].config["timeline"]["response_months"]


#: Those whose figures another test draws too, or that take longest.
_SLOW = ("long_run_risk", "portfolio", "shock_ladder", "staggering_dose")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in _SLOW else n for n in MORE])
def test_it_runs_small_and_draws_its_figure(name, tmp_path):
    result = ecosim.sweep(f"experiment={name}", *TINY, *MORE[name], output=str(tmp_path))
    assert result.failed_runs == 0
    plan = plan_of(name)
    assert len(result.runs) == sum(len(plan.arms(number)) for number in range(len(plan.histories)))
    assert result.text()
    content = Content(result.folder)
    plate = next(plate for plate in PLATES if plate.name == "dose")
    figure = plate.draw(content)
    said = plate.reading(content)
    panels = [ax for ax in figure.axes if ax.lines]
    branches = 1 if name == "long_run_risk" else len(plan.branches)
    assert len(panels) == len(GIVEN[name]) * branches
    # every step of the first dose stands in the first panel
    steps, _ = next(iter(GIVEN[name].values()))
    np.testing.assert_allclose(panels[0].get_xticks(), steps)
    assert said.endswith(".")
    assert "nan" not in said
    assert all(path.stat().st_size > 0 for path in save(figure, result.folder / "figures" / "dose"))
    if name == "shock_ladder":
        _the_lowest_rung_loses_nothing(result)


def _the_lowest_rung_loses_nothing(result):
    """Without severity shock and twin are one world, to the last bit, and the dose says so."""
    rungs = result.by_point.set_index("severity")["sustained_collaboration"]
    assert (rungs["0"] == 1.0).all()
    assert (rungs["1"] < 1.0).any()
    (dose,) = uncertain_doses(result.design)
    response = dose_response(result.measures, dose, "sustained_collaboration")
    assert (response.loc[response["level"] == 0, "value"] == 1.0).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("error:constrained_layout")
@pytest.mark.parametrize("name", MORE)
def test_its_report_has_the_figure(name, tmp_path):
    result = ecosim.sweep(f"experiment={name}", *TINY, *MORE[name], output=str(tmp_path))
    page = write_report(result.folder).read_text(encoding="utf-8")
    assert '<figure id="dose">' in page
    assert (result.folder / "figures" / "dose.svg").stat().st_size > 0


def test_lists_show_their_questions(capsys):
    assert main(["list", "experiments"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in MORE:
        (line,) = [line for line in lines if line.split()[0] == name]
        assert "?" in line
        assert options("experiment")[name] in line


@pytest.mark.parametrize("name", MORE)
def test_its_answer_has_a_question(name):
    assert make_request(compose_plain([f"experiment={name}"])).experiment.question.endswith("?")
