"""Opening whatever it is: character sets, separators, packed files, workbooks, and files that are no table."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from ecosim.world.participations import content_digest, read
from tests.world.participations.tables import DATA, HEADER, ROWS, check, lines, refusal, right, write

NAMES = ["Deutschland \u2013 Universit\u00e4t"] * 7


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
def test_separators(tmp_path: Path, separator: str, suffix: str) -> None:
    check(read(write(tmp_path / f"table{suffix}", separator)).table)


def test_everything_quoted_with_decimal_commas(tmp_path: Path) -> None:
    money = [str(row[5]).replace(".", ",") for row in ROWS]
    for separator in (",", ";", "\t", "|"):
        quoted = [line.split(";") for line in lines(";", ec_contribution=money)]
        text = "\r\n".join(separator.join(f'"{cell}"' for cell in line) for line in quoted)
        path = tmp_path / f"quoted{ord(separator)}.csv"
        path.write_text(text)
        check(read(path).table)


@pytest.mark.parametrize(
    ("mark", "encoding", "note"),
    [
        (b"", "utf-8", ""),
        (codecs.BOM_UTF8, "utf-8", ""),
        (codecs.BOM_UTF16_LE, "utf-16-le", ""),
        (codecs.BOM_UTF16_BE, "utf-16-be", ""),
        (codecs.BOM_UTF32_LE, "utf-32-le", ""),
        (b"", "utf-16-le", "read as UTF-16"),
        (b"", "utf-16-be", "read as UTF-16"),
        (b"", "cp1252", "read as Windows-1252"),
    ],
)
def test_character_sets(tmp_path: Path, mark: bytes, encoding: str, note: str) -> None:
    text = "\n".join(f"{line},{name}" for line, name in zip(lines(), ["name", *NAMES], strict=True))
    path = tmp_path / "table.csv"
    path.write_bytes(mark + text.encode(encoding))
    reading = read(path)
    check(reading.table)
    assert (note in reading.notes) == bool(note)


def test_latin_1_in_a_country(tmp_path: Path) -> None:
    countries = ["C\u00f4te d'Ivoire", "T\u00fcrkiye", "\u00c5land Islands", "Cura\u00e7ao", *["Germany"] * 3]
    path = tmp_path / "table.csv"
    path.write_bytes("\n".join(lines(country=countries)).encode("latin-1") + b"\n\n")
    assert read(path).table["country"].tolist() == ["CI", "TR", "AX", "CW", "DE", "DE", "DE"]


@pytest.mark.parametrize(("suffix", "pack"), [(".csv.gz", gzip.compress), (".csv.bz2", bz2.compress),
                                              (".csv.xz", lzma.compress), (".csv", gzip.compress)])  # fmt: skip
def test_packed(tmp_path: Path, suffix: str, pack: object) -> None:
    path = tmp_path / f"table{suffix}"
    path.write_bytes(pack("\n".join(lines()).encode()))  # type: ignore[operator]
    check(read(path).table)


def test_one_table_in_a_zip_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    right().to_parquet(tmp_path / "results" / "participations.parquet")
    right().to_parquet(tmp_path / "results" / "runs.parquet")
    check(read(tmp_path / "results").table)
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("a/b/table.csv", "\n".join(lines()))
    check(read(tmp_path / "one.zip").table)


def test_a_table_beside_projects_that_are_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "organization.csv").write_text("projectID;organisationID\n1;2\n")
    check(read(write(tmp_path / "my_projects.csv")).table)


def test_header_after_a_title_and_excel_s_line(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("sep=;\n" + "\n".join(lines(";")))
    check(read(path).table)
    path.write_text("Table 1: participations;;;\n\n" + "\n".join(lines(";")))
    check(read(path).table)


def test_titles_in_any_case_and_with_units(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    body = "\n".join(lines(ec_contribution=[f"{row[5] / 1000:.6f}" for row in ROWS])[1:])
    path.write_text("Project ID,PIC,Role,Activity Type,COUNTRY Code, EC contribution (kEUR) ,startDate,End date,"
                    "legalBasis,Remarks\n" + body.replace(",SC4", ",SC4,x"))  # fmt: skip
    reading = read(path)
    check(reading.table)
    assert "'EC contribution (kEUR)' taken as 1,000 EUR each" in reading.line


def test_parquet_with_categories_decimals_and_dates(tmp_path: Path) -> None:
    import decimal

    table = right().assign(
        country=right()["country"].astype("category"),
        ec_contribution=[decimal.Decimal(str(row[5])) for row in ROWS],
        start_date=right()["start_date"].dt.date,
        project=right()["project"].astype(float),
        extra=[[1, 2]] * 7,
    )
    table.to_parquet(tmp_path / "table.parquet")
    check(read(tmp_path / "table.parquet").table)


def test_a_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openpyxl")
    with pd.ExcelWriter(tmp_path / "table.xlsx") as writer:
        pd.DataFrame({"a": ["about"]}).to_excel(writer, sheet_name="Readme", index=False)
        right().to_excel(writer, sheet_name="Data", index=False)
    check(read(tmp_path / "table.xlsx").table)


def test_a_workbook_without_openpyxl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    for name in ("table.xlsx", "table.csv"):
        (tmp_path / name).write_bytes(stream.getvalue())
        assert "is an Excel workbook: save it as CSV (UTF-8), or install openpyxl" in refusal(tmp_path / name)


def test_a_damaged_workbook(tmp_path: Path) -> None:
    (tmp_path / "cut.xlsx").write_bytes(b"PK\x03\x04" + bytes(100))
    assert "is not a readable workbook: cut short or damaged" in refusal(tmp_path / "cut.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("old.xls", b"\xd0\xcf\x11\xe0" + bytes(100), "is an old Excel workbook (.xls): save it as CSV (UTF-8)"),
        ("paper.csv", b"%PDF-1.4 ...", "is a PDF document, not a table"),
        ("page.csv", b"\xef\xbb\xbf\n<!DOCTYPE html><html>", "is a web page or XML"),
        ("data.txt", b'{"project": [1]}', "is JSON"),
        ("table.feather", b"ARROW1\0\0", "is an Arrow (Feather) file"),
        ("zeros.csv", bytes(1000), "is not a text table (it holds zero bytes)"),
        ("bits.csv", codecs.BOM_UTF16_LE + b"\x00\xd8\x41", "begins as UTF-16 text and is not"),
        ("cut.zip", b"PK\x03\x04" + bytes(50), "is a zip that cannot be read: cut short or damaged"),
        ("cut.parquet", b"PAR1abcdef", "is not a readable Parquet table"),
        ("blank.csv", b" \n \n", "the file is empty"),
        ("empty.csv.gz", gzip.compress(b"", mtime=0), "the file is empty"),
        (
            "cut.csv.gz",
            gzip.compress("\n".join(lines()).encode(), mtime=0)[:-12],
            "the compressed file is cut short or damaged",
        ),
        ("archive.tar.gz", gzip.compress(bytes(257) + b"ustar" + bytes(300), mtime=0), "is a tar archive"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert words in refusal(path)


def test_an_opendocument_spreadsheet(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "table.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    assert "is an OpenDocument spreadsheet: save it as CSV (UTF-8)" in refusal(tmp_path / "table.ods")


def test_which_of_several(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert "holds no table; allowed: a .csv" in refusal(folder)
    write(folder / "a.csv")
    write(folder / "b.csv")
    assert "holds several tables (a.csv, b.csv)" in refusal(folder)
    for year in ("one", "two"):
        (folder / year).mkdir()
        (folder / year / "organization.csv").write_text("x")
        (folder / year / "project.csv").write_text("x")
    assert "holds several downloads" in refusal(folder)
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("readme.md", "no table")
    assert "holds no table" in refusal(tmp_path / "none.zip")


def test_no_such_file_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "participations.csv")
    assert "no such file; did you mean participations.csv?" in refusal(tmp_path / "participation.csv")


def test_rows_and_columns_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for text, words in (
        ("\n".join(lines())[:-25], "row 8: the row ends before this column"),
        (
            "\n".join(lines()) + "\n1,2,3,4,5,6,7,8,9,10\n",
            "column 'programme_part', row 9: 10 cells where 9 are expected",
        ),
        ("\n".join(lines()) + '\n1,"2,3', "row 9: is not a CSV table"),
        ("\n".join(lines())[:-2], "'S': the table ends inside this cell"),
        ("\n".join(lines()).replace("country", "region"), "column 'country', row 1: no such column"),
        ("\n".join(lines()).replace("country", "contry"), "did you mean contry?"),
        ("\n".join(lines()).replace("activity_type", "country"), "column 'country', row 1: the column stands twice"),
        (",".join(HEADER) + "\n", "column 'project', row 2: the table has no rows"),
    ):
        path.write_text(text)
        assert words in refusal(path), words


def test_spare_separators_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("\n".join(f"{line},," for line in lines()) + "\n,,,,,,,,,,\n\n")
    check(read(path).table)
    body = lines()
    path.write_text("\n".join([body[0], *(f"{line},," for line in body[1:])]))
    check(read(path).table)


def test_lines_quoted_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for separator in (",", ";"):
        quoted = [f'"{line},""a, b"""' for line in lines(separator)] if separator == "," else [
            f'"{line}"' for line in lines(separator)]  # fmt: skip
        path.write_text("\n".join(quoted) + "\n")
        reading = read(path)
        check(reading.table)
        assert "every line was quoted as a whole" in reading.line


def test_quotes_that_are_not_doubled(tmp_path: Path) -> None:
    body = [f'{line};"An "invented" title"' for line in lines(";")]
    body[0] = lines(";")[0] + ";title"
    path = tmp_path / "table.csv"
    path.write_text("\n".join(body))
    check(read(path).table)


def test_the_digest_depends_on_both_files(tmp_path: Path) -> None:
    import hashlib
    import shutil

    path = write(tmp_path / "table.csv")
    assert content_digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    folder = Path(shutil.copytree(DATA / "cordis", tmp_path / "cordis"))
    before = content_digest(folder), content_digest(folder / "organization.csv")
    with (folder / "project.csv").open("a") as stream:
        stream.write("\n")
    assert content_digest(folder) != before[0]
    assert content_digest(folder / "organization.csv") != before[1]
