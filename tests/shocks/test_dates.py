"""Shocks with calendar dates: one way to date each event, not moved by any draw, and never outside the run."""

from __future__ import annotations

import datetime

import pytest
from pydantic import ValidationError

from ecosim.cli import main
from ecosim.dates import as_month, month_after, months_between
from ecosim.errors import InputError
from ecosim.lab.check import check
from ecosim.lab.compose import compose, compose_plain, make_request, options
from ecosim.model import Ecosystem
from ecosim.scenario import Scenario, as_plain, with_overrides
from ecosim.shocks import REGISTRY, date_shock
from ecosim.shocks.base import branch_month
from tests.models import SMALL, differing, small, to_the_end
from tests.worlds import small_world

EXCLUSION = {"kind": "programme_exclusion", "targets": ["CHE"]}


@pytest.mark.parametrize("written", ["2016-06", "2016-6", "2016-06-23", "2016-06-23 00:00", datetime.date(2016, 6, 23)])
def test_a_month_may_be_written_as_a_month_or_a_day(written: object) -> None:
    assert as_month(written) == "2016-06"


@pytest.mark.parametrize("written", ["2016", 2016, "2016-13", "2016-02-30", "June 2016", "2016-²", True, "", [2016, 6]])
def test_anything_else_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="YYYY-MM or YYYY-MM-DD"):
        as_month(written)


def test_months_between_and_after_are_inverse() -> None:
    for months in (-25, -1, 0, 1, 11, 12, 200):
        assert months_between("2013-12", month_after("2013-12", months)) == months


def test_a_date_is_one_whatever_calm_window_is_drawn() -> None:
    shocks = {"exit": {**EXCLUSION, "announced": "2014-06-23", "effective": "2015-02"}}
    begins, counts = set(), set()
    for replicate in range(8):
        model = small(shocks=shocks, replicate=replicate, timeline__calm_jitter_months=9)
        (shock,) = model.setting.dated
        begins.add((model.announcement_month, shock.announcement_month, shock.effective_month))
        undated = small(shocks={"exit": EXCLUSION}, replicate=replicate, timeline__calm_jitter_months=9)
        counts.add(undated.announcement_month)
    # burn-in ends with 2013: June 2014 is five months on
    assert begins == {(29, 29, 37)}
    assert len(counts) > 2


def test_a_twin_is_the_same_until_the_date_and_not_after() -> None:
    model = small(shocks={"exit": {**EXCLUSION, "targets": ["GBR"], "announced": "2014-04", "effective": "2014-04"}})
    model.advance(model.announcement_month)
    twin, shocked = model.fork("twin"), model.fork("shocked")
    assert not differing(twin.state, shocked.state)
    assert differing(to_the_end(twin).state, to_the_end(shocked).state)
    with pytest.raises(ValueError, match="fork before it"):
        shocked.fork("twin")


def test_a_date_and_the_same_months_are_the_same_world() -> None:
    calm = {**SMALL, "timeline.calm_jitter_months": 0}
    by_months = {**EXCLUSION, "announced_after_months": 0, "effective_after_months": 6}
    # nine calm months after burn-in
    by_date = {**EXCLUSION, "announced": "2014-10-01", "effective": "2015-04"}
    one, other = (to_the_end(Ecosystem(**calm, shocks={"exit": shock})) for shock in (by_months, by_date))
    assert one.announcement_month == other.announcement_month == 33
    assert not differing(one.state, other.state)


def test_where_worlds_branch() -> None:
    world = small_world()

    def dated(name: str, **settings: object):
        return date_shock(name, REGISTRY["supplier_loss"](**settings), world, 40, lambda key: 0.2, "2010-01")

    early, late, months = dated("a", announced="2012-01"), dated("b", announced="2015-01"), dated("c")
    assert (early.announcement_month, late.announcement_month, months.announcement_month) == (24, 60, 40)
    assert branch_month([], 40) == branch_month([months], 40) == branch_month([months, late], 40) == 40
    assert branch_month([late], 40) == 60
    assert branch_month([months, early], 40) == branch_month([late, early], 40) == 24


def test_a_scenario_with_dates_is_written_and_read_back() -> None:
    scenario = compose("shocks=programme_exclusion", "shocks.programme_exclusion.announced=2016-06-23",
                       "shocks.programme_exclusion.effective=2021-01")  # fmt: skip
    shock = scenario.shocks["programme_exclusion"]
    assert (shock.announced, shock.effective) == ("2016-06", "2021-01")
    # the twelve months that the option sets give way to a date
    assert shock.effective_after_months == 0
    assert make_request(as_plain(scenario)).scenario == scenario
    assert Scenario.model_validate(scenario.model_dump()) == scenario
    assert with_overrides(scenario, {"shocks.programme_exclusion.effective": None}).shocks[
        "programme_exclusion"
    ].months("x", 5, "2010-01") == (77, 77)


def test_a_threat_with_a_date_is_never_carried_out() -> None:
    scenario = compose("shocks=programme_exclusion", "shocks.programme_exclusion.announced=2016-06",
                       "shocks.programme_exclusion.effective_after_months=null")  # fmt: skip
    assert scenario.shocks["programme_exclusion"].months("x", 100, "2006-01") == (125, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["announced=2016-06", "announced_after_months=3"], "=2016-06: stands beside announced_after_months=3"),
        (["announced=2016-06", "announced_after_months=0"], "=2016-06: stands beside announced_after_months=0"),
        (["effective=2016-06", "effective_after_months=null"], "stands beside effective_after_months=null"),
        (["announced=2016-06-31"], "YYYY-MM or YYYY-MM-DD"),
        (["announced=soon"], "YYYY-MM or YYYY-MM-DD"),
        (["announced=1999-01"], "is outside the months observed; allowed: from 2014-01 to 2025-11"),
        (["announced=2013-12"], "is outside the months observed"),
        (["announced=2026-01"], "is outside the months observed"),
        (["announced=2016-06", "effective=2030-01"], "is outside the months observed"),
        (["announced=2016-06", "effective=2016-01"], "lies before the announcement; allowed: 2016-06 or later"),
        (["effective=2014-06"], "lies before the announcement"),
        (["announced=2025-01", "effective_after_months=11"], "effective_after_months=11: is after the horizon"),
    ],
)  # fmt: skip
def test_wrong_dates_are_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shock = "shocks.programme_exclusion."
    assert main(["run", "shocks=programme_exclusion", *(shock + word for word in words), "runner.dry_run=true"]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, len(err.splitlines())) == ("", 1)


def test_a_whole_shock_with_an_event_dated_twice_is_one_line() -> None:
    twice = "+shocks.x={kind: supplier_loss, announced: '2016-06', announced_after_months: 2}"
    with pytest.raises(InputError, match="stands beside announced_after_months=2"):
        compose_plain([twice])
    # from Python too, where nobody wrote it on a command line
    with pytest.raises(ValidationError, match="are both given"):
        REGISTRY["supplier_loss"](announced="2016-06", announced_after_months=2)


def test_a_dated_shock_outside_the_run_is_refused_without_the_command_line_too() -> None:
    with pytest.raises(InputError, match="lies before the run"):
        small(shocks={"exit": {**EXCLUSION, "announced": "1990-01"}})
    with pytest.raises(ValueError, match="in which month the run starts"):
        date_shock("x", REGISTRY["supplier_loss"](announced="2016-06"), small_world(), 5, lambda key: 0.2)


@pytest.mark.parametrize("name", sorted(set(options("scenario")) - {"none"}))
def test_scenarios_that_ship_are_dated_and_overrides_lie_over_them(name: str) -> None:
    scenario = compose(f"scenario={name}", "world.scale=0.02")
    check(scenario)
    assert all(shock.announced for shock in scenario.shocks.values())
    assert "missions_follow_partnerships" in scenario.decisions
    shock = next(iter(scenario.shocks))
    assert compose(f"scenario={name}", f"shocks.{shock}.severity=0.5").shocks[shock].severity == 0.5
    # shocks chosen beside it stand beside it
    assert {shock, "supplier_loss"} <= set(compose(f"scenario={name}", "shocks=[supplier_loss]").shocks)


def test_a_saved_scenario_and_one_that_ships_are_not_mixed() -> None:
    with pytest.raises(InputError, match="beside a saved scenario"):
        compose_plain(["scenario=united_kingdom_2016"], saved={"seed": 3})
