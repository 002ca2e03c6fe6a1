"""Who works with whom, on a map: before a shock, while it lasts, and at the end.

Outlines: Natural Earth, 1:110 million, public domain, thinned by ``tools/build_outlines.py``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.plots.house import in_house_style
from ecosim.plots.style import BLUE, VERMILION, new_figure, one_axes
from ecosim.world.facts import REST_CODE
from ecosim.world.tables import OUTLINES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Periods of ``pairs.parquet`` as a reader would say them.
PERIOD_TITLES = {"before": "the year before", "during": "second year", "after": "last year observed"}
#: Links drawn at most; the weakest are left out.
MOST_LINKS = 200
#: Countries hit that are named below a map; of more, only how many.
MOST_NAMED = 4
#: Points across the widest link.
_WIDEST = 5.0
#: Europe on its own map: longitudes, latitudes.
_EUROPE = (-25.0, 45.0, 34.0, 72.0)
#: Letters from which a country's code stands for its name.
_LONG_NAME = 16
_LAND, _BORDER, _SEA = "#ececec", "#ffffff", "#ffffff"


@dataclass(frozen=True)
class Outline:
    """One country: its name, a point for its links, and its coast and borders in degrees."""

    name: str
    point: tuple[float, float]
    rings: tuple[NDArray[np.float64], ...]


@lru_cache(maxsize=1)
def outlines() -> dict[str, Outline]:
    """Outlines of all countries by ISO 3 code."""
    raw = json.loads(OUTLINES.read_text(encoding="utf-8"))
    return {
        code: Outline(
            item["name"], tuple(item["point"]), tuple(np.array(ring, float).reshape(-1, 2) for ring in item["rings"])
        )
        for code, item in raw.items()
    }


@dataclass(frozen=True)
class Frame:
    """What part of the earth is shown, and how it is laid flat."""

    europe: bool

    def project(self, points: ArrayLike) -> NDArray[np.float64]:
        """Degrees (longitude, latitude) to the plane, both equal-area."""
        longitude, latitude = np.radians(np.atleast_2d(np.asarray(points, dtype=np.float64))).T
        if self.europe:
            return _azimuthal(longitude, latitude, np.radians(10.0), np.radians(52.0))
        return _equal_earth(longitude, latitude)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Least and greatest x and y shown."""
        if not self.europe:
            x, _ = self.project([(180.0, 0.0)])[0]
            return -x, x, self.project([(0.0, -57.0)])[0, 1], self.project([(0.0, 80.0)])[0, 1]
        return -0.42, 0.43, -0.33, 0.36


def _azimuthal(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64], centre: float, parallel: float
) -> NDArray[np.float64]:
    """Lambert azimuthal equal-area (Snyder 1987, Map projections: a working manual, equations 24-2 to 24-4)."""
    difference = longitude - centre
    cosine = np.sin(parallel) * np.sin(latitude) + np.cos(parallel) * np.cos(latitude) * np.cos(difference)
    k = np.sqrt(2.0 / np.maximum(1.0 + cosine, 1e-6))
    x = k * np.cos(latitude) * np.sin(difference)
    y = k * (np.cos(parallel) * np.sin(latitude) - np.sin(parallel) * np.cos(latitude) * np.cos(difference))
    return np.column_stack([x, y])


def _equal_earth(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Equal Earth (Savric, Patterson and Jenny 2019, doi 10.1080/13658816.2018.1504949)."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = np.arcsin(np.sqrt(3.0) / 2.0 * np.sin(latitude))
    x = 2.0 * np.sqrt(3.0) * longitude * np.cos(t) / (3.0 * (9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1))
    y = a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t
    return np.column_stack([x, y])


@lru_cache(maxsize=2)
def land_of(frame: Frame) -> tuple[tuple[str, NDArray[np.float64]], ...]:
    """Coasts and borders laid flat, by country, as far as a frame shows them."""
    left, right, bottom, top = frame.box
    flat = [(code, frame.project(ring)) for code, outline in outlines().items() for ring in outline.rings]
    return tuple(
        (code, points)
        for code, points in flat
        if points[:, 0].max() >= left
        and points[:, 0].min() <= right
        and points[:, 1].max() >= bottom
        and points[:, 1].min() <= top
    )


def frame_for(joint: pd.Series) -> Frame:
    """Europe when most joint work is there, else the world.

    Parameters
    ----------
    joint : Series
        Joint work by country (ISO 3).
    """
    known = outlines()
    west, east, south, north = _EUROPE
    within = [
        code for code in joint.index
        if code in known and west <= known[code].point[0] <= east and south <= known[code].point[1] <= north
    ]  # fmt: skip
    return Frame(europe=bool(joint.loc[within].sum() > 0.6 * joint.sum()))


def _by_country(pairs: pd.DataFrame) -> pd.Series:
    """Joint work across borders by country; each pair counts for both."""
    import pandas as pd

    one = pairs.groupby("country_a")["person_months"].sum()
    return (
        one.add(pairs.groupby("country_b")["person_months"].sum(), fill_value=0.0)
        if len(pairs)
        else pd.Series(dtype=float)
    )


@in_house_style
def pair_map(
    pairs: pd.DataFrame,
    targets: tuple[str, ...] = (),
    frame: Frame | None = None,
    widest: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Links between countries, as wide as their joint work; links of the countries hit in another colour.

    Parameters
    ----------
    pairs : DataFrame
        ``country_a``, ``country_b`` (ISO 3), ``person_months``: one run in one period.
    targets : tuple of str
        Countries hit.
    frame : Frame, optional
        Part of the earth; by default where most work is.
    widest : float, optional
        Person-months of the widest link, to compare maps; by default the largest here.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Notes
    -----
    Countries beyond the map stand at its edge, in their direction. The aggregated rest of the world has no place and
    is left out.
    """
    from matplotlib.collections import LineCollection, PolyCollection

    ax = one_axes(ax, width=6.0, height=5.2)
    known = outlines()
    foreign = pairs[
        (pairs["country_a"] != pairs["country_b"]) & pairs["country_a"].isin(known) & pairs["country_b"].isin(known)
    ]
    joint = _by_country(foreign)
    frame = frame or frame_for(joint)
    left, right, *_ = frame.box
    land = land_of(frame)
    rings = [flat for _, flat in land]
    colours = ["#f6d3c0" if code in targets else _LAND for code, _ in land]
    ax.add_collection(PolyCollection(rings, facecolors=colours, edgecolors="#c4c4c4", linewidths=0.4))
    codes = list(dict.fromkeys([*(str(code) for code in joint.index), *(code for code in targets if code in known)]))
    places = at_the_edge({code: frame.project([known[code].point])[0] for code in codes}, frame.box)
    strongest = foreign.nlargest(MOST_LINKS, "person_months").iloc[::-1]
    widest = widest or float(foreign["person_months"].max()) if len(foreign) else 1.0
    ends = list(zip(strongest["country_a"], strongest["country_b"], strongest["person_months"], strict=True))
    for hit in (False, True):
        chosen = [(a, b, w) for a, b, w in ends if (a in targets or b in targets) == hit]
        ax.add_collection(
            LineCollection(
                [_arc(places[a], places[b]) for a, b, _ in chosen], colors=VERMILION if hit else BLUE,
                linewidths=[max(0.25, _WIDEST * w / widest) for *_, w in chosen], alpha=0.75 if hit else 0.45,
                capstyle="round", zorder=3 if hit else 2,
            )
        )  # fmt: skip
    outside = [code for code in codes if not inside(frame.project([known[code].point])[0], frame.box)]
    within = [code for code in codes if code not in outside]
    if codes:
        for group, marker, size in ((within, "o", 9), (outside, "s", 16)):
            if group:
                colour = [VERMILION if code in targets else "black" for code in group]
                face = colour if group is within else "white"
                dots = np.array([places[code] for code in group])
                ax.scatter(
                    dots[:, 0], dots[:, 1], s=size, c=face, edgecolors=colour, marker=marker, zorder=4, linewidths=0.7
                )
    named = [str(code) for code in [*(t for t in targets if t in places), *joint.nlargest(9).index, *outside]]
    for code in dict.fromkeys(named):
        to_left = places[code][0] > right - 0.1 * (right - left)
        ax.annotate(
            code, (places[code][0], places[code][1]), xytext=(-4 if to_left else 3, 3), textcoords="offset points",
            fontsize=7, zorder=5, ha="right" if to_left else "left", color=VERMILION if code in targets else "black",
            fontweight="bold" if code in targets else "normal",
        )  # fmt: skip
    as_map(ax, frame)
    return ax


def as_map(ax: Axes, frame: Frame) -> None:
    """Show a frame's part of the earth and nothing of an axis."""
    left, right, bottom, top = frame.box
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.set_aspect("equal")
    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color("#c4c4c4")


def country_name(code: str) -> str:
    """A country as a reader would write it: its name, or its code where that is shorter than a long name."""
    if code == REST_CODE:
        return "rest of the world"
    known = outlines().get(code)
    return known.name if known is not None and len(known.name) <= _LONG_NAME else code


def inside(place: NDArray[np.float64], box: tuple[float, float, float, float]) -> bool:
    """Whether a place lies on the map."""
    left, right, bottom, top = box
    return bool(left <= place[0] <= right and bottom <= place[1] <= top)


def at_the_edge(
    places: dict[str, NDArray[np.float64]], box: tuple[float, float, float, float]
) -> dict[str, NDArray[np.float64]]:
    """Move what lies beyond the map to just inside its edge, on the way from the middle, without overlap."""
    left, right, bottom, top = box
    margin = 0.05 * (right - left)
    middle = np.array([(left + right) / 2, (bottom + top) / 2])
    half = np.array([(right - left) / 2 - margin, (top - bottom) / 2 - margin])
    found: dict[str, NDArray[np.float64]] = {}
    taken: list[NDArray[np.float64]] = []
    for code, place in places.items():
        if inside(place, box):
            found[code] = place
            continue
        way = place - middle
        spot = middle + way / np.max(np.abs(way) / half)
        across = np.array([0.0, -1.0]) if abs(way[0]) / half[0] > abs(way[1]) / half[1] else np.array([1.0, 0.0])
        while any(np.hypot(*(spot - other)) < 0.9 * margin for other in taken):
            spot = spot + 0.5 * margin * across
        taken.append(spot)
        found[code] = spot
    return found


def _arc(a: NDArray[np.float64], b: NDArray[np.float64], bend: float = 0.12, points: int = 12) -> NDArray[np.float64]:
    """A gently bent line, so that links over the same ground stay apart."""
    t = np.linspace(0.0, 1.0, points)[:, None]
    middle = (a + b) / 2 + bend * np.array([-(b - a)[1], (b - a)[0]])
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * middle + t**2 * b


@in_house_style
def partner_maps(pairs: pd.DataFrame, design: pd.DataFrame, point: dict[str, object], replicate: int) -> Figure:
    """Three maps of one replicate: before, during and after a shock, with links on one scale.

    Parameters
    ----------
    pairs : DataFrame
        Table of the store.
    design : DataFrame
        Table of the store.
    point : dict
        Row of the design table to show.
    replicate : int
        Which replicate.
    """
    own = pairs[(pairs["history_id"] == point["history_id"]) & (pairs["replicate"] == replicate)]
    before = own[(own["arm"] == "twin") & (own["period"] == "before")]
    shocked = own[(own["arm"] == "shocked") & (own["design_id"] == point["design_id"])]
    twin = own[own["arm"] == "twin"]
    targets = hit_countries(shocked)
    foreign = before[before["country_a"] != before["country_b"]]
    frame = frame_for(_by_country(foreign))
    widest = float(foreign["person_months"].max()) if len(foreign) else None
    shape = frame.box
    aspect = (shape[3] - shape[2]) / (shape[1] - shape[0])
    if frame.europe:
        figure, axes = new_figure(1, 3, width=10.5, height=3.5 * aspect + 0.55)
    else:
        # the world is wide: one below the other
        figure, axes = new_figure(3, 1, width=8.0, height=3 * (7.8 * aspect + 0.6))
    for ax, period in zip(axes.flat, PERIOD_TITLES, strict=True):
        part = before if period == "before" else shocked[shocked["period"] == period]
        pair_map(part, targets, frame, widest, ax=ax)
        total = _across(part)
        title = PERIOD_TITLES[period]
        if period != "before":
            calm = _across(twin[twin["period"] == period])
            title += f": {round(100 * (total / calm - 1)):+d} % against the twin" if calm > 0 else ""
        ax.set_title(title, fontsize=10)
        if targets:
            share = _across(part[part["country_a"].isin(targets) | part["country_b"].isin(targets)]) / max(total, 1e-9)
            links = ", ".join(targets) if len(targets) <= MOST_NAMED else f"the {len(targets)} countries hit"
            ax.set_xlabel(f"links of {links}: {100 * share:.0f} % of joint work", fontsize=9, color=VERMILION)
    return figure


def _across(part: pd.DataFrame) -> float:
    return float(part.loc[part["country_a"] != part["country_b"], "person_months"].sum())


def hit_countries(shocked: pd.DataFrame) -> tuple[str, ...]:
    """Countries a shock hits, from rows of ``pairs.parquet``; none named when it hits all."""
    named = [text for text in shocked["targets"].dropna().unique() if text and text != "all"]
    return tuple(named[0].split()) if named else ()
