"""Reading a participation table stage by stage, and the line that says what was read and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.errors import InputError, shown
from ecosim.world.iso import REST
from ecosim.world.participations.codes import MOBILITY, ROLES, activity_types, countries, parts_of, roles
from ecosim.world.participations.faults import MOST_UNKNOWN, blank, counted, each, fault, most_common
from ecosim.world.participations.opening import Opened, open_tables, stamp
from ecosim.world.participations.text import Cells, is_total
from ecosim.world.participations.values import dates, identifiers, money, month_first, numbers_if_all

if TYPE_CHECKING:
    import pandas as pd

#: Half of all grants below so much is rare in the programmes that CORDIS describes: the unit may be another.
_SMALL_EUR = 1000.0


@dataclass(frozen=True, eq=False)
class Reading:
    """A table as read, and what was found on the way."""

    #: The required columns and ``programme_part``; one row per organisation and project.
    table: pd.DataFrame
    #: What was given.
    path: str
    #: What is not in the table although it is in the file, each in a few words.
    left_out: tuple[str, ...]
    #: What was decided on the way, or is worth knowing.
    notes: tuple[str, ...]
    #: Share of projects whose part is given and not known.
    unknown_parts: float

    @property
    def line(self) -> str:
        """What was read, in one line."""
        table = self.table
        codes = set(table["country"])
        rest = REST in codes
        places = counted(len(codes) - rest, "country", "countries") + (" and the rest of the world" if rest else "")
        text = (
            f"Read {self.path}: {counted(len(table), 'row')}, {counted(table['project'].nunique(), 'project')}, "
            f"{counted(table['organisation'].nunique(), 'organisation')}, {places}, "
            f"{table['ec_contribution'].sum():,.0f} EUR."
        )
        text += f" Left out: {'; '.join(self.left_out) or 'nothing'}."
        if self.notes:
            text += f" Noted: {'; '.join(self.notes)}."
        return " ".join(text.split())


def read(path: str | Path) -> Reading:
    """Read and check a table of participations; the same files are read once.

    Parameters
    ----------
    path : str or Path
        A table (``.csv``, ``.tsv``, ``.txt``, ``.parquet``, ``.xlsx``, also packed with gzip, bzip2 or xz), or a CORDIS
        download: its zip, its folder, or ``organization.csv`` or ``project.csv`` with the other beside it.

    Returns
    -------
    Reading
        The table and what is said of it. Do not write into the table: it is kept.

    Raises
    ------
    InputError
        In one line naming the file, the column, the row and the value of the first fault, and what is allowed.
    """
    return _read(str(path), stamp(path))


@lru_cache(maxsize=4)
def _read(path: str, _stamp: Any) -> Reading:
    try:
        return _assembled(open_tables(path))
    except MemoryError:
        raise InputError(path, problem="is too large for the memory of this computer") from None


class _Said:
    """Notes and omissions, collected over the stages."""

    def __init__(self) -> None:
        self.left_out: list[str] = []
        self.notes: list[str] = []

    def leave_out(self, *texts: str) -> None:
        self.left_out += [text for text in texts if text]

    def note(self, *texts: str) -> None:
        self.notes += [text for text in texts if text]


def _assembled(opened: Opened) -> Reading:
    import pandas as pd

    said = _Said()
    where, title = opened.where, opened.table.found.title
    said.note(*opened.table.notes)
    said.leave_out(*opened.table.left_out)
    cells = _rows_with_members(where, opened.table, said)
    table = pd.DataFrame(index=cells.index)
    for name in ("project", "organisation"):
        table[name] = cells[name]
    for name, read_codes in (("country", countries), ("role", roles), ("activity_type", activity_types)):
        codes, note = read_codes(where, title[name], cells[name])
        table[name] = codes
        said.note(note)
    euros, note = money(where, title["ec_contribution"], cells["ec_contribution"], opened.table.found.euros)
    table["ec_contribution"] = euros
    said.note(note)
    if opened.projects is None:
        about = _project_columns(where, opened.table, cells)
        for name in about.columns:
            table[name] = about[name]
    else:
        table = _joined(opened, opened.projects, table, said)
    # after the projects are joined by the text of their number
    for name in ("project", "organisation"):
        table[name] = numbers_if_all(table[name])
    unknown = _unknown_parts(table, said)
    table = _left_early(table, cells, said)
    table = _one_project_one_date(table, said)
    table = _end_after_start(where, title, table, said)
    table = _one_row_per_member(opened, table, said)
    _remarks(table, said)
    table = table[[*_ORDER, "programme_part"]].reset_index(drop=True)
    return Reading(table, opened.label, tuple(said.left_out), tuple(said.notes), unknown)


#: Order of the columns of the table.
_ORDER = (
    "project",
    "organisation",
    "country",
    "role",
    "activity_type",
    "ec_contribution",
    "start_date",
    "end_date",
)


# ---------------------------------------------------------------------------------------------- rows


def _rows_with_members(where: str, opened: Cells, said: _Said) -> pd.DataFrame:
    """Rows that name a project and an organisation, without rows of totals."""
    table, title = opened.table, opened.found.title
    if table.empty:
        raise fault(where, title["project"], opened.header_row + 1, "the table has no rows",
                    "at least one participation")  # fmt: skip
    table = table.assign(**{name: identifiers(where, title[name], table[name]) for name in ("project", "organisation")})
    nameless = (table["project"] == "").to_numpy() | (table["organisation"] == "").to_numpy()
    no_code = blank(table["country"]) & blank(table["role"])
    starts = np.array(each(table["project"], is_total)) | np.array(each(table["organisation"], is_total))
    for name in ("role", "activity_type", "country"):
        starts |= nameless & np.array(each(table[name], is_total))
    # a row of totals says so where its number should be, or stands at the end without one
    tail = np.flip(np.logical_and.accumulate(np.flip(nameless & no_code)))
    totals = (starts & (no_code | nameless)) | tail
    if totals.all():
        raise fault(where, title["project"], opened.header_row + 1, "the table has no rows",
                    "at least one participation")  # fmt: skip
    if totals.any():
        said.leave_out(f"{counted(int(totals.sum()), 'row')} of totals")
    table, nameless = table[~totals], nameless[~totals]
    if nameless.any():
        number = int(nameless.sum())
        if number > MOST_UNKNOWN * len(table):
            place = int(nameless.argmax())
            name = "project" if table["project"].iloc[place] == "" else "organisation"
            raise fault(where, title[name], int(table.index[place]), f"is empty ({number:,} of {len(table):,} rows)",
                        "an identifier")  # fmt: skip
        said.leave_out(f"{counted(number, 'row')} without a project or an organisation")
    return table[~nameless]


# ---------------------------------------------------------------------------------------------- projects


def _project_columns(where: str, opened: Cells, cells: pd.DataFrame) -> pd.DataFrame:
    """Dates and programme part of every row of a table that holds them."""
    import pandas as pd

    title = opened.found.title
    names = ("start_date", "end_date")
    swapped = month_first(where, {title[name]: cells[name] for name in names if cells[name].dtype == object})
    table = pd.DataFrame(index=cells.index)
    for name in names:
        table[name] = dates(where, title[name], cells[name], swapped, last=name == "end_date")
    codes = cells["programme_part"] if "programme_part" in cells else pd.Series("", index=cells.index, dtype=object)
    topics = cells["topics"] if "topics" in cells else pd.Series("", index=cells.index, dtype=object)
    both = pd.Series(list(zip(codes, topics, strict=True)), index=cells.index, dtype=object)
    parts = each(both, lambda pair: parts_of(*pair))
    table["programme_part"] = [part for part, _ in parts]
    table["known"] = np.array([known for _, known in parts], dtype=bool)
    return table


def _joined(opened: Opened, projects: Cells, table: pd.DataFrame, said: _Said) -> pd.DataFrame:
    """Give every member the dates and the part of its project."""
    where = opened.where_projects
    cells = projects.table
    if cells.empty:
        raise fault(where, projects.found.title["project"], 2, "the table has no rows", "at least one project")
    said.note(*projects.notes)
    said.leave_out(*(f"{text} of the projects" for text in projects.left_out))
    cells = cells.assign(project=identifiers(where, projects.found.title["project"], cells["project"]))
    cells = cells[(cells["project"] != "") & ~np.array(each(cells["project"], is_total))]
    about = _project_columns(where, projects, cells).assign(project=cells["project"])
    twice = int(about["project"].duplicated().sum())
    if twice:
        differ = about.drop_duplicates()["project"].duplicated().any()
        said.note(f"{counted(twice, 'project')} twice in {Path(where).name}" + (", the first taken" if differ else ""))
        about = about.drop_duplicates("project")
    here = table["project"].isin(set(about["project"])).to_numpy()
    if not here.any():
        first = int(table.index[0])
        problem = f"'{shown(table['project'].iloc[0], 30)}' is not in {Path(where).name}, nor is any other project"
        raise fault(opened.where, opened.table.found.title["project"], first, problem, "two files of one download")
    if not here.all():
        lost = table["project"][~here]
        said.leave_out(
            f"{counted(len(lost), 'row')} of {counted(lost.nunique(), 'project')} that {Path(where).name} does not have"
        )
    empty = len(set(about["project"]) - set(table["project"]))
    if empty:
        said.note(f"{counted(empty, 'project')} without a member")
    index = table.index[here]
    return table[here].merge(about, on="project", how="left").set_axis(index, axis=0)


def _unknown_parts(table: pd.DataFrame, said: _Said) -> float:
    """Share of projects whose part is given and not known; they are named."""
    unknown = ~table["known"].to_numpy(dtype=bool)
    if not unknown.any():
        return 0.0
    named = most_common(table["programme_part"][unknown])
    said.note(
        f"{counted(int(unknown.sum()), 'row')} with a programme part not known ({named}), "
        "kept as written: mobility and single-researcher grants cannot be told among them"
    )
    return float(table["project"][unknown].nunique() / table["project"].nunique())


_YES = frozenset(("true", "yes", "1", "1.0", "t", "y", "wahr", "vrai"))


def _left_early(table: pd.DataFrame, cells: pd.DataFrame, said: _Said) -> pd.DataFrame:
    """Say how many left before the end; they were members, and count."""
    if "end_of_participation" in cells:
        ended = np.array(each(cells["end_of_participation"], lambda value: str(value).strip().lower() in _YES))
        here = cells.index.isin(table.index)
        number = int((ended & here).sum())
        if number:
            said.note(f"{counted(number, 'member')} who left before the end, counted as members")
    return table


def _one_project_one_date(table: pd.DataFrame, said: _Said) -> pd.DataFrame:
    """A project begins once and ends once: where its rows differ, from the first start to the last end."""
    groups = table.groupby("project", sort=False)
    first, last = groups["start_date"].transform("min"), groups["end_date"].transform("max")
    differ = np.zeros(len(table), dtype=bool)
    for name, one in (("start_date", first), ("end_date", last)):
        differ |= ((table[name] != one) & (table[name].notna() | one.notna())).to_numpy()
    if differ.any():
        number = table["project"][differ].nunique()
        said.note(f"{counted(number, 'project')} whose rows differ in dates: from the first start to the last end")
        table = table.assign(start_date=first, end_date=last)
    parts = groups["programme_part"].transform("nunique")
    if (parts > 1).any():
        mixed = table[parts > 1]
        joined = {
            project: "|".join(dict.fromkeys(piece for text in texts if text for piece in text.split("|")))
            for project, texts in mixed.groupby("project", sort=False)["programme_part"]
        }
        said.note(f"{counted(len(joined), 'project')} whose rows differ in programme part: all of them taken")
        texts = [joined.get(project, text) for project, text in
                 zip(table["project"], table["programme_part"], strict=True)]  # fmt: skip
        table = table.assign(programme_part=texts)
    return table


def _end_after_start(where: str, title: dict[str, str], table: pd.DataFrame, said: _Said) -> pd.DataFrame:
    """Leave out projects that end before they start."""
    wrong = (table["end_date"] < table["start_date"]).to_numpy()
    if not wrong.any():
        return table
    bad, projects = table[wrong], table["project"].nunique()
    number = bad["project"].nunique()
    named = ", ".join(f"'{project}'" for project in dict.fromkeys(bad["project"].head(1000).astype(str).tolist()[:3]))
    first = bad.iloc[0]
    if 2 * number > projects:
        raise fault(
            where, title.get("end_date", "end_date"), int(bad.index[0]),
            f"{first['end_date']:%Y-%m-%d} is before the start {first['start_date']:%Y-%m-%d}, as in {number:,} of "
            f"{projects:,} projects", "an end after the start: are the two columns exchanged?",
        )  # fmt: skip
    said.leave_out(
        f"{counted(number, 'project')} ({counted(len(bad), 'row')}) that end{'s' * (number == 1)} before "
        f"{'it starts' if number == 1 else 'they start'} ({named}{', ...' if number > 3 else ''})"
    )
    return table[~wrong]


def _one_row_per_member(opened: Opened, table: pd.DataFrame, said: _Said) -> pd.DataFrame:
    """Join the rows of an organisation in one project: their money is added, the highest role holds."""
    keys = ["project", "organisation"]
    twice = table.duplicated(keys, keep=False).to_numpy()
    if not twice.any():
        return table
    rows, members = int(twice.sum()), int(table[twice].drop_duplicates(keys).shape[0])
    copies = _copies(opened, table)
    if copies >= 3 and 2 * copies >= len(table):
        raise fault(
            opened.where, opened.table.found.title["organisation"], int(table.index[0]),
            f"half of the rows or more ({copies:,} of {len(table):,}) repeat another word for word", "each row once",
        )  # fmt: skip
    word = f" ({copies:,} of the rows repeat another word for word)" if copies else ""
    said.note(
        f"{counted(rows, 'row')} of {counted(members, 'member')} who stand twice in a project joined, their money "
        f"added{word}"
    )
    rank = {role: k for k, role in enumerate(ROLES)}
    ranked = table.assign(rank=table["role"].map(rank).astype(int), place=np.arange(len(table)))
    total = ranked.groupby(keys, sort=False)["ec_contribution"].transform("sum")
    place = ranked.groupby(keys, sort=False)["place"].transform("min")
    best = ranked.assign(ec_contribution=total, place=place).sort_values("rank", kind="stable").drop_duplicates(keys)
    return best.sort_values("place", kind="stable").drop(columns=["rank", "place"])


def _copies(opened: Opened, table: pd.DataFrame) -> int:
    """Rows of the table that repeat an earlier one in every cell of the file."""
    import pandas as pd

    if opened.table.whole is None:
        return 0
    whole = pd.Series(np.asarray(opened.table.whole), index=opened.table.table.index)
    return int(whole[whole.index.isin(table.index)].duplicated().sum())


def _remarks(table: pd.DataFrame, said: _Said) -> None:
    """What is worth knowing of a table that is in order."""
    if table.empty:
        return
    groups = table.groupby("project")
    undated = int((groups["start_date"].count() == 0).sum())
    if undated:
        said.note(f"{counted(undated, 'project')} without a start, which no measure counts")
    open_ended = int(((groups["end_date"].count() == 0) & (groups["start_date"].count() > 0)).sum())
    if open_ended:
        said.note(f"{counted(open_ended, 'project')} without an end")
    alone = {text: any(part in MOBILITY for part in text.split("|")) for text in table["programme_part"].unique()}
    mobility = int(table.loc[table["programme_part"].map(alone).astype(bool), "project"].nunique())
    if mobility:
        said.note(
            f"{counted(mobility, 'project')} of mobility or single-researcher grants (MSCA, ERC), which no measure "
            "counts"
        )
    leads = (table["role"] == "coordinator").groupby(table["project"]).sum()
    for number, text in ((int((leads == 0).sum()), "without a coordinator"),
                         (int((leads > 1).sum()), "with several coordinators")):  # fmt: skip
        if number:
            said.note(f"{counted(number, 'project')} {text}")
    counts = table["role"].value_counts()
    words = {"thirdParty": ("third party", "third parties"), "associatedPartner": ("associated partner", None),
             "internationalPartner": ("international partner", None)}  # fmt: skip
    for role, (one, many) in words.items():
        if counts.get(role, 0):
            said.note(f"{counted(int(counts[role]), one, many)} among the members")
    for name, what in (("country", "countries"), ("activity_type", "activity types")):
        several = table[["organisation", name]].drop_duplicates()["organisation"].duplicated()
        number = int(table[["organisation", name]].drop_duplicates()["organisation"][several].nunique())
        if number:
            said.note(f"{counted(number, 'organisation')} with several {what}, of which a run takes the first")
    paid = table["ec_contribution"][table["ec_contribution"] > 0.0]
    if len(paid) and float(paid.median()) < _SMALL_EUR:
        said.note(f"half of the grants are {float(paid.median()):,.2f} EUR or less: is the money in EUR?")
    if (table["ec_contribution"] < 0.0).any():
        said.note(f"{counted(int((table['ec_contribution'] < 0.0).sum()), 'row')} with money below zero")


def read_participations(path: str | Path) -> pd.DataFrame:
    """Read and check a table of participations, in any of the forms of :func:`read`.

    Returns
    -------
    pandas.DataFrame
        The required columns and ``programme_part``, one row per organisation and project: dates as dates, EUR as
        numbers (0 where empty), countries and roles as CORDIS writes them. Projects that are too small, without dates
        or of parts that no measure counts are in it.

    Raises
    ------
    InputError
        As :func:`read`.
    """
    return read(path).table.copy()
