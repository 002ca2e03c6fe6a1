"""The yardstick of the benchmarks plays by ecosim's rules, or the ratios would compare two different models."""

from collections import Counter

import pytest

from benchmarks.agreement import compare, table
from benchmarks.measuring import Result
from benchmarks.plain_mesa import PlainEcosystem
from ecosim.scenario import with_overrides


@pytest.mark.slow
def test_plain_mesa_and_ecosim_agree():
    scenario = with_overrides(None, {"world.preset": "classroom", "world.scale": 0.02})
    rows = compare(scenario, seeds=10)
    apart = [row.name for row in rows if not row.within(0.05, errors=4.0)]
    assert not apart, table(rows, 0.05)
    # Seeds average out: what is compared must be known well enough for a different rule to show.
    known = {row.name: row.error for row in rows}
    assert known["effort"] < 0.02
    assert known["awards"] < 0.05


@pytest.mark.parametrize(
    ("name", "value"), [("programme.portfolio_evenness", 1.0), ("programme.countries_per_consortium", [2, 3])]
)
def test_yardstick_refuses_what_it_leaves_out(name, value):
    with pytest.raises(NotImplementedError, match=name):
        PlainEcosystem(**{"world.preset": "classroom", name: value})


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


@pytest.mark.parametrize(("must_be", "passed"), [("at least", True), ("at most", False)])
def test_result_compares_in_the_right_direction(must_be, passed):
    assert Result("a", "b", 2.0, must_be, 1.0).passed is passed
