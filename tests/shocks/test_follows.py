"""Shocks whose level follows a series: month by month, by country where the series is, and never half said."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.errors import InputError
from ecosim.pushes import HandleBuilder
from ecosim.shocks import REGISTRY, date_shock
from ecosim.shocks.closed_borders import ClosedBorders
from ecosim.shocks.supplier_loss import SupplierLoss
from ecosim.world.series import load_series
from tests.shocks.contract import CALM_END, ShockBench, same_bits


class TestWorldSeries(ShockBench):
    shock = SupplierLoss

    def test_level_is_the_series_from_the_month_named_on(self) -> None:
        made = SupplierLoss(severity=0.5, follows="supply_chain_pressure", follows_from="2021-11", duration_months=30)
        series = load_series("supply_chain_pressure")
        months = ["2021-11", "2021-12", "2022-01"]
        assert [made.level(t) for t in range(3)] == [0.5 * series.share(month) for month in months]
        assert made.level(1) == 0.5
        # the pressure was gone by 2023, and 30 months are over in May 2024
        assert made.level(18) == 0.0
        assert made.level(-1) == made.level(30) == 0.0

    def test_a_dated_shock_follows_its_own_date(self) -> None:
        named = SupplierLoss(follows="supply_chain_pressure", follows_from="2021-03")
        dated = SupplierLoss(follows="supply_chain_pressure", announced="2021-03", effective="2021-03")
        assert [named.level(t) for t in range(20)] == [dated.level(t) for t in range(20)]

    def test_bits_return_where_the_series_is_calm(self) -> None:
        path = {"follows": "supply_chain_pressure", "follows_from": "2021-12", "duration_months": 30}
        assert not same_bits(self.base, self.handles(CALM_END, **path))
        assert same_bits(self.base, self.handles(CALM_END + 18, **path))

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"follows": "supply_chain_pressure"}, "follows_from=null: is needed with follows=supply_chain_pressure"),
            ({"follows_from": "2020-01"}, "follows_from=2020-01: says nothing where no series is followed"),
            ({"follows": "geopolitical_risk", "follows_from": "1999-01"}, "is no month of geopolitical_risk"),
            ({"follows": "geopolitical_risk", "follows_from": "2020-01", "profile": "ramp"}, "stands beside follows"),
        ],
    )
    def test_half_a_series_is_one_clear_line(self, settings: dict, said: str) -> None:
        with pytest.raises(InputError, match=said) as error:
            date_shock("mine", SupplierLoss(**settings), self.world, 0, lambda key: 0.0)
        assert "\n" not in str(error.value)

    def test_only_some_may_follow_a_series_by_country(self) -> None:
        takes = {kind for kind, cls in REGISTRY.items() if cls.level_by_country}
        assert takes == {"closed_borders"}
        with pytest.raises(ValueError, match="is a series by country, which supplier_loss cannot follow"):
            SupplierLoss(follows="travel_controls", follows_from="2020-01")


class TestCountrySeries(ShockBench):
    shock = ClosedBorders

    def test_every_country_has_its_own_level_and_the_stricter_side_counts(self) -> None:
        path = {"targets": "all", "follows": "travel_controls", "follows_from": "2020-01", "severity": 0.8}
        pushed = self.handles(CALM_END + 3, **path)
        levels = 0.8 * load_series("travel_controls").shares("2020-04", self.world.countries)
        assert len(set(levels.tolist())) > 1
        expected = self.base.mobility * (1.0 - np.maximum(levels[:, None], levels[None, :]) * (1 - np.eye(6)))
        assert pushed.mobility == pytest.approx(expected)

    def test_handles_are_rebuilt_in_every_month_of_it(self) -> None:
        # where the highest level stays at 1, other countries move all the same
        dated = self.dated(targets="all", follows="travel_controls", follows_from="2020-01", duration_months=29)
        builder = HandleBuilder(self.base, self.world, [dated], {})
        april, may = builder.month(CALM_END + 3), builder.month(CALM_END + 4)
        assert dated.state_in(CALM_END + 3) == dated.state_in(CALM_END + 4)
        assert not same_bits(april, may)
        assert same_bits(self.base, builder.month(CALM_END + 29))
