"""Sites of work that needs physical inputs, and the countries that supply them."""

from __future__ import annotations

from math import floor

from ecosim import randomness as rnd
from ecosim.kernels import kernel
from ecosim.tables import MAX_SITES


@kernel
def site(row, k):
    """Country, supplier and months without inputs of a partnership's site k."""
    if k == 0:
        return row.site_0, row.supplier_0, row.cut_0
    if k == 1:
        return row.site_1, row.supplier_1, row.cut_1
    if k == 2:
        return row.site_2, row.supplier_2, row.cut_2
    return row.site_3, row.supplier_3, row.cut_3


@kernel
def _set_site(row, k, place, supplier, cut):
    if k == 0:
        row.site_0, row.supplier_0, row.cut_0 = place, supplier, cut
    elif k == 1:
        row.site_1, row.supplier_1, row.cut_1 = place, supplier, cut
    elif k == 2:
        row.site_2, row.supplier_2, row.cut_2 = place, supplier, cut
    else:
        row.site_3, row.supplier_3, row.cut_3 = place, supplier, cut


@kernel
def draw_supplier(key, row, place, n, share, foreign, flow, block):
    """A country from which a site gets its inputs: its own, or a foreign one by share of its purchases.

    Only suppliers whose inputs flow are chosen; the site's own country if none is left.
    """
    u, v = rnd.two_uniforms(key, row.lead_key, row.tag, row.proposed_month, rnd.SUPPLIER, n + 16 * block)
    if u >= foreign[place]:
        return place
    total = 0.0
    for c in range(len(foreign)):
        total += share[place, c] * flow[place, c]
    if total <= 0.0:
        return place
    v *= total
    last = place
    for c in range(len(foreign)):
        weight = share[place, c] * flow[place, c]
        if weight > 0.0:
            last = c
            v -= weight
            if v < 0.0:
                break
    return last


@kernel
def settle(key, row, seats, mean_sites, share, foreign, flow):
    """Give a partnership with physical inputs its sites, and each site a supplier, in place.

    The lead's country first, then other members' countries, each once.
    """
    wanted = floor(mean_sites)
    if rnd.uniform(key, row.lead_key, row.tag, row.proposed_month, rnd.SUPPLIER, 998) < mean_sites - wanted:
        wanted += 1
    row.sites = 0
    for m in range(row.seats):
        country = seats[row.first_seat + m].country
        taken = row.sites >= min(wanted, MAX_SITES)
        for k in range(row.sites):
            place, _, _ = site(row, k)
            taken = taken or place == country
        if not taken:
            k = row.sites
            _set_site(row, k, country, draw_supplier(key, row, country, k, share, foreign, flow, 0), 0)
            row.sites += 1


@kernel
def needs_inputs(key, row, intensity):
    """Whether work has physical inputs, as that share of the sector's work has."""
    return rnd.uniform(key, row.lead_key, row.tag, row.proposed_month, rnd.SUPPLIER, 999) < intensity


@kernel
def supplied_from(row, countries):
    """Whether any site has its supplier in one of these countries, shape (C,)."""
    for k in range(row.sites):
        _, supplier, _ = site(row, k)
        if countries[supplier]:
            return True
    return False


@kernel
def inputs(key, row, criticality, supply, share, foreign, switch_months, friction):
    """Share of work that inputs allow this month, the mean over parallel sites; finds a new supplier in time.

    Returns
    -------
    (float, int)
        The share, and how many sites switched supplier.
    """
    if row.sites == 0:
        return 1.0, 0
    total = 0.0
    switched = 0
    for k in range(row.sites):
        place, supplier, cut = site(row, k)
        flow = supply[place, supplier]
        if flow < 1.0:
            cut += 1
            if cut > switch_months * friction[place]:
                supplier = draw_supplier(key, row, place, k, share, foreign, supply, 1)
                flow = supply[place, supplier]
                cut = 0
                switched += 1
        else:
            cut = 0
        _set_site(row, k, place, supplier, cut)
        total += 1.0 - criticality * (1.0 - flow)
    return total / row.sites, switched
