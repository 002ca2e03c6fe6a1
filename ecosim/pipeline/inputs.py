"""Inputs of a pilot's site: the one place where stages meet supply."""

from __future__ import annotations

from ecosim.kernels import kernel
from ecosim.partnerships.sites import draw_supplier

#: Where draws for the sites of pilots begin, apart from those for sites of research.
_DRAWS = 1000


@kernel
def first_supplier(key, technology, place, supply, share, foreign):
    """The country from which a new site gets its inputs."""
    return draw_supplier(key, technology, place, _DRAWS + 2 * place, share, foreign, supply, 0)


@kernel
def inputs_flow(key, technology, site, criticality, supply, share, foreign, switch_months, friction):
    """Share of a month's work that its inputs allow a site, and whether it found another supplier; in place.

    The same rule as for research (:func:`ecosim.partnerships.sites.inputs`): work falls by the sector's criticality
    while the supplier is cut off, until another is qualified.

    Returns
    -------
    (float, int)
        1 for a technology without physical inputs; sites that switched.
    """
    if not technology.needs_inputs:
        return 1.0, 0
    flow = supply[site.country, site.supplier]
    switched = 0
    if flow < 1.0:
        site.cut += 1
        if site.cut > switch_months * friction[site.country]:
            draw = _DRAWS + 2 * site.country + 1
            site.supplier = draw_supplier(key, technology, site.country, draw, share, foreign, supply, 0)
            flow = supply[site.country, site.supplier]
            site.cut = 0
            switched = 1
    else:
        site.cut = 0
    return 1.0 - criticality * (1.0 - flow), switched
