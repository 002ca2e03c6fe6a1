from __future__ import annotations

import pytest

from ecosim.shocks.funder_withdrawal import FunderWithdrawal
from tests.shocks.contract import CALM_END, ShockBench


class TestFunderWithdrawal(ShockBench):
    shock = FunderWithdrawal

    @pytest.mark.parametrize(
        ("cuts", "payment", "appropriation"),
        [("both", 0.25, 0.25), ("payments", 0.25, 1.0), ("appropriation", 1.0, 0.25)],
    )
    def test_cuts_the_programme_only(self, cuts: str, payment: float, appropriation: float) -> None:
        pushed = self.handles(CALM_END, severity=0.75, cuts=cuts)
        assert pushed.payment.tolist() == [payment, 1.0]
        assert pushed.appropriation.tolist() == [appropriation, 1.0]

    def test_all_countries_lose_belief_unless_named(self) -> None:
        every, one = self.handles(CALM_END), self.handles(CALM_END, targets=("DEU",))
        for name in ("programme_expectation", "lead_expectation"):
            assert (getattr(every, name) < 1.0).all()
            assert (getattr(one, name) < 1.0).any(axis=1).sum() == 1
        assert (every.expectation == 1.0).all()
