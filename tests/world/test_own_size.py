"""Worlds at their own size: what is known of a country's research decides, not what one programme saw of it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pydantic import ValidationError

from ecosim.config.world import OwnSizeConfig, WorldConfig
from ecosim.world import ORGANISATION_TYPES, load_world
from ecosim.world.own_size import FIFTHS, RD_SECTORS, hidden_pairs, rd_mix, works_between
from ecosim.world.presets import programme_world
from ecosim.world.tables import read_tables

WORLD = load_world(WorldConfig(preset="global"))
PROGRAMME = programme_world()
TABLES = read_tables()


def of(world, code, values):
    return values[world.country_index(code)]


def test_every_country_has_as_many_organisations_for_each_researcher() -> None:
    each = WORLD.organisations.sum(axis=1) / WORLD.researchers_thousand
    large = WORLD.researchers_thousand > 20.0
    np.testing.assert_allclose(each[large], each[WORLD.country_index("DEU")], rtol=0.03)
    member = PROGRAMME.programme_standing >= 1.0
    # The programme's members together keep as many as it found there.
    assert WORLD.organisations[member].sum() == pytest.approx(PROGRAMME.organisations[member].sum(), rel=0.01)
    assert (
        of(PROGRAMME, "USA", PROGRAMME.organisations).sum() < 100 < 7000 < of(WORLD, "USA", WORLD.organisations).sum()
    )
    assert (WORLD.organisations.sum(axis=1) >= 1).all()


def test_types_follow_who_does_the_research() -> None:
    firms = WORLD.organisations[:, ORGANISATION_TYPES.index("PRC")] / WORLD.organisations.sum(axis=1)
    business = rd_mix(TABLES["rd_by_sector"], WORLD.countries)[:, RD_SECTORS.index("business")]
    assert of(WORLD, "KOR", business) > 0.7 > 0.5 > of(WORLD, "PRT", business)
    assert of(WORLD, "KOR", firms) > of(WORLD, "DEU", firms) > of(WORLD, "PRT", firms)
    # Countries that the statistics do not list are imputed, and said to be.
    assert {"CHN", "IND", "BRA"} <= set(WORLD.imputed["rd_by_sector"])
    assert not {"DEU", "USA", "JPN"} & set(WORLD.imputed["rd_by_sector"])


def test_rows_of_spending_by_sector_sum_to_one() -> None:
    mix = rd_mix(TABLES["rd_by_sector"], WORLD.countries)
    np.testing.assert_allclose(mix.sum(axis=1), 1.0, atol=1e-5)
    assert (mix >= 0.0).all()


def test_who_publishes_more_abroad_for_each_researcher_has_more_active_organisations() -> None:
    active = WORLD.participations.sum(axis=1) / WORLD.organisations.sum(axis=1)
    assert of(WORLD, "CHE", active) > 1.5 * of(WORLD, "DEU", active) > 1.5 * of(WORLD, "CHN", active)


def test_the_programme_stays_what_it_was() -> None:
    changed = {"name", "own_size", "copublications", "organisations", "participations", "may_be_target"}
    for field in dataclasses.fields(WORLD):
        if field.name not in changed:
            one, other = getattr(WORLD, field.name), getattr(PROGRAMME, field.name)
            assert np.array_equal(one, other), field.name
    assert of(WORLD, "CHN", WORLD.may_be_target)
    assert not of(PROGRAMME, "CHN", PROGRAMME.may_be_target)


def test_years_fed_in() -> None:
    earlier = load_world(WorldConfig(preset="global", own_size={"first_year": 2009, "last_year": 2013}))
    # Two ways to the same numbers: the table of pairs has the mean of these years.
    np.testing.assert_allclose(earlier.copublications, PROGRAMME.copublications, rtol=1e-5, atol=1e-3)
    ratio = [world.copublications[world.country_index("USA"), world.country_index("CHN")]
             / world.copublications[world.country_index("DEU"), world.country_index("FRA")]
             for world in (earlier, WORLD)]  # fmt: skip
    assert ratio == pytest.approx([2.8, 4.3], abs=0.1)
    one = works_between(TABLES["copublications"], WORLD.countries, 2019, 2019)
    assert (one == np.rint(one)).all()
    assert (one == one.T).all()
    with pytest.raises(ValidationError, match="first_year=2016 lies after last_year=2015"):
        OwnSizeConfig(first_year=2016, last_year=2015)


def test_every_pair_is_hidden_in_one_fifth_and_in_the_same_in_every_world() -> None:
    counted = sum(hidden_pairs(WORLD.countries, fifth).astype(int) for fifth in range(1, FIFTHS + 1))
    np.testing.assert_array_equal(counted, 1 - np.eye(WORLD.n_countries, dtype=int))
    shares = [hidden_pairs(WORLD.countries, fifth).mean() for fifth in range(1, FIFTHS + 1)]
    np.testing.assert_allclose(shares, 0.2, atol=0.03)
    whole = load_world(WorldConfig(preset="global", own_size={"hidden_fifth": 2}))
    part = load_world(
        WorldConfig(preset="global", countries=("CHN", "DEU", "USA", "FRA"), own_size={"hidden_fifth": 2})
    )
    at = [whole.country_index(code) for code in part.countries]
    np.testing.assert_array_equal(part.hidden_pairs, whole.hidden_pairs[np.ix_(at, at)])
    assert WORLD.hidden_pairs.size == 0


@pytest.mark.parametrize("preset", ["europe", "classroom"])
def test_other_worlds_are_those_of_the_programme(preset: str) -> None:
    world = load_world(WorldConfig(preset=preset))
    told = load_world(WorldConfig(preset=preset, own_size={"first_year": 2009, "last_year": 2009, "hidden_fifth": 1}))
    assert world is told
    assert not world.own_size
    assert np.array_equal(world.research_share, world.participation_share)
    germany = of(world, "DEU", world.organisations)
    assert np.array_equal(germany, of(PROGRAMME, "DEU", PROGRAMME.organisations))


def test_a_part_of_the_world_keeps_its_size() -> None:
    part = load_world(WorldConfig(preset="global", countries=("USA", "CHN", "DEU")))
    assert part.own_size
    for code in part.countries:
        assert np.array_equal(of(part, code, part.organisations), of(WORLD, code, WORLD.organisations))
    assert part.may_be_target.all()
    assert part.research_share.sum() == pytest.approx(1.0)
