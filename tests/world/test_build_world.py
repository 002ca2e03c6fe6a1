"""What the tool that makes the tables counts: kin of consortia, chances of a core, tails."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tools.build_world import chances, kin_of, tail_of


def table(*consortia: list[str], months: int = 20) -> pd.DataFrame:
    """Consortia that start one after the other, one a month."""
    rows = [(f"p{k:03}", who, k % months) for k, members in enumerate(consortia) for who in members]
    frame = pd.DataFrame(rows, columns=["project", "organisation", "month"])
    start = pd.Timestamp("2015-01-01") + pd.to_timedelta(31 * frame.month, unit="D")
    return frame.assign(country="DEU", activity_type="REC", programme_part="LEIT", start_date=start)


def test_kin_share_three_tenths_of_the_members_and_three_of_them() -> None:
    small, like_it, large = list("abcd"), list("abcx"), [*"abc", *"ghijklmn"]
    found = kin_of(table(small, like_it, large, list("uvwx")))
    # three of its four members are in both others; of the large one's eleven they are too few
    assert (found.at_once + found.before_or_after).tolist() == [2, 2, 0, 0]
    assert found.at_once.tolist() == [0] * 4
    assert found.most_shared.tolist() == [3, 3, 3, 1]
    together = kin_of(table(small, like_it, large, list("uvwx"), months=1))
    assert together.at_once.tolist() == [2, 2, 0, 0]


def test_circles_have_a_chance_of_a_core_and_strangers_none() -> None:
    rng = np.random.default_rng(5)
    everyone = [f"o{k}" for k in range(400)]
    circle = [f"o{k}" for k in range(5)]
    of_all = table(*[circle] * 6, *[list(rng.choice(everyone, 5, replace=False)) for _ in range(120)])
    found = chances(of_all)
    assert (found.core_chance.to_numpy()[:6] > 0.9).all()
    assert found.core_chance.to_numpy()[6:].mean() < 0.02
    # they start in months of their own
    assert (found.sibling_chance == 0.0).all()


def test_what_starts_in_one_month_is_put_together() -> None:
    rng = np.random.default_rng(5)
    everyone = [f"o{k}" for k in range(400)]
    circle = [f"o{k}" for k in range(5)]
    others = [list(rng.choice(everyone, 5, replace=False)) for _ in range(119)]
    twenty = [member for k, other in enumerate(others) for member in ([circle, other] if k % 19 == 0 else [other])]
    of_all = table(*twenty)
    found = chances(of_all).sibling_chance
    circles = of_all.groupby("project").organisation.agg(set) == set(circle)
    months = of_all.groupby("project").month.first()
    together = circles & months.map(months[circles].value_counts()).gt(1)
    assert together.sum() >= 4
    assert (found[together] > 0.4).all()
    assert found[~circles].mean() < 0.02


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_chance_gives_is_no_core(seed: int) -> None:
    """Where organisations are few, a third of consortia have kin, and hardly any of it is more than chance."""
    rng = np.random.default_rng(seed)
    few = [f"o{k}" for k in range(150)]
    strangers = table(*[list(rng.choice(few, 6, replace=False)) for _ in range(600)])
    assert (kin_of(strangers).before_or_after > 0).mean() > 0.3
    assert chances(strangers).core_chance.mean() < 0.05


@pytest.mark.parametrize("exponent", [0.8, 1.6])
def test_the_tail_of_a_pareto_law_is_found(exponent: float) -> None:
    times = np.floor(np.random.default_rng(3).pareto(exponent, 400_000) + 1.5).astype(int)
    assert tail_of(times) == pytest.approx(exponent, rel=0.05)
