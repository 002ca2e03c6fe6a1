"""A venture fund: private money, and a part of public money, for scale-up."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.funders.base import Purse
from ecosim.funders.stages import StageFunder
from ecosim.world.facts import World


class VentureFund(StageFunder):
    """A fund that buys into technologies whose pilot succeeded.

    It takes no other risk than it must: it goes less where organisations are believed to lose what they have, and
    where borders to the countries it is at home in have closed. It sees no more than that, and the technology.

    Notes
    -----
    Public and private money in one fund draw in further private money, public money alone drives foreign money away
    (Dahaj and Cozzarin 2019); a moderate public share goes with most exits (Brander, Du and Hellmann 2015). Neither is
    built in. Pledged private money that finds nothing to buy goes elsewhere: no more of it waits than
    ``behaviour.stages.pledged_months``.
    """

    kind = "venture_fund"
    summary = "A fund with private money, and some public, that buys into technologies ready for scale-up."
    passage = (
        "connect national innovators with international venture funds, development banks, and philanthropic bodies"
    )
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"mechanisms": {"stages": True}}
    stages: ClassVar[frozenset[str]] = frozenset({"scale_up"})
    pays: ClassVar[Literal["grant", "loan", "equity"]] = "equity"

    monthly_eur: float = parameter(
        20e6, "Money pledged to it a month at full scale, public and private.", unit="EUR/month", bounds=(0.0, 1e10)
    )
    public_share: float = parameter(
        0.3, "Part of it that is public.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.6)
    )
    deals: float = parameter(
        0.02, "Chance a month that it takes up a technology that the whole market recognises, if it has the money.",
        unit="1/month", bounds=(0.0, 1.0), assumed=(0.005, 0.05), prior="log_uniform",
    )  # fmt: skip
    border_response: float = parameter(
        1.0, "How far closed borders keep it away: the power of political openness to its own countries, by their "
        "income.", bounds=(0.0, 10.0), assumed=(0.0, 3.0),
    )  # fmt: skip

    def purses(self, world: World) -> list[Purse]:
        """One purse, part public and part private."""
        (purse,) = super().purses(world)
        public = self.monthly_eur * self.public_share
        return [Purse(purse.leads, public, self.monthly_eur - public)]

    def appetite(
        self, handles: Handles, home: NDArray[np.bool_], income_share: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """How far it goes to each country, shape (C,): 1 where no border is closed."""
        # here, for the schema of a funder is read without compiled code
        from ecosim.numerics import power_each

        weight = income_share * home
        openness = (handles.political * weight[:, None]).sum(axis=0) / weight.sum()
        return power_each(np.minimum(openness, 1.0), self.border_response)
