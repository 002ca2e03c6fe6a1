from __future__ import annotations

import pytest

from ecosim.shocks.transport_disruption import TransportDisruption
from tests.shocks.contract import CALM_END, ShockBench


class TestTransportDisruption(ShockBench):
    shock = TransportDisruption

    def test_goods_over_the_distance_are_hit_both_ways_and_services_are_not(self) -> None:
        deu, pol, usa = (self.world.country_index(code) for code in ("DEU", "POL", "USA"))
        pushed = self.handles(CALM_END, targets=("DEU",), from_km=3000.0, supply_loss=0.4, severity=0.5)
        for goods in range(4):
            for pair in ((deu, usa), (usa, deu)):
                assert pushed.supply[goods][pair] == pytest.approx(0.8 * self.base.supply[goods][pair])
            # near, and past the target
            assert pushed.supply[goods, deu, pol] == self.base.supply[goods, deu, pol]
            assert pushed.supply[goods, pol, usa] == self.base.supply[goods, pol, usa]
        assert (pushed.supply[4] == self.base.supply[4]).all()

    def test_what_a_country_makes_itself_is_there(self) -> None:
        pushed = self.handles(CALM_END, severity=1.0, supply_loss=1.0)
        for country in range(6):
            assert (pushed.supply[:, country, country] == self.base.supply[:, country, country]).all()
