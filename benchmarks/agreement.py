"""Whether the plain-Mesa yardstick and ecosim simulate the same thing: means of the same outcomes, side by side.

Run ``python -m benchmarks.agreement``; it prints a table and exits with 1 if an outcome differs too much.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.plain_mesa import PlainEcosystem
from ecosim.model import Ecosystem
from ecosim.scenario import Scenario, with_overrides
from ecosim.world.facts import ORGANISATION_TYPES

HES, PRC = ORGANISATION_TYPES.index("HES"), ORGANISATION_TYPES.index("PRC")

#: Months over which outcomes are averaged: after the first years, in which everything fills up.
FIRST_MONTH, LAST_MONTH = 60, 120

#: Outcomes that happen often enough, at a few hundredths of the real size, for a few seeds to tell a difference.
OUTCOMES = (
    "collaboration",
    "output",
    "work",
    "effort",
    "effort_unfunded",
    "overhead",
    "partnerships_active",
    "partnerships_unfunded",
    "partnerships_started",
    "partnerships_completed",
    "proposals",
    "applicant_effort",
    "awards",
    "members_left",
    "members_replaced",
    "seats_in_flight",
    "seats_vacated",
    "seats_substituted",
    "pilots",
    "pilot_months",
    "newcomers",
    "giant_component_share",
    "publications",
    "committed_eur",
)
COMPLETION = "completed share of funded and unfunded ends"

#: The same of what comes after research, in scenarios with stages.
STAGE_OUTCOMES = (
    "pilots_under_way",
    "pilot_site_months",
    "pilots_ended",
    "approvals",
    "months_to_approve",
    "scale_ups",
    "scale_ups_failed",
    "ventures",
    "licences",
    "technologies_given_up",
    "technologies_in_use",
    "adopters",
    "technology_jobs",
    "private_money_eur",
    "public_stakes_eur",
    "lent_eur",
    "repaid_eur",
    "lost_eur",
    "royalties_eur",
)
SUCCESS = "share of pilots that succeed"


@dataclass(frozen=True)
class Agreement:
    """One outcome's mean in both models."""

    name: str
    ecosim: float
    plain: float
    #: Standard error of the relative difference, over seeds.
    error: float

    @property
    def difference(self) -> float:
        """Relative difference of the yardstick from ecosim."""
        return self.plain / self.ecosim - 1.0 if self.ecosim else math.inf

    def within(self, share: float, errors: float = 3.0) -> bool:
        """Whether the difference is below a share, or too small beside its error to say."""
        return abs(self.difference) <= max(share, errors * self.error)


def compare(scenario: Scenario, seeds: int) -> list[Agreement]:
    """Run both models on the same organisations, seed by seed.

    Parameters
    ----------
    scenario : Scenario
        What to simulate; its seed is replaced by 1, 2, ...
    seeds : int
        Number of pairs of runs.

    Returns
    -------
    list of Agreement
        One for each outcome that is ever above zero in one of the models.
    """
    ours, theirs = [], []
    for seed in range(1, seeds + 1):
        config = with_overrides(scenario, {"seed": seed})
        model, plain = Ecosystem(config).advance(LAST_MONTH), PlainEcosystem(config).advance(LAST_MONTH)
        ours.append(_means(model.series()) | _who_found_whom(model) | _what_they_are(model))
        theirs.append(_means(plain.series()) | _who_found_whom_in_plain(plain) | _what_they_are_in_plain(plain))
    rows = []
    for name in ours[0]:
        a, b = np.array([run[name] for run in ours]), np.array([run[name] for run in theirs])
        if not a.any() and not b.any():
            continue
        error = float((b - a).std(ddof=1) / np.sqrt(seeds) / a.mean()) if seeds > 1 and a.any() else 0.0
        rows.append(Agreement(name, float(a.mean()), float(b.mean()), error))
    return rows


def _means(series: dict) -> dict[str, float]:
    with_stages = "pilots_ended" in series
    names = (*OUTCOMES, *STAGE_OUTCOMES) if with_stages else OUTCOMES
    means = {name: float(np.mean(series[name][FIRST_MONTH:LAST_MONTH])) for name in names}
    ends = {
        how: float(np.sum(series[f"partnerships_{how}"][FIRST_MONTH:LAST_MONTH]))
        for how in ("completed", "failed", "withdrawn")
    }
    means[COMPLETION] = ends["completed"] / sum(ends.values())
    if with_stages:
        succeeded = float(np.sum(series["pilots_succeeded"][FIRST_MONTH:LAST_MONTH]))
        means[SUCCESS] = succeeded / float(np.sum(series["pilots_ended"][FIRST_MONTH:LAST_MONTH]))
    return means


def _who_found_whom(model: Ecosystem) -> dict[str, float]:
    """What only search decides, at the end of the run."""
    state, ties = model.state, model.state.ties.slots
    running = state.partnerships.rows[state.active]
    funded = running[running["funder"] >= 0]
    seated = state.seats.used[np.isin(state.seats.used["partnership"], state.active[running["funder"] >= 0])]
    members = seated["organisation"][seated["organisation"] >= 0]
    leads = state.seats.rows["organisation"][funded["first_seat"] + funded["lead_seat"]]
    types = state.organisations["type"]
    return {
        "universities among funded leads": float(np.mean(types[leads[leads >= 0]] == HES)),
        "firms among funded members": float(np.mean(types[members] == PRC)),
        "funded work that grew out of earlier work": float(np.mean(funded["generation"] > 0)),
        "generation of funded work": float(funded["generation"].mean()),
        "generation of unfunded work": float(running["generation"][running["funder"] < 0].mean()),
        "organisations ever funded": float((state.organisations["participations"] > 0).sum()),
        "largest number of participations": float(state.organisations["participations"].max()),
        "pairs that began work together": float((ties["joint"] > 0).sum()),
        "joint work of such a pair": float(ties["joint"].sum() / (ties["joint"] > 0).sum()),
        "pairs that trust each other": float((ties["trust"] > 0.0).sum()),
        "their trust": float(ties["trust"].sum() / (ties["trust"] > 0.0).sum()),
        "members of a funded consortium": float(funded["seats"].mean()),
        "countries of a funded consortium": float(funded["countries"].mean()),
        "countries of unfunded work": float(running["countries"][running["funder"] < 0].mean()),
    }


def _who_found_whom_in_plain(model: PlainEcosystem) -> dict[str, float]:
    funded = [partnership for partnership in model.active if partnership.funded]
    unfunded = [partnership for partnership in model.active if not partnership.funded]
    members = [seat.organisation for partnership in funded for seat in partnership.seats if seat.organisation]
    leads = [partnership.lead.organisation for partnership in funded if partnership.lead.organisation]
    begun = [joint for joint in model.begun_together.values() if joint > 0]
    trusts = [trust for trust, _ in model.ties.values() if trust > 0.0]
    return {
        "universities among funded leads": float(np.mean([lead.type == HES for lead in leads])),
        "firms among funded members": float(np.mean([member.type == PRC for member in members])),
        "funded work that grew out of earlier work": float(np.mean([work.generation > 0 for work in funded])),
        "generation of funded work": float(np.mean([work.generation for work in funded])),
        "generation of unfunded work": float(np.mean([work.generation for work in unfunded])),
        "organisations ever funded": float(sum(organisation.participations > 0 for organisation in model.agents)),
        "largest number of participations": float(max(organisation.participations for organisation in model.agents)),
        "pairs that began work together": float(len(begun)),
        "joint work of such a pair": float(np.mean(begun)),
        "pairs that trust each other": float(len(trusts)),
        "their trust": float(np.mean(trusts)),
        "members of a funded consortium": float(np.mean([len(partnership.seats) for partnership in funded])),
        "countries of a funded consortium": float(np.mean([partnership.countries for partnership in funded])),
        "countries of unfunded work": float(np.mean([partnership.countries for partnership in unfunded])),
    }


def _what_they_are(model: Ecosystem) -> dict[str, float]:
    """What work depends on and slowly changes, at the end of the run."""
    state, setting = model.state, model.setting
    running = state.partnerships.rows[state.active]
    funded = running[running["funder"] >= 0]
    seats = state.seats.used[np.isin(state.seats.used["partnership"], state.active[running["funder"] >= 0])]
    present = state.organisations["present"]
    knows = setting.knowledge_at_rest[present] > 0.0
    return {
        "staff": float(state.organisations["staff"].sum()),
        "knowledge beside its level at rest": float(
            state.knowledge[present].sum() / setting.knowledge_at_rest[present].sum()
        ),
        "spread of what it adds to capability": float(state.skill[present][knows].std()),
        "idea of funded work": float(funded["idea"].mean()),
        "quality of funded work": float(funded["quality"].mean()),
        "quality of unfunded work": float(running["quality"][running["funder"] < 0].mean()),
        "fit of a funded member": float(seats["fit"].mean()),
        "trust in a funded consortium": float(funded["trust"].mean()),
        "work lost to coordination": float(1.0 - funded["productive"].mean()),
        "person-months of a funded seat": float(seats["person_months"].mean()),
    }


def _what_they_are_in_plain(model: PlainEcosystem) -> dict[str, float]:
    funded = [partnership for partnership in model.active if partnership.funded]
    unfunded = [partnership for partnership in model.active if not partnership.funded]
    seats = [seat for partnership in funded for seat in partnership.seats]
    known = sum(sum(organisation.knowledge.values()) for organisation in model.agents)
    at_rest = sum(sum(organisation.at_rest.values()) for organisation in model.agents)
    return {
        "staff": sum(organisation.staff for organisation in model.agents),
        "knowledge beside its level at rest": known / at_rest,
        "spread of what it adds to capability": float(
            np.std([skill for organisation in model.agents for skill in organisation.skill.values()])
        ),
        "idea of funded work": float(np.mean([partnership.idea for partnership in funded])),
        "quality of funded work": float(np.mean([partnership.quality for partnership in funded])),
        "quality of unfunded work": float(np.mean([partnership.quality for partnership in unfunded])),
        "fit of a funded member": float(np.mean([seat.fit for seat in seats])),
        "trust in a funded consortium": float(np.mean([partnership.trust for partnership in funded])),
        "work lost to coordination": float(1.0 - np.mean([partnership.productive for partnership in funded])),
        "person-months of a funded seat": float(np.mean([seat.person_months for seat in seats])),
    }


def table(rows: list[Agreement], share: float) -> str:
    """Lay the comparison out as text."""
    title = "mean of months 60-119, or at their end"
    lines = [f"{title:45s} {'ecosim':>14s} {'plain Mesa':>14s} {'difference':>11s} {'+-':>6s}"]
    for row in rows:
        verdict = "" if row.within(share) else "  DIFFERS"
        lines.append(
            f"{row.name:45s} {row.ecosim:14,.2f} {row.plain:14,.2f} {row.difference:+10.1%} {row.error:6.1%}{verdict}"
        )
    return "\n".join(lines)


def main() -> int:
    """Compare on Europe at 3 % of its size, without and with stages; 0 if everything agrees within 10 %."""
    agree = True
    for stages in (False, True):
        changes: dict[str, Any] = {"world.scale": 0.03}
        if stages:
            changes |= {"mechanisms.stages": True, "funders": {"venture_fund": {}, "development_bank": {}}}
        rows = compare(with_overrides(None, changes), seeds=4)
        print(f"{'with' if stages else 'without'} stages\n{table(rows, 0.10)}\n")
        agree = agree and all(row.within(0.10) for row in rows)
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
