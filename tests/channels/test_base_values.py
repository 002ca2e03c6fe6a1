from __future__ import annotations

import numpy as np
import pytest

from ecosim.channels import awareness, data, eligibility, mobility, political, regulation, technology_control
from ecosim.channels.build import base_handles
from ecosim.channels.handles import CHANNELS, HANDLE
from ecosim.config.channels import (
    AwarenessConfig,
    ChannelsConfig,
    DataConfig,
    EligibilityConfig,
    MobilityConfig,
    PoliticalConfig,
    RegulationConfig,
    TechnologyControlConfig,
)
from ecosim.config.world import WorldConfig
from ecosim.world import load_world
from ecosim.world.facts import REGULATION_PARTS, World
from tests.worlds import gravity_world, small_world

DEU, FRA, POL, CHE, USA, CHN = range(6)


@pytest.mark.parametrize("preset", ["small", "classroom", "europe", "global", "synthetic"])
def test_every_world_starts_within_bounds(preset: str) -> None:
    world = small_world() if preset == "small" else load_world(WorldConfig(preset=preset))
    handles = base_handles(world, ChannelsConfig(), n_funders=3)
    for channel in CHANNELS:
        value = getattr(handles, channel)
        assert np.isfinite(value).all()
        assert value.min() >= 0.0
        assert value.max() <= 1.0
        assert not value.flags.writeable
        pairs = np.moveaxis(value, 0, -1) if HANDLE[channel].axes[0] != "country" else value
        own = pairs[np.arange(world.n_countries), np.arange(world.n_countries)]
        if channel != "eligibility":
            assert (own == 1.0).all(), channel
    assert (handles.awareness > 0.0).all()
    assert handles.payment.shape == handles.appropriation.shape == (3,)
    assert not handles.ceilings


def test_political_distance_counts_between_blocs_only() -> None:
    world = small_world()
    openness = political.base(world, PoliticalConfig(distance_slope=0.1, sanction_weight=0.0))
    assert openness[DEU, FRA] == openness[DEU, CHE] == 1.0
    assert openness[DEU, CHN] == pytest.approx(np.exp(-0.1 * world.ideal_point_distance[DEU, CHN]))


def test_sanctions_close_both_directions_and_may_close_nothing() -> None:
    world = small_world()
    assert world.sanctions[USA, CHN] > 0.0 == world.sanctions[CHN, USA]
    with_effect = political.base(world, PoliticalConfig(distance_slope=0.0, sanction_weight=0.4))
    assert with_effect[USA, CHN] == with_effect[CHN, USA] == pytest.approx(0.8)
    assert (political.base(world, PoliticalConfig(distance_slope=0.0, sanction_weight=0.0)) == 1.0).all()


def test_mobility_follows_the_visa_of_the_traveller() -> None:
    world = small_world()
    visa = np.zeros((6, 6))
    visa[POL, USA] = 1.0
    ease = mobility.base(small_world(visa_need=visa), MobilityConfig(visa_weight=0.5))
    free = mobility.base(small_world(visa_need=visa * 0.0), MobilityConfig(visa_weight=0.5))
    assert ease[POL, USA] == pytest.approx(0.5 * free[POL, USA])
    assert ease[USA, POL] == free[USA, POL]
    assert free[DEU, POL] > free[DEU, USA]
    assert free[DEU, CHE] / free[DEU, FRA] > world.distance_km[DEU, CHE] / world.distance_km[DEU, FRA]


def test_common_rules_and_adequacy() -> None:
    world = small_world()
    rules = regulation.base(world, RegulationConfig(different_rules=0.4, governance_slope=0.5))
    privacy = REGULATION_PARTS.index("privacy")
    assert (rules[:, DEU, CHE] == 1.0).all()
    assert rules[0, DEU, USA] == pytest.approx(0.6 * (1.0 - 0.5 * 0.10))
    adequate = regulation.base(
        small_world(data_adequacy=np.ones((6, 6))), RegulationConfig(different_rules=0.4, governance_slope=0.5)
    )
    assert (adequate[privacy] == 1.0).all()
    assert (adequate[0] == rules[0]).all()


def test_data_and_technology_floors() -> None:
    world = small_world()
    freedom = data.base(world, DataConfig(without_adequacy=0.4, bloc_credit=0.0))
    assert freedom[DEU, CHN] == pytest.approx(0.4)
    assert freedom[DEU, USA] == pytest.approx(0.7)
    assert freedom[DEU, FRA] == 1.0
    control = technology_control.base(world, TechnologyControlConfig(without_regime=0.3, sanction_weight=0.8))
    assert control[DEU, USA] == 1.0
    assert control[DEU, CHN] == pytest.approx(0.3)
    assert control[CHN, USA] == pytest.approx(0.3 * (1.0 - 0.8 * 0.5))


def test_eligibility_is_standing_of_the_member_where_the_lead_has_standing() -> None:
    world = small_world()
    strict = eligibility.base(world, EligibilityConfig(standing_to_lead=0.5))
    assert (strict[DEU] == world.programme_standing[:, None]).all()
    assert (strict[[USA, CHN]] == 0.0).all()
    lax = eligibility.base(world, EligibilityConfig(standing_to_lead=0.1))
    assert (lax[USA] == world.programme_standing[:, None]).all()
    assert (eligibility.base(world, EligibilityConfig(standing_to_lead=0.0))[CHN] == 0.0).all()


@pytest.mark.parametrize(
    ("observed_weight", "noise", "tolerance"),
    [
        # Exact without the observed ratio; with it, sampling error of 60 noisy countries.
        (0.0, 0.5, 1e-6),
        pytest.param(1.0, 0.0, 1e-3, marks=pytest.mark.slow),
        pytest.param(0.5, 0.3, 0.04, marks=pytest.mark.slow),
        (1.0, 0.3, 0.08),
    ],
)
def test_search_by_mass_times_awareness_returns_the_published_gravity(
    observed_weight: float, noise: float, tolerance: float
) -> None:
    world = gravity_world(60, noise)
    known = awareness.base(world, AwarenessConfig(observed_weight=observed_weight))[:, :, 0]
    mass = np.exp(np.random.default_rng(3).normal(0.0, 1.0, world.n_countries))
    weight = mass[None, :] * known
    np.fill_diagonal(weight, 0.0)
    chosen = mass[:, None] * weight / weight.sum(axis=1, keepdims=True)
    distance, language, colony = poisson_gravity(chosen, world)
    assert distance == pytest.approx(-0.46, abs=tolerance)
    assert language == pytest.approx(0.33, abs=2.0 * tolerance)
    assert colony == pytest.approx(0.27, abs=2.0 * tolerance)


def test_awareness_is_free_of_size() -> None:
    world = gravity_world(20, 0.4)
    size = np.exp(np.random.default_rng(5).normal(0.0, 1.0, 20))
    scaled = world.copublications * size[:, None] * size[None, :]
    config = AwarenessConfig(observed_weight=1.0, observed_prior_works=1e-6)
    known = awareness.base(world, config)
    other = awareness.base(gravity_world_with(world, scaled), config)
    assert other == pytest.approx(known, rel=1e-6)


def test_few_works_say_little_and_none_say_nothing() -> None:
    world = gravity_world(20, 0.4)
    gravity = awareness.base(world, AwarenessConfig(observed_weight=0.0))
    nothing = awareness.base(gravity_world_with(world, world.copublications * 0.0), AwarenessConfig())
    assert nothing == pytest.approx(gravity)
    few = awareness.base(gravity_world_with(world, world.copublications * 1e-9), AwarenessConfig())
    assert few == pytest.approx(gravity, rel=1e-3)


def test_more_observed_works_mean_better_known() -> None:
    world = small_world()
    works = world.copublications.copy()
    works[DEU, POL] *= 3.0
    works[POL, DEU] *= 3.0
    before = awareness.base(world, AwarenessConfig())
    after = awareness.base(small_world(copublications=works), AwarenessConfig())
    assert after[DEU, POL, 0] / after[DEU, USA, 0] > before[DEU, POL, 0] / before[DEU, USA, 0]


def gravity_world_with(world: World, copublications: np.ndarray) -> World:
    import dataclasses

    return dataclasses.replace(world, copublications=copublications)


def poisson_gravity(flow: np.ndarray, world: World) -> np.ndarray:
    """Coefficients of log distance, language and colonial tie: Poisson with effects of both countries (Newton)."""
    n = world.n_countries
    source, target = np.nonzero(~np.eye(n, dtype=bool))
    pairs = [np.log(world.distance_km), world.common_language.astype(float), world.colonial_tie.astype(float)]
    columns = [matrix[source, target] for matrix in pairs]
    columns += [(source == i).astype(float) for i in range(n)]
    columns += [(target == i).astype(float) for i in range(1, n)]
    design = np.stack(columns, axis=1)
    observed = flow[source, target]
    observed = observed / observed.mean()
    beta = np.zeros(design.shape[1])
    beta[3 : 3 + n] = -0.5
    mean = np.maximum(observed, 0.05)
    for _ in range(60):
        response = np.log(mean) + (observed - mean) / mean
        weighted = design * mean[:, None]
        before = beta
        beta = np.linalg.solve(design.T @ weighted + 1e-10 * np.eye(len(beta)), weighted.T @ response)
        mean = np.exp(design @ beta)
        if np.abs(beta - before).max() < 1e-9:
            return beta[:3]
    raise AssertionError("the fit did not come to an end")
