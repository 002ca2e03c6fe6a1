"""Small runs for tests, and how to compare two of them to the bit."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.catalogue.cards import preset_of
from ecosim.catalogue.families import FAMILIES
from ecosim.channels.handles import Handles
from ecosim.model import Ecosystem
from ecosim.pushes import HandleBuilder
from ecosim.state import State
from ecosim.tables import Table

#: Five countries, about 300 organisations, 63 months of which the first 24 are burn-in: a tenth of a second.
SMALL: dict[str, Any] = {
    "world.preset": "classroom",
    "world.scale": 0.02,
    "timeline.burn_in_months": 24,
    "timeline.calm_months": 9,
    "timeline.calm_jitter_months": 2,
    "timeline.response_months": 28,
}

#: One of each kind, as the kind itself shows it.
SHOCKS: dict[str, dict[str, Any]] = {kind: dict(cls.example) for kind, cls in sorted(FAMILIES["shocks"].items())}
#: Presets are left out: they are another kind with other numbers.
INSTRUMENTS: dict[str, dict[str, Any]] = {
    kind: dict(cls.example) for kind, cls in sorted(FAMILIES["instruments"].items()) if not preset_of(cls)
}


def small(**overrides: Any) -> Ecosystem:
    """A small model; dotted keys are written with two underscores: ``programme__tranches=3``."""
    return Ecosystem(**{**SMALL, **{key.replace("__", "."): value for key, value in overrides.items()}})


def finished(**overrides: Any) -> Ecosystem:
    """A small model after its last month."""
    return to_the_end(small(**overrides))


def with_handles(change: Callable[[Handles], None], **overrides: Any) -> Ecosystem:
    """A small model in which handles at rest are other ones, before its first month."""
    model = small(**overrides)
    handles = model.setting.base.copy()
    change(handles)
    builder = _Elsewhere(unwritable(handles), model.setting.world, (), {})
    model.setting = dataclasses.replace(model.setting, base=handles, builder=builder)
    return model


class _Elsewhere(HandleBuilder):
    """Handles at rest that are not where rest is: the month reads them as if they were pushed."""

    def at_rest(self, handles: Handles, *names: str) -> bool:
        return False


def unwritable(handles: Handles) -> Handles:
    """The same handles, which from here on refuse to be written, as those of every month do.

    To compiled loops an array that may be written is of another type: the whole month would be compiled anew.
    """
    for value in handles.arrays().values():
        value.setflags(write=False)
    return handles


def to_the_end(model: Ecosystem) -> Ecosystem:
    """The same model after its last month."""
    return model.advance(model.config.calendar.months)


def bits(state: State) -> dict[str, bytes]:
    """Every value of a state, by ``field`` or ``field.part``; padding between the columns of a table is left out."""
    return {
        f"{field.name}{part}": value
        for field in dataclasses.fields(state)
        for part, value in _bits(getattr(state, field.name)).items()
    }


def differing(one: State, other: State) -> set[str]:
    """Parts in which two states differ."""
    a, b = bits(one), bits(other)
    assert a.keys() == b.keys()
    return {name for name in a if a[name] != b[name]}


def _bits(value: Any) -> dict[str, bytes]:
    if isinstance(value, Table):
        return _bits(value.used)
    if isinstance(value, np.ndarray):
        if value.dtype.names is None:
            return {"": repr(value.shape).encode() + value.tobytes()}
        return {f".{name}": np.ascontiguousarray(value[name]).tobytes() for name in value.dtype.names} | {
            ".length": repr(value.shape).encode()
        }
    if isinstance(value, dict):
        return {"": repr([(key, _bits(value[key])) for key in sorted(value)]).encode()}
    if isinstance(value, list | tuple):
        return {"": repr([_bits(item) for item in value]).encode()}
    if isinstance(value, int | float | bool | str | bytes) or value is None:
        return {"": repr(value).encode()}
    inner = vars(value)
    return {f".{name}{part}": found for name, item in inner.items() for part, found in _bits(item).items()}


def fingerprint(model: Ecosystem) -> str:
    """Hash of all monthly outcomes so far, and of those by country."""
    months = model.month
    record = model.state.record
    digest = hashlib.sha256(np.ascontiguousarray(record.rows[:months]).tobytes())
    digest.update(np.ascontiguousarray(record.by_country[:months]).tobytes())
    return digest.hexdigest()


class Outcomes(NamedTuple):
    """Monthly outcomes of a run up to some month, and those by country."""

    rows: NDArray[np.float64]
    by_country: NDArray[np.float64]


def outcomes(model: Ecosystem) -> Outcomes:
    """All monthly outcomes so far."""
    record, months = model.state.record, model.month
    return Outcomes(record.rows[:months].copy(), record.by_country[:months].copy())


def departs(model: Ecosystem, reference: Outcomes) -> bool:
    """Whether a run has another outcome than a reference in some month, or other months.

    The run goes on from where it stands, and no further than to the first month that differs: most do early.
    """
    end = len(reference.rows)
    record = model.state.record
    seen = Outcomes(record.rows, record.by_country)
    if any(one.shape[1:] != other.shape[1:] for one, other in zip(seen, reference, strict=True)):
        return True
    done = 0
    while True:
        for one, other in zip(seen, reference, strict=True):
            if one[done : model.month].tobytes() != other[done : model.month].tobytes():
                return True
        done = model.month
        if done >= end or done >= model.config.calendar.months:
            return done != end
        model.step()


def tables_fingerprint(model: Ecosystem) -> str:
    """Hash of the monthly outcomes and of the participation table as text."""
    text = model.participations().to_csv(index=False)
    return hashlib.sha256((fingerprint(model) + text).encode()).hexdigest()


def members_at_award(model: Ecosystem) -> list[tuple[np.void, NDArray[np.int32]]]:
    """Partnerships granted and not yet begun, which still have the members they were awarded with."""
    partnerships, seats = model.state.partnerships.used, model.state.seats.used
    waiting = partnerships[(partnerships["status"] == 0) & (partnerships["funder"] >= 0)]
    return [
        (row, seats["organisation"][row["first_seat"] : row["first_seat"] + row["seats"]].copy()) for row in waiting
    ]
