"""Codes of roles, activity types, countries and programme parts, from any of their usual forms to one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.world.facts import ORGANISATION_TYPES, PROGRAMME_PARTS, SECTORS
from ecosim.world.iso import REST, cordis_country
from ecosim.world.names import folded
from ecosim.world.participations.columns import simple
from ecosim.world.participations.faults import MOST_UNKNOWN, NOTHING, counted, each, fault, most_common

if TYPE_CHECKING:
    import pandas as pd

#: Roles of the table, the one that wins where a member stands twice first.
ROLES = ("coordinator", "participant", "partner", "associatedPartner", "internationalPartner", "thirdParty")
_ROLES = {
    "coordinator": "coordinator coord lead leader leadpartner leadorganisation leadorganization leadbeneficiary "
    "projectcoordinator coordinatingorganisation coordinatingorganization hostinstitution koordinator coordinateur",
    "participant": "participant beneficiary member contractor projectparticipant projectpartner teilnehmer",
    "partner": "partner partnerorganisation partnerorganization",
    "associatedPartner": "associatedpartner associated associatepartner associatedbeneficiary",
    "internationalPartner": "internationalpartner internationalparticipant",
    "thirdParty": "thirdparty linkedthirdparty affiliatedentity affiliated affiliate jointresearchunit",
}
_TYPES = {
    "HES": "hes university universities uni academia academic hei highereducation highereducationinstitution "
    "highereducationestablishment higherorsecondaryeducation higherorsecondaryeducationestablishment",
    "REC": "rec researchorganisation researchorganization researchorg researchinstitute researchinstitution "
    "researchcentre researchcenter researchandtechnologyorganisation institute rto pro publicresearchorganisation "
    "publicresearchorganization",
    "PRC": "prc firm company companies industry business enterprise private privatecompany privateforprofit "
    "privateforprofitentity privateforprofitentities privatesector privateforprofitorganisation corporate sme ind",
    "PUB": "pub publicbody publicbodies publicorganisation publicorganization publicsector public government "
    "publicadministration publicauthority",
    "OTH": "oth other others otherorganisation otherorganization ngo npo nonprofit nonprofitorganisation "
    "nonprofitorganization civilsociety",
}

#: Parts that are left out of every measure: mobility and single-researcher grants are no consortia.
MOBILITY = ("MSCA", "ERC")
#: Parts that a table may name beside those of the sectors.
OTHER_PARTS = ("SWAFS", "SEWP", "Euratom", "Innovation in SMEs", "ARF", *MOBILITY)
_PARTS = {part.lower(): part for part in (*PROGRAMME_PARTS, *OTHER_PARTS)}
_PARTS |= dict(zip(SECTORS, PROGRAMME_PARTS, strict=True))

#: Codes of CORDIS (``legalBasis``) to parts; the longest beginning decides.
H2020 = {
    "1.1": "ERC", "1.2": "FET", "1.3": "MSCA", "1.4": "RI",
    "2": "LEIT", "2.1": "LEIT", "2.2": "ARF", "2.3": "Innovation in SMEs",
    "3.1": "SC1", "3.2": "SC2", "3.3": "SC3", "3.4": "SC4", "3.5": "SC5", "3.6": "SC6", "3.7": "SC7",
    "4": "SEWP", "5": "SWAFS", "7": "LEIT",
}  # fmt: skip
HORIZON = {
    "1.1": "ERC", "1.2": "MSCA", "1.3": "RI",
    "2.1": "SC1", "2.2": "SC6", "2.3": "SC7", "2.4": "LEIT",
    "2.5": "SC3", "2.5.1": "SC5", "2.5.2": "SC3", "2.5.3": "SC3", "2.5.4": "SC3", "2.5.5": "SC3", "2.5.6": "SC4",
    "2.5.7": "SC4", "2.5.8": "SC4", "2.5.9": "SC3",
    "2.6": "SC2", "2.6.1": "SC5", "2.6.2": "SC5", "2.6.7": "SC5",
    "3.1": "FET", "3.2": "Innovation in SMEs", "3.3": "LEIT", "4": "SEWP", "4.1": "SEWP", "4.2": "SWAFS",
}  # fmt: skip
FP7 = {
    "HEALTH": "SC1", "KBBE": "SC2", "ENERGY": "SC3", "TRANSPORT": "SC4", "ENVIRONMENT": "SC5", "SSH": "SC6",
    "SECURITY": "SC7", "ICT": "LEIT", "NMP": "LEIT", "SPACE": "LEIT", "JTI": "LEIT", "PEOPLE": "MSCA", "IDEAS": "ERC",
    "INFRASTRUCTURES": "RI", "SME": "Innovation in SMEs", "REGIONS": "SEWP", "REGPOT": "SEWP", "INCO": "SWAFS",
    "SIS": "SWAFS", "EURATOM": "Euratom",
}  # fmt: skip
#: Words in the code of a topic or call (``HORIZON-CL5-2021-D3-01``, ``H2020-SC1-2016``, ``ERC-2021-STG``) to parts.
TOPICS = {
    "ERC": "ERC", "MSCA": "MSCA", "FET": "FET", "FETOPEN": "FET", "FETPROACT": "FET", "FETFLAG": "FET", "FETHPC": "FET",
    "PATHFINDER": "FET", "PATHFINDEROPEN": "FET", "PATHFINDERCHALLENGES": "FET", "INFRA": "RI", "INFRAIA": "RI",
    "INFRADEV": "RI", "EINFRA": "RI", "INFRASUPP": "RI", "LEIT": "LEIT", "ICT": "LEIT", "NMP": "LEIT", "NMBP": "LEIT",
    "SPACE": "LEIT", "FOF": "LEIT", "SPIRE": "LEIT", "EEB": "LEIT", "SC1": "SC1", "PHC": "SC1", "HLTH": "SC1",
    "CL1": "SC1", "SC2": "SC2", "SFS": "SC2", "BB": "SC2", "BG": "SC2", "RUR": "SC2", "ISIB": "SC2", "CL6": "SC2",
    "SC3": "SC3", "LCE": "SC3", "EE": "SC3", "LC-SC3": "SC3", "SCC": "SC3", "SC4": "SC4", "MG": "SC4", "GV": "SC4",
    "SC5": "SC5", "WASTE": "SC5", "WATER": "SC5", "SC6": "SC6", "REFLECTIVE": "SC6", "EURO": "SC6", "INT": "SC6",
    "CL2": "SC6", "SC7": "SC7", "DRS": "SC7", "FCT": "SC7", "BES": "SC7", "DS": "SC7", "CL3": "SC7", "CL4": "LEIT",
    "CL5": "SC3", "SWAFS": "SWAFS", "WIDERA": "SEWP", "WIDESPREAD": "SEWP", "TWINN": "SEWP", "SEWP": "SEWP",
    "EURATOM": "Euratom", "NFRP": "Euratom", "SMEINST": "Innovation in SMEs", "EIC": "FET",
    "ACCELERATOR": "Innovation in SMEs", "ACCELERATOROPEN": "Innovation in SMEs", "EIE": "Innovation in SMEs",
    "EIT": "LEIT",
}  # fmt: skip
#: Those of them that mean a part wherever they stand; the others only in the code of a topic.
_SURE_WORDS = frozenset((
    "ERC", "MSCA", "FET", "FETOPEN", "FETPROACT", "FETFLAG", "INFRA", "LEIT", "ICT", "NMP", "NMBP", "SC1", "SC2", "SC3",
    "SC4", "SC5", "SC6", "SC7", "HLTH", "CL1", "CL2", "CL3", "CL4", "CL5", "CL6", "SWAFS", "WIDERA", "SEWP", "EURATOM",
    "SMEINST", "EIC", "PATHFINDER",
))  # fmt: skip
#: Titles of parts, without case and marks.
_TITLES = {
    "european research council": "ERC", "marie sklodowska curie actions": "MSCA", "marie curie actions": "MSCA",
    "marie sklodowska curie actions msca": "MSCA", "european research council erc": "ERC",
    "future and emerging technologies": "FET", "future and emerging technologies fet": "FET",
    "research infrastructures": "RI", "research infrastructure": "RI",
    "leadership in enabling and industrial technologies": "LEIT", "industrial leadership": "LEIT",
    "leadership in enabling and industrial technologies leit": "LEIT", "digital industry and space": "LEIT",
    "access to risk finance": "ARF", "innovation in smes": "Innovation in SMEs", "sme instrument": "Innovation in SMEs",
    "health": "SC1", "health demographic change and wellbeing": "SC1",
    "health demographic change and well being": "SC1",
    "food bioeconomy natural resources agriculture and environment": "SC2", "food and bioeconomy": "SC2",
    "food security": "SC2", "secure clean and efficient energy": "SC3", "energy": "SC3",
    "climate energy and mobility": "SC3", "smart green and integrated transport": "SC4", "transport": "SC4",
    "climate action environment resource efficiency and raw materials": "SC5", "climate": "SC5", "environment": "SC5",
    "europe in a changing world inclusive innovative and reflective societies": "SC6",
    "inclusive innovative and reflective societies": "SC6", "culture creativity and inclusive society": "SC6",
    "culture creativity and inclusive societies": "SC6", "secure societies": "SC7", "civil security for society": "SC7",
    "secure societies protecting freedom and security of europe and its citizens": "SC7",
    "spreading excellence and widening participation": "SEWP",
    "widening participation and spreading excellence": "SEWP",
    "science with and for society": "SWAFS", "reforming and enhancing the european r i system": "SWAFS",
    "european innovation council": "FET", "the european innovation council eic": "FET",
    "european innovation council eic": "FET", "european innovation ecosystems": "Innovation in SMEs",
    "european institute of innovation and technology": "LEIT", "nuclear fission": "Euratom",
    "nuclear fusion": "Euratom",
}  # fmt: skip
_H2020 = re.compile(r"H2020[-_ ]EU[.-]?\s*((?:\d+|[a-z])(?:\.(?:\d+|[a-z]))*)\.?(?:\s*[-:(].*)?", re.I)
_HORIZON = re.compile(r"(?:HORIZON(?:[- ]?EUROPE)?|HE)[.\-_ ]((?:\d+)(?:\.\d+)*)\.?(?:\s*[-:(].*)?", re.I)
_EURATOM = re.compile(r"(?:H2020[-_ ])?EURATOM\b.*|EURATOM20\d\d.*|HORIZON-EURATOM.*|.*\bNFRP\b.*", re.I)
_CLUSTER_5 = re.compile(r"HORIZON-(?:MISS-\d{4}-)?CL5-\d{4}(?:-\d+)?-D(\d)", re.I)


def _table(words: dict[str, str]) -> dict[str, str]:
    return {word: code for code, text in words.items() for word in text.split()}


_ROLE_WORDS = _table(_ROLES)
_TYPE_WORDS = _table(_TYPES)


def _one_of(words: dict[str, str], value: Any) -> str | None:
    word = simple(value)
    singular = re.sub("ie$", "y", word.removesuffix("s")) if word.endswith("ies") else word.removesuffix("s")
    return words.get(word) or words.get(singular)


def _or_refuse(
    where: str, title: str, values: pd.Series, found: list[str | None], what: str, instead: str, allowed: str
) -> str:  # fmt: skip
    """Count and name what is not known; refuse it where it is much. Returns what a line says of it."""
    unknown = np.array([code is None for code in found], dtype=bool)
    if not unknown.any():
        return ""
    number = int(unknown.sum())
    named = most_common(values[unknown])
    if number > MOST_UNKNOWN * len(values):
        row = int(values.index[int(unknown.argmax())])
        first = values.iloc[int(unknown.argmax())]
        empty = str(first).strip().lower() in NOTHING or first is None
        said = "an empty cell" if empty else f"'{str(first).strip()[:40]}'"
        raise fault(where, title, row, f"{said}: no such {what} ({number:,} of {len(values):,} rows: {named})", allowed)
    return f"{counted(number, 'row')} with {what} not known ({named}) {instead}"


def roles(where: str, title: str, values: pd.Series) -> tuple[list[str], str]:
    """Roles, and what is said of those that are not known: they count as participants."""
    found = each(values, lambda value: _one_of(_ROLE_WORDS, value))
    note = _or_refuse(where, title, values, found, "role", "taken as participant", ", ".join(ROLES))
    return [code or "participant" for code in found], note


def activity_types(where: str, title: str, values: pd.Series) -> tuple[list[str], str]:
    """Activity types, and what is said of those that are not known: they count as others."""
    found = each(values, lambda value: _one_of(_TYPE_WORDS, value))
    note = _or_refuse(where, title, values, found, "type", "taken as OTH", ", ".join(ORGANISATION_TYPES))
    return [code or "OTH" for code in found], note


def countries(where: str, title: str, values: pd.Series) -> tuple[list[str], str]:
    """Countries as CORDIS writes them; those that are not known join the rest of the world, and are named."""
    found = each(values, cordis_country)
    note = _or_refuse(
        where, title, values, found, "country", "put with the rest of the world",
        "codes of ISO 3166 (two or three letters), EL, UK, or English names",
    )  # fmt: skip
    return [code or REST for code in found], note


# ---------------------------------------------------------------------------------------------- programme parts


@lru_cache(maxsize=65536)
def part_of(code: str) -> str | None:
    """Programme part that one code or title means, or None where none is meant.

    Parameters
    ----------
    code : str
        A part itself, a code of CORDIS (Horizon 2020, Horizon Europe, FP7), the code of a topic or call, or a title.

    Examples
    --------
    >>> [part_of(text) for text in ("sc4", "H2020-EU.3.1.", "HORIZON.2.4", "FP7-HEALTH", "ERC-2021-STG", "X")]
    ['SC4', 'SC1', 'LEIT', 'SC1', 'ERC', None]
    """
    text = code.strip()
    if text.lower() in _PARTS:
        return _PARTS[text.lower()]
    for pattern, table in ((_H2020, H2020), (_HORIZON, HORIZON)):
        if match := pattern.fullmatch(text):
            steps = match[1].split(".")
            for length in range(len(steps), 0, -1):
                if part := table.get(".".join(steps[:length])):
                    return part
            return None
    if _EURATOM.fullmatch(text):
        return "Euratom"
    upper = text.upper()
    if upper.startswith("FP7"):
        return next((FP7[word] for word in re.split(r"[^A-Z0-9]+", upper) if word in FP7), None)
    title = folded(text.replace("\u0142", "l").replace("\u0141", "l"))
    if title in _TITLES:
        return _TITLES[title]
    if re.search(r"[\s|;,]", text):
        return None
    words = re.split(r"[^A-Z0-9]+", upper)
    if match := _CLUSTER_5.match(text):
        return _areas_of_cluster_5(match[1])
    # short words such as EE or BB mean a topic only in what is written like the code of one
    is_topic = re.search(r"H2020|HORIZON|(?<!\d)20[12]\d(?!\d)", upper) is not None
    found = [TOPICS[word] for word in words if word in TOPICS and (is_topic or word in _SURE_WORDS)]
    if "EIC" in words and "Innovation in SMEs" in found:
        return "Innovation in SMEs"
    return found[0] if found else None


def _areas_of_cluster_5(destination: str) -> str:
    """Cluster 5 by destination: 1 climate, 2 to 4 energy, 5 and 6 transport."""
    return {"1": "SC5", "5": "SC4", "6": "SC4"}.get(destination, "SC3")


def parts_of(codes: Any, topics: Any = "") -> tuple[str, bool]:
    """Programme parts of a project as the table keeps them, and whether all of them are known.

    Several parts are divided by ``|``; in CORDIS files also by ``;`` or commas. What is not known stays as it is
    written, in small letters, so that no part of a name is taken for a part (COMMERCE holds ERC).

    Parameters
    ----------
    codes : str
        Cell of the column.
    topics : str
        Topics of the project, which divide the cluster for climate, energy and mobility and the European Innovation
        Council of Horizon Europe.
    """
    text = str(codes).strip() if codes is not None and codes == codes else ""
    if text.lower() in NOTHING:
        return "", True
    whole = part_of(text)
    pieces = [text] if whole else [piece.strip() for piece in re.split(r"[|;,\n]", text) if piece.strip()]
    parts, known = [], True
    for piece in pieces:
        part = _by_topic(piece, str(topics or "")) or part_of(piece)
        known &= part is not None
        parts.append(part or piece.lower())
    return "|".join(dict.fromkeys(parts)), known


def _by_topic(code: str, topics: str) -> str | None:
    """What the topic says where the code names several fields at once."""
    if not topics or not re.fullmatch(r"HORIZON\.(2\.5|3\.1)\.?", code, re.I):
        return None
    if code.rstrip(".").endswith("2.5"):
        match = _CLUSTER_5.search(topics)
        return _areas_of_cluster_5(match[1]) if match else None
    return "Innovation in SMEs" if "ACCELERATOR" in topics.upper() else None
