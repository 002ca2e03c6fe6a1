"""Cut of public money for new research."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.tables import PROGRAMME
from ecosim.world.facts import World

_EUROSTAT = "Eurostat rd_e_gerdact, sectors GOV and HES, PPS of 2005: what was spent, not what was budgeted."

#: Named cases.
CASES = cases_by_name(
    spain_2009=NamedCase(
        "Public research in Spain from 2009 to 2014.",
        {"severity": 0.14, "of": "agencies", "profile": "ramp", "profile_months": 60},
        f"R&D of government and universities was 14.1 % lower in 2014 than in 2009, in steps ({_EUROSTAT[:-1]}).",
        "That the money of the country's agency fell as what was spent did.",
    ),
    portugal_2009=NamedCase(
        "Public research in Portugal from 2009 to 2012.",
        {"severity": 0.2, "of": "agencies", "profile": "ramp", "profile_months": 36},
        f"R&D of government and universities was 20.2 % lower in 2012 than in 2009 ({_EUROSTAT[:-1]}).",
        "That the money of the country's agency fell as what was spent did.",
    ),
)


class BudgetCut(Shock):
    """New money is cut; what has been promised is paid.

    Of the programme, of the targets' own agencies, or of both. Grants that run are safe, and nobody doubts the funder:
    one that may fail is :mod:`ecosim.shocks.funder_withdrawal`. Who has no agency in the scenario loses nothing by its
    cut.

    Notes
    -----
    Public budgets for research grow slowly, with rare leaps that do not last (Valdivia and Clark 2015, for the United
    States). How deep a cut goes is a scenario, or one of the named cases.
    """

    kind = "budget_cut"
    option: ClassVar[dict[str, Any]] = {"severity": 0.2}
    handles = frozenset({"appropriation", "agency_money"})
    summary = "The programme, or agencies of some countries, have less new money; promises are kept."
    at_risk = "funder"
    passage = "multi-country collaboration programs that weather political or economic shocks"
    example: ClassVar[dict[str, Any]] = {"severity": 0.5}
    cases = CASES

    targets: tuple[str, ...] | Literal["drawn", "all"] = parameter(
        "all", "Countries whose own agencies are cut, named or drawn; the programme's money is cut for all alike."
    )
    of: Literal["both", "programme", "agencies"] = parameter(
        "both", "Whose money is cut: the programme's, that of the targets' agencies, or both."
    )

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower new money, once in effect."""
        if self.of != "agencies":
            lost = np.zeros_like(handles.appropriation)
            lost[PROGRAMME] = level
            handles.lower("appropriation", lost)
        if self.of != "programme":
            handles.lower("agency_money", level * targets)
