"""Visa facilitation."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class VisaFacilitation(Instrument):
    """The sender makes it easier for researchers of the host to come.

    A government can ease its own visas only, so mobility rises from the host to the sender; the other way needs the
    host to run the instrument too. Where research is better paid some of those who come stay, and the country they
    left works with fewer.

    Notes
    -----
    Cost is per researcher of the host. Movers are not lost to the world: they add to the country they stay in.
    """

    kind = "visa_facilitation"
    summary = "Easier visas for researchers of the host countries."
    improves = frozenset({"mobility"})
    side_effects = frozenset({"capacity"})
    redistributes = frozenset({"capacity"})
    price = "Brain drain: some who come stay, and the weaker side works with fewer people."
    evidence = "B"
    evidence_reason = (
        "Visas cut travel by 52-63 % (Neumayer 2010) and scientists' moves follow visa rules (Appelt et al. 2015, doi "
        "10.1787/5js1tmrr2233-en); what a euro of facilitation does is not measured."
    )
    passage = "Visa facilitation, temporary exchanges, and joint appointments help cross-border teams"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 2e6}

    eur_per_thousand_researchers: float = parameter(
        1_000.0, "Money a month per thousand researchers of the host, at which 63 % of the limit is reached.",
        unit="EUR/month", bounds=(0.1, 1e8), assumed=(250.0, 4_000.0), prior="log_uniform",
    )  # fmt: skip
    brain_drain: float = parameter(
        0.05, "Share of a country's research capacity that leaves when mobility rises from 0 to 1 towards the whole "
        "world and the world pays without comparison better.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.15),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise mobility from hosts to senders, and move capacity to where research is better paid."""
        researchers = world.researchers_thousand
        aimed = self.aimed(world, stock_eur).T
        share = closed_share(aimed, self.eur_per_thousand_researchers * researchers[:, None], self.limit)
        opened = handles.close_gap("mobility", share)

        spending = world.gerd_share_of_gdp * world.gdp_busd
        pay = np.divide(spending, researchers, out=np.zeros_like(spending), where=researchers > 0.0)
        pull = np.maximum(1.0 - np.divide(pay[:, None], pay[None, :], out=np.ones_like(opened), where=pay > 0.0), 0.0)
        leave = self.brain_drain * opened * pull * (researchers / max(researchers.sum(), 1e-12))[None, :]
        arrive = (leave * researchers[:, None]).sum(axis=0)
        gain = np.divide(arrive, researchers, out=np.zeros_like(arrive), where=researchers > 0.0)
        handles.capacity *= 1.0 - leave.sum(axis=1) + gain
