"""Levers and uncertainties of an experiment: what is varied, what a policy meets, what cannot be."""

import json
import re
import shlex
from pathlib import Path

import pytest

from ecosim.errors import InputError
from ecosim.lab.compose import build_scenario, compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.scenario import as_plain
from tests.lab.conftest import SMALL

GAIN = "behaviour.trust.gain"
TWO = f"experiment.uncertainties={{{GAIN}: [0.1, 0.4], behaviour.trust.loss: {{range: [0.01, 0.5], log: true}}}}"
#: So that the rules of `policy=reform` start inside these short runs.
START = "timeline.start=2012-01"
LHS = ("experiment.design=latin_hypercube", "experiment.points=5")


def plan_of(*overrides):
    return make_plan(make_request(compose_plain([*SMALL, *overrides])))


def test_every_policy_meets_every_point_with_the_same_seeds():
    plan = plan_of(TWO, *LHS, "experiment.replicates=3")
    assert (len(plan.policies), len(plan.sample.points), len(plan.units)) == (2, 5, 30)
    met = set()
    for unit in plan.units:
        config = plan.payload(unit)["config"]
        build_scenario(config)
        assert (config["seed"], config["replicate"]) == (1, unit.replicate)
        met.add((config["programme"]["tranches"], config["behaviour"]["trust"]["gain"], unit.replicate))
    assert len(met) == 30
    table = plan.table()
    assert list(table.columns) == ["design_id", "history_id", "shock", "shocks", "policy", "reference",
                                   "programme.tranches", "point", GAIN, "behaviour.trust.loss"]  # fmt: skip
    # the reference policy is there at every point
    assert table[table["reference"]]["point"].nunique() == 5
    for row in table.to_dict("records"):
        config = plan.config(row["history_id"])
        assert config["behaviour"]["trust"]["gain"] == row[GAIN]
        assert config["programme"]["tranches"] == int(row["programme.tranches"])
        payload = plan.payload(next(unit for unit in plan.units if unit.history_id == row["history_id"]))
        assert payload["design_ids"][row["shock"]] == row["design_id"]


def test_without_points_the_design_table_is_what_it_was():
    assert "point" not in plan_of().table()
    assert plan_of().sample is None


def test_levers_may_be_laid_out_too():
    levers = (
        "experiment.factors={programme.tranches: {range: [1, 6]}, payment: {a: {}, b: {programme.prefinancing: 1}}}"
    )
    plan = plan_of(levers, TWO, *LHS, "experiment.levers=sampled")
    assert len(plan.policies) == len(plan.histories) == 5
    table = plan.table()
    assert table["reference"].groupby(table["point"]).any().sum() == 1
    assert set(table["payment"]) == {"a", "b"}
    for number, history in enumerate(plan.histories):
        config = plan.config(number)
        assert str(config["programme"]["tranches"]) == history.policy.levels["programme.tranches"]
        assert config["programme"]["prefinancing"] == (1.0 if history.policy.levels["payment"] == "b" else 0.4)
        assert config["behaviour"]["trust"]["gain"] == history.point.values[GAIN]


def test_levers_one_at_a_time_from_the_reference():
    factors = "experiment.factors={programme.tranches: [2, 3], programme.months_between_calls: [12, 3, 1]}"
    reference = "experiment.reference={programme.months_between_calls: '3'}"
    plan = plan_of(factors, "experiment.design=one_at_a_time", reference)
    found = [tuple(policy.levels.values()) for policy in plan.policies]
    assert found == [("2", "3"), ("3", "3"), ("2", "12"), ("2", "1")]
    assert plan.reference_id == 0


def test_an_option_as_a_level_is_what_the_command_line_would_give():
    europe = ["world=europe", "world.scale=0.02", "programme.tranches=5"]
    plan = plan_of(*europe, "experiment.factors={programme: [narrow, broad, staged]}")
    for policy in plan.policies:
        (name,) = policy.levels.values()
        words = [*SMALL, *europe, f"programme={name}"]
        assert policy.config == as_plain(make_request(compose_plain(words)).scenario)
    instruments = plan_of("experiment.factors={instruments: [[], [matchmaking, visa_facilitation]]}")
    assert [list(policy.config["instruments"]) for policy in instruments.policies] == [
        [], ["matchmaking", "visa_facilitation"],
    ]  # fmt: skip


def test_options_may_be_uncertain():
    rules = "experiment.uncertainties={rules: {now: {policy: observed}, later: {policy: reform}}}"
    plan = plan_of(rules, START)
    starts = [plan.config(number)["policy"]["start"] for number in range(4)]
    assert starts[0] == starts[1] != starts[2] == starts[3]
    assert plan.table()["rules"].tolist() == ["now"] * 4 + ["later"] * 4


def test_assumed_takes_the_ranges_of_the_declarations():
    plan = plan_of(
        "experiment.uncertainties={behaviour.trust: assumed}", "experiment.hold=[behaviour.trust.loss]", *LHS
    )
    names = [item.name for item in plan.sample.inputs]
    assert GAIN in names
    assert "behaviour.trust.loss" not in names
    assert (plan.sample.inputs[0].span.low, plan.sample.inputs[0].span.high) == (0.1, 0.5)
    assert all(name.startswith("behaviour.trust.") for name in names)


def test_what_points_set_is_not_drawn_over():
    plan = plan_of(TWO, *LHS, "experiment.draw_parameters=true")
    assert GAIN not in {item.key for item in plan.drawn}
    assert plan.drawn
    config = plan.payload(plan.units[2])["config"]
    assert config["behaviour"]["trust"]["gain"] == plan.histories[2].point.values[GAIN]


def test_a_grid_takes_so_many_values_of_a_range():
    plan = plan_of(f"experiment.uncertainties={{{GAIN}: [0.1, 0.5], world.scale: {{values: [0.1, 0.2]}}}}",
                   "experiment.points=3")  # fmt: skip
    values = [tuple(point.values.values()) for point in plan.sample.points]
    assert values == [(g, s) for g in (0.1, pytest.approx(0.3), 0.5) for s in (0.1, 0.2)]


def uncertain(content):
    return f"experiment.uncertainties={{{content}}}"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ([uncertain(f"{GAIN}: [0.1, abc]")], f"experiment.uncertainties.{GAIN}=[0.1,abc]: is not a range of numbers"),
        ([uncertain(f"{GAIN}: [0.1, 0.2, 0.3]")], "is not a range of numbers"),
        ([uncertain(f"{GAIN}: low")], "is not a range of numbers"),
        ([uncertain(f"{GAIN}: [0.4, 0.1]")], "its low end is not below its high end"),
        ([uncertain(f"{GAIN}: {{range: [0, 0.4], log: true}}")], "a logarithmic range cannot"),
        ([uncertain(f"{GAIN}: {{range: [0.1, 0.4], lag: true}}")], "did you mean log"),
        ([uncertain("behaviour.trust.gian: [0.1, 0.4]")], "did you mean behaviour.trust.gain"),
        ([uncertain(f"{GAIN}: [0.1, 70]")], "out of range"),
        ([uncertain("behaviour.trsut: assumed")], "no assumed parameter is called so"),
        ([uncertain(f"{GAIN}: assumed, behaviour.trust: assumed")], f"names {GAIN} once more"),
        ([uncertain(f"{GAIN}: {{values: []}}")], "a list of values"),
        ([uncertain("programme.tranches: [1, 4]")], "is a factor as well"),
        ([uncertain("payment: {a: {programme.tranches: 1}}")], "set programme.tranches, as a factor does"),
        (
            [uncertain("policy: {values: [observed, reform]}")],
            "is a name the results use already; allowed: another name",
        ),
        ([uncertain("struck: {a: {shocks: [supplier_loss]}}")], "is chosen once for the whole experiment"),
        ([TWO, "experiment.points=many"], "is no number, which latin_hypercube needs"),
        (["experiment.factors={}"], "has nothing to vary"),
        (["experiment.factors={programme.tranches: {range: [1, 4]}}"], "has a range, which crossed levers cannot"),
        (["experiment.factors={programme: [narow]}"], "did you mean narrow"),
        (["experiment.factors={}", uncertain("programme.tranches: [0, 3]")], "(at the point programme.tranches=0)"),
        (["experiment.design=csv"], "names no file"),
        (["experiment.design=grid", uncertain(f"{GAIN}: {{values: [0.1, 0.2, 0.1]}}")], "names two levels"),
        (["experiment.design=sobol_sequence"], "is not a power of 2"),
        (["experiment.replicates=0"], "out of range"),
        (["experiment.morris_levels=3"], "must be even"),
        (["experiment.replicates=auto", "experiment.auto.outcome=deliverd_output"], "did you mean delivered_output"),
        (["experiment.replicates=auto", "experiment.auto.most=10"], "is fewer than experiment.auto.least"),
    ],
)
def test_an_experiment_that_cannot_be_is_one_line(overrides, words):
    with pytest.raises(InputError) as caught:
        plan_of(*LHS, *overrides)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------------------------------------- points from a table


@pytest.fixture
def plan_from(tmp_path):
    def make(text, *overrides):
        path = tmp_path / "points.csv"
        path.write_text(text, encoding="utf-8")
        return plan_of("experiment.design=csv", f"experiment.points={path}", *overrides)

    return make


def test_a_table_of_points(plan_from):
    text = f'{GAIN},programme.countries_per_consortium,rules\n0.1,"[2, 3]",now\n\n0.25,"[2, 4]",later\n'
    rules = "experiment.uncertainties={rules: {now: {policy: observed}, later: {policy: reform}}}"
    plan = plan_from(text, rules, START)
    assert len(plan.histories) == 4
    config = plan.config(3)
    assert config["behaviour"]["trust"]["gain"] == 0.25
    assert config["programme"]["countries_per_consortium"] == [2, 4]
    assert config["policy"]["start"] == "2014-01"
    assert config["programme"]["tranches"] == 3
    assert json.loads(json.dumps(plan.described()))["rows"] == 2


def test_a_table_of_levers(plan_from):
    plan = plan_from("programme.tranches,behaviour.trust.gain\n3,1e-1\n2,0.2\n")
    assert [policy.levels for policy in plan.policies] == [{"programme.tranches": "3"}, {"programme.tranches": "2"}]
    assert plan.config(0)["behaviour"]["trust"]["gain"] == 0.1
    assert plan.sampled


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "points.csv: has no heading"),
        (f"{GAIN}\n", "the design is empty"),
        (
            "behaviour.trust.gian\n0.1\n",
            "row 1, column 'behaviour.trust.gian': no such factor, parameter or option group",
        ),
        ("behaviour.trust\n0.1\n", "row 1, column 'behaviour.trust': no such"),
        (f"{GAIN},{GAIN}\n0.1,0.2\n", "names no column, or one twice"),
        (f"{GAIN},behaviour.trust.loss\n0.1\n", "row 2: has 1 cells for 2 columns"),
        (f"{GAIN}\n0.1\nabc\n", f"points.csv, row 3, column '{GAIN}'=abc: is not a number"),
        (f"{GAIN}\n0.1\n9.0\n", f"points.csv, row 3, column '{GAIN}'=9.0: out of range"),
        (f"{GAIN}\n0.1\nnan\n", "is not a number"),
        (f"{GAIN},behaviour.trust.loss\n0.1,0.2\n0.3,0.2\n0.10,0.2\n", "points.csv: rows 2 and 4 are the same point"),
        ("programme.tranches\n7\n", "row 2, column 'programme.tranches'=7: no such level; allowed: 2, 3"),
        ("policy\nobserved\n", "is a name the results use already"),
        ("world.preset\nclasroom\n", "row 2, column 'world.preset'=clasroom: no such option"),
    ],
)
def test_a_table_that_cannot_be_names_row_and_column(plan_from, text, words):
    with pytest.raises(InputError) as caught:
        plan_from(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_must_hold_what_is_declared(plan_from, tmp_path):
    with pytest.raises(InputError, match=r"row 1: has no column for the uncertainty behaviour\.trust\.loss"):
        plan_from(f"{GAIN}\n0.2\n", TWO)
    with pytest.raises(InputError, match=r"row 3, column 'behaviour\.trust\.gain'=0\.5: is outside the declared range"):
        plan_from(f"{GAIN},behaviour.trust.loss\n0.2,0.1\n0.5,0.1\n", TWO)
    with pytest.raises(InputError, match="has no column for the factor payment"):
        plan_from("programme.tranches\n2\n", "experiment.factors={programme.tranches: [2, 3], payment: {a: {}}}")
    with pytest.raises(InputError, match="cannot be read"):
        plan_of("experiment.design=csv", f"experiment.points={tmp_path}/none.csv")


def test_the_commands_of_the_how_to_can_be_planned(tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "design-a-sweep.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    (tmp_path / "points.csv").write_text(table, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    commands = [shlex.split(text.replace("\\\n", " ")) for text in re.findall(r"```bash\n(.*?)```", page, re.DOTALL)]
    assert all(words[:2] == ["ecosim", "sweep"] for words in commands)
    plans = [make_plan(make_request(compose_plain(words[2:]))) for words in commands]
    # of Saltelli's 16 x 4 rows some differ in nothing, when a whole number stays the same
    assert [len(plan.sample.order) if plan.sample else 1 for plan in plans] == [50, 16 * 4, 2, 1]
    assert [len(plan.policies) for plan in plans] == [6, len(plans[1].sample.points), 1, 6]
    # what a cell of the first table says, an experiment may say
    rows = re.findall(r"^\| `([^`]*: [^`]*)` \|", page, re.MULTILINE)
    assert len(rows) == 5
    for row in rows:
        words = ["experiment=none", f"experiment.uncertainties={{{row}}}", *LHS]
        assert make_plan(make_request(compose_plain(words))).sample is not None
