from __future__ import annotations

import numpy as np
import pytest

from ecosim.channels.displaced import moved, reached
from ecosim.shocks.war import War
from tests.shocks.contract import CALM_END, ShockBench


class TestWar(ShockBench):
    shock = War

    def test_lowers_capacity_and_displaces_in_the_targets_alone(self) -> None:
        pol = self.world.country_index("POL")
        pushed = self.handles(CALM_END, targets=("POL",), severity=0.5, displaced_share=0.2, capacity_loss=0.4)
        assert pushed.capacity[pol] == pytest.approx(0.8)
        assert pushed.displaced[pol] == pytest.approx(0.1)
        assert (np.delete(pushed.capacity, pol) == 1.0).all()
        assert (np.delete(pushed.displaced, pol) == 0.0).all()

    def test_everybody_doubts_the_target_itself_too_and_nobody_else(self) -> None:
        pol = self.world.country_index("POL")
        believed = self.handles(CALM_END, targets=("POL",), belief_falls_months=1, expectation_loss=0.25).expectation
        assert believed[:, pol] == pytest.approx(0.75)
        assert (np.delete(believed, pol, axis=1) == 1.0).all()

    def test_people_go_where_they_can_and_none_is_lost_or_made_on_the_way(self) -> None:
        pol = self.world.country_index("POL")
        pushed = self.handles(CALM_END, targets=("POL",), displaced_share=0.3, capacity_loss=0.0)
        split = reached(pushed, self.world)
        assert split.sum(axis=1) == pytest.approx(1.0)
        assert split[pol, pol] == 0.0
        weight = pushed.mobility[pol] * pushed.awareness[pol].mean(axis=1) * self.world.researchers_thousand
        others = np.delete(np.arange(6), pol)
        assert split[pol, others] == pytest.approx(weight[others] / weight[others].sum())
        researchers = self.world.researchers_thousand
        # With work for all of them the world works as much as before, with work for none the target's loss is all.
        assert (moved(pushed.capacity, pushed, self.world, 1.0) * researchers).sum() == pytest.approx(researchers.sum())
        nobody = moved(pushed.capacity, pushed, self.world, 0.0)
        assert nobody[pol] == pytest.approx(0.7)
        assert (np.delete(nobody, pol) == 1.0).all()
        # The handle gives work to a share of those without.
        pushed.refuge[...] = 0.5
        half = moved(pushed.capacity, pushed, self.world, 0.4)
        assert (half * researchers).sum() == pytest.approx(researchers.sum() - 0.3 * 0.3 * researchers[pol])

    def test_without_displaced_capacity_is_the_handle_to_the_bit(self) -> None:
        assert moved(self.base.capacity, self.base, self.world, 0.4) is self.base.capacity
