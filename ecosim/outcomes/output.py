"""Output: what the month's work yields, by quality, pace, diversity and access to knowledge."""

from __future__ import annotations

import numpy as np

from ecosim.kernels import kernel_making_arrays, kernel_row
from ecosim.numerics import exp, power
from ecosim.tables import GRANTED


@kernel_row
def member_quality(capability, fit, p):
    """What one member adds to quality, before the mean over members (standard deviations of ideas)."""
    return p[0].programme_capability_weight * capability + p[0].programme_fit_weight * fit


@kernel_making_arrays
def yield_output(
    active, partnerships, seats, organisations, knowledge, skill, access, pace, p, by_country
):  # fmt: skip
    """Give every partnership its output of the month, in place.

    Parameters
    ----------
    knowledge, skill : ndarray of float, shape (N, S)
        Stock of knowledge of each organisation in each sector, and what it adds to its capability.
    access : ndarray of float, shape (C, S)
        Knowledge a country reaches beside what it reaches at rest.
    pace : ndarray of float, shape (C, C, S)
        Speed of joint work beside work without borders.
    by_country : ndarray of float, shape (C,)
        Receives each country's part.

    Notes
    -----
    ``y = sum_m(e_m pace_m) * exp(beta quality) * (1 + nu (1 - sum w_c ** 2)) * access ** phi`` for members m at work
    with e_m person-months; quality is the idea and experience of the award and the capability and fit of whoever works
    this month; w_c are the shares of the members' knowledge by country; access is the mean over members. Shares and
    access are 1 where they are undefined. With ``beta = nu = phi = 0`` and pace 1, y is the work to the bit.
    """
    q = p[0]
    n_countries = pace.shape[0]
    stamp = np.zeros(n_countries, dtype=np.int64)
    listed = np.empty(n_countries, dtype=np.int64)
    paced = np.zeros(n_countries)
    known = np.zeros(n_countries)
    mark = 0
    for a in active:
        row = partnerships[a]
        row.output_now = 0.0
        if row.status == GRANTED or row.work_now <= 0.0:
            continue
        s = row.sector
        first = row.first_seat
        lead = seats[first + row.lead_seat]
        lead_country = lead.country if row.working_now > 0 and lead.organisation >= 0 else -1
        mark += 1
        countries = 0
        total = 0.0
        able = 0.0
        reached = 0.0
        for m in range(row.seats):
            seat = seats[first + m]
            if seat.work_now <= 0.0:
                continue
            c = seat.country
            if stamp[c] != mark:
                stamp[c] = mark
                listed[countries] = c
                countries += 1
                paced[c] = 0.0
                known[c] = 0.0
            speed = 1.0
            if lead_country >= 0 and lead_country != c:
                speed = pace[lead_country, c, s]
            i = seat.organisation
            paced[c] += seat.work_now * speed
            total += seat.work_now * speed
            able += seat.work_now * member_quality(organisations[i].capability + skill[i, s], seat.fit, p)
            reached += seat.work_now * access[c, s]
            known[c] += knowledge[i, s]
        everything = 0.0
        for k in range(countries):
            everything += known[listed[k]]
        alike = 1.0
        if everything > 0.0:
            alike = 0.0
            for k in range(countries):
                part = known[listed[k]] / everything
                alike += part * part
        quality = row.idea + able / row.work_now
        worth = exp(q.output_quality * quality) * (1.0 + q.output_diversity * (1.0 - alike))
        if q.output_access > 0.0:
            worth *= power(reached / row.work_now, q.output_access)
        row.output_now = total * worth
        for k in range(countries):
            by_country[listed[k]] += paced[listed[k]] * worth
