"""Each step of the month looks at what it says it reads, changes what it says it writes, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ecosim.model
from ecosim import month
from ecosim.month import READS, WRITES
from ecosim.state import State
from tests.models import INSTRUMENTS, SHOCKS, bits, small, to_the_end


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {name.partition(".")[0] for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.fixture(scope="module")
def watched() -> tuple[list[list[str]], dict[str, set[str]], dict[str, bytes], dict[str, bytes], dict[str, set[str]]]:
    """Run a busy world, a placebo included, noting the order of the steps and what each looked at and changed."""
    orders: list[list[str]] = []
    seen: dict[str, set[str]] = {name: set() for name in WRITES}
    looked: dict[str, set[str]] = {name: set() for name in WRITES}
    at_work: list[str] = []
    fields = {field.name for field in dataclasses.fields(State)}
    patch = pytest.MonkeyPatch()

    def note(state: State, name: str) -> Any:
        if at_work and name in fields:
            looked[at_work[-1]].add(name)
        return object.__getattribute__(state, name)

    def watch(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(state: State, *others: Any) -> Any:
            orders[-1].append(name)
            before = bits(state)
            at_work.append(name)
            try:
                result = step(state, *others)
            finally:
                at_work.pop()
            seen[name] |= changed(before, bits(state))
            return result

        return run

    patch.setattr(State, "__getattribute__", note)
    for name in WRITES:
        patch.setattr(ecosim.model, name, watch(name, getattr(month, name)))
    try:
        trigger = {"instrument": sorted(INSTRUMENTS)[0], "below": 10.0, "for_months": 1}
        model = small(
            shocks=SHOCKS, instruments=INSTRUMENTS, behaviour__work__failure_hazard=0.02,
            decisions={
                "missions_follow_partnerships": {}, "switch_on": trigger, "agencies_replace_programme": {},
                "funders_rebudget": {"over_months": 6},
            }, funders={"national_agency": {}}, mechanisms__stages=True, mechanisms__health=True,
        )  # fmt: skip
        fixed = _fixed(model)
        branch = model.fork("placebo")
        for each in (model, branch):
            while each.running:
                orders.append([])
                each.step()
        return orders, seen, fixed, _fixed(model), looked
    finally:
        patch.undo()


def _fixed(model: ecosim.model.Ecosystem) -> dict[str, bytes]:
    """What a run may never write: facts, population, parameters, handles at rest."""
    setting = model.setting
    values: dict[str, Any] = {
        **{f"world.{k}": v for k, v in vars(setting.world).items()},
        **{f"population.{k}": v for k, v in vars(setting.population).items()},
        **{f"index.{k}": v for k, v in setting.population.index._asdict().items()},
        **{f"base.{k}": v for k, v in vars(setting.base).items()},
        **vars(setting),
    }
    return {name: value.tobytes() for name, value in values.items() if isinstance(value, np.ndarray)}


@pytest.mark.parametrize("step", WRITES)
def test_a_step_changes_only_what_it_says_it_writes(step: str, watched: tuple) -> None:
    assert watched[1][step] <= WRITES[step]


@pytest.mark.parametrize("step", WRITES)
def test_a_step_writes_all_that_it_says(step: str, watched: tuple) -> None:
    assert watched[1][step] >= WRITES[step]


@pytest.mark.parametrize("step", READS)
def test_a_step_looks_at_what_it_says_it_reads_and_at_nothing_else(step: str, watched: tuple) -> None:
    assert sorted(watched[4][step]) == sorted(READS[step])


def test_reads_and_writes_name_the_same_steps_and_fields_that_exist() -> None:
    assert list(READS) == list(WRITES)
    assert frozenset().union(*READS.values(), *WRITES.values()) <= set(vars(small().state))


@pytest.mark.parametrize("step", WRITES)
def test_the_docstring_of_a_step_names_what_it_writes(step: str) -> None:
    text = getattr(month, step).__doc__
    assert not {name for name in WRITES[step] if f"``{name}``" not in text}


def test_the_steps_run_in_the_order_in_which_they_are_declared(watched: tuple) -> None:
    assert watched[0]
    assert all(order == list(WRITES) for order in watched[0])


def test_every_field_of_the_state_is_written_by_some_step() -> None:
    written = frozenset().union(*WRITES.values())
    assert written == set(vars(small().state))


def test_a_run_leaves_facts_population_and_parameters_alone(watched: tuple) -> None:
    assert watched[2].keys() >= {"world.distance_km", "population.organisations", "base.political", "parameters"}
    # what follows from them is worked out once it is asked for
    assert {name: watched[3].get(name) for name in watched[2]} == watched[2]


def test_in_a_world_at_rest_the_handles_are_never_rebuilt() -> None:
    model = small()
    model.step()
    handles, effects = model.state.handles, model.state.effects
    to_the_end(model)
    assert model.state.handles is handles
    assert model.state.effects is effects
