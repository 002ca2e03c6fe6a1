"""What the benchmarks name must be what there is: a benchmark that measures something else still passes."""

from importlib import import_module

import pytest

from benchmarks import front, lab, speed
from ecosim import cli
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
