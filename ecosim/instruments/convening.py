"""Convening: briefings, hackathons, seminars, scouting and visits to laboratories."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import EvidenceGrade, Instrument, closed_share
from ecosim.instruments.shares import organisations_of, part_of_gap
from ecosim.world.facts import World

_MEETING_SOURCE = (
    "+9 % (Chai and Freeman 2019, Research Policy 48:103807) and +18 % (Campos, Leon and McQuillin "
    "2018, doi 10.1111/ecoj.12566) of joint papers of those who attend; +75 % of joint applications after a prescribed "
    "90-minute meeting, from .16 to .28 % (Boudreau et al. 2017, doi 10.1162/REST_a_00676)"
)


class Convening(Instrument):
    """Missions bring organisations of both countries together; who has met knows the other, and begins with some trust.

    Each side becomes better known to the other in the sectors served. And people who have met do not begin as
    strangers: a pair that has no trust of its own from joint work begins with a little. Nothing is added where there
    is more already. What was met once fades, unless joint work follows, which leaves trust of its own.

    Briefings, hackathons, seminars, scouting missions and visits to laboratories are presets of this one mechanism:
    they differ in how many are met for the money, how much more is begun together, how much trust it leaves, and how
    long that lasts.

    Notes
    -----
    What is measured is measured among those who attend. How many organisations of a country attend for a euro is not,
    and is assumed over a factor of sixteen. The rise is of awareness; how much more is begun together then follows from
    search, where awareness has a power. A base of .16 % stays small when it is multiplied by 1.75.
    """

    kind = "convening"
    summary = "Meetings of organisations of both countries: first trust and awareness, which fade unless work follows."
    improves = frozenset({"awareness", "first_trust"})
    side_effects = frozenset({"capacity"})
    aims = frozenset({"countries", "sectors"})
    price = "Days away: who attends does not work meanwhile."
    evidence: ClassVar[EvidenceGrade] = "B"
    evidence_reason = (
        "Meetings are measured among those who attend, partly at random; what a mission's meetings do to a country is "
        "not."
    )
    passage = "By hosting ambassadorial briefings, hackathons, and investor events, missions create trusted spaces"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    monthly_eur: float = parameter(
        200_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.3, "Largest share of a country's organisations that are met, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.6),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        60.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.1, 1e6), assumed=(15.0, 240.0), prior="log_uniform",
    )  # fmt: skip
    better_known: float = parameter(
        0.15, "How much better those who have met are known to each other.", unit="share", bounds=(0.0, 10.0),
        assumed=(0.05, 0.75), source=_MEETING_SOURCE,
    )  # fmt: skip
    trust_of_met: float = parameter(
        0.1, "Trust between people who have met and never worked together.", bounds=(0.0, 1.0), assumed=(0.0, 0.3)
    )
    days_away: float = parameter(
        0.01, "Share of its working time that an organisation gives to meetings.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.03),
    )  # fmt: skip
    life_months: float = parameter(
        9.0, "Months after which half of those met are strangers again, where no work followed.", unit="months",
        bounds=(0.0, 600.0), assumed=(3.0, 18.0),
        source="short-lived: contacts of mobile scientists (Ito et al. 2024, IDB WP 13398), visits (Nitsch 2007)",
    )  # fmt: skip

    def most(self, handle: str) -> float:
        """Those who meet trust each other no more than people who have met."""
        return self.trust_of_met * self.limit if handle == "first_trust" else self.limit

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Raise awareness and first trust of both sides by the share that has met; take the days away."""
        served = self.sector_mask()
        there = organisations_of(world, served)
        of_the_host = closed_share(self.aimed(world, stock_eur), self.eur_per_organisation * there[None, :], self.limit)
        # As many come from the sender as are met, as far as it has them.
        came = np.minimum(of_the_host * there[None, :], self.limit * there[:, None])
        of_the_sender = np.divide(came, there[:, None], out=np.zeros_like(came), where=there[:, None] > 0.0)
        for there_too in (of_the_host, of_the_sender.T):
            better = part_of_gap(handles.awareness, self.better_known)
            better *= there_too[:, :, None]
            better *= served
            handles.close_gap("awareness", better)
        # Trust takes two who were there.
        both = np.minimum(of_the_host, of_the_sender)
        both = 1.0 - (1.0 - both) * (1.0 - both.T)
        handles.fill("first_trust", both * self.trust_of_met)
        away = self.days_away * np.minimum((of_the_host.T + of_the_sender).sum(axis=1), 1.0)
        handles.lower("capacity", away)


class Briefing(Convening):
    """Ambassadors brief scientists, firms and officials: many hear of each other, few meet.

    A preset of convening: cheap for each who comes, and little is left of it.
    """

    kind = "briefing"
    summary = "Ambassadorial briefings and investor events: many are reached, little is left."
    passage = "By hosting ambassadorial briefings, hackathons, and investor events"

    eur_per_organisation: float = parameter(
        30.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.1, 1e6), assumed=(7.5, 120.0), prior="log_uniform",
    )  # fmt: skip
    better_known: float = parameter(
        0.05, "How much better those who have met are known to each other.", unit="share", bounds=(0.0, 10.0),
        assumed=(0.0, 0.15),
    )  # fmt: skip
    trust_of_met: float = parameter(
        0.02, "Trust between people who have met and never worked together.", bounds=(0.0, 1.0), assumed=(0.0, 0.1)
    )
    life_months: float = parameter(
        4.0, "Months after which half of those met are strangers again, where no work followed.", unit="months",
        bounds=(0.0, 600.0), assumed=(1.0, 12.0),
    )  # fmt: skip


class Hackathon(Convening):
    """Teams of both countries work on one task for some days.

    A preset of convening: few take part for the money, they trust each other more, and it is soon over. An intense
    burst after the event lowers the chance that a project lives long (Nolte, Chounta and Herbsleb 2020, doi
    10.1145/3415216).
    """

    kind = "hackathon"
    summary = "Hackathons: few take part and begin to trust each other; soon over."
    evidence_reason = "How hackathon projects live on is studied; what they do between countries is not."
    passage = "By hosting ambassadorial briefings, hackathons, and investor events"

    eur_per_organisation: float = parameter(
        120.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.1, 1e6), assumed=(30.0, 480.0), prior="log_uniform",
    )  # fmt: skip
    trust_of_met: float = parameter(
        0.2, "Trust between people who have met and never worked together.", bounds=(0.0, 1.0), assumed=(0.0, 0.4)
    )
    life_months: float = parameter(
        4.0, "Months after which half of those met are strangers again, where no work followed.", unit="months",
        bounds=(0.0, 600.0), assumed=(1.0, 9.0),
    )  # fmt: skip


class JointSeminar(Convening):
    """Researchers of both countries present their work to each other.

    A preset of convening, with what is measured of conferences.
    """

    kind = "joint_seminar"
    summary = "Joint seminars: what is measured of conferences."
    passage = "They can organize joint seminars, technology scouting missions, and co-lab visits"

    better_known: float = parameter(
        0.13, "How much better those who have met are known to each other.", unit="share", bounds=(0.0, 10.0),
        assumed=(0.05, 0.2), source="+9 % (Chai and Freeman 2019) and +18 % (Campos, Leon and McQuillin 2018)",
    )  # fmt: skip
    life_months: float = parameter(
        12.0, "Months after which half of those met are strangers again, where no work followed.", unit="months",
        bounds=(0.0, 600.0), assumed=(6.0, 24.0),
    )  # fmt: skip


class ScoutingMission(Convening):
    """A mission looks for technologies in the host and reports at home: who is there becomes known, nobody is met long.

    A preset of convening, by default in the sectors in which technologies are looked for.
    """

    kind = "scouting_mission"
    summary = "Technology scouting in named sectors: known afterwards, hardly trusted."
    evidence = "C"
    evidence_reason = "No study measures technology scouting between countries."
    passage = "They can organize joint seminars, technology scouting missions, and co-lab visits"

    sectors: tuple[str, ...] | Literal["all"] = parameter(
        ("health", "energy", "digital_and_industrial"), "Sectors it serves, or 'all'."
    )
    trust_of_met: float = parameter(
        0.02, "Trust between people who have met and never worked together.", bounds=(0.0, 1.0), assumed=(0.0, 0.1)
    )


class LabVisit(Convening):
    """Researchers work in a laboratory of the other country for some days.

    A preset of convening: dear for each who comes, and what it leaves is most. Laboratories that shared a building did
    3.5 times as much joint research, and went on when they were parted (Catalini 2018, doi 10.1287/mnsc.2017.2798).
    """

    kind = "lab_visit"
    summary = "Visits to each other's laboratories: few come, and it leaves most."
    evidence_reason = "Sharing a building is measured, a visit is not."
    passage = "co-lab visits that help institutions discover complementary strengths"

    eur_per_organisation: float = parameter(
        240.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.1, 1e6), assumed=(60.0, 960.0), prior="log_uniform",
    )  # fmt: skip
    better_known: float = parameter(
        0.5, "How much better those who have met are known to each other.", unit="share", bounds=(0.0, 10.0),
        assumed=(0.1, 0.75), source="at most +75 %: a prescribed 90-minute meeting (Boudreau et al. 2017)",
    )  # fmt: skip
    trust_of_met: float = parameter(
        0.2, "Trust between people who have met and never worked together.", bounds=(0.0, 1.0), assumed=(0.05, 0.4)
    )
    days_away: float = parameter(
        0.02, "Share of its working time that an organisation gives to meetings.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.05),
    )  # fmt: skip
    life_months: float = parameter(
        18.0, "Months after which half of those met are strangers again, where no work followed.", unit="months",
        bounds=(0.0, 600.0), assumed=(6.0, 36.0),
    )  # fmt: skip
