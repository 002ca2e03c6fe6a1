"""The table of handles: what it makes, what it refuses, and that something in the month reads every row of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from math import inf
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecosim.channels.build import base_handles
from ecosim.channels.handles import CHANNELS, HANDLE, HANDLES, Handle, Handles
from ecosim.config.channels import ChannelsConfig
from ecosim.instruments import REGISTRY as INSTRUMENT_KINDS
from ecosim.model import Ecosystem
from ecosim.pushes import HandleBuilder
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.world.facts import FIRM_SIZES, INPUTS, REGULATION_PARTS, SECTORS
from tests.models import INSTRUMENTS, SMALL, Outcomes, departs, outcomes, tables_fingerprint, unwritable
from tests.worlds import small_world

WORLD = small_world()
BASE = base_handles(WORLD, ChannelsConfig(), n_funders=2)
LENGTHS = {
    "country": 6,
    "sector": len(SECTORS),
    "funder": 2,
    "regulation part": len(REGULATION_PARTS),
    "input": len(INPUTS),
    "firm size": len(FIRM_SIZES),
}

# ---- the table


@pytest.mark.parametrize("handle", HANDLES, ids=lambda handle: handle.name)
def test_a_row_says_all_that_is_needed(handle: Handle) -> None:
    assert handle.meaning[0].isupper()
    assert handle.meaning.endswith(".")
    assert handle.low < handle.high
    assert handle.rest == "base" or handle.low <= handle.rest <= handle.high
    if handle.channel:
        assert (handle.low, handle.high, handle.better) == (0.0, 1.0, "up")
        assert handle.axes.count("country") == 2


def test_names_are_given_once() -> None:
    assert len(HANDLE) == len(HANDLES)
    assert list(BASE.arrays()) == list(HANDLE)


@pytest.mark.parametrize("handle", HANDLES, ids=lambda handle: handle.name)
def test_arrays_at_rest_are_what_the_table_says(handle: Handle) -> None:
    value = getattr(BASE, handle.name)
    assert value.shape == tuple(LENGTHS[axis] for axis in handle.axes)
    assert value.min() >= handle.low
    assert value.max() <= handle.high
    if handle.rest != "base":
        assert (value == handle.rest).all()


@pytest.mark.parametrize("handle", HANDLES, ids=lambda handle: handle.name)
def test_what_leaves_its_range_is_brought_back(handle: Handle) -> None:
    for far, end in ((-1e9, handle.low), (1e9, handle.high)):
        handles = BASE.copy()
        getattr(handles, handle.name)[...] = far
        handles.clip()
        assert (getattr(handles, handle.name) == (far if end == inf else end)).all()
        assert all(same(handles, name) for name in HANDLE if name != handle.name)


def same(handles: Handles, name: str) -> bool:
    return bool(getattr(handles, name).tobytes() == getattr(BASE, name).tobytes())


def test_facts_make_what_the_table_leaves_to_them_and_nothing_else() -> None:
    base = {handle.name: getattr(BASE, handle.name) for handle in HANDLES if handle.rest == "base"}
    with pytest.raises(ValueError, match="wrong handles from facts: capacity"):
        Handles.at_rest(LENGTHS, {**base, "capacity": np.ones(6)})
    with pytest.raises(ValueError, match="wrong handles from facts: supply"):
        Handles.at_rest(LENGTHS, {name: value for name, value in base.items() if name != "supply"})
    with pytest.raises(ValueError, match=r"supply: shape \(6,\), expected \(5, 6, 6\)"):
        Handles.at_rest(LENGTHS, {**base, "supply": np.ones(6)})


# ---- pushes


def test_a_misspelt_name_is_refused() -> None:
    handles = BASE.copy()
    with pytest.raises(AttributeError, match="no handle 'politcal'; did you mean political"):
        handles.politcal = np.zeros((6, 6))
    with pytest.raises(AttributeError):
        handles.lower("politcal", 0.5)


def test_lower_and_lengthen_take_and_add_a_share() -> None:
    handles = BASE.copy()
    handles.lower("capacity", [0.0, 0.25, 0.0, 0.0, 0.0, 1.0])
    handles.lengthen("friction_start", [0.0, 0.25, 0.0, 0.0, 0.0, 1.0])
    assert handles.capacity.tolist() == [1.0, 0.75, 1.0, 1.0, 1.0, 0.0]
    assert handles.friction_start.tolist() == [1.0, 1.25, 1.0, 1.0, 1.0, 2.0]


@pytest.mark.parametrize("channel", CHANNELS)
def test_gaps_close_below_the_ceiling_only(channel: str) -> None:
    handles = BASE.copy()
    value = getattr(handles, channel)
    value[...] = 1.0
    handles.close_by_law(channel, np.full(value.shape, 0.5))
    handles.close_by_law(channel, np.full(value.shape, 0.2))
    assert value == pytest.approx(0.4)
    assert (handles.ceilings[channel] == 0.5).all()
    assert handles.close_gap(channel, 0.5) == pytest.approx(0.05)
    assert handles.close_gap(channel, 1.0) == pytest.approx(0.05)
    assert value == pytest.approx(0.5)
    handles.lower_ceiling(channel, 1.0)
    assert (handles.close_gap(channel, 1.0) == 0.0).all()
    assert value == pytest.approx(0.5)
    assert not BASE.ceilings


@pytest.mark.parametrize("name", sorted(HANDLE.keys() - set(CHANNELS)))
def test_what_is_no_channel_has_no_gap_and_no_ceiling(name: str) -> None:
    handles = BASE.copy()
    for push in (handles.close_gap, handles.lower_ceiling, handles.close_by_law):
        with pytest.raises(ValueError, match=f"{name} is no channel"):
            push(name, 0.5)
    assert not handles.ceilings


# ---- something in the month reads every one


def hides(kind: str) -> bool:
    """Whether an instrument moves a handle a little from its bad end, so that a shift back would be hard to see."""
    return any(HANDLE[name].rest == HANDLE[name].worst for name in INSTRUMENT_KINDS[kind].improves)


#: Work under way, inputs short, grants running out, members who leave: a world in which every handle has a reader.
BUSY: dict[str, Any] = {
    **SMALL,
    "shocks": {
        "diplomatic_rupture": {"targets": ["POL"], "severity": 0.3},
        "programme_exclusion": {"targets": ["GBR"], "severity": 0.7},
        "supplier_loss": {"targets": ["DEU"], "severity": 0.6},
        "war": {"targets": ["CHE"], "severity": 0.2},
        "misinformation_wave": {"targets": "all", "severity": 0.4, "duration_months": 60},
        "breach": {"targets": "all", "severity": 0.4, "profile": "step", "duration_months": 60},
        # What is in stock then matters from then on.
        "input_chokepoint": {"targets": "all", "inputs": "all", "severity": 0.4, "effective_after_months": 8},
    },
    "instruments": {
        **{kind: one for kind, one in INSTRUMENTS.items() if not hides(kind)},
        "parallel_pilots": {"monthly_eur": 2e7},
        # shared a little more with every month: what is in use hangs on how long it was reviewed
        "data_sharing_agreement": {"monthly_eur": 1e6, "limit": 0.3},
        # a hub in every pair, and each a large one
        "embassy_hub": {"monthly_eur": 2e6, "build_eur": 2e5, "eur_per_organisation": 1.0, "limit": 0.9},
    },
    "behaviour.work.member_withdrawal_hazard": 0.01,
    # Many are sought by size, so that some firm is met in every sector.
    "behaviour.search.newcomer_share": 0.1,
    "behaviour.search.partners_partner_share": 0.05,
    "funders": {"national_agency": {"share_of_rd": 0.02}, "venture_fund": {"deals": 0.2}},
    "decisions": {"agencies_step_in": {"acts_after_months": 0}},
    # Much is left of research, and soon in use.
    "mechanisms.stages": True,
    "behaviour.stages.pilot_chance": 0.8,
    "behaviour.stages.basic_share": 1.0,
    "behaviour.stages.pilot_effort": 2.0,
    # hubs spare most of them
    "behaviour.stages.site_start_months": 12.0,
    "behaviour.stages.pilot_months": 3.0,
    "behaviour.stages.scale_up_months": 3.0,
    "behaviour.stages.scale_up_eur": 2e5,
    "behaviour.stages.investment_hazard": 0.1,
    "mechanisms.health": True,
    # nobody's surveillance is so strong that an algorithm adds nothing, and strangers' data harm some
    "behaviour.health.algorithm_level": 1.0,
    "behaviour.health.external_loss": 0.8,
    "behaviour.health.likeness_km": 500.0,
}

#: The shift comes into this month, when all shocks act.
SHIFTED_MONTH = 38

#: Scale of the world and last month: what is too rare to be seen in a small one is looked for in a larger one.
SIZES = ((0.02, 52), (0.1, 63), (0.5, 63))


class Shifted(HandleBuilder):
    """Builds the month's handles as ever, and then makes some of them worse."""

    def __init__(self, setting: Setting, shift: Callable[[Handles], None]) -> None:
        config = setting.config
        super().__init__(setting.base, setting.world, setting.acting, config.instruments, config.decisions)
        self._shift = shift
        self._before: Handles | None = None

    def month(self, month: int, spent_eur: Any = None, stances: Any = None) -> Handles:
        """The shifted handles: the same object as long as no input changed."""
        handles = super().month(month, spent_eur, stances)
        if handles is not self._before:
            self._before = handles
            self._after = handles.copy()
            self._shift(self._after)
            unwritable(self._after)
        return self._after


@cache
def busy(scale: float) -> tuple[Ecosystem, State]:
    model = Ecosystem(**{**BUSY, "world.scale": scale}).advance(SHIFTED_MONTH)
    assert model.announcement_month < SHIFTED_MONTH
    return model, model.snapshot()


Builder = Callable[[Setting], HandleBuilder]


def pushed(size: tuple[float, int], builder: Builder) -> Ecosystem:
    """The busy world at the shifted month, with other handles from then on."""
    model, state = busy(size[0])
    model.restore(state)
    model.setting = replace(model.setting, builder=builder(model.setting))
    return model


def result(size: tuple[float, int], builder: Builder) -> tuple[Outcomes, str]:
    """All monthly outcomes, and a fingerprint of them and of participations."""
    model = pushed(size, builder).advance(size[1])
    return outcomes(model), tables_fingerprint(model)


def differs(size: tuple[float, int], builder: Builder, reference: tuple[Outcomes, str]) -> bool:
    """Whether some monthly outcome or participation is another one."""
    model = pushed(size, builder)
    return departs(model, reference[0]) or tables_fingerprint(model) != reference[1]


@cache
def plain(size: tuple[float, int]) -> tuple[Outcomes, str]:
    return result(size, lambda setting: Shifted(setting, lambda handles: None))


def moves(shift: Callable[[Handles], None]) -> bool:
    """Whether some monthly outcome or participation differs when handles are shifted."""
    return any(differs(size, lambda setting: Shifted(setting, shift), plain(size)) for size in SIZES)


def worse(handle: Handle, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Halfway to the bad end; twice as much where there is none; from the bad end to the good one, or up."""
    moved = 2.0 * value if handle.worst == inf else (value + handle.worst) / 2.0
    if (moved == value).all():
        best = handle.high if handle.better == "up" else handle.low
        moved = np.full_like(value, best) if best != inf else value + 0.5
    return moved


def slices(handle: Handle, shape: tuple[int, ...]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Everything at once; then, along each axis, one country, sector, funder or part after the other.

    What lies between a country and itself is left out but for eligibility: no channel is closed there.
    """
    abroad = np.ones(shape, dtype=np.bool_)
    if handle.axes.count("country") == 2 and handle.name not in ("eligibility", "running_grants"):
        first = handle.axes.index("country")
        pair = np.moveaxis(abroad, (first, first + 1), (-2, -1))
        pair[..., np.eye(shape[first], dtype=np.bool_)] = False
    yield "all", abroad
    for axis, name in enumerate(handle.axes):
        for k in range(shape[axis]):
            chosen = np.zeros(shape, dtype=np.bool_)
            np.moveaxis(chosen, axis, 0)[k] = True
            yield f"{name} {k} on axis {axis}", chosen & abroad


def test_a_shift_by_nothing_moves_nothing() -> None:
    # the others are there for what is too rare to be seen in the smallest
    assert not differs(SIZES[0], lambda setting: Shifted(setting, lambda handles: None), plain(SIZES[0]))


@pytest.mark.parametrize("handle", HANDLES, ids=lambda handle: handle.name)
def test_shifting_a_handle_moves_some_outcome(handle: Handle) -> None:
    world = busy(SIZES[0][0])[0].setting
    for name, chosen in slices(handle, getattr(world.base, handle.name).shape):
        # An agency pays for the excluded alone.
        if handle.name == "own_payment" and not chosen[world.world.country_index("GBR")]:
            continue
        # Nobody has been driven out of the other countries.
        if handle.name == "refuge" and not chosen[world.world.country_index("CHE")].any():
            continue
        # Where no outbreak was ever reported there is none to multiply.
        if handle.name == "outbreaks" and not (chosen * world.health.facts.outbreaks_per_year).any():
            continue
        # Cloud and compute cannot be kept in stock.
        if handle.name == "input_stock" and not chosen[np.array(INPUTS) != "cloud"].any():
            continue

        def shift(handles: Handles, chosen: NDArray[np.bool_] = chosen) -> None:
            value = getattr(handles, handle.name)
            value[chosen] = worse(handle, value)[chosen]

        assert moves(shift), name


class Capped(HandleBuilder):
    """Builds the month's handles from a base in which a channel has a gap, with a law against raising it or without."""

    def __init__(self, setting: Setting, channel: str, *, law: bool) -> None:
        class Law:
            name = "a law"
            handles = frozenset({channel})

            def inputs_in(self, month: int) -> tuple[float, float]:
                return 1.0, 1.0

            def push(self, handles: Handles, world: Any, month: int) -> None:
                handles.lower_ceiling(channel, 1.0)

        shocks: Any = (*setting.acting, Law()) if law else setting.acting
        gap = setting.base.copy()
        gap.lower(channel, 0.4)
        unwritable(gap)
        super().__init__(gap, setting.world, shocks, setting.config.instruments)


#: Channels that some instrument raises: a ceiling binds nobody else.
RAISED = sorted({name for kind in INSTRUMENT_KINDS.values() for name in kind.improves} & set(CHANNELS))


@pytest.mark.parametrize("channel", RAISED)
def test_lowering_a_ceiling_moves_some_outcome(channel: str) -> None:
    assert any(
        differs(
            size,
            lambda setting: Capped(setting, channel, law=True),
            result(size, lambda setting: Capped(setting, channel, law=False)),
        )
        for size in SIZES
    )
