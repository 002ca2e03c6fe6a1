"""What every instrument must do (``test_contract.py`` asks all), and the bench on which one is looked at alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest

from ecosim.channels.build import base_handles
from ecosim.channels.handles import CHANNELS, HANDLE, Handles
from ecosim.config.channels import ChannelsConfig
from ecosim.config.schema import Section
from ecosim.instruments import REGISTRY, Instrument
from ecosim.instruments.base import AssetInstrument
from ecosim.pushes import month_handles
from ecosim.world.facts import SECTORS, World
from tests.shocks.contract import changed_handles, gained
from tests.worlds import small_world

SPENDING = (0.0, 1e4, 1e5, 1e6, 1e7, 1e8)


class InstrumentBench:
    """Subclasses set :attr:`instrument`; without a pair, it is aimed at the first in which it does all it declares."""

    instrument: type[Instrument]
    pair: tuple[str, str] | None = None

    @pytest.fixture(autouse=True)
    def _world(self) -> None:
        self.look()

    def look(self) -> None:
        """Take the small world, and the pair between which the instrument does most."""
        self.world = small_world()
        self.base = bench_base(self.instrument, self.world)
        self.sender, self.host = self.pair or pair_for(self.instrument)

    def run(self, monthly_eur: float, **settings: Any) -> Handles:
        """Handles when the money has long been spent as a mission would at first."""
        made = self.instrument(**{**self.aim(), **settings})
        stock = made.steady(monthly_eur * made.first_allocation(self.world))
        return month_handles(self.base, self.world, [], [(made, stock)], 0).copy()

    def aim(self) -> dict[str, Any]:
        """Settings that aim it at one pair, if it can be."""
        if "countries" not in self.instrument.aims:
            return {}
        return {"senders": (self.sender,), "hosts": (self.host,)}


#: What kinds of health do at most, where it is not the limit: their own numbers beside it.
_MOST_OF_HEALTH: dict[tuple[str, str], Callable[[Any], float]] = {
    ("ai_workforce_training", "health_workforce"): lambda made: made.workers_more * made.limit,
    ("cloud_access", "health_compute"): lambda made: made.compute_more * made.limit,
    ("health_ai_grant", "health_compute"): lambda made: made.more * made.limit,
    ("health_ai_grant", "health_records"): lambda made: made.more * made.limit,
    ("health_ai_grant", "health_workforce"): lambda made: made.more * made.limit,
    ("health_working_group", "recognition"): lambda made: made.recognised * made.limit,
    ("oversight_board", "health_trust"): lambda made: made.won,
    ("stakeholder_involvement", "health_trust"): lambda made: made.won * made.limit,
}


def large(instrument: type[Instrument]) -> dict[str, float]:
    """Settings with which nothing but its limit holds an instrument back: an asset takes as much as it is given."""
    return {"running_eur": 1e8} if issubclass(instrument, AssetInstrument) else {}


def moved_at_most(name: str, before: Handles, after: Handles) -> float:
    """Largest part of the way to its best end that a handle has gone, or, where it has none, rise beside itself."""
    handle, start, end = HANDLE[name], getattr(before, name), getattr(after, name)
    if handle.better == "down":
        start, end, way = -start, -end, start - handle.low
    elif np.isfinite(handle.high):
        # of trust, which may be below nothing, the whole is what it is without any
        way = handle.high - start
    else:
        way = start
    return float(np.divide(end - start, way, out=np.zeros(way.shape), where=way > 1e-9).max())


def beyond_its_most(bench: InstrumentBench, limit: float) -> dict[str, tuple[float, float]]:
    """Handles to which a bench's instrument does more for any money than its class says: what it did, what it says.

    A handle that the instrument does not move at limit 1 is not compared, and then this fails: a bound on what never
    moves would hold whatever the instrument did.
    """
    kind = bench.instrument
    made = kind(limit=limit, **large(kind))
    most, all_of_it = (bench.run(1e12, limit=share, **large(kind)) for share in (limit, 1.0))
    beyond, compared = {}, 0
    for name in sorted(kind.improves):
        says = _MOST_OF_HEALTH.get((kind.kind, name), lambda made, name=name: made.most(name))(made)
        did = moved_at_most(name, bench.base, most)
        assert moved_at_most(name, bench.base, all_of_it) > 0.0, name
        compared += 1
        if did > says + 1e-9:
            beyond[name] = (did, says)
    assert compared == len(kind.improves) > 0
    return beyond


def bench_base(instrument: type[Instrument], world: World) -> Handles:
    """Handles at rest; what an instrument improves and nothing has made worse yet is halfway to its bad end.

    Belief is whole until something happens: what restores it can be seen only then.
    """
    base = base_handles(world, ChannelsConfig()).copy()
    for name in instrument.improves:
        handle, value = HANDLE[name], getattr(base, name)
        if (value == (handle.high if handle.better == "up" else handle.low)).all():
            value[...] = 0.5 * (value + handle.worst)
    return base


@cache
def pair_for(instrument: type[Instrument]) -> tuple[str, str]:
    """The first sender and host between which an instrument changes all that it declares, or else most of it."""
    world = small_world()
    base = bench_base(instrument, world)
    if "countries" not in instrument.aims:
        return world.countries[0], world.countries[1]

    def changed(pair: tuple[str, str]) -> int:
        made = instrument(senders=pair[:1], hosts=pair[1:])
        stock = made.steady(1e6 * made.first_allocation(world))
        return len(changed_handles(base, month_handles(base, world, [], [(made, stock)], 0)))

    return max(permutations(world.countries, 2), key=changed)


class InstrumentContract(InstrumentBench):
    """What every instrument must do."""

    def test_is_registered_and_says_what_it_is(self) -> None:
        assert REGISTRY[self.instrument.kind] is self.instrument
        for sentence in (self.instrument.summary, self.instrument.price, self.instrument.evidence_reason):
            assert sentence.endswith(".")
        assert self.instrument.evidence in ("A", "B", "C")
        assert self.instrument.improves
        assert not self.instrument.improves & self.instrument.side_effects
        # Nothing is free: it makes something else worse, binds money to its pairs or to a building, or is owed later.
        binds = self.instrument().grant_share > 0.0 or issubclass(self.instrument, AssetInstrument)
        assert self.instrument.side_effects or binds or self.instrument.owes
        assert self.instrument.redistributes <= self.instrument.side_effects
        # All money of a policy is one sum: no instrument may be run for more of it.
        assert not {"payment", "appropriation"} & self.instrument.improves

    def test_effect_of_a_euro_is_assumed_over_a_factor_of_sixteen(self) -> None:
        ranges = [
            (field.json_schema_extra["prior"], field.json_schema_extra["range"], field.default)
            for field in self.instrument.model_fields.values()
            if isinstance(field.json_schema_extra, dict) and field.json_schema_extra["role"] == "assumed"
        ]
        effects = [(span, default) for prior, span, default in ranges if prior == "log_uniform"]
        assert len(effects) == 1
        (low, high), default = effects[0]
        assert low <= default / 4.0
        assert high >= default * 4.0

    def test_no_money_changes_no_bit(self) -> None:
        assert not changed_handles(self.base, self.run(0.0))

    def test_changes_only_what_it_declares_and_all_of_it(self) -> None:
        changed = changed_handles(self.base, self.run(1e6, **dict.fromkeys(self.aim(), "all")))
        assert changed == self.instrument.handles

    def test_more_money_is_never_worse_for_what_it_is_run_for(self) -> None:
        runs = [self.run(eur) for eur in SPENDING]
        for name in self.instrument.improves:
            assert all((gained(name, less, more) >= 0.0).all() for less, more in pairwise(runs)), name
            assert gained(name, runs[0], runs[-1]).sum() > 0.0, name

    def test_more_money_never_makes_a_side_effect_better(self) -> None:
        runs = [self.run(eur, **dict.fromkeys(self.aim(), "all")) for eur in SPENDING]
        for name in self.instrument.side_effects:
            change = [gained(name, runs[0], handles) for handles in runs]
            if name in self.instrument.redistributes:
                # Whoever is made worse off is so the more, the more is spent.
                assert all(more.min() <= less.min() for less, more in pairwise(change)), name
            else:
                assert all((more <= less).all() for less, more in pairwise(change)), name
            assert change[-1].min() < 0.0, name

    def test_returns_diminish(self) -> None:
        steps = np.linspace(0.0, 2e6, 21)
        for name in self.instrument.improves:
            total = np.array([gained(name, self.base, self.run(eur)).sum() for eur in steps])
            assert (np.diff(total, n=2) <= 1e-9).all(), name

    @pytest.mark.parametrize("limit", [0.0, 0.35, 1.0])
    def test_no_sum_does_more_than_the_class_says(self, limit: float) -> None:
        assert not beyond_its_most(self, limit)

    @pytest.mark.parametrize("limit", [0.0, 0.35, 1.0])
    def test_of_a_channel_the_limit_is_a_share_of_all_that_it_could_do(self, limit: float) -> None:
        most, all_of_it = (self.run(1e12, limit=share, **large(self.instrument)) for share in (limit, 1.0))
        for name in self.instrument.improves & set(CHANNELS):
            before, after = getattr(self.base, name), getattr(most, name)
            # which may be a part of the gap
            could = getattr(all_of_it, name) - before
            assert could.max() > 0.0
            assert np.allclose(after - before, limit * could)

    def test_only_the_pairs_it_is_aimed_at(self) -> None:
        everywhere = np.full((6, 6), 1e5)
        made = self.instrument(**self.aim())
        handles = month_handles(self.base, self.world, [], [(made, everywhere)], 0)
        aimed = made.pairs(self.world)
        assert aimed.sum() == (1 if self.aim() else 30)
        for name in self.instrument.improves & set(CHANNELS):
            touched = getattr(handles, name) != getattr(self.base, name)
            touched = touched.any(axis=tuple(k for k, axis in enumerate(HANDLE[name].axes) if axis != "country"))
            assert not (touched & ~(aimed | aimed.T)).any()
            assert touched.any()

    def test_only_the_sectors_it_serves(self) -> None:
        if "sectors" not in self.instrument.aims:
            with pytest.raises(ValueError, match="sectors must be 'all'"):
                self.instrument(sectors=("health",))
            return
        handles = self.run(1e6, sectors=("health", "energy"))
        served = np.isin(np.array(SECTORS), ("health", "energy"))
        by_sector = {name for name in self.instrument.improves if HANDLE[name].axes[-1] == "sector"}
        assert by_sector
        for name in by_sector:
            touched = getattr(handles, name) != getattr(self.base, name)
            touched = touched.reshape(-1, len(SECTORS)).any(axis=0)
            assert (touched == served).all()

    def test_first_money_adds_up_and_stays_on_its_pairs(self) -> None:
        aim = self.aim()
        for settings in ({}, aim, {key: aim[key] for key in aim if key == "senders"}):
            made = self.instrument(**settings)
            shares = made.first_allocation(self.world)
            assert shares.sum() == pytest.approx(1.0)
            assert (shares[~made.pairs(self.world)] == 0.0).all()
            assert (shares >= 0.0).all()
        if aim:
            alone = self.instrument(senders=(self.sender,), hosts=(self.sender,))
            assert (alone.first_allocation(self.world) == 0.0).all()

    def test_grants_are_a_share(self) -> None:
        assert 0.0 <= self.instrument().grant_share <= 1.0

    def test_unknown_names_are_one_clear_line(self) -> None:
        wrong = {"senders": "DEX", "hosts": "FRX", "sectors": "healt"}
        for key, aim in (("senders", "countries"), ("hosts", "countries"), ("sectors", "sectors")):
            expected = rf"instruments\.mine\.{key}={wrong[key]}.*did you mean"
            if aim not in self.instrument.aims:
                expected = f"{key} must be 'all'"
            with pytest.raises(ValueError, match=expected):
                self.instrument(**{key: (wrong[key],)}).check("mine", self.world)
        self.instrument(**self.aim()).check("mine", self.world)

    def test_can_be_written_and_read_back(self) -> None:
        made: Section = self.instrument(monthly_eur=5.0, **self.aim())
        assert made.model_dump()["kind"] == self.instrument.kind
        assert self.instrument.model_validate_json(made.model_dump_json()) == made
