"""The map of places: coloured by chance, white where nothing was ranked, bars where there is no map."""

from __future__ import annotations

from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from ecosim.plots import place_map
from ecosim.plots.hits import colour_of
from ecosim.plots.maps import Frame, land_of

EUROPE = ("DEU", "FRA", "ITA", "MLT")


def test_a_map_of_chances() -> None:
    figure = place_map({"DEU": 0.6, "FRA": 0.02}, EUROPE, "where")
    (ax,) = figure.axes
    (land,) = [artist for artist in ax.collections if isinstance(artist, PolyCollection)]
    codes = [code for code, _ in sorted(land_of(Frame(europe=True)), key=lambda item: item[0] in EUROPE)]
    found = {code: to_hex(colour) for code, colour in zip(codes, land.get_facecolors(), strict=True)}
    assert (found["DEU"], found["FRA"], found["ITA"]) == (colour_of(0.6), colour_of(0.02), "#ffffff")
    assert figure.legends[0].get_texts()[0].get_text() == "not ranked"
    assert ax.get_title() == "where"


def test_bars_where_there_is_no_map() -> None:
    figure = place_map({"C01": 0.5, "C02": float("nan"), "C03": 0.25}, ("C01", "C02", "C03"))
    (ax,) = figure.axes
    assert [bar.get_width() for bar in ax.patches] == [50.0, 25.0]
