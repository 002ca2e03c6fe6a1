"""Shocks that are announced and doubted: belief slides while the announcement stands, and comes back after it."""

from __future__ import annotations

from typing import ClassVar

from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock


class DoubtedShock(Shock):
    """A shock from whose announcement on organisations believe less, month by month.

    Notes
    -----
    Belief falls in equal steps to what the announcement makes of it, over ``belief_falls_months``. Once the shock is
    over, or the threat withdrawn, a full loss comes back in equal steps over ``belief_returns_months``. With 1 each it
    is a step. After the vote of 2016 the share of organisations of the United Kingdom in new work slid over four years,
    and after the association of Switzerland in 2017 its share in leading took about three to come back: signs that
    neither need be a step. The months themselves are assumed: what slides in those figures is work that starts, which
    follows belief only after calls and waiting.
    """

    of_some_kinds: ClassVar[bool] = True

    belief_falls_months: int = parameter(
        24, "Months over which belief falls to what the announcement makes of it, in equal steps; 1 for at once.",
        unit="months", bounds=(1, 600), assumed=(1, 60),
        source="sign: CORDIS H2020, United Kingdom 2016 to 2020 (a slide over four years)",
    )  # fmt: skip
    belief_returns_months: int = parameter(
        24, "Months over which a full loss of belief comes back, once the shock is over or withdrawn; 1 for at once.",
        unit="months", bounds=(1, 600), assumed=(1, 60),
        source="sign: CORDIS H2020, Switzerland 2015 to 2018 (about three years)",
    )  # fmt: skip

    @property
    def idle(self) -> frozenset[str]:
        """Paces say nothing where no belief is lost, nor the way back of what never ends."""
        unread = super().idle
        if getattr(self, "expectation_loss", 1.0) == 0.0:
            return unread | {"belief_falls_months", "belief_returns_months"}
        return unread | ({"belief_returns_months"} if self.duration_months is None else frozenset())

    def doubt(self, months_announced: int, months_over: int | None) -> float:
        """How far belief has fallen: up in equal steps while it stands, down in equal steps after it."""
        fallen = min(1.0, months_announced / self.belief_falls_months)
        if months_over is None:
            return fallen
        return max(0.0, fallen - (months_over + 1) / self.belief_returns_months)
