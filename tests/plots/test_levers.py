"""A lever's figure: decided and undecided never look alike, one scale for all, no word cut."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb

from ecosim.plots.house import drawn
from ecosim.plots.levers import PRINCIPAL, VERDICTS, lever_figure, lever_measures, lever_panel, lever_scales
from ecosim.plots.style import new_figure

KINDS = tuple(VERDICTS)


def rows(**columns):
    """A comparison under as many shocks as there are verdicts, on one measure."""
    table = pd.DataFrame(
        {"contrast": "spread wide", "measure": "delivered_output", "shock": [f"shock_{k}" for k in range(len(KINDS))],
         "verdict": KINDS, "estimate": 0.01, "low": -0.01, "high": 0.03, "margin": 0.005, "draw_low": -0.05,
         "draw_high": 0.06, "draw_min": -0.1, "draw_max": 0.1}
    )  # fmt: skip
    return table.assign(**columns)


def bars_of(ax):
    """The bars of the intervals, by their place from the top: neither grey bands nor lines."""
    bars = [bar for bar in ax.patches if bar.get_linewidth() > 0]
    return [bar for _, bar in sorted((bar.get_y() + bar.get_height() / 2, bar) for bar in bars)]


def marks_of(ax):
    return {line.get_label(): line for line in ax.lines if line.get_label() in VERDICTS}


def test_only_what_is_open_is_hollow_and_dashed():
    ax = lever_panel(rows())
    bars, marks = dict(zip(KINDS, bars_of(ax), strict=True)), marks_of(ax)
    hollow = [kind for kind, bar in bars.items() if to_hex(bar.get_facecolor()) == "#ffffff"]
    dashed = [kind for kind, bar in bars.items() if bar.get_linestyle() not in ("-", "solid")]
    white = [kind for kind, mark in marks.items() if mark.get_markerfacecolor() == "white"]
    assert hollow == dashed == white == ["undecided"]


def test_all_looks_differ_and_in_grey_as_well():
    ax = lever_panel(rows())
    bars, marks = dict(zip(KINDS, bars_of(ax), strict=True)), marks_of(ax)

    def grey(colour):
        return round(float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722))), 1)

    looks = {kind: (grey(bars[kind].get_facecolor()), marks[kind].get_marker(), round(bars[kind].get_height(), 2))
             for kind in KINDS}  # fmt: skip
    assert len(set(looks.values())) == len(KINDS)


def test_words_say_the_verdict_and_a_number_only_of_what_is_decided():
    said = {text.get_text() for text in lever_panel(rows()).texts}
    assert {"helps +1.0", "hurts +1.0\non average", "no effect +1.0", "undecided"} <= said
    assert not any("undecided" in text and any(letter.isdigit() for letter in text) for text in said)


def test_the_interval_the_spread_and_the_band_are_drawn_to_scale():
    ax = lever_panel(rows(), limits=(-4.0, 10.0))
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars_of(ax)]
    np.testing.assert_allclose(ends, [(-1.0, 3.0)] * len(KINDS))
    band = [bar for bar in ax.patches if bar.get_linewidth() == 0]
    np.testing.assert_allclose([(bar.get_x(), bar.get_width()) for bar in band], [(-0.5, 1.0)] * len(KINDS))
    (spread,) = [lines for lines in ax.collections if lines.get_label() == "_band"]
    # cut at -4, where an arrow says so; whole at 6
    np.testing.assert_allclose([path.vertices[:, 0] for path in spread.get_paths()], [(-4.0, 6.0)] * len(KINDS))
    arrows = [line for line in ax.lines if line.get_marker() in "<>"]
    assert [(line.get_marker(), len(line.get_xdata())) for line in arrows] == [("<", len(KINDS))]


def test_of_few_draws_the_spread_is_that_of_all():
    ax = lever_panel(rows(draw_low=np.nan, draw_high=np.nan), limits=(-20.0, 20.0))
    (spread,) = [lines for lines in ax.collections if lines.get_label() == "_range"]
    np.testing.assert_allclose(spread.get_paths()[0].vertices[:, 0], (-10.0, 10.0))
    legend = lever_figure(rows(draw_low=np.nan, draw_high=np.nan), over="seeds").legends[0]
    assert "all seeds" in {text.get_text() for text in legend.get_texts()}


def test_without_an_interval_only_the_hollow_mark_remains():
    ax = lever_panel(rows(low=np.nan, high=np.nan, verdict="undecided"))
    assert bars_of(ax) == []
    assert [len(line.get_xdata()) for line in marks_of(ax).values()] == [len(KINDS)]


def test_the_scale_holds_every_interval_of_every_lever():
    table = pd.concat([rows(), rows(contrast="other", low=-0.2)])
    low, high = lever_scales(table)["points"]
    assert low < -20.0
    assert 3.0 < high < 10.0
    # what is not drawn does not count
    assert lever_scales(pd.concat([table, rows(measure="fragility", low=-5.0)])) == {"points": (low, high)}
    # ratios to next to nothing do not squeeze all the rest
    assert lever_scales(rows(low=-7.0, high=7.0)) == {"points": (-100.0, 100.0)}


def test_days_stand_on_a_scale_of_their_own():
    days = rows(measure="level_lead_time_days", estimate=3.0, low=1.0, high=5.0, margin=0.25)
    table = pd.concat([rows(measure="level_health_harmed"), days], ignore_index=True)
    scales = lever_scales(table)
    assert list(scales) == ["points", "days"]
    # neither squeezes the other, and a day is no hundred points
    assert scales["points"] == lever_scales(rows())["points"]
    assert -2.0 < scales["days"][0] < 0.0
    assert 5.0 < scales["days"][1] < 6.0
    figure = lever_figure(table)
    assert [ax.get_xlim() for ax in figure.axes] == list(scales.values())
    assert "days beside" in figure.axes[1].get_xlabel().replace("\n", " ")
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars_of(figure.axes[1])]
    np.testing.assert_allclose(ends, [(1.0, 5.0)] * len(KINDS))
    said = {text.get_text() for text in figure.axes[1].texts}
    assert {"helps +3.0", "Lead time", "days"} <= said


def test_principal_measures_come_first_and_alone():
    assert lever_measures(["fragility", "worst_year_collaboration", "sustained_collaboration"]) == [
        "sustained_collaboration", "worst_year_collaboration",
    ]  # fmt: skip
    assert lever_measures(["fragility"]) == ["fragility"]
    table = pd.concat([rows(measure=name) for name in (*PRINCIPAL, "fragility")])
    headings = [text.get_text() for text in lever_panel(table).texts if text.get_fontweight() == "bold"]
    assert headings == ["Collaboration kept", "Output delivered", "Collaboration in the worst year"]


def test_less_is_better_is_said():
    headings = [text.get_text() for text in lever_panel(rows(measure="fragility")).texts]
    assert "Fragility (less is better)" in headings


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("long", [False, True])
def test_no_word_is_cut_and_none_lies_over_another(nothing_cut, long):
    table = pd.concat([rows(measure=name) for name in PRINCIPAL], ignore_index=True)
    if long:
        table["shock"] = "a_rupture_with_a_very_long_name+a_second_" + table["shock"]
    figure = lever_figure(table, against="the policy as it stands today, with all its calls" if long else "as today")
    assert drawn(figure, "png")
    nothing_cut(figure)
    # narrow enough for a telephone, and yet with room for the bars
    assert figure.get_figwidth() <= 5.0
    assert figure.axes[0].get_position().width * figure.get_figwidth() > 1.8


def test_it_draws_on_the_axes_given():
    _, axes = new_figure()
    assert lever_panel(rows(), ax=axes[0, 0]) is axes[0, 0]
