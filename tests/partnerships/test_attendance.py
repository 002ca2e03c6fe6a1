"""Who takes part: nothing is overlooked, loads add up, quorum and substitutes follow their rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ecosim.model
from ecosim.model import Ecosystem
from ecosim.month import Scripts, partnerships_work
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import ACTIVE, DROPPED, FAILED, STARTING, SUSPENDED, VACANT, WORKING
from tests.models import INSTRUMENTS, SHOCKS, differing, fingerprint, finished, small, to_the_end

#: A rupture that stops some members and not others, among partnerships that members leave often.
RESTLESS: dict[str, Any] = {
    "shocks": {"diplomatic_rupture": {"targets": ["GBR"], "severity": 0.6}},
    "behaviour__work__member_withdrawal_hazard": 0.03,
    "mechanisms__expectation": True,
}

#: An exclusion that takes grants that run as well.
ENDED = {"running_grants_end": True}


def check_everyone(state: State, setting: Setting, scripts: Scripts) -> None:
    state.unsettled = True
    partnerships_work(state, setting, scripts)


@pytest.mark.parametrize("grace", [0, 3])
def test_partnerships_passed_over_are_those_in_which_nothing_would_change(
    grace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = finished(**RESTLESS, behaviour__work__grace_months=grace)
    monkeypatch.setattr(ecosim.model, "partnerships_work", check_everyone)
    careful = finished(**RESTLESS, behaviour__work__grace_months=grace)
    assert quick.series()["members_suspended"].sum() > 20
    assert quick.series()["leads_handed_over"].sum() > 20
    assert not {part for part in differing(quick.state, careful.state) if "settled" not in part}


def check_seats(model: Ecosystem) -> None:
    """What holds of seats and loads at the end of every month."""
    state = model.state
    partnerships, seats, rows = state.partnerships.used, state.seats.used, state.organisations
    running = np.isin(seats["partnership"], state.active)
    held = seats[running & (seats["organisation"] >= 0)]
    # An organisation's load is the seats it holds in partnerships granted or under way.
    assert (np.bincount(held["organisation"], minlength=len(rows)) == rows["load"]).all()
    # Nobody sits twice in one partnership; nobody sits who had not arrived.
    pairs = held["partnership"].astype(np.int64) * len(rows) + held["organisation"]
    assert len(np.unique(pairs)) == len(pairs)
    assert (rows["arrival_month"][held["organisation"]] < model.month).all()
    # An empty seat is vacant or dropped, and only such a seat is empty.
    empty = seats["organisation"] < 0
    assert (empty == np.isin(seats["state"], [VACANT, DROPPED])).all()
    # Those who cannot take part are not counted as working.
    active = partnerships[partnerships["status"] == ACTIVE]
    working = np.bincount(seats["partnership"][seats["state"] == WORKING], minlength=len(partnerships))
    at_work = np.flatnonzero((partnerships["status"] == ACTIVE) & (partnerships["working_now"] > 0))
    assert (partnerships["working_now"][at_work] == working[at_work]).all()
    assert (active["working_countries_now"] <= active["working_now"]).all()
    assert (seats["state"][running & ~rows["present"][seats["organisation"]] & ~empty] != STARTING).all()


@pytest.mark.parametrize("arm", ["shocked", "placebo"])
def test_loads_seats_and_members_agree_every_month(arm: Any) -> None:
    model = small(shocks=SHOCKS, instruments=INSTRUMENTS, behaviour__work__member_withdrawal_hazard=0.02).fork(arm)
    while model.running:
        model.step()
        check_seats(model)
    assert model.series()["members_replaced"].sum() > 0


def test_an_excluded_country_keeps_what_it_has_won_and_wins_nothing_more() -> None:
    model = small(shocks={"programme_exclusion": {"targets": ["GBR"], "expectation_loss": 0.0}})
    start = model.announcement_month
    model.advance(start + 12)
    target = model.setting.world.country_index("GBR")
    assert model.series()["members_suspended"].sum() == 0
    seats, partnerships = model.state.seats.used, model.state.partnerships.used
    theirs = (seats["organisation"] >= 0) & (model.state.organisations["country"][seats["organisation"]] == target)
    of_grants = theirs & (partnerships["funder"][seats["partnership"]] >= 0)
    proposed = partnerships["proposed_month"][seats["partnership"]]
    working = (seats["state"] == WORKING) & (partnerships["status"][seats["partnership"]] == ACTIVE)
    assert (of_grants & working & (proposed < start)).any()
    assert ((proposed >= start) & (partnerships["funder"][seats["partnership"]] >= 0)).any()
    assert not (of_grants & (proposed >= start)).any()
    assert not (of_grants & working & (seats["joined_month"] > start) & (proposed < start - 12)).any()


def test_where_running_grants_end_an_excluded_country_goes_on_unfunded_only() -> None:
    model = small(shocks={"programme_exclusion": {"targets": ["GBR"], "expectation_loss": 0.0, **ENDED}})
    model.advance(model.announcement_month + 1)
    state = model.state
    target = model.setting.world.country_index("GBR")
    seats, partnerships = state.seats.used, state.partnerships.used
    of_target = (seats["organisation"] >= 0) & (state.organisations["country"][seats["organisation"]] == target)
    active = partnerships["status"][seats["partnership"]] == ACTIVE
    funded = partnerships["funder"][seats["partnership"]] >= 0
    assert (of_target & active & funded).any()
    assert (seats["state"][of_target & active & funded] == SUSPENDED).all()
    assert (of_target & active & ~funded).any()
    assert (seats["state"][of_target & active & ~funded] == WORKING).all()
    assert (seats["state"][~of_target & active] != SUSPENDED).all()
    # By the end the seats are others' or nobody's.
    to_the_end(model)
    seats, partnerships = state.seats.used, state.partnerships.used
    held = seats[np.isin(seats["partnership"], state.active) & (seats["organisation"] >= 0)]
    theirs = partnerships[held["partnership"]]
    held = held[(theirs["funder"] >= 0) & (theirs["status"] == ACTIVE)]
    assert len(held) > 0
    assert (state.organisations["country"][held["organisation"]] != target).all()


def test_a_rupture_that_passes_lets_the_suspended_return() -> None:
    model = small(
        shocks={"diplomatic_rupture": {"targets": ["GBR"], "duration_months": 2}}, behaviour__work__grace_months=12
    )
    start = model.announcement_month
    to_the_end(model)
    series = model.series()
    assert series["members_suspended"][start] > 0
    assert series["members_suspended"][:start].sum() == 0
    assert series["members_returned"][start + 2] > 0.5 * series["members_suspended"][start]


@pytest.mark.parametrize("quorum", [0.3, 0.8])
def test_below_quorum_a_partnership_stops_and_fails_when_it_stays_so(quorum: float) -> None:
    model = small(
        shocks={"programme_exclusion": {"targets": ["GBR", "CHE", "DEU"], "expectation_loss": 0.0, **ENDED}},
        behaviour__work__quorum=quorum,
        behaviour__work__failure_hazard=0.0,
        # nobody leaves before the shock, so that all stop in its month
        behaviour__work__member_withdrawal_hazard=0.0,
        behaviour__work__grace_months=60,
        behaviour__work__stalled_months=4,
        mechanisms__substitution=False,
    )
    start = model.announcement_month
    model.advance(start + 1)
    partnerships, seats = model.state.partnerships.used, model.state.seats.used
    below = []
    for p in np.flatnonzero((partnerships["status"] == ACTIVE) & (partnerships["funder"] >= 0)):
        row = partnerships[p]
        mine = seats["state"][row["first_seat"] : row["first_seat"] + row["seats"]]
        enough = (mine == WORKING).sum() >= np.ceil(quorum * row["seats"])
        assert (row["working_now"] > 0) == enough
        assert (row["work_now"] > 0.0) <= enough
        if not enough:
            below.append(p)
    assert below  # otherwise nothing was tested
    assert model.series()["partnerships_stopped"][-1] == len(below)
    model.advance(start + 4)
    assert (partnerships["status"][below] != FAILED).all()
    model.advance(start + 5)
    assert (model.state.partnerships.used["status"][below] == FAILED).all()


def test_substitutes_are_sought_only_when_the_mechanism_is_on_and_keep_more_work_going() -> None:
    effort = {}
    for on in (True, False):
        model = finished(
            shocks={"programme_exclusion": {"targets": ["GBR", "CHE"], **ENDED}},
            mechanisms__substitution=on,
            mechanisms__unfunded=False,
        )
        series = model.series()
        assert (series["members_replaced"].sum() > 0) == on
        effort[on] = series["effort_in_flight"][model.announcement_month :].sum()
    assert effort[True] > effort[False]


def test_a_pair_is_left_by_nobody_alone() -> None:
    model = finished(behaviour__work__member_withdrawal_hazard=0.2)
    gone, partnerships = model.state.departures.used, model.state.partnerships.used
    by_choice = gone[gone["reason"] == 0]
    assert len(by_choice) > 100
    assert (partnerships["seats"][by_choice["partnership"]] > 2).all()
    assert fingerprint(model) != fingerprint(finished())
