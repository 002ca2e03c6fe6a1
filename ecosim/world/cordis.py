"""Starting a run from a participation table in the shape in which CORDIS publishes real projects.

A run may begin with the real projects of such a table instead of a burn-in: which of them are under way at the start,
which are over, and which organisation of the population stands for which real one is settled here. The table itself is
read in :mod:`ecosim.world.participations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError
from ecosim.world.facts import ORGANISATION_TYPES, PROGRAMME_PARTS, SECTORS, World
from ecosim.world.participations import read
from ecosim.world.participations.codes import MOBILITY
from ecosim.world.participations.faults import MOST_UNKNOWN, counted
from ecosim.world.participations.opening import stamp

if TYPE_CHECKING:
    import pandas as pd

# ---------------------------------------------------------------------------------------------- starting from a table

#: Sector of the programme parts that are not sectors themselves (as in ``tools/tables/programme_parts.csv``).
_OTHER_PARTS = {
    "SWAFS": "societies",
    "SEWP": "societies",
    "Euratom": "energy",
    "Innovation in SMEs": "digital_and_industrial",
    "ARF": "digital_and_industrial",
    "": "digital_and_industrial",
}
_DAYS_PER_MONTH = 30.44


class ProjectArrays(NamedTuple):
    """Real projects as compiled loops take them; see :class:`RealProjects`."""

    start_month: NDArray[np.int32]
    planned_months: NDArray[np.int32]
    sector: NDArray[np.int8]
    first: NDArray[np.int64]
    organisation: NDArray[np.int32]
    grant_cents: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RealProjects:
    """Real projects begun, or granted, by a date, in the order of their start; members stand one after the other."""

    #: (P,) months from the date to the start (negative: begun), and planned length.
    start_month: NDArray[np.int32]
    planned_months: NDArray[np.int32]
    sector: NDArray[np.int8]
    #: (P + 1,) where each project's members begin; the coordinator is the first of them.
    first: NDArray[np.int64]
    #: (M,) place of each member among the real organisations, and its grant.
    organisation: NDArray[np.int32]
    grant_cents: NDArray[np.int64]
    #: (R,) country and type of each real organisation, and its participations here.
    country: NDArray[np.int16]
    kind: NDArray[np.int8]
    participations: NDArray[np.int32]
    #: What of the table begins the run, what does not and why, in one line.
    line: str = ""

    @property
    def arrays(self) -> ProjectArrays:
        """The projects and their members for compiled loops."""
        return ProjectArrays(
            self.start_month, self.planned_months, self.sector, self.first, self.organisation, self.grant_cents
        )

    def needed(self, n_countries: int) -> NDArray[np.int64]:
        """Real organisations by country and type, shape (C, T)."""
        counts = np.zeros((n_countries, len(ORGANISATION_TYPES)), dtype=np.int64)
        np.add.at(counts, (self.country, self.kind), 1)
        return counts


def load_projects(
    path: str, world: World, start: str, granted_months: int, scale: float, most_members: int
) -> RealProjects:  # fmt: skip
    """Real projects of a table as a run of this size may begin with them.

    Parameters
    ----------
    path : str
        The table, in any form that :func:`ecosim.world.participations.read` takes.
    world : World
        Countries; those it does not have join its rest of the world, or are left out where it has none.
    start : str
        Month in which the run begins (YYYY-MM).
    granted_months : int
        Projects that start within so many months have been granted by then.
    scale : float
        Share of the projects taken, by a hash of their number (at most all).
    most_members : int
        Larger consortia keep their coordinator and the members with most money.

    Raises
    ------
    InputError
        If the table cannot be used, no project of it is under way at the start, or the programme parts of many are not
        known: each project needs a sector.
    """
    return _load_projects(path, stamp(path), world, start, granted_months, min(scale, 1.0), most_members)


@lru_cache(maxsize=4)
def _load_projects(
    path: str, _stamp: Any, world: World, start: str, granted_months: int, scale: float, most_members: int
) -> RealProjects:  # fmt: skip
    import pandas as pd

    reading = read(path)
    if reading.unknown_parts > MOST_UNKNOWN:
        raise InputError(
            f"{path}, column 'programme_part'",
            problem=f"{100 * reading.unknown_parts:.0f} % of projects have a part that is not known, so no sector",
            allowed=f"{', '.join(PROGRAMME_PARTS)}, codes of CORDIS, or an empty column",
        )  # fmt: skip
    table = reading.table
    left_out = _Omissions(table)
    table = left_out.after(table.dropna(subset=["start_date", "end_date"]), "without a start or an end")
    mobility = {text: any(name.strip() in MOBILITY for name in text.split("|"))
                for text in table["programme_part"].unique()}  # fmt: skip
    kept = table[~table["programme_part"].map(mobility).astype(bool)]
    table = left_out.after(kept, "of mobility and single-researcher grants")
    span = "" if table.empty else (
        f"projects from {table['start_date'].min():%Y-%m} to {table['end_date'].max():%Y-%m}"
    )  # fmt: skip
    zero = pd.Timestamp(f"{start}-01")
    month = (table["start_date"].dt.year - zero.year) * 12 + table["start_date"].dt.month - zero.month
    days = (table["end_date"] - table["start_date"]).dt.days
    table = table.assign(
        start=month, planned=np.maximum(1, np.rint(days / _DAYS_PER_MONTH)).astype(int),
        place=_countries(table["country"], world), sector=_sectors(table["programme_part"]),
    )  # fmt: skip
    table = left_out.after(table[table["start"] < granted_months], "starting later")
    away = table["place"] < 0
    places = table["country"][away].nunique()
    left_out.members(int(away.sum()), f"of {counted(places, 'country', 'countries')} that world '{world.name}' lacks")
    table = table[~away]
    if scale < 1.0:
        hashed = pd.util.hash_array(table["project"].to_numpy()) / 2.0**64
        table = left_out.after(table[hashed < scale], f"not drawn at world.scale={scale:g}")
    members = table.groupby("project")["organisation"].transform("size")
    money = table.groupby("project")["ec_contribution"].transform("sum")
    table = left_out.after(table[(members >= 2) & (money >= 1.0)], "with one member or no money")
    if not (table["start"] + table["planned"] > 0).any():
        raise InputError(
            f"{path}, column 'start_date'",
            problem=f"no project is under way in {start} ({span or 'none that could be'}; not taken: {left_out})",
            allowed="timeline.start within the years of the table, or a larger world.scale",
        )  # fmt: skip
    table = table.assign(follows=table["role"] != "coordinator")
    table = table.sort_values(
        ["start", "project", "follows", "ec_contribution", "organisation"], ascending=[True, True, True, False, True],
        kind="stable",
    )  # fmt: skip
    seated = table[table.groupby("project").cumcount() < most_members]
    left_out.members(len(table) - len(seated), f"beyond the {most_members} of the largest consortia")
    table = seated
    projects = table.drop_duplicates("project")
    sizes = table.groupby("project", sort=False).size().to_numpy()
    number, _ = pd.factorize(table["organisation"], sort=True)
    once = np.unique(number, return_index=True)[1]
    kinds = {name: k for k, name in enumerate(ORGANISATION_TYPES)}
    return RealProjects(
        start_month=projects["start"].to_numpy(dtype=np.int32),
        planned_months=projects["planned"].to_numpy(dtype=np.int32),
        sector=projects["sector"].to_numpy(dtype=np.int8),
        first=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        organisation=number.astype(np.int32),
        grant_cents=np.maximum(0, np.rint(table["ec_contribution"].to_numpy() * 100.0)).astype(np.int64),
        country=table["place"].to_numpy(dtype=np.int16)[once],
        kind=table["activity_type"].map(kinds).to_numpy()[once].astype(np.int8),
        participations=np.bincount(number).astype(np.int32),
        line=f"Begins with {counted(len(projects), 'project')} and {counted(len(table), 'member')} of it, under way or "
        f"known in {start}. Not taken: {left_out}.",
    )


class _Omissions:
    """What is not taken from a table, counted step by step."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._projects = table["project"].nunique()
        self._said: list[str] = []

    def after(self, table: pd.DataFrame, why: str) -> pd.DataFrame:
        """Count the projects that are gone; returns the table."""
        left = table["project"].nunique()
        if left < self._projects:
            self._said.append(f"{counted(self._projects - left, 'project')} {why}")
        self._projects = left
        return table

    def members(self, number: int, why: str) -> None:
        """Count members that are gone."""
        if number:
            self._said.append(f"{counted(number, 'member')} {why}")

    def __str__(self) -> str:
        return "; ".join(self._said) or "nothing"


def _countries(codes: pd.Series, world: World) -> NDArray[np.int64]:
    places = {code: k for k, code in enumerate(world.cordis_codes)}
    rest = places.get("ZZ", -1)
    return codes.map(lambda code: places.get(code, rest)).to_numpy(dtype=np.int64)


def _sectors(parts: pd.Series) -> NDArray[np.int64]:
    known = dict(zip(PROGRAMME_PARTS, range(len(SECTORS)), strict=True))
    known |= {part: SECTORS.index(sector) for part, sector in _OTHER_PARTS.items()}

    def sector(text: str) -> int:
        names = [name.strip() for name in text.split("|")]
        chosen = next((name for name in names if name != "Innovation in SMEs"), names[0])
        return known.get(chosen, known[""])

    return parts.map({text: sector(text) for text in parts.unique()}).to_numpy(dtype=np.int64)


def rows_for(projects: RealProjects, organisations: NDArray[np.void]) -> NDArray[np.int32]:
    """Row of the population that stands for each real organisation, shape (R,).

    Within a country and type, the organisation with most participations takes the row of largest size, and so on; ties
    by number and content key.

    Parameters
    ----------
    organisations : ndarray
        Rows of dtype ``ORGANISATION``, with at least as many there from the start as are needed.
    """
    rows = np.full(len(projects.country), -1, dtype=np.int32)
    there = np.flatnonzero(organisations["arrival_month"] < 0)
    cell = organisations["country"][there].astype(np.int64) * len(ORGANISATION_TYPES) + organisations["type"][there]
    by_size = there[np.lexsort((organisations["key"][there], -organisations["size"][there], cell))]
    cell = np.sort(cell, kind="stable")
    mine = projects.country.astype(np.int64) * len(ORGANISATION_TYPES) + projects.kind
    order = np.lexsort((np.arange(len(mine)), -projects.participations, mine))
    ranked = mine[order]
    rank = np.arange(len(mine)) - np.searchsorted(ranked, ranked)
    rows[order] = by_size[np.searchsorted(cell, ranked) + rank]
    return rows
