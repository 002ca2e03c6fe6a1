"""Step 7: once a year missions move money towards the pairs where they saw partnerships start."""

from __future__ import annotations

import numpy as np

from ecosim.setting import Setting
from ecosim.state import State


def missions_review(state: State, setting: Setting) -> None:
    """Shift each instrument's money over its pairs, once every twelve months.

    A mission sees how many partnerships started between its two countries in the year, not what its money did: busy
    pairs gain whatever the cause. Writes ``allocation`` and ``observed``.
    """
    if (state.month + 1) % 12 != 0:
        return
    if setting.config.mechanisms.reviews:
        step = setting.config.behaviour.missions.review_step
        for k in range(len(state.allocation)):
            share = state.allocation[k]
            seen = share * state.observed
            total = seen.sum()
            if total > 0.0:
                moved = (1.0 - step) * share + step * seen / total
                state.allocation[k] = moved / moved.sum()
    state.observed = np.zeros_like(state.observed)
