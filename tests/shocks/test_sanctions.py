from __future__ import annotations

import numpy as np
import pytest

from ecosim.errors import InputError
from ecosim.shocks import date_shock
from ecosim.shocks.sanctions import Sanctions
from tests.shocks.contract import CALM_END, ShockBench, changed_handles


class TestSanctions(ShockBench):
    shock = Sanctions

    def test_only_pairs_of_a_target_and_the_coalition_close_and_both_ways(self) -> None:
        deu, fra, chn, usa = (self.world.country_index(code) for code in ("DEU", "FRA", "CHN", "USA"))
        pushed = self.handles(CALM_END, targets=("CHN",), coalition=("DEU", "USA"), travel_share=0.5)
        lost = 1.0 - pushed.mobility / self.base.mobility
        for pair in ((deu, chn), (chn, deu), (usa, chn), (chn, usa)):
            assert lost[pair] == pytest.approx(0.5)
            lost[pair] = 0.0
        assert lost == pytest.approx(0.0)
        assert pushed.supply[0, fra, chn] == self.base.supply[0, fra, chn]
        assert pushed.supply[0, deu, chn] < self.base.supply[0, deu, chn]

    @pytest.mark.parametrize(
        ("measure", "handles"),
        [
            ("trade", {"supply"}),
            ("technology", {"technology_control"}),
            ("financial", {"eligibility"}),
            ("travel", {"mobility"}),
        ],
    )
    def test_a_measure_closes_what_it_names_alone(self, measure: str, handles: set[str]) -> None:
        pushed = self.handles(CALM_END, targets=("DEU",), measures=(measure,), expectation_loss=0.0)
        assert changed_handles(self.base, pushed) == handles

    def test_services_are_no_goods(self) -> None:
        pushed = self.handles(CALM_END, targets=("DEU",), measures=("trade",))
        assert (pushed.supply[4] == self.base.supply[4]).all()

    def test_no_money_opens_what_is_forbidden(self) -> None:
        pushed = self.handles(CALM_END, targets=("CHN",), travel_share=0.6)
        before = pushed.mobility.copy()
        pushed.close_gap("mobility", 1.0)
        chn = self.world.country_index("CHN")
        others = np.delete(np.arange(6), chn)
        assert (pushed.mobility[others, chn] <= np.maximum(before[others, chn], 0.4) + 1e-12).all()

    def test_a_coalition_of_nobody_is_one_clear_line(self) -> None:
        with pytest.raises(InputError, match=r"shocks\.x\.coalition.*leaves nobody to impose them"):
            date_shock("x", Sanctions(targets=("DEU",), coalition=("DEU",)), self.world, 0, lambda key: 0.0)
