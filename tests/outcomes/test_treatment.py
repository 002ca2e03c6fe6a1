"""The treatment as realised, counted another way: from the partnerships themselves, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.outcomes.treatment import REALISED
from tests.models import finished, small


def test_countries_and_members_are_those_of_the_consortia_funded_during_observation() -> None:
    model = finished(programme__countries_per_consortium=[2, 3], world__scale=0.05)
    found = model.treatment()
    assert set(found) == set(REALISED)
    state = model.state
    countries, members = [], []
    for row in state.partnerships.used:
        if row["funder"] < 0 or row["proposed_month"] < 24:
            continue
        first = row["first_seat"]
        at = state.seats.used["partnership"][first : first + row["seats"]]
        assert len(set(at.tolist())) == 1
        countries.append(int(row["countries"]))
        members.append(int(row["seats"]))
    assert len(countries) > 30
    assert found["realised_countries"] == pytest.approx(np.mean(countries))
    assert found["realised_members"] == pytest.approx(np.mean(members))
    assert 2.0 <= found["realised_countries"] <= 3.0
    assert found["realised_paid_ahead"] == model.config.programme.prefinancing


def test_a_rule_of_many_countries_realises_no_more_than_there_are_seats() -> None:
    # Consortia of the data, many of which have fewer than eight members: that is the point of printing it.
    found = finished(world__preset="europe", world__scale=0.01, programme__countries_per_consortium=[8, 11]).treatment()
    assert found["realised_countries"] < found["realised_members"]
    assert 6.0 < found["realised_countries"] < 9.0


@pytest.mark.parametrize("gap", [3, 12, 30])
def test_calls_are_as_far_apart_as_realised(gap: int) -> None:
    found = finished(programme__months_between_calls=gap, timeline__response_months=90, world__scale=0.05).treatment()
    assert found["realised_months_between_calls"] == gap
    assert found["realised_longest_gap_months"] == gap


def test_the_observed_calendar_shows_its_uneven_gaps() -> None:
    found = finished(world__scale=0.05).treatment()
    assert 1.0 <= found["realised_months_between_calls"] < 3.0
    assert found["realised_longest_gap_months"] > found["realised_months_between_calls"]


def test_before_anything_is_funded_nothing_was_realised() -> None:
    found = small().treatment()
    assert all(np.isnan(value) for name, value in found.items() if name != "realised_paid_ahead")


def test_rules_of_before_a_reform_are_not_its_treatment() -> None:
    model = finished(
        timeline__start="2012-01", policy__start="2014-01", programme__months_between_calls=12, world__scale=0.05
    )
    assert model.treatment()["realised_months_between_calls"] == 12
