"""Belief between two countries: the two lose work with each other, and neutral third ones keep theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.channels.belief import believed_in
from ecosim.channels.build import base_handles
from ecosim.channels.effects import Effects, effects_of
from ecosim.channels.handles import Handles
from ecosim.config.channels import ChannelsConfig
from ecosim.scenario import with_overrides
from tests.worlds import small_world

WORLD = small_world()
ONE, OTHER, THIRD = 0, 1, 2
BASE = base_handles(WORLD, ChannelsConfig())


def doubting(believes: float, believed: float) -> Handles:
    """One believes so much of the other, and is believed so much by it."""
    handles = BASE.copy()
    handles.expectation[ONE, OTHER], handles.expectation[OTHER, ONE] = believes, believed
    return handles


def effects(handles: Handles, **overrides: Any) -> Effects:
    config = with_overrides(None, {key.replace("__", "."): value for key, value in overrides.items()})
    return effects_of(handles, BASE, WORLD, config.behaviour, config.mechanisms)


def looks(table: np.ndarray) -> np.ndarray:
    return np.diff(table, axis=-1, prepend=0.0)


PAIR = np.zeros((WORLD.n_countries, WORLD.n_countries), dtype=bool)
PAIR[ONE, OTHER] = PAIR[OTHER, ONE] = True


def test_only_the_two_answer_and_look_less() -> None:
    doubted, plain = effects(doubting(0.5, 0.7)), effects(BASE)
    for name in ("acceptance", "acceptance_unfunded"):
        ratio = getattr(doubted, name) / getattr(plain, name)
        pairs = np.broadcast_to(PAIR[:, :, None], ratio.shape)
        assert (ratio[~pairs] == 1.0).all()
        # Who is asked weighs what it believes of the lead, not what the lead believes of it.
        of_pair = ratio.reshape(-1, *ratio.shape[-3:])[0]
        assert of_pair[ONE, OTHER] == pytest.approx(0.7)
        assert of_pair[OTHER, ONE] == pytest.approx(0.5)
    changed = looks(doubted.look_unfunded) / looks(plain.look_unfunded)
    assert changed[ONE, :, OTHER] == pytest.approx(0.5)
    assert changed[OTHER, :, ONE] == pytest.approx(0.7)
    assert changed.transpose(0, 2, 1)[~PAIR] == pytest.approx(1.0)


@pytest.mark.parametrize("response", [0.5, 1.0, 2.0])
def test_what_either_starts_with_third_countries_stays_exactly_what_it_was(response: float) -> None:
    """Starts x the chance that a look falls on a partner: for third ones it does not move, whatever the response."""
    settings = {"behaviour__acceptance__expectation_response": response}

    def invitations(handles: Handles) -> np.ndarray:
        found = effects(handles, **settings)
        share = looks(found.look_unfunded) / found.look_unfunded[:, :, -1:]
        return found.readiness_unfunded.T[:, :, None] * share

    before, after = invitations(BASE), invitations(doubting(0.6, 0.6))
    pairs = np.broadcast_to(PAIR[:, None, :], before.shape)
    assert after[~pairs] == pytest.approx(before[~pairs], rel=1e-12)
    assert after[pairs] == pytest.approx(before[pairs] * 0.6**response)


def test_a_lead_counts_what_its_partners_believe_of_it_by_how_much_it_looks_at_them() -> None:
    settings = {"behaviour__acceptance__lead_stake": 0.8}
    plain, doubted = effects(BASE, **settings), effects(doubting(1.0, 0.5), **settings)
    # By whom it would find: whom the rules do not let in is looked at and passed over.
    found = looks(plain.look_funded)[0, ONE] * plain.joining[0, ONE].T
    share = found / found.sum(axis=1, keepdims=True)
    assert doubted.readiness[0][:, ONE] == pytest.approx(1.0 - share[:, OTHER] * 0.8 * 0.5)
    # What it believes of them itself does not stop it from leading; nobody else leads less.
    assert (np.delete(doubted.readiness[0], ONE, axis=1) == 1.0).all()
    assert (effects(doubting(0.5, 1.0), **settings).readiness[0][:, ONE] == 1.0).all()


def test_a_country_doubted_by_all_and_by_itself_is_the_old_doubt_of_a_country() -> None:
    handles = BASE.copy()
    handles.expectation[:, ONE] = 0.6
    found, plain = effects(handles, behaviour__acceptance__lead_stake=0.5), effects(BASE)
    assert found.readiness[0][:, ONE] == pytest.approx(0.6 * (1.0 - 0.5 * 0.4))
    assert found.readiness_unfunded[:, ONE] == pytest.approx(0.6 * 0.6)
    assert looks(found.look_unfunded)[OTHER, :, ONE] == pytest.approx(0.6 * looks(plain.look_unfunded)[OTHER, :, ONE])


def test_investors_go_by_what_others_believe_of_a_country() -> None:
    assert (believed_in(BASE, WORLD) == 1.0).all()
    handles = BASE.copy()
    handles.expectation[:, ONE] = 0.6
    handles.expectation[ONE, ONE] = 0.0
    assert believed_in(handles, WORLD) == pytest.approx([0.6, 1.0, 1.0, 1.0, 1.0, 1.0])
    one = believed_in(doubting(0.5, 1.0), WORLD)
    share = WORLD.participation_share
    assert one[OTHER] == pytest.approx(1.0 - 0.5 * share[ONE] / (share.sum() - share[OTHER]))
    assert np.delete(one, OTHER) == pytest.approx(1.0)
