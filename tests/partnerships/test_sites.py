"""A site's month: what arrives, what is in stock, what can be done with it, and when another supplier is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ecosim import randomness as rnd
from ecosim.channels.supply import InputFlows
from ecosim.partnerships.sites import inputs
from ecosim.tables import PARTNERSHIP, SUPPLY
from ecosim.world.facts import INPUTS

KEY = rnd.replicate_key(5, 0)
KINDS, COUNTRIES = len(INPUTS), 4
#: The site stands here and buys from 1, 2 and 3 abroad.
HOME = 0


class Site:
    """One partnership with sites that need some kinds, month by month."""

    def __init__(
        self, kinds: Sequence[int] = (0,), *, second: int = -1, stock: float = 0.0, switch: float = 1e9,
        elasticity: float = 0.0, weight: float = 0.2, spare: float = 0.0, criticality: float = 1.0, sites: int = 1,
    ) -> None:  # fmt: skip
        self.purchases = np.zeros((KINDS, COUNTRIES, COUNTRIES))
        self.purchases[:, :, 1:] = 0.25, 0.25, 0.25
        self.purchases[:, :, HOME] = 0.25
        self.flow = np.ones_like(self.purchases)
        self.extra = np.full((KINDS, COUNTRIES), np.inf)
        self.filled = np.ones_like(self.purchases)
        self.stock = np.full((KINDS, COUNTRIES), stock)
        self.switch = np.full((KINDS, COUNTRIES), switch)
        self.numbers = elasticity, weight, spare
        self.criticality = criticality
        self.partnerships = np.zeros(1, dtype=PARTNERSHIP)
        self.partnerships["sites"], self.partnerships["supplies"] = sites, sites * len(kinds)
        self.rows = np.zeros(sites * len(kinds), dtype=SUPPLY)
        for row, (site, kind) in zip(self.rows, [(s, k) for s in range(sites) for k in kinds], strict=True):
            row["site"], row["kind"], row["place"], row["main"], row["second"] = site, kind, HOME, 1, second
            row["stock"] = stock
        self.switched = 0

    def month(self, disturbed: bool = True) -> float:
        """Share of work that inputs allow."""
        flows = InputFlows(
            self.purchases, self.flow, self.extra, self.filled, self.stock, self.switch, np.ones(KINDS), disturbed
        )
        share, switched = inputs(KEY, self.partnerships[0], self.rows, self.criticality, flows, *self.numbers)
        self.switched += switched
        return float(share)

    def months(self, count: int) -> list[float]:
        return [self.month() for _ in range(count)]

    def cut(self, share: float, suppliers: Any = (1, 2, 3), kinds: Any = slice(None)) -> None:
        """Let some suppliers send less by a share."""
        for supplier in suppliers:
            self.flow[kinds, HOME, supplier] = 1.0 - share


@pytest.mark.parametrize("stock", [0.0, 1.0, 2.0, 5.0])
def test_without_any_supplier_work_goes_on_for_the_months_of_stock_and_not_one_more(stock: float) -> None:
    site = Site(stock=stock)
    site.cut(1.0)
    assert site.months(8) == [1.0] * int(stock) + [0.0] * (8 - int(stock))


def test_part_of_a_month_of_stock_is_part_of_a_month_of_work() -> None:
    site = Site(stock=1.25)
    site.cut(1.0)
    assert site.months(3) == [1.0, 0.25, 0.0]


@pytest.mark.parametrize("lost", [0.1, 0.4, 0.9])
def test_leontief_falls_one_for_one_once_stocks_are_used_up(lost: float) -> None:
    site = Site(stock=lost * 3)
    site.cut(lost)
    shares = site.months(6)
    assert shares[:3] == [1.0] * 3
    assert shares[4:] == pytest.approx([1.0 - lost] * 2, abs=1e-12)


@pytest.mark.parametrize("elasticity", [0.02, 0.2, 0.4, 0.6])
@pytest.mark.parametrize("lost", [0.1, 0.5, 0.95])
def test_work_follows_the_closed_form_of_its_ces(elasticity: float, lost: float) -> None:
    site = Site(kinds=(0, 2, 4), elasticity=elasticity, weight=0.15)
    site.cut(lost, kinds=0)
    site.cut(0.3, kinds=2)
    r = (elasticity - 1.0) / elasticity
    phi = np.array([1.0 - lost, 0.7, 1.0])
    expected = ((0.15 * phi**r).sum() + 1.0 - 0.45) ** (1.0 / r)
    assert site.month() == pytest.approx(expected, rel=1e-9)
    assert phi.min() < expected < 1.0


def test_at_a_small_elasticity_it_is_leontief_and_nothing_overflows() -> None:
    site = Site(kinds=(0, 1), elasticity=1e-4)
    site.cut(0.999)
    assert site.month() == pytest.approx(0.001, rel=1e-2)


def test_of_an_input_that_is_gone_nothing_can_take_the_place() -> None:
    for elasticity in (0.0, 0.2, 0.6):
        site = Site(kinds=(0, 1), elasticity=elasticity)
        site.cut(1.0, kinds=0)
        assert site.month() == 0.0


def test_work_that_needs_no_inputs_goes_on() -> None:
    site = Site(criticality=0.3)
    site.cut(1.0)
    assert site.month() == pytest.approx(0.7)


@pytest.mark.parametrize("elasticity", [0.0, 1e-4, 0.2, 0.37, 0.6, 0.9])
def test_what_arrives_in_full_is_one_to_the_bit(elasticity: float) -> None:
    site = Site(kinds=(0, 1, 2, 3, 4), elasticity=elasticity, weight=0.17, stock=2.0, sites=3, criticality=0.37)
    site.cut(1.0, suppliers=(2,))  # not its own
    assert site.months(3) == [1.0] * 3
    assert not site.partnerships["short"][0]


def test_parallel_sites_share_the_loss() -> None:
    site = Site(sites=2)
    site.rows["place"][1], site.rows["main"][1] = 2, 3
    site.cut(1.0, suppliers=(1,))
    assert site.month() == 0.5


def test_another_supplier_comes_after_the_months_it_takes() -> None:
    site = Site(switch=4.0)
    site.cut(1.0, suppliers=(1,))
    assert site.months(6) == [0.0] * 4 + [1.0] * 2
    assert site.switched == 1
    assert site.rows["main"][0] != 1
    assert site.rows["cut"][0] == 0


def test_who_comes_late_gets_what_is_left_for_newcomers_and_then_is_a_customer() -> None:
    site = Site(switch=1.0)
    site.cut(1.0, suppliers=(1,))
    site.filled[...] = 0.4
    assert site.months(2) == pytest.approx([0.0, 0.4])
    assert site.rows["main_new"][0]
    site.flow[...] = site.filled[...] = 1.0
    assert site.month() == 1.0
    assert not site.rows["main_new"][0]


def test_nobody_is_found_where_nobody_sends_more() -> None:
    site = Site(switch=1.0)
    site.cut(0.5, suppliers=(0, 1, 2, 3))
    assert site.months(5) == [0.5] * 5
    assert site.switched == 0
    assert site.rows["main"][0] == 1


def test_a_second_supplier_sends_its_half_and_adds_what_it_can() -> None:
    for extra, expected in ((np.inf, 1.0), (0.3, 0.5 + 0.5 * 0.3), (0.0, 0.5)):
        site = Site(second=2)
        site.cut(1.0, suppliers=(1,))
        site.extra[...] = extra
        assert site.month() == pytest.approx(expected)
    # both at once leave nothing
    site = Site(second=2)
    site.cut(1.0, suppliers=(1, 2))
    assert site.month() == 0.0


def test_a_second_supplier_shortens_the_hit() -> None:
    """The months of stock last longer, less is missing, and it is over as soon."""
    lost = {}
    for second in (-1, 2):
        site = Site(second=second, stock=1.0, switch=4.0)
        site.extra[...] = 0.2
        site.cut(1.0, suppliers=(1,))
        lost[second] = [1.0 - share for share in site.months(8)]
    assert sum(lost[2]) < 0.5 * sum(lost[-1])
    assert np.count_nonzero(lost[2]) < np.count_nonzero(lost[-1])


def test_stocks_fill_again_from_what_suppliers_have_to_spare() -> None:
    site = Site(stock=2.0, spare=0.5)
    site.cut(1.0, suppliers=(1,))
    assert site.months(2) == [1.0, 1.0]
    assert site.rows["stock"][0] == 0.0
    site.flow[...] = 1.0
    stocks = []
    for _ in range(5):
        assert site.month(disturbed=False) == 1.0
        stocks.append(float(site.rows["stock"][0]))
    assert stocks == [0.5, 1.0, 1.5, 2.0, 2.0]
    assert not site.partnerships["short"][0]
    # a supplier whom others ask for more has less to spare
    site.rows["stock"] = 0.0
    site.extra[...] = 0.1
    site.month()
    assert site.rows["stock"][0] == pytest.approx(0.1)
