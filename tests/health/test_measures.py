"""A month of health: what each circumstance moves, and what it must leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.config.health import HealthConfig
from ecosim.config.world import WorldConfig
from ecosim.health import benefit, detection, errors
from ecosim.health.measures import Circumstances, Month, Standing, at_rest, measure, standing
from ecosim.world import load_world
from ecosim.world.health import health_facts

CODES = ("DEU", "FRA", "IND", "KEN", "USA")
N = len(CODES)
#: Fast enough for days to count.
CONFIG = HealthConfig(growth_per_day=0.2)


@pytest.fixture(scope="module")
def of() -> Standing:
    world = load_world(WorldConfig(preset="global"))
    place = [world.country_index(code) for code in CODES]
    return standing(health_facts(CODES), world.gdp_busd[place], world.distance_km[np.ix_(place, place)], CONFIG)


@pytest.fixture(scope="module")
def rest(of: Standing) -> Month:
    return measure(of, at_rest(N), np.zeros(N), CONFIG)


def with_(of: Standing, **changed: np.ndarray) -> Month:
    return measure(of, at_rest(N)._replace(**changed), np.zeros(N), CONFIG)


def differing(one: Month, other: Month) -> set[str]:
    return {name for name in one.world if one.world[name] != other.world[name]}


def test_at_rest_nothing_is_shared(of: Standing, rest: Month) -> None:
    assert rest.world["infections_avoided"] == 0.0
    assert rest.world["health_dependence"] == 0.0
    own = errors.group_errors(of.groups, errors.own_data(N), CONFIG)
    np.testing.assert_array_equal(rest.errors, own)
    adopted = np.array([benefit.adoption(*one, of.means, CONFIG)[0] for one in zip(
        of.facts.trust[:, None], of.staff[:, None], of.computing[:, None], strict=True
    )])  # fmt: skip
    people = of.facts.population_million
    assert rest.world["health_adoption"] == pytest.approx((adopted * people).sum() / people.sum())
    gained = benefit.benefit(of.groups, own, adopted, CONFIG)
    assert rest.world["health_benefit"] == pytest.approx(gained.sum() / 12.0)
    assert rest.benefit.sum() == pytest.approx(rest.world["health_benefit"])


def test_open_channels_warn_others_and_change_no_error(of: Standing, rest: Month) -> None:
    opened = with_(of, open_to=np.ones((N, N)))
    assert differing(rest, opened) == {"lead_time_days", "infections_avoided"}
    assert opened.world["lead_time_days"] - rest.world["lead_time_days"] <= CONFIG.public_days + 1e-9
    assert (opened.lead_time_days >= rest.lead_time_days).all()
    assert opened.world["infections_avoided"] > 0.0


def test_an_algorithm_makes_the_weak_find_theirs_sooner(of: Standing, rest: Month) -> None:
    lifted = with_(of, algorithm=np.ones(N))
    assert differing(rest, lifted) == {"detection_days", "lead_time_days", "infections_avoided"}
    assert lifted.world["detection_days"] < rest.world["detection_days"]
    # among those above its level nobody gains: France, Germany and the United States
    strong = (of.counted >= CONFIG.algorithm_level).astype(float)
    assert strong.sum() == 3
    assert not differing(rest, with_(of, algorithm=strong))


def test_cases_that_are_shared_change_errors_and_benefit_alone(of: Standing, rest: Month) -> None:
    pool = errors.pooled_data(np.ones(N, dtype=bool), np.ones((N, N)))
    pooled = with_(of, access=pool)
    names = {"health_error_mean", "health_error_worst_group", "health_error_gap", "health_benefit"}
    assert differing(rest, pooled) == names
    np.testing.assert_array_equal(pooled.errors, errors.group_errors(of.groups, pool, CONFIG))


def test_lost_trust_lowers_adoption_and_benefit(of: Standing, rest: Month) -> None:
    lost = with_(of, trust_lost=np.full(N, CONFIG.misinformation))
    assert differing(rest, lost) == {"health_adoption", "health_benefit"}
    assert 0.03 < rest.world["health_adoption"] - lost.world["health_adoption"] < 0.09
    trained = with_(of, staff_added=np.ones(N))
    cloud = with_(of, computing_added=np.ones(N))
    for more in (trained, cloud):
        assert more.world["health_adoption"] > rest.world["health_adoption"]
    # nobody can lose more trust than there is
    assert np.isfinite(with_(of, trust_lost=np.full(N, 9.0)).world["health_adoption"])


def served(share: float) -> np.ndarray:
    """Everybody has a share of the service from the United States."""
    service = np.eye(N) * (1.0 - share)
    service[:, -1] += share
    return service


def test_a_cut_off_costs_its_share_fallback_and_months(of: Standing, rest: Month) -> None:
    capability = np.array([0.0, 0.5, 0.2, 0.0, 0.9])
    months = 12
    assert months == CONFIG.switch_months
    now = at_rest(N)._replace(service=served(0.4))
    withheld = np.zeros((N, N))
    withheld[:3, -1] = 1.0
    before = measure(of, now, capability, CONFIG)
    during = measure(of, now._replace(withheld=withheld), capability, CONFIG)
    lost = months * (before.benefit - during.benefit)
    kept = benefit.kept_without(capability, CONFIG)
    wanted = benefit.cut_off_loss(before.benefit, np.where(np.arange(N) < 3, 0.4, 0.0), kept, CONFIG)
    np.testing.assert_allclose(lost, wanted, rtol=1e-9, atol=1e-9)
    assert before.world["health_dependence"] > 0.3
    # dependence alone costs nothing while the service runs
    assert before.world["health_benefit"] == pytest.approx(rest.world["health_benefit"])


def test_capability_grows_where_service_is_ones_own(of: Standing) -> None:
    capability = np.full(N, 0.2)
    local = measure(of, at_rest(N), capability, CONFIG).capability
    bound = measure(of, at_rest(N)._replace(service=served(1.0)), capability, CONFIG).capability
    assert (local > capability).all()
    np.testing.assert_allclose(bound[:-1], 0.2 * (1.0 - CONFIG.capability_fading))
    assert bound[-1] == local[-1]


def test_detection_is_the_mean_over_reported_outbreaks(of: Standing, rest: Month) -> None:
    days = detection.detection_days(of.counted, N, CONFIG) + detection.reporting_days(of.counted, CONFIG)
    rate = of.facts.outbreaks_per_year
    assert rest.world["detection_days"] == pytest.approx((days * rate).sum() / rate.sum())


def test_every_circumstance_is_read(of: Standing) -> None:
    """Nothing can be pushed in vain, a provider's withholding included."""
    base = at_rest(N)._replace(service=served(0.5))
    first = measure(of, base, np.zeros(N), CONFIG)
    for name in Circumstances._fields:
        value = getattr(base, name)
        pushed = served(0.8) if name == "service" else np.minimum(value + 0.3, 1.0)
        moved = measure(of, base._replace(**{name: pushed}), np.zeros(N), CONFIG)
        assert differing(first, moved), name
