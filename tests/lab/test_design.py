import pytest

from ecosim.errors import InputError
from ecosim.lab.compose import build_scenario, compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.scenario import as_plain
from tests.lab.conftest import SMALL


def plan_of(*overrides):
    return make_plan(make_request(compose_plain([*SMALL, *overrides])))


def test_the_headline_sets_named_policies_beside_the_one_of_today():
    request = make_request(compose_plain(["experiment=headline"]))
    plan = make_plan(request)
    assert len(plan.policies) == 6
    assert len(plan.branches) == 4
    assert len(plan.designs) == 24
    assert plan.policies[plan.reference_id].levels == {"plan": "as today"}
    staged = next(policy for policy in plan.policies if policy.levels["plan"] == "paid in stages")
    assert (staged.config["programme"]["prefinancing"], staged.config["programme"]["tranches"]) == (0.1, 6)
    # every other policy is set beside today's
    others = [policy.label for policy in plan.policies if policy.history_id != plan.reference_id]
    assert [(contrast.level, contrast.against) for contrast in plan.contrasts] == [(x, "as today") for x in others]
    # equal appropriation, and the same rule for money that is freed
    for section, key in (("policy", "appropriation_eur_per_month"), ("programme", "reallocate")):
        assert len({policy.config[section][key] for policy in plan.policies}) == 1


def test_settings_are_what_a_policy_sets_otherwise_however_it_is_written():
    plan = make_plan(make_request(compose_plain(["experiment=headline"])))
    found = {policy.label: policy.settings for policy in plan.policies}
    assert found["as today"] == {}
    assert found["paid in stages"] == {"programme.prefinancing": 0.1, "programme.tranches": 6}
    assert found["calls every 4 years"] == {"programme.months_between_calls": 48}
    # an option stands for what it holds, and what it takes away is said as well
    base = "{programme.tranches: 2, instruments: []}"
    plan = plan_of("instruments=[matchmaking]", f"experiment.factors={{help: {{without: {base}, with: {{}}}}}}")
    without, kept = (policy.settings for policy in plan.policies)
    assert without == {"instruments.matchmaking": None}
    assert kept == {}


def test_every_history_holds_every_shock_and_twins_stand_once():
    plan = plan_of()
    assert all(set(policy.config["shocks"]) == {"diplomatic_rupture", "supplier_loss"} for policy in plan.policies)
    assert len(plan.units) == 4
    shocks = [("shocked", "diplomatic_rupture"), ("shocked", "supplier_loss")]
    # the reference policy is the first
    assert [plan.arms(unit.history_id) for unit in plan.units] == [
        [("twin", None), ("placebo", None), *shocks], [("twin", None), *shocks],
    ] * 2  # fmt: skip
    assert plan.counts()["runs"] == 14
    payload = plan.payload(plan.units[-1])
    assert payload["arms"] == plan.arms(1)
    assert payload["config"]["replicate"] == payload["replicate"] == 1
    assert set(payload["design_ids"]) == set(payload["branches"])


OPEN = ("world=classroom", "world.scale=0.005", "shocks=[funder_withdrawal]")


def open_plan(*overrides):
    return make_plan(make_request(compose_plain([*OPEN, *overrides])))


@pytest.mark.parametrize(
    ("overrides", "burn_in"),
    [
        (["experiment.factors={programme.months_between_calls: [observed, 12]}"], 96),
        (["experiment.factors={programme.months_between_calls: [12, 48, 3]}"], 144),
        (["experiment.factors={calls: {now: {}, rare: {programme.months_between_calls: 84}}}"], 252),
        # The longest gap may be an option's, an uncertainty's, or the scenario's own.
        (["experiment.factors={rules: {a: {programme: upfront}, b: {programme: staged}}}"], 96),
        (["programme.months_between_calls=40", "experiment.factors={programme.tranches: [2, 3]}"], 120),
        (["experiment.factors={programme.tranches: [2, 3]}",
          "experiment.uncertainties={programme.months_between_calls: {values: [12, 60]}}"], 180),
    ],
)  # fmt: skip
def test_the_longest_gap_between_calls_sets_the_burn_in_of_all_policies(overrides, burn_in):
    plan = open_plan(*overrides)
    assert plan.calendar.burn_in_months == burn_in
    for number in range(len(plan.histories)):
        calendar = build_scenario(plan.config(number)).calendar
        assert calendar == plan.calendar
    # Observation starts with the same month whatever was before it.
    year, month = map(int, plan.calendar.start.split("-"))
    assert 12 * year + month - 1 + burn_in == 12 * 2014
    assert plan.bases.first["timeline"]["burn_in_months"] == burn_in
    assert plan.bases.first["timeline"]["start"] == plan.calendar.start


def test_a_burn_in_and_a_start_that_are_given_stand():
    factors = "experiment.factors={programme.months_between_calls: [12, 48]}"
    plan = open_plan(factors, "timeline.burn_in_months=30")
    assert (plan.calendar.start, plan.calendar.burn_in_months) == ("2011-07", 30)
    plan = open_plan(factors, "timeline.start=2009-03")
    assert (plan.calendar.start, plan.calendar.burn_in_months) == ("2009-03", 144)
    # A policy may have its own.
    plan = open_plan(
        "experiment.factors={a: {x: {programme.months_between_calls: 48}, y: {timeline.burn_in_months: 10}}}"
    )
    assert [policy.config["timeline"]["burn_in_months"] for policy in plan.policies] == [144, 10]


def test_plain_data_builds_the_same_scenario_again():
    scenario = make_request(compose_plain(SMALL)).scenario
    assert build_scenario(as_plain(scenario)) == scenario


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("experiment.factors={programme.trances: [1, 2]}", "programme.trances=1: no such parameter"),
        ("experiment.factors={programme.cohorts_per_year: [1, 4]}", "allowed: programme.months_between_calls=12"),
        ("experiment.factors={programme.tranches: []}", "has no levels"),
        ("experiment.factors={programme.tranches: [2, 2]}", "names two levels"),
        ("experiment.factors={payment: {a: {programme.tranches: 2}, b: {}}}", "are the same policy"),
        ("experiment.factors={programme.tranches: [2, 99]}", "programme.tranches=99: out of range"),
        ("experiment.factors={payment: {ahead: 3}}", "wrong type"),
        ("experiment.factors={shock: {a: {programme.tranches: 3}}}", "is a name the results use already"),
        ("experiment.reference={payment: ahead}", "no such factor"),
        ("experiment.branches={x: [rupture]}", "did you mean diplomatic_rupture"),
        ("experiment.branches={x: []}", "names no shock"),
    ],
)
def test_an_experiment_that_cannot_be_is_one_line(override, words):
    with pytest.raises(InputError) as caught:
        plan_of(override)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_factors_may_not_set_the_same_key():
    factors = "experiment.factors={programme.tranches: [2, 3], payment: {a: {programme.tranches: 1}}}"
    with pytest.raises(InputError, match=r"sets programme\.tranches"):
        plan_of(factors)


def test_the_experiment_of_the_how_to_can_be_planned(tmp_path):
    import re
    from pathlib import Path

    page = Path(__file__).parents[2] / "docs" / "how-to" / "new-experiment.md"
    (text,) = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "small_consortia.yaml").write_text(text, encoding="utf-8")
    plan = make_plan(make_request(compose_plain(["experiment=small_consortia"], config_dirs=[str(tmp_path)])))
    assert [contrast.name for contrast in plan.contrasts] == ["fewer countries"]
    assert plan.drawn
    assert not any(item.key.startswith("channels") for item in plan.drawn)


@pytest.mark.parametrize(("name", "policies", "branches"), [("headline_reference", 7, 4), ("headline_cases", 6, 6),
                                                            ("breakeven", 24, 2)])  # fmt: skip
def test_experiments_that_take_hours_are_planned(name, policies, branches):
    plan = make_plan(make_request(compose_plain([f"experiment={name}"])))
    assert (len(plan.policies), len(plan.branches)) == (policies, branches)
    assert plan.drawn
    assert plan.contrasts


def test_primary_contrasts_of_the_headline():
    plan = make_plan(make_request(compose_plain(["experiment=headline_reference"])))
    delivered = [
        (c.factor, shock) for c in plan.contrasts if "delivered_output" in c.measures for shock in plan.branches
    ]
    assert len(delivered) == 24
    assert all("sustained_collaboration" in contrast.measures for contrast in plan.contrasts)
    assert plan.replicates >= 100
    # a placebo of each kind for every policy
    arms = {arm for number in range(len(plan.histories)) for arm, _ in plan.arms(number)}
    assert arms == {"twin", "placebo", "shocked", "scattered"}
    assert len({len(plan.arms(number)) for number in range(len(plan.histories))}) == 1


CONTRAST = "experiment.contrasts={c: {factor: programme.tranches, level: 3, against: 2"


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (CONTRAST.replace("factor: programme.tranches", "factor: tranches") + "}}", "no such factor"),
        (CONTRAST.replace("level: 3", "level: 4") + "}}", "no such level of programme.tranches"),
        (CONTRAST.replace("level: 3", "level: 2") + "}}", "is the level itself"),
        (CONTRAST + ", measures: [deliverd_output]}}", "did you mean delivered_output"),
        (CONTRAST + ", measures: delivered}}", "wrong type"),
        (CONTRAST + ", were: {}}}", "did you mean where"),
        (CONTRAST + ", where: {x: y}}}", "no such factor"),
        ("experiment.contrasts={c: {factor: programme.tranches, level: 3}}", "against: is missing"),
        ("experiment.contrasts={c: 3}", "wrong type"),
    ],
)
def test_a_contrast_that_cannot_be_is_one_line(override, words):
    with pytest.raises(InputError) as caught:
        plan_of(override)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bare_number_is_named_by_what_it_is_a_level_of(request_for):
    slow = "{slow: {programme.months_between_calls: 12}}"
    plan = make_plan(request_for(f"experiment.factors={{programme.tranches: [2, 3], pace: {slow}}}"))
    assert [policy.label for policy in plan.policies] == ["tranches=2, slow", "tranches=3, slow"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("0", r"experiment\.smallest_effect=0.*allowed: a share above 0 and at most 1"),
        ("2.5", r"experiment\.smallest_effect=2\.5.*is no smallest effect"),
        ("{diplomatic_ruptur: 0.01}", r"diplomatic_ruptur: no such branch.*did you mean diplomatic_rupture\?"),
        ("{supplier_loss: much}", r"experiment\.smallest_effect\.supplier_loss=much: is no smallest effect"),
        ("{supplier_loss: {delivered: 0.01}}", r"supplier_loss=delivered: no such.*did you mean delivered_output\?"),
        ("{supplier_loss: {recovery_months: 0.01}}", r"supplier_loss=recovery_months: cannot be contrasted"),
        ("{supplier_loss: {delivered_output: -0.01}}", r"supplier_loss\.delivered_output=-0\.01: is no smallest"),
        ("{supplier_loss: {delivered_output: true}}", r"supplier_loss\.delivered_output=[Tt]rue: is no smallest"),
    ],
)
def test_a_smallest_effect_that_is_none_is_one_line(given, problem):
    with pytest.raises(InputError, match=problem) as caught:
        plan_of(f"experiment.smallest_effect={given}")
    assert "\n" not in str(caught.value)


def test_smallest_effects_are_numbers_for_all_for_a_branch_or_for_a_measure():
    by_measure = "{supplier_loss: {delivered_output: 0.02, worst_year_output: 0.03}, diplomatic_rupture: 0.01}"
    for given in ("0.01", "{supplier_loss: 0.02}", "{a_branch_of_another_run: 0.02}", by_measure):
        plan_of(f"experiment.smallest_effect={given}")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("[[behaviour.trust.gain, behaviour.trust.gain]]", "is paired with itself"),
        ("[[behaviour.trust.gain, behaviour.trust.gian]]", r"is not drawn.*did you mean behaviour\.trust\.gain\?"),
        ("[[behaviour.trust.gain]]", r"experiment\.break_even_pairs"),
    ],
)
def test_a_pair_that_is_none_is_one_line(given, problem):
    with pytest.raises(InputError, match=problem) as caught:
        plan_of("experiment.draw_parameters=true", f"experiment.break_even_pairs={given}")
    assert "\n" not in str(caught.value)


def test_pairs_are_of_what_may_vary():
    pair = "experiment.break_even_pairs=[[behaviour.trust.gain, world.pool_factor]]"
    plan_of("experiment.draw_parameters=true", pair)
    unsure = "experiment.uncertainties={behaviour.trust.gain: [0.1, 0.4], world.pool_factor: [1, 8]}"
    plan_of(unsure, "experiment.design=latin_hypercube", "experiment.points=4", pair)
    # where nothing is drawn there is no map, and no complaint
    plan_of(pair)
    plan_of(unsure, "experiment.points=3", pair)
    # what never varies is a slip
    with pytest.raises(InputError, match=r"is not drawn.*experiment\.draw_parameters=true"):
        plan_of("experiment.break_even_pairs=[[behaviour.trust.gain, world.scale]]")
