"""Who loses and who gains: the ends of the list, with intervals, those hit marked."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

from ecosim.plots.countries import MOST, country_figure, country_panel, ends_of
from ecosim.plots.hits import colour_of
from ecosim.plots.house import drawn
from ecosim.plots.style import BLUE, VERMILION

CODES = [f"C{k:02d}" for k in range(30)]


@pytest.fixture
def table():
    """Thirty countries, of which the first twelve lose and the last twelve gain, under two policies."""
    change = np.r_[-np.arange(12.0, 0.0, -1.0), np.zeros(6), np.arange(1.0, 13.0)]
    twin = np.full(30, 40.0)
    twin[0] = 240.0
    one = pd.DataFrame({"policy": "as today", "shock": "loss", "country": CODES, "output_twin": twin,
                        "output_change": change, "output_share": change / twin})  # fmt: skip
    one["output_share_low"], one["output_share_high"] = one["output_share"] - 0.06, one["output_share"] + 0.06
    other = one.assign(policy="spread", output_share=one["output_share"] + 0.01)
    return pd.concat([one, other, one.assign(shock="other")], ignore_index=True).sample(frac=1.0, random_state=1)


def test_the_ten_that_lose_most_and_the_ten_that_gain_most(table):
    ends = ends_of(table, "as today", "loss")
    # chosen by what they weigh among all, sorted by what they lose of their own
    assert set(ends["country"]) == {*CODES[:MOST], *CODES[-MOST:]}
    assert list(ends["country"])[:2] == ["C01", "C02"]
    assert list(ends["country"])[-1] == "C29"
    first = ends.set_index("country").loc["C00"]
    total = 240.0 + 29 * 40.0
    np.testing.assert_allclose(first[["share", "low", "high", "points"]].to_numpy(float),
                               [-5.0, -11.0, 1.0, -1200.0 / total])  # fmt: skip
    assert list(ends.loc[ends["country"].isin(("C00", "C01")), "sure"]) == [True, False]


def test_who_neither_loses_nor_gains_is_at_no_end(table):
    assert len(ends_of(table[table["country"].isin(CODES[12:18])], "as today", "loss")) == 0
    assert len(ends_of(table[table["country"].isin(CODES[:3])], "as today", "loss")) == 3


def test_bars_are_filled_only_where_the_sign_is_sure(table):
    ends = ends_of(table, "as today", "loss")
    ax = country_panel(ends, {"C01": 0.2, "C29": 1.0})
    bars = {round(bar.get_y() + bar.get_height() / 2, 1): bar for bar in ax.patches}
    assert len(bars) == len(ends)
    for place, row in zip(sorted(bars), ends.to_dict("records"), strict=True):
        np.testing.assert_allclose(bars[place].get_width(), row["share"])
        expected = (VERMILION if row["share"] < 0 else BLUE).lower() if row["sure"] else "#ffffff"
        assert to_hex(bars[place].get_facecolor()) == expected
        assert bool(bars[place].get_hatch()) == (not row["sure"])


def test_intervals_are_those_of_the_table_and_dashed_where_open(table):
    ends = ends_of(table, "as today", "loss")
    lines = [artist for artist in country_panel(ends).collections if isinstance(artist, LineCollection)]
    drawn_ends = sorted(tuple(path.vertices[:, 0]) for artist in lines for path in artist.get_paths())
    np.testing.assert_allclose(drawn_ends, sorted(zip(ends["low"], ends["high"], strict=True)))
    sure, unsure = lines
    assert sure.get_linestyles()[0][1] is None
    assert unsure.get_linestyles()[0][1] is not None
    assert len(sure.get_paths()) == int(ends["sure"].sum())


def test_those_hit_are_marked_in_the_colour_of_the_map(table):
    ax = country_panel(ends_of(table, "as today", "loss"), {"C01": 0.2, "C29": 1.0, "C15": 0.5})
    (squares,) = [artist for artist in ax.collections if isinstance(artist, PathCollection)]
    assert [to_hex(colour) for colour in squares.get_facecolors()] == [colour_of(0.2), colour_of(1.0)]
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert "C01 20 %" in labels
    assert "C29" in labels


def test_other_policies_are_ticks(table):
    ends = ends_of(table, "as today", "loss")
    figure = country_figure(table, "as today", "loss")
    (ticks,) = [line for line in figure.axes[0].lines if line.get_marker() == "|"]
    np.testing.assert_allclose(sorted(ticks.get_xdata()), sorted(ends["share"] + 1.0))
    alone = country_figure(table[table["policy"] == "as today"], "as today", "loss")
    assert [line for line in alone.axes[0].lines if line.get_marker() == "|"] == []


def test_the_legend_names_what_is_there(table):
    def legend(*given):
        return {text.get_text() for text in country_figure(*given).legends[0].get_texts()}

    assert legend(table, "as today", "loss", {"C01": 0.5}) == {
        "surely loses", "surely gains", "may be either", "under each other policy", "95 % interval, each alone",
        "hit; the darker, the more often",
    }  # fmt: skip
    means = table.assign(output_share_low=np.nan, output_share_high=np.nan)
    assert legend(means[means["policy"] == "as today"], "as today", "loss", {"C15": 0.5}) == {"may be either"}


def test_a_gain_on_next_to_nothing_is_cut_and_carries_its_number(table):
    mine = (table["policy"] == "as today") & (table["country"] == "C29")
    table.loc[mine, ["output_share", "output_share_low", "output_share_high"]] = (9.0, 1.0, 20.0)
    ax = country_figure(table, "as today", "loss").axes[0]
    assert "+900 %" in [text.get_text() for text in ax.texts]
    assert ax.get_xlim()[1] < 300.0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("codes", [CODES, ["GBR", "MKD", "BIH", "ROW", "USA", *CODES[5:]]])
def test_no_word_is_cut(nothing_cut, table, codes):
    table = table.assign(country=table["country"].map(dict(zip(CODES, codes, strict=True))))
    figure = country_figure(table, "as today", "loss", dict.fromkeys(codes, 0.87))
    assert drawn(figure, "png")
    nothing_cut(figure)
    assert figure.get_figwidth() <= 5.0
    assert figure.axes[0].get_position().width * figure.get_figwidth() > 1.8
