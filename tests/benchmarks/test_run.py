"""What the benchmarks name must be what there is: a benchmark that measures something else still passes."""

from importlib import import_module

import pytest

from benchmarks import front, lab, speed
from ecosim import cli
from ecosim.catalogue.cards import preset_of
from ecosim.catalogue.families import FAMILIES
from ecosim.lab.design import make_plan


def test_every_kind_of_list_is_timed():
    assert set(front.KINDS) == set(cli.KINDS)


def test_the_lab_counts_the_arms_of_its_plan():
    plan = make_plan(lab._request("unused", 3))
    assert plan.counts()["runs"] == 3 * lab.ARMS


@pytest.mark.parametrize("name", speed._COUNTRY_LEVEL)
def test_what_is_timed_on_country_level_is_there(name):
    module, _, attribute = name.rpartition(".")
    assert callable(getattr(import_module(module), attribute))


def test_country_level_code_is_timed_with_all_that_is_registered():
    scenario = speed.everything()
    for family in ("instruments", "shocks", "funders"):
        known = {kind for kind, cls in FAMILIES[family].items() if not preset_of(cls)} - {speed.GENERATOR}
        assert set(getattr(scenario, family)) == known, family
    assert all(made.monthly_eur > 0.0 for made in scenario.instruments.values())
    assert scenario.decisions
    assert scenario.mechanisms.stages
    assert scenario.mechanisms.health
