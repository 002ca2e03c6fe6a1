"""What an instrument is: who runs it towards whom, what it costs, and the handles it improves."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal, get_args
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import field_validator, model_validator

from ecosim.channels.declared import Declared, RefusedError, check_names
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.world.facts import SECTORS, World
from ecosim.world.names import as_countries, countries_named, country_mask

#: Every instrument by the name of its option; filled by the classes themselves.
REGISTRY: dict[str, type[Instrument]] = {}

#: What an instrument can build (:data:`ecosim.tables.ASSET_KINDS`).
AssetKind = Literal["hub", "lab", "testbed", "repository", "platform"]

#: A: measured for this use; B: measured nearby; C: reasoned.
EvidenceGrade = Literal["A", "B", "C"]


class Instrument(Declared):
    """Something missions and governments can do, at a monthly cost.

    Subclasses set :attr:`kind`, :attr:`summary`, :attr:`price`, :attr:`aims`, :attr:`improves`,
    :attr:`side_effects`, :attr:`evidence` and :attr:`evidence_reason`, and write :meth:`push`.
    """

    registry: ClassVar[dict[str, Any]] = REGISTRY
    #: Handles it is run for; more money never makes them worse.
    improves: ClassVar[frozenset[str]] = frozenset()
    #: Handles it also changes, for the worse; empty where its price is the money it binds, in grants for its pairs
    #: (:attr:`grant_share`) or in an asset (:class:`AssetInstrument`), or that the public comes to owe (:attr:`owes`).
    side_effects: ClassVar[frozenset[str]] = frozenset()
    #: Of those, the ones that give to some countries or sectors what they take from others.
    redistributes: ClassVar[frozenset[str]] = frozenset()
    #: Its price beyond money, one sentence for people.
    price: ClassVar[str] = ""
    #: What it can be aimed by: "countries", "sectors" or both.
    aims: ClassVar[frozenset[str]] = frozenset({"countries"})
    #: Whether it makes the public owe money later, which the ledger shows: what investors lose, what firms claim.
    owes: ClassVar[bool] = False
    evidence: ClassVar[EvidenceGrade] = "C"
    #: Why this grade.
    evidence_reason: ClassVar[str] = ""

    senders: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Countries that pay for it, by code or name, or bloc:NAME; or 'all'."
    )
    hosts: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Countries it is aimed at, by code or name, or bloc:NAME; or 'all'."
    )
    sectors: tuple[str, ...] | Literal["all"] = parameter("all", "Sectors it serves, or 'all'.")
    monthly_eur: float = parameter(
        100_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    priority: int = parameter(
        5, "Who gets money first where it does not reach all: 1 before 2, and so on.", bounds=(1, 9)
    )
    life_months: float = parameter(
        0.0, "Months after which half of what its money has built is gone; 0 acts at once and leaves nothing.",
        unit="months", bounds=(0.0, 600.0),
    )  # fmt: skip
    limit: float = parameter(
        0.8, "Largest share of a gap it can close, whatever is spent.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.5, 0.95),
    )  # fmt: skip

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # What it may change is what it says it improves and what it says it costs: one declaration, not two.
        cls.handles = cls.improves | cls.side_effects
        if cls.__dict__.get("kind") and not (cls.price and cls.evidence_reason):
            raise RefusedError(f"{cls.__name__}: set `price` and `evidence_reason`, a sentence each")
        cls.one_of("evidence", cls.evidence, get_args(EvidenceGrade))
        super().__init_subclass__(**kwargs)

    @field_validator("senders", "hosts", mode="before")
    @classmethod
    def _countries_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all")

    @model_validator(mode="after")
    def _aims_at_what_it_can(self) -> Instrument:
        for key, aim in (("senders", "countries"), ("hosts", "countries"), ("sectors", "sectors")):
            if aim not in self.aims and getattr(self, key) != "all":
                raise ValueError(f"{key} must be 'all': {self.kind} works on all {aim} alike")
        return self

    @property
    def without_money(self) -> bool:
        """Whether it never has money, as a lever without a share: it is passed over month by month."""
        return self.monthly_eur == 0.0

    @property
    def grant_share(self) -> float:
        """Share of its money that becomes grants earmarked for its pairs; the rest is spent on running it."""
        return 0.0

    def most(self, handle: str) -> float:
        """Most that it does to one of the handles it improves, for one pair, whatever is spent.

        Of a handle that has a best end (0 where less is better, 1 of a share) the share of the way there; of one
        without the rise as a share of what there was. The contract of every kind holds :meth:`push` to it.

        Parameters
        ----------
        handle : str
            One of :attr:`improves`.
        """
        return self.limit

    def check(self, name: str, world: World) -> None:
        """Refuse countries and sectors that do not exist, before anything runs.

        Parameters
        ----------
        name : str
            Its key in the scenario.
        world : World
            Facts.

        Raises
        ------
        InputError
            If a country or a sector is unknown.
        """
        for side, chosen in (("senders", self.senders), ("hosts", self.hosts)):
            if chosen != "all":
                countries_named(f"instruments.{name}.{side}", chosen, world, words=("all",))
        check_names(f"instruments.{name}.sectors", self.sectors, SECTORS)

    def pairs(self, world: World) -> NDArray[np.bool_]:
        """(C, C): sender-host pairs the instrument is aimed at (never a country and itself). Not to be written to."""
        return _pairs(self.senders, self.hosts, world)

    def sector_mask(self, sectors: tuple[str, ...] = SECTORS) -> NDArray[np.bool_]:
        """(S,): sectors it serves."""
        return np.array([self.sectors == "all" or sector in self.sectors for sector in sectors], dtype=np.bool_)

    def first_allocation(self, world: World) -> NDArray[np.float64]:
        """(C, C): share of the money spent on each pair before anything has been learned; sums to 1.

        By default in proportion to the sender's missions in the host (embassies and consulates); pairs without a
        mission get nothing, unless no pair has one.
        """
        return by_missions(self.pairs(world), world)

    def aimed(self, world: World, stock_eur: NDArray[np.float64]) -> NDArray[np.float64]:
        """(C, C): the stock of pairs the instrument is aimed at; what is spent elsewhere has no effect."""
        return np.where(self.pairs(world), stock_eur, 0.0)

    def grown(self, stock_eur: NDArray[np.float64], spent_eur: NDArray[np.float64]) -> NDArray[np.float64]:
        """(C, C): the stock after a month in which this was spent: ``S + (1 - 0.5 ** (1 / life)) * (spent - S)``.

        Steady spending leads to a stock of the same size; without spending half of it is left after its life.
        """
        if self.life_months == 0.0:
            return spent_eur
        # here, for the schema of an instrument is read without compiled code
        from ecosim.numerics import half_to

        grown: NDArray[np.float64] = stock_eur + (1.0 - half_to(1.0 / self.life_months)) * (spent_eur - stock_eur)
        return grown

    def steady(self, spent_eur: NDArray[np.float64]) -> NDArray[np.float64]:
        """(C, C): the stock that steady spending leads to."""
        return spent_eur

    @abstractmethod
    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Push the declared handles in place.

        Parameters
        ----------
        handles : Handles
            This month's handles, already pushed by shocks.
        world : World
            Facts.
        stock_eur : ndarray of float, shape (C, C)
            What it has built up per sender-host pair, as the monthly money that would keep it there (EUR at full scale,
            before ``world.scale``): the money of this month where it builds nothing that lasts.
        """


class AssetInstrument(Instrument):
    """An instrument that builds one asset in a host for each pair, and runs it; it acts while that stands and is open.

    Subclasses say what they build in :attr:`builds`. Building costs ``build_eur`` once, out of the monthly money.
    Then ``running_eur`` a month keeps it up, and more does nothing: an asset has one size. What of this is not paid
    lets its condition fade, with ``life_months`` as half-life. Its stock is the running money that has been kept up.

    Where the host closes to the owner the asset is frozen: it does nothing, costs nothing and fades. If the host opens
    again within ``lost_after_months`` it goes on from there, and otherwise it is lost.
    """

    #: What is built.
    builds: ClassVar[AssetKind] = "hub"

    build_eur: float = parameter(
        1_000_000.0, "What building one costs.", unit="EUR", bounds=(0.0, 1e9), assumed=(250_000.0, 4_000_000.0)
    )
    running_eur: float = parameter(
        50_000.0, "What running one costs a month.", unit="EUR/month", bounds=(1.0, 1e8), assumed=(20_000.0, 120_000.0)
    )
    life_months: float = parameter(
        24.0, "Months after which half of what one can do is gone, if nothing is paid for running it.", unit="months",
        bounds=(0.0, 600.0), assumed=(6.0, 60.0),
    )  # fmt: skip
    closes_below: float = parameter(
        0.5, "Share of the host's political openness to the owner at rest, below which it is frozen.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 0.8),
    )  # fmt: skip
    lost_after_months: int = parameter(
        24, "Months frozen after which it is lost.", unit="months", bounds=(1, 600), assumed=(6, 60)
    )

    def first_allocation(self, world: World) -> NDArray[np.float64]:
        """(C, C): the same share for each of as many pairs as the money can run, those with most missions first."""
        weight = by_missions(self.pairs(world), world).ravel()
        most = max(1, int(self.monthly_eur / self.running_eur))
        first = np.argsort(-weight, kind="stable")[:most]
        chosen = np.zeros(weight.shape)
        chosen[first[weight[first] > 0.0]] = 1.0
        return (chosen / max(chosen.sum(), 1.0)).reshape(world.n_countries, world.n_countries)

    def steady(self, spent_eur: NDArray[np.float64]) -> NDArray[np.float64]:
        """(C, C): the stock that steady spending leads to; once it stands an asset takes no more than running costs."""
        return np.minimum(spent_eur, self.running_eur)


class ClaimedInstrument(Instrument):
    """An instrument whose money is an envelope: firms claim a share of what they spent themselves, a month later.

    What is offered is the law, and acts whether it is claimed or not; what is claimed is tax forgone, at most the
    envelope of each sender. What nobody claims is not spent, and goes to the calls.
    """

    owes = True

    @abstractmethod
    def rate(self, world: World, stock_eur: NDArray[np.float64]) -> NDArray[np.float64]:
        """(C,): share of what firms of each country spend on joint work of their own that they are given back.

        Parameters
        ----------
        world : World
            Facts.
        stock_eur : ndarray of float, shape (C, C)
            The envelope per sender-host pair (EUR a month at full scale); only a sender's sum counts.
        """


#: Pairs of senders and hosts of worlds that are in use, by senders and hosts.
_PAIRS: WeakKeyDictionary[World, dict[tuple[Any, Any], NDArray[np.bool_]]] = WeakKeyDictionary()


def _pairs(
    senders: tuple[str, ...] | Literal["all"], hosts: tuple[str, ...] | Literal["all"], world: World
) -> NDArray[np.bool_]:
    """(C, C): pairs of senders and hosts. A fact of the world, asked for by every push of every month."""
    known = _PAIRS.setdefault(world, {})
    if (senders, hosts) not in known:
        pairs = country_mask(senders, world)[:, None] & country_mask(hosts, world)[None, :]
        np.fill_diagonal(pairs, False)
        pairs.setflags(write=False)
        known[senders, hosts] = pairs
    return known[senders, hosts]


def closed_share(spent_eur: ArrayLike, scale_eur: ArrayLike, limit: float) -> NDArray[np.float64]:
    """Share of a gap that a stock closes, with diminishing returns.

    ``limit * (1 - exp(-spent / scale))``: the first euro does most, 63 % of the limit is reached at the scale, and no
    sum closes more than the limit. Nothing can be closed where the scale is 0 (there is nothing to spend on).
    """
    # here, for the schema of an instrument is read without compiled code
    from ecosim.numerics import saturated_each

    scale = np.asarray(scale_eur)
    # what nothing can be spent on is as good as infinitely dear
    return saturated_each(np.asarray(spent_eur, dtype=np.float64) / np.where(scale > 0.0, scale, np.inf), limit)


def by_missions(pairs: NDArray[np.bool_], world: World) -> NDArray[np.float64]:
    """(C, C): shares of money over pairs in proportion to missions; even where no pair has one; sums to 1 or is 0."""
    weight = pairs * (world.embassies + world.consulates).astype(np.float64)
    if weight.sum() == 0.0:
        weight = pairs.astype(np.float64)
    return weight / max(weight.sum(), 1.0)
