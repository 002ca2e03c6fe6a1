"""Calendars of all funders, the programme among them: staggered, aligned, or as each says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.model import Ecosystem
from ecosim.programmes.calls import phase_of_calls
from ecosim.scenario import with_overrides
from ecosim.tables import PROGRAMME
from tests.models import SMALL, to_the_end

EVERY = 12


def world(calendars: str, months: int = EVERY, **overrides: Any) -> Ecosystem:
    return Ecosystem(
        **{
            **SMALL,
            "timeline.response_months": 60,
            "policy.calendars": calendars,
            "programme.months_between_calls": EVERY,
            "funders": {"agencies": {"kind": "national_agency", "months_between_calls": months}},
            **overrides,
        }
    )


def call_months(model: Ecosystem) -> list[list[int]]:
    """Months in which each funder's calls open."""
    setting = model.setting
    months = range(setting.config.calendar.observation_end)
    return [[month for month in months if setting.call_opens(month, f)] for f in range(setting.n_funders)]


@pytest.mark.parametrize("replicate", range(6))
def test_aligned_funders_call_in_the_same_months(replicate: int) -> None:
    first, *others = call_months(world("aligned", replicate=replicate))
    assert all(months == first for months in others)
    # A funder who calls more often has one of its calls whenever the programme has.
    first, *others = call_months(world("aligned", months=6, replicate=replicate))
    assert all(set(first) < set(months) for months in others)
    assert {len(months) for months in others} <= {2 * len(first), 2 * len(first) + 1, 2 * len(first) - 1}


def test_staggered_funders_spread_over_the_cycle_and_the_programme_is_one_of_them() -> None:
    for replicate in range(6):
        months = call_months(world("staggered", replicate=replicate))
        assert len(months) == 6
        cycle = sorted({one[0] % EVERY for one in months})
        assert len(cycle) == 6
        # Three-gap theorem: six steps of the golden section leave no gap above .24 of the cycle, and months round.
        gaps = np.diff([*cycle, cycle[0] + EVERY])
        assert gaps.max() <= 4
        assert months[PROGRAMME][0] == int(phase_of_calls(1, replicate) * EVERY)


def test_left_alone_each_entry_keeps_its_own_calendar() -> None:
    own = [months[0] for months in call_months(world("as_each_says"))]
    # The first agency stands where the programme does; the next a golden section later.
    assert own[1] == own[0]
    assert len(set(own[1:])) > 2
    together = world("as_each_says")
    kind = together.config.funders["agencies"].model_dump() | {"calendar": "aligned"}
    own = [months[0] for months in call_months(Ecosystem(together.config, **{"funders.agencies": kind}))]
    assert len(set(own)) == 1


@pytest.mark.parametrize(("calendars", "mean", "most"), [("aligned", 12.0, 12), ("staggered", 2.0, 4)])
def test_the_months_between_calls_of_any_funder_are_realised(calendars: str, mean: float, most: int) -> None:
    model = to_the_end(world(calendars, **{"world.scale": 0.05}))
    found = model.treatment()
    assert found["realised_months_between_calls"] == 12.0
    assert found["realised_months_between_any_calls"] == pytest.approx(mean, abs=0.1)
    assert found["realised_longest_gap_any_months"] <= most


def test_aligned_calls_meet_every_phase_over_replicates() -> None:
    first = [call_months(world("aligned", replicate=replicate))[0][0] for replicate in range(EVERY * 2)]
    assert set(first) == set(range(EVERY))


def test_alignment_holds_after_a_reform_too() -> None:
    model = world("aligned", **{"policy.start": "2012-11", "timeline.start": "2012-01"})
    programme, *others = call_months(model)
    reform = model.setting.reform_month
    assert reform == 10
    own = [month for month in programme if month >= reform]
    assert own[0] - reform < EVERY
    assert all(own == [month for month in months if month >= reform] for months in others)


def test_the_burn_in_is_long_enough_for_every_funders_calls() -> None:
    agencies = {"national_agency": {"months_between_calls": 60}}
    assert with_overrides(None, {"funders": agencies}).calendar.burn_in_months == 180
    assert with_overrides(None, {}).calendar.burn_in_months == 96
