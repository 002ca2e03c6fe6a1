"""Scenario discovery on boxes that are known."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.discovery import Box, limits_table, path_table, peel, prim, quasi_p
from ecosim.errors import InputError


def cloud(n=1500, seed=1):
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.random((n, 4)), columns=["a", "b", "c", "d"])
    table["b"] = 10.0 + 10.0 * table["b"]
    return table, random


def test_a_known_box_is_found():
    points, random = cloud()
    y = (points["a"] < 0.4) & (points["b"] > 14.0)
    # one point in fifty is labelled wrongly
    y ^= random.random(len(points)) < 0.02
    (box,) = prim(points, y, density=0.92)
    assert set(box.limits) == {"a", "b"}
    assert box.limits["a"][1] == pytest.approx(0.4, abs=0.03)
    assert box.limits["b"][0] == pytest.approx(14.0, abs=0.4)
    assert np.isinf(box.limits["a"][0])
    assert np.isinf(box.limits["b"][1])
    assert box.coverage > 0.85
    assert box.density > 0.9
    # what a box says of itself is what its points say
    inside = box.inside(points)
    assert box.mass == pytest.approx(inside.mean())
    assert box.density == pytest.approx(y[inside].mean())
    assert box.coverage == pytest.approx(y[inside].sum() / y.sum())


def test_limits_on_both_sides_whole_numbers_and_categories():
    points, _ = cloud()
    points["c"] = np.floor(points["c"] * 6)
    points["kind"] = np.random.default_rng(2).choice(["calls", "grants", "loans"], len(points))
    y = points["a"].between(0.3, 0.6) & (points["c"] >= 4) & points["kind"].isin(["grants", "loans"])
    (box,) = prim(points, y, smallest=0.03)
    assert box.limits["a"] == pytest.approx((0.3, 0.6), abs=0.03)
    assert box.limits["c"] == (3.5, np.inf)
    assert box.limits["kind"] == {"grants", "loans"}
    assert set(box.limits) == {"a", "c", "kind"}
    table = limits_table(points, y, [box]).set_index("parameter")
    assert table.loc["c", ["low", "high"]].tolist() == [3.5, 5.0]
    assert table.loc["kind", "values"] == "grants,loans"
    assert (table["quasi_p"] < 1e-6).all()
    assert "kind in grants, loans" in box.text()


def test_two_boxes():
    points, _ = cloud()
    y = ((points["a"] < 0.3) & (points["c"] < 0.5)) | (points["d"] > 0.9)
    first, second = prim(points, y, boxes=2)
    assert {frozenset(first.limits), frozenset(second.limits)} == {frozenset("ac"), frozenset("d")}
    both = first.inside(points) | second.inside(points)
    assert y[both].sum() / y.sum() > 0.9


def test_the_path_goes_from_everything_to_little():
    points, _ = cloud(400)
    y = (points["a"] < 0.4) & (points["b"] > 14.0)
    path = peel(points, y, smallest=0.1)
    assert (path[0].coverage, path[0].mass, dict(path[0].limits)) == (1.0, 1.0, {})
    assert path[0].density == pytest.approx(y.mean())
    table = path_table(path)
    assert (table["mass"].diff().dropna() < 0).all()
    assert (table["coverage"].diff().dropna() <= 0).all()
    assert table["mass"].min() >= 0.1
    assert table["density"].iloc[-1] > 0.9
    # slices are about a twentieth of what is inside
    assert table["mass"].iloc[1] == pytest.approx(0.95, abs=0.01)


def test_quasi_p_by_hand():
    # the box a < .5, b < .5 holds 4 points, all of interest; without the limit of b it holds 8, of which 5: the chance
    # of 4 of 4 at 5/8 is (5/8)^4; without that of a it holds 5, of which 4: (4/5)^4
    points = pd.DataFrame(
        {"a": [0.1, 0.2, 0.3, 0.4, 0.1, 0.2, 0.3, 0.4, 0.9], "b": [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.1]}
    )
    y = [True, True, True, True, True, False, False, False, False]
    box = Box({"a": (-np.inf, 0.5), "b": (-np.inf, 0.5)}, 0.8, 1.0, 4 / 9)
    assert quasi_p(points, y, box) == pytest.approx({"b": (5 / 8) ** 4, "a": (4 / 5) ** 4})


def test_limits_that_chance_draws_are_dropped():
    points, random = cloud(150, seed=5)
    y = (points["a"] < 0.5) ^ (random.random(150) < 0.1)
    # one label in ten is wrong: to get rid of the last of them PRIM limits what has nothing to do with it
    (eager,) = prim(points, y, density=0.97, level=0.999)
    assert set(eager.limits) > {"a"}
    chance = quasi_p(points, y, peel(points, y)[-1])
    assert chance["a"] < 0.01 < max(chance.values())
    (box,) = prim(points, y, density=0.97, level=0.01)
    assert set(box.limits) == {"a"}


@pytest.mark.parametrize(("labels", "words"), [(False, "none of 30 points"), (True, "all of 30 points")])
def test_nothing_to_find_is_one_line(labels, words):
    points, _ = cloud(30)
    with pytest.raises(InputError, match=words):
        peel(points, np.full(30, labels))


def test_bad_input_is_one_line():
    points, _ = cloud(30)
    y = np.arange(30) < 10
    with pytest.raises(InputError, match=r"of_interest=.*wrong shape"):
        prim(points, y[:-1])
    with pytest.raises(InputError, match=r"density=1.5: out of range"):
        prim(points, y, density=1.5)
    points.loc[3, "b"] = np.nan
    with pytest.raises(InputError, match="points=b: has missing values"):
        prim(points, y)


def test_a_shuffled_series_is_put_in_the_order_of_the_points():
    random = np.random.default_rng(5)
    points = pd.DataFrame(random.random((300, 2)), columns=["a", "b"], index=[f"p{k}" for k in range(300)])
    good = points["a"] > 0.6
    wanted = peel(points, good.to_numpy())
    assert peel(points, good.sample(frac=1.0, random_state=1)) == wanted
    with pytest.raises(InputError, match="of_interest: has an index that is not that of the points"):
        peel(points, good.reset_index(drop=True))
