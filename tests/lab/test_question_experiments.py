"""Experiments with a question of their own: as they are written but small, and what about them is arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecosim.analysis.coverage import is_thin
from ecosim.catalogue.cards import preset_of
from ecosim.channels.handles import HANDLE
from ecosim.instruments import REGISTRY as INSTRUMENTS
from ecosim.lab import api
from ecosim.lab.budgets import budgets
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.world import load_world
from tests.lab.test_experiments import QUESTIONS

TINY = (
    "world.scale=0.003", "timeline.burn_in_months=24", "timeline.calm_months=6", "timeline.calm_jitter_months=0",
    "timeline.response_months=24", "runner.processes=0", "output.figures=false",
)  # fmt: skip
#: Of the two that have a level for each host and each instrument, those that run here.
KEPT = {
    "next_mission": ("no hub", "money burnt", "Germany", "Malta"),
    "stops_paying": (
        "all to grants",
        "matchmaking 5",
        "matchmaking 20",
        "matchmaking 80",
        "convening 5",
        "convening 20",
        "convening 80",
    ),
}

#: Handles that are read with stages alone.
OF_STAGES = {name for name, handle in HANDLE.items() if "mechanisms.stages=true" in handle.meaning}

#: Those that take longest, of which the screens are tested without the model.
_SLOW = ("openness", "stops_paying", "supply_pilots")


def plan_of(name: str) -> Any:
    return make_plan(make_request(compose_plain([f"experiment={name}"])))


def run(name: str, folder: Path, *more: str, replicates: int = 1) -> Any:
    words = [f"experiment={name}", *TINY, *more, f"experiment.replicates={replicates}", f"output.folder={folder}"]
    plain = compose_plain(words)
    if name in KEPT:
        ((factor, levels),) = plain["experiment"]["factors"].items()
        plain["experiment"]["factors"] = {factor: {level: levels[level] for level in KEPT[name]}}
    return api.run_sweep(make_request(plain), quiet=True)


@pytest.mark.parametrize("name", QUESTIONS)
def test_its_policies_have_the_same_public_money(name: str) -> None:
    plan = plan_of(name)
    eur = list(budgets(plan.policies).values())
    assert not eur or max(eur) == min(eur)
    assert plan.drawn
    for part in ("world", "timeline", "behaviour", "mechanisms"):
        assert len({str(policy.config[part]) for policy in plan.policies}) == 1


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in _SLOW else n for n in QUESTIONS])
def test_it_runs_small(name: str, tmp_path: Path) -> None:
    result = run(name, tmp_path)
    assert result.failed_runs == 0
    lines = result.screen().split("\n")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "nan" not in "\n".join(lines).replace("finance", "").replace("governance", "")
    assert result.text()
    if name == "next_mission":
        _every_sender_is_counted(result)
    if name == "stops_paying":
        steps, ends = result.stops
        assert set(ends["line"]) == {"matchmaking", "convening"}
        assert steps.groupby(["measure", "line"])["level"].apply(list).map(tuple).unique().tolist() == [(5e6, 2e7, 8e7)]
    if name == "funders_calendars":
        _a_calendar_of_calls_every_month_is_none(result)


def _every_sender_is_counted(result: Any) -> None:
    places = result.places.set_index("policy")
    assert set(places.index) == {"Germany", "Malta"}
    countries = len(result.country_codes)
    assert set(places["senders"]) == {countries - 1}
    assert places.loc["Germany", "missions"] > places.loc["Malta", "missions"] > 0


def _a_calendar_of_calls_every_month_is_none(result: Any) -> None:
    """The switch off: where all funders call every month there is nothing to align, to the last bit."""
    table = result.measures.set_index(["policy", "shock"])["delivered_output"]
    same, other = (table.loc[f"monthly, {words}"] for words in ("in the same month", "one after another"))
    np.testing.assert_array_equal(same, other)
    aligned, staggered = (table.loc[words] for words in ("in the same month", "one after another"))
    assert (aligned != staggered).any()


def test_hosts_are_the_countries_that_are_simulated() -> None:
    """Who has under a third of its share of co-publications is not ranked: its hub would be one among nobody."""
    request = make_request(compose_plain(["experiment=next_mission"]))
    world = load_world(request.scenario.world)
    foreign = world.copublications.astype(np.float64)
    np.fill_diagonal(foreign, 0.0)
    facts = foreign.sum(axis=0) / foreign.sum()
    simulated = dict(zip(world.countries, zip(facts, world.participation_share, strict=True), strict=True))
    levels = request.experiment.factors["host"].values()
    hosts = {level["instruments.embassy_hub.hosts"][0] for level in levels if "instruments.embassy_hub.hosts" in level}
    assert hosts == {code for code, shares in simulated.items() if code != "ROW" and not is_thin(*shares)}
    assert {level.get("instruments.embassy_hub.monthly_eur") for level in levels} == {None, 2.5e6}


def test_every_mechanism_of_an_instrument_has_its_sums() -> None:
    from ecosim.instruments.base import REGISTRY, AssetInstrument, ClaimedInstrument, Instrument

    families = (Instrument, AssetInstrument, ClaimedInstrument)
    # what is read only with AI for health has nothing to pay for in a world without facts about it
    own = [
        kind for kind, item in REGISTRY.items()
        if item.__mro__[1] in families and item.__module__.startswith("ecosim.")
        and not item.example_beside.get("mechanisms", {}).get("health")
    ]  # fmt: skip
    levels = make_request(compose_plain(["experiment=stops_paying"])).experiment.factors["money"].values()
    given: dict[str, list[float]] = {}
    for level in levels:
        for key, eur in level.items():
            given.setdefault(key.split(".")[1], []).append(eur)
    # what acts on stages alone could only look bad there
    own = [kind for kind in own if not REGISTRY[kind].improves <= OF_STAGES]
    assert given == {kind: [5e6, 2e7, 8e7] for kind in sorted(own)}


def test_money_burnt_does_nothing_but_cost() -> None:
    """What an instrument is set beside: the same kind, with a limit of nothing."""
    for name, like in (("next_mission", "embassy_hub"), ("supply_pilots", "parallel_pilots")):
        instruments = make_request(compose_plain([f"experiment={name}"])).scenario.instruments
        assert instruments["burnt"].kind == like
        assert instruments["burnt"].limit == 0.0


@pytest.mark.parametrize("name", QUESTIONS)
def test_its_answer_has_a_question(name: str) -> None:
    assert make_request(compose_plain([f"experiment={name}"])).experiment.question.endswith("?")


def test_no_instrument_is_judged_where_what_it_does_is_not_simulated() -> None:
    """Without stages, what acts on stages alone could only look bad."""
    plain = compose_plain(["experiment=stops_paying"])
    scenario = make_request(plain).scenario
    assert not scenario.mechanisms.stages
    assert scenario.instruments
    for name, instrument in scenario.instruments.items():
        assert not instrument.improves <= OF_STAGES, name
    left_out = {kind for kind, cls in INSTRUMENTS.items() if not preset_of(cls) and cls.improves <= OF_STAGES}
    assert left_out >= {"blended_finance", "investor_visits", "industry_advisory", "joint_sandbox"}
    assert not left_out & scenario.instruments.keys()
    assert scenario.instruments.keys() >= {"matchmaking", "approval_fast_track", "regional_standards"}
