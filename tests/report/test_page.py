"""The report: one page that stands alone, and one clear line when a folder is not what it should be."""

import json
import os
import pickle
import re
import shutil
import time
from concurrent.futures import Future

import numpy as np
import pandas as pd
import pytest

from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.lab import api
from ecosim.report import drawing
from ecosim.report.folder import find_folder
from ecosim.report.page import write_report
from ecosim.report.seals import manifest_text

_MADE = {}


@pytest.fixture
def folder(request_for, tmp_path, tmp_path_factory):
    """Results of a small sweep of the model with nothing inside: made once, a copy for each test."""
    if "plain" not in _MADE:
        made = api.run_sweep(request_for(), quiet=True).folder
        _MADE["plain"] = shutil.copytree(made, tmp_path_factory.mktemp("made") / made.name)
    here = tmp_path / "results" / "small" / _MADE["plain"].name
    return shutil.copytree(_MADE["plain"], here, dirs_exist_ok=True)


@pytest.fixture
def reported(folder, tmp_path_factory):
    """The same with its report, which is drawn once: a copy for each test, in the same place."""
    if "reported" not in _MADE:
        write_report(folder)
        _MADE["reported"] = shutil.copytree(folder, tmp_path_factory.mktemp("reported") / folder.name)
    return shutil.copytree(_MADE["reported"], folder, dirs_exist_ok=True)


@pytest.fixture
def page(reported):
    """The page of that report."""
    return (reported / "report.html").read_text(encoding="utf-8")


def page_of(folder):
    return write_report(folder).read_text(encoding="utf-8")


def titles(page):
    return re.findall(r"<figure id=\"(\w+)\">", page)


# ---------------------------------------------------------------------------------------------- the page


def test_a_page_that_needs_nothing_else(page):
    assert not re.search(r"https?://|//cdn|<script|<link|@import|url\(", page)
    assert re.findall(r'src="(.{10})', page)
    assert all(start == "data:image" for start in re.findall(r'src="(.{10})', page))
    assert "default-src 'none'" in page
    assert len(page) < 4_000_000


def test_figures_are_there_as_files_and_on_the_page(reported, page):
    names = titles(page)
    assert {"with_and_without", "resilience_curves", "heat_map", "policies"} <= set(names)
    files = {path.name for path in (reported / "figures").iterdir()}
    assert {f"{name}.{kind}" for name in names for kind in ("png", "svg")} <= files


@pytest.mark.parametrize("dies", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_second_process_draws_the_same_figures_and_may_die(reported, page, monkeypatch, dies):
    alone = {path.name: path.read_bytes() for path in (reported / "figures").glob("*.svg")}
    shutil.rmtree(reported / "figures")
    monkeypatch.setattr(drawing, "_WORTH_HELP", 1)
    own = []
    made = drawing.render

    def rendered(figure, before):
        own.append(figure)
        return made(figure, before)

    monkeypatch.setattr(drawing, "render", rendered)
    # nothing is taken back once it has been asked for
    monkeypatch.setattr(Future, "cancel", lambda future: False)
    if dies:
        monkeypatch.setattr(drawing, "_render_there", _die)
    assert write_report(reported, processes=2).read_text(encoding="utf-8") == page
    assert {path.name: path.read_bytes() for path in (reported / "figures").glob("*.svg")} == alone
    assert len(own) == (len(titles(page)) if dies else 0)


def _die(figure, before):
    os._exit(1)


def test_what_the_second_process_has_not_begun_is_rendered_here(reported, page, monkeypatch):
    monkeypatch.setattr(drawing, "_WORTH_HELP", 1)
    monkeypatch.setattr(drawing, "_render_there", _sleep)
    assert write_report(reported, processes=2).read_text(encoding="utf-8") == page


def _sleep(figure, before):
    time.sleep(2.0)
    return drawing.render(pickle.loads(figure), before)


def test_what_was_drawn_before_is_not_drawn_again(reported):
    stem = reported / "figures" / "heat_map"
    svg = stem.with_suffix(".svg").read_text()
    # another picture, and a whole one
    mark = (reported / "figures" / "policies.png").read_bytes()
    assert mark != stem.with_suffix(".png").read_bytes()
    stem.with_suffix(".png").write_bytes(mark)
    page_of(reported)
    assert stem.with_suffix(".png").read_bytes() == mark
    # other data, another version of Matplotlib
    stem.with_suffix(".svg").write_text(svg.replace("Matplotlib v", "Matplotlib v0."))
    page_of(reported)
    assert stem.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert stem.with_suffix(".svg").read_text() == svg


def test_screen_then_levers_then_the_rest_and_all_tables_folded(page):
    places = [page.index(text) for text in (
        '<pre class="screen">', "What does each policy change?", '<figure id="lever_', '<figure id="with_and_without"',
        "Figures left out", "<h2>Tables</h2>",
    )]  # fmt: skip
    assert places == sorted(places)
    # between the screen and the first lever there is nothing but what is folded
    between = page[page.index("</pre>", places[0]) : places[1]]
    assert re.sub(r"<details>.*?</details>|<[^>]+>|\s", "", between, flags=re.DOTALL) == ""
    folded = re.findall(r"<details>.*?</details>", page, re.DOTALL)
    facts = page.count('class="facts"')
    assert page.count("<table") - facts == sum(part.count("<table") for part in folded) > 0


def test_narrow_figures_fit_a_telephone_and_wide_ones_are_moved(page):
    tags = re.findall(r'<figure id="(\w+)">.*?<img [^>]*?width="(\d+)"([^>]*)>', page, re.DOTALL)
    assert {name: int(wide) <= 450 for name, wide, _ in tags} == {name: "narrow" in rest for name, _, rest in tags}
    # the first figures of the page fit
    assert "narrow" in tags[0][2]


def test_every_figure_says_what_it_shows_and_what_it_rests_on(page):
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page, re.DOTALL)
    assert len(captions) == len(titles(page))
    for caption in captions:
        reading, rests = re.fullmatch(
            r'<p class="reading">(.+?)</p>(?:<details class="again"><summary>How to read it</summary>)?'
            r'(?:<p class="how">.+?[.]</p>)?<p class="rests">It rests on this: (.+?)</p>(?:</details>)?'
            r'<p class="trace">Data: .+</p>',
            caption, re.DOTALL,
        ).groups()  # fmt: skip
        assert reading.endswith(".")
        assert rests.endswith(".")
        assert "nan" not in reading.split()


def test_what_is_missing_is_said(page):
    left_out = page.split("Figures left out")[1].split("</section>")[0]
    # the fake model knows no money and no countries, and nothing was drawn
    assert "Where the money is: series.parquet has no column appropriated_eur." in left_out
    assert "Who works with whom: who works with whom was not kept (no pairs.parquet)." in left_out
    assert "Which assumptions move the answer" in left_out


@pytest.mark.parametrize("kept", ["none", "quantiles"])
def test_without_monthly_outcomes_the_rest_remains(request_for, no_pictures, kept):
    folder = api.run_sweep(request_for(f"output.series={kept}"), quiet=True).folder
    page = page_of(folder)
    assert "heat_map" in titles(page)
    assert "resilience_curves" not in titles(page)
    assert f"(output.series={kept})" in page


def test_answer_methods_and_manifest_stand_on_the_page(reported, page):
    manifest = json.loads((reported / "manifest.json").read_text())
    for words in (
        "The answer",
        "Twin",
        "Placebo",
        "Equal budget",
        manifest["fingerprint"]["all"],
        "numpy",
        "burn_in_months",
    ):
        assert words in page


def test_words_of_users_are_words(reported, no_pictures):
    evil = '<script>alert("1")</script>'
    manifest = json.loads((reported / "manifest.json").read_text())
    manifest["experiment"]["question"] = evil
    (reported / "manifest.json").write_text(manifest_text(manifest))
    page = page_of(reported)
    assert evil not in page
    assert "&lt;script&gt;" in page


def test_failed_runs_are_said_and_left_out(request_for, monkeypatch):
    monkeypatch.setenv("ECOSIM_FAKE", "raise:3-1,branch:2-0")
    folder = api.run_sweep(request_for(), quiet=True).folder
    page = page_of(folder)
    # twin, placebo (of the reference policy) and two shocks: 4 runs of two histories, 3 of two
    assert "5 of 14 runs failed" in page
    assert "heat_map" in titles(page)


def test_nothing_finished_is_a_page_without_figures(request_for, monkeypatch):
    monkeypatch.setenv("ECOSIM_FAKE", "raise:2-0,raise:2-1,raise:3-0,raise:3-1")
    folder = api.run_sweep(request_for(), quiet=True).folder
    page = page_of(folder)
    assert titles(page) == []
    assert "no run with a shock finished" in page


def test_one_scenario_has_a_report_too(request_for):
    _, folder = api.run_and_store(request_for("experiment=none", "experiment.name=run"), quiet=True)
    page = page_of(folder)
    assert {"with_and_without", "run"} <= set(titles(page))
    assert "One replicate shows one course of events" in page


def test_a_scenario_without_shocks_has_one_as_well(request_for):
    words = ("experiment=none", "experiment.name=run", "shocks=[]")
    _, folder = api.run_and_store(request_for(*words), quiet=True)
    assert titles(page_of(folder)) == ["run"]


def test_a_real_sweep(tmp_path):
    """The real model: the map and the money are there, and all of it is finite."""
    from ecosim.lab.compose import compose_plain, make_request

    words = ["world=classroom", "world.scale=0.005", "shocks=[diplomatic_rupture,funder_withdrawal]",
             "timeline.burn_in_months=24", "timeline.calm_months=12", "timeline.calm_jitter_months=3",
             "timeline.response_months=36", "experiment.name=tiny", "experiment.replicates=2",
             "instruments=[tax_credit]", "instruments.tax_credit.monthly_eur=8000000",
             "experiment.factors={programme.tranches: [1, 3]}", "runner.processes=0", "output.figures=false",
             f"output.folder={tmp_path}"]  # fmt: skip
    folder = api.run_sweep(make_request(compose_plain(words)), quiet=True).folder
    page = page_of(folder)
    assert {"with_and_without", "resilience_curves", "heat_map", "policies", "partners", "money"} <= set(titles(page))
    assert "left with firms as tax forgone" in page
    # levers first, then the countries hit and who loses and gains, then the course of events
    assert [name for name in titles(page) if name.startswith(("lever", "hit", "countries", "with"))] == [
        "lever_programme_tranches_3_against_1", "hit", "countries_diplomatic_rupture", "countries_funder_withdrawal",
        "with_and_without",
    ]  # fmt: skip
    assert "nan" not in re.sub(r"<pre>.*?</pre>|base64,[^\"]*", "", page, flags=re.DOTALL).split()


# ---------------------------------------------------------------------------------------------- finding


def test_the_newest_folder_is_found(folder, tmp_path, monkeypatch):
    assert find_folder(folder) == folder
    assert find_folder(folder.parent) == folder
    assert find_folder(folder.parent.parent) == folder
    monkeypatch.chdir(tmp_path)
    assert find_folder(None).resolve() == folder.resolve()


def test_a_committed_extract_without_runs_is_not_the_newest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    extract = tmp_path / "results" / "reference" / "headline"
    extract.mkdir(parents=True)
    (extract / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="holds no results yet"):
        find_folder(None)
    whole = tmp_path / "results" / "mine" / "0123"
    whole.mkdir(parents=True)
    for name in ("manifest.json", "runs.parquet"):
        (whole / name).touch()
    os.utime(whole / "manifest.json", (0, 0))  # older than the extract
    assert find_folder(None).resolve() == whole.resolve()


def test_no_results_yet(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["report"]) == 2
    assert capsys.readouterr().err == "ecosim: folder=results: holds no results yet; allowed: a folder of results\n"


def test_the_command_prints_the_page(reported, capsys):
    assert main(["report", str(reported)]) == 0
    assert capsys.readouterr().out == f"{reported / 'report.html'}\n"


@pytest.mark.parametrize("words", [["a", "b"], ["--open"], ["--config-dir", "x"], ["-m"]])
def test_odd_arguments(words, capsys):
    assert main(["report", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# ---------------------------------------------------------------------------------------------- damage


def complaint(folder, capsys):
    """The one line of a report that is refused."""
    assert main(["report", str(folder)]) == 2
    line = capsys.readouterr().err
    assert line.startswith("ecosim: ")
    assert line.count("\n") == 1
    assert "Traceback" not in line
    return line


def change(folder, name, **columns):
    """Write a table anew with some columns replaced."""
    path = folder / f"{name}.parquet"
    table = pd.read_parquet(path)
    for column, value in columns.items():
        table[column] = value(table) if callable(value) else value
    table.to_parquet(path, index=False)


@pytest.mark.parametrize("name", ["design", "runs", "series"])
def test_truncated(folder, capsys, name):
    path = folder / f"{name}.parquet"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert f"{name}.parquet: is no whole Parquet file" in complaint(folder, capsys)


@pytest.mark.parametrize("name", ["design", "runs", "series"])
def test_empty_and_missing(folder, capsys, name):
    path = folder / f"{name}.parquet"
    table = pd.read_parquet(path)
    table.iloc[:0].to_parquet(path)
    assert f"{name}.parquet: has no rows" in complaint(folder, capsys)
    path.write_bytes(b"")
    assert f"{name}.parquet: is empty" in complaint(folder, capsys)
    path.unlink()
    assert f"{name}.parquet: is missing" in complaint(folder, capsys)


def test_another_format_under_the_name(folder, capsys):
    (folder / "runs.parquet").write_text("design_id,history_id\n1,2\n")
    assert "runs.parquet: is no whole Parquet file" in complaint(folder, capsys)


def replaced(row, value):
    """A column with one cell replaced, of any type."""

    def change_one(table, column):
        cells = table[column].astype(object)
        cells.iloc[row] = value
        return cells

    return change_one


@pytest.mark.parametrize(
    ("name", "column", "row", "value", "said"),
    [
        ("series", "collaboration", 16, float("nan"), "row 17: holds nothing; allowed: a finite number"),
        ("series", "collaboration", 2, float("inf"), "row 3: holds inf; allowed: a finite number"),
        ("series", "month", 4, 1.5, "row 5: holds 1.5; allowed: a whole number"),
        ("series", "history_id", 1, 77, "row 2: holds 77, which design.parquet does not have"),
        ("runs", "status", 0, "done", "row 1: holds 'done'; allowed: ok or failed"),
        ("runs", "arm", 3, None, "row 4: holds nothing; allowed: text"),
        ("runs", "design_id", 0, 99, "row 1: holds 99, which design.parquet does not have"),
        ("design", "policy", 1, None, "row 2: holds nothing; allowed: text"),
    ],
)
def test_wrong_cells_are_named(folder, capsys, name, column, row, value, said):
    path = folder / f"{name}.parquet"
    table = pd.read_parquet(path)
    table[column] = replaced(row, value)(table, column)
    table.to_parquet(path, index=False)
    assert f"{name}.parquet, column {column}, {said}" in complaint(folder, capsys)


def test_a_column_of_text_for_numbers(folder, capsys):
    change(folder, "series", output="much")
    assert "series.parquet, column output, row 1: holds 'much'; allowed: a finite number" in complaint(folder, capsys)


def test_a_column_of_numbers_for_text(folder, capsys):
    change(folder, "runs", arm=1)
    assert "runs.parquet, column arm, row 1: holds 1; allowed: text" in complaint(folder, capsys)


def test_a_measure_of_text(folder, capsys):
    change(folder, "runs", sustained_collaboration="most")
    line = complaint(folder, capsys)
    assert "runs.parquet, column sustained_collaboration, row" in line
    assert "holds 'most'; allowed: a number or empty" in line


@pytest.mark.parametrize(("name", "column"), [("design", "policy"), ("runs", "replicate"), ("series", "collaboration")])
def test_a_missing_column_is_named(folder, capsys, name, column):
    path = folder / f"{name}.parquet"
    pd.read_parquet(path).drop(columns=column).to_parquet(path, index=False)
    assert f"{name}.parquet, column {column}: is missing" in complaint(folder, capsys)


def test_a_foreign_table(folder, capsys):
    pd.DataFrame({"city": ["Oslo"], "people": [700_000]}).to_parquet(folder / "series.parquet")
    assert "series.parquet, column design_id: is missing" in complaint(folder, capsys)


def test_rows_that_stand_twice(folder, capsys):
    path = folder / "runs.parquet"
    table = pd.read_parquet(path)
    pd.concat([table, table.iloc[:1]]).to_parquet(path, index=False)
    assert f"runs.parquet, column history_id, row {len(table) + 1}: repeats an earlier row" in complaint(folder, capsys)


def test_pairs_are_checked(folder, capsys):
    row = {"design_id": [np.nan], "history_id": [0], "replicate": [0], "arm": ["twin"], "period": ["then"],
           "country_a": ["DEU"], "country_b": ["FRA"], "person_months": [1.0], "targets": [""]}  # fmt: skip
    pd.DataFrame(row).to_parquet(folder / "pairs.parquet")
    assert "pairs.parquet, column period, row 1: holds 'then'; allowed: before or during or after" in complaint(
        folder, capsys
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "manifest.json: cannot be read as JSON"),
        ("[]", "manifest.json: was not written by ecosim"),
        ('{"program": "other"}', "manifest.json: was not written by ecosim"),
        ('{"program": "ecosim"}', "manifest.json, section experiment: is missing or of another type"),
        ('{"program": "ecosim", "experiment": 3}', "manifest.json, section experiment: is missing or of another type"),
    ],
)
def test_odd_manifests(folder, capsys, text, said):
    (folder / "manifest.json").write_text(text)
    assert said in complaint(folder, capsys)


def test_folders_that_are_none_of_ours(folder, tmp_path, capsys):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("hello")
    assert "holds no manifest.json" in complaint(tmp_path / "notes", capsys)
    assert "is a file" in complaint(tmp_path / "notes" / "a.txt", capsys)
    assert "no such folder" in complaint(tmp_path / "nowhere", capsys)


def test_a_sweep_cut_short_is_said(folder, capsys):
    for name in ("runs", "series"):
        (folder / f"{name}.parquet").unlink()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(manifest_text(manifest | {"status": "interrupted"}))
    assert "is not finished (status: interrupted)" in complaint(folder, capsys)


def test_a_refused_report_leaves_the_folder_alone(folder):
    (folder / "series.parquet").unlink()
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputError):
        write_report(folder)
    assert sorted(folder.rglob("*")) == before


def test_a_folder_may_be_moved(reported, tmp_path):
    moved = shutil.copytree(reported, tmp_path / "elsewhere")
    assert write_report(moved).parent == moved
