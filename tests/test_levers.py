"""Policies that split a part of the public money over instruments, and whose money it is."""

import pytest

from ecosim.errors import InputError
from ecosim.lab.budgets import budgets
from ecosim.lab.compose import build_scenario, compose_plain, make_request, options
from ecosim.lab.design import make_plan
from ecosim.levers import lever_money, own_parts
from ecosim.programmes.budget import budget_of
from ecosim.scenario import as_plain
from ecosim.world import load_world

#: Those a ministry would recognise.
NAMED = (
    "none", "mission_led", "mobility_led", "finance_led", "regulation_led", "inclusion_first", "autonomy_first",
    "open_science", "diversified_and_staggered", "balanced",
)  # fmt: skip


def scenario(*words):
    return make_request(compose_plain(words)).scenario


def money(made):
    return {name: instrument.monthly_eur for name, instrument in made.instruments.items()}


def refusal(*words):
    with pytest.raises(InputError) as error:
        scenario(*words)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_they_ship():
    assert set(NAMED) < set(options("policy"))


@pytest.mark.parametrize("name", NAMED)
def test_the_same_money_is_split_by_shares(name):
    made = scenario(f"policy={name}")
    world = load_world(made.world)
    together = 0.0 if name == "none" else made.policy.levers_share * world.appropriation_eur_per_month
    assert sum(money(made).values()) == pytest.approx(together)
    for lever, share in made.policy.levers.items():
        assert money(made)[lever] == pytest.approx(share * together)
    # out of the same appropriation as all others
    assert budget_of(made, world).public_cents == budget_of(scenario(), world).public_cents


@pytest.mark.parametrize("name", NAMED)
def test_plain_data_make_the_same_scenario_again(name):
    made = scenario(f"policy={name}", "policy.additional_eur=1e6")
    plain = as_plain(made)
    assert build_scenario(plain) == made
    assert plain["instruments"] == {}


def test_they_differ():
    shares = {tuple(sorted(scenario(f"policy={name}").policy.levers.items())) for name in NAMED}
    assert len(shares) == len(NAMED)


def test_they_have_an_equal_budget_and_the_parameters_of_every_lever_are_drawn():
    levels = ", ".join(f"{name}: {{policy: {name}}}" for name in NAMED)
    plan = make_plan(make_request(compose_plain([
        "experiment=none", "world.scale=0.006", "shocks=[diplomatic_rupture]", "experiment.equal_budget=true",
        "experiment.draw_parameters=true", f"experiment.factors={{plan: {{{levels}}}}}",
    ])))  # fmt: skip
    found = budgets(plan.policies)
    assert set(found) == set(NAMED)
    assert len(set(found.values())) == 1
    drawn = {item.name.split(".")[1] for item in plan.drawn if item.name.startswith("instruments.")}
    assert drawn == set(scenario("policy=none").instruments)
    # a draw makes no money for a lever without a share
    for unit in plan.units:
        made = build_scenario(plan.payload(unit)["config"])
        assert {name for name, eur in money(made).items() if eur > 0.0} == {
            name for name, share in made.policy.levers.items() if share > 0.0
        }


def test_other_levers_over_the_same_data_keep_no_money():
    plain = as_plain(scenario("policy=balanced"))
    plain["policy"] = {**plain["policy"], "levers": {"matchmaking": 1.0}}
    assert set(build_scenario(plain).instruments) == {"matchmaking"}


def test_a_lever_may_be_a_chosen_instrument_with_parameters_of_its_own():
    made = scenario("policy=mobility_led", "instruments=[visa_facilitation]", "instruments.visa_facilitation.limit=0.6")
    assert made.instruments["visa_facilitation"].limit == 0.6
    assert money(made) == money(scenario("policy=mobility_led"))
    assert build_scenario(as_plain(made)) == made


def test_an_actor_moves_its_own_part_alone():
    everybody, alone = scenario("policy=balanced"), scenario("policy=balanced", "policy.actor=[the Netherlands]")
    world = load_world(alone.world)
    part = own_parts(world)[world.country_index("NLD")]
    assert 0.01 < part < 0.1
    assert own_parts(world).sum() == pytest.approx(1.0)
    for name, eur in money(everybody).items():
        assert money(alone)[name] == pytest.approx(part * eur)
    assert alone.instruments["visa_facilitation"].senders == ("NLD",)
    assert everybody.instruments["visa_facilitation"].senders == "all"
    # the budget is the same: what is not moved buys grants
    assert budget_of(alone, world).public_cents == budget_of(everybody, world).public_cents


def test_the_parts_of_all_who_pay_are_the_whole():
    made = scenario("policy=balanced")
    world = load_world(made.world)
    paying = [code for code, part in zip(world.countries, own_parts(world), strict=True) if part > 0.0]
    assert "USA" not in paying
    assert "ROW" not in paying
    together = scenario("policy=balanced", f"policy.actor=[{','.join(paying)}]")
    assert lever_money(together.policy, world) == pytest.approx(lever_money(made.policy, world))


def test_new_money_comes_beside_the_appropriation():
    usual, more = scenario("policy=balanced"), scenario("policy=balanced", "policy.additional_eur=2e6")
    world = load_world(usual.world)
    assert sum(money(more).values()) == pytest.approx(sum(money(usual).values()) + 2e6)
    added = budget_of(more, world).public_cents - budget_of(usual, world).public_cents
    assert added == pytest.approx(2e6 * 100.0 * usual.world.scale, abs=1)


def test_new_money_without_levers_buys_grants():
    more = scenario("policy=none", "policy.additional_eur=2e6")
    assert sum(money(more).values()) == 0.0
    assert (
        budget_of(more, load_world(more.world)).public_cents
        > budget_of(scenario(), load_world(more.world)).public_cents
    )


def test_new_money_is_no_equal_budget():
    words = ["experiment=none", "world.scale=0.006", "shocks=[diplomatic_rupture]", "policy=balanced",
             "experiment.factors={money: {old: {}, new: {policy.additional_eur: 2e6}}}"]  # fmt: skip
    plan = make_plan(make_request(compose_plain(words)))
    found = budgets(plan.policies)
    assert found["new"] - found["old"] == pytest.approx(2e6, rel=1e-3)
    with pytest.raises(InputError, match=r"not at equal budget.*policy\.additional_eur"):
        make_plan(make_request(compose_plain([*words, "experiment.equal_budget=true"])))


def test_without_levers_nothing_is_made():
    assert scenario().instruments == {}


def test_one_share_may_be_set_alone():
    assert scenario("policy.levers.matchmaking=1").policy.levers == {"matchmaking": 1.0}


def test_bad_input_gets_one_line():
    assert "policy.levers.visa=1: no such instrument" in refusal("policy.levers={visa: 1}")
    assert "did you mean visa_facilitation?" in refusal("policy.levers={visa: 1}")
    assert "shares add up to 0.5" in refusal("policy.levers={visa_facilitation: 0.5}")
    assert "shares add up to 0.5" in refusal("policy.levers.visa_facilitation=0.5")
    assert "policy.levers.visa=1: no such instrument" in refusal("policy.levers.visa=1")
    assert "policy.levers.a.b=1: no such parameter" in refusal("policy.levers.a.b=1")
    assert "allowed: shares from 0 to 1" in refusal("policy.levers={visa_facilitation: 1.5, matchmaking: -0.5}")
    assert refusal("policy.actor=[NLD]").startswith("policy.actor=[NLD]: says nothing where policy.levers names no")
    assert "policy.actor=USA: pays nothing to the programme" in refusal("policy=balanced", "policy.actor=[USA]")
    assert "no such country" in refusal("policy=balanced", "policy.actor=[Utopia]")
    assert "names nobody" in refusal("policy=balanced", "policy.actor=[]")
    assert "policy.additional_eur=-1: out of range" in refusal("policy.additional_eur=-1")
    assert "policy.levers_share=2: out of range" in refusal("policy.levers_share=2")
    taken = refusal("policy=balanced", "instruments=[matchmaking]", "instruments.matchmaking.monthly_eur=3e6")
    assert taken.startswith("instruments.matchmaking.monthly_eur=3000000.0: stands beside policy.levers.matchmaking")
