"""A private foundation that favours those whom others leave out."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.config.schema import parameter
from ecosim.funders.base import FunderKind, Purse
from ecosim.funders.national_agency import USD_PER_EUR
from ecosim.world.facts import CONSORTIUM_SHAPE, SECTORS, World

#: Rows of the table of grants for each sector: enough for every number of teams in its share.
_ROWS = 40


class Philanthropy(FunderKind):
    """One foundation for all countries: teams from countries that funders of several countries exclude come first.

    Then come teams from countries with little R&D money for each researcher. Both show in whom its calls reach: so many
    times more proposals come from such a country than from an open and rich one of the same size; evaluators look at
    quality alone. It sees what share of a country's organisations other funders let in this month. It does not see
    whom a shock hits.

    Notes
    -----
    Its money is private and stands beside the public budget. Its amount and how far it favours anybody are assumed; a
    weight of 1 favours nobody.
    """

    kind = "philanthropy"
    summary = "A private foundation that pays teams from countries others exclude, then from those with little money."
    passage = (
        "connect national innovators with international venture funds, development banks, and philanthropic bodies"
    )
    public: ClassVar[bool] = False
    open_to_all: ClassVar[bool] = True

    share_of_rd: float = parameter(
        0.001, "Money it gives beside all that the countries of this world spend on R&D.", unit="share",
        bounds=(0.0, 1.0), assumed=(2e-4, 5e-3), prior="log_uniform",
    )  # fmt: skip
    excluded_weight: float = parameter(
        10.0, "How many times more proposals a country draws when other funders let in none of its organisations.",
        bounds=(1.0, 1000.0), assumed=(1.0, 30.0),
    )  # fmt: skip
    poor_weight: float = parameter(
        3.0, "How many times more proposals a country draws without R&D money than the one with most a researcher.",
        bounds=(1.0, 1000.0), assumed=(1.0, 10.0),
    )  # fmt: skip
    single_share: float = parameter(
        0.4, "Share of grants for a single team; the others are for two to four teams of two countries.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.8),
    )  # fmt: skip
    duration_months: int = parameter(36, "Length of a grant.", unit="months", bounds=(3, 120), assumed=(24, 48))
    team_eur_per_month: float = parameter(
        8_000.0, "Money a month for each team.", unit="EUR/month", bounds=(100.0, 1e6), assumed=(4e3, 16e3),
        prior="log_uniform",
    )  # fmt: skip

    def purses(self, world: World) -> list[Purse]:
        """One purse for all."""
        spending_eur = float((world.gdp_busd * world.gerd_share_of_gdp)[world.named].sum()) * 1e9 / USD_PER_EUR
        return [Purse(world.named.copy(), spending_eur * self.share_of_rd / 12.0)]

    def favours(self, world: World, let_in: NDArray[np.float64]) -> NDArray[np.float64]:
        """Countries left out by others first, then those with little money for each researcher."""
        # here, for the schema of a funder is read without compiled code
        from ecosim.numerics import exp_each, log

        money = world.gdp_busd * world.gerd_share_of_gdp / world.researchers_thousand
        poor = 1.0 - money / money[world.named].max()
        left_out = log(self.excluded_weight) * (1.0 - let_in)
        return exp_each(left_out + log(self.poor_weight) * np.clip(poor, 0.0, 1.0))

    def shapes(self, world: World) -> NDArray[np.void]:
        """One team, or two to four of two countries with a like chance each."""
        rows = np.zeros(_ROWS * len(SECTORS), dtype=CONSORTIUM_SHAPE)
        place = (np.arange(_ROWS) + 0.5) / _ROWS
        more = 2 + np.floor(3.0 * (place - self.single_share) / max(1.0 - self.single_share, 1e-9))
        sizes = np.where(place < self.single_share, 1, np.clip(more, 2, 4)).astype(np.int64)
        rows["sector"] = np.repeat(np.arange(len(SECTORS)), _ROWS)
        rows["size"] = np.tile(sizes, len(SECTORS))
        rows["countries"] = np.minimum(rows["size"], 2)
        rows["duration_months"] = self.duration_months
        rows["grant_eur"] = np.round(rows["size"] * self.team_eur_per_month * self.duration_months)
        return rows
