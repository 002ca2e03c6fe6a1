"""A page of docs/ that is generated: write it, or check that it is up to date."""

from __future__ import annotations

import argparse
from pathlib import Path


def write_or_check(page: Path, text: str, description: str | None) -> None:
    """Write a page, or with ``--check`` on the command line only compare it, and exit with 1 if it is out of date.

    Parameters
    ----------
    page : Path
        The file.
    text : str
        What it is to hold.
    description : str, optional
        What the command does, for its help.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the page is out of date")
    if not parser.parse_args().check:
        page.write_text(text, encoding="utf-8")
    elif not page.exists() or page.read_text(encoding="utf-8") != text:
        parser.exit(1, f"{page.name} is out of date; run python tools/{parser.prog}\n")
