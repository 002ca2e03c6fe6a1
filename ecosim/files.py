"""Files that are there whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, which takes its name when its last byte is there.

    Two processes may write the same file: one of them is there in the end, whole.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is as it was.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
