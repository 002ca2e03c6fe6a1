"""Run lengths of outbreak charts against a simulation and a solver of their own, and what theory says of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ecosim.config.health import HealthConfig
from ecosim.config.world import WorldConfig
from ecosim.errors import InputError
from ecosim.health import detection
from ecosim.health.detection import Chart, calibrated, divergence, length, run_length
from ecosim.lab.check import check
from ecosim.lab.compose import compose
from ecosim.world import load_world
from ecosim.world.health import health_facts

CONFIG = HealthConfig()
#: Cases a day in calm times, and the multiple of them in an outbreak: .05 to 2 of divergence a day.
SHIFTS = ((0.6, 2.0), (0.3, 1.8), (1.0, 1.35), (2.0, 1.7), (4.0, 2.0), (0.2, 4.5), (1.0, 3.5), (20.0, 1.1))


def simulated(mean: float, chart: Chart, runs: int, seed: int) -> float:
    """Mean days to the alarm, one day after the other; thresholds drawn as the chart says."""
    rng = np.random.default_rng(seed)
    level = chart.threshold + (rng.random(runs) < chart.higher)
    total = np.zeros(runs, dtype=np.int64)
    days, day = np.zeros(runs), 0
    running = np.arange(runs)
    while len(running):
        day += 1
        total = np.maximum(total + chart.per_count * rng.poisson(mean, len(running)) - chart.drift, 0)
        over = total >= level
        days[running[over]] = day
        running, total, level = running[~over], total[~over], level[~over]
    return float(days.mean())


def solved(mean: float, drift: int, per_count: int, threshold: int) -> float:
    """The same by the matrix of transitions as Brook and Evans write it, with SciPy's chances and LAPACK."""
    state = np.arange(threshold)
    needed = state[None, :] - state[:, None] + drift
    chance = stats.poisson.pmf(np.arange(threshold + drift), mean)
    leads = np.where(needed % per_count == 0, chance[np.maximum(needed, 0) // per_count], 0.0) * (needed >= 0)
    leads[:, 0] = stats.poisson.cdf((drift - state) // per_count, mean)
    return float(np.linalg.solve(np.eye(threshold) - leads, np.ones(threshold))[0])


@pytest.mark.parametrize(("calm", "ratio", "days"), [(0.6, 2.0, 1000.0), (1.0, 1.35, 400.0), (4.0, 2.0, 1000.0)])
def test_run_lengths_are_those_of_a_simulation(calm: float, ratio: float, days: float) -> None:
    chart = calibrated(calm, calm * ratio, days)
    assert length(chart, calm) == pytest.approx(days, rel=1e-9)
    assert simulated(calm, chart, 20_000, 1) == pytest.approx(days, rel=0.03)
    assert simulated(calm * ratio, chart, 20_000, 2) == pytest.approx(length(chart, calm * ratio), rel=0.03)
    # also where the outbreak is another than the one the chart is set for
    assert simulated(calm * 1.2 * ratio, chart, 20_000, 3) == pytest.approx(length(chart, calm * 1.2 * ratio), rel=0.03)


@pytest.mark.parametrize(("calm", "ratio"), SHIFTS[:3])
def test_the_chain_is_that_of_brook_and_evans(calm: float, ratio: float) -> None:
    chart = calibrated(calm, calm * ratio, 1e5)
    for mean in (calm, calm * ratio):
        mine = run_length(mean, chart.drift, chart.per_count, chart.threshold)
        assert mine == pytest.approx(solved(mean, chart.drift, chart.per_count, chart.threshold), rel=1e-6)


@pytest.mark.parametrize(("calm", "ratio"), SHIFTS)
def test_delay_grows_with_the_logarithm_of_the_run_length(calm: float, ratio: float) -> None:
    outbreak = calm * ratio
    evidence = divergence(calm, outbreak)
    assert 0.05 <= evidence <= 2.0
    delays = [length(calibrated(calm, outbreak, days), outbreak) for days in (1e3, 1e5)]
    assert delays[1] - delays[0] == pytest.approx(np.log(100.0) / evidence, rel=0.05)


def test_so_it_does_for_whatever_shift() -> None:
    rng = np.random.default_rng(11)
    tried = 0
    while tried < 15:
        calm = float(np.exp(rng.uniform(np.log(0.05), np.log(10.0))))
        outbreak = calm * float(np.exp(rng.uniform(np.log(1.2), np.log(8.0))))
        if not 0.05 <= divergence(calm, outbreak) <= 2.0:
            continue
        tried += 1
        test_delay_grows_with_the_logarithm_of_the_run_length(calm, outbreak / calm)


def test_the_growth_of_delay_is_that_of_a_simulation() -> None:
    calm, outbreak = 1.0, 1.9
    charts = [calibrated(calm, outbreak, days) for days in (1e3, 1e5)]
    delays = [simulated(outbreak, chart, 40_000, 5) for chart in charts]
    assert delays[1] - delays[0] == pytest.approx(np.log(100.0) / divergence(calm, outbreak), rel=0.05)


def test_thresholds_are_the_least_that_keep_quiet_long_enough() -> None:
    chart = calibrated(0.6, 1.2, 5000.0)
    lengths = [run_length(0.6, chart.drift, chart.per_count, chart.threshold + k) for k in (0, 1)]
    assert lengths[0] < 5000.0 <= lengths[1]
    assert 0.0 < chart.higher <= 1.0
    # a chart that any first case sets off may be quiet for longer than it need be
    assert calibrated(1e-3, 2e-3, 10.0).threshold == 1
    with pytest.raises(ValueError, match="does not stand out"):
        calibrated(1.0, 1.0, 100.0)


def test_many_countries_share_the_false_alarms() -> None:
    """A year of ten charts set for one false alarm a year in all: exactly, and one minus 1/e almost."""
    quiet = detection.days_between_alarms(10, 1.0)
    chart = calibrated(0.6, 1.2, quiet)
    chance = detection.family_chance(chart, 0.6, 365, 10)
    assert chance == pytest.approx(1.0 - np.exp(-1.0), abs=0.03)
    rng = np.random.default_rng(7)
    worlds = 3000
    level = chart.threshold + (rng.random((worlds, 10)) < chart.higher)
    total, alarmed = np.zeros((worlds, 10), dtype=np.int64), np.zeros((worlds, 10), dtype=bool)
    for _ in range(365):
        total = np.maximum(total + chart.per_count * rng.poisson(0.6, (worlds, 10)) - chart.drift, 0)
        alarmed |= total >= level
    assert alarmed.any(axis=1).mean() == pytest.approx(chance, abs=0.03)


def test_more_countries_and_fewer_false_alarms_make_all_slower() -> None:
    counted = np.array([0.9])
    days = [detection.detection_days(counted, countries, CONFIG)[0] for countries in (1, 5, 20, 72)]
    assert (np.diff(days) > 0.0).all()
    strict = CONFIG.model_copy(update={"false_alarms_per_year": 0.2})
    assert detection.detection_days(counted, 20, strict)[0] > days[2]


def test_who_counts_less_finds_later() -> None:
    """Half of the cases are half of the evidence a day, so that delay about doubles."""
    days = detection.detection_days(np.array([1.0, 0.8, 0.5, 0.25]), 20, CONFIG)
    assert (np.diff(days) > 0.0).all()
    # somewhat less than twice: the same threshold is overshot
    assert 1.6 < days[2] / days[0] < 2.0


def test_delays_are_of_the_order_observed() -> None:
    """16 to 33 days from onset at a false alarm in a thousand days: BMC Med Inform Decis Mak 2008, 8:37."""
    chart = calibrated(CONFIG.cases_per_day, CONFIG.cases_per_day * CONFIG.outbreak_ratio, 1000.0)
    assert 16.0 <= length(chart, CONFIG.cases_per_day * CONFIG.outbreak_ratio) <= 33.0


@pytest.mark.parametrize("countries", [3, 10, 40])
def test_summing_counts_over_countries_finds_a_single_outbreak_later(countries: int) -> None:
    alone = detection.detection_days(np.array([0.8]), countries, CONFIG)[0]
    assert detection.summed_detection_days(0.8, countries, CONFIG) > alone * 1.2
    # the sum of one country is its own count
    one = detection.detection_days(np.array([0.8]), 1, CONFIG)[0]
    assert detection.summed_detection_days(0.8, 1, CONFIG) == pytest.approx(one, rel=1e-9)


def test_shared_algorithms_help_the_weak_alone() -> None:
    own = np.array([0.3, 0.7, 0.85, 0.95])
    lifted = detection.lifted(own, np.ones(4), CONFIG)
    np.testing.assert_allclose(lifted[:2], own[:2] + 0.3 * (0.85 - own[:2]))
    np.testing.assert_array_equal(lifted[2:], own[2:])
    sooner = detection.detection_days(own, 4, CONFIG) - detection.detection_days(lifted, 4, CONFIG)
    assert sooner[0] > sooner[1] > 1.0
    np.testing.assert_array_equal(sooner[2:], 0.0)
    np.testing.assert_array_equal(detection.lifted(own, np.zeros(4), CONFIG), own)


def test_reporting_is_slower_where_less_is_counted() -> None:
    days = detection.reporting_days(np.array([1.0, 0.5]), CONFIG)
    np.testing.assert_allclose(days, [4.0, 11.5])


def test_the_curve_is_the_chart_to_within_a_percent() -> None:
    """What a run reads off a few charts, beside the chart of each share itself."""
    for countries in (5, 72):
        curve = detection.delays(countries, CONFIG)
        shares = np.array([0.2, 0.23, 0.31, 0.44, 0.58, 0.7, 0.83, 0.96, 1.0])
        exact = detection.detection_days(shares, countries, CONFIG)
        found = detection.read_off(curve, shares)
        np.testing.assert_allclose(found, exact, rtol=0.01)
        np.testing.assert_allclose(found[[0, -1]], exact[[0, -1]], rtol=1e-12)
        # who counts fewer finds later, and beyond the ends nothing is guessed
        assert (np.diff(detection.read_off(curve, np.linspace(0.1, 1.0, 50))) <= 0.0).all()
        assert detection.read_off(curve, np.array([0.05]))[0] == pytest.approx(exact[0])


def test_from_find_to_public_is_what_the_source_has() -> None:
    """Reporting at home and what comes on top of it make up the 5 to 11 days from discovery to publication."""
    world = load_world(WorldConfig(preset="global"))
    counted = detection.surveillance(health_facts(world.countries).gdp_per_head_usd, CONFIG)
    days = detection.reporting_days(counted, CONFIG) + CONFIG.public_days
    assert 5.0 <= days.min() < days.max() <= 11.0


def test_a_score_is_read_as_a_share_of_cases_as_far_as_is_assumed() -> None:
    income = np.array([1e3, 1e4, 5e4])
    score = detection.surveillance(income, CONFIG)
    half = HealthConfig(counted_at_full_score=0.5)
    np.testing.assert_allclose(detection.surveillance(income, half), 0.5 * score)
    # and whoever counts half as many finds outbreaks later
    assert (detection.detection_days(0.5 * score, 5, half) > detection.detection_days(score, 5, half)).all()


def test_charts_that_cannot_be_set_are_one_line_that_names_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found when a scenario is checked, before anything runs; all three values lie within their bounds."""
    # the same with fewer states, and so soon
    monkeypatch.setattr(detection, "_MOST_STATES", 500)
    words = ("world=classroom", "mechanisms.health=true", "behaviour.health.cases_per_day=0.011")
    rare = "behaviour.health.false_alarms_per_year=0.0011"
    with pytest.raises(
        InputError, match=r"behaviour\.health\.cases_per_day=0\.011.*outbreak_ratio.*false_alarms"
    ) as error:
        check(compose(*words, rare, "behaviour.health.outbreak_ratio=1.2"))
    assert "\n" not in str(error.value)
