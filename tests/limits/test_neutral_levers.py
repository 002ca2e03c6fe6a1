"""Levers that do nothing at a corner of the model change no bit there."""

from __future__ import annotations

from typing import Any

import pytest

from ecosim.ledger import OWN_BOOK, Account
from ecosim.model import Ecosystem
from tests.models import INSTRUMENTS, SHOCKS, fingerprint, finished, small, to_the_end

FREE: dict[str, Any] = {
    "programme__call_cost_eur": 0.0,
    "programme__evaluation_cost_eur": 0.0,
    "programme__payment_cost_eur": 0.0,
}

#: Two settings of a lever, and the corner at which they are one.
NEUTRAL: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "when tranches fall due, if there are none": (
        {"programme__tranche_rule": "calendar", "programme__payment_delay_months": 0.0},
        {"programme__tranche_rule": "milestone", "programme__payment_delay_months": 9.0},
        {"programme__prefinancing": 1.0, "programme__tranches": 0},
    ),
    "how many tranches nothing is left for": (
        {"programme__tranches": 0},
        {"programme__tranches": 7},
        {"programme__prefinancing": 1.0},
    ),
    "the observed budget in words or in numbers": (
        {"policy__appropriation_eur_per_month": None},
        {"policy__appropriation_eur_per_month": "observed"},
        {},
    ),
    "a rule on blocs that every consortium meets": (
        {"programme__blocs_per_consortium": None},
        {"programme__blocs_per_consortium": (1, 60)},
        {},
    ),
    "instruments without money": (
        {"instruments": {}},
        {"instruments": {name: {**one, "monthly_eur": 0.0} for name, one in INSTRUMENTS.items()}},
        {},
    ),
    "reviews where there is nothing to review": (
        {"decisions": {"missions_follow_partnerships": {}}},
        {"decisions": {}},
        {},
    ),
    "what announcements do where none is made": (
        {"mechanisms__expectation": True, "behaviour__acceptance__expectation_response": 0.0},
        {"mechanisms__expectation": False, "behaviour__acceptance__expectation_response": 3.0},
        {},
    ),
    "how surely closures stop work where nothing closes": (
        {"behaviour__work__closure_response": 0.0},
        {"behaviour__work__closure_response": 3.0},
        {},
    ),
    "how long a new supplier takes where none is lost": (
        {"behaviour__supply__switch_equipment_months": 6.0, "behaviour__supply__switch_cloud_months": 0.0},
        {"behaviour__supply__switch_consumables_months": 3.0, "behaviour__supply__switch_cloud_months": 12.0},
        {},
    ),
    "how inputs replace each other, and what is in stock, where all arrive": (
        {"behaviour__supply__elasticity": 0.0, "behaviour__supply__stock_consumables_months": 0.0},
        {"behaviour__supply__elasticity": 0.6, "behaviour__supply__weight": 0.05,
         "behaviour__supply__spare_capacity": 0.0},
        {},
    ),
    "whether freed money returns where none is left to award it": (
        {"programme__reallocate": False},
        {"programme__reallocate": True},
        {"policy__appropriation_eur_per_month": 0.0},
    ),
}  # fmt: skip


def test_a_reform_to_the_same_rules_changes_no_bit() -> None:
    assert fingerprint(finished(policy__start="2007-09")) == fingerprint(finished(policy__start=None))


@pytest.mark.parametrize("name", NEUTRAL)
def test_a_neutral_lever_changes_no_bit(name: str) -> None:
    one, other, corner = NEUTRAL[name]
    fingerprints = []
    for lever in (one, other):
        settings = {**FREE, **corner, **lever}
        if settings.get("policy__appropriation_eur_per_month") == "observed":
            settings["policy__appropriation_eur_per_month"] = finished().setting.world.appropriation_eur_per_month
        fingerprints.append(fingerprint(finished(**settings)))
    assert fingerprints[0] == fingerprints[1]


#: Where administration costs nothing and no money returns, schedules can only differ in when money comes.
SCHEDULED: dict[str, Any] = {
    **FREE,
    "programme__reallocate": False,
    "timeline__response_months": 60,
    # Who leaves loses what it has advanced, which is more where payments come late.
    "behaviour__work__member_withdrawal_hazard": 0.0,
}

SCHEDULES: list[dict[str, Any]] = [
    {"programme__prefinancing": 0.4, "programme__tranches": 2},
    {"programme__prefinancing": 0.1, "programme__tranches": 6, "programme__payment_delay_months": 5.0},
    {"programme__prefinancing": 0.3, "programme__tranches": 3, "programme__tranche_rule": "milestone"},
]


def rich(model: Ecosystem) -> Ecosystem:
    """Give every organisation EUR 10 billion."""
    rows = model.state.organisations
    rows["reserves_cents"] += 10**12
    model.ledger.post(0, OWN_BOOK, Account.OWN_INCOME, Account.RESERVES, 10**12 * int(rows["present"].sum()))
    return to_the_end(model)


def work(model: Ecosystem) -> list[bytes]:
    """What partnerships do, month by month; not what anybody pays when."""
    assert model.ledger.imbalance() == 0
    series = model.series()
    return [values.tobytes() for name, values in series.items() if not name.endswith("_eur")]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_when_money_comes_changes_no_work_where_own_money_bridges_every_gap(schedule: dict[str, Any]) -> None:
    up_front = {"programme__prefinancing": 1.0, "programme__tranches": 0}
    ahead, later = rich(small(**SCHEDULED, **up_front)), rich(small(**SCHEDULED, **schedule))
    assert work(later) == work(ahead)
    # The lever was pulled: the money did come at other times.
    assert fingerprint(later) != fingerprint(ahead)
    # And it does change the work where not everybody can wait.
    assert work(finished(**SCHEDULED, **schedule)) != work(finished(**SCHEDULED, **up_front))


def test_the_order_in_which_shocks_and_instruments_are_written_changes_no_bit() -> None:
    forward = finished(shocks=SHOCKS, instruments=INSTRUMENTS)
    backward = finished(shocks=dict(reversed(SHOCKS.items())), instruments=dict(reversed(INSTRUMENTS.items())))
    names = [name for name in forward.series() if ":" not in name]
    assert all(forward.series()[name].tobytes() == backward.series()[name].tobytes() for name in names)
