"""What is simulated for a brief: one history up to the breaks, its calm year, and its branches.

A brief takes the branches of one country, the atlas those of all; both measure them here, so that their numbers are the
same to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.resilience import area, six_month_means, whole_blocks_end
from ecosim.scenario import with_keys

if TYPE_CHECKING:
    from ecosim.model import Ecosystem

#: Months before the breaks from which exposure is read.
CALM_YEAR = 12
#: The branches that every history has: the world without a break, and the one that lost a single organisation.
TWIN, PLACEBO = "twin", "placebo"
#: The world without a break in which a country spends new money of its own.
OWN_MONEY = "own money"
#: Name under which every country's part of all joint work is kept beside the exposure of one.
OF_WORLD = "of_world"


@dataclass(frozen=True)
class Branch:
    """A world that leaves the history in the month of the breaks."""

    #: Settings of the shock that acts, with its ``kind``; None where none does.
    shock: Mapping[str, Any] | None = None
    #: Dotted keys of another policy's money and levers from then on.
    money: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Measured:
    """Collaboration of every country in one branch, in person-months."""

    #: (C,) summed over the whole half-years from the breaks to the end.
    areas: NDArray[np.float64]
    #: (B, C) a month, on average over each half-year.
    blocks: NDArray[np.float64]


def history_of(config: Mapping[str, Any], branches: Iterable[tuple[str, Branch]] = ()) -> Ecosystem:
    """A world before its first month in which the shocks of some branches may act later."""
    from ecosim.lab.compose import build_scenario
    from ecosim.model import Ecosystem

    shocks = {name: dict(branch.shock) for name, branch in branches if branch.shock is not None}
    # what lies across each of many breaks is not asked for, and takes time to record
    return Ecosystem(build_scenario({**config, "shocks": shocks}), watch={})


def calm_year(model: Ecosystem, countries: Sequence[int]) -> dict[int, dict[str, NDArray[np.float64]]]:
    """Advance to the announcement; by country, the year before it on average.

    Parameters
    ----------
    model : Ecosystem
        Before its calm year.
    countries : sequence of int
        Positions in the world.

    Returns
    -------
    dict
        Country -> :func:`twin_exposure`, and under :data:`OF_WORLD` what each country (C,) has of
        all joint work.
    """
    sums: dict[int, dict[str, NDArray[np.float64]]] = {country: {} for country in countries}
    first = max(model.announcement_month - CALM_YEAR, 0)
    model.advance(first)
    for month in range(first, model.announcement_month):
        model.advance(month + 1)
        joint = model.country_pairs()
        np.fill_diagonal(joint, 0.0)
        of_world = joint.sum(axis=1)
        for country, own in sums.items():
            for name, values in {**twin_exposure(model, country), OF_WORLD: of_world}.items():
                own[name] = own.get(name, 0.0) + values / CALM_YEAR
    return sums


def twin_exposure(model: Ecosystem, country: int) -> dict[str, NDArray[np.float64]]:
    """What a country's work of the last month hung on, in person-months.

    Parameters
    ----------
    model : Ecosystem
        After at least one month.
    country : int
        Position in the world.

    Returns
    -------
    dict of str to ndarray
        ``partner`` (C,): joint work with each country; ``sector`` (S,), ``supplier`` (C,), ``funder`` (2,: programme,
        own means): its part of collaboration, the work of its members times the share of the other countries. What
        needs inputs counts once for every kind it needs, spread over the suppliers of its sites.
    """
    from ecosim.partnerships.supplied import by_supplier
    from ecosim.tables import ACTIVE
    from ecosim.world.facts import INPUTS, SECTORS

    state, n = model.state, model.setting.world.n_countries
    partner = model.country_pairs()[country].copy()
    partner[country] = 0.0
    partnerships, seats = state.partnerships.used, state.seats.used
    at_work = np.zeros(len(partnerships), dtype=np.bool_)
    at_work[state.active] = True
    at_work &= (partnerships["status"] == ACTIVE) & (partnerships["work_now"] > 0.0)
    mine = (seats["country"] == country) & (seats["work_now"] > 0.0) & at_work[seats["partnership"]]
    worked = np.bincount(seats["partnership"][mine], seats["work_now"][mine], len(partnerships))
    of = np.flatnonzero(worked)
    rows, own = partnerships[of], worked[of]
    part = own * (1.0 - own / rows["work_now"])
    value = np.zeros(len(partnerships))
    value[of] = part
    supplier = by_supplier(state, value, (len(INPUTS), n, n)).sum(axis=(0, 1))
    return {
        "partner": partner,
        "sector": np.bincount(rows["sector"], part, len(SECTORS)),
        "supplier": supplier,
        "funder": np.bincount((rows["funder"] < 0).astype(np.intp), part, 2),
    }


def measured(history: Ecosystem, name: str, branch: Branch, config: Mapping[str, Any]) -> Measured:
    """Simulate one branch to the end of observation.

    Parameters
    ----------
    history : Ecosystem
        In the month of the breaks; from :func:`history_of`.
    name : str
        Of the branch: its shock's name, :data:`TWIN` or :data:`PLACEBO`.
    branch : Branch
        What is different in it.
    config : mapping
        The scenario as plain data, for another policy.
    """
    from ecosim.lab.branches import release
    from ecosim.lab.compose import build_scenario

    if branch.money is not None:
        world = history.under(build_scenario(with_keys({**config, "shocks": {}}, branch.money)))
    elif branch.shock is not None:
        world = history.fork("shocked", [name])
    else:
        world = history.fork("placebo" if name == PLACEBO else "twin")
    first, end = history.announcement_month, history.observation_end_month
    world.advance(end)
    work = world.series_by_country()["collaboration_by_country"]
    found = Measured(
        np.array([area(work[:, country], first, end) for country in range(work.shape[1])]),
        six_month_means(work.T, first, end).T,
    )
    release(world)
    return found


def months_of(history: Ecosystem) -> int:
    """Months over which areas are taken."""
    first, end = history.announcement_month, history.observation_end_month
    return whole_blocks_end(first, end) - first


def run_replicate(payload: dict[str, Any]) -> dict[str, Any]:
    """One history with its twin, its placebo and every branch; for a worker.

    Parameters
    ----------
    payload : dict
        ``config`` (plain data), ``replicate``, ``country``, and ``branches``: label -> (name, :class:`Branch`).

    Returns
    -------
    dict
        ``replicate, error`` (empty when all went well), ``found``: label -> :class:`Measured` over so many ``months``,
        and ``exposure``.
    """
    from threadpoolctl import threadpool_limits

    from ecosim.lab.branches import release

    country, config = payload["country"], payload["config"]
    try:
        with threadpool_limits(limits=1):
            history = history_of(config, payload["branches"].values())
            exposure = calm_year(history, [country])[country]
            branches = {TWIN: (TWIN, Branch()), PLACEBO: (PLACEBO, Branch()), **payload["branches"]}
            found = {label: measured(history, name, branch, config) for label, (name, branch) in branches.items()}
            months = months_of(history)
            release(history)
    except Exception as error:
        return {"replicate": payload["replicate"], "error": f"{type(error).__name__}: {error}"}
    return {"replicate": payload["replicate"], "error": "", "found": found, "months": months, "exposure": exposure}
