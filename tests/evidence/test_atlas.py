"""The atlas: what a page says is what the brief says, worlds are shared, and what was interrupted goes on."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.cli import main
from ecosim.evidence.atlas import run as run_module
from ecosim.evidence.atlas import sweep as sweep_module
from ecosim.evidence.atlas.pages import render, tables_of
from ecosim.evidence.atlas.question import ask_atlas
from ecosim.evidence.atlas.run import atlas
from ecosim.evidence.atlas.sweep import HISTORIES, key_of, read_all, together
from ecosim.evidence.brief import brief
from ecosim.evidence.brief_runs import Branch, history_of, measured
from ecosim.plots import house
from ecosim.report.csvs import read_csv
from ecosim.report.verbs import decided
from ecosim.scenario import as_plain

TINY = (
    "world=classroom", "timeline.burn_in_months=24", "timeline.calm_months=6", "timeline.calm_jitter_months=2",
    "timeline.response_months=12", "runner.processes=0", "partners=1", "blocs=[eu,efta]",
)  # fmt: skip


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return (*TINY, "replicates=5", "countries=[DE,CH,UK]", f"output.folder={tmp_path_factory.mktemp('atlas')}")


@pytest.fixture(scope="module")
def made(words):
    return atlas(*words)


@pytest.fixture(scope="module")
def folder(made):
    return made.page.parent


@pytest.fixture
def no_pictures(monkeypatch):
    """Let pages compose their figures and draw none, for tests that look at numbers and words alone."""
    monkeypatch.setattr(house, "drawn", lambda figure, kind: b'<svg xmlns="http://www.w3.org/2000/svg"/>')


def of(made, code):
    return next(one.found for one in made.looked if one.found is not None and one.found.country == code)


@pytest.fixture(scope="module")
def alone(words):
    """The brief that the page of the United Kingdom names."""
    question = ask_atlas(words)
    command = question.command(question.world.country_index("GBR"))
    program, name, *rest = shlex.split(command)
    assert (program, name) == ("ecosim", "brief")
    return brief(*rest, "runner.processes=0")


def test_a_page_is_the_brief_of_its_country_to_the_bit(made, alone):
    found = of(made, "GBR")
    assert found.text() == alone.text()
    for name, table in tables_of(alone).items():
        pd.testing.assert_frame_equal(tables_of(found)[name], table, check_exact=True)
    assert {"breaks", "course", "others", "money", "exposure", "inputs"} == set(tables_of(found))
    assert found.noise == alone.noise


def test_the_page_prints_the_numbers_of_the_brief(folder, alone):
    page = (folder / "GBR" / "index.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>|\s+", " ", page)
    printed = {line.split("%")[0].split()[-1] for line in alone.text().splitlines() if " %  (" in line}
    assert printed
    for row in alone.breaks.to_dict("records"):
        number = f"{100 * row['lost_share']:.1f}"
        assert number in printed
        # what is open has its interval and no number
        interval = f"({100 * row['low']:.1f} .. {100 * row['high']:.1f})"
        assert interval in text
        assert (f"{number} % {interval}" in text) == decided(row["verdict"])
    exposure = alone.exposure[alone.exposure["dimension"] == "partner"]
    assert f"{100 * exposure['facts_share'].iloc[0]:.1f} %" in text


def test_numbers_stand_beside_each_page(made, folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "CHE", "DEU", "GBR", HISTORIES, "index.csv", "index.html", "manifest.json",
    ]  # fmt: skip
    for code in ("CHE", "DEU", "GBR"):
        for name, table in tables_of(of(made, code)).items():
            written = read_csv(folder / code / f"{name}.csv")
            assert list(written) == list(table)
            assert len(written) == len(table)
            for column in table.select_dtypes("number"):
                np.testing.assert_array_equal(written[column], table[column], err_msg=f"{name}.{column}")
    index = read_csv(folder / "index.csv")
    assert index["code"].tolist() == ["DEU", "CHE", "GBR"]
    for row in index.to_dict("records"):
        # the partner a country hangs on most: of its breaks with one country that surely cost something
        breaks = read_csv(folder / row["code"] / "breaks.csv")
        mine = breaks[breaks["break"].str.startswith("rupture with ") & ~breaks["break"].str.contains("bloc:")]
        sure = mine[(mine["low"] > 0.0) & mine["no_verdict"].isna() & ~mine["verdict"].isin(["undecided"])]
        if sure.empty:
            assert np.isnan(row["partner_lost_share"])
        else:
            most = sure.loc[sure["lost_share"].idxmax()]
            assert f"rupture with {row['partner']}" == most["break"]
            assert row["partner_lost_share"] == most["lost_share"]
    assert index["partner_lost_share"].notna().any()
    for page in folder.glob("**/index.html"):
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'href="([^"#][^"]*)"', text):
            assert (page.parent / link).exists(), link
        # nothing is fetched from anywhere
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
        assert "<script" not in text


def test_countries_share_worlds(words, made):
    question = ask_atlas(words)
    sweep = sweep_module.Sweep(question, made.page.parent, made.page.parent.name)
    each = [len(sweep.keys(country)) for country in question.countries]
    wanted = sweep.wanted()
    # twin, placebo, and every break that two ask for once: the failing funder at least
    assert len(wanted) - 2 < sum(each)
    assert sweep.left(wanted) == []


def test_a_rupture_is_the_same_seen_from_either_side(words):
    question = ask_atlas(words)
    config = as_plain(question.brief.request.scenario)

    def broken(targets, counterparts):
        shock = {"kind": "diplomatic_rupture", "targets": targets, "counterparts": counterparts}
        return Branch(shock=shock)

    one, other = broken(["DEU"], ["GBR"]), broken(["GBR"], ["DEU"])
    assert key_of(one) == key_of(other)
    assert key_of(one) != key_of(broken(["DEU"], ["CHE"]))
    found = []
    for branch in (one, other):
        history = history_of(config, [("b", branch)])
        history.advance(history.announcement_month)
        found.append(measured(history, "b", branch, config))
    np.testing.assert_array_equal(found[0].areas, found[1].areas)
    np.testing.assert_array_equal(found[0].blocks, found[1].blocks)


def test_what_was_interrupted_goes_on(tmp_path, monkeypatch, no_pictures):
    few = [*TINY, "replicates=2", "countries=CH", "own_eur=0", "blocs=[]"]
    whole, kept = sweep_module.Sweep._keep, []

    def keep_two(self, part):
        if len(kept) == 2:
            raise KeyboardInterrupt
        kept.append(part)
        whole(self, part)

    monkeypatch.setattr(sweep_module.Sweep, "_keep", keep_two)
    assert main(["atlas", *few, f"output.folder={tmp_path / 'a'}"]) == 130
    monkeypatch.setattr(sweep_module.Sweep, "_keep", whole)
    files = list((tmp_path / "a" / "atlas").glob(f"*/{HISTORIES}/*.npz"))
    assert len(files) == 2
    stamps = {path: path.stat().st_mtime_ns for path in files}
    resumed, at_once = (atlas(*few, f"output.folder={tmp_path / name}").page.parent for name in ("a", "b"))
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    tables = [{path.relative_to(one): path.read_bytes() for path in one.glob("**/*.csv")} for one in (resumed, at_once)]
    assert tables[0] == tables[1]
    assert len(tables[0]) > 4


def test_a_damaged_file_is_simulated_again_and_others_are_not(words, made):
    folder = made.page.parent
    first, *rest = sorted((folder / HISTORIES).glob("*.npz"))
    stamps = [path.stat().st_mtime_ns for path in rest]
    content = first.read_bytes()
    first.write_bytes(content[: len(content) // 2])
    _, notes = read_all(folder, folder.name)
    assert len(notes) == 1
    assert first.name in notes[0]
    again = atlas(*words)
    assert [path.stat().st_mtime_ns for path in rest] == stamps
    assert of(again, "DEU").text() == of(made, "DEU").text()


def test_the_plan_alone_writes_nothing(tmp_path, capsys):
    words = ["atlas", *TINY, "replicates=2", "countries=CH", f"output.folder={tmp_path}", "runner.dry_run=true"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "Atlas: 1 country of world classroom" in said.err
    assert re.search(r"About \d\d:\d\d in this process", said.err)
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_branch_that_fails_is_told_and_costs_its_country_that_history(tmp_path, monkeypatch, no_pictures, capsys):
    whole = sweep_module.measured

    def sometimes(history, name, branch, config):
        if branch.shock is not None and branch.shock["kind"] == "programme_exclusion" and config["replicate"] == 1:
            raise ValueError("made to fail")
        return whole(history, name, branch, config)

    monkeypatch.setattr(sweep_module, "measured", sometimes)
    words = ["atlas", *TINY, "replicates=3", "countries=CH", "own_eur=0", "blocs=[]", f"output.folder={tmp_path}"]
    assert main(words) == 1
    said = capsys.readouterr()
    assert "1 branches failed" in said.err
    assert "made to fail" in said.err
    page = Path(said.out.strip()).parent / "CHE" / "index.html"
    assert "Failed: replicate 1: ValueError: made to fail" in page.read_text(encoding="utf-8")
    monkeypatch.setattr(sweep_module, "measured", whole)
    assert main([*words, "runner.retry_failed=true"]) == 0


def test_names_are_escaped():
    words = {"world": "<i>w</i>", "lead": "a & <b>", "made": "", "months": 12, "map": "", "command": "x",
             "partial": False, "warnings": ["<script>alert(1)</script>"], "rows": [
                 {"code": "X", "name": "<img src=x>", "partner": "<u>Y</u>", "partner_lost": "-", "worst": "",
                  "lost": "", "open": True, "money": "", "covered": "-"}]}  # fmt: skip
    page = render("index.html", words).decode()
    assert "<script>" not in page
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page
    assert "&lt;u&gt;Y&lt;/u&gt;" in page


def test_units_are_long_for_many_branches_and_short_for_few():
    assert together(3000, 2) == 32
    assert together(10, 2) == 4
    assert together(300, 4) == 12


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("countries=[DEX]",), "countries=DEX: no such country in world 'classroom'"),
        (("countries=[DEU,]",), "countries=[DEU,]: lacks a country"),
        (("countries=",), "countries: lacks a country"),
        (("countries=DEU", "focus=CHE"), "focus=CHE: names countries a second time"),
        (("country=DEU",), "country=DEU: has no place here"),
        (("break=DEU",), "break=DEU: has no place here"),
        (("shocks=[supplier_loss]",), "has no place here: a brief brings its own breaks"),
        (("replicates=1",), "replicates=1: out of range"),
        (("blocs=[narnia]",), "blocs=bloc:narnia: no such bloc"),
        (("own_policy=none",), "own_policy=none: buys nothing"),
        (("own_policy=nothing",), "policy=nothing: no such option"),
        (("policy=balanced",), "own_eur=1e+06: cannot be told from the money of the scenario's own levers"),
        (("programme=narrow,broad",), "programme=narrow,broad: names several programmes"),
        (("world.scal=1",), "did you mean world.scale?"),
        (("runner=dask",), "runner=dask: does not make an atlas"),
        (("-m",), "does not work on atlas"),
    ],
)
def test_bad_questions_are_one_line(words, line, capsys):
    assert main(["atlas", "world=classroom", *words]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["atlas", *TINY, "replicates=2", f"output.folder={tmp_path / 'file'}"]) == 2
    said = capsys.readouterr()
    assert "is a file" in said.err
    assert said.err.count("\n") == 1


def test_europe_has_a_smaller_scale_of_its_own_unless_told():
    assert ask_atlas([]).brief.request.scenario.world.scale == pytest.approx(0.03)
    assert ask_atlas(["world.scale=0.01"]).brief.request.scenario.world.scale == pytest.approx(0.01)
    assert ask_atlas(["world=classroom"]).brief.request.scenario.world.scale == pytest.approx(0.02)
    assert len(ask_atlas([]).countries) == 42


def test_help_says_how(capsys):
    assert main(["atlas", "--help"]) == 0
    assert "ecosim atlas world=europe" in capsys.readouterr().out
    main(["--help"])
    assert "atlas    [overrides]" in capsys.readouterr().out


def test_more_countries_and_histories_keep_what_is_there(words, made):
    """The name of the folder does not depend on how many are asked for."""
    more = ask_atlas([*words[:-2], "replicates=6", words[-1]])
    assert run_module.fingerprint(more)["all"] == made.page.parent.name
    other = ask_atlas([*words, "seed=2"])
    assert run_module.fingerprint(other)["all"] != made.page.parent.name
