"""Partnerships that end at a constant rate: geometric survival, and Little's law in a world at rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.model import Ecosystem
from ecosim.tables import UNFUNDED, WITHDRAWN

#: Unfunded work only; nothing ends it but its plan and a constant hazard.
ALONE: dict[str, Any] = {
    "world.preset": "classroom",
    "world.scale": 0.1,
    "policy.appropriation_eur_per_month": 0.0,
    "behaviour.work.unfunded_share": 0.8,
    "behaviour.work.member_withdrawal_hazard": 0.0,
    "behaviour.acceptance.capacity_per_size": 50.0,
}


def run(**overrides: Any) -> Ecosystem:
    model = Ecosystem(**{**ALONE, **overrides})
    return model.advance(model.config.calendar.months)


@pytest.mark.parametrize("hazard", [0.01, 0.06])
def test_without_births_a_constant_hazard_leaves_a_geometric_share(hazard: float) -> None:
    born, waited = 24, 60
    model = run(
        **{
            "behaviour.work.unfunded_ending_hazard": hazard,
            "behaviour.work.unfunded_duration_months": 240.0,
            "timeline.burn_in_months": 0,
            "timeline.calm_months": 0,
            "timeline.calm_jitter_months": 0,
            "timeline.response_months": born,
            "timeline.run_off_months": waited,
        }
    )
    rows = model.state.partnerships.used
    assert (rows["tag"] >> 24 == UNFUNDED).all()
    assert rows["start_month"].max() < born
    # Those whose plan outlasts the run can end by the hazard alone.
    cohort = rows[(rows["start_month"] + rows["planned_months"] > born + waited)]
    alive = cohort[(cohort["ended_month"] < 0) | (cohort["ended_month"] >= born)]
    assert len(alive) > 300
    assert set(alive["status"][alive["ended_month"] >= 0]) == {WITHDRAWN}
    for month in (1, 6, 20, 50):
        share = (1.0 - hazard) ** month
        survivors = ((alive["ended_month"] < 0) | (alive["ended_month"] >= born + month)).sum()
        assert abs(survivors - share * len(alive)) < 4.0 * np.sqrt(len(alive) * share * (1.0 - share)) + 1.0


@pytest.mark.parametrize(("hazard", "planned"), [(0.02, 24.0), (0.0, 12.0), (0.1, 100.0)])
def test_at_rest_the_number_under_way_is_the_rate_of_starts_times_the_mean_duration(
    hazard: float, planned: float
) -> None:
    model = run(
        **{
            "behaviour.work.unfunded_ending_hazard": hazard,
            "behaviour.work.unfunded_duration_months": planned,
            "behaviour.work.unfunded_share": 0.5,
            "timeline.burn_in_months": 150,
            "timeline.calm_months": 0,
            "timeline.calm_jitter_months": 0,
            "timeline.response_months": 250,
            "world.entrants_per_year": 0.0,
        }
    )
    rows = model.state.partnerships.used
    rate = (rows["start_month"] >= 150).sum() / 250.0
    # Planned months: an exponential variate cut to whole months between 3 and 240; the last month is not counted as
    # under way, and the hazard is asked at the start of every month.
    months = np.arange(1, 240)
    plan_outlasts = np.where(months <= 2, 1.0, np.exp(-(months + 1) / planned))
    duration = ((1.0 - hazard) ** months * plan_outlasts).sum()
    under_way = model.series()["partnerships_unfunded"][150:]
    assert rate * duration > 30.0
    assert under_way.mean() == pytest.approx(rate * duration, rel=0.06)
