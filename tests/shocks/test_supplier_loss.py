from __future__ import annotations

import numpy as np
import pytest

from ecosim.shocks.supplier_loss import SupplierLoss
from tests.shocks.contract import CALM_END, ShockContract


class TestSupplierLoss(ShockContract):
    shock = SupplierLoss

    def test_flow_from_the_target_falls_for_all_others(self) -> None:
        chn = self.world.country_index("CHN")
        supply = self.handles(CALM_END, targets=("CHN",), severity=0.75).supply
        supply = supply[0]
        assert supply[:chn, chn] == pytest.approx(0.25)
        assert supply[chn, chn] == 1.0
        assert (np.delete(supply, chn, axis=1) == 1.0).all()

    def test_a_disaster_stops_its_own_supplies_too(self) -> None:
        chn = self.world.country_index("CHN")
        assert self.handles(CALM_END, targets=("CHN",), at_home_too=True).supply[0, chn, chn] == 0.0
