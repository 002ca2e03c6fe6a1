"""War in a country."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.doubted import DoubtedShock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.world.facts import World

#: Named cases.
CASES = cases_by_name(
    ukraine_2022=NamedCase(
        "Ukraine from February 2022 to the autumn of that year.",
        {"severity": 1.0, "displaced_share": 0.185},
        "About 18.5 % of scientists had fled the country by the fall of 2022; 15 % of those who stayed had left "
        "research, and the others had less time for it (survey of 2,500: de Rassenfosse, Murovana and Uhlbach 2023, "
        "doi 10.1057/s41599-023-02346-x).",
        "How much less those who stay can work: the survey gives parts of it. How many of the displaced work in "
        "research where they are, and who comes back.",
    ),
)


class War(DoubtedShock):
    """War lowers what organisations of the targets can work, and drives a share of their researchers abroad.

    Those who leave go where people can move to, where they know somebody and where there are places. Some of them find
    work in research there by themselves (``behaviour.work.displaced_at_work``); a decision may take in more
    (:mod:`ecosim.decisions.hosts_take_in_displaced`). From the announcement on everybody believes less that the
    targets' organisations will stay able to work. Channels stay as they are: what other countries close is another
    shock beside it.

    Notes
    -----
    By the fall of 2022 about 18.5 % of scientists had fled Ukraine and 15 % of the others had left research; about 7 %
    would have been lost had the war stopped then (de Rassenfosse, Murovana and Uhlbach 2023). Its share of papers with
    foreign authors did not fall (Hladchenko 2025), as that of people who fled and still write with those at home need
    not. Here people come back when the shock is over, as fast as it fades. Laboratories count as many fewer cases
    of disease (``mechanisms.health``).
    """

    kind = "war"
    handles = frozenset({"capacity", "laboratories", "displaced", "expectation"})
    summary = "War in some countries: less can be worked there, and researchers have to leave."
    at_risk = "member_country"
    why_no_passage = "The texts speak of political shocks; this is the hardest that research in Europe has met."
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR"], "severity": 0.5}
    cases = CASES

    displaced_share: float = parameter(
        0.2, "Share of researchers who have to leave the country at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.05, 0.5), source="order: 18.5 % of scientists of Ukraine by the fall of 2022 (de Rassenfosse et al. "
        "2023, doi 10.1057/s41599-023-02346-x)",
    )  # fmt: skip
    capacity_loss: float = parameter(
        0.3, "Share of what those who stay can work that is lost at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 0.6), source="order: 15 % of those who stayed left research, others lost access or time (same)",
    )  # fmt: skip
    expectation_loss: float = parameter(
        0.2, "Share of the belief in the targets lost from the announcement on, at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 0.6),
    )  # fmt: skip

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower capacity and drive people out once in effect, and lower belief in the targets once announced."""
        handles.lower("expectation", self.expectation_loss * self.severity * doubt * targets[None, :])
        handles.lower("capacity", self.capacity_loss * level * targets)
        handles.lower("laboratories", self.capacity_loss * level * targets)
        handles.displaced += (1.0 - handles.displaced) * self.displaced_share * level * targets
