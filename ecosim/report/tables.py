"""Reading a table of a folder of results: the one place where a Parquet file is opened.

Page checksums are verified on every read, and a seal where there is one (:mod:`ecosim.report.seals`): what was damaged,
cut short, or belongs to another sweep is never taken for data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.report.seals import wrong

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

#: Key under which a Parquet file says of which sweep it is.
MARK = b"ecosim"


class DamagedError(Exception):
    """A file that cannot be taken for data of its sweep; the text says why."""


def opened(path: Path, mark: str | None = None, seal: Mapping[str, Any] | None = None) -> pq.ParquetFile:
    """Open a table.

    Parameters
    ----------
    path : Path
        Its file.
    mark : str, optional
        Fingerprint of the sweep it must be of.
    seal : mapping, optional
        Length and checksum it must have.

    Raises
    ------
    DamagedError
        If it is missing, cut short, no Parquet, or another file than was written.
    """
    import pyarrow.parquet as pq

    if seal is not None and (words := wrong(path, seal)):
        raise DamagedError(words)
    if not path.exists():
        # Arrow would take a name with a colon for an address
        raise DamagedError("is missing")
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        schema = file.schema_arrow
    except Exception as error:
        # a damaged footer may end in any of Arrow's errors, and in some of Python's
        raise DamagedError(
            f"is no whole Parquet file: damaged, cut short or another format ({_first_line(error)})"
        ) from None
    if mark is not None and (schema.metadata or {}).get(MARK) != mark.encode():
        file.close()
        raise DamagedError("was not written by this sweep")
    return file


def read(path: Path, mark: str | None = None, seal: Mapping[str, Any] | None = None) -> pa.Table:
    """Read a table whole.

    Raises
    ------
    DamagedError
        As :func:`opened`, or if a page does not match its checksum.
    """
    with opened(path, mark, seal) as file:
        return read_checked(file)


def look_through(path: Path, mark: str | None = None) -> None:
    """Read a table piece by piece for nothing but its checksums: memory does not grow with it.

    Raises
    ------
    DamagedError
        As :func:`read`.
    """
    with opened(path, mark) as file:
        for group in range(file.metadata.num_row_groups):
            read_checked(file, group)


def read_checked(file: pq.ParquetFile, group: int | None = None, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a table or one of its row groups; :class:`DamagedError` if a page does not match its checksum."""
    names = None if columns is None else list(columns)
    try:
        # of one row group: small pieces, and threads would only scatter memory
        if group is not None:
            return file.read_row_group(group, columns=names, use_threads=False)
        return file.read(columns=names, use_threads=columns is not None)
    except Exception as error:
        raise DamagedError(f"is damaged ({_first_line(error)})") from None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
