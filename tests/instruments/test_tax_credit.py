from __future__ import annotations

import numpy as np
import pytest

from ecosim.channels.handles import Handles
from ecosim.instruments.tax_credit import TaxCredit
from ecosim.ledger import OWN_BOOK, Account
from ecosim.model import Ecosystem
from ecosim.month.stocks import asked_for
from ecosim.tables import PRC
from tests.instruments.contract import InstrumentBench
from tests.models import small, to_the_end, with_handles

SMALL_FIRMS, LARGE_FIRMS = 0, 1


class TestTaxCredit(InstrumentBench):
    instrument = TaxCredit
    pair = ("DEU", "USA")

    def test_small_firms_react_and_large_ones_hardly(self) -> None:
        made = TaxCredit(senders=("DEU",), hosts=("USA",))
        stock = 1e6 * made.first_allocation(self.world)
        rate = made.rate(self.world, stock)[0]
        own_work = self.run(1e6).own_work[:, 0]
        assert 0.0 < rate < made.limit
        assert own_work[SMALL_FIRMS] == pytest.approx((1.0 - rate) ** -1.5)
        assert own_work[LARGE_FIRMS] == pytest.approx((1.0 - rate) ** -0.2)

    def test_only_the_senders_own_firms_count_whichever_the_hosts(self) -> None:
        one, all_hosts = self.run(1e6), self.run(1e6, hosts="all")
        assert (one.own_work[:, 1:] == 1.0).all()
        assert one.own_work[:, 0] == pytest.approx(all_hosts.own_work[:, 0])

    def test_the_first_money_goes_by_firms(self) -> None:
        by_sender = TaxCredit().first_allocation(self.world).sum(axis=1)
        firms = self.world.organisations[:, PRC]
        assert by_sender == pytest.approx(firms / firms.sum())

    def test_what_costs_nothing_is_no_firms_own(self) -> None:
        free = self.run(1e12, limit=1.0).own_work[:, 0]
        assert free == pytest.approx(0.05 ** np.array([-1.5, -0.2]))


def with_credit(**settings: object) -> Ecosystem:
    return small(instruments={"tax_credit": {"monthly_eur": 8e6, **settings}})


def claims_by_month(model: Ecosystem) -> np.ndarray:
    journal = model.ledger.journal
    claims = journal[journal["debit"] == Account.TAX_FORGONE]
    return np.bincount(claims["month"], weights=claims["cents"], minlength=model.month)


def test_tax_forgone_is_public_money_that_firms_have_in_their_reserves() -> None:
    model = to_the_end(with_credit())
    ledger, series = model.ledger, model.series()
    assert ledger.cents(Account.TAX_FORGONE, 0) == -ledger.cents(Account.TAX_SPARED, OWN_BOOK) > 0
    assert series["tax_forgone_eur"] == pytest.approx(claims_by_month(model) / 100.0)
    # it is no money spent on running anything, and no mission's
    assert not series["instruments_eur"].any()
    assert not model.state.missions["spent_cents"].any()


def test_a_month_is_claimed_once_by_firms_alone_at_the_rate_of_the_law() -> None:
    # so low a rate that no country claims its whole envelope
    model = with_credit(eur_per_firm=4e4).advance(20)
    state = model.state
    spent, rows = state.own_spent[:, 0].copy(), state.organisations
    assert spent[rows["type"] == PRC].sum() > 0
    assert spent[rows["type"] != PRC].sum() == 0
    # whoever has spent its own money has no more than that from it
    assert spent.sum() <= model.ledger.cents(Account.OWN_WORK)
    rate = model.config.instruments["tax_credit"].rate(model.setting.world, state.stocks[0])
    assert (rate > 0.0).all()
    expected = int(np.floor(spent * rate[rows["country"]]).sum())
    before = model.ledger.cents(Account.TAX_FORGONE)
    model.step()
    assert model.ledger.cents(Account.TAX_FORGONE) - before == expected


def test_no_more_is_claimed_than_the_envelope_and_what_is_not_claimed_goes_to_the_calls() -> None:
    # a rate as of a large envelope, and a small one
    tight = to_the_end(with_credit(monthly_eur=2e5, eur_per_firm=10.0))
    envelope = 2e5 * tight.config.world.scale * 100.0
    claimed = claims_by_month(tight)
    assert claimed.max() <= envelope
    assert claimed.max() > 0.95 * envelope
    # nearly no rate, and a large envelope
    loose = with_credit(monthly_eur=1e7, eur_per_firm=1e7)
    untouched = small(instruments={})
    for model in (loose, untouched):
        model.advance(12)
    left = [model.ledger.cents(Account.UNSPENT) + model.ledger.cents(Account.COMMITTED) for model in (loose, untouched)]
    paid = [
        model.ledger.cents(Account.PAID) + model.ledger.cents(Account.ADMINISTRATION) for model in (loose, untouched)
    ]
    forgone = loose.ledger.cents(Account.TAX_FORGONE)
    assert 0 < forgone < 0.01 * 12 * 1e7 * loose.config.world.scale * 100.0
    assert left[0] + paid[0] + forgone == left[1] + paid[1]
    k, instrument = 0, loose.config.instruments["tax_credit"]
    asked, share = asked_for(k, instrument, loose.state, loose.setting)
    assert asked < 0.01 * instrument.monthly_eur * loose.config.world.scale * 100.0
    assert share.sum() == pytest.approx(1.0, abs=0.01)


def test_deadweight_is_what_firms_would_have_done_anyway() -> None:
    """All of it where nobody reacts; less where firms do; never what nobody claims."""

    def share(**elasticity: float) -> float:
        series = to_the_end(with_credit(**elasticity)).series()
        return float(series["tax_deadweight_eur"].sum() / series["tax_forgone_eur"].sum())

    nobody = share(elasticity_small=0.0, elasticity_large=0.0)
    assert nobody == pytest.approx(1.0, abs=1e-6)
    assert nobody > share() > share(elasticity_small=-6.0, elasticity_large=-6.0) > 0.1


def test_firms_that_may_claim_start_more_work_of_their_own_and_others_do_not() -> None:
    """Of what is started, the part led by firms rises by what the handle says; nothing else is written in."""

    def started(own_work: float) -> tuple[int, int]:
        def claim(handles: Handles) -> None:
            handles.own_work *= own_work

        model = to_the_end(with_handles(claim, world__scale=0.1))
        rows, seats = model.state.partnerships.used, model.state.seats.used
        unfunded = rows[rows["funder"] < 0]
        leads = seats["organisation"][unfunded["first_seat"] + unfunded["lead_seat"]]
        firms = model.state.organisations["type"][leads[leads >= 0]] == PRC
        return int(firms.sum()), int((~firms).sum())

    (firms, others), (more, as_many) = started(1.0), started(1.5)
    assert firms > 200
    assert more / firms == pytest.approx(1.5, rel=0.15)
    assert as_many / others == pytest.approx(1.0, abs=0.05)
