"""AI for health in the month: what its handles mean, which outbreaks begin, and what follows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim import numerics
from ecosim import randomness as rnd
from ecosim.channels.handles import Handles
from ecosim.config.health import HealthConfig
from ecosim.health.measures import Circumstances, find, measure
from ecosim.outcomes import health
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import IN_USE
from ecosim.world.facts import INPUTS, SECTORS, World

_CLOUD = INPUTS.index("cloud")
_HEALTH = SECTORS.index("health")


def circumstances(handles: Handles, world: World, config: HealthConfig) -> Circumstances:
    """What the month's handles mean for health.

    Parameters
    ----------
    handles : Handles
        This month's.
    world : World
    config : HealthConfig

    Notes
    -----
    A country buys its service where it buys cloud and compute (``World.purchases``), but for what it has been given
    access to abroad. Where cloud and compute are withheld, the service is.
    """
    n = world.n_countries
    moved = handles.health_service * (1.0 - np.eye(n))
    # nobody can have more than all of it from abroad
    moved = moved / np.maximum(moved.sum(axis=1, keepdims=True), 1.0)
    bought = world.purchases[_CLOUD]
    bought = bought / bought.sum(axis=1, keepdims=True)
    return Circumstances(
        open_to=handles.data,
        shared=handles.health_data,
        in_place=handles.health_data_in_place,
        records=handles.health_records,
        tested=handles.health_testing,
        travel=handles.travel,
        capacity=handles.laboratories,
        outbreaks=handles.outbreaks,
        algorithm=handles.surveillance_algorithm,
        won=handles.health_trust,
        trust_lost=config.misinformation * handles.misinformation * handles.misinformation_reach
        + config.breach * handles.breach * handles.breach_reach,
        staff_added=numerics.log_each(handles.health_workforce),
        computing_added=numerics.log_each(handles.health_compute),
        service=moved + (1.0 - moved.sum(axis=1, keepdims=True)) * bought,
        withheld=1.0 - np.minimum(handles.supply[_CLOUD], 1.0),
        kept=handles.health_service_kept,
        switching=handles.friction_switch,
        review_months=handles.health_review_months,
    )


def code_key(code: str) -> int:
    """The content key of a country for its draws: the same in every world that holds it."""
    return int.from_bytes(code.encode("ascii"), "big")


def drawn_outbreaks(
    key: np.uint64, month: int, countries: tuple[str, ...], per_year: NDArray[np.float64]
) -> NDArray[np.int64]:
    """(C,): outbreaks that begin in each country in a month, at its rate; where the rate is higher, never fewer."""
    drawn = [
        rnd.poisson(key, rate / 12.0, code_key(code), 0, month, rnd.OUTBREAK)
        for code, rate in zip(countries, per_year.tolist(), strict=True)
    ]
    return np.array(drawn, dtype=np.int64)


def countermeasures(technologies: NDArray[np.void], month: int) -> tuple[int, int]:
    """Technologies of research in health that came into use in a month, and months since its proposal, summed.

    Parameters
    ----------
    technologies : ndarray of dtype ``TECHNOLOGY``
    month : int
    """
    new = (
        (technologies["stage"] == IN_USE) & (technologies["since_month"] == month) & (technologies["sector"] == _HEALTH)
    )
    return int(new.sum()), int((month + 1 - technologies["proposed_month"][new]).sum())


def health_follows(state: State, setting: Setting) -> None:
    """Let health go a month on, and record it; nothing where ``mechanisms.health`` is off.

    Writes ``health`` and ``record``.
    """
    own = state.health
    if own is None:
        return
    config, of = setting.config.behaviour.health, setting.health
    if own.seen is None or own.seen[0] is not state.handles:
        now = circumstances(state.handles, setting.world, config)
        own.seen = (state.handles, now, find(of, now, config))
    _, now, found = own.seen
    begun = drawn_outbreaks(
        setting.key, state.month, setting.world.countries, of.facts.outbreaks_per_year * now.outbreaks
    )
    month = measure(of, now, found, own, begun, config)
    done, months = countermeasures(state.pipeline.technologies.used, state.month)
    record = state.record
    record.put(**month.world, countermeasures=done, countermeasure_months=months)
    first = record.country_names.index(health.COUNTRY_OUTCOMES[0][0])
    rows = record.by_country[state.month, first : first + len(health.COUNTRY_OUTCOMES)]
    rows[:] = health.by_country(month, found, of.groups, own.capability, config)
