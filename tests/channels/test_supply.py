"""What suppliers can add is shared out among all who lose one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecosim.channels.build import base_handles
from ecosim.channels.supply import input_flows, rationed
from ecosim.config.channels import ChannelsConfig
from ecosim.config.supply import SupplyConfig
from tests.worlds import small_world

Array = NDArray[np.float64]


def random_case(seed: int) -> tuple[Array, Array, Array]:
    """Flows of which some are cut, purchases that sum to one, and demand; two kinds, seven countries."""
    rng = np.random.default_rng(seed)
    purchases = rng.dirichlet(np.full(7, 0.7), size=(2, 7))
    flow = np.where(rng.random((2, 7, 7)) < 0.3, rng.random((2, 7, 7)), 1.0)
    return flow, purchases, rng.gamma(1.0, size=(2, 7))


def asked_of(flow: Array, purchases: Array) -> Array:
    """What users ask beyond each unit bought, (I, C, C)."""
    whole = flow >= 1.0
    lost = (purchases * (1.0 - flow)).sum(axis=2)
    kept = (purchases * whole).sum(axis=2)
    safe = np.where(kept > 0.0, kept, 1.0)
    return np.where(whole & (kept > 0.0)[:, :, None], (lost / safe)[:, :, None], 0.0)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("spare", [0.0, 0.1, 2.0])
def test_no_supplier_sells_more_than_it_can_and_none_keeps_back_what_is_asked(seed: int, spare: float) -> None:
    flow, purchases, demand = random_case(seed)
    extra, filled = rationed(flow, purchases, demand, spare)
    bought = demand[:, :, None] * purchases
    asked = asked_of(flow, purchases)
    added = (bought * np.minimum(asked, extra[:, None, :])).sum(axis=1)
    place = np.arange(7)
    room = (1.0 + spare) * bought.sum(axis=1) * flow[:, place, place] - (bought * flow).sum(axis=1)
    room = np.maximum(room, 0.0)
    assert (added <= room * (1.0 + 1e-9) + 1e-12).all()
    scarce = np.isfinite(extra)
    assert scarce.any() or spare > 1.0
    # who rations has nothing left, who does not sends all that is asked
    np.testing.assert_allclose(added[scarce], room[scarce], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(added[~scarce], (bought * asked).sum(axis=1)[~scarce], rtol=1e-12)
    np.testing.assert_allclose((filled * asked), np.minimum(asked, extra[:, None, :]), rtol=1e-12)
    assert ((filled >= 0.0) & (filled <= 1.0)).all()


def test_where_nothing_is_cut_nothing_is_rationed() -> None:
    _, purchases, demand = random_case(3)
    extra, filled = rationed(np.ones_like(purchases), purchases, demand, 0.0)
    assert np.isinf(extra).all()
    assert (filled == 1.0).all()


def shared_and_own() -> tuple[Array, Array]:
    """User 0 buys as much from A (4) as from B (5); users 1 to 3 buy from A alone; C (6) sells to all alike."""
    purchases = np.zeros((1, 7, 7))
    purchases[0, 0, [4, 5, 6]] = 0.3, 0.3, 0.4
    for user in (1, 2, 3):
        purchases[0, user, [4, 6]] = 0.3, 0.7
    purchases[0, [4, 5, 6], [4, 5, 6]] = 1.0
    return purchases, np.ones((1, 7))


def left_to(user: int, lost: int) -> float:
    """What a user still gets of all it needs when one supplier sends nothing abroad."""
    purchases, demand = shared_and_own()
    flow = np.ones((1, 7, 7))
    flow[0, :lost, lost] = flow[0, lost + 1 :, lost] = 0.0
    extra, _ = rationed(flow, purchases, demand, 0.1)
    bought = purchases[0, user] * flow[0, user]
    asked = asked_of(flow, purchases)[0, user]
    return float(bought.sum() + (purchases[0, user] * np.minimum(asked, extra[0])).sum())


def test_a_supplier_that_many_share_is_missed_more_than_one_of_the_same_size_that_few_share() -> None:
    assert left_to(0, lost=5) > left_to(0, lost=4) + 0.02
    # by hand: room of B .13, of C .35; without B, .3 is asked in all, in proportion to purchases; A has .22
    purchases, _ = shared_and_own()
    assert left_to(0, lost=5) == pytest.approx(0.7 + 0.3)
    # without A, four ask: user 0 of B .3 · 3/7 (room .13, all of it) and all of C
    extra_c = (0.4 + 3 * 0.7 + 1.0) * 0.1
    asked = np.array([0.3 / 0.7, *[0.3 / 0.7] * 3])
    claims = purchases[0, :4, 6]
    assert (asked * claims).sum() > extra_c
    assert left_to(0, lost=4) == pytest.approx(0.7 + 0.3 * 3 / 7 + 0.4 * extra_c / claims.sum())


def test_the_own_country_is_a_supplier_with_a_capacity() -> None:
    """Cut off from abroad, who sells nothing abroad has its own supplies and what those can add."""
    purchases = np.array([[[0.4, 0.6], [0.0, 1.0]]])
    flow = np.array([[[1.0, 0.0], [1.0, 1.0]]])
    extra, filled = rationed(flow, purchases, np.ones((1, 2)), 0.25)
    assert extra[0, 0] == pytest.approx(0.25)
    assert filled[0, 0, 0] == pytest.approx(0.25 / 1.5)
    # what it sold abroad and can no longer send there, it has for itself
    purchases = np.array([[[0.4, 0.6], [0.2, 0.8]]])
    flow = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    extra, _ = rationed(flow, purchases, np.ones((1, 2)), 0.25)
    assert extra[0, 0] * 0.4 == pytest.approx(1.25 * 0.6 - 0.4)


def test_a_country_that_loses_its_own_works_has_less_to_sell() -> None:
    flow, purchases = np.ones((1, 3, 3)), np.full((1, 3, 3), 1 / 3)
    flow[0, 0, 1] = 0.0
    whole, _ = rationed(flow, purchases, np.ones((1, 3)), 0.1)
    flow[0, 2, 2] = 0.9
    damaged, _ = rationed(flow, purchases, np.ones((1, 3)), 0.1)
    assert np.isinf(whole[0, 2]) or whole[0, 2] > damaged[0, 2]
    assert damaged[0, 2] < 0.2


def test_claims_are_past_purchases() -> None:
    """Two users that lose the same share get the same for each unit bought: who bought half as much gets half."""
    purchases = np.array([[[0.0, 0.5, 0.5], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]]])
    flow = np.ones((1, 3, 3))
    flow[0, :2, 1] = 0.0
    flow[0, 1, 1] = 0.0
    extra, filled = rationed(flow, purchases, np.array([[1.0, 2.0, 1.0]]), 0.1)
    assert filled[0, 0, 2] == filled[0, 1, 2]
    assert extra[0, 2] == pytest.approx(0.1 * 2.5 / 1.5)


def test_bundle_at_rest_and_under_handles() -> None:
    world = small_world()
    base = base_handles(world, ChannelsConfig())
    calm = input_flows(base, world, SupplyConfig())
    assert not calm.disturbed
    assert np.isinf(calm.extra).all()
    pushed = base.copy()
    pushed.input_stock[...] = 2.0
    pushed.friction_switch[...] = 3.0
    more = input_flows(pushed, world, SupplyConfig())
    assert more.disturbed
    np.testing.assert_array_equal(more.stock_months, 2.0 * calm.stock_months)
    np.testing.assert_array_equal(more.switch_months, 3.0 * calm.switch_months)
    pushed = base.copy()
    pushed.supply[2, 0, 1] = 0.5
    assert input_flows(pushed, world, SupplyConfig()).disturbed
