"""The experiments that weigh policies on several outcomes at once: as they are written, and small."""

from functools import cache

import numpy as np
import pytest

import ecosim
from ecosim.analysis.weighing import ALL
from ecosim.channels.build import base_handles
from ecosim.errors import InputError
from ecosim.lab.budgets import budgets
from ecosim.lab.compose import build_scenario, compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.report.content import Content
from ecosim.report.plates import PLATES
from ecosim.world import load_world
from tests.lab.test_experiments import WEIGHED
from tests.shocks.contract import changed_handles
from tests.test_levers import NAMED

TINY = (
    "world.scale=0.003", "timeline.burn_in_months=18", "timeline.calm_months=6", "timeline.calm_jitter_months=0",
    "timeline.response_months=18", "experiment.replicates=2", "runner.processes=0", "output.figures=false",
)  # fmt: skip
#: Experiment -> steps of each dose, from the one that others are judged by on.
STEPS = {
    "inclusion_or_output": {"evaluation": [0, 0.5, 1, 2, 4, 8], "money": [0, 2, 4, 8, 16]},
    "autonomy_or_openness": {"closing": [0, 3, 5, 7, 9, 10], "money": [0, 2, 4, 8, 16]},
}


@cache
def plan_of(name, *overrides):
    return make_plan(make_request(compose_plain([f"experiment={name}", *overrides])))


@pytest.mark.parametrize("name", WEIGHED)
def test_its_policies_have_the_same_money_and_draws(name):
    plan = plan_of(name, "world.scale=0.003")
    assert len(set(budgets(plan.policies).values())) == 1
    assert len(plan.drawn) > 200


def test_the_tournament_has_every_policy_and_one_whose_money_does_nothing():
    plan = plan_of("tournament", "world.scale=0.003")
    assert [policy.label for policy in plan.policies] == [*(name.replace("_", " ") for name in NAMED), "money burnt"]
    burnt = build_scenario(plan.policies[-1].config)
    acting = {name: item for name, item in burnt.instruments.items() if item.monthly_eur > 0.0}
    assert set(acting) == {"dashboard"}
    assert acting["dashboard"].limit == 0.0
    # it moves no handle
    base = base_handles(load_world(burnt.world), burnt.channels)
    pushed = base.copy()
    acting["dashboard"].push(pushed, load_world(burnt.world), np.full(base.political.shape, 1e5))
    assert not changed_handles(base, pushed)
    others = build_scenario(plan.policies[1].config)
    assert sum(item.monthly_eur for item in others.instruments.values()) == pytest.approx(
        acting["dashboard"].monthly_eur
    )


def _runs(name, folder, *overrides):
    result = ecosim.sweep(f"experiment={name}", *TINY, *overrides, output=str(folder))
    assert result.failed_runs == 0
    rows = result.weighing
    assert rows["shock"].iloc[0] == ALL
    assert set(rows["policy"]) == set(result.design["policy"])
    assert np.isfinite(rows[[*result.objectives]].to_numpy()).all()
    # some policy is unbeaten in every draw
    assert (rows.groupby("shock")["in_set"].sum() >= 1.0).all()
    assert (result.folder / "weighing.csv").exists()
    assert (result.folder / "beats.csv").exists()
    assert "ALL OUTCOMES AT ONCE" in result.text()
    content = Content(result.folder)
    plate = next(plate for plate in PLATES if plate.name == "weighing")
    assert len(plate.draw(content).axes) == (3 if len(result.objectives) == 4 else len(result.objectives))
    assert plate.reading(content).endswith(".")
    return result


# what they print and draw of a small model is asked in every run of the tests: tests/report, tests/analysis
@pytest.mark.slow
@pytest.mark.parametrize("name", ["inclusion_or_output", "autonomy_or_openness"])
def test_it_runs_small_and_finds_its_steps(name, tmp_path):
    result = _runs(name, tmp_path)
    levels = {dose: [level for level, _ in steps] for dose, steps in result._steps.items()}
    assert levels == STEPS[name]
    assert (result.folder / "trade_off.csv").exists()


@pytest.mark.slow
def test_the_tournament_runs_small(tmp_path):
    result = _runs("tournament", tmp_path)
    assert result.trade_off.empty


def test_objectives_are_refused_that_weigh_nothing():
    for given, said in (
        ("[delivered_output]", "weighs nothing against something else"),
        ("[delivered_output,delivered_output]", "weighs nothing against something else"),
        ("[delivered_output,recovery_months]", "cannot be contrasted"),
        ("[delivered_output,inclusion]", "no such measure"),
    ):
        with pytest.raises(InputError, match=said) as error:
            plan_of("tournament", f"experiment.objectives={given}")
        assert "experiment.objectives" in str(error.value)
        assert "\n" not in str(error.value)
