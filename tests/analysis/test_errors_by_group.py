"""Whose models err less: both levels of a comparison, country by country and group by group."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.contrasts import FEWEST_CLUSTERS, Contrast
from ecosim.analysis.errors_by_group import (
    CALM,
    INCOMES,
    LESS,
    MORE,
    OPEN,
    RECORDED,
    SAME,
    Errors,
    asked,
    ends_of,
    errors_by_group,
)

#: Country -> people, million, and steps of income below high.
WORLD = {"DEU": (80.0, 0), "ISL": (0.4, 0), "KEN": (55.0, 2)}
#: What pooling changes of the error of each, in calm times: one gains, one loses, one does not notice.
CHANGE = {"DEU": 0.0005, "ISL": 0.02, "KEN": -0.03}
#: Badly recorded people gain or lose twice as much.
TIMES = {"well": 0.5, "badly": 1.5}
POOL = Contrast("pool", "data", "pooled", "own", ("level_health_error_mean", "level_health_harmed"))
DESIGN = pd.DataFrame(
    [{"design_id": k, "history_id": k, "shock": "stay_home", "policy": level, "reference": k == 0, "data": level}
     for k, level in enumerate(("own", "pooled"))]
)  # fmt: skip


def facts(codes: Any) -> Any:
    """People and income of these countries, in any order."""
    return SimpleNamespace(
        population_million=np.array([WORLD[code][0] for code in codes]),
        steps_below_high=np.array([WORLD[code][1] for code in codes]),
    )


def months(replicates: int = 8, noise: float = 0.0) -> pd.DataFrame:
    """Three months of every run; under the shock half of what pooling changes is left."""
    random = np.random.default_rng(3)
    rows = []
    for replicate in range(replicates):
        for code in WORLD:
            own = 0.1 + 0.02 * random.standard_normal()
            for policy in (0, 1):
                for arm, part in (("twin", 1.0), ("shocked", 0.5)):
                    change = policy * part * (CHANGE[code] + noise * random.standard_normal())
                    for month in (40, 41, 42):
                        # months differ, their mean does not
                        error = own + change + 0.001 * (month - 41)
                        rows.append(
                            {"design_id": None if arm == "twin" else policy, "history_id": policy,
                             "replicate": replicate, "arm": arm, "month": month, "country": code,
                             "health_error_mean": error}
                            | {f"health_error_{group}_recorded": error + (times - 1.0) * change
                               for group, times in TIMES.items()}
                        )  # fmt: skip
    return pd.DataFrame(rows).astype({"design_id": "float64", "country": "category"})


def found(**options: Any) -> Errors:
    return errors_by_group(months(**options), DESIGN, [POOL], facts)


def test_every_country_has_its_own_change_in_calm_times_and_what_is_left_under_the_shock() -> None:
    table = found().countries.set_index(["shock", "country"])
    assert list(table.index.get_level_values("shock").unique()) == [CALM, "stay_home"]
    for shock, part in ((CALM, 1.0), ("stay_home", 0.5)):
        for code, change in CHANGE.items():
            row = table.loc[(shock, code)]
            assert row["change"] == pytest.approx(part * change)
            assert row["after"] - row["before"] == pytest.approx(row["change"])
            # paired by replicate: what differs between worlds is in both
            assert row["low"] == pytest.approx(row["change"])
            assert row["people_million"] == WORLD[code][0]
    assert [table.loc[(CALM, code), "verdict"] for code in WORLD] == [SAME, MORE, LESS]


def test_groups_are_those_of_all_countries_of_an_income_by_their_people() -> None:
    rows = found().groups
    rows = rows[rows["shock"] == CALM].set_index(["income", "recorded"])
    assert [*rows.index] == [(income, group) for income in (INCOMES[0], INCOMES[2]) for group in RECORDED]
    high = (80.0 * CHANGE["DEU"] + 0.4 * CHANGE["ISL"]) / 80.4
    for (income, recorded), row in rows.iterrows():  # type: ignore[misc]
        mean = high if income == INCOMES[0] else CHANGE["KEN"]
        assert row["change"] == pytest.approx(TIMES[recorded.split()[0]] * mean)


def test_what_is_not_sure_is_open_and_few_draws_are_never_sure() -> None:
    noisy = found(replicates=20, noise=0.2).countries
    assert set(noisy["verdict"]) == {OPEN}
    assert np.isfinite(noisy["low"]).all()
    few = found(replicates=FEWEST_CLUSTERS - 1).countries
    assert set(few["verdict"]) == {OPEN}
    assert few["low"].isna().all()
    assert few["change"].notna().all()
    # seeds of one draw are no more draws
    seeds = errors_by_group(months(), DESIGN, [POOL], facts, seeds_per_draw=4).countries
    assert set(seeds["verdict"]) == {OPEN}


def test_a_replicate_in_which_a_run_failed_is_left_out_and_so_is_a_shock_without_runs() -> None:
    table = months()
    failed = (table["replicate"] == 3) & (table["arm"] == "shocked") & (table["design_id"] == 1.0)
    left = errors_by_group(table[~failed], DESIGN, [POOL], facts).countries.set_index(["shock", "country"])
    whole = found().countries.set_index(["shock", "country"])
    for code in WORLD:
        assert left.loc[(CALM, code), "before"] == pytest.approx(whole.loc[(CALM, code), "before"])
        assert left.loc[("stay_home", code), "before"] != pytest.approx(whole.loc[("stay_home", code), "before"])
        assert left.loc[("stay_home", code), "change"] == pytest.approx(0.5 * CHANGE[code])
    gone = table[(table["arm"] == "twin") | (table["design_id"] == 0.0)]
    assert set(errors_by_group(gone, DESIGN, [POOL], facts).countries["shock"]) == {CALM}


def test_only_who_asks_for_errors_gets_them() -> None:
    other = Contrast("pool", "data", "pooled", "own", ("delivered_output", "level_health_benefit"))
    assert asked([other, POOL]) == [POOL]
    nothing = (
        errors_by_group(months(), DESIGN, [other], facts),
        errors_by_group(pd.DataFrame(), DESIGN, [POOL], facts),
        errors_by_group(months().drop(columns="health_error_badly_recorded"), DESIGN, [POOL], facts),
    )
    for empty in nothing:
        assert len(empty) == 0
        assert list(empty.countries.columns) == list(found().countries.columns)


def test_the_ends_are_those_that_are_sure_the_largest_first() -> None:
    rows = pd.DataFrame(
        {"country": list("ABCDE"), "change": [-0.1, 0.3, -0.2, 0.9, 0.1], "verdict": [LESS, MORE, LESS, OPEN, MORE]}
    )
    less, more = ends_of(rows)
    assert (list(less["country"]), list(more["country"])) == (["C", "A"], ["B", "E"])
