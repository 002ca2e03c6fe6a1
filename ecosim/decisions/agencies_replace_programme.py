"""Governments give their agencies what a programme that excludes them no longer pays."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who


class AgenciesReplaceProgramme(Decision):
    """An excluded country's government gives its agency what its organisations got from the programme before.

    It gives a share of what they were granted a month, on average over some years before the announcement, from a while
    after the exclusion is in force until it ends. This is public money added after a shock: it is shown beside the
    budget (``added_eur``) and never part of it. The agency spends it as it spends its own, on its own country's teams;
    beside ``agencies_step_in`` it can also pay for their part in the programme's projects.

    Notes
    -----
    The United Kingdom guaranteed its organisations' grants from 2021 to 2023, Switzerland funded transitional measures
    in 2021. How much of what was lost was replaced is not measured: the share is assumed.
    """

    kind = "agencies_replace_programme"
    summary = "An excluded country's government gives its agency what its organisations got from the programme before."
    decides: ClassVar[Who] = "governments"
    sees = frozenset({"announced", "granted"})
    orders: ClassVar[frozenset[Order]] = frozenset({"money"})
    needs_agency: ClassVar[bool] = True
    why_no_passage = "The texts do not say who pays for those who are shut out; in 2014 Switzerland paid itself."
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "funders": {"national_agency": {}},
        "shocks": {"programme_exclusion": {"targets": ["DEU"], "effective_after_months": 0, "severity": 1.0}},
    }

    acts_after_months: int = parameter(9, "Months until the money is there.", unit="months", bounds=(0, 120))
    share: float = parameter(
        0.7, "Share of what the programme granted before that is given instead.", unit="share", bounds=(0.0, 2.0),
        assumed=(0.0, 1.0),
    )  # fmt: skip
    average_months: int = parameter(
        36, "Months before the announcement whose grants are averaged.", unit="months", bounds=(1, 120),
        assumed=(12, 60),
    )  # fmt: skip

    def decide(self, seen: Seen) -> Orders:
        """Give each excluded country its share of what it was granted before, and the others nothing."""
        added = np.zeros(seen.world.n_countries)
        for shock in seen.announced:
            if shock.kind != "programme_exclusion" or not shock.in_force:
                continue
            announced = max(seen.month - shock.months_ago, 0)
            before = seen.granted[max(announced - self.average_months, 0) : announced]
            if len(before):
                added = np.where(shock.targets, np.maximum(added, self.share * before.mean(axis=0)), added)
        return Orders(added_eur=added)
