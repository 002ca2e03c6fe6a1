"""From draft to partnership: seats, money, sites and suppliers, and what members remember of it."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays, kernel_row
from ecosim.numerics import exp, power
from ecosim.partnerships import register
from ecosim.partnerships.drafts import Drafts, topic_fit
from ecosim.partnerships.sites import MOST_SUPPLIES, settle, supplied_from
from ecosim.tables import ACTIVE, GRANTED, MEMORY, MOST_GENERATIONS, PROGRAMME, UNFUNDED, WORKING
from ecosim.ties import begin, first_slot, pair_key, recall

if TYPE_CHECKING:
    from ecosim.setting import Setting
    from ecosim.state import State


@kernel_row
def productive(organisations, countries, trust, p):
    """Share of work that is left after coordination, for a consortium as contracted.

    Notes
    -----
    ``n ** -k_o * exp(-k_c * (c - 1))`` for n organisations from c countries; trust lowers both losses alike.
    """
    q = p[0]
    friction = 1.0 - q.work_coordination_saved_by_trust * trust
    return power(organisations, -q.work_coordination_by_organisation * friction) * exp(
        -q.work_coordination_by_country * friction * (countries - 1)
    )


@kernel_row
def paid_person_months(seat, months, price, p):
    """Person-months a month that a seat's grant pays for over a contract, at its country's price, shape (C,)."""
    return seat.grant_cents / (100.0 * p[0].work_cost_per_person_month_eur * price[seat.country] * months)


@kernel_row
def paid_by_own_agency(draft, m, rec, lead_country, eligibility, p):
    """Whether a member sits in a consortium whose funder does not pay it: then its own agency does."""
    terms = p[draft.funder].funder_terms
    return m > 0 and rec.standing_draw >= eligibility[terms, lead_country, rec.country, draft.sector]


class Used(NamedTuple):
    """Rows in use of the tables to which founding adds."""

    partnerships: int
    seats: int
    supplies: int


@kernel
def exposure(row, seats, supplies, watched):
    """Which watched shocks a partnership is exposed to, a bit for each; fixed when it is founded, so that twins agree.

    Parameters
    ----------
    watched : Watched
        What each watched shock hits.
    """
    bits = np.uint32(0)
    for w in range(len(watched.funder)):
        hit = (watched.funder[w] and row.funder == PROGRAMME) or supplied_from(row, supplies, watched.suppliers[w])
        for m in range(row.seats):
            hit = hit or watched.countries[w, seats[row.first_seat + m].country]
        if hit:
            bits |= np.uint32(1) << np.uint32(w)
    return bits


@kernel
def _mean_trust(row, members, organisations, ties, month, choice, trust_shift, half_life):
    """Mean trust over the pairs of members, before their new work."""
    total = 0.0
    for m in range(members):
        one = organisations[row[m]]
        for o in range(m + 1, members):
            other = organisations[row[o]]
            pair = pair_key(one.key, other.key)
            trust, _ = recall(ties, pair, first_slot(ties, pair), month, half_life)
            trust += trust_shift[one.country, other.country]
            # Who has met begins with what the meeting left, if past work left less.
            trust = max(trust, choice.first_trust[one.country, other.country])
            total += min(trust, choice.trust_ceiling[one.country, other.country])
    return total / (members * (members - 1) / 2) if members > 1 else 0.0


@kernel
def _awarded(drafts):
    """Number of awarded drafts, of their members, and of pairs of members."""
    n = 0
    n_members = 0
    n_pairs = 0
    for d in range(len(drafts)):
        if drafts[d].awarded:
            members = int(drafts[d].members)
            n += 1
            n_members += members
            n_pairs += members * (members - 1) // 2
    return n, n_members, n_pairs


@kernel_making_arrays
def _found(month, drafts, rows, used, friction_start, mean_sites, flows, choice, fixed, p):
    """Turn awarded drafts into partnerships, in place; returns the rows then in use, and new ties.

    Parameters
    ----------
    friction_start : ndarray of float, shape (C,)
        Months to start, beside those at rest, by country of the lead.
    mean_sites : ndarray of float, shape (S,)
        Mean number of sites of work that needs inputs.
    """
    q = p[0]
    key, topics, price = fixed.key, fixed.topics, fixed.price
    organisations, memory, partnerships, members = rows.organisations, rows.memory, rows.partnerships, rows.seats
    supplies, observed, ties = rows.supplies, rows.observed, rows.ties
    n_partnerships, n_members, n_supplies = used
    seats = drafts.seats
    new_ties = 0
    for d in range(len(drafts.rows)):
        draft = drafts.rows[d]
        if not draft.awarded:
            continue
        row = partnerships[n_partnerships]
        row.lead_key = draft.lead_key
        row.tag = draft.tag
        row.proposed_month = month
        row.sector = draft.sector
        row.topic = draft.topic
        row.quality = draft.quality
        row.idea = draft.idea
        row.first_seat = n_members
        row.seats = draft.members
        row.planned_months = draft.duration_months
        row.countries = draft.countries
        row.lead_seat = 0
        row.generation = 0
        row.grown_from = draft.core_chance
        row.circle = draft.circle
        # Who was asked first is its core: all of them where the consortium it is like came back in no other.
        row.core_seats = min(draft.members, draft.core_seats + 1) if draft.core_seats > 0 else draft.members
        if draft.core >= 0:
            row.generation = min(rows.register[draft.core].generation + 1, MOST_GENERATIONS)
        row.ended_month = -1
        lead_country = organisations[draft.lead].country
        if draft.purpose == UNFUNDED:
            row.funder = -1
            row.status = ACTIVE
            row.start_month = month
        else:
            row.funder = draft.funder
            row.status = GRANTED
            to_grant = p[draft.funder].programme_time_to_grant_months
            u = rnd.uniform(key, draft.lead_key, draft.tag, month, rnd.START, 0)
            row.start_month = month + rnd.whole_months(to_grant * friction_start[lead_country], u)
            row.grant_cents = draft.grant_cents
            row.other_cents = draft.other_cents
            row.next_payment_month = row.start_month
        hazard = q.work_failure_hazard if draft.purpose != UNFUNDED else q.work_unfunded_ending_hazard
        fate = rnd.uniform(key, draft.lead_key, draft.tag, month, rnd.PARTNERSHIP_FAILS, 0)
        row.fails_month = rnd.first_month(fate, hazard, row.start_month)
        # The lead takes a larger share; the others share alike but for size, luck and what people cost where they are.
        total = 0.0
        weights = np.zeros(draft.members)
        each = draft.grant_cents // draft.members
        for m in range(draft.members):
            rec = organisations[seats[d, m]]
            # Whom its own agency pays gets an equal share from there, and nothing of the rest.
            abroad = draft.other_cents > 0 and paid_by_own_agency(draft, m, rec, lead_country, choice.eligibility, p)
            members[n_members + m].payer = fixed.agency_of[rec.country] if abroad else row.funder
            if abroad:
                members[n_members + m].other_cents = each
                continue
            luck = rnd.normal(key, rec.key, rnd.mix(draft.lead_key, draft.tag, 0), month, rnd.GRANT, 0)
            weights[m] = power(rec.size, q.work_grant_of_size) * exp(q.work_grant_spread * luck) * price[rec.country]
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
            seat.fit = topic_fit(draft.topic, topics[i, draft.sector], p)
            seat.leaves_month = rnd.NEVER
            if draft.members > 2:
                # Of a pair nobody leaves alone: that is the end of the partnership, which has its own hazard.
                stay = rnd.uniform(key, rec.key, rnd.mix(draft.lead_key, draft.tag, 1), month, rnd.MEMBER_LEAVES, 0)
                seat.leaves_month = rnd.first_month(stay, q.work_member_withdrawal_hazard, row.start_month)
            if draft.purpose != UNFUNDED:
                cents = np.int64(floor((draft.grant_cents - draft.other_cents) * (weights[m] / total)))
                seat.grant_cents = cents + seat.other_cents
                given += cents
                rec.load += 1
                rec.participations += draft.funder == PROGRAMME
            memory[i, rec.remembered % MEMORY] = row.number
            rec.remembered += 1
        if draft.purpose != UNFUNDED:
            members[n_members].grant_cents += draft.grant_cents - draft.other_cents - given
        row.trust = 0.0
        if q.on_trust == 1:
            row.trust = _mean_trust(
                seats[d], draft.members, organisations, ties, month, choice, rows.trust_shift,
                q.trust_half_life_months,
            )  # fmt: skip
        row.productive = productive(draft.members, draft.countries, row.trust, p)
        row.planned_effort = 0.0
        for m in range(draft.members):
            seat = members[n_members + m]
            if draft.purpose == UNFUNDED:
                seat.person_months = q.work_unfunded_person_months
            else:
                seat.person_months = paid_person_months(seat, row.planned_months, price, p)
            row.planned_effort += seat.person_months * row.planned_months * row.productive
        if q.on_supply == 1:
            n_supplies = settle(
                key, row, members, supplies, n_supplies, fixed.input_intensity[draft.sector],
                mean_sites[draft.sector], flows,
            )  # fmt: skip
        row.risk = exposure(row, members, supplies, fixed.watched)
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
        n_partnerships += 1
        n_members += draft.members
    return n_partnerships, n_members, n_supplies, new_ties


def found(drafts: Drafts, state: State, setting: Setting) -> int:
    """Turn awarded drafts into partnerships; returns how many.

    Funded work starts after the time to grant, unfunded work at once. Each organisation keeps at most ``MEMORY`` past
    partnerships in mind.
    """
    n, n_members, n_pairs = _awarded(drafts.rows)
    if n == 0:
        return 0
    state.partnerships.reserve(n)
    state.seats.reserve(n_members)
    first = state.partnerships.n
    register.number(state.partnerships, state.register.n, n)
    if setting.config.mechanisms.supply:
        state.supplies.reserve(n * MOST_SUPPLIES)
    state.ties.reserve(n_pairs)
    handles = state.handles
    # With stages it is pilots that stand at several sites, and research at one.
    sites = np.ones_like(handles.pilot_sites) if setting.config.mechanisms.stages else handles.pilot_sites
    used = Used(first, state.seats.n, state.supplies.n)
    state.partnerships.n, state.seats.n, state.supplies.n, new_ties = _found(
        state.month, drafts.arrays, state.rows, used, handles.friction_start, sites, state.effects.inputs,
        state.effects.choice, setting.fixed, setting.parameters_in(state.month),
    )  # fmt: skip
    state.ties.n += int(new_ties)
    state.active = np.concatenate((state.active, np.arange(first, state.partnerships.n, dtype=np.int32)))
    register.enter(state, first, n_members)
    return int(n)
