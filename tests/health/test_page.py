"""What docs/HEALTH.md prints is what the functions give today."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ecosim.catalogue.cards import preset_of
from ecosim.catalogue.families import FAMILIES
from ecosim.channels.handles import HANDLE
from ecosim.config.health import HealthConfig
from ecosim.config.world import WorldConfig
from ecosim.health import detection, errors, spread
from ecosim.world import World, load_world
from ecosim.world.health import HealthFacts, health_facts

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "HEALTH.md").read_text(encoding="utf-8")
CONFIG = HealthConfig()


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(WorldConfig(preset="global"))


@pytest.fixture(scope="module")
def facts(world: World) -> HealthFacts:
    return health_facts(world.countries)


def rows(header: str) -> list[list[str]]:
    """Cells of the table whose header begins so, without header and rule."""
    lines = TEXT.split(f"| {header} ")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_parameter_stands_there_with_its_value() -> None:
    shown = dict(re.findall(r"^\| `(\w+)` \| ([^ |]+) \|", TEXT.split("## Parameters")[1], re.MULTILINE))
    assert list(shown) == list(HealthConfig.model_fields)
    assert {name: float(value) for name, value in shown.items()} == CONFIG.model_dump()


def test_who_pushes_what_health_reads_is_told_in_full() -> None:
    """Of each handle that the table names, all shocks and instruments that push it; of supply, those that hit cloud."""
    told = rows("handle | what it does here")
    assert len(told) > 15
    pushes: dict[str, set[str]] = {}
    for kind, cls in FAMILIES["shocks"].items():
        # what follows a path of other shocks is no shock of its own
        if kind != "drawn_sequence":
            for name in cls.handles:
                pushes.setdefault(name, set()).add(kind)
    for kind, cls in FAMILIES["instruments"].items():
        if not preset_of(cls):
            for name in cls.improves | cls.side_effects:
                pushes.setdefault(name, set()).add(kind)
    seen = set()
    for names, _, by in told:
        handles = re.findall(r"`(\w+)`", names)
        seen |= set(handles)
        wanted = set().union(*(pushes[name] for name in handles))
        found = set(re.findall(r"`(\w+)`", by))
        assert found < wanted if handles == ["supply"] else found == wanted, names
    assert {name for name, handle in HANDLE.items() if "mechanisms.health=true" in handle.meaning} <= seen


def test_lead_times_and_infections_avoided(world: World, facts: HealthFacts) -> None:
    n = world.n_countries
    others = ~np.eye(n, dtype=bool)
    counted = detection.surveillance(facts.gdp_per_head_usd, CONFIG)
    assert [f"{value:.2f}" for value in (counted.min(), counted.max())] == ["0.70", "0.93"]
    found, reported = detection.detection_days(counted, n, CONFIG), detection.reporting_days(counted, CONFIG)
    table = rows("growth a day")
    for growth, closed, opened, avoided in table:
        config = CONFIG.model_copy(update={"growth_per_day": float(growth)})
        arrival = spread.arrival_days(spread.journeys(world.gdp_busd, world.distance_km, config), config)
        before, after = (
            spread.lead_days(
                arrival, spread.warned_days(found, reported, np.full((n, n), share), config), found, reported
            )
            for share in (0.0, 1.0)
        )
        in_all = spread.infections_avoided(before, after, facts.population_million, config).sum(axis=1)
        assert closed.split()[0] == f"{np.median(before[others]):.0f}"
        assert opened.split()[0] == f"{np.median(after[others]):.0f}"
        # two digits are more than is known
        assert avoided == f"{float(f'{np.median(in_all):.2g}'):,.0f}"
        if growth == ".1":
            # with outbreaks as often as each country reports them
            often = facts.outbreaks_per_year[:, None]
            unshared = often * spread.infections_before_response(before, facts.population_million, config)
            saved = (often * spread.infections_avoided(before, after, facts.population_million, config)).sum()
            shares = (
                unshared.diagonal().sum() / unshared.sum(),
                saved / unshared.sum(),
                saved / unshared[others].sum(),
            )
            said = re.search(r"([\d.]+) % of infections until\s+countries answer are at home. Open channels avoid "
                             r"([\d.]+) % of all, and ([\d.]+) % of those elsewhere", TEXT)  # fmt: skip
            assert said is not None
            assert list(said.groups()) == [f"{100.0 * share:.1f}" for share in shares]
    assert len(table) == 3


def test_errors_of_own_and_pooled_data(world: World, facts: HealthFacts) -> None:
    n = world.n_countries
    groups = errors.population_groups(facts, world.distance_km, CONFIG)
    data = {"own": errors.own_data(n), "pooled": errors.pooled_data(np.ones(n, dtype=bool), np.ones((n, n)))}
    table = rows("`external_loss` | data")
    assert len(table) == 6
    for loss, name, *cells in table:
        config = CONFIG.model_copy(update={"external_loss": float(loss)})
        alone, found = (errors.group_errors(groups, data[which], config) for which in ("own", name))
        worse, people = errors.harmed(alone, found, groups.people)
        wanted = [f"{100.0 * value:.1f}" for value in errors.spread(found, groups.people)]
        assert cells == [*wanted, str(worse.sum()), f"{people:,.0f}"]
