"""Payments: how much, when, and under whose terms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosim.parameters import parameter_record
from ecosim.programmes.payments import pay
from ecosim.randomness import replicate_key
from ecosim.scenario import with_overrides
from ecosim.tables import ACTIVE, COMPLETED, FAILED, PARTNERSHIP, SEAT
from tests.models import finished

KEY = replicate_key(1, 0)
SOON = np.ones(1)
NO_SEATS = np.zeros(0, dtype=SEAT)


def record(**programme: object) -> np.ndarray:
    return parameter_record(with_overrides(None, {f"programme.{key}": value for key, value in programme.items()}))


def partnership(grant_cents: int, months: int, start: int = 10, proposed: int = 2) -> np.ndarray:
    rows = np.zeros(1, dtype=PARTNERSHIP)
    rows["status"], rows["funder"], rows["grant_cents"] = ACTIVE, 0, grant_cents
    rows["start_month"] = rows["next_payment_month"] = start
    rows["planned_months"], rows["proposed_month"], rows["lead_key"] = months, proposed, 5
    return rows


def paid_by_month(
    rows: np.ndarray, p: np.ndarray, months: int = 90, share: np.ndarray = SOON, **reform: object
) -> list[int]:
    terms = {"reform_month": 0, "p_before": p} | reform
    payments = []
    for month in range(months):
        paid = np.zeros(1, dtype=np.int64)
        pay(
            KEY, month, np.zeros(1, dtype=np.int32), rows, NO_SEATS, share, p, terms["reform_month"], terms["p_before"],
            paid, np.zeros(1, dtype=np.int64),
        )  # fmt: skip
        payments.append(int(paid[0]))
    return payments


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 10**12), st.integers(1, 80), st.floats(0.0, 1.0), st.integers(1, 24), st.floats(0.0, 5.0),
)  # fmt: skip
def test_payments_add_up_to_the_grant_to_the_cent(
    grant: int, months: int, prefinancing: float, tranches: int, delay: float
) -> None:
    rows = partnership(grant, months)
    p = record(prefinancing=prefinancing, tranches=tranches, payment_delay_months=delay)
    assert sum(paid_by_month(rows, p, months=400)) == grant == rows["paid_cents"][0]
    assert rows["due_cents"][0] == 0
    assert rows["payments"][0] == tranches + 1


def test_all_ahead_is_one_payment_on_the_first_day() -> None:
    payments = paid_by_month(partnership(999, 36), record(prefinancing=1.0, tranches=0))
    assert [(month, cents) for month, cents in enumerate(payments) if cents] == [(10, 999)]


def test_tranches_by_calendar_come_at_the_start_of_each_part_of_the_work() -> None:
    payments = paid_by_month(partnership(1000, 40), record(prefinancing=0.1, tranches=3, payment_delay_months=0.0))
    assert {month: cents for month, cents in enumerate(payments) if cents} == {10: 100, 20: 300, 30: 300, 40: 300}


def test_tranches_by_milestone_wait_for_the_work() -> None:
    rows = partnership(1000, 40)
    p = record(prefinancing=0.4, tranches=2, payment_delay_months=0.0, tranche_rule="milestone")
    seen = {}
    for month, progress in ((10, 0.0), (25, 0.32), (26, 0.34), (27, 0.34), (50, 0.65), (51, 0.99), (52, 0.99)):
        rows["progress"] = progress
        paid = np.zeros(1, dtype=np.int64)
        pay(KEY, month, np.zeros(1, dtype=np.int32), rows, NO_SEATS, SOON, p, 0, p, paid, np.zeros(1, dtype=np.int64))
        seen[month] = int(paid[0])
    assert seen[10] == 400
    assert seen[25] == 0
    assert seen[26] + seen[27] == 300
    assert seen[50] == 0
    assert seen[51] + seen[52] == 300


def test_tranches_are_late_by_the_mean_delay() -> None:
    p = record(prefinancing=0.0, tranches=1, payment_delay_months=3.0)
    late = []
    for lead in range(1500):
        rows = partnership(100, 20)
        rows["lead_key"] = lead
        late.append(next(month for month, cents in enumerate(paid_by_month(rows, p)) if cents) - 20)
    # Whole months, rounded to the nearest: the mean of an exponential delay is all but kept.
    assert np.mean(late) == pytest.approx(3.0, abs=4 * 3.0 / np.sqrt(1500))
    assert min(late) == 0


def test_a_funder_that_pays_a_share_owes_the_rest() -> None:
    rows = partnership(1000, 40)
    payments = paid_by_month(rows, record(prefinancing=1.0, tranches=0), share=np.array([0.25]), months=12)
    assert payments[10:] == [250, 187]
    assert rows["due_cents"][0] == 563
    stopped = partnership(1000, 40)
    assert sum(paid_by_month(stopped, record(prefinancing=1.0, tranches=0), share=np.zeros(1))) == 0
    assert stopped["due_cents"][0] == 1000


def test_nothing_is_paid_to_unfunded_or_ended_work_or_before_it_starts() -> None:
    p = record(prefinancing=1.0, tranches=0)
    for field, value in (("funder", -1), ("status", FAILED)):
        rows = partnership(1000, 40)
        rows[field] = value
        assert sum(paid_by_month(rows, p)) == 0
    assert sum(paid_by_month(partnership(1000, 40), p, months=10)) == 0


def test_a_grant_keeps_the_terms_of_its_call_through_a_reform() -> None:
    old = record(prefinancing=0.4, tranches=2, payment_delay_months=0.0)
    new = record(prefinancing=1.0, tranches=0)
    terms = {"reform_month": 12, "p_before": old}
    before, after = partnership(1000, 30, start=14, proposed=11), partnership(1000, 30, start=14, proposed=12)
    assert [cents for cents in paid_by_month(before, new, **terms) if cents] == [400, 300, 300]
    assert [cents for cents in paid_by_month(after, new, **terms) if cents] == [1000]
    # And by milestones, the other way round.
    rows = partnership(1000, 30, start=14, proposed=11)
    milestones = record(prefinancing=0.4, tranches=2, payment_delay_months=0.0, tranche_rule="milestone")
    assert [c for c in paid_by_month(rows, old, reform_month=12, p_before=milestones) if c] == [400]


def test_a_reform_strands_nobody_who_was_promised_money_before() -> None:
    model = finished(
        policy__start="2007-06", programme__prefinancing=1.0, programme__tranches=0, timeline__response_months=60
    )
    rows = model.state.partnerships.used
    before = rows[(rows["funder"] >= 0) & (rows["proposed_month"] < 17) & (rows["status"] >= 2)]
    assert len(before) > 10
    completed = before[before["status"] == COMPLETED]
    # The others ended for reasons of their own; without their money they would all have stopped.
    assert len(completed) > 0.9 * len(before)
    assert completed["spent_cents"].sum() > 0.95 * completed["grant_cents"].sum()


def test_a_programme_equal_to_the_reference_makes_no_reform() -> None:
    assert finished(policy__start="2007-06").series()["effort"].tobytes() == finished().series()["effort"].tobytes()
