"""Recessions and cuts: whose money is hit, in the handles and in the books."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.ledger import OWN_BOOK, Account
from ecosim.shocks.recession import Recession
from tests.models import finished
from tests.shocks.contract import CALM_END, ShockBench


class TestRecession(ShockBench):
    shock = Recession

    def test_the_programme_loses_what_the_target_pays_of_it(self) -> None:
        pushed = self.handles(CALM_END, targets=("DEU",), public_money_loss=0.5)
        # four members pay, by their income
        assert pushed.appropriation[0] == pytest.approx(1.0 - 0.5 * 4100.0 / (4100.0 + 2800.0 + 680.0 + 800.0))
        assert pushed.appropriation[1] == 1.0
        nobody = self.handles(CALM_END, targets=("CHN",), public_money_loss=0.5)
        assert (nobody.appropriation == 1.0).all()


def test_an_agency_loses_what_its_country_cuts_and_the_others_nothing() -> None:
    calm, cut = (
        finished(
            funders={"national_agency": {}},
            shocks={"cut": {"kind": "budget_cut", "targets": ["DEU"], "of": "agencies", "severity": severity}},
        )
        for severity in (0.0, 1.0)
    )
    funders = cut.setting.country_of_funder
    german = int(np.flatnonzero(funders == cut.setting.world.country_index("DEU"))[0])
    months = cut.setting.calendar.observation_end - cut.announcement_month
    whole = _appropriated(calm)
    lost = whole - _appropriated(cut)
    assert lost[german] == months * int(cut.setting.appropriated_cents(0)[german]) > 0
    assert (np.delete(lost, german) == 0).all()


def _appropriated(model) -> np.ndarray:
    return np.array([model.state.ledger.appropriated(funder) for funder in range(model.setting.n_funders)])


def test_firms_of_the_target_earn_less_and_nobody_else() -> None:
    calm, hit = (
        finished(shocks={"slump": {"kind": "recession", "targets": ["DEU"], "firm_income_loss": loss,
                                   "private_money_loss": 0.0, "public_money_loss": 0.0}})
        for loss in (0.0, 1.0)
    )  # fmt: skip
    earned = [-model.state.ledger.cents(Account.OWN_INCOME, OWN_BOOK) for model in (calm, hit)]
    assert earned[1] < earned[0]
