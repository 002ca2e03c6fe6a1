"""The smallest effect of interest: from a reference run into the experiment's file, and out of it."""

import pandas as pd
import pytest
import yaml

from ecosim.analysis.smallest import SmallestEffects, as_yaml, smallest_effects, smallest_effects_of

SUMMARY = pd.DataFrame(
    {"shock": ["cut", "cut", "loss", None], "reference": [True, False, True, True],
     "delivered_output": [0.93, 0.5, 0.99, 1.0], "fragility": [0.42, 0.1, float("nan"), float("nan")]}
)  # fmt: skip


def test_a_tenth_of_what_the_shock_takes_from_the_reference_policy():
    found = smallest_effects(SUMMARY, {"delivered_output": 1, "fragility": -1, "not there": 1})
    # .07 of the work lost; .01 lost is below a quarter point; .42 of what was exposed lost
    assert found == {"cut": {"delivered_output": 0.007, "fragility": 0.042}, "loss": {"delivered_output": 0.0025}}


def test_what_is_printed_is_what_is_read():
    found = smallest_effects(SUMMARY, {"delivered_output": 1, "fragility": -1})
    declared = yaml.safe_load(as_yaml(found))["experiment"]["smallest_effect"]
    assert declared == found
    limits = smallest_effects_of(declared)
    assert limits.of("cut", "delivered_output") == 0.007
    # what was not named has the least
    assert limits.of("loss", "fragility") == limits.of("another", "delivered_output") == 0.0025


@pytest.mark.parametrize(
    ("declared", "of_cut", "of_loss"), [(None, 0.0025, 0.0025), (0.01, 0.01, 0.01), ({"cut": 0.02}, 0.02, 0.0025)]
)
def test_a_number_holds_for_all(declared, of_cut, of_loss):
    limits = smallest_effects_of(declared)
    assert (limits.of("cut", "delivered_output"), limits.of("loss", "sustained_collaboration")) == (of_cut, of_loss)
    assert isinstance(limits, SmallestEffects)


@pytest.mark.parametrize("declared", [None, 0.01, {"cut": 0.02}, {"cut": {"delivered_output": 0.02}}])
def test_a_number_for_shares_says_nothing_of_days(declared):
    limits = smallest_effects_of(declared)
    assert limits.of("cut", "level_lead_time_days") == 0.25
    assert smallest_effects_of({"cut": {"level_lead_time_days": 2.0}}).of("cut", "level_lead_time_days") == 2.0


def test_of_a_level_a_tenth_of_what_the_shock_changes_for_the_worse():
    summary = pd.DataFrame(
        {"shock": ["cut"], "reference": [True], "level_lead_time_days": [40.0], "change_lead_time_days": [-7.0],
         "level_health_error_mean": [0.1], "change_health_error_mean": [0.08], "level_detection_days": [30.0],
         "change_detection_days": [-3.0]}
    )  # fmt: skip
    better = {"level_lead_time_days": 1, "level_health_error_mean": -1, "level_detection_days": -1}
    # detection has become faster, so nothing is taken
    assert smallest_effects(summary, better) == {
        "cut": {"level_lead_time_days": 0.7, "level_health_error_mean": 0.008, "level_detection_days": 0.25}
    }
