"""Variance from seeds and from parameters, on data whose split is known."""

import numpy as np
import pytest

from ecosim.analysis.variance import split_variance


def nested(draws, seeds, parameter_sd, seed_sd, random):
    return (
        np.repeat(random.normal(scale=parameter_sd, size=draws), seeds)
        + random.normal(scale=seed_sd, size=draws * seeds),
        np.repeat(np.arange(draws), seeds),
    )


@pytest.mark.parametrize(("parameter_sd", "seed_sd"), [(1.0, 1.0), (2.0, 1.0), (0.5, 1.5)])
def test_a_known_split_is_found(parameter_sd, seed_sd):
    random = np.random.default_rng(1)
    found = [split_variance(*nested(120, 2, parameter_sd, seed_sd, random)) for _ in range(150)]
    share = parameter_sd**2 / (parameter_sd**2 + seed_sd**2)
    assert np.mean([f.seeds for f in found]) == pytest.approx(seed_sd**2, rel=0.05)
    assert np.mean([f.parameters for f in found]) == pytest.approx(parameter_sd**2, rel=0.12)
    assert np.mean([f.share_low <= share <= f.share_high for f in found]) >= 0.9


def test_by_hand():
    # means 2, 6; within mean square (1+1+1+1)/2 = 2; between 2*(4+4)/1 = 16; parameters (16-2)/2 = 7
    found = split_variance([1.0, 3.0, 5.0, 7.0], [0, 0, 1, 1])
    assert (found.seeds, found.parameters, found.share) == pytest.approx((2.0, 7.0, 7 / 9))
    assert (found.draws, found.replicates) == (2, 4)


def test_seeds_alone_leave_nothing_to_parameters():
    # two seeds of a draw further apart than draws are
    assert split_variance([0.0, 10.0, 1.0, 9.0], [0, 0, 1, 1]).parameters == 0.0


def test_parameters_alone_leave_nothing_to_seeds():
    found = split_variance([1.0, 1.0, 4.0, 4.0], [0, 0, 1, 1])
    assert (found.seeds, found.share) == (0.0, 1.0)


def test_unequal_numbers_and_missing_values():
    random = np.random.default_rng(5)
    values, draws = nested(400, 3, 1.0, 1.0, random)
    values[random.random(len(values)) < 0.2] = np.nan
    assert split_variance(values, draws).share == pytest.approx(0.5, abs=0.08)


def test_one_seed_a_draw_cannot_tell():
    assert np.isnan(split_variance([1.0, 2.0, 3.0], [0, 1, 2]).share)
    assert np.isnan(split_variance([], []).share)
