#!/usr/bin/env python
"""Build ``ecosim/world/data/outlines.json`` from Natural Earth's country outlines at 1:110 million (public domain).

    python tools/build_outlines.py --raw FOLDER [--out ecosim/world/data/outlines.json]

``FOLDER`` holds ``world_outlines_110m.geojson``. Outlines are thinned (Douglas and Peucker 1973), Antarctica and islets
are left out, and countries too small for the scale get a point. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RAW = "world_outlines_110m.geojson"
DEFAULT_OUT = Path(__file__).resolve().parent.parent / "ecosim" / "world" / "data" / "outlines.json"
#: Degrees a thinned outline may stray.
TOLERANCE = 0.08
#: Square degrees below which a further polygon of a country is left out.
SMALLEST = 0.15
#: Longitude and latitude of capitals: of countries the scale leaves out, and where the centre is far from the people.
CAPITALS = {"MLT": ("Malta", 14.51, 35.90), "RUS": ("Russia", 37.62, 55.75), "SGP": ("Singapore", 103.85, 1.29)}
LEFT_OUT = ("ATA",)


def thin(points: NDArray[np.float64], tolerance: float = TOLERANCE) -> NDArray[np.float64]:
    """Leave out points nearer than ``tolerance`` to the line through those kept (Douglas and Peucker)."""
    keep = np.zeros(len(points), dtype=np.bool_)
    keep[[0, -1]] = True
    stack = [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        a, b = points[first], points[last]
        inner = points[first + 1 : last]
        along = b - a
        length = float(np.hypot(*along))
        if length == 0.0:
            distance = np.hypot(*(inner - a).T)
        else:
            distance = np.abs(along[0] * (inner[:, 1] - a[1]) - along[1] * (inner[:, 0] - a[0])) / length
        worst = int(np.argmax(distance))
        if distance[worst] > tolerance:
            keep[first + 1 + worst] = True
            stack += [(first, first + 1 + worst), (first + 1 + worst, last)]
    return points[keep]


def area(ring: NDArray[np.float64]) -> float:
    """Square degrees inside a closed ring."""
    x, y = ring.T
    return abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2.0


def centre(ring: NDArray[np.float64]) -> tuple[float, float]:
    """Centre of mass of a closed ring."""
    x, y = ring.T
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    double = cross.sum()
    return (
        round(float(((x[:-1] + x[1:]) * cross).sum() / (3.0 * double)), 2),
        round(float(((y[:-1] + y[1:]) * cross).sum() / (3.0 * double)), 2),
    )


def outlines(raw: dict[str, Any]) -> dict[str, Any]:
    """Name, point and thinned rings (flat lists of longitude and latitude) by ISO 3 code."""
    found: dict[str, Any] = {}
    for feature in raw["features"]:
        code = feature["properties"]["iso3"]
        if code in LEFT_OUT:
            continue
        geometry = feature["geometry"]
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        rings = sorted((np.array(polygon[0], dtype=np.float64) for polygon in polygons), key=area, reverse=True)
        rings = [ring for k, ring in enumerate(rings) if k == 0 or area(ring) >= SMALLEST]
        thinned = [np.round(thin(ring), 2) for ring in rings]
        found[code] = {
            "name": feature["properties"]["name"],
            "point": centre(rings[0]),
            "rings": [[_short(value) for value in ring.ravel()] for ring in thinned if len(ring) >= 4],
        }
    for code, (name, longitude, latitude) in CAPITALS.items():
        found.setdefault(code, {"name": name, "rings": []})["point"] = (longitude, latitude)
    return dict(sorted(found.items()))


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else float(value)


def main() -> None:
    """Read, thin, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path, required=True, help=f"folder with {RAW}")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    options = parser.parse_args()
    raw = json.loads((options.raw / RAW).read_text(encoding="utf-8"))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(outlines(raw), separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
