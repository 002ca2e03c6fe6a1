"""Governments that follow their bloc: whom they follow, how far, when, and that following does not feed on itself."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.decisions.governments_align_with_bloc import beyond, of_most
from ecosim.model import Ecosystem
from tests.models import SMALL, fingerprint, to_the_end

BLOC = np.array([0, 0, 0, 0, 0, 1, 1])


def test_most_of_the_bloc_decide_and_the_one_they_turn_on_is_not_asked() -> None:
    closed = np.zeros((7, 7))
    closed[[0, 1], 5] = 0.8
    # Two of four others: half is enough for half, and not for more.
    assert of_most(closed, BLOC, 0.5)[4, 5] == 0.8
    assert of_most(closed, BLOC, 0.6)[4, 5] == 0.0
    # Of the others of country 0 only one has closed.
    assert of_most(closed, BLOC, 0.5)[0, 5] == 0.0
    # Other blocs do not follow, and nobody turns on itself.
    assert (of_most(closed, BLOC, 0.5)[5:] == 0.0).all()
    within = np.zeros((7, 7))
    within[[0, 1], 3] = 0.6
    # Towards one of their own: of country 4's three others that are asked, two have closed.
    assert of_most(within, BLOC, 0.6)[4, 3] == 0.6
    assert of_most(within, BLOC, 0.7)[4, 3] == 0.0
    assert (np.diagonal(of_most(within, BLOC, 0.1)) == 0.0).all()
    assert (of_most(np.zeros((7, 7)), BLOC, 0.5) == 0.0).all()


def test_it_goes_as_far_as_they_and_no_further() -> None:
    own, other = np.array([0.0, 0.5, 0.9, 1.0]), np.array([0.8, 0.8, 0.8, 0.8])
    assert 1.0 - (1.0 - own) * (1.0 - beyond(own, other)) == pytest.approx([0.8, 0.8, 0.9, 1.0])


def aligned(arm: str = "shocked", **settings: object) -> Ecosystem:
    rupture = {
        "targets": ["GBR"], "counterparts": ["DEU", "ESP"], "severity": 0.8, "duration_months": 12
    }  # fmt: skip
    model = Ecosystem(
        **SMALL,
        shocks={"diplomatic_rupture": rupture},
        decisions={"governments_align_with_bloc": {"acts_after_months": 5, "strength": 1.0, **settings}},
    )
    return model.advance(model.announcement_month).fork(arm)


def openness(model: Ecosystem, one: str, other: str) -> float:
    places = tuple(model.setting.world.country_index(code) for code in (one, other))
    return float(model.state.handles.political[places] / model.setting.base.political[places])


def test_the_last_of_the_union_follows_after_its_delay_and_opens_again() -> None:
    model = aligned()
    month = model.announcement_month
    model.advance(month + 5)
    assert openness(model, "POL", "GBR") == 1.0
    model.advance(month + 6)
    assert openness(model, "POL", "GBR") == openness(model, "GBR", "POL") == pytest.approx(0.2)
    # Switzerland stands in another bloc.
    assert openness(model, "CHE", "GBR") == 1.0
    assert openness(model, "DEU", "GBR") == pytest.approx(0.2)
    # The rupture is over after a year, and those who followed open with their delay: they do not hold each other.
    model.advance(month + 12 + 5)
    assert openness(model, "DEU", "GBR") == 1.0
    assert openness(model, "POL", "GBR") == pytest.approx(0.2)
    model.advance(month + 12 + 6)
    assert openness(model, "POL", "GBR") == 1.0


def test_without_strength_or_a_shock_nobody_follows() -> None:
    alone = Ecosystem(**SMALL, shocks=aligned().config.shocks, decisions={})
    alone.advance(alone.announcement_month)
    idle, calm = (fingerprint(to_the_end(alone.fork(arm))) for arm in ("shocked", "twin"))
    assert fingerprint(to_the_end(aligned())) != idle
    assert fingerprint(to_the_end(aligned(strength=0.0))) == idle
    assert fingerprint(to_the_end(aligned("twin"))) == calm


def test_it_follows_other_decisions_too() -> None:
    """Those hit by an exclusion retaliate; a member of their bloc that was not hit follows them."""
    model = Ecosystem(
        **SMALL,
        shocks={"programme_exclusion": {"targets": ["DEU", "ESP"], "effective_after_months": 0}},
        decisions={
            "governments_retaliate": {"acts_after_months": 0, "strength": 0.5},
            "governments_align_with_bloc": {"acts_after_months": 1, "strength": 1.0},
        },
    )
    model.advance(model.announcement_month + 4)
    assert openness(model, "DEU", "CHE") == pytest.approx(0.5)
    assert openness(model, "POL", "CHE") == pytest.approx(0.5)
