"""Spread over draws, and how often both kinds of interval hold what they should, on a toy with a known truth."""

import numpy as np
import pytest

from ecosim.analysis.contrasts import simultaneous_intervals
from ecosim.analysis.spread import left_to_chance, spread_over_draws
from ecosim.lab.draws import Batch, Drawn, draw

PARAMETERS = [Drawn(f"p{k}", 0.0, 1.0) for k in range(6)]
#: Points that each parameter moves the effect by, from one end of its range to the other; the last curves.
SLOPES = np.array([0.06, -0.04, 0.02, 0.0, 0.0])
CURVE = 0.05
#: Mean of the effect over the ranges: uniform numbers average 1/2, their squares 1/3.
TRUTH = float(0.01 + SLOPES.sum() / 2 + CURVE / 3)


def effects(seed, draws, seeds_per_draw=1, chance=0.01):
    """The effect in each draw of a toy model: draws as a sweep lays them, chance on top in every seed."""
    batch = Batch(0, draws)
    laid = np.array([[*draw(PARAMETERS, seed, number, batch).values()] for number in range(draws)])
    return of(laid) + chance * np.random.default_rng(seed).normal(size=(seeds_per_draw, draws)).mean(axis=0)


def of(laid):
    return 0.01 + laid[:, :5] @ SLOPES + CURVE * laid[:, 5] ** 2


@pytest.mark.parametrize("draws", [10, 20, 60])
def test_the_interval_of_the_mean_covers_the_truth(draws):
    repetitions = 200
    covered = 0
    for repetition in range(repetitions):
        found = simultaneous_intervals(effects(repetition, draws)[:, None], resamples=500, seed=repetition)
        covered += bool(found.low[0] <= TRUTH <= found.high[0])
    assert covered / repetitions >= 0.93


@pytest.mark.parametrize("draws", [20, 40, 200])
def test_the_band_holds_nine_of_ten_new_draws(draws):
    random = np.random.default_rng(99)
    new = of(random.random((20_000, 6))) + 0.01 * random.normal(size=20_000)
    inside = []
    for repetition in range(100):
        band = spread_over_draws(effects(repetition, draws))
        inside.append(np.mean((band.draw_low <= new) & (new <= band.draw_high)))
    assert 0.85 <= np.mean(inside) <= 0.95


@pytest.mark.parametrize("name", ["normal", "exponential", "standard_cauchy"])
def test_the_band_assumes_no_distribution(name):
    inside = []
    for repetition in range(400):
        random = np.random.default_rng([repetition, 5])
        band = spread_over_draws(getattr(random, name)(size=20))
        new = getattr(random, name)(size=2000)
        inside.append(np.mean((band.draw_low <= new) & (new <= band.draw_high)))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.02)


def test_few_draws_have_no_band_and_still_their_ends():
    found = spread_over_draws(np.linspace(-0.11, 0.04, 18))
    assert np.isnan([found.draw_low, found.draw_high]).all()
    assert (found.draw_min, found.draw_max) == (-0.11, 0.04)
    assert np.isfinite(spread_over_draws(np.linspace(-0.11, 0.04, 19)).draw_low)
    empty = spread_over_draws([np.nan])
    assert empty.draws == 0
    assert np.isnan(empty.share_helped)


def test_helping_and_hurting_by_hand():
    values = [-0.03, -0.002, 0.0, 0.002, 0.01, np.nan, 0.04, 0.04, 0.04]
    found = spread_over_draws(values, margin=0.0025)
    assert (found.share_helped, found.share_hurt, found.draws) == (4 / 8, 1 / 8, 8)
    turned = spread_over_draws(values, better=-1, margin=0.0025)
    assert (turned.share_helped, turned.share_hurt) == (1 / 8, 4 / 8)


def test_seeds_make_the_band_narrower_by_what_is_chance():
    one, many = (np.std(effects(3, 400, seeds, chance=0.04)) for seeds in (1, 4))
    without = np.std(effects(3, 400, 1, chance=0.0))
    assert one**2 - without**2 == pytest.approx(0.04**2, rel=0.2)
    assert many**2 - without**2 == pytest.approx(0.04**2 / 4, rel=0.4)


def test_what_is_left_to_chance_by_hand():
    # means 2, 6; seeds differ with variance 2, draws with (16 - 2) / 2 = 7; a mean of two seeds keeps 1 of 8
    assert left_to_chance([1.0, 3.0, 5.0, 7.0], [0, 0, 1, 1]) == pytest.approx(1 / 8)
    assert np.isnan(left_to_chance([1.0, 3.0], [0, 1]))
    assert left_to_chance([1.0, 1.0, 1.0, 1.0], [0, 0, 1, 1]) == 0.0
