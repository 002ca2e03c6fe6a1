"""Who loses and who gains, by hand."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.countries import TABLE, by_country

DESIGN = pd.DataFrame(
    {"design_id": [0], "history_id": [0], "shock": ["rupture"], "policy": ["as today"], "reference": [True]}
)  # fmt: skip
#: Output a month of each replicate without and with the shock, by country.
TWIN = {"AUT": [10.0, 20.0], "BEL": [4.0, 4.0]}
SHOCKED = {"AUT": [5.0, 10.0], "BEL": [5.0, 6.0]}


def months(replicates=2, length=12):
    rows = []
    for arm, outputs in (("twin", TWIN), ("shocked", SHOCKED)):
        for replicate in range(replicates):
            for month in range(length):
                rows += [
                    {"design_id": None if arm == "twin" else 0, "history_id": 0, "replicate": replicate, "seed": 1,
                     "arm": arm, "month": 40 + replicate + month, "country": code, "output": values[replicate],
                     "collaboration": values[replicate] / 2}
                    for code, values in outputs.items()
                ]  # fmt: skip
    return pd.DataFrame(rows)


def test_changes_are_of_means_over_replicates():
    found = by_country(months(), DESIGN).set_index("country")
    assert found.loc["AUT", "output_twin"] == 15.0
    assert found.loc["AUT", "output_change"] == -7.5
    assert found.loc["AUT", "output_share"] == -0.5
    assert found.loc["BEL", "collaboration_change"] == pytest.approx(0.75)
    assert found.loc["BEL", "output_share"] == pytest.approx(0.375)
    # who loses most stands first
    assert found["rank"].to_dict() == {"AUT": 1, "BEL": 2}
    assert found["replicates"].eq(2).all()
    assert (found["output_share_low"] <= found["output_share"]).all()


def test_no_interval_says_that_more_is_lost_than_there_is():
    """A country that has much in one replicate, little in the others, and loses nearly all in each."""
    table = months()
    size = np.where(table["replicate"] == 0, 1.0, 100.0)
    left = np.where(table["arm"] == "shocked", 0.1, 1.0)
    table["output"] = size * left
    found = by_country(table, DESIGN)
    np.testing.assert_allclose(found[["output_share", "output_share_low", "output_share_high"]], -0.9)
    # half of the replicates lose nothing: as far apart as that
    table["output"] = np.where(table["replicate"] == 0, 1.0, size * left)
    found = by_country(table, DESIGN)
    np.testing.assert_allclose(found["output_share_low"], -0.9)
    np.testing.assert_allclose(found["output_share_high"], 0.0)


def test_a_country_that_does_nothing_has_no_share():
    found = by_country(months().assign(output=0.0), DESIGN)
    assert found[["output_share", "output_share_low", "output_share_high"]].isna().all(axis=None)


def test_a_run_without_its_twin_is_left_out():
    table = months()
    lost = table[~((table["arm"] == "twin") & (table["replicate"] == 1))]
    found = by_country(lost, DESIGN).set_index("country")
    assert found.loc["AUT", "output_twin"] == 10.0
    assert found["replicates"].eq(1).all()
    assert np.isnan(found["output_share_low"]).all()


def test_means_over_replicates_give_the_same_without_intervals():
    table = months()
    since = table["month"] - 40 - table["replicate"]
    means = (
        table.assign(months_since_announcement=since, replicates=2)
        .groupby(["design_id", "history_id", "arm", "months_since_announcement", "country"], dropna=False)
        .mean(numeric_only=True).reset_index().drop(columns=["replicate", "seed", "month"])
    )  # fmt: skip
    one, other = by_country(table, DESIGN), by_country(means, DESIGN)
    for name in ("output_twin", "output_change", "output_share", "collaboration_change"):
        np.testing.assert_allclose(one[name], other[name])
    assert other["output_share_low"].isna().all()
    assert other["replicates"].eq(2).all()


def test_nothing_kept_says_nothing():
    assert list(by_country(pd.DataFrame(), DESIGN)) == list(TABLE)
    assert by_country(months(), DESIGN.assign(shock=None)).empty
    assert by_country(months().query("arm == 'twin'"), DESIGN).empty
