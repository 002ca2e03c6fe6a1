"""Outreach to those left out: mentoring, virtual laboratories, accelerator hubs."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import Instrument, by_missions, closed_share
from ecosim.instruments.shares import over_partners
from ecosim.world.facts import World


class Outreach(Instrument):
    """Organisations of the host that nobody has funded yet are mentored and linked to those of the sender.

    Leads of the sender meet them, in the place of some whom they would have looked for by size. The host reaches more
    of the sender's knowledge, and absorbs of it what it can. Mentors do not work meanwhile; and who has never taken
    part is chosen, works and fails as it is, so that output may well be lower at first.

    By default its money goes to hosts that do little research (peripheral countries), where there are any. Mentoring,
    virtual laboratories and regional accelerator hubs are presets of this one mechanism.

    Notes
    -----
    Measures to widen participation were well designed and their lasting effect is in doubt, for national effort decides
    (European Court of Auditors, special report 15/2022).
    """

    kind = "outreach"
    summary = "Mentoring and links for organisations of the host never funded before, peripheral countries first."
    improves = frozenset({"newcomer_entry", "knowledge_access"})
    side_effects = frozenset({"capacity"})
    price = "Mentors do not work meanwhile, and newcomers take the seats of the tried: lower output at first."
    evidence = "C"
    evidence_reason = (
        "Widening measures are audited, not measured (European Court of Auditors 15/2022: uneven, doubtful whether it "
        "lasts)."
    )
    passage = "outreach programs that connect researchers from underrepresented regions to global networks"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 4e6}

    monthly_eur: float = parameter(
        200_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.2, "Largest share of the host's organisations that are reached, whatever is spent.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.05, 0.5),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        100.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.1, 1e6), assumed=(25.0, 400.0), prior="log_uniform",
    )  # fmt: skip
    mentoring: float = parameter(
        0.02, "Share of the sender's research time that goes into it, were all organisations abroad reached.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.005, 0.05),
    )  # fmt: skip
    life_months: float = parameter(
        18.0, "Months after which half of those reached have lost touch.", unit="months", bounds=(0.0, 600.0),
        assumed=(6.0, 36.0),
    )  # fmt: skip

    def first_allocation(self, world: World) -> NDArray[np.float64]:
        """(C, C): only hosts that are peripheral, if there are any among those it is aimed at."""
        left_out = self.pairs(world) & world.peripheral[None, :]
        return by_missions(left_out if left_out.any() else self.pairs(world), world)

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Let the sender's leads meet newcomers of the host, open the sender's knowledge to it; take mentors' time."""
        organisations = world.organisations.sum(axis=1).astype(np.float64)
        scale = self.eur_per_organisation * organisations[None, :]
        reached = closed_share(self.aimed(world, stock_eur), scale, self.limit)
        handles.fill("newcomer_entry", reached)
        handles.close_gap("knowledge_access", reached.T)
        handles.lower("capacity", self.mentoring * over_partners(reached, world))


class Mentoring(Outreach):
    """Researchers of the host are paired with mentors of the sender: a preset of outreach, dear in mentors' time."""

    kind = "mentoring"
    summary = "Mentors of the sender for researchers of the host: outreach that takes most of the mentors' time."
    passage = "inclusive programs pair local researchers with international mentors to accelerate capability building"

    mentoring: float = parameter(
        0.04, "Share of the sender's research time that goes into it, were all organisations abroad reached.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.01, 0.1),
    )  # fmt: skip
    life_months: float = parameter(
        24.0, "Months after which half of those reached have lost touch.", unit="months", bounds=(0.0, 600.0),
        assumed=(9.0, 48.0),
    )  # fmt: skip


class VirtualLabs(Outreach):
    """Researchers of the host use the sender's laboratories from afar: a preset of outreach, cheap and brief."""

    kind = "virtual_labs"
    summary = "Laboratories and courses of the sender used from afar: outreach that is cheap and soon lost."
    passage = "Diplomatic teams may sponsor joint courses, virtual labs, or exchange scholarships"

    eur_per_organisation: float = parameter(
        50.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.1, 1e6), assumed=(12.5, 200.0), prior="log_uniform",
    )  # fmt: skip
    mentoring: float = parameter(
        0.01, "Share of the sender's research time that goes into it, were all organisations abroad reached.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.03),
    )  # fmt: skip
    life_months: float = parameter(
        9.0, "Months after which half of those reached have lost touch.", unit="months", bounds=(0.0, 600.0),
        assumed=(3.0, 18.0),
    )  # fmt: skip


class AcceleratorHubs(Outreach):
    """Hubs in the host's regions, linked to programmes of the sender: a preset of outreach, dear and lasting."""

    kind = "accelerator_hubs"
    summary = "Regional accelerator hubs linked to the sender's programmes: outreach that is dear and lasts."
    passage = "host regional accelerator hubs linked to flagship national programs"

    eur_per_organisation: float = parameter(
        300.0, "Money a month per organisation of the host, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.1, 1e6), assumed=(75.0, 1_200.0), prior="log_uniform",
    )  # fmt: skip
    life_months: float = parameter(
        36.0, "Months after which half of those reached have lost touch.", unit="months", bounds=(0.0, 600.0),
        assumed=(12.0, 72.0),
    )  # fmt: skip
