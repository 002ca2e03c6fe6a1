"""From factors to policies, histories and branches: what an experiment will run, before it runs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecosim.analysis.contrasts import MEASURES, Contrast, contrasts_of
from ecosim.errors import InputError, nearest_name, shown
from ecosim.lab.compose import Request, as_plain, build_scenario, with_keys
from ecosim.lab.draws import Drawn, as_changes, draw, drawn_parameters
from ecosim.lab.pairs import PAIR_REPLICATES

#: Arms every history has beside its shock branches.
CONTROL_ARMS: tuple[str, ...] = ("twin", "placebo")


@dataclass(frozen=True)
class Policy:
    """One combination of levels; with a replicate it is a history."""

    history_id: int
    #: Factor -> level.
    levels: dict[str, str]
    #: The whole scenario as plain data, with every shock of the experiment.
    config: dict[str, Any]

    @property
    def label(self) -> str:
        """Levels in a line, for people."""
        return ", ".join(self.levels.values()) or "scenario"


@dataclass(frozen=True)
class Design:
    """One policy meeting one branch of shocks."""

    design_id: int
    history_id: int
    #: Label of the branch; None when the scenario has no shocks.
    shock: str | None


@dataclass(frozen=True)
class Unit:
    """The unit of work: one history with all its branches."""

    history_id: int
    replicate: int

    @property
    def name(self) -> str:
        """Name of its part in the store."""
        return f"h{self.history_id:04d}-r{self.replicate:05d}"


@dataclass(frozen=True)
class Plan:
    """Everything an experiment will run."""

    policies: tuple[Policy, ...]
    designs: tuple[Design, ...]
    #: Label -> shocks acting together.
    branches: dict[str, tuple[str, ...]]
    replicates: int
    first_replicate: int
    #: History of the policy the others are compared with.
    reference_id: int
    #: Seed of all random numbers.
    seed: int = 1
    #: Parameters drawn per replicate; none when they keep their values.
    drawn: tuple[Drawn, ...] = ()
    #: Replicates that share a draw.
    seeds_per_draw: int = 1
    #: Comparisons declared beforehand.
    contrasts: tuple[Contrast, ...] = ()

    @property
    def numbers(self) -> range:
        """Numbers of the replicates."""
        return range(self.first_replicate, self.first_replicate + self.replicates)

    @property
    def units(self) -> list[Unit]:
        """Every history; replicates outside, so that an interrupted sweep has compared every policy."""
        return [Unit(policy.history_id, replicate) for replicate in self.numbers for policy in self.policies]

    def draw_of(self, replicate: int) -> int:
        """Number of the draw of the parameters a replicate uses."""
        return replicate // self.seeds_per_draw

    @property
    def arms(self) -> int:
        """Runs per history."""
        return len(CONTROL_ARMS) + len(self.branches)

    def payload(self, unit: Unit) -> dict[str, Any]:
        """What a worker needs for one unit, as plain data."""
        policy = self.policies[unit.history_id]
        config = {**policy.config, "replicate": unit.replicate}
        if self.drawn:
            values = draw(self.drawn, self.seed, self.draw_of(unit.replicate))
            config = with_keys(config, as_changes(self.drawn, values))
        return {
            "history_id": unit.history_id,
            "replicate": unit.replicate,
            "config": config,
            "branches": {label: list(shocks) for label, shocks in self.branches.items()},
            "pairs": unit.replicate < self.first_replicate + PAIR_REPLICATES,
            "design_ids": {d.shock: d.design_id for d in self.designs if d.history_id == unit.history_id},
        }


def make_plan(request: Request) -> Plan:
    """Expand an experiment and check every policy in it.

    Raises
    ------
    InputError
        For an empty factor, an unknown key, a branch of shocks that were not chosen, or two equal policies.
    """
    from ecosim.lab.check import check

    base = as_plain(request.scenario)
    branches = _branches(request)
    policies: list[Policy] = []
    scenarios = []
    seen: dict[str, str] = {}
    for levels, changes in _combinations(request.experiment.factors):
        scenario = build_scenario(with_keys(base, changes))
        check(scenario)
        policy = Policy(len(policies), levels, as_plain(scenario))
        key = json.dumps(policy.config, sort_keys=True)
        if key in seen:
            raise InputError("experiment.factors", problem=f"'{seen[key]}' and '{policy.label}' are the same policy")
        seen[key] = policy.label
        policies.append(policy)
        scenarios.append(scenario)
    labels: list[str | None] = [*branches] or [None]
    designs = [
        Design(number, policy.history_id, label)
        for number, (policy, label) in enumerate(itertools.product(policies, labels))
    ]
    return Plan(
        policies=tuple(policies),
        designs=tuple(designs),
        branches=branches,
        replicates=request.experiment.replicates,
        first_replicate=request.scenario.replicate,
        reference_id=_reference(request, policies),
        seed=request.scenario.seed,
        drawn=_drawn(request, scenarios),
        seeds_per_draw=request.experiment.seeds_per_draw,
        contrasts=_contrasts(request, policies),
    )


def _drawn(request: Request, scenarios: list[Any]) -> tuple[Drawn, ...]:
    if not request.experiment.draw_parameters:
        return ()
    everything = {item.key for item in drawn_parameters(scenarios)}
    for name in request.experiment.hold:
        if not any(key == name or key.startswith(f"{name}.") for key in everything):
            raise InputError(
                "experiment.hold", name, problem="names no parameter that would be drawn",
                nearest=nearest_name(name, everything),
            )  # fmt: skip
    return drawn_parameters(scenarios, request.experiment.hold)


def _contrasts(request: Request, policies: list[Policy]) -> tuple[Contrast, ...]:
    """Check the declared contrasts against factors and levels."""
    levels = {factor: list(dict.fromkeys(p.levels[factor] for p in policies)) for factor in policies[0].levels}
    for label, content in request.experiment.contrasts.items():
        key = f"experiment.contrasts.{label}"
        fields = ("factor", "level", "against", "measures", "where")
        if not isinstance(content, Mapping):
            raise InputError(
                key, shown(content), problem="wrong type", allowed="{factor: ..., level: ..., against: ...}"
            )
        for name in content:
            if name not in fields:
                raise InputError(
                    f"{key}.{name}", problem="no such parameter", allowed=", ".join(fields),
                    nearest=nearest_name(str(name), fields),
                )  # fmt: skip
        for name in fields[:3]:
            if name not in content:
                raise InputError(f"{key}.{name}", problem="is missing")
        where = content.get("where", {})
        if not isinstance(where, Mapping):
            raise InputError(f"{key}.where", shown(where), problem="wrong type", allowed="{factor: level}")
        factor = str(content["factor"])
        for place, name in (("factor", factor), *(("where", str(other)) for other in where)):
            if name not in levels:
                raise InputError(
                    f"{key}.{place}", name, problem="no such factor", allowed=", ".join(levels) or "no factors",
                    nearest=nearest_name(name, levels),
                )  # fmt: skip
        wanted = [("level", factor, content["level"]), ("against", factor, content["against"])]
        for place, name, level in [*wanted, *(("where", str(other), value) for other, value in where.items())]:
            if shown(level) not in levels[name] and str(level) not in levels[name]:
                raise InputError(
                    f"{key}.{place}", level, problem=f"no such level of {name}", allowed=", ".join(levels[name]),
                    nearest=nearest_name(str(level), levels[name]),
                )  # fmt: skip
        if str(content["level"]) == str(content["against"]):
            raise InputError(f"{key}.against", content["against"], problem="is the level itself")
        measures = content.get("measures", ["delivered"])
        if isinstance(measures, str) or not isinstance(measures, Sequence) or not measures:
            raise InputError(f"{key}.measures", shown(measures), problem="wrong type", allowed=f"a list of {_MEASURES}")
        for name in measures:
            if name not in MEASURES:
                raise InputError(
                    f"{key}.measures", name, problem="no such measure of a contrast", allowed=_MEASURES,
                    nearest=nearest_name(str(name), MEASURES),
                )  # fmt: skip
    return contrasts_of(request.experiment.contrasts, levels)


_MEASURES = ", ".join(MEASURES)


def _branches(request: Request) -> dict[str, tuple[str, ...]]:
    chosen = request.scenario.shocks
    if request.experiment.branches is None:
        return {name: (name,) for name in chosen}
    for label, shocks in request.experiment.branches.items():
        if not shocks:
            raise InputError(f"experiment.branches.{label}", problem="names no shock", allowed=", ".join(chosen))
        for name in shocks:
            if name not in chosen:
                raise InputError(
                    f"experiment.branches.{label}", name, problem="is not among the chosen shocks",
                    allowed=", ".join(chosen) or "none chosen", nearest=nearest_name(name, chosen),
                )  # fmt: skip
    return dict(request.experiment.branches)


def _combinations(factors: Mapping[str, Any]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    expanded = [[(factor, *level) for level in _levels(factor, content)] for factor, content in factors.items()]
    for combination in itertools.product(*expanded):
        changes: dict[str, Any] = {}
        for factor, _, settings in combination:
            clash = sorted(set(settings) & set(changes))
            if clash:
                raise InputError(f"experiment.factors.{factor}", problem=f"sets {clash[0]}, as another factor does")
            changes |= settings
        yield {factor: level for factor, level, _ in combination}, changes


def _levels(factor: str, content: Any) -> list[tuple[str, dict[str, Any]]]:
    key = f"experiment.factors.{factor}"
    if factor in ("design_id", "history_id", "shock", "policy"):
        raise InputError(key, problem="is a name the results use already")
    if isinstance(content, list) and content:
        return [(shown(value), {factor: value}) for value in content]
    if not isinstance(content, Mapping) or not content:
        raise InputError(key, problem="has no levels", allowed="a list of values or {level: {key: value}}")
    levels = []
    for level, settings in content.items():
        if not isinstance(settings, Mapping) or not all(isinstance(name, str) for name in settings):
            raise InputError(f"{key}.{level}", shown(settings), problem="wrong type", allowed="{dotted key: value}")
        levels.append((str(level), dict(settings)))
    return levels


def _reference(request: Request, policies: list[Policy]) -> int:
    wanted = request.experiment.reference
    for factor, level in wanted.items():
        if factor not in policies[0].levels:
            raise InputError(
                f"experiment.reference.{factor}", level, problem="no such factor",
                allowed=", ".join(policies[0].levels) or "no factors", nearest=nearest_name(factor, policies[0].levels),
            )  # fmt: skip
        known = list(dict.fromkeys(policy.levels[factor] for policy in policies))
        if level not in known:
            raise InputError(
                f"experiment.reference.{factor}", level, problem="no such level", allowed=", ".join(known),
                nearest=nearest_name(level, known),
            )  # fmt: skip
    return next(
        policy.history_id for policy in policies if all(policy.levels[f] == level for f, level in wanted.items())
    )
