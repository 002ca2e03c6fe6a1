"""Facts about health: what the table holds, in the order asked for, and who has none."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.config.world import WorldConfig
from ecosim.errors import InputError
from ecosim.world import load_world
from ecosim.world.health import health_facts


def test_facts_come_in_the_order_asked_for() -> None:
    facts = health_facts(("USA", "FRA", "KEN"))
    assert facts.countries == ("USA", "FRA", "KEN")
    np.testing.assert_array_equal(facts.supercomputers[[0, 2]], [264, 0])
    # the known low of trust in vaccines, and the part of Great Britain in studies of the genome
    assert facts.trust[1] == pytest.approx(0.4704)
    assert facts.outbreaks_per_year[0] == pytest.approx(34 / 26)
    np.testing.assert_array_equal(facts.steps_below_high, [0, 0, 2])
    assert 1500 < facts.gdp_per_head_usd[2] < 3000
    world = load_world(WorldConfig(preset="global"))
    all_of_them = health_facts(world.countries)
    assert all_of_them.study_participants.argmax() == world.country_index("GBR")
    np.testing.assert_array_equal(all_of_them.steps_below_high >= 2, world.low_income)
    np.testing.assert_allclose(all_of_them.gdp_per_head_usd * all_of_them.population_million, world.gdp_busd * 1e3)
    with pytest.raises(ValueError, match="read-only"):
        all_of_them.trust[0] = 1.0


def test_the_rest_of_the_world_has_no_facts() -> None:
    with pytest.raises(InputError, match=r"country=ROW: has no facts about health; allowed: countries of world=global"):
        health_facts(load_world(WorldConfig(preset="europe")).countries)
