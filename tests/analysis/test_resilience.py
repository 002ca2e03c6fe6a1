"""Resilience measures against numbers worked by hand."""

import numpy as np
import pytest

from ecosim.analysis import resilience


def test_six_month_means_leave_out_an_incomplete_block():
    values = np.arange(20.0)
    # from month 2: blocks 2..7 and 8..13; 14..19 is whole too; month 20 does not exist
    np.testing.assert_array_equal(resilience.six_month_means(values, 2, 20), [4.5, 10.5, 16.5])
    np.testing.assert_array_equal(resilience.six_month_means(values, 2, 19), [4.5, 10.5])


def test_response_by_hand():
    # announcement at month 6; twin 10 a month; five blocks of 10, 4, 6, 9.6, 10 -> gaps 0, .6, .4, .04, 0
    twin = np.full(36, 10.0)
    shocked = np.concatenate([np.full(6, 10.0), np.repeat([10.0, 4.0, 6.0, 9.6, 10.0], 6)])
    result = resilience.response(shocked, twin, 6, 36)
    assert result.drawdown == pytest.approx(0.6)
    # .4 stands at month 15, .04 at month 21: 5 % lies 35/36 of the way
    assert result.recovery_months == pytest.approx(15 + 6 * 0.35 / 0.36)
    assert not result.recovery_censored
    found = resilience.beside_twin("work", shocked, twin, 6, 36)
    assert found["sustained_work"] == pytest.approx((10 + 4 + 6 + 9.6 + 10) / 50)
    assert found["final_gap_work"] == pytest.approx(0.02)


def test_no_loss_is_exactly_none_and_never_hit():
    twin = np.linspace(5.0, 9.0, 60)
    result = resilience.response(twin, twin, 12, 60)
    assert result.drawdown == 0.0
    found = resilience.beside_twin("output", twin, twin, 12, 60)
    assert {name: value for name, value in found.items() if name.startswith("sustained")} == {
        "sustained_output": 1.0, "sustained_output_12": 1.0, "sustained_output_24": 1.0, "sustained_output_48": 1.0,
    }  # fmt: skip
    assert (found["final_gap_output"], found["worst_year_output"], found["months_below_half_output"]) == (0.0, 1.0, 0.0)
    assert np.isnan(result.recovery_months)
    assert not result.recovery_censored


def test_recovery_that_never_comes_is_censored_at_the_window():
    assert resilience.recovery_months(np.array([0.0, 0.5, 0.4])) == (18.0, True)


def test_a_twin_without_work_gives_blanks():
    result = resilience.response(np.zeros(24), np.zeros(24), 0, 24)
    assert np.isnan(result.drawdown)
    assert np.isnan([*resilience.beside_twin("effort", np.zeros(24), np.zeros(24), 0, 24).values()]).all()


def test_delivered_is_baseline_times_sustained():
    # reference twin 200, policy twin 180, policy under shock 90
    assert resilience.baseline_cost(180.0, 200.0) == pytest.approx(0.1)
    assert resilience.delivered(90.0, 200.0) == pytest.approx(0.45)
    assert resilience.delivered(90.0, 200.0) == pytest.approx((1 - 0.1) * (90.0 / 180.0))


def test_added_divides_by_the_mean_reference():
    # losses: policy 10 and 30, reference 40 and 40; mean reference twin 150
    result = resilience.added([90.0, 70.0], [100.0, 100.0], [60.0, 160.0], [100.0, 200.0])
    np.testing.assert_allclose(result, [30.0 / 150.0, 10.0 / 150.0])


def test_interval_covers_the_mean_and_needs_two():
    mean, low, high = resilience.mean_interval([1.0, 2.0, 3.0, np.nan])
    assert mean == 2.0
    assert 1.0 <= low < 2.0 < high <= 3.0
    assert np.isnan(resilience.mean_interval([1.0])[1])
    assert resilience.mean_interval([1.0, 1.0]) == (1.0, 1.0, 1.0)


def test_probability_best_is_paired():
    # b beats a by 1 in every replicate although replicates differ by 100
    a = np.array([0.0, 100.0, 50.0, 70.0])
    np.testing.assert_array_equal(resilience.probability_best([a, a + 1.0]), [0.0, 1.0])
    np.testing.assert_array_equal(resilience.probability_best([a, a]), [0.5, 0.5])
    assert np.isnan(resilience.probability_best([[1.0], [2.0]])).all()


def test_area_takes_whole_blocks_only():
    values = np.arange(20.0)
    assert resilience.area(values, 2, 19) == values[2:14].sum()
    assert resilience.area(values, 2, 20) == values[2:20].sum()
    # a window shorter than a block is taken as it is
    assert resilience.area(values, 2, 5) == 2 + 3 + 4


@pytest.mark.parametrize(("depth", "life"), [(0.6, 12.0), (0.3, 24.0), (0.9, 18.0), (0.2, 40.0)])
def test_recovery_of_an_exponential_shortfall(depth, life):
    """DESIGN 16: a fraction d lost at mean life tau is back within 5 % after tau ln(d / .05)."""
    months = np.arange(240.0) + 0.5
    twin = np.full(240, 50.0)
    result = resilience.response(twin * (1.0 - depth * np.exp(-months / life)), twin, 0, 240)
    assert result.recovery_months == pytest.approx(life * np.log(depth / 0.05), abs=1.0)
    assert not result.recovery_censored


def test_exposure_of_one_endpoint_is_the_share_of_the_target():
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    effort = np.full(12, 80.0)
    exposed = np.array([resilience.exposure(effort * share, effort, 3, 12) for share in shares])
    # a target drawn evenly: 1/C; drawn in proportion to size: the Herfindahl index
    assert exposed.mean() == pytest.approx(1 / 4)
    assert (exposed * shares).sum() == pytest.approx((shares**2).sum())


def test_exposure_of_pairs():
    """Pairs with two independent endpoints: 1 - (1 - s)^2."""
    share = 0.3
    rng = np.random.default_rng(5)
    ends = rng.random((200_000, 2)) < share
    effort = np.full(6, float(len(ends)))
    at_risk = np.full(6, float(ends.any(axis=1).sum()))
    assert resilience.exposure(at_risk, effort, 0, 6) == pytest.approx(1 - (1 - share) ** 2, abs=0.004)


def test_exposure_looks_at_the_first_half_year_only():
    effort = np.full(24, 10.0)
    at_risk = np.concatenate([np.full(6, 9.0), np.full(6, 2.0), np.full(12, 7.0)])
    assert resilience.exposure(at_risk, effort, 6, 24) == pytest.approx(0.2)
    assert np.isnan(resilience.exposure(at_risk, np.zeros(24), 6, 24))


def test_a_window_that_was_not_observed_to_its_end_is_absent():
    twin = np.ones(200)
    names = ["area_work", "area_work_12", "area_work_24", "area_work_48"]
    assert [*resilience.areas("work", twin, 10, 10 + 95)] == names
    assert [*resilience.areas("work", twin, 10, 10 + 96)] == [*names, "area_work_96"]
    assert [*resilience.areas("work", twin, 10, 10 + 11)] == ["area_work"]
    found = resilience.beside_twin("work", twin, twin, 10, 10 + 30)
    assert "sustained_work_24" in found
    assert "sustained_work_48" not in found


def test_windows_by_hand():
    # nothing for a year, half for another, then all
    twin, shocked = np.full(120, 4.0), np.full(120, 4.0)
    shocked[10:22], shocked[22:34] = 0.0, 2.0
    found = resilience.beside_twin("collaboration", shocked, twin, 10, 10 + 50)
    assert (found["sustained_collaboration_12"], found["sustained_collaboration_24"]) == (0.0, 0.25)
    assert found["sustained_collaboration_48"] == pytest.approx((6 + 24) / 48)
    # 50 months hold eight whole blocks
    assert found["sustained_collaboration"] == found["sustained_collaboration_48"]
    assert (found["final_gap_collaboration_12"], found["final_gap_collaboration_24"]) == (1.0, 0.5)
    assert found["final_gap_collaboration_48"] == 0.0
    assert found["worst_year_collaboration"] == 0.0
    # half is not below half
    assert found["months_below_half_collaboration"] == 12.0


def test_the_worst_year_may_begin_in_any_month():
    twin = np.ones(60)
    shocked = np.ones(60)
    shocked[17:23] = 0.0
    assert resilience.worst_year(shocked, twin) == pytest.approx(0.5)
    # a growing twin: the share is of the same twelve months
    assert resilience.worst_year(0.3 * np.arange(1.0, 61.0), np.arange(1.0, 61.0)) == pytest.approx(0.3)
    assert np.isnan(resilience.worst_year(np.ones(11), np.ones(11)))
    assert np.isnan(resilience.worst_year(np.zeros(24), np.zeros(24)))


def test_no_year_is_worse_than_the_worst():
    random = np.random.default_rng(5)
    for _ in range(20):
        twin, shocked = random.uniform(0.5, 1.5, (2, 96))
        found = resilience.beside_twin("output", shocked, twin, 0, 96)
        worst = found["worst_year_output"]
        assert worst <= found["sustained_output_12"] + 1e-12
        assert all(worst <= 1.0 - found[f"final_gap_output{w}"] + 1e-12 for w in ("", "_12", "_24", "_48", "_96"))


def test_intervals_of_many_outcomes_are_those_of_each():
    random = np.random.default_rng(2)
    values, clusters = random.normal(size=(24, 3)), np.arange(24) // 2
    values[3, 1] = np.nan
    values[:, 2] = np.nan
    found = resilience.mean_intervals(values, clusters)
    for k in range(3):
        np.testing.assert_allclose(found[k], resilience.mean_interval(values[:, k], clusters), rtol=1e-9)
    assert np.isnan(resilience.mean_intervals(values[:1], clusters[:1])[0, 1:]).all()
    assert resilience.mean_intervals(np.empty((0, 2)), np.empty(0)).shape == (2, 3)


def test_fragility_and_substitution_by_hand():
    # 100 of 400 in flight are exposed, and 60 are lost
    assert resilience.fragility(400.0, 340.0, 100.0) == pytest.approx(0.6)
    assert np.isnan(resilience.fragility(400.0, 340.0, 0.0))
    # 50 seat-months more than in the twin stand empty, in 20 of which a substitute works
    assert resilience.substituted(50.0, 20.0) == pytest.approx(0.4)
    assert np.isnan(resilience.substituted([0.0, -3.0], [0.0, 1.0])).all()


def test_ratio_of_sums_and_its_jackknife_by_hand():
    ratio, pseudo = resilience.ratio_of_sums([1.0, 2.0, 6.0], [2.0, 2.0, 4.0])
    # R = 9/8; without each: 8/6, 7/6, 3/4
    np.testing.assert_allclose(pseudo, [27 / 8 - 2 * 8 / 6, 27 / 8 - 2 * 7 / 6, 27 / 8 - 1.5])
    assert ratio == pytest.approx(pseudo.mean())
    # proportional parts have no error
    np.testing.assert_allclose(resilience.ratio_of_sums([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])[1], 0.5)
    assert np.isnan(resilience.ratio_of_sums([1.0, 2.0], [0.0, 0.0])[0])


def test_a_run_is_hit_beyond_the_placebo_and_five_percent():
    assert resilience.placebo_threshold(np.linspace(0.0, 0.2, 101)) == pytest.approx(0.19)
    assert resilience.placebo_threshold([0.001, 0.002]) == 0.05
    assert resilience.placebo_threshold([np.nan]) == 0.05


def test_kaplan_meier_by_hand():
    # 5 runs: back after 6 and 12, window over at 12, back after 20, window over at 24
    times, share = resilience.kaplan_meier([6, 12, 12, 20, 24], [False, False, True, False, True])
    np.testing.assert_allclose(times, [0, 6, 12, 20])
    np.testing.assert_allclose(share, [1, 4 / 5, 4 / 5 * 3 / 4, 4 / 5 * 3 / 4 * 1 / 2])
    mean = resilience.restricted_mean([6, 12, 12, 20, 24], [False, False, True, False, True], 24.0)
    assert mean == pytest.approx(6 * 1 + 6 * 0.8 + 8 * 0.6 + 4 * 0.3)
    # nothing censored: the plain mean; nothing recovered: the horizon
    assert resilience.restricted_mean([5.0, 10.0, 30.0], [False] * 3, 40.0) == pytest.approx(15.0)
    assert resilience.restricted_mean([40.0, 40.0], [True, True], 36.0) == 36.0
    assert np.isnan(resilience.restricted_mean([], [], 36.0))


def test_kaplan_meier_agrees_with_scipy():
    from scipy import stats

    rng = np.random.default_rng(3)
    months = np.round(rng.exponential(20.0, 60))
    censored = rng.random(60) < 0.3
    found = stats.ecdf(stats.CensoredData(uncensored=months[~censored], right=months[censored])).sf
    times, share = resilience.kaplan_meier(months, censored)
    np.testing.assert_allclose(share[1:], found.evaluate(times[1:]), atol=1e-12)


def test_clusters_are_what_is_resampled():
    # two seeds of each draw agree: as many facts as draws, not as replicates
    draws = np.repeat(np.arange(10), 2)
    values = np.repeat(np.random.default_rng(0).normal(size=10), 2)
    _, low, high = resilience.mean_interval(values)
    _, wide_low, wide_high = resilience.mean_interval(values, draws)
    assert wide_high - wide_low > 1.2 * (high - low)
    np.testing.assert_allclose(resilience.cluster_means([1.0, 3.0, 10.0], [7, 7, 9]), [2.0, 10.0])


def test_restricted_means_of_samples_are_those_of_each_sample():
    random = np.random.default_rng(3)
    months, censored = random.integers(1, 30, 25).astype(float), random.random(25) < 0.4
    rows = random.integers(0, 25, (40, 25))
    weights = [np.bincount(chosen, minlength=25) for chosen in rows]
    one_by_one = [resilience.restricted_mean(months[chosen], censored[chosen], 24.0) for chosen in rows]
    assert resilience.restricted_means(months, censored, 24.0, weights) == pytest.approx(one_by_one)
    assert len(set(one_by_one)) > 20
