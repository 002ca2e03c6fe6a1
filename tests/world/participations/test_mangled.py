"""Mangled tables: what keeps the meaning gives the right table, what does not gives the right rows or one line."""

from __future__ import annotations

import gzip
import io
import itertools
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecosim.errors import InputError
from ecosim.world.participations import read_participations, write_cordis
from tests.world.participations.tables import HEADER

_CASES = itertools.count()
SLOW = pytest.mark.slow
FEW = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
MANY = settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))

COUNTRIES = {
    "DE": ("DE", "DEU", "Germany", "germany ", "de"),
    "EL": ("EL", "GR", "GRC", "Greece", "GREECE"),
    "UK": ("UK", "GB", "GBR", "United Kingdom", "uk"),
    "NO": ("NO", "NOR", "Norway", "no", " NO"),
    "NA": ("NA", "NAM", "Namibia", "na", "NA "),
    "XK": ("XK", "XKX", "Kosovo", "xk", "KOSOVO"),
    "KR": ("KR", "KOR", "South Korea", "Korea", "kr"),
}
PARTS = {
    "SC4": ("SC4", "H2020-EU.3.4.", "sc4", "H2020-EU.3.4.5.", "HORIZON.2.5.6"),
    "LEIT": ("LEIT", "H2020-EU.2.1.1.", "leit", "H2020-EU.2.1.", "HORIZON.2.4"),
    "ERC": ("ERC", "H2020-EU.1.1.", "erc", "H2020-EU.1.1.", "HORIZON.1.1"),
}
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%dT00:00:00Z", "%Y%m%d", "%d %B %Y", "%Y-%m-%d 10:00:00")


def plain_table() -> pd.DataFrame:
    """Twelve projects of four members."""
    draw = random.Random(7)
    rows: list[tuple[object, ...]] = []
    for project in range(1, 13):
        start = pd.Timestamp(2014 + project % 4, 1 + project % 9, 1 + 2 * project)
        days = start, start + pd.Timedelta(days=900 + project)
        rows += [
            (project, 100 * project + 7 * k, "participant" if k else "coordinator",
             ("HES", "REC", "PRC", "PUB", "OTH")[(project + k) % 5], list(COUNTRIES)[(project + k) % 7],
             draw.randrange(100_000, 90_000_000) / 100, *days, list(PARTS)[project % 3])
            for k in range(4)
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(HEADER))


RIGHT = plain_table()


def fresh(folder: Path, suffix: str) -> Path:
    """A name that was not read before: a reading is kept as long as its file does not change."""
    return folder / f"case{next(_CASES)}{suffix}"


def text_of(
    separator: str, quoted: bool, day: str, form: int, comma: bool, order: list[int], title: Callable[[str], str],
    end: str, total: bool,
) -> str:  # fmt: skip
    """The table as text in one of many forms."""
    money = [f"{value:.2f}".replace(".", ",") if comma else f"{value:.2f}" for value in RIGHT["ec_contribution"]]
    table = RIGHT.assign(
        ec_contribution=money,
        country=[COUNTRIES[code][form] for code in RIGHT["country"]],
        programme_part=[PARTS[part][form] for part in RIGHT["programme_part"]],
        role=[[str.lower, str.upper, str.title, str.capitalize, str][form](role) for role in RIGHT["role"]],
        start_date=RIGHT["start_date"].dt.strftime(day), end_date=RIGHT["end_date"].dt.strftime(day),
    )  # fmt: skip
    columns = [HEADER[k] for k in order]
    out = [[title(name) for name in columns], *table[columns].astype(str).to_numpy().tolist()]
    if total:
        sums = {"ec_contribution": f"{RIGHT['ec_contribution'].sum():.2f}".replace(".", "," if comma else ".")}
        out.append([sums.get(name, "Total" if name == "project" else "") for name in columns])
    mark = '"' if quoted or (comma and separator == ",") else ""
    return end.join(separator.join(f"{mark}{cell}{mark}" for cell in line) for line in out) + end


@st.composite
def kept_forms(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file that holds the right table in another form."""
    text = text_of(
        draw(st.sampled_from(",;\t|")), draw(st.booleans()), draw(st.sampled_from(DAYS)), draw(st.integers(0, 4)),
        draw(st.booleans()), draw(st.permutations(range(len(HEADER)))),
        draw(st.sampled_from([str, str.upper, str.title, " {} ".format, lambda name: name.replace("_", " ")])),
        draw(st.sampled_from(["\n", "\r\n"])), draw(st.booleans()),
    )  # fmt: skip
    raw = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])))
    pack = draw(st.sampled_from(["", "gz", "zip"]))
    if pack == "gz":
        return ".csv.gz", gzip.compress(raw, mtime=0)
    if pack == "zip":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/table.csv", raw)
        return ".zip", stream.getvalue()
    return draw(st.sampled_from([".csv", ".txt", ".tsv"])), raw


def check_kept(folder: Path, case: tuple[str, bytes]) -> None:
    path = fresh(folder, case[0])
    path.write_bytes(case[1])
    table = read_participations(path)
    pd.testing.assert_frame_equal(table[list(HEADER)], RIGHT, check_dtype=False)


@FEW
@given(case=kept_forms())
def test_other_forms_are_the_same_table(tmp_path_factory: pytest.TempPathFactory, case: tuple[str, bytes]) -> None:
    check_kept(tmp_path_factory.getbasetemp(), case)


@SLOW
@MANY
@given(case=kept_forms())
def test_many_other_forms(tmp_path_factory: pytest.TempPathFactory, case: tuple[str, bytes]) -> None:
    check_kept(tmp_path_factory.getbasetemp(), case)


# ---------------------------------------------------------------------------------------------- damage


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The right table in every kind of file."""
    folder = tmp_path_factory.mktemp("whole")
    plain = RIGHT.to_csv(index=False).encode()
    RIGHT.to_parquet(folder / "table.parquet")
    write_cordis(RIGHT, folder)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("organization.csv", "project.csv"):
            archive.write(folder / name, name)
    return {
        ".csv": plain, ".csv.gz": gzip.compress(plain, mtime=0), ".zip": stream.getvalue(),
        ".parquet": (folder / "table.parquet").read_bytes(),
        ".txt": RIGHT.to_csv(index=False, sep=";").encode("utf-16"),
    }  # fmt: skip


def read_or_line(path: Path) -> pd.DataFrame | None:
    """A table, or one line that names the file; any other error goes up and fails the test."""
    try:
        return read_participations(path)
    except InputError as error:
        line = str(error)
    assert path.stem in line
    assert "\n" not in line
    return None


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".zip", ".parquet", ".txt"])
def test_a_file_cut_anywhere(whole: dict[str, bytes], tmp_path: Path, suffix: str) -> None:
    raw = whole[suffix]
    for at in range(0, len(raw), max(1, len(raw) // 150)):
        path = fresh(tmp_path, suffix)
        path.write_bytes(raw[:at])
        table = read_or_line(path)
        if table is not None:
            # a text cut between two rows is a shorter table; nothing else may come of a cut
            assert suffix in (".csv", ".txt"), at
            if len(table) == 1:  # there is no other row to tell whether the last cell is whole
                continue
            pd.testing.assert_frame_equal(table[list(HEADER)], RIGHT[: len(table)], check_dtype=False)


@pytest.mark.parametrize("column", HEADER[:-1])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_column_that_is_missing(tmp_path: Path, suffix: str, column: str) -> None:
    path = fresh(tmp_path, suffix)
    table = RIGHT.drop(columns=column)
    table.to_parquet(path) if suffix == ".parquet" else table.to_csv(path, index=False)
    with pytest.raises(InputError, match=f"column '{column}', row 1: no such column"):
        read_participations(path)


def flip_and_read(folder: Path, whole: dict[str, bytes], suffix: str, places: list[tuple[int, int]]) -> None:
    raw = bytearray(whole[suffix])
    for place, value in places:
        raw[place % len(raw)] = value
    path = fresh(folder, suffix)
    path.write_bytes(bytes(raw))
    table = read_or_line(path)
    if table is not None and suffix in (".csv.gz", ".zip"):
        # packed files carry a checksum: what is read is right
        pd.testing.assert_frame_equal(table[list(HEADER)], RIGHT, check_dtype=False)


FLIPS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6)
KINDS = st.sampled_from([".csv", ".csv.gz", ".zip", ".parquet", ".txt"])


@FEW
@given(suffix=KINDS, places=FLIPS)
def test_flipped_bytes(
    tmp_path_factory: pytest.TempPathFactory, whole: dict[str, bytes], suffix: str, places: list[tuple[int, int]]
) -> None:
    flip_and_read(tmp_path_factory.getbasetemp(), whole, suffix, places)


@SLOW
@MANY
@given(suffix=KINDS, places=FLIPS)
def test_many_flipped_bytes(
    tmp_path_factory: pytest.TempPathFactory, whole: dict[str, bytes], suffix: str, places: list[tuple[int, int]]
) -> None:
    flip_and_read(tmp_path_factory.getbasetemp(), whole, suffix, places)


CELLS = st.one_of(
    st.text(max_size=12), st.none(), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(),
    st.binary(max_size=4), st.lists(st.integers(), max_size=2), st.decimals(allow_nan=False),
    st.sampled_from(["1.000", "1,5", "NaN", "31/12/2015", "12/31/2015", "2015-01-01T00:00:00+99:00", "1e999", "Total"]),
)  # fmt: skip


@FEW
@given(data=st.data())
def test_any_cell_in_any_column(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    column = data.draw(st.sampled_from(HEADER))
    row = data.draw(st.integers(0, len(RIGHT) - 1))
    table = RIGHT.astype({column: object})
    table.at[row, column] = data.draw(CELLS)
    path = fresh(tmp_path_factory.getbasetemp(), ".csv")
    table.to_csv(path, index=False, encoding="utf-8", errors="replace")
    read_or_line(path)


@FEW
@given(cells=st.lists(CELLS, min_size=4, max_size=4), column=st.sampled_from(HEADER))
def test_any_type_of_column_in_parquet(
    tmp_path_factory: pytest.TempPathFactory, cells: list[object], column: str
) -> None:
    import pyarrow as pa

    table = RIGHT[:4].astype({column: object})
    table[column] = pd.Series(cells, dtype=object, index=table.index)
    path = fresh(tmp_path_factory.getbasetemp(), ".parquet")
    try:
        table.to_parquet(path)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):  # no such column can be written
        return
    read_or_line(path)


BEGINS = (b"", b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"BZh", b"\xfd7zXZ\0", b"\xff\xfe", b"a,b\n")


@FEW
@given(raw=st.binary(max_size=400), suffix=KINDS, begins=st.sampled_from(BEGINS))
def test_random_bytes_are_refused(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, suffix: str, begins: bytes
) -> None:
    path = fresh(tmp_path_factory.getbasetemp(), suffix)
    path.write_bytes(begins + raw)
    assert read_or_line(path) is None


def test_a_zip_with_an_entry_without_a_name(whole: dict[str, bytes], tmp_path: Path) -> None:
    raw = whole[".zip"]
    nameless = raw[: raw.rindex(b"project.csv")] + b"\0" + raw[raw.rindex(b"project.csv") + 1 :]
    path = fresh(tmp_path, ".zip")
    path.write_bytes(nameless)
    with pytest.raises(InputError, match="zip that cannot be read"):
        read_participations(path)


def test_a_lone_carriage_return_in_the_header(tmp_path: Path) -> None:
    text = RIGHT.to_csv(index=False, sep=";").replace("role", "ro\rle", 1)
    path = fresh(tmp_path, ".txt")
    path.write_bytes(text.encode("utf-16"))
    assert read_or_line(path) is None
