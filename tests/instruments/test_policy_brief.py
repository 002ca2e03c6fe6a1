from __future__ import annotations

import pytest

from ecosim.channels.build import base_handles
from ecosim.config.channels import ChannelsConfig
from ecosim.instruments.policy_brief import PolicyBrief
from tests.instruments.contract import InstrumentBench


class TestPolicyBrief(InstrumentBench):
    instrument = PolicyBrief
    pair = ("DEU", "CHE")

    def test_readers_lose_a_part_of_their_doubt_about_the_sender(self) -> None:
        # the bench has halved belief
        belief = self.run(1e12, limit=0.5, doubt_taken=0.4).expectation
        assert belief[3, 0] == pytest.approx(0.5 + 0.5 * 0.4 * 0.5)
        assert belief[0, 3] == 0.5

    def test_without_doubt_there_is_none_to_take(self) -> None:
        self.base = base_handles(self.world, ChannelsConfig())
        made = self.run(1e12)
        assert (made.expectation == 1.0).all()
        assert made.friction_start[3] < 1.0
        assert made.capacity[0] < 1.0
