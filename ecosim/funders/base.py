"""What a funder beside the programme is: whom it pays, how much it has, by which rules, and how its grants look."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.declared import Declared
from ecosim.config.schema import parameter
from ecosim.errors import InputError
from ecosim.world.facts import World

if TYPE_CHECKING:
    from ecosim.config.programme import ProgrammeConfig

#: Every kind of funder by the name of its option; filled by the classes themselves.
REGISTRY: dict[str, type[AnyFunder]] = {}


@dataclass(frozen=True, eq=False)
class Purse:
    """One funder: the countries whose leads may apply to it, and its money."""

    #: (C,) countries from which it may be applied to.
    leads: NDArray[np.bool_]
    #: Public money: EUR a month at full scale.
    monthly_eur: float
    #: Private money pledged beside it, EUR a month at full scale.
    private_eur: float = 0.0


class AnyFunder(Declared):
    """A funder, or many alike, beside the programme: of research (:class:`FunderKind`) or of what follows."""

    registry: ClassVar[dict[str, Any]] = REGISTRY
    needs_handles: ClassVar[bool] = False
    #: What it pays for: "research" (with calls), "pilot", "scale_up".
    stages: ClassVar[frozenset[str]] = frozenset({"research"})
    #: Whether it pays organisations of the lead's own country alone.
    own_country_only: ClassVar[bool] = False
    #: Whether its money is the taxpayer's, and so part of the budget that compared policies share.
    public: ClassVar[bool] = True

    from_programme: float | None = parameter(
        None, "Share of the programme's appropriation that goes to these funders instead, each by its own size; null "
        "for money of their own, beside the programme's.",
        unit="share", bounds=(0.0, 1.0),
    )  # fmt: skip

    def check(self, name: str, world: World) -> None:
        """Refuse what this world does not have, before anything runs; by default nothing.

        Parameters
        ----------
        name : str
            Its key in the scenario.
        world : World
            Facts.
        """

    @property
    def gap_months(self) -> int:
        """Longest time between two of its calls; who has no calls leaves no gap."""
        return 1

    @abstractmethod
    def purses(self, world: World) -> list[Purse]:
        """The funders, one or many; no country may apply to two of them."""


def check_stages(name: str, funder: AnyFunder, with_stages: bool) -> None:
    """Refuse a funder of what comes after research where nothing does.

    Parameters
    ----------
    name : str
        Its key in the scenario.
    funder : AnyFunder
        What stands there.
    with_stages : bool
        ``mechanisms.stages`` of the scenario.

    Raises
    ------
    InputError
        If it would pay for nothing.
    """
    if "research" not in funder.stages and not with_stages:
        raise InputError(
            f"funders.{name}", funder.kind or type(funder).__name__, problem="pays for what comes after research",
            allowed="mechanisms.stages=true beside it",
        )  # fmt: skip


class FunderKind(AnyFunder):
    """A funder of research, or many alike, with calls.

    Subclasses set :attr:`kind` and :attr:`summary`, and write :meth:`purses` and :meth:`shapes`. What its rules do
    not name is as in the programme.
    """

    #: Whether it pays organisations of all countries, whatever the programme's rules say.
    open_to_all: ClassVar[bool] = False

    months_between_calls: int = parameter(
        6, "Months from one of its calls to the next.", unit="months", bounds=(1, 84), assumed=(3, 12)
    )
    calendar: Literal["staggered", "aligned"] = parameter(
        "staggered", "Funders of this kind open their calls one after another, or all in the same month."
    )
    prefinancing: float = parameter(
        0.5, "Share of the grant paid when work starts.", unit="share", bounds=(0.0, 1.0), assumed=(0.2, 0.8)
    )
    tranches: int = parameter(2, "Payments after the first; the rest is divided equally.", bounds=(1, 24))
    time_to_grant_months: int = parameter(
        6, "Months from a call's deadline to the first possible start.", unit="months", bounds=(0, 36)
    )
    applications_per_award: float = parameter(
        4.0, "Proposals written per proposal that the budget can fund.", bounds=(1.0, 50.0), assumed=(2.0, 8.0)
    )

    @property
    def gap_months(self) -> int:
        """Longest time between two of its calls."""
        return self.months_between_calls

    def rules(self, programme: ProgrammeConfig) -> ProgrammeConfig:
        """Its rules of funding, in the programme's terms."""
        return programme.model_copy(
            update={
                "countries_per_consortium": None,
                "blocs_per_consortium": None,
                "portfolio_evenness": 0.0,
                "reallocate": True,
                "tranche_rule": "calendar",
                **{name: getattr(self, name) for name in _RULES},
            }
        )

    def agreed(self, world: World) -> NDArray[np.float64] | None:
        """Of kinds that pay their own country alone: who has agreed to pay its own in whose grants; by default nobody.

        Returns
        -------
        ndarray of float, shape (C, C), or None
            1 where the second country's funder pays its organisations in grants of the first's.
        """
        return None

    @property
    def kept_share(self) -> float:
        """Share of its money that its own calls do not offer, for its organisations in grants of others; 0 usually."""
        return 0.0

    def favours(self, world: World, let_in: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much more a call draws from each country, (C,) weights above 0; by default all alike.

        Asked whenever it opens a call. Only the proportions count: the number of proposals stays the same.

        Parameters
        ----------
        world : World
            Facts.
        let_in : ndarray of float, shape (C,)
            Share of each country's organisations that funders of several countries let in this month, as anybody can
            see it. What shocks are under way, and whom they hit, is not handed over.
        """
        return np.ones(world.n_countries)

    @abstractmethod
    def shapes(self, world: World) -> NDArray[np.void]:
        """Consortia its calls are answered with: rows of dtype ``CONSORTIUM_SHAPE``."""


_RULES = ("months_between_calls", "prefinancing", "tranches", "time_to_grant_months", "applications_per_award")
