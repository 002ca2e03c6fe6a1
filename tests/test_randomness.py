"""Draws: the published vectors, the laws they follow, and that the order of asking does not matter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ecosim import randomness as rnd

KEY = rnd.replicate_key(11, 3)
N = 40_000

#: Counter and key against the output, from the ``kat_vectors`` file of Random123 (Salmon et al. 2011), philox4x32-10.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]  # fmt: skip


def draw(function: Callable[..., float], n: int = N, purpose: int = 7) -> np.ndarray:
    """The draws of n entities."""
    return np.array([function(KEY, entity, 5, 17, purpose, 0) for entity in range(n)])


def philox(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    """The compiled generator on Python integers."""
    return tuple(int(word) for word in rnd.philox(*map(np.uint64, counter), *map(np.uint64, key)))


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(
    counter: tuple[int, ...], key: tuple[int, ...], answer: tuple[int, ...]
) -> None:
    assert philox(counter, key) == answer


words = st.integers(0, 2**32 - 1)


@given(st.tuples(words, words, words, words), st.tuples(words, words))
def test_philox_is_the_textbook_algorithm_in_whole_numbers(counter: tuple[int, ...], key: tuple[int, ...]) -> None:
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c0, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    assert philox(counter, key) == (c0, c1, c2, c3)


def test_every_part_of_the_question_changes_the_answer() -> None:
    question = {"entity": 40, "other": 41, "month": 42, "purpose": 7, "block": 3}
    answers = {rnd.uniform(KEY, *question.values())}
    for part in question:
        answers.add(rnd.uniform(KEY, *(value + (name == part) for name, value in question.items())))
    answers.add(rnd.uniform(rnd.replicate_key(11, 4), *question.values()))
    answers.add(rnd.uniform(rnd.replicate_key(12, 3), *question.values()))
    assert len(answers) == 8


@pytest.mark.parametrize("part", [0, 1])
def test_uniforms_are_uniform(part: int) -> None:
    values = draw(lambda *question: rnd.two_uniforms(*question)[part])
    assert 0.0 <= values.min() <= values.max() < 1.0
    counts, _ = np.histogram(values, bins=50, range=(0.0, 1.0))
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("part", [0, 1, 2, 3])
def test_short_uniforms_are_uniform_and_never_0_or_1(part: int) -> None:
    values = draw(lambda *question: rnd.four_uniforms(*question)[part])
    assert 0.0 < values.min() <= values.max() < 1.0
    counts, _ = np.histogram(values, bins=50, range=(0.0, 1.0))
    assert stats.chisquare(counts).pvalue > 1e-3


def test_neighbouring_questions_are_independent() -> None:
    here = draw(rnd.uniform)
    neighbours = {
        "entity": here[1:],
        "other": np.array([rnd.uniform(KEY, e, 6, 17, 7, 0) for e in range(N)]),
        "month": np.array([rnd.uniform(KEY, e, 5, 18, 7, 0) for e in range(N)]),
        "purpose": draw(rnd.uniform, purpose=8),
        "block": np.array([rnd.uniform(KEY, e, 5, 17, 7, 1) for e in range(N)]),
        "second": np.array([rnd.two_uniforms(KEY, e, 5, 17, 7, 0)[1] for e in range(N)]),
    }
    for name, there in neighbours.items():
        table, _, _ = np.histogram2d(here[: len(there)], there, bins=8, range=[[0, 1], [0, 1]])
        assert stats.chisquare(table.ravel()).pvalue > 1e-3, name


def test_the_order_of_asking_does_not_matter() -> None:
    forward = draw(rnd.uniform, 500)
    order = np.random.default_rng(4).permutation(500)
    backward = np.empty(500)
    for entity in order:
        rnd.uniform(KEY, 9999, int(entity), 3, 9, 0)  # somebody else's question in between
        backward[entity] = rnd.uniform(KEY, int(entity), 5, 17, 7, 0)
    assert backward.tobytes() == forward.tobytes()


def test_mixed_keys_collide_no_more_than_chance() -> None:
    keys = [int(rnd.mix(a, b, 17)) for a in range(300) for b in range(300)]
    assert max(keys) < 2**32
    expected = len(keys) ** 2 / 2 / 2**32
    assert len(keys) - len(set(keys)) <= expected + 5 * np.sqrt(expected)
    assert stats.chisquare(np.bincount(np.array(keys) % 64, minlength=64)).pvalue > 1e-3


def test_choosing_the_largest_value_plus_gumbel_noise_is_a_multinomial_logit() -> None:
    values = np.array([0.0, 0.7, -1.2, 1.5])
    noise = np.array([[rnd.gumbel(u) for u in rnd.four_uniforms(KEY, e, 5, 17, 8, 0)] for e in range(N)])
    chosen = np.bincount(np.argmax(values + noise, axis=1), minlength=4)
    expected = N * np.exp(values) / np.exp(values).sum()
    assert stats.chisquare(chosen, expected).pvalue > 1e-3


def test_gumbel_noise_is_finite_at_both_ends() -> None:
    assert np.isfinite([rnd.gumbel(0.0), rnd.gumbel(1.0 - 2.0**-53), rnd.gumbel(1.0)]).all()


def test_normals_are_normal() -> None:
    assert stats.kstest(draw(rnd.normal), "norm").pvalue > 1e-3


@pytest.mark.parametrize("mean", [0.0, 1e-4, 0.05, 0.9, 4.0, 60.0])
def test_poisson_draws_have_the_poisson_mean_and_variance(mean: float) -> None:
    draws = np.array([rnd.poisson(KEY, mean, entity, 5, 17, 7) for entity in range(N)])
    assert abs(draws.mean() - mean) <= 4.0 * np.sqrt(mean / N)
    spread = np.sqrt((mean + 2.0 * mean**2) / N)
    assert abs(draws.var() - mean) <= 4.0 * spread + 1e-12


def test_poisson_draws_follow_the_poisson_law() -> None:
    draws = np.array([rnd.poisson(KEY, 1.7, entity, 5, 17, 7) for entity in range(N)])
    counts = np.bincount(np.minimum(draws, 7), minlength=8)
    chances = np.append(stats.poisson.pmf(np.arange(7), 1.7), stats.poisson.sf(6, 1.7))
    assert stats.chisquare(counts, N * chances).pvalue > 1e-3


@given(st.floats(0.0, 1.0, exclude_max=True), st.floats(0.0, 20.0), st.floats(0.0, 20.0))
def test_a_larger_mean_never_draws_fewer(u: float, mean: float, more: float) -> None:
    assert rnd.poisson_from(u, mean) <= rnd.poisson_from(u, mean + more)


@pytest.mark.parametrize("hazard", [0.003, 0.2, 0.9])
def test_waiting_for_a_constant_hazard_is_geometric(hazard: float) -> None:
    waits = np.array([rnd.first_month(u, hazard, 30) - 30 for u in draw(rnd.uniform)])
    assert waits.min() == 0
    most = int(np.ceil(np.log(20 / N) / np.log1p(-hazard)))
    edges = np.unique(np.linspace(0, most, 12).astype(int))
    survived = (waits[:, None] >= edges).sum(axis=0)
    expected = N * (1.0 - hazard) ** edges
    assert (np.abs(survived - expected) <= 4.0 * np.sqrt(expected * (1 - expected / N)) + 1e-9).all()


def test_hazards_of_0_and_1_are_never_and_at_once() -> None:
    assert rnd.first_month(0.9999, 0.0, 30) == rnd.NEVER
    assert rnd.first_month(0.9999, 1.0, 30) == 30


def test_questions_by_name_are_answered_once_per_replicate() -> None:
    answers = [rnd.named_uniform(1, replicate, "calm window") for replicate in range(2000)]
    assert stats.kstest(answers, "uniform").pvalue > 1e-3
    assert rnd.named_uniform(1, 0, "calm window") == answers[0] != rnd.named_uniform(1, 0, "shock target x")


@pytest.mark.parametrize("months", [0.0, 0.2, 7.5, 8.0, 8.24])
def test_whole_months_are_the_two_neighbours_and_right_on_average(months: float) -> None:
    drawn = np.array([rnd.whole_months(months, u) for u in (np.arange(1000) + 0.5) / 1000])
    assert set(drawn) <= {np.floor(months), np.ceil(months)}
    assert drawn.mean() == pytest.approx(months, abs=1e-3)
