"""A month of work: money spent, inputs used, effort given, staff lost and regained, and how partnerships end."""

from __future__ import annotations

from math import ceil, floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.kernels import kernel, kernel_making_arrays
from ecosim.partnerships.sites import inputs
from ecosim.partnerships.staff import staffed
from ecosim.tables import ACTIVE, COMPLETED, FAILED, GRANTED, PRC, STARTING, WITHDRAWN, WORKING
from ecosim.ties import pair_key, remember

#: A sum that was divided and multiplied again must not lose a cent, nor gain one.
_ROUNDING = 1e-6

# Rows of the cents that ``work`` moves.
OWN_WORK, ADVANCED, REPAID, WRITTEN_OFF = range(4)

# Rows of the counts that ``work`` returns.
PILOTS, PILOT_MONTHS, SWITCHES, SITES = range(4)


class Settled(NamedTuple):
    """What the settlement of partnerships that ended receives; F funders."""

    #: (F,) cents paid as final balance, cents paid and not spent, and cents promised and never paid.
    paid: NDArray[np.int64]
    recovered: NDArray[np.int64]
    released: NDArray[np.int64]
    #: (4,) own money moved, by the constants of this module.
    cents: NDArray[np.int64]
    #: (5,) number ended by status.
    ended: NDArray[np.int64]


@kernel_making_arrays
def work(month, active, rows, conditions, fixed, p, cents, counts):
    """Let every running partnership work for a month, in place; sets the status of those that end.

    Parameters
    ----------
    conditions : Conditions
        What the month's work meets.
    cents : ndarray of int64, shape (4,)
        Receives own money moved: unfunded work, advances, advances repaid, advances written off.
    counts : ndarray of int64, shape (4,)
        Receives pilots opened, months they took since work started, suppliers switched, and partnerships that need
        inputs.

    Returns
    -------
    float
        Sum over partnerships that need inputs of the share of work their inputs allowed.
    """
    q = p[0]
    key, price = fixed.key, fixed.price
    partnerships, seats, organisations = rows.partnerships, rows.seats, rows.organisations
    pace, capacity = conditions.pace, conditions.capacity
    cost = 100.0 * q.work_cost_per_person_month_eur
    n_countries = len(capacity)
    supplied = 0.0
    stamp = np.zeros(n_countries, dtype=np.int64)
    mark = 0
    for a in active:
        row = partnerships[a]
        row.work_now = 0.0
        row.overhead_now = 0.0
        row.working_countries_now = 0
        if row.status != ACTIVE:
            continue
        first = row.first_seat
        s = row.sector
        funded = row.funder >= 0
        inputs_share, switched = inputs(
            key, row, rows.supplies, fixed.input_criticality[s], conditions.inputs, q.supply_elasticity,
            q.supply_weight, q.supply_spare_capacity,
        )  # fmt: skip
        counts[SWITCHES] += switched
        if row.sites > 0:
            counts[SITES] += 1
            supplied += inputs_share
        advanced = np.int64(0)
        if funded:
            for m in range(row.seats):
                advanced += seats[first + m].advanced_cents
        mark += 1
        countries = 0
        for m in range(row.seats):
            seat = seats[first + m]
            if row.working_now > 0 and seat.state == WORKING:
                c = seat.country
                if stamp[c] != mark:
                    stamp[c] = mark
                    countries += 1
        row.working_countries_now = countries
        productive = row.productive
        if row.sites > 1:
            productive /= conditions.pilot_cost[s]
        lead_country = -1
        if row.working_now > 0 and seats[first + row.lead_seat].organisation >= 0:
            lead_country = seats[first + row.lead_seat].country
        # As long as the contract is planned, a seat's money of the month is kept for it: where money is short nobody
        # works more because another has stopped.
        kept = funded and month + 1 < row.start_month + row.planned_months
        held = np.int64(0)
        for m in range(row.seats):
            seat = seats[first + m]
            seat.work_now = 0.0
            full = floor(seat.person_months * cost * price[seat.country] + _ROUNDING)
            if kept and (seat.organisation < 0 or seat.state != WORKING):
                held += np.int64(full)
            if seat.organisation < 0:
                continue
            rec = organisations[seat.organisation]
            if funded and seat.advanced_cents > 0 and row.paid_cents > row.spent_cents:
                repaid = min(seat.advanced_cents, row.paid_cents - row.spent_cents)
                seat.advanced_cents -= repaid
                advanced -= repaid
                row.spent_cents += repaid
                rec.reserves_cents += repaid
                cents[REPAID] += repaid
            if row.working_now == 0 or seat.state != WORKING:
                if funded and seat.state != STARTING:
                    rec.unpaid += seat.person_months
                continue
            able = capacity[seat.country] * inputs_share
            if funded and q.on_staff_loss == 1:
                able *= staffed(rec)
            at_work = 1.0
            paid = able
            if funded and inputs_share < 1.0:
                # Who waits for inputs is under contract, too.
                there = capacity[seat.country] * (staffed(rec) if q.on_staff_loss == 1 else 1.0)
                paid += q.supply_paid_while_waiting * (there - able)
                if paid > 0.0:
                    at_work = able / paid
            spend = np.int64(floor(full * paid))
            done = np.int64(0)
            if funded:
                spend = min(spend, row.grant_cents - row.spent_cents - advanced)
                if row.paid_cents - row.spent_cents - held >= spend:
                    row.spent_cents += spend
                    done = spend
                elif rec.reserves_cents >= spend:
                    rec.reserves_cents -= spend
                    seat.advanced_cents += spend
                    advanced += spend
                    cents[ADVANCED] += spend
                    done = spend
            elif rec.reserves_cents >= spend:
                rec.reserves_cents -= spend
                cents[OWN_WORK] += spend
                done = spend
            if done > 0:
                hours = at_work * done / (cost * price[seat.country])
                effort = hours * productive
                seat.effort += effort
                seat.work_now = effort
                row.work_now += effort
                row.overhead_now += hours - effort
                speed = 1.0
                if lead_country >= 0 and lead_country != seat.country:
                    speed = pace[lead_country, seat.country, s]
                row.progress += effort * speed / row.planned_effort
            elif funded and spend > 0:
                rec.unpaid += seat.person_months
        row.effort += row.work_now
        if not row.pilot_open and row.progress >= q.innovation_pilot_at_progress:
            row.pilot_open = True
            counts[PILOTS] += 1
            counts[PILOT_MONTHS] += month + 1 - row.start_month
        # Work ends with the contract; a funded one with money left may finish what was held up.
        if month + 1 >= row.start_month + row.planned_months:
            left = row.grant_cents - row.spent_cents - advanced
            over = month + 1 >= row.start_month + row.planned_months + q.work_extension_months
            if not funded:
                row.status = COMPLETED
            elif over or left < q.work_unspent_share * row.grant_cents or row.progress >= 1.0:
                row.status = COMPLETED if row.progress >= q.work_completion_threshold else FAILED
    return supplied


@kernel
def _settle_others(row, seats, unspent, recovered, released):
    """Give other payers back their part of what was not spent, and free what they have not paid.

    Returns the funder's part of what was not spent, which is never more than the funder has paid.
    """
    own_paid = row.paid_cents - row.other_paid_cents
    own = np.int64(floor(unspent * (own_paid / max(row.paid_cents, 1))))
    left = unspent - own
    other_paid = np.int64(0)
    for m in range(row.seats):
        seat = seats[row.first_seat + m]
        if seat.other_cents == 0:
            continue
        share = np.int64(ceil(unspent * (seat.other_paid_cents / max(row.paid_cents, 1))))
        back = min(left, seat.other_paid_cents, share)
        left -= back
        recovered[seat.payer] += back
        released[seat.payer] += seat.other_cents - seat.other_paid_cents
        seat.other_paid_cents -= back
        seat.other_due_cents = 0
        other_paid += seat.other_paid_cents
    row.other_paid_cents = other_paid
    return own + left


@kernel
def close(month, active, rows, payment_share, results_shown, p, settled):
    """Settle partnerships that ended this month and keep the others, in place.

    Members are freed, ties and experience remember how it went. What members advanced for work done is paid back from
    the grant as far as the funder pays; then unspent payments are recovered and promises released.

    Parameters
    ----------
    payment_share : ndarray of float, shape (F,)
        Share of due payments each funder makes this month.
    results_shown : ndarray of float, shape (C, C)
        How much more trust moves between two countries, because both sides see how joint work ended.
    settled : Settled
        Receives money moved, and how many ended.

    Returns
    -------
    (int, int)
        Partnerships kept at the front of ``active``, and new ties.
    """
    q = p[0]
    partnerships, seats, organisations = rows.partnerships, rows.seats, rows.organisations
    cents = settled.cents
    kept = 0
    new_ties = 0
    for a in active:
        row = partnerships[a]
        if row.status == GRANTED or row.status == ACTIVE:
            active[kept] = a
            kept += 1
            continue
        row.ended_month = month
        settled.ended[row.status] += 1
        good = row.status == COMPLETED
        if row.funder >= 0:
            owed = np.int64(0)
            for m in range(row.seats):
                owed += seats[row.first_seat + m].advanced_cents
            balance = max(np.int64(0), owed - (row.paid_cents - row.spent_cents))
            unpaid = (row.grant_cents - row.other_cents) - (row.paid_cents - row.other_paid_cents)
            balance = np.int64(floor(min(balance, unpaid) * payment_share[row.funder]))
            row.paid_cents += balance
            settled.paid[row.funder] += balance
            for m in range(row.seats):
                seat = seats[row.first_seat + m]
                if seat.advanced_cents > 0 and seat.organisation >= 0:
                    repaid = min(seat.advanced_cents, row.paid_cents - row.spent_cents)
                    seat.advanced_cents -= repaid
                    row.spent_cents += repaid
                    organisations[seat.organisation].reserves_cents += repaid
                    cents[REPAID] += repaid
            unspent = row.paid_cents - row.spent_cents
            unpaid = (row.grant_cents - row.other_cents) - (row.paid_cents - row.other_paid_cents)
            if row.other_cents > 0:
                unspent = _settle_others(row, seats, unspent, settled.recovered, settled.released)
            settled.recovered[row.funder] += unspent
            settled.released[row.funder] += unpaid
            row.paid_cents = row.spent_cents
            row.due_cents = 0
        gain = q.trust_gain if row.status != FAILED else 0.0
        loss = q.trust_loss if row.status == FAILED else 0.0
        if row.status == WITHDRAWN:
            gain *= q.trust_withdrawn_gain
        for m in range(row.seats):
            seat = seats[row.first_seat + m]
            cents[WRITTEN_OFF] += seat.advanced_cents
            seat.advanced_cents = 0
            if seat.organisation < 0:
                continue
            rec = organisations[seat.organisation]
            rec.load -= 1
            if row.funder >= 0:
                rec.experience = max(0.0, rec.experience + (1.0 if good else -q.trust_failure_experience))
            if q.on_trust == 1:
                for o in range(m + 1, row.seats):
                    other = seats[row.first_seat + o].organisation
                    if other >= 0 and other != seat.organisation:
                        more = 1.0 + results_shown[rec.country, organisations[other].country]
                        new_ties += remember(
                            rows.ties, pair_key(rec.key, organisations[other].key), month, q.trust_half_life_months,
                            min(1.0, more * gain), min(1.0, more * loss),
                        )  # fmt: skip
    return kept, new_ties


@kernel
def most_new_ties(active, partnerships):
    """Upper bound of the ties that closing this month's ended partnerships can add."""
    total = 0
    for a in active:
        row = partnerships[a]
        if row.status != GRANTED and row.status != ACTIVE:
            total += int(row.seats) * (int(row.seats) - 1) // 2
    return total


@kernel
def earn(organisations, month, income_cents_per_size, firm_income, cap_cents_per_size, fading):
    """Organisations arrive, earn, and slowly forget how they did, in place; income and cap by country, shape (C,).

    Reserves do not grow beyond their cap: what is not needed is not kept for research. What firms earn is multiplied
    by ``firm_income``, shape (C,).

    Returns
    -------
    (int, int)
        Cents earned, and how many organisations have vanished so far.
    """
    earned = np.int64(0)
    absent = 0
    for i in range(len(organisations)):
        rec = organisations[i]
        if not rec.present:
            if rec.arrival_month == month:
                rec.present = True
                earned += rec.reserves_cents
            else:
                absent += rec.arrival_month <= month
                continue
        cap = np.int64(cap_cents_per_size[rec.country] * rec.size)
        if rec.reserves_cents < cap:
            earning = income_cents_per_size[rec.country]
            if rec.type == PRC:
                earning *= firm_income[rec.country]
            income = min(np.int64(earning * rec.size), cap - rec.reserves_cents)
            rec.reserves_cents += income
            earned += income
        rec.experience *= fading
    return earned, absent
