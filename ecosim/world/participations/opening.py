"""Finding and opening what was given: one table, the two files of a CORDIS download, their folder or their zip."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecosim.errors import InputError, nearest_name
from ecosim.world.participations.columns import OF_ORGANISATIONS, OF_PROJECTS, REQUIRED, need, recognise
from ecosim.world.participations.faults import fault
from ecosim.world.participations.text import Cells, kinds, read_text

#: Endings of tables, the most direct first: of two with one name the first is taken.
ENDINGS = (".csv", ".csv.gz", ".parquet", ".tsv", ".txt", ".xlsx", ".csv.bz2", ".csv.xz", ".tsv.gz", ".txt.gz")
#: The largest file that is unpacked.
_LARGEST = 4 << 30
#: Folders below the one given in which tables are looked for.
_DEEPEST = 3
_PAIR = re.compile(r"(.*?)(organi[sz]ations?|projects?)((?:[\W_].*)?)", re.I)
#: What a file that is no table begins with, what it is, and what to do.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook (.xls): save it as CSV (UTF-8)"),
    (b"%PDF", "is a PDF document, not a table"),
    (b"Rar!", "is a RAR archive: unpack it and give the folder"),
    (b"7z\xbc\xaf'\x1c", "is a 7z archive: unpack it and give the folder"),
    (b"ARROW1", "is an Arrow (Feather) file: save it as Parquet or CSV"),
    (b"ORC", "is an ORC file: save it as Parquet or CSV"),
    (b"\x28\xb5\x2f\xfd", "is packed with Zstandard: unpack it first"),
    (b"SQLite format 3", "is a database: export the table as CSV"),
    (b"\x89PNG", "is a picture, not a table"),
    (b"\xff\xd8\xff", "is a picture, not a table"),
    (b"\x89HDF", "is an HDF5 file: save the table as Parquet or CSV"),
    (b"{", "is JSON: download the CSV form, or save the table as CSV"),
    (b"[{", "is JSON: download the CSV form, or save the table as CSV"),
    (b"<", "is a web page or XML: download the CSV form, or save the table as CSV"),
)


@dataclass(frozen=True)
class Source:
    """One file, on disk or in an archive."""

    #: How errors call it.
    where: str
    #: Its own name, without folders.
    name: str
    read: Callable[[], bytes]

    @property
    def stem(self) -> str:
        """The name without its ending, without the ``(1)`` of a second download."""
        lower = self.name.lower()
        ending = next((ending for ending in sorted(ENDINGS, key=len, reverse=True) if lower.endswith(ending)), "")
        return re.sub(r"\s*\(\d+\)$", "", lower[: len(lower) - len(ending)])

    @property
    def half(self) -> tuple[str, tuple[str, str]] | None:
        """Which half of a pair it is by its name (``o`` or ``p``), and what both halves share; None for neither."""
        match = _PAIR.fullmatch(self.stem)
        return (match[2][0].lower(), (match[1], match[3])) if match else None


@dataclass(frozen=True)
class Opened:
    """What was found: one table, or the two files of a CORDIS download."""

    label: str
    table: Cells
    where: str
    projects: Cells | None = None
    where_projects: str = ""


# ---------------------------------------------------------------------------------------------- which files


def open_tables(path: str | Path) -> Opened:
    """Open whatever was given.

    Raises
    ------
    InputError
        If there is no such file, it is of another kind, damaged, or it is not clear which table is meant.
    """
    given = Path(path).expanduser()
    try:
        inside = _inside(given)
        if inside is not None:
            return _choose(str(path), inside)
        source = _on_disk(given, str(path))
        table = load(source, _about(source))
        if table.found.has(REQUIRED) or source.half is None:
            return _single(str(path), source, table)
        siblings = [_on_disk(file, str(file)) for file in _tables_in(given.resolve().parent, 0)]
        siblings = [file for file in siblings if file.name != given.name]
    except OSError as error:
        raise _unreadable(str(path), error) from None
    except MemoryError:
        raise InputError(str(path), problem="is too large for the memory of this computer") from None
    return _with_partner(str(path), source, table, siblings)


def content_digest(path: str | Path) -> str:
    """SHA-256 of what a reading depends on: the bytes of the file, or of both files of a pair.

    Raises
    ------
    InputError
        As :func:`open_tables`, if a file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for file in _files(Path(path).expanduser()):
            digest.update(file.read_bytes())
    except OSError as error:
        raise _unreadable(str(path), error) from None
    return digest.hexdigest()


def stamp(path: str | Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of the files a reading may depend on: the same stamp, the same reading."""
    try:
        found = [(str(file), file.stat()) for file in _files(Path(path).expanduser())]
    except OSError:
        return ()
    return tuple((name, info.st_size, info.st_mtime_ns) for name, info in found)


def _files(given: Path) -> list[Path]:
    if given.is_dir():
        return _tables_in(given, _DEEPEST)
    half = _on_disk(given, "").half
    if half is None:
        return [given]
    others = [file for file in _tables_in(given.resolve().parent, 0) if file.name != given.name]
    other = _partner(half, [_on_disk(file, str(file)) for file in others])
    return [given] + [file for file in others if other is not None and file.name == other.name]


def _tables_in(folder: Path, depth: int) -> list[Path]:
    """Tables of a folder and of those in it, in order of name."""
    found = []
    for file in sorted(folder.iterdir()):
        if file.name.startswith((".", "__MACOSX")):
            continue
        if file.is_dir():
            found += _tables_in(file, depth - 1) if depth > 0 else []
        elif file.name.lower().endswith(ENDINGS):
            found.append(file)
    return found


def _on_disk(file: Path, where: str) -> Source:
    return Source(where, file.name, file.read_bytes)


def _inside(given: Path) -> list[Source] | None:
    """The tables in a folder or in a zip; None for a file that is neither."""
    if given.is_dir():
        return [_on_disk(file, str(file)) for file in _tables_in(given, _DEEPEST)]
    if not given.exists():
        folder = given.resolve().parent
        names = [file.name for file in folder.iterdir()] if folder.is_dir() else []
        raise InputError(str(given), problem="no such file", nearest=nearest_name(given.name, names, cutoff=0.75))
    with given.open("rb") as stream:
        if stream.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
            return None
    return _in_zip(str(given), given.name, given)


def _in_zip(where: str, name: str, file: Any) -> list[Source] | None:
    """The tables in a zip; None if it is a workbook."""
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
        if not all(info.filename for info in infos):
            raise zipfile.BadZipFile("an entry without a name")
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OverflowError, UnicodeError):
        if name.lower().endswith(".xlsx"):
            raise fault(where, REQUIRED[0], 1, "is not a readable workbook: cut short or damaged", kinds()) from None
        raise InputError(where, problem="is a zip that cannot be read: cut short or damaged") from None
    names = {info.filename for info in infos}
    if any(entry.startswith("xl/") for entry in names):
        return None
    if {"content.xml", "mimetype"} <= names:
        raise InputError(where, problem="is an OpenDocument spreadsheet: save it as CSV (UTF-8)")

    def reading(info: zipfile.ZipInfo) -> Callable[[], bytes]:
        def read() -> bytes:
            if info.file_size > _LARGEST:
                raise InputError(f"{where}/{info.filename}", problem="is too large to unpack")
            try:
                with zipfile.ZipFile(file) as archive:
                    return archive.read(info)
            except RuntimeError:
                raise InputError(where, problem="is locked with a password: unpack it and give the folder") from None
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, lzma.LZMAError, ValueError):
                problem = "the compressed file is cut short or damaged"
                raise fault(f"{where}/{info.filename}", REQUIRED[0], 1, problem) from None

        return read

    return [
        Source(f"{where}/{info.filename}", Path(info.filename).name, reading(info))
        for info in infos
        if not info.is_dir()
        and not any(part.startswith((".", "__MACOSX")) for part in Path(info.filename).parts)
        and info.filename.lower().endswith(ENDINGS)
    ]


def _choose(label: str, sources: Sequence[Source]) -> Opened:
    """The pair, or the one table, among several files."""
    halves = [(source.half, source) for source in sources]
    organisations = _first_of_each([(half[1], s) for half, s in halves if half is not None and half[0] == "o"])
    projects = _first_of_each([(half[1], s) for half, s in halves if half is not None and half[0] == "p"])
    pairs = [(organisations[key], projects[key]) for key in organisations if key in projects]
    if not pairs and len(organisations) == len(projects) == 1:
        pairs = [(next(iter(organisations.values())), next(iter(projects.values())))]
    if len(pairs) == 1:
        return _pair(label, *pairs[0])
    if len(pairs) > 1:
        listed = ", ".join(pair[0].where for pair in pairs)
        raise InputError(label, problem=f"holds several downloads ({listed})", allowed="one of them, by its file")
    if len(organisations) == 1 and len(sources) > 1:
        raise InputError(label, problem=f"holds {next(iter(organisations.values())).name} without its project.csv")
    own = [source for source in sources if source.stem == "participations"]
    single = own[:1] if own else list(sources)
    if len(single) == 1:
        return _with_partner(label, single[0], load(single[0], _about(single[0])), ())
    if not single:
        raise InputError(label, problem="holds no table", allowed=kinds())
    listed = ", ".join(source.name for source in single[:5]) + (", ..." if len(single) > 5 else "")
    raise InputError(label, problem=f"holds several tables ({listed})", allowed="one of them, or organization.csv "
                     "with project.csv")  # fmt: skip


def _first_of_each(found: Sequence[tuple[tuple[str, str], Source]]) -> dict[tuple[str, str], Source]:
    """Of files that differ in their ending alone, the one read most directly; keyed with its folder."""

    def rank(source: Source) -> int:
        return next(k for k, ending in enumerate(ENDINGS) if source.name.lower().endswith(ending))

    chosen: dict[tuple[str, str], Source] = {}
    for (before, after), source in sorted(found, key=lambda item: rank(item[1])):
        folder = source.where[: len(source.where) - len(source.name)]
        chosen.setdefault((folder + before, after), source)
    return chosen


def _partner(half: tuple[str, tuple[str, str]], others: Sequence[Source]) -> Source | None:
    """The other file of a pair: the same name but for the word, or the only one of its kind."""
    wanted = "p" if half[0] == "o" else "o"
    found = [(other.half[1], other) for other in others if other.half is not None and other.half[0] == wanted]
    exact = [other for key, other in found if key == half[1]]
    if exact:
        return min(exact, key=lambda other: ENDINGS.index(next(e for e in ENDINGS if other.name.lower().endswith(e))))
    return found[0][1] if len(found) == 1 else None


def _with_partner(label: str, source: Source, table: Cells, siblings: Sequence[Source]) -> Opened:
    half = source.half
    if table.found.has(REQUIRED):
        return _single(label, source, table)
    partner = _partner(half, siblings) if half is not None else None
    if half is not None and partner is not None:
        return _pair(label, *((source, partner) if half[0] == "o" else (partner, source)))
    if table.found.has(OF_ORGANISATIONS) and not table.found.has(OF_PROJECTS):
        raise InputError(label, problem="needs project.csv, with the dates of its projects, beside it")
    if table.found.has(OF_PROJECTS) and not table.found.has(OF_ORGANISATIONS):
        raise InputError(label, problem="needs organization.csv, with the members of its projects, beside it")
    return _single(label, source, table)


def _single(label: str, source: Source, table: Cells) -> Opened:
    need(source.where, table.header, table.found, REQUIRED, table.header_row)
    return Opened(label, table, source.where)


def _pair(label: str, organisations: Source, projects: Source) -> Opened:
    left = load(organisations, "organisations")
    need(organisations.where, left.header, left.found, OF_ORGANISATIONS, left.header_row)
    right = load(projects, "projects")
    need(projects.where, right.header, right.found, OF_PROJECTS, right.header_row)
    return Opened(label, left, organisations.where, right, projects.where)


def _about(source: Source) -> str:
    half = source.half
    return "" if half is None else "organisations" if half[0] == "o" else "projects"


def _unreadable(label: str, error: OSError) -> InputError:
    return InputError(label, problem=f"cannot be read ({error.strerror or error})")


# ---------------------------------------------------------------------------------------------- one file


def load(source: Source, about: str = "") -> Cells:
    """Read the cells of one file that are needed, by what is in it rather than by its ending."""
    where = source.where
    try:
        raw = _unpacked(source, source.read())
    except FileNotFoundError:
        raise InputError(where, problem="no such file") from None
    except OSError as error:
        raise _unreadable(where, error) from None
    if raw[:4] == b"PAR1" or (source.name.lower().endswith(".parquet") and raw[:2] != b"PK"):
        return _load_parquet(where, raw, about)
    if raw[:2] == b"PK":
        if _in_zip(where, source.name, io.BytesIO(raw)) is None:
            return _load_workbook(where, raw, about)
        raise InputError(where, problem="is a zip in a zip: unpack it and give the folder")
    if raw[257:262] == b"ustar":
        raise InputError(where, problem="is a tar archive: unpack it and give the folder")
    start = raw[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    for begins, problem in _FOREIGN:
        if start.startswith(begins):
            raise fault(where, REQUIRED[0], 1, problem, kinds())
    return read_text(where, raw, about)


def _unpacked(source: Source, raw: bytes) -> bytes:
    packed = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}.get(raw[:2])
    if packed is None or (packed is bz2.open and raw[:3] != b"BZh"):
        return raw
    pieces: list[bytes] = []
    size = 0
    try:
        with packed(io.BytesIO(raw)) as stream:  # type: ignore[operator]
            while piece := stream.read(1 << 20):
                pieces.append(piece)
                size += len(piece)
                if size > _LARGEST:
                    raise InputError(source.where, problem="is too large to unpack")
    except (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        row = b"".join(pieces).count(b"\n") + 1
        raise fault(source.where, REQUIRED[0], row, "the compressed file is cut short or damaged") from None
    return b"".join(pieces)


def _load_parquet(where: str, raw: bytes, about: str) -> Cells:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(raw), page_checksum_verification=True)
        header = [str(name) for name in file.schema_arrow.names]
    except Exception as error:  # Arrow raises its own kinds, OSError and others for a damaged file
        raise _not_parquet(where, error) from None
    found = recognise(where, header, about)
    try:
        chosen = file.read(columns=[header[place] for place in found.place.values()])
        table = chosen.to_pandas(ignore_metadata=True)
        for column in table.columns:
            if str(table[column].dtype) in ("category", "string", "str"):
                table[column] = table[column].astype(object)
    except Exception as error:
        raise _not_parquet(where, error) from None
    table = table[[header[place] for place in found.place.values()]].set_axis(list(found.place), axis=1)
    for name in table.columns:
        if table[name].dtype == object:
            stripped = [_scalar(value) for value in table[name]]
            table[name] = pd.Series(stripped, index=table.index, dtype=object)
    table.index = np.arange(1, len(table) + 1)
    return Cells(table, tuple(header), 1, found, found.notes)


def _scalar(value: Any) -> Any:
    """A cell without spaces around it; lists and the like as text, which no column takes."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace").strip()
    return value if value is None or getattr(value, "__hash__", None) else str(value)


def _not_parquet(where: str, error: Exception) -> InputError:
    line = str(error).strip().splitlines() or [type(error).__name__]
    problem = f"is not a readable Parquet table: empty, cut short or of another kind ({line[0][:100]})"
    return fault(where, REQUIRED[0], 1, problem)


def _load_workbook(where: str, raw: bytes, about: str) -> Cells:
    """The sheet of an Excel workbook in which most columns are found."""
    import pandas as pd

    try:
        from openpyxl import load_workbook
    except ImportError:
        problem = "is an Excel workbook: save it as CSV (UTF-8), or install openpyxl (pip install openpyxl)"
        raise fault(where, REQUIRED[0], 1, problem) from None
    best: tuple[int, int, list[tuple[Any, ...]]] = (-1, 0, [])
    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
            for place, row in enumerate(rows[:15]):
                cells = ["" if cell is None else str(cell) for cell in row]
                try:
                    known = len(recognise("", cells, about).place)
                except InputError:  # a column stands twice: said below
                    known = len(REQUIRED)
                if known > best[0]:
                    best = (known, place, rows)
    except Exception as error:  # openpyxl raises what the XML inside makes it raise
        problem = f"is not a readable workbook ({str(error)[:80] or type(error).__name__})"
        raise fault(where, REQUIRED[0], 1, problem, kinds()) from None
    known, place, rows = best
    if not rows:
        raise fault(where, REQUIRED[0], 1, "the workbook is empty", kinds())
    header = ["" if cell is None else str(cell).strip() for cell in rows[place]]
    found = recognise(where, header, about, place + 1)
    kept, numbers = [], []
    for number, row in enumerate(rows[place + 1 :], start=place + 2):
        if any(cell is not None and str(cell).strip() for cell in row):
            whole = (*row, *([None] * (len(header) - len(row))))
            kept.append([_scalar(whole[k]) for k in found.place.values()])
            numbers.append(number)
    table = pd.DataFrame(kept, columns=list(found.place), dtype=object)
    table.index = pd.Index(numbers, dtype=np.int64)
    return Cells(table, tuple(header), place + 1, found, found.notes)
