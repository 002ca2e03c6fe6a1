from __future__ import annotations

import pytest

from ecosim.channels.build import base_handles
from ecosim.channels.handles import Handles
from ecosim.config.channels import ChannelsConfig
from ecosim.instruments.policy_brief import PolicyBrief
from tests.instruments.contract import InstrumentBench
from tests.models import small, to_the_end, with_handles


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


def test_a_small_delay_delays_some_grants_by_a_month_and_leaves_the_others() -> None:
    """With eight months to a grant, four percent more are a month for about a third of them."""

    def waits(friction: float) -> dict[tuple[int, int, int], int]:
        def slow(handles: Handles) -> None:
            handles.friction_start[...] = friction

        rows = to_the_end(with_handles(slow, world__scale=0.05)).state.partnerships.used
        rows = rows[rows["funder"] >= 0]
        return {
            (int(row["lead_key"]), int(row["tag"]), int(row["proposed_month"])): int(
                row["start_month"] - row["proposed_month"]
            )
            for row in rows
        }

    months = small().config.programme.time_to_grant_months
    assert set(waits(1.0).values()) == {months}
    later = [wait - months for wait in waits(1.04).values()]
    assert set(later) == {0, 1}
    assert sum(later) / len(later) == pytest.approx(0.04 * months, abs=0.12)
