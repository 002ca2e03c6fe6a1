"""Inputs that stop: a run follows the closed form of its CES, not before stocks are used up, and knows who shares what.

The corner: countries alike, all work needs one kind of input, which comes from abroad; nothing but the loss disturbs
it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecosim.model import Ecosystem
from ecosim.world.facts import INPUTS, World
from tests.limits.corners import BLIND, UNDISTURBED, equal_world, one_shape
from tests.models import bits, small, unwritable

ONSET = 40
MATERIALS = INPUTS.index("materials")


def needs(*kinds: str, foreign: float = 1.0) -> World:
    """All work needs these kinds and stops without; a share of each comes from abroad."""
    world = equal_world()
    n, sectors = world.n_countries, len(world.sector_money_share)
    return equal_world(
        foreign_input_share=np.full((len(INPUTS), n), foreign),
        input_intensity=np.tile([1.0 if kind in kinds else 0.0 for kind in INPUTS], (sectors, 1)),
        input_criticality=np.ones(sectors),
        **one_shape(members=4, months=36, grant_eur=500_000),
    )


def model(shocks: dict[str, Any], **settings: Any) -> Ecosystem:
    return Ecosystem(
        **{
            **BLIND, **UNDISTURBED,
            "mechanisms.supply": True,
            "world.scale": 0.05,
            "timeline.burn_in_months": ONSET,
            "timeline.response_months": 24,
            "programme.reallocate": False,
            "behaviour.supply.switch_consumables_months": 100.0,
            "shocks": shocks,
            **settings,
        }
    ).advance(ONSET)  # fmt: skip


def with_suppliers(one: Ecosystem, mean: float) -> Ecosystem:
    """Every kind of input has so many qualified suppliers, from the start."""
    base = one.setting.base.copy()
    base.suppliers_per_input[...] = mean
    unwritable(base)
    setting = replace(one.setting, base=base)
    one.setting = setting.with_acting(setting.acting, False)
    one.state.handles, one.state.effects = base, one.setting.effects(base)
    return one


def kept(one: Ecosystem, column: str = "work_in_flight", months: int = 20) -> NDArray[np.float64]:
    """What the shock leaves of a column, month by month from its onset."""
    end = ONSET + months
    shocked, twin = (one.fork(arm).advance(end).series()[column][ONSET:end] for arm in ("shocked", "twin"))
    return np.asarray(shocked / twin)


@pytest.mark.parametrize(("elasticity", "weight"), [(0.0, 0.15), (0.2, 0.15), (0.6, 0.2)])
def test_work_follows_the_closed_form_once_stocks_are_used_up_and_not_before(
    elasticity: float, weight: float, put: Callable[[World], None]
) -> None:
    put(needs("materials", "electronics"))
    lost, stock = 0.5, 2.5
    one = model(
        {"supplier_loss": {"targets": "all", "at_home_too": True, "severity": lost, "inputs": ["materials"]}},
        **{
            "behaviour.supply.elasticity": elasticity, "behaviour.supply.weight": weight,
            "behaviour.supply.stock_consumables_months": stock,
        },
    )  # fmt: skip
    found = kept(one)
    months = round(stock / lost)
    assert (found[:months] == 1.0).all()
    phi = 1.0 - lost
    r = (elasticity - 1.0) / elasticity if elasticity else 0.0
    expected = (weight * phi**r + 1.0 - weight) ** (1.0 / r) if elasticity else phi
    assert found[months:] == pytest.approx(expected, rel=0.01)


def test_leontief_stops_from_the_month_stocks_end(put: Callable[[World], None]) -> None:
    put(needs("materials"))
    for stock in (2.0, 4.0):
        one = model(
            {"input_chokepoint": {"targets": "all", "inputs": ["materials"]}},
            **{"behaviour.supply.elasticity": 0.0, "behaviour.supply.stock_consumables_months": stock},
        )
        found = kept(one, months=8)
        assert found.tolist() == [1.0] * int(stock) + [0.0] * (8 - int(stock))


def test_another_kind_of_input_is_not_missed(put: Callable[[World], None]) -> None:
    put(needs("materials"))
    one = model({"input_chokepoint": {"targets": "all", "inputs": ["electronics", "cloud"]}})
    assert (kept(one) == 1.0).all()


@pytest.mark.parametrize(("spare", "most"), [pytest.param(1.0, 0.0, marks=pytest.mark.slow), (0.1, 0.8), (0.0, 1.0)])
def test_a_second_qualified_supplier_shortens_the_hit_as_far_as_anybody_has_to_spare(
    spare: float, most: float, put: Callable[[World], None]
) -> None:
    put(needs("materials", foreign=0.8))
    loss = {"supplier_loss": {"targets": ["DEU"], "duration_months": 12}}
    settings = {"behaviour.supply.switch_consumables_months": 6.0, "behaviour.supply.elasticity": 0.0,
                "behaviour.supply.stock_consumables_months": 1.0,
                "behaviour.supply.spare_capacity": spare}  # fmt: skip
    lost = []
    for suppliers in (1.0, 2.0):
        one = Ecosystem(
            **{
                **BLIND, **UNDISTURBED, "mechanisms.supply": True, "world.scale": 0.05,
                "timeline.burn_in_months": ONSET, "timeline.response_months": 24, "programme.reallocate": False,
                "shocks": loss, **settings,
            }
        )  # fmt: skip
        one = with_suppliers(one, suppliers).advance(ONSET)
        assert (one.state.supplies.used["second"] >= 0).all() == (suppliers == 2.0)
        lost.append(1.0 - kept(one, months=12))
    assert lost[0].sum() > 0.1
    assert lost[1].sum() <= most * lost[0].sum()
    # half as much is missing where it is missing, so the same stock lasts twice as long
    assert (lost[0][:3] > 0.01).tolist() == [False, True, True]
    assert (lost[1][:3] > 0.01).tolist() == [False, False, most > 0.0]


def used(one: Ecosystem, place: str, month: int) -> float:
    """Mean share of their need that sites in a country can use, of those under way at the onset."""
    before = one.state.supplies.n
    shocked = one.fork("shocked").advance(ONSET + month)
    rows = shocked.state.supplies.used[:before]
    alive = shocked.state.partnerships.used["ended_month"][rows["partnership"]] < 0
    here = alive & (rows["place"] == shocked.setting.world.country_index(place))
    return float(rows["used_now"][here].mean())


def test_a_supplier_lost_to_all_is_missed_more_than_one_lost_to_few(put: Callable[[World], None]) -> None:
    """The same supplier, as important to France in both: held back from France alone, or from everybody."""
    put(needs("materials", foreign=0.9))
    left = {}
    for users in ("few", "all"):
        shock = {"targets": ["DEU"], "inputs": ["materials"], "users": ["FRA"] if users == "few" else "all"}
        one = model(
            {"input_chokepoint": shock},
            **{"behaviour.supply.switch_consumables_months": 2.0, "behaviour.supply.stock_consumables_months": 0.0,
               "behaviour.supply.spare_capacity": 0.05, "behaviour.supply.elasticity": 0.0},
        )  # fmt: skip
        assert used(one, "FRA", 1) == pytest.approx(0.82, abs=0.06)
        left[users] = used(one, "FRA", 8)
    assert left["few"] == 1.0
    assert left["all"] < 0.93


def test_without_spare_capacity_nothing_takes_the_place(put: Callable[[World], None]) -> None:
    put(needs("materials", foreign=0.9))
    left = []
    for spare in (0.0, 0.05, 1.0):
        one = model(
            {"supplier_loss": {"targets": ["DEU"], "at_home_too": True}},
            **{"behaviour.supply.switch_consumables_months": 1.0, "behaviour.supply.stock_consumables_months": 0.0,
               "behaviour.supply.spare_capacity": spare, "behaviour.supply.elasticity": 0.0},
        )  # fmt: skip
        left.append(used(one, "FRA", 6))
    # the mean over other sites, for some have ended
    assert left[0] == pytest.approx(used(one, "FRA", 1), abs=0.03)
    assert left[0] < left[1] < left[2] == 1.0


@pytest.mark.parametrize("elasticity", [0.0, 0.13, 0.6])
def test_at_rest_inputs_change_no_bit(elasticity: float) -> None:
    """Supply at rest is 1 to the bit, so that a run with inputs is one without, but for the columns of inputs."""
    with_inputs = small(behaviour__supply__elasticity=elasticity).advance(60)
    without = small(mechanisms__supply=False).advance(60)
    for name in ("work", "output", "collaboration", "paid_eur", "publications"):
        assert with_inputs.series()[name].tobytes() == without.series()[name].tobytes(), name
    assert (with_inputs.series()["supply_continuity"] == 1.0).all()
    assert with_inputs.state.supplies.n > 0
    assert without.state.supplies.n == 0


@pytest.mark.parametrize("kind", ["supplier_loss", "input_chokepoint"])
def test_severity_0_changes_no_bit(kind: str) -> None:
    one = small(shocks={kind: {"targets": ["DEU"], "severity": 0.0}})
    one.advance(one.announcement_month)
    shocked, twin = (one.fork(arm).advance(60) for arm in ("shocked", "twin"))
    a, b = bits(shocked.state), bits(twin.state)
    assert {name: value for name, value in a.items() if value != b[name]}.keys() <= {
        "handles.ceilings", "effects.handles.ceilings"
    }  # fmt: skip


def test_who_waits_for_inputs_is_paid_as_far_as_said_and_does_no_work(put: Callable[[World], None]) -> None:
    put(needs("materials"))
    for paid in (0.0, 0.4, 1.0):
        one = model(
            {"input_chokepoint": {"targets": "all", "inputs": ["materials"], "severity": 0.5}},
            **{"behaviour.supply.elasticity": 0.0, "behaviour.supply.stock_consumables_months": 0.0,
               "behaviour.supply.paid_while_waiting": paid},
        )  # fmt: skip
        spent = {}
        for arm in ("shocked", "twin"):
            rows = one.fork(arm).advance(ONSET + 6).state.partnerships.used
            running = (rows["start_month"] < ONSET - 3) & (rows["start_month"] + rows["planned_months"] > ONSET + 6)
            before = one.state.partnerships.used["spent_cents"]
            spent[arm] = float(rows["spent_cents"][: len(before)][running[: len(before)]].sum())
            spent[arm] -= float(before[running[: len(before)]].sum())
        assert spent["shocked"] / spent["twin"] == pytest.approx(0.5 + 0.5 * paid, abs=1e-3)
        assert kept(one, months=6) == pytest.approx(0.5, abs=0.005)
