"""Payments: a first one when work starts, the rest by calendar or by milestone, each after a delay."""

from __future__ import annotations

from math import floor

import numpy as np

from ecosim import randomness as rnd
from ecosim.kernels import kernel
from ecosim.numerics import log
from ecosim.tables import ACTIVE

_NEVER = np.int32(2**30)


@kernel
def _delay(key, row, payment, mean_months):
    """Whole months a tranche is late: exponential with the given mean, keyed by partnership and payment."""
    u = rnd.uniform(key, row.lead_key, row.tag, row.proposed_month, rnd.PAYMENT_DELAY, payment)
    return floor(-mean_months * log(1.0 - u) + 0.5)


@kernel
def _split(row, seats, cents, last):
    """Divide a tranche among those who pay a partnership, each by what it has left to pay; returns its funder's."""
    own_left = (row.grant_cents - row.other_cents) - (row.paid_cents - row.other_paid_cents) - row.due_cents
    left = own_left
    for m in range(row.seats):
        seat = seats[row.first_seat + m]
        left += seat.other_cents - seat.other_paid_cents - seat.other_due_cents
    share = 1.0 if last else min(1.0, cents / max(left, 1))
    for m in range(row.seats):
        seat = seats[row.first_seat + m]
        open_cents = seat.other_cents - seat.other_paid_cents - seat.other_due_cents
        seat.other_due_cents += np.int64(floor(share * open_cents))
    return own_left if last else np.int64(floor(share * own_left))


@kernel
def pay(key, month, active, partnerships, seats, payment_share, p, reform_month, p_before, paid, payments):
    """Pay what has fallen due to running funded partnerships, in place.

    Parameters
    ----------
    payment_share : ndarray of float, shape (F,)
        Share of due payments each funder makes this month; the rest stays due.
    p : ndarray, shape (F,)
        Each funder's parameters.
    reform_month, p_before
        What was proposed before this month keeps the terms of its call: a reform does not rewrite contracts.
    paid, payments : ndarray of int64, shape (F,)
        Receive the cents paid, and the number of payments made.
    """
    for a in active:
        row = partnerships[a]
        if row.funder < 0 or row.status != ACTIVE:
            continue
        before = row.proposed_month < reform_month
        q = p_before[row.funder] if before else p[row.funder]
        milestones = q.programme_milestones == 1
        tranches = q.programme_tranches
        while row.payments <= tranches and month >= row.next_payment_month:
            first = np.int64(floor(q.programme_prefinancing * row.grant_cents))
            if row.payments == 0:
                falls_due = first if tranches > 0 else row.grant_cents
            elif row.payments == tranches:
                falls_due = row.grant_cents - first - (row.grant_cents - first) // tranches * (tranches - 1)
            else:
                falls_due = (row.grant_cents - first) // tranches
            if row.other_cents > 0:
                falls_due = _split(row, seats, falls_due, row.payments >= tranches)
            row.due_cents += falls_due
            row.payments += 1
            # With k tranches the work falls into k + 1 parts; each payment is meant to come at the start of its part.
            if not milestones and row.payments <= tranches:
                planned = row.start_month + row.payments * row.planned_months // (tranches + 1)
                row.next_payment_month = planned + _delay(key, row, row.payments, q.programme_payment_delay_months)
            else:
                row.next_payment_month = _NEVER
        waiting = milestones and row.payments <= tranches and row.next_payment_month == _NEVER
        if waiting and row.progress >= row.payments / (tranches + 1):
            row.next_payment_month = month + _delay(key, row, row.payments, q.programme_payment_delay_months)
        if row.due_cents > 0:
            cents = np.int64(floor(row.due_cents * payment_share[row.funder]))
            if cents > 0:
                row.due_cents -= cents
                row.paid_cents += cents
                paid[row.funder] += cents
                payments[row.funder] += 1
        if row.other_cents > row.other_paid_cents:
            for m in range(row.seats):
                seat = seats[row.first_seat + m]
                if seat.other_due_cents > 0:
                    cents = np.int64(floor(seat.other_due_cents * payment_share[seat.payer]))
                    seat.other_due_cents -= cents
                    seat.other_paid_cents += cents
                    row.other_paid_cents += cents
                    row.paid_cents += cents
                    paid[seat.payer] += cents
                    payments[seat.payer] += 1
