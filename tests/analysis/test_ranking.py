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
    drawn = random.random((60, 30))
    found = ranking.importance(drawn, 3.0 * drawn[:, 7] + 2.0 * drawn[:, 21] + 0.3 * random.normal(size=60), names)
    assert found.stand_out() == ["p7", "p21"]
    assert found.draws == 60


def test_chance_is_not_importance():
    hits = 0
    for seed in range(12):
        random = np.random.default_rng(seed)
        found = ranking.importance(random.random((40, 10)), random.normal(size=40), [f"p{k}" for k in range(10)],
                                   permutations=39)  # fmt: skip
        hits += bool(found.stand_out())
    assert hits <= 3


def test_few_draws_and_equal_policies_say_nothing():
    assert ranking.importance(np.random.default_rng(0).random((10, 2)), np.arange(10.0), ["a", "b"]).parameters == ()
    assert ranking.importance(np.random.default_rng(0).random((30, 2)), np.zeros(30), ["a", "b"]).stand_out() == []


def test_turning_parameters_of_a_sweep():
    random = np.random.default_rng(1)
    cost = random.random(40)
    measures, _ = table([0.5 + 0.0 * cost, 0.6 - 0.2 * cost])
    draws = pd.DataFrame(
        [
            {"replicate": r, "draw": r, "parameter": name, "value": value}
            for r in range(40) for name, value in (("noise", random.random()), ("cost", cost[r]), ("fixed", 1.0))
        ]
    )  # fmt: skip
    found = ranking.turning_parameters(measures, draws, "s", 0, 1)
    assert found.parameters[0] == "cost"
    assert "fixed" not in found.parameters


def test_shares_are_those_of_the_library():
    from SALib.analyze import rbd_fast

    random = np.random.default_rng(2)
    drawn = random.random((60, 3))
    effect = drawn[:, 0] + 0.2 * random.normal(size=60)
    problem = {"num_vars": 3, "names": ["a", "b", "c"]}
    theirs = rbd_fast.analyze(problem, drawn, effect, M=3, num_resamples=2, seed=0)["S1"]
    ours = ranking.importance(drawn, effect, ["a", "b", "c"], permutations=3)
    assert dict(zip(ours.parameters, ours.share, strict=True)) == pytest.approx(dict(zip("abc", theirs, strict=True)))
