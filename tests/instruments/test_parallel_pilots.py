from __future__ import annotations

import pytest

from ecosim.instruments.parallel_pilots import ParallelPilots
from tests.instruments.contract import InstrumentBench


class TestParallelPilots(InstrumentBench):
    instrument = ParallelPilots

    def test_no_sum_buys_more_than_the_most_sites(self) -> None:
        sites = self.run(1e12, most_sites=4, limit=0.5).pilot_sites
        assert sites == pytest.approx(1.0 + 0.5 * 3.0)
        assert (self.run(1e12, most_sites=1).pilot_sites == 1.0).all()

    def test_work_is_repeated_where_it_is_physical(self) -> None:
        handles = self.run(1e12, most_sites=2, limit=1.0, duplicate_cost=0.3)
        assert handles.pilot_cost == pytest.approx(1.0 + 0.3 * self.world.physical_intensity)
