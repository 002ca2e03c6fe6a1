"""Participation tables in the shape in which CORDIS publishes Horizon 2020: reading them, and starting from one.

A run may begin with the real projects of such a table instead of a burn-in: which of them are under way at the start,
which are over, and which organisation of the population stands for which real one is settled here.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError, nearest_name, shown
from ecosim.world.facts import ORGANISATION_TYPES, PROGRAMME_PARTS, SECTORS, World

if TYPE_CHECKING:
    import pandas as pd

#: Columns a table must have; ``programme_part`` is read if it is there.
REQUIRED = (
    "project",
    "organisation",
    "role",
    "activity_type",
    "country",
    "ec_contribution",
    "start_date",
    "end_date",
)

_MISSING = ("", "nan", "NaN", "NA", "NULL", "null", "None")


# ---------------------------------------------------------------------------------------------- reading


def read_participations(path: str | Path) -> pd.DataFrame:
    """Read and check a CORDIS-shaped table (``.csv``, ``.csv.gz`` or ``.parquet``).

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    pandas.DataFrame
        The required columns and ``programme_part``: dates as dates, money as numbers (0 where empty), the rest as it
        stands. Nothing is filtered.

    Raises
    ------
    InputError
        In one line naming the file, the column and the row of the first fault: a table cut short, empty, of another
        kind, or with a value of the wrong type. Rows are counted from 1, the header being row 1 of a CSV file.
    """
    import pandas as pd

    path = Path(path)
    parquet = path.suffix == ".parquet"
    table = _read_parquet(path) if parquet else _read_csv(path)
    first = 1 if parquet else 2
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise _fault(
            path, missing[0], 1, "no such column", f"a table with the columns {', '.join(REQUIRED)}",
            nearest_name(missing[0], [str(column) for column in table.columns]),
        )  # fmt: skip
    if table.empty:
        raise _fault(path, REQUIRED[0], first, "the table has no rows", "at least one participation")
    out = pd.DataFrame(index=table.index)
    for name in ("project", "organisation", "country"):
        values = table[name]
        empty = values.isna() | (values.astype(str).str.strip() == "") if name != "country" else values.isna()
        _refuse(path, name, first, values, empty, "is empty", "an identifier")
        out[name] = _numbers_if_all(values)
    for name in ("role", "activity_type"):
        out[name] = table[name].astype(str)
    unknown = ~out["activity_type"].isin(ORGANISATION_TYPES)
    _refuse(path, "activity_type", first, table["activity_type"], unknown, "no such type",
            ", ".join(ORGANISATION_TYPES))  # fmt: skip
    blank = table["ec_contribution"].isna() | table["ec_contribution"].astype(str).isin(_MISSING)
    money = pd.to_numeric(table["ec_contribution"].where(~blank), errors="coerce")
    _refuse(path, "ec_contribution", first, table["ec_contribution"], (money.isna() | ~np.isfinite(money)) & ~blank,
            "is not a number", "EUR, or empty")  # fmt: skip
    out["ec_contribution"] = money.fillna(0.0).astype(float)
    for name in ("start_date", "end_date"):
        blank = table[name].isna() | table[name].astype(str).isin(_MISSING)
        number = pd.api.types.is_numeric_dtype(table[name])
        dates = pd.to_datetime(table[name].where(~blank), errors="coerce", format="ISO8601") if not number else None
        wrong = ~blank if dates is None else dates.isna() & ~blank
        _refuse(path, name, first, table[name], wrong, "is not a date", "YYYY-MM-DD, or empty")
        out[name] = dates
    parts = table["programme_part"] if "programme_part" in table else pd.Series("", index=table.index)
    out["programme_part"] = parts.fillna("").astype(str)
    return out.reset_index(drop=True)


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        raw = path.read_bytes()
        if path.suffix == ".gz" or raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except FileNotFoundError:
        raise InputError(str(path), problem="no such file") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        row = _rows_before_the_cut(path)
        raise _fault(path, REQUIRED[0], row, "the compressed file is cut short or damaged") from None
    except OSError as error:
        raise InputError(str(path), problem=f"cannot be read ({error.strerror or error})") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise _fault(path, REQUIRED[0], row, "is not UTF-8 text", "a .csv, .csv.gz or .parquet table") from None
    if not text.strip():
        raise _fault(path, REQUIRED[0], 1, "the file is empty", f"a table with the columns {', '.join(REQUIRED)}")
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        cells = list(reader)
    except csv.Error as error:
        column = _first_of(text)
        raise _fault(path, column, reader.line_num, f"is not a CSV table ({error})") from None
    header = cells[0]
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise _fault(path, twice, 1, "the column stands twice")
    kept = []
    for row, line in enumerate(cells[1:], start=2):
        if len(line) == len(header):
            kept.append(line)
        elif len(line) > len(header) > 0:
            raise _fault(path, header[-1], row, f"{len(line)} cells where {len(header)} are expected")
        elif line or row < len(cells):
            raise _fault(path, header[len(line)], row, "the row ends before this column")
    table = pd.DataFrame(kept, columns=header, dtype=object)
    if not text.endswith("\n") and "end_date" in table and len(table):
        _refuse_cut_last_row(path, table)
    return table


def _first_of(text: str) -> str:
    """Name of the first column, as far as it can be read."""
    return text.split("\n", 1)[0].split(",")[0].strip().strip('"')[:40]


def _refuse_cut_last_row(path: Path, table: pd.DataFrame) -> None:
    """Refuse a file that ends inside its last cell: without a last line break, that cell must be like the others."""
    column = str(table.columns[-1])
    last, others = str(table[column].iloc[-1]), table[column].iloc[:-1]
    if len(others) and last not in set(others):
        lengths = set(others.str.len())
        if len(last) < min(lengths):
            raise _fault(path, column, len(table) + 1, f"'{shown(last)}': the table ends inside this cell")


def _rows_before_the_cut(path: Path) -> int:
    """Row of a damaged gzip file at which reading stopped."""
    decompressor = zlib.decompressobj(wbits=31)
    try:
        return decompressor.decompress(path.read_bytes()).count(b"\n") + 1
    except zlib.error:
        return 1


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not path.exists():
        raise InputError(str(path), problem="no such file")
    try:
        return pd.read_parquet(path).reset_index(drop=True)
    except Exception as error:  # Arrow raises its own kinds, OSError and others for a damaged file
        line = str(error).strip().splitlines() or [type(error).__name__]
        problem = f"is not a readable Parquet table: empty, cut short or of another kind ({line[0][:100]})"
        raise _fault(path, REQUIRED[0], 1, problem) from None


def _fault(
    path: Path, column: str, row: int, problem: str, allowed: str = "", nearest: str | None = None
) -> InputError:  # fmt: skip
    return InputError(f"{path}, column '{column}', row {row}", None, allowed, nearest, problem=problem)


def _refuse(path: Path, column: str, first: int, values: Any, wrong: Any, problem: str, allowed: str) -> None:
    wrong = np.asarray(wrong, dtype=bool)
    if wrong.any():
        row = int(wrong.argmax())
        raise _fault(path, column, row + first, f"'{shown(values.iloc[row])}' {problem}", allowed)


def _numbers_if_all(values: pd.Series) -> pd.Series:
    """Identifiers as whole numbers if all of them are, so that their order is that of the numbers."""
    text = values.astype(str)
    if text.str.fullmatch(r"[0-9]{1,18}").all():
        return text.astype(np.int64)
    return text


# ---------------------------------------------------------------------------------------------- starting from a table

#: Sector of the programme parts that are not sectors themselves (as in ``tools/tables/programme_parts.csv``).
_OTHER_PARTS = {
    "SWAFS": "societies",
    "SEWP": "societies",
    "Euratom": "energy",
    "Innovation in SMEs": "digital_and_industrial",
    "ARF": "digital_and_industrial",
    "": "digital_and_industrial",
}
#: Parts left out: mobility and single-researcher grants are not consortia in search of partners.
_LEFT_OUT = ("MSCA", "ERC")
_DAYS_PER_MONTH = 30.44


@dataclass(frozen=True, eq=False)
class RealProjects:
    """Real projects begun, or granted, by a date, in the order of their start; members stand one after the other."""

    #: (P,) months from the date to the start (negative: begun), and planned length.
    start_month: NDArray[np.int32]
    planned_months: NDArray[np.int32]
    sector: NDArray[np.int8]
    #: (P + 1,) where each project's members begin; the coordinator is the first of them.
    first: NDArray[np.int64]
    #: (M,) place of each member among the real organisations, and its grant.
    organisation: NDArray[np.int32]
    grant_cents: NDArray[np.int64]
    #: (R,) country and type of each real organisation, and its participations here.
    country: NDArray[np.int16]
    kind: NDArray[np.int8]
    participations: NDArray[np.int32]

    def needed(self, n_countries: int) -> NDArray[np.int64]:
        """Real organisations by country and type, shape (C, T)."""
        counts = np.zeros((n_countries, len(ORGANISATION_TYPES)), dtype=np.int64)
        np.add.at(counts, (self.country, self.kind), 1)
        return counts


def load_projects(
    path: str, world: World, start: str, granted_months: int, scale: float, most_members: int
) -> RealProjects:  # fmt: skip
    """Real projects of a table as a run of this size may begin with them.

    Parameters
    ----------
    path : str
        The table.
    world : World
        Countries; those it does not have join its rest of the world, or are left out where it has none.
    start : str
        Month in which the run begins (YYYY-MM).
    granted_months : int
        Projects that start within so many months have been granted by then.
    scale : float
        Share of the projects taken, by a hash of their number (at most all).
    most_members : int
        Larger consortia keep their coordinator and the members with most money.

    Raises
    ------
    InputError
        If the table cannot be used, or no project of it is under way at the start.
    """
    key = Path(path)
    stamp = key.stat().st_mtime_ns if key.exists() else 0
    return _load_projects(path, stamp, world, start, granted_months, min(scale, 1.0), most_members)


@lru_cache(maxsize=4)
def _load_projects(
    path: str, stamp: int, world: World, start: str, granted_months: int, scale: float, most_members: int
) -> RealProjects:  # fmt: skip
    import pandas as pd

    table = read_participations(path).dropna(subset=["start_date", "end_date"])
    table = table.drop_duplicates(["project", "organisation"])
    part = table["programme_part"].str.split("|")
    table = table[~part.map(lambda names: any(name.strip() in _LEFT_OUT for name in names))]
    span = "no dated project" if table.empty else (
        f"projects from {table['start_date'].min():%Y-%m} to {table['end_date'].max():%Y-%m}"
    )  # fmt: skip
    zero = pd.Timestamp(f"{start}-01")
    month = (table["start_date"].dt.year - zero.year) * 12 + table["start_date"].dt.month - zero.month
    days = (table["end_date"] - table["start_date"]).dt.days
    table = table.assign(
        start=month, planned=np.maximum(1, np.rint(days / _DAYS_PER_MONTH)).astype(int),
        place=_countries(table["country"], world), sector=_sectors(table["programme_part"]),
    )  # fmt: skip
    table = table[(table["start"] < granted_months) & (table["place"] >= 0)]
    if scale < 1.0:
        hashed = pd.util.hash_array(table["project"].to_numpy()) / 2.0**64
        table = table[hashed < scale]
    members = table.groupby("project")["organisation"].transform("size")
    money = table.groupby("project")["ec_contribution"].transform("sum")
    table = table[(members >= 2) & (money >= 1.0)]
    if not (table["start"] + table["planned"] > 0).any():
        raise InputError(
            f"{path}, column 'start_date', row 2", problem=f"no project is under way in {start} ({span})",
            allowed="timeline.start within the years of the table, or a larger world.scale",
        )  # fmt: skip
    table = table.assign(follows=table["role"] != "coordinator")
    table = table.sort_values(
        ["start", "project", "follows", "ec_contribution", "organisation"], ascending=[True, True, True, False, True],
        kind="stable",
    )  # fmt: skip
    table = table[table.groupby("project").cumcount() < most_members]
    projects = table.drop_duplicates("project")
    sizes = table.groupby("project", sort=False).size().to_numpy()
    number, _ = pd.factorize(table["organisation"], sort=True)
    once = np.unique(number, return_index=True)[1]
    kinds = {name: k for k, name in enumerate(ORGANISATION_TYPES)}
    return RealProjects(
        start_month=projects["start"].to_numpy(dtype=np.int32),
        planned_months=projects["planned"].to_numpy(dtype=np.int32),
        sector=projects["sector"].to_numpy(dtype=np.int8),
        first=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        organisation=number.astype(np.int32),
        grant_cents=np.maximum(0, np.rint(table["ec_contribution"].to_numpy() * 100.0)).astype(np.int64),
        country=table["place"].to_numpy(dtype=np.int16)[once],
        kind=table["activity_type"].map(kinds).to_numpy()[once].astype(np.int8),
        participations=np.bincount(number).astype(np.int32),
    )


def _countries(codes: pd.Series, world: World) -> NDArray[np.int64]:
    places = {code: k for k, code in enumerate(world.cordis_codes)}
    rest = places.get("ZZ", -1)
    return codes.map(lambda code: places.get(code, rest)).to_numpy(dtype=np.int64)


def _sectors(parts: pd.Series) -> NDArray[np.int64]:
    known = dict(zip(PROGRAMME_PARTS, range(len(SECTORS)), strict=True))
    known |= {part: SECTORS.index(sector) for part, sector in _OTHER_PARTS.items()}

    def sector(text: str) -> int:
        names = [name.strip() for name in text.split("|")]
        chosen = next((name for name in names if name != "Innovation in SMEs"), names[0])
        return known.get(chosen, known[""])

    return parts.map({text: sector(text) for text in parts.unique()}).to_numpy(dtype=np.int64)


def rows_for(projects: RealProjects, organisations: NDArray[np.void]) -> NDArray[np.int32]:
    """Row of the population that stands for each real organisation, shape (R,).

    Within a country and type, the organisation with most participations takes the row of largest size, and so on; ties
    by number and content key.

    Parameters
    ----------
    organisations : ndarray
        Rows of dtype ``ORGANISATION``, with at least as many there from the start as are needed.
    """
    rows = np.full(len(projects.country), -1, dtype=np.int32)
    there = np.flatnonzero(organisations["arrival_month"] < 0)
    cell = organisations["country"][there].astype(np.int64) * len(ORGANISATION_TYPES) + organisations["type"][there]
    by_size = there[np.lexsort((organisations["key"][there], -organisations["size"][there], cell))]
    cell = np.sort(cell, kind="stable")
    mine = projects.country.astype(np.int64) * len(ORGANISATION_TYPES) + projects.kind
    order = np.lexsort((np.arange(len(mine)), -projects.participations, mine))
    ranked = mine[order]
    rank = np.arange(len(mine)) - np.searchsorted(ranked, ranked)
    rows[order] = by_size[np.searchsorted(cell, ranked) + rank]
    return rows
