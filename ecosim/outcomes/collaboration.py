"""Cross-border effort and its splits, counted over the partnerships of a month."""

from __future__ import annotations

import numpy as np

from ecosim.kernels import kernel
from ecosim.tables import ACTIVE, GRANTED, WORKING

# Positions in what ``measure`` returns.
EFFORT, IN_FLIGHT, FORMED_AFTER, UNFUNDED_EFFORT, DOMESTIC, OVERHEAD, WORKING_COUNT, STOPPED, UNFUNDED_COUNT = range(9)


@kernel
def measure(active, partnerships, seats, organisations, announcement_month, totals, at_risk, leads, held):
    """Sum the month over the active partnerships, in place.

    Parameters
    ----------
    announcement_month : int
        Partnerships proposed before it are in flight.
    totals : ndarray of float, shape (9,)
        See the constants of this module.
    at_risk : ndarray of float, shape (W, 2)
        Receives, per watched label, effort at risk and the part of it in flight.
    leads, held : ndarray of float, shape (C,)
        Receive funded partnerships led from, and seats held by, each country.

    Returns
    -------
    int
        Cents paid out that lie with partnerships that did not work.

    Notes
    -----
    Q counts research person-months of members at work in partnerships with at least two working countries, whoever
    pays; time spent on coordination is work but not research, and is counted apart.
    """
    frozen = np.int64(0)
    for a in active:
        row = partnerships[a]
        if row.status == GRANTED:
            continue
        # The last month of a partnership that ends counts as work; it is no longer counted as under way.
        totals[OVERHEAD] += row.overhead_now
        if row.status == ACTIVE:
            if row.funder < 0:
                totals[UNFUNDED_COUNT] += 1
            elif row.working_now > 0:
                totals[WORKING_COUNT] += 1
            else:
                totals[STOPPED] += 1
                frozen += row.paid_cents - row.spent_cents
        if row.funder >= 0 and row.status == ACTIVE:
            lead = seats[row.first_seat + row.lead_seat]
            if lead.organisation >= 0:
                leads[lead.country] += 1.0
            for m in range(row.seats):
                seat = seats[row.first_seat + m]
                if seat.organisation >= 0:
                    held[seat.country] += 1.0
        if row.working_countries_now < 2:
            totals[DOMESTIC] += row.effort_now
            continue
        totals[EFFORT] += row.effort_now
        if row.funder < 0:
            totals[UNFUNDED_EFFORT] += row.effort_now
        before = row.proposed_month < announcement_month
        totals[IN_FLIGHT if before else FORMED_AFTER] += row.effort_now
        for w in range(len(at_risk)):
            if row.risk & (np.uint32(1) << np.uint32(w)):
                at_risk[w, 0] += row.effort_now
                if before:
                    at_risk[w, 1] += row.effort_now
    return frozen


@kernel
def pairs(active, partnerships, seats, organisations, joint):
    """Add the month's joint work of every pair of countries, in place.

    Parameters
    ----------
    joint : ndarray of float, shape (C, C)
        Receives person-months, symmetric; pairs within one country on the diagonal.

    Notes
    -----
    A partnership of n members at work has n(n-1)/2 links, each weighted 2/(n(n-1)) times its effort, so that the upper
    triangle with its diagonal adds up to the effort of all partnerships in which two or more members work.
    """
    for a in active:
        row = partnerships[a]
        if row.status != ACTIVE or row.working_now == 0 or row.effort_now <= 0.0:
            continue
        working = 0
        for m in range(row.seats):
            if seats[row.first_seat + m].state == WORKING:
                working += 1
        if working < 2:
            continue
        weight = 2.0 * row.effort_now / (working * (working - 1.0))
        for m in range(row.seats):
            one = seats[row.first_seat + m]
            if one.state != WORKING:
                continue
            a_country = organisations[one.organisation].country
            for k in range(m + 1, row.seats):
                other = seats[row.first_seat + k]
                if other.state != WORKING:
                    continue
                b_country = organisations[other.organisation].country
                joint[a_country, b_country] += weight
                if a_country != b_country:
                    joint[b_country, a_country] += weight
