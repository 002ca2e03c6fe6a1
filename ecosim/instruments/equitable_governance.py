"""Equitable governance and benefit sharing."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, by_missions, closed_share
from ecosim.instruments.shares import over_partners, weaker
from ecosim.world.facts import World


class EquitableGovernance(Instrument):
    """The sender agrees with weaker hosts on shared governance and on who gets what from joint work.

    A host is weaker as far as it spends less on a researcher than the sender. Of its organisations that would decline,
    some accept. Users in the sender's country pay more of the royalties they owe to owners elsewhere, in sectors in
    which patents matter. More have a say, so that what the sender leads starts later.

    Notes
    -----
    Stronger rights raised royalties by over 30 % where patents are used much, and not at all elsewhere (Branstetter,
    Fisman and Foley 2006); an agreement on benefits is weaker than a law. What fair terms do to who accepts is assumed,
    with nil in range.
    """

    kind = "equitable_governance"
    summary = "Shared governance and benefits with weaker partners: more of them accept; decisions are slower."
    improves = frozenset({"fair_terms", "royalty_share"})
    side_effects = frozenset({"friction_start"})
    price = "Slower decisions: more have a say."
    evidence = "C"
    evidence_reason = (
        "Royalties are measured under stronger rights, +30 % where patents matter (Branstetter et al. 2006, doi "
        "10.1093/qje/121.1.321); fair terms in research are not."
    )
    passage = "equitable collaboration norms, shared governance structures, and transparent benefit-sharing agreements"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    limit: float = parameter(
        0.5, "Largest share of the host's organisations under such terms, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.9),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        40.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(10.0, 160.0), prior="log_uniform",
    )  # fmt: skip
    declined_for_terms: float = parameter(
        0.3, "Share of the weakest who decline, all else open, that decline for the terms.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.6),
    )  # fmt: skip
    royalties_more: float = parameter(
        0.1, "How much more royalties are paid where all partners are weakest and under such terms.", unit="share",
        bounds=(0.0, 10.0), assumed=(0.0, 0.3), source="at most +30 % (Branstetter, Fisman and Foley 2006)",
    )  # fmt: skip
    slower: float = parameter(
        0.1, "Longer start where all partners are under such terms.", unit="share", bounds=(0.0, 5.0),
        assumed=(0.02, 0.3),
    )  # fmt: skip
    life_months: float = parameter(
        36.0, "Months after which half of such terms have lapsed.", unit="months", bounds=(0.0, 600.0),
        assumed=(12.0, 72.0),
    )  # fmt: skip

    def first_allocation(self, world: World) -> NDArray[np.float64]:
        """(C, C): only pairs in which the host is the weaker one, if there are any."""
        uneven = self.pairs(world) & (weaker(world) > 0.0)
        return by_missions(uneven if uneven.any() else self.pairs(world), world)

    def most(self, handle: str) -> float:
        """Those who declined for the terms, and royalties by their own share."""
        return self.declined_for_terms * self.limit if handle == "fair_terms" else self.royalties_more * self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Win those of weaker hosts who decline, raise what the sender's users pay, and delay the sender's starts."""
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        scale = self.eur_per_organisation * organisations[None, :]
        agreed = closed_share(self.aimed(world, stock_eur), scale, self.limit)
        shared = agreed * weaker(world)
        handles.fill("fair_terms", self.declined_for_terms * shared)
        handles.lengthen("royalty_share", self.royalties_more * over_partners(shared, world))
        handles.lengthen("friction_start", self.slower * over_partners(agreed, world))
