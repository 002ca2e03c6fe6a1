from __future__ import annotations

import numpy as np
import pytest

from ecosim.instruments.people_exchange import (
    Fellowships,
    JointAppointments,
    JointDegrees,
    PeopleExchange,
    StaffExchanges,
)
from ecosim.model import Ecosystem
from tests.instruments.contract import InstrumentBench
from tests.models import SMALL


class TestPeopleExchange(InstrumentBench):
    instrument = PeopleExchange
    pair = ("DEU", "CHN")

    def test_both_sides_know_and_reach_each_other_the_smaller_more(self) -> None:
        made = self.run(1e8)
        for name in ("awareness", "knowledge_access"):
            gap, left = 1.0 - getattr(self.base, name), 1.0 - getattr(made, name)
            closed = (1.0 - left / np.where(gap > 0.0, gap, 1.0))[[0, 5], [5, 0]]
            # fewer researchers, so a larger share of them
            assert (closed[0] > closed[1]).all()
            assert np.all(closed[1] > 0.0)
        assert made.trust[0, 5] == made.trust[5, 0] > 0.0

    def test_talent_leaves_the_side_that_pays_less_and_nobody_is_lost(self) -> None:
        capacity = self.run(1e9).capacity
        assert capacity[5] < 1.0 < capacity[0]
        researchers = self.world.researchers_thousand
        assert (capacity * researchers).sum() == pytest.approx(researchers.sum())
        assert (self.run(1e9, one_way=0.0).capacity == 1.0).all()

    def test_no_country_is_emptied(self) -> None:
        capacity = self.run(1e15, senders="all", hosts="all", limit=1.0, one_way=1.0).capacity
        assert capacity.min() > 0.0

    @pytest.mark.parametrize("preset", [Fellowships, StaffExchanges, JointAppointments, JointDegrees])
    def test_its_forms_are_one_mechanism(self, preset: type[PeopleExchange]) -> None:
        assert preset.push is PeopleExchange.push


def test_ties_outlive_the_people_and_nobody_stays_away_for_good() -> None:
    """When the money stops, half of the people are back after a half-life, and more than half of the trust is left."""
    given = {"monthly_eur": 4e7, "life_months": 12.0}
    model = Ecosystem(**{**SMALL, "instruments": {"people_exchange": given}, "decisions": {}}).advance(30)
    capacity, trust = model.state.handles.capacity.copy(), model.state.trust_shift.copy()
    assert trust.max() > 0.0
    assert capacity.min() < 1.0
    model.state.intensity[:] = 0.0
    model.advance(54)
    away = 1.0 - capacity.min()
    assert 1.0 - model.state.handles.capacity.min() < 0.35 * away
    assert (model.state.trust_shift[trust > 0.0] > 0.75 * trust[trust > 0.0]).all()
