"""How alike instruments are, where the truth is known."""

import numpy as np
import pytest

from ecosim.analysis.distinctness import (
    DISTINCT,
    MEASURABLE,
    NO_EFFECT,
    NOT_TOLD_APART,
    ONE_MECHANISM,
    SAME,
    agreement,
    corrected_cosines,
    distinctness,
    over_spread,
)

CELLS = 60


def truths(seed=1):
    """Two orthogonal effects of size 1 over the cells."""
    one, other = np.linalg.qr(np.random.default_rng(seed).normal(size=(CELLS, 2)))[0].T
    return one, other


def noisy(effects, draws=24, noise=0.1, shared=0.0, seed=2):
    """(draws, K, cells): true effects, with noise of their own and noise of one reference that all share."""
    random = np.random.default_rng(seed)
    effects = np.asarray(effects)
    own = random.normal(size=(draws, *effects.shape)) * noise
    return effects + own - shared * random.normal(size=(draws, 1, CELLS))


def test_two_that_are_one_are_found_to_be_one_through_noise_that_pulls_the_plain_cosine_down():
    one, _ = truths()
    made = noisy([one, 3.0 * one], noise=0.2)
    found = distinctness(made, ["a", "b"])
    plain = made.mean(axis=0)
    assert plain[0] @ plain[1] / np.prod(np.linalg.norm(plain, axis=1)) < 0.97
    assert found.verdict(0, 1) == ONE_MECHANISM
    assert found.groups() == [("a", "b")]
    assert found.not_told_apart() == (0, 0)


def test_the_opposite_of_an_effect_is_the_same_mechanism():
    one, _ = truths()
    found = distinctness(noisy([one, -one], noise=0.05), ["a", "b"])
    assert found.cosine[0, 1] < -SAME
    assert found.verdict(0, 1) == ONE_MECHANISM


@pytest.mark.parametrize("shared", [0.0, 0.2])
def test_pure_noise_has_no_measurable_effect_even_if_one_reference_is_shared(shared):
    found = distinctness(noisy(np.zeros((6, CELLS)), shared=shared), list("abcdef"))
    assert not found.measurable.any()
    assert (found.agreement < MEASURABLE / 2).all()
    assert set(found.table()["verdict"]) == {NO_EFFECT}
    assert found.groups() == []


def test_nothing_at_all_has_no_measurable_effect():
    one, _ = truths()
    found = distinctness(noisy([one, one]) * np.array([1.0, 0.0])[:, None], ["a", "nothing"])
    assert found.agreement[1] == 0.0
    assert np.isnan(found.cosine[0, 1])
    assert np.isinf(found.upper[0, 1])
    assert found.verdict(0, 1) == NO_EFFECT


def test_orthogonal_ones_are_distinct_although_they_share_a_noisy_reference():
    one, other = truths()
    found = distinctness(noisy([one, other], noise=0.05, shared=0.1), ["a", "b"])
    assert abs(found.cosine[0, 1]) < 0.2
    assert found.verdict(0, 1) == DISTINCT
    assert found.groups() == [("a",), ("b",)]
    assert found.not_told_apart() == (0, 1)


def test_near_ones_with_few_draws_are_not_told_apart_and_with_many_they_are():
    one, other = truths()
    near = 0.9 * one + np.sqrt(1.0 - 0.9**2) * other
    few = distinctness(noisy([one, near], draws=8, noise=0.07, seed=4), ["a", "b"])
    assert few.verdict(0, 1) == NOT_TOLD_APART
    assert few.not_told_apart() == (1, 1)
    assert distinctness(noisy([one, near], draws=200, noise=0.07), ["a", "b"]).verdict(0, 1) == DISTINCT


def test_dealing_labels_out_anew_in_every_draw_destroys_what_there_is():
    random = np.random.default_rng(7)
    effects = np.linalg.qr(random.normal(size=(CELLS, 8)))[0].T
    made = noisy(effects, noise=0.05)
    assert distinctness(made, list("abcdefgh"), resamples=50).measurable.all()
    dealt = np.stack([draw[random.permutation(8)] for draw in made])
    found = distinctness(dealt, list("abcdefgh"), resamples=50)
    # what is left is the mean of all, which every label has a part of
    assert not found.measurable.any()


def test_the_corrected_cosine_is_right_on_average_where_the_plain_one_is_not():
    one, other = truths()
    at = 0.6 * one + 0.8 * other
    corrected, plain = [], []
    for seed in range(200):
        made = noisy([one, at], draws=16, noise=0.25, seed=seed)
        means = np.stack([made[p::4].mean(axis=0) for p in range(4)])
        corrected.append(corrected_cosines(means)[0, 1])
        whole = made.mean(axis=0)
        plain.append(whole[0] @ whole[1] / np.prod(np.linalg.norm(whole, axis=1)))
    assert np.mean(corrected) == pytest.approx(0.6, abs=0.02)
    assert np.mean(plain) < 0.55


def test_the_upper_bound_is_above_the_truth_about_as_often_as_it_says():
    one, other = truths()
    at = 0.8 * one + 0.6 * other
    above = [
        distinctness(noisy([one, at], noise=0.15, seed=seed), ["a", "b"], resamples=100).upper[0, 1] > 0.8
        for seed in range(100)
    ]
    assert 0.83 <= np.mean(above) <= 0.99


def test_by_hand():
    means = np.array([[[1.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])
    # across parts: a.a = 1, b.b = 1, and of a and b the mean of 0 and 1
    np.testing.assert_allclose(corrected_cosines(means), [[1.0, 0.5], [0.5, 1.0]])
    np.testing.assert_allclose(agreement(means), [1.0, np.sqrt(0.5)])


def test_alike_is_passed_on_and_each_group_counts_once():
    one, other = truths()
    between = 0.99 * one + np.sqrt(1.0 - 0.99**2) * other
    beyond = 0.96 * one + np.sqrt(1.0 - 0.96**2) * other
    found = distinctness(noisy([one, other, between, beyond], noise=0.01), ["a", "b", "c", "d"])
    assert sorted(found.groups()) == [("a", "c", "d"), ("b",)]
    assert found.not_told_apart() == (0, 1)


def test_some_of_them_are_as_they_were_among_all():
    random = np.random.default_rng(8)
    made = noisy(np.linalg.qr(random.normal(size=(CELLS, 3)))[0].T, noise=0.05)
    found = distinctness(made, ["a", "b", "c"], resamples=50)
    some = found.among(["c", "a"])
    assert some.names == ("a", "c")
    assert some.cosine[0, 1] == found.cosine[0, 2]
    assert some.upper[0, 1] == found.upper[0, 2]


def test_cells_are_over_their_spread_and_families_weigh_the_same():
    burnt = np.array([[0.0, 0.0, 5.0, 1.0, 0.0], [2.0, 20.0, 5.0, 1.0, 4.0]])[:, None, :]
    values = burnt + np.array([1.0, 10.0, 1.0, np.nan, 2.0])
    effects, kept = over_spread(values, burnt, ["a", "a", "a", "a", "b"])
    # one differs between no draws, one is not a number
    assert kept.tolist() == [True, True, False, False, True]
    own = 1.0 / np.sqrt(2.0)
    np.testing.assert_allclose(effects, np.full((2, 1, 3), own) / np.sqrt([2.0, 2.0, 1.0]))


@pytest.mark.parametrize(
    ("effects", "names"), [(np.ones((7, 1, 3)), "a"), (np.full((8, 1, 3), np.nan), "a"), (np.ones((8, 2, 3)), "a")]
)
def test_what_cannot_be_measured_is_refused(effects, names):
    with pytest.raises(ValueError, match=r"draws|number|names"):
        distinctness(effects, list(names))
