"""Money ahead and work that may fail: what is delivered has a formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.model import Ecosystem
from ecosim.outcomes.resilience import response

#: Funded work only, paid ahead, that nothing disturbs but what a test adds.
AHEAD: dict[str, Any] = {
    "world.preset": "classroom",
    "world.scale": 0.1,
    "timeline.burn_in_months": 24,
    "timeline.calm_months": 0,
    "timeline.calm_jitter_months": 0,
    "timeline.response_months": 24,
    "timeline.run_off_months": 150,
    "mechanisms.unfunded": False,
    "mechanisms.supply": False,
    "mechanisms.staff_loss": False,
    "programme.prefinancing": 1.0,
    "programme.tranches": 0,
    "behaviour.work.member_withdrawal_hazard": 0.0,
    "behaviour.work.failure_hazard": 0.0,
    "behaviour.work.extension_months": 0,
}


def run(**overrides: Any) -> Ecosystem:
    model = Ecosystem(**{**AHEAD, **overrides})
    return model.advance(model.config.timeline.months)


def delivered(model: Ecosystem) -> np.ndarray:
    """Share of the planned work that each partnership did, and its planned months."""
    assert len(model.state.active) == 0
    rows = model.state.partnerships.used
    return np.array([rows["effort"] / rows["planned_effort"], rows["planned_months"]])


def test_undisturbed_work_is_done_as_planned() -> None:
    shares, _ = delivered(run())
    assert len(shares) > 200
    assert shares == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("hazard", [0.003, 0.02, 0.08])
def test_up_front_money_delivers_what_a_constant_hazard_leaves_of_the_plan(hazard: float) -> None:
    shares, months = delivered(run(**{"behaviour.work.failure_hazard": hazard}))
    # Work of a month is done by those who have not failed at its start.
    expected = (1.0 - hazard) * (1.0 - (1.0 - hazard) ** months) / (hazard * months)
    error = (shares - expected).std() / np.sqrt(len(shares))
    assert abs((shares - expected).mean()) < 4.0 * error
    # In continuous time: (1 - exp(-hD)) / (hD).
    rate = -np.log1p(-hazard)
    continuous = -np.expm1(-rate * months) / (rate * months)
    assert shares.mean() == pytest.approx(continuous.mean(), abs=4.0 * error + hazard / 2.0)


def at_work_after_the_funder_stops(**programme: Any) -> float:
    """Share of the twin's work in flight that is done when the funder stops paying for good."""
    model = Ecosystem(
        **{
            **AHEAD,
            "timeline.burn_in_months": 36,
            "timeline.response_months": 60,
            "timeline.run_off_months": 0,
            "behaviour.work.bridging_months": 0.0,
            "shocks": {"funder_withdrawal": {"cuts": "payments", "expectation_loss": 0.0}},
            "programme.time_to_grant_months": 0,
            **programme,
        }
    )
    end = model.config.timeline.months
    shocked, twin = (model.fork(arm).advance(end).series()["effort_in_flight"] for arm in ("shocked", "twin"))
    return response(shocked, twin, model.announcement_month, end).sustained


def test_if_the_funder_fails_money_paid_ahead_was_the_safer_kind() -> None:
    ahead = at_work_after_the_funder_stops()
    few = at_work_after_the_funder_stops(**{"programme.prefinancing": 0.4, "programme.tranches": 1})
    many = at_work_after_the_funder_stops(**{"programme.prefinancing": 0.1, "programme.tranches": 6})
    # All but the grants not yet begun had been paid.
    assert ahead == pytest.approx(1.0, abs=0.02)
    assert many < few < ahead


def test_if_projects_fail_less_money_is_out_under_tranches() -> None:
    lost = {}
    for name, programme in (
        ("ahead", {}),
        ("tranches", {"programme.prefinancing": 0.1, "programme.tranches": 6, "programme.payment_delay_months": 0.0}),
    ):
        series = run(**{"behaviour.work.failure_hazard": 0.05, "timeline.run_off_months": 0, **programme}).series()
        lost[name] = series["committed_eur"][-1]
    assert lost["tranches"] > lost["ahead"]
