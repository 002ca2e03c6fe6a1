"""Matchmaking database."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class Matchmaking(Instrument):
    """Missions keep profiles of the host's organisations by sector and introduce them at home.

    Raises the sender's awareness of the host in the sectors served. Introductions for which the sender has no
    counterpart still have to be read and answered, so a badly aimed database makes starting anything slower.

    Notes
    -----
    Cost is per profile: a large host, or many sectors, needs more money for the same share. How fast a profile goes out
    of date is not measured; the contacts that visits and missions bring to trade fade within a year (Nitsch 2007).
    """

    kind = "matchmaking"
    summary = "A database of the host's organisations by sector, with introductions at home."
    improves = frozenset({"awareness"})
    side_effects = frozenset({"friction_start"})
    aims = frozenset({"countries", "sectors"})
    price = "Introductions that fit nobody crowd the search and delay every start."
    evidence = "C"
    evidence_reason = "No study measures what an introduction service changes in who is known to whom."
    passage = "They can also curate matchmaking databases"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 2e6}

    monthly_eur: float = parameter(
        200_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.3, "Largest share of a gap it can close, whatever is spent: a profile read is not a colleague met.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.1, 0.6),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        40.0, "Money a month per profile kept current, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(10.0, 160.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        12.0, "Months after which half of the profiles are out of date, where nobody keeps them: people move on.",
        unit="months", bounds=(0.0, 600.0), assumed=(3.0, 36.0),
    )  # fmt: skip
    crowding: float = parameter(
        0.15, "Longer start when introductions that fit nobody far outnumber the sender's own organisations.",
        unit="share", bounds=(0.0, 5.0), assumed=(0.0, 0.5),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise awareness from senders to hosts in the sectors served; slow the senders' starts by what fits nobody."""
        share_served = (world.country_sector_share * self.sector_mask()).sum(axis=1)
        organisations = world.organisations.sum(axis=1)
        profiles = organisations * share_served
        share = closed_share(self.aimed(world, stock_eur), self.eur_per_organisation * profiles[None, :], self.limit)
        handles.close_gap("awareness", share[:, :, None] * self.sector_mask())

        read = (share * _fitting_nobody(world, tuple(self.sector_mask().tolist())) * profiles[None, :]).sum(axis=1)
        # The readers are the sender's organisations: a small country is crowded sooner.
        crowded = np.divide(read, read + organisations, out=np.zeros_like(read), where=read + organisations > 0.0)
        handles.lengthen("friction_start", self.crowding * crowded)


@lru_cache(maxsize=8)
def _fitting_nobody(world: World, sectors: tuple[bool, ...]) -> NDArray[np.float64]:
    """(C, C): share of the second country's organisations in these sectors for which the first has no counterpart.

    Those beyond the sender's own share of a sector have nobody to be introduced to. A fact of the world, computed once:
    profiles grow and fade every month.
    """
    served = world.country_sector_share * np.array(sectors)
    share_served = served.sum(axis=1)
    matched = np.minimum(served[:, None, :], served[None, :, :]).sum(axis=2)
    fits = np.divide(matched, share_served[None, :], out=np.ones_like(matched), where=share_served[None, :] > 0.0)
    return 1.0 - fits
