"""What the countries hit are in a simulated world, measured as a shock is announced.

What follows from it is :mod:`ecosim.analysis.coverage`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.coverage import COLUMNS, COUNTED, coverage_rows
from ecosim.world.facts import INPUTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecosim.model import Ecosystem
    from ecosim.world.facts import World

Pairs = NDArray[np.float64]


def facts_of(world: World) -> dict[str, Pairs]:
    """By what is at risk, what each country (row) has with each other (column) in the facts, (C, C).

    Returns
    -------
    dict
        ``member_country``: co-publications; ``supplier``, with a first axis of kinds: foreign inputs, each buyer
        counted by its part of the research done (:attr:`World.research_share`) and each kind by how much of the
        programme's work needs it.
    """
    copublications = world.copublications.astype(np.float64)
    needed = (world.sector_money_share[:, None] * world.input_intensity).sum(axis=0)
    bought = needed[:, None, None] * world.research_share[:, None] * world.purchases
    return {"member_country": _without_own(copublications), "supplier": _without_own(bought)}


def simulated_of(model: Ecosystem, joint: Pairs | None = None) -> dict[str, Pairs]:
    """The same in the simulated world, of the last month, in person-months; of inputs, of the work that needs them.

    Parameters
    ----------
    model : Ecosystem
        After at least one month.
    joint : ndarray of float, shape (C, C), optional
        Joint work of pairs over a longer time than the last month.
    """
    from ecosim.partnerships.supplied import by_supplier

    n, work = model.setting.world.n_countries, model.state.partnerships.used["work_now"]
    bought = by_supplier(model.state, work, (len(INPUTS), n, n))
    return {
        "member_country": _without_own(model.country_pairs() if joint is None else joint),
        "supplier": _without_own(bought),
    }


def measured(model: Ecosystem, shocks: Sequence[str], simulated: dict[str, Pairs]) -> dict[str, Any]:
    """Coverage of the countries that shocks hit in one run: columns as in :data:`ecosim.analysis.coverage.COLUMNS`.

    Shocks that hit all countries alike, or the funder, have no rows.

    Parameters
    ----------
    model : Ecosystem
        Any arm; the targets of its shocks are those of the replicate.
    shocks : sequence of str
        Names in the scenario.
    simulated : dict
        From :func:`simulated_of`, before the shock.
    """
    world, found = model.setting.world, model.targets()
    facts = facts_of(world)
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for name in shocks:
        shock = model.config.shocks[name]
        if shock.at_risk not in COUNTED or shock.targets == "all":
            continue
        targets = np.isin(np.array(world.countries), found[name])
        hit = np.broadcast_to(targets[None, :], (world.n_countries, world.n_countries)).copy()
        # a rupture takes only what lies across it
        broken = getattr(shock, "pairs", None)
        if broken is not None:
            hit &= broken(world, targets)
        known, found_here = facts[shock.at_risk], simulated[shock.at_risk]
        if shock.at_risk == "supplier":
            # of what is bought, the kinds that it takes
            taken = shock.flows_hit(world, targets)
            hit, kinds = np.asarray(taken.any(axis=0)), taken.any(axis=(1, 2))
            known, found_here = known[kinds].sum(axis=0), found_here[kinds].sum(axis=0)
        np.fill_diagonal(hit, False)
        own = coverage_rows(name, shock.at_risk, world.countries, hit, known, found_here)
        for column, values in own.items():
            columns[column] += values
    return columns


def _without_own(values: Pairs) -> Pairs:
    values = values.copy()
    place = np.arange(values.shape[-1])
    values[..., place, place] = 0.0
    return values
