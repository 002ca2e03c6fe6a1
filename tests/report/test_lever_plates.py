"""A figure per lever: its question, what it says, and one scale for all."""

import re

import pytest

from ecosim.analysis.contrasts import OPEN
from ecosim.lab import api
from ecosim.report import lever_plates
from ecosim.report.content import POLICIES, AbsentError, Content
from ecosim.report.plates import plates


@pytest.fixture
def content(request_for):
    return Content(api.run_sweep(request_for("output.figures=false"), quiet=True).folder)


def test_one_figure_for_each_comparison_before_all_others(content):
    names = list(dict.fromkeys(content.contrasts()["contrast"]))
    found = [plate for plate in plates(content) if plate.section == POLICIES]
    assert len(found) == len(names) > 0
    assert [plate.name for plate in plates(content)][: len(found)] == [plate.name for plate in found]
    assert len({plate.name for plate in found}) == len(found)
    assert all(re.fullmatch(r"lever_\w+", plate.name) for plate in found)
    assert all(plate.title.startswith("What does ") and plate.title.endswith("?") for plate in found)


def test_all_share_one_scale(content):
    table = content.result.contrasts
    # a second lever, ten times as strong
    strong = table.assign(contrast="strong", **{name: 10 * table[name] for name in ("estimate", "low", "high")})
    import pandas as pd

    vars(content.result)["contrasts"] = pd.concat([table, strong], ignore_index=True)
    figures = [plate.draw(content) for plate in lever_plates.lever_plates(content)]
    scales = {figure.axes[0].get_xlim() for figure in figures}
    assert len(figures) == table["contrast"].nunique() + 1
    assert scales == {content.lever_scales["points"]}


def said_of(content, table):
    """What the one figure says of some comparisons."""
    vars(content.result)["contrasts"] = table
    (plate,) = lever_plates.lever_plates(content)
    return plate.reading(content)


def test_the_best_and_the_worst_are_said_with_their_numbers_and_the_open_without(content):
    table = content.result.contrasts
    table = table[table["contrast"] == table["contrast"].iloc[0]]
    assert len(table) == 4
    known = table.assign(
        estimate=[0.011, -0.022, 0.033, 0.0], low=[0.009, -0.024, 0.031, -0.002], high=[0.013, -0.02, 0.035, 0.002],
        margin=0.0025, draws=10, share_helped=0.7, share_hurt=0.6,
    )  # fmt: skip
    said = said_of(content, known.assign(verdict=["helps", "hurts on average", "helps on average", OPEN]))
    assert "helps: +3.3 points" in said
    assert "hurts: -2.2 points" in said
    assert "+1.1" not in said
    assert said.endswith("Of 4 comparisons 1 helps, 1 helps on average, 1 hurts on average, 1 is undecided.")
    none = said_of(content, known.assign(verdict="no effect"))
    assert "changes nothing that matters" in none
    assert said_of(content, known.assign(verdict=OPEN)) == (
        "All 4 comparisons are undecided, so nothing is said of what it is worth."
    )


def test_of_many_the_first_are_drawn_and_the_rest_is_said(content, monkeypatch):
    monkeypatch.setattr(lever_plates, "MOST_LEVERS", 0)
    (plate,) = lever_plates.lever_plates(content)
    with pytest.raises(AbsentError, match=r"of which the first 0 are drawn; the tables hold all"):
        plate.draw(content)


def test_without_a_comparison_it_is_said_why(request_for):
    folder = api.run_sweep(request_for("output.figures=false", "experiment.factors={}"), quiet=True).folder
    (plate,) = lever_plates.lever_plates(Content(folder))
    with pytest.raises(AbsentError, match="compares no levels"):
        plate.draw(Content(folder))


def test_a_number_alone_is_named_by_its_factor():
    row = {"contrast": "programme.tranches: 3 against 1", "factor": "programme.tranches", "level": "3", "against": "1",
           "where": ""}  # fmt: skip
    assert lever_plates._subject(row) == "tranches (programme) 3"
    assert lever_plates._subject(row | {"contrast": "paid in stages"}) == "paid in stages"
