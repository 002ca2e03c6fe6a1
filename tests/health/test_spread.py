"""Arrivals against a simulation, and who is warned: everybody but the first."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.config.health import HealthConfig
from ecosim.health import spread

CONFIG = HealthConfig()
GDP = np.array([100.0, 1000.0, 300.0])
KM = np.array([[10.0, 500.0, 6000.0], [500.0, 20.0, 4000.0], [6000.0, 4000.0, 30.0]])
FOUND, REPORTED = np.array([40.0, 30.0, 35.0]), np.array([9.0, 4.0, 6.0])


def leads(open_to: float, config: HealthConfig = CONFIG) -> np.ndarray:
    arrival = spread.arrival_days(spread.journeys(GDP, KM, config), config)
    warned = spread.warned_days(FOUND, REPORTED, np.full((3, 3), open_to), config)
    return spread.lead_days(arrival, warned, FOUND, REPORTED)


def test_journeys_go_where_much_is_near() -> None:
    before = KM.copy()
    travel = spread.journeys(GDP, KM, CONFIG)
    np.testing.assert_array_equal(KM, before)
    np.testing.assert_allclose(travel.sum(axis=1), CONFIG.journeys_per_day)
    np.testing.assert_array_equal(travel.diagonal(), 0.0)
    assert travel[0, 1] / travel[0, 2] == pytest.approx((1000.0 / 500.0) / (300.0 / 6000.0))


def test_half_of_the_outbreaks_have_arrived_by_then() -> None:
    travel = spread.journeys(GDP, KM, CONFIG)
    days = spread.arrival_days(travel, CONFIG)
    rng = np.random.default_rng(3)
    # each day the infected of that day travel or do not
    steps = np.arange(0.0, 400.0, 0.25)
    chance = 1.0 - np.exp(-travel[0, 2] * np.exp(CONFIG.growth_per_day * steps) * 0.25)
    arrived = rng.random((4000, len(steps))) < chance
    assert np.median(steps[arrived.argmax(axis=1)]) == pytest.approx(days[0, 2], rel=0.02)
    np.testing.assert_array_equal(days.diagonal(), 0.0)
    assert days[0, 1] < days[0, 2]
    # where nobody travels nothing arrives
    assert spread.arrival_days(np.zeros((2, 2)), CONFIG)[0, 1] == np.inf


def test_sharing_data_warns_others_and_never_the_first() -> None:
    closed, half, opened = leads(0.0), leads(0.5), leads(1.0)
    np.testing.assert_array_equal(closed.diagonal(), -(FOUND + REPORTED))
    np.testing.assert_array_equal(opened.diagonal(), closed.diagonal())
    others = ~np.eye(3, dtype=bool)
    assert (half[others] > closed[others]).all()
    assert (opened[others] > half[others]).all()
    # what a channel gives is the days until others would hear anyway
    np.testing.assert_allclose(opened[others] - closed[others], CONFIG.public_days)


def test_who_hears_too_late_finds_it_at_home() -> None:
    slow = CONFIG.model_copy(update={"public_days": 2000.0})
    lead = leads(0.0, slow)
    np.testing.assert_allclose(lead, np.repeat(-(FOUND + REPORTED)[None, :], 3, axis=0))


def test_infections_follow_the_days_that_are_lost() -> None:
    people = np.array([1.0, 50.0, 1e-5])
    before, after = np.full((3, 3), -10.0), np.full((3, 3), 20.0)
    avoided = spread.infections_avoided(before, after, people, CONFIG)
    growth, ready = CONFIG.growth_per_day, CONFIG.response_days
    wanted = 0.5 * (np.exp(growth * (ready + 10.0)) - np.exp(growth * (ready - 20.0)))
    np.testing.assert_allclose(avoided[:, :2], wanted)
    # ten people: no more than three of them are ever infected, whenever somebody answers
    np.testing.assert_array_equal(avoided[:, 2], 0.0)
    # a lead beyond what an answer takes avoids nothing more
    ample = np.full((3, 3), ready)
    np.testing.assert_array_equal(spread.infections_avoided(ample, ample + 50.0, people, CONFIG), 0.0)


def test_means_weigh_by_where_outbreaks_come_from() -> None:
    values = np.array([[-5.0, 10.0, np.inf], [20.0, -6.0, 30.0], [40.0, 50.0, -7.0]])
    mean = spread.mean_over_origins(values, np.array([1.0, 3.0, 1.0]))
    np.testing.assert_allclose(mean, [(3 * 20 + 40) / 4, (10 + 50) / 2, 30.0])
    assert np.isnan(spread.mean_over_origins(values, np.array([1.0, 0.0, 0.0]))[0])
