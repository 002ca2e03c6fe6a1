"""Hosts take in the displaced: whom, when, and what it is worth beside nobody doing so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.decisions.base import Announced, Seen
from ecosim.decisions.hosts_take_in_displaced import HostsTakeInDisplaced
from ecosim.errors import InputError
from ecosim.model import Ecosystem
from tests.models import SMALL, to_the_end
from tests.worlds import small_world

WORLD = small_world()


def seen(kind: str, in_force: bool) -> Seen:
    targets = np.array([code == "POL" for code in WORLD.countries])
    shock = Announced("mine", kind, targets, months_ago=3, in_force=in_force)
    return Seen("hosts", 50, 24, WORLD, {"announced": (shock,)})


def test_hosts_answer_a_war_in_force_and_nothing_else() -> None:
    decision = HostsTakeInDisplaced(hosts=("DEU", "POL"))
    stance = decision.decide(seen("war", True)).stance
    assert stance is not None
    deu, pol = (WORLD.country_index(code) for code in ("DEU", "POL"))
    assert stance[deu, pol] == stance.sum() == 1.0
    for other in (seen("war", False), seen("diplomatic_rupture", True)):
        nobody = decision.decide(other).stance
        assert nobody is not None
        assert not nobody.any()


def test_hosts_that_are_not_there_are_one_line() -> None:
    with pytest.raises(InputError, match=r"decisions\.mine\.hosts=XXX"):
        HostsTakeInDisplaced(hosts=("XXX",)).check("mine", WORLD, {})


def test_those_taken_in_work_at_their_hosts_and_the_country_at_war_gains_nothing() -> None:
    def capacity(decisions: dict[str, Any]) -> np.ndarray:
        war = {"war": {"targets": ["ESP"], "displaced_share": 0.4}}
        model = Ecosystem(**SMALL, shocks=war, decisions=decisions)
        return to_the_end(model).state.effects.capacity

    alone, taken_in = capacity({}), capacity({"hosts_take_in_displaced": {"share": 1.0}})
    esp = Ecosystem(**SMALL).setting.world.country_index("ESP")
    assert taken_in[esp] == alone[esp] < 1.0
    others = np.delete(np.arange(len(alone)), esp)
    assert (taken_in[others] > alone[others]).all()
    assert (alone[others] > 1.0).all()
