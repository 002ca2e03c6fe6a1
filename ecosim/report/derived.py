"""What a folder of results has besides data: summaries and figures, made from its tables, and again when damaged."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from xml.etree import ElementTree

from ecosim.report.csvs import write_csv
from ecosim.report.folder import (
    BEATS,
    BY_COUNTRY,
    BY_START_YEAR,
    FIGURES,
    LOCK,
    SCENARIO,
    START_YEARS,
    SUMMARIES,
    TRADE_OFF,
    WEIGHING,
)
from ecosim.report.seals import FILES, seal_of_file, write_manifest, wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecosim.report.results import SweepResult

#: Summaries that need the months by country.
_BY_COUNTRIES = (BY_COUNTRY, BY_START_YEAR)
_PNG = b"\x89PNG\r\n\x1a\n"


class Shelf(Protocol):
    """Where summaries are put."""

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """Write a file, whole or not at all, and keep its seal."""


def mend_summaries(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Write a folder's summaries again where they are damaged or gone; what was done, in lines.

    Those of a folder without seals are left as they are, and so is a folder in which a sweep is at work or that cannot
    be written.

    Parameters
    ----------
    folder : Path
        Folder of results.
    manifest : dict
        Its manifest, as it was read; receives the seals of what is written.
    """
    names = [name for name in summaries_of(manifest) if name in manifest.get(FILES, {})]
    faults = {name: words for name in names if (words := wrong(folder / name, manifest[FILES][name]))}
    if not faults or (folder / LOCK).exists():
        return []
    from ecosim.report.results import SweepResult

    result = SweepResult(folder, manifest)
    try:
        for name in faults:
            temporary = folder / f".{name}"
            _write(result, name, temporary)
            # another version may round or word otherwise
            manifest[FILES][name] = seal_of_file(temporary)
            temporary.replace(folder / name)
        write_manifest(folder, manifest)
    except OSError as error:
        return [
            f"{name} {words} (and cannot be made again: {error.strerror or error})" for name, words in faults.items()
        ]
    return [f"Made again: {name} {words}" for name, words in faults.items()]


def _write(result: SweepResult, name: str, path: Path) -> None:
    one = SCENARIO in result.manifest.get(FILES, {})
    write_csv(result.runs if one and name == "summary.csv" else getattr(result, Path(name).stem), path)


def summaries_of(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the summaries of a sweep, or of one scenario."""
    files = manifest.get(FILES, {})
    names = ("summary.csv", *_BY_COUNTRIES) if SCENARIO in files else SUMMARIES
    if manifest.get("experiment", {}).get("objectives") and SCENARIO not in files:
        names = (*names, WEIGHING, BEATS, TRADE_OFF)
    kept = manifest["output"].get("countries", "none") != "none"
    # a folder of an earlier version has no partnerships by start year
    return tuple(
        name for name in names
        if (kept or name not in _BY_COUNTRIES) and (name != BY_START_YEAR or START_YEARS in files)
    )  # fmt: skip


def write_summaries(result: SweepResult, shelf: Shelf) -> None:
    """Write every summary of a sweep."""
    for name in summaries_of(result.manifest):
        shelf.put(name, partial(_write, result, name))


def damaged_figures(folder: Path) -> Iterator[str]:
    """Files among the figures that are not whole, each under its name in the folder.

    The report draws some of them anew, so that no seal holds for long; a PNG has checksums of its own, and an SVG
    has one at its end.
    """
    for path in sorted((folder / FIGURES).glob("*")):
        if path.suffix in (".png", ".svg") and not is_whole(path):
            yield f"{FIGURES}/{path.name}"


def is_whole(path: Path) -> bool:
    """Whether a PNG or an SVG file is there to its end, and as its checksums say."""
    from ecosim.plots.house import as_marked

    try:
        content = path.read_bytes()
        if path.suffix == ".png":
            return _is_whole_png(content)
        ElementTree.fromstring(content)
        return as_marked(content)
    except (OSError, ElementTree.ParseError, ValueError, LookupError):
        return False


def _is_whole_png(content: bytes) -> bool:
    if not content.startswith(_PNG):
        return False
    place, kind = len(_PNG), b""
    while place + 12 <= len(content) and kind != b"IEND":
        (length,) = struct.unpack_from(">I", content, place)
        kind = content[place + 4 : place + 8]
        end = place + 8 + length
        if end + 4 > len(content) or zlib.crc32(content[place + 4 : end]) != struct.unpack_from(">I", content, end)[0]:
            return False
        place = end + 4
    return kind == b"IEND" and place == len(content)
