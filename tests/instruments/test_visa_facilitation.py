from __future__ import annotations

import numpy as np
import pytest

from ecosim.instruments.visa_facilitation import VisaFacilitation
from tests.instruments.contract import InstrumentBench


class TestVisaFacilitation(InstrumentBench):
    instrument = VisaFacilitation
    pair = ("DEU", "CHN")

    def test_a_government_eases_its_own_visas_only(self) -> None:
        deu, chn = self.world.country_index("DEU"), self.world.country_index("CHN")
        mobility = self.run(1e6).mobility
        assert mobility[chn, deu] > self.base.mobility[chn, deu]
        assert mobility[deu, chn] == self.base.mobility[deu, chn]

    def test_talent_leaves_the_weaker_side_and_nobody_is_lost(self) -> None:
        capacity = self.run(1e8).capacity
        deu, chn = self.world.country_index("DEU"), self.world.country_index("CHN")
        assert capacity[chn] < 1.0 < capacity[deu]
        assert (np.delete(capacity, [deu, chn]) == 1.0).all()
        researchers = self.world.researchers_thousand
        assert (capacity * researchers).sum() == pytest.approx(researchers.sum())

    def test_nobody_leaves_where_research_is_better_paid(self) -> None:
        assert self.run(1e8, senders=("CHN",), hosts=("DEU",)).capacity[0] == 1.0
