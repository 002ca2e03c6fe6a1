"""Files as they are met in the field: each gives the right table, or the line that says what is wrong with it."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from ecosim.evidence.patterns import collaborative
from ecosim.world.participations import read
from tests.world.participations.tables import DATA, ROWS, check, right


@pytest.mark.parametrize(
    "name",
    [
        "ok.csv", "iso3.csv", "names.csv", "iso2_GR_GB.csv", "role_capital.csv", "header_space.csv",
        "semicolon_excel_de.csv", "dates_utc.csv", "dates_utc.parquet",
    ],
)  # fmt: skip
def test_other_forms_give_the_same_table(name: str) -> None:
    reading = read(DATA / name)
    check(reading.table)
    assert reading.left_out == ()
    assert reading.line == (
        f"Read {DATA / name}: 7 rows, 2 projects, 5 organisations, 5 countries, 1,400,001 EUR. Left out: nothing. "
        "Noted: 1 associated partner among the members."
    )


def test_points_between_thousands_are_no_decimals() -> None:
    reading = read(DATA / "thousands_dot.csv")
    check(reading.table, right(ec_contribution=[float(round(row[5])) // 1000 * 1000 for row in ROWS]))
    assert reading.table["ec_contribution"].sum() == 1_400_000
    assert "'ec_contribution' read with points between thousands ('400.000' is 400,000)" in reading.line


def test_codes_of_cordis_become_parts_and_single_researchers_are_left_out() -> None:
    reading = read(DATA / "programme_codes.csv")
    check(reading.table, right(programme_part="ERC"))
    assert "2 projects of mobility or single-researcher grants (MSCA, ERC), which no measure counts" in reading.line
    assert collaborative(reading.table).empty


def test_a_project_that_ends_before_it_starts_is_left_out_and_said() -> None:
    reading = read(DATA / "end_before_start.csv")
    check(reading.table, right()[4:].reset_index(drop=True))
    assert "Left out: 1 project (4 rows) that ends before it starts ('1')." in reading.line


# ---------------------------------------------------------------------------------------------- a CORDIS download


def cordis_is_right(table: pd.DataFrame) -> None:
    """What the invented download holds, counted from its two files by hand."""
    assert len(table) == 31
    assert table["project"].tolist()[:8] == [101000000] * 8
    assert table["organisation"].nunique() == 27
    assert sorted(table["country"].unique()) == [
        "CH", "DE", "EL", "ES", "FR", "IL", "IT", "NL", "NO", "PL", "SE", "UA", "US",
    ]  # fmt: skip
    assert table["country"].value_counts()[["US", "FR", "DE", "NO", "EL"]].tolist() == [4, 4, 4, 2, 1]
    assert table["role"].value_counts().to_dict() == {
        "participant": 16, "coordinator": 6, "thirdParty": 3, "associatedPartner": 3, "internationalPartner": 3,
    }  # fmt: skip
    leads = table[table["role"] == "coordinator"].set_index("project")["organisation"]
    assert leads.to_dict() == {
        101000000: 900000055, 101000001: 900000028, 101000002: 900000034, 101000003: 900000012,
        101000004: 900000036, 101000005: 900000018,
    }  # fmt: skip
    # the sums that project.csv gives as ecMaxContribution
    money = table.groupby("project")["ec_contribution"].sum().round(2)
    assert money.tolist() == [1988512.57, 1606042.15, 714603.42, 2327515.59, 1490758.59, 3823468.6]
    assert table.groupby("project")["programme_part"].first().tolist() == ["LEIT", "SC1", "LEIT", "LEIT", "ERC", "LEIT"]
    dates = table.groupby("project")[["start_date", "end_date"]].first()
    assert dates["start_date"].isna().tolist() == [True] + [False] * 5
    assert dates.loc[101000001].tolist() == [pd.Timestamp("2016-04-03"), pd.Timestamp("2019-04-03")]


@pytest.fixture
def download(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "cordis", tmp_path / "download"))


def test_the_folder_and_either_file(download: Path) -> None:
    reading = read(download)
    cordis_is_right(reading.table)
    for words in (
        "31 rows, 6 projects, 27 organisations, 13 countries, 11,950,901 EUR",
        "1 project without a start, which no measure counts",
        "3 third parties among the members",
        "3 associated partners among the members",
        "3 international partners among the members",
    ):
        assert words in reading.line
    cordis_is_right(read(download / "organization.csv").table)
    cordis_is_right(read(download / "project.csv").table)


@pytest.mark.parametrize("inside", ["", "csv/", "cordis-HORIZONprojects-csv/data/"])
def test_the_zip_flat_or_in_a_folder(download: Path, inside: str) -> None:
    path = download.parent / "cordis-h2020projects-csv.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("organization.csv", "project.csv"):
            archive.write(download / name, inside + name)
        archive.writestr(f"{inside}euroSciVoc.csv", '"projectID";"euroSciVocCode"\n"101000000";"/1"\n')
        archive.writestr(f"__MACOSX/{inside}._project.csv", b"\0\1\2")
    cordis_is_right(read(path).table)


@pytest.mark.parametrize(
    ("organisations", "projects"),
    [
        ("Organization.CSV", "Project.CSV"),
        ("cordis-h2020organizations.csv", "cordis-h2020projects.csv"),
        ("HORIZON_organisation.csv", "HORIZON_project.csv"),
        ("organization (1).csv", "project (1).csv"),
    ],
)
def test_other_names_of_the_pair(download: Path, organisations: str, projects: str) -> None:
    folder = download.parent / "named"
    folder.mkdir()
    shutil.copy(download / "organization.csv", folder / organisations)
    shutil.copy(download / "project.csv", folder / projects)
    (folder / "projectDeliverables.csv").write_text("id;title\n1;x\n")
    for given in (folder, folder / organisations, folder / projects):
        cordis_is_right(read(given).table)


def test_half_a_download_says_what_is_missing(download: Path) -> None:
    from tests.world.participations.tables import refusal

    (download / "project.csv").rename(download.parent / "elsewhere.txt")
    assert "needs project.csv, with the dates of its projects, beside it" in refusal(download / "organization.csv")
    assert "needs project.csv" in refusal(download)


def test_two_files_of_different_downloads(download: Path) -> None:
    from tests.world.participations.tables import refusal

    text = (download / "project.csv").read_text(encoding="utf-8")
    (download / "project.csv").write_text(text.replace('"1010000', '"2020000'), encoding="utf-8")
    assert "'101000000' is not in project.csv, nor is any other project" in refusal(download / "organization.csv")


def test_projects_that_were_taken_out_are_counted(download: Path) -> None:
    text = (download / "project.csv").read_text(encoding="utf-8")
    text = text.replace('"101000004"', '"909000004"', 1)
    (download / "project.csv").write_text(text, encoding="utf-8")
    reading = read(download)
    assert len(reading.table) == 28
    assert "3 rows of 1 project that project.csv does not have" in reading.line
    assert "1 project without a member" in reading.line
