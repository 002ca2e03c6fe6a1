"""Calls far apart make work come in waves, the higher the longer the gap is beside the contracts.

Where all contracts last D months and every call, g months after the last, releases the same money, as many calls' work
is under way as began within D months: ``floor(D / g)`` or one more. Their mean is ``D / g``, so that work swings by
``g / D`` of its mean within a cycle, unless g divides D and nothing swings. Beyond D there are months without any.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecosim.model import Ecosystem
from ecosim.world.facts import World
from tests.limits.corners import BLIND, UNDISTURBED, equal_world, one_shape
from tests.models import small

#: Length of every contract of the corner.
MONTHS = 30


def all_work(model: Ecosystem, months: int) -> NDArray[np.float64]:
    """Person-months of all partnerships in the last months of a run."""
    series = model.advance(model.config.calendar.months).series()
    return (series["effort"] + series["effort_domestic"])[-months:]


def swing(work: NDArray[np.float64]) -> float:
    """Highest less lowest month, over the mean."""
    return float(np.ptp(work) / work.mean())


@pytest.mark.parametrize(("gap", "known"), [(4, 4 / 30), (12, 12 / 30), (48, 48 / 30), (1, 0.0), (10, 0.0)])
def test_with_contracts_of_one_length_work_swings_by_the_gap_over_that_length(
    gap: int, known: float, put: Callable[[World], None]
) -> None:
    put(equal_world(**one_shape(members=3, months=MONTHS, grant_eur=300_000)))
    corner: dict[str, Any] = {
        **UNDISTURBED, **BLIND, "world.scale": 0.2, "policy.appropriation_eur_per_month": 1e8,
        "programme.months_between_calls": gap, "timeline.burn_in_months": 144, "timeline.response_months": 96,
    }  # fmt: skip
    # Two whole cycles of the longest gap, when no first call is remembered.
    assert swing(all_work(Ecosystem(**corner), 96)) == pytest.approx(known, abs=0.03)


@pytest.mark.slow
def test_in_a_calm_world_the_ripple_grows_with_the_months_between_calls() -> None:
    """With contracts of the data's lengths, over what chance makes of it: the mean cycle of several replicates."""
    ripple = {}
    for gap in (3, 12, 48):
        cycles = []
        for replicate in range(3):
            model = small(
                programme__months_between_calls=gap, timeline__burn_in_months=144, timeline__calm_months=96,
                timeline__calm_jitter_months=0, timeline__response_months=48, world__scale=0.1, replicate=replicate,
            )  # fmt: skip
            work = all_work(model, 144)
            # Months since the last call, so that replicates of any phase are laid over each other.
            phase = (np.arange(model.month - 144, model.month) - model.setting.first_call_month[0]) % gap
            cycles.append(np.array([work[phase == k].mean() for k in range(gap)]) / work.mean())
        ripple[gap] = float(np.ptp(np.mean(cycles, axis=0)))
    assert ripple[3] < 0.05
    assert ripple[12] > 2.0 * ripple[3]
    assert ripple[48] > 2.0 * ripple[12]
