"""Inputs of a pilot's site: the one place where stages meet supply."""

from __future__ import annotations

from ecosim.kernels import kernel
from ecosim.partnerships.sites import equip, month_of_site

#: Number of a pilot's first site, apart from those of the research it came from; both draw by the same content.
_FIRST = 16
#: Most sites that a pilot can have: as many as draw suppliers of their own.
MOST_SITES = 48


@kernel
def equip_site(key, technology, number, site, which, supplies, n_supplies, intensity, flows):
    """Give a new site a row for every kind of input that its research needed too, in place; returns rows in use.

    Parameters
    ----------
    number : int
        Row of the technology.
    which : int
        Which of its sites, from 0.
    intensity : ndarray of float, shape (I,)
        Share of the sector's work that needs each kind.
    """
    site.first_supply = n_supplies
    n_supplies, short = equip(
        key, technology, number, _FIRST + which, site.country, supplies, n_supplies, intensity, flows
    )
    site.supplies = n_supplies - site.first_supply
    site.short = short
    return n_supplies


@kernel
def inputs_flow(key, technology, site, supplies, criticality, flows, elasticity, weight, spare):
    """Share of a month's work that its inputs allow a site, and how many suppliers it switched; in place.

    The rule is that of research (:func:`ecosim.partnerships.sites.inputs`).
    """
    if site.supplies == 0 or not (flows.disturbed or site.short):
        return 1.0, 0
    share, switched, site.short = month_of_site(
        key, technology, supplies, site.first_supply, site.first_supply + site.supplies, criticality, flows,
        elasticity, weight, spare,
    )  # fmt: skip
    return share, switched
