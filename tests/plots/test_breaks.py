"""Breaks drawn: what is open is never drawn as if it were decided, and the map leads to the pages."""

import pandas as pd
import pytest
from matplotlib.colors import to_hex

from ecosim.plots.breaks import STEPS, break_bars, course_figure, loss_map, step_colour
from ecosim.plots.house import drawn
from ecosim.plots.style import BLUE, VERMILION

NOISE = {"lost_share": 0.0, "low": -0.01, "high": 0.01}


def bars(decided, lost=0.1):
    table = pd.DataFrame({"break": ["rupture with X"], "lost_share": [lost], "low": [lost - 0.05],
                          "high": [lost + 0.05], "decided": [decided]})  # fmt: skip
    (ax,) = break_bars(table, NOISE).axes
    return [patch for patch in ax.patches if patch.get_height() == pytest.approx(0.7)]


def test_only_what_is_decided_is_filled():
    (sure,), (gain,), (still_open,) = bars(True), bars(True, -0.1), bars(False)
    assert to_hex(sure.get_facecolor()).upper() == VERMILION
    assert to_hex(gain.get_facecolor()).upper() == BLUE
    assert to_hex(still_open.get_facecolor()) == "#ffffff"
    assert still_open.get_hatch()


def test_half_years_that_are_open_are_hollow():
    rows = [("a", 6 * k, 6 * k + 6, 0.1, 0.1 - reach, 0.1 + reach) for k, reach in enumerate((0.05, 0.2, 0.2))]
    rows += [("placebo", 6 * k, 6 * k + 6, 0.0, -0.01, 0.01) for k in range(3)]
    course = pd.DataFrame(rows, columns=["break", "from_month", "to_month", "lost_share", "low", "high"])
    (ax,) = course_figure(course, ["a"], "placebo").axes
    band, filled, hollow = ax.collections
    assert len(filled.get_offsets()) == 1
    assert len(hollow.get_offsets()) == 2
    assert to_hex(hollow.get_facecolor()[0]) == "#ffffff"
    assert band is not filled


def test_steps_grow_darker_and_take_every_share():
    assert [step_colour(share) for share in (0.0, 0.02, 0.03, 0.5, 1.2)] == [
        STEPS[0][2], STEPS[0][2], STEPS[1][2], STEPS[-1][2], STEPS[-1][2],
    ]  # fmt: skip
    light = [sum(int(colour[k : k + 2], 16) for k in (1, 3, 5)) for _, _, colour in STEPS]
    assert light == sorted(light, reverse=True)


def test_the_map_leads_to_the_pages_of_large_and_small_countries():
    codes = ["NLD", "DEU", "MLT"]
    figure = loss_map({"NLD": 0.3}, ["DEU"], codes, {code: f"{code}/index.html" for code in codes})
    text = drawn(figure, "svg").decode("utf-8")
    for code in codes:
        assert f'xlink:href="{code}/index.html"' in text
    assert STEPS[-1][2] in text


def test_long_names_are_not_cut(nothing_cut):
    names = ["rupture with bloc:nuclear_suppliers_group", "rupture with Bosnia and Herzegovina",
             "exclusion from the programme", "the programme's funder fails", "no inputs from Germany"]  # fmt: skip
    table = pd.DataFrame({"break": names, "lost_share": [0.9, 0.4, 0.2, 0.1, -0.02], "low": [0.5, 0.1, 0.0, 0.0, -0.1],
                          "high": [1.2, 0.6, 0.4, 0.2, 0.1], "decided": [True, True, True, False, False]})  # fmt: skip
    nothing_cut(break_bars(table, NOISE))
    rows = [(name, 6 * k, 6 * k + 6, 0.3 - 0.05 * k, 0.1, 0.5) for name in [*names, "placebo"] for k in range(6)]
    course = pd.DataFrame(rows, columns=["break", "from_month", "to_month", "lost_share", "low", "high"])
    nothing_cut(course_figure(course, names, "placebo"))
    nothing_cut(loss_map({"NLD": 0.3}, ["DEU"], ["NLD", "DEU", "FRA"], {}))
