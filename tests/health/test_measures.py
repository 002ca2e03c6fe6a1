"""A month of health: what each circumstance moves, and what it must leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.config.health import HealthConfig
from ecosim.config.world import WorldConfig
from ecosim.health import benefit, detection, errors
from ecosim.health.measures import (
    Circumstances,
    Found,
    HealthState,
    Made,
    Month,
    Standing,
    at_rest,
    find,
    first_health,
    in_use,
    make,
    measure,
    served,
    standing,
)
from ecosim.world import load_world
from ecosim.world.health import health_facts

CODES = ("DEU", "FRA", "IND", "KEN", "USA")
N = len(CODES)
#: Fast enough for days to count.
CONFIG = HealthConfig(growth_per_day=0.2)
#: An outbreak in each country.
ONE_EACH = np.ones(N, dtype=np.int64)


@pytest.fixture(scope="module")
def of() -> Standing:
    world = load_world(WorldConfig(preset="global"))
    place = [world.country_index(code) for code in CODES]
    return standing(health_facts(CODES), world.gdp_busd[place], world.distance_km[np.ix_(place, place)], CONFIG)


def state_with(of: Standing, capability: np.ndarray) -> HealthState:
    state = first_health(of)
    state.capability = capability.copy()
    return state


def go(of: Standing, now: Circumstances, state: HealthState) -> Month:
    return measure(of, now, find(of, now, CONFIG), state, ONE_EACH, CONFIG)


def month(of: Standing, now: Circumstances, capability: np.ndarray | None = None) -> Month:
    return go(of, now, state_with(of, np.zeros(N) if capability is None else capability))


@pytest.fixture(scope="module")
def rest(of: Standing) -> Month:
    return month(of, at_rest(N))


def found_with(of: Standing, **changed: np.ndarray) -> Found:
    return find(of, at_rest(N)._replace(**changed), CONFIG)


def with_(of: Standing, **changed: np.ndarray) -> Month:
    return month(of, at_rest(N)._replace(**changed))


def differing(one: Month, other: Month) -> set[str]:
    return {name for name in one.world if one.world[name] != other.world[name]}


def test_at_rest_nothing_is_shared(of: Standing, rest: Month) -> None:
    assert rest.world["infections_avoided"] == 0.0
    assert rest.world["infections_unshared"] > 0.0
    assert rest.world["health_dependence"] == 0.0
    assert rest.world["outbreaks"] == N
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
    assert differing(rest, opened) == {"lead_time_days", "infections_avoided", "infections_avoided_elsewhere"}
    assert 0.0 < opened.world["lead_time_days"] - rest.world["lead_time_days"] <= CONFIG.public_days + 1e-9
    assert opened.world["infections_avoided"] > 0.0
    closed, free = found_with(of), found_with(of, open_to=np.ones((N, N)))
    assert (free.lead_time_days >= closed.lead_time_days).all()
    # never the first: its own outbreak is known not a day sooner, and nothing is avoided where it begins
    np.testing.assert_array_equal(free.known, closed.known)
    assert not free.avoided.diagonal().any()
    # so that shared data are judged by the outbreaks that come from elsewhere, in a share of their own
    for name in ("unshared", "avoided"):
        both = getattr(opened, name)
        came = getattr(opened, f"{name}_elsewhere")
        at_home = getattr(free, name).diagonal()
        np.testing.assert_allclose(both - came, at_home, rtol=1e-9, atol=1e-6)
        assert opened.world[f"infections_{name}_elsewhere"] == pytest.approx(came.sum())
    assert opened.world["infections_avoided_elsewhere"] == opened.world["infections_avoided"]
    assert 0.0 < opened.world["infections_unshared_elsewhere"] < opened.world["infections_unshared"]


def test_an_algorithm_makes_the_weak_find_theirs_sooner(of: Standing, rest: Month) -> None:
    lifted = with_(of, algorithm=np.ones(N))
    infections = {"infections_avoided", "infections_avoided_elsewhere"}
    assert differing(rest, lifted) == {"detection_days", "lead_time_days"} | infections
    # an algorithm helps at home as well
    assert lifted.world["infections_avoided"] > lifted.world["infections_avoided_elsewhere"]
    assert lifted.world["detection_days"] < rest.world["detection_days"]
    # among those above its level nobody gains: France, Germany and the United States
    strong = (of.counted >= CONFIG.algorithm_level).astype(float)
    assert strong.sum() == 3
    assert not differing(rest, with_(of, algorithm=strong))


def test_cases_that_are_shared_change_errors_and_benefit_alone(of: Standing, rest: Month) -> None:
    """As far as the channel is open; in place it needs none."""
    names = {"health_error_mean", "health_error_worst_group", "health_error_gap", "health_benefit"}
    everybody, whole = np.ones(N, dtype=bool), np.ones((N, N))
    assert not differing(rest, with_(of, shared=whole))
    opened = with_(of, open_to=whole)
    pooled = with_(of, open_to=whole, shared=whole)
    assert differing(opened, pooled) - {"health_harmed"} == names
    pool = errors.group_errors(of.groups, errors.pooled_data(everybody, whole), CONFIG)
    np.testing.assert_array_equal(pooled.errors, pool)
    in_place = with_(of, in_place=whole)
    assert differing(rest, in_place) - {"health_harmed"} == names
    federated = errors.group_errors(of.groups, errors.federated_data(everybody, CONFIG), CONFIG)
    np.testing.assert_allclose(in_place.errors, federated, rtol=1e-12)


def test_a_test_by_group_keeps_ones_own_where_that_is_better(of: Standing) -> None:
    harsh = HealthConfig(external_loss=1.1)
    whole = np.ones((N, N))
    now = at_rest(N)._replace(open_to=whole, shared=whole)

    def first_month(share: float) -> Month:
        each = now._replace(tested=np.full(N, share))
        return measure(of, each, find(of, each, harsh), first_health(of), ONE_EACH, harsh)

    own = measure(of, at_rest(N), find(of, at_rest(N), harsh), first_health(of), ONE_EACH, harsh)
    pooled, whole_test = first_month(0.0), first_month(1.0)
    worse = pooled.errors > own.errors + errors.ALIKE
    assert worse.any()
    assert (pooled.errors < own.errors).any()
    np.testing.assert_allclose(whole_test.errors, np.minimum(own.errors, pooled.errors), rtol=1e-12)
    # who is harmed is counted, and a test spares as many of them as it reaches
    people = of.groups.people
    share = people[worse].sum() / people.sum()
    assert own.world["health_harmed"] == 0.0
    for tested in (0.0, 0.25, 0.5, 0.999):
        assert first_month(tested).world["health_harmed"] == pytest.approx(share * (1.0 - tested))
    assert whole_test.world["health_harmed"] == 0.0


def test_rounding_is_no_harm(of: Standing) -> None:
    """Errors that differ in the last digits alone harm nobody, whichever way they were added up."""
    own = np.array([0.1, 0.1, 0.1])
    assert errors.harms(own, own * (1.0 + np.array([1e-15, 1e-13, 1e-3]))).tolist() == [False, False, True]


def test_fewer_travel_and_laboratories_shut(of: Standing, rest: Month) -> None:
    """What a pandemic closes: outbreaks arrive later, and are found later."""
    fewer = with_(of, travel=np.full((N, N), 0.3))
    assert differing(rest, fewer) == {"lead_time_days", "infections_unshared", "infections_unshared_elsewhere"}
    assert fewer.world["lead_time_days"] > rest.world["lead_time_days"]
    assert fewer.world["infections_avoided"] == 0.0
    shut = with_(of, capacity=np.full(N, 0.6))
    assert shut.world["detection_days"] > rest.world["detection_days"]
    assert shut.world["infections_avoided"] == 0.0
    assert shut.world["infections_unshared"] > rest.world["infections_unshared"]


def test_more_records_lower_errors_at_home_alone(of: Standing, rest: Month) -> None:
    more = with_(of, records=np.array([1.0, 1.0, 1.0, 3.0, 1.0]))
    mine = of.groups.country == 3
    assert (more.errors[mine] < rest.errors[mine]).all()
    np.testing.assert_array_equal(more.errors[~mine], rest.errors[~mine])


def test_lost_trust_lowers_adoption_and_benefit(of: Standing, rest: Month) -> None:
    lost = with_(of, trust_lost=np.full(N, CONFIG.misinformation))
    assert differing(rest, lost) == {"health_adoption", "health_benefit", "health_capability"}
    assert 0.03 < rest.world["health_adoption"] - lost.world["health_adoption"] < 0.09
    for more in ({"staff_added": np.ones(N)}, {"computing_added": np.ones(N)}, {"won": np.full(N, 0.2)}):
        assert with_(of, **more).world["health_adoption"] > rest.world["health_adoption"]
    # nobody can lose more trust than there is
    assert np.isfinite(with_(of, trust_lost=np.full(N, 9.0)).world["health_adoption"])


def served_by_usa(share: float) -> np.ndarray:
    """Everybody has a share of the service from the United States."""
    service = np.eye(N) * (1.0 - share)
    service[:, -1] += share
    return service


@pytest.mark.parametrize(("clause", "slower"), [(0.0, 1.0), (0.4, 1.5)])
def test_a_cut_off_costs_its_share_fallback_and_months(of: Standing, rest: Month, clause: float, slower: float) -> None:
    """Month by month until another provider works, and nothing after that."""
    months = CONFIG.switch_months * slower
    now = at_rest(N)._replace(service=served_by_usa(0.4), kept=np.full(N, clause), switching=np.full(N, slower))
    withheld = np.zeros((N, N))
    withheld[:3, -1] = 1.0
    cut = now._replace(withheld=withheld)
    still = HealthConfig(growth_per_day=0.2, capability_gain=0.0, capability_fading=0.0)
    capability = np.array([0.0, 0.5, 0.2, 0.0, 0.9])
    state = state_with(of, capability)
    before = measure(of, now, find(of, now, still), state.copy(), ONE_EACH, still)
    lost = np.zeros(N)
    for _ in range(int(months) + 6):
        during = measure(of, cut, find(of, cut, still), state, ONE_EACH, still)
        lost += before.benefit - during.benefit
    kept = benefit.kept_without(capability, still)
    share = np.where(np.arange(N) < 3, 0.4, 0.0)
    wanted = benefit.cut_off_loss(before.benefit, share, kept + (1.0 - kept) * clause, still) * slower
    np.testing.assert_allclose(lost, wanted, rtol=1e-9, atol=1e-6)
    assert before.world["health_dependence"] > 0.3
    # another provider works: those who were cut off serve themselves here, for they had no other
    assert during.dependence.tolist() == [0.0, 0.0, 0.0, 0.4, 0.0]
    # dependence alone costs nothing while the service runs
    assert before.world["health_benefit"] == pytest.approx(rest.world["health_benefit"])


def test_a_cut_off_that_ends_is_forgotten(of: Standing) -> None:
    now = at_rest(N)._replace(service=served_by_usa(0.4))
    cut = now._replace(withheld=np.where(np.arange(N) == 4, 1.0, np.zeros((N, N))))
    state = state_with(of, np.zeros(N))
    go(of, cut, state)
    assert state.withheld_months[0, 4] == 1.0
    assert not state.withheld_months[4].any()
    go(of, now, state)
    assert not state.withheld_months.any()


def test_capability_grows_where_service_is_ones_own(of: Standing) -> None:
    start = np.full(N, 0.2)
    found = []
    for service in (np.eye(N), served_by_usa(1.0)):
        state = state_with(of, start)
        go(of, at_rest(N)._replace(service=service), state)
        found.append(state.capability)
    local, bound = found
    assert (local > start).all()
    np.testing.assert_allclose(bound[:-1], 0.2 * (1.0 - CONFIG.capability_fading))
    assert bound[-1] == local[-1]


def test_detection_is_the_mean_over_reported_outbreaks(of: Standing, rest: Month) -> None:
    days = detection.read_off(of.delays, of.counted) + detection.reporting_days(of.counted, CONFIG)
    rate = of.facts.outbreaks_per_year
    assert rest.world["detection_days"] == pytest.approx((days * rate).sum() / rate.sum())


#: Cases hardly age.
ALWAYS_NEW = HealthConfig(growth_per_day=0.2, case_half_life_months=1e6)


def learning(months: int, review: np.ndarray, config: HealthConfig = ALWAYS_NEW) -> Made:
    """Models in use after months in each of which one more case can be learned from, under a review from the start."""
    state = HealthState(np.zeros(3), np.zeros((3, 3)), [Made(np.zeros((3, 3)), np.zeros(3))], np.zeros(3))
    for step in range(1, months + 1):
        make(state, Made(np.full((3, 3), float(step)), np.full(3, step / 10.0)), config)
        used = in_use(state, review, config)
    return used


def test_what_is_in_use_is_as_many_months_old_as_it_was_reviewed() -> None:
    for review, learned in ((np.zeros(3), [5.0, 5.0, 5.0]), (np.array([0.0, 2.0, 4.5]), [5.0, 3.0, 0.5])):
        used = learning(5, review)
        np.testing.assert_allclose(used.learned, np.repeat([learned], 3, axis=0).T, rtol=1e-4)
        np.testing.assert_allclose(used.tested, np.array(learned) / 10.0)
    # what was there first is in use until others are through
    np.testing.assert_allclose(learning(5, np.array([5.0, 6.0, 60.0])).learned, 0.0)


def test_a_review_takes_nothing_away_that_is_in_use() -> None:
    """A board that begins in the eighth month keeps out new models, and lets those of the seventh go on."""
    state = HealthState(np.zeros(1), np.zeros((1, 1)), [Made(np.zeros((1, 1)), np.zeros(1))], np.zeros(1))
    used = []
    for step in range(1, 15):
        make(state, Made(np.full((1, 1), float(step)), np.zeros(1)), ALWAYS_NEW)
        used.append(float(in_use(state, np.full(1, 4.0 if step > 7 else 0.0), ALWAYS_NEW).learned[0, 0]))
    assert used == pytest.approx([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 7.0, 7.0, 7.0, 7.0, 8.0, 9.0, 10.0], rel=1e-4)


def test_what_was_learned_ages_and_is_not_lost_at_once(of: Standing) -> None:
    """Data close after a year: what was learned halves in each half-life, down to one's own; a board changes nothing.

    The closed form: cases of others count ``2**(-months / half-life)``, one's own are always new.
    """
    config = HealthConfig(growth_per_day=0.2, case_half_life_months=10.0)
    whole, others = np.ones((N, N)), 1.0 - np.eye(N)
    paths = {}
    for review in (0.0, 6.0):
        state = first_health(of)
        paths[review] = []
        for step in range(43):
            opened = whole if step < 12 else np.eye(N)
            now = at_rest(N)._replace(open_to=opened, shared=whole, review_months=np.full(N, review if step else 0.0))
            paths[review].append(measure(of, now, find(of, now, config), state, ONE_EACH, config).errors)
    for months in (0, 1, 10, 20):
        counted = np.eye(N) + others * 0.5 ** (months / 10.0)
        wanted = errors.group_errors(of.groups, counted, config)
        np.testing.assert_allclose(paths[0.0][11 + months], wanted, rtol=1e-9)
    # under a board what is in use is older in all it has learned, so that the law takes no less from it
    for months in range(30):
        assert paths[6.0][11 + months].sum() > paths[0.0][11 + months].sum(), months


def test_models_age_while_they_wait(of: Standing) -> None:
    """Where all is as it was, a review of a half-life leaves half of the cases, of one's own as of others'."""
    config = HealthConfig(growth_per_day=0.2, case_half_life_months=5.0)
    state = first_health(of)
    now = at_rest(N)._replace(review_months=np.full(N, 5.0))
    for _ in range(12):
        found = measure(of, now, find(of, now, config), state, ONE_EACH, config).errors
    np.testing.assert_allclose(found, errors.group_errors(of.groups, 0.5 * np.eye(N), config), rtol=1e-12)


def test_a_month_like_the_last_keeps_no_second_copy(of: Standing) -> None:
    state = state_with(of, np.zeros(N))
    for _ in range(4):
        go(of, at_rest(N), state)
    assert len(state.made) == 5
    assert len({id(one) for one in state.made}) == 1
    assert served(state.made[0], of, CONFIG)[1].sum() == 0.0


def test_every_circumstance_is_read(of: Standing) -> None:
    """Nothing can be pushed in vain, a provider's withholding included."""
    harsh = HealthConfig(growth_per_day=0.2, external_loss=0.6)
    whole = np.ones((N, N))
    base = at_rest(N)._replace(
        service=served_by_usa(0.5), withheld=np.where(np.arange(N) == 4, 0.5, np.zeros((N, N))), open_to=0.5 * whole,
        shared=0.5 * whole, review_months=np.full(N, 1.0),
    )  # fmt: skip

    def second(now: Circumstances) -> dict[str, float]:
        """The second of two months, before which something else was in use and another provider had a month left."""
        state = first_health(of)
        state.withheld_months[:] = harsh.switch_months - 1.5
        measure(of, now, find(of, now, harsh), state, ONE_EACH, harsh)
        return measure(of, now, find(of, now, harsh), state, ONE_EACH, harsh).world

    first = second(base)
    for name in Circumstances._fields:
        value = getattr(base, name)
        pushed = served_by_usa(0.8) if name == "service" else np.minimum(value + 0.3, 1.0)
        if name == "review_months" or np.array_equal(pushed, value):
            pushed = value * 1.7
        moved = second(base._replace(**{name: pushed}))
        assert {key for key in first if first[key] != moved[key]}, name
