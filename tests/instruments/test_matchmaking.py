from __future__ import annotations

import numpy as np
import pytest

from ecosim.instruments.matchmaking import Matchmaking
from tests.instruments.contract import InstrumentBench
from tests.worlds import small_world


class TestMatchmaking(InstrumentBench):
    instrument = Matchmaking
    pair = ("DEU", "USA")

    def test_a_narrow_database_does_more_where_it_looks(self) -> None:
        narrow, wide = self.run(1e4, sectors=("health",)), self.run(1e4)
        assert (narrow.awareness[0, 4, 0] > wide.awareness[0, 4, 0]).all()

    def test_introductions_that_fit_nobody_slow_every_start(self) -> None:
        sectors = np.full((6, 10), 0.0)
        sectors[0, 0] = sectors[1:, 1] = 1.0
        self.world = small_world(country_sector_share=sectors)
        assert self.run(1e6).friction_start[0] > 1.0
        assert (self.run(1e6).friction_start[1:] == 1.0).all()

    def test_a_small_country_is_crowded_sooner(self) -> None:
        organisations = self.world.organisations.copy()
        organisations[0] //= 10
        before = self.run(1e6).friction_start[0]
        self.world = small_world(organisations=organisations)
        assert self.run(1e6).friction_start[0] > before > 1.0

    def test_nothing_crowds_where_all_fits(self) -> None:
        self.world = small_world(country_sector_share=np.full((6, 10), 0.1))
        assert self.run(1e6).friction_start == pytest.approx(1.0)
