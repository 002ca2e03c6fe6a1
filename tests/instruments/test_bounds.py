"""The bound of the contract can fail: an instrument that overdoes what its class says is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.instruments import Instrument
from ecosim.instruments.industry_advisory import IndustryAdvisory
from ecosim.instruments.interoperable_capabilities import InteroperableCapabilities
from ecosim.instruments.joint_sandbox import JointSandbox
from ecosim.instruments.joint_testbed import JointTestbed
from ecosim.instruments.policy_brief import PolicyBrief
from ecosim.world.facts import World
from tests.instruments.contract import InstrumentBench, beyond_its_most

Push = Callable[[Instrument, Handles, World, NDArray], None]


def bench_of(instrument: type[Instrument]) -> InstrumentBench:
    bench = InstrumentBench()
    bench.instrument = instrument
    bench.look()
    return bench


def with_more(push: Push, **settings: Callable[[float], float]) -> Push:
    """The same push by an instrument of which numbers are others, which its class does not say."""

    def overdone(self: Instrument, handles: Handles, world: World, stock_eur: NDArray) -> None:
        changed = {name: change(getattr(self, name)) for name, change in settings.items()}
        push(self.model_construct(**{**dict(self), **changed}), handles, world, stock_eur)

    return overdone


@pytest.mark.parametrize(
    ("instrument", "settings", "limit", "beyond"),
    [
        (JointTestbed, {"limit": lambda _: 1.0}, 0.35, {"friction_replace"}),
        (InteroperableCapabilities, {"limit": lambda _: 0.99}, 0.35, {"friction_replace", "friction_switch"}),
        (IndustryAdvisory, {"limit": lambda limit: 20.0 * limit}, 0.35, {"pilot_chance"}),
        (JointSandbox, {"capital": lambda capital: 2.0 * capital}, 0.35, {"private_money"}),
        (PolicyBrief, {"start_saved": lambda saved: 2.0 * saved}, 1.0, {"friction_start"}),
    ],
)
def test_an_instrument_that_does_more_than_its_class_says_is_found(
    instrument: type[Instrument], settings: dict[str, Callable[[float], float]], limit: float, beyond: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    bench = bench_of(instrument)
    assert not beyond_its_most(bench, limit)
    monkeypatch.setattr(instrument, "push", with_more(instrument.push, **settings))
    assert beyond_its_most(bench, limit).keys() == beyond


def test_an_instrument_that_moves_nothing_is_not_within_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JointTestbed, "push", lambda *_: None)
    bench = bench_of(IndustryAdvisory)
    bench.instrument = JointTestbed
    with pytest.raises(AssertionError, match="friction_replace"):
        beyond_its_most(bench, 0.35)
