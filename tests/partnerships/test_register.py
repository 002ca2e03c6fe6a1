"""The register follows who sits where, and dropping the rows of unfunded work that is over changes nothing later."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from ecosim.evidence.patterns import unfunded_pairs
from ecosim.lab.start_years import by_start_year
from ecosim.model import Ecosystem
from ecosim.networks import network
from ecosim.partnerships import register
from ecosim.partnerships.register import rows_of, unfunded_members
from ecosim.tables import ACTIVE, MEMORY
from tests.models import INSTRUMENTS, SHOCKS, bits, differing, fingerprint, small, tables_fingerprint, to_the_end

#: Fields that say in which row something stands, and the tables in which rows stand.
ROWS = ("active", "partnerships", "seats", "supplies")


def busy(**overrides: Any) -> Ecosystem:
    """A world in which members come and go all the time."""
    return small(
        shocks=SHOCKS, instruments=INSTRUMENTS, behaviour__work__member_withdrawal_hazard=0.03,
        behaviour__work__failure_hazard=0.01, **overrides,
    )  # fmt: skip


@pytest.fixture
def dropping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop rows as soon as there is one to drop."""
    monkeypatch.setattr(register, "DROPPED_TOGETHER", 1)


def without_rows(state: Any) -> dict[str, bytes]:
    """Every value of a state that is no row number and in no table whose rows are dropped."""
    return {name: value for name, value in bits(state).items() if name.partition(".")[0] not in ROWS}


def as_entered(model: Ecosystem) -> list[tuple[int, list[int]]]:
    """Number and members of each partnership that has a row, as the register has them."""
    entries, members = model.state.register.used, model.state.members.used["organisation"]
    return [
        (number, members[entries["first_member"][number] :][: entries["members"][number]].tolist())
        for number in model.state.partnerships.used["number"].tolist()
    ]


def as_seated(model: Ecosystem) -> list[tuple[int, list[int]]]:
    """The same as the tables of partnerships and seats have them."""
    seats = model.state.seats.used["organisation"]
    return [
        (int(row["number"]), seats[row["first_seat"] :][: row["seats"]].tolist())
        for row in model.state.partnerships.used
    ]


def test_the_register_says_who_sits_where_in_every_month() -> None:
    model = busy()
    vacant, replaced = 0, 0.0
    while model.running:
        model.step()
        entered = as_entered(model)
        assert entered == as_seated(model)
        vacant += sum(members.count(-1) for _, members in entered)
        replaced += model.outcome("members_replaced")
    assert vacant > 0
    assert replaced > 0
    rows, entries = model.state.partnerships.used, model.state.register.used
    assert rows["number"].tolist() == list(range(len(entries)))
    assert (entries["funded"] == (rows["funder"] >= 0)).all()
    for field in ("sector", "start_month"):
        assert (entries[field] == rows[field]).all()


@pytest.mark.usefixtures("dropping")
def test_and_still_does_when_rows_move() -> None:
    model = busy()
    dropped = False
    while model.running:
        model.step()
        dropped |= model.state.partnerships.n < model.state.register.n
        assert as_entered(model) == as_seated(model)
        seats = model.state.seats.used
        owners = model.state.partnerships.used[seats["partnership"]]
        at = np.arange(len(seats)) - owners["first_seat"]
        assert ((at >= 0) & (at < owners["seats"])).all()
    assert dropped


def test_only_unfunded_work_that_is_over_loses_its_rows_and_what_is_left_keeps_its_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = to_the_end(busy())
    monkeypatch.setattr(register, "DROPPED_TOGETHER", 1)
    model = to_the_end(busy())
    rows = model.state.partnerships.used
    gone = np.setdiff1d(np.arange(model.state.register.n), rows["number"])
    assert len(gone) > len(rows)
    past = whole.state.partnerships.used[gone]
    assert (past["funder"] < 0).all()
    assert (past["status"] > ACTIVE).all()
    assert (past["ended_month"] < model.month).all()
    kept = whole.state.partnerships.used[rows["number"]]
    for name in rows.dtype.names:
        if name not in ("first_seat", "first_supply"):
            assert (rows[name] == kept[name]).all(), name
    for row in (0, len(rows) // 2, len(rows) - 1):
        own, before = (
            model.state.seats.used[rows["first_seat"][row] :][: rows["seats"][row]],
            whole.state.seats.used[kept["first_seat"][row] :][: kept["seats"][row]],
        )
        assert all((own[name] == before[name]).all() for name in own.dtype.names if name != "partnership")
        assert (own["partnership"] == row).all()
        needs, before = (
            model.state.supplies.used[rows["first_supply"][row] :][: rows["supplies"][row]],
            whole.state.supplies.used[kept["first_supply"][row] :][: kept["supplies"][row]],
        )
        assert all((needs[name] == before[name]).all() for name in needs.dtype.names if name != "partnership")
        assert (needs["partnership"] == row).all()
    assert rows["supplies"].any()
    assert (rows["number"][model.state.active] == whole.state.active).all()
    # whoever takes a row finds it empty
    for table in (model.state.partnerships, model.state.seats, model.state.supplies):
        assert not any(table.rows[name][table.n :].any() for name in table.rows.dtype.names)


def seen_from_outside(model: Ecosystem) -> list[Any]:
    """Whatever reads the tables of a finished run."""
    state = model.state
    years = by_start_year(model, 30)
    graph = network(model)
    return [
        fingerprint(model), tables_fingerprint(model), model.participations().to_csv(), model.country_pairs().tobytes(),
        sorted(model.treatment().items()), {name: np.asarray(value).tolist() for name, value in years.items()},
        unfunded_pairs(state, model.setting.world.n_countries, 20, 44).tobytes(),
        sorted(nx.to_edgelist(graph), key=str), len(graph),
    ]  # fmt: skip


@pytest.mark.parametrize("arm", ["shocked", "twin", "placebo", "scattered"])
def test_dropping_rows_changes_no_later_month_and_nothing_that_reads_the_tables(
    arm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    for least in (1 << 15, 1):
        monkeypatch.setattr(register, "DROPPED_TOGETHER", least)
        trunk = busy()
        branch = trunk.advance(trunk.announcement_month).fork(arm)
        runs.append(to_the_end(branch))
    whole, dropped = runs
    assert dropped.state.partnerships.n < whole.state.partnerships.n == dropped.state.register.n
    assert without_rows(dropped.state) == without_rows(whole.state)
    assert seen_from_outside(dropped) == seen_from_outside(whole)


@pytest.mark.usefixtures("dropping")
def test_a_fork_is_the_run_from_month_0_though_rows_were_dropped_before_and_after() -> None:
    whole = to_the_end(busy())
    trunk = busy().advance(25)
    assert trunk.state.partnerships.n < trunk.state.register.n
    assert not differing(to_the_end(trunk.fork("shocked")).state, whole.state)


@pytest.mark.usefixtures("dropping")
def test_what_an_organisation_remembers_is_work_it_took_part_in() -> None:
    model = to_the_end(busy())
    state = model.state
    entries, members, gone = state.register.used, state.members.used["organisation"], state.departures.used
    took_part = {
        *zip(np.repeat(np.arange(len(entries)), entries["members"]).tolist(), members.tolist(), strict=True),
        *zip(gone["partnership"].tolist(), gone["organisation"].tolist(), strict=True),
    }
    looked_at = dropped = 0
    kept = set(state.partnerships.used["number"].tolist())
    for row in np.flatnonzero(state.organisations["remembered"] > 0).tolist():
        past = model.organisation(row).past_partnerships
        assert len(past) == min(state.organisations["remembered"][row], MEMORY)
        assert all((number, row) in took_part for number in past)
        looked_at += len(past)
        dropped += sum(number not in kept for number in past)
    assert looked_at > dropped > 0


def test_a_number_finds_its_row_unless_that_was_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.array([3, 0, 7], dtype=np.int32)
    assert rows_of(small().state, numbers).tolist() == [-1, -1, -1]
    assert rows_of(small().advance(30).state, numbers).tolist() == [3, 0, 7]
    monkeypatch.setattr(register, "DROPPED_TOGETHER", 1)
    state = small().advance(60).state
    every = np.arange(state.register.n, dtype=np.int32)
    rows = rows_of(state, every)
    assert (rows == -1).sum() == state.register.n - state.partnerships.n > 0
    assert (state.partnerships.used["number"][rows[rows >= 0]] == every[rows >= 0]).all()


def test_members_of_unfunded_work_are_those_of_its_seats_and_those_who_left() -> None:
    state = to_the_end(busy()).state
    rows, seats, gone = state.partnerships.used, state.seats.used, state.departures.used
    wanted = (rows["funder"] < 0) & (rows["start_month"] >= 10) & (rows["start_month"] <= 40)
    by_hand = sorted(
        (int(of), int(organisation))
        for table in (seats, gone)
        for of, organisation in zip(table["partnership"], table["organisation"], strict=True)
        if wanted[of] and organisation >= 0
    )
    found = unfunded_members(state, 10, 40)
    assert sorted(zip(found[0].tolist(), found[1].tolist(), strict=True)) == by_hand
    assert wanted[gone["partnership"]].any()


def test_small_worlds_keep_all_rows() -> None:
    state = to_the_end(small()).state
    assert state.partnerships.n == state.register.n
