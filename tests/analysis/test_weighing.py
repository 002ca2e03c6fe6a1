"""Policies weighed on several outcomes at once: known sets, and what a null finds."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.weighing import ALL, beaten, chances, trade_off, weighed, weighing_tables

NAMES = ("delivered_output", "level_supply_dependence")
RANDOM = np.random.default_rng(5)


def table(values, shocks=("storm", "strike"), policies="abc"):
    """Measures of policies: values (P, D, M), the same under each shock but for a shift that cancels."""
    rows = []
    for s, shock in enumerate(shocks):
        shift = 0.3 * (s - (len(shocks) - 1) / 2.0)
        for p, policy in enumerate(policies):
            for d in range(values.shape[1]):
                row = {"policy": policy, "shock": shock, "cluster": d, "replicate": d}
                rows.append(row | {name: values[p, d, k] + shift for k, name in enumerate(NAMES)})
    return pd.DataFrame(rows)


def test_a_policy_beats_who_is_no_better_in_anything_and_worse_in_something():
    good = np.array([[1.0, 1.0], [1.0, 0.5], [0.0, 2.0], [1.0, 1.0]])
    found = beaten(good)
    assert found[0].tolist() == [False, True, False, False]
    # who is alike does not beat, and nobody beats itself
    assert not found[0, 3]
    assert not found.diagonal().any()
    assert not (found & found.T).any()


def test_the_set_is_that_of_the_definition():
    good = RANDOM.normal(size=(7, 30, 3))
    over = beaten(good)
    for d in range(30):
        for j in range(7):
            others = [i for i in range(7) if (good[i, d] >= good[j, d]).all() and (good[i, d] > good[j, d]).any()]
            assert over[:, j, d].nonzero()[0].tolist() == others
    found = chances(good, shuffles=50)
    assert found.in_set == pytest.approx((~over.any(axis=0)).mean(axis=1))


def test_less_is_better_where_the_measure_says_so():
    values = np.zeros((3, 6, 2))
    values[1, :, 1] = -0.1
    one = weighed(table(values), ["a", "b", "c"], NAMES)
    assert one.better.tolist() == [1.0, -1.0]
    # the shift of the shocks is averaged away
    np.testing.assert_allclose(one.values, values, atol=1e-12)
    assert beaten(one.good)[1, 0].all()


def test_a_draw_that_a_policy_lacks_counts_for_nobody():
    rows = table(RANDOM.normal(size=(3, 6, 2)))
    rows.loc[(rows["policy"] == "b") & (rows["cluster"] == 2) & (rows["shock"] == "storm"), NAMES[0]] = np.nan
    assert weighed(rows, ["a", "b", "c"], NAMES).draws == 5
    assert weighed(rows, ["a", "b", "c"], NAMES, "strike").draws == 6
    assert weighed(rows, ["a", "b", "c"], ("delivered_work", *NAMES)).draws == 0


def test_chance_is_what_independent_outcomes_give():
    # of n points independent in two outcomes the mean number unbeaten is the n-th harmonic number
    found = chances(RANDOM.normal(size=(6, 4000, 2)), shuffles=100, resamples=50)
    assert found.by_chance == pytest.approx(sum(1 / k for k in range(1, 7)) / 6, abs=0.02)
    assert found.chance_low < found.by_chance < found.chance_high
    # one outcome: one is unbeaten
    assert chances(RANDOM.normal(size=(4, 500, 1)), shuffles=50).by_chance == pytest.approx(0.25)


def test_names_that_mean_nothing_stay_within_chance_and_one_that_does_leaves_it():
    outside, repeats = 0, 60
    for seed in range(repeats):
        good = np.random.default_rng(seed).normal(size=(6, 24, 3))
        found = chances(good, shuffles=300, resamples=20, seed=seed)
        low, high = found.in_set.min(), found.in_set.max()
        outside += bool(high > found.chance_high + 1e-9 or low < found.chance_low - 1e-9)
    # one in twenty is meant; four sigma above it is 10
    assert outside <= 10
    good = np.random.default_rng(0).normal(size=(6, 24, 3))
    good[2] += 2.0
    good[4] -= 2.0
    found = chances(good, shuffles=300, resamples=200)
    assert found.in_set[2] > found.chance_high
    assert found.in_set[4] < found.chance_low
    assert found.beats[2, 4] > found.most_by_chance
    assert found.beats_by_means[2, 4]
    assert found.in_set_of_means[2] == 1.0


def test_the_tables_hold_all_shocks_and_each():
    values = RANDOM.normal(size=(3, 12, 2)) * 0.01
    values[1, :, 0] += 0.5
    rows, pairs = weighing_tables(table(values), ["a", "b", "c"], "a", NAMES)
    assert list(dict.fromkeys(rows["shock"])) == [ALL, "storm", "strike"]
    assert len(pairs) == 3 * 6
    own = rows[rows["shock"] == ALL].set_index("policy")
    assert own.loc["b", "delivered_output_verdict"] == "helps"
    assert own.loc["a", "delivered_output_difference"] == 0.0
    assert own.loc["b", "delivered_output_difference"] == pytest.approx((values[1] - values[0])[:, 0].mean())
    single, _ = weighing_tables(table(values, shocks=("storm",)), ["a", "b", "c"], "a", NAMES)
    assert single["shock"].unique().tolist() == ["storm"]


def test_steps_say_what_is_gained_and_lost_and_at_which_rate():
    values = 0.002 * RANDOM.normal(size=(3, 20, 2))
    # each step costs a point and lowers dependence, which is better, by two; then by nothing
    values[:, :, 0] -= np.array([0.0, 0.01, 0.02])[:, None]
    values[:, :, 1] -= np.array([0.0, 0.02, 0.02])[:, None]
    steps = trade_off(table(values), {"closing": [(0.0, "a"), (1.0, "b"), (2.0, "c")]}, NAMES)
    first, second = steps.to_dict("records")
    assert (first["gain"], first["cost"]) == (NAMES[1], NAMES[0])
    assert first["gained_low"] < 0.02 < first["gained_high"]
    assert first["lost_low"] < 0.01 < first["lost_high"]
    assert first["rate"] == pytest.approx(0.5, abs=0.1)
    assert second["rate"] == pytest.approx(1.0, abs=0.1)
    for row in (first, second):
        assert row["rate_low"] < row["rate"] < row["rate_high"]
    assert first["more_low"] > 0.0
    assert second["more_low"] < 0.0 < second["more_high"]


def test_nothing_gained_has_no_rate():
    values = 0.01 * RANDOM.normal(size=(2, 20, 2))
    steps = trade_off(table(values, policies="ab"), {"closing": [(0.0, "a"), (1.0, "b")]}, NAMES)
    assert steps["gained_low"].item() < 0.0
    assert np.isnan(steps["rate"].item())
