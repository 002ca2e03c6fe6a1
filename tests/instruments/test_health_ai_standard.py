"""What is special to the standard of safety and bias: it is paid for by member, and covers what members share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.channels.build import base_handles
from ecosim.channels.handles import Handles
from ecosim.config.channels import ChannelsConfig
from ecosim.config.world import WorldConfig
from ecosim.instruments.health_ai_standard import HealthAiStandard
from ecosim.world import World, load_world
from ecosim.world.facts import SECTORS

HEALTH = SECTORS.index("health")


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(WorldConfig(preset="global"))


def pushed(world: World, eur_per_member: float, **between: Any) -> tuple[Handles, Handles, int]:
    """Handles at rest, those under a standard that has so much money for each member, and the number of members."""
    standard = HealthAiStandard(**between)
    pairs = standard.pairs(world)
    members = int((pairs.any(axis=0) | pairs.any(axis=1)).sum())
    base = base_handles(world, ChannelsConfig())
    handles = base.copy()
    standard.push(handles, world, pairs * (eur_per_member * members / pairs.sum()))
    return base, handles, members


def closed(base: Handles, handles: Handles, one: int, other: int) -> float:
    before, after = (each.recognition[one, other, HEALTH] for each in (base, handles))
    return float((after - before) / (1.0 - before))


def test_as_much_money_for_each_member_goes_as_far_with_few_as_with_many(world: World) -> None:
    """How many pairs there are to agree makes no standard dearer."""
    europe = {"senders": ["bloc:eu"], "hosts": ["bloc:eu"]}
    germany, poland, kenya = (world.country_index(code) for code in ("DEU", "POL", "KEN"))
    for eur in (2e4, 1e5, 1e6):
        base, of_all, many = pushed(world, eur)
        _, of_few, few = pushed(world, eur, **europe)
        assert many > 2 * few
        wanted = 0.5 * -np.expm1(-eur / 1e5)
        assert closed(base, of_all, germany, poland) == pytest.approx(wanted)
        assert closed(base, of_few, germany, poland) == pytest.approx(wanted)
        assert closed(base, of_few, germany, kenya) == 0.0
        # models come from all; a standard of few covers few of them, and nobody outside
        assert 0.0 < of_few.health_testing[germany] < of_all.health_testing[germany] == pytest.approx(wanted)
        assert of_few.health_testing[kenya] == 0.0
