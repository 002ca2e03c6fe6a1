"""Terms of funding: who may apply to a funder, by which rules, and how its grants look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.programmes.calls import Shapes

if TYPE_CHECKING:
    from ecosim.config.programme import ProgrammeConfig


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
    own_country_only : bool
        Whether it pays organisations of its lead's country alone. The programme's rule on countries is a handle, which
        shocks and instruments move.
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

    def rules_in(self, month: int) -> ProgrammeConfig:
        """The rules in a month."""
        return self.rules if month >= self.reform_month else self.rules_before
