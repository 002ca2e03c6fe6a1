"""What is measured over the partnerships of a month, on seats made by hand."""

import numpy as np
import pytest

from ecosim.analysis.resilience import COLUMNS
from ecosim.outcomes import collaboration
from ecosim.tables import ACTIVE, DROPPED, PARTNERSHIP, SEAT, STARTING, SUSPENDED, VACANT, WORKING


def joint_work(worked, country, n_countries=6):
    """Collaboration of one partnership whose seats worked so much: what its pairs of countries add up to."""
    partnerships, seats = np.zeros(1, PARTNERSHIP), np.zeros(len(worked), SEAT)
    seats["work_now"], seats["country"] = worked, country
    partnerships["seats"], partnerships["work_now"] = len(worked), np.sum(worked)
    joint = np.zeros((n_countries, n_countries))
    collaboration.pairs(np.zeros(1, np.int32), partnerships, seats, joint)
    assert np.triu(joint).sum() == pytest.approx(np.sum(worked))
    return float(np.triu(joint, 1).sum())


def test_the_columns_measured_are_those_compared_with_the_twin():
    assert tuple(name for name, _, _ in collaboration.PRINCIPAL) == COLUMNS
    assert [name for name, _, _ in collaboration.COUNTRY_OUTCOMES[:4]] == [f"{name}_by_country" for name in COLUMNS]


def test_collaboration_by_hand():
    # 3 and 1 of 4 person-months: two of them are from two countries with chance 2 * 3/4 * 1/4
    assert joint_work([3.0, 1.0], [0, 1]) == pytest.approx(4.0 * 3 / 8)
    assert joint_work([2.0, 1.0, 1.0], [0, 0, 0]) == 0.0
    assert joint_work([1.0, 1.0, 2.0], [0, 1, 2]) == pytest.approx(4.0 * (1 - (1 + 1 + 4) / 16))


def test_collaboration_never_rises_when_a_member_stops_or_does_less():
    random = np.random.default_rng(7)
    for _ in range(500):
        members = int(random.integers(2, 12))
        worked = random.lognormal(0.0, 1.5, members)
        country = random.integers(0, 6, members)
        before = joint_work(worked, country)
        for m in range(members):
            for left in (0.0, random.uniform(0.0, 1.0)):
                less = worked.copy()
                less[m] *= left
                assert joint_work(less, country) <= before + 1e-12


def test_losing_a_small_foreign_member_takes_away_little():
    large, small = [10.0, 10.0, 10.0], 0.3
    with_it, without = joint_work([*large, small], [0, 1, 2, 3]), joint_work([*large, 0.0], [0, 1, 2, 3])
    # at most twice its own work
    assert 0.0 < with_it - without <= 2 * small
    # effort takes all or nothing: of a pair, everything
    assert joint_work([30.0, small], [0, 3]) == pytest.approx(2 * 30.0 * small / (30.0 + small))


def counted(states, joined, *, working=3, proposed=0, funder=0, announcement=12):
    """Seats in flight, vacated and substituted of one partnership that started in month 6."""
    partnerships, seats = np.zeros(1, PARTNERSHIP), np.zeros(len(states), SEAT)
    seats["state"], seats["joined_month"] = states, joined
    seats["organisation"] = np.where(np.isin(states, (VACANT, DROPPED)), -1, np.arange(len(states)))
    row = partnerships[0]
    row["seats"], row["status"], row["start_month"] = len(states), ACTIVE, 6
    row["funder"], row["proposed_month"], row["working_now"] = funder, proposed, working
    totals, parts = np.zeros(9), np.zeros((4, 3))
    collaboration.measure(
        np.zeros(1, np.int32), partnerships, seats, announcement, totals, parts, np.zeros((0, 4, 2)), np.zeros((6, 6)),
    )  # fmt: skip
    return totals[collaboration.SEATS_IN_FLIGHT :].tolist()


def test_seats_by_hand():
    # at work, at work, suspended, left, given up; a substitute at work, one starting, one suspended in its turn
    states = [WORKING, WORKING, SUSPENDED, VACANT, DROPPED, WORKING, STARTING, SUSPENDED]
    joined = [6, 6, 6, 6, 6, 20, 22, 20]
    assert counted(states, joined) == [8, 6, 1]
    # below quorum nobody works, and no seat is filled
    assert counted(states, joined, working=0) == [8, 6, 0]
    assert counted(states, joined, proposed=12) == [0, 0, 0]
    assert counted(states, joined, funder=-1) == [0, 0, 0]
    # whoever comes back fills its own seat
    assert counted([WORKING] * 4, [6] * 4) == [4, 0, 0]
