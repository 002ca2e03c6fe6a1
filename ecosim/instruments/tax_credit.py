"""Tax credit for research of firms, and co-investment."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import ClaimedInstrument, closed_share
from ecosim.world.facts import FIRM_SIZES, ORGANISATION_TYPES, World

_FIRMS = ORGANISATION_TYPES.index("PRC")
#: Work that costs a firm nothing is no longer its own.
_LEAST_COST = 0.05
_SMALL, _LARGE = (FIRM_SIZES.index(size) for size in ("small", "large"))


class TaxCredit(ClaimedInstrument):
    """The sender gives its firms back a share of what they spend themselves on joint work, by way of tax.

    A firm that starts work of its own pays ``1 - rate`` of its cost, and starts as much more as firms of its size do
    when research becomes cheaper: small ones react, large ones hardly. The rate follows from the envelope and the
    number of firms. A month later firms claim it for all that they spent, work they would have done anyway included.
    What that comes to is ``tax_deadweight_eur``; nothing is taken off for it, and nothing added.

    Co-investment of a government beside firms is the same mechanism with a higher ``limit``: a preset.

    Notes
    -----
    The money is tax forgone, out of the common appropriation: at most the envelope of each sender, and what is not
    claimed goes to the calls. Only a sender's own firms count, whichever the hosts.

    With stages firms also claim what they pay for pilots; whether they run them does not depend on the credit, so all
    of that is deadweight.
    """

    kind = "tax_credit"
    summary = "A share of what firms spend on joint work of their own, given back by way of tax."
    improves = frozenset({"own_work"})
    price = "Pays for work that would have been done anyway: large firms hardly do more for it."
    evidence = "B"
    evidence_reason = (
        "How much more firms spend on R&D where it is taxed less is measured by size (Dechezlepretre et al. 2023, "
        "doi 10.1257/pol.20200739), for R&D of their own and not for joint work."
    )
    passage = "When missions articulate clear welcomes—such as favorable tax credits, co-investment schemes"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    monthly_eur: float = parameter(
        1_000_000.0, "Envelope a month at full scale, over all senders; what is not claimed is not spent.",
        unit="EUR/month", bounds=(0.0, 1e9),
    )  # fmt: skip
    limit: float = parameter(
        0.25, "Largest share of their spending that firms are given back, whatever the envelope.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.5),
    )  # fmt: skip
    eur_per_firm: float = parameter(
        1_500.0, "Envelope a month per firm of the sender at which the rate is 63 % of its limit.",
        unit="EUR/month/firm", bounds=(0.1, 1e7), assumed=(375.0, 6_000.0), prior="log_uniform",
    )  # fmt: skip
    elasticity_small: float = parameter(
        -1.5, "Elasticity of the joint work that small and medium-sized firms start, by its cost to them.",
        bounds=(-10.0, 0.0), assumed=(-2.6, -1.0),
        source="R&D of small constrained firms: about -2.6 (Dechezlepretre et al. 2023, doi 10.1257/pol.20200739)",
    )  # fmt: skip
    elasticity_large: float = parameter(
        -0.2, "The same of large firms.", bounds=(-10.0, 0.0), assumed=(-0.3, -0.1),
        source="R&D over all firms, corrected for selective publication: -0.13 to -0.21 (Gaillard-Ladinska, Non and "
        "Straathof 2015, CPB Discussion Paper 309)",
    )  # fmt: skip

    def rate(self, world: World, stock_eur: NDArray[np.float64]) -> NDArray[np.float64]:
        """(C,): share of their own spending that firms are given back."""
        firms = world.organisations[:, _FIRMS].astype(np.float64)
        return closed_share(self.aimed(world, stock_eur).sum(axis=1), self.eur_per_firm * firms, self.limit)

    def most(self, handle: str) -> float:
        """Small firms do as much more as they do at the largest rate."""
        from ecosim.numerics import power

        cost = max(1.0 - self.limit, _LEAST_COST)
        return float(power(cost, min(self.elasticity_small, self.elasticity_large)) - 1.0)

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise the joint work that firms start themselves, by their size."""
        # here, for the schema of an instrument is read without compiled code
        from ecosim.numerics import power_each

        # something of the cost is always left
        cost = np.maximum(1.0 - self.rate(world, stock_eur), _LEAST_COST)
        handles.own_work[_SMALL] *= power_each(cost, self.elasticity_small)
        handles.own_work[_LARGE] *= power_each(cost, self.elasticity_large)

    def first_allocation(self, world: World) -> NDArray[np.float64]:
        """(C, C): by the firms of each sender, whichever the hosts."""
        pairs = self.pairs(world)
        hosts = pairs.sum(axis=1, keepdims=True)
        weight = np.divide(pairs, hosts, out=np.zeros(pairs.shape), where=hosts > 0) * world.organisations[:, [_FIRMS]]
        return weight / max(float(weight.sum()), 1.0)


class CoInvestment(TaxCredit):
    """The sender pays a share of joint work beside its firms: a preset of the tax credit, a larger share for fewer."""

    kind = "co_investment"
    summary = "A government pays beside its firms: a larger share of their joint work, for fewer of them."
    passage = "such as favorable tax credits, co-investment schemes"

    limit: float = parameter(
        0.35, "Largest share of their spending that firms are paid, whatever the envelope.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.15, 0.6),
    )  # fmt: skip
    eur_per_firm: float = parameter(
        6_000.0, "Envelope a month per firm of the sender at which the share is 63 % of its limit.",
        unit="EUR/month/firm", bounds=(0.1, 1e7), assumed=(1_500.0, 24_000.0), prior="log_uniform",
    )  # fmt: skip
