from __future__ import annotations

import numpy as np
import pytest

from ecosim.channels.handles import Handles
from ecosim.instruments.capability_mapping import CapabilityMapping
from tests.instruments.contract import InstrumentBench
from tests.models import to_the_end, with_handles


class TestCapabilityMapping(InstrumentBench):
    instrument = CapabilityMapping
    pair = ("DEU", "FRA")

    def test_the_sender_has_the_map_as_far_as_its_partners_are_on_it(self) -> None:
        made = self.run(1e12, limit=0.6, fit_seen=0.5, unplanned_lost=0.3)
        part = self.world.participation_share[1] / (1.0 - self.world.participation_share[0])
        assert made.match_quality[0] == pytest.approx(1.0 + 0.5 * 0.6 * part)
        assert made.chance_met[0] == pytest.approx(1.0 - 0.3 * 0.6 * part)
        assert (made.match_quality[1:] == 1.0).all()
        assert (made.chance_met[1:] == 1.0).all()


def test_leads_who_see_what_fits_choose_what_fits() -> None:
    """And it is one weight for all candidates, so that no country is favoured for having been mapped."""

    def fit(weight: float) -> float:
        def see(handles: Handles) -> None:
            handles.match_quality[...] = weight

        model = to_the_end(with_handles(see, world__scale=0.05))
        return float(model.state.seats.used["fit"].mean())

    assert fit(4.0) > fit(1.0) > fit(0.0)


def test_who_meets_fewer_by_chance_meets_fewer_newcomers() -> None:
    def newcomers(met: float) -> float:
        def meet(handles: Handles) -> None:
            handles.chance_met[...] = met

        return float(np.nansum(to_the_end(with_handles(meet, world__scale=0.1)).series()["newcomers"]))

    assert newcomers(1.0) > newcomers(0.5) > newcomers(0.0)
