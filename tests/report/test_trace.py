"""Under each figure and table: files that are there, a call that draws the same, and a section that exists."""

import html
import re
from pathlib import Path

import pandas as pd
import pytest

from ecosim import plots
from ecosim.lab import api
from ecosim.lab.compose import compose_plain, make_request
from ecosim.plots.house import drawn
from ecosim.report.content import Content
from ecosim.report.page import write_report
from ecosim.report.plates import PLATES

ODD = Path(__file__).parents[2] / "docs" / "ODD.md"
_TINY = (
    "world=classroom", "world.scale=0.005", "shocks=[diplomatic_rupture,funder_withdrawal]",
    "timeline.burn_in_months=24", "timeline.calm_months=12", "timeline.calm_jitter_months=3",
    "timeline.response_months=24", "runner.processes=0", "output.figures=false",
)  # fmt: skip
_FIGURE = re.compile(r'<figure id="(\w+)">.*?<p class="trace">(.*?)</p>', re.DOTALL)
_TABLE = re.compile(r"<caption><b>(.*?)</b>.*?<tbody>(.*?)</tbody>.*?<p class=\"trace\">(.*?)</p>", re.DOTALL)
#: Figures that the page of each test has, so that together they have all.
_ON = {
    "sweep": {"with_and_without", "resilience_curves", "output_curves", "heat_map", "policies", "dose", "loss",
              "recovery", "partners", "money", "weighing"},
    "run": {"run"},
    "draws": {"break_even", "importance", "break_even_maps"},
}  # fmt: skip


def parts(trace):
    """Files, call, formula and section of a line under a figure."""
    found = re.fullmatch(
        r"Data: (.+?)[.] Call: <code>(.+?)</code>[.] Formula: (.+[.]) More: docs/ODD[.]md, section ([\d.]+) "
        r"\((.+)\)[.]",
        trace, re.DOTALL,
    )  # fmt: skip
    assert found, trace
    files = re.findall(r"<code>(.+?)</code>", found[1])
    return files, html.unescape(found[2]), found[3], f"{found[4]} {found[5]}"


def assert_traced(folder, expected=frozenset()):
    """Every line of a page leads to what it says, and these figures are on it."""
    page = write_report(folder).read_text(encoding="utf-8")
    names = {"plots": plots, "report": Content(str(folder))}
    figures = _FIGURE.findall(page)
    assert [name for name, _ in figures] == re.findall(r'<figure id="(\w+)">', page)
    for name, trace in figures:
        files, call, formula, section = parts(trace)
        assert files
        assert all((folder / file).is_file() for file in files), name
        figure = eval(call, dict(names))
        assert drawn(figure, "svg") == (folder / "figures" / f"{name}.svg").read_bytes(), name
        assert formula
        assert_section(section)
    assert expected <= {name for name, _ in figures}
    tables = _TABLE.findall(page)
    assert len(tables) == page.count("<caption>")
    for title, body, trace in tables:
        files, call, _, section = parts(trace)
        assert files
        assert all((folder / file).is_file() for file in files), title
        table = eval(call, dict(names))
        assert isinstance(table, pd.DataFrame)
        assert len(table) == body.count("<tr>"), title
        assert_section(section)


def assert_section(section):
    number, _, title = section.partition(" ")
    headings = re.findall(r"^#+ ([\d.]+) (.+?)(?: \(`.*)?$", ODD.read_text(encoding="utf-8"), re.MULTILINE)
    assert (number, title) in [(found.rstrip("."), words) for found, words in headings], section


def test_a_sweep_of_the_model(tmp_path):
    words = ("experiment.name=tiny", "experiment.replicates=5", "experiment.draw_parameters=true",
             "experiment.factors={programme.tranches: [1, 2, 3]}", f"output.folder={tmp_path}",
             "experiment.objectives=[delivered_output,sustained_collaboration]")  # fmt: skip
    assert_traced(api.run_sweep(make_request(compose_plain([*_TINY, *words])), quiet=True).folder, _ON["sweep"])


def test_one_scenario(tmp_path):
    words = ("experiment=none", "experiment.name=run", f"output.folder={tmp_path}")
    assert_traced(api.run_and_store(make_request(compose_plain([*_TINY, *words])), quiet=True)[1], _ON["run"])


@pytest.mark.slow
def test_points_that_every_policy_met(tmp_path):
    words = ("experiment.name=points", "experiment.replicates=1", "experiment.factors={programme.tranches: [1, 3]}",
             "experiment.design=latin_hypercube", "experiment.points=5",
             "experiment.uncertainties={behaviour.trust.gain: [0.1, 0.3]}", f"output.folder={tmp_path}")  # fmt: skip
    assert_traced(api.run_sweep(make_request(compose_plain([*_TINY, *words])), quiet=True).folder)


@pytest.mark.slow
def test_many_draws(request_for):
    """What the answer turns on takes many draws to say: of the model with nothing inside."""
    gain, loss = "behaviour.trust.gain", "behaviour.trust.loss"
    folder = api.run_sweep(request_for(
        "experiment.replicates=200", "experiment.draw_parameters=true", f"experiment.break_even=[{gain}]",
        f"experiment.break_even_pairs=[[{gain},{loss}]]", "output.figures=false", "output.series=none",
    ), quiet=True).folder  # fmt: skip
    assert_traced(folder, _ON["draws"])


def test_each_figure_is_on_one_of_these_pages():
    assert {plate.name for plate in PLATES} == set().union(*_ON.values())


def test_each_figure_has_a_line():
    assert all(plate.trace is not None for plate in PLATES)
