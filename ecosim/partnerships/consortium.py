"""From draft to partnership: seats, money, sites and suppliers, and what members remember of it."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays
from ecosim.numerics import exp, power
from ecosim.partnerships.drafts import Drafts
from ecosim.partnerships.trust import begin, pair_key
from ecosim.tables import ACTIVE, GRANTED, MAX_SITES, MEMORY, UNFUNDED, WORKING

if TYPE_CHECKING:
    from ecosim.outcomes.risk import Risk
    from ecosim.state import State
    from ecosim.world.facts import World


@kernel
def draw_supplier(key, row, site, n, share, foreign, flow, block):
    """A country from which a site gets its inputs: its own, or a foreign one by share of its purchases.

    Only suppliers whose inputs flow are chosen; the site's own country if none is left.
    """
    u, v = rnd.two_uniforms(key, row.lead_key, row.tag, row.proposed_month, rnd.SUPPLIER, n + 16 * block)
    if u >= foreign[site]:
        return site
    total = 0.0
    for c in range(len(foreign)):
        total += share[site, c] * flow[site, c]
    if total <= 0.0:
        return site
    v *= total
    last = site
    for c in range(len(foreign)):
        weight = share[site, c] * flow[site, c]
        if weight > 0.0:
            last = c
            v -= weight
            if v < 0.0:
                break
    return last


@kernel_making_arrays
def _found(
    key, month, drafts, seats, organisations, memory, partnerships, n_partnerships, members, n_members, active,
    n_active, observed, time_to_grant, friction_start, intensity, supplier_share, foreign_share, supply, pilot_sites,
    unfunded_person_months, cost_cents, coordination_cost, risk_countries, risk_funder, risk_supplier, p, ties,
):  # fmt: skip
    q = p[0]
    new_ties = 0
    for d in range(len(drafts)):
        draft = drafts[d]
        if not draft.awarded:
            continue
        row = partnerships[n_partnerships]
        row.lead_key = draft.lead_key
        row.tag = draft.tag
        row.proposed_month = month
        row.sector = draft.sector
        row.topic = draft.topic
        row.quality = draft.quality
        row.first_seat = n_members
        row.seats = draft.members
        row.planned_months = draft.duration_months
        row.countries = draft.countries
        row.lead_seat = 0
        row.ended_month = -1
        lead_country = organisations[draft.lead].country
        if draft.purpose == UNFUNDED:
            row.funder = -1
            row.status = ACTIVE
            row.start_month = month
            planned = draft.members * unfunded_person_months * draft.duration_months
        else:
            row.funder = 0
            row.status = GRANTED
            row.start_month = month + floor(time_to_grant * friction_start[lead_country] + 0.5)
            row.grant_cents = draft.grant_cents
            row.next_payment_month = row.start_month
            planned = draft.grant_cents / cost_cents
        hazard = q.work_failure_hazard if draft.purpose != UNFUNDED else q.work_unfunded_ending_hazard
        fate = rnd.uniform(key, draft.lead_key, draft.tag, month, rnd.PARTNERSHIP_FAILS, 0)
        row.fails_month = rnd.first_month(fate, hazard, row.start_month)
        row.planned_effort = planned * max(0.05, 1.0 - coordination_cost * (draft.countries - 1))
        # The lead takes a larger share; the others share alike but for size and luck.
        total = 0.0
        weights = np.empty(draft.members)
        for m in range(draft.members):
            rec = organisations[seats[d, m]]
            luck = rnd.normal(key, rec.key, rnd.mix(draft.lead_key, draft.tag, 0), month, rnd.GRANT, 0)
            weights[m] = power(rec.size, q.work_grant_of_size) * exp(q.work_grant_spread * luck)
            if m == 0:
                weights[m] *= q.work_lead_share
            total += weights[m]
        given = np.int64(0)
        for m in range(draft.members):
            i = seats[d, m]
            rec = organisations[i]
            seat = members[n_members + m]
            seat.organisation = i
            seat.country = rec.country
            seat.partnership = n_partnerships
            seat.state = WORKING
            seat.since_month = row.start_month
            seat.joined_month = row.start_month
            seat.team = 1.0
            seat.leaves_month = rnd.NEVER
            if draft.members > 2:
                # Of a pair nobody leaves alone: that is the end of the partnership, which has its own hazard.
                stay = rnd.uniform(key, rec.key, rnd.mix(draft.lead_key, draft.tag, 1), month, rnd.MEMBER_LEAVES, 0)
                seat.leaves_month = rnd.first_month(stay, q.work_member_withdrawal_hazard, row.start_month)
            if draft.purpose != UNFUNDED:
                cents = np.int64(floor(draft.grant_cents * (weights[m] / total)))
                seat.grant_cents = cents
                given += cents
                rec.load += 1
                rec.participations += 1
            memory[i, rec.remembered % MEMORY] = n_partnerships
            rec.remembered += 1
        if draft.purpose != UNFUNDED:
            members[n_members].grant_cents += draft.grant_cents - given
        # Sites with physical inputs: the lead's country first, then other members' countries.
        needs = rnd.uniform(key, draft.lead_key, draft.tag, month, rnd.SUPPLIER, 999)
        if q.on_supply == 1 and needs < intensity[draft.sector]:
            mean_sites = pilot_sites[draft.sector]
            wanted_sites = floor(mean_sites)
            if rnd.uniform(key, draft.lead_key, draft.tag, month, rnd.SUPPLIER, 998) < mean_sites - wanted_sites:
                wanted_sites += 1
            place = np.full(4, -1, dtype=np.int16)
            source = np.full(4, -1, dtype=np.int16)
            n_sites = 0
            for m in range(draft.members):
                country = organisations[seats[d, m]].country
                taken = False
                for k in range(n_sites):
                    taken = taken or place[k] == country
                if not taken and n_sites < min(wanted_sites, MAX_SITES):
                    place[n_sites] = country
                    source[n_sites] = draw_supplier(
                        key, row, country, n_sites, supplier_share, foreign_share, supply, 0
                    )
                    n_sites += 1
            row.sites = n_sites
            row.site_0, row.site_1, row.site_2, row.site_3 = place[0], place[1], place[2], place[3]
            row.supplier_0, row.supplier_1, row.supplier_2, row.supplier_3 = source[0], source[1], source[2], source[3]
        # Which watched shocks this partnership is exposed to, fixed for good so that twins agree.
        bits = np.uint32(0)
        for w in range(len(risk_funder)):
            hit = risk_funder[w] and row.funder >= 0
            for m in range(draft.members):
                hit = hit or risk_countries[w, organisations[seats[d, m]].country]
            if row.sites > 0:
                hit = hit or risk_supplier[w, row.supplier_0]
                hit = hit or (row.sites > 1 and risk_supplier[w, row.supplier_1])
                hit = hit or (row.sites > 2 and risk_supplier[w, row.supplier_2])
                hit = hit or (row.sites > 3 and risk_supplier[w, row.supplier_3])
            if hit:
                bits |= np.uint32(1) << np.uint32(w)
        row.risk = bits
        for m in range(draft.members):
            for o in range(m + 1, draft.members):
                a = organisations[seats[d, m]].country
                b = organisations[seats[d, o]].country
                if a != b:
                    observed[a, b] += 1.0
                    observed[b, a] += 1.0
        if q.on_familiarity == 1:
            for m in range(draft.members):
                one = organisations[seats[d, m]].key
                for o in range(m + 1, draft.members):
                    new_ties += begin(ties, pair_key(one, organisations[seats[d, o]].key), month)
        active[n_active] = n_partnerships
        n_active += 1
        n_partnerships += 1
        n_members += draft.members
    return n_partnerships, n_members, n_active, new_ties


def found(
    drafts: Drafts, state: State, world: World, risk: Risk, parameters: NDArray[np.void], key: np.uint64, month: int,
) -> int:  # fmt: skip
    """Turn awarded drafts into partnerships; returns how many.

    Funded work starts after the time to grant, unfunded work at once. Each organisation keeps at most ``MEMORY`` past
    partnerships in mind.
    """
    awarded = drafts.rows["awarded"]
    n = int(awarded.sum())
    if n == 0:
        return 0
    members = int(drafts.rows["members"][awarded].sum(dtype=np.int64))
    state.partnerships.reserve(n)
    state.seats.reserve(members)
    sizes = drafts.rows["members"][awarded].astype(np.int64)
    state.ties.reserve(int((sizes * (sizes - 1) // 2).sum()))
    active = np.empty(len(state.active) + n, dtype=np.int32)
    active[: len(state.active)] = state.active
    handles = state.handles
    q = parameters[0]
    state.partnerships.n, state.seats.n, n_active, new_ties = _found(
        key, month, drafts.rows, drafts.seats, state.organisations, state.memory, state.partnerships.rows,
        state.partnerships.n, state.seats.rows, state.seats.n, active, len(state.active), state.observed,
        float(q["programme_time_to_grant_months"]), handles.friction_start, world.input_intensity,
        world.supplier_share, world.foreign_input_share, handles.supply, handles.pilot_sites,
        float(q["work_unfunded_person_months"]), 100.0 * float(q["work_cost_per_person_month_eur"]),
        float(q["work_coordination_cost"]), risk.countries, risk.funder, risk.suppliers, parameters,
        state.ties.slots,
    )  # fmt: skip
    state.ties.n += int(new_ties)
    state.active = active[:n_active]
    return n
