"""From bytes to the cells of a text table: character set, separator, quotes, where the header is, where the end is."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from ecosim.errors import shown
from ecosim.world.participations.columns import REQUIRED, Found, recognise, simple
from ecosim.world.participations.faults import fault

if TYPE_CHECKING:
    import pandas as pd

_SEPARATORS = (",", ";", "\t", "|")
#: Bytes and rows in which the header is looked for.
_SAMPLE, _FIRST_ROWS = 1 << 16, 15
_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: What the first cell of a row of totals, or of a note under the table, begins with.
_TOTAL = re.compile(r"\s*(grand |sub|overall )?-?\s*(totals?|sum|summe|gesamt\w*|insgesamt|somme|totale?s?)\b", re.I)
_NOTE = re.compile(r"\s*(source|note|notes|remark|quelle|©|\*|#|data:)", re.I)


@dataclass(frozen=True)
class Cells:
    """The cells of a file that are needed."""

    #: One column per column of the table that was found, index: row in the file (the header of a CSV file is row 1).
    table: pd.DataFrame
    header: tuple[object, ...]
    header_row: int
    found: Found
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    #: (rows,) hash of all cells of each row, to tell a row that repeats another.
    whole: object = None


def is_total(cell: object) -> bool:
    """Whether a cell begins a row of totals."""
    return isinstance(cell, str) and _TOTAL.match(cell) is not None


def character_set(where: str, raw: bytes) -> tuple[str, str, bytes]:
    """Name of the character set of a text, a note where it had to be guessed, and the text without its mark.

    A byte order mark says it; else UTF-8 if the bytes are; else UTF-16 where every other byte is zero; else
    Windows-1252, or Latin-1 where bytes stand that Windows-1252 does not have.
    """
    for mark, name in _BOMS:
        if raw.startswith(mark):
            raw = raw[len(mark) :]
            _must_decode(where, raw, name)
            return name, "", raw
    if b"\0" in raw[:_SAMPLE]:
        sample = np.frombuffer(raw[: _SAMPLE // 2 * 2][: len(raw) // 2 * 2], dtype=np.uint8)
        even, odd = float((sample[::2] == 0).mean()), float((sample[1::2] == 0).mean())
        name = "utf-16-le" if odd > 0.4 > even else "utf-16-be" if even > 0.4 > odd else ""
        if not name:
            raise fault(where, REQUIRED[0], 1, "is not a text table (it holds zero bytes)", kinds())
        _must_decode(where, raw, name)
        return name, "read as UTF-16", raw
    for name, note in (("utf-8", ""), ("cp1252", "read as Windows-1252"), ("latin-1", "read as Latin-1")):
        if _decodes(raw, name) is None:
            return name, note, raw
    raise AssertionError("Latin-1 decodes everything")


def kinds() -> str:
    """What may be given, for errors."""
    return (
        "a .csv, .csv.gz, .tsv, .txt, .parquet or .xlsx table, or the CORDIS download: its .zip, its folder, or "
        "organization.csv with project.csv"
    )


def _decodes(raw: bytes, name: str) -> int | None:
    """None if all bytes decode, else about where they do not."""
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for start in range(0, len(raw), _CHUNK):
            decoder.decode(raw[start : start + _CHUNK])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return start
    return None


def _must_decode(where: str, raw: bytes, name: str) -> None:
    if _decodes(raw, name) is not None:
        title = name.upper().removesuffix("-LE").removesuffix("-BE")
        raise fault(where, REQUIRED[0], 1, f"begins as {title} text and is not: cut short or damaged", kinds())


def _reader(raw: bytes, encoding: str, separator: str, quote: str, strict: bool = True) -> Iterator[list[str]]:
    stream = io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, newline="")
    return csv.reader(stream, delimiter=separator, quotechar=quote, strict=strict, skipinitialspace=True)


def _unwrapped(raw: bytes, encoding: str) -> bytes | None:
    """The text inside, where every line stands in quotes as one cell (a table saved as text once too often)."""
    sample = raw[:_SAMPLE].decode(encoding, errors="ignore")
    first = sample.split("\n", 1)[0]
    try:
        if any(len(next(csv.reader([first], delimiter=separator), [])) > 1 for separator in _SEPARATORS):
            return None
        cells = next(csv.reader([first]), [])
    except csv.Error:  # a lone carriage return: the reader of the whole text knows what to do, or says so
        return None
    if not sample.lstrip().startswith('"') or len(cells) != 1 or not any(mark in cells[0] for mark in _SEPARATORS):
        return None
    try:
        rows = list(_reader(raw, encoding, ",", '"'))
    except csv.Error:
        return None
    if any(len(row) > 1 for row in rows):
        return None
    return "\n".join(row[0] for row in rows if row).encode()


def _layout(where: str, raw: bytes, encoding: str, about: str) -> tuple[str, str, int]:
    """Separator, quote and place of the header: those with which most columns of the table are found."""
    sample = raw[:_SAMPLE].decode(encoding, errors="ignore")
    quote = "'" if re.match(r"\s*'[^',;|\t]*'\s*[,;|\t]", sample) else '"'
    best: tuple[tuple[int, int, int], str, int] | None = None
    for separator in _SEPARATORS:
        reader = csv.reader(
            io.StringIO(sample, newline=""), delimiter=separator, quotechar=quote, skipinitialspace=True
        )
        try:
            for number, cells in enumerate(reader):
                if number >= _FIRST_ROWS:
                    break
                known = len(recognise("", cells, about).place) if len(set(map(simple, cells))) > 1 else 0
                score = (known, len(cells) if number == 0 else 0, -number)
                if best is None or score > best[0]:
                    best = (score, separator, number)
        except csv.Error:
            continue
        except ValueError:  # a needed column stands twice: this is the header, and the caller will say so
            return separator, quote, number
    if best is None:
        raise fault(where, REQUIRED[0], 1, "is not a text table", kinds())
    # one column alone is found by chance in a title line; the header is the first row then
    return best[1], quote, best[2] if best[0][0] >= 3 else 0


def read_text(where: str, raw: bytes, about: str = "") -> Cells:
    """Read the cells of a text table that are needed.

    Parameters
    ----------
    where : str
        The file, for errors.
    raw : bytes
        What is in it.
    about : str
        As :func:`ecosim.world.participations.columns.recognise`.

    Raises
    ------
    InputError
        If the file is empty, is no text, has no header, or a row has more or fewer cells than the header.
    """
    encoding, note, raw = character_set(where, raw)
    if not raw[:_SAMPLE].decode(encoding, errors="ignore").strip():
        raise fault(where, REQUIRED[0], 1, "the file is empty", f"a table with the columns {', '.join(REQUIRED)}")
    if inner := _unwrapped(raw, encoding):
        return replace(read_text(where, inner, about), notes=("every line was quoted as a whole",))
    separator, quote, place = _layout(where, raw, encoding, about)
    try:
        cells = _rows(where, _reader(raw, encoding, separator, quote), place, about)
    except csv.Error as error:
        if "expected after" not in str(error):
            raise _not_csv(where, raw, encoding, separator, quote, place, error) from None
        # Quotes inside quotes that are not doubled: harmless unless a separator stands between them, which shows in
        # the number of cells.
        try:
            cells = _rows(where, _reader(raw, encoding, separator, quote, strict=False), place, about)
        except csv.Error as again:
            raise _not_csv(where, raw, encoding, separator, quote, place, again) from None
    unsure = _refuse_cut_last_row(where, raw, encoding, cells)
    return replace(cells, notes=tuple(filter(None, (note, *cells.found.notes, unsure))))


def _rows(where: str, reader: Iterator[list[str]], place: int, about: str) -> Cells:
    import pandas as pd

    header: list[str] = []
    for _ in range(place + 1):
        header = next(reader, [])
    header = [cell.strip() for cell in header]
    if header and header[0].lower().startswith("sep=") and len(header) == 1:
        header = [cell.strip() for cell in next(reader, [])]
        place += 1
    found = recognise(where, header, about, place + 1)
    names = list(found.place)
    pick = itemgetter(*(found.place[name] for name in names), 0, 0) if names else itemgetter(0, 0)
    width = len(header)
    kept: list[tuple[str, ...]] = []
    rows: list[int] = []
    hashes: list[int] = []
    totals = repeated = 0
    number = place + 1
    for number, line in enumerate(reader, start=place + 2):
        if len(line) != width:
            if not any(cell.strip() for cell in line):
                continue
            if is_total(line[0]) or (len(line) < width and _NOTE.match(line[0])):
                totals += 1
                continue
            if len(line) > width:
                if any(cell.strip() for cell in line[width:]):
                    raise fault(where, header[-1], number, f"{len(line)} cells where {width} are expected")
            else:
                raise fault(where, header[len(line)], number, "the row ends before this column")
        kept.append(pick(line))
        rows.append(number)
        hashes.append(hash(tuple(line[:width])))
    columns = list(zip(*kept, strict=True)) or [()] * (len(names) + 2)
    data = {name: pd.Series([cell.strip() for cell in columns[k]], dtype=object) for k, name in enumerate(names)}
    table = pd.DataFrame(data, index=None if names else range(len(rows)))
    table = table.set_axis(pd.Index(rows, dtype=np.int64), axis=0)
    whole = np.array(hashes, dtype=np.int64)
    again = np.zeros(len(table), dtype=bool)
    if len(names) > 1 and len(table):
        again = np.logical_and.reduce([(table[name] == found.title[name]).to_numpy() for name in names])
        empty = np.logical_and.reduce([(table[name] == "").to_numpy() for name in names])
        repeated = int(again.sum())
        table, whole = table[~(again | empty)], whole[~(again | empty)]
    left_out = [f"{totals} rows of totals or notes" if totals > 1 else "1 row of totals or notes"] * bool(totals)
    left_out += [f"{repeated} repeated header{'s' * (repeated > 1)}"] * bool(repeated)
    return Cells(table, tuple(header), place + 1, found, (), tuple(left_out), whole)


def _not_csv(
    where: str, raw: bytes, encoding: str, separator: str, quote: str, place: int, error: csv.Error
) -> Exception:  # fmt: skip
    """The error for a file whose quotes do not close, with the row at which reading stopped."""
    number, column = 0, ""
    reader = _reader(raw, encoding, separator, quote)
    try:
        for number, line in enumerate(reader, start=1):
            if number == place + 1:
                column = line[0].strip() if line else ""
    except csv.Error:
        number += 1
    return fault(where, column[:40] or REQUIRED[0], number, f"is not a CSV table ({error})", kinds())


def _refuse_cut_last_row(where: str, raw: bytes, encoding: str, cells: Cells) -> str:
    """Refuse a file that ends inside its last cell: without a last line break, that cell must be like the others.

    Returns a note where the last cell is a number, of which a part looks like the whole.
    """
    end = raw[-8:].decode(encoding, errors="ignore")
    if end.endswith(("\n", "\r", '"')) or len(cells.table) < 2 or not cells.found.place:
        return ""
    last = max(cells.found.place, key=lambda name: cells.found.place[name])
    if cells.found.place[last] != len(cells.header) - 1:
        return ""
    value, others = str(cells.table[last].iloc[-1]), cells.table[last].iloc[:-1]
    if value in set(others):
        return ""
    if last in ("ec_contribution", "project", "organisation"):
        return "the last row has no line break after it: is the file whole?"
    if len(value) < int(others.str.len().min()) or any(other.startswith(value) for other in set(others)):
        title, row = cells.found.title[last], int(cells.table.index[-1])
        raise fault(where, title, row, f"'{shown(value)}': the table ends inside this cell")
    return ""
