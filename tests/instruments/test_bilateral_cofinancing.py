from __future__ import annotations

import numpy as np
import pytest

from ecosim.channels.handles import Handles
from ecosim.instruments.bilateral_cofinancing import BilateralCofinancing
from ecosim.pushes import month_handles
from ecosim.shocks import REGISTRY, date_shock
from tests.instruments.contract import InstrumentBench
from tests.models import small
from tests.shocks.contract import changed_handles


class TestBilateralCofinancing(InstrumentBench):
    instrument = BilateralCofinancing
    pair = ("DEU", "USA")

    def under_shock(self, kind: str, target: str, sender: str, host: str, **settings: object) -> Handles:
        dated = date_shock(kind, REGISTRY[kind](targets=(target,), **settings), self.world, 0, lambda key: 0.0)
        made = BilateralCofinancing(senders=(sender,), hosts=(host,))
        spent = 1e7 * made.first_allocation(self.world)
        return month_handles(self.base, self.world, [dated], [(made, spent)], 5).copy()

    def test_a_partner_may_pay_for_members_of_an_excluded_country(self) -> None:
        handles = self.under_shock("programme_exclusion", "CHE", "DEU", "CHE")
        assert (handles.eligibility[0, 3] > 0.7).all()
        handles.eligibility[0, 3] = 0.0
        assert (handles.eligibility[:, 3] == 0.0).all()
        closed = self.under_shock("programme_exclusion", "CHE", "DEU", "CHE", agreements_survive=False)
        assert (closed.eligibility[0, 3] == 0.0).all()

    def test_nobody_buys_the_excluded_the_right_to_lead(self) -> None:
        assert (self.under_shock("programme_exclusion", "CHE", "CHE", "DEU").eligibility[3] == 0.0).all()

    def test_nothing_can_be_bought_across_a_rupture(self) -> None:
        handles = self.under_shock("diplomatic_rupture", "USA", "DEU", "USA")
        assert handles.eligibility.tobytes() == self.base.eligibility.tobytes()

    def test_money_is_bound_and_not_new(self) -> None:
        made = BilateralCofinancing(administration=0.1)
        assert made.grant_share == pytest.approx(0.9)
        assert BilateralCofinancing(administration=1.0).grant_share == 0.0

    def test_where_the_host_is_funded_anyway_it_opens_nothing_and_binds_all_the_same(self) -> None:
        assert not changed_handles(self.base, self.run(1e6, hosts=("FRA",)))
        model = small(instruments={"bilateral_cofinancing": {"monthly_eur": 4e6, "senders": ["DEU"], "hosts": ["ESP"]}})
        deu, esp = (model.setting.world.country_index(code) for code in ("DEU", "ESP"))
        bound = np.zeros_like(model.state.earmarked)
        for _ in range(6):
            # what is bound waits for a consortium that may have it, and may find one at once
            model.step()
            bound += model.state.earmarked
        assert bound[deu, esp] > 0
        assert bound.sum() == bound[deu, esp]

    def test_first_money_goes_where_the_programme_does_not_pay(self) -> None:
        shares = BilateralCofinancing().first_allocation(self.world)
        assert (shares[:, :4] == 0.0).all()
        assert shares[0, 4] > 0.0
        assert BilateralCofinancing(hosts=("FRA",)).first_allocation(self.world)[0, 1] > 0.0
