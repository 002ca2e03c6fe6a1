"""Seals: what tells a file of results as it was written from one that was damaged or changed since.

A seal is a file's length and CRC-32. The manifest keeps one of every file, and a digest of itself; they are compared
when a folder is opened. Parquet's own checksums, which are verified on every read, cover the pages of a table but not
what the file says of them; the seal covers all of it. A CRC-32 tells every flipped bit and every cut, and reads a
gigabyte in a fraction of a second. It is no protection against somebody who wants to deceive.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ecosim.files import write_whole
from ecosim.report.folder import MANIFEST

#: Key of a manifest under which its own digest stands, of its files' seals, and of those about to be written.
DIGEST, FILES, PENDING = "digest", "files", "pending"
#: Bytes looked at in one go, and files at once.
_STEP, _THREADS = 1 << 24, 4

Seal = dict[str, Any]


def seal_of(content: bytes) -> Seal:
    """The seal of some bytes."""
    return {"bytes": len(content), "crc32": f"{zlib.crc32(content):08x}"}


def seal_of_file(path: Path) -> Seal:
    """The seal of a file."""
    checksum = 0
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content, memoryview(content) as view:
                for start in range(0, size, _STEP):
                    with view[start : start + _STEP] as piece:
                        checksum = zlib.crc32(piece, checksum)
    return {"bytes": size, "crc32": f"{checksum:08x}"}


def wrong(path: Path, *seals: Mapping[str, Any]) -> str:
    """What is wrong with a file that should have one of these seals, in words; empty when nothing is."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            return "is no file"
        if all(size != seal.get("bytes") for seal in seals):
            least = seals[0].get("bytes")
            return f"has {size} bytes in place of {least}: it was cut short or changed since it was written"
        if seal_of_file(path) not in [dict(seal) for seal in seals]:
            return "is damaged, or was changed since it was written (its checksum is another)"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return ""


def broken(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Files that are not as the manifest says, by name, with what is wrong; those of older folders have no seals.

    Parameters
    ----------
    folder : Path
        Folder of results.
    manifest : mapping
        Its manifest. Of a file that was being replaced when a sweep ended, either seal is right.
    """
    known = seals_of(manifest)
    for name in set(known) - set(manifest.get(FILES) or {}):
        # it may never have come to be
        if not (folder / name).exists():
            del known[name]
    with ThreadPoolExecutor(_THREADS) as threads:
        found = threads.map(lambda name: wrong(folder / name, *known[name]), known)
        return {name: words for name, words in zip(known, found, strict=True) if words}


def seals_of(manifest: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Seals that a file may have, by its name: as it was last written, and as it was about to be."""
    known: dict[str, list[Mapping[str, Any]]] = {}
    for section in (FILES, PENDING):
        for name, seal in (manifest.get(section) or {}).items():
            known.setdefault(name, []).append(seal)
    return known


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """A manifest as it is written, with the digest of all that it says."""
    plain = json.loads(json.dumps({name: item for name, item in manifest.items() if name != DIGEST}, default=str))
    return json.dumps({**plain, DIGEST: _digest(plain)}, indent=1) + "\n"


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write a folder's manifest, whole or not at all."""
    write_whole(folder / MANIFEST, manifest_text(manifest).encode("utf-8"))


def is_as_written(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest that was read says what was written; that of an older folder cannot tell."""
    rest = {name: item for name, item in manifest.items() if name != DIGEST}
    return DIGEST not in manifest or manifest[DIGEST] == _digest(rest)


def is_vouched_for(folder: Path) -> bool:
    """Whether a folder has a manifest with a digest of itself that is right."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and DIGEST in manifest and is_as_written(manifest)


def _digest(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:32]
