"""Rows and projects put together, and the line that says what was read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ecosim.world.participations import read, read_participations
from tests.world.participations.tables import ROWS, check, lines, refusal, right, write


def test_the_line(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv")
    assert read(path).line == (
        f"Read {path}: 7 rows, 2 projects, 5 organisations, 5 countries, 1,400,001 EUR. Left out: nothing. "
        "Noted: 1 associated partner among the members."
    )


def test_a_member_who_stands_twice_keeps_its_money_and_leads(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    more = "1,13,coordinator,REC,UK,50000.5,2015-01-01,2017-12-31,SC4"
    body = lines()
    path.write_text("\n".join([*body, more]) + "\n")
    reading = read(path)
    roles, money = [row[2] for row in ROWS], [row[5] for row in ROWS]
    roles[2], money[2] = "coordinator", 200000.5
    check(reading.table, right(role=roles, ec_contribution=money))
    assert "2 rows of 1 member who stand twice in a project joined, their money added" in reading.line
    assert "1 project with several coordinators" in reading.line
    # the coordinator's row first, or last: it wins
    path.write_text("\n".join([body[0], more, *body[1:]]) + "\n")
    again = read(path).table
    assert again.loc[again["organisation"] == 13, "role"].tolist() == ["coordinator", "coordinator"]
    assert again["ec_contribution"].sum() == pytest.approx(1_450_001.25)


def test_a_copied_row_is_said_and_a_copied_table_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    body = lines()
    path.write_text("\n".join([*body, body[1]]) + "\n")
    reading = read(path)
    assert reading.table["ec_contribution"].iloc[0] == 800_001.0
    assert "(1 of the rows repeat another word for word)" in reading.line
    path.write_text("\n".join([*body, *body[1:]]) + "\n")
    assert "half of the rows or more (7 of 14) repeat another word for word" in refusal(path)


@pytest.mark.parametrize(
    "end",
    [
        "Total,,,,,1400000.75,,,",
        ",,,,,1400000.75,,,",
        "TOTAL 2 projects,5 organisations,,,,1400000.75,,,",
        ",Gesamt,,,,1400000.75,,,",
        "Sum,,,,,1400000.75",
        "\n,,,,,1400000.75,,,\nSource: an invented table",
        "Note: in EUR",
        ",,,,Total,1400000.75,,,",
        "7 rows,,,,,1400000.75,,,",
    ],
)
def test_totals_and_notes_at_the_end(tmp_path: Path, end: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text("\n".join([*lines(), end]) + "\n")
    reading = read(path)
    check(reading.table)
    assert "row of totals" in reading.line


def test_tables_put_one_under_the_other(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    body = lines()
    path.write_text("\n".join([*body[:5], body[0], *body[5:]]) + "\n")
    reading = read(path)
    check(reading.table)
    assert "1 repeated header" in reading.line


def test_norway_and_namibia(tmp_path: Path) -> None:
    countries = ["NO", "NA", "no", "na", "Norway", "NAM", "NOR"]
    expected = ["NO", "NA", "NO", "NA", "NO", "NA", "NO"]
    assert read(write(tmp_path / "table.csv", country=countries)).table["country"].tolist() == expected
    right(country=countries).to_parquet(tmp_path / "table.parquet")
    assert read(tmp_path / "table.parquet").table["country"].tolist() == expected


def test_many_unknown_countries_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", country=["DE", "??", "UK", "CH", "DE", "??", "FR"])
    assert "column 'country', row 3: '??': no such country (2 of 7 rows: '??' 2)" in refusal(path)


def test_unknown_parts_are_counted_and_a_run_does_not_start_from_them(tmp_path: Path) -> None:
    from ecosim.config.world import WorldConfig
    from ecosim.errors import InputError
    from ecosim.world import load_world
    from ecosim.world.cordis import load_projects

    path = write(tmp_path / "table.csv", programme_part="COMMERCE")
    reading = read(path)
    assert reading.unknown_parts == 1.0
    assert "7 rows with a programme part not known ('commerce' 7), kept as written" in reading.line
    world = load_world(WorldConfig(preset="europe"))
    with pytest.raises(InputError, match="100 % of projects have a part that is not known"):
        load_projects(str(path), world, "2016-01", 8, 1.0, 64)
    # an empty column is another matter: those projects have the sector of projects without a part
    projects = load_projects(str(write(tmp_path / "none.csv", programme_part="")), world, "2016-01", 8, 1.0, 64)
    assert len(projects.start_month) == 2


def test_most_projects_ending_before_they_start_is_refused(tmp_path: Path) -> None:
    start, end = [row[7] for row in ROWS], [row[6] for row in ROWS]
    text = refusal(write(tmp_path / "table.csv", start_date=start, end_date=end))
    assert "2015-01-01 is before the start 2017-12-31, as in 2 of 2 projects" in text
    assert "are the two columns exchanged?" in text


def test_rows_of_one_project_that_disagree(tmp_path: Path) -> None:
    start = ["2015-01-01", "2015-02-01", "2015-01-01", "", *["2015-06-01"] * 3]
    end = ["2017-12-31", "2017-12-31", "2018-01-31", "2017-12-31", *["2018-05-31"] * 3]
    part = ["SC4", "LEIT", "SC4", "", *["SC4"] * 3]
    reading = read(write(tmp_path / "table.csv", start_date=start, end_date=end, programme_part=part))
    expected = right(end_date=["2018-01-31"] * 4 + ["2018-05-31"] * 3, programme_part=["SC4|LEIT"] * 4 + ["SC4"] * 3)
    check(reading.table, expected)
    assert "1 project whose rows differ in dates: from the first start to the last end" in reading.line
    assert "1 project whose rows differ in programme part: all of them taken" in reading.line


def test_members_without_a_number(tmp_path: Path) -> None:
    body = [",".join(map(str, (k // 4, k, "participant", "HES", "DE", 5000, "2015-01-01", "2016-12-31", "SC1")))
            for k in range(200)]  # fmt: skip
    body[7] = body[7].replace("1,7,", "1,,", 1)
    path = tmp_path / "table.csv"
    path.write_text("\n".join([lines()[0], *body]) + "\n")
    reading = read(path)
    assert len(reading.table) == 199
    assert "1 row without a project or an organisation" in reading.line
    path.write_text("\n".join([lines()[0], *body[:20]]) + "\n")
    assert "column 'organisation', row 9: is empty (1 of 20 rows)" in refusal(path)


def test_remarks(tmp_path: Path) -> None:
    path = write(
        tmp_path / "table.csv", role=["participant"] * 4 + ["coordinator"] * 2 + ["participant"],
        ec_contribution=["0.4", "0.2", "0.15", "", "0.3", "-0.25", "0.1"], end_date=["2017-12-31"] * 4 + [""] * 3,
    )  # fmt: skip
    line = read(path).line
    assert "1 project without an end" in line
    assert "1 project without a coordinator; 1 project with several coordinators" in line
    assert "half of the grants are 0.20 EUR or less: is the money in EUR?" in line
    assert "1 row with money below zero" in line


def test_an_organisation_in_several_countries(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", country=["DE", "EL", "UK", "CH", "FR", "UK", "FR"])
    assert "1 organisation with several countries, of which a run takes the first" in read(path).line


def test_numbers_stay_numbers_and_the_copy_is_the_reader_s(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv")
    table = read_participations(path)
    assert table["project"].dtype == table["organisation"].dtype == "int64"
    table["country"] = "XX"
    check(read_participations(path))
    check(read(write(tmp_path / "text.csv", organisation=[f"X{row[1]}" for row in ROWS])).table,
          right(organisation=[f"X{row[1]}" for row in ROWS]))  # fmt: skip


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv")
    check(read(path).table)
    write(path, country="FR")
    assert set(read(path).table["country"]) == {"FR"}


def test_dates_of_a_german_workbook(tmp_path: Path) -> None:
    german = {
        "start_date": [f"{pd.Timestamp(row[6]):%d.%m.%Y}" for row in ROWS],
        "end_date": [f"{pd.Timestamp(row[7]):%d.%m.%Y}" for row in ROWS],
        "ec_contribution": [f"{row[5]:,.2f}".translate(str.maketrans(",.", ".,")) for row in ROWS],
    }
    check(read(write(tmp_path / "table.csv", ";", **german)).table)
