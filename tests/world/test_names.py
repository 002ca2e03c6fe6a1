from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from ecosim.config.world import WorldConfig
from ecosim.errors import InputError
from ecosim.instruments.visa_facilitation import VisaFacilitation
from ecosim.scenario import Scenario
from ecosim.world import load_world
from ecosim.world.names import as_countries, blocs_in, countries_named, country_code, country_mask
from ecosim.world.tables import bloc_members, read_tables
from tests.worlds import small_world

EUROPE = load_world(WorldConfig(preset="europe"))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("DEU", "DEU"), ("de", "DEU"), ("Germany", "DEU"), (" germany ", "DEU"),
        ("UK", "GBR"), ("GB", "GBR"), ("United Kingdom", "GBR"), ("EL", "GRC"), ("GR", "GRC"),
        ("NO", "NOR"), (False, "NOR"), ("Türkiye", "TUR"), ("Turkiye", "TUR"), ("Turkey", "TUR"),
        ("the Netherlands", "NLD"), ("Bosnia and Herzegovina", "BIH"), ("USA", "USA"), ("rest of the world", "ROW"),
    ],
)  # fmt: skip
def test_one_country_in_every_spelling(written: Any, code: str) -> None:
    assert country_code(written) == code


def test_every_country_of_the_tables_by_every_name() -> None:
    table = read_tables()["countries"]
    for column in ("iso3", "cordis_code", "name"):
        assert [country_code(text.lower()) for text in table.words(column)] == table.words("iso3")


def test_what_is_not_known_is_left_for_the_world_to_refuse() -> None:
    assert country_code("xaa") == "XAA"
    assert country_code("Atlantis") == "Atlantis"
    assert country_code(7) == 7
    assert country_code("bloc:Five Eyes") == country_code("BLOC:five-eyes") == "bloc:five_eyes"


def test_a_field_keeps_its_words_one_country_or_a_list() -> None:
    assert as_countries("ALL", "all") == "all"
    assert as_countries("UK", "all") == ("GBR",)
    assert as_countries(["NO", False, "el"], "all") == ("NOR", "NOR", "GRC")
    assert as_countries(False) == ("NOR",)
    assert as_countries(None) is None


def test_a_scenario_keeps_iso_3_wherever_countries_are_asked_for() -> None:
    scenario = Scenario(
        world={"countries": ["UK", False, "Germany"]},
        shocks={"diplomatic_rupture": {"targets": ["EL", "bloc:EU"], "counterparts": "us"}},
        instruments={"visa_facilitation": {"senders": "Norway", "hosts": ["ch"]}},
    )  # fmt: skip
    shock: Any = scenario.shocks["diplomatic_rupture"]
    instrument = scenario.instruments["visa_facilitation"]
    assert scenario.world.countries == ("GBR", "NOR", "DEU")
    assert (shock.targets, shock.counterparts) == (("GRC", "bloc:eu"), ("USA",))
    assert (instrument.senders, instrument.hosts) == (("NOR",), ("CHE",))
    assert Scenario.model_validate(scenario.model_dump()) == scenario


def test_a_world_of_some_countries_in_any_spelling() -> None:
    assert load_world(WorldConfig(countries=("CHE", "GBR"))) is load_world(WorldConfig(countries=("ch", "UK")))
    five = load_world(WorldConfig(preset="global", countries=("bloc:five_eyes", "DE"))).countries
    assert five == ("AUS", "CAN", "DEU", "GBR", "NZL", "USA")
    with pytest.raises(InputError, match="given twice"):
        load_world(WorldConfig(countries=("GBR", "UK")))


def test_a_bloc_is_a_membership_of_the_table_in_the_year_of_the_facts() -> None:
    blocs = blocs_in(EUROPE)
    assert set(blocs["eu"]) == bloc_members("EU", 2014)
    assert "GBR" in blocs["eu"]
    assert blocs["five_eyes"] == ("AUS", "CAN", "GBR", "USA")
    assert blocs["sco"] == ("CHN", "RUS")
    assert all("ROW" not in members and members for members in blocs.values())
    assert countries_named("k", ["bloc:efta", "CHE", "DE"], EUROPE) == ("CHE", "ISL", "NOR", "DEU")


@pytest.mark.parametrize("preset", ["classroom", "europe", "global"])
def test_no_bloc_of_the_partition_takes_the_name_of_a_membership(preset: Any) -> None:
    world = load_world(WorldConfig(preset=preset))
    blocs = blocs_in(world)
    here = set(world.countries)
    for name in dict.fromkeys(read_tables()["blocs"].words("bloc")):
        assert set(blocs.get(name.lower(), ())) == bloc_members(name, 2014) & here, name


def test_made_up_countries_have_names_and_blocs_too() -> None:
    world = load_world(WorldConfig(preset="synthetic", n_countries=9))
    assert countries_named("k", ["Country 2", "xac", "A0"], world) == ("XAB", "XAC", "XAA")
    named = countries_named("k", ["bloc:Bloc 1"], world)
    assert [world.country_index(code) for code in named] == np.flatnonzero(world.bloc == 0).tolist()


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["GER"], "k=GER: no such country in world 'europe'; allowed: all, bloc:NAME, countries by code or name: AUS,"),
        (["GER"], "did you mean Germany?"),
        (["Frnace"], "did you mean France?"),
        (["DEX"], "did you mean DEU?"),
        (["JPN"], "k=JPN: no such country in world 'europe'"),
        (["bloc:ue"], "k=bloc:ue: no such bloc in world 'europe'; allowed: bloc:african_union, "),
        (["bloc:asean"], "no such bloc in world 'europe'"),
        (["bloc:efts"], "did you mean bloc:efta?"),
        ([], "names no country"),
    ],
)
def test_a_wrong_name_is_one_clear_line(names: list[str], line: str) -> None:
    with pytest.raises(InputError) as error:
        countries_named("k", names, EUROPE, words=("all",))
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_the_rest_and_blocs_count_only_where_they_may() -> None:
    assert countries_named("k", ["ROW"], EUROPE) == ("ROW",)
    with pytest.raises(InputError, match="k=ROW: no such country"):
        countries_named("k", ["ROW"], EUROPE, rest=False)
    with pytest.raises(InputError, match="k=bloc:eu: no such country"):
        countries_named("k", ["bloc:eu"], EUROPE, blocs=False)


def test_a_mask_is_read_only_and_knows_blocs() -> None:
    world = small_world()
    assert country_mask("all", world).all()
    assert country_mask(("bloc:efta", "USA"), world).tolist() == [False, False, False, True, True, False]
    with pytest.raises(ValueError, match="read-only"):
        country_mask("all", world)[0] = False


def test_instruments_aim_at_blocs() -> None:
    world = small_world()
    aimed = VisaFacilitation(senders=["bloc:eu"], hosts=["US"]).pairs(world)
    assert np.argwhere(aimed).tolist() == [[0, 4], [1, 4], [2, 4]]


def test_names_are_read_without_compiling_anything() -> None:
    code = "import sys; from ecosim.world.names import country_code; assert country_code('UK') == 'GBR'; "
    subprocess.run([sys.executable, "-c", code + "assert 'numba' not in sys.modules"], check=True)
