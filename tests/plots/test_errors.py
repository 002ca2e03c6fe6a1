"""Maps and chart of errors of models: what is open has no colour and no number."""

from typing import Any

import pytest
from matplotlib.colors import to_hex

from ecosim.analysis.errors_by_group import LESS, MORE, OPEN, SAME, errors_by_group
from ecosim.plots.errors import colour_of, error_figure, error_map
from ecosim.plots.house import drawn
from tests.analysis.test_errors_by_group import DESIGN, POOL, facts, months
from tests.report.test_errors import ROWS


@pytest.mark.filterwarnings("error")
def test_the_figure_has_a_map_for_calm_times_and_each_shock_and_all_groups(nothing_cut: Any) -> None:
    found = errors_by_group(months(), DESIGN, [POOL], facts)
    figure = error_figure(found.countries, found.groups)
    assert [ax.get_title() for ax in figure.axes[:2]] == ["in calm times", "under stay home"]
    assert figure.axes[0].get_xlabel().replace("\n", " ") == "surely less: Kenya -3.0; surely more: Iceland +2.0"
    said = [text.get_text() for text in figure.axes[2].texts]
    assert said == [
        "high income, well recorded: too little to matter", "high income, badly recorded: too little to matter",
        "lower middle income, well recorded: -1.5", "lower middle income, badly recorded: -4.5",
    ]  # fmt: skip
    assert drawn(figure, "png")
    nothing_cut(figure)
    assert figure.get_figwidth() <= 5.0


def test_what_is_open_is_hatched_and_has_no_colour() -> None:
    assert colour_of(OPEN, -0.3) == "#ffffff"
    assert len({to_hex(colour_of(word, change)) for word in (LESS, MORE) for change in (0.001, 0.01, 0.1)}) == 6
    assert colour_of(SAME, 0.001) not in ("#ffffff", *(colour_of(word, 0.001) for word in (LESS, MORE)))
    decided, unsure = (error_map(ROWS.assign(verdict=word)) for word in (LESS, OPEN))
    assert not any(shape.get_hatch() for shape in decided.collections)
    assert any(shape.get_hatch() for shape in unsure.collections)
