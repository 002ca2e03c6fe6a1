"""People for contracted work: gaps in money lose them, calm times do not."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecosim.channels.effects import Conditions
from ecosim.channels.supply import InputFlows
from ecosim.parameters import parameter_record
from ecosim.partnerships import staff
from ecosim.partnerships.work import work
from ecosim.scenario import with_overrides
from ecosim.tables import (
    ACTIVE,
    DROPPED,
    GRANTED,
    ORGANISATION,
    PARTNERSHIP,
    SEAT,
    STARTING,
    SUSPENDED,
    WORKING,
)  # fmt: skip
from tests.bundles import one_country, some_rows, unwritable
from tests.models import small

#: A month's work of the laboratory in one contract.
PERSON_MONTHS = 2.0
COST_CENTS = 750_000.0
CONTRACT = 120
#: What sites get of their inputs; nobody here needs any.
NO_INPUTS = InputFlows(
    *unwritable(np.ones((5, 1, 1)), np.ones((5, 1, 1))), np.ones((5, 1)), np.ones((5, 1, 1)), np.ones((5, 1)),
    np.ones((5, 1)), *unwritable(np.ones(5)), disturbed=False,
)  # fmt: skip


def laboratory(contracts: int, **settings: Any) -> dict[str, Any]:
    """One organisation with contracts of equal size that began long ago, fully staffed and paid ahead."""
    p = parameter_record(with_overrides(None, {f"behaviour.staff.{key}": value for key, value in settings.items()}))
    organisations = np.zeros(1, dtype=ORGANISATION)
    organisations["present"], organisations["staff"] = True, contracts * PERSON_MONTHS
    organisations["load"] = contracts
    partnerships = np.zeros(contracts, dtype=PARTNERSHIP)
    seats = np.zeros(contracts, dtype=SEAT)
    grant = int(PERSON_MONTHS * COST_CENTS) * CONTRACT
    for k in range(contracts):
        row, seat = partnerships[k], seats[k]
        row["status"], row["seats"], row["first_seat"], row["productive"] = ACTIVE, 1, k, 1.0
        row["planned_months"], row["grant_cents"], row["paid_cents"] = CONTRACT, grant, grant
        row["planned_effort"], row["working_now"] = PERSON_MONTHS * CONTRACT, 1
        seat["partnership"], seat["state"], seat["grant_cents"] = k, WORKING, grant
        seat["person_months"] = PERSON_MONTHS
    return {"p": p, "organisations": organisations, "partnerships": partnerships, "seats": seats}


def months(lab: dict[str, Any], first: int, number: int, unpaid: tuple[int, ...] = ()) -> NDArray[np.float64]:
    """Work of each month; contracts named in ``unpaid`` have no money in hand."""
    partnerships, done = lab["partnerships"], []
    (one,) = unwritable(np.ones(1))
    rows = some_rows(organisations=lab["organisations"], partnerships=partnerships, seats=lab["seats"])
    for month in range(first, first + number):
        for k in range(len(partnerships)):
            hand = 0 if k in unpaid else partnerships["grant_cents"][k] - partnerships["spent_cents"][k]
            partnerships["paid_cents"][k] = partnerships["spent_cents"][k] + hand
        active = np.arange(len(partnerships), dtype=np.int32)
        staff.ask(month, active, partnerships, lab["seats"], lab["organisations"], lab["p"])
        work(
            month, active, rows, Conditions(np.ones((1, 1, 1)), one, one, NO_INPUTS), one_country(np.uint64(1)),
            lab["p"], np.zeros(4, np.int64), np.zeros(4, np.int64),
        )  # fmt: skip
        staff.follow(lab["organisations"], lab["p"])
        done.append(partnerships["work_now"].sum())
    return np.array(done)


def spending_over_a_gap(gap: int, contracts: int = 1, **settings: Any) -> float:
    """Work from 3 months before a gap in one contract's money to 12 after its start, beside full work."""
    lab = laboratory(contracts, **settings)
    done = np.concatenate([months(lab, 0, 3), months(lab, 3, gap, unpaid=(0,)), months(lab, 3 + gap, 12 - gap)])
    assert len(done) == 15
    return float(done.sum() / (15 * contracts * PERSON_MONTHS))


def worked(money_months: int, stopped: int | None, state: int, months_left: int = CONTRACT) -> NDArray[np.float64]:
    """Work in a month of three seats, the last abroad, when so much money is in hand and one of them has stopped."""
    lab = laboratory(1)
    organisations = np.zeros(3, dtype=ORGANISATION)
    organisations["present"], organisations["staff"], organisations["load"] = True, PERSON_MONTHS, 1
    seats = np.zeros(3, dtype=SEAT)
    month_cents = int(PERSON_MONTHS * COST_CENTS)
    seats["state"], seats["organisation"], seats["country"] = WORKING, [0, 1, 2], [0, 0, 1]
    seats["person_months"], seats["grant_cents"] = PERSON_MONTHS, month_cents * CONTRACT
    row = lab["partnerships"][0]
    row["seats"] = row["working_now"] = 3
    row["grant_cents"], row["planned_effort"] = 3 * month_cents * CONTRACT, 3 * PERSON_MONTHS * CONTRACT
    row["paid_cents"], row["start_month"] = money_months * month_cents, 5 - (CONTRACT - months_left)
    if stopped is not None:
        seats["state"][stopped], row["working_now"] = state, 2
        seats["organisation"][stopped] = -1 if state == DROPPED else stopped
    pairs, one = unwritable(np.ones((2, 2, 1)), np.ones(2))
    inputs = InputFlows(
        *unwritable(np.ones((5, 2, 2)), np.ones((5, 2, 2))), np.ones((5, 2)), np.ones((5, 2, 2)), np.ones((5, 2)),
        np.ones((5, 2)), *unwritable(np.ones(5)), disturbed=False,
    )  # fmt: skip
    active = np.zeros(1, dtype=np.int32)
    rows = some_rows(organisations=organisations, partnerships=lab["partnerships"], seats=seats)
    staff.ask(5, active, lab["partnerships"], seats, organisations, lab["p"])
    work(
        5, active, rows, Conditions(pairs, one, one, inputs), one_country(np.uint64(1))._replace(price=one), lab["p"],
        np.zeros(4, np.int64), np.zeros(4, np.int64),
    )  # fmt: skip
    return seats["work_now"]


@pytest.mark.parametrize("state", [SUSPENDED, STARTING, DROPPED])
@pytest.mark.parametrize("money_months", [1, 2, 3])
@pytest.mark.parametrize("stopped", [0, 1, 2])
def test_where_money_is_short_nobody_works_more_because_another_has_stopped(
    stopped: int, money_months: int, state: int
) -> None:
    usual, changed = worked(money_months, None, state), worked(money_months, stopped, state)
    assert usual.sum() == money_months * PERSON_MONTHS
    others = np.arange(3) != stopped
    np.testing.assert_array_equal(changed[others], usual[others])
    assert changed[stopped] == 0.0


def test_after_the_planned_end_what_is_left_is_for_those_who_finish() -> None:
    assert worked(2, 1, DROPPED, months_left=1).tolist() == [2.0, 0.0, 2.0]


def test_a_gap_of_two_to_six_months_halves_spending() -> None:
    # Tham 2023: spending of interrupted laboratories, from 3 months before to 12 after, a mean over the gaps they had
    kept = [spending_over_a_gap(gap) for gap in range(2, 7)]
    assert np.mean(kept) == pytest.approx(0.5, abs=0.1)
    # what the gap itself takes is gone in any case: a month of fifteen for each month of it
    assert all(left < 1.0 - gap / 15.0 for gap, left in zip(range(2, 7), kept, strict=True))
    assert all(longer < shorter for shorter, longer in pairwise(kept))


def test_a_second_grant_softens_the_gap() -> None:
    for gap in range(2, 7):
        alone, softened = spending_over_a_gap(gap), spending_over_a_gap(gap, contracts=2)
        # of the contract in the gap itself less is lost, not only because the other goes on
        assert 2.0 * (1.0 - softened) < 1.0 - alone


def test_in_the_worst_month_next_to_nothing_is_spent() -> None:
    lab = laboratory(1)
    assert months(lab, 0, 4, unpaid=(0,)).min() < 0.1 * PERSON_MONTHS


def test_after_a_long_gap_staff_stays_below_the_twin_for_years() -> None:
    lab, twin = laboratory(1), laboratory(1)
    months(lab, 0, 18, unpaid=(0,))
    months(twin, 0, 18)
    after = months(lab, 18, 48) / months(twin, 18, 48)
    assert after[23] < 0.95
    assert after[35] < 0.97
    assert np.diff(after).min() > -1e-9
    # nobody is lost for good: back within two years and a half
    lab = laboratory(1, gone=0.0, recovery=0.2)
    months(lab, 0, 18, unpaid=(0,))
    assert months(lab, 18, 30)[-1] == pytest.approx(PERSON_MONTHS, rel=0.01)


def test_paid_work_loses_nobody() -> None:
    lab = laboratory(3)
    assert (months(lab, 0, 100) == 3 * PERSON_MONTHS).all()
    assert lab["organisations"]["staff"][0] == 3 * PERSON_MONTHS


def test_people_for_a_contract_are_found_before_it_starts_and_leave_after_it() -> None:
    lab = laboratory(1)
    lab["organisations"]["staff"] = 0.0
    lab["partnerships"]["status"], lab["partnerships"]["start_month"] = GRANTED, 10
    found = []
    for month in range(10):
        staff.ask(month, np.zeros(1, np.int32), lab["partnerships"], lab["seats"], lab["organisations"], lab["p"])
        staff.follow(lab["organisations"], lab["p"])
        found.append(float(lab["organisations"]["staff"][0]))
    assert found == pytest.approx([0.0] * 4 + [PERSON_MONTHS * k / 6 for k in range(1, 7)])
    # a contract that ends with no other to follow
    none = np.zeros(0, np.int32)
    for month in range(10, 40):
        staff.ask(month, none, lab["partnerships"], lab["seats"], lab["organisations"], lab["p"])
        staff.follow(lab["organisations"], lab["p"])
    assert lab["organisations"]["staff"][0] < 0.01 * PERSON_MONTHS
    assert lab["organisations"]["gone"][0] == 0.0


def test_calm_times_cost_no_work_by_themselves() -> None:
    calm = {
        "programme__prefinancing": 1.0, "programme__tranches": 0, "behaviour__work__member_withdrawal_hazard": 0.0,
        "mechanisms__supply": False,
    }  # fmt: skip
    runs = [small(**calm, mechanisms__staff_loss=on).advance(63).series()["work"] for on in (True, False)]
    assert (runs[0] == runs[1]).all()
