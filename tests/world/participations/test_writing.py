"""The two files that ecosim writes as CORDIS does read back to the same table."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from ecosim.model import Ecosystem
from ecosim.world.participations import read, read_participations, write_cordis
from ecosim.world.participations.codes import parts_of
from ecosim.world.participations.writing import LEGAL_BASIS, ORGANIZATION, PROJECT
from tests.world.participations.tables import DATA, check, right


def test_a_table_comes_back(tmp_path: Path) -> None:
    files = write_cordis(right(), tmp_path / "cordis")
    assert [file.name for file in files] == ["organization.csv", "project.csv"]
    check(read(tmp_path / "cordis").table)
    for file, header in zip(files, (ORGANIZATION, PROJECT), strict=True):
        first, second = file.read_text(encoding="utf-8").splitlines()[:2]
        assert first == ";".join(f'"{name}"' for name in header)
        assert all(cell.startswith('"') and cell.endswith('"') for cell in second.split(";"))
    with files[0].open(encoding="utf-8") as stream:
        assert [row["ecContribution"] for row in csv.DictReader(stream, delimiter=";")][:4] == [
            "400000,5", "200000,25", "150000", "0",
        ]  # fmt: skip


def test_a_download_comes_back(tmp_path: Path) -> None:
    table = read_participations(DATA / "cordis")
    write_cordis(table, tmp_path)
    pd.testing.assert_frame_equal(read_participations(tmp_path), table)


def test_the_layout_is_that_of_cordis() -> None:
    # the columns of a download, in order; the invented one of the field cases has one more in each file
    for name, columns in (("organization.csv", ORGANIZATION), ("project.csv", PROJECT)):
        first = (DATA / "cordis" / name).read_text(encoding="utf-8").splitlines()[0]
        theirs = [cell for cell in first.replace('"', "").split(";") if cell not in ("active", "nature")]
        assert list(columns) == theirs


@pytest.mark.parametrize("part", LEGAL_BASIS)
def test_every_part_comes_back(part: str) -> None:
    assert parts_of(LEGAL_BASIS[part]) == (part, True)


def test_a_run_comes_back(tmp_path: Path) -> None:
    table = Ecosystem(**{"world.scale": 0.02, "timeline.burn_in_months": 60}).advance(70).participations()
    table.to_parquet(tmp_path / "own.parquet")
    own = read_participations(tmp_path / "own.parquet")
    write_cordis(table, tmp_path / "cordis")
    assert len(own) > 100
    assert own["country"].isin(["EL", "UK"]).any()
    pd.testing.assert_frame_equal(read_participations(tmp_path / "cordis"), own, check_dtype=False)
