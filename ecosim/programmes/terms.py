"""Terms of funding: who may apply to a funder, by which rules, and how its grants look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.programmes.calls import Shapes
from ecosim.world.facts import World

if TYPE_CHECKING:
    from ecosim.config.programme import ProgrammeConfig
    from ecosim.funders.base import Purse


@dataclass(frozen=True, eq=False)
class Terms:
    """The terms that one entry of the scenario sets: for one funder, or for many alike, one for each country.

    Attributes
    ----------
    name : str
        The entry's name.
    kind : str
        ``multilateral_programme``, or the kind of the entry.
    rules, rules_before : ProgrammeConfig
        Its rules from the reform on, and before it.
    reform_month : int
        Month of the reform; what was proposed before keeps the terms of its call.
    funders : tuple of int
        Its rows on the axis of funders.
    funder_of : ndarray of int16, shape (C,)
        The row to which a lead from each country applies; -1 where it may not.
    shapes : Shapes
        Consortia its calls are answered with.
    shapes_of_year : mapping of int to Shapes
        Those of the calendar years in which starts were observed; none by default.
    own_country_only : bool
        Whether it pays organisations of its lead's country alone. The programme's rule on countries is a handle, which
        shocks and instruments move.
    open_to_all : bool
        Whether it pays organisations of all countries, whatever that handle says.
    favours : callable, optional
        How much more its calls draw from each country (:meth:`ecosim.funders.base.FunderKind.favours`); all alike by
        default.
    agreed : ndarray of float, shape (C, C), optional
        1 where the second country's agency pays its own organisations in grants of the first's.
    kept_share : float
        Share of its money that its own calls do not offer, for its organisations in others' grants.
    purses : tuple of Purse
        Its funders' countries and money, in the order of ``funders``; none for the programme.
    """

    name: str
    kind: str
    rules: ProgrammeConfig
    rules_before: ProgrammeConfig
    reform_month: int
    funders: tuple[int, ...]
    funder_of: NDArray[np.int16]
    shapes: Shapes
    own_country_only: bool = False
    #: What it pays for; only funders of research open calls.
    stages: frozenset[str] = frozenset({"research"})
    open_to_all: bool = False
    favours: Callable[[World, NDArray[np.float64]], NDArray[np.float64]] | None = None
    agreed: NDArray[np.float64] | None = None
    kept_share: float = 0.0
    purses: tuple[Purse, ...] = ()
    shapes_of_year: Mapping[int, Shapes] = field(default_factory=dict)

    def rules_in(self, month: int) -> ProgrammeConfig:
        """The rules in a month."""
        return self.rules if month >= self.reform_month else self.rules_before

    def called_for(self, rules: ProgrammeConfig, year: int) -> Shapes:
        """Consortia that calls under these rules ask for, if their work starts in a calendar year."""
        return self.shapes_of_year.get(year, self.shapes) if rules.consortia_by_year else self.shapes

    def weights(self, world: World, let_in: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much more its calls draw from each country, (C,), 1 on average over participations.

        Parameters
        ----------
        let_in : ndarray of float, shape (C,)
            Share of each country's organisations that funders of several countries let in.
        """
        if self.favours is None:
            return np.ones(world.n_countries)
        weights = np.asarray(self.favours(world, let_in), dtype=np.float64)
        return weights / float((world.participation_share * weights).sum())
