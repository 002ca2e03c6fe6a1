"""Points of a design: where they lie, in which order, and what an analysis is told."""

import json

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis import sensitivity
from ecosim.errors import InputError
from ecosim.lab.draws import Drawn
from ecosim.lab.points import Input, Level, lay
from ecosim.report.folder import POINTS
from ecosim.report.problem import problem_of

UNIFORM = Input("x", False, Drawn("x", -1.0, 3.0), base=0.5)
LOG = Input("y", False, Drawn("y", 0.01, 100.0, "log_uniform"), base=0.5)
WHOLE = Input("n", False, Drawn("n", 1, 3, whole=True), base=0.5)
NAMED = Input("z", True, levels=tuple(Level(name, name, {"z": name}) for name in ("a", "b", "c")), base=1 / 6)
ALL = (UNIFORM, LOG, WHOLE, NAMED)


def test_a_grid_is_every_combination_with_the_ends_of_ranges():
    sample = lay("grid", [UNIFORM, NAMED], 3, 1)
    assert [tuple(point.values.values()) for point in sample.points] == [
        (x, z) for x in (-1.0, 1.0, 3.0) for z in "abc"
    ]
    assert sample.points[4].changes == {"x": 1.0, "z": "b"}


def test_one_at_a_time_starts_from_the_scenario_and_leaves_all_else_there():
    rows = [point.values for point in lay("one_at_a_time", ALL, None, 1).points]
    base = {"x": 1.0, "y": pytest.approx(1.0), "n": 2, "z": "a"}
    assert rows[0] == base
    assert all(sum(row[name] != base[name] for name in base) == 1 for row in rows[1:])
    # both ends of three ranges, two other levels
    assert len(rows) == 1 + 3 * 2 + 2


def test_a_latin_hypercube_has_one_point_in_every_slice_of_every_axis():
    sample = lay("latin_hypercube", ALL, 12, 7)
    for column in np.floor(sample.unit * 12).T:
        assert sorted(column) == list(range(12))
    logs = sorted(np.log10(point.values["y"]) for point in sample.points)
    assert np.all(np.abs(logs - np.linspace(-2, 2, 12)) < 4 / 12 + 1e-9)
    assert sum(point.values["z"] == "b" for point in sample.points) == 4
    np.testing.assert_array_equal(sample.unit, lay("latin_hypercube", ALL, 12, 7).unit)
    assert not np.array_equal(sample.unit, lay("latin_hypercube", ALL, 12, 8).unit)


def test_a_sobol_sequence_fills_all_quarters_alike():
    unit = lay("sobol_sequence", [UNIFORM, LOG], 16, 1).unit
    counts = np.histogram2d(*unit.T, bins=4, range=[[0, 1], [0, 1]])[0]
    assert counts.sum() == 16
    assert np.all(counts == 1)


def test_morris_changes_one_input_a_step_and_its_top_level_is_in_the_range():
    sample = lay("morris", ALL, 5, 3)
    assert sample.unit.shape == (5 * (len(ALL) + 1), len(ALL))
    for trajectory in sample.unit.reshape(5, len(ALL) + 1, len(ALL)):
        changed = [np.flatnonzero(step) for step in np.diff(trajectory, axis=0)]
        assert sorted(int(step[0]) for step in changed) == list(range(len(ALL)))
        assert all(len(step) == 1 for step in changed)
    assert sample.unit.max() == 1.0
    assert {point.values["n"] for point in sample.points} <= {1, 2, 3}


@pytest.mark.parametrize(("second", "rows"), [(False, 8 * 6), (True, 8 * 10)])
def test_saltelli_has_its_rows(second, rows):
    sample = lay("saltelli", ALL, 8, 1, second_order=second)
    assert len(sample.unit) == rows
    assert sample.settings["second_order"] is second


def test_rows_of_the_same_values_are_one_point():
    sample = lay("saltelli", [WHOLE, NAMED], 32, 1)
    assert len(sample.order) == 32 * 4
    assert len(sample.points) == 9
    for row, point in zip(sample.unit, sample.order, strict=True):
        assert sample.points[point].values == {"n": WHOLE.value(row[0]), "z": NAMED.value(row[1])}


def test_an_analysis_of_the_points_finds_a_known_answer():
    # variances of 4 x and of n, uniform over [-1, 3] and over {1, 2, 3}: 64/3 and 2/3; z does nothing
    problem = lay("saltelli", [UNIFORM, WHOLE, NAMED], 512, 1).problem()
    outcome = 4.0 * problem.values["x"] + problem.values["n"]
    table = sensitivity.sobol(problem.salib, problem.sample, outcome).set_index("parameter")
    assert table.loc["x", "first"] == pytest.approx(32 / 33, abs=0.03)
    assert table.loc["n", "total"] == pytest.approx(1 / 33, abs=0.01)
    assert abs(table.loc["z", "total"]) < 1e-9


@pytest.mark.parametrize(
    ("design", "inputs", "count", "words"),
    [
        ("latin_hypercube", [], 8, "has nothing to vary"),
        ("latin_hypercube", ALL, None, "is missing; allowed: the number of points of latin_hypercube"),
        ("latin_hypercube", ALL, 0, "out of range"),
        ("sobol_sequence", ALL, 12, "is not a power of 2"),
        ("saltelli", ALL, 100, "allowed: 64 or 128"),
        ("morris", ALL, 1, "out of range; allowed: from 2 trajectories"),
        ("grid", ALL, None, "a grid needs to know how many values of x"),
        ("grid", [UNIFORM], 1, "out of range"),
    ],
)
def test_a_design_that_cannot_be_is_one_line(design, inputs, count, words):
    with pytest.raises(InputError) as caught:
        lay(design, inputs, count, 1)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------------------------------------- on disk


def stored(tmp_path, sample):
    sample.table().to_parquet(tmp_path / POINTS, index=False)
    return {"design": json.loads(json.dumps(sample.described()))}


def test_the_folder_tells_what_the_plan_knew(tmp_path):
    sample = lay("morris", ALL, 4, 1)
    found, known = problem_of(tmp_path, stored(tmp_path, sample)), sample.problem()
    np.testing.assert_array_equal(found.sample, known.sample)
    np.testing.assert_array_equal(found.points, known.points)
    pd.testing.assert_frame_equal(found.values, known.values)
    assert (found.salib, found.design, found.settings) == (known.salib, known.design, known.settings)
    assert found.salib["num_vars"] == 4


@pytest.mark.parametrize("damage", ["order", "column", "gone", "text"])
def test_points_that_are_not_those_of_the_manifest_are_refused(tmp_path, damage):
    manifest = stored(tmp_path, lay("morris", ALL, 4, 1))
    table = pd.read_parquet(tmp_path / POINTS)
    if damage == "order":
        table.iloc[::-1].to_parquet(tmp_path / POINTS, index=False)
    elif damage == "column":
        table.drop(columns="x").to_parquet(tmp_path / POINTS, index=False)
    elif damage == "gone":
        (tmp_path / POINTS).unlink()
    else:
        (tmp_path / POINTS).write_text("no table")
    with pytest.raises(InputError, match=r"points\.parquet.*(cannot be read|does not hold the points)"):
        problem_of(tmp_path, manifest)


def test_a_sweep_without_points_has_no_problem(tmp_path):
    with pytest.raises(InputError, match="holds no design with points"):
        problem_of(tmp_path, {"experiment": {}})
