from __future__ import annotations

import numpy as np
import pytest

from ecosim.channels.effects import effects_of
from ecosim.config.behaviour import BehaviourConfig, MechanismsConfig
from ecosim.shocks.export_control import ExportControl
from ecosim.world.facts import SECTORS
from tests.shocks.contract import CALM_END, ShockBench


class TestExportControl(ShockBench):
    shock = ExportControl

    def test_closes_the_sector_as_far_as_it_is_under_control_and_no_other(self) -> None:
        deu, usa, chn = (self.world.country_index(code) for code in ("DEU", "USA", "CHN"))
        pushed = self.handles(
            CALM_END, targets=("CHN",), controllers=("USA",), sectors=("security", "food"), severity=0.5
        )
        lost = 1.0 - pushed.licence
        security = SECTORS.index("security")
        assert lost[usa, chn, security] == lost[chn, usa, security] == pytest.approx(0.3)
        # nothing of food is under control in this world
        lost[[usa, chn], [chn, usa], security] = 0.0
        assert (lost == 0.0).all()
        assert pushed.licence[deu, chn, security] == 1.0

    def test_invitations_across_are_refused_in_that_sector_alone(self) -> None:
        usa, chn = self.world.country_index("USA"), self.world.country_index("CHN")
        calm, closed = (
            effects_of(handles, self.base, self.world, BehaviourConfig(), MechanismsConfig()).acceptance_unfunded
            for handles in (self.base, self.handles(CALM_END, targets=("CHN",), controllers=("USA",)))
        )
        left = np.divide(closed, calm, out=np.ones_like(calm), where=calm > 0.0)
        digital = SECTORS.index("digital_and_industrial")
        assert left[usa, chn, digital] == left[chn, usa, digital] == pytest.approx(0.5)
        left[[usa, chn], [chn, usa], digital] = 1.0
        assert (left == 1.0).all()
