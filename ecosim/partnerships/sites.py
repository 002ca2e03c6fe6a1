"""Sites of work that needs inputs: where they stand, who supplies them, what is in stock, how far work can go on.

A row of the table of supplies is one site's need of one kind of input. A partnership's rows lie together, site by site.
"""

from __future__ import annotations

from math import floor

from ecosim import randomness as rnd
from ecosim.kernels import kernel
from ecosim.numerics import power
from ecosim.tables import MAX_SITES
from ecosim.world.facts import INPUTS, PHYSICAL

_KINDS = len(INPUTS)
_IS_PHYSICAL = tuple(bool(physical) for physical in PHYSICAL)

#: Most rows that a partnership can have.
MOST_SUPPLIES = MAX_SITES * _KINDS
#: Sites of one content that draw suppliers of their own: those of research first, then those of the pilot it leaves.
_DRAWING_SITES = 64

# Draws of a partnership that are not those of a row: how many sites, and whether work needs goods, and what is rented.
_SITES, _NEEDS_GOODS, _NEEDS_RENTED = 998, 999, 997
_ROWS = 1000


@kernel
def _needed(key, row, intensity, kind):
    """Whether work needs a kind, as that share of the sector's work does: who needs a rare kind of goods needs all."""
    draw = _NEEDS_GOODS if _IS_PHYSICAL[kind] else _NEEDS_RENTED
    return rnd.uniform(key, row.lead_key, row.tag, row.proposed_month, rnd.SUPPLIER, draw) < intensity[kind]


@kernel
def draw_supplier(key, row, supply, which, flows, other):
    """A country from which a site gets a kind of input, by purchases that reach it; -1 if nothing does.

    Parameters
    ----------
    which : int
        The draw: 0 for the first supplier, 1 for the second, 2 and on for those looked for later.
    flows : InputFlows
        What reaches whom; with ``which`` below 0 the flows are those at rest.
    other : int
        A country that is not wanted; -1 for none.
    """
    kind, place = supply.kind, supply.place
    at_rest = which < 0
    draw = -1 - which if at_rest else which
    u = rnd.uniform(
        key, row.lead_key, row.tag, row.proposed_month, rnd.SUPPLIER,
        _ROWS + supply.site + _DRAWING_SITES * (kind + _KINDS * draw),
    )  # fmt: skip
    countries = flows.flow.shape[1]
    total = 0.0
    for c in range(countries):
        if c != other:
            total += flows.purchases[kind, place, c] * (1.0 if at_rest else flows.flow[kind, place, c])
    if total <= 0.0:
        return -1
    u *= total
    last = -1
    for c in range(countries):
        if c != other:
            weight = flows.purchases[kind, place, c] * (1.0 if at_rest else flows.flow[kind, place, c])
            if weight > 0.0:
                last = c
                u -= weight
                if u < 0.0:
                    break
    return last


@kernel
def sends(supply, source, new, flows):
    """Share of its part that a supplier sends; one newly found sends what it has left for newcomers."""
    reaches = flows.flow[supply.kind, supply.place, source]
    return reaches * flows.filled[supply.kind, supply.place, source] if new else reaches


@kernel
def arrives(supply, flows):
    """Share of a month's need that reaches a site: what its suppliers send, and one adds where the other fails."""
    main = sends(supply, supply.main, supply.main_new, flows)
    if supply.second < 0:
        return main
    second = sends(supply, supply.second, supply.second_new, flows)
    if main >= 1.0 and second >= 1.0:
        return 1.0
    came = 0.5 * (main + second)
    # A claim on more is as large as what was bought before, which from one of two suppliers is half.
    if main >= 1.0 and not supply.main_new:
        came += min(1.0 - came, 0.5 * flows.extra[supply.kind, supply.main])
    elif second >= 1.0 and not supply.second_new:
        came += min(1.0 - came, 0.5 * flows.extra[supply.kind, supply.second])
    return came


@kernel
def _restocks(supply, flows, spare):
    """Share of a month's need that suppliers send beyond it to fill stocks again."""
    more = min(spare, flows.extra[supply.kind, supply.main])
    if supply.second < 0:
        return more
    return 0.5 * (more + min(spare, flows.extra[supply.kind, supply.second]))


@kernel
def settle(key, row, seats, supplies, n_supplies, intensity, mean_sites, flows):
    """Give a partnership that needs inputs its sites, and each site a row for every kind it needs, in place.

    The lead's country first, then other members' countries, each once; work that needs no goods has one site. Those who
    start while a supplier fails find another at once, as newcomers; of what is short they have no stock.

    Returns
    -------
    int
        Rows in use afterwards.
    """
    row.sites = 0
    row.supplies = 0
    row.first_supply = n_supplies
    any_needed = goods = False
    for kind in range(_KINDS):
        if _needed(key, row, intensity, kind):
            any_needed = True
            goods = goods or _IS_PHYSICAL[kind]
    if not any_needed:
        return n_supplies
    wanted = 1
    if goods:
        wanted = floor(mean_sites)
        u = rnd.uniform(key, row.lead_key, row.tag, row.proposed_month, rnd.SUPPLIER, _SITES)
        wanted = min(wanted + (1 if u < mean_sites - wanted else 0), MAX_SITES)
    for m in range(row.seats):
        country = seats[row.first_seat + m].country
        taken = row.sites >= wanted
        for k in range(row.first_supply, n_supplies):
            taken = taken or supplies[k].place == country
        if taken:
            continue
        first = n_supplies
        n_supplies, short = equip(
            key, row, seats[row.first_seat].partnership, row.sites, country, supplies, n_supplies, intensity, flows
        )
        row.short = row.short or short
        row.supplies += n_supplies - first
        row.sites += 1
    return n_supplies


@kernel
def equip(key, row, of, site, country, supplies, n_supplies, intensity, flows):
    """Give one site a row for every kind it needs, in place.

    Parameters
    ----------
    of : int
        The partnership or technology that works there, as its rows are to say.
    site : int
        Which of its sites.

    Returns
    -------
    (int, bool)
        Rows in use afterwards, and whether something is short from the start.
    """
    any_short = False
    for kind in range(_KINDS):
        if not _needed(key, row, intensity, kind):
            continue
        supply = supplies[n_supplies]
        supply.partnership = of
        supply.site = site
        supply.kind = kind
        supply.place = country
        supply.used_now = 1.0
        _first_suppliers(key, row, supply, flows)
        # Of what is short nothing can be laid by.
        if arrives(supply, flows) >= 1.0:
            supply.stock = flows.stock_months[kind, country]
        else:
            any_short = True
        n_supplies += 1
    return n_supplies, any_short


@kernel
def _first_suppliers(key, row, supply, flows):
    """One supplier, or two, by purchases at rest; in the place of one that fails, another as a newcomer."""
    supply.main = draw_supplier(key, row, supply, -1, flows, -1)
    supply.second = -1
    further = flows.suppliers[supply.kind] - 1.0
    draw = _ROWS + supply.site + _DRAWING_SITES * (supply.kind + _KINDS * 2)
    if further > 0.0:
        u = rnd.uniform(key, row.lead_key, row.tag, row.proposed_month, rnd.SUPPLIER, draw)
        if u < further:
            supply.second = draw_supplier(key, row, supply, -2, flows, supply.main)
    if sends(supply, supply.main, False, flows) < 1.0:
        _look_for(key, row, supply, flows, True)
    if supply.second >= 0 and sends(supply, supply.second, False, flows) < 1.0:
        _look_for(key, row, supply, flows, False)


@kernel
def _look_for(key, row, supply, flows, main):
    """Look for a supplier that sends more, in the place of the main or the second one; says whether one was found."""
    present = supply.main if main else supply.second
    new = supply.main_new if main else supply.second_new
    other = supply.second if main else supply.main
    found = draw_supplier(key, row, supply, 3 + supply.searches, flows, other)
    supply.searches += 1
    if found < 0 or found == present or sends(supply, found, True, flows) <= sends(supply, present, new, flows):
        return False
    newcomer = sends(supply, found, True, flows) < 1.0
    if main:
        supply.main, supply.main_new = found, newcomer
    else:
        supply.second, supply.second_new = found, newcomer
    return True


@kernel
def supplied_from(row, supplies, hit):
    """Whether a supplier of any site is among the flows hit, shape (I, C, C): by kind, user, supplier."""
    for k in range(row.first_supply, row.first_supply + row.supplies):
        supply = supplies[k]
        if hit[supply.kind, supply.place, supply.main]:
            return True
        if supply.second >= 0 and hit[supply.kind, supply.place, supply.second]:
            return True
    return False


@kernel
def _month(key, row, supply, flows, spare):
    """Let one row get, use and stock its input for a month; finds another supplier in time.

    Returns
    -------
    int
        How many suppliers were switched, 0 or 1.
    """
    full = flows.stock_months[supply.kind, supply.place]
    supply.stock = min(supply.stock, full)
    came = arrives(supply, flows)
    switched = 0
    if came < 1.0:
        supply.cut += 1
        if supply.cut > flows.switch_months[supply.kind, supply.place]:
            supply.cut = 0
            main = True
            if supply.second >= 0:
                main = sends(supply, supply.main, supply.main_new, flows) <= sends(
                    supply, supply.second, supply.second_new, flows
                )
            if _look_for(key, row, supply, flows, main):
                switched = 1
                came = arrives(supply, flows)
    else:
        supply.cut = 0
    # Who gets all it asks for is a customer like any other from then on.
    if supply.main_new and sends(supply, supply.main, True, flows) >= 1.0:
        supply.main_new = False
    if supply.second_new and sends(supply, supply.second, True, flows) >= 1.0:
        supply.second_new = False
    if came >= 1.0:
        supply.used_now = 1.0
        if supply.stock < full:
            supply.stock = min(full, supply.stock + _restocks(supply, flows, spare))
    else:
        from_stock = min(1.0 - came, supply.stock)
        supply.stock -= from_stock
        # Stock that covers the gap covers it to the bit.
        supply.used_now = 1.0 if from_stock == 1.0 - came else came + from_stock
    return switched


@kernel
def possible(supplies, first, last, elasticity, weight):
    """Share of a site's work that its inputs allow: a CES of the kinds it needs and of work, 1 at rest.

    Notes
    -----
    ``(sum_k a phi_k ** r + 1 - sum_k a) ** (1 / r)`` with ``r = (s - 1) / s``, phi what can be used of each kind, a its
    weight and s the elasticity of substitution; at s = 0 the smallest phi. Computed beside the smallest phi, so that no
    power overflows.
    """
    least = 1.0
    for k in range(first, last):
        least = min(least, supplies[k].used_now)
    if least >= 1.0 or least <= 0.0 or elasticity <= 0.0:
        return least
    r = (elasticity - 1.0) / elasticity
    total = (1.0 - weight * (last - first)) * power(1.0 / least, r)
    for k in range(first, last):
        total += weight * power(supplies[k].used_now / least, r)
    return min(1.0, least * power(total, 1.0 / r))


@kernel
def month_of_site(key, row, supplies, first, last, criticality, flows, elasticity, weight, spare):
    """Let one site get and use its inputs for a month, in place.

    Returns
    -------
    (float, int, bool)
        Share of its work that they allow, rows that switched supplier, and whether some row is not as at rest.
    """
    switched = 0
    short = False
    for k in range(first, last):
        supply = supplies[k]
        switched += _month(key, row, supply, flows, spare)
        short = (
            short or supply.cut > 0 or supply.main_new or supply.second_new
            or supply.stock < flows.stock_months[supply.kind, supply.place]
        )  # fmt: skip
    return 1.0 - criticality * (1.0 - possible(supplies, first, last, elasticity, weight)), switched, short


@kernel
def inputs(key, row, supplies, criticality, flows, elasticity, weight, spare):
    """Share of work that inputs allow this month, the mean over parallel sites.

    Parameters
    ----------
    criticality : float
        Part of the work that cannot go on without inputs.

    Returns
    -------
    (float, int)
        The share, and how many rows switched supplier.
    """
    if row.supplies == 0 or not (flows.disturbed or row.short):
        return 1.0, 0
    first, end = row.first_supply, row.first_supply + row.supplies
    switched = 0
    total = 0.0
    sites = 0
    row.short = False
    while first < end:
        last = first
        while last < end and supplies[last].site == supplies[first].site:
            last += 1
        share, found, short = month_of_site(
            key, row, supplies, first, last, criticality, flows, elasticity, weight, spare
        )
        total += share
        switched += found
        row.short = row.short or short
        sites += 1
        first = last
    return total / sites, switched
