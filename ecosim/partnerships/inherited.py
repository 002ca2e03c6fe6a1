"""Projects a run begins with: real ones that are under way, granted or over at its first month."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays
from ecosim.ledger import Account
from ecosim.numerics import half_to
from ecosim.partnerships import register
from ecosim.partnerships.consortium import exposure, paid_person_months, productive
from ecosim.partnerships.drafts import topic_fit
from ecosim.partnerships.sites import MOST_SUPPLIES, settle
from ecosim.setting import REFERENCE, Setting
from ecosim.tables import ACTIVE, COMPLETED, FUNDED, GRANTED, MEMORY, PROGRAMME, WORKING
from ecosim.ties import begin, pair_key, remember
from ecosim.world.cordis import rows_for

if TYPE_CHECKING:
    from ecosim.state import State

#: Added to the purpose in a proposal's tag, so that no later proposal of the same lead has the same content.
_INHERITED = 8


@kernel
def _best_idea(key, row, applications, noise):
    """The idea that won among so many, drawn as calls draw them."""
    best, best_score = 0.0, -1e300
    for k in range(max(1, int(applications + 0.5))):
        idea = rnd.normal(key, row.lead_key, row.tag, row.proposed_month, rnd.QUALITY, k)
        score = idea + noise * rnd.normal(key, row.lead_key, row.tag, row.proposed_month, rnd.EVALUATION, k)
        if score > best_score:
            best, best_score = idea, score
    return best


@kernel_making_arrays
def _begin(projects, row_of, rows, flows, time_to_grant, prefinancing, tranches, fixed, p, totals):
    """Lay real projects into empty tables, in place; returns new ties and rows of supplies.

    Parameters
    ----------
    row_of : ndarray of int32, shape (R,)
        Row of the population that stands for each real organisation.
    totals : ndarray of int64, shape (2,)
        Receives cents granted, and paid.
    """
    q = p[0]
    key, topics, price = fixed.key, fixed.topics, fixed.price
    start_month, planned_months, sector = projects.start_month, projects.planned_months, projects.sector
    first, organisation, grant_cents = projects.first, projects.organisation, projects.grant_cents
    organisations, memory, partnerships, members = rows.organisations, rows.memory, rows.partnerships, rows.seats
    supplies, ties = rows.supplies, rows.ties
    seen = np.zeros(len(price), dtype=np.int64)
    new_ties = 0
    n_supplies = 0
    for a in range(len(start_month)):
        row = partnerships[a]
        size = first[a + 1] - first[a]
        lead = row_of[organisation[first[a]]]
        start = start_month[a]
        planned = planned_months[a]
        row.lead_key = organisations[lead].key
        row.tag = ((FUNDED + _INHERITED) << 24) | a
        row.proposed_month = start - time_to_grant
        row.funder = PROGRAMME
        row.sector = sector[a]
        row.topic = topics[lead, sector[a]]
        row.first_seat = first[a]
        row.seats = size
        row.start_month = start
        row.planned_months = planned
        row.lead_seat = 0
        row.ended_month = -1
        grant = np.int64(0)
        countries = 0
        paid_months = 0.0
        for m in range(size):
            i = row_of[organisation[first[a] + m]]
            seat = members[first[a] + m]
            seat.organisation = i
            seat.payer = PROGRAMME
            seat.country = organisations[i].country
            seat.grant_cents = grant_cents[first[a] + m]
            seat.person_months = paid_person_months(seat, planned, price, p)
            grant += seat.grant_cents
            paid_months += seat.person_months * planned
            if seen[seat.country] != a + 1:
                seen[seat.country] = a + 1
                countries += 1
        row.countries = countries
        row.grant_cents = grant
        # How good it is, is not known; it was the best of about so many, as evaluators saw them.
        row.idea = _best_idea(key, row, q.programme_applications_per_award, q.programme_evaluation_noise)
        row.productive = productive(size, countries, 0.0, p)
        row.planned_effort = paid_months * row.productive
        elapsed = min(1.0, max(0.0, -start / planned))
        if start >= 0:
            row.status = GRANTED
        elif start + planned > 0:
            row.status = ACTIVE
        else:
            row.status = COMPLETED
            row.ended_month = start + planned - 1
        # What the rule of payment has paid by now, without delays.
        upfront = np.int64(floor(prefinancing * grant)) if tranches > 0 else grant
        if row.status == GRANTED:
            row.next_payment_month = start
        elif row.status == COMPLETED:
            row.paid_cents = grant
            row.payments = tranches + 1
            row.next_payment_month = rnd.NEVER
        else:
            row.paid_cents = upfront
            row.payments = 1
            while row.payments <= tranches and start + row.payments * planned // (tranches + 1) < 0:
                if row.payments == tranches:
                    row.paid_cents = grant
                else:
                    row.paid_cents += (grant - upfront) // tranches
                row.payments += 1
            row.next_payment_month = rnd.NEVER
            if row.payments <= tranches:
                row.next_payment_month = start + row.payments * planned // (tranches + 1)
        row.spent_cents = min(row.paid_cents, np.int64(floor(elapsed * grant)))
        row.effort = elapsed * row.planned_effort
        row.progress = elapsed
        row.pilot_open = elapsed >= q.innovation_pilot_at_progress
        fate = rnd.uniform(key, row.lead_key, row.tag, 0, rnd.PARTNERSHIP_FAILS, 0)
        row.fails_month = rnd.first_month(fate, q.work_failure_hazard, max(start, 0))
        totals[0] += grant
        totals[1] += row.paid_cents
        for m in range(size):
            seat = members[first[a] + m]
            i = seat.organisation
            rec = organisations[i]
            seat.partnership = a
            seat.state = WORKING
            seat.since_month = start
            seat.joined_month = start
            seat.fit = topic_fit(row.topic, topics[i, sector[a]], p)
            seat.effort = elapsed * seat.person_months * planned * row.productive
            seat.leaves_month = rnd.NEVER
            if size > 2 and row.status != COMPLETED:
                stay = rnd.uniform(key, rec.key, row.tag, 0, rnd.MEMBER_LEAVES, 0)
                seat.leaves_month = rnd.first_month(stay, q.work_member_withdrawal_hazard, max(start, 0))
            rec.participations += 1
            memory[i, rec.remembered % MEMORY] = a
            rec.remembered += 1
            if row.status != COMPLETED:
                rec.load += 1
                # People for running work are there, those for work soon to start in part.
                ahead = max(start, 0) if row.status == GRANTED else 0
                rec.staff += seat.person_months * (max(q.staff_hiring_months - ahead, 0) / q.staff_hiring_months)
            else:
                rec.experience += half_to(-row.ended_month / q.trust_half_life_months)
            for o in range(m + 1, size if q.on_familiarity == 1 else 0):
                other = row_of[organisation[first[a] + o]]
                new_ties += begin(ties, pair_key(rec.key, organisations[other].key), row.start_month)
            if row.status == COMPLETED and q.on_trust == 1:
                for o in range(m + 1, size):
                    other = row_of[organisation[first[a] + o]]
                    new_ties += remember(
                        ties, pair_key(rec.key, organisations[other].key), row.ended_month, q.trust_half_life_months,
                        q.trust_gain, 0.0,
                    )  # fmt: skip
        if q.on_supply == 1:
            n_supplies = settle(key, row, members, supplies, n_supplies, fixed.input_intensity[row.sector], 1.0, flows)
        row.risk = exposure(row, members, supplies, fixed.watched)
    return new_ties, n_supplies


def begin_with(state: State, setting: Setting) -> None:
    """Lay the real projects of ``world.participations`` into a new state, in place.

    Projects that are over leave ties, experience and memory; those under way have been paid by the reference
    programme's rule, without delays, and have done the share of their work that the time passed is of their contract;
    those that start within the time to grant have been granted. All their money is appropriated, promised and paid in
    the ledger before the first month, so that the books balance from the start.
    """
    projects, config = setting.projects, setting.config
    assert projects is not None
    n, members = len(projects.start_month), len(projects.organisation)
    state.partnerships.reserve(n)
    state.seats.reserve(members)
    register.number(state.partnerships, 0, n)
    state.partnerships.n, state.seats.n = n, members
    sizes = np.diff(projects.first)
    state.ties.reserve(int((sizes * (sizes - 1) // 2).sum()))
    totals = np.zeros(2, dtype=np.int64)
    if config.mechanisms.supply:
        state.supplies.reserve(n * MOST_SUPPLIES)
    new_ties, state.supplies.n = _begin(
        projects.arrays, rows_for(projects, state.organisations), state.rows, state.effects.inputs,
        config.programme.time_to_grant_months, REFERENCE.prefinancing, REFERENCE.tranches, setting.fixed,
        setting.reference_parameters, totals,
    )  # fmt: skip
    state.ties.n += int(new_ties)
    register.enter(state, 0, members)
    status = state.partnerships.used["status"]
    state.active = np.flatnonzero((status == GRANTED) | (status == ACTIVE)).astype(np.int32)
    granted, paid = (int(cents) for cents in totals)
    state.ledger.post(0, PROGRAMME, Account.TREASURY, Account.UNSPENT, granted)
    state.ledger.post(0, PROGRAMME, Account.UNSPENT, Account.COMMITTED, granted)
    state.ledger.post(0, PROGRAMME, Account.COMMITTED, Account.PAID, paid)
    # What came before is no flow of the first month.
    state.record.last |= {"appropriated_eur": granted, "paid_eur": paid}
