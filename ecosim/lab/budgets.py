"""Whether the policies of an experiment have an equal budget, known before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ecosim.analysis.budgets import budget_words, differ
from ecosim.errors import InputError
from ecosim.lab.compose import build_scenario
from ecosim.programmes.budget import budget_of

if TYPE_CHECKING:
    from ecosim.scenario import Scenario


class Planned(Protocol):
    """A policy of a plan, as far as its budget goes."""

    @property
    def label(self) -> str:
        """Its name."""

    @property
    def changes(self) -> Mapping[str, Any]:
        """What it sets, by key."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The whole scenario, plain."""


#: Keys and option groups, or how they begin, on which the public money depends.
_OF_MONEY = ("funders", "policy", "world")


def public_eur(scenario: Scenario) -> float:
    """Public money appropriated a month by all funders together, EUR at full scale."""
    from ecosim.world import load_world

    return budget_of(scenario, load_world(scenario.world)).public_cents / 100.0 / scenario.world.scale


def budgets(policies: Sequence[Planned]) -> dict[str, float]:
    """Policy -> its public money a month (EUR at full scale); empty where no policy sets anything that moves it."""
    changed = {key for policy in policies for key in policy.changes}
    if not any(key.partition(".")[0] in _OF_MONEY for key in changed):
        return {}
    return {policy.label: public_eur(build_scenario(policy.config)) for policy in policies}


def budget_line(policies: Sequence[Planned]) -> str:
    """That policies differ in public money, in a line; empty where they do not."""
    return budget_words(budgets(policies))


def check_equal_budget(policies: Sequence[Planned]) -> None:
    """Refuse policies that differ in public money.

    Raises
    ------
    InputError
        Naming the two that are furthest apart.
    """
    found = budgets(policies)
    if differ(found.values()):
        raise InputError(
            "experiment.equal_budget", "true", problem=budget_words(found),
            allowed="funders.NAME.from_programme, which takes a funder's money out of the programme's; or "
            "experiment.equal_budget=false",
        )  # fmt: skip
