"""What the tool that makes the tables counts: kin of consortia, chances of a core, tails."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tools.build_world import CORE_PACE, chances, kin_of, next_sector, tail_of, whole_years


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
    others = [list(rng.choice(everyone, 5, replace=False)) for _ in range(120)]
    pairs = [[f"p{k}{m}" for m in range(5)] for k in range(6)]
    # Each of the pairs starts in the same month twice.
    at_once = [consortium for pair in pairs for consortium in (pair, pair)]
    of_all = table(*at_once, *others, months=1)
    found = chances(of_all).sibling_chance.to_numpy()
    assert (found[: len(at_once)] > 0.4).all()
    assert found[len(at_once) :].mean() < 0.02


def test_four_consortia_tied_one_to_another_are_a_circle() -> None:
    rng = np.random.default_rng(5)
    everyone = [f"o{k}" for k in range(400)]
    # Each shares three of its six members with the one before, and the first none with the third.
    chain = [[f"c{3 * k + m}" for m in range(6)] for k in range(4)]
    three = [[f"t{3 * k + m}" for m in range(6)] for k in range(3)]
    of_all = table(*chain, *three, *[list(rng.choice(everyone, 6, replace=False)) for _ in range(120)])
    found = chances(of_all).circle.to_numpy()
    assert found[:4].tolist() == [1] * 4
    assert (found[4:] == 0).all()
    of_circle = chances(of_all).iloc[:4]
    assert (of_circle.circle == 1).all()
    # all that is tied to it gives the chance, and nothing is taken off
    kin = kin_of(of_all).iloc[:4]
    assert of_circle.core_chance.tolist() == pytest.approx(
        (1.0 - np.exp(-CORE_PACE * (kin.at_once + kin.before_or_after))).tolist(), abs=5e-4
    )
    assert (of_circle.sibling_chance == 0.0).all()
    # No two share more than three, but those in the middle share all six with the circle.
    assert kin.most_shared.tolist() == [3] * 4
    assert of_circle.core_members.tolist() == [3, 6, 6, 3]


def test_a_year_is_named_only_if_all_its_months_are_there() -> None:
    # Twenty months from January 2015: of 2016 the last four are missing.
    found = whole_years(table(*[[f"o{k}"] for k in range(20)]))
    assert found.tolist() == [2015] * 12 + [0] * 8


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_chance_makes_no_circle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    few = [f"o{k}" for k in range(200)]
    strangers = table(*[list(rng.choice(few, 8, replace=False)) for _ in range(600)])
    assert (kin_of(strangers).most_shared > 3).mean() > 0.03
    assert (chances(strangers).circle == 0).all()


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_how_much_each_further_sector_has_is_found(share: float) -> None:
    rng = np.random.default_rng(4)
    shares = share ** np.arange(10.0)
    rows = [
        {"activity_type": "PRC", "organisation": who, "sector": int(sector), "project": f"{who} {k}"}
        for who in range(4000)
        for k, sector in enumerate(rng.choice(10, 2 + who % 6, p=shares / shares.sum()))
    ]
    assert next_sector(pd.DataFrame(rows))["PRC"] == pytest.approx(share, rel=0.05)


def test_what_chance_gives_is_no_core() -> None:
    """Where organisations are few, a third of consortia have kin, and hardly any of it is more than chance."""
    found = []
    for seed in (1, 2, 3, 4):
        rng = np.random.default_rng(seed)
        few = [f"o{k}" for k in range(150)]
        strangers = table(*[list(rng.choice(few, 6, replace=False)) for _ in range(600)])
        assert (kin_of(strangers).before_or_after > 0).mean() > 0.3
        found.append(chances(strangers).core_chance.mean())
    assert np.mean(found) < 0.04


@pytest.mark.parametrize("exponent", [0.8, 1.6])
def test_the_tail_of_a_pareto_law_is_found(exponent: float) -> None:
    times = np.floor(np.random.default_rng(3).pareto(exponent, 400_000) + 1.5).astype(int)
    assert tail_of(times) == pytest.approx(exponent, rel=0.05)
