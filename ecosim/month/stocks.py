"""What instruments have built up: it grows with their spending and fades with its own life."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.setting import Setting
from ecosim.state import State


def grow(state: State, setting: Setting) -> None:
    """Let every stock grow with what was spent this month, and fade."""
    nothing = np.zeros(state.stocks.shape[1:])
    for k, (name, instrument) in enumerate(sorted(setting.config.instruments.items())):
        state.stocks[k] = instrument.grown(state.stocks[k], state.spent_eur.get(name, nothing))


def standing(state: State, setting: Setting) -> dict[str, NDArray[np.float64]]:
    """What each instrument that has built anything pushes with, by name: (C, C) EUR a month at full scale."""
    stocks = zip(sorted(setting.config.instruments), state.stocks, strict=True)
    return {name: stock for name, stock in stocks if stock.any()}
