"""How far work depends on one foreign country, how long partnerships last, and how soon technologies move."""

import numpy as np
import pytest

from ecosim.outcomes import autonomy
from ecosim.outcomes.measured import BY_NAME, MEASURED
from ecosim.tables import ACTIVE, COMPLETED, FAILED, PARTNERSHIP, SEAT, SUPPLY
from ecosim.world.facts import INPUTS
from tests.models import finished, small
from tests.pipeline.busy import fast, rewrite

DEPENDENCE = [name for name in BY_NAME if "dependence" in name and not name.startswith("health_")]


def supplied(*lines, work=120.0, months=12, sites=1):
    """One partnership that needs inputs: (kind, place, main, second)."""
    partnerships, supplies = np.zeros(1, dtype=PARTNERSHIP), np.zeros(len(lines), dtype=SUPPLY)
    row = partnerships[0]
    row["status"], row["planned_effort"], row["planned_months"], row["sites"] = ACTIVE, work, months, sites
    row["supplies"] = len(lines)
    for line, (kind, place, main, second) in zip(supplies, lines, strict=True):
        line["kind"], line["place"], line["main"], line["second"] = kind, place, main, second
    return partnerships, supplies


def working(*members, sector=0, work=10.0):
    """One partnership at work: (country, work, knowledge)."""
    partnerships, seats = np.zeros(1, dtype=PARTNERSHIP), np.zeros(len(members), dtype=SEAT)
    knowledge = np.zeros((len(members), 2))
    partnerships[0]["seats"], partnerships[0]["work_now"], partnerships[0]["sector"] = len(members), work, sector
    for k, (country, worked, known) in enumerate(members):
        seats[k]["organisation"], seats[k]["country"], seats[k]["work_now"] = k, country, worked
        knowledge[k, sector] = known
    return partnerships, seats, knowledge


ACTIVE_ROWS = np.zeros(1, dtype=np.int32)
NOTHING = np.zeros(0, dtype=SUPPLY)


def looked(partnerships, supplies=NOTHING, seats=None, knowledge=None):
    world, by_country = np.empty(len(INPUTS) + 2), np.empty((2, 3))
    seats = np.zeros(1, dtype=SEAT) if seats is None else seats
    knowledge = np.zeros((1, 2)) if knowledge is None else knowledge
    autonomy.depend(ACTIVE_ROWS, partnerships, supplies, seats, knowledge, world, by_country)
    return world, by_country


def test_who_supplies_all_is_depended_on_for_all():
    world, by_country = looked(*supplied((1, 0, 2, -1)))
    assert world[1] == world[len(INPUTS)] == by_country[0, 0] == 1.0
    assert np.isnan(world[0])
    assert np.isnan(by_country[0, 1:]).all()


def test_own_supply_is_no_dependence_and_a_second_supplier_halves_it():
    assert looked(*supplied((1, 0, 0, -1)))[0][1] == 0.0
    assert looked(*supplied((1, 0, 2, 1)))[0][1] == 0.5
    assert looked(*supplied((1, 0, 0, 2)))[0][1] == 0.5


def test_two_suppliers_of_two_sites_are_two():
    """At two sites with a supplier each, the largest gives half."""
    world, by_country = looked(*supplied((3, 0, 1, -1), (3, 0, 2, -1), sites=2))
    assert world[3] == by_country[0, 0] == 0.5


def test_kinds_are_looked_at_one_by_one():
    """One country gives all of one kind, another all of the other: each is a chokepoint."""
    world, _ = looked(*supplied((0, 0, 1, -1), (2, 0, 2, -1)))
    assert world[0] == world[2] == world[len(INPUTS)] == 1.0


def test_work_that_stopped_is_no_less_dependent():
    partnerships, supplies = supplied((1, 0, 2, -1))
    partnerships["work_now"] = 0.0
    assert looked(partnerships, supplies)[0][1] == 1.0


def test_knowledge_beside_work():
    """Of three units two are of country 1: beside country 0's work two thirds are foreign, beside its own one third."""
    partnerships, seats, knowledge = working((0, 4.0, 1.0), (1, 6.0, 2.0))
    world, by_country = looked(partnerships, NOTHING, seats, knowledge)
    assert by_country[1, :2] == pytest.approx([2.0 / 3.0, 1.0 / 3.0])
    assert world[-1] == pytest.approx((4.0 * 2.0 / 3.0 + 6.0 / 3.0) / 10.0)


def test_at_home_there_is_no_foreign_knowledge():
    partnerships, seats, knowledge = working((0, 4.0, 1.0), (0, 6.0, 2.0))
    assert looked(partnerships, NOTHING, seats, knowledge)[0][-1] == 0.0


def test_how_long_what_ended_had_run():
    rows = np.zeros(4, dtype=PARTNERSHIP)
    rows["funder"] = [0, 0, -1, 0]
    rows["status"] = [COMPLETED, ACTIVE, COMPLETED, ACTIVE]
    rows["start_month"], rows["generation"], rows["working_now"] = 10, [0, 2, 0, 1], [0, 3, 0, 0]
    totals = np.empty(3)
    autonomy.lasting(21, np.arange(4, dtype=np.int32), rows, totals)
    assert totals.tolist() == [1.0, 12.0, 1.0]


@pytest.fixture(scope="module")
def beside():
    """A busy world, and the same when the periphery, or the largest supplier, is lost: the series of each."""
    changes = {
        "world__preset": "europe", "world__scale": 0.01,
        "shocks": {"rupture": {"kind": "diplomatic_rupture", "targets": ["bloc:eu"], "within": "none"},
                   "supplier_loss": {"targets": ["DEU", "USA", "CHN"]}},
    }  # fmt: skip
    calm = fast(**changes)
    # some of what patents earn abroad leaks away
    rewrite(calm.setting.base, lambda base: base.leakage.fill(0.2))
    calm.advance(24)
    months = calm.config.calendar.months
    return [calm.fork("twin").advance(months).series(), calm.fork("shocked").advance(months).series()]


@pytest.mark.parametrize("name", [item.name for item in MEASURED if item.family == "autonomy"])
def test_each_differs_where_the_large_are_lost(beside, name):
    item = BY_NAME[name]
    levels = []
    for series in beside:
        top = np.nansum(series[item.of][24:])
        levels.append(top if item.per is None else top / max(np.nansum(series[item.per][24:]), 1.0))
    assert all(np.isfinite(levels))
    assert levels[0] != levels[1]


def test_what_is_looked_at_stands_until_the_next_look():
    model = finished()
    announced = model.announcement_month
    series, by_country = model.series(), model.series_by_country()
    for name in DEPENDENCE:
        values = series[name]
        for month in range(announced, len(values)):
            if (month - announced) % autonomy.EVERY:
                np.testing.assert_equal(values[month], values[month - 1])
    for name, _, _ in autonomy.COUNTRY_OUTCOMES:
        assert np.nanmax(by_country[name]) <= 1.0
        assert np.nanmin(by_country[name]) >= 0.0


def test_a_country_that_lost_its_partners_depends_on_none():
    """Cut off from all others, its members work among themselves."""
    model = small(shocks={"diplomatic_rupture": {"targets": ["CHE"], "severity": 1.0}})
    model.advance(model.config.calendar.months)
    world = model.setting.world
    found = model.series_by_country()["knowledge_dependence_by_country"]
    switzerland = world.country_index("CHE")
    before = found[model.announcement_month - 1, switzerland]
    after = found[-1, switzerland]
    assert before > 0.0
    assert not after > before


def test_ends_are_those_of_funded_partnerships():
    """Counted month by month, they are what the table of partnerships holds in the end."""
    model = finished()
    series, rows = model.series(), model.state.partnerships.used
    over = rows[(rows["funder"] >= 0) & np.isin(rows["status"], (COMPLETED, FAILED))]
    assert series["partnerships_ended"].sum() == len(over) > 0
    assert series["months_of_ended"].sum() == (over["ended_month"] + 1 - over["start_month"]).sum()
    assert (series["partnerships_ended"] <= series["partnerships_completed"] + series["partnerships_failed"]).all()


def test_technologies_move_abroad_sooner_where_more_adopt():
    def months(alone):
        series = fast(behaviour__stages__adoption_alone=alone).advance(63).series()
        return series["months_to_redeploy"].sum() / series["technologies_redeployed"].sum()

    assert months(1.0) < months(0.3)


def test_from_which_share_on_a_technology_counts_as_moved_is_the_users_to_say():
    """What is asked for less is met more often and sooner, and nothing else in the world depends on it."""
    few, many = (fast(behaviour__stages__redeployed_share=share).advance(63).series() for share in (0.02, 0.2))
    for column in ("technologies_redeployed", "adopters", "royalties_eur"):
        assert few[column].sum() > 0.0
    assert few["technologies_redeployed"].sum() > many["technologies_redeployed"].sum()
    assert few["adopters"].tolist() == many["adopters"].tolist()
    assert few["collaboration"].tolist() == many["collaboration"].tolist()
