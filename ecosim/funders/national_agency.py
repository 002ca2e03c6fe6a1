"""A national agency in every country: it pays its own organisations out of its own country's R&D money."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from ecosim.config.schema import parameter
from ecosim.funders.base import FunderKind, Purse
from ecosim.world.facts import CONSORTIUM_SHAPE, SECTORS, World
from ecosim.world.names import as_countries, countries_named, country_mask

#: Mean of 2014 to 2016 (European Central Bank reference rates).
USD_PER_EUR = 1.18
#: Rows of the table of grants for each sector: enough for every number of teams in its share.
_ROWS = 40


class NationalAgency(FunderKind):
    """Each country's agency gives grants to one team or a few teams of its country.

    Notes
    -----
    What a country spends on R&D is a fact. How much of it is given out as grants for projects is not in the data and
    assumed; about a third of R&D is paid by governments, and project grants are the smaller part of that.
    """

    kind = "national_agency"
    summary = "An agency in every country that pays its own organisations out of national R&D money."
    own_country_only = True
    why_no_passage = "What the texts take for granted: most research is paid for at home."

    countries: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Countries that have one, by code or name, or bloc:NAME; or 'all'."
    )
    share_of_rd: float = parameter(
        0.05, "Project grants beside all that the country spends on R&D.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.02, 0.12),
    )  # fmt: skip
    single_share: float = parameter(
        0.6, "Share of grants for a single team; the others are for two to four.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.3, 0.9),
    )  # fmt: skip
    duration_months: int = parameter(36, "Length of a grant.", unit="months", bounds=(3, 120), assumed=(24, 48))
    team_eur_per_month: float = parameter(
        8_000.0, "Money a month for each team.", unit="EUR/month", bounds=(100.0, 1e6), assumed=(4e3, 16e3),
        prior="log_uniform",
    )  # fmt: skip

    agreements: tuple[str, ...] | Literal["none", "all"] = parameter(
        "none", "Countries whose agencies pay their own organisations in each other's grants, by code or name, or "
        "bloc:NAME; 'all'; or 'none'.",
    )  # fmt: skip
    joint_share: float = parameter(
        0.25, "Under agreements: share of grants for several teams that have a partner abroad, and of an agency's "
        "money that it keeps for its organisations in such grants of others.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.1, 0.5),
    )  # fmt: skip

    partner_share: float = parameter(
        0.0, "Share of an agency's money that it keeps for its organisations' part in projects of funders that do not "
        "pay them (decisions.agencies_step_in); with 1 it has no calls of its own.", unit="share", bounds=(0.0, 1.0),
    )  # fmt: skip

    @field_validator("countries", mode="before")
    @classmethod
    def _countries_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all")

    @field_validator("agreements", mode="before")
    @classmethod
    def _agreements_by_code(cls, value: Any) -> Any:
        return as_countries(value, "none", "all")

    @property
    def idle(self) -> frozenset[str]:
        """The joint share says nothing without agreements."""
        return super().idle | (frozenset({"joint_share"}) if self.agreements == "none" else frozenset())

    @property
    def kept_share(self) -> float:
        """What it keeps for its organisations in grants of others: of agencies it has agreed with, and of the rest."""
        return max(self.partner_share, 0.0 if self.agreements == "none" else self.joint_share)

    def agreed(self, world: World) -> NDArray[np.float64] | None:
        """Every pair of different countries that have agreed and have an agency."""
        if self.agreements == "none":
            return None
        signed = country_mask(self.agreements, world) & country_mask(self.countries, world) & world.named
        return np.outer(signed, signed) * (1.0 - np.eye(len(signed)))

    def check(self, name: str, world: World) -> None:
        """Refuse countries that this world does not have."""
        if self.countries != "all":
            countries_named(f"funders.{name}.countries", self.countries, world, words=("all",))
        if self.agreements not in ("none", "all"):
            countries_named(f"funders.{name}.agreements", self.agreements, world, words=("none", "all"))

    def purses(self, world: World) -> list[Purse]:
        """One agency in each country chosen."""
        chosen = country_mask(self.countries, world) & world.named
        spending_eur = world.gdp_busd * 1e9 * world.gerd_share_of_gdp / USD_PER_EUR
        found = []
        for c in np.flatnonzero(chosen):
            leads = np.zeros(world.n_countries, dtype=np.bool_)
            leads[c] = True
            monthly = float(spending_eur[c]) * self.share_of_rd / 12.0
            found.append(Purse(leads, monthly))
        return found

    def shapes(self, world: World) -> NDArray[np.void]:
        """One team, or two to four with a like chance each, some of them with a partner abroad under agreements."""
        rows = np.zeros(_ROWS * len(SECTORS), dtype=CONSORTIUM_SHAPE)
        place = (np.arange(_ROWS) + 0.5) / _ROWS
        more = 2 + np.floor(3.0 * (place - self.single_share) / max(1.0 - self.single_share, 1e-9))
        sizes = np.where(place < self.single_share, 1, np.clip(more, 2, 4)).astype(np.int64)
        rows["sector"] = np.repeat(np.arange(len(SECTORS)), _ROWS)
        rows["size"] = np.tile(sizes, len(SECTORS))
        # Spread over all sizes above one, so that joint grants are as large as the others.
        several = np.flatnonzero(sizes > 1)
        joint = np.zeros(_ROWS, dtype=np.bool_)
        abroad = 0.0 if self.agreements == "none" else self.joint_share
        joint[several] = np.diff(np.floor(np.arange(len(several) + 1) * abroad + 0.5)) > 0.0
        rows["countries"] = np.tile(np.where(joint, 2, 1), len(SECTORS))
        rows["duration_months"] = self.duration_months
        rows["grant_eur"] = np.round(rows["size"] * self.team_eur_per_month * self.duration_months)
        return rows
