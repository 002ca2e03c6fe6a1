"""Names and values as people write them: any letters in files and countries, dates, Norway, a kind of shock twice."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

import ecosim
from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.lab import api
from ecosim.lab.compose import as_it_stands, compose, compose_plain, make_request, read_saved
from ecosim.report.results import load
from tests.test_cli import FAKE, SHORT
from tests.test_cli import ecosim as command

NAMES = ["Ergebnisse Ü", "Daten (1)", "a=b", "a,b", "x#1", "r&d", "it's 'so'", 'so "called"', "'open", "l'été",
         "{x}", "a:b", "100 %", "back\\slash", "ends\\", "$HOME", "* ?", "1e5", "true", "-x", "a  b"]  # fmt: skip


# ---------------------------------------------------------------------------------------------- files and folders


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_with_any_name_is_taken_as_it_stands(tmp_path, name):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    for key in ("output.folder", "world.participations", "experiment.points"):
        word = as_it_stands(f"{key}={name}")
        assert OverridesParser.create().parse_override(word).value() == name
        # as Hydra would have it
        assert as_it_stands(word) == word
    assert make_request(compose_plain([f"output.folder={tmp_path}/{name}"])).output.folder == f"{tmp_path}/{name}"


def test_results_stand_in_a_folder_with_any_name(request_for, tmp_path, monkeypatch, no_pictures):
    monkeypatch.chdir(tmp_path)
    for name in ("Ergebnisse Ü", "a=b,c #&'(1)", "x:y"):
        result = api.run_sweep(request_for(f"output.folder={name}", "experiment.replicates=1"), quiet=True)
        assert result.folder.parts[0] == name
        assert len(load(result.folder).runs) == len(result.runs)
        assert main(["report", str(result.folder)]) == 0


def test_a_file_of_points_with_any_name(request_for, tmp_path):
    for name in ("Daten (1).csv", "Punkte Ü, #1 & 'mehr'=.csv"):
        path = tmp_path / name
        path.write_text("programme.prefinancing\n0.2\n0.4\n")
        words = ("experiment.design=csv", f"experiment.points={path}", "output.figures=false")
        result = api.run_sweep(request_for(*words), quiet=True)
        assert sorted(result.points["programme.prefinancing"]) == [0.2, 0.4]


def test_the_home_is_where_the_tilde_says(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for word in ("output.folder=~/x", "output.folder='~/x'"):
        assert make_request(compose_plain([word])).output.folder == str(tmp_path / "x")
    plain = compose_plain([])
    plain["output"]["folder"] = "~/x"
    assert make_request(plain).output.folder == str(tmp_path / "x")
    assert make_request(compose_plain(["output.folder=~nobody_here/x"])).output.folder == "~nobody_here/x"
    (tmp_path / "t.csv").write_text("a\n")
    words = ["world.start=cordis", "world.participations=~/t.csv"]
    assert make_request(compose_plain(words)).scenario.world.participations == str(tmp_path / "t.csv")
    (tmp_path / "saved.yaml").write_text("programme: {tranches: 3}\n")
    assert read_saved("~/saved.yaml") == {"programme": {"tranches": 3}}


def test_options_and_the_report_know_the_home_too(tmp_path, capsys):
    (tmp_path / "saved.yaml").write_text("programme: {tranches: 77}\n")
    done = command("run", "--from=~/saved.yaml", env={"HOME": str(tmp_path)}, cwd=tmp_path)
    assert "programme.tranches=77: out of range" in done.stderr
    done = command("report", "~/nowhere", env={"HOME": str(tmp_path)}, cwd=tmp_path)
    assert f"folder={tmp_path}/nowhere: no such folder" in done.stderr


def test_the_command_kept_with_results_can_be_run_again(tmp_path):
    words = ["run", "--plugin", FAKE, *SHORT, "output.folder=Ergebnisse (Ü) l'été"]
    assert command(*words, cwd=tmp_path).returncode == 0
    manifest = json.loads(next(tmp_path.glob("*/run/*/manifest.json")).read_text(encoding="utf-8"))
    assert shlex.split(manifest["command"]) == ["ecosim", *words]


# ---------------------------------------------------------------------------------------------- countries


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("NO", ("NOR",)),
        ("[NO,SE]", ("NOR", "SWE")),
        ("the Netherlands", ("NLD",)),
        ("[Korea, Republic of Moldova]", ("KOR", "MDA")),
        ("[United Kingdom,DEU]", ("GBR", "DEU")),
        ("Türkiye", ("TUR",)),
        ("['Türkiye','NO']", ("TUR", "NOR")),
        ("bloc:eu", ("bloc:eu",)),
        ("[bloc:eu,NO]", ("bloc:eu", "NOR")),
    ],
)
def test_countries_with_any_letters(written, codes):
    scenario = compose("world=global", "shocks=supplier_loss", f"shocks.supplier_loss.targets={written}")
    assert scenario.shocks["supplier_loss"].targets == codes


def test_a_country_that_no_world_has_is_one_line_with_its_name(capsys):
    words = ["run", "world=global", "shocks=supplier_loss", "shocks.supplier_loss.targets=[Côte d'Ivoire,DEU]"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "Côte d'Ivoire" in said


SAVED = """
world: {preset: europe, countries: [NO, SE, DK, FI]}
shocks:
  mine: {kind: diplomatic_rupture, targets: NO, counterparts: [SE, NO]}
instruments:
  matchmaking: {hosts: [NO], senders: [FI]}
"""


def test_norway_in_a_saved_scenario_and_in_an_option_of_ones_own(tmp_path):
    (tmp_path / "saved.yaml").write_text(SAVED)
    saved = make_request(compose_plain([], saved=read_saved(str(tmp_path / "saved.yaml")))).scenario
    assert saved.world.countries == ("NOR", "SWE", "DNK", "FIN")
    assert saved.shocks["mine"].targets == ("NOR",)
    assert saved.shocks["mine"].counterparts == ("SWE", "NOR")
    assert saved.instruments["matchmaking"].hosts == ("NOR",)
    (tmp_path / "shocks").mkdir()
    (tmp_path / "shocks" / "north.yaml").write_text(
        "# @package shocks.north\n# Mine.\nkind: supplier_loss\ntargets: [NO, SE]\n"
    )
    scenario = compose("shocks=north", config_dir=str(tmp_path))
    assert scenario.shocks["north"].targets == ("NOR", "SWE")


FACTORS = """
# @package _global_
# Mine.
experiment:
  name: north
  factors:
    host: {NO: {shocks.supplier_loss.severity: 0.5}, SE: {shocks.supplier_loss.severity: 0.7}}
    shocks.supplier_loss.targets: [NO, [NO, SE]]
  reference: {host: NO}
  contrasts: {north: {factor: host, level: SE, against: NO}}
"""


def test_norway_as_a_level_of_a_factor(tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "north.yaml").write_text(FACTORS.lstrip())
    from ecosim.lab.design import make_plan

    words = ["world=europe", "experiment=north", "shocks=[supplier_loss]"]
    plan = make_plan(make_request(compose_plain(words, config_dirs=[str(tmp_path)])))
    assert {policy.levels["host"] for policy in plan.policies} == {"NO", "SE"}
    assert {policy.levels["shocks.supplier_loss.targets"] for policy in plan.policies} == {"NO", "[NO,SE]"}
    assert plan.policies[plan.reference_id].levels["host"] == "NO"
    assert (plan.contrasts[0].level, plan.contrasts[0].against) == ("SE", "NO")


def test_truth_values_as_levels_keep_their_names():
    from ecosim.lab.settings import ExperimentConfig

    found = ExperimentConfig(factors={"x.flag": [True, False]}, reference={"x.flag": False})
    assert found.reference == {"x.flag": "false"}


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["world.countries=[DEU,FRA,POL]", "shocks=supplier_loss", "shocks.supplier_loss.targets=[CH]"], "CH"),
        (["world.countries=[DEU,FRA,POL,CHN]", "shocks=supplier_loss", "shocks.supplier_loss.targets=[CHE]"], "CHE"),
        (["world=classroom", "shocks=supplier_loss", "shocks.supplier_loss.targets=[Malta]"], "MLT"),
        (["world.countries=[DEU,FRA,AUT]", "instruments=matchmaking", "instruments.matchmaking.hosts=[AUS]"], "AUS"),
        (["world.countries=[DEU,FRA,POL,CHN]", "shocks=diplomatic_rupture",
          "shocks.diplomatic_rupture.counterparts=[CH]"], "CHE"),
    ],
)  # fmt: skip
def test_a_country_that_is_not_here_is_not_taken_for_another(words, value):
    with pytest.raises(InputError, match=r"(is not in|no such country in) world") as caught:
        compose(*words)
    assert caught.value.nearest is None


def test_a_slip_is_still_helped():
    with pytest.raises(InputError, match="did you mean GBR"):
        compose("shocks=supplier_loss", "shocks.supplier_loss.targets=[GBX]")


# ---------------------------------------------------------------------------------------------- shocks of one kind


def test_two_shocks_of_one_kind_on_the_command_line():
    words = ("shocks=[a,b]", "shocks.a.kind=supplier_loss", "shocks.a.targets=[DEU]", "shocks.b.kind=supplier_loss",
             "shocks.b.severity=0.5")  # fmt: skip
    scenario = compose(*words)
    assert [type(shock).kind for shock in scenario.shocks.values()] == ["supplier_loss"] * 2
    assert scenario.shocks["a"].targets == ("DEU",)
    assert scenario.shocks["b"].severity == 0.5
    # each begins as the option of its kind does
    assert scenario.shocks["a"].duration_months == 12
    mixed = compose("shocks=[supplier_loss,b]", "shocks.b={kind: supplier_loss, severity: 0.25}")
    assert mixed.shocks["b"].severity == 0.25
    assert set(mixed.shocks) == {"supplier_loss", "b"}
    one = compose("instruments=[m]", "instruments.m.kind=matchmaking")
    assert type(one.instruments["m"]).kind == "matchmaking"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shocks=[b]"], "no such option"),
        (["shocks=[b]", "shocks.b.kind=meteor"], "shocks.b=meteor: no such kind"),
        (["shocks=[b]", "shocks.b.severity=0.5"], "no such option"),
        (["shocks=[b]", "shocks.c.kind=supplier_loss"], "no such option"),
        (["shocks=[b]", "shocks.b.kind=supplier_loss", "shocks.b.severty=1"], "did you mean shocks.b.severity?"),
    ],
)
def test_a_shock_without_a_kind_is_one_line(words, said, capsys):
    assert main(["run", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


def test_two_shocks_of_one_kind_through_hydra(tmp_path):
    words = ["shocks=[a,b]", "shocks.a.kind=supplier_loss", "shocks.b.kind=supplier_loss", "shocks.b.severity=0.5"]
    done = command("run", "-m", "--plugin", FAKE, *SHORT, *words, "seed=1,2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    texts = [path.read_text() for path in tmp_path.glob("results/run/*/scenario.yaml")]
    assert len(texts) == 2
    for text in texts:
        shocks = yaml.safe_load(text)["shocks"]
        assert {name: shock["kind"] for name, shock in shocks.items()} == {"a": "supplier_loss", "b": "supplier_loss"}
        assert (shocks["a"]["duration_months"], shocks["b"]["severity"]) == (12, 0.5)


# ---------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize("written", ["2014-01-01", "2014-01", "2014-01-31", "2014-01-01 00:00:00", "'2014-01-01'"])
def test_a_date_is_read_as_its_month(tmp_path, written):
    (tmp_path / "saved.yaml").write_text(f"timeline:\n  start: {written}\n")
    saved = read_saved(str(tmp_path / "saved.yaml"))
    assert make_request(compose_plain([], saved=saved)).scenario.timeline.start == "2014-01"


def test_dates_in_options_and_overrides(tmp_path, capsys):
    assert compose("timeline.start=2014-01-01").timeline.start == "2014-01"
    assert compose("policy.start=2016-06-23", "timeline.start=2014-01").policy.start == "2016-06"
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "dated.yaml").write_text("# @package _global_\n# Mine.\ntimeline: {start: 2014-01-01}\n")
    assert compose("experiment=dated", config_dir=str(tmp_path)).timeline.start == "2014-01"
    for wrong in ("2014-02-30", "2014-13-01", "2014-01-01T05:00", "01.01.2014"):
        assert main(["run", f"timeline.start={wrong}"]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


# ---------------------------------------------------------------------------------------------- elsewhere


@pytest.mark.parametrize("words", [("multirun", []), ("there", ["hydra.sweep.dir=there/x"])])
def test_several_runs_in_a_folder_that_cannot_be_written_are_one_line(tmp_path, words):
    name, more = words
    (tmp_path / name).write_text("a file")
    done = command("run", "-m", *SHORT, "--plugin", FAKE, "seed=1,2", *more, cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be written" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody may write")
def test_several_runs_where_nobody_may_write():
    done = subprocess.run(
        [sys.executable, "-m", "ecosim", "run", "--multirun", "seed=1,2"], cwd="/proc", capture_output=True,
        text=True, check=False, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_numbers_of_the_design_are_numbers_in_its_file_and_labels_in_memory(request_for):
    factors = "{programme.tranches: [2, 3], programme.prefinancing: [0.2, 0.4], plan: {a: {seed: 1}}}"
    words = (f"experiment.factors={factors}", "experiment.replicates=1", "output.figures=false")
    result = api.run_sweep(request_for(*words), quiet=True)
    file = pd.read_parquet(result.folder / "design.parquet")
    assert file["programme.tranches"].dtype == "int64"
    assert file["programme.prefinancing"].dtype == "float64"
    assert set(file["plan"]) == {"a"}
    assert set(result.design["programme.tranches"]) == {"2", "3"}
    assert set(load(result.folder).design["programme.prefinancing"]) == {"0.2", "0.4"}
    assert set(result.contrasts["level"]) == {"3", "0.4"}
    # written by another program, without the note
    file.to_parquet(result.folder / "design.parquet", index=False)
    fresh = ecosim.load.__globals__["SweepResult"](result.folder, result.manifest)
    assert set(fresh.design["programme.tranches"]) == {"2", "3"}


def test_labels_come_back_as_they_were():
    from ecosim.report.reading import _labelled, numbers_kept

    design = pd.DataFrame({"design_id": range(4), "history_id": range(4), "shock": "s", "shocks": "s", "policy": "p",
                           "reference": True, "a": ["1.0", "2", "1e-05", "007"], "b": ["1", "1.0", "2", "3"],
                           "c": ["nan", "1", "2", "3"], "d": [str(2**60), "1", "2", "3"]})  # fmt: skip
    file, noted = numbers_kept(design)
    assert file["a"].tolist() == [1.0, 2.0, 1e-05, 7.0]
    # no numbers, or not told apart as numbers
    assert file[["b", "c", "d"]].equals(design[["b", "c", "d"]])
    assert _labelled(file, *noted.values())["a"].tolist() == design["a"].tolist()


PLUGIN = """
from ecosim.shocks import Shock
class Made(Shock):
    kind = "{kind}"
    handles = frozenset({{"capacity"}})
    summary = "Made up."
    def push(self, handles, world, targets, level, announced):
        handles.capacity[targets] *= 1 - level
"""


def test_two_plugins_of_one_file_name_are_both_loaded(tmp_path):
    from ecosim.lab.compose import load_plugins
    from ecosim.shocks import REGISTRY

    files = []
    for kind in ("flood_one", "flood_two"):
        folder = tmp_path / kind
        folder.mkdir()
        files.append(folder / "mine.py")
        files[-1].write_text(PLUGIN.format(kind=kind), encoding="utf-8")
    try:
        assert len(load_plugins(map(str, files))) == 2
        assert {"flood_one", "flood_two"} <= set(REGISTRY)
        # the same file by another way is not loaded again
        made = REGISTRY["flood_one"]
        load_plugins([str(files[1].parent / ".." / "flood_one" / "mine.py")])
        assert REGISTRY["flood_one"] is made
    finally:
        for kind in ("flood_one", "flood_two"):
            REGISTRY.pop(kind, None)
