"""People who work in the other country for a time: fellowships, exchanges, joint appointments and degrees."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, closed_share
from ecosim.instruments.shares import at_least_once, weaker
from ecosim.world.facts import World


class PeopleExchange(Instrument):
    """Researchers of both countries work in the other for a time; ties and knowledge outlive their projects.

    A stock of people who are, or have lately been, on the other side. Both sides know each other better, reach each
    other's knowledge, and trust grows month by month; that trust fades with a half-life of its own, so it outlasts the
    people's return. While they are away more of them are missing on the side that pays researchers less.

    Fellowships, staff exchanges, joint appointments, and joint degrees with joint supervision are presets of this one
    mechanism: they differ in what a person costs, how long the stay counts, and who goes where.

    Notes
    -----
    A mobility grant moved its winners abroad, +52 points in the first year and +20 in the fifth, which is a half-life
    of 35 months; +20 points of their co-authors were new; they wrote no more papers and did not stay away for good
    (Baruffaldi, Marino and Visentin 2020, discontinuity of grants). So nobody is lost to a country for longer than the
    stock lasts, and nothing is added to anybody's output.
    """

    kind = "people_exchange"
    summary = "Researchers work in the other country for a time: ties and knowledge that outlive projects; slow."
    improves = frozenset({"trust", "awareness", "knowledge_access"})
    side_effects = frozenset({"capacity"})
    redistributes = frozenset({"capacity"})
    price = "Slow; and talent leaves the side that pays researchers less, for a time."
    evidence = "B"
    evidence_reason = (
        "What a mobility grant does to its winners is measured: +20 points of new co-authors, no lasting move "
        "(Baruffaldi, Marino and Visentin 2020, Research Policy 49:104077); what it does between countries is not."
    )
    passage = "Visa facilitation, temporary exchanges, and joint appointments help cross-border teams"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e7}

    monthly_eur: float = parameter(
        1_000_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.1, "Largest share of a side's researchers who are on the other or know it from there, whatever is spent.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.02, 0.3),
    )  # fmt: skip
    eur_per_thousand_researchers: float = parameter(
        500_000.0, "Money a month per thousand researchers of a side, at which 63 % of the limit is reached: a hundred "
        "people at EUR 5,000.", unit="EUR/month", bounds=(1.0, 1e9), assumed=(125_000.0, 2_000_000.0),
        prior="log_uniform",
    )  # fmt: skip
    trust_a_month: float = parameter(
        0.004, "Trust that a month adds between two sides all of whose researchers had been on the other.",
        unit="1/month", bounds=(0.0, 1.0), assumed=(0.0, 0.012),
    )  # fmt: skip
    one_way: float = parameter(
        0.3, "Share of those away who are missing where researchers are paid less, with nobody in their place, were "
        "they paid nothing there.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.6),
    )  # fmt: skip
    life_months: float = parameter(
        35.0, "Months after which half of those who went are no longer on the other side.", unit="months",
        bounds=(0.0, 600.0), assumed=(12.0, 72.0),
        source="computed: +52 points abroad in year 1, +20 in year 5 (Baruffaldi, Marino and Visentin 2020)",
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Trust rises in a month by no more than it does where everybody goes."""
        return self.trust_a_month * self.limit if handle == "trust" else self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise awareness, access to knowledge and trust on both sides; move capacity to where research is paid."""
        researchers = world.researchers_thousand
        aimed = self.aimed(world, stock_eur)
        both = aimed + aimed.T
        share = closed_share(both, self.eur_per_thousand_researchers * researchers[:, None], self.limit)
        handles.close_gap("awareness", share[:, :, None])
        handles.close_gap("knowledge_access", share)
        handles.trust += self.trust_a_month * 0.5 * (share + share.T)

        leave = self.one_way * share * weaker(world).T
        left = at_least_once(leave)
        wanted = leave.sum(axis=1)
        moved = leave * np.divide(left, wanted, out=np.zeros_like(left), where=wanted > 0.0)[:, None]
        arrive = (moved * researchers[:, None]).sum(axis=0)
        gain = np.divide(arrive, researchers, out=np.zeros_like(arrive), where=researchers > 0.0)
        handles.capacity *= 1.0 - left + gain


class Fellowships(PeopleExchange):
    """Fellowships that rotate among partner institutions: a preset of people_exchange, with its numbers."""

    kind = "fellowships"
    summary = "Fellowships at institutions of the other country: what is measured of mobility grants."
    passage = "Missions can partner with universities to sponsor fellowships that rotate among partner institutions"


class StaffExchanges(PeopleExchange):
    """Reciprocal exchanges of staff: a preset of people_exchange, cheaper, shorter, and as many come as go."""

    kind = "staff_exchanges"
    summary = "Staff exchanges: as many come as go, for a shorter time."
    passage = "joint degrees, co-authored papers, and reciprocal staff exchanges"

    eur_per_thousand_researchers: float = parameter(
        250_000.0, "Money a month per thousand researchers of a side, at which 63 % of the limit is reached.",
        unit="EUR/month", bounds=(1.0, 1e9), assumed=(62_500.0, 1_000_000.0), prior="log_uniform",
    )  # fmt: skip
    one_way: float = parameter(
        0.05, "Share of those away who are missing where researchers are paid less, with nobody in their place, were "
        "they paid nothing there.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.2),
    )  # fmt: skip
    life_months: float = parameter(
        18.0, "Months after which half of those who went are no longer on the other side.", unit="months",
        bounds=(0.0, 600.0), assumed=(6.0, 36.0),
    )  # fmt: skip


class JointAppointments(PeopleExchange):
    """People who hold a post on both sides: a preset of people_exchange, dearer and longer."""

    kind = "joint_appointments"
    summary = "Posts held on both sides: dear, and long."
    passage = "Visa facilitation, temporary exchanges, and joint appointments help cross-border teams"

    eur_per_thousand_researchers: float = parameter(
        800_000.0, "Money a month per thousand researchers of a side, at which 63 % of the limit is reached.",
        unit="EUR/month", bounds=(1.0, 1e9), assumed=(200_000.0, 3_200_000.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        60.0, "Months after which half of those who went are no longer on the other side.", unit="months",
        bounds=(0.0, 600.0), assumed=(24.0, 120.0),
    )  # fmt: skip


class JointDegrees(PeopleExchange):
    """Joint degrees and joint supervision of students: a preset of people_exchange, cheap for each and slow."""

    kind = "joint_degrees"
    summary = "Joint degrees and joint supervision: cheap for each person, and slow."
    passage = "co-authorship across borders, joint supervision of graduate students"

    eur_per_thousand_researchers: float = parameter(
        200_000.0, "Money a month per thousand researchers of a side, at which 63 % of the limit is reached.",
        unit="EUR/month", bounds=(1.0, 1e9), assumed=(50_000.0, 800_000.0), prior="log_uniform",
    )  # fmt: skip
    one_way: float = parameter(
        0.4, "Share of those away who are missing where researchers are paid less, with nobody in their place, were "
        "they paid nothing there.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.8),
    )  # fmt: skip
    life_months: float = parameter(
        84.0, "Months after which half of those who went are no longer on the other side.", unit="months",
        bounds=(0.0, 600.0), assumed=(36.0, 144.0),
    )  # fmt: skip
