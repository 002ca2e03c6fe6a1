"""Recession."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.tables import PROGRAMME
from ecosim.world.facts import World

#: Named cases.
CASES = cases_by_name(
    financial_crisis_2008=NamedCase(
        "The financial crisis from the autumn of 2008 on.",
        {"severity": 1.0, "firm_income_loss": 0.042},
        "R&D of business was 4.2 % lower in 2009 than in 2008, summed over 35 countries (from -20 % in Croatia to "
        "+17 % in Hungary; Eurostat rd_e_gerdact, sector BES, PPS of 2005).",
        "That what firms earn for research and begin of it fell as what they spent did; how far private investors and "
        "public money fell, and for how long.",
    ),
)


class Recession(Shock):
    """Firms of the targets earn less for research and begin less, private investors hold back, public money shrinks.

    Private money is read where ``mechanisms.stages`` is on; public money is that of the targets' own agencies, and of
    the programme as far as the targets pay for it: by their shares of the income of its members.

    Notes
    -----
    In the crisis of 2008 firms with more debt cut R&D by 8 %, nearly all of it research (Mezzanotti and Simcoe 2023);
    public R&D moved with the crisis in some countries and against it in others (Pellens et al. 2018).
    """

    kind = "recession"
    option: ClassVar[dict[str, Any]] = {"duration_months": 24}
    handles = frozenset({"firm_income", "private_money", "agency_money", "appropriation"})
    summary = "Firms earn less, private investors hold back and public money shrinks in some countries."
    at_risk = "member_country"
    passage = "multi-country collaboration programs that weather political or economic shocks"
    example: ClassVar[dict[str, Any]] = {"targets": ["DEU", "GBR"], "public_money_loss": 0.3}
    cases = CASES

    firm_income_loss: float = parameter(
        0.1, "Share of what firms earn for research of their own, and begin of it, that is lost at full severity.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.03, 0.3),
        source="order: 4.2 % of business R&D from 2008 to 2009 (Eurostat, 35 countries), 8 % in firms with debt "
        "(Mezzanotti and Simcoe 2023, NBER w31521)",
    )  # fmt: skip
    private_money_loss: float = parameter(
        0.4, "Share of private money for technologies that is lost at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 0.8),
    )  # fmt: skip
    public_money_loss: float = parameter(
        0.1, "Share of new public money that is lost at full severity; 0 where budgets are held against the crisis.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.2),
        source="order: public R&D of Ireland, Portugal and Spain fell by 10 to 20 % from 2009 to 2012 (Eurostat "
        "rd_e_gerdact); Germany's rose by 12 %",
    )  # fmt: skip

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower income and money, once in effect."""
        handles.lower("firm_income", self.firm_income_loss * level * targets)
        handles.lower("private_money", self.private_money_loss * level * targets)
        handles.lower("agency_money", self.public_money_loss * level * targets)
        payers = world.gdp_busd * (world.programme_standing >= 1.0)
        paid = payers / payers.sum()
        lost = np.zeros_like(handles.appropriation)
        lost[PROGRAMME] = self.public_money_loss * level * float(paid[targets].sum())
        handles.lower("appropriation", lost)
