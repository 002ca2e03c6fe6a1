"""The lab with the real model: every experiment small, through Python and from the command line."""

import numpy as np
import pandas as pd
import pytest

import ecosim
from ecosim.lab.compose import options

SMALL = (
    "world=classroom", "world.scale=0.01", "timeline.burn_in_months=18", "timeline.calm_months=6",
    "timeline.calm_jitter_months=3", "timeline.response_months=18", "experiment.replicates=1", "runner.processes=0",
    "~experiment.reference", "~experiment.contrasts", "experiment.factors={programme.months_between_calls: [12, 3]}",
)  # fmt: skip

#: Ten countries cannot be lost in a world of five.
IN_EUROPE = ("world=europe", "world.scale=0.003")

#: Shipped experiments whose point is what they vary: run as they are written, in test_shipped_experiments.py.
OF_THEIR_OWN = ("diversity_dose", "staggering_dose", "shock_ladder", "long_run_risk", "portfolio")

#: Those that weigh policies on several outcomes at once: run as they are written, in test_weighing_experiments.py.
WEIGHED = ("tournament", "inclusion_or_output", "autonomy_or_openness")

#: Those with a question of their own: in test_question_experiments.py.
QUESTIONS = ("funders_calendars", "next_mission", "openness", "stops_paying", "supply_pilots")

#: Those whose levels, reference and comparisons are the question: as they are written but small, below.
AS_WRITTEN = {
    "one_government": {"reference": "nobody", "contrasts": {"alone", "together"}, "policies": 3},
    "breakeven": {"reference": "2-4 countries", "contrasts": {"diversified programmes", "staggered calls"},
                  "policies": 24},
}  # fmt: skip

#: Those on AI for health: in test_health_experiments.py.
HEALTH = ("health_dependence", "health_oversight", "health_pandemic", "health_pooling", "health_standards")
_ELSEWHERE = ("none", *AS_WRITTEN, *OF_THEIR_OWN, *WEIGHED, *QUESTIONS, *HEALTH)

#: The headline, longer or with other shocks: what is small of them is the headline.
LIKE_THE_HEADLINE = ("headline_cases", "headline_reference", "headline_turns")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in LIKE_THE_HEADLINE else name
        for name in options("experiment")
        if name not in _ELSEWHERE
    ],
)
def test_every_experiment_runs_small(name, tmp_path):
    wide = IN_EUROPE if name.startswith("headline") else ()
    result = ecosim.sweep(f"experiment={name}", *SMALL, *wide, output=str(tmp_path))
    assert result.failed_runs == 0
    assert len(result.summary) == len(result.design) > 1
    assert "P(best)" in result.text()
    # a world and its twin are one until announcement
    twins = result.runs[result.runs["arm"] == "twin"].set_index(["history_id", "replicate"])
    for (history, replicate), part in result.series.groupby(["history_id", "replicate"]):
        before = part[part["month"] < twins.loc[(history, replicate), "announcement_month"]]
        twin = before[before["arm"] == "twin"].set_index("month")["effort"]
        for _, other in before.groupby(["arm", "design_id"], dropna=False):
            pd.testing.assert_series_equal(other.set_index("month")["effort"], twin)
    # loading it later gives the same
    again = ecosim.load(result.folder)
    pd.testing.assert_frame_equal(again.summary, result.summary)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n == "breakeven" else n for n in AS_WRITTEN]
)
def test_it_runs_small_as_it_is_written(name, tmp_path):
    """With its own levels, reference and comparisons: others would ask something else."""
    asked = AS_WRITTEN[name]
    small = [word for word in SMALL if "experiment." not in word or "replicates" in word]
    result = ecosim.sweep(f"experiment={name}", *small, *IN_EUROPE, output=str(tmp_path))
    assert result.failed_runs == 0
    assert asked["reference"] in result.reference
    assert set(result.contrasts["contrast"]) == asked["contrasts"]
    assert result.design["policy"].nunique() == asked["policies"]
    assert np.isfinite(result.contrasts["estimate"]).all()
    if name == "one_government":
        # alone the Netherlands pay for levers, together all do; the appropriation is the same
        table = result.alone_and_together
        assert set(table["actor"]) == {"NLD"}
        assert set(table["acts"]) == {"alone", "together"}
        assert "ONE GOVERNMENT ALONE, OR ALL TOGETHER" in result.text()
        twins = result.runs[result.runs["arm"] == "twin"]
        assert twins["mean_appropriated_eur"].nunique() == 1
    else:
        assert set(result.break_even["parameter"]) >= {
            "behaviour.work.coordination_by_country",
            "programme.call_cost_eur",
        }


def test_three_lines_of_python():
    scenario = ecosim.compose("shocks=diplomatic_rupture", *SMALL[:6])
    result = ecosim.simulate(scenario)
    axes = result.plot()
    assert axes.get_xlabel() == "years since the start of the run"
    assert set(result.runs["arm"]) == {"shocked", "twin", "placebo"}
    assert {"project", "organisation", "role", "activity_type", "country", "programme_part", "ec_contribution",
            "start_date", "end_date"} <= set(result.participations.columns)  # fmt: skip


def test_a_shock_of_no_severity_loses_nothing():
    scenario = ecosim.compose(
        "shocks=diplomatic_rupture", "shocks.diplomatic_rupture.severity=0", *SMALL[:6]
    )  # fmt: skip
    shocked = ecosim.simulate(scenario).runs.set_index("arm").loc["shocked"]
    assert (shocked["sustained_collaboration"], shocked["drawdown"]) == (1.0, 0.0)


def test_public_names_are_there():
    for name in ecosim.__all__:
        assert getattr(ecosim, name) is not None
    with pytest.raises(AttributeError):
        _ = ecosim.nothing
