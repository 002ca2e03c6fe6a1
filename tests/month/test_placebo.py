"""The shock, scattered: small countries that together expose as much as the one hit."""

import numpy as np
import pytest

from ecosim.month.placebo import scatter
from tests.models import small, to_the_end


def chosen(weight, touches, hit, spared=()):
    countries = touches.shape[1]
    at = np.zeros((2, countries), dtype=np.bool_)
    at[0, list(hit)] = True
    at[1, [*hit, *spared]] = True
    return np.flatnonzero(scatter(np.asarray(weight, float), touches, at[0], at[1])).tolist()


def exposed(weight, touches, countries):
    return float(np.asarray(weight)[touches[:, countries].any(axis=1)].sum())


def alone(*weights):
    """Partnerships that touch one country each, with these weights."""
    return weights, np.eye(len(weights), dtype=np.bool_)


def test_the_least_come_first_until_they_expose_as_much():
    weight, touches = alone(10.0, 6.0, 5.0, 3.0, 2.0)
    # 2 + 3 + 5 is what the first exposes
    assert chosen(weight, touches, [0]) == [2, 3, 4]
    assert chosen(weight, touches, [2]) == [3, 4]
    # 2 and 3 come closer to 6 than 2, 3 and 5 do
    assert chosen(weight, touches, [1]) == [3, 4]
    # a remainder is not hit
    assert chosen(weight, touches, [1], spared=[4]) == [2, 3]


def test_work_with_two_of_them_counts_once():
    # the two small countries share all their work: together they expose 4, not 8
    touches = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]], dtype=np.bool_)
    assert chosen([8.0, 4.0, 5.0], touches, [0]) == [1, 2, 3]
    assert chosen([5.0, 4.0, 5.0], touches, [0]) == [1, 2]


def test_who_exposes_nothing_is_not_hit():
    touches = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.bool_)
    assert chosen([2.0, 2.0], touches, [0]) == [1]
    assert chosen([0.0, 2.0], touches, [0]) == []
    # nobody else is there
    assert chosen([2.0], np.ones((1, 1), dtype=np.bool_), [0]) == []


def test_what_is_exposed_is_near_what_was_hit():
    random = np.random.default_rng(3)
    for _ in range(50):
        weight = random.lognormal(0.0, 1.0, 400)
        popularity = random.dirichlet(np.full(30, 0.5))
        touches = np.zeros((400, 30), dtype=np.bool_)
        for a in range(400):
            touches[a, random.choice(30, 4, p=popularity)] = True
        hit = int(np.argsort(weight @ touches)[22])
        found = chosen(weight, touches, [hit])
        assert hit not in found
        assert exposed(weight, touches, found) == pytest.approx(exposed(weight, touches, [hit]), rel=0.25)


SHOCKS = {"diplomatic_rupture": {"targets": ["DEU"]}, "funder_withdrawal": {}}


def test_the_scattered_arm_hits_others_and_shares_the_past():
    model = small(shocks=SHOCKS)
    with pytest.raises(ValueError, match="advance to month"):
        model.fork("scattered")
    model.advance(model.announcement_month)
    scattered, shocked, twin = (model.fork(arm) for arm in ("scattered", "shocked", "twin"))
    assert shocked.targets()["diplomatic_rupture"] == ("DEU",)
    others = scattered.targets()["diplomatic_rupture"]
    assert others
    assert "DEU" not in others
    # what hits no country stays what it is, and the model forked from is untouched
    assert scattered.targets()["funder_withdrawal"] == model.targets()["funder_withdrawal"]
    assert model.targets()["diplomatic_rupture"] == ("DEU",)
    ends = [to_the_end(world).series()["collaboration"] for world in (scattered, shocked, twin)]
    start = model.announcement_month
    assert all(end[:start].tobytes() == ends[0][:start].tobytes() for end in ends)
    assert ends[0][start:].sum() != ends[1][start:].sum() != ends[2][start:].sum()


def test_a_snapshot_of_the_scattered_arm_stays_scattered():
    model = small(shocks=SHOCKS)
    world = model.advance(model.announcement_month).fork("scattered")
    before, targets = world.snapshot(), world.targets()
    first = world.advance(world.month + 6).series()["collaboration"]
    world.restore(before)
    assert world.targets() == targets
    assert world.advance(world.month + 6).series()["collaboration"].tobytes() == first.tobytes()
