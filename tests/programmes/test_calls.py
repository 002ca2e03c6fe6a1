"""Calls: how often, with how much money, and how it is divided."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosim.config.programme import ProgrammeConfig
from ecosim.config.world import WorldConfig
from ecosim.ledger import Account
from ecosim.model import Ecosystem
from ecosim.parameters import parameter_record
from ecosim.partnerships.drafts import Drafts
from ecosim.partnerships.evaluation import Purse, award
from ecosim.programmes.calls import (
    first_call_after,
    fundable,
    offered_cents,
    opens_call,
    phase_of_calls,
    set_aside,
    shapes_of,
    shapes_of_years,
)
from ecosim.scenario import Scenario
from ecosim.tables import ORGANISATION
from ecosim.world import load_world
from ecosim.world.facts import ORGANISATION_TYPES, SECTORS
from tests.models import finished, small
from tests.worlds import small_world

WORLD = small_world()
#: Has the observed consortia.
CLASSROOM = load_world(WorldConfig(preset="classroom"))


def months_of_calls(model: Ecosystem) -> np.ndarray:
    """Months in which the programme opens a call, over the whole run."""
    return np.array([m for m in range(model.config.calendar.months) if model.setting.call_opens(m)])


@pytest.mark.parametrize("gap", [1, 7, 12, 48, 84])
@given(u=st.floats(0.0, 1.0, exclude_max=True), wait=st.integers(0, 20))
def test_calls_are_as_far_apart_as_the_programme_says_at_any_phase(gap: int, u: float, wait: int) -> None:
    programme = ProgrammeConfig(months_between_calls=gap, time_to_grant_months=wait)
    first = first_call_after(programme, u)
    months = [month for month in range(3 * gap + first + 1) if opens_call(programme, month - first)]
    assert months == [first, first + gap, first + 2 * gap, first + 3 * gap]
    assert 0 <= first < gap


@pytest.mark.parametrize("gap", [1, 7, 12, 48, 84])
def test_every_phase_is_met_over_replicates_as_often_as_any_other(gap: int) -> None:
    programme = ProgrammeConfig(months_between_calls=gap)
    for seed in range(5):
        met = np.bincount(
            [first_call_after(programme, phase_of_calls(seed, replicate)) for replicate in range(10 * gap)],
            minlength=gap,
        )
        # Drawn at random about 10 +- 3 would be met; steps of the golden section meet each within 2.
        assert len(met) == gap
        assert met.min() >= 8
        assert met.max() <= 12


def test_a_shock_meets_every_phase_of_a_cycle() -> None:
    """From the months of calls in the runs themselves, since the announcement is drawn too."""
    since = set()
    for replicate in range(60):
        model = small(programme__months_between_calls=6, timeline__burn_in_months=24, replicate=replicate)
        since.add(int((model.announcement_month - months_of_calls(model)[0]) % 6))
    assert since == set(range(6))


def test_policies_of_a_replicate_are_at_the_same_phase() -> None:
    u = phase_of_calls(5, 3)
    for gap in (4, 12, 48):
        models = [
            small(programme__months_between_calls=gap, seed=5, replicate=3, **policy)
            for policy in ({}, {"programme__countries_per_consortium": [2, 3]}, {"programme__tranches": 4})
        ]
        assert {int(model.setting.first_call_month[0]) for model in models} == {int(u * gap)}


def test_after_a_reform_the_cycle_starts_with_the_new_rules() -> None:
    model = small(programme__months_between_calls=24, policy__start="2013-01", timeline__start="2012-01")
    u = phase_of_calls(1, 0)
    months = months_of_calls(model)
    # The observed calendar before, then nothing until the first call of the new rules.
    assert set(range(12)) <= set(months)
    later = months[months >= 12]
    assert later[0] == 12 + int(24 * u)
    assert set(np.diff(later)) == {24}


@pytest.mark.parametrize("gap", [7, 12])
def test_work_starts_where_a_call_was_so_long_before(gap: int) -> None:
    model = finished(programme__months_between_calls=gap)
    rows = model.state.partnerships.used
    funded = rows[rows["funder"] >= 0]
    months = months_of_calls(model)
    assert len(funded) > 20
    assert set(funded["proposed_month"]) <= set(months)
    assert set(funded["start_month"]) <= set(months + 8)
    assert model.state.funders["calls"][0] == len(months)


#: A programme that costs nothing to run: what is appropriated is all for grants.
FREE = {"programme__call_cost_eur": 0.0, "programme__evaluation_cost_eur": 0.0, "programme__payment_cost_eur": 0.0}


def offered_by(model: Ecosystem, month: int) -> int:
    """Cents that calls up to a month have offered: what waits in envelopes, and what was promised."""
    model.advance(month + 1)
    promised = sum(model.ledger.cents(account) for account in (Account.COMMITTED, Account.PAID, Account.RETURNED))
    return int(model.state.envelopes.sum()) + promised


def test_over_whole_cycles_policies_offer_the_same_money_to_the_cent() -> None:
    offered = {}
    for gap in (1, 3, 12, 48):
        model = small(programme__months_between_calls=gap, timeline__response_months=96, replicate=2, **FREE)
        first = int(model.setting.first_call_month[0])
        # Two calls a cycle of the longest gap apart, when all policies have just called.
        offered[gap] = [offered_by(model, month) for month in (first, first + 48)]
        monthly = int(model.setting.appropriation_cents[0])
        assert offered[gap][0] == monthly * (first + 1)
        assert (model.series()["appropriated_eur"][: model.month] == monthly / 100.0).all()
    assert {pair[1] - pair[0] for pair in offered.values()} == {48 * monthly}


def test_a_huge_call_leaves_little_unspent_and_draws_its_proposals() -> None:
    model = small(
        programme__months_between_calls=84, timeline__burn_in_months=252, world__preset="europe", world__scale=0.01
    ).advance(252)
    series = model.series()
    calls = months_of_calls(model)
    calls = calls[calls < 252]
    assert len(calls) == 3
    awards, proposals = series["awards"][calls], series["proposals"][calls]
    assert awards.sum() == series["awards"].sum()
    assert (awards[1:] > 60).all()
    # As many proposals for each award as in a small call.
    assert proposals.sum() / awards.sum() == pytest.approx(7.0, rel=0.25)
    model = small(
        programme__months_between_calls=84, timeline__burn_in_months=252, world__preset="europe", world__scale=0.01
    ).advance(int(calls[-1]) + 1)
    # What the last call leaves is under a fortieth of what it had.
    assert model.state.envelopes.sum() < 84 * model.setting.appropriation_cents / 40


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
    set_aside(envelopes, cents, WORLD.sector_money_share)
    assert envelopes.sum() == 70 + cents
    assert (np.abs(envelopes - 7 - WORLD.sector_money_share * cents) <= 10 + cents * 1e-12).all()


@given(st.integers(0, 11), st.integers(0, 10**12), st.integers(0, 10**12), st.sampled_from(["observed", 1, 48]))
def test_no_call_offers_more_than_there_is(month: int, yearly: int, unspent: int, gap: object) -> None:
    offered = offered_cents(ProgrammeConfig(months_between_calls=gap), WORLD, month, yearly, unspent)
    assert 0 <= offered <= unspent
    if gap != "observed":
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
    rich = shapes_of(WORLD, 10**15)
    assert (rich.rows == WORLD.consortium_shapes).all()
    for sector in range(10):
        assert (rich.rows["sector"][rich.offset[sector] : rich.offset[sector + 1]] == sector).all()
    assert rich.offset[-1] == len(rich.rows)
    assert rich.mean_cents[2] == 6_000_000 * 100
    # A sector without an observed consortium takes the mean of all.
    assert rich.mean_cents[1] == rich.rows["grant_eur"].mean() * 100


def test_a_programme_calls_for_no_consortium_that_takes_more_than_a_year_of_its_money() -> None:
    world = load_world(WorldConfig(preset="europe"))
    grants = np.sort(world.consortium_shapes["grant_eur"].astype(np.int64) * 100)
    middle = int(grants[len(grants) // 2])
    for yearly, limit in ((int(grants[-1]), int(grants[-1])), (10**10, 10**10), (0, middle)):
        shapes = shapes_of(world, yearly)
        assert len(shapes.rows) == (grants <= limit).sum()
        largest = 0
        for first, last in pairwise(shapes.offset[:: len(ORGANISATION_TYPES)]):
            largest += int(shapes.rows["grant_eur"][first:last].max()) * 100
        assert shapes.ahead_cents == largest


@pytest.mark.parametrize("months", [1, 48])
def test_how_often_calls_open_does_not_choose_between_small_and_large_consortia(months: int) -> None:
    """A monthly call of a twentieth of a grant and a rare one of many grants fund the same sizes and draw as many."""
    random = np.random.default_rng(7)
    cents = np.array([100, 400, 2000], dtype=np.int64)  # a like number of each
    envelope, won, drawn, organisations = np.zeros(1, dtype=np.int64), [], 0, np.zeros(3, dtype=ORGANISATION)
    for _ in range(96_000 // months):
        envelope += 40 * months
        n = random.poisson(5.0 * fundable(envelope, np.array([cents.mean()]))[0])
        if n == 0:
            continue
        drafts = Drafts.empty(n, 1, 3)
        drafts.rows["size"] = drafts.rows["members"] = 3
        drafts.rows["countries"] = 1
        drafts.seats[:, :3] = [0, 1, 2]
        drafts.present[:] = 3
        drafts.rows["grant_cents"] = random.choice(cents, n)
        drafts.rows["score"] = random.normal(size=n)
        purse = Purse(envelope, np.zeros((1, 1), dtype=np.int64), np.zeros(1, dtype=np.int64), 2000)
        award(drafts, np.ones(n, dtype=np.bool_), organisations, np.zeros(1, dtype=np.int8), purse, np.zeros(1), 0.0,
              np.ones((1, 1, 1, len(SECTORS))), np.full(1, -1, dtype=np.int16),
              parameter_record(Scenario()))  # fmt: skip
        won += drafts.rows["grant_cents"][drafts.rows["awarded"]].tolist()
        drawn += n
    error = np.std(won) / np.sqrt(len(won))
    assert abs(np.mean(won) - cents.mean()) < 4 * error
    assert error < 0.03 * cents.mean()
    assert drawn / len(won) == pytest.approx(5.0, rel=0.1)


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


@pytest.mark.parametrize("gap", ["observed", 1, 3, 12])
def test_payments_cost_the_same_however_often_the_programme_sets_its_money_aside(gap: object) -> None:
    model = finished(
        programme__months_between_calls=gap, programme__call_cost_eur=0.0, programme__evaluation_cost_eur=0.0,
        programme__payment_cost_eur=500.0, programme__payment_delay_months=0.0,
    )  # fmt: skip
    made = model.state.partnerships.used["payments"].sum()
    assert made > 50
    assert charged(model) == pytest.approx(500.0 * made)
    # What is owed at the end is the last months' only.
    assert model.state.funders["owed_cents"][0] / 100.0 < 0.1 * charged(model)


def test_calls_ask_for_what_started_in_their_year_and_in_other_years_for_everything() -> None:
    shapes = shapes_of(CLASSROOM, 10**15)
    by_year = shapes_of_years(shapes, CLASSROOM)
    assert sorted(by_year) == [2015, 2016]
    assert sum(len(of_year.rows) for of_year in by_year.values()) == (shapes.rows["start_year"] > 0).sum()
    terms = small().setting.terms[0]
    for year in (2015, 2016):
        assert (terms.called_for(terms.rules, year).rows["start_year"] == year).all()
    assert terms.called_for(terms.rules, 2017) is terms.shapes
    without = terms.rules.model_copy(update={"consortia_by_year": False})
    assert terms.called_for(without, 2016) is terms.shapes


def test_a_joint_undertaking_that_calls_in_one_year_starts_no_work_in_the_other() -> None:
    shapes = CLASSROOM.consortium_shapes
    years = {c: set(shapes["start_year"][shapes["circle"] == c].tolist()) - {0} for c in np.unique(shapes["circle"])}
    only = {circle: of_circle for circle, of_circle in years.items() if circle > 0 and len(of_circle) == 1}
    assert only
    elsewhere = {}
    for by_year in (True, False):
        model = finished(**{"programme.consortia_by_year": by_year, "world.scale": 0.5, "timeline.response_months": 12})
        started = model.state.register.used
        year = np.array([model.setting.year(int(month)) for month in started["start_month"]])
        elsewhere[by_year] = sum(
            ((started["circle"] == circle) & np.isin(year, list({2015, 2016} - mine))).sum()
            for circle, mine in only.items()
        )
    assert elsewhere[True] == 0 < elsewhere[False]
