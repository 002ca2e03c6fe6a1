"""Robustness metrics, each on an example computed by hand."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.robustness import METRICS, metric_ranks, robustness, scenario_table
from ecosim.errors import InputError

#: Three policies in five scenarios.
TABLE = pd.DataFrame(
    [[0.9, 0.8, 0.7, 0.6, 0.5], [0.7, 0.7, 0.7, 0.7, 0.7], [1.0, 1.0, 0.9, 0.2, 0.4]],
    index=["even", "flat", "bold"], columns=list("abcde"),
)  # fmt: skip


def test_worst_best_and_between():
    found = robustness(TABLE, pessimism=0.75)
    # row minima and maxima
    assert found["maximin"].tolist() == [0.5, 0.7, 0.2]
    assert found["maximax"].tolist() == [0.9, 0.7, 1.0]
    # 3/4 of the worst and 1/4 of the best: .375+.225, .7, .15+.25
    assert found["hurwicz"].tolist() == pytest.approx([0.6, 0.7, 0.4])
    # means: 3.5/5, 3.5/5, 3.5/5: what Laplace cannot tell apart the others can
    assert found["laplace"].tolist() == pytest.approx([0.7, 0.7, 0.7])
    assert found["scenarios"].tolist() == [5, 5, 5]


def test_regret():
    # best of each scenario: 1.0 1.0 0.9 0.7 0.7
    # even: .1 .2 .2 .1 .2; flat: .3 .3 .2 0 0; bold: 0 0 0 .5 .3
    found = robustness(TABLE)
    assert found["minimax_regret"].tolist() == pytest.approx([0.2, 0.3, 0.5])
    # 90th percentile of five values stands at position 0.9*4 = 3.6, between the 4th and the 5th in order:
    # even .2 .2; flat .3 .3; bold .3 + .6*(.5-.3) = .42
    assert found["regret_q90"].tolist() == pytest.approx([0.2, 0.3, 0.42])


def test_starr_counts_scenarios_that_meet_the_threshold():
    # at least .7: even has .9 .8 .7; flat all; bold 1 1 .9
    assert robustness(TABLE, threshold=0.7)["starr"].tolist() == pytest.approx([0.6, 1.0, 0.6])
    assert robustness(TABLE)["starr"].isna().all()


def test_mean_variance():
    # sample variances: even (.04+.01+0+.01+.04)/4 = .025; bold (.09+.09+.04+.25+.09)/4 = .14
    # (mean + 1) / (sd + 1): 1.7/(1+.158114), 1.7/1, 1.7/(1+.374166)
    found = robustness(TABLE)["mean_variance"].tolist()
    assert found == pytest.approx([1.467904, 1.7, 1.237114], abs=2e-6)


def test_percentile_skewness():
    # even: q10 .54, q50 .7, q90 .86: symmetric, 0; flat: no spread, 0
    # bold in order .2 .4 .9 1 1: q10 = .2+.4*.2 = .28, q50 = .9, q90 = 1: (.9-.64)/.36
    assert robustness(TABLE)["percentile_skewness"].tolist() == pytest.approx([0.0, 0.0, 0.26 / 0.36])


def test_less_is_better():
    costs = pd.DataFrame([[1.0, 4.0], [2.0, 3.0]], index=["wide", "narrow"])
    found = robustness(costs, maximise=False, threshold=3.0, pessimism=0.5)
    # the worst cost is the largest
    assert found["maximin"].tolist() == [4.0, 3.0]
    assert found["maximax"].tolist() == [1.0, 2.0]
    assert found["hurwicz"].tolist() == [2.5, 2.5]
    # best costs 1 and 3: regrets 0, 1 and 1, 0
    assert found["minimax_regret"].tolist() == [1.0, 1.0]
    # at most 3
    assert found["starr"].tolist() == [0.5, 1.0]
    # (2.5+1) * (sd+1), sd 2.12132 and .70711
    assert found["mean_variance"].tolist() == pytest.approx([10.924621, 5.974874], abs=1e-5)
    ranks = metric_ranks(found, maximise=False)
    assert ranks["maximin"].tolist() == [2.0, 1.0]
    assert ranks["mean_variance"].tolist() == [2.0, 1.0]
    assert ranks["starr"].tolist() == [2.0, 1.0]


def test_ranks_point_the_right_way():
    ranks = metric_ranks(robustness(TABLE, threshold=0.7))
    assert set(ranks) == set(METRICS)
    assert ranks.loc["flat", ["maximin", "mean_variance", "starr"]].tolist() == [1.0, 1.0, 1.0]
    assert ranks["minimax_regret"].tolist() == [1.0, 2.0, 3.0]
    assert ranks["maximax"].tolist() == [2.0, 3.0, 1.0]


def test_a_scenario_one_policy_lacks_counts_for_none():
    gaps = TABLE.copy()
    gaps.loc["bold", "d"] = np.nan
    found = robustness(gaps)
    assert found["scenarios"].tolist() == [4, 4, 4]
    assert found["maximin"].tolist() == [0.5, 0.7, 0.4]


@pytest.mark.parametrize("table", [TABLE.iloc[:0], TABLE.iloc[:, :0], TABLE * np.nan])
def test_nothing_to_compare_is_one_line(table):
    with pytest.raises(InputError, match="no scenario in which every policy has a value"):
        robustness(table)


def test_a_weight_outside_its_range_is_refused():
    with pytest.raises(InputError, match=r"pessimism=1.5: out of range; allowed: a number from 0 to 1"):
        robustness(TABLE, pessimism=1.5)


def test_scenarios_of_a_sweep_are_shocks_with_draws():
    rows = [
        {"policy": policy, "shock": shock, "cluster": replicate // 2, "replicate": replicate, "design_id": 0,
         "delivered_output": level + 0.1 * replicate + (0.01 if shock == "loss" else 0.0)}
        for policy, level in (("a", 0.0), ("b", 1.0)) for shock in ("rupture", "loss") for replicate in range(4)
    ]  # fmt: skip
    table = scenario_table(pd.DataFrame(rows))
    assert table.shape == (2, 4)
    # draw 1 is replicates 2 and 3: their mean
    assert table.loc["b", ("loss", 1)] == pytest.approx(1.26)
    # at points laid out, a scenario is a shock with a point
    laid = scenario_table(pd.DataFrame(rows).assign(point=lambda frame: frame["replicate"], cluster=0))
    assert laid.shape == (2, 8)
    assert laid.loc["a", ("rupture", 3)] == pytest.approx(0.3)
    with pytest.raises(InputError, match="did you mean delivered_output"):
        scenario_table(pd.DataFrame(rows), "deliverd")
