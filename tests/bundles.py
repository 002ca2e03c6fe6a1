"""Bundles of arrays for tests that call a compiled loop on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.setting import Fixed
from ecosim.shocks.exposure import Watched
from ecosim.state import Rows
from ecosim.tables import (
    DEPARTURE,
    MEMBER,
    MEMORY,
    ORGANISATION,
    PARTNERSHIP,
    REGISTER,
    SEAT,
    SUPPLY,
)
from ecosim.ties import TIE
from ecosim.world.facts import INPUTS, SECTORS


def some_rows(**tables: NDArray[np.void]) -> Rows:
    """The tables given; the others are empty."""
    dtypes = {
        "organisations": ORGANISATION, "partnerships": PARTNERSHIP, "seats": SEAT, "supplies": SUPPLY,
        "departures": DEPARTURE, "register": REGISTER, "members": MEMBER, "ties": TIE,
    }  # fmt: skip
    empty = {name: np.zeros(0, dtype=dtype) for name, dtype in dtypes.items()}
    return Rows(
        memory=np.zeros((0, MEMORY), dtype=np.int32), skill=np.zeros((0, len(SECTORS))), observed=np.zeros((0, 0)),
        trust_shift=np.zeros((0, 0)), **{**empty, **tables},
    )  # fmt: skip


def unwritable(*arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """The same arrays, which refuse to be written as facts of a world do: else loops would be compiled for others."""
    for array in arrays:
        array.setflags(write=False)
    return arrays


def one_country(key: np.uint64) -> Fixed:
    """What is fixed in a world of one country without agencies, in which nothing needs inputs or is watched."""
    blocs, intensity, criticality = unwritable(
        np.zeros(1, dtype=np.int8), np.zeros((len(SECTORS), len(INPUTS))), np.zeros(len(SECTORS))
    )
    return Fixed(
        key=key, topics=np.zeros((0, len(SECTORS)), dtype=np.float32), price=np.ones(1),
        agency_of=np.full(1, -1, dtype=np.int16), blocs=blocs, input_intensity=intensity, input_criticality=criticality,
        watched=Watched(
            np.zeros((0, 1), dtype=np.bool_), np.zeros(0, dtype=np.bool_),
            np.zeros((0, len(INPUTS), 1, 1), dtype=np.bool_),
        ),
    )  # fmt: skip
