"""Reviews: once a year, towards the pairs where partnerships started, and no money is made or lost by it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.models import small


def test_a_review_moves_money_once_a_year_towards_busy_pairs() -> None:
    model = small(instruments={"matchmaking": {}})
    first = model.state.allocation.copy()
    assert np.isclose(first.sum(), 1.0)
    model.advance(11)
    assert (model.state.allocation == first).all()
    assert model.state.observed.sum() > 0.0
    model.step()
    assert (model.state.allocation != first).any()
    assert np.isclose(model.state.allocation.sum(), 1.0)
    assert model.state.observed.sum() == 0.0
    # A pair without a mission gets nothing, however busy it is; nobody moves further than a step.
    assert (model.state.allocation[first == 0.0] == 0.0).all()
    step = model.config.behaviour.missions.review_step
    assert (model.state.allocation >= (1.0 - step) * first - 1e-12).all()


def test_the_longest_step_goes_all_the_way_and_none_is_no_review() -> None:
    def after_a_year(step: float) -> np.ndarray:
        model = small(instruments={"matchmaking": {}}, behaviour__missions__review_step=step)
        return model.advance(12).state.allocation

    first = small(instruments={"matchmaking": {}}).state.allocation
    assert after_a_year(0.0) == pytest.approx(first)
    busy = after_a_year(1.0)
    assert abs(busy - first).max() > 0.001
    for step in (0.1, 0.5):
        assert after_a_year(step) == pytest.approx((1.0 - step) * first + step * busy)


def test_without_reviews_money_stays_where_it_was_put() -> None:
    model = small(instruments={"matchmaking": {}}, mechanisms__reviews=False)
    first = model.state.allocation.copy()
    model.advance(40)
    assert (model.state.allocation == first).all()
    assert model.state.missions["experience"].max() > 3.0
