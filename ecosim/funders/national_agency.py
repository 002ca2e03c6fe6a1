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

    @field_validator("countries", mode="before")
    @classmethod
    def _countries_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all")

    def check(self, name: str, world: World) -> None:
        """Refuse countries that this world does not have."""
        if self.countries != "all":
            countries_named(f"funders.{name}.countries", self.countries, world, words=("all",))

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
        """One team, or two to four with a like chance each."""
        rows = np.zeros(_ROWS * len(SECTORS), dtype=CONSORTIUM_SHAPE)
        place = (np.arange(_ROWS) + 0.5) / _ROWS
        more = 2 + np.floor(3.0 * (place - self.single_share) / max(1.0 - self.single_share, 1e-9))
        sizes = np.where(place < self.single_share, 1, np.clip(more, 2, 4)).astype(np.int64)
        rows["sector"] = np.repeat(np.arange(len(SECTORS)), _ROWS)
        rows["size"] = np.tile(sizes, len(SECTORS))
        rows["countries"] = 1
        rows["duration_months"] = self.duration_months
        rows["grant_eur"] = np.round(rows["size"] * self.team_eur_per_month * self.duration_months)
        return rows
