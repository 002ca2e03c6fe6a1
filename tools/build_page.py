#!/usr/bin/env python3
"""Build the page's front end: ``ecosim/page/shell.html`` and ``ecosim/page/LICENCES.txt``.

    python tools/build_page.py [--out ecosim/page]

Needs Node 20.19 or newer, and the npm registry the first time. The same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "ecosim" / "page"
FRONT = PAGE / "front"
#: What is built, and what it is called afterwards.
MADE = {"index.html": "shell.html", "LICENCES.txt": "LICENCES.txt"}


def build(out: Path, front: Path = FRONT) -> list[Path]:
    """Check and bundle the front end.

    Parameters
    ----------
    out : Path
        Folder for the two files.
    front : Path, optional
        Folder of the sources.

    Returns
    -------
    list of Path
        The files made.

    Raises
    ------
    SystemExit
        If there is no npm, or if it fails; it has then said why.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not installed: the front end is built with Node 20.19 or newer")
    with tempfile.TemporaryDirectory() as folder:
        steps = [[npm, "run", "--silent", "build", "--", "--outDir", folder, "--emptyOutDir"]]
        if not (front / "node_modules").is_dir():
            steps.insert(0, [npm, "ci", "--no-audit", "--no-fund"])
        for step in steps:
            if subprocess.run(step, cwd=front, env={**os.environ, "CI": "1"}).returncode:
                raise SystemExit(f"{' '.join(step[1:3])} failed")
        made = []
        for name, called in MADE.items():
            made.append(out / called)
            shutil.copyfile(Path(folder) / name, made[-1])
    return made


def main() -> None:
    """Build into the package, or elsewhere."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=PAGE)
    for path in build(parser.parse_args().out):
        print(path)


if __name__ == "__main__":
    main()
