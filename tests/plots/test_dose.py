"""The dose-response figure shows the steps, the base and the intervals it is given."""

import numpy as np
import pandas as pd
import pytest

from ecosim import plots
from ecosim.plots.house import drawn
from ecosim.plots.style import new_figure


@pytest.fixture
def table():
    """Two lines over three steps; bases at the first step."""
    rows = [
        {"design_id": 10 * k + s, "base": 10 * k, "shock": shock, "line": line, "level": level,
         "measure": "delivered_output", "value": 0.9 - 0.1 * k + 0.01 * s, "difference": 0.01 * s if s else np.nan,
         "low": 0.01 * s - 0.02 if s else np.nan, "high": 0.01 * s + 0.03 if s else np.nan}
        for shock in ("rupture", "loss")
        for k, line in enumerate(("ahead", "staged"))
        for s, level in enumerate((1.0, 4.0, 12.0))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_bars_hang_on_the_mean(table):
    _, axes = new_figure()
    ax = plots.dose_panel(
        table[(table["shock"] == "loss") & (table["line"] == "ahead")], axes[0, 0], level_name="calls"
    )
    assert ax is axes[0, 0]
    assert list(ax.get_xticks()) == [1.0, 4.0, 12.0]
    (bars,) = ax.collections
    segments = bars.get_segments()
    assert len(segments) == 2
    # means of 91 and 92, differences between 2 points less and 3 points more than nothing beside the 1 and 2 they are
    np.testing.assert_allclose([segment[:, 1] for segment in segments], [[89.0, 94.0], [90.0, 95.0]])


def test_a_base_has_a_black_rim_and_what_is_open_is_hollow(table):
    one = table[(table["shock"] == "loss") & (table["line"] == "ahead")].reset_index(drop=True)
    # the last step is surely better, the one before may be either
    one.loc[2, "low"] = 0.005
    _, axes = new_figure()
    ax = plots.dose_panel(one, axes[0, 0])

    def heights(*, white, rim):
        chosen = [line for line in ax.lines if line.get_marker() == "o" and len(line.get_ydata())
                  and (line.get_markerfacecolor() == "white") == white
                  and (line.get_markeredgecolor() == "black") == rim]  # fmt: skip
        return [value for line in chosen for value in np.round(line.get_ydata(), 6)]

    assert heights(white=True, rim=True) == [90.0]
    assert heights(white=True, rim=False) == [91.0]
    assert heights(white=False, rim=False) == [92.0]
    solid, dashed = ax.collections
    assert [round(segment[0, 1], 6) for segment in solid.get_segments()] == [90.5]
    assert [round(segment[0, 1], 6) for segment in dashed.get_segments()] == [89.0]
    assert dashed.get_linestyles() != solid.get_linestyles()


def test_a_panel_per_shock_and_dose(table):
    figure = plots.dose_response_curves([("calls", [table]), ("payments", [table])])
    titles = [ax.get_title() for ax in figure.axes if ax.lines]
    assert titles == ["rupture", "loss"] * 2
    assert {ax.get_xlabel() for ax in figure.axes if ax.lines} == {"calls", "payments"}
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["ahead", "staged"]
    assert drawn(figure, "png").startswith(b"\x89PNG")


def test_noise_does_not_fill_a_panel(table):
    flat = table.assign(value=0.9, difference=0.0, low=-1e-4, high=1e-4)
    figure = plots.dose_response_curves([("calls", [flat])])
    for ax in figure.axes:
        low, high = ax.get_ylim()
        assert high - low >= 10.0


def test_money_is_in_millions(table):
    figure = plots.dose_response_curves([("monthly_eur", [table.assign(level=table["level"] * 1e6)])])
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "4", "12"]
    assert "millions" in ax.get_xlabel()


def test_two_measures_of_one_line_stand_in_one_panel(table):
    one = table[table["line"] == "ahead"].assign(line="")
    figure = plots.dose_response_curves([("calls", [one, one.assign(measure="sustained_collaboration", value=0.95)])])
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(words) == 3
    assert any(text.startswith("collaboration sustained") for text in words)
    assert any("black rim" in text for text in words)
