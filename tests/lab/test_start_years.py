"""Partnerships by country and start year: the same consortia that the participation table holds."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.start_years import COUNTED, SHARES, TABLE, by_start_year
from ecosim.lab import api
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.start_years import by_start_year as of_run
from ecosim.report.results import load
from tests.models import finished, small

WORDS = (
    "world=classroom", "world.scale=0.01", "timeline.burn_in_months=24", "timeline.calm_months=12",
    "timeline.calm_jitter_months=0", "timeline.response_months=24", "shocks=[programme_exclusion]",
    "shocks.programme_exclusion.targets=[GBR]", "output.figures=false", "runner.processes=0",
)  # fmt: skip


def table_of(model, first):
    found = of_run(model, first)
    codes = found.pop("countries")
    found["country"] = [codes[place] for place in found["country"]]
    return pd.DataFrame(found).set_index(["start_year", "country"])


@pytest.fixture(scope="module")
def model():
    return finished()


def test_members_and_money_are_those_of_the_participation_table(model):
    found = table_of(model, 0)
    rows = model.participations()
    world = model.setting.world
    iso3 = dict(zip(world.cordis_codes, world.countries, strict=True))
    rows = rows.assign(start_year=rows["start_date"].dt.year, country=rows["country"].map(iso3))
    groups = rows.groupby(["start_year", "country"])
    for name, by_hand in (
        ("members", groups.size()),
        ("partnerships", groups["project"].nunique()),
        ("led", groups["role"].agg(lambda roles: (roles == "coordinator").sum())),
        ("grant_eur", groups["ec_contribution"].sum()),
    ):
        np.testing.assert_allclose(found[name], by_hand.reindex(found.index).fillna(0.0), rtol=1e-5, atol=0.01)
        assert found[name].sum() > 0
    # some members left on the way, and some partnerships have no grant
    assert model.state.departures.n > 0
    assert found["partnerships_unfunded"].sum() > 0


def test_shares_are_those_of_the_programme_alone(model):
    from ecosim.evidence.case_windows import shares_by_start_year

    # an agency pays for its excluded organisations, and gives grants of its own
    with_agency = finished(
        funders={"national_agency": {}}, decisions={"agencies_step_in": {"acts_after_months": 0}},
        shocks={"programme_exclusion": {"targets": ["DEU"], "effective_after_months": 0}}, world__scale=0.05,
    )  # fmt: skip
    found = table_of(with_agency, 0)
    years = sorted(found.index.get_level_values("start_year").unique())
    world = with_agency.setting.world
    by_table = shares_by_start_year(with_agency.participations(), years)
    for name in SHARES:
        for code, short in zip(world.countries, world.cordis_codes, strict=True):
            for year in years:
                by_hand = by_table[name].get((short, year), 0.0) / 100.0
                assert found.loc[(year, code), name] == pytest.approx(by_hand, abs=1e-5), (name, code, year)
    last = found.loc[years[-1]]
    assert last["participation_share"].sum() == pytest.approx(1.0, abs=1e-5)
    assert last.loc["DEU", "unpaid_share"] > 0.9
    assert last.loc["DEU", "participation_share"] > 0.0
    assert last.loc["DEU", ["money_share", "coordination_share"]].max() == pytest.approx(0.0, abs=1e-4)
    # without other funders all members count
    plain = table_of(model, 0)
    share = plain["members"] / plain.groupby("start_year")["members"].transform("sum")
    np.testing.assert_allclose(plain["participation_share"], share, atol=1e-5)


def test_those_that_started_before_are_left_out(model):
    whole, later = table_of(model, 0), table_of(model, 24)
    first = model.setting.first_year + (model.setting.first_calendar_month + 24) // 12
    assert later.index.get_level_values("start_year").min() == first
    after = whole[whole.index.get_level_values("start_year") > first]
    pd.testing.assert_frame_equal(after, later.loc[after.index])


def test_every_country_stands_in_every_year(model):
    found = table_of(model, 0)
    assert len(found) == found.index.get_level_values("start_year").nunique() * 5


# ---------------------------------------------------------------------------------------------- beside the twin


def made(arm, design_id, replicate, members):
    return pd.DataFrame(
        {"design_id": design_id, "history_id": 0, "replicate": replicate, "seed": 1, "arm": arm, "start_year": 2014,
         "country": ["AUT", "BEL"], **dict.fromkeys(COUNTED, 1.0), "members": members}
    )  # fmt: skip


DESIGN = pd.DataFrame(
    {"design_id": [0], "history_id": [0], "shock": ["rupture"], "policy": ["as today"], "reference": [True]}
)  # fmt: skip


def test_changes_are_paired_by_replicate():
    table = pd.concat([
        made("twin", None, 0, [10.0, 4.0]), made("shocked", 0, 0, [5.0, 5.0]),
        made("twin", None, 1, [20.0, 4.0]), made("shocked", 0, 1, [12.0, 4.0]),
        # without its twin, it is left out
        made("shocked", 0, 2, [99.0, 99.0]),
    ], ignore_index=True)  # fmt: skip
    found = by_start_year(table, DESIGN).set_index("country")
    assert found["members_twin"].to_dict() == {"AUT": 15.0, "BEL": 4.0}
    assert found["members_shocked"].to_dict() == {"AUT": 8.5, "BEL": 4.5}
    assert found["members_change"].to_dict() == {"AUT": -6.5, "BEL": 0.5}
    assert found["replicates"].tolist() == [2, 2]


def test_without_shocks_the_twin_stands_alone():
    found = by_start_year(made("twin", None, 0, [10.0, 4.0]), DESIGN.assign(shock=None))
    assert found["members_twin"].tolist() == [10.0, 4.0]
    assert found["members_change"].isna().all()


def test_nothing_kept_says_nothing():
    assert list(by_start_year(pd.DataFrame(), DESIGN)) == list(TABLE)


# ---------------------------------------------------------------------------------------------- folders


def test_a_run_writes_its_tables_by_country(tmp_path):
    request = make_request(compose_plain([*WORDS, f"output.folder={tmp_path}"]))
    result, folder = api.run_and_store(request, quiet=True)
    read = load(folder)
    for name, table, in_memory in (
        ("by_country.csv", read.by_country, result.by_country),
        ("by_start_year.csv", read.by_start_year, result.by_start_year),
    ):
        assert (folder / name).exists()
        pd.testing.assert_frame_equal(table, in_memory, check_dtype=False, rtol=1e-5)
        assert len(pd.read_csv(folder / name)) == len(table)
    gbr = read.by_start_year.query("country == 'GBR'").set_index("start_year")
    # shut out: nobody from there starts once the law is in force
    assert gbr["members_change"].iloc[-1] < 0
    assert set(read.start_years["arm"]) == {"twin", "placebo", "shocked"}
    months = read.countries
    assert {"month", "country", "collaboration", "output"} <= set(months)
    assert len(months) == len(result.months_by_country)


@pytest.mark.slow
def test_a_sweep_keeps_them_too_and_resumes_to_the_same(tmp_path):
    words = [*WORDS, "experiment.name=years", "experiment.replicates=2", f"output.folder={tmp_path}"]
    first = api.run_sweep(make_request(compose_plain(words)), quiet=True)
    assert (first.folder / "by_start_year.csv").exists()
    assert set(first.by_start_year["replicates"]) == {2}
    assert first.start_years.groupby(["arm", "replicate"]).size().nunique() == 1
    content = (first.folder / "start_years.parquet").read_bytes()
    # a damaged table is set aside, and its histories run again
    (first.folder / "start_years.parquet").write_bytes(content[:-100])
    again = api.run_sweep(make_request(compose_plain(words)), quiet=True)
    pd.testing.assert_frame_equal(again.start_years, first.start_years)


def test_nothing_is_kept_where_nothing_is_wanted(tmp_path):
    words = [*WORDS, "experiment.name=years", "output.countries=none", f"output.folder={tmp_path}"]
    result = api.run_sweep(make_request(compose_plain(words)), quiet=True)
    assert result.start_years.empty
    assert not (result.folder / "by_start_year.csv").exists()


def test_points_that_every_policy_met_are_pooled(tmp_path):
    words = [
        *WORDS, "experiment.name=points", "experiment.replicates=1", "experiment.design=latin_hypercube",
        "experiment.points=2", "experiment.uncertainties={behaviour.trust.gain: [0.1, 0.4]}",
        "experiment.factors={programme.tranches: [2, 3]}", f"output.folder={tmp_path}",
    ]  # fmt: skip
    result = api.run_sweep(make_request(compose_plain(words)), quiet=True)
    table = result.by_start_year
    # a row per policy, country and year, whatever the number of points
    assert not table.duplicated(["policy", "shock", "country", "start_year"]).any()
    assert set(table["replicates"]) == {2}
    assert result.covered["programme_exclusion"][0].enough


def test_where_nothing_has_started_shares_are_nothing(model):
    early = small()
    early.step()
    found = of_run(early, 0)
    assert all((found[name] == 0.0).all() for name in SHARES)
