from __future__ import annotations

import numpy as np
import pytest

from ecosim.channels.build import base_handles
from ecosim.channels.effects import effects_of
from ecosim.config.behaviour import BehaviourConfig, MechanismsConfig
from ecosim.config.channels import ChannelsConfig
from ecosim.instruments.equitable_governance import EquitableGovernance
from tests.instruments.contract import InstrumentBench
from tests.worlds import small_world


class TestEquitableGovernance(InstrumentBench):
    instrument = EquitableGovernance
    pair = ("CHE", "CHN")

    def test_only_the_weaker_side_is_won(self) -> None:
        assert self.run(1e9).fair_terms[3, 5] > 0.0
        assert not self.run(1e9, senders=("CHN",), hosts=("CHE",)).fair_terms.any()
        assert self.run(1e9, senders=("CHN",), hosts=("CHE",)).friction_start[5] > 1.0

    def test_money_goes_where_there_is_a_weaker_side(self) -> None:
        shares = EquitableGovernance().first_allocation(self.world)
        spends = self.world.rd_busd / self.world.researchers_thousand
        assert not shares[spends[None, :] >= spends[:, None]].any()


def test_fair_terms_win_the_unwilling_and_open_nothing_that_is_closed() -> None:
    world, behaviour = small_world(), BehaviourConfig()
    base = base_handles(world, ChannelsConfig()).copy()
    base.political[0, 4] = 0.0
    fair = base.copy()
    fair.fair_terms[...] = 0.5
    usual, won = (effects_of(h, base, world, behaviour, MechanismsConfig()).accepts for h in (base, fair))
    willing = behaviour.acceptance.base
    assert won == pytest.approx(usual * (willing + 0.5 * (1.0 - willing)) / willing)
    assert not won[0, 4].any()
    fair.fair_terms[...] = 1.0
    most = effects_of(fair, base, world, behaviour, MechanismsConfig()).accepts
    assert np.all(most <= 1.0)
