"""What the page asks becomes words of the command line, and nothing else comes through."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import numpy as np
import pytest

from ecosim.errors import InputError
from ecosim.lab.api import default_experiment
from ecosim.lab.compose import build_scenario, compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.page import ask, data
from ecosim.page.cells import Runs
from ecosim.page.grid import PageTask, grid_request
from ecosim.page.levers import AXES, branches
from ecosim.scenario import as_plain
from tests.page.conftest import TINY

BODY = {
    "policies": {"a": {"programme.months_between_calls": 3}, "b": {"programme.months_between_calls": 12}},
    "shock": {"kind": "diplomatic_rupture", "countries": ["DE"], "settings": {"severity": 0.5}},
    "draws": 2,
    "seed": 7,
    "off": ["trust"],
    "coins": {"visa_facilitation": 5},
}  # fmt: skip


@pytest.fixture(scope="module")
def asked():
    return ask.read(BODY)


def test_a_body_is_a_sweep_of_the_command_line(asked):
    plan = make_plan(ask.request(asked))
    assert [policy.label for policy in plan.policies] == ["a", "b"]
    config = plan.config(0)
    assert config["shocks"]["diplomatic_rupture_deu"]["severity"] == 0.5
    assert config["shocks"]["diplomatic_rupture_deu"]["targets"] == ["DEU"]
    assert config["mechanisms"]["trust"] is False
    # coins are those of the first policy; the other has the instrument and buys nothing of it
    assert config["instruments"]["visa_facilitation"]["monthly_eur"] == 5e6
    assert plan.config(1)["instruments"]["visa_facilitation"]["monthly_eur"] == 0.0
    assert (config["programme"]["months_between_calls"], plan.config(1)["programme"]["months_between_calls"]) == (3, 12)


def test_the_command_and_the_python_it_shows_ask_the_same(asked):
    line, after = ask.command(asked).splitlines()
    assert after == "python -m ecosim.page.scores"
    words = shlex.split(line)
    assert words[:2] == ["ecosim", "sweep"]
    said = {}
    code = ask.python(asked).replace("ecosim.sweep(", "said.update(words=tuple_of(").replace("\n)\n", "\n))\n", 1)
    code = code.replace("import ecosim\n", "").replace("from ecosim.page.scores import scores\n", "")
    code = code.rpartition("print(")[0].replace("result = ", "")
    exec(code, {"said": said, "tuple_of": lambda *given: given})
    assert list(said["words"]) == words[2:]
    # as `ecosim sweep` and `ecosim.sweep` read them
    read = [*default_experiment(words[2:]), *words[2:]]
    mine, theirs = make_plan(ask.request(asked)), make_plan(make_request(compose_plain(read)))
    for unit in mine.units:
        assert mine.payload(unit) == theirs.payload(unit)


def test_a_policy_that_lends_its_calm_output_is_the_reference():
    sets = {"programme.months_between_calls": 12}
    body = {"policies": {"a": {"programme.months_between_calls": 3}, "b": {"programme.months_between_calls": 48}}}
    plan = make_plan(ask.request(ask.read({**body, "draws": 2})))
    assert (len(plan.histories), plan.policies[plan.reference_id].label) == (2, "b")
    for usual, histories, reference in (
        (sets, 3, ask.USUAL), (body["policies"]["a"], 2, "a"), (body["policies"]["b"], 2, "b"),
    ):  # fmt: skip
        words = ask.words(ask.read({**body, "draws": 2}), usual)
        found = make_plan(make_request(compose_plain(words)))
        assert (len(found.histories), found.policies[found.reference_id].label) == (histories, reference)
    beside_itself = ask.read({"policies": {"a": sets, "b": sets}, "draws": 2})
    assert len(make_plan(make_request(compose_plain(ask.words(beside_itself, sets)))).histories) == 1


def test_how_hard_a_shock_is_may_be_set_for_every_kind():
    from ecosim.shocks import REGISTRY

    for kind, shock in REGISTRY.items():
        assert {"severity", "duration_months"} <= shock.model_fields.keys(), kind


@pytest.mark.parametrize("kind", ["fellowships", "matchmaking"])
def test_what_one_policy_pays_for_the_other_does_not_have(kind):
    key = f"instruments.{kind}.monthly_eur"
    plan = make_plan(ask.request(ask.read({"policies": {"a": {key: 2e6}, "b": {}}, "draws": 2})))
    assert [plan.config(number)["instruments"][kind]["monthly_eur"] for number in (0, 1)] == [2e6, 0.0]
    # but what a saved scenario has holds for both, except where a policy says otherwise
    base = {f"instruments.{kind}.kind": kind, key: 3e6}
    plan = make_plan(ask.request(ask.read({"policies": {"a": {key: 2e6}, "b": {}}, "base": base, "draws": 2})))
    assert [plan.config(number)["instruments"][kind]["monthly_eur"] for number in (0, 1)] == [2e6, 3e6]


def test_a_policy_beside_itself_is_one_history():
    plan = make_plan(ask.request(ask.read({"draws": 2})))
    assert len(plan.histories) == 1
    assert [arm for arm, _ in plan.arms(0)] == ["twin", "placebo"]


def _cell_and_run(setting, places):
    """Payload of one draw of a cell, in the grid and in a run that asks for the policy of that cell alone."""
    grid = make_plan(grid_request(setting))
    levels = tuple(len(axis.values) for axis in setting.axes)
    number = int(np.ravel_multi_index(places, levels))
    sets = {}
    for axis, place in zip(setting.axes, places, strict=True):
        sets |= axis.plain()["sets"][place]
    branch = branches(setting.branches)[2]
    asked = ask.read(
        {"policies": {"a": sets, "b": sets}, "shock": branch.shock, "draws": setting.draws, "base": setting.base}
    )
    run = make_plan(ask.request(asked))
    unit = run.units[1]
    cell = next(u for u in grid.units if (u.history_id, u.replicate) == (number, unit.replicate))
    return branch, grid.payload(cell), run.payload(unit)


@pytest.mark.parametrize("cost", [1, 2])
@pytest.mark.parametrize("last", [False, True])
def test_a_run_of_a_cell_is_the_cells_own_history(cost, last):
    """Same values drawn, same chance: a grid and a run of one of its policies are the same to the bit."""
    setting = replace(TINY, cost=cost)
    places = tuple(len(axis.values) - 1 if last else axis.default for axis in setting.axes)
    branch, cell, run = _cell_and_run(setting, places)
    mine, theirs = run["config"], cell["config"]
    assert mine["shocks"] == {branch.id: theirs["shocks"][branch.id]}
    assert {**mine, "shocks": None} == {**theirs, "shocks": None}
    # what a lever sets is what is simulated, at its default too
    for axis, place in zip(setting.axes, places, strict=True):
        (value,) = axis.plain()["sets"][place].values()
        section = mine
        for part in axis.sets.split("."):
            section = section[part]
        assert section == value


@pytest.mark.slow
def test_a_run_of_a_cell_gives_the_cells_own_months():
    setting = replace(TINY, cost=2)
    branch, cell, run = _cell_and_run(setting, tuple(axis.default for axis in setting.axes))
    task = PageTask("test")
    mine, theirs = (Runs.from_bytes(*task([payload]).tables.values()) for payload in (run, cell))
    for label in ("twin", "placebo", branch.id):
        here, there = mine.labels.index(label), theirs.labels.index(label)
        np.testing.assert_array_equal(mine.months[here], theirs.months[there])
        np.testing.assert_array_equal(mine.rows[here], theirs.rows[there])


def test_a_link_comes_back_and_a_broken_one_is_one_line(asked):
    link = ask.to_link(asked)
    assert ask.from_link(link) == asked
    for broken in (link[:-5], link[5:], "%%%", "", "AAAA"):
        with pytest.raises(InputError, match="link: is broken"):
            ask.from_link(broken)


def test_the_yaml_of_a_policy_gives_its_history_again(asked):
    import yaml

    plan = make_plan(ask.request(asked))
    for side, history in (("a", 0), ("b", 1)):
        saved = yaml.safe_load(ask.to_yaml(asked, side, draw=1))
        scenario = make_request(compose_plain([], saved=saved)).scenario
        unit = next(unit for unit in plan.units if (unit.history_id, unit.replicate) == (history, 1))
        again = make_request(compose_plain([], saved=plan.payload(unit)["config"])).scenario
        assert scenario == again


def test_a_yaml_is_read_into_a_run(asked):
    text = ask.to_yaml(asked, "a")
    back = ask.from_yaml(text)
    assert back.shock["kind"] == "diplomatic_rupture"
    assert back.shock["countries"] == ["DEU"]
    assert back.base["programme.months_between_calls"] == 3
    assert back.seed == 7
    # what was drawn stands in the file, and is not drawn over
    mine, theirs = make_plan(ask.request(asked)), make_plan(ask.request(back))
    one = mine.payload(mine.units[0])["config"]
    other = theirs.payload(theirs.units[0])["config"]
    assert one == other


def test_what_a_yaml_leaves_open_is_as_on_the_command_line():
    asked = ask.from_yaml("shocks: {war: {targets: [DEU]}}\nprogramme: {tranches: 4}\n")
    mine = as_plain(build_scenario(make_plan(ask.request(asked)).config(0)).dated())
    theirs = make_request(compose_plain(["shocks=[war]", "shocks.war.targets=[DEU]", "programme.tranches=4"])).scenario
    assert {**mine, "behaviour": None} == {**as_plain(theirs.dated()), "behaviour": None}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("shocks: [", "not valid YAML"),
        ("- 1", "holds no scenario"),
        ("programe: {tranches: 2}", "programe: no such section.*did you mean programme"),
        ("programme: {tranchs: 2}", "programme.tranchs=2: no such parameter; did you mean"),
        ("programme: {tranches: '${oc.env:HOME}'}", "references may not stand"),
        ("policy: {_target_: os.system}", "may not stand in a saved scenario"),
        ("agents: [os]", "agents"),
        ("world: {participations: /etc/passwd}", "participations"),
        ("output: {folder: /tmp/x}", "output: no such section"),
        ("a: &a [*a]", "."),
    ],
)
def test_a_bad_yaml_is_one_line(text, line):
    with pytest.raises(InputError, match=line) as caught:
        ask.from_yaml(text)
    assert "\n" not in str(caught.value)


def test_a_country_that_is_none_is_one_line():
    with pytest.raises(InputError, match=r"Atlantis.*did you mean|Atlantis.*no such country"):
        make_plan(ask.request(ask.read({"shock": {"kind": "war", "countries": ["Atlantis"]}})))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"draws": 0}, "draws=0: out of range"),
        ({"draws": True}, "draws=true"),
        ({"seed": -1}, "seed=-1"),
        ({"sed": 1}, "no such part of a run.*did you mean seed"),
        ({"coins": {"visa_facilitation": 21}}, "coins.visa_facilitation=21: out of range"),
        ({"coins": {"visa_facilitation": 15, "matchmaking": 10}}, "coins=25: are more than there are"),
        ({"coins": {"visas": 1}}, "no such instrument"),
        ({"off": ["trst"]}, "no such mechanism.*did you mean trust"),
        ({"shock": {"kind": "rupture"}}, "no such shock"),
        ({"shock": {"kind": "war", "countries": "DEU"}}, "shock.countries=DEU: wrong type"),
        ({"shock": {"kind": "war", "settings": {"targets": "all"}}}, "no such parameter"),
        ({"policies": {"c": {}}}, "policies"),
        ({"policies": {"a": {"agents": ["x"]}}}, "cannot be set on the page"),
        ({"policies": {"a": {"output.folder": "/tmp"}}}, "cannot be set on the page"),
        ({"policies": {"a": {"runner.prologue": ["rm"]}}}, "cannot be set on the page"),
        ({"policies": {"a": {"hydra.run.dir": "/tmp"}}}, "cannot be set on the page|may not stand"),
        ({"base": {"world.participations": "/etc/passwd"}}, "cannot be set on the page"),
        ({"policies": {"a": {"programme.tranches": "${oc.env:HOME}"}}}, "references may not stand"),
        ({"policies": {"a": {"world.scale": 0.01}}}, "may not differ between policies"),
        ({"base": {"world.scale": 1.0}}, "world.scale=1.0: is too large for the page"),
        ({"base": {"world.scale": float("nan")}}, "."),
        ({"policies": {"a": {"programme.tranches": 2, "x y": 1}}}, "cannot be set on the page"),
    ],
)
def test_bad_input_is_one_line(change, line):
    with pytest.raises(InputError, match=line) as caught:
        ask.read({**BODY, **change})
    assert "\n" not in str(caught.value)


def test_the_schema_says_the_same_line_as_on_the_command_line():
    wrong = {"policies": {"a": {"programme.prefinancing": 1.5}, "b": {}}, "draws": 1}
    with pytest.raises(InputError) as mine:
        make_plan(ask.request(ask.read(wrong)))
    with pytest.raises(InputError) as theirs:
        make_request(compose_plain(["programme.prefinancing=1.5"]))
    assert str(mine.value) == str(theirs.value)


def test_text_is_text_whatever_is_in_it():
    hostile = "x' + ${oc.env:HOME}], a={b: c} #\\"
    assert ask.written(hostile.replace("$", "")).startswith("'")
    with pytest.raises(InputError):
        make_plan(ask.request(ask.read({"policies": {"a": {"programme.tranche_rule": hostile.replace("$", "S")}}})))


def test_every_default_lever_is_part_of_every_setting():
    for axis in AXES:
        assert json.dumps(axis.plain()["sets"])


@pytest.mark.slow
def test_every_card_of_the_catalogue_can_be_put_to_use():
    """As the page's buttons do it: with what the card needs beside it, and every setting at its usual value."""
    for card in data.cards(with_settings=True):
        stem, base, body = f"{card['family']}.{card['kind']}.", dict(card.get("needs", {})), dict(BODY, draws=1)
        # a date is one of a calendar, which the page does not show
        usual = {one["name"]: one["value"] for one in card["settings"] if one["value"] not in ("", None)}
        if card["family"] == "shocks":
            body["shock"] = {"kind": card["kind"], "countries": [], "settings": usual}
        elif card["family"] == "instruments":
            body["policies"] = {"a": {stem + name: value for name, value in usual.items()}, "b": {}}
        else:
            base |= {f"{stem}kind": card["kind"], **{stem + name: value for name, value in usual.items()}}
            if card["kind"] == "switch_on":
                base |= {f"{stem}instrument": "matchmaking", "instruments.matchmaking.kind": "matchmaking"}
        assert make_plan(ask.request(ask.read({**body, "base": base}))).units, card["kind"]
