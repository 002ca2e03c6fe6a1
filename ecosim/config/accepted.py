"""The points of the fitted parameters that the data do not rule out; made by ``tools/calibrate.py``.

No row of the data singles out one point, so a sweep that draws parameters draws one of these points per replicate, all
of its values together: alone, each would lose what it trades off against.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("accepted.csv")


@cache
def accepted_points() -> dict[str, tuple[float, ...]]:
    """Values of each parameter over the accepted points, by dotted key; of a tuple, ``KEY.ELEMENT``.

    The values at one place belong together. Empty while no point has been accepted.
    """
    if not _FILE.exists():
        return {}
    with _FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {name: tuple(float(row[name]) for row in rows) for name in (rows[0] if rows else {})}
