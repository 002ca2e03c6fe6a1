"""Every parameter moves something, every one says where it comes from, and the room imports downwards only."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import ecosim.health
from ecosim.config.health import HealthConfig
from ecosim.config.world import WorldConfig
from ecosim.health import benefit, detection, errors, measures, spread
from ecosim.model import Ecosystem
from ecosim.month.health import circumstances
from ecosim.world import load_world
from ecosim.world.health import health_facts
from tests.models import SMALL

CODES = ("DEU", "FRA", "IND", "KEN", "USA")


@cache
def five() -> Ecosystem:
    """A model of the same five countries, for its handles at rest."""
    return Ecosystem(**{**SMALL, "world.preset": "global", "world.countries": list(CODES), "world.scale": 0.001})


def everything(config: HealthConfig) -> dict[str, np.ndarray]:
    """Whatever the room computes of five countries."""
    world = load_world(WorldConfig(preset="global"))
    place = [world.country_index(code) for code in CODES]
    facts, km = health_facts(CODES), world.distance_km[np.ix_(place, place)]
    n = len(CODES)
    counted = detection.surveillance(facts.gdp_per_head_usd, config)
    # a country that counts next to nothing, for the least that is counted
    none = detection.surveillance(np.array([1e-6]), config)
    lifted = detection.lifted(counted, np.ones(n), config)
    found, reported = detection.detection_days(counted, n, config), detection.reporting_days(counted, config)
    arrival = spread.arrival_days(spread.journeys(world.gdp_busd[place], km, config), config)
    leads = [
        spread.lead_days(arrival, spread.warned_days(found, reported, np.full((n, n), share), config), found, reported)
        for share in (0.0, 1.0)
    ]
    avoided = spread.infections_avoided(leads[0], leads[1], facts.population_million, config)
    late = spread.infections_before_response(np.full((n, n), -1000.0), facts.population_million, config)
    groups = errors.population_groups(facts, km, config)
    members = np.array([True, True, False, True, False])
    alone = errors.group_errors(groups, errors.own_data(n), config)
    together = errors.group_errors(groups, errors.federated_data(members, config), config)
    staff, computing = benefit.workforce(facts.gdp_per_head_usd, config), benefit.compute(facts)
    # a wave and a breach in full, as the month reads them; one country has both
    setting = five().setting
    handles = setting.base.copy()
    handles.misinformation[:4] = 1.0
    handles.breach[3:] = 1.0
    trust_lost = circumstances(handles, setting.world, config).trust_lost
    state = measures.HealthState(
        np.zeros(n), np.zeros((n, n)), [measures.Made(np.ones((n, n)), np.zeros(n))] * 3, np.zeros(n)
    )
    aged = measures.in_use(state, np.full(n, 2.0), config).learned
    trust = benefit.trusting(facts.trust, np.zeros(n), trust_lost)
    means = (float(facts.trust.mean()), 4.0, float(computing.mean()))
    adopted = benefit.adoption(trust, staff, computing, means, config)
    gained = benefit.benefit(groups, together, adopted, config)
    capability = benefit.next_capability(np.full(n, 0.2), adopted, np.full(n, 0.4), config)
    kept = benefit.kept_without(capability, config)
    lost = benefit.cut_off_loss(np.ones(n), np.full(n, 0.4), kept, config)
    return {
        "counted": counted, "none": none, "lifted": lifted, "found": found, "reported": reported, "arrival": arrival,
        "leads": np.stack(leads), "avoided": avoided, "late": late, "alone": alone, "together": together,
        "adopted": adopted, "gained": gained, "lost": lost, "trust_lost": trust_lost, "aged": aged,
    }  # fmt: skip


@pytest.fixture(scope="module")
def at_default() -> dict[str, np.ndarray]:
    return everything(HealthConfig())


@pytest.mark.parametrize("name", list(HealthConfig.model_fields))
def test_every_parameter_moves_something(name: str, at_default: dict[str, np.ndarray]) -> None:
    moved = HealthConfig(**{name: getattr(HealthConfig(), name) * 0.9})
    found = everything(moved)
    assert any(not np.array_equal(found[key], at_default[key]) for key in found)


def test_every_parameter_has_a_range_or_a_source() -> None:
    for name, field in HealthConfig.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        assert extra["role"] in ("assumed", "sourced"), name
        if extra["role"] == "assumed":
            low, high = extra["range"]  # type: ignore[misc]
            assert low <= field.default <= high, name
            HealthConfig(**{name: low}), HealthConfig(**{name: high})


def test_the_room_imports_downwards_only() -> None:
    below = {"ecosim.numerics", "ecosim.errors", "ecosim.config.health", "ecosim.world.health"}
    for path in Path(ecosim.health.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ecosim"):
                names = {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
                assert node.module.startswith("ecosim.health") or names & below, f"{path.name}: {node.module}"
