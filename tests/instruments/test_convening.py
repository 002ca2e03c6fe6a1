from __future__ import annotations

import numpy as np
import pytest

from ecosim.instruments.convening import Briefing, Convening, Hackathon, JointSeminar, LabVisit, ScoutingMission
from tests.instruments.contract import InstrumentBench
from tests.models import to_the_end, with_handles


class TestConvening(InstrumentBench):
    instrument = Convening
    pair = ("DEU", "CHN")

    def test_who_has_met_is_known_on_both_sides_better_by_so_much(self) -> None:
        made = self.run(1e12, limit=0.2, better_known=0.5)
        rise = made.awareness / self.base.awareness
        assert rise[5, 0] == pytest.approx(1.0 + 0.5 * self._share_of_the_sender(0.2))
        gap_closed = (made.awareness - self.base.awareness)[0, 5] / (1.0 - self.base.awareness)[0, 5]
        assert gap_closed == pytest.approx(0.2 * np.minimum(0.5 * _beside_gap(self.base.awareness[0, 5]), 1.0))

    def _share_of_the_sender(self, limit: float) -> float:
        # as many come as are met
        organisations = self.world.organisations.sum(axis=1)
        return float(limit * organisations[5] / organisations[0])

    def test_first_trust_takes_two_who_were_there(self) -> None:
        trust = self.run(1e12, limit=0.2).first_trust
        assert trust[0, 5] == trust[5, 0] == pytest.approx(0.1 * self._share_of_the_sender(0.2))
        trust[0, 5] = trust[5, 0] = 0.0
        assert not trust.any()

    def test_who_attends_does_not_work_meanwhile(self) -> None:
        capacity = self.run(1e12, limit=0.2, days_away=0.02).capacity
        assert capacity[5] == pytest.approx(1.0 - 0.02 * 0.2)
        assert capacity[5] < capacity[0] < 1.0
        assert (np.delete(capacity, [0, 5]) == 1.0).all()


def _beside_gap(value: np.ndarray) -> np.ndarray:
    return np.asarray(value / (1.0 - value))


@pytest.mark.parametrize("preset", [Briefing, Hackathon, JointSeminar, ScoutingMission, LabVisit])
def test_its_forms_are_one_mechanism_with_other_numbers(preset: type[Convening]) -> None:
    assert preset.push is Convening.push
    assert preset().model_dump() | {"kind": ""} != Convening().model_dump() | {"kind": ""}


def test_first_trust_counts_among_strangers_and_only_where_there_is_less() -> None:
    """It raises the trust with which consortia begin to itself at least, and leaves more than that as it is."""

    def trust(first: float) -> np.ndarray:
        def meet(handles: object) -> None:
            handles.first_trust[...] = first  # type: ignore[attr-defined]

        model = to_the_end(with_handles(meet))
        return np.asarray(model.state.partnerships.used["trust"])

    assert trust(0.0).min() == 0.0
    assert trust(0.05).min() == pytest.approx(0.05)
    assert trust(0.05).max() == pytest.approx(trust(0.0).max(), rel=0.5)
    assert trust(0.05).max() > 0.1
