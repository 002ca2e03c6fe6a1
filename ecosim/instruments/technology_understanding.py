"""Mutual understanding on intellectual property and export control."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.world.facts import World


class TechnologyUnderstanding(Instrument):
    """Two governments agree how controlled technology may be shared, and whose inventions it is.

    Technology is shared more freely between the two, whoever pays for the talks. Inventions are respected, so that
    users pay more of the royalties due where patents matter. What is shared more freely also leaks: in the other
    country a part of the royalties is lost.

    Notes
    -----
    Between countries of one export-control regime there is nothing to open, and so nothing leaks. Royalties and leakage
    are read only with ``mechanisms.stages=true``; leakage counts there alone, as royalties that owners lose.
    """

    kind = "technology_understanding"
    summary = "Two governments agree on export control and on intellectual property."
    improves = frozenset({"technology_control", "royalty_share"})
    side_effects = frozenset({"leakage"})
    price = "Leakage: a part of what is shared is used without a licence."
    evidence = "B"
    evidence_reason = (
        "Reforms of intellectual property raised royalties by over 30 % where patents are used most and not elsewhere "
        "(Branstetter, Fisman and Foley 2006, doi 10.1093/qje/121.1.321); a bilateral understanding is no "
        "reform, and what it opens of export control is not measured."
    )
    passage = "help negotiate mutual understandings on export controls"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "europe"}, "mechanisms": {"stages": True},
    }  # fmt: skip

    limit: float = parameter(
        0.4, "Largest share of the gap in technology control that it closes, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.7),
    )  # fmt: skip
    eur_per_pair: float = parameter(
        20_000.0, "Money a month of both sides at which 63 % of the limit is reached.", unit="EUR/month",
        bounds=(1.0, 1e8), assumed=(5_000.0, 80_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        48.0, "Months in which half of what steady talks lead to is reached, and after which half is gone without.",
        unit="months", bounds=(0.0, 600.0), assumed=(24.0, 96.0),
    )  # fmt: skip
    royalties: float = parameter(
        0.3, "Royalties that a country's users pay beyond those at rest, where it has such an understanding with all.",
        unit="share", bounds=(0.0, 5.0), assumed=(0.0, 0.4),
        source="30 % after reforms where patents are used most (Branstetter, Fisman and Foley 2006, doi "
        "10.1093/qje/121.1.321); 0 elsewhere",
    )  # fmt: skip
    leaking: float = parameter(
        0.2, "Share of royalties lost where technology that was wholly controlled is wholly free.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.5),
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Technology by the limit, royalties by their own share."""
        return self.royalties if handle == "royalty_share" else self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Open technology between the two, raise royalties there, and let what was opened leak."""
        paid = self.aimed(world, stock_eur)
        share = closed_share(paid + paid.T, self.eur_per_pair, self.limit)
        opened = handles.close_gap("technology_control", share)
        handles.fill("leakage", self.leaking * opened)
        # an understanding with a large country covers more of the technologies that come from abroad
        income = np.broadcast_to(world.gdp_busd[None, :], share.shape) * (1.0 - np.eye(world.n_countries))
        covered = closed_share(paid + paid.T, self.eur_per_pair, 1.0) * income
        handles.lengthen("royalty_share", self.royalties * covered.sum(axis=1) / np.maximum(income.sum(axis=1), 1e-9))
