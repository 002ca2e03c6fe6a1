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
_PATH = "programme.appropriation_by_year"


def public_eur(scenario: Scenario, year: int | None = None) -> float:
    """Public money appropriated a month by all funders together, EUR at full scale, in a usual or a named year."""
    from ecosim.world import load_world

    budget = budget_of(scenario, load_world(scenario.world))
    ratio = 1.0 if year is None else scenario.programme.appropriation_by_year.get(year, 1.0)
    return int(budget.in_year(ratio)[budget.public].sum()) / 100.0 / scenario.world.scale


def budgets(policies: Sequence[Planned]) -> dict[str, float]:
    """Policy -> its public money a month (EUR at full scale); empty where no policy sets anything that moves it.

    Where money follows a path over calendar years, that of the year in which policies differ most.
    """
    changed = {key for policy in policies for key in policy.changes}
    if not any(key.partition(".")[0] in _OF_MONEY or key in ("programme", _PATH) for key in changed):
        return {}
    made = {policy.label: build_scenario(policy.config) for policy in policies}
    years = sorted({year for scenario in made.values() for year in scenario.named_years})
    found = [{label: public_eur(scenario, year) for label, scenario in made.items()} for year in (None, *years)]
    return max(found, key=lambda eur: (max(eur.values()) - min(eur.values())) / max(max(eur.values()), 1.0))


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
            allowed="funders.NAME.from_programme, which takes a funder's money out of the programme's; the same "
            "policy.additional_eur everywhere; or experiment.equal_budget=false",
        )  # fmt: skip
