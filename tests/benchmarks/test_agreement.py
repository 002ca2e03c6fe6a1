"""The yardstick of the benchmarks plays by ecosim's rules, or the ratios would compare two different models."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.agreement import compare, table
from benchmarks.measuring import Result
from benchmarks.plain_mesa import PlainEcosystem
from ecosim.model import Ecosystem
from ecosim.record import COUNTRY_OUTCOMES, OUTCOMES
from ecosim.scenario import with_overrides
from ecosim.tables import STARTING
from ecosim.world.facts import INPUTS


@pytest.mark.slow
@pytest.mark.parametrize("funders", [{}, {"national_agency": {"share_of_rd": 0.01}}])
def test_plain_mesa_and_ecosim_agree(funders):
    scenario = with_overrides(None, {"world.preset": "classroom", "world.scale": 0.02, "funders": funders})
    # Departures come in lumps, so that ten seeds would not know their own error.
    rows = compare(scenario, seeds=24)
    apart = [row.name for row in rows if not row.within(0.05, errors=4.0)]
    assert not apart, table(rows, 0.05)
    # Seeds average out: what is compared must be known well enough for a different rule to show.
    known = {row.name: row.error for row in rows}
    assert known["work"] < 0.02
    assert known["output"] < 0.05
    assert known["awards"] < 0.05


@pytest.mark.parametrize(
    ("name", "value"), [("programme.portfolio_evenness", 1.0), ("programme.countries_per_consortium", [2, 3])]
)
def test_yardstick_refuses_what_it_leaves_out(name, value):
    with pytest.raises(NotImplementedError, match=name):
        PlainEcosystem(**{"world.preset": "classroom", name: value})


@pytest.mark.parametrize("funders", [{"philanthropy": {}}, {"national_agency": {"agreements": "all"}}])
def test_yardstick_refuses_funders_it_does_not_play(funders):
    with pytest.raises(NotImplementedError, match="funders but agencies"):
        PlainEcosystem(**{"world.preset": "classroom", "funders": funders})


def test_yardstick_with_agencies_keeps_every_funders_books():
    model = PlainEcosystem(
        **{"world.preset": "classroom", "world.scale": 0.01, "funders": {"national_agency": {"share_of_rd": 0.01}}}
    ).advance(40)
    assert len(model.funders) == 6
    assert sum(funder.unspent_cents for funder in model.funders) == model.accounts["unspent"]
    funded = ("unspent", "committed", "paid", "returned", "administration")
    assert sum(model.accounts[name] for name in funded) == 40 * model.appropriation_cents
    theirs = [partnership for partnership in model.active if partnership.funder in model.funders[1:]]
    assert len(theirs) > 20
    for partnership in theirs:
        home = model.funders.index(partnership.funder)
        assert {model.terms[1].funder_of[seat.country] for seat in partnership.seats} == {home}


def test_yardstick_keeps_its_books():
    model = PlainEcosystem(**{"world.preset": "classroom", "world.scale": 0.01}).advance(30)
    held = sum(organisation.reserves_cents for organisation in model.agents)
    spent = model.accounts["own_work"] + model.accounts["advanced"]
    assert held > 0
    assert spent >= 0
    funded = ("unspent", "committed", "paid", "returned", "administration")
    assert sum(model.accounts[name] for name in funded) == 30 * model.appropriation_cents


def test_yardstick_counts_every_seat_as_load_and_every_advance_as_owed():
    # Late money makes members advance it; little room makes leads and substitutes compete for the last of it.
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.01,
            "programme.prefinancing": 0.2,
            "programme.payment_delay_months": 12.0,
            "behaviour.acceptance.capacity_per_size": 1.0,
        }
    ).advance(60)
    seats = [seat for partnership in model.active for seat in partnership.seats if seat.organisation is not None]
    held = Counter(seat.organisation for seat in seats)
    assert all(organisation.load == held[organisation] for organisation in model.agents)
    assert model.accounts["advanced"] == sum(seat.advanced_cents for seat in seats) > 0


def test_yardstick_records_what_ecosim_records():
    model = PlainEcosystem(**{"world.preset": "classroom", "world.scale": 0.01}).advance(30)
    series = model.series()
    assert set(series) == {name for name, _, _ in (*OUTCOMES, *COUNTRY_OUTCOMES)}
    for name in ("collaboration", "output", "work", "effort"):
        by_country = np.array(series[f"{name}_by_country"]).sum(axis=1)
        assert by_country == pytest.approx(series[name])
        parts = np.array(series[f"{name}_in_flight"]) + np.array(series[f"{name}_formed_after"])
        assert parts == pytest.approx(series[name])
    assert np.array(series["effort"]) + np.array(series["effort_domestic"]) == pytest.approx(series["work"])
    assert 0 < sum(series["collaboration"]) < sum(series["effort"])


def test_yardstick_without_quality_yields_its_work():
    # Between countries that work at full pace, without quality, diversity and access, output is work.
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.01,
            "behaviour.output.quality": 0.0,
            "behaviour.output.diversity": 0.0,
            "behaviour.output.access": 0.0,
            "behaviour.work.pace_response": 0.0,
        }
    ).advance(24)
    assert model.series()["output"] == pytest.approx(model.series()["work"])


def test_yardstick_in_calm_times_has_the_staff_that_contracts_ask_for():
    # All paid ahead and nobody to be replaced in a hurry: people are found before contracts start, and nobody leaves
    # while they run.
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.01,
            "programme.prefinancing": 1.0,
            "behaviour.work.member_withdrawal_hazard": 0.0,
        }
    ).advance(60)
    asked = [organisation for organisation in model.agents if organisation.at_work > 0.0]
    assert len(asked) > 10
    assert all(organisation.staffed() == 1.0 for organisation in asked)
    assert all(organisation.gone == 0.0 for organisation in asked)


def test_yardstick_substitute_without_start_up_works_at_once():
    shared = {
        "world.preset": "classroom",
        "world.scale": 0.02,
        "behaviour.work.grace_months": 0,
        "behaviour.work.member_withdrawal_hazard": 0.05,
    }
    states = {}
    for months in (0, 4):
        model = PlainEcosystem(**shared, **{"behaviour.work.start_up_months": months}).advance(36)
        assert sum(model.series()["members_replaced"]) > 0
        states[months] = Counter(seat.state for partnership in model.active for seat in partnership.seats)
    assert states[0][STARTING] == 0 < states[4][STARTING]


def test_yardstick_substitute_takes_over_the_work_that_the_money_of_its_seat_buys():
    # Members leave often, so that seats change hands over borders.
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.02,
            "behaviour.work.price_elasticity": 1.0,
            "behaviour.work.grace_months": 1,
            "behaviour.work.start_up_months": 0,
            "behaviour.work.member_withdrawal_hazard": 0.05,
        }
    ).advance(36)
    spent_of_grant: dict[bool, list[float]] = {False: [], True: []}
    for partnership in model.active:
        for seat in partnership.seats:
            if partnership.funded and seat.organisation is not None:
                monthly = seat.person_months * model.cost_cents[seat.country]
                substitute = seat.joined_month > partnership.start_month
                spent_of_grant[substitute].append(monthly * partnership.planned_months / seat.grant_cents)
    assert spent_of_grant[False] == pytest.approx([1.0] * len(spent_of_grant[False]))
    # In a dearer country less work for the money, in a cheaper one the same work for less of it.
    assert max(spent_of_grant[True]) <= 1.0 + 1e-9
    assert min(spent_of_grant[True]) < 0.99
    series = model.series()
    assert 0 < sum(series["seats_substituted"]) < sum(series["seats_vacated"]) < sum(series["seats_in_flight"])


def test_yardstick_who_knows_more_than_usual_learns_less():
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.01,
            "behaviour.knowledge.absorption": 0.0,
            "behaviour.knowledge.diminishing": 2.0,
        }
    ).advance(24)
    partnership = next(one for one in model.active if one.output_now > 0.0 and one.working > 2)
    at_work = [seat for seat in partnership.seats if seat.work_now > 0.0]
    sector = partnership.sector
    for seat in at_work:
        seat.organisation.knowledge[sector] = seat.organisation.at_rest[sector]
    at_work[0].organisation.knowledge[sector] *= 2.0
    model._teach(partnership, at_work)
    taken = [seat.organisation.learnt[sector] / seat.work_now for seat in at_work]
    assert taken[0] > 0.0
    assert taken[1:] == pytest.approx([4.0 * taken[0]] * (len(taken) - 1))


@pytest.mark.parametrize(("must_be", "passed"), [("at least", True), ("at most", False)])
def test_result_compares_in_the_right_direction(must_be, passed):
    assert Result("a", "b", 2.0, must_be, 1.0).passed is passed


def test_the_yardstick_shares_out_what_is_short_by_the_same_rules(monkeypatch):
    """Where two of five countries never export and a third sends half, inputs allow the same share of work in both."""

    def never_whole(world):
        flow = np.ones((len(INPUTS), world.n_countries, world.n_countries))
        for code, left in (("DEU", 0.0), ("GBR", 0.0), ("ESP", 0.5)):
            flow[:, :, world.country_index(code)] = left
        place = np.arange(world.n_countries)
        flow[:, place, place] = 1.0
        return flow

    monkeypatch.setattr("ecosim.channels.supply.base", never_whole)
    short = {"behaviour.supply.spare_capacity": 0.0, "behaviour.supply.switch_equipment_months": 2.0,
             "behaviour.supply.switch_cloud_months": 2.0, "timeline.burn_in_months": 60}  # fmt: skip
    found = {}
    for kind in (Ecosystem, PlainEcosystem):
        shares, switched = [], 0
        for seed in range(4):
            model = kind(**{"world.preset": "classroom", "world.scale": 0.02, "seed": seed, **short}).advance(60)
            shares.append(float(np.mean(model.series()["supply_continuity"][24:60])))
            switched += np.sum(model.series()["suppliers_switched"][24:60]) / np.sum(model.series()["work"][24:60])
        found[kind] = np.mean(shares), switched
    ours, plain = found[Ecosystem], found[PlainEcosystem]
    assert ours[0] < 0.95
    assert plain[0] == pytest.approx(ours[0], abs=0.01)
    assert plain[1] == pytest.approx(ours[1], rel=0.25)
