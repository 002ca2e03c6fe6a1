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
    """Where nothing fails there is more trust at the end, and where work once done then fails there is less."""

    def trust(shown: float, **overrides: float) -> float:
        def show(handles: Handles) -> None:
            handles.results_shown[...] = shown

        ties = to_the_end(with_handles(show, **overrides)).state.ties
        held = ties.slots["trust"][ties.slots["pair"] != 0]
        return float(np.mean(held[held > 0.0]))

    calm = {"behaviour__work__failure_hazard": 0.0, "behaviour__trust__withdrawn_gain": 1.0}
    assert trust(1.0, **calm) > 1.2 * trust(0.0, **calm)
    failing = {"behaviour__work__failure_hazard": 0.05, "behaviour__trust__loss": 0.5}
    assert trust(1.0, **failing) / trust(1.0, **calm) < trust(0.0, **failing) / trust(0.0, **calm)
