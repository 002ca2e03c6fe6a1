"""What is simulated: one typed, frozen scenario.

Hydra composes it from ``conf/``; a Python user with :func:`ecosim.compose`. Every parameter says its unit, its
range and its source, or that it is assumed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import Field, SerializeAsAny, ValidationInfo, field_validator

from ecosim.catalogue.agents import classes_named
from ecosim.catalogue.families import FAMILIES, kind_of, yield_to_cases
from ecosim.config.behaviour import BehaviourConfig, MechanismsConfig
from ecosim.config.channels import ChannelsConfig
from ecosim.config.programme import PolicyConfig, ProgrammeConfig
from ecosim.config.schema import Section, parameter
from ecosim.config.timeline import Calendar, TimelineConfig, burn_in_for
from ecosim.config.world import WorldConfig
from ecosim.decisions import Decision
from ecosim.decisions.missions_follow_partnerships import MissionsFollowPartnerships
from ecosim.errors import InputError, nearest_name
from ecosim.funders import AnyFunder
from ecosim.instruments import Instrument
from ecosim.levers import apportioned, without_lever_money
from ecosim.shocks import Shock
from ecosim.world import load_world


def _usual_decisions() -> dict[str, Decision]:
    """Missions look once a year where partnerships start."""
    return {MissionsFollowPartnerships.kind: MissionsFollowPartnerships()}


class Scenario(Section):
    """One scenario: a world, a policy, a programme, and kinds of each family."""

    seed: int = parameter(1, "Seed of all random numbers.", bounds=(0, 2**63 - 1))
    replicate: int = parameter(0, "Number of the replicate; with the seed it keys every draw.", bounds=(0, 2**31 - 1))
    world: WorldConfig = WorldConfig()
    channels: ChannelsConfig = ChannelsConfig()
    timeline: TimelineConfig = TimelineConfig()
    policy: PolicyConfig = PolicyConfig()
    programme: ProgrammeConfig = ProgrammeConfig()
    instruments: dict[str, SerializeAsAny[Instrument]] = Field(default_factory=dict, validate_default=True)
    shocks: dict[str, SerializeAsAny[Shock]] = Field(default_factory=dict)
    funders: dict[str, SerializeAsAny[AnyFunder]] = Field(default_factory=dict)
    decisions: dict[str, SerializeAsAny[Decision]] = Field(default_factory=_usual_decisions)
    agents: tuple[str, ...] = parameter(
        (), "Classes of one's own that stand for organisations, by their `kind`; the first that takes one has it."
    )
    behaviour: BehaviourConfig = BehaviourConfig()
    mechanisms: MechanismsConfig = MechanismsConfig()

    @property
    def calendar(self) -> Calendar:
        """Dates of the run. A burn-in left open is that of this scenario alone; an experiment sets one for all."""
        return Calendar.of(self.timeline, burn_in_for(self.longest_gap_months))

    @property
    def longest_gap_months(self) -> int:
        """Longest time between two calls of any funder."""
        return max([self.programme.gap_months, *(kind.gap_months for kind in self.funders.values())])

    @property
    def named_years(self) -> tuple[int, ...]:
        """Calendar years of the run for which the programme's money is named."""
        year, month = map(int, self.calendar.start.split("-"))
        last = year + (month - 1 + self.calendar.months - 1) // 12
        return tuple(named for named in self.programme.appropriation_by_year if year <= named <= last)

    def dated(self) -> Scenario:
        """The same scenario with the dates its timeline leaves open filled in."""
        calendar = self.calendar
        dates = {"start": calendar.start, "burn_in_months": calendar.burn_in_months}
        return self.model_copy(update={"timeline": self.timeline.model_copy(update=dates)})

    @field_validator("agents")
    @classmethod
    def _agents_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        classes_named(value)
        return value

    @field_validator(*FAMILIES, mode="before")
    @classmethod
    def _kinds_by_name(cls, value: Any, info: ValidationInfo) -> Any:
        return _by_kind(value, str(info.field_name))

    @field_validator("instruments")
    @classmethod
    def _levers_with_their_money(cls, value: dict[str, Instrument], info: ValidationInfo) -> dict[str, Instrument]:
        policy, world = info.data.get("policy"), info.data.get("world")
        # what failed there is told of that
        if policy is None or world is None or not policy.levers:
            return value
        return apportioned(value, policy, load_world(world))


def _by_kind(value: Any, group: str) -> Any:
    """Turn ``{name: {"kind": K, ...}}`` into instances of the class registered as K (by default the name itself)."""
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for name, settings in value.items():
        if isinstance(settings, Section):
            made[name] = settings
            continue
        kind, rest = kind_of(group, str(name), settings)
        made[name] = kind(**rest)
    return made


def with_overrides(config: Scenario | Mapping[str, Any] | None, overrides: Mapping[str, Any]) -> Scenario:
    """Build a scenario from a scenario, a nested mapping or nothing, with dotted keys changed.

    Parameters
    ----------
    config : Scenario, mapping or None
        What to start from; None for the defaults.
    overrides : mapping
        Dotted keys to values, such as ``{"world.scale": 0.05}``.

    Raises
    ------
    pydantic.ValidationError
        If a key is unknown or a value is not allowed.

    Examples
    --------
    >>> with_overrides(None, {"programme.months_between_calls": 3}).programme.months_between_calls
    3
    """
    if isinstance(config, Scenario) and not overrides:
        return config
    plain = as_plain(config) if isinstance(config, Scenario) else dict(config or {})
    return Scenario(**with_keys(plain, overrides))


def as_plain(scenario: Scenario) -> dict[str, Any]:
    """A scenario as plain data (lists, numbers, text) that builds the same scenario again."""
    plain = scenario.model_dump(mode="json")
    for family in FAMILIES:
        for name, item in getattr(scenario, family).items():
            plain[family][name] = {"kind": type(item).kind, **plain[family][name]}
    without_lever_money(plain["instruments"], scenario.policy, scenario.instruments)
    return plain


def with_keys(plain: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of plain data with dotted keys set.

    Raises
    ------
    InputError
        If a key leads through a value that holds no keys.
    """
    changed = dict(plain)
    # only what lies on the way to a key is copied: of a hundred thousand points, each shares the rest
    copied = {""}
    for key, value in changes.items():
        *parents, last = key.split(".")
        inside = changed
        for depth, parent in enumerate(parents, start=1):
            within = inside.get(parent, {})
            if isinstance(within, Section):
                within = within.model_dump() | {"kind": getattr(within, "kind", parent)}
            if not isinstance(within, Mapping):
                raise InputError(key, value, problem="no such parameter", nearest=nearest_name(parent, inside))
            place = ".".join(parents[:depth])
            if place not in copied:
                inside[parent] = dict(within)
                copied.add(place)
            inside = inside[parent]
        inside[last] = copy.deepcopy(value)
        # what lay below is no more
        copied = {place for place in copied if place != key and not place.startswith(f"{key}.")}
    yield_to_cases(changed.get("shocks"), changes)
    return changed
