from __future__ import annotations

import numpy as np

from ecosim.channels.handles import Handles
from ecosim.instruments.dashboard import Dashboard
from tests.instruments.contract import InstrumentBench
from tests.models import to_the_end, with_handles


class TestDashboard(InstrumentBench):
    instrument = Dashboard
    pair = ("DEU", "FRA")

    def test_both_sides_see_it_and_the_sender_goes_by_it(self) -> None:
        made = self.run(1e6)
        assert made.results_shown[0, 1] == made.results_shown[1, 0] > 0.0
        assert made.chance_met[0] < 1.0
        assert (made.chance_met[1:] == 1.0).all()


def test_trust_follows_success_and_failure_alike() -> None:
    """Where nothing fails there is more of it at the end; and where much fails, failure takes a larger share of it."""

    def trust(shown: float, **overrides: float) -> float:
        def show(handles: Handles) -> None:
            handles.results_shown[...] = shown

        worlds = [to_the_end(with_handles(show, **overrides, replicate=number)) for number in range(6)]
        return float(np.sum([np.sum(world.state.ties.slots["trust"]) for world in worlds]))

    calm = {"behaviour__work__failure_hazard": 0.0}
    assert trust(1.0, **calm) > 1.2 * trust(0.0, **calm)

    def left(shown: float) -> float:
        """Share of trust that is left where half of what a failed partnership had is lost."""
        failing = {"behaviour__work__failure_hazard": 0.2}
        lost, kept = (trust(shown, **failing, behaviour__trust__loss=loss) for loss in (0.5, 0.0))
        return lost / kept

    assert left(1.0) < left(0.0) < 1.0
