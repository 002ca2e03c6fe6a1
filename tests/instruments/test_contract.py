"""Every instrument that is registered meets the contract, alone and in a world that runs."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from ecosim.catalogue.cards import preset_of
from ecosim.catalogue.families import FAMILIES
from ecosim.instruments import REGISTRY
from ecosim.instruments.base import AssetInstrument, ClaimedInstrument
from ecosim.ledger import Account
from ecosim.model import Ecosystem
from ecosim.state import State
from tests.instruments.contract import InstrumentContract
from tests.models import INSTRUMENTS, SMALL, Outcomes, departs, differing, outcomes, tables_fingerprint, to_the_end

for _kind, _instrument in sorted(REGISTRY.items()):
    _name = f"Test{_instrument.__name__}"
    globals()[_name] = type(_name, (InstrumentContract,), {"instrument": _instrument})

#: Of presets, which are another kind with other numbers, only handles are asked.
KINDS = sorted(kind for kind, cls in REGISTRY.items() if not preset_of(cls))
ASSETS = [kind for kind in KINDS if issubclass(REGISTRY[kind], AssetInstrument)]
#: By now all that is to be built stands, and nothing has happened yet.
STANDING = 30
#: By now a shock beside it has acted for most of a year.
GONE_ON = 46


def beside(kind: str) -> dict[str, Any]:
    """What stands beside an instrument in its example."""
    found: dict[str, Any] = {}
    for section, inside in REGISTRY[kind].example_beside.items():
        found |= {section: inside} if section in FAMILIES else {f"{section}.{key}": inside[key] for key in inside}
    return found


def world(kind: str, **overrides: Any) -> Ecosystem:
    """The small world with one instrument, as its example has it, and money that stays where it was put."""
    mine = {"instruments": {kind: INSTRUMENTS[kind]}, "decisions": {}, **beside(kind), **overrides}
    return Ecosystem(**{**SMALL, **mine})


_IDLE: dict[str, Outcomes] = {}


def idle(kind: str) -> Outcomes:
    """Outcomes of the same world without an instrument; most kinds have the same."""
    key = repr(beside(kind))
    if key not in _IDLE:
        _IDLE[key] = outcomes(to_the_end(world(kind, instruments={})))
    return _IDLE[key]


@cache
def standing(kind: str) -> tuple[Ecosystem, State]:
    model = world(kind).advance(STANDING)
    return model, model.snapshot()


def again(kind: str) -> Ecosystem:
    model, state = standing(kind)
    model.restore(state)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_its_example_moves_an_outcome(kind: str) -> None:
    assert departs(again(kind), idle(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_without_money_it_changes_no_bit_of_what_is_faced(kind: str) -> None:
    model = world(kind, instruments={kind: {**INSTRUMENTS[kind], "monthly_eur": 0.0}})
    assert not departs(model, idle(kind))
    assert not model.state.stocks.any()
    assert model.state.assets.n == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_cent_of_it_is_in_the_ledger(kind: str) -> None:
    model = again(kind)
    spent = model.state.spent_eur[kind].sum() * model.config.world.scale * 100.0
    ledger = model.ledger.journal
    account = Account.TAX_FORGONE if issubclass(REGISTRY[kind], ClaimedInstrument) else Account.INSTRUMENTS
    posted = ledger[(ledger["month"] == STANDING - 1) & (ledger["debit"] == account)]["cents"].sum()
    grants = model.config.instruments[kind].grant_share * spent
    assert spent > 0.0
    assert posted + grants == pytest.approx(spent, abs=1.0 + spent * 1e-9 + model.setting.world.n_countries**2)
    assert model.ledger.imbalance() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_has_built_fades_with_its_life_once_spending_stops(kind: str) -> None:
    model = again(kind)
    before = model.state.stocks.sum()
    life = model.config.instruments[kind].life_months
    assert before > 0.0
    model.state.intensity[:] = 0.0
    for months in range(1, 25):
        model.step()
        left = model.state.stocks.sum() / before
        assert left == pytest.approx(0.5 ** (months / life) if life else 0.0, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_steady_money_leads_to_the_steady_stock(kind: str) -> None:
    model = again(kind)
    made = model.config.instruments[kind]
    steady = made.steady(made.monthly_eur * model.state.allocation[0])
    life = made.life_months
    gap = 0.5 ** (STANDING / life) if life and kind not in ASSETS else 0.0
    assert model.state.stocks[0] == pytest.approx((1.0 - gap) * steady, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_world_and_a_fork_go_on_as_the_world_itself(kind: str) -> None:
    one = tables_fingerprint(again(kind).advance(GONE_ON))
    model = again(kind)
    # an example may need a shock beside it, which the fork must meet as well
    fork = model.fork("shocked" if model.config.shocks else "twin").advance(GONE_ON)
    assert not differing(model.state, standing(kind)[1])
    assert model.announcement_month < GONE_ON
    assert tables_fingerprint(model.advance(GONE_ON)) == one == tables_fingerprint(fork)


# ---- assets

#: Every host closes to every owner, and opens again.
RUPTURE = {"targets": ["GBR"], "severity": 1.0, "announced_after_months": 0}


def broken(kind: str, months: int, **settings: Any) -> Ecosystem:
    """A world in which one country breaks with all others for some months, before which its assets stand."""
    given = {**INSTRUMENTS[kind], "build_eur": 1e5, **settings}
    return world(kind, instruments={kind: given}, shocks={"diplomatic_rupture": {**RUPTURE, "duration_months": months}})


def touched(model: Ecosystem) -> np.ndarray:
    """Which assets stand in or belong to the country that breaks."""
    gbr = model.setting.world.country_index("GBR")
    rows = model.state.assets.used
    return (rows["owner"] == gbr) | (rows["host"] == gbr)


@pytest.mark.parametrize("kind", ASSETS)
def test_an_asset_costs_its_fixed_sum_before_it_does_anything(kind: str) -> None:
    model = world(kind)
    made = model.config.instruments[kind]
    each = made.monthly_eur * model.state.allocation[0].max()
    months = int(np.ceil(made.build_eur / each))
    assert months > 1
    model.advance(months - 1)
    assert model.state.assets.n > 0
    assert not model.state.stocks.any()
    model.step()
    assert (model.state.assets.used["built_month"] == months - 1).any()
    assert model.state.stocks.max() == made.running_eur
    model.step()
    running = made.running_eur * (model.state.assets.used["built_month"] >= 0).sum()
    assert model.state.spent_eur[kind].sum() == pytest.approx(running, rel=1e-3)


@pytest.mark.parametrize("kind", ASSETS)
def test_a_closed_host_freezes_it_and_it_thaws_if_the_host_opens_in_time(kind: str) -> None:
    model = broken(kind, 10, lost_after_months=11)
    model.advance(model.announcement_month)
    assert touched(model).any()
    assert not touched(model).all()
    before = model.state.stocks.copy()
    model.advance(model.announcement_month + 10)
    rows = model.state.assets.used
    assert ((rows["frozen_month"] == model.announcement_month) == touched(model)).all()
    # what is frozen costs and does nothing, and fades; all else goes on
    assert (model.state.stocks[0][rows["owner"], rows["host"]] > 0.0).tolist() == (~touched(model)).tolist()
    assert not model.state.spent_eur[kind][rows["owner"], rows["host"]][touched(model)].any()
    life = model.config.instruments[kind].life_months
    assert rows["condition"][touched(model)] == pytest.approx(0.5 ** (10 / life))
    model.step()
    assert (model.state.assets.used["frozen_month"] == -1).all()
    assert (model.state.assets.used["lost_month"] == -1).all()
    assert ((model.state.stocks > 0.0) == (before > 0.0)).all()
    to_the_end(model)
    assert model.state.assets.used["condition"][touched(model)].min() > 0.5 ** (10 / life)


@pytest.mark.parametrize("kind", ASSETS)
def test_it_is_lost_if_the_host_stays_closed_and_must_be_paid_for_again(kind: str) -> None:
    model = broken(kind, 10, lost_after_months=6)
    model.advance(model.announcement_month + 6)
    assert (model.state.assets.used["lost_month"] == -1).all()
    model.step()
    lost = touched(model)
    assert ((model.state.assets.used["lost_month"] >= 0) == lost).all()
    n = model.state.assets.n
    model.advance(model.announcement_month + 10)
    assert model.state.assets.n == n
    model.step()
    assert model.state.assets.n == n + lost.sum()
    assert (model.state.assets.used["paid_cents"][n:] > 0).all()
    assert (model.state.assets.used["lost_month"][:n] >= 0).sum() == lost.sum()


@pytest.mark.parametrize("kind", ASSETS)
def test_a_host_that_stays_open_enough_freezes_nothing(kind: str) -> None:
    model = broken(kind, 10, closes_below=0.0)
    model.advance(model.announcement_month + 5)
    assert (model.state.assets.used["frozen_month"] == -1).all()


@pytest.mark.parametrize("kind", ASSETS)
def test_money_that_one_does_not_need_goes_to_the_others_and_no_further(kind: str) -> None:
    model = world(kind)
    share = model.state.allocation[0]
    first, second = np.argwhere(share > 0.0)[:2]
    share[...] = 0.0
    share[tuple(first)], share[tuple(second)] = 0.9, 0.1
    model.advance(STANDING)
    rows = model.state.assets.used
    assert len(rows) == 2
    assert (rows["condition"] == 1.0).all()
    made = model.config.instruments[kind]
    assert model.state.spent_eur[kind].sum() == pytest.approx(2.0 * made.running_eur, rel=1e-3)
