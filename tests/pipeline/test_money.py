"""Money of the stages: every account of every funder balances every month, and is the sum of what it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecosim.errors import InputError
from ecosim.ledger import OWN_BOOK, Account, Ledger
from ecosim.model import Ecosystem
from ecosim.tables import GIVEN_UP, IN_USE
from tests.models import INSTRUMENTS, SHOCKS, small
from tests.month.test_money import TINY, check_books
from tests.pipeline.busy import FAST, PAYERS, fast, rewrite


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    funders = {name: PAYERS[name] for name in draw(st.sets(st.sampled_from(sorted(PAYERS))))}
    if "development_bank" in funders:
        funders["development_bank"] = {
            "monthly_eur": draw(st.sampled_from([0.0, 1e5, 5e6])), "subsidy": draw(st.sampled_from([0.0, 0.4, 1.0])),
            "loan_share": draw(st.sampled_from([0.3, 1.0])),
        }  # fmt: skip
    if "venture_fund" in funders:
        funders["venture_fund"] = {"deals": 0.5, "public_share": draw(st.sampled_from([0.0, 0.3, 1.0]))}
    return {
        **FAST,
        **TINY,
        "seed": draw(st.integers(0, 500)),
        "shocks": {name: SHOCKS[name] for name in draw(st.sets(st.sampled_from(sorted(SHOCKS)), max_size=3))},
        "instruments": {
            name: INSTRUMENTS[name] for name in draw(st.sets(st.sampled_from(sorted(INSTRUMENTS)), max_size=2))
        },
        "funders": funders,
        "behaviour.stages.scale_up_failure": draw(st.sampled_from([0.0, 0.3, 0.9])),
        "behaviour.stages.pilot_site_eur": draw(st.sampled_from([0.0, 2e4, 1e6])),
        "behaviour.stages.seeking_months": draw(st.sampled_from([1, 36])),
        "behaviour.stages.loan_service": draw(st.sampled_from([0.0, 0.2, 1.0])),
    }


def check_claims(model: Ecosystem) -> None:
    """Loans, stakes and what they are booked as."""
    state, ledger = model.state, model.ledger
    claims, technologies = state.pipeline.claims.used, state.pipeline.technologies.used
    total = claims["public_cents"] + claims["private_cents"]
    loan, lost = claims["loan"], claims["lost"]
    left = total - claims["repaid_cents"]
    assert (left >= 0).all()
    for funder in (*range(model.setting.n_funders), OWN_BOOK):
        own = claims["funder"] == funder
        assert left[own & loan & ~lost].sum() == ledger.cents(Account.LENT, funder)
        assert total[own & ~loan & ~lost].sum() == ledger.cents(Account.EQUITY, funder)
        assert left[own & loan & lost].sum() + total[own & ~loan & lost].sum() == ledger.cents(Account.LOST, funder)
        backed = claims["private_cents"] - claims["repaid_private_cents"]
        # Lenders are owed their part of what is lent, and of what is lost and not yet made good.
        assert backed[own & loan & ~lost].sum() <= -ledger.cents(Account.LENDERS, funder) <= backed[own & loan].sum()
        repaid_public = (claims["repaid_cents"] - claims["repaid_private_cents"])[own].sum()
        assert repaid_public == ledger.cents(Account.REPAID, funder)
    private = claims["private_cents"][~loan].sum() + ledger.cents(Account.PLEDGED)
    assert private == -ledger.cents(Account.INVESTORS)
    # What is given up owes nothing; what is not owes what its loans do.
    by_loan = np.bincount(
        claims["technology"][loan & ~lost], left[loan & ~lost].astype(float), minlength=len(technologies)
    )
    assert (by_loan == technologies["owed_cents"]).all()
    assert (technologies["owed_cents"][technologies["stage"] == GIVEN_UP] == 0).all()
    assert (technologies["purse_cents"] >= 0).all()
    assert (technologies["paid_cents"] <= technologies["due_cents"]).all() or (technologies["stage"] == IN_USE).any()


def run_checked(scenario: dict[str, Any]) -> Ecosystem:
    model = Ecosystem(**scenario)
    while model.running:
        model.step()
        check_books(model)
        check_claims(model)
    return model


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_every_account_balances_every_month_with_all_kinds_of_funder(scenario: dict[str, Any]) -> None:
    run_checked(scenario)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=False, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_every_account_balances_every_month_in_many_scenarios(scenario: dict[str, Any]) -> None:
    run_checked(scenario)


def test_money_moves_in_every_account_and_in_the_months_that_say_so() -> None:
    model = fast(funders=PAYERS)
    rewrite(model.setting.base, lambda base: base.risk_share.fill(0.5))
    while model.running:
        model.step()
        check_claims(model)
    ledger, series = model.ledger, model.series()
    used = {account for account in Account if ledger.balance[:, account].any()}
    assert used >= {Account(k) for k in range(Account.MARKET, Account.SERVICED + 1)}
    claims = model.state.pipeline.claims.used
    stakes = ~claims["loan"]
    assert series["private_money_eur"].sum() == pytest.approx(claims["private_cents"][stakes].sum() / 100.0)
    assert series["lent_eur"].sum() == pytest.approx(
        (claims["public_cents"] + claims["private_cents"])[claims["loan"]].sum() / 100.0
    )
    assert series["repaid_eur"].sum() == pytest.approx(claims["repaid_cents"].sum() / 100.0)
    assert series["lost_eur"].sum() == pytest.approx(ledger.cents(Account.LOST) / 100.0)
    assert series["guaranteed_eur"].sum() == pytest.approx(ledger.cents(Account.GUARANTEED) / 100.0)
    assert series["pilots_eur"].sum() == pytest.approx(ledger.cents(Account.PILOTS) / 100.0)
    # Sales pay royalties and loans, and nothing else comes from the market.
    royalties = -ledger.cents(Account.MARKET) - ledger.cents(Account.SERVICED)
    assert series["royalties_eur"].sum() == pytest.approx(royalties / 100.0)
    assert model.series_by_country()["royalties_by_country"].sum() == pytest.approx(royalties / 100.0)


def test_repayments_are_no_extra_money() -> None:
    """The path of appropriations is the same to the cent whether loans are repaid or not; repayments are handed in."""
    paths = []
    for service in (0.0, 1.0):
        model = fast(funders={"development_bank": {}}, behaviour__stages__loan_service=service)
        model.advance(model.config.calendar.months)
        bank = 1
        assert (model.ledger.cents(Account.REPAID, bank) > 0) == (model.series()["repaid_eur"].sum() > 0)
        paths.append(model.series()["appropriated_eur"])
        new = model.ledger.journal[model.ledger.journal["credit"] == Account.REPAID]
        assert len(new) == 0
    assert paths[0].tobytes() == paths[1].tobytes()
    assert model.ledger.cents(Account.REPAID, 1) > 0


def test_a_loan_costs_the_public_its_subsidy_at_once_and_the_rest_when_it_is_lost() -> None:
    model = fast(funders={"development_bank": {"subsidy": 0.25}})
    while model.running:
        model.step()
    claims = model.state.pipeline.claims.used
    loans = claims[claims["loan"]]
    total = loans["public_cents"] + loans["private_cents"]
    assert (np.abs(loans["public_cents"] - 0.25 * total) <= 1).all()
    lost = loans[loans["lost"]]
    assert len(lost) > 0
    made_good = int((lost["private_cents"] - lost["repaid_private_cents"]).sum())
    ledger = model.ledger.journal
    to_lenders = ledger[(ledger["debit"] == Account.LENDERS) & (ledger["credit"] == Account.UNSPENT)]["cents"].sum()
    assert 0 < to_lenders <= made_good
    assert Ledger.SOURCES.count(Account.LENDERS) == 1


def test_the_public_pays_its_share_of_private_losses_and_no_more() -> None:
    for share in (0.0, 0.4):
        model = fast(behaviour__stages__scale_up_failure=0.5)
        rewrite(model.setting.base, lambda base, share=share: base.risk_share.fill(share))
        while model.running:
            model.step()
        claims = model.state.pipeline.claims.used
        lost = claims[claims["lost"] & ~claims["loan"]]
        owed = model.state.pipeline.guarantees_owed + model.ledger.cents(Account.GUARANTEED)
        assert len(lost) > 3
        assert owed == sum(int(cents * share) for cents in lost["private_cents"].tolist())


def test_funders_of_later_stages_are_refused_while_those_are_off() -> None:
    with pytest.raises(InputError, match=r"mechanisms\.stages=true") as caught:
        small(funders={"venture_fund": {}})
    assert "funders.venture_fund" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_funders_of_later_stages_open_no_calls() -> None:
    model = fast(funders=PAYERS)
    model.advance(model.config.calendar.months)
    state, terms = model.state, model.setting.terms
    later = [funder for row in terms if "research" not in row.stages for funder in row.funders]
    assert len(later) == 3
    assert (state.funders["calls"][later] == 0).all()
    assert not np.isin(state.partnerships.used["funder"], later).any()
    assert (state.envelopes[later] == 0).all()
