"""How much is done and how much is left, as people read it."""

import pytest

from ecosim import progress
from ecosim.progress import Progress, duration


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""

    class Clock:
        now = 100.0

    monkeypatch.setattr(progress.time, "perf_counter", lambda: Clock.now)
    return Clock


def said(capsys):
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "00:00"), (7.2, "00:07"), (59.7, "01:00"), (183, "03:03"), (3599.4, "59:59"), (3725, "1:02:05")],
)
def test_spans_are_minutes_and_seconds(seconds, text):
    assert duration(seconds) == text


def test_what_comes_before_the_first_part_is_no_sign_of_the_pace(clock):
    # half a minute of compiling, then a second a unit
    bar = Progress("work", 100)
    clock.now += 30.0
    for done in range(1, 21):
        bar.update(done)
        clock.now += 1.0
    assert bar.seconds_left() == pytest.approx(79.0)


def test_between_two_parts_the_time_runs_down(clock):
    bar = Progress("work", 10)
    for done in range(5):
        bar.update(done)
        clock.now += 20.0
    lines = []
    for _ in range(5):
        lines.append(bar.times())
        clock.now += 10.0
    assert len(set(lines)) == 5
    assert bar.seconds_left() == pytest.approx(6 * 20.0 - 20.0 - 50.0)


def test_time_that_has_run_out_is_not_given(clock):
    bar = Progress("work", 3)
    for done in range(3):
        bar.update(done)
        clock.now += 5.0
    clock.now += 30.0
    assert bar.seconds_left() is None
    assert "left" not in bar.times()


def test_an_estimate_is_given_until_the_pace_shows(clock):
    bar = Progress("work", 10, expected=100.0)
    clock.now += 10.0
    assert bar.seconds_left() == pytest.approx(90.0)
    # it goes twice as fast as expected
    bar.update(1)
    clock.now += 5.0
    bar.update(2)
    assert bar.seconds_left() == pytest.approx(8 * 5.0)


def test_without_an_estimate_the_first_per_cent_promise_nothing(clock, capsys):
    bar = Progress("simulating", 1)
    clock.now += 3.0
    bar.update(0.01)
    assert said(capsys) == ["simulating: 1 % after 00:03"]
    clock.now += 11.0
    bar.update(0.5)
    assert said(capsys) == ["simulating: 50 % after 00:14, about 00:11 left"]


def test_lines_come_ten_seconds_apart_and_differ(clock, capsys):
    bar = Progress("histories", 100, expected=110.0)
    for done in range(100):
        clock.now += 1.0
        bar.update(done)
    lines = said(capsys)
    assert 8 <= len(lines) <= 11
    assert len(set(lines)) == len(lines)
    left = [line.partition("about ")[2] for line in lines if "left" in line]
    assert len(set(left)) == len(left) >= 8
