"""Parameter uncertainty: what is drawn, from where, and what stays."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from ecosim.catalogue.families import FAMILIES
from ecosim.config.accepted import accepted_points
from ecosim.config.health import READ_WITH_HEALTH
from ecosim.config.stages import READ_WITH_STAGES
from ecosim.errors import InputError
from ecosim.lab import api
from ecosim.lab.compose import build_scenario, compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.lab.draws import Batch, Drawn, OfPoint, as_changes, draw, drawn_parameters
from ecosim.lab.keys import scenario_keys
from ecosim.lab.store import draws_table
from tests.lab.conftest import SMALL

#: Keys of what is drawn as a point.
POINT = {name.rpartition(".")[0] if name[-1].isdigit() else name for name in accepted_points()}
DRAWN = (*SMALL, "experiment.draw_parameters=true", "instruments=[matchmaking]")


def plan_of(*overrides):
    return make_plan(make_request(compose_plain([*DRAWN, *overrides])))


def test_every_assumed_parameter_of_the_schema_is_drawn():
    wanted = {
        key.name for key in scenario_keys()
        # how far contagion reaches says nothing where there is none
        if key.role == "assumed" and not key.name.endswith(("contagion_reach", "belief_returns_months"))
        # a country's own size counts in the world global alone
        and not key.name.startswith("world.own_size")
        and (key.name.split(".")[0] not in FAMILIES
             or key.name.split(".")[1] in ("diplomatic_rupture", "supplier_loss", "matchmaking",
                                           "missions_follow_partnerships"))
    }  # fmt: skip
    wanted |= POINT
    assert {item.key for item in plan_of("mechanisms.stages=true", "mechanisms.health=true").drawn} == wanted
    # while stages or health are off nothing reads what is about them
    for there, left_out in (("stages", READ_WITH_HEALTH), ("health", READ_WITH_STAGES)):
        found = {item.key for item in plan_of(f"mechanisms.{there}=true").drawn}
        assert found == {key for key in wanted if not key.startswith(left_out)}
    assert "behaviour.stages.success" in wanted
    assert "shocks.diplomatic_rupture.trust_loss" in wanted
    assert "world.pool_factor" in wanted


def test_what_data_have_set_is_drawn_as_one_point_of_those_accepted():
    plan, points = plan_of(), accepted_points()
    together = [item.name for item in plan.drawn if isinstance(item, OfPoint)]
    assert together == list(points)
    rows = set(zip(*points.values(), strict=True))
    drawn = [draw(plan.drawn, 1, number, Batch(0, 2 * len(rows))) for number in range(2 * len(rows))]
    met = [tuple(values[name] for name in together) for values in drawn]
    # each point as often as any other, and no value without those it belongs to
    assert sorted(met) == sorted([*rows, *rows])


@pytest.mark.parametrize(
    "words", ["behaviour.search.size_exponent=0.9", "experiment.hold=[behaviour.search.newcomer_share]"]
)
def test_where_one_of_them_is_set_all_keep_their_values(words):
    plan = plan_of(words)
    assert not {item.key for item in plan.drawn} & POINT
    assert "behaviour.search.domestic_preference" in plan.held_at_fitted
    assert plan_of().held_at_fitted == []


@pytest.mark.parametrize(
    "levels",
    [
        "{only: {KEY: 0.01}}",
        "{one: {KEY: 0.01, programme.tranches: 2}, two: {KEY: 0.01, programme.tranches: 3}}",
        "{one: {KEY: 0.01, programme.tranches: 2}, two: {programme.tranches: 3}}",
    ],
)
def test_what_a_level_of_a_factor_sets_is_not_drawn_over_even_at_its_default(levels):
    key = "behaviour.work.coordination_by_country"
    assert key in {item.key for item in plan_of().drawn}
    plan = plan_of(f"experiment.factors={{mine: {levels.replace('KEY', key)}}}", "experiment.reference={}")
    assert {plan.payload(unit)["config"]["behaviour"]["work"]["coordination_by_country"] for unit in plan.units} == {
        0.01
    }
    assert key not in {item.key for item in plan.drawn}


def test_draws_stay_in_their_ranges_and_build_scenarios():
    plan = plan_of()
    for number in range(40):
        values = draw(plan.drawn, 1, number, Batch(0, 40))
        for item in plan.drawn:
            assert item.low <= values[item.name] <= item.high
            assert isinstance(values[item.name], int) == item.whole
        build_scenario({**plan.payload(plan.units[0])["config"]})
    seen = [draw(plan.drawn, 1, number, Batch(0, 90))["behaviour.work.grace_months"] for number in range(90)]
    # every whole number of the range 1 to 9 as often as any other
    assert np.bincount(seen)[1:].tolist() == [10] * 9


def test_priors_are_kept():
    uniform, logarithmic = Drawn("a", 2.0, 6.0), Drawn("b", 1.0, 100.0, "log_uniform")
    assert [uniform.value(u) for u in (0.0, 0.5)] == [2.0, 4.0]
    assert logarithmic.value(0.5) == pytest.approx(10.0)


def test_tuples_are_drawn_by_element_and_joined():
    items = [Drawn("x", 0.0, 1.0), *(Drawn("t", 0.0, 1.0, element=k) for k in range(3))]
    values = draw(items, 1, 0, Batch(0, 1))
    assert list(values) == ["x", "t.0", "t.1", "t.2"]
    assert as_changes(items, values) == {"x": values["x"], "t": [values[f"t.{k}"] for k in range(3)]}


def test_a_draw_depends_on_nothing_but_seed_batch_number_and_name():
    plan = plan_of()
    ten = Batch(0, 10)
    all_values = draw(plan.drawn, 1, 3, ten)
    few = plan_of("experiment.hold=[channels,behaviour.search]")
    assert 0 < len(few.drawn) < len(plan.drawn)
    assert not any(item.key.startswith(("channels.", "behaviour.search.")) for item in few.drawn)
    assert all(all_values[name] == value for name, value in draw(few.drawn, 1, 3, ten).items())
    assert draw(plan.drawn, 2, 3, ten) != all_values != draw(plan.drawn, 1, 4, ten)
    # in a batch of another size the strata are others
    assert draw(plan.drawn, 1, 3, Batch(0, 11)) != all_values


@pytest.mark.parametrize("draws", [1, 2, 10, 33])
def test_draws_of_a_batch_fill_every_stratum_of_every_parameter_once(draws):
    items = [Drawn(f"p{k}", 2.0, 5.0) for k in range(40)]
    batch = Batch(7, draws)
    table = np.array([[*draw(items, 3, number, batch).values()] for number in range(7, 7 + draws)])
    strata = np.sort(((table - 2.0) / 3.0 * draws).astype(int), axis=0)
    np.testing.assert_array_equal(strata, np.tile(np.arange(draws)[:, None], 40))
    if draws == 33:
        # in an order of each parameter's own, at a place of chance within each stratum
        together = np.corrcoef(table.T)[np.triu_indices(40, 1)]
        assert abs(together.mean()) < 0.02
        assert together.std() == pytest.approx(1 / np.sqrt(32), rel=0.1)
        within = (table - 2.0) / 3.0 * draws % 1.0
        assert within.mean() == pytest.approx(0.5, abs=0.03)
        assert within.std() == pytest.approx(np.sqrt(1 / 12), rel=0.05)


def test_means_over_draws_are_surer_than_over_a_plain_sample():
    items = [Drawn("a", 0.0, 1.0), Drawn("b", 0.0, 1.0)]

    def mean(seed):
        return np.mean([sum(draw(items, seed, number, Batch(0, 20)).values()) for number in range(20)])

    # two uniform numbers: a plain mean of 20 has a standard error of sqrt(2 / 12 / 20), strata leave a twentieth
    assert np.std([mean(seed) for seed in range(300)]) == pytest.approx(np.sqrt(2 / 12 / 20) / 20, rel=0.15)


def test_a_sweep_is_one_batch_and_added_replicates_are_batches_of_their_own():
    plan = plan_of("experiment.replicates=12", "experiment.seeds_per_draw=2")
    assert {plan.batch_of(plan.draw_of(replicate)) for replicate in plan.numbers} == {Batch(0, 6)}
    auto = (
        "experiment.replicates=auto",
        "experiment.auto.least=6",
        "experiment.auto.batch=4",
        "experiment.auto.most=17",
    )
    first = plan_of(*auto, "experiment.seeds_per_draw=2")
    assert (first.replicates, first.batches) == (6, (6, 10, 14, 18))
    more = first.with_replicates(14)
    # what has been drawn stays
    assert [more.values_of(number) for number in range(3)] == [first.values_of(number) for number in range(3)]
    assert [more.batch_of(number) for number in range(9)] == [
        *[Batch(0, 3)] * 3, *[Batch(3, 2)] * 2, *[Batch(5, 2)] * 2, *[Batch(7, 2)] * 2,
    ]  # fmt: skip
    for first_draw, draws in ((0, 3), (3, 2), (5, 2)):
        values = [more.values_of(number)["behaviour.trust.gain"] for number in range(first_draw, first_draw + draws)]
        (item,) = (item for item in more.drawn if item.name == "behaviour.trust.gain")
        assert sorted(int(item.quantile_of(value) * draws) for value in values) == [*range(draws)]
    # a sweep that begins elsewhere, within a draw
    later = plan_of("replicate=5", "experiment.replicates=4", "experiment.seeds_per_draw=2")
    assert {plan.batch_of(plan.draw_of(r)) for plan in (later,) for r in plan.numbers} == {Batch(2, 3)}
    with pytest.raises(ValueError, match="in no batch"):
        later.values_of(7)


def test_fitted_parameters_are_held_and_named():
    plan = plan_of()
    fitted = {key.name for key in scenario_keys() if key.role == "fitted"}
    assert fitted
    assert set(plan.fitted) == fitted
    assert fitted <= POINT
    few = plan_of("experiment.hold=[behaviour.search]")
    assert not POINT & {item.key for item in few.drawn}
    assert set(few.held_at_fitted) == fitted


def test_all_policies_of_a_replicate_share_a_draw():
    plan = plan_of("experiment.replicates=3")
    for replicate in plan.numbers:
        configs = [plan.payload(unit)["config"] for unit in plan.units if unit.replicate == replicate]
        assert len(configs) == 2
        assert len({json.dumps(c["behaviour"]) for c in configs}) == 1
        assert len({c["programme"]["tranches"] for c in configs}) == 2
    everywhere = {json.dumps(plan.payload(unit)["config"]["behaviour"]) for unit in plan.units}
    assert len(everywhere) == 3


def test_factors_and_chosen_values_are_not_drawn_over():
    factors = "experiment.factors={behaviour.work.coordination_by_country: [0.0, 0.03]}"
    plan = plan_of(factors, "behaviour.trust.gain=0.2", "shocks.diplomatic_rupture.trust_loss=0.001")
    names = {item.key for item in plan.drawn}
    held = {"behaviour.work.coordination_by_country", "behaviour.trust.gain", "shocks.diplomatic_rupture.trust_loss"}
    assert not held & names
    config = plan.payload(plan.units[1])["config"]
    assert config["behaviour"]["work"]["coordination_by_country"] == 0.03
    assert config["behaviour"]["trust"]["gain"] == 0.2


def test_what_an_override_sets_is_held_even_at_its_default_and_is_another_experiment():
    same = plan_of("behaviour.output={diversity: 0.0}")
    missing = {item.key for item in plan_of().drawn} - {item.key for item in same.drawn}
    assert missing == {"behaviour.output.diversity"}
    assert same.payload(same.units[0])["config"]["behaviour"]["output"]["diversity"] == 0.0
    request = make_request(compose_plain([*DRAWN, "behaviour.output.diversity=0"]))
    assert request.experiment.hold == ("behaviour.output.diversity",)


def test_seeds_share_draws():
    plan = plan_of("experiment.seeds_per_draw=2", "experiment.replicates=4")
    table = draws_table(plan)
    assert list(table.columns) == ["replicate", "draw", "parameter", "value"]
    assert table.groupby("replicate")["draw"].first().tolist() == [0, 0, 1, 1]
    wide = table.pivot(index="replicate", columns="parameter", values="value")
    assert wide.loc[0].equals(wide.loc[1])
    assert not wide.loc[1].equals(wide.loc[2])
    behaviour = [json.dumps(plan.payload(unit)["config"]["behaviour"]) for unit in plan.units]
    assert len(set(behaviour)) == 2


def test_nothing_is_drawn_unless_asked():
    plan = make_plan(make_request(compose_plain(SMALL)))
    assert plan.drawn == ()
    assert plan.payload(plan.units[0])["config"]["behaviour"] == plan.policies[0].config["behaviour"]


def test_a_hold_that_holds_nothing_is_one_line():
    with pytest.raises(InputError, match="names no parameter that would be drawn"):
        plan_of("experiment.hold=[behavior]")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("behaviour.serch", "behaviour.search"),
        ("behavior", "behaviour"),
        ("channel.mobility", "channels.mobility"),
        ("behaviour.trust.gian", "behaviour.trust.gain"),
        # what begins with a group is meant to be in it
        ("behaviour.trust.half_life", "behaviour.trust.half_life_months"),
        ("half_life_months", "behaviour.trust.half_life_months"),
    ],
)
def test_a_group_that_is_misspelt_is_told_the_nearest_group(typed, meant):
    """Where whole groups may be named: held, drawn as they are assumed, or set."""
    laid = ("experiment.design=latin_hypercube", "experiment.points=4")
    with pytest.raises(InputError, match=rf"did you mean {re.escape(meant)}\?$"):
        plan_of(f"experiment.hold=[{typed}]")
    with pytest.raises(InputError, match=rf"did you mean {re.escape(meant)}\?$"):
        make_plan(make_request(compose_plain([*SMALL, f"experiment.uncertainties={{{typed}: assumed}}", *laid])))
    with pytest.raises(InputError, match=rf"did you mean {re.escape(meant)}\?$"):
        compose_plain([f"{typed}=1"])


def test_the_defaults_are_inside_their_ranges():
    for item in drawn_parameters([make_request(compose_plain(DRAWN)).scenario]):
        default = next(key.default for key in scenario_keys() if key.name.split(".")[-1] == item.key.split(".")[-1])
        assert default is not None
        # firms are the unit of what belongs to a point
        assert item.low < item.high or (isinstance(item, OfPoint) and item.low == item.high == 1.0)


def test_a_sweep_records_its_draws_and_splits_its_variance(request_for):
    words = ("experiment.draw_parameters=true", "experiment.seeds_per_draw=2", "experiment.replicates=4")
    result = api.run_sweep(request_for(*words), quiet=True)
    assert (result.folder / "draws.parquet").exists()
    assert result.draws["draw"].nunique() == 2
    assert set(result.manifest["drawn"]) == set(result.draws["parameter"])
    assert result.manifest["held_at_fitted_values"] == []
    assert result.measures["cluster"].nunique() == 2
    assert len(result.variance) == len(result.design)
    assert result.variance["draws"].eq(2).all()
    assert "2 draws of" in result.text()
    assert "2 seeds each" in result.text()
    plain = api.run_sweep(request_for(), quiet=True)
    some = result.effect_by_draw(result.primary_contrasts[0].name, "supplier_loss", "behaviour.trust.gain")
    assert list(some.columns) == ["draw", "value", "effect"]
    assert len(some) == 2
    with pytest.raises(InputError, match=r"did you mean behaviour\.trust\.gain"):
        result.effect_by_draw(result.primary_contrasts[0].name, "supplier_loss", "behaviour.trust.gian")
    assert plain.draws.empty
    assert plain.variance.empty
    pd.testing.assert_index_equal(plain.draws.columns, result.draws.columns)
