"""Ties: the hash table remembers what a dictionary would, and trust follows its law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosim.config.timeline import TimelineConfig
from ecosim.ties import FULLEST, TIE, Ties, begin, first_slot, pair_key, remember
from ecosim.ties import recall as recall_from
from ecosim.world.participations.values import _YEARS
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


def test_a_large_table_grows_in_small_steps_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecosim.ties._LARGE", 8)
    ties = Ties(capacity=8)
    rooms, sizes = set(), []
    for n in range(3000):
        ties.reserve(1)
        ties.n += begin(ties.slots, pair(n, n + 1), n % 100)
        ties.n += remember(ties.slots, pair(n, n + 1), n % 100, HALF_LIFE, 0.5, 0.0)
        rooms.add(id(ties.slots.base))
        if len(ties.slots) not in sizes:
            sizes.append(len(ties.slots))
            assert len(ties) == n + 1 == (ties.slots["pair"] != 0).sum()
            assert all(recall(ties.slots, pair(k, k + 1), k % 100, HALF_LIFE) == (0.5, 1) for k in range(n + 1))
            assert recall(ties.slots, pair(n + 1, n + 2), 0, HALF_LIFE) == (0.0, 0)
            empty = ties.slots[ties.slots["pair"] == 0]
            assert not any(empty[name].any() for name in empty.dtype.names)
    assert len(sizes) > 4 * len(rooms) > 4
    assert sizes[-1] < 1.2 * sizes[-2]
    assert len(ties) <= FULLEST * len(ties.slots)


def test_every_month_of_a_run_or_of_real_projects_fits_a_tie() -> None:
    timeline = TimelineConfig.model_json_schema()["properties"]
    longest = sum(_most(timeline[name]) for name in timeline if name.endswith("_months"))
    first_year, last_year = min(_YEARS), max(_YEARS)
    fits = np.iinfo(TIE["last_month"])
    assert 3000 < longest < fits.max
    assert 12 * (first_year - last_year) - longest > fits.min


def _most(setting: dict[str, Any]) -> int:
    """Largest value of a setting that may be null."""
    return next(int(kind["maximum"]) for kind in (setting, *setting.get("anyOf", ())) if "maximum" in kind)


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
