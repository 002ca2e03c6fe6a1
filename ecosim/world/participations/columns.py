"""Which column of a file is which: names as people and CORDIS write them, to the names of the table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from ecosim.errors import nearest_name
from ecosim.world.participations.faults import fault

#: Columns a table must have; ``programme_part`` is read if it is there.
REQUIRED = (
    "project",
    "organisation",
    "role",
    "activity_type",
    "country",
    "ec_contribution",
    "start_date",
    "end_date",
)
#: What each of the two files of a CORDIS download must have.
OF_ORGANISATIONS = REQUIRED[:6]
OF_PROJECTS = ("project", "start_date", "end_date")

#: Names of each column without case, marks and spaces, the first that is there is taken.
_NAMES: dict[str, tuple[str, ...]] = {
    "project": (
        "project", "projectid", "projectnumber", "projectno", "projectnr", "projectreference", "grantagreementid",
        "grantagreementnumber", "grantagreement", "grantid", "projectrcn",
    ),
    "organisation": (
        "organisation", "organisationid", "organization", "organizationid", "organisationpic", "organizationpic",
        "orgid", "pic", "picnumber", "participantid", "participantpic", "beneficiaryid", "partnerid",
        "organisationnumber", "organizationnumber",
    ),
    "role": (
        "role", "participantrole", "projectrole", "roleinproject", "participationrole", "organisationrole",
        "organizationrole", "participanttype",
    ),
    "activity_type": (
        "activitytype", "organisationtype", "organizationtype", "orgtype", "legalentitytype", "typeoforganisation",
        "typeoforganization", "organisationactivitytype", "organizationactivitytype", "activity", "entitytype",
    ),
    "country": (
        "country", "countrycode", "countryiso", "countryiso2", "countryiso3", "iso2", "iso3", "iso", "countryname",
        "organisationcountry", "organizationcountry", "participantcountry", "nation",
    ),
    "ec_contribution": (
        "eccontribution", "eucontribution", "netecontribution", "neteccontribution", "neteucontribution",
        "ecfunding", "eufunding", "contribution", "grant", "funding", "amount",
    ),
    "start_date": ("startdate", "projectstartdate", "projectstart", "start", "begindate", "begin", "startingdate"),
    "end_date": ("enddate", "projectenddate", "projectend", "end", "finishdate", "endingdate"),
    "programme_part": (
        "programmepart", "programpart", "legalbasis", "programme", "program", "programmecode", "programcode", "pillar",
        "cluster", "thematicpriority", "part",
    ),
    "end_of_participation": ("endofparticipation",),
    "topics": ("topics", "topic", "topiccode"),
}  # fmt: skip
#: What "id" means, by what a file is about.
_ID = {"organisations": "organisation", "projects": "project"}
#: Names of the column of money that hold less than the whole grant, or another thing, worth a word.
_NET = frozenset(("netecontribution", "neteccontribution", "neteucontribution"))
#: Units a title may end with, as euros.
_UNITS = {
    "keur": 1e3, "teur": 1e3, "thousandeur": 1e3, "thousandeuro": 1e3, "thousandeuros": 1e3, "1000eur": 1e3,
    "1000euro": 1e3, "tsdeur": 1e3, "meur": 1e6, "mioeur": 1e6, "mileur": 1e6, "millioneur": 1e6, "millioneuro": 1e6,
    "millioneuros": 1e6, "eur": 1.0, "euro": 1.0, "euros": 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Where the columns of a table stand in a header."""

    #: Place in the header, by name of the table's column.
    place: dict[str, int]
    #: The header's own words, by name of the table's column: errors use them.
    title: dict[str, str]
    #: Euros of one unit of money.
    euros: float = 1.0
    notes: tuple[str, ...] = field(default=())

    def has(self, names: Sequence[str]) -> bool:
        """Whether all of these are there."""
        return all(name in self.place for name in names)


def simple(title: object) -> str:
    """A title without case, accents, spaces, marks and brackets."""
    text = unicodedata.normalize("NFKD", re.sub(r"[\(\[].*?[\)\]]", " ", str(title)))
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _money_title(title: object) -> tuple[str, float]:
    """A title of money without its unit, and the unit in euros."""
    whole = re.sub(r"[^a-z0-9]", "", str(title).replace("€", "eur").casefold())
    for unit in sorted(_UNITS, key=len, reverse=True):
        if whole.endswith(unit) and whole != unit:
            return whole[: -len(unit)].removesuffix("in"), _UNITS[unit]
    return simple(title), 1.0


def recognise(where: str, header: Sequence[object], about: str = "", row: int = 1) -> Found:
    """Find the columns of the table in a header.

    Parameters
    ----------
    where : str
        The file, for errors.
    header : sequence
        Cells of the header.
    about : str
        ``organisations`` or ``projects`` for one of the two files of a CORDIS download: then ``id`` has a meaning.
    row : int
        Where the header stands.

    Raises
    ------
    InputError
        If a column that is needed stands twice.
    """
    place: dict[str, int] = {}
    title: dict[str, str] = {}
    euros, notes = 1.0, []
    words = [simple(cell) for cell in header]
    money = [_money_title(cell) for cell in header]
    for name, known in _NAMES.items():
        candidates = (*known, "id") if _ID.get(about) == name else known
        for word in candidates:
            texts = [text for text, _ in money] if name == "ec_contribution" else words
            places = [k for k, text in enumerate(texts) if text == word]
            if not places:
                continue
            if len(places) > 1:
                raise fault(where, str(header[places[0]]).strip(), row, "the column stands twice")
            place[name], title[name] = places[0], str(header[places[0]]).strip()
            if name == "ec_contribution":
                euros = money[places[0]][1]
                if euros != 1.0:
                    notes.append(f"'{title[name]}' taken as {euros:,.0f} EUR each")
                if word in _NET:
                    notes.append(f"money from '{title[name]}'")
            break
    return Found(place, title, euros, tuple(notes))


def need(where: str, header: Sequence[object], found: Found, names: Sequence[str], row: int = 1) -> None:
    """Refuse a table that lacks one of these columns."""
    for name in names:
        if name not in found.place:
            titles = [str(cell).strip() for cell in header if str(cell).strip()]
            raise fault(
                where, name, row, "no such column", f"a table with the columns {', '.join(names)}",
                nearest_name(name, [title for title in titles if len(title) <= 40]),
            )  # fmt: skip
