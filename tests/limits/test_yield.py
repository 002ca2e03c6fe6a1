"""What work yields where the answer is known."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from ecosim.ledger import Account
from ecosim.model import Ecosystem
from ecosim.partnerships import attendance
from ecosim.partnerships.drafts import Drafts
from ecosim.tables import ACTIVE, WORKING
from ecosim.world.facts import World
from tests.limits.corners import BLIND, UNDISTURBED, equal_world, one_shape
from tests.models import small
from tests.worlds import small_world

#: Ideas alone tell proposals apart.
IDEAS = {key: value for key, value in BLIND.items() if key != "programme.evaluation_noise"}


def expected_worth(beta: float, noise: float, share: float) -> float:
    """Mean of exp(beta q) over the share of standard normal q that scores best with so much noise.

    Of the score, ``r = 1 / sqrt(1 + noise^2)`` is quality: ``exp(beta^2 / 2) * Phi(beta r - z) / share``, with z the
    score beyond which the share lies.
    """
    reliability = 1.0 / sqrt(1.0 + noise**2)
    return float(np.exp(beta**2 / 2.0) * norm.cdf(beta * reliability - norm.isf(share)) / share)


@pytest.mark.parametrize("beta", [0.25, 0.5])
def test_noisier_evaluation_costs_the_output_that_selection_theory_says(
    beta: float, put: Callable[[World], None]
) -> None:
    sectors = len(small_world().sector_money_share)
    # in every sector, so that there are leads enough, each with an idea of its own a year
    everywhere = one_shape(4, 24, 1_500_000) | {"sector_money_share": np.full(sectors, 1.0 / sectors)}
    put(equal_world(**everywhere))
    applications = 6.0

    def funded(noise: float) -> tuple[float, float]:
        settings: dict[str, Any] = {
            **IDEAS, **UNDISTURBED, "world.scale": 0.2, "timeline.burn_in_months": 96,
            "timeline.response_months": 1, "programme.evaluation_noise": noise,
            "programme.applications_per_award": applications, "behaviour.output.quality": beta,
            # what the quality of others' work teaches, and how often the experienced lead, are other mechanisms
            "mechanisms.learning": False, "behaviour.search.experience_pull": 0.0,
        }  # fmt: skip
        series = Ecosystem(**settings).advance(96).series()
        worth = series["output"].sum() / series["work"].sum()
        return worth, series["awards"].sum() / series["proposals"].sum()

    (low, share), (high, _) = funded(0.5), funded(2.0)
    assert share == pytest.approx(1.0 / applications, rel=0.15)
    expected = 1.0 - expected_worth(beta, 2.0, share) / expected_worth(beta, 0.5, share)
    assert expected > 0.1
    assert 1.0 - high / low == pytest.approx(expected, rel=0.15)


SETTLED: dict[str, Any] = {
    "behaviour__work__coordination_saved_by_trust": 0.0, "behaviour__output__quality": 0.0,
    "behaviour__work__grace_months": 0, "behaviour__work__start_up_months": 0, "programme__prefinancing": 1.0,
    "programme__tranches": 0, "mechanisms__supply": False, "mechanisms__learning": False,
}  # fmt: skip


def replaced_at_once(model: Ecosystem, seat: int, newcomer: int) -> None:
    """Put another organisation into a seat, as the month does when a search has found one."""
    state = model.state
    row = state.partnerships.rows[state.seats.rows["partnership"][seat]]
    drafts = Drafts.empty(1, model.setting.world.n_countries, int(row["seats"]))
    draft = drafts.rows[0]
    draft["partnership"], draft["seat"] = state.seats.rows["partnership"][seat], seat - row["first_seat"]
    draft["lead_key"], draft["tag"], draft["size"], draft["members"] = row["lead_key"], 1, 2, 2
    drafts.seats[0, :2] = state.seats.rows["organisation"][seat], newcomer
    state.departures.reserve(1)
    parameters = model.setting.parameters_in(state.month)
    state.departures.n, made = attendance.replace(
        state.month, drafts.arrays, state.rows, state.departures.n, np.zeros(model.setting.world.n_countries),
        model.setting.fixed, parameters, np.zeros(1, np.int64),
    )  # fmt: skip
    assert made == 1
    state.organisations["load"][newcomer] += 1


def a_member(model: Ecosystem) -> tuple[int, np.void]:
    """A member at work in the largest partnership that goes on for a year, not its lead, and its row."""
    state = model.state
    seats, rows = state.seats.used, state.partnerships.rows
    of = rows[seats["partnership"]]
    usable = (seats["state"] == WORKING) & (of["status"] == ACTIVE) & (of["funder"] >= 0) & (of["working_now"] > 0)
    usable &= of["start_month"] + of["planned_months"] > model.month + 12
    usable &= np.arange(len(seats)) != of["first_seat"] + of["lead_seat"]
    usable &= seats["organisation"] >= 0
    at = np.flatnonzero(usable)
    seat = int(at[np.argmax(of["seats"][at])])
    return seat, seats[seat]


def test_a_compatriot_of_equal_size_with_free_staff_who_replaces_a_member_at_once_changes_no_work() -> None:
    # nobody else's place changes in the months compared
    calm = {**SETTLED, "behaviour__work__member_withdrawal_hazard": 0.0}
    usual, changed = (small(**calm).advance(45) for _ in range(2))
    seat, member = a_member(changed)
    people = changed.state.organisations
    mine = (people["country"] == member["country"]) & people["present"] & (people["load"] == 0)
    mine[changed.state.seats.used["organisation"][changed.state.seats.used["partnership"] == member["partnership"]]] = 0
    newcomer = int(np.flatnonzero(mine)[0])
    people["size"][newcomer] = people["size"][member["organisation"]]
    people["staff"][newcomer] += 10.0 * member["person_months"]
    replaced_at_once(changed, seat, newcomer)
    one, other = usual.advance(46), changed.advance(46)
    assert other.outcome("work") == pytest.approx(one.outcome("work"), rel=1e-9)
    # without quality, diversity and anything closed output is what was worked at its pace
    assert other.outcome("output") == pytest.approx(one.outcome("output"), rel=1e-9)
    assert other.outcome("collaboration") == pytest.approx(one.outcome("collaboration"), rel=1e-9)


def test_a_seat_moved_from_the_dearest_to_the_cheapest_country_changes_work_little() -> None:
    calm = {
        **SETTLED, "world__preset": "europe", "world__scale": 0.02, "behaviour__work__price_elasticity": 1.0,
        "behaviour__work__member_withdrawal_hazard": 0.0, "behaviour__work__coordination_by_country": 0.0,
        "timeline__burn_in_months": 60,
    }  # fmt: skip
    usual, changed = (small(**calm).advance(60) for _ in range(2))
    price = changed.setting.price
    state = changed.state
    seats, rows = state.seats.used, state.partnerships.rows
    of = rows[seats["partnership"]]
    usable = (seats["state"] == WORKING) & (of["status"] == ACTIVE) & (of["funder"] >= 0) & (of["working_now"] > 0)
    usable &= of["start_month"] + of["planned_months"] > 72
    usable &= (np.arange(len(seats)) != of["first_seat"] + of["lead_seat"]) & (seats["organisation"] >= 0)
    at = np.flatnonzero(usable)
    seat = int(at[np.argmax(price[seats["country"][at]])])
    before = float(seats["person_months"][seat])
    people = state.organisations
    cheapest = np.argmin(np.where(people["present"], price[people["country"]], np.inf))
    assert price[seats["country"][seat]] > 3.0 * price[people["country"][cheapest]]
    people["staff"][cheapest] += 10.0 * before
    partnership = int(seats["partnership"][seat])
    replaced_at_once(changed, seat, int(cheapest))
    begun = [float(model.state.seats.used["effort"][seat]) for model in (usual, changed)]
    for month in range(61, 73):
        usual.advance(month)
        changed.advance(month)
    done = [float(model.state.partnerships.rows["effort"][partnership]) for model in (usual, changed)]
    assert done[1] == pytest.approx(done[0], rel=0.05)
    # and of the seat itself, which is a small part of the whole
    alone = [float(model.state.seats.used["effort"][seat]) - start
             for model, start in zip((usual, changed), begun, strict=True)]  # fmt: skip
    assert alone[0] > 6.0 * before
    assert alone[1] == pytest.approx(alone[0], rel=0.05)


def test_equal_prices_give_the_work_of_one_price(put: Callable[[World], None]) -> None:
    put(equal_world())
    settings = {**UNDISTURBED, "world.scale": 0.02, "timeline.burn_in_months": 24, "timeline.response_months": 1}
    free = {"behaviour.work.coordination_by_organisation": 0.0, "behaviour.work.coordination_by_country": 0.0}
    one, other = (
        Ecosystem(**settings, **free, **{"behaviour.work.price_elasticity": theta}).advance(24) for theta in (0.0, 1.0)
    )
    assert (one.setting.price == 1.0).all()
    assert other.series()["work"] == pytest.approx(one.series()["work"], rel=1e-6)
    # all money spent is work at the one price
    spent = one.ledger.cents(Account.PAID) / 100.0 - sum(
        (row["paid_cents"] - row["spent_cents"]) / 100.0 for row in one.state.partnerships.used
    )
    cost = one.config.behaviour.work.cost_per_person_month_eur
    assert one.series()["work"].sum() == pytest.approx(spent / cost, rel=1e-6)
    assert one.series()["overhead"].sum() == 0.0


def test_a_seat_buys_the_same_work_everywhere(put: Callable[[World], None]) -> None:
    put(small_world(gdp_busd=np.array([4100.0, 2800.0, 80.0, 1800.0, 25_000.0, 18_000.0])))
    model = Ecosystem(
        **{"world.scale": 0.05, "timeline.burn_in_months": 40, "behaviour.work.price_elasticity": 1.0,
           "behaviour.work.grant_of_size": 0.0, "behaviour.work.grant_spread": 0.0, "behaviour.work.lead_share": 1.0}
    ).advance(40)  # fmt: skip
    assert model.setting.price.max() > 5.0 * model.setting.price.min()
    rows = model.state.partnerships.used
    never_changed = [row for row in rows if row["funder"] >= 0 and row["status"] <= ACTIVE][:50]
    for row in never_changed:
        seats = model.state.seats.used[row["first_seat"] : row["first_seat"] + row["seats"]]
        first = seats[(seats["joined_month"] == row["start_month"]) & (seats["organisation"] >= 0)]
        assert first["person_months"] == pytest.approx(first["person_months"][0], rel=1e-4)
