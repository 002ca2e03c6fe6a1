"""Sensitivity on functions with a known answer, and refusal of designs that would give a wrong one."""

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample

from ecosim.analysis.sensitivity import delta, morris, of_sweep, sobol, sobol_pairs
from ecosim.errors import InputError
from ecosim.lab.draws import Drawn
from ecosim.lab.points import Input, lay

PROBLEM = {"num_vars": 3, "names": ["a", "b_conf", "c"], "bounds": [[0.0, 1.0], [0.0, 1.0], [2.0, 4.0]]}


def saltelli(n=256, second_order=True):
    return sobol_sample.sample(PROBLEM, n, calc_second_order=second_order, seed=3)


def trajectories(r=20):
    return morris_sample.sample(PROBLEM, r, num_levels=4, seed=3)


def by_parameter(table):
    return table.set_index("parameter")


def test_morris_of_a_linear_function():
    # every elementary effect of 2a - 3b is the slope, whatever the place; c does nothing
    x = trajectories()
    found = by_parameter(morris(PROBLEM, x, 2.0 * x[:, 0] - 3.0 * x[:, 1]))
    assert list(found.index) == ["b_conf", "a", "c"]
    assert found["mu_star"].tolist() == pytest.approx([3.0, 2.0, 0.0], abs=1e-9)
    assert found["mu"].tolist() == pytest.approx([-3.0, 2.0, 0.0], abs=1e-9)
    assert found["sigma"].tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


def test_morris_shows_interaction_as_spread():
    x = trajectories()
    found = by_parameter(morris(PROBLEM, x, x[:, 0] * (x[:, 1] - 0.5)))
    assert found.loc["a", "sigma"] > 0.2
    assert found.loc["a", "mu_star"] > 2.0 * abs(found.loc["a", "mu"])


@pytest.mark.parametrize("second_order", [True, False])
def test_sobol_of_a_linear_function(second_order):
    # y = a + 2b + 0c, a and b uniform on [0, 1]: shares 1/5 and 4/5, no interactions
    x = saltelli(second_order=second_order)
    found = by_parameter(sobol(PROBLEM, x, x[:, 0] + 2.0 * x[:, 1]))
    assert found["first"].loc[["a", "b_conf", "c"]].tolist() == pytest.approx([0.2, 0.8, 0.0], abs=0.02)
    assert found["total"].loc[["a", "b_conf", "c"]].tolist() == pytest.approx([0.2, 0.8, 0.0], abs=0.02)
    assert ((found["total_low"] <= found["total"]) & (found["total"] <= found["total_high"])).all()
    assert found.index[0] == "b_conf"


def test_pairs_hold_the_interaction():
    # (a - 1/2)(b - 1/2): nothing alone, everything together
    x = saltelli(512)
    y = (x[:, 0] - 0.5) * (x[:, 1] - 0.5)
    pairs = sobol_pairs(PROBLEM, x, y)
    assert pairs.loc[0, ["parameter", "other"]].tolist() == ["a", "b_conf"]
    assert pairs.loc[0, "share"] == pytest.approx(1.0, abs=0.1)
    assert abs(pairs.loc[1:, "share"]).max() < 0.1
    assert by_parameter(sobol(PROBLEM, x, y))["first"].abs().max() < 0.1
    x = saltelli(16, second_order=False)
    assert sobol_pairs(PROBLEM, x, x[:, 0]).empty


def test_delta_finds_what_matters_and_leaves_out_gaps():
    random = np.random.default_rng(1)
    x = pd.DataFrame(random.random((200, 3)) * [1, 1, 2] + [0, 0, 2], columns=PROBLEM["names"])[["c", "a", "b_conf"]]
    y = np.sin(3.0 * x["b_conf"]) + 0.05 * random.normal(size=200)
    y[[3, 50]] = np.nan
    found = delta(PROBLEM, x, y, resamples=5)
    assert found.loc[0, "parameter"] == "b_conf"
    assert found.loc[0, "delta"] > 0.3
    assert found.loc[1:, "delta"].max() < 0.2
    # what does not matter is about as far from nothing as columns that are no parameters
    assert found.loc[1:, "delta"].max() < 1.3 * found.loc[0, "chance"]
    assert found.loc[0, "delta"] > 1.5 * found.loc[0, "chance"] > 0.0
    assert found["points"].tolist() == [198] * 3


def test_delta_leaves_the_process_as_it_was():
    random = np.random.default_rng(1)
    x = random.random((80, 3))
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    look = warnings.formatwarning
    one = delta(PROBLEM, x, x[:, 0], resamples=3)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert warnings.formatwarning is look
    pd.testing.assert_frame_equal(one, delta(PROBLEM, x, x[:, 0], resamples=3))


def test_the_order_of_columns_in_a_table_does_not_matter():
    x = saltelli(64)
    table = pd.DataFrame(x, columns=PROBLEM["names"])[["c", "b_conf", "a"]].assign(note=1)
    pd.testing.assert_frame_equal(sobol(PROBLEM, table, x[:, 0]), sobol(PROBLEM, x, x[:, 0]))


@pytest.mark.parametrize(("method", "design"), [(morris, trajectories), (sobol, saltelli)])
def test_points_without_a_value_are_refused(method, design):
    x = design()
    y = x[:, 0].copy()
    y[[7, 9]] = np.nan
    with pytest.raises(InputError, match=rf"2 of {len(y)} points have no value \(the first: point 7\).*retry_failed"):
        method(PROBLEM, x, y)


@pytest.mark.parametrize(("method", "design"), [(morris, trajectories), (sobol, saltelli), (sobol_pairs, saltelli)])
@pytest.mark.parametrize("spoil", ["row lost", "block lost from within", "shuffled"])
def test_designs_that_are_not_whole_or_not_in_order_are_refused(method, design, spoil):
    x = design()
    block = 4 if method is morris else 8
    if spoil == "row lost":
        x = x[:-1]
    elif spoil == "block lost from within":
        # still a whole number of blocks, but not the design's
        x = np.delete(x, np.arange(2, 2 + block), axis=0)
    else:
        x = np.random.default_rng(1).permutation(x)
    with pytest.raises(InputError, match=r"not a whole|not trajectories") as refused:
        method(PROBLEM, x, x[:, 0])
    assert "\n" not in str(refused.value)


def test_too_few_points_for_delta_are_refused():
    x = np.random.default_rng(1).random((30, 3))
    with pytest.raises(InputError, match="delta=30: too few points with a value; allowed: at least 60"):
        delta(PROBLEM, x, x[:, 0])


def test_missing_columns_and_wrong_shapes_are_refused():
    x = saltelli(8)
    with pytest.raises(InputError, match="points=c: has no such column"):
        sobol(PROBLEM, pd.DataFrame(x[:, :2], columns=["a", "b_conf"]), x[:, 0])
    with pytest.raises(InputError, match="wrong shape"):
        sobol(PROBLEM, x, x[:5, 0])
    with pytest.raises(InputError, match="not a number"):
        sobol(PROBLEM, pd.DataFrame(x, columns=PROBLEM["names"]).assign(c="text"), x[:, 0])


def test_an_outcome_that_does_not_vary_has_no_shares():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = saltelli(8)
        assert sobol(PROBLEM, x, np.ones(len(x)))["total"].isna().all()
        assert delta(PROBLEM, np.random.default_rng(1).random((80, 3)), np.ones(80))["delta"].isna().all()
        x = trajectories()
        assert (morris(PROBLEM, x, np.ones(len(x)))["mu_star"] == 0.0).all()


# ---------------------------------------------------------------------------------------------- from a sweep


def swept(design, count, lost=()):
    """What a sweep offers: two replicates of delivered = a - 2b + 0c at every point, some of them lost."""
    inputs = [Input(name, False, Drawn(name, low, high)) for name, low, high in (("a", 0, 1), ("b", 5, 6), ("c", 0, 9))]
    laid = lay(design, inputs, count, seed=2)
    rows = [
        {"point": point.number, "replicate": r, "shock": "rupture", "policy": "p",
         "delivered_output": point.values["a"] - 2.0 * point.values["b"] + 0.1 * r}
        for point in laid.points for r in range(2) if (point.number, r) not in lost
    ]  # fmt: skip
    measures = pd.DataFrame(rows)

    def outcome(measure, shock, policy=None):
        return measures.groupby("point")[measure].mean().reindex(laid.problem().points).reset_index(drop=True)

    return SimpleNamespace(problem=laid.problem(), measures=measures, outcome=outcome)


@pytest.mark.parametrize(("design", "count", "column"), [("morris", 8, "mu_star"), ("saltelli", 64, "total")])
def test_a_sweep_is_analysed_as_its_design_was_laid(design, count, column):
    found = by_parameter(of_sweep(swept(design, count), "rupture"))
    ratio = found.loc["b", column] / found.loc["a", column]
    assert ratio == pytest.approx(2.0 if design == "morris" else 4.0, rel=0.1)
    assert found.loc["c", column] == pytest.approx(0.0, abs=0.01)


def test_any_other_design_goes_to_delta():
    found = of_sweep(swept("latin_hypercube", 80, lost={(3, 1)}), "rupture")
    assert found.loc[0, "parameter"] == "b"
    # one replicate of one point failed: the point is left out, not averaged over another seed
    assert found["points"].tolist() == [79] * 3


@pytest.mark.parametrize(("design", "count"), [("morris", 8), ("saltelli", 16)])
def test_a_sweep_with_failed_rows_is_refused(design, count):
    with pytest.raises(InputError, match="points have no value"):
        of_sweep(swept(design, count, lost={(3, 1)}), "rupture")


def test_a_method_its_design_was_not_laid_for_is_refused():
    with pytest.raises(InputError, match=r"method=sobol: needs another design than morris; allowed: .*saltelli"):
        of_sweep(swept("morris", 8), "rupture", method="sobol")
    with pytest.raises(InputError, match="method=fast: no such method"):
        of_sweep(swept("morris", 8), "rupture", method="fast")


# ---------------------------------------------------------------------------------------------- a Series has an index


def _sample(kind):
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0.0, 1.0]] * 3}
    points = sobol_sample.sample(problem, 64, seed=1) if kind == "sobol" else morris_sample.sample(problem, 20, seed=1)
    return problem, points, points @ np.array([3.0, 1.0, 0.2]) + points[:, 0] * points[:, 1]


@pytest.mark.parametrize("kind", ["sobol", "morris", "delta"])
@pytest.mark.parametrize("labelled", [False, True])
def test_a_shuffled_series_is_put_in_the_order_of_the_points(kind, labelled):
    analyse = {"sobol": sobol, "morris": morris, "delta": delta}[kind]
    problem, points, values = _sample(kind)
    index = [f"p{k}" for k in range(len(points))] if labelled else range(len(points))
    table = pd.DataFrame(points, columns=problem["names"], index=index) if labelled else points
    wanted = analyse(problem, points, values)
    shuffled = pd.Series(values, index=index).sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(analyse(problem, table, shuffled), wanted)


@pytest.mark.parametrize("kind", ["sobol", "morris"])
def test_a_series_of_other_rows_is_refused(kind):
    analyse = {"sobol": sobol, "morris": morris}[kind]
    problem, points, values = _sample(kind)
    for index in (range(1, len(values) + 1), [0] * len(values), [f"p{k}" for k in range(len(values))]):
        with pytest.raises(InputError, match="has an index that is not that of the points"):
            analyse(problem, points, pd.Series(values, index=index))
    # plain values stand in the order of the points
    analyse(problem, points, values.tolist())
