"""The yardstick of the benchmarks plays by ecosim's rules, or the ratios would compare two different models."""

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


def test_yardstick_refuses_what_it_leaves_out():
    with pytest.raises(NotImplementedError, match="portfolio_evenness"):
        PlainEcosystem(**{"world.preset": "classroom", "programme.portfolio_evenness": 1.0})


def test_yardstick_keeps_its_books():
    model = PlainEcosystem(**{"world.preset": "classroom", "world.scale": 0.01}).advance(30)
    held = sum(organisation.reserves_cents for organisation in model.agents)
    spent = model.accounts["own_work"] + model.accounts["advanced"]
    assert held > 0
    assert spent >= 0
    funded = ("unspent", "committed", "paid", "returned", "administration")
    assert sum(model.accounts[name] for name in funded) == 30 * model.appropriation_cents
    assert all(organisation.load >= 0 for organisation in model.agents)


@pytest.mark.parametrize(("must_be", "passed"), [("at least", True), ("at most", False)])
def test_result_compares_in_the_right_direction(must_be, passed):
    assert Result("a", "b", 2.0, must_be, 1.0).passed is passed
