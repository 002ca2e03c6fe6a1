"""Null models: a table made by choice is missed by both, a table made by chance is met, and the counts add up."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ecosim.config.world import WorldConfig
from ecosim.evidence import validation
from ecosim.evidence.nulls import NULLS, null_patterns, summarise
from ecosim.evidence.shuffles import shuffled
from ecosim.evidence.validate import counts_text
from ecosim.evidence.validation import Null, Row, Target, compare, load_nulls, load_targets, null_cell, totals
from ecosim.world import load_world

COUNTRIES = ("DE", "FR", "IT", "ES")
TYPES = ("HES", "PRC", "REC", "HES")


@pytest.fixture(scope="module")
def teams() -> pd.DataFrame:
    """Eighty teams of four organisations, one of each country, that do three projects each and meet nobody else."""
    rows = []
    for team in range(80):
        for turn in range(3):
            day = pd.Timestamp("2014-01-01") + pd.DateOffset(months=12 * turn + team % 12)
            rows += [
                (3 * team + turn, f"{team}-{k}", "participant", TYPES[k], COUNTRIES[k], 1e5, day,
                 day + pd.DateOffset(months=36), "SC1")
                for k in range(4)
            ]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["project", "organisation", "role", "activity_type", "country", "ec_contribution", "start_date",
                       "end_date", "programme_part"],
    )  # fmt: skip


def rows_of(table: pd.DataFrame, shuffles: int = 20) -> dict[str, Row]:
    """A table beside its own nulls, as if the simulated windows were the table itself."""
    world = load_world(WorldConfig(preset="classroom"))
    found = {
        kind: [null_patterns(table, "2016-12", world, kind, number) for number in range(shuffles)] for kind in NULLS
    }
    measured = validation.measured(table, "2016-12", world)
    targets = validation.targets_from(measured, "hand-made", 2016, summarise(found))
    return {row.name: row for row in compare(targets, [measured])}


#: Rows that rest on who sits with whom again.
AGAIN = ("repeated_pair_share", "repeated_pair_share_upto20", "repetition_above_null_within", "mean_tie_weight",
         "p_another_given_k[1]", "prior_pair_share_by_year[2016]")  # fmt: skip


def test_teams_that_stay_together_are_missed_by_both(teams: pd.DataFrame) -> None:
    rows = rows_of(teams)
    for name in (*AGAIN, "mean_degree"):
        assert [null.meets for null in rows[name].nulls] == [False, False], name
        role = validation.role_of(name, 2016)
        assert rows[name].group == ("telling" if role == "predicted" else role), name
        assert role in ("predicted", "fitted", "kin"), name
    assert rows["mean_tie_weight"].group == "telling"
    # All seats or within cells, chance makes many more partners than three.
    assert rows["mean_degree"].data == 3.0
    assert all(null.mean > 7.0 for null in rows["mean_degree"].nulls)
    # One of each country in each project: only the shuffle over all seats breaks that.
    free, within = rows["countries_mean"].nulls
    assert (free.kept, free.meets, within.kept, within.meets) == (False, False, True, True)
    for name in ("top10_share", "one_project_share", "gini_projects", "size_mean"):
        assert all(null.kept for null in rows[name].nulls), name


def test_a_table_made_by_chance_is_met(teams: pd.DataFrame) -> None:
    rows = rows_of(shuffled(teams, 77))
    for name in (*AGAIN, "transitivity", "mean_degree", "domestic_pair_share"):
        assert rows[name].nulls[0].meets, name
    # Chance within cells differs from chance over all seats where the mix of a project counts: here hardly.
    assert totals(list(rows.values())).telling.rows <= 1
    assert rows["mean_tie_weight"].group == "given"


def test_counts_add_up(teams: pd.DataFrame) -> None:
    rows = list(rows_of(teams, shuffles=3).values())
    t = totals(rows)
    predicted = [row for row in rows if row.role == "predicted"]
    assert t.predicted.rows == t.telling.rows + t.given.rows == len(predicted)
    assert t.telling.rows > 0
    assert t.given.rows > 0
    others = sum(row.role in ("size", "reference") for row in rows)
    assert t.predicted.rows + t.input.rows + t.fitted.rows + t.kin.rows + others == len(rows)
    # The windows are the data: all is inside.
    for count in (t.telling, t.given, t.input, t.fitted):
        assert (count.inside, count.outside) == (count.rows, 0)
    for kind in NULLS:
        met = sum(null.meets for row in predicted for null in row.nulls if null.kind == kind)
        assert t.nulls[kind] == met <= t.given.rows


def test_groups() -> None:
    no, yes = (null_cell(Null("all_seats", mean, mean, mean), 1.0) for mean in (0.5, 0.95))
    row = Row("x", "predicted", 1.0, 1.0, 0.9, 1.1)
    for nulls, group in (((no, no), "telling"), ((no, yes), "given"), ((yes, no), "given"), ((), "given")):
        assert dataclasses.replace(row, nulls=nulls).group == group
    assert dataclasses.replace(row, role="fitted", nulls=(no, no)).group == "fitted"


def test_the_band_of_a_null_follows_the_rule_of_the_windows() -> None:
    assert Null("all_seats", 1.0, 0.98, 1.3).band(0.1) == (0.9, 1.3)
    assert Null("all_seats", -1.0, -1.0, -1.0).band(0.1) == (-1.1, -0.9)
    missing = null_cell(Null("all_seats", np.nan, np.nan, np.nan), 2.0)
    assert not missing.meets
    assert not missing.kept


def test_means_and_ranges_over_shuffles() -> None:
    tables = [{"a": float(k), "b": np.nan} for k in range(41)]
    found = summarise({"all_seats": tables, "within_cells": [{"a": 3.0, "b": 1.0}] * 41})
    assert found["a"] == (Null("all_seats", 20.0, 1.0, 39.0), Null("within_cells", 3.0, 3.0, 3.0))
    assert np.isnan(found["b"][0].mean)
    assert found["b"][1].mean == 1.0


def test_shipped_nulls_cover_the_targets() -> None:
    nulls = load_nulls()
    for target in load_targets():
        kinds = [null.kind for null in target.nulls]
        assert kinds == ([] if target.name == "unfunded_distance_slope" else list(NULLS)), target.name
    assert set(nulls) <= {target.name for target in load_targets()}


def test_what_chance_explains_in_horizon_2020() -> None:
    targets = load_targets()
    rows = compare(targets, [{target.name: target.value for target in targets}])
    t = totals(rows)
    assert t.predicted.rows == 29
    # A shuffle without any behaviour meets most predicted rows.
    assert t.nulls == {"all_seats": 23, "within_cells": 25}
    assert {row.name for row in rows if row.group == "telling"} == {
        "transitivity", "assortativity", "repeated_pair_share_upto20", "prior_pair_share_by_year[2016]"
    }  # fmt: skip
    by_name = {row.name: row for row in rows}
    # Composition explains some of the repetition, not all: .034 by chance, .057 within cells, .091 in the data.
    free, within = by_name["repeated_pair_share"].nulls
    assert free.mean < 0.036 < 0.055 < within.mean < 0.059 < by_name["repeated_pair_share"].data
    assert by_name["domestic_pair_share"].nulls[0].mean == pytest.approx(by_name["country_hhi"].data, rel=0.02)


def test_the_text_tells_the_counts_apart() -> None:
    no, yes = (null_cell(Null("all_seats", mean, mean, mean), 1.0) for mean in (0.5, 1.0))
    rows = [
        Row("met", "predicted", 1.0, 1.0, 0.9, 1.1, nulls=(no,)),
        Row("wide", "predicted", 1.0, 1.0, 0.1, 1.9, nulls=(no,)),
        Row("missed", "predicted", 1.0, 2.0, 1.8, 2.2, nulls=(no,)),
        Row("chance", "predicted", 1.0, 2.0, 1.8, 2.2, nulls=(yes,)),
        Row("fed", "input", 1.0, 1.0, 0.9, 1.1, nulls=(yes,)),
        Row("set", "fitted", 1.0, 1.0, 0.9, 1.1, nulls=(no,)),
        Row("beside", "kin", 1.0, 2.0, 1.8, 2.2, nulls=(no,)),
        Row("organisations_by_type[HES]", "input", 100.0, 114.0, 102.0, 126.0, nulls=(yes,)),
        Row("organisations_by_type[REC]", "input", 100.0, 116.0, 104.0, 128.0, nulls=(yes,)),
        Row("led_from_predecessor", "reference", 0.21, 0.3, 0.2, 0.4, nulls=(no,)),
    ]
    text = " ".join(counts_text(rows).split())
    for words in (
        "1. Rows that say something: 2 of 3 inside. Outside: missed.",
        "1 of those inside have a band so wide",
        "2. Rows that come with the data's organisations: 0 of 1 inside. Outside: chance.",
        "Both shuffles keep 1 of these rows",
        "Input: 1 of 3 inside. Outside: organisations_by_type[HES], organisations_by_type[REC]. Fitted: 1 of 1 inside.",
        "4. Close kin of fitted rows: 0 of 1 inside. Outside: beside.",
        "Numbers of organisations of 1 of 2 types are within 15 % of the data.",
        "30 % are led by the coordinator of such a predecessor (Horizon 2020: 95 % interval 17 to 25 %).",
        "No shuffle meets 1 of the fitted rows.",
        "of all 4 predicted rows ecosim meets 2, a shuffle over all seats 1",
    ):
        assert words in text, text


def test_targets_without_nulls_are_not_counted_as_telling() -> None:
    t = totals(compare([Target("gini_money", 0.5, "predicted", "")], [{"gini_money": 0.5}]))
    assert (t.telling.rows, t.given.rows, t.nulls) == (0, 1, {})
