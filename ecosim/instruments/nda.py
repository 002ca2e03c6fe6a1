"""Confidentiality agreements."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class Nda(Instrument):
    """The sender helps its organisations to confidentiality agreements with partners in the host.

    Within such a partnership controlled technology may be shared, and nothing leaks beyond it. Drafting and signing
    takes months before work starts, in every consortium that the sender's organisations lead.

    Notes
    -----
    Beside an understanding of governments (``technology_understanding``) it opens less, costs by organisation and not
    by pair of countries, and is paid for in time and not in leakage. Between countries of one export-control regime it
    opens nothing, and costs its months all the same.
    """

    kind = "nda"
    summary = "Confidentiality agreements under which partners share controlled technology."
    improves = frozenset({"technology_control"})
    side_effects = frozenset({"friction_start"})
    price = "Months of drafting and signing before work starts."
    evidence = "C"
    evidence_reason = "No study measures what confidentiality agreements change in what partners share, or how late."
    passage = "non-disclosure agreements, and joint IP licensing arrangements that support long-term collaboration"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 2e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"world": {"preset": "europe"}}

    limit: float = parameter(
        0.2, "Largest share of the gap in technology control that it closes, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.4),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        20.0, "Money a month per organisation of the sender, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.01, 1e6), assumed=(5.0, 80.0), prior="log_uniform",
    )  # fmt: skip
    signing: float = parameter(
        0.15, "Longer start where all consortia of a country sign one.", unit="share", bounds=(0.0, 5.0),
        assumed=(0.0, 0.4),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Open technology between the two, and lengthen the sender's starts."""
        paid = self.aimed(world, stock_eur)
        each = self.eur_per_organisation * world.organisations.sum(axis=1).astype(np.float64)
        signed = closed_share(paid, each[:, None], 1.0)
        handles.close_gap("technology_control", self.limit * np.maximum(signed, signed.T))
        handles.lengthen("friction_start", self.signing * signed.sum(axis=1) / max(world.n_countries - 1, 1))
