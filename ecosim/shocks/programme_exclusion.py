"""Exclusion of countries from the programme, or from parts of it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.declared import check_names
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.doubted import DoubtedShock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.world.facts import SECTORS, World

_CORDIS = "CORDIS H2020 (state of December 2020)"

#: Named cases.
CASES = cases_by_name(
    united_kingdom_2016=NamedCase(
        "The United Kingdom from the vote of June 2016 on, outside in law from January 2021.",
        {"severity": 1.0, "effective_after_months": 55, "running_grants_end": False},
        "55 months from the vote to the end of the transition; grants that ran were honoured (Withdrawal Agreement "
        "2020, articles 136 to 138).",
        "How much belief was lost, and how fast. Its share of participations fell from 12.8 to 7.5 % from 2016 to 2020 "
        f"({_CORDIS}): that is to be compared with, and sets nothing.",
    ),
    switzerland_2014=NamedCase(
        "Switzerland from February 2014 on, a full associate again from January 2017.",
        {"severity": 1.0, "effective_after_months": 0, "duration_months": 35, "running_grants_end": False},
        "A third country within weeks of the vote of February 2014, and associated to the whole programme 35 months "
        "later. From September 2014 it was associated to a part: a second exclusion with `sectors` says so.",
        "How much belief was lost. Its government paid for participants (82 % of participations without money of the "
        f"Commission in 2015, 12 % in 2018; {_CORDIS}): decisions=[agencies_step_in,agencies_replace_programme] beside "
        "funders=[national_agency].",
    ),
    russia_2022=NamedCase(
        "Public bodies of Russia in Horizon 2020 and Horizon Europe from February 2022 on.",
        {"severity": 1.0, "effective_after_months": 1, "running_grants_end": True},
        "Payments were suspended after 7 days; public bodies were ended in running projects after 43 days (86 "
        "projects, 78 organisations).",
        "How much belief in those who remained was lost. A month is the shortest step, so 43 days are one.",
    ),
)


class ProgrammeExclusion(DoubtedShock):
    """The targets' organisations may no longer win money from the programme, nor lead in it; what they have won stays.

    First announced, then in effect: from the announcement all who take part in the programme believe less in the
    targets as members and as leads of it, and no less in other work. From the effective date eligibility from and to
    the targets is ``(1 - level)`` of its base. With ``effective_after_months: null`` it is the threat alone. With
    ``bars: leading`` they may take part and not lead. With ``sectors`` they are outside some parts of the programme and
    associated to the others.

    Notes
    -----
    Political uncertainty can cost as much as the legal exclusion that follows, and leadership falls more than
    participation (Cavallaro and Lepori 2021): hence two dates, and exclusion from leading as well.

    The law closes leading from the targets to any money. It does not stop a partner's government from paying for the
    targets' organisations in consortia it leads, as happened when national money replaced the programme's for
    organisations of Switzerland (2014) and the United Kingdom (2021); so an agreement between governments may reopen
    those pairs unless ``agreements_survive`` says otherwise.

    Grants that run are honoured, as they were for organisations of the United Kingdom (Withdrawal Agreement 2020,
    articles 136 to 138) and, after 2014 and 2021, of Switzerland. Those of Russian public bodies were ended in April
    2022: ``running_grants_end``.
    """

    kind = "programme_exclusion"
    option: ClassVar[dict[str, Any]] = {"effective_after_months": 12}
    handles = frozenset({"eligibility", "running_grants", "programme_expectation", "lead_expectation"})
    summary = "Countries lose the right to new money of the programme, after an announcement."
    at_risk = "member_country"
    why_no_passage = (
        "The texts speak of political shocks; this is the form in which they met Switzerland and the United Kingdom."
    )
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR"], "effective_after_months": 4}
    cases = CASES

    bars: Literal["taking_part", "leading"] = parameter(
        "taking_part", "What the targets may no longer do: take part at all, or only lead."
    )
    sectors: tuple[str, ...] | Literal["all"] = parameter(
        "all", f"Parts of the programme they are outside of, of {', '.join(SECTORS)}; or 'all'."
    )
    agreements_survive: bool = parameter(
        True, "Whether agreements between governments may still pay for the targets' organisations as members."
    )
    running_grants_end: bool = parameter(
        False, "Whether the targets also lose their part in grants that run, instead of in new ones only."
    )
    expectation_loss: float = parameter(
        0.3, "Share of the belief in the targets' part in the programme lost from the announcement on, at full "
        "severity.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.8), source="sign: Cavallaro and Lepori 2021",
    )  # fmt: skip

    def check(self, name: str, world: World) -> None:
        """Refuse parts of the programme that do not exist."""
        super().check(name, world)
        check_names(f"shocks.{name}.sectors", self.sectors, SECTORS)

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower belief in the targets once announced, and their eligibility once in effect."""
        inside = np.array([self.sectors == "all" or sector in self.sectors for sector in SECTORS])
        doubted = self.expectation_loss * self.severity * doubt * (targets[:, None] & inside)
        handles.lower("lead_expectation", doubted)
        led = np.broadcast_to(targets[:, None], (len(targets), len(targets)))
        barred = led
        if self.bars == "taking_part":
            handles.lower("programme_expectation", doubted)
            barred = led | targets[None, :]
        shut = level * (barred[:, :, None] & inside)
        handles.lower("eligibility", shut)
        if self.running_grants_end:
            handles.lower("running_grants", shut)
        by_law = led if self.agreements_survive else barred
        handles.lower_ceiling("eligibility", level * (by_law[:, :, None] & inside))
