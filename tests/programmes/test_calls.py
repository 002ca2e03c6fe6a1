"""Calls: how often, with how much money, and how it is divided."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosim.model import Ecosystem
from ecosim.programmes.calls import mean_grant_cents, offered_cents, opens_call, set_aside, shape_offsets
from ecosim.scenario import ProgrammeConfig
from tests.models import finished
from tests.worlds import small_world

WORLD = small_world()


@pytest.mark.parametrize("cohorts", [1, 2, 3, 4, 6, 12])
@pytest.mark.parametrize("wait", [0, 5, 8, 14])
def test_a_programme_opens_as_many_calls_a_year_as_it_has_cohorts_evenly_spread(cohorts: int, wait: int) -> None:
    programme = ProgrammeConfig(cohorts_per_year=cohorts, time_to_grant_months=wait)
    months = [month for month in range(24) if opens_call(programme, month % 12)]
    assert len(months) == 2 * cohorts
    assert set(np.diff(months)) == {12 // cohorts}
    # The work of the first cohort starts in January.
    assert 0 in {(month + wait) % 12 for month in months}


@pytest.mark.parametrize("cohorts", [1, 4])
def test_work_starts_in_the_months_of_the_cohorts(cohorts: int) -> None:
    model = finished(programme__cohorts_per_year=cohorts)
    rows = model.state.partnerships.used
    starts = rows["start_month"][rows["funder"] >= 0]
    assert len(starts) > 20
    assert {int(month) % 12 for month in starts} == set(range(0, 12, 12 // cohorts))
    assert model.state.funders["calls"][0] in range(cohorts * 63 // 12, cohorts * 63 // 12 + 2)


def test_the_observed_calendar_starts_work_when_the_data_do() -> None:
    # In a world so small that a sector's envelope seldom holds a grant, money waits.
    model = finished(world__scale=0.2, timeline__response_months=60)
    rows = model.state.partnerships.used
    starts = rows[(rows["funder"] >= 0) & (rows["start_month"] >= 36)]
    counts = np.bincount(starts["start_month"] % 12, minlength=12)
    assert np.corrcoef(counts, model.setting.world.start_month_share)[0, 1] > 0.9


@given(st.integers(0, 10**15))
def test_the_sectors_envelopes_are_the_money_offered_to_the_cent(cents: int) -> None:
    envelopes = np.full(10, 7, dtype=np.int64)
    set_aside(envelopes, cents, WORLD)
    assert envelopes.sum() == 70 + cents
    assert (np.abs(envelopes - 7 - WORLD.sector_money_share * cents) <= 10 + cents * 1e-12).all()


@given(st.integers(0, 11), st.integers(0, 10**12), st.integers(0, 10**12), st.sampled_from(["observed", 1, 4]))
def test_no_call_offers_more_than_there_is(month: int, yearly: int, unspent: int, cohorts: object) -> None:
    offered = offered_cents(ProgrammeConfig(cohorts_per_year=cohorts), WORLD, month, yearly, unspent)
    assert 0 <= offered <= unspent
    if cohorts != "observed":
        assert offered == unspent


def test_the_observed_calendar_offers_a_years_money_in_a_year_and_saves_for_its_busy_months() -> None:
    share = np.array([0.3, 0.02, 0.02, 0.06, 0.1, 0.1, 0.05, 0.05, 0.1, 0.1, 0.05, 0.05])
    world = dataclasses.replace(WORLD, start_month_share=share)
    programme = ProgrammeConfig(time_to_grant_months=0)
    unspent, offers = 0, []
    for month in range(12 * 8):
        unspent += 1000
        offer = offered_cents(programme, world, month % 12, 12_000, unspent)
        unspent -= offer
        offers.append(offer)
    yearly = np.array(offers).reshape(8, 12)
    assert (np.abs(yearly[2:] - 12_000 * share) <= 1).all()
    # Money that comes back is offered within the year and not kept for ever.
    unspent += 50_000
    for month in range(12):
        unspent += 1000
        unspent -= offered_cents(programme, world, month, 12_000, unspent)
    assert unspent < 12_000


def test_shapes_are_found_by_sector_and_their_grants_are_averaged() -> None:
    offsets = shape_offsets(WORLD)
    shapes = WORLD.consortium_shapes
    for sector in range(10):
        assert (shapes["sector"][offsets[sector] : offsets[sector + 1]] == sector).all()
    assert offsets[-1] == len(shapes)
    means = mean_grant_cents(WORLD)
    assert means[2] == 6_000_000 * 100
    # A sector without an observed consortium takes the mean of all.
    assert means[1] == shapes["grant_eur"].mean() * 100


def test_applications_per_award_mean_what_they_say() -> None:
    for wanted in (3.0, 9.0):
        counts = np.zeros(2)
        for seed in (1, 2, 3, 4):
            series = finished(programme__applications_per_award=wanted, world__scale=0.2, seed=seed).series()
            counts += [series[name][24:].sum() for name in ("proposals", "awards")]
        assert counts[0] / counts[1] == pytest.approx(wanted, rel=0.15)


def charged(model: Ecosystem) -> float:
    """Administration charged or owed so far (EUR)."""
    return float(model.series()["administration_eur"].sum() + model.state.funders["owed_cents"][0] / 100.0)


def test_calls_and_evaluations_cost_what_they_say() -> None:
    free = {"programme__call_cost_eur": 0.0, "programme__evaluation_cost_eur": 0.0, "programme__payment_cost_eur": 0.0}
    assert finished(**free).series()["administration_eur"].sum() == 0.0
    calls = finished(**{**free, "programme__call_cost_eur": 3e5})
    assert calls.series()["administration_eur"].sum() == pytest.approx(
        3e5 * calls.config.world.scale * calls.state.funders["calls"][0]
    )
    evaluated = finished(**{**free, "programme__evaluation_cost_eur": 500.0})
    assert charged(evaluated) == pytest.approx(500.0 * evaluated.series()["proposals"].sum())


@pytest.mark.parametrize("cohorts", ["observed", 1, 4, 12])
def test_payments_cost_the_same_however_often_the_programme_sets_its_money_aside(cohorts: object) -> None:
    model = finished(
        programme__cohorts_per_year=cohorts, programme__call_cost_eur=0.0, programme__evaluation_cost_eur=0.0,
        programme__payment_cost_eur=500.0, programme__payment_delay_months=0.0,
    )  # fmt: skip
    made = model.state.partnerships.used["payments"].sum()
    assert made > 50
    assert charged(model) == pytest.approx(500.0 * made)
    # What is owed at the end is the last months' only.
    assert model.state.funders["owed_cents"][0] / 100.0 < 0.1 * charged(model)
