"""Whom a consortium looks at: the types it wants, by size or by chance, and whoever has been in its circle."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from ecosim.model import Ecosystem
from ecosim.partnerships.cores import Recent, one_like
from ecosim.partnerships.search import one_wanted
from ecosim.tables import DRAFT, N_TYPES
from ecosim.world.population import Known

#: Two blocks of entries. In the second are 0 and 1 of the first type, 2 of the third, 3 and 4 of the last.
KNOWN = Known(
    np.array([9, 0, 1, 2, 3, 4], dtype=np.int32),
    np.array([1.0, 0.5, 1.5, 2.0, 1.0, 1.0]),  # the last one's share is 0
    np.array([1.0, 5.0, 6.0, 1.0, 1.0, 4.0]),
    np.array([0, 1, 1, 1, 1, 1, 3, 3, 4, 4, 6], dtype=np.int64),
)
DRAWS = (np.arange(1000) + 0.5) / 1000


def drawn(sums: np.ndarray, *open_types: int) -> dict[int, int]:
    """How often each organisation is found in a thousand even draws."""
    seats = np.array(open_types, dtype=np.int16)
    return dict(Counter(int(one_wanted(KNOWN, sums, 1, seats, u)) for u in DRAWS))


def test_only_types_with_seats_left_are_looked_at_each_as_its_weight_says() -> None:
    assert drawn(KNOWN.weights, 1, 0, 0, 0, 1) == {0: 500, 1: 100, 3: 100, 4: 300}
    assert drawn(KNOWN.weights, 0, 0, 3, 0, 0) == {2: 1000}
    assert drawn(KNOWN.weights, 1, 1, 1, 1, 1) == pytest.approx({0: 454, 1: 91, 2: 91, 3: 91, 4: 273}, abs=1)


def test_by_chance_size_does_not_count_but_how_much_is_known_of_the_sector() -> None:
    assert drawn(KNOWN.shares, 1, 0, 0, 0, 1) == {0: 200, 1: 400, 3: 400}
    assert drawn(KNOWN.shares, 0, 0, 1, 0, 1) == pytest.approx({2: 667, 3: 333}, abs=1)


def test_nobody_is_found_where_nobody_of_a_wanted_type_is() -> None:
    assert drawn(KNOWN.weights, 0, 1, 0, 1, 0) == {-1: 1000}
    assert drawn(KNOWN.weights, 0, 0, 0, 0, 0) == {-1: 1000}


def test_every_recent_consortium_of_a_circle_is_met_alike_and_no_other() -> None:
    draft = np.zeros(1, dtype=DRAFT)[0]
    # one sector; then two circles, of which the first has nothing of late
    offset = np.zeros(N_TYPES + 3, dtype=np.int64)
    offset[1:] = [1] * N_TYPES + [1, 4]
    recent = Recent(np.array([7, 3, 4, 5], dtype=np.int32), offset, 1, 0)
    draft["circle"] = 2
    assert Counter(int(one_like(draft, recent, u)) for u in (0.1, 0.4, 0.7)) == {3: 1, 4: 1, 5: 1}
    draft["circle"] = 1
    assert one_like(draft, recent, 0.5) == -1
    draft["circle"] = 0
    assert one_like(draft, recent, 0.5) == 7


def shared_in_circles(**overrides: Any) -> float:
    """Mean share of members that consortia of a circle have in common with an earlier one of it."""
    model = Ecosystem(
        **{"world.preset": "europe", "world.scale": 0.2, "mechanisms.unfunded": False, **overrides}
    ).advance(84)
    register, members = model.state.register.used, model.state.members.used["organisation"]
    of: dict[int, list[set[int]]] = {}
    shares = []
    for entry in register[register["circle"] > 0]:
        first = entry["first_member"]
        who = {int(one) for one in members[first : first + entry["members"]]} - {-1}
        earlier = of.setdefault(int(entry["circle"]), [])
        if earlier:
            shares.append(max(len(who & others) for others in earlier) / len(who))
        earlier.append(who)
    assert len(shares) > 20
    return float(np.mean(shares))


def test_consortia_of_a_circle_share_members_and_without_cores_few() -> None:
    assert shared_in_circles() > 2.0 * shared_in_circles(**{"mechanisms.core_reform": False})
