"""Reviews: once a year, towards the pairs where partnerships started, and no money is made or lost by it."""

from __future__ import annotations

import numpy as np

from ecosim.month.reviews import REVIEW_STEP
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
    assert (model.state.allocation >= (1.0 - REVIEW_STEP) * first - 1e-12).all()


def test_without_reviews_money_stays_where_it_was_put() -> None:
    model = small(instruments={"matchmaking": {}}, mechanisms__reviews=False)
    first = model.state.allocation.copy()
    model.advance(40)
    assert (model.state.allocation == first).all()
    assert model.state.missions["experience"].max() > 3.0
