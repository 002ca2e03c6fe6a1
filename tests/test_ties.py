"""Ties: the hash table remembers what a dictionary would, and trust follows its law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosim.ties import Ties, begin, first_slot, pair_key, remember
from ecosim.ties import recall as recall_from
from tests.models import finished

#: Few organisations, so that pairs meet again; keys as large as keys are.
people = st.integers(0, 12).map(lambda i: (i * 0x1F3D5B79) % 2**32)
meetings = st.lists(st.tuples(people, people, st.booleans()).filter(lambda m: m[0] != m[1]), max_size=150)
HALF_LIFE = 40.0


def pair(a: int, b: int) -> np.uint64:
    """The pair's key as compiled code holds it."""
    return np.uint64(pair_key(a, b))


def recall(slots: np.ndarray, pair: np.uint64, month: int, half_life: float) -> tuple[float, int]:
    """What the table holds of a pair, looked for from the beginning."""
    return recall_from(slots, pair, np.uint64(first_slot(slots, pair)), month, half_life)


@settings(max_examples=60, deadline=None)
@given(meetings)
def test_the_table_remembers_what_a_dictionary_would(events: list[tuple[int, int, bool]]) -> None:
    ties, expected = Ties(capacity=2), {}
    for month, (a, b, good) in enumerate(events):
        gain, loss = (0.3, 0.0) if good else (0.0, 0.4)
        ties.reserve(1)
        ties.n += begin(ties.slots, pair(a, b), month)
        ties.n += remember(ties.slots, pair(a, b), month, HALF_LIFE, gain, loss)
        both = frozenset((a, b))
        trust, last, joint = expected.get(both, (0.0, month, 0))
        faded = trust * 0.5 ** ((month - last) / HALF_LIFE)
        expected[both] = (np.float32((faded + gain * (1.0 - faded)) * (1.0 - loss)), month, joint + 1)
    assert len(ties) == len(expected) == len(list(ties))
    now = len(events) + 7
    for both, (trust, last, joint) in expected.items():
        a, b = both
        assert recall(ties.slots, pair(a, b), now, HALF_LIFE)[0] == pytest.approx(
            trust * 0.5 ** ((now - last) / HALF_LIFE), rel=1e-6
        )
        assert recall(ties.slots, pair(b, a), now, HALF_LIFE)[0] >= 0.0
        (row,) = [tie for tie in ties if tie["pair"] == pair(a, b)]
        assert row["joint"] == recall(ties.slots, pair(a, b), now, HALF_LIFE)[1] == joint
        assert 0.0 <= row["trust"] <= 1.0
    assert recall(ties.slots, pair(2**32 - 1, 1), now, HALF_LIFE) == (0.0, 0)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_pair_is_the_same_both_ways_round_and_no_other_pair(a: int, b: int) -> None:
    assert pair(a, b) == pair(b, a)
    key = int(pair(a, b))
    assert {key >> 32, key & 0xFFFFFFFF} == {a, b}


def test_growth_changes_no_answer_and_a_copy_is_its_own() -> None:
    ties = Ties(capacity=4)
    for n in range(500):
        ties.reserve(1)
        ties.n += begin(ties.slots, pair(n, n + 1), 3)
        ties.n += remember(ties.slots, pair(n, n + 1), 3, HALF_LIFE, 0.5, 0.0)
    copy = ties.copy()
    ties.reserve(100_000)
    assert len(ties.slots) > len(copy.slots)
    assert [tie.item() for tie in ties] == [tie.item() for tie in copy]
    remember(ties.slots, pair(5, 6), 4, HALF_LIFE, 0.5, 0.0)
    assert recall(copy.slots, pair(5, 6), 3, HALF_LIFE)[0] == 0.5


def test_every_member_of_a_completed_partnership_trusts_every_other() -> None:
    model = finished(mechanisms__unfunded=False, behaviour__work__failure_hazard=0.0)
    rows, seats = model.state.partnerships.used, model.state.seats.used
    keys = model.state.organisations["key"]
    done = np.flatnonzero(rows["status"] == 2)
    assert len(done) > 5
    for p in done:
        members = [int(keys[i]) for i in seats["organisation"][seats["partnership"] == p] if i >= 0]
        for at, a in enumerate(members):
            for b in members[at + 1 :]:
                assert recall(model.state.ties.slots, pair(a, b), model.month, 60.0)[0] > 0.0
    assert len(finished(mechanisms__trust=False, mechanisms__familiarity=False).state.ties) == 0
