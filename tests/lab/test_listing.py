"""What ``ecosim list`` shows, and of it only what is asked for."""

import pytest

from ecosim.catalogue.cards import preset_of
from ecosim.catalogue.families import FAMILIES
from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.instruments import REGISTRY as INSTRUMENTS
from ecosim.lab.compose import compose
from ecosim.lab.listing import listing
from ecosim.shocks import REGISTRY as SHOCKS
from ecosim.world.facts import SECTORS
from ecosim.world.names import countries_named
from ecosim.world.tables import read_tables


def names(*words, **options):
    return [line.split()[0] for line in listing(*words, **options)]


def test_countries_are_those_of_the_tables():
    assert names("countries") == read_tables()["countries"].words("iso3")


@pytest.mark.parametrize(
    ("word", "code"), [("UK", "GBR"), ("korea", "KOR"), ("nl", "NLD"), ("Türkiye", "TUR"), ("CHE", "CHE")]
)
def test_a_country_is_found_however_it_is_written(word, code):
    assert names("countries", words=[word]) == [code]


def test_several_words_are_one_name():
    assert names("countries", words=["south", "korea"]) == ["KOR"]


def test_blocs_are_written_as_targets_take_them_and_say_who_is_in():
    from ecosim.config.world import WorldConfig
    from ecosim.world import load_world

    world = load_world(WorldConfig(preset="global"))
    for line in listing("blocs"):
        name, number, _, *codes = line.replace(":  ", ": ").split()
        assert int(number) == len(codes) > 0
        assert set(countries_named("targets", [name], world)) == set(codes)


def test_a_bloc_by_its_whole_name_is_that_one():
    assert names("blocs", words=["eu"]) == ["bloc:eu"]
    assert len(names("blocs", words=["eu_"])) > 1


def test_sectors_are_those_of_the_model():
    assert names("sectors") == list(SECTORS)


@pytest.mark.parametrize(("kind", "registry"), [("shocks", SHOCKS), ("instruments", INSTRUMENTS)])
def test_summaries_are_those_of_the_classes(kind, registry):
    for line in listing(kind):
        name, summary = line.split(maxsplit=1)
        if name not in registry:
            # a preset is a file that says of which kind it is one
            assert compose(f"{kind}=[{name}]", "world=classroom").model_dump()[kind][name]["kind"] in registry
            continue
        cases = getattr(registry[name], "cases", None) or {}
        summary = summary.removesuffix(f" (severity_of: {', '.join(cases)})")
        assert summary.removesuffix(f" (a preset of {preset_of(registry[name])})") == registry[name].summary


def test_presets_say_of_which_kind_they_are_one(tmp_path):
    """Those that are classes, those that are files, and those of the user's own."""
    (tmp_path / "shocks").mkdir()
    (tmp_path / "shocks" / "great_flood.yaml").write_text(
        "# @package shocks.great_flood\n# All rivers rise.\nkind: natural_disaster\nseverity: 1\n", encoding="utf-8"
    )
    (tmp_path / "shocks" / "broken.yaml").write_text("kind: [\n", encoding="utf-8")
    shocks = {line.split()[0]: line for line in listing("shocks", [str(tmp_path)])}
    assert shocks["exclusion_threat"].endswith("never carried out. (a preset of programme_exclusion)")
    assert shocks["great_flood"].endswith("All rivers rise. (a preset of natural_disaster)")
    assert "preset" not in shocks["natural_disaster"] + shocks["broken"]
    instruments = {line.split()[0]: line for line in listing("instruments")}
    assert instruments["hackathon"].endswith("(a preset of convening)")
    assert {name for name, line in instruments.items() if "a preset of" in line} == {
        kind for kind, cls in INSTRUMENTS.items() if preset_of(cls)
    }


def test_a_review_by_lot_is_no_preset_of_a_review():
    assert not [line for line in listing("decisions") if "preset" in line]


def test_parameters_are_filtered_by_name_before_what_is_said_of_them():
    found = names("parameters", words=["shocks"])
    assert found
    assert all("shocks" in name for name in found)
    assert all("supplier" in name and "severity" in name
               for name in names("parameters", words=["Supplier", "severity"]))  # fmt: skip


def test_what_no_name_holds_is_looked_for_in_the_lines():
    assert "programme.time_to_grant_months" in names("parameters", words=["deadline"])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["list", "parameters", "trances"], "list=parameters trances: no line holds this; allowed: a word of `ecosim "
         "list parameters`; did you mean programme.tranches?"),
        (["list", "countries", "atlantis"], "list=countries atlantis: no line holds this"),
        (["list", "blocs", "nowhere"], "list=blocs nowhere: no line holds this"),
    ],
)  # fmt: skip
def test_nothing_found_is_one_line(words, line, capsys):
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"ecosim: {line}")
    assert len(said.err.splitlines()) == 1


def test_the_command_filters(capsys):
    assert main(["list", "parameters", "tranche"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in out} == {
        "programme.tranches", "programme.tranche_rule",
        *(f"funders.{kind}.tranches" for kind, cls in FAMILIES["funders"].items() if "tranches" in cls.model_fields),
    }  # fmt: skip


def test_shocks_say_which_named_cases_they_take():
    (line,) = listing("shocks", words=["diplomatic_rupture"])
    assert line.endswith("(severity_of: russia_2022, average_sanction)")


@pytest.mark.parametrize(
    ("word", "name"),
    [("brexit", "united_kingdom_2016"), ("ukraine", "russia_2022"), ("covid", "pandemic_2020"),
     ("corona", "pandemic_2020"), ("lehman", "financial_crisis_2008"), ("swiss", "switzerland_2014")],
)  # fmt: skip
def test_a_scenario_by_another_word_is_hinted_at(word, name):
    with pytest.raises(InputError, match=rf"scenario={word}: no such option.*did you mean {name}\?"):
        compose(f"scenario={word}")


def test_a_scenario_is_listed_with_one_sentence():
    for line in listing("scenarios"):
        name, said = line.split(maxsplit=1)
        assert said.endswith(".")
        assert said.count(". ") == 0, name
        assert len(line) < 160, name
