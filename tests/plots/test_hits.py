"""Countries hit: colours by share, a map where there is one, bars where there is none."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_hex, to_rgb

from ecosim.plots.hits import MOST_BARS, STEPS, Hit, colour_of, has_map, hit_bars, hit_figure, hit_map, hit_words
from ecosim.plots.house import drawn
from ecosim.plots.maps import Frame, land_of

EUROPE = ("DEU", "FRA", "ITA", "MLT", "USA")
SYNTHETIC = tuple(f"C{k:02d}" for k in range(30))


def faces(ax):
    """Colour of every outline, by country."""
    (land,) = [artist for artist in ax.collections if isinstance(artist, PolyCollection)]
    # those of the world at hand lie on top
    codes = [code for code, _ in sorted(land_of(Frame(europe=True)), key=lambda item: item[0] in EUROPE)]
    return {code: to_hex(colour) for code, colour in zip(codes, land.get_facecolors(), strict=True)}


def test_the_more_often_the_darker():
    colours = [colour_of(share) for share in (0.01, 0.07, 0.2, 0.4, 0.8, 1.0)]
    assert colours == [colour for *_, colour in STEPS]
    light = [float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722))) for colour in colours]
    # in grey, each is surely darker than the one before
    assert min(-np.diff(light)) > 0.05
    assert colour_of(0.999) != colour_of(1.0)


def test_a_map_colours_those_hit_and_leaves_the_others_white():
    ax = hit_map(Hit("loss", {"DEU": 1.0, "FRA": 0.2}), EUROPE, Frame(europe=True))
    found = faces(ax)
    assert (found["DEU"], found["FRA"], found["ITA"]) == (colour_of(1.0), colour_of(0.2), "#ffffff")
    # Spain is not in this world
    assert found["ESP"] not in ("#ffffff", *(colour for *_, colour in STEPS))
    assert ax.get_xlabel().replace("\n", " ") == "Germany 100 %, France 20 %"


def test_small_countries_are_dots_and_distant_ones_squares_at_the_edge():
    ax = hit_map(Hit("loss", {"MLT": 0.2, "USA": 0.4}), EUROPE, Frame(europe=True))
    points = [artist for artist in ax.collections if isinstance(artist, PathCollection)]
    assert [to_hex(artist.get_facecolors()[0]) for artist in points] == [colour_of(0.2), colour_of(0.4)]
    left, right = ax.get_xlim()
    assert left < points[1].get_offsets()[0, 0] < right
    assert [text.get_text() for text in ax.texts] == ["USA"]


def test_a_shock_that_hits_all_alike_colours_them_all():
    ax = hit_map(Hit("funder", everyone=True), EUROPE, Frame(europe=True))
    found = faces(ax)
    assert {found[code] for code in ("DEU", "FRA", "ITA")} == {colour_of(1.0)}
    assert ax.get_xlabel() == "all countries alike"


def test_worlds_without_a_place_have_bars():
    hit = Hit("loss", {code: 1.0 / (k + 2) for k, code in enumerate(SYNTHETIC[:20])})
    assert has_map([Hit("loss", {"DEU": 0.3, "C01": 0.1})])
    assert has_map([Hit("funder", everyone=True)], EUROPE)
    assert not has_map([hit], SYNTHETIC)
    figure = hit_figure([hit, Hit("funder", everyone=True)], SYNTHETIC)
    one, all_alike = figure.axes
    assert [label.get_text() for label in one.get_yticklabels()] == list(SYNTHETIC[:MOST_BARS])
    np.testing.assert_allclose([bar.get_width() for bar in one.patches][:3], [50.0, 100 / 3, 25.0])
    assert one.get_xlabel().endswith(f"({20 - MOST_BARS} more are hit no more often)")
    assert [label.get_text() for label in all_alike.get_yticklabels()] == ["all countries"]


def test_words_name_the_most_frequent_and_count_the_rest():
    assert hit_words(Hit("x", {"CHE": 1.0})) == "Switzerland, always"
    assert hit_words(Hit("x", {"CHE": 0.5, "ROW": 0.25, "DEU": 0.5}), 2) == "Switzerland 50 %, Germany 50 % and 1 more"
    assert hit_words(Hit("x", {"ROW": 0.25, "USA": 0.1})) == "rest of the world 25 %, USA 10 %"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("countries", [EUROPE, SYNTHETIC, ("USA", "CHN", "BRA", "IND", "DEU")])
def test_no_word_is_cut(nothing_cut, countries):
    hits = [
        Hit("a rupture with a very long name, and a second shock that follows it",
            {code: 1.0 / (k + 1) for k, code in enumerate(countries)}),
        Hit("funder fails", everyone=True),
        Hit("one excluded", {countries[0]: 0.04}),
    ]  # fmt: skip
    figure = hit_figure(hits, countries)
    assert drawn(figure, "png")
    nothing_cut(figure)
    assert figure.get_figwidth() <= 5.0


def test_bars_of_nothing_are_none():
    assert [label.get_text() for label in hit_bars(Hit("x")).get_yticklabels()] == ["none"]
