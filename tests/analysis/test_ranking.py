"""Probability best, regret, and the parameters that turn a ranking."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis import ranking


def table(values):
    """Delivered of policies (rows) in clusters (columns)."""
    values = np.asarray(values, dtype=float)
    policies, clusters = values.shape
    rows = [
        {"design_id": p, "shock": "s", "replicate": c, "cluster": c, "delivered_output": values[p, c]}
        for p in range(policies) for c in range(clusters)
    ]  # fmt: skip
    design = pd.DataFrame({"design_id": range(policies), "shock": "s"})
    return pd.DataFrame(rows), design


def test_regret_and_share_by_hand():
    measures, design = table([[1.0, 1.0, 1.0, 1.0], [0.8, 0.9, 1.1, 1.0]])
    found = ranking.rank(measures, design).set_index("design_id")
    # the second is ahead once and level once
    assert found["best_share"].tolist() == [0.625, 0.375]
    assert found["regret"].tolist() == pytest.approx([0.025, 0.075])


def test_seeds_of_a_draw_are_averaged_before_anybody_is_ahead():
    measures, design = table([[1.0, 3.0, 1.0, 3.0], [2.0, 1.0, 2.0, 1.0]])
    measures["cluster"] = measures["replicate"] // 2
    assert ranking.rank(measures, design)["best_share"].tolist() == [1.0, 0.0]


def test_the_parameters_that_matter_are_found_and_no_others():
    random = np.random.default_rng(4)
    names = [f"p{k}" for k in range(30)]
    drawn = random.random((200, 30))
    effect = 3.0 * drawn[:, 7] - 2.0 * drawn[:, 21] + 0.3 * random.normal(size=200)
    found = ranking.importance(drawn, effect, names)
    assert found.stand_out() == ["p7", "p21"]
    assert found.draws == 200
    # a uniform number has variance 1/12
    parts = np.array([9.0, 4.0]) / 12
    np.testing.assert_allclose(found.share[:2], parts / (parts.sum() + 0.09), atol=0.05)
    assert found.explained == pytest.approx(parts.sum() / (parts.sum() + 0.09), abs=0.02)
    # from 1/2 less 3/2 to 1/2 and 3/2; the other turns too, more is worse
    assert (found.at_low[0], found.at_high[0]) == pytest.approx((-1.0, 2.0), abs=0.15)
    assert (found.at_low[1], found.at_high[1]) == pytest.approx((1.5, -0.5), abs=0.15)
    assert found.turning() == ["p7", "p21"]
    lifted = ranking.importance(drawn, effect + 5.0, names)
    assert (lifted.stand_out(), lifted.turning()) == (["p7", "p21"], [])


def toy(seed, parameters=80, draws=200):
    """Two of many parameters move the difference; chance and what is not linear do the rest."""
    random = np.random.default_rng([seed, 31])
    drawn = random.random((draws, parameters))
    # a parameter that takes whole numbers, and one with a long tail
    drawn[:, 3] = np.floor(5 * drawn[:, 3])
    drawn[:, 4] = np.exp(8 * drawn[:, 4])
    noise = random.standard_t(4, size=draws)
    return drawn, 0.03 * (drawn[:, 0] - 0.5) - 0.025 * drawn[:, 1] ** 2 + 0.01 * noise


@pytest.mark.parametrize("repetitions", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_two_of_eighty_are_found_and_hardly_ever_another(repetitions):
    names = [f"p{k}" for k in range(80)]
    found, false = 0, 0
    for seed in range(repetitions):
        named = set(ranking.importance(*toy(seed), names, permutations=299).stand_out(80))
        found += {"p0", "p1"} <= named
        false += bool(named - {"p0", "p1"})
    assert found >= 0.95 * repetitions
    assert false <= 0.05 * repetitions


@pytest.mark.parametrize("repetitions", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_chance_is_not_importance(repetitions):
    hits = 0
    for seed in range(repetitions):
        random = np.random.default_rng(seed)
        found = ranking.importance(random.random((200, 80)), random.normal(size=200), [f"p{k}" for k in range(80)],
                                   permutations=299)  # fmt: skip
        hits += bool(found.stand_out())
    assert hits <= 0.05 * repetitions


def test_more_parameters_than_draws_are_no_obstacle():
    random = np.random.default_rng(2)
    drawn = random.random((200, 260))
    found = ranking.importance(drawn, drawn[:, 5] + 0.2 * random.normal(size=200), [f"p{k}" for k in range(260)])
    assert found.stand_out(10) == ["p5"]


def test_two_parameters_that_say_the_same_are_named_once():
    random = np.random.default_rng(2)
    one = random.random(200)
    drawn = np.column_stack([one, 2.0 * one, random.random(200)])
    found = ranking.importance(drawn, one, ["a", "twice a", "b"])
    assert len(found.stand_out()) == 1
    assert np.isfinite(found.share).all()


def test_few_draws_and_equal_policies_say_nothing():
    random = np.random.default_rng(0)
    few = random.random((199, 2))
    assert ranking.importance(few, few[:, 0], ["a", "b"]).parameters == ()
    assert ranking.importance(few, few[:, 0], ["a", "b"]).turning() == []
    assert ranking.importance(random.random((200, 2)), np.zeros(200), ["a", "b"]).stand_out() == []


def stood(values, **more):
    """Standing of policies (rows) in clusters (columns)."""
    measures, design = table(values)
    means = pd.DataFrame({"design_id": range(len(values)), "policy": [*"abc"[: len(values)]],
                          "delivered_output": np.mean(values, axis=1)})  # fmt: skip
    return ranking.standing(means.merge(ranking.rank(measures, design), on="design_id"), **more)


def test_best_needs_a_hundred_draws_and_nine_chances_in_ten():
    random = np.random.default_rng(0)
    for draws, best in ((99, ""), (100, "b")):
        values = 0.02 * random.normal(size=(2, draws)) + np.array([[0.5], [0.52]])
        found = stood(values)
        assert found.best == best
        assert (found.first, found.second, found.draws) == ("b", "a", draws)
        assert found.probability > 0.99
        assert found.share == (values[1] > values[0]).mean()
    level = stood(0.02 * random.normal(size=(3, 150)))
    assert level.best == ""
    assert len(level.rivals) > 1
    # a draw that one policy did not meet does not count
    values = 0.02 * random.normal(size=(2, 100)) + np.array([[0.5], [0.52]])
    values[0, 3] = np.nan
    with np.errstate(invalid="ignore"):
        measures, design = table(values)
    means = pd.DataFrame({"design_id": [0, 1], "policy": ["a", "b"], "delivered_output": np.nanmean(values, axis=1)})
    assert ranking.standing(means.merge(ranking.rank(measures, design), on="design_id")).draws == 99


def test_what_turns_the_first_two_is_told_apart_from_what_only_moves_them():
    found = ranking.Importance(
        ("a", "b", "c"), np.array([0.5, 0.3, 0.01]), np.array([0.001, 0.001, 0.7]), 200,
        at_low=np.array([-0.02, 0.01, np.nan]), at_high=np.array([0.03, 0.02, np.nan]),
    )  # fmt: skip
    values = 0.02 * np.random.default_rng(0).normal(size=(2, 200))
    both = stood(values, importance=found)
    assert (both.turned_by, both.moved_by, both.regressed) == (("a",), ("b",), True)
    assert stood(values).turned_by == ()
    assert not stood(values).regressed


def test_turning_parameters_of_a_sweep():
    random = np.random.default_rng(1)
    cost = random.random(200)
    measures, _ = table([0.5 + 0.0 * cost, 0.6 - 0.2 * cost])
    draws = pd.DataFrame(
        [
            {"replicate": r, "draw": r, "parameter": name, "value": value}
            for r in range(200) for name, value in (("noise", random.random()), ("cost", cost[r]), ("fixed", 1.0))
        ]
    )  # fmt: skip
    found = ranking.turning_parameters(measures, draws, "s", 0, 1)
    assert found.parameters[0] == "cost"
    assert found.turning() == ["cost"]
    assert "fixed" not in found.parameters


def test_chances_of_ranks_are_sure_where_nothing_overlaps_and_shared_where_all_is_alike():
    apart = np.array([[3.0, 3.1, 2.9], [2.0, 2.1, 1.9], [1.0, 1.1, 0.9], [0.0, 0.1, -0.1]])
    np.testing.assert_array_equal(
        ranking.rank_chances(apart, 2),
        [[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 2.0, 2.0], [0.0, 0.0, 3.0, 3.0], [0.0, 0.0, 4.0, 4.0]],
    )
    alike = ranking.rank_chances(np.ones((4, 5)), 2)
    np.testing.assert_array_equal(alike[:, :2], [[0.25, 0.5]] * 4)
    assert np.isnan(ranking.rank_chances(np.ones((3, 1)))).all()
    noisy = ranking.rank_chances(np.random.default_rng(0).normal(size=(10, 30)))
    np.testing.assert_allclose(noisy[:, 0].sum(), 1.0)
    np.testing.assert_allclose(noisy[:, 1].sum(), 3.0)
    assert (noisy[:, 2] <= noisy[:, 3]).all()
