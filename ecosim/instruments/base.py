"""What an instrument is: who runs it towards whom, what it costs, and the handles it raises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.schema import Section, parameter
from ecosim.world.facts import World

#: Every instrument by the name of its option in ``conf/instruments/``; filled by the classes themselves.
REGISTRY: dict[str, type[Instrument]] = {}

EvidenceGrade = Literal["A", "B", "C"]


class Instrument(Section, ABC):
    """Something missions and governments can do, at a monthly cost.

    Subclasses set :attr:`kind`, :attr:`handles` and :attr:`evidence`, and write :meth:`push`.
    """

    kind: ClassVar[str] = ""
    handles: ClassVar[frozenset[str]] = frozenset()
    summary: ClassVar[str] = ""
    #: A: measured for this use; B: measured nearby; C: reasoned.
    evidence: ClassVar[EvidenceGrade] = "C"

    senders: tuple[str, ...] | Literal["all"] = parameter("all", "Countries that pay for it (ISO 3), or 'all'.")
    hosts: tuple[str, ...] | Literal["all"] = parameter("all", "Countries it is aimed at (ISO 3), or 'all'.")
    sectors: tuple[str, ...] | Literal["all"] = parameter("all", "Sectors it serves, or 'all'.")
    monthly_eur: float = parameter(
        100_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.8, "Largest share of a gap it can close, whatever is spent.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.5, 0.95),
    )  # fmt: skip

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.kind:
            REGISTRY[cls.kind] = cls

    def pairs(self, world: World) -> NDArray[np.bool_]:
        """(C, C): sender-host pairs the instrument is aimed at (never a country and itself)."""
        sender = _mask(self.senders, world.countries)
        host = _mask(self.hosts, world.countries)
        pairs = sender[:, None] & host[None, :]
        np.fill_diagonal(pairs, False)
        return pairs

    def sector_mask(self, sectors: tuple[str, ...]) -> NDArray[np.bool_]:
        """(S,): sectors it serves."""
        return _mask(self.sectors, sectors)

    def first_allocation(self, world: World) -> NDArray[np.float64]:
        """(C, C): share of the money spent on each pair before anything has been learned; sums to 1.

        By default in proportion to the sender's missions in the host (embassies and consulates); pairs without a
        mission get nothing, unless no pair has one.
        """
        weight = self.pairs(world) * (world.embassies + world.consulates).astype(np.float64)
        total = weight.sum()
        if total == 0.0:
            weight = self.pairs(world).astype(np.float64)
            total = weight.sum()
        return weight / total if total > 0.0 else weight

    @abstractmethod
    def push(self, handles: Handles, world: World, spent_eur: NDArray[np.float64]) -> None:
        """Raise the declared handles in place.

        Parameters
        ----------
        handles : Handles
            This month's handles, already lowered by shocks.
        world : World
            Facts.
        spent_eur : ndarray of float, shape (C, C)
            Money spent this month per sender-host pair, at full scale (before ``world.scale``).
        """


def closed_share(spent_eur: NDArray[np.float64], eur_per_pair: float, limit: float) -> NDArray[np.float64]:
    """Share of a gap that a month's spending closes, with diminishing returns.

    ``limit * (1 - exp(-spent / eur_per_pair))``: the first euro does most, and no sum closes more than ``limit``.
    """
    return limit * -np.expm1(-spent_eur / eur_per_pair)


def _mask(names: tuple[str, ...] | Literal["all"], known: tuple[str, ...]) -> NDArray[np.bool_]:
    if names == "all":
        return np.ones(len(known), dtype=np.bool_)
    return np.array([name in names for name in known], dtype=np.bool_)
