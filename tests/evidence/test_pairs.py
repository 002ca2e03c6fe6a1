"""`ecosim validate pairs`: what is left of joint work beyond the totals of countries."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.evidence.pairs import CASES, Line, PairWork, log_over_expected, rank_correlation, rank_of_pairs
from ecosim.evidence.validate import validate


def symmetric(n: int, seed: int = 1) -> np.ndarray:
    upper = np.triu(np.exp(np.random.default_rng(seed).normal(0.0, 1.0, (n, n))), 1)
    return upper + upper.T


def test_nothing_is_left_where_only_totals_matter() -> None:
    size = np.array([1.0, 3.0, 8.0, 20.0, 2.0])
    joint = np.outer(size, size)
    np.fill_diagonal(joint, 7.0)
    np.testing.assert_allclose(log_over_expected(joint), 0.0, atol=1e-9)


def test_sizes_make_most_of_the_agreement_over_pairs_as_they_are() -> None:
    size = np.exp(np.random.default_rng(2).normal(0.0, 2.0, 12))
    one, other = (symmetric(12, seed) ** 0.3 * np.outer(size, size) for seed in (1, 3))
    assert rank_of_pairs(one, other) > 0.8
    assert abs(rank_correlation(log_over_expected(one), log_over_expected(other))) < 0.5


def test_rank_correlation() -> None:
    values = np.array([3.0, 1.0, 2.0, 10.0])
    assert rank_correlation(values, values**3) == pytest.approx(1.0)
    assert rank_correlation(values, -values) == pytest.approx(-1.0)
    assert np.isnan(rank_correlation(values, np.ones(4)))


def test_a_pair_without_joint_work_ranks_last() -> None:
    joint = symmetric(6)
    joint[0, 1] = joint[1, 0] = 0.0
    assert np.argmin(log_over_expected(joint)) == 0
    assert np.isfinite(log_over_expected(joint)).all()


def test_the_verdict_is_on_the_mean_and_says_what_was_fed_in() -> None:
    lines = (
        Line("a prediction", (0.5, 0.7), 0.6, float("nan"), 0.9, 1.0, ">= 0.55", True, True),
        Line("a check", (0.6, 0.8), 0.7, float("nan"), 0.9, 1.0, ">= 0.8", False, False),
    )
    found = PairWork(lines, "Data.")
    assert not found.good
    text = found.text()
    assert "predicted: holds" in text
    assert "input check: fails" in text
    assert "Predicted: 1 of 1 hold. Input checks: 0 of 1 hold" in text.replace("\n", " ")
    assert [case.predicted for case in CASES] == [True, True, False]


def test_only_in_the_world_that_has_all_pairs() -> None:
    with pytest.raises(InputError, match="says nothing in world 'europe'"):
        validate(["pairs"])
    with pytest.raises(InputError, match="too few countries"):
        validate(["world=global", "world.countries=[DEU,FRA,USA]"])
    with pytest.raises(InputError, match="does not go with pairs"):
        validate(["pairs", "world=global"], data="table.csv")


@pytest.mark.slow
def test_validate_of_the_world_at_large(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["world=global", "world.scale=0.01", "validate.windows=1", "runner.processes=0"]
    assert main(["validate", *words, "world.countries=[DEU,FRA,GBR,USA,CHN,JPN,KOR,IND,AUS,BRA,ITA,ESP]"]) == 0
    said = capsys.readouterr().out
    for word in ("gravity and totals", "pairs hidden", "as it runs", "USA-CHN over DEU-FRA", "% of all pairs"):
        assert word in said
    assert "totals only" in said
    assert max(map(len, said.splitlines())) < 160
