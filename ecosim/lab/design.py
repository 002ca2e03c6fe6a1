"""From factors to policies, histories and branches: what an experiment will run, before it runs."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ecosim.analysis.contrasts import Contrast, contrasts_of
from ecosim.analysis.naming import check_measure, difference_of
from ecosim.analysis.resilience import PRIMARY_MEASURES
from ecosim.config.timeline import Calendar, burn_in_for
from ecosim.errors import InputError, nearest_key, nearest_name, short_label, shown
from ecosim.lab.branches import arms_of
from ecosim.lab.budgets import check_equal_budget
from ecosim.lab.compose import GROUPS, LIST_GROUPS, Request, build_scenario
from ecosim.lab.draws import Batch, Drawn, as_changes, assumed_under, draw, drawn_parameters, fitted_names
from ecosim.lab.inputs import VARIED_GROUPS, levers_of, read_points, uncertainties_of
from ecosim.lab.pairs import PAIR_REPLICATES
from ecosim.lab.points import Input, Point, Sample, lay
from ecosim.lab.settings import ExperimentConfig, PlaceboConfig
from ecosim.outcomes.measured import POINTS, Difference
from ecosim.report.problem import BY_CHANCE, COUNTED
from ecosim.scenario import Scenario, as_plain, with_keys

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.model import Arm
    from ecosim.shocks.base import Shock


class Bases:
    """Scenarios that points and policies are differences from: one per choice of options."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._known: dict[str, dict[str, Any]] = {"": as_plain(request.scenario)}
        self._burn_in: int | None = None
        #: Dotted keys and option groups that some policy or point of the experiment sets.
        self.varied: frozenset[str] = frozenset()

    def share_burn_in(self, changes: Iterable[Mapping[str, Any]]) -> None:
        """Let all scenarios that leave their burn-in open have the same, long enough for each of these."""
        gaps = [1]
        seen: set[str] = set()
        for item in changes:
            # all else has nothing to do with calls, and points are many
            of_calls = {
                key: value for key, value in item.items() if key in GROUPS or key.startswith(("programme.", "funders."))
            }
            name = json.dumps(of_calls, default=str)
            if name in seen:
                continue
            seen.add(name)
            # What cannot be built is told later, with the point at which it cannot.
            with suppress(InputError):
                gaps.append(build_scenario(self.config(of_calls)).longest_gap_months)
        self._burn_in = burn_in_for(max(gaps))

    def _filled(self, plain: dict[str, Any]) -> dict[str, Any]:
        if self._burn_in is not None and plain["timeline"]["burn_in_months"] is None:
            return {**plain, "timeline": {**plain["timeline"], "burn_in_months": self._burn_in}}
        return plain

    def config(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The whole scenario as plain data, with dotted keys and option groups set."""
        options = {key: value for key, value in changes.items() if key in GROUPS}
        name = json.dumps(options) if options else ""
        if name not in self._known:
            for group in options:
                if group not in VARIED_GROUPS:
                    raise InputError(
                        group, options[group], problem="is chosen once for the whole experiment",
                        allowed=f"options of {', '.join(VARIED_GROUPS)} may vary",
                    )  # fmt: skip
            self._known[name] = as_plain(self._request.with_options(options))
        keys = {key: value for key, value in changes.items() if key not in GROUPS}
        for key, value in keys.items():
            self._refuse_unchosen(self._known[name], key, value)
        return self._filled(with_keys(self._known[name], keys))

    def _refuse_unchosen(self, plain: Mapping[str, Any], key: str, value: Any) -> None:
        """Refuse a key of a shock or instrument that is not chosen, or of a shock that no branch has."""
        group, _, rest = key.partition(".")
        name = rest.partition(".")[0]
        if group not in LIST_GROUPS or not name:
            return
        chosen = plain[group]
        if group == "instruments":
            # levers are instruments that the policy chooses
            chosen = {**plain["policy"]["levers"], **chosen}
        # a whole instrument or funder may be a level; a whole shock would be in no branch
        whole = group in ("instruments", "funders") and rest == name and isinstance(value, Mapping)
        if name not in chosen and not whole:
            raise InputError(
                key, shown(value), problem=f"'{name}' is not among the chosen {group} ({', '.join(chosen) or 'none'})",
                allowed=f"choose it first: {group}=[{name}]", nearest=nearest_name(name, chosen),
            )  # fmt: skip
        branches = self._request.experiment.branches
        if group == "shocks" and branches is not None and not any(name in shocks for shocks in branches.values()):
            raise InputError(
                key, shown(value), problem=f"no branch of experiment.branches has the shock '{name}'",
                allowed=f"keys of {', '.join(dict.fromkeys(x for shocks in branches.values() for x in shocks))}",
            )  # fmt: skip

    def scenario(self, changes: Mapping[str, Any]) -> Scenario:
        """The typed scenario, checked.

        Raises
        ------
        InputError
            For an unknown key, or a value that no scenario can have.
        """
        from ecosim.lab.check import check

        scenario = build_scenario(self.config(changes))
        check(scenario, varied={*self.varied, *changes})
        return scenario

    def content(self) -> dict[str, Any]:
        """Choice of options -> scenario with its dates, for the fingerprint."""
        return {name: self._dated(plain) for name, plain in self._known.items()}

    @property
    def first(self) -> dict[str, Any]:
        """The scenario that no point or policy has changed, with the dates of the experiment; plain data."""
        return self._dated(self._known[""])

    @property
    def unchanged(self) -> dict[str, Any]:
        """The scenario that no policy has changed, as :attr:`Policy.config` gives it."""
        return as_plain(build_scenario(self.config({})))

    def _dated(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        return as_plain(build_scenario(self._filled(with_keys(plain, {}))).dated())


@dataclass(frozen=True)
class Policy:
    """One combination of levels; with a replicate (and a point, when there are any) it is a history."""

    #: Number of its first history.
    history_id: int
    #: Factor -> level.
    levels: dict[str, str]
    #: Dotted keys and option groups it sets.
    changes: dict[str, Any] = field(default_factory=dict)
    bases: Bases | None = field(default=None, repr=False, compare=False)

    @property
    def config(self) -> dict[str, Any]:
        """The whole scenario as plain data, with every shock of the experiment."""
        assert self.bases is not None
        return as_plain(build_scenario(self.bases.config(self.changes)))

    @property
    def settings(self) -> dict[str, Any]:
        """What it sets otherwise than the experiment's scenario: dotted key to value, None for what it has not.

        However it was written (:attr:`changes` may name an option or repeat what holds anyway), equal policies have
        equal settings.
        """
        assert self.bases is not None
        return dict(_differences(self.bases.unchanged, self.config))

    @property
    def label(self) -> str:
        """Levels in a line, for people; a bare number is named by what it is a level of."""
        return ", ".join(_said(factor, level) for factor, level in self.levels.items()) or "scenario"


def _differences(base: Mapping[str, Any], other: Mapping[str, Any], inside: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key and value of whatever differs from the base."""
    for name in dict.fromkeys([*base, *other]):
        before, after = base.get(name), other.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _differences(before, after, f"{inside}{name}.")
        elif before != after:
            yield f"{inside}{name}", after


def _said(factor: str, level: str) -> str:
    named = any(letter.isalpha() for letter in level)
    return level if named else f"{factor.rpartition('.')[2]}={level}"


@dataclass(frozen=True)
class History:
    """One policy at one point of the uncertainties."""

    policy: Policy
    point: Point | None = None


@dataclass(frozen=True)
class Design:
    """One history meeting one branch of shocks."""

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
    #: First history of the policy the others are compared with.
    reference_id: int
    bases: Bases = field(repr=False, compare=False)
    #: Shocks of the scenario by name.
    shocks: Mapping[str, Shock] = field(default_factory=dict, repr=False, compare=False)
    #: Seed of all random numbers.
    seed: int = 1
    #: Parameters drawn per replicate; none when they keep their values.
    drawn: tuple[Drawn, ...] = ()
    #: Replicates that share a draw.
    seeds_per_draw: int = 1
    #: Which policies' histories get which placebo.
    placebos: PlaceboConfig = field(default_factory=PlaceboConfig)
    #: Whether months by country are kept.
    countries: bool = True
    #: Replicates after each batch that may be run: draws of one batch are laid together.
    batches: tuple[int, ...] = ()
    #: Keys of fitted parameters.
    fitted: tuple[str, ...] = ()
    #: Comparisons declared beforehand.
    contrasts: tuple[Contrast, ...] = ()
    #: Points of the design; None for a grid over levers alone.
    sample: Sample | None = None
    #: Whether the points are over the levers too: then each point is a policy of its own.
    sampled: bool = False

    @cached_property
    def histories(self) -> tuple[History, ...]:
        """Every policy at every point, point by point; the number of a history is its place."""
        if self.sample is None:
            return tuple(History(policy) for policy in self.policies)
        if self.sampled:
            return tuple(itertools.starmap(History, zip(self.policies, self.sample.points, strict=True)))
        return tuple(History(policy, point) for point in self.sample.points for policy in self.policies)

    def config(self, history_id: int) -> dict[str, Any]:
        """The whole scenario of a history as plain data, before parameters are drawn."""
        history = self.histories[history_id]
        if history.point is None or self.sampled:
            return history.policy.config
        return self.bases.config({**history.policy.changes, **history.point.changes})

    def table(self) -> pd.DataFrame:
        """The design table: ids, shock, policy, levels of the factors; with points, ``point`` and uncertainties."""
        import numpy as np
        import pandas as pd

        labels: list[str | None] = [*self.branches] or [None]
        histories = np.arange(len(self.histories))
        repeated = np.repeat(histories, len(labels))
        policies = pd.DataFrame(
            [
                {"policy": policy.label, "reference": policy.history_id == self.reference_id, **policy.levels}
                for policy in self.policies
            ]
        )
        shocks = [" + ".join(self.branches.get(label or "", ())) for label in labels]
        columns = {
            "design_id": np.arange(len(repeated)),
            "history_id": repeated,
            "shock": labels * len(histories),
            "shocks": shocks * len(histories),
        }
        parts = [pd.DataFrame(columns), policies.take(repeated % len(policies)).reset_index(drop=True)]
        if self.sample is not None:
            names = [item.name for item in self.sample.inputs if item.name not in self.policies[0].levels]
            points = pd.DataFrame([{"point": p.number} | {name: p.values[name] for name in names}
                                   for p in self.sample.points])  # fmt: skip
            place = repeated if self.sampled else repeated // len(policies)
            parts.append(points.take(place).reset_index(drop=True))
        return pd.concat(parts, axis=1)

    def content(self) -> dict[str, Any]:
        """What is run, as plain data, for the fingerprint."""
        points = self.sample.points if self.sample is not None else ()
        return {
            "scenarios": self.bases.content(),
            "policies": [[policy.levels, policy.changes] for policy in self.policies],
            "points": [[point.values, point.changes] for point in points],
            "branches": self.branches,
            "placebos": self.placebos.model_dump(),
            "reference": self.reference_id,
        }

    def described(self) -> dict[str, Any]:
        """The design of the points, for the manifest."""
        assert self.sample is not None
        return {**self.sample.described(), "levers": "sampled" if self.sampled else "crossed"}

    def counts(self) -> dict[str, int]:
        """How much there is to run, for the manifest."""
        count = len(self.histories)
        runs = self.replicates * sum(len(self.arms(number)) for number in range(count))
        return {"replicates": self.replicates, "histories": self.replicates * count, "runs": runs}

    def with_replicates(self, replicates: int) -> Plan:
        """The same plan with another number of replicates."""
        batches = self.batches if replicates in self.batches else (replicates,)
        return replace(self, replicates=replicates, batches=batches)

    @property
    def numbers(self) -> range:
        """Numbers of the replicates."""
        return range(self.first_replicate, self.first_replicate + self.replicates)

    @property
    def units(self) -> list[Unit]:
        """Every history; replicates outside, so that an interrupted sweep has compared every policy."""
        return [Unit(number, replicate) for replicate in self.numbers for number in range(len(self.histories))]

    def draw_of(self, replicate: int) -> int:
        """Number of the draw of the parameters a replicate uses."""
        return replicate // self.seeds_per_draw

    def batch_of(self, number: int) -> Batch:
        """The draws laid together with a draw: all of the sweep, or those of its batch where replicates are added."""
        ends = [self.draw_of(self.first_replicate + total - 1) + 1 for total in self.batches or (self.replicates,)]
        first = self.draw_of(self.first_replicate)
        for end in ends:
            # a draw that two batches share belongs to the first
            if first <= number < end:
                return Batch(first, end - first)
            first = max(first, end)
        raise ValueError(f"draw {number} is in no batch of this plan")

    @property
    def held_at_fitted(self) -> list[str]:
        """Parameters fitted to data that are not drawn."""
        drawn = {item.key for item in self.drawn}
        return [key for key in self.fitted if key not in drawn]

    def values_of(self, number: int) -> dict[str, float | int]:
        """Value of every drawn parameter in a draw."""
        return draw(self.drawn, self.seed, number, self.batch_of(number)) if self.drawn else {}

    @cached_property
    def calendar(self) -> Calendar:
        """Dates of the first history; the others have the same, unless a policy or a point sets its own timeline."""
        return build_scenario(self.config(0)).calendar

    def arms(self, history_id: int) -> list[tuple[Arm, str | None]]:
        """Runs of a history after its announcement: arm, and label of the shocks."""
        reference = self.histories[history_id].policy.history_id == self.reference_id
        return self._arms[reference]

    @cached_property
    def _arms(self) -> dict[bool, list[tuple[Arm, str | None]]]:
        """Runs of a history of another policy, and of the reference policy."""
        wanted = self.placebos
        return {
            reference: arms_of(
                self.branches, self.shocks, organisation=wanted.organisation in _GIVEN[reference],
                scattered=wanted.scattered in _GIVEN[reference],
            )
            for reference in (False, True)
        }  # fmt: skip

    def payload(self, unit: Unit) -> dict[str, Any]:
        """What a worker needs for one unit, as plain data."""
        config = {**self.config(unit.history_id), "replicate": unit.replicate}
        labels = len(self.branches)
        if self.drawn:
            values = self.values_of(self.draw_of(unit.replicate))
            config = with_keys(config, as_changes(self.drawn, values))
        return {
            "history_id": unit.history_id,
            "replicate": unit.replicate,
            "config": config,
            "branches": {label: list(shocks) for label, shocks in self.branches.items()},
            "arms": self.arms(unit.history_id),
            "countries": self.countries,
            "pairs": unit.replicate < self.first_replicate + PAIR_REPLICATES,
            "design_ids": {label: unit.history_id * labels + k for k, label in enumerate(self.branches)},
        }


#: Values of a placebo's setting under which a policy has it, by whether it is the reference.
_GIVEN: dict[bool, tuple[str, ...]] = {False: ("all",), True: ("all", "reference")}
#: Histories up to which every single scenario is built and checked; beyond, every policy is, and as many of the rest,
#: spread evenly.
_CHECKED = 20_000
#: Most policies, and most histories with their replicates: more would not be planned in memory, nor run in a lifetime.
MOST_POLICIES, MOST_HISTORIES = 10_000, 2_000_000
#: Replicates are numbered with 31 bits.
_MOST_NUMBER = 2**31 - 1


def make_plan(request: Request) -> Plan:
    """Expand an experiment and check every policy and point in it.

    Raises
    ------
    InputError
        For an empty factor or design, an unknown key, a branch of shocks that were not chosen, or two equal policies.
    """
    experiment = request.experiment
    bases = Bases(request)
    branches = _branches(request)
    _check_replicates(request)
    _check_design(experiment)
    levers = levers_of(experiment, request.scenario)
    sample, sampled = _sample(request, levers, bases)
    policies = _point_policies(sample, levers, bases) if sampled and sample is not None else _policies(levers, bases)
    points = sample.points if sample is not None and not sampled else ()
    _check_histories(len(policies), len(points), batches_of(experiment)[0])
    changed = [*(policy.changes for policy in policies), *(point.changes for point in points)]
    bases.varied = frozenset(key for changes in changed for key in changes)
    bases.share_burn_in(changed)
    if experiment.replicates == "auto":
        check_measure("experiment.auto.outcome", experiment.auto.outcome,
                      response_months=request.scenario.timeline.response_months)  # fmt: skip
    labels: list[str | None] = [*branches] or [None]
    histories = len(policies) * (len(sample.points) if sample is not None and not sampled else 1)
    plan = Plan(
        policies=policies,
        designs=tuple(itertools.starmap(Design, ((k, *pair) for k, pair in enumerate(
            itertools.product(range(histories), labels))))),
        branches=branches,
        replicates=batches_of(experiment)[0],
        first_replicate=request.scenario.replicate,
        reference_id=_reference(request, policies),
        bases=bases,
        shocks=dict(request.scenario.shocks),
        placebos=experiment.placebos,
        countries=request.output.countries != "none",
        seed=request.scenario.seed,
        seeds_per_draw=experiment.seeds_per_draw,
        batches=batches_of(experiment),
        fitted=fitted_names(request.scenario),
        contrasts=_contrasts(request, policies),
        sample=sample,
        sampled=sampled,
    )  # fmt: skip
    _check_smallest(experiment.smallest_effect, branches)
    _check_objectives(request)
    scenarios = _check_all(plan)
    plan = replace(plan, drawn=_drawn(request, plan, scenarios))
    _check_turns(request, plan)
    _check_pairs(request, plan)
    if experiment.equal_budget:
        check_equal_budget(plan.policies)
    return plan


def _check_replicates(request: Request) -> None:
    """Refuse replicates whose numbers do not fit the tables."""
    last = request.scenario.replicate + batches_of(request.experiment)[-1] - 1
    if last > _MOST_NUMBER:
        raise InputError(
            "replicate", request.scenario.replicate,
            problem=f"is the first of {batches_of(request.experiment)[-1]} replicates, which end with {last}",
            allowed=f"numbers up to {_MOST_NUMBER}",
        )  # fmt: skip


def _check_design(experiment: ExperimentConfig) -> None:
    """Refuse settings of a design that is not chosen."""
    fields = type(experiment).model_fields
    for name, design in (("morris_levels", "morris"), ("second_order", "saltelli")):
        value = getattr(experiment, name)
        if value != fields[name].default and experiment.design != design:
            raise InputError(
                f"experiment.{name}", value, problem=f"says nothing with experiment.design={experiment.design}",
                allowed=f"only with experiment.design={design}",
            )  # fmt: skip
    if experiment.levers == "sampled" and experiment.design == "grid":
        raise InputError(
            "experiment.levers", "sampled", problem="says nothing with experiment.design=grid, which crosses levers",
            allowed="another experiment.design, or crossed",
        )  # fmt: skip


def _check_histories(policies: int, points: int, replicates: int) -> None:
    histories = policies * max(1, points) * replicates
    if histories > MOST_HISTORIES:
        raise InputError(
            "experiment.replicates", replicates,
            problem=f"make {histories:,} histories of {policies:,} policies and {max(1, points):,} points",
            allowed=f"at most {MOST_HISTORIES:,} histories",
        )  # fmt: skip


def batches_of(experiment: ExperimentConfig) -> tuple[int, ...]:
    """Replicates after each batch that may be run, whole draws each: one batch, or with ``auto`` up to the most.

    Raises
    ------
    InputError
        If ``auto`` may end before it begins.
    """
    if experiment.replicates != "auto":
        return (int(experiment.replicates),)
    auto = experiment.auto
    if auto.most < auto.least:
        raise InputError("experiment.auto.most", auto.most, problem="is fewer than experiment.auto.least",
                         allowed=f"at least {auto.least}")  # fmt: skip
    totals = [whole_draws(auto.least, experiment.seeds_per_draw)]
    while totals[-1] < auto.most:
        totals.append(whole_draws(min(totals[-1] + auto.batch, auto.most), experiment.seeds_per_draw))
    return tuple(totals)


def whole_draws(replicates: int, seeds_per_draw: int) -> int:
    """The number of replicates, rounded up to whole draws of the parameters."""
    return -(-replicates // seeds_per_draw) * seeds_per_draw


def _sample(request: Request, levers: tuple[Input, ...], bases: Bases) -> tuple[Sample | None, bool]:
    """Points of the design, and whether the levers are laid out with them; no points for a grid of levers."""
    experiment = request.experiment
    uncertainties = uncertainties_of(experiment, request.scenario)
    points = experiment.points
    if experiment.design == "csv":
        if not isinstance(points, str):
            raise InputError("experiment.points", points, problem="names no file, which experiment.design=csv needs",
                             allowed="a CSV file with a column per dotted key or factor")  # fmt: skip
        return read_points(points, levers, uncertainties, request.scenario, bases.scenario)
    if isinstance(points, str) and _is_number(points) and float(points).is_integer():
        # a file may be called 1e9, but this design counts
        points = int(float(points))
    if isinstance(points, str):
        raise InputError("experiment.points", points, problem=f"is no number, which {experiment.design} needs",
                         allowed=f"the number of {COUNTED[experiment.design]}, or experiment.design=csv")  # fmt: skip
    sampled = experiment.design != "grid" and (experiment.levers == "sampled" or not uncertainties)
    if experiment.design == "grid" and not uncertainties:
        if points is not None:
            raise InputError(
                "experiment.points", points, problem="says nothing of a grid of levers, which has all their values",
                allowed="experiment.uncertainties with a range, or another experiment.design",
            )  # fmt: skip
        return None, False
    inputs = (*levers, *uncertainties) if sampled else uncertainties
    found = lay(
        experiment.design, inputs, points, request.scenario.seed, levels=experiment.morris_levels,
        second_order=experiment.second_order,
    )  # fmt: skip
    if experiment.design == "grid" and len(found.points) < len(found.order):
        raise InputError("experiment.uncertainties", problem="name the same point more than once")
    return found, sampled and bool(levers)


def _policies(levers: tuple[Input, ...], bases: Bases) -> tuple[Policy, ...]:
    """Every combination of levels."""
    policies: list[Policy] = []
    seen: dict[str, str] = {}
    count = math.prod(len(item.levels) for item in levers)
    if count > MOST_POLICIES:
        raise InputError(
            "experiment.factors", problem=f"make {count:,} policies, a combination of levels each",
            allowed=f"at most {MOST_POLICIES:,}; experiment.levers=sampled with a design lays out some of them",
        )  # fmt: skip
    for combination in itertools.product(*(item.levels for item in levers)):
        changes: dict[str, Any] = {}
        for item, level in zip(levers, combination, strict=True):
            clash = sorted(set(level.changes) & set(changes))
            if clash:
                raise InputError(f"experiment.factors.{item.name}", problem=f"sets {clash[0]}, as another factor does")
            changes |= level.changes
        levels = {item.name: level.label for item, level in zip(levers, combination, strict=True)}
        policy = Policy(len(policies), levels, changes, bases)
        key = json.dumps(policy.config, sort_keys=True)
        if key in seen:
            raise InputError("experiment.factors", problem=f"'{seen[key]}' and '{policy.label}' are the same policy")
        seen[key] = policy.label
        policies.append(policy)
    return tuple(policies)


def _point_policies(sample: Sample, levers: tuple[Input, ...], bases: Bases) -> tuple[Policy, ...]:
    """A policy per point, when the design is laid over the levers."""
    return tuple(
        Policy(point.number, {item.name: item.label(point.values[item.name]) for item in levers}, point.changes, bases)
        for point in sample.points
    )


def _check_all(plan: Plan) -> list[Scenario]:
    """Build every scenario and check it; those of each policy and of each choice of options are returned."""
    kept: list[Scenario] = []
    met: set[str] = set()
    step = max(1, -(-len(plan.histories) // _CHECKED))
    for number, history in enumerate(plan.histories):
        first = number < len(plan.policies) and not plan.sampled
        # the points of each policy in turn, however many policies there are
        if not (first or (number + number // (step * len(plan.policies))) % step == 0):
            continue
        changes = dict(history.policy.changes)
        if history.point is not None and not plan.sampled:
            clash = sorted(set(changes) & set(history.point.changes))
            if clash:
                raise InputError("experiment.uncertainties", problem=f"set {clash[0]}, as a factor does")
            changes |= history.point.changes
        try:
            scenario = plan.bases.scenario(changes)
        except InputError as error:
            where = f"{error.problem} (at the point {shown(history.point.label)})" if history.point else error.problem
            raise InputError(error.key, error.value, error.allowed, error.nearest, problem=where) from None
        options = json.dumps([changes.get(group) for group in GROUPS])
        if first or options not in met:
            kept.append(scenario)
        met.add(options)
    return kept


def _drawn(request: Request, plan: Plan, scenarios: list[Scenario]) -> tuple[Drawn, ...]:
    if not request.experiment.draw_parameters:
        _check_held(request, {item.key for item in assumed_under(request.scenario, "")}, "is assumed")
        return ()
    # what a point or a level of a factor sets is not drawn over, even where it happens to be the default: every level
    # may set the default, and a factor may have one level
    points = plan.sample.points if plan.sample is not None else ()
    laid = {key for point in points for key in point.changes}
    laid |= {key for policy in plan.policies for key in _keys_set(policy.changes)}
    everything = {item.key for item in drawn_parameters(scenarios, laid)}
    _check_held(request, everything, "would be drawn")
    return drawn_parameters(scenarios, (*laid, *request.experiment.hold))


def _keys_set(changes: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Every dotted key that changes set; what they say of a whole section is its keys one by one."""
    for name, value in changes.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _keys_set(value, f"{key}.")
        elif key not in GROUPS:
            yield key


def _check_held(request: Request, known: set[str], what: str) -> None:
    for name in request.experiment.hold:
        if not any(key == name or key.startswith(f"{name}.") for key in known):
            raise InputError(
                "experiment.hold", name, problem=f"names no parameter that {what}", nearest=nearest_key(name, known)
            )


def _contrasts(request: Request, policies: Sequence[Policy]) -> tuple[Contrast, ...]:
    """Check the declared contrasts against factors and levels."""
    levels = {factor: list(dict.fromkeys(p.levels[factor] for p in policies)) for factor in policies[0].levels}
    for label, content in request.experiment.contrasts.items():
        key = f"experiment.contrasts.{short_label('experiment.contrasts', label)}"
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
        if factor in map(str, where):
            raise InputError(f"{key}.where", shown(where[factor]), problem=f"names {factor}, which is contrasted",
                             allowed="other factors")  # fmt: skip
        if str(content["level"]) == str(content["against"]):
            raise InputError(f"{key}.against", content["against"], problem="is the level itself")
        measures = content.get("measures", PRIMARY_MEASURES)
        if isinstance(measures, str) or not isinstance(measures, Sequence) or not measures:
            raise InputError(f"{key}.measures", shown(measures), problem="wrong type",
                             allowed="a list such as [sustained_collaboration, delivered_output]")  # fmt: skip
        for name in measures:
            check_measure(f"{key}.measures", name, contrasted=True,
                          response_months=request.scenario.timeline.response_months)  # fmt: skip
    return contrasts_of(request.experiment.contrasts, levels)


def _check_objectives(request: Request) -> None:
    """Objectives are two or more measures that may be contrasted, none of them twice; who weighs policies has some."""
    given = request.experiment.objectives
    if request.experiment.answer == "weighing" and not given:
        raise InputError("experiment.objectives", given, allowed="two or more measures, each once",
                         problem="leaves nothing to weigh with experiment.answer=weighing")  # fmt: skip
    for name in given:
        check_measure("experiment.objectives", name, contrasted=True, in_points=True,
                      response_months=request.scenario.timeline.response_months)  # fmt: skip
    if len(given) == 1 or len(set(given)) < len(given):
        raise InputError("experiment.objectives", given, problem="weighs nothing against something else",
                         allowed="two or more measures, each once")  # fmt: skip


def _check_smallest(declared: Any, branches: Mapping[str, Any]) -> None:
    """Smallest effects of interest are numbers, for measures that there are.

    A branch that this run does not have may be named, since shocks are often overridden; one that is nearly the name of
    a branch which has no number of its own is a slip.
    """
    key = "experiment.smallest_effect"
    if not isinstance(declared, Mapping):
        _check_share(key, declared)
        return
    for shock, limits in declared.items():
        mine = f"{key}.{shock}"
        near = nearest_name(str(shock), [label for label in branches if label not in declared])
        if shock not in branches and near:
            raise InputError(mine, problem="no such branch of shocks", allowed=", ".join(branches), nearest=near)
        if not isinstance(limits, Mapping):
            _check_share(mine, limits)
            continue
        for measure, limit in limits.items():
            check_measure(mine, measure, contrasted=True)
            _check_share(f"{mine}.{measure}", limit, difference_of(measure))


def _check_share(key: str, value: Any, unit: Difference = POINTS) -> None:
    most = 1.0 if unit.of_a_share else math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value <= most:
        allowed = "a share above 0 and at most 1 (0.0025 is a quarter point)"
        raise InputError(key, shown(value), problem="is no smallest effect",
                         allowed=allowed if unit.of_a_share else f"{unit.unit}, above 0")  # fmt: skip


def _varying(plan: Plan) -> list[str]:
    """Parameters that vary from draw to draw, or from point to point laid by chance."""
    if plan.sample is not None and plan.sample.design in BY_CHANCE and not plan.sampled:
        return [item.name for item in plan.sample.inputs if item.span is not None]
    return [item.name for item in plan.drawn]


def _check_turns(request: Request, plan: Plan) -> None:
    """A turn is looked for along a parameter that varies, or a factor with numbers for levels.

    As with pairs, one that might be drawn and is not in this run is no slip.
    """
    factors = {name: [policy.levels[name] for policy in plan.policies] for name in plan.policies[0].levels}
    numbers = [name for name, levels in factors.items() if all(map(_is_number, levels))]
    known = [*_varying(plan), *numbers]
    if plan.sample is not None:
        known += [item.name for item in plan.sample.inputs if item.span is not None]
    for name in request.experiment.break_even:
        if name in factors and name not in known:
            raise InputError(
                "experiment.break_even", name, problem="is a factor whose levels are no numbers",
                allowed="a drawn parameter, or a factor with numbers for levels",
            )  # fmt: skip
        may_vary = {item.name for item in assumed_under(request.scenario, "")}
        if name not in known and name not in may_vary:
            raise InputError(
                "experiment.break_even", name, problem="is no parameter that may be drawn, and no factor",
                allowed="a drawn parameter, or a factor with numbers for levels",
                nearest=nearest_name(name, {*known, *may_vary}),
            )  # fmt: skip


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _check_pairs(request: Request, plan: Plan) -> None:
    """Pairs name two different parameters that vary from draw to draw, or from point to point laid by chance.

    One that might vary and does not in this run has no map: drawing is often switched off for a whole experiment. One
    that never varies is a slip.
    """
    known = _varying(plan)
    for number, pair in enumerate(request.experiment.break_even_pairs):
        key = f"experiment.break_even_pairs.{number}"
        if pair[0] == pair[1]:
            raise InputError(key, pair[1], problem="is paired with itself", allowed="two parameters")
        for name in pair:
            may_vary = {item.name for item in assumed_under(request.scenario, "")}
            if name not in known and name not in may_vary:
                few = ", ".join([*known[:12], "..."] if len(known) > 12 else known)
                raise InputError(
                    key, name, problem="is not drawn", nearest=nearest_name(name, known or sorted(may_vary)),
                    allowed=few or "drawn parameters (experiment.draw_parameters=true)",
                )  # fmt: skip


def _branches(request: Request) -> dict[str, tuple[str, ...]]:
    chosen = request.scenario.shocks
    if request.experiment.branches is None:
        return {name: (name,) for name in chosen}
    if chosen and not request.experiment.branches:
        raise InputError("experiment.branches", "{}", problem="names no branch, so no shock would act",
                         allowed="null for one branch per shock")  # fmt: skip
    for label, shocks in request.experiment.branches.items():
        short_label("experiment.branches", label)
        if not shocks:
            raise InputError(f"experiment.branches.{label}", problem="names no shock", allowed=", ".join(chosen))
        for name in shocks:
            if name not in chosen:
                raise InputError(
                    f"experiment.branches.{label}", name, problem="is not among the chosen shocks",
                    allowed=", ".join(chosen) or "none chosen", nearest=nearest_name(name, chosen),
                )  # fmt: skip
    return dict(request.experiment.branches)


def _reference(request: Request, policies: Sequence[Policy]) -> int:
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
    for policy in policies:
        if all(policy.levels[factor] == level for factor, level in wanted.items()):
            return policy.history_id
    raise InputError("experiment.reference", shown(list(wanted.values())), problem="is not among the points laid out")
