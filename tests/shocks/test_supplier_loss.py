from __future__ import annotations

import numpy as np
import pytest

from ecosim.shocks.supplier_loss import SupplierLoss
from ecosim.world.facts import INPUTS
from tests.shocks.contract import CALM_END, ShockBench


class TestSupplierLoss(ShockBench):
    shock = SupplierLoss

    def test_flow_from_the_target_falls_for_all_others(self) -> None:
        chn = self.world.country_index("CHN")
        supply = self.handles(CALM_END, targets=("CHN",), severity=0.75).supply
        assert supply[:, :chn, chn] == pytest.approx(0.25)
        assert (supply[:, chn, chn] == 1.0).all()
        assert (np.delete(supply, chn, axis=2) == 1.0).all()

    def test_a_disaster_stops_its_own_supplies_too(self) -> None:
        chn = self.world.country_index("CHN")
        assert self.handles(CALM_END, targets=("CHN",), at_home_too=True).supply[:, chn, chn].max() == 0.0

    def test_only_the_kinds_named_stop(self) -> None:
        usa, chn = self.world.country_index("USA"), self.world.country_index("CHN")
        supply = self.handles(CALM_END, targets=("CHN",), inputs=("cloud", "materials")).supply
        stopped = [kind for kind, flow in zip(INPUTS, supply[:, usa, chn], strict=True) if flow == 0.0]
        assert stopped == ["materials", "cloud"]
        assert np.delete(supply, chn, axis=2).min() == 1.0

    def test_a_kind_that_does_not_exist_is_one_clear_line(self) -> None:
        with pytest.raises(
            ValueError, match=r"inputs=instrument: not allowed; allowed: all, or any of .*did you mean instruments"
        ):
            self.dated(targets=("CHN",), inputs=("instrument",))

    def test_at_risk_is_what_it_takes(self) -> None:
        dated = self.dated(targets=("CHN",), inputs=("cloud",))
        before = self.base.supply
        changed = self.handles(CALM_END, targets=("CHN",), inputs=("cloud",)).supply != before
        assert (changed == dated.shock.flows_hit(self.world, dated.targets)).all()
