from __future__ import annotations

import numpy as np
import pytest

from ecosim.channels.handles import Handles
from ecosim.instruments.sector_trade_mission import (
    ArtificialIntelligenceMission,
    BiopharmaMission,
    CleanEnergyMission,
    SectorTradeMission,
)
from ecosim.world.facts import ORGANISATION_TYPES, SECTORS
from tests.instruments.contract import InstrumentBench
from tests.models import to_the_end, with_handles


class TestSectorTradeMission(InstrumentBench):
    instrument = SectorTradeMission
    pair = ("DEU", "USA")

    def test_attention_is_moved_and_none_is_made(self) -> None:
        made = self.run(1e6)
        mix = self.world.country_sector_share[4]
        before, after = self.base.awareness[0, 4], made.awareness[0, 4]
        served = np.isin(SECTORS, ("health", "energy", "digital_and_industrial"))
        assert (after[served] > before[served]).all()
        assert (after[~served] < before[~served]).all()
        assert (mix * after).sum() == pytest.approx((mix * before).sum())
        made.awareness[0, 4] = before
        assert (made.awareness == self.base.awareness).all()

    def test_there_is_nothing_to_take_from_where_all_sectors_are_served(self) -> None:
        assert (self.run(1e6, sectors="all").awareness >= self.base.awareness).all()

    def test_nil_is_inside_the_range(self) -> None:
        span = SectorTradeMission.model_fields["limit"].json_schema_extra
        assert isinstance(span, dict)
        assert span["range"] == [0.0, 0.3]
        made = self.run(1e9, limit=0.0)
        assert (made.awareness == self.base.awareness).all()
        assert not made.firms_met.any()

    @pytest.mark.parametrize(
        ("preset", "sector"),
        [
            (BiopharmaMission, "health"),
            (CleanEnergyMission, "energy"),
            (ArtificialIntelligenceMission, "digital_and_industrial"),
        ],
    )
    def test_its_fields_differ_in_their_sector_alone(self, preset: type[SectorTradeMission], sector: str) -> None:
        assert preset().sectors == (sector,)
        assert preset.push is SectorTradeMission.push
        its_own = {"kind": SectorTradeMission.kind, "sectors": SectorTradeMission().sectors}
        # the kind is written whatever is left out
        assert preset().model_dump() | its_own == SectorTradeMission().model_dump() | its_own


def test_where_firms_are_met_more_of_those_who_join_are_firms() -> None:
    def firms(met: float, **overrides: object) -> float:
        def meet(handles: Handles) -> None:
            handles.firms_met[...] = met

        model = to_the_end(with_handles(meet, **overrides))
        seats = model.state.seats.used
        joined = seats["organisation"][seats["organisation"] >= 0]
        return float((model.state.organisations["type"][joined] == ORGANISATION_TYPES.index("PRC")).mean())

    assert firms(0.9) > firms(0.0)
    assert firms(0.9, mechanisms__newcomers=False) == firms(0.0, mechanisms__newcomers=False)
