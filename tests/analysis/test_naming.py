"""Names of measures: what exists, what is made of what, and what is said of a name that does not exist."""

import pytest

from ecosim.analysis.naming import (
    CONTRASTED,
    MEANINGS,
    base_of,
    check_measure,
    difference_of,
    in_unit,
    said_in,
    split,
    title,
    twin_of,
    window_of,
)
from ecosim.analysis.resilience import COLUMNS, PRIMARY_MEASURES, WINDOWS
from ecosim.errors import InputError
from ecosim.outcomes.measured import MEASURED, POINTS


def test_every_column_has_every_measure_over_every_window():
    for column in COLUMNS:
        for measure in ("sustained", "delivered", "baseline_cost", "final_gap"):
            for ending in ("", *(f"_{window}" for window in WINDOWS)):
                assert f"{measure}_{column}{ending}" in MEANINGS
                assert f"{measure}_{column}{ending}" in CONTRASTED
        assert {f"worst_year_{column}", f"months_below_half_{column}"} <= set(MEANINGS)
    assert set(CONTRASTED) <= set(MEANINGS)
    assert set(PRIMARY_MEASURES) <= set(CONTRASTED)


def test_parts_of_a_name():
    assert split("baseline_cost_output_24") == ("baseline_cost", "output_24")
    assert split("fragility") is split("delivered_nothing") is None
    assert twin_of("delivered_output_24", "sustained") == "sustained_output_24"
    assert [window_of(name) for name in ("sustained_work", "sustained_work_96", "recovery_months")] == [None, 96, None]
    assert base_of("delivered_output_24") == "the reference policy's calm-time output"
    assert base_of("worst_year_collaboration") == "the policy's own calm-time collaboration"
    assert title("final_gap_effort_12") == "effort missing at the end, 12 months"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sustained_colaboration_24", "did you mean sustained_collaboration_24?"),
        ("delivered", "did you mean delivered_output?"),
        ("sustained", "did you mean sustained_collaboration?"),
        ("months_below_half_output", "cannot be contrasted"),
        ("sustained_output_36", "no such measure"),
        ("sustained_output_48", "needs 48 months of response, of which 30 are observed"),
        (24, "no such measure"),
    ],
)
def test_a_measure_that_cannot_be_had_is_one_clear_line(name, words):
    with pytest.raises(InputError) as error:
        check_measure("experiment.contrasts.mine.measures", name, contrasted=True, response_months=30)
    line = str(error.value)
    assert words in line
    assert line.startswith(f"experiment.contrasts.mine.measures={name}: ")
    assert "\n" not in line


def test_what_can_be_had_is_given_back():
    for name in (*PRIMARY_MEASURES, "sustained_collaboration_24", "worst_year_output", "substituted"):
        assert check_measure("key", name, contrasted=True, response_months=30) == name
    assert check_measure("key", "months_below_half_output") == "months_below_half_output"


def test_every_outcome_with_a_measure_can_be_contrasted_in_its_own_unit():
    for item in MEASURED:
        for name in (f"level_{item.name}", f"change_{item.name}"):
            assert name in CONTRASTED
            assert difference_of(name) is POINTS or difference_of(name).unit == item.unit
            # a sentence says "days in ..." and "points of ...": the unit is not said twice
            assert difference_of(name) is POINTS or item.unit not in item.words
    assert (in_unit(0.5, "level_health_harmed"), in_unit(0.5, "level_detection_days")) == (50.0, 0.5)
    assert said_in("change_lead_time_days") == "days"
    assert said_in("level_health_harmed") == "points of the share itself"


def test_what_stands_on_one_scale_with_shares_is_a_share():
    assert check_measure("experiment.objectives", "level_health_harmed", contrasted=True, in_points=True)
    with pytest.raises(InputError, match="is in days, and stands on one scale with shares"):
        check_measure("experiment.objectives", "level_detection_days", contrasted=True, in_points=True)
