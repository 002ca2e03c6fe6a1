from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ecosim.catalogue.cards import preset_of
from ecosim.channels.build import base_handles
from ecosim.channels.handles import HANDLES
from ecosim.config.channels import ChannelsConfig
from ecosim.instruments import REGISTRY as INSTRUMENTS
from ecosim.pushes import HandleBuilder, month_handles
from ecosim.shocks import REGISTRY as SHOCKS
from ecosim.shocks import date_shock
from tests.models import small
from tests.shocks.contract import changed_handles, same_bits
from tests.worlds import small_world

WORLD = small_world()
BASE = base_handles(WORLD, ChannelsConfig())


def builder(**dates: object) -> HandleBuilder:
    # Belief falls and comes back at once: while it slides, handles change every month.
    at_once = {"belief_falls_months": 1, "belief_returns_months": 1}
    dated = [
        date_shock(kind, cls(**dates, **{k: v for k, v in at_once.items() if k in cls.model_fields}), WORLD, 10,
                   lambda key: 0.3)
        for kind, cls in SHOCKS.items()
        # its events have their own months
        if kind != "drawn_sequence"
    ]  # fmt: skip
    return HandleBuilder(BASE, WORLD, dated, {kind: cls() for kind, cls in INSTRUMENTS.items()})


def spending(eur: float) -> dict[str, np.ndarray]:
    return {kind: eur * cls().first_allocation(WORLD) for kind, cls in INSTRUMENTS.items()}


def test_rebuilt_only_when_an_input_changed() -> None:
    build = builder(effective_after_months=4, duration_months=6)
    months = [build.month(month, spending(1e5)) for month in range(30)]
    changed = {month for month in range(1, 30) if months[month] is not months[month - 1]}
    assert changed == {10, 14, 20}
    assert build.month(30, spending(2e5)) is not months[-1]


def test_money_that_changes_in_place_is_noticed() -> None:
    build = builder()
    spent = spending(1e5)
    before = build.month(0, spent)
    for array in spent.values():
        array *= 2.0
    assert changed_handles(before, build.month(1, spent))


def test_a_passed_shock_returns_the_bits() -> None:
    build = builder(effective_after_months=4, duration_months=6)
    quiet = HandleBuilder(BASE, WORLD, [], {kind: cls() for kind, cls in INSTRUMENTS.items()})
    before, during, after = (build.month(month, spending(1e5)) for month in (9, 15, 25))
    assert changed_handles(before, during)
    assert same_bits(before, after)
    assert same_bits(before, quiet.month(9, spending(1e5)))
    assert same_bits(BASE, builder().month(0))


def test_months_out_of_order_give_the_same_bits() -> None:
    forth, back = (
        builder(effective_after_months=4, duration_months=6),
        builder(effective_after_months=4, duration_months=6),
    )
    in_order = {month: forth.month(month, spending(1e5)) for month in range(25)}
    for month in reversed(range(25)):
        assert same_bits(in_order[month], back.month(month, spending(1e5)))


def test_order_in_the_scenario_changes_no_bit() -> None:
    dated = [date_shock(kind, cls(severity=0.7), WORLD, 0, lambda key: 0.3) for kind, cls in SHOCKS.items()]
    instruments = {kind: cls() for kind, cls in INSTRUMENTS.items()}
    turned = dict(reversed(instruments.items()))
    one = HandleBuilder(BASE, WORLD, dated, instruments).month(3, spending(1e6))
    other = HandleBuilder(BASE, WORLD, dated[::-1], turned).month(3, spending(1e6))
    assert same_bits(one, other)


def test_everything_at_once_stays_in_range() -> None:
    dated = [
        # where every country is a target nobody is left to impose sanctions, or to control exports
        date_shock(kind, cls(targets=("CHN",) if kind in ("sanctions", "export_control") else "all"), WORLD, 0,
                   lambda key: 0.3)
        for kind, cls in SHOCKS.items()
    ]  # fmt: skip
    acting = [(cls(limit=1.0), np.full((6, 6), 1e12)) for cls in INSTRUMENTS.values()]
    handles = month_handles(BASE, WORLD, dated, acting, 5)
    for handle in HANDLES:
        value = getattr(handles, handle.name)
        assert value.min() >= handle.low, handle.name
        assert value.max() <= handle.high, handle.name
        assert np.isfinite(value).all(), handle.name


def test_the_base_cannot_be_written_and_a_copy_can() -> None:
    with pytest.raises(ValueError, match="read-only"):
        BASE.political[0, 1] = 0.0
    BASE.copy().political[0, 1] = 0.0


def test_what_nobody_declares_is_the_array_at_rest_and_no_month_can_be_written() -> None:
    acting = date_shock("supplier_loss", SHOCKS["supplier_loss"](severity=0.5), WORLD, 0, lambda key: 0.3)
    made = month_handles(BASE, WORLD, [acting], [], 1)
    for name, value in made.arrays().items():
        assert (value is getattr(BASE, name)) == (name != "supply")
        # compiled loops take arrays of one type alone: one that may be written would be compiled for anew
        assert not value.flags.writeable
    assert changed_handles(BASE, made) == {"supply"}


def test_a_push_of_what_is_not_declared_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SHOCKS["supplier_loss"], "handles", frozenset({"capacity"}))
    acting = date_shock("silent", SHOCKS["supplier_loss"](severity=0.5), WORLD, 0, lambda key: 0.3)
    with pytest.raises(ValueError, match="read-only"):
        month_handles(BASE, WORLD, [acting], [], 1)


class Counted:
    """Counts how often the kinds of a registry are asked for a push, by kind."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, registry: dict) -> None:
        self.calls: Counter[str] = Counter()
        for kind, cls in registry.items():
            monkeypatch.setattr(cls, "push", self._counting(kind, cls.push))

    def _counting(self, kind, push):
        def counting(*args, **kwargs):
            self.calls[kind] += 1
            return push(*args, **kwargs)

        return counting


def test_what_has_no_money_is_never_asked_for_a_push(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch, {kind: cls for kind, cls in INSTRUMENTS.items() if not preset_of(cls)})
    levers = {kind: {"monthly_eur": 0.0} for kind in counted_kinds()}
    small(instruments=levers).advance(30)
    assert not counted.calls
    # one that has money is asked as soon as something is built, and it alone
    small(instruments={**levers, "matchmaking": {"monthly_eur": 1e5}}).advance(30)
    assert set(counted.calls) == {"matchmaking"}
    assert counted.calls["matchmaking"] >= 20


def counted_kinds() -> list[str]:
    return sorted(kind for kind, cls in INSTRUMENTS.items() if not preset_of(cls))


def test_shocks_are_pushed_again_only_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """What instruments have built changes every month; what shocks do need not be worked out anew for that."""
    counted = Counted(monkeypatch, {"supplier_loss": SHOCKS["supplier_loss"]})
    build = builder(effective_after_months=4, duration_months=6)
    for month in range(14, 20):
        build.month(month, spending(1e5 + month))
    assert counted.calls["supplier_loss"] == 1
    # and comes to the same bits as all of it anew
    fresh = builder(effective_after_months=4, duration_months=6)
    assert same_bits(build.month(19, spending(1e5 + 19)), fresh.month(19, spending(1e5 + 19)))
