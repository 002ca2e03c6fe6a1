"""Cells are what the histories say: made-up ones whose answer is known, and one of the model."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.page.cells import MONTHS, MONTHS_BEFORE, Runs, cell, packed_history
from ecosim.page.levers import AXES, COINS, MOST_BRANCHES, Setting, branches, mixes
from ecosim.page.packed import unpack
from tests.page.conftest import TINY, made_up


def test_a_cell_of_histories_with_a_known_loss():
    labels = ["placebo", "a"]
    mine = [made_up(labels, {"a": loss}, seed) for seed, loss in enumerate((0.2, 0.4))]
    reference = [made_up(labels, {}, seed) for seed in range(2)]
    found = cell(mine, reference, "a", 10)
    assert found.curves.shape == (3, MONTHS)
    assert found.bands.shape == (3, 4, MONTHS)
    assert (found.curves[:2, :MONTHS_BEFORE] == 1.0).all()
    np.testing.assert_allclose(found.curves[:2, MONTHS_BEFORE:], 0.7)
    np.testing.assert_allclose(found.scores[:, :2], [[0.8, 0.8], [0.6, 0.6]])
    # of ten peripheral countries eight have a seat
    np.testing.assert_allclose(found.scores[:, 2], 0.2)
    calm = cell(mine, reference, "placebo", 10)
    assert (calm.by_country == 1.0).all()


def test_a_country_without_work_has_no_number():
    runs = made_up(["placebo"], {})
    runs.countries[:, 2] = 0.0
    found = cell([runs], [runs], "placebo", 10).by_country
    assert np.isnan(found[2])
    assert np.isfinite(np.delete(found, 2)).all()


def test_runs_come_back_from_bytes():
    runs = made_up(["placebo", "a"], {"a": 0.3})
    back = Runs.from_bytes(runs.to_bytes())
    assert (back.labels, back.targets) == (runs.labels, runs.targets)
    np.testing.assert_array_equal(back.months, runs.months)
    for label, (pairs, joint) in runs.pairs.items():
        np.testing.assert_array_equal(back.pairs[label][0], pairs)
        np.testing.assert_array_equal(back.pairs[label][1], joint)


def test_a_history_of_the_map_says_who_works_with_whom():
    packed = packed_history(made_up(["placebo", "a"], {"a": 0.5}), "a")
    assert packed["pairs"] == [[0, 1], [1, 2]]
    shocked, calm = unpack(packed["shocked"]), unpack(packed["calm"])
    np.testing.assert_allclose(shocked, 0.5 * calm, atol=packed["calm"]["scale"])


def test_the_levers_of_every_setting_hold_what_holds_today():
    for axis in AXES:
        for count in (*axis.few, len(axis.values)):
            few = axis.cut(count)
            assert len(few.values) == len(few.labels) == count
            assert few.values[few.default] == axis.values[axis.default]
    with pytest.raises(ValueError, match="spread takes"):
        AXES[0].cut(4)


def test_the_full_grid_has_34_branches_the_placebo_first():
    met = branches()
    assert len(met) == MOST_BRANCHES == 34
    assert met[0].kind is None
    assert len({branch.id for branch in met}) == 34
    assert Setting().axes[0].values == AXES[0].values
    with pytest.raises(ValueError, match="branches"):
        branches(1)


def test_mixes_spend_no_more_coins_than_there_are():
    assert len({tuple(mix) for mix in mixes()}) == len(mixes()) == 35
    assert max(map(sum, mixes())) == COINS


def test_the_packed_grid_has_a_cell_for_every_place(tiny_grid):
    shape = (2, 1, 1, TINY.branches)
    assert tuple(tiny_grid["cells"]["shape"]) == shape
    scores = unpack(tiny_grid["scores"]["values"])
    assert scores.shape == (*shape, TINY.draws, 3)
    np.testing.assert_allclose(scores[0, 0, 0, 2, 0, :2], [0.8, 0.8], atol=1e-4)
    thrown = unpack(tiny_grid["throws"]["values"])
    assert tiny_grid["throws"]["policies"] == [[0, 0, 0], [1, 0, 0]]
    assert thrown.shape == (2, TINY.branches, TINY.draws, MONTHS)
    np.testing.assert_allclose(thrown[0, 2, :, MONTHS_BEFORE:], 0.8, atol=0.005)
    labels = [TINY.met[0].id, TINY.met[1].id]
    found = [(history["policy"], history["branch"]) for history in tiny_grid["histories"]]
    assert found == [(place, label) for place in ([0, 0, 0], [1, 0, 0]) for label in labels]
