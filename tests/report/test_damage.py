"""Damage of every kind to every kind of file: said in a line, mended, and never taken for data."""

import copy
import json
import random
import re
import shutil
import struct
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.lab import api
from ecosim.report import drawing
from ecosim.report.csvs import read_csv, write_csv
from ecosim.report.derived import is_whole
from ecosim.report.results import load
from ecosim.report.seals import manifest_text

WORDS = ("experiment.replicates=4", "output.countries=all", "experiment.draw_parameters=true", "output.figures=true")
_MADE = []


@pytest.fixture
def request_here(request_for, tmp_path):
    """The request whose results stand in this test's folder."""
    return request_for(*WORDS, f"output.folder={tmp_path}/results")


@pytest.fixture
def folder(request_for, request_here, tmp_path, tmp_path_factory):
    """A finished sweep with every kind of file, made once; a copy for each test."""
    if not _MADE:
        made = tmp_path_factory.mktemp("damage")
        result = api.run_sweep(request_for(*WORDS, f"output.folder={made}"), quiet=True)
        # the fake model knows no pairs of countries
        pairs = pd.DataFrame({"design_id": [0], "history_id": [0], "replicate": [0], "arm": ["twin"],
                              "period": ["before"], "country_a": ["DEU"], "country_b": ["FRA"],
                              "year": [None], "person_months": [1.0], "targets": [""]})  # fmt: skip
        store = api.Store(result.folder, result.manifest)
        store._write_table(pairs, name="pairs.parquet")
        store.save()
        _MADE.append(result.folder)
    here = tmp_path / "results" / "small" / _MADE[0].name
    return shutil.copytree(_MADE[0], here, dirs_exist_ok=True)


def content(folder):
    """Every file but those that say when and how."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("log.txt", "manifest.json") and "set_aside" not in path.parts
    }


def flip(path, chance):
    damaged = bytearray(path.read_bytes())
    damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    path.write_bytes(damaged)


def cut(path, chance):
    whole = path.read_bytes()
    path.write_bytes(whole[: chance.randrange(len(whole))])


def zero(path, chance):
    """A block of nothing, as a disk leaves it."""
    damaged = bytearray(path.read_bytes())
    start = chance.randrange(len(damaged))
    damaged[start : start + 64] = bytes(len(damaged[start : start + 64]))
    if bytes(damaged) == path.read_bytes():
        damaged[start] ^= 1
    path.write_bytes(damaged)


def swap(path, chance):
    """Another whole file of the same kind."""
    others = [other for other in path.parent.glob(f"*{path.suffix}") if other != path]
    path.write_bytes(chance.choice(sorted(others)).read_bytes())


def lose(path, chance):
    path.unlink()


HARMS = (flip, cut, zero, swap, lose)
#: Where each takes seconds: the two that happen by themselves in every run of the tests, the others slow.
MENDED = [flip, cut, *(pytest.param(harm, marks=pytest.mark.slow) for harm in (zero, swap, lose))]
DATA = ("series", "runs", "pairs", "countries", "design", "draws")
SUMMARIES = ("summary.csv", "contrasts.csv", "by_country.csv", "common_numbers.csv")


# ---------------------------------------------------------------------------------------------- read


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", DATA)
def test_a_damaged_table_is_one_line_to_whoever_reads(folder, name, harm, capsys):
    path = folder / f"{name}.parquet"
    for seed in range(3):
        before = path.read_bytes()
        harm(path, random.Random(seed))
        with pytest.raises(InputError, match=rf"{name}\.parquet"):
            load(folder)
        assert main(["report", str(folder)]) == 2
        said = capsys.readouterr().err
        assert len(said.splitlines()) == 1
        assert f"{name}.parquet" in said
        path.write_bytes(before)
    assert len(load(folder).runs) > 0


@pytest.mark.parametrize("seed", range(12))
def test_a_manifest_with_a_flipped_bit_is_one_line(folder, seed, capsys):
    flip(folder / "manifest.json", random.Random(seed))
    assert main(["report", str(folder)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "manifest.json" in said
    with pytest.raises(InputError, match=r"manifest\.json"):
        load(folder)


def test_a_folder_whose_manifest_is_gone_says_what_happened(folder, capsys):
    (folder / "manifest.json").unlink()
    assert main(["report", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "holds no manifest.json, though runs.parquet is there" in said
    assert "the command that made these results" in said
    assert len(said.splitlines()) == 1


def test_older_folders_without_seals_are_read(folder, capsys):
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("digest", "files", "pending"):
        manifest.pop(name, None)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert len(load(folder).runs) > 0
    # the checksums of its pages are there all the same
    path = folder / "runs.parquet"
    damaged = bytearray(path.read_bytes())
    damaged[200] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(InputError, match=r"runs\.parquet: is damaged"):
        _ = load(folder).runs


# ---------------------------------------------------------------------------------------------- mended


@pytest.mark.parametrize("harm", MENDED)
@pytest.mark.parametrize("name", DATA)
def test_a_damaged_table_is_set_aside_and_made_again(folder, request_here, name, harm, capsys):
    before = content(folder)
    harm(folder / f"{name}.parquet", random.Random(7))
    api.run_sweep(request_here)
    said = capsys.readouterr().err
    assert f"{name}.parquet" in said
    after = content(folder)
    # the fake model gives no pairs to make again
    for table in (*DATA, "summary.csv", "contrasts.csv"):
        file = table if "." in table else f"{table}.parquet"
        if file not in ("pairs.parquet", "runs.parquet"):
            assert after[file] == before[file], file
    aside = [path.name for path in (folder / "set_aside").iterdir()] if (folder / "set_aside").exists() else []
    assert (f"{name}.parquet" in aside) == (harm is not lose)
    runs = load(folder).runs
    assert len(runs) == len(load(_MADE[0]).runs)
    # and nothing is left to mend
    capsys.readouterr()
    api.run_sweep(request_here)
    assert "Set aside" not in capsys.readouterr().err


@pytest.mark.parametrize("harm", MENDED)
@pytest.mark.parametrize("name", SUMMARIES)
def test_damaged_summaries_are_made_again_by_both_commands(folder, request_here, name, harm, capsys, monkeypatch):
    monkeypatch.setattr(drawing, "render", lambda figure, before=None: (b"", b""))
    before = content(folder)[name]
    for command in (lambda: main(["report", str(folder)]), lambda: api.run_sweep(request_here)):
        harm(folder / name, random.Random(5))
        command()
        assert f"Made again: {name} " in capsys.readouterr().err
        assert (folder / name).read_bytes() == before
        command()
        assert "Made again" not in capsys.readouterr().err


@pytest.mark.parametrize("harm", [flip, cut, lose])
@pytest.mark.parametrize("name", ["heat_map.png", "resilience_curves.png", "heat_map.svg"])
def test_damaged_figures_are_drawn_again(folder, request_here, name, harm, capsys):
    path = folder / "figures" / name
    before = path.read_bytes()
    harm(path, random.Random(3))
    api.run_sweep(request_here)
    assert f"Made again: figures/{name}" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_report_does_not_take_a_damaged_picture_of_before(folder):
    main(["report", str(folder)])
    path = folder / "figures" / "policies.png"
    before = path.read_bytes()
    flip(path, random.Random(1))
    main(["report", str(folder)])
    assert path.read_bytes() == before


def test_a_drawing_has_its_checksum_at_the_end(folder):
    path = folder / "figures" / "heat_map.svg"
    whole = path.read_bytes()
    assert is_whole(path)
    # a number of a line, and a letter of a label: still an SVG
    digit = re.search(rb'd="M (\d)', whole)
    letter = re.search(rb">([a-z])[a-z ]+</text>", whole)
    for found in (digit, letter):
        place = found.start(1)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not is_whole(path)
    # without a mark, as other programs write it, it is what it says
    path.write_bytes(whole[: whole.rindex(b"<!-- crc32")])
    assert is_whole(path)


def test_every_flip_in_a_picture_is_seen(folder):
    path = folder / "figures" / "heat_map.png"
    whole = path.read_bytes()
    assert is_whole(path)
    for seed in range(100):
        flip(path, random.Random(seed))
        assert not is_whole(path)
        path.write_bytes(whole)
    # a chunk that says what it is
    text = b"tEXtby\0hand"
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    path.write_bytes(whole[:-12] + chunk + whole[-12:])
    assert is_whole(path)


@pytest.mark.parametrize("harm", ["gone", "flipped"])
def test_a_lost_manifest_is_written_anew_and_whole_tables_are_kept(folder, request_here, harm, capsys):
    (folder / "pairs.parquet").rename(folder.parent / "pairs")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder.parent / "pairs").rename(folder / "pairs.parquet")
    before = content(folder)
    if harm == "gone":
        (folder / "manifest.json").unlink()
    else:
        flip(folder / "manifest.json", random.Random(2))
    result = api.run_sweep(request_here)
    said = capsys.readouterr().err
    assert "manifest" in said
    assert "written anew" in said
    assert "(8 done before)" in said
    assert content(folder)["series.parquet"] == before["series.parquet"]
    assert result.manifest["counts"] == manifest["counts"]
    assert load(folder).manifest["status"] == "complete"


def test_tables_without_a_manifest_run_again_if_one_of_them_is_lost(folder, request_here, capsys):
    for name in ("manifest.json", "series.parquet"):
        (folder / name).unlink()
    api.run_sweep(request_here)
    assert "(0 done before)" in capsys.readouterr().err
    assert len(load(folder).series) == len(load(_MADE[0]).series)


# ---------------------------------------------------------------------------------------------- labels in CSV


LABELS = ["=1+1", "+x", "-5", "@sum", "'=x", "''-", "plain", "'quoted'", "a=b", "", "\t=x", 'Ü,;"', "'"]


def test_labels_that_a_spreadsheet_would_run_are_neutral_and_read_back_the_same(tmp_path):
    table = pd.DataFrame({"=label": LABELS, "number": np.arange(len(LABELS)) - 5.5, "kind": pd.Categorical(LABELS)})
    write_csv(table, tmp_path / "x.csv")
    import csv

    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    texts = [cell for row in rows for cell in (row[0], row[2])]
    assert not [text for text in texts if text[:1] in tuple("=+-@\t")]
    assert rows[1][1] == "-5.5"
    back = read_csv(tmp_path / "x.csv", keep_default_na=False)
    assert list(back) == list(table)
    assert list(back["=label"]) == list(back["kind"]) == LABELS
    assert list(back["number"]) == list(table["number"])


def test_labels_of_a_sweep_are_neutral_in_its_summaries(request_for):
    plans = {"plan": {"=2+5": {"programme.tranches": 2}, "-more": {"programme.tranches": 3}}}
    request = request_for("experiment.replicates=1", "output.figures=false")
    request = replace(request, experiment=request.experiment.model_copy(update={"factors": plans}))
    result = api.run_sweep(request, quiet=True)
    text = (result.folder / "summary.csv").read_text()
    assert "'=2+5" in text
    assert set(read_csv(result.folder / "summary.csv")["plan"]) == {"=2+5", "-more"}
    assert set(result.summary["plan"]) == {"=2+5", "-more"}


# ---------------------------------------------------------------------------------------------- folders of others

VALUES = [None, True, False, 0, 1, -1, 10**30, 0.5, -1e308, "", "x", "$\\frac{", "2014-01", [], [1], ["x"], [[]], {},
          {"x": 1}, {"factor": "plan"}, [1, 2, 3], {"a": {"b": []}}]  # fmt: skip


def places(data, path=()):
    """Every place in nested data."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def alter_manifest(folder, chance):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for _ in range(chance.randint(1, 3)):
        wanted = [place for place in places(manifest) if place[0] not in ("versions", "command", "timings")]
        top = chance.choice(sorted({place[0] for place in wanted}, key=str))
        *parents, last = chance.choice([place for place in wanted if place[0] == top])
        inside = manifest
        for key in parents:
            inside = inside[key]
        what = chance.randrange(4)
        if what == 0 and isinstance(inside, dict):
            del inside[last]
        elif what == 1 and isinstance(inside, dict):
            inside[chance.choice(["x", "", "plan", "programme.tranches"])] = copy.deepcopy(inside[last])
        else:
            inside[last] = copy.deepcopy(chance.choice(VALUES))
    path.write_text(json.dumps(manifest))


def alter_table(folder, chance):
    path = folder / f"{chance.choice(DATA)}.parquet"
    table = pd.read_parquet(path)
    for _ in range(chance.randint(1, 2)):
        if not len(table.columns) or not len(table):
            break
        name = chance.choice(list(table.columns))
        what = chance.randrange(10)
        if what == 0:
            table = table.drop(columns=name)
        elif what == 1:
            table = table.rename(columns={name: chance.choice(["x", "", "policy2", "shock "])})
        elif what == 2:
            table = table.iloc[: chance.randrange(len(table))]
        elif what == 3:
            table = pd.concat([table, table.iloc[: chance.randrange(1, 3)]])
        elif what == 4:
            table = table.sample(frac=1.0, random_state=chance.randrange(1000))
        elif what == 5:
            table[name] = chance.choice([0, 1, -1, 2**62, 0.5, np.nan, np.inf, "x", "", None, True, pd.Timestamp(0)])
        elif what == 6:
            table[name] = table[name].astype(str)
        elif what == 7:
            table[chance.choice(["new", "new:unit", "point", "shocks"])] = table[name]
        elif what == 8:
            other = chance.choice(list(table.columns))
            table[name], table[other] = table[other].copy(), table[name].copy()
        else:
            column = table[name].astype(object)
            value = chance.choice([None, -1, 10**9, 0.5, np.nan, np.inf, "x", "$x^", [1], b"x", 1e300])
            column.iloc[chance.randrange(len(column))] = value
            table[name] = column
    try:
        table.to_parquet(path, index=chance.random() < 0.1)
    except (ValueError, TypeError, OverflowError):
        # several types in one column, or a name twice: pandas writes no such table, others do
        columns = [pa.array([str(value) for value in table.iloc[:, k]], pa.string()) for k in range(table.shape[1])]
        pq.write_table(pa.Table.from_arrays(columns, names=[str(name) for name in table.columns]), path)


def alter(folder, seed):
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 2)):
        chance.choice([alter_manifest, alter_table])(folder, chance)


def reports_without_a_traceback(folder, seeds, capsys, monkeypatch):
    """Every altered folder gives a page or one line; returns the codes, and lines that only the last net caught."""
    monkeypatch.setattr(drawing, "render", lambda figure, before=None: (b"png", b"svg"))
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("digest", "files", "pending"):
        manifest.pop(name, None)
    shutil.rmtree(folder / "figures")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    whole = {path: path.read_bytes() for path in folder.iterdir() if path.suffix in (".json", ".parquet")}
    codes, caught = [], []
    for seed in seeds:
        for path, bytes_ in whole.items():
            path.write_bytes(bytes_)
        alter(folder, seed)
        code = main(["report", str(folder)])
        said = capsys.readouterr().err
        assert code in (0, 2), seed
        lines = [line for line in said.splitlines() if not line.startswith("drawing figures: ")]
        assert len(lines) == (code == 2), (seed, said)
        codes.append(code)
        if "do not fit together" in said:
            caught.append((seed, said))
    return codes, caught


def test_folders_that_others_wrote_give_a_page_or_a_line(folder, capsys, monkeypatch):
    codes, _ = reports_without_a_traceback(folder, range(20), capsys, monkeypatch)
    assert {0, 2} == set(codes)


@pytest.mark.slow
def test_many_folders_that_others_wrote(folder, capsys, monkeypatch):
    _, caught = reports_without_a_traceback(folder, range(1000, 2200), capsys, monkeypatch)
    assert len(caught) < 30, caught


def test_a_manifest_may_be_sealed_again_by_who_changes_it(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["experiment"]["question"] = "Mine?"
    (folder / "manifest.json").write_text(manifest_text(manifest))
    assert load(folder).question == "Mine?"
