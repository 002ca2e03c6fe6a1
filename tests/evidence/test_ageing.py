"""How a network ages: newcomers by year, their trend, and rows that drift."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tools.ageing import Aged, aged, drifts, in_window, newcomers, text, trend

#: Newcomers from 2007 on, two points fewer every year.
FALLING = tuple(0.5 - 0.02 * k for k in range(14))


def test_newcomers_by_hand() -> None:
    rows = [("a", 2010), ("b", 2010), ("a", 2011), ("c", 2011), ("a", 2011), ("b", 2013), ("d", 2013), ("e", 2013)]
    table = pd.DataFrame(
        [(name, pd.Timestamp(f"{year}-06-01")) for name, year in rows], columns=["organisation", "start_date"]
    )
    np.testing.assert_allclose(newcomers(table, 2010, 2013), [1.0, 0.5, np.nan, 2 / 3])


def test_a_trend_is_told_from_chance() -> None:
    rng = np.random.default_rng(1)
    falling = [0.5 - 0.01 * np.arange(14) + rng.normal(0.0, 0.01, 14) for _ in range(20)]
    slope, count = trend(falling)
    assert slope.value == pytest.approx(-0.01, abs=0.002)
    assert (slope.sign, count) == (-1, 20)
    level, _ = trend([0.5 + rng.normal(0.0, 0.01, 14) for _ in range(20)])
    assert level.low < 0.0 < level.high


def test_years_are_counted_from_the_opening() -> None:
    found = in_window({"newcomer_share_by_year[2020]": 0.5, "size_q[10%]": 4.0}, ("2019-01", "2020-12"))
    assert found == {"newcomer_share_by_year[year 2]": 0.5, "size_q[10%]": 4.0}


def test_drift_is_a_share_of_the_row_s_own_level() -> None:
    worlds = [
        Aged({"a": 1.0 + 0.01 * k, "b": -0.05, "early alone": 1.0}, {"a": 1.2 + 0.01 * k, "b": -0.06}, FALLING)
        for k in range(4)
    ]
    by_name = {row.name: row for row in drifts(worlds)}
    assert set(by_name) == {"a", "b"}
    assert by_name["a"].change.value == pytest.approx(0.2 / 1.015)
    assert by_name["b"].change.value == pytest.approx(-0.2)
    shown = text(worlds, 0.05)
    assert "move by more than 15 %" in shown
    assert "2 of 2" in shown
    assert "a year, 2007 to 2020: -2.00 (-2.00..-2.00) points; falls in 4 of 4" in shown
    assert "a year, 2014 to 2020: -2.00 (-2.00..-2.00) points; falls in 4 of 4" in shown


@pytest.mark.slow
def test_a_small_world_ages() -> None:
    world = aged(5, 0.05)
    assert len(world.newcomers) == 14
    assert 0.0 < world.newcomers[-1] < 1.0
    for name in ("transitivity", "newcomer_share_by_year[year 2]", "led_from_predecessor"):
        assert name in world.early
        assert name in world.late
    assert "1 worlds of europe at scale 0.05" in text([world], 0.05)
