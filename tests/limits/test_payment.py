"""Money ahead and work that may fail: what is delivered has a formula, and so has the funder's hazard that turns it.

The break-even of the design takes three things the full model has in another form, and the corner is put so:

* *Money ahead is lost with the work.* In the model a project that fails pays back what it has not spent, whether it was
  paid ahead or not. Ahead is therefore run with `reallocate` off: what comes back goes to the treasury, lost for the
  programme. With `reallocate` on, money ahead is used again as well, and no hazard is small enough for tranches to win.
* *A share of what is saved is used again.* `reallocate` is yes or no: the share is 0 or 1, nothing between.
* *Tranches follow the work without a gap.* As many tranches as the work has months, by calendar and without delay.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

from ecosim.analysis.resilience import area
from ecosim.model import Ecosystem
from ecosim.world.facts import World
from tests.limits.corners import BLIND, UNDISTURBED, equal_world, one_shape

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
    return model.advance(model.config.calendar.months)


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
    end = model.config.calendar.months
    shocked, twin = (model.fork(arm).advance(end).series()["effort_in_flight"] for arm in ("shocked", "twin"))
    return area(shocked, model.announcement_month, end) / area(twin, model.announcement_month, end)


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


#: Length of every project, and months in which money is appropriated.
MONTHS, ENDOWED = 24, 6
AHEAD_ONCE: dict[str, Any] = {"programme.prefinancing": 1.0, "programme.tranches": 0}
AS_IT_IS_DONE: dict[str, Any] = {"programme.prefinancing": 1.0 / MONTHS, "programme.tranches": MONTHS - 1}
#: Months in which the funder may fail; all work and its successors are over by the last.
FAILS_IN = np.unique(np.concatenate([np.arange(0, 30, 3), np.arange(30, 61, 6), [72, 84, 96]]))
#: Of these, enough to tell which of two is more.
FEW = np.array([0, 6, 12, 18, 24, 36, 48, 96])
_WORLD = equal_world(**one_shape(members=3, months=MONTHS, grant_eur=300_000))


def work_done(
    hazard: float, reallocate: bool, schedule: dict[str, Any], fails_in: NDArray[np.int64] = FAILS_IN
) -> NDArray[np.float64]:
    """Work ever done with one endowment, by the month in which the funder fails for good."""
    stop = {"kind": "funder_withdrawal", "expectation_loss": 0.0}
    model = Ecosystem(
        **{
            **UNDISTURBED,
            **BLIND,
            **schedule,
            "world.scale": 0.2,
            "timeline.response_months": 100,
            "policy.appropriation_eur_per_month": 1e8,
            "programme.reallocate": reallocate,
            "behaviour.work.failure_hazard": hazard,
            "shocks": {
                "endowment": {**stop, "cuts": "appropriation", "announced_after_months": ENDOWED},
                **{f"fails_{m}": {**stop, "cuts": "both", "announced_after_months": int(m)} for m in fails_in},
            },
        }
    )
    done = []
    for month in fails_in:
        arm = model.fork("shocked", ["endowment", f"fails_{month}"])
        series = arm.advance(model.config.calendar.months).series()
        assert arm.ledger.imbalance() == 0
        done.append(float((series["effort"] + series["effort_domestic"]).sum()))
    return np.array(done)


@pytest.fixture
def done(put: Callable[[World], None]) -> Callable[..., NDArray[np.float64]]:
    """:func:`work_done` in a world of consortia of one shape; each case is run once."""
    put(_WORLD)
    return cache(
        lambda hazard, reallocate, ahead: work_done(hazard, reallocate, AHEAD_ONCE if ahead else AS_IT_IS_DONE)
    )


def expected(done: NDArray[np.float64], hazard: float, fails_in: NDArray[np.int64] = FAILS_IN) -> float:
    """Work expected when the funder fails at a constant hazard."""
    month = np.arange(fails_in[-1])
    chance = hazard * (1.0 - hazard) ** month
    return float(chance @ np.interp(month, fails_in, done) + (1.0 - chance.sum()) * done[-1])


def value_per_euro(project: float, funder: float, again: float) -> float:
    """Share of a euro that becomes work when it is paid month by month and what is freed is awarded again.

    The design's arithmetic in whole months: a project at work in its month k has not failed k times, nor its funder in
    the k - 1 months since its first; what is freed is awarded in the month after.
    """
    k = np.arange(1, MONTHS + 1)
    worked = ((1.0 - project) ** k * (1.0 - funder) ** (k - 1)).sum() / MONTHS
    freed = (project * (1.0 - project) ** (k - 1) * (1.0 - funder) ** k * (MONTHS - k + 1)).sum() / MONTHS
    return float(worked / (1.0 - again * freed))


@pytest.mark.slow
@pytest.mark.parametrize("hazard", [0.01, 0.025])
def test_tranches_win_below_a_break_even_hazard_of_the_funder_that_is_about_the_projects(
    hazard: float, done: Callable[..., NDArray[np.float64]]
) -> None:
    ahead, tranches = done(hazard, False, True), done(hazard, True, False)
    # With a funder that never fails, both are as the formula says.
    plan = done(0.0, False, True)[-1]
    assert ahead[-1] / plan == pytest.approx(value_per_euro(hazard, 0.0, 0.0), rel=0.03)
    assert tranches[-1] / plan == pytest.approx(value_per_euro(hazard, 0.0, 1.0), rel=0.03)
    found = brentq(lambda h: expected(tranches, h) - expected(ahead, h), 1e-5, 0.3)
    known = brentq(lambda h: value_per_euro(hazard, h, 1.0) - value_per_euro(hazard, 0.0, 0.0), 1e-5, 0.3)
    assert found == pytest.approx(known, rel=0.15)
    assert known == pytest.approx(hazard, rel=0.25)


@pytest.mark.slow
def test_without_using_money_again_no_hazard_of_the_funder_makes_tranches_win(
    done: Callable[..., NDArray[np.float64]],
) -> None:
    ahead, tranches = done(0.025, False, True), done(0.025, False, False)
    assert tranches[-1] == pytest.approx(ahead[-1], rel=1e-3)
    for funder in (0.002, 0.01, 0.05):
        assert expected(tranches, funder) < expected(ahead, funder)


def test_where_money_ahead_is_used_again_too_no_hazard_of_the_funder_makes_tranches_win(
    put: Callable[[World], None],
) -> None:
    put(_WORLD)
    ahead, tranches = (work_done(0.025, True, schedule, FEW) for schedule in (AHEAD_ONCE, AS_IT_IS_DONE))
    assert tranches[-1] == pytest.approx(ahead[-1], rel=0.02)
    for funder in (0.01, 0.05):
        assert expected(tranches, funder, FEW) < expected(ahead, funder, FEW)
