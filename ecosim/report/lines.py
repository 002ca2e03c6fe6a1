"""What every screen is made of: its size, and lines that fit."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

#: What fits.
LINES, COLUMNS = 24, 80


def wrapped(text: str) -> list[str]:
    """A text in lines of the screen."""
    return textwrap.wrap(text, COLUMNS)


def cut(text: str, width: int) -> str:
    """A name in at most so many letters."""
    return text if len(text) <= width else text[: width - 1] + "."


def quoted(names: Sequence[str]) -> str:
    """Names in quotes, as a list in a sentence."""
    *others, last = (f'"{name}"' for name in names)
    return f"{', '.join(others)} and {last}" if others else last
