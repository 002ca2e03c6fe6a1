"""Embassy hub."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import AssetInstrument, closed_share
from ecosim.world.facts import World


class EmbassyHub(AssetInstrument):
    """The owner runs a hub with a shared laboratory in the host, where organisations of both come and are met.

    A hub has room for so many organisations: more of them in a small country, as a share, than in a large one. Who
    comes is known to the other side. And whoever is met there is met because it came, not because it is large: a part
    of those who would have been looked for by size are anyone never funded before. With stages, who comes finds a
    laboratory in the host that is set up, and begins its pilot there as soon as that is approved.

    Notes
    -----
    Nothing here says that newcomers are the better choice. They are asked in place of the large, and are chosen, work
    and fail as they are.
    """

    kind = "embassy_hub"
    summary = "A hub with a shared laboratory in the host, where newcomers of both countries are met."
    improves = frozenset({"awareness", "newcomer_entry", "site_start"})
    price = "A fixed cost before anything happens, and all of it stands in one place: it is lost if the host closes."
    evidence = "C"
    evidence_reason = "No study of embassies, attaches or their hubs gives a number for research across borders."
    builds = "hub"
    passage = "incubator hubs within embassies or partner sites equipped with shared labs"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}

    monthly_eur: float = parameter(
        250_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.2, "Largest share of a country's organisations that come, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.5),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        100.0, "Running money a month per organisation of a country, at which 63 % of the limit come.",
        unit="EUR/month/organisation", bounds=(0.1, 1e6), assumed=(25.0, 400.0), prior="log_uniform",
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise awareness and the part of newcomers between owners and hosts, each for the other; set up sites."""
        running = self.aimed(world, stock_eur)
        each = self.eur_per_organisation * world.organisations.sum(axis=1).astype(np.float64)
        of_the_host = closed_share(running, each[None, :], self.limit)
        of_the_owner = closed_share(running, each[:, None], self.limit).T
        for come in (of_the_host, of_the_owner):
            handles.close_gap("awareness", come[:, :, None])
            handles.fill("newcomer_entry", come)
        # Laboratories stand in the host, for technologies of their owners and for its own.
        spared = of_the_owner.T.copy()
        np.fill_diagonal(spared, 1.0 - np.prod(1.0 - of_the_host, axis=0))
        handles.lower("site_start", spared)
