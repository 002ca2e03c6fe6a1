"""What is declared of the files of results is what they hold: every file, and every column of every table."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from ecosim.evidence.validate import _write
from ecosim.lab import api, columns
from ecosim.lab.compose import compose_plain, make_request
from ecosim.report.csvs import read_csv
from ecosim.report.page import write_report
from tools.results_page import PAGE, page

_TINY = (
    "world=classroom", "world.scale=0.005", "timeline.burn_in_months=12", "timeline.calm_months=6",
    "timeline.calm_jitter_months=2", "timeline.response_months=24", "runner.processes=0",
)  # fmt: skip
_FACTORS = "experiment.factors={programme.tranches: [1, 3]}"
_UNCERTAIN = "experiment.uncertainties={behaviour.trust.gain: [0.1, 0.3]}"
_SHOCKS = "shocks=[diplomatic_rupture,funder_withdrawal]"


def made(folder, *words, run=False):
    request = make_request(compose_plain([*_TINY, f"output.folder={folder}", *words]))
    return api.run_and_store(request, quiet=True)[1] if run else api.run_sweep(request, quiet=True).folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A run, and sweeps of every kind that has files or columns of its own, each with a report where it has one."""
    root = tmp_path_factory.mktemp("made")
    found = [
        made(root, "experiment=none", "experiment.name=run", _SHOCKS, "output.cordis=true",
             "mechanisms.stages=true", "mechanisms.health=true", run=True),
        made(root, _SHOCKS, "experiment.name=sweep", "experiment.replicates=2", _FACTORS,
             "experiment.draw_parameters=true", "experiment.placebos.scattered=all",
             "experiment.objectives=[delivered_output,sustained_collaboration]"),
        made(root, _SHOCKS, "experiment.name=sampled", "experiment.replicates=1", _FACTORS, "experiment.levers=sampled",
             "experiment.design=latin_hypercube", "experiment.points=2", _UNCERTAIN, "output.figures=false"),
        made(root, _SHOCKS, "experiment.name=points", "experiment.replicates=1", _FACTORS,
             "experiment.design=latin_hypercube", "experiment.points=2", "output.series=quantiles",
             "output.countries=means", _UNCERTAIN, "output.figures=false"),
        made(root, "shocks=[diplomatic_rupture]", "experiment.name=auto", "experiment.replicates=auto",
             "experiment.auto.least=5", "experiment.auto.batch=5", "experiment.auto.most=5", _FACTORS,
             "output.figures=false"),
        made(root, "experiment=none", "experiment.name=funders", "funders=[national_agency]", _SHOCKS,
             "output.figures=false", run=True),
    ]  # fmt: skip
    write_report(found[0])
    return found


@pytest.fixture
def failed(request_for, monkeypatch):
    """A sweep of which a history failed."""
    monkeypatch.setenv("ECOSIM_FAKE", "raise:3-1")
    return api.run_sweep(request_for("output.figures=false"), quiet=True).folder


def files(folder: Path) -> list[str]:
    """Names in a folder of results; those in a folder that is declared as a whole are its own affair."""
    whole = {name for name, *_ in columns.OTHER_FILES if name.endswith("/")}
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted({next((part for part in whole if name.startswith(part)), name) for name in names})


def read(path: Path) -> list[str]:
    """Columns of a table."""
    if path.suffix == ".parquet":
        return list(pd.read_parquet(path).columns)
    if path.parent.name == "cordis":
        return list(pd.read_csv(path, sep=";").columns)
    return list(read_csv(path).columns)


def open_names(folder: Path) -> dict[str, list[str]]:
    """What the names in angle brackets stand for in a folder."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    factors = list(manifest["experiment"]["factors"])
    varied = list(manifest["experiment"]["uncertainties"])
    outcomes = [item.name for item in columns.SERIES.columns]
    labels = list(manifest["branches"])
    at_risk = [f"{name}_{part}:{label}" for name in columns.COLUMNS for part in ("at_risk", "at_risk_in_flight")
               for label in labels]  # fmt: skip
    return {"factor": factors, "input": [*varied, *factors], "shock": labels, "outcome": [*outcomes, *at_risk]}


def unnamed(folder: Path) -> list[str]:
    """Files and columns of a folder that no declaration names."""
    known = open_names(folder)
    others = {name for name, *_ in columns.OTHER_FILES}
    missing = []
    for name in files(folder):
        table = columns.table_of(name)
        if table is None:
            missing += [name] if name not in others else []
            continue
        if name == "summary.csv" and "scenario.yaml" in files(folder):
            table = columns.RUNS
        missing += [f"{name}: {column}" for column in read(folder / name) if table.column(column, known) is None]
    return missing


def test_every_file_and_column_is_named(folders, failed):
    assert [unnamed(folder) for folder in (*folders, failed)] == [[]] * 7


def test_what_nobody_declared_is_found(folders, tmp_path):
    """The test above can fail: a file, and a column, that no declaration names."""
    import shutil

    copy = shutil.copytree(folders[1], tmp_path / "copy")
    (copy / "surprise.csv").write_text("a\n1\n")
    runs = pd.read_parquet(copy / "runs.parquet").assign(area_output_13=1.0)
    runs.to_parquet(copy / "runs.parquet")
    assert unnamed(copy) == ["runs.parquet: area_output_13", "surprise.csv"]


def test_nothing_is_declared_that_is_never_written(folders, failed):
    seen: dict[str, set[str]] = {}
    for folder in (*folders, failed):
        known = open_names(folder)
        for name in files(folder):
            table = columns.table_of(name)
            if table is not None:
                found = {item.name for column in read(folder / name) if (item := table.column(column, known))}
                seen.setdefault(name, set()).update(found)
    for table in columns.TABLES:
        assert [item.name for item in table.columns if item.name not in seen[table.file]] == [], table.file


def test_every_entry_of_the_manifest_is_named(folders, failed):
    entries = {name for folder in (*folders, failed) for name in json.loads((folder / "manifest.json").read_text())}
    assert entries <= set(columns.MANIFEST)
    # a sweep that is at work, and one that was asked for anew, have one more each
    assert set(columns.MANIFEST) - entries <= {"pending", "why_new"}


def test_a_validation_saves_participations(folders, tmp_path):
    table = pd.read_parquet(folders[0] / "participations.parquet")
    _write(table, str(tmp_path / "window.parquet"))
    assert read(tmp_path / "window.parquet") == [item.name for item in columns.PARTICIPATIONS.columns]


def test_the_page_is_made_from_the_declarations():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python tools/results_page.py"


def test_every_declaration_says_what_over_which_months_and_in_which_unit():
    for table in columns.TABLES:
        assert len({item.name for item in table.columns}) == len(table.columns)
        for item in table.columns:
            assert item.unit, f"{table.file}: {item.name}"
            assert item.over, f"{table.file}: {item.name}"
            assert item.meaning[0].isupper() or item.meaning[0] in "`1", f"{table.file}: {item.name}"


def test_names_and_what_stands_for_them():
    known: Mapping[str, list[str]] = {"shock": ["flood"], "factor": []}
    runs, design = columns.RUNS, columns.DESIGN
    assert runs.column("area_output_24").name == "area_<column>[_<window>]"
    assert runs.column("area_output").name == "area_<column>[_<window>]"
    assert runs.column("area_money") is None
    assert runs.column("exposure:flood", known) is not None
    assert runs.column("exposure:drought", known) is None
    assert design.column("anything", {"factor": [], "input": []}) is None
    for table in columns.TABLES:
        for item in table.columns:
            assert set(re.findall(r"<(\w+)>", item.name)) <= set(columns.STANDS_FOR)
