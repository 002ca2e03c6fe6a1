"""A figure per lever: its question, what it says, and one scale for all."""

import re

import pytest

from ecosim.analysis.contrasts import OPEN
from ecosim.lab import api
from ecosim.report import lever_plates
from ecosim.report.content import POLICIES, AbsentError, Content
from ecosim.report.plates import plates
from ecosim.report.verbs import points


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
    assert scales == {content.lever_scale}


def test_a_decided_lever_is_said_with_its_number_and_an_open_one_without(content):
    table = content.contrasts()
    for plate in lever_plates.lever_plates(content):
        said = plate.reading(content)
        assert said.endswith(".")
        rows = table[[lever_plates._subject(row) in plate.title for row in table.to_dict("records")]]
        decided = rows[rows["verdict"] != OPEN]
        assert any(f"{points(value):+.1f} points" in said for value in decided["estimate"]) == bool(len(decided))
    vars(content.result)["contrasts"] = content.result.contrasts.assign(verdict=OPEN)
    for plate in lever_plates.lever_plates(content):
        said = plate.reading(content)
        assert "undecided" in said
        assert "points" not in said


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
