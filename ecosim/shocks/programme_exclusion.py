"""Exclusion of countries from the programme."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.world.facts import World


class ProgrammeExclusion(Shock):
    """The targets' organisations may no longer win money from the programme, nor lead in it; what they have won stays.

    First announced, then in effect: from the announcement organisations believe less in the targets; from the effective
    date eligibility from and to the targets is ``(1 - level)`` of its base. With ``effective_after_months: null`` it is
    the threat alone.

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
    handles = frozenset({"eligibility", "running_grants", "expectation"})
    summary = "Countries lose the right to new money of the programme, after an announcement."
    at_risk = "member_country"
    why_no_passage = (
        "The texts speak of political shocks; this is the form in which they met Switzerland and the United Kingdom."
    )
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR"], "effective_after_months": 4}

    agreements_survive: bool = parameter(
        True, "Whether agreements between governments may still pay for the targets' organisations as members."
    )
    running_grants_end: bool = parameter(
        False, "Whether the targets also lose their part in grants that run, instead of in new ones only."
    )
    expectation_loss: float = parameter(
        0.3, "Share of the belief in the targets lost from the announcement on, at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.8), source="sign: Cavallaro and Lepori 2021",
    )  # fmt: skip

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, announced: bool) -> None:
        """Lower belief in the targets once announced, and their eligibility once in effect."""
        if announced:
            handles.lower("expectation", self.expectation_loss * self.severity * targets)
        led = np.broadcast_to(targets[:, None], handles.eligibility.shape)
        touched = led | targets[None, :]
        handles.lower("eligibility", level * touched)
        if self.running_grants_end:
            handles.lower("running_grants", level * touched)
        handles.lower_ceiling("eligibility", level * (led if self.agreements_survive else touched))
