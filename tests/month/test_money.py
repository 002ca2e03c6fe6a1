"""Money, whatever the scenario: every account balances every month, to the cent, and agrees with what it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecosim.ledger import OWN_BOOK, Account, Ledger
from ecosim.model import Ecosystem
from ecosim.tables import ACTIVE, GRANTED
from tests.models import INSTRUMENTS, SHOCKS

#: A year of burn-in, 18 to 20 months observed, a year of run-off.
TINY: dict[str, Any] = {
    "world.preset": "classroom",
    "world.scale": 0.01,
    "timeline.burn_in_months": 12,
    "timeline.calm_months": 6,
    "timeline.calm_jitter_months": 2,
    "timeline.response_months": 12,
    "timeline.run_off_months": 12,
}


@st.composite
def programmes(draw: st.DrawFn) -> dict[str, Any]:
    prefinancing = draw(st.sampled_from([0.0, 0.15, 0.4, 1.0]))
    countries = draw(st.sampled_from([None, (1, 1), (2, 3), (4, 5)]))
    return {
        "programme.months_between_calls": draw(st.sampled_from(["observed", 1, 4, 12, 84])),
        "programme.prefinancing": prefinancing,
        "programme.tranches": draw(st.integers(0 if prefinancing == 1.0 else 1, 6)),
        "programme.tranche_rule": draw(st.sampled_from(["calendar", "milestone"])),
        "programme.reallocate": draw(st.booleans()),
        "programme.countries_per_consortium": countries,
        "programme.portfolio_evenness": draw(st.sampled_from([0.0, 2.0])),
        "programme.payment_delay_months": draw(st.sampled_from([0.0, 2.0, 9.0])),
        "programme.time_to_grant_months": draw(st.sampled_from([0, 3, 8])),
        "programme.call_cost_eur": draw(st.sampled_from([0.0, 2e5, 1e9])),
        "programme.evaluation_cost_eur": draw(st.sampled_from([0.0, 3e3, 1e7])),
        "programme.payment_cost_eur": draw(st.sampled_from([0.0, 500.0, 1e7])),
        "policy.start": draw(st.sampled_from([None, "2006-09"])),
    }


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    shocks = {
        name: {
            **SHOCKS[name],
            "severity": draw(st.sampled_from([0.2, 0.8, 1.0])),
            "duration_months": draw(st.sampled_from([None, 6])),
        }
        for name in draw(st.sets(st.sampled_from(sorted(SHOCKS)), max_size=4))
    }
    instruments = {
        name: {**INSTRUMENTS[name], "monthly_eur": draw(st.sampled_from([0.0, 1e5, 7e6, 5e8]))}
        for name in draw(st.sets(st.sampled_from(sorted(INSTRUMENTS)), max_size=4))
    }
    return {
        **TINY,
        **draw(programmes()),
        "seed": draw(st.integers(0, 500)),
        "shocks": shocks,
        "instruments": instruments,
        "funders": (funders := draw(st.sampled_from(FUNDERS))),
        "decisions": draw(st.sampled_from(DECISIONS if "national_agency" in funders else DECISIONS[:2])),
        "policy.calendars": draw(st.sampled_from(["as_each_says", "staggered", "aligned"])),
        "policy.appropriation_eur_per_month": draw(st.sampled_from([None, 0.0, 3e7, 3e9])),
        "behaviour.work.bridging_months": draw(st.sampled_from([0.0, 1.5, 12.0])),
        "behaviour.work.failure_hazard": draw(st.sampled_from([0.0, 0.001, 0.2])),
        "behaviour.work.member_withdrawal_hazard": draw(st.sampled_from([0.0, 0.002, 0.2])),
        "behaviour.work.extension_months": draw(st.sampled_from([0, 6])),
    }


#: The programme alone, beside agencies, and beside agencies with little money and rare calls.
FUNDERS: list[dict[str, Any]] = [
    {}, {"national_agency": {}}, {"national_agency": {"share_of_rd": 0.001, "months_between_calls": 24}},
    {"national_agency": {"from_programme": 0.3}},
    {"national_agency": {"agreements": "all", "joint_share": 0.4}, "philanthropy": {"share_of_rd": 0.02}},
]  # fmt: skip


#: The usual review, no decision, and those that move money.
DECISIONS: list[dict[str, Any]] = [
    {"missions_follow_partnerships": {}}, {},
    {"agencies_step_in": {"acts_after_months": 0}, "agencies_replace_programme": {"acts_after_months": 1}},
    {"funders_rebudget": {"every_months": 3, "over_months": 3, "step": 1.0, "most": 1.0}},
]  # fmt: skip


def check_books(model: Ecosystem) -> None:
    """Every identity that holds at the end of a month."""
    state, ledger = model.state, model.ledger
    partnerships, seats = state.partnerships.used, state.seats.used
    funded = partnerships["funder"] >= 0

    assert ledger.imbalance() == 0
    assert (ledger.balances_from_journal() == ledger.balance).all()
    own = [account for account in Account if account not in (*Ledger.SOURCES, Account.UNSPENT)]
    assert (ledger.balance[:, own] >= 0).all()

    # Each account is the sum of what it stands for.
    running = partnerships[state.active]
    running = running[running["funder"] >= 0]
    assert set(np.unique(running["status"])) <= {GRANTED, ACTIVE}
    for funder in range(model.setting.n_funders):
        own_running, own_grants = running[running["funder"] == funder], partnerships[partnerships["funder"] == funder]
        # Seats that it pays in others' work count as its own, and those that others pay in its work as theirs.
        abroad = seats[(seats["payer"] == funder) & (seats["other_cents"] > 0)]
        under_way = abroad[np.isin(abroad["partnership"], state.active)]
        promised = (own_running["grant_cents"] - own_running["paid_cents"]).sum()
        promised -= (own_running["other_cents"] - own_running["other_paid_cents"]).sum()
        promised += (under_way["other_cents"] - under_way["other_paid_cents"]).sum()
        assert promised == ledger.cents(Account.COMMITTED, funder)
        paid = (own_grants["paid_cents"] - own_grants["other_paid_cents"]).sum() + abroad["other_paid_cents"].sum()
        assert paid == ledger.cents(Account.PAID, funder)
    arrived = state.organisations["arrival_month"] < model.month
    assert state.organisations["reserves_cents"][arrived].sum() == ledger.cents(Account.RESERVES)
    assert seats["advanced_cents"].sum() == ledger.cents(Account.ADVANCED)
    # What the programme forgoes, organisations have been spared; no other funder forgoes anything.
    assert ledger.cents(Account.TAX_FORGONE, 0) == ledger.cents(Account.TAX_FORGONE)
    assert ledger.cents(Account.TAX_FORGONE) == -ledger.cents(Account.TAX_SPARED, OWN_BOOK)

    # What is set aside is there, but for what the largest grant of each sector may overdraw.
    assert (state.earmarked >= 0).all()
    for funder, ahead in enumerate(model.setting.ahead_cents.tolist()):
        set_aside = state.envelopes[funder].sum()
        bound = state.earmarked.sum() if funder == 0 else 0
        assert set_aside >= -ahead
        assert set_aside + bound <= ledger.cents(Account.UNSPENT, funder)
        given = ledger.cents(Account.COMMITTED, funder) + ledger.cents(Account.PAID, funder)
        assert given <= ledger.appropriated(funder) + ahead

    # Nobody spends what it has not been paid, nor is paid what it has not been granted; seats share the grant.
    assert (partnerships["spent_cents"] <= partnerships["paid_cents"])[funded].all()
    assert (partnerships["paid_cents"] + partnerships["due_cents"] <= partnerships["grant_cents"])[funded].all()
    assert (partnerships["spent_cents"] >= 0).all()
    assert (state.organisations["reserves_cents"] >= 0).all()
    shares = np.bincount(seats["partnership"], seats["grant_cents"].astype(float), minlength=len(partnerships))
    assert (shares == partnerships["grant_cents"]).all()


def run_checked(scenario: dict[str, Any]) -> Ecosystem:
    model = Ecosystem(**scenario)
    check_books(model)
    while model.running:
        model.step()
        check_books(model)
    return model


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_every_account_balances_every_month_to_the_cent(scenario: dict[str, Any]) -> None:
    run_checked(scenario)


@pytest.mark.slow
@settings(max_examples=600, deadline=None, derandomize=False, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_every_account_balances_every_month_to_the_cent_in_many_scenarios(scenario: dict[str, Any]) -> None:
    run_checked(scenario)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programmes(), programmes(), st.sets(st.sampled_from(sorted(INSTRUMENTS))))
def test_every_policy_is_appropriated_the_same_money_in_every_month(
    one: dict[str, Any], other: dict[str, Any], instruments: set[str]
) -> None:
    paths = []
    for programme, chosen in ((one, set()), (other, instruments)):
        model = Ecosystem(**TINY, **programme, instruments={name: INSTRUMENTS[name] for name in chosen})
        model.advance(model.config.calendar.months)
        path = model.series()["appropriated_eur"]
        assert (path[: -model.config.timeline.run_off_months] == model.setting.appropriation_cents / 100.0).all()
        assert (path[-model.config.timeline.run_off_months :] == 0.0).all()
        paths.append(path)
    assert paths[0].tobytes() == paths[1].tobytes()


def test_the_placebo_takes_no_money_with_it() -> None:
    model = Ecosystem(**TINY).fork("placebo")
    while model.running:
        model.step()
        check_books(model)


def test_money_moves_in_every_account() -> None:
    model = run_checked(
        {
            **TINY,
            "shocks": SHOCKS,
            "instruments": INSTRUMENTS,
            "behaviour.work.failure_hazard": 0.03,
            "programme.prefinancing": 0.1,
            "behaviour.work.bridging_months": 6.0,
            "funders": {"national_agency": {}},
            "decisions": {"agencies_replace_programme": {"acts_after_months": 1}},
        }
    )
    # those of what comes after research have tests of their own
    of_research = [account for account in Account if not Account.MARKET <= account <= Account.SERVICED]
    assert (model.ledger.balance[:, of_research] != 0).any(axis=0).all()


def test_after_a_long_run_off_all_that_was_promised_is_paid_or_returned() -> None:
    model = run_checked({**TINY, "timeline.run_off_months": 160, "instruments": INSTRUMENTS})
    assert len(model.state.active) == 0
    assert model.ledger.cents(Account.COMMITTED) == 0
    assert model.ledger.cents(Account.ADVANCED) == 0
    assert (model.state.organisations["load"] == 0).all()


def test_more_money_buys_more_work() -> None:
    effort = []
    for eur in (1e8, 3e8):
        model = Ecosystem(**TINY, **{"policy.appropriation_eur_per_month": eur, "mechanisms.unfunded": False})
        model.advance(model.config.calendar.months)
        effort.append(model.series()["effort"].sum())
    assert effort[1] > 1.5 * effort[0]


def test_money_freed_by_failed_work_goes_where_the_programme_says() -> None:
    awards = {False: 0.0, True: 0.0}
    for seed in range(1, 6):
        for reallocate in awards:
            model = Ecosystem(
                **TINY,
                **{"programme.reallocate": reallocate, "behaviour.work.failure_hazard": 0.1, "seed": seed},
            )
            model.advance(model.config.calendar.months)
            assert (model.ledger.cents(Account.RETURNED) > 0) != reallocate
            awards[reallocate] += model.series()["awards"].sum()
    assert awards[True] > 1.05 * awards[False]
