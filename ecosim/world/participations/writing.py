"""Writing a table as the two files of a CORDIS download, so that what reads CORDIS reads ecosim."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

#: Columns of the two files, in the order of CORDIS.
ORGANIZATION = (
    "projectID", "projectAcronym", "organisationID", "vatNumber", "name", "shortName", "SME", "activityType", "street",
    "postCode", "city", "country", "nutsCode", "geolocation", "organizationURL", "contactForm", "contentUpdateDate",
    "rcn", "order", "role", "ecContribution", "netEcContribution", "totalCost", "endOfParticipation",
)  # fmt: skip
PROJECT = (
    "id", "acronym", "status", "title", "startDate", "endDate", "totalCost", "ecMaxContribution", "legalBasis",
    "topics", "ecSignatureDate", "frameworkProgramme", "masterCall", "subCall", "fundingScheme", "objective",
    "contentUpdateDate", "rcn", "grantDoi",
)  # fmt: skip
#: Code of Horizon 2020 for each part.
LEGAL_BASIS = {
    "SC1": "H2020-EU.3.1.", "SC2": "H2020-EU.3.2.", "SC3": "H2020-EU.3.3.", "SC4": "H2020-EU.3.4.",
    "SC5": "H2020-EU.3.5.", "SC6": "H2020-EU.3.6.", "SC7": "H2020-EU.3.7.", "LEIT": "H2020-EU.2.1.",
    "FET": "H2020-EU.1.2.", "RI": "H2020-EU.1.4.", "ERC": "H2020-EU.1.1.", "MSCA": "H2020-EU.1.3.",
    "ARF": "H2020-EU.2.2.", "Innovation in SMEs": "H2020-EU.2.3.", "SEWP": "H2020-EU.4.", "SWAFS": "H2020-EU.5.",
    "Euratom": "H2020-Euratom",
}  # fmt: skip


def write_cordis(table: pd.DataFrame, folder: Path) -> tuple[Path, Path]:
    """Write ``organization.csv`` and ``project.csv`` as CORDIS does: semicolons, all quoted, decimal commas, UTF-8.

    What a simulated organisation does not have (address, web page, topics) stays empty. The title of a project
    says that it is simulated.

    Parameters
    ----------
    table : DataFrame
        From :meth:`ecosim.Ecosystem.participations`, or a table that was read.
    folder : Path
        Where the two files go; made if it is not there.

    Returns
    -------
    (Path, Path)
        The two files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    order = table.groupby("project", sort=False).cumcount().to_numpy() + 1
    acronyms = [f"ECOSIM-{project}" for project in table["project"]]
    euros = [_euros(amount) for amount in table["ec_contribution"]]
    members: dict[str, Iterable[Any]] = {
        "projectID": table["project"], "projectAcronym": acronyms, "organisationID": table["organisation"],
        "name": [f"Simulated organisation {number}" for number in table["organisation"]],
        "activityType": table["activity_type"], "country": table["country"], "order": order, "role": table["role"],
        "ecContribution": euros, "netEcContribution": euros,
    }  # fmt: skip
    sums = table.groupby("project", sort=False)["ec_contribution"].sum()
    # CORDIS has no column for the branch of history a table holds
    arm = f"; arm: {table['arm'].iloc[0]}" if "arm" in table and len(table) else ""
    once = table.drop_duplicates("project")
    projects: dict[str, Iterable[Any]] = {
        "id": once["project"], "acronym": [f"ECOSIM-{project}" for project in once["project"]],
        "title": [f"Simulated project {project} (no real one{arm})" for project in once["project"]],
        "startDate": _days(once["start_date"]), "endDate": _days(once["end_date"]),
        "ecMaxContribution": [_euros(amount) for amount in sums.loc[once["project"]]],
        "legalBasis": [_legal_basis(part) for part in once["programme_part"]],
        "frameworkProgramme": ["H2020"] * len(once),
    }  # fmt: skip
    files = folder / "organization.csv", folder / "project.csv"
    _write(files[0], ORGANIZATION, members, len(table))
    _write(files[1], PROJECT, projects, len(once))
    return files


def _euros(amount: float) -> str:
    text = f"{amount:.2f}".rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text).replace(".", ",")


def _days(days: Any) -> list[str]:
    return ["" if text is None or text != text else str(text) for text in days.dt.strftime("%Y-%m-%d")]


def _legal_basis(parts: str) -> str:
    return ";".join(LEGAL_BASIS.get(part, part) for part in str(parts).split("|"))


def _write(path: Path, header: Sequence[str], columns: dict[str, Iterable[Any]], rows: int) -> None:
    empty = np.full(rows, "", dtype=object)
    temporary = path.with_name(f".{path.name}")
    with temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(zip(*(columns.get(name, empty) for name in header), strict=True))
    temporary.replace(path)
