"""Shuffled tables: what they keep exactly, and that every table which keeps it is equally likely."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from ecosim.evidence.shuffles import shuffled

TYPES = ("HES", "PRC", "REC", "PUB", "OTH")


def drawn(n_projects: int, n_organisations: int, seed: int = 1, largest: int = 20) -> pd.DataFrame:
    """A table in which a few organisations take part very often; each has one country and type."""
    rng = np.random.default_rng(seed)
    weight = (1.0 + np.arange(n_organisations)) ** -0.8
    country = rng.choice(["DE", "FR", "IT", "NA", "PL"], n_organisations, p=[0.4, 0.25, 0.2, 0.05, 0.1])
    kind = rng.choice(TYPES, n_organisations, p=[0.3, 0.4, 0.2, 0.05, 0.05])
    rows = []
    for project in range(n_projects):
        size = int(rng.integers(3, largest + 1))
        members = rng.choice(n_organisations, size, replace=False, p=weight / weight.sum())
        part = f"SC{project % 3}|LEIT"
        rows += [
            (project, f"o{m}", "participant", kind[m], country[m], float(rng.integers(1, 9)), part) for m in members
        ]
    names = ["project", "organisation", "role", "activity_type", "country", "ec_contribution", "programme_part"]
    # Neither the order of the rows nor their labels matter.
    return pd.DataFrame(rows, columns=names).sample(frac=1.0, random_state=seed)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return drawn(300, 400)


@pytest.mark.parametrize("within", [False, True])
def test_seats_and_participations_stay_exactly(table: pd.DataFrame, within: bool) -> None:
    mixed = shuffled(table, 3, within)
    assert (mixed.index == table.index).all()
    assert not mixed.duplicated(["project", "organisation"]).any()
    # A seat keeps what belongs to the project ...
    stays = ["project", "role", "ec_contribution", "programme_part"]
    pd.testing.assert_frame_equal(mixed[stays], table[stays])
    # ... and an organisation its country, type and number of participations.
    moved = ["organisation", "country", "activity_type"]
    assert Counter(map(tuple, mixed[moved].to_numpy())) == Counter(map(tuple, table[moved].to_numpy()))
    assert (mixed["organisation"] != table["organisation"]).mean() > (0.5 if within else 0.9)


def test_within_cells_each_project_keeps_its_mix(table: pd.DataFrame) -> None:
    mixed = shuffled(table, 3, within=True)
    columns = ["country", "activity_type"]
    pd.testing.assert_frame_equal(mixed[columns], table[columns])
    part = ["programme_part", "organisation"]
    pd.testing.assert_series_equal(mixed.groupby(part).size(), table.groupby(part).size())
    anywhere = shuffled(table, 3)
    assert (anywhere["country"] != table["country"]).mean() > 0.3


def test_only_the_first_part_named_counts(table: pd.DataFrame) -> None:
    only = table.assign(programme_part=table["programme_part"].str.split("|").str[0])
    other = shuffled(only, 3, within=True)["organisation"]
    assert (other == shuffled(table, 3, within=True)["organisation"]).all()


def test_seeds(table: pd.DataFrame) -> None:
    once, again, other = (shuffled(table, seed)["organisation"] for seed in (5, 5, 6))
    assert (once == again).all()
    assert (once != other).any()


def test_every_table_with_the_same_sums_is_equally_likely() -> None:
    """Sizes 2, 2, 1 and participations 2, 1, 1, 1: twelve tables, counted by hand.

    Without the organisation that is there twice, three single ones fill what it leaves. It sits in two of the three
    projects: in both of size 2 (3! = 6 ways for the rest), or in one of them and in that of size 1 (2 x 3 ways).
    """
    rows = [(0, "a"), (0, "b"), (1, "a"), (1, "c"), (2, "d")]
    table = pd.DataFrame(rows, columns=["project", "organisation"]).assign(
        country="DE", activity_type="HES", programme_part=""
    )
    n = 2400
    seen = Counter(
        frozenset(map(tuple, shuffled(table, seed, rounds=12)[["project", "organisation"]].to_numpy()))
        for seed in range(n)
    )
    assert len(seen) == 12
    deviation = sum((count - n / 12) ** 2 / (n / 12) for count in seen.values())
    assert deviation < 31.3  # chi-squared, 11 degrees of freedom, 1 in 1000


def test_little_is_left_of_the_original(table: pd.DataFrame) -> None:
    """Pairs of a project stay together no more often than two tables shuffled apart have pairs in common."""

    def pairs(one: pd.DataFrame) -> set[tuple[int, str, str]]:
        held = one.groupby("project")["organisation"].apply(sorted)
        return {(p, a, b) for p, names in held.items() for k, a in enumerate(names) for b in names[k + 1 :]}

    before, first, second = pairs(table), pairs(shuffled(table, 1)), pairs(shuffled(table, 2))
    assert len(before & first) < 1.25 * len(second & first)


def test_an_organisation_under_two_types_keeps_its_seats() -> None:
    """It would else meet itself: cells are shuffled apart."""
    rows = [(p, o, t) for p in range(8) for o, t in ((f"h{p}", "HES"), (f"h{p + 1}", "HES"), (f"f{p}", "PRC"))]
    rows += [(0, "both", "HES"), (1, "both", "PRC")]
    table = pd.DataFrame(rows, columns=["project", "organisation", "activity_type"]).assign(
        country="DE", programme_part="SC1"
    )
    for seed in range(20):
        mixed = shuffled(table, seed, within=True)
        assert not mixed.duplicated(["project", "organisation"]).any()
        assert (mixed["organisation"].tail(2) == "both").all()
        assert (mixed["activity_type"] == table["activity_type"]).all()
        assert (mixed["organisation"] != table["organisation"]).any()


def test_a_full_size_table_and_an_empty_one() -> None:
    large = drawn(2900, 9000, largest=20)
    assert len(large) > 33_000
    for within in (False, True):
        mixed = shuffled(large, 1, within)
        assert not mixed.duplicated(["project", "organisation"]).any()
    assert shuffled(large.iloc[:0], within=True).empty
