"""Belief slides while an announcement stands, and comes back once it is over; from the dates alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ecosim.shocks import date_shock
from ecosim.shocks.diplomatic_rupture import DiplomaticRupture
from ecosim.shocks.doubted import DoubtedShock
from tests.models import differing, small
from tests.worlds import small_world

WORLD = small_world()
START = 20


def doubts(months: range, **settings: object) -> list[float]:
    made = DiplomaticRupture(targets=("POL",), **settings)
    dated = date_shock("mine", made, WORLD, START, lambda key: 0.0)
    return [dated.doubt_in(month) for month in months]


def test_it_falls_in_equal_steps_and_then_stays() -> None:
    found = doubts(range(START - 2, START + 8), belief_falls_months=5)
    assert found == pytest.approx([0.0, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0, 1.0])


def test_it_comes_back_in_equal_steps_from_where_it_was() -> None:
    settings = {"effective_after_months": None, "duration_months": 3, "belief_falls_months": 5}
    found = doubts(range(START, START + 10), belief_returns_months=10, **settings)
    assert found == pytest.approx([0.2, 0.4, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0])


def test_one_month_each_is_a_step() -> None:
    steps = {"belief_falls_months": 1, "belief_returns_months": 1}
    found = doubts(range(START - 1, START + 9), effective_after_months=2, duration_months=4, **steps)
    assert found == [0.0, *[1.0] * 6, 0.0, 0.0, 0.0]


def test_a_slower_pace_is_never_a_deeper_doubt_while_it_stands() -> None:
    paces = [doubts(range(START, START + 70), belief_falls_months=pace) for pace in (1, 12, 48, 60)]
    assert all((np.array(slow) <= np.array(fast)).all() for fast, slow in pairwise(paces))


def test_paces_that_say_nothing_are_not_drawn_over() -> None:
    assert "belief_returns_months" in DiplomaticRupture().idle
    assert "belief_returns_months" not in DiplomaticRupture(duration_months=5).idle
    assert {"belief_falls_months", "belief_returns_months"} <= DiplomaticRupture(expectation_loss=0.0).idle
    assert issubclass(DiplomaticRupture, DoubtedShock)


def test_a_fork_and_a_run_from_the_beginning_meet_the_same_belief() -> None:
    threat = {"diplomatic_rupture": {"targets": ["GBR"], "effective_after_months": None, "duration_months": 9}}
    whole = small(shocks=threat)
    start = whole.announcement_month
    whole.advance(start + 16)
    half = small(shocks=threat).advance(start).fork("shocked").advance(start + 5)
    middle = half.snapshot()
    half.advance(start + 20).restore(middle)
    half.advance(start + 16)
    assert not differing(whole.state, half.state)
    seen = whole.state.handles.expectation
    gbr = whole.setting.world.country_index("GBR")
    assert 1.0 - np.delete(seen[gbr], gbr).max() > 0.0
