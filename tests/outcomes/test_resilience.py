"""Resilience measures against numbers worked by hand."""

import numpy as np
import pytest

from ecosim.outcomes import resilience


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
    assert result.sustained == pytest.approx((10 + 4 + 6 + 9.6 + 10) / 50)
    assert result.drawdown == pytest.approx(0.6)
    assert result.recovery_months == 18.0  # the fourth block starts 18 months after announcement
    assert not result.recovery_censored
    assert result.final_gap == pytest.approx(0.02)


def test_no_loss_is_exactly_none_and_never_hit():
    twin = np.linspace(5.0, 9.0, 60)
    result = resilience.response(twin, twin, 12, 60)
    assert (result.sustained, result.drawdown, result.final_gap) == (1.0, 0.0, 0.0)
    assert np.isnan(result.recovery_months)
    assert not result.recovery_censored


def test_recovery_that_never_comes_is_censored_at_the_window():
    assert resilience.recovery_months(np.array([0.0, 0.5, 0.4])) == (18.0, True)


def test_a_twin_without_work_gives_blanks():
    result = resilience.response(np.zeros(24), np.zeros(24), 0, 24)
    assert np.isnan(result.sustained)


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
