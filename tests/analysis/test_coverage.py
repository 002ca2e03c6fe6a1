"""What is hardly simulated costs nothing when it is lost, and says nothing about what it is in the facts."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.coverage import (
    LEAST_COVERED,
    LEAST_MISSING,
    Coverage,
    coverage_of,
    coverage_rows,
    is_thin,
    listed,
    silences,
)

CODES = ("AUT", "BEL", "CHN")


def made(**shares):
    return Coverage("rupture", "member_country", shares)


def rows(hit, facts, simulated, replicate=0):
    found = coverage_rows("rupture", "member_country", CODES, hit, facts, simulated)
    return pd.DataFrame({**found, "history_id": 0, "replicate": replicate})


def test_the_line_is_a_third():
    assert pytest.approx(1 / 3) == LEAST_COVERED
    assert is_thin(0.3, 0.0999)
    assert not is_thin(0.3, 0.1)
    # what the facts do not have cannot be missing
    assert not is_thin(0.0, 0.0)


def test_a_country_that_is_hardly_there_gets_no_verdict():
    one = made(CHN=(0.16, 0.005))
    assert not one.enough
    assert one.words("losing China") == (
        "No verdict on losing China: China has 0.5 % of the simulated joint work, beside 16.0 % of co-publications in "
        "the facts, less than a third of it."
    )
    assert made(CHN=(0.16, 0.06)).words() == (
        "Coverage: China has 6.0 % of the simulated joint work, beside 16.0 % of co-publications in the facts."
    )


def test_a_large_country_does_not_hide_that_another_is_missing():
    # together more than a third is there, and yet what China is to it is not said
    assert not made(DEU=(0.12, 0.20), CHN=(0.15, 0.003)).enough
    assert made(DEU=(0.12, 0.20), CHN=(0.15, 0.003)).missing == ("CHN",)


def test_a_bloc_is_not_silenced_by_its_smallest_members():
    assert LEAST_MISSING == 0.1
    assert made(DEU=(0.5, 0.5), MLT=(0.05, 0.0)).enough
    assert not made(DEU=(0.5, 0.5), MLT=(0.06, 0.0)).enough


def test_shares_are_of_the_world_and_of_the_partner():
    facts = np.array([[0, 6, 2], [6, 0, 2], [2, 2, 0]], dtype=float)
    simulated = np.array([[0, 8, 0], [8, 0, 2], [0, 2, 0]], dtype=float)
    hit = np.zeros((3, 3), dtype=bool)
    hit[:2, 2] = True
    table = pd.concat([rows(hit, facts, simulated, replicate) for replicate in (0, 1)])
    (world,) = coverage_of(table)
    assert world.shares == {"CHN": pytest.approx((4 / 20, 2 / 20))}
    assert world.enough
    # Austria works with it in the facts and not in the simulated world; Belgium does in both
    (austria,) = coverage_of(table, "AUT")
    assert austria.shares == {"CHN": pytest.approx((2 / 8, 0.0))}
    assert not austria.enough
    assert "simulated for Austria" in austria.words()
    (belgium,) = coverage_of(table, "BEL")
    assert belgium.shares == {"CHN": pytest.approx((2 / 8, 2 / 10))}
    # to the country hit, its own part of the world is what counts
    (china,) = coverage_of(table, "CHN")
    assert china.shares == world.shares


def test_replicates_in_which_others_are_drawn_are_weighed_together():
    facts = simulated = np.array([[0, 6, 2], [6, 0, 2], [2, 2, 0]], dtype=float)
    first, second = np.zeros((3, 3), dtype=bool), np.zeros((3, 3), dtype=bool)
    first[:2, 2] = second[1:, 0] = True
    table = pd.concat([rows(first, facts, simulated, 0), rows(second, facts, simulated, 1)])
    (world,) = coverage_of(table)
    assert world.shares == {"CHN": pytest.approx((2 / 20, 2 / 20)), "AUT": pytest.approx((4 / 20, 4 / 20))}


def test_facts_that_count_nothing_say_nothing():
    nothing = np.zeros((3, 3))
    hit = np.ones((3, 3), dtype=bool)
    assert coverage_rows("rupture", "member_country", CODES, hit, nothing, nothing)["shock"] == []


def test_many_countries_are_counted():
    assert listed(["AUT"]) == "Austria"
    assert listed(["AUT", "BEL"]) == "Austria and Belgium"
    assert listed(["AUT", "BEL", "CHE", "DEU", "ESP"]) == "Austria, Belgium, Switzerland and 2 more countries"


def test_a_thin_target_silences_its_own_shock_and_not_all_that_act_with_it():
    thin, covered = made(UKR=(0.003, 0.0001)), made(RUS=(0.01, 0.008))
    assert silences([thin])
    assert not silences([covered])
    assert not silences([])
    assert not silences([covered, covered, thin])
    # most of what is hit must be there
    assert silences([covered, made(CHN=(0.16, 0.005))])
    assert silences([made(RUS=(0.01, 0.008)), made(UKR=(0.021, 0.0001))])
    assert not silences([made(RUS=(0.01, 0.008)), made(UKR=(0.019, 0.0001))])
