"""The shipped tables: what they contain, and what happens when one is damaged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecosim.config.world import WorldConfig
from ecosim.world import ORGANISATION_TYPES, SECTORS, bloc_members, data_fingerprint, load_world
from ecosim.world.presets import programme_world
from ecosim.world.tables import DATA_FOLDER, read_tables

ROOT = Path(__file__).resolve().parents[2]
TABLES = read_tables()


def counts(prefix: str) -> np.ndarray:
    return np.stack([TABLES["population"].numbers(f"{prefix}_{kind}", int) for kind in ORGANISATION_TYPES], axis=1)


def programme(quantity: str) -> float:
    table = TABLES["programme"]
    return dict(zip(table.words("quantity"), table.numbers("value"), strict=True))[quantity]


def test_totals_are_those_of_the_targets() -> None:
    assert programme("projects") == 2858
    assert programme("participations") == 33716 == counts("participations").sum()
    assert programme("organisations") == 13234 == counts("organisations").sum()


def test_shares_are_those_of_the_targets() -> None:
    share = counts("participations").sum(axis=0) / 33716
    expected = {"PRC": 0.361, "HES": 0.252, "REC": 0.227, "PUB": 0.082, "OTH": 0.079}
    np.testing.assert_allclose(share, [expected[kind] for kind in ORGANISATION_TYPES], atol=6e-4)
    by_country = counts("participations").sum(axis=1) / 33716
    assert (by_country**2).sum() == pytest.approx(0.069, abs=6e-4)
    world = load_world(WorldConfig(preset="global"))
    expected = {"REC": 0.308, "HES": 0.303, "PRC": 0.268, "OTH": 0.065, "PUB": 0.056}
    np.testing.assert_allclose(world.coordinator_type_share, [expected[k] for k in ORGANISATION_TYPES], atol=6e-4)
    expected_starts = [0.223, 0.097, 0.085, 0.048, 0.093, 0.085, 0.036, 0.008, 0.103, 0.087, 0.072, 0.063]
    np.testing.assert_allclose(world.start_month_share, expected_starts, atol=6e-4)


def test_shapes_are_those_of_the_targets() -> None:
    shapes = load_world(WorldConfig(preset="global")).consortium_shapes
    assert len(shapes) == 2858
    assert shapes["size"].sum() == 33716
    assert shapes["size"].mean() == pytest.approx(11.797, abs=1e-3)
    assert shapes["countries"].mean() == pytest.approx(6.573, abs=1e-3)
    assert shapes["duration_months"].mean() == pytest.approx(38.6, abs=0.1)
    assert (shapes["countries"] <= shapes["size"]).all()
    np.testing.assert_array_equal(np.percentile(shapes["size"], [10, 25, 50, 75, 90, 99]), [4, 7, 10, 14, 21, 41])
    assert shapes["grant_eur"].min() > 0
    assert shapes["grant_eur"].sum() == pytest.approx(programme("contribution_eur"), rel=1e-3)
    frontier = shapes[shapes["sector"] == SECTORS.index("frontier")]
    assert len(frontier) == 92
    assert frontier["size"].mean() == pytest.approx(11.0, abs=0.05)


def test_namibia_is_not_lost() -> None:
    codes = TABLES["population"].words("cordis_code")
    assert "" not in codes
    assert counts("participations")[codes.index("NA")].sum() == 4


def test_cordis_codes_of_greece_and_the_united_kingdom() -> None:
    world = load_world(WorldConfig(preset="global"))
    codes = dict(zip(world.countries, world.cordis_codes, strict=True))
    assert codes["GBR"] == "UK"
    assert codes["GRC"] == "EL"
    known = programme_world()
    participations = dict(zip(known.countries, known.participations.sum(axis=1), strict=True))
    assert participations["GBR"] == 3531
    assert participations["GRC"] == 1079
    # The co-publication source writes GB and GR: a lost mapping would leave these rows empty.
    for code in ("GBR", "GRC"):
        assert world.copublications[world.country_index(code), world.country_index("DEU")] > 100


def test_renamed_states_have_distances_and_votes() -> None:
    world = load_world(WorldConfig(preset="global"))
    romania, serbia, montenegro = (world.country_index(code) for code in ("ROU", "SRB", "MNE"))
    assert world.distance_km[romania, serbia] == pytest.approx(450, abs=150)
    assert world.distance_km[serbia, montenegro] == pytest.approx(281)
    assert world.contiguous[serbia, montenegro]
    assert world.contiguous[romania, serbia]
    assert not world.contiguous[romania, montenegro]


def test_memberships_by_year() -> None:
    assert bloc_members("EU", 2012) == bloc_members("EU", 2014) - {"HRV"}
    assert "GBR" not in bloc_members("EU", 2021)
    assert "UKR" not in bloc_members("H2020_ASSOCIATED", 2014)
    assert "UKR" in bloc_members("H2020_ASSOCIATED", 2015)
    assert len(bloc_members("NATO", 2014)) == 28
    for regime, size in (("WASSENAAR", 41), ("MISSILE_TECHNOLOGY_CONTROL_REGIME", 34), ("NUCLEAR_SUPPLIERS_GROUP", 48)):
        assert len(bloc_members(regime, 2014)) == size, regime
    with pytest.raises(ValueError, match="ATLANTIS"):
        bloc_members("ATLANTIS", 2014)


def test_memberships_have_sources_and_ordered_years() -> None:
    table = TABLES["blocs"]
    assert all(table.words("source"))
    begin = table.numbers("from_year", int, 1945, 2025)
    for first, last in zip(begin, table.words("to_year"), strict=True):
        assert not last or int(last) > first


def test_sanctions_are_clean() -> None:
    world = load_world(WorldConfig(preset="global"))
    pairs = {
        (world.countries[a], world.countries[b]): world.sanctions[a, b] for a, b in np.argwhere(world.sanctions > 0)
    }
    # Wrong targets, arms and single firms of the raw file do not get through.
    assert not {target for _, target in pairs} & {"KOR", "UKR", "ISR", "FRA", "GRC", "COL"}
    union = bloc_members("EU", 2014)
    assert {sender for sender, target in pairs if target == "IRN"} >= union
    assert all(pairs[sender, "IRN"] == 1.0 for sender in union)
    assert not any({sender, target} <= union for sender, target in pairs)
    # Measures over Crimea began after January 2014.
    russia, america = world.country_index("RUS"), world.country_index("USA")
    assert world.sanctions[america, russia] == 0
    assert world.sanctions_window_end[america, russia] == 1
    assert world.sanctions_window_end[russia, america] > 0


def test_every_sanction_pair_is_listed_in_the_documentation() -> None:
    text = (ROOT / "docs" / "DATA.md").read_text(encoding="utf-8")
    world = load_world(WorldConfig(preset="global"))
    for name in ("sanctions", "sanctions_window_end"):
        section = text.split(f"#### `{name}`")[1].split("####")[0]
        listed = set()
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 3 and cells[0] in world.countries:
                listed |= {(sender, cells[0], cells[1]) for sender in cells[2].split()}
        matrix = getattr(world, name)
        found = {(world.countries[a], world.countries[b], f"{matrix[a, b]:.2f}") for a, b in np.argwhere(matrix > 0)}
        assert listed == found, name


def test_every_column_is_documented() -> None:
    text = (ROOT / "docs" / "DATA.md").read_text(encoding="utf-8")
    index = json.loads((DATA_FOLDER / "index.json").read_text(encoding="utf-8"))
    for file, entry in index.items():
        assert f"`{file}`" in text, file
        for column in entry["columns"]:
            stem = column.split("_")[0]
            assert f"`{column}`" in text or f"`{stem}_*`" in text, f"{file}: {column}"


def test_assumed_values_lie_within_their_ranges() -> None:
    table = TABLES["sector_assumptions"]
    low, value, high = (table.numbers(name, float, 0, 1) for name in ("low", "value", "high"))
    assert (low <= value).all()
    assert (value <= high).all()
    assert set(table.words("status")) == {"assumed"}


def test_imputed_values_are_named() -> None:
    world = load_world(WorldConfig(preset="global"))
    without_tables = {"ALB", "ARE", "ARM", "BIH", "DZA", "GEO", "IRN", "KEN", "MDA", "MKD", "MNE", "SRB"}
    for kind in ("electronics", "instruments", "materials", "cloud"):
        assert set(world.imputed[f"foreign_share:{kind}"]) == without_tables
        assert set(world.imputed[f"demand_share:{kind}"]) == without_tables
        assert without_tables < set(world.imputed[f"supplier_share:{kind}"])
    # Research users in Egypt and Indonesia buy next to no pharmaceuticals.
    assert set(world.imputed["foreign_share:pharmaceuticals"]) == without_tables | {"EGY", "IDN"}
    assert world.imputed["ideal_point"] == ("TWN",)
    # Imputed, never silently zero.
    for values in (world.foreign_input_share, world.supplier_share, world.demand_share):
        assert (values > 0.0).all()


def test_size_of_the_shipped_tables() -> None:
    assert sum(path.stat().st_size for path in DATA_FOLDER.iterdir()) < 1.5e6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, copy)
    return copy


def test_truncated_file(folder: Path) -> None:
    path = folder / "pairs.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:3000]), encoding="utf-8")
    with pytest.raises(ValueError, match=r"pairs\.csv, column 'from', row 3000: .*2999 rows") as caught:
        load_world(WorldConfig(preset="global"), folder)
    assert "\n" not in str(caught.value)


def test_file_cut_within_a_row(folder: Path) -> None:
    path = folder / "pairs.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(ValueError, match=r"pairs\.csv, column '\w+', row \d+"):
        load_world(WorldConfig(preset="global"), folder)


def test_missing_file(folder: Path) -> None:
    (folder / "countries.csv").unlink()
    with pytest.raises(ValueError, match=r"countries\.csv.*missing"):
        load_world(WorldConfig(preset="global"), folder)


def test_wrong_header(folder: Path) -> None:
    path = folder / "sectors.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("projects", "project", 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"sectors\.csv, column 'projects', row 1"):
        load_world(WorldConfig(preset="global"), folder)


@pytest.mark.parametrize("word", ["many", "-1", "nan", "inf", ""])
def test_wrong_type(folder: Path, word: str) -> None:
    path = folder / "countries.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[4].split(",")
    cells[lines[0].split(",").index("gdp_busd")] = word
    lines[4] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"countries\.csv, column 'gdp_busd', row 5"):
        load_world(WorldConfig(preset="global"), folder)


def test_broken_index(folder: Path) -> None:
    (folder / "index.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"index\.json"):
        load_world(WorldConfig(preset="global"), folder)


def test_fingerprint_follows_the_bytes(folder: Path) -> None:
    assert data_fingerprint(folder) == data_fingerprint()
    data_fingerprint.cache_clear()
    path = folder / "sector_assumptions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("0.7", "0.6", 1), encoding="utf-8")
    assert data_fingerprint(folder) != data_fingerprint()


def test_index_agrees_with_the_files() -> None:
    import hashlib

    index = json.loads((DATA_FOLDER / "index.json").read_text(encoding="utf-8"))
    assert set(index) == {path.name for path in DATA_FOLDER.glob("*.csv")}
    for name, entry in index.items():
        assert hashlib.sha256((DATA_FOLDER / name).read_bytes()).hexdigest() == entry["sha256"], name


@pytest.mark.skipif(
    "ECOSIM_RAW" not in os.environ, reason="needs the publishers' files: set ECOSIM_RAW to their folder"
)
def test_rebuilding_gives_the_same_bytes(tmp_path: Path) -> None:
    """Each file by the tool that writes it: ``null_models.csv`` alone takes three minutes."""
    raw = os.environ["ECOSIM_RAW"]
    writes = {"build_world.py": tmp_path, "build_targets.py": tmp_path, "build_outlines.py": tmp_path / "outlines.json"}
    for tool, out in writes.items():
        command = [sys.executable, str(ROOT / "tools" / tool), "--raw", raw, "--out", str(out)]
        subprocess.run(command, check=True, capture_output=True)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    shipped = {path.name: path.read_bytes() for path in DATA_FOLDER.iterdir() if path.is_file()}
    assert built.keys() == shipped.keys()
    assert [name for name in built if built[name] != shipped[name]] == []
