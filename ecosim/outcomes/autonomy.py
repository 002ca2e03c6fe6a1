"""How far work depends on one foreign country, and how long partnerships last.

Dependence is looked at every :data:`EVERY` months, counted from the announcement; between two looks the last value
stands. What stages add (ventures across borders, months to redeploy a technology) is counted by ``pipeline/`` and
declared in :mod:`ecosim.outcomes.stages`; continuity of supply is ``supply_continuity`` of
:mod:`ecosim.outcomes.events`.
"""

from __future__ import annotations

import numpy as np

from ecosim.kernels import kernel, kernel_making_arrays
from ecosim.tables import ACTIVE, COMPLETED, FAILED
from ecosim.world.facts import INPUT_NAMES, INPUTS

#: Months between two looks at dependence.
EVERY = 6

#: Monthly columns measured here: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    *(
        (
            f"dependence_{kind}", "share",
            f"Part of what contracted work needs of {INPUT_NAMES[kind]} that comes from one foreign country, the "
            "largest of each country; mean over countries by need",
        )
        for kind in INPUTS
    ),
    ("supply_dependence", "share", "The same over all kinds of input"),
    (
        "knowledge_dependence", "share",
        "Part of the knowledge at work beside a country's members that is of one foreign country, the largest of each "
        "country; mean over countries by work",
    ),
    ("partnerships_ended", "partnerships", "Funded, ended this month"),
    ("months_of_ended", "months", "Months for which they had run, summed"),
    ("partnerships_renewed", "partnerships", "Of those under way and working, grown out of an earlier consortium"),
)  # fmt: skip

#: Columns by country: name, unit, meaning.
COUNTRY_OUTCOMES: tuple[tuple[str, str, str], ...] = (
    (
        "supply_dependence_by_country", "share",
        "Part of all inputs that contracted work in the country needs that its largest foreign supplier of each kind "
        "gives",
    ),
    (
        "knowledge_dependence_by_country", "share",
        "Part of the knowledge at work beside the country's members that is of one foreign country, the largest",
    ),
)  # fmt: skip

# Positions in the totals of ``lasting``, in the order of the last of OUTCOMES.
_ENDED, _MONTHS, _RENEWED = range(3)
#: How many of the first columns stand until the next look, and of those by country.
STANDING = len(INPUTS) + 2


@kernel
def lasting(month, active, partnerships, totals):
    """Count funded partnerships that end this month, how long they ran, and those at work with a past.

    Parameters
    ----------
    totals : ndarray of float, shape (3,)
        Receives ended, months of these, renewed.
    """
    totals[:] = 0.0
    for a in active:
        row = partnerships[a]
        if row.funder < 0:
            continue
        if row.status == COMPLETED or row.status == FAILED:
            totals[_ENDED] += 1.0
            totals[_MONTHS] += month + 1 - row.start_month
        elif row.status == ACTIVE and row.working_now > 0 and row.generation > 0:
            totals[_RENEWED] += 1.0


@kernel
def needs(active, partnerships, supplies, needed):
    """Add up what contracted work needs of each kind, where and from whom, in place.

    Parameters
    ----------
    needed : ndarray of float, shape (I, C, C)
        Receives person-months a month by kind, country of the site and country of the supplier. A partnership's work is
        spread over its sites alike and over a site's suppliers alike; every kind it needs counts in full. It counts
        whether or not it goes on: work that stops for want of a supplier has not become independent of it.
    """
    for a in active:
        row = partnerships[a]
        if row.status != ACTIVE or row.supplies == 0:
            continue
        part = row.planned_effort / max(row.planned_months, 1) / max(row.sites, 1)
        for k in range(row.first_supply, row.first_supply + row.supplies):
            line = supplies[k]
            if line.second >= 0:
                needed[line.kind, line.place, line.main] += 0.5 * part
                needed[line.kind, line.place, line.second] += 0.5 * part
            else:
                needed[line.kind, line.place, line.main] += part


@kernel_making_arrays
def knowledge_beside(active, partnerships, seats, knowledge, beside):
    """Add up whose knowledge stands beside whose work, in place.

    Parameters
    ----------
    knowledge : ndarray of float, shape (N, S)
        Stocks of organisations by sector.
    beside : ndarray of float, shape (C, C)
        Receives, for each partnership, the work of the first country's members times the second's share of what the
        members at work know in its sector; the first country's own is on the diagonal.
    """
    n = len(beside)
    stamp = np.zeros(n, dtype=np.int64)
    listed = np.empty(n, dtype=np.int64)
    worked = np.zeros(n)
    known = np.zeros(n)
    mark = 0
    for a in active:
        row = partnerships[a]
        if row.work_now <= 0.0:
            continue
        mark += 1
        countries = 0
        together = 0.0
        for m in range(row.first_seat, row.first_seat + row.seats):
            seat = seats[m]
            if seat.work_now <= 0.0:
                continue
            c = seat.country
            if stamp[c] != mark:
                stamp[c] = mark
                listed[countries] = c
                worked[c] = 0.0
                known[c] = 0.0
                countries += 1
            worked[c] += seat.work_now
            known[c] += knowledge[seat.organisation, row.sector]
            together += knowledge[seat.organisation, row.sector]
        if together <= 0.0:
            continue
        for k in range(countries):
            for j in range(countries):
                beside[listed[k], listed[j]] += worked[listed[k]] * known[listed[j]] / together


@kernel
def largest_foreign(given, c):
    """What a country has from the foreign country that gives it most, and what it has in all.

    Parameters
    ----------
    given : ndarray of float, shape (C, C)
        What the first country has from the second.
    c : int
        The country.

    Returns
    -------
    (float, float)
    """
    most = 0.0
    total = 0.0
    for d in range(len(given)):
        total += given[c, d]
        if d != c and given[c, d] > most:
            most = given[c, d]
    return most, total


@kernel_making_arrays
def depend(active, partnerships, supplies, seats, knowledge, world, by_country):
    """Look at dependence, in place; not-a-number where nothing is needed, or nobody works.

    Parameters
    ----------
    world : ndarray of float, shape (I + 2,)
        Receives the mean over countries for each kind of input, for all of them, and for knowledge.
    by_country : ndarray of float, shape (2, C)
        Receives each country's for all kinds of input, and for knowledge.
    """
    n = by_country.shape[1]
    kinds = len(world) - 2
    given = np.zeros((kinds + 1, n, n))
    needs(active, partnerships, supplies, given)
    knowledge_beside(active, partnerships, seats, knowledge, given[kinds])
    whole = np.zeros((2, n))
    by_country[:] = 0.0
    # both parts of the mean over all kinds, which stands between those of each kind and that of knowledge
    all_most = 0.0
    all_total = 0.0
    for kind in range(kinds + 1):
        row = 0 if kind < kinds else 1
        sum_most = 0.0
        sum_total = 0.0
        for c in range(n):
            most, total = largest_foreign(given[kind], c)
            by_country[row, c] += most
            whole[row, c] += total
            sum_most += most
            sum_total += total
        world[kind if kind < kinds else kinds + 1] = sum_most / sum_total if sum_total > 0.0 else np.nan
        if kind < kinds:
            all_most += sum_most
            all_total += sum_total
    world[kinds] = all_most / all_total if all_total > 0.0 else np.nan
    for row in range(2):
        for c in range(n):
            by_country[row, c] = by_country[row, c] / whole[row, c] if whole[row, c] > 0.0 else np.nan
