from __future__ import annotations

import numpy as np
import pytest

from ecosim.shocks.programme_exclusion import ProgrammeExclusion
from tests.shocks.contract import CALM_END, ShockBench


class TestProgrammeExclusion(ShockBench):
    shock = ProgrammeExclusion

    def test_running_grants_are_honoured_unless_they_end(self) -> None:
        che = self.world.country_index("CHE")
        assert (self.handles(CALM_END, targets=("CHE",)).running_grants == 1.0).all()
        ended = self.handles(CALM_END, targets=("CHE",), severity=0.75, running_grants_end=True).running_grants
        assert (ended[che] == 0.25).all()
        assert (ended[:, che] == 0.25).all()
        assert (np.delete(np.delete(ended, che, axis=0), che, axis=1) == 1.0).all()

    def test_eligibility_from_and_to_the_targets_is_what_the_level_leaves(self) -> None:
        che = self.world.country_index("CHE")
        pushed = self.handles(CALM_END, targets=("CHE",), severity=0.75)
        touched = np.zeros((6, 6), dtype=bool)
        touched[che, :] = touched[:, che] = True
        assert pushed.eligibility[touched] == pytest.approx(0.25 * self.base.eligibility[touched])
        assert (pushed.eligibility[~touched] == self.base.eligibility[~touched]).all()

    def test_announced_first_then_effective(self) -> None:
        che = self.world.country_index("CHE")
        settings = {"targets": ("CHE",), "effective_after_months": 12, "expectation_loss": 0.4}
        announced = self.handles(CALM_END + 11, **settings)
        assert announced.expectation[che] == pytest.approx(0.6)
        assert announced.eligibility.tobytes() == self.base.eligibility.tobytes()
        assert (self.handles(CALM_END + 12, **settings).eligibility[che] == 0.0).all()

    def test_law_closes_leading_always_and_membership_unless_agreements_survive(self) -> None:
        che = self.world.country_index("CHE")
        survive = self.handles(CALM_END, targets=("CHE",)).ceilings["eligibility"]
        assert (survive[che] == 0.0).all()
        assert (np.delete(survive, che, axis=0) == 1.0).all()
        closed = self.handles(CALM_END, targets=("CHE",), agreements_survive=False).ceilings["eligibility"]
        assert (closed[:, che] == 0.0).all()
