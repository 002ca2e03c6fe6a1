"""Countries in search, balanced both ways."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.channels.balance import balance, nearness, participation_mass
from ecosim.channels.build import base_handles
from ecosim.channels.handles import Handles
from ecosim.config.behaviour import SearchConfig
from ecosim.config.channels import ChannelsConfig
from ecosim.config.world import WorldConfig
from ecosim.world import load_world
from ecosim.world.facts import World

SEARCH = SearchConfig()


def filled(world: World, base: Handles, factor: np.ndarray) -> np.ndarray:
    """(C, S) shares of the seats that leads fill, who are spread over countries as participations are."""
    mass = participation_mass(world)
    looks = nearness(base.awareness, SEARCH) * base.eligibility * (mass * factor)[None]
    total = looks.sum(axis=1, keepdims=True)
    leads = mass * (total[:, 0] > 0.0)
    return (leads[:, None] * looks / np.where(total > 0.0, total, 1.0)).sum(axis=0) / leads.sum(axis=0)


@pytest.mark.parametrize("preset", ["classroom", "europe", "global", "synthetic"])
def test_shares_come_out_as_they_go_in(preset: str) -> None:
    world = load_world(WorldConfig(preset=preset))
    base = base_handles(world, ChannelsConfig())
    wanted = participation_mass(world)
    wanted /= wanted.sum(axis=0)
    assert np.abs(filled(world, base, np.ones_like(wanted)) - wanted).max() > 0.002
    factor = balance(world, base, SEARCH)
    assert filled(world, base, factor) == pytest.approx(wanted, abs=1e-8)
    # Countries from which nobody may lead leave the others a solution: factors do not grow without end.
    assert factor.max() < 100.0


def test_with_nobody_to_lead_there_is_nothing_to_balance() -> None:
    world = load_world(WorldConfig(preset="classroom"))
    base = base_handles(world, ChannelsConfig())
    closed = base.copy()
    closed.eligibility[:] = 0.0
    assert (balance(world, closed, SEARCH) == 1.0).all()
