"""Collaboration, output, work and effort with their parts, summed over the partnerships of a month."""

from __future__ import annotations

import numpy as np

from ecosim.kernels import kernel, kernel_making_arrays
from ecosim.tables import ACTIVE, GRANTED

# Positions in the totals of ``measure``.
UNFUNDED_EFFORT, DOMESTIC, OVERHEAD, WORKING_COUNT, STOPPED, UNFUNDED_COUNT = range(6)

# Rows of what is kept by country.
COLLABORATION, OUTPUT, WORK, EFFORT, LEADS, MEMBERS = range(6)

# Positions in the parts of ``measure``.
ALL, IN_FLIGHT, FORMED_AFTER = range(3)


@kernel_making_arrays
def measure(active, partnerships, seats, announcement_month, totals, parts, at_risk, by_country):
    """Sum the month over the active partnerships, in place.

    Parameters
    ----------
    announcement_month : int
        Partnerships proposed before it are in flight.
    totals : ndarray of float, shape (6,)
        See the constants of this module.
    parts : ndarray of float, shape (4, 3)
        Receives collaboration, output, work and effort: all, in flight, formed after.
    at_risk : ndarray of float, shape (W, 4, 2)
        Receives, per watched label, the parts of the four at risk, and of these the parts in flight.
    by_country : ndarray of float, shape (6, C)
        Receives each country's part of collaboration, work and effort, funded partnerships led from it and seats held
        by it; its output is there already. In the order of :data:`ecosim.outcomes.record.COUNTRY_OUTCOMES`.

    Returns
    -------
    int
        Cents paid out that lie with partnerships that did not work.

    Notes
    -----
    Work counts research person-months of members at work, whoever pays; time spent on coordination is work but not
    research, and is counted apart. Effort is the work of partnerships in which two or more countries work;
    collaboration is work times the chance that two of its person-months come from different countries: the sum over
    countries of ``e_c (1 - e_c / e)``. It never rises when somebody stops.
    """
    frozen = np.int64(0)
    n_countries = by_country.shape[1]
    stamp = np.zeros(n_countries, dtype=np.int64)
    listed = np.empty(n_countries, dtype=np.int64)
    worked = np.zeros(n_countries)
    mark = 0
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
                by_country[LEADS, lead.country] += 1.0
            for m in range(row.seats):
                seat = seats[row.first_seat + m]
                if seat.organisation >= 0:
                    by_country[MEMBERS, seat.country] += 1.0
        row.collaboration_now = 0.0
        if row.work_now <= 0.0:
            continue
        mark += 1
        countries = 0
        for m in range(row.seats):
            seat = seats[row.first_seat + m]
            if seat.work_now > 0.0:
                c = seat.country
                if stamp[c] != mark:
                    stamp[c] = mark
                    listed[countries] = c
                    worked[c] = 0.0
                    countries += 1
                worked[c] += seat.work_now
        cross_border = row.working_countries_now >= 2
        if not cross_border:
            totals[DOMESTIC] += row.work_now
        elif row.funder < 0:
            totals[UNFUNDED_EFFORT] += row.work_now
        for k in range(countries):
            c = listed[k]
            joint = worked[c] * (1.0 - worked[c] / row.work_now) if countries > 1 else 0.0
            row.collaboration_now += joint
            by_country[COLLABORATION, c] += joint
            by_country[WORK, c] += worked[c]
            if cross_border:
                by_country[EFFORT, c] += worked[c]
        part = IN_FLIGHT if row.proposed_month < announcement_month else FORMED_AFTER
        for k in range(4):
            if k == 0:
                value = row.collaboration_now
            elif k == 1:
                value = row.output_now
            elif k == 2:
                value = row.work_now
            else:
                value = row.work_now if cross_border else 0.0
            parts[k, ALL] += value
            parts[k, part] += value
            for w in range(len(at_risk)):
                if row.risk & (np.uint32(1) << np.uint32(w)):
                    at_risk[w, k, 0] += value
                    if part == IN_FLIGHT:
                        at_risk[w, k, 1] += value
    return frozen


@kernel
def pairs(active, partnerships, seats, joint):
    """Add the month's joint work of every pair of countries, in place.

    Parameters
    ----------
    joint : ndarray of float, shape (C, C)
        Receives person-months, symmetric; work inside one country on the diagonal.

    Notes
    -----
    Of a partnership in which country c worked e_c of e, the pair c, d has 2 e_c e_d / e and c with itself e_c e_c / e,
    so that the upper triangle with its diagonal adds up to the work, and without it to collaboration.
    """
    for a in active:
        row = partnerships[a]
        if row.work_now <= 0.0:
            continue
        for m in range(row.seats):
            one = seats[row.first_seat + m]
            if one.work_now <= 0.0:
                continue
            share = one.work_now / row.work_now
            joint[one.country, one.country] += share * one.work_now
            for k in range(m + 1, row.seats):
                other = seats[row.first_seat + k]
                if other.work_now <= 0.0:
                    continue
                both = 2.0 * share * other.work_now
                joint[one.country, other.country] += both
                if one.country != other.country:
                    joint[other.country, one.country] += both
