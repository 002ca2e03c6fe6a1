"""What organisations are made of."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.model import Ecosystem
from ecosim.world.population import _smallest_sizes


@pytest.mark.parametrize("exponent", [0.7, 1.0, 1.6, 5.0])
def test_mean_sizes_stand_in_the_ratio_asked_and_none_exceeds_the_largest(exponent: float) -> None:
    ratio, largest = np.array([0.3, 1.0, 3.0]), 400.0
    smallest = _smallest_sizes(ratio, exponent, largest)
    u = (np.arange(200_000) + 0.5) / 200_000
    means = []
    for low in smallest:
        rarest = (largest / low) ** -exponent
        sizes = low * (1.0 - u * (1.0 - rarest)) ** (-1.0 / exponent)
        assert sizes.max() <= largest * (1 + 1e-9)
        means.append(sizes.mean())
    assert np.array(means) / means[1] == pytest.approx(ratio, rel=0.01)
    assert smallest[1] == pytest.approx(1.0, rel=0.01)


def test_sizes_and_knowledge_keep_to_their_parameters() -> None:
    model = Ecosystem(**{"world.scale": 0.2, "behaviour.population.largest_size": 50.0})
    population = model.setting.population
    assert population.organisations["size"].max() <= 50.0
    knowledge = np.sort(population.knowledge, axis=1)[:, ::-1]
    wide = knowledge[knowledge[:, 1] > 0.0]
    assert len(wide) > 100
    assert wide[:, 1] / wide[:, 0] == pytest.approx(model.config.behaviour.population.next_sector_share, rel=1e-5)
