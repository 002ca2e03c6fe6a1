"""Who is chosen: size times a power of distance gives that power back in a gravity fit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ecosim.setting
from ecosim.model import Ecosystem
from ecosim.world.facts import SECTORS
from ecosim.world.presets import frozen
from tests.worlds import gravity_world


def poisson_slope(counts: np.ndarray, log_distance: np.ndarray) -> tuple[float, float]:
    """Slope and standard error of a Poisson gravity fit with effects of both countries (off the diagonal)."""
    n = len(counts)
    lead, member = np.nonzero(~np.eye(n, dtype=bool))
    x = np.zeros((len(lead), 2 * n))
    x[np.arange(len(lead)), lead] = 1.0
    x[np.arange(len(lead)), n + member] = 1.0
    # The last effect is the reference; the slope takes its place.
    x[:, -1] = log_distance[lead, member]
    y = counts[lead, member]
    mean = np.maximum(y, 0.5)
    for _ in range(60):
        z = np.log(mean) + (y - mean) / mean
        weighted = x * mean[:, None]
        coefficients = np.linalg.solve(x.T @ weighted + 1e-10 * np.eye(2 * n), weighted.T @ z)
        mean = np.exp(np.clip(x @ coefficients, -30, 30))
    variance = np.linalg.inv(x.T @ (x * mean[:, None]) + 1e-10 * np.eye(2 * n))
    return float(coefficients[-1]), float(np.sqrt(variance[-1, -1]))


@pytest.mark.parametrize("beta", [pytest.param(0.3, marks=pytest.mark.slow), 0.9])
def test_choice_by_size_and_distance_returns_the_elasticity_of_distance(
    beta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No technology is sensitive here, so nobody declines for where the lead is; every country works in every sector.
    world = gravity_world(14, 0.0)
    world = dataclasses.replace(
        world,
        technology_sensitivity=np.zeros(len(SECTORS)),
        country_sector_share=np.full_like(world.country_sector_share, 1.0 / len(SECTORS)),
    )
    monkeypatch.setattr(ecosim.setting, "load_world", lambda config: frozen(world))
    model = Ecosystem(
        **{
            "world.scale": 0.4,
            "timeline.burn_in_months": 0,
            "timeline.response_months": 13,
            "policy.appropriation_eur_per_month": 0.0,
            "behaviour.work.unfunded_share": 0.25,
            # Only the awareness route, and one candidate a seat: the first found is asked.
            "behaviour.search.past_partner_share": 0.0,
            "behaviour.search.partners_partner_share": 0.0,
            "behaviour.search.newcomer_share": 0.0,
            "behaviour.search.candidates_per_seat": 1,
            "behaviour.search.unfunded_awareness_power": 1.0,
            "behaviour.search.size_exponent": 5.0,
            # Nobody is ever full.
            "behaviour.acceptance.capacity_per_size": 100.0,
            "behaviour.acceptance.political_response": 0.0,
            "channels.political.distance_slope": 0.0,
            "channels.political.sanction_weight": 0.0,
            "channels.awareness.distance_elasticity": -beta,
            "channels.awareness.language_effect": 0.0,
            "channels.awareness.colony_effect": 0.0,
            "channels.awareness.observed_weight": 0.0,
        }
    )
    model.advance(60)
    state = model.state
    country = state.organisations["country"]
    country_of = dict(zip(state.organisations["key"].tolist(), country.tolist(), strict=True))
    seats, rows = state.seats.used, state.partnerships.used
    # The first to join: whoever comes later cannot be one of those who are in, which near and small countries feel.
    followers = seats[rows["first_seat"] + 1]
    followers = followers[followers["organisation"] >= 0]
    lead = [country_of[int(key)] for key in rows["lead_key"][followers["partnership"]]]
    counts = np.zeros((14, 14))
    np.add.at(counts, (lead, country[followers["organisation"]]), 1.0)
    assert counts.sum() > 10_000
    assert (state.organisations["load"] < state.organisations["capacity"]).all()
    slope, error = poisson_slope(counts, np.log(np.maximum(world.distance_km, 1.0)))
    assert error < 0.03
    assert abs(slope + beta) < 4.0 * error
    ecosim.setting._population.cache_clear()
