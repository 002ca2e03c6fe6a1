"""Who pays what: the programme's table holds the programme alone, other funders' money stands beside it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import ecosim
from ecosim.channels.handles import Handles
from ecosim.lab import api
from ecosim.lab.compose import compose_plain, make_request
from ecosim.model import Ecosystem
from ecosim.partnerships.participations import COLUMNS, GRANT_COLUMNS
from ecosim.tables import GRANTED
from tests.models import SMALL, to_the_end, with_handles

EXCLUSION = {"targets": ["DEU"], "severity": 1.0, "effective_after_months": 0, "running_grants_end": True}


@cache
def stepped_in() -> Ecosystem:
    """Germany is excluded, and its agency pays its organisations' part."""
    return to_the_end(
        Ecosystem(
            **{
                **SMALL,
                "world.scale": 0.05,
                "timeline.response_months": 48,
                "shocks": {"programme_exclusion": EXCLUSION},
            },
            funders={"agencies": {"kind": "national_agency"}},
            decisions={"agencies_step_in": {"acts_after_months": 0}},
        )
    )


def test_the_two_tables_hold_all_that_is_granted_and_nothing_twice() -> None:
    model = stepped_in()
    programme, others = model.participations(), model.grants()
    assert tuple(programme.columns) == COLUMNS
    assert tuple(others.columns) == GRANT_COLUMNS
    rows = model.state.partnerships.used
    left = np.zeros(len(rows), dtype=bool)
    left[model.state.departures.used["partnership"]] = True
    untouched = np.flatnonzero((rows["funder"] >= 0) & (rows["status"] != GRANTED) & ~left)
    assert len(untouched) > 100
    both = pd.concat([programme, others]).groupby("project")["ec_contribution"].sum()
    assert both[untouched + 1].to_numpy() == pytest.approx(rows["grant_cents"][untouched] / 100.0, abs=0.3)
    assert (rows["funder"][programme["project"] - 1] == 0).all()
    keys = pd.concat([programme.assign(funder="programme"), others])[["project", "organisation", "funder", "role"]]
    # Who left may have come back on another seat.
    assert not keys[keys["project"].isin(untouched + 1)].duplicated().any()


def test_what_agencies_pay_in_the_programmes_projects_is_seen_there_and_not_counted_as_the_programmes() -> None:
    model = stepped_in()
    others = model.grants()
    abroad = others[others["project_of"] == "programme"]
    assert len(abroad) > 20
    assert set(abroad["funder"]) == {"agencies"}
    assert set(abroad["funder_country"]) == set(abroad["country"]) == {"DE"}
    seats = model.state.seats.used
    started = model.state.partnerships.used["status"][seats["partnership"]] != GRANTED
    promised = seats["other_cents"][started].sum() / 100.0
    assert abroad["ec_contribution"].sum() == pytest.approx(promised, rel=0.25)
    assert abroad["ec_contribution"].sum() <= promised + 0.01 * len(abroad)
    # In projects agreed after the exclusion the programme pays these members nothing.
    first = np.datetime64(f"{model.setting.first_year}-{model.setting.first_calendar_month + 1:02d}", "M")
    effective = first + np.timedelta64(model.announcement_month + 9, "M")
    mine = model.participations().query("country == 'DE'")
    late = mine[mine["start_date"] >= effective.astype("datetime64[ns]")]
    assert len(late) > 5
    assert (late["ec_contribution"] == 0.0).all()


def test_grants_of_an_agency_are_its_own_countrys() -> None:
    others = stepped_in().grants()
    own = others[others["project_of"] == "agencies"]
    assert (own["funder_country"] == own["country"]).all()
    assert len(set(own["country"])) == 5


def test_a_run_writes_the_table_only_where_there_are_other_funders(tmp_path) -> None:
    for funders in ("[]", "[national_agency]"):
        words = ["world=classroom", "world.scale=0.01", "timeline.response_months=24", "runner.processes=0",
                 f"output.folder={tmp_path}", "output.figures=false", f"funders={funders}"]  # fmt: skip
        result, folder = api.run_and_store(make_request(compose_plain(words)), quiet=True)
        written = folder / "grants.parquet"
        assert written.exists() == (funders != "[]") == (result.grants is not None)
    assert result.grants is not None
    pd.testing.assert_frame_equal(pd.read_parquet(written), result.grants)
    # It is sealed: a changed byte is found.
    ecosim.load(folder)
    content = bytearray(written.read_bytes())
    content[100] ^= 1
    written.write_bytes(bytes(content))
    with pytest.raises(ecosim.InputError, match=r"grants\.parquet"):
        ecosim.load(folder)


def test_a_delay_of_a_few_days_is_not_rounded_away() -> None:
    """Of eight months to a grant 3 % are a quarter of one."""

    def waits(longer: float) -> np.ndarray:
        def slow(handles: Handles) -> None:
            handles.friction_start[:] = longer

        rows = with_handles(slow).advance(40).state.partnerships.used
        return (rows["start_month"] - rows["proposed_month"])[(rows["funder"] >= 0) & (rows["proposed_month"] >= 0)]

    to_grant = Ecosystem(**SMALL).config.programme.time_to_grant_months
    assert set(waits(1.0)) == {to_grant}
    waited = waits(1.03)
    assert set(waited) == {to_grant, to_grant + 1}
    assert abs(waited.mean() - 1.03 * to_grant) < 4.0 * waited.std() / np.sqrt(len(waited))
