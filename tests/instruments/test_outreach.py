from __future__ import annotations

import numpy as np
import pytest

from ecosim.instruments.outreach import AcceleratorHubs, Mentoring, Outreach, VirtualLabs
from tests.instruments.contract import InstrumentBench


class TestOutreach(InstrumentBench):
    instrument = Outreach
    pair = ("DEU", "POL")

    def test_peripheral_hosts_come_first(self) -> None:
        shares = Outreach().first_allocation(self.world)
        assert shares[:, self.world.peripheral].sum() == pytest.approx(1.0)
        assert Outreach(hosts=("FRA",)).first_allocation(self.world)[:, 1].sum() == pytest.approx(1.0)

    def test_newcomers_of_the_host_are_met_and_the_host_reaches_the_senders_knowledge(self) -> None:
        made = self.run(1e12, limit=0.3)
        assert made.newcomer_entry[0, 2] == pytest.approx(0.3)
        gap = 1.0 - self.base.knowledge_access[2, 0]
        assert made.knowledge_access[2, 0] == pytest.approx(self.base.knowledge_access[2, 0] + 0.3 * gap)
        assert made.knowledge_access[0, 2] == self.base.knowledge_access[0, 2]
        assert np.count_nonzero(made.newcomer_entry) == 1

    @pytest.mark.parametrize("preset", [Mentoring, VirtualLabs, AcceleratorHubs])
    def test_its_forms_are_one_mechanism(self, preset: type[Outreach]) -> None:
        assert preset.push is Outreach.push
