"""Adoption, benefit, dependence and local capability against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.config.health import HealthConfig
from ecosim.health import benefit
from ecosim.health.errors import Groups
from ecosim.world.health import health_facts

CONFIG = HealthConfig()
MEANS = (0.7, 4.0, 0.5)


def adopted(trust: float, staff: float, computing: float, config: HealthConfig = CONFIG) -> float:
    one = (np.array([trust]), np.array([staff]), np.array([computing]))
    return float(benefit.adoption(*one, MEANS, config)[0])


def test_adoption_is_logistic_in_each() -> None:
    assert adopted(*MEANS) == pytest.approx(0.55)

    def odds(share: float) -> float:
        return float(np.log(share / (1.0 - share)))

    rest = odds(0.55)
    assert odds(adopted(0.8, 4.0, 0.5)) - rest == pytest.approx(0.1 * CONFIG.adoption_by_trust)
    assert odds(adopted(0.7, 5.0, 0.5)) - rest == pytest.approx(CONFIG.adoption_by_workforce)
    assert odds(adopted(0.7, 4.0, 1.5)) - rest == pytest.approx(CONFIG.adoption_by_compute)


def test_misinformation_takes_about_as_much_adoption_as_was_measured() -> None:
    none, lost = np.zeros(2), np.full(2, CONFIG.misinformation)
    trust = benefit.trusting(np.array([0.7, 0.01]), none, lost)
    np.testing.assert_allclose(trust, [0.638, 0.0])
    assert 0.039 <= adopted(*MEANS) - adopted(0.638, 4.0, 0.5) <= 0.088
    np.testing.assert_array_equal(benefit.trusting(np.array([0.7, 0.2]), none, none), [0.7, 0.2])


def test_who_is_won_was_none_who_trusted() -> None:
    trust = benefit.trusting(np.array([0.6, 1.0]), np.array([0.25, 0.25]), np.zeros(2))
    np.testing.assert_allclose(trust, [0.7, 1.0])


def test_workforce_and_computing_follow_the_facts() -> None:
    facts = health_facts(("KEN", "DEU", "USA"))
    staff = benefit.workforce(facts.gdp_per_head_usd, CONFIG)
    # about 13 and 140 doctors, nurses and midwives for ten thousand people
    assert np.exp(staff[0]) < 30.0 < 100.0 < np.exp(staff[1])
    computing = benefit.compute(facts)
    assert computing[0] == 0.0
    assert computing[2] == pytest.approx(np.log(1.0 + facts.supercomputers[2] / facts.population_million[2] * 10.0))


def test_benefit_is_burden_times_error_avoided_times_adoption() -> None:
    groups = Groups(np.array([0, 0, 1]), np.array([2.0, 1.0, 4.0]), np.zeros(3), np.eye(3))
    gained = benefit.benefit(groups, np.array([0.1, 0.3, 0.2]), np.array([0.5, 0.9]), CONFIG)
    np.testing.assert_allclose(gained, [2e3 * 50 * 0.1 * 0.5, -1e3 * 50 * 0.1 * 0.5, 0.0], atol=1e-9)


def test_a_cut_off_costs_share_fallback_and_months() -> None:
    bought = np.array([[0.5, 0.4, 0.1], [0.0, 1.0, 0.0], [0.3, 0.3, 0.4]])
    share = benefit.dependence(bought)
    np.testing.assert_array_equal(share, [0.4, 0.0, 0.3])
    kept = benefit.kept_without(np.array([0.0, 0.0, 0.5]), CONFIG)
    np.testing.assert_allclose(kept, [0.3, 0.3, 0.65])
    lost = benefit.cut_off_loss(np.full(3, 10.0), share, kept, CONFIG)
    np.testing.assert_allclose(lost, [10 * 0.4 * 0.7 * 12, 0.0, 10 * 0.3 * 0.35 * 12])


def test_local_capability_grows_by_own_use_alone() -> None:
    start = np.array([0.2, 0.2, 0.2])
    adopted, foreign = np.array([0.6, 0.6, 0.0]), np.array([0.0, 1.0, 0.0])
    level = start
    for _ in range(600):
        level = benefit.next_capability(level, adopted, foreign, CONFIG)
    gain, fading = CONFIG.capability_gain * 0.6, CONFIG.capability_fading
    # rest of a linear recurrence; without use of one's own it fades, however much is used from abroad
    assert level[0] == pytest.approx(gain / (gain + fading), rel=1e-6)
    np.testing.assert_allclose(level[1:], 0.2 * (1.0 - fading) ** 600)
    month = benefit.next_capability(start, adopted, foreign, CONFIG)
    np.testing.assert_allclose(month, [0.2 + gain * 0.8 - fading * 0.2, 0.2 * (1 - fading), 0.2 * (1 - fading)])
