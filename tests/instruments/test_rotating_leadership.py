from __future__ import annotations

import numpy as np
import pytest

from ecosim.instruments.rotating_leadership import RotatingLeadership
from ecosim.model import Ecosystem
from ecosim.partnerships.drafts import expected_leads
from tests.instruments.contract import InstrumentBench
from tests.models import small


class TestRotatingLeadership(InstrumentBench):
    instrument = RotatingLeadership
    pair = ("DEU", "FRA")

    def test_both_lead_in_turn_and_both_hand_over(self) -> None:
        made = self.run(1e12, limit=0.6, hand_over=0.2)
        share = self.world.participation_share
        expected = 0.6 * np.array([share[1] / (1.0 - share[0]), share[0] / (1.0 - share[1])])
        assert made.rotation[:2] == pytest.approx(expected)
        assert made.friction_start[:2] == pytest.approx(1.0 + 0.2 * expected)
        assert not made.rotation[2:].any()


def leads(model: Ecosystem, rotation: np.ndarray) -> np.ndarray:
    """Proposals that each organisation is expected to lead, all able to lead."""
    index, setting = model.setting.population.index, model.setting
    rows = model.state.organisations.copy()
    rows["load"] = 0
    rows["standing_draw"] = 0.0
    rows["present"] = True
    shape = (10, len(rotation))
    expected = expected_leads(
        rows, index.organisation, index.arrival_month, index.sector, setting.lead_weight, setting.terms[0].funder_of,
        np.full((1, 10), 2.0), np.ones(shape), np.ones(shape), rotation, model.month, 1.0,
    )  # fmt: skip
    return np.bincount(index.organisation, weights=expected, minlength=len(rows))


def test_leading_passes_from_the_experienced_to_the_others_and_none_is_lost() -> None:
    model = small().advance(40)
    rows = model.state.organisations
    usual, in_turn = leads(model, np.zeros(5)), leads(model, np.ones(5))
    assert in_turn.sum() == pytest.approx(usual.sum())
    experience = rows["experience"]
    assert (in_turn * experience).sum() < (usual * experience).sum()
    fresh = experience == 0.0
    assert in_turn[fresh].sum() > usual[fresh].sum() > 0.0


def test_who_takes_no_part_leads_as_ever() -> None:
    model = small().advance(40)
    two = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    usual, in_turn = leads(model, np.zeros(5)), leads(model, two)
    outside = model.state.organisations["country"] >= 2
    assert in_turn[outside] == pytest.approx(usual[outside])
    assert in_turn[~outside] != pytest.approx(usual[~outside])
