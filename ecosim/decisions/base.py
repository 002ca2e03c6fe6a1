"""What a decision is: who decides, how often, what it can see, and what it orders."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.declared import Declared, RefusedError
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.errors import InputError, nearest_name
from ecosim.world.facts import World

#: Every decision by the name of its option; filled by the classes themselves.
REGISTRY: dict[str, type[Decision]] = {}

Who = Literal["missions", "governments", "funders", "user"]

#: What a decision may declare that it sees, and what it then finds under that name. All of it is public.
SEES: dict[str, str] = {
    "starts": "(C, C) partnerships that started between two countries since this decision was last due",
    "allocation": "by instrument, (C, C) shares of its money over sender-host pairs",
    "series": "by outcome, (months,) its monthly values, up to `seen_after_months` ago",
    "by_country": "by outcome (collaboration, output, work, effort, leads, members), (months, C) its monthly values by "
    "country, up to `seen_after_months` ago",
    "announced": "shocks that were announced `seen_after_months` ago or before and are not over",
    "granted": "(months, C) EUR (full scale) that the programme newly granted to each country's organisations, by "
    "month of award, up to `seen_after_months` ago",
    "publications": "(months, S) joint publications by sector, up to `seen_after_months` ago",
    "sectors": "by funder (its entry's name), (S,) shares of its money over sectors",
    "closed": "(C, C) share of its usual political openness that each country (first axis) has lost towards each "
    "other, by shocks and by other decisions",
    "chance": "a uniform number for each pair, (C, C), that depends on the seed, the decision and the month alone",
}

Order = Literal["allocation", "intensity", "stance", "money", "sectors"]


@dataclass(frozen=True, eq=False)
class Announced:
    """A shock as the public knows it."""

    name: str
    kind: str
    #: (C,) countries hit.
    targets: NDArray[np.bool_]
    months_ago: int
    #: Whether it is in effect, and not only announced.
    in_force: bool = True


class ByOutcome(dict[str, NDArray[np.float64]]):
    """Values by outcome, as a decision sees them; a name that is not there is refused in one line.

    Parameters
    ----------
    where : str
        The name of :data:`SEES` under which they stand.
    values : mapping of str to ndarray of float
        By the names of the outcomes.
    """

    def __init__(self, where: str, values: Mapping[str, NDArray[np.float64]]) -> None:
        super().__init__(values)
        self._where = where

    def __missing__(self, name: str) -> NDArray[np.float64]:
        raise InputError(
            self._where, problem=f"has no '{name}'", allowed=", ".join(sorted(self)),
            nearest=nearest_name(str(name), self),
        )  # fmt: skip


class Seen:
    """What a decision sees when it is due: the month, the facts, and what it declares in :attr:`Decision.sees`.

    Parameters
    ----------
    decision : str
        Its name, for errors.
    month, first_observed_month : int
        Month of the run, and the first after the burn-in.
    world : World
        Facts.
    values : mapping of str to object
        What it sees, by the names of :data:`SEES`.
    """

    def __init__(
        self, decision: str, month: int, first_observed_month: int, world: World, values: Mapping[str, Any]
    ) -> None:
        self.month = month
        self.first_observed_month = first_observed_month
        self.world = world
        self._decision = decision
        self._values = dict(values)

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name in values:
            return values[name]
        if name in SEES:
            raise AttributeError(f"decision '{self._decision}' does not see '{name}'; declare it in `sees`")
        raise AttributeError(name)


@dataclass
class Orders:
    """What is ordered; what is left out stays as it is."""

    #: By instrument, (C, C) new shares of its money over sender-host pairs.
    allocation: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    #: By instrument, how much of its monthly money is asked for: 0 for off, 1 for all.
    intensity: dict[str, float] = field(default_factory=dict)
    #: (C, C) how far each country goes towards each other, 0 to 1; :meth:`Decision.push` makes handles of it.
    stance: NDArray[np.float64] | None = None
    #: (C,) EUR a month at full scale that each country's government gives its agency, beside the budget, from now on.
    added_eur: NDArray[np.float64] | None = None
    #: By funder (its entry's name), (S,) new shares of what its calls offer over sectors.
    sectors: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def given(self) -> frozenset[Order]:
        """What is ordered, as a decision declares it."""
        says: dict[Order, bool] = {
            "allocation": bool(self.allocation),
            "intensity": bool(self.intensity),
            "stance": self.stance is not None,
            "money": self.added_eur is not None,
            "sectors": bool(self.sectors),
        }
        return frozenset(order for order, given in says.items() if given)


class Decision(Declared):
    """A rule by which somebody decides while the run goes on.

    Subclasses set :attr:`kind`, :attr:`summary`, :attr:`decides`, :attr:`sees` and :attr:`orders`, and write
    :meth:`decide`; those that order a stance declare :attr:`handles` and write :meth:`push`.
    """

    registry: ClassVar[dict[str, Any]] = REGISTRY
    needs_handles: ClassVar[bool] = False
    #: Whose decision it is.
    decides: ClassVar[Who] = "governments"
    #: What it sees: names of :data:`SEES`.
    sees: ClassVar[frozenset[str]] = frozenset()
    #: What it orders.
    orders: ClassVar[frozenset[Order]] = frozenset()
    #: Whether it says nothing where no country has an agency of its own.
    needs_agency: ClassVar[bool] = False

    every_months: int = parameter(1, "Months from one decision to the next.", unit="months", bounds=(1, 600))
    seen_after_months: int = parameter(
        0, "Months until what happens can be seen by whoever decides.", unit="months", bounds=(0, 120)
    )
    acts_after_months: int = parameter(
        0, "Months from a decision until it takes effect.", unit="months", bounds=(0, 120)
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.__dict__.get("kind"):
            cls.only_known("sight", cls.sees, SEES, "nobody can see")
            if not cls.orders:
                raise RefusedError(f"{cls.__name__}: set `orders`; allowed: {', '.join(get_args(Order))}")
            cls.only_known("order", cls.orders, get_args(Order))
            cls.one_of("decides", cls.decides, get_args(Who))
            if ("stance" in cls.orders) != bool(cls.handles):
                raise RefusedError(f"{cls.__name__}: a stance and `handles` go together")
        super().__init_subclass__(**kwargs)

    def check(self, name: str, world: World, instruments: Mapping[str, Any]) -> None:
        """Refuse what this scenario does not have, before anything runs; by default nothing."""

    def check_outcomes(self, name: str, recorded: Collection[str], elsewhere: Mapping[str, str]) -> None:
        """Refuse outcomes that this scenario does not record, before anything runs; by default nothing.

        Parameters
        ----------
        name : str
            Its key in the scenario.
        recorded : collection of str
            Columns of the monthly series that are recorded.
        elsewhere : mapping of str to str
            Other columns, and the setting with which they would be.
        """

    def check_orders(self, name: str, orders: Any) -> None:
        """Refuse what :meth:`decide` returned if it is no :class:`Orders`, or orders what is not declared.

        Raises
        ------
        InputError
            Naming the entry and the order.
        """
        key = f"decisions.{name}"
        if not isinstance(orders, Orders):
            problem = f"decide() returned {type(orders).__name__}"
            raise InputError(key, self.kind, problem=problem, allowed="Orders(...)")
        for order in sorted(orders.given - self.orders):
            raise InputError(
                key, self.kind, problem=f"orders '{order}', which it does not declare",
                allowed=f"{', '.join(sorted(self.orders))}, or name '{order}' in `orders`",
            )  # fmt: skip

    def first_intensity(self) -> dict[str, float]:
        """Instruments that do not run from the start, and how far they do; by default none."""
        return {}

    @abstractmethod
    def decide(self, seen: Seen) -> Orders:
        """What is ordered, in a month in which the decision is due.

        Parameters
        ----------
        seen : Seen
            What can be seen; nothing else of the world is handed over.
        """

    def push(self, handles: Handles, world: World, stance: NDArray[np.float64]) -> None:
        """Push the declared handles in place, by the stance in force.

        Parameters
        ----------
        handles : Handles
            This month's handles, already pushed by shocks.
        world : World
            Facts.
        stance : ndarray of float, shape (C, C)
            How far each country (first axis) goes towards each other.
        """
