"""Where a sign turns, on curves whose zero is known."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.breakeven import (
    CANNOT_TELL,
    NO_TURN,
    TURNS,
    break_even_chance,
    effect_curve,
    local_regression,
    turn_along,
    turn_between,
    two_way,
)


def test_a_straight_line_is_reproduced():
    x = np.random.default_rng(0).uniform(0.0, 1.0, 60)
    at = np.linspace(0.0, 1.0, 11)
    np.testing.assert_allclose(local_regression(x, 2.0 - 3.0 * x, at), 2.0 - 3.0 * at, atol=1e-10)
    # a resample in which every point counts once is the sample
    both = local_regression(x, np.sin(x), at, weights=np.ones((2, 60)))
    np.testing.assert_allclose(both, np.tile(local_regression(x, np.sin(x), at), (2, 1)))


def test_the_turn_of_a_noisy_line_is_found():
    """A benefit of .05 less 2.5 per unit of cost turns at .02."""
    inside = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        cost = random.uniform(0.0, 0.04, 80)
        turn = turn_along(cost, 0.05 - 2.5 * cost + 0.02 * random.normal(size=80), 0.0, 0.04, resamples=300)
        assert turn.verdict == TURNS
        assert (turn.sign_below, turn.sign_above) == (1, -1)
        inside += turn.value_low <= 0.02 <= turn.value_high
    assert inside >= 34


def test_no_turn_is_said_and_not_invented():
    random = np.random.default_rng(1)
    x = random.uniform(0.0, 1.0, 60)
    turn = turn_along(x, -0.1 + 0.02 * random.normal(size=60), 0.0, 1.0)
    assert (turn.verdict, turn.sign_above) == (NO_TURN, -1)
    assert np.isnan(turn.value)
    # around nothing, with noise: neither
    assert turn_along(x, 0.05 * random.normal(size=60), 0.0, 1.0).verdict == CANNOT_TELL
    assert turn_along(x[:10], x[:10] - 0.5, 0.0, 1.0).verdict == CANNOT_TELL
    # up and down again is no turn
    assert turn_along(x, 0.1 - (2 * x - 1) ** 2 + 0.02 * random.normal(size=60), 0.0, 1.0).verdict == CANNOT_TELL


def test_noise_hardly_ever_turns():
    turns = 0
    for seed in range(60):
        random = np.random.default_rng([9, seed])
        found = turn_along(random.random(40), random.normal(size=40), 0.0, 1.0, resamples=200)
        turns += found.verdict == TURNS
    assert turns <= 3


def test_a_logarithmic_range_is_looked_at_as_such():
    random = np.random.default_rng(3)
    cost = np.exp(random.uniform(np.log(1e2), np.log(1e6), 80))
    turn = turn_along(cost, np.log(1e4) - np.log(cost), 1e2, 1e6, logarithmic=True)
    assert turn.value == pytest.approx(1e4, rel=0.01)
    assert (turn.low, turn.high) == (1e2, 1e6)


def test_between_levels_of_a_factor():
    random = np.random.default_rng(0)
    effects = np.array([0.04, 0.02, -0.02]) + 0.002 * random.normal(size=(12, 3))
    turn = turn_between([0.0, 0.01, 0.03], effects)
    assert turn.value == pytest.approx(0.02, abs=0.002)
    assert turn.value_low < turn.value < turn.value_high
    assert turn_between([0.0, 0.01], effects[:3, :2]).verdict == CANNOT_TELL


def test_the_curve_behind_a_turn():
    random = np.random.default_rng(0)
    x = np.exp(random.uniform(0.0, 3.0, 60))
    at, effect, low, high = effect_curve(x, np.log(x) - 1.0, 1.0, np.exp(3.0), logarithmic=True, resamples=50)
    np.testing.assert_allclose(effect, np.log(at) - 1.0, atol=1e-9)
    assert (low <= high + 1e-12).all()
    assert at[0] == pytest.approx(1.0)


def test_break_even_chance_by_hand():
    # costs 1 in calm times, gains 4 under the shock: worth it from p = 1/5 on
    turn = break_even_chance(np.full(8, -0.01), np.full(8, 0.04))
    assert turn.value == pytest.approx(0.2)
    assert (turn.sign_below, turn.sign_above) == (-1, 1)
    assert break_even_chance(np.full(8, -0.01), np.full(8, -0.001)).verdict == NO_TURN
    # the same effect in calm times and under the shock, of unknown sign: it never turns, and nobody knows it
    unsure = np.array([-0.02, 0.03, -0.01, 0.015, -0.03, 0.02, 0.01, -0.005])
    assert break_even_chance(unsure, unsure).verdict == CANNOT_TELL
    assert break_even_chance(np.zeros(8), np.zeros(8)).verdict == NO_TURN


def test_payment_breaks_even_where_the_formula_says():
    """DESIGN 16: tranches win below a funder hazard of about rho times the project hazard.

    Up-front money is lost with a project that fails; tranches save the unpaid part, of which a share rho is used
    again, and are lost when the funder fails. The effect is linear in both hazards when these are small.
    """
    random = np.random.default_rng(2)
    project, recycled = 0.0007, 0.6
    funder = random.uniform(0.0, 0.0012, 200)
    years = 4.0
    effect = 12 * years / 2 * (recycled * project - funder) + 1e-4 * random.normal(size=200)
    turn = turn_along(funder, effect, 0.0, 0.0012)
    assert turn.value == pytest.approx(recycled * project, rel=0.05)


def test_table_of_a_sweep():
    from ecosim.analysis.breakeven import CHANCE, COLUMNS, break_even_table
    from ecosim.analysis.contrasts import Contrast

    random = np.random.default_rng(0)
    rows, draws = [], []
    design = pd.DataFrame(
        {"design_id": [0, 1], "history_id": [0, 1], "shock": "cut", "shocks": "cut", "policy": ["a", "b"],
         "reference": [True, False], "lever": ["a", "b"]}
    )  # fmt: skip
    for replicate in range(40):
        cost = random.uniform(0.0, 0.04)
        draws.append({"replicate": replicate, "draw": replicate, "parameter": "cost", "value": cost})
        for point in design.to_dict("records"):
            gain = (0.05 - 2.5 * cost) * (point["lever"] == "b")
            rows.append(point | {"replicate": replicate, "cluster": replicate, "reference_twin_output": 1.0,
                                 "given_up_output": 0.0, "shock_area_output": 0.8 + gain,
                                 "small_group": False})  # fmt: skip
    contrast = Contrast("lever", "lever", "b", "a")
    table = break_even_table(pd.DataFrame(rows), design, [contrast], pd.DataFrame(draws), ["cost", "unknown"])
    assert list(table.columns) == list(COLUMNS)
    assert table["parameter"].tolist() == ["cost", CHANCE]
    assert table["value"].iloc[0] == pytest.approx(0.02, rel=1e-6)
    assert table["hazard_per_month"].isna().all()


# ---------------------------------------------------------------------------------------------- two parameters


def surface(cost, nu):
    """A lever that costs coordination and gains by diversity; it turns along cost = .01 + .02 nu."""
    return 0.4 * (0.01 + 0.02 * nu - cost)


RANGES = ((0.0, 0.04), (-0.5, 1.0))


def drawn(seed, draws=200, noise=0.003):
    random = np.random.default_rng([seed, draws])
    cost, nu = random.uniform(*RANGES[0], draws), random.uniform(*RANGES[1], draws)
    return cost, nu, surface(cost, nu) + noise * random.normal(size=draws)


def test_a_map_says_where_it_helps_hurts_and_is_open():
    found = two_way(*drawn(0), RANGES, names=("cost", "nu"))
    truth = surface(found.first_values[:, None], found.second_values[None, :])
    # what is called sure is right
    assert (truth[found.areas == 1] > 0.0).all()
    assert (truth[found.areas == -1] < 0.0).all()
    # and open is a strip along the line, not everything
    assert 0.02 < found.share(0) < 0.4
    assert found.share(1) + found.share(0) + found.share(-1) == pytest.approx(1.0)
    assert found.share(1) > 0.2
    assert np.abs(surface(*found.line.T)).max() < 0.0015
    assert len(found.line) > 20
    table = found.table()
    assert list(table.columns) == ["contrast", "shock", "measure", "cost", "nu", "effect", "low", "high", "area"]
    assert len(table) == 41 * 41
    # less is better: the same map the other way round
    turned = two_way(*drawn(0), RANGES, better=-1)
    np.testing.assert_array_equal(turned.areas, -found.areas)


def test_pointwise_intervals_of_a_map_cover():
    covered = []
    for seed in range(60):
        found = two_way(*drawn(seed, 80), RANGES, points=9, resamples=300)
        truth = surface(found.first_values[:, None], found.second_values[None, :])
        covered.append(((found.low <= truth) & (truth <= found.high)).mean())
    assert np.mean(covered) >= 0.93


def test_noise_and_few_draws_are_open():
    cost, nu, _ = drawn(1)
    open_shares = []
    for seed in range(40):
        noise = np.random.default_rng([seed, 3]).normal(size=200)
        open_shares.append(two_way(cost, nu, noise, RANGES, points=15, resamples=300).share(0))
    assert np.mean(open_shares) >= 0.93
    few = two_way(cost[:59], nu[:59], surface(cost, nu)[:59], RANGES)
    assert few.share(0) == 1.0
    assert few.line.shape == (0, 2)
    assert np.isnan(few.effect).all()


def test_a_logarithmic_axis_of_a_map():
    random = np.random.default_rng(5)
    cost, nu = np.exp(random.uniform(np.log(1e2), np.log(1e6), 200)), random.uniform(0.0, 1.0, 200)
    found = two_way(cost, nu, np.log(1e4) - np.log(cost), ((1e2, 1e6), (0.0, 1.0)), logarithmic=(True, False))
    np.testing.assert_allclose(found.line[:, 0], 1e4, rtol=1e-6)
    assert found.first_values[0] == pytest.approx(1e2)


def test_maps_of_a_sweep():
    from ecosim.analysis.breakeven import two_way_maps
    from ecosim.analysis.contrasts import Contrast

    cost, nu, effect = drawn(3, 120)
    rows = [
        {"design_id": lever, "shock": "cut", "lever": "ab"[lever], "replicate": k, "cluster": k,
         "reference_twin_output": 1.0, "twin_area_output": 1.0, "shock_area_output": 0.8 + lever * effect[k],
         "small_group": False}
        for k in range(120) for lever in (0, 1)
    ]  # fmt: skip
    values = {"cost": cost, "nu": nu}
    draws = pd.DataFrame([{"replicate": k, "draw": k, "parameter": name, "value": values[name][k]}
                          for k in range(120) for name in values])  # fmt: skip
    design = pd.DataFrame({"design_id": [0, 1], "shock": "cut", "lever": ["a", "b"]})
    priors = {"cost": (*RANGES[0], "uniform"), "nu": (*RANGES[1], "uniform")}
    pairs = [("cost", "nu"), ("cost", "not drawn")]
    (found,) = two_way_maps(pd.DataFrame(rows), design, [Contrast("c", "lever", "b", "a")], draws, pairs, priors)
    assert (found.contrast, found.shock, found.measure, found.draws) == ("c", "cut", "delivered_output", 120)
    np.testing.assert_allclose(found.effect, two_way(cost, nu, effect, RANGES).effect, atol=1e-12)
