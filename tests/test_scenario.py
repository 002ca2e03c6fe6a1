"""Dates of a run: what is left open is filled in, what is given stands."""

from __future__ import annotations

import pytest

from ecosim.config.timeline import burn_in_for
from ecosim.scenario import Scenario, with_overrides


@pytest.mark.parametrize(
    ("gap", "months"), [(1, 96), (12, 96), (32, 96), (33, 99), (48, 144), (84, 252), ("observed", 96)]
)
def test_burn_in_is_three_of_the_longest_cycles_and_never_short(gap: object, months: int) -> None:
    scenario = with_overrides(None, {"programme.months_between_calls": gap})
    assert scenario.calendar.burn_in_months == months == burn_in_for(scenario.programme.gap_months)


@pytest.mark.parametrize(
    ("timeline", "start", "burn_in"),
    [
        ({}, "2006-01", 96),
        ({"burn_in_months": 0}, "2014-01", 0),
        ({"burn_in_months": 1}, "2013-12", 1),
        ({"burn_in_months": 30}, "2011-07", 30),
        ({"burn_in_months": 1200}, "1914-01", 1200),
        ({"start": "2010-5"}, "2010-05", 96),
        ({"start": "2010-05", "burn_in_months": 12}, "2010-05", 12),
    ],
)
def test_burn_in_ends_with_2013_unless_a_start_is_given(timeline: dict, start: str, burn_in: int) -> None:
    scenario = Scenario(timeline=timeline)
    calendar = scenario.calendar
    assert (calendar.start, calendar.burn_in_months) == (start, burn_in)
    observed = scenario.timeline.observed_months
    assert calendar.observation_end == burn_in + observed
    assert calendar.months == burn_in + observed + scenario.timeline.run_off_months


def test_a_dated_scenario_has_the_same_calendar_and_leaves_nothing_open() -> None:
    scenario = with_overrides(None, {"programme.months_between_calls": 48, "timeline.run_off_months": 24})
    dated = scenario.dated()
    assert dated.calendar == scenario.calendar
    assert (dated.timeline.start, dated.timeline.burn_in_months) == ("2002-01", 144)
    assert dated.dated() == dated
    # Its burn-in is given now, and stays when calls come closer.
    assert with_overrides(dated, {"programme.months_between_calls": 12}).calendar.burn_in_months == 144
