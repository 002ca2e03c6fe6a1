"""The grid that ships is what the model says; and it is made in pieces that a second start takes up."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from ecosim.lab.design import make_plan
from ecosim.page import ask, cells, data, grid
from ecosim.page.cells import cell, packed_history, peripheral_count
from ecosim.page.grid import Kept, PageTask, coins_request, grid_request, mix_name, with_maps
from ecosim.page.levers import MONTHS_AFTER, MONTHS_BEFORE, Setting, mixes
from ecosim.page.packed import steps, unpack
from ecosim.page.runs import result_of
from ecosim.page.scores import main as scores_main
from ecosim.page.scores import scores
from tests.page.conftest import TINY, made_up
from tools.build_page import FRONT
from tools.page_grid import SMALL


@pytest.fixture(scope="module")
def shipped():
    if not data.GRID.exists():
        pytest.fail(f"{data.GRID} is missing: python tools/page_grid.py --small")
    return data.shipped()


@pytest.fixture(scope="module")
def setting():
    """What the manifest says the grid was made with."""
    return Setting(**json.loads(data.MANIFEST.read_text(encoding="utf-8"))["setting"])


def test_the_grid_that_ships_is_small_and_says_how_many_draws_it_holds(shipped, setting):
    assert data.GRID.stat().st_size < 4_000_000
    scores = unpack(shipped["scores"]["values"])
    levels = tuple(len(axis.values) for axis in setting.axes)
    assert scores.shape == (*levels, len(setting.met), shipped["draws"], 3)
    assert 1 <= shipped["draws"] <= shipped["planned_draws"] == setting.draws
    assert unpack(shipped["cells"]["curves"]).shape == (*levels, len(setting.met), 3, MONTHS_BEFORE + MONTHS_AFTER)
    assert np.isfinite(scores).all()
    # before the shock a world is its twin
    assert (unpack(shipped["cells"]["curves"])[..., :2, :MONTHS_BEFORE] == 1.0).all()
    # nothing was cut off at an end of the steps
    kept = scores[..., 0]
    assert 0.0 < kept.min() <= kept.max() < 3.0


def test_the_grid_that_ships_can_give_a_verdict(shipped, setting):
    """As many throws as the page wants before it says which policy is better; and as a run of the server makes."""
    least = re.search(r"LEAST_THROWS = (\d+)", (FRONT / "src" / "scores.ts").read_text(encoding="utf-8"))
    assert least is not None
    assert shipped["draws"] >= int(least[1])
    assert shipped["coins"]["draws"] >= int(least[1])


def test_what_ships_has_as_many_draws_as_a_run():
    """In a batch of another size other values are drawn."""
    assert SMALL.draws == SMALL.coin_draws == Setting().draws == ask.read({}).draws


def test_the_lessons_find_their_histories_and_throws():
    """Lessons show the usual policy and the ends of each lever, under a shock, a failing funder, and nothing."""
    plan = make_plan(grid_request(SMALL))
    levels = tuple(len(axis.values) for axis in SMALL.axes)
    kept = {(np.unravel_index(number, levels), label) for number, label in grid.replayed(SMALL, plan)}
    kept = {(tuple(map(int, place)), label) for place, label in kept}
    assert 25 <= len(kept) <= 35
    for lesson in json.loads((FRONT / "src" / "lessons.json").read_text(encoding="utf-8"))["lessons"]:
        for step in lesson["steps"]:
            if "set" not in step:
                continue
            wanted = step["branch"]
            met = [
                branch for branch in SMALL.met if branch.kind == (None if wanted["size"] == "none" else wanted["shock"])
            ]
            assert met, (lesson["id"], step["id"])
            for places in step["set"].values():
                at = {
                    "first": lambda axis: 0,
                    "last": lambda axis: len(axis.values) - 1,
                    None: lambda axis: axis.default,
                }
                place = tuple(at[places.get(axis.key)](axis) for axis in SMALL.axes)
                assert place in SMALL.ends
                assert (place, met[0].id) in kept


def test_a_cell_of_it_is_repeated_by_the_model_to_the_digit(shipped, setting):
    """The reference policy's first draw, simulated anew: every score, every throw and every map of it."""
    plan = make_plan(grid_request(setting))
    unit = next(unit for unit in plan.units if unit.history_id == plan.reference_id)
    part = PageTask("test")([with_maps(plan.payload(unit))])
    (content,) = part.tables.values()
    runs = cells.Runs.from_bytes(content)
    place = tuple(axis.default for axis in setting.axes)
    scores = steps(
        [cell([runs], [runs], branch.id, peripheral_count()).scores[0] for branch in setting.met],
        kind="u16", **cells.SCORE_STEPS,
    )  # fmt: skip
    values = unpack(shipped["scores"]["values"])[place][:, 0]
    np.testing.assert_array_equal(steps(values, kind="u16", **cells.SCORE_STEPS), scores)
    thrown = unpack(shipped["throws"]["values"])[shipped["throws"]["policies"].index(list(place))][:, 0]
    again = np.array([cells.throws([runs], branch.id)[0] for branch in setting.met])
    np.testing.assert_array_equal(steps(thrown, kind="u8", scale=0.01, offset=0.0),
                                  steps(again, kind="u8", scale=0.01, offset=0.0))  # fmt: skip
    mine = [history for history in shipped["histories"] if tuple(history["policy"]) == place]
    assert mine
    for history in mine:
        anew = packed_history(runs, history["branch"])
        assert anew["pairs"] == history["pairs"]
        for side in ("shocked", "calm"):
            np.testing.assert_array_equal(unpack(anew[side]), unpack(history[side]))


def test_every_policy_of_the_grid_has_the_same_money():
    request = grid_request(TINY)
    assert request.experiment.equal_budget
    plan = make_plan(request)
    assert len(plan.policies) == 2
    assert list(plan.branches) == [branch.id for branch in TINY.met if branch.kind]


def test_every_mix_of_coins_is_a_policy():
    plan = make_plan(coins_request(Setting(spread=1, cost=1, calls=1, coin_draws=1, coin_branches=2, branches=2)))
    assert [policy.levels["mix"] for policy in plan.policies] == [mix_name(mix) for mix in mixes()]
    assert plan.reference_id == 0
    money = [policy.config["instruments"] for policy in plan.policies]
    assert [sum(one["monthly_eur"] for one in kinds.values()) / 1e6 for kinds in money] == list(map(sum, mixes()))


def test_a_second_start_takes_up_what_is_there(tmp_path, monkeypatch):
    request = grid_request(TINY)
    plan = make_plan(request)
    kept = Kept.open(tmp_path, request, plan)
    labels = [branch.id for branch in TINY.met]
    asked = []

    def one(payload):
        asked.append((payload["history_id"], payload["replicate"], "pair_months" in payload))
        return made_up(labels, {}, payload["replicate"], 43)

    monkeypatch.setattr(PageTask, "__call__", lambda self, payloads: _part(payloads, one))
    first = kept.plan.units[0]
    kept.write(_part([kept.plan.payload(first)], one))
    assert kept.numbers == range(0)
    grid.fill(request, kept, grid.asks_for_maps(TINY, plan), workers=0)
    # every history once, the maps of the first draw alone
    assert sorted(asked) == [(0, 0, False), (0, 1, False), (1, 0, True), (1, 1, False)]
    again = Kept.open(tmp_path, request, plan)
    assert (again.missing(), again.numbers, again.folder) == ([], range(2), kept.folder)


def _part(payloads, one):
    from ecosim.lab.parts import Part

    units = [(payload["history_id"], payload["replicate"]) for payload in payloads]
    return Part(units, {grid.unit_file(*unit): one(payload).to_bytes()
                        for unit, payload in zip(units, payloads, strict=True)})  # fmt: skip


@pytest.mark.slow
def test_a_run_of_the_page_is_the_command_and_python_to_the_bit(tmp_path, capsys):
    """What the server hands out, from the same words as `ecosim.sweep`."""
    import ecosim

    body = {
        "policies": {"a": {"programme.countries_per_consortium": [3, 5]}, "b": {}},
        "shock": {"kind": "diplomatic_rupture", "countries": ["DEU"]}, "draws": 2,
        "base": {"world.preset": "classroom", "world.scale": 0.02, "timeline.burn_in_months": 30},
    }  # fmt: skip
    asked = ask.read(body)
    plan = make_plan(ask.request(asked))
    task = PageTask("test")
    results = {}
    for unit in plan.units:
        payload = plan.payload(unit)
        part = task([with_maps(payload) if unit.replicate == 0 else payload])
        (results[unit.history_id, unit.replicate],) = part.tables.values()
    found = unpack(result_of(asked, plan, results)["scores"]["values"])
    swept = ecosim.sweep(*ask.words(asked), "runner.processes=0", "output.figures=false", output=str(tmp_path))
    rows = swept.runs[swept.runs["arm"] == "shocked"].sort_values(["history_id", "replicate"])
    raw = np.array([cells.Runs.from_bytes(content).rows[2][0] for _, content in sorted(results.items())])
    np.testing.assert_array_equal(raw, rows["sustained_collaboration"].to_numpy())
    # all three scores of both policies, without a shock and with it, as the shown code and command print them
    table = scores(swept)
    assert len(table) == 2 * 2 * 2
    for side, name in enumerate(ask.SIDES):
        for k, shock in enumerate(("placebo", asked.branch)):
            mine = table[(table["policy"] == name) & (table["shock"] == shock)][list(cells.SCORES)].to_numpy()
            np.testing.assert_allclose(found[side, k], mine, atol=0.51 * cells.SCORE_STEPS["scale"])
    assert scores_main([str(swept.folder)]) == 0
    assert table.to_string(index=False) in capsys.readouterr().out


@pytest.mark.slow
def test_the_shown_python_gives_a_cell_of_the_grid(tmp_path):
    """Every score of two policies that are not the one whose calm output they stand beside."""
    import ecosim

    setting = replace(TINY, calls=3)
    plan = make_plan(grid_request(setting))
    levels = tuple(len(axis.values) for axis in setting.axes)
    places = {"a": (0, 0, 0), "b": (1, 0, 2)}
    usual = tuple(axis.default for axis in setting.axes)

    def number(place):
        return int(np.ravel_multi_index(place, levels))

    task = PageTask("test")

    def runs(place):
        units = [unit for unit in plan.units if unit.history_id == number(place)]
        return [cells.Runs.from_bytes(*task([plan.payload(unit)]).tables.values()) for unit in units]

    def sets(place):
        return {key: value for axis, k in zip(setting.axes, place, strict=True)
                for key, value in axis.plain()["sets"][k].items()}  # fmt: skip

    branch = setting.met[1]
    asked = ask.read({
        "policies": {side: sets(place) for side, place in places.items()}, "shock": branch.shock,
        "draws": setting.draws, "base": setting.base,
    })  # fmt: skip
    words = ask.words(asked, sets(usual))
    table = scores(ecosim.sweep(*words, "runner.processes=0", "output.figures=false", output=str(tmp_path)))
    assert set(table["policy"]) == set(places)
    reference = runs(usual)
    for side, place in places.items():
        mine = table[(table["policy"] == side) & (table["shock"] == branch.id)][list(cells.SCORES)].to_numpy()
        np.testing.assert_array_equal(mine, cell(runs(place), reference, branch.id, peripheral_count()).scores)
