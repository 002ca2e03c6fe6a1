"""What organisations are made of."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.config.world import WorldConfig
from ecosim.model import Ecosystem
from ecosim.world import load_world
from ecosim.world.facts import ORGANISATION_TYPES
from ecosim.world.population import MEAN_SIZE, sizes_of
from ecosim.world.presets import all_there_are
from tests.worlds import small_world


@pytest.mark.parametrize("exponent", [0.3, 0.7, 1.0, 1.6, 5.0])
def test_mean_sizes_stand_in_the_ratio_asked_and_none_exceeds_the_largest(exponent: float) -> None:
    world = small_world()
    sizes = sizes_of(world, exponent, 1.0, 1.0)
    u = (np.arange(200_000) + 0.5) / 200_000
    each = world.participations / (world.organisations * world.pool_per_funded)
    overall = world.participations.sum() / (world.organisations * world.pool_per_funded).sum()
    for c, t in ((0, 0), (0, 2), (5, 2)):
        low, high = sizes.smallest[c, t], sizes.largest[t]
        drawn = low * (1.0 - u * (1.0 - (high / low) ** -exponent)) ** (-1.0 / exponent)
        assert drawn.max() <= high * (1 + 1e-9)
        assert drawn.mean() / MEAN_SIZE == pytest.approx(each[c, t] / overall, rel=0.02)


def test_a_type_whose_largest_took_part_less_often_has_smaller_ones() -> None:
    few = np.array([100, 346, 50, 50, 25], dtype=np.int32)
    sizes = sizes_of(small_world(most_participations=few), 0.7, 1.0, 1.0)
    # what the largest has beside the mean of its type is as in the facts, whatever the type
    assert sizes.largest / few == pytest.approx(np.full(5, sizes.largest[0] / few[0]))


def test_the_pool_has_its_size_when_the_burn_in_ends() -> None:
    def there_after(burn_in: int) -> int:
        model = Ecosystem(**{"world.scale": 0.1, "timeline.burn_in_months": burn_in, "world.entrants_per_year": 0.1})
        rows = model.setting.population.organisations
        return int((rows["arrival_month"] < burn_in).sum())

    pool = load_world(WorldConfig(preset="europe"))
    wanted = float((pool.organisations * pool.pool_per_funded).sum()) * 0.1
    assert there_after(24) == pytest.approx(wanted, rel=0.03)
    assert there_after(120) == pytest.approx(wanted, rel=0.03)


def test_all_there_are_is_found_from_those_seen() -> None:
    """Of 2,000 that take part by chance, as often as each is large, not all are seen; the estimate finds most."""
    random = np.random.default_rng(3)
    alike = random.poisson(1.0, 2000)
    seen = alike[alike > 0]
    assert len(seen) < 1400
    assert all_there_are(seen) == pytest.approx(2000, rel=0.08)
    # Where they differ much it finds fewer than there are, but more than the bound that knows only ones and twos.
    unlike = random.poisson(random.gamma(1.0, 1.0, 2000))
    seen = unlike[unlike > 0]
    once, twice = (seen == 1).sum(), (seen == 2).sum()
    assert len(seen) + once * once / (2.0 * twice) < all_there_are(seen) < 2000
    assert all_there_are(np.array([5, 6, 7])) == 3.0
    assert all_there_are(np.ones(4, dtype=np.int64)) == 10.0


def test_sizes_and_knowledge_keep_to_their_parameters() -> None:
    model = Ecosystem(**{"world.scale": 0.2, "behaviour.population.largest_size": 0.05})
    largest = sizes_of(model.setting.world, model.config.behaviour.search.size_exponent, 0.85, 0.05).largest
    population = model.setting.population
    rows = population.organisations
    assert (rows["size"] <= largest[rows["type"]] * (1 + 1e-9)).all()
    knowledge = np.sort(population.knowledge, axis=1)[:, ::-1]
    wide = knowledge[:, 1] > 0.0
    share = model.setting.world.next_sector_share[rows["type"]]
    for kind in range(len(ORGANISATION_TYPES)):
        assert (wide & (rows["type"] == kind)).sum() > 20
    assert knowledge[wide, 1] / knowledge[wide, 0] == pytest.approx(share[wide], rel=1e-5)
