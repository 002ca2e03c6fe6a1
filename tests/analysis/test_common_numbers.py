"""Variance that common random numbers save, beside what is known."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.common_numbers import TWIN, common_numbers_table, saved_by_pairing


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.9])
def test_of_equal_variances_pairing_saves_the_correlation(correlation):
    # exactly these moments
    random = np.random.default_rng(1).normal(size=(2, 500))
    random -= random.mean(axis=1, keepdims=True)
    one, other = (
        random[0] / random[0].std(ddof=1),
        random[1] - random[0] * (random[0] @ random[1]) / (random[0] @ random[0]),
    )
    other /= other.std(ddof=1)
    paired, independent, saved, found = saved_by_pairing(one, correlation * one + np.sqrt(1 - correlation**2) * other)
    assert found == pytest.approx(correlation)
    assert independent == pytest.approx(2.0)
    assert paired == pytest.approx(2.0 * (1 - correlation))
    assert saved == pytest.approx(correlation)


def test_too_few_or_no_variation_say_nothing():
    assert np.isnan(saved_by_pairing([1, 2, 3], [1, 2, 4])).all()
    assert np.isnan(saved_by_pairing([1, 2, 3, 4, np.nan], [1, 2, 4, 5, 6])).all()
    assert np.isnan(saved_by_pairing(np.ones(9), np.ones(9))).all()


def measures():
    random = np.random.default_rng(2)
    common, own = random.normal(100, 10, 40), random.normal(0, 1, 40)
    columns = ("sustained_collaboration", "drawdown", "final_gap_collaboration", "fragility", "substituted")
    rows = []
    for policy, noise in (("a", 0.0), ("b", own)):
        twin = common + noise
        rows.append(pd.DataFrame(
            {"policy": policy, "shock": "s", "reference": policy == "a", "replicate": np.arange(40),
             "twin_area_collaboration": twin, "shock_area_collaboration": 0.5 * twin} | dict.fromkeys(columns, np.nan)
        ))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def test_the_table_pairs_policies_and_twins_by_replicate():
    table = common_numbers_table(measures().sample(frac=1.0, random_state=3))
    found = table.set_index(["policy", "outcome", "against"])["saved"]
    shocked, calm = "shock_area_collaboration", "twin_area_collaboration"
    assert set(found.index) == {("a", shocked, TWIN), ("b", shocked, TWIN), ("b", shocked, "a"), ("b", calm, "a")}
    # half of the twin: var(x / 2) = v / 4 beside v + v / 4
    assert found[("a", "shock_area_collaboration", TWIN)] == pytest.approx(1 - 0.25 / 1.25)
    assert found[("b", "twin_area_collaboration", "a")] > 0.98
    assert table["pairs"].eq(40).all()


def test_replicates_out_of_step_would_show():
    table = measures()
    mine = table["policy"] == "b"
    table.loc[mine, "replicate"] = (table.loc[mine, "replicate"] + 7) % 40
    found = common_numbers_table(table).set_index(["policy", "outcome", "against"])["saved"]
    assert abs(found[("b", "twin_area_collaboration", "a")]) < 0.5
