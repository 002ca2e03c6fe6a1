from __future__ import annotations

import numpy as np
import pytest

from ecosim.shocks.closed_borders import ClosedBorders
from tests.shocks.contract import CALM_END, ShockBench


class TestClosedBorders(ShockBench):
    shock = ClosedBorders

    @pytest.mark.parametrize(("closes", "into", "out"), [("both", 0.7, 0.7), ("entry", 0.7, 0.0), ("exit", 0.0, 0.7)])
    def test_closes_the_ways_that_are_named(self, closes: str, into: float, out: float) -> None:
        pol = self.world.country_index("POL")
        pushed = self.handles(CALM_END, targets=("POL",), severity=0.7, closes=closes)
        lost = 1.0 - pushed.mobility / self.base.mobility
        others = np.delete(np.arange(6), pol)
        assert lost[others, pol] == pytest.approx(into)
        assert lost[pol, others] == pytest.approx(out)
        assert lost[np.ix_(others, others)] == pytest.approx(0.0)
        assert lost[pol, pol] == 0.0

    def test_between_two_targets_it_closes_once(self) -> None:
        deu, pol = self.world.country_index("DEU"), self.world.country_index("POL")
        pushed = self.handles(CALM_END, targets=("POL", "DEU"), severity=0.5)
        assert pushed.mobility[deu, pol] == pytest.approx(0.5 * self.base.mobility[deu, pol])
