"""Doses: what counts as one, what each step is judged by, and intervals that know their pairs."""

import itertools

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.doses import FEWEST_STEPS, MOST_LINES, dose_response, level_number, lever_doses, uncertain_doses


def design_of(factors, shocks=("rupture",), reference=0, **uncertain):
    """A crossed design; the reference policy is the one at that place."""
    rows = []
    points = list(itertools.product(*uncertain.values()))
    for point, values in enumerate(points):
        for place, levels in enumerate(itertools.product(*factors.values())):
            for shock in shocks:
                rows.append(
                    {"design_id": len(rows), "history_id": len(rows) // len(shocks), "shock": shock, "shocks": shock,
                     "policy": ", ".join(map(str, levels)), "reference": place == reference,
                     **dict(zip(factors, levels, strict=True))}
                    | ({"point": point} | dict(zip(uncertain, values, strict=True)) if uncertain else {})
                )  # fmt: skip
    return pd.DataFrame(rows)


def measures_of(design, value, replicates=8):
    """Measures with a large share common to all policies of a replicate."""
    rows = [
        {"design_id": row["design_id"], "replicate": r, "cluster": r, "delivered_output": value(row, r)}
        for row in design.to_dict("records")
        for r in range(replicates)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("label", "number"),
    [("4", 4.0), (0.25, 0.25), ("12 months between calls", 12.0), ("1 payment", 1.0), ("1e6", 1e6), ("-2", -2.0)],
)
def test_levels_that_are_numbers(label, number):
    assert level_number(label) == number


@pytest.mark.parametrize("label", ["2-4 countries", "[2, 4]", "yearly", "4 of 7", "", None, "quarterly 4"])
def test_levels_that_are_none(label):
    assert np.isnan(level_number(label))


@pytest.mark.parametrize(("levels", "found"), [(["1", "2"], 0), (["1", "2", "3"], 1), (["1", "2", "many"], 0)])
def test_three_numbers_make_a_dose(levels, found):
    assert len(levels) < FEWEST_STEPS or found or "many" in levels
    assert len(lever_doses(design_of({"calls": levels}), {}, {})) == found


def test_a_level_that_is_no_number_stands_beside_the_doses():
    design = design_of({"calls": ["1 month", "3 months", "12 months", "observed calendar"]}, reference=2)
    (dose,) = lever_doses(design, {}, {})
    assert sorted(dose.steps["level"]) == [1.0, 3.0, 12.0]
    assert set(dose.steps["base"]) == set(design.loc[design["reference"], "design_id"])
    assert not set(dose.steps["design_id"]) & set(design.loc[design["calls"] == "observed calendar", "design_id"])
    # A number among words is another matter: what has one and is none makes the whole no dose.
    assert lever_doses(design_of({"countries": ["1", "2", "3", "2-4 countries"]}), {}, {}) == []


def test_without_shocks_there_is_no_dose():
    design = design_of({"calls": ["1", "2", "3"]}, shocks=(None,))
    assert lever_doses(design, {}, {}) == uncertain_doses(design) == []


def test_a_lever_is_judged_by_the_reference_step_of_its_own_line():
    design = design_of({"calls": ["1", "2", "4"], "payment": ["ahead", "staged"]}, reference=2)
    (dose,) = lever_doses(design, {}, {})
    assert dose.name == "calls"
    assert dose.lines == ["ahead", "staged"]
    ids = design.set_index(["calls", "payment"])["design_id"]
    for row in dose.steps.to_dict("records"):
        assert row["base"] == ids["2", row["line"]]


def test_an_uncertainty_is_judged_by_the_reference_policy_at_the_same_step():
    design = design_of({"payment": ["ahead", "staged"]}, reference=1, severity=["0", "0.5", "1"])
    assert lever_doses(design, {}, {}) == []
    (dose,) = uncertain_doses(design)
    ids = design.set_index(["payment", "severity"])["design_id"]
    levels = {0.0: "0", 0.5: "0.5", 1.0: "1"}
    for row in dose.steps.to_dict("records"):
        assert row["base"] == ids["staged", levels[row["level"]]]


def test_an_uncertainty_among_others_that_vary_too_is_none():
    design = design_of({"payment": ["ahead"]}, severity=[0, 1, 2], trust=[0.1, 0.2])
    assert uncertain_doses(design) == []


def test_too_many_lines_leave_the_reference_policys():
    others = [f"option {letter}" for letter in "abcdefg"[: MOST_LINES + 1]]
    (dose,) = lever_doses(design_of({"calls": ["1", "2", "4"], "other": others}, reference=1), {}, {})
    assert dose.lines == ["option b"]


def test_money_on_one_key_after_another():
    factors = {
        "split": {
            "none": {},
            "a 5": {"instruments.a.eur": 5},
            "a 9": {"instruments.a.eur": 9},
            "b 5": {"instruments.b.eur": 5},
            "b 9": {"instruments.b.eur": 9},
            "both": {"instruments.a.eur": 5, "instruments.b.eur": 5},
            "c once": {"instruments.c.eur": 5},
        }
    }
    scenario = {"instruments": {name: {"eur": 0} for name in "abc"}}
    design = design_of({"split": list(factors["split"])})
    (dose,) = lever_doses(design, factors, scenario)
    assert dose.name == "eur"
    steps = {line: list(part["level"]) for line, part in dose.steps.groupby("line")}
    assert steps == {"a": [0, 5, 9], "b": [0, 5, 9]}
    assert set(dose.steps["base"]) == {0}


def test_a_sequence_is_nested_branches():
    design = design_of({"payment": ["ahead", "staged"]}, shocks=("one", "two", "three"))
    chain = {"one": "r", "two": "r + s", "three": "r + s + t"}
    (dose,) = lever_doses(design.assign(shocks=design["shock"].map(chain)), {}, {})
    assert sorted(dose.steps["level"].unique()) == [1, 2, 3]
    assert dose.lines == ["ahead", "staged"]
    side_by_side = {"one": "r", "two": "s + t", "three": "r + s + t"}
    assert lever_doses(design.assign(shocks=design["shock"].map(side_by_side)), {}, {}) == []


def test_differences_are_paired_within_replicates():
    design = design_of({"calls": ["1", "2", "4"]})
    (dose,) = lever_doses(design, {}, {})
    # replicates differ by 30 points, steps by one point each and a little noise
    noise = np.random.default_rng(3).normal(0, 0.001, (3, 8))
    table = measures_of(
        design, lambda row, r: 0.6 + 0.3 * (r % 2) + 0.01 * row["design_id"] + noise[row["design_id"], r]
    )
    found = dose_response(table, dose).set_index("level")
    np.testing.assert_allclose(found["difference"].loc[[2, 4]], [0.01, 0.02], atol=0.002)
    assert (found["low"].loc[[2, 4]] > 0.005).all()
    assert (found["high"] - found["low"]).max() < 0.01
    assert np.isnan(found.loc[1, "difference"])
    np.testing.assert_allclose(found["value"].diff().dropna(), found["difference"].loc[[2, 4]].diff().fillna(
        found.loc[2, "difference"]))  # fmt: skip


def test_too_few_replicates_have_no_interval():
    design = design_of({"calls": ["1", "2", "4"]})
    (dose,) = lever_doses(design, {}, {})
    found = dose_response(measures_of(design, lambda row, r: 0.5 + 0.1 * r, replicates=3), dose)
    assert found["difference"].notna().sum() == 2
    assert found["low"].isna().all()


def test_a_replicate_that_lacks_a_step_is_left_out_everywhere():
    design = design_of({"calls": ["1", "2", "4"]})
    (dose,) = lever_doses(design, {}, {})
    table = measures_of(design, lambda row, r: float(r))
    lacking = table[~((table["design_id"] == 2) & (table["replicate"] == 7))]
    found = dose_response(lacking, dose)
    assert (found["clusters"] == 7).all()
    assert (found["value"] == np.arange(7).mean()).all()


def test_a_step_without_any_run_is_blank_and_no_error():
    design = design_of({"calls": ["1", "2", "4"]})
    (dose,) = lever_doses(design, {}, {})
    table = measures_of(design, lambda row, r: 1.0)
    found = dose_response(table[table["design_id"] != 1], dose)
    assert (found["clusters"] == 0).all()
    assert found["value"].isna().all()
