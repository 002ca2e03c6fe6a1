"""Step 7: once a year missions move money towards the pairs where they saw partnerships start."""

from __future__ import annotations

import numpy as np

from ecosim.setting import Setting
from ecosim.state import State

#: How far one review moves the allocation towards what was seen (assumed; 0 to 1).
REVIEW_STEP = 0.3


def missions_review(state: State, setting: Setting) -> None:
    """Shift each instrument's money over its pairs, once every twelve months.

    A mission sees how many partnerships started between its two countries in the year, not what its money did: busy
    pairs gain whatever the cause. Writes ``allocation`` and ``observed``.
    """
    if (state.month + 1) % 12 != 0:
        return
    if setting.config.mechanisms.reviews:
        for k in range(len(state.allocation)):
            share = state.allocation[k]
            seen = share * state.observed
            total = seen.sum()
            if total > 0.0:
                moved = (1.0 - REVIEW_STEP) * share + REVIEW_STEP * seen / total
                state.allocation[k] = moved / moved.sum()
    state.observed = np.zeros_like(state.observed)
