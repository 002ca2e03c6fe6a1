"""A unit: one history with its branches, run and let go."""

import gc
import weakref

from ecosim.lab import branches
from ecosim.lab.branches import run_unit
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.model import Ecosystem


def test_no_world_of_a_unit_outlives_it_even_without_the_garbage_collector(monkeypatch):
    words = ["experiment=none", "world=classroom", "world.scale=0.005", "shocks=[diplomatic_rupture]",
             "timeline.response_months=6"]  # fmt: skip
    plan = make_plan(make_request(compose_plain(words)))
    worlds = []
    fork = Ecosystem.fork

    def remembered(model, *arguments):
        world = fork(model, *arguments)
        worlds.append(weakref.ref(world))
        return world

    monkeypatch.setattr(Ecosystem, "fork", remembered)
    gc.disable()
    try:
        result = run_unit(plan.payload(plan.units[0]))
        left = [world() is not None for world in worlds]
    finally:
        gc.enable()
    assert [row["status"] for row in result.runs] == ["ok"] * 3
    assert left == [False] * 3


def test_a_run_that_fails_half_way_is_one_failed_row(monkeypatch):
    def fails(model, first_month):
        raise ArithmeticError("told to fail")

    monkeypatch.setattr(branches, "by_start_year", fails)
    words = ["experiment=none", "world=classroom", "world.scale=0.005", "shocks=[diplomatic_rupture]",
             "timeline.response_months=6"]  # fmt: skip
    plan = make_plan(make_request(compose_plain(words)))
    result = run_unit(plan.payload(plan.units[0]) | {"countries": True})
    assert [row["status"] for row in result.runs] == ["failed"] * 3
    assert not result.series
    assert not result.countries
