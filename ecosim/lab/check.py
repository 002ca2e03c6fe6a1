"""Rules between parameters: what no single range can say, checked before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecosim.errors import InputError
from ecosim.scenario import Scenario

if TYPE_CHECKING:
    from ecosim.world.cordis import RealProjects
    from ecosim.world.facts import World


def check(scenario: Scenario) -> None:
    """Refuse a scenario that contradicts itself or the world it is set in.

    Raises
    ------
    InputError
        Naming the key, its value and what is allowed.
    """
    from ecosim.world import load_world

    world = load_world(scenario.world)
    _check_countries(scenario, world)
    _check_consortia(scenario, world)
    _check_dates(scenario)
    _check_money(scenario, world)
    _check_participations(scenario, world)


def _check_participations(scenario: Scenario, world: World) -> None:
    """Read the table a run begins with: a fault in it is found before anything runs, and the reading is kept."""
    if scenario.world.participations is not None:
        _projects(scenario, world)


def _projects(scenario: Scenario, world: World) -> RealProjects:
    from ecosim.tables import MAX_SEATS
    from ecosim.world.cordis import load_projects

    assert scenario.world.participations is not None
    return load_projects(
        scenario.world.participations, world, scenario.calendar.start, scenario.programme.time_to_grant_months,
        scenario.world.scale, MAX_SEATS,
    )  # fmt: skip


def reading_lines(scenario: Scenario) -> list[str]:
    """What was read of the table a run begins with, and what of it is taken; empty where there is none."""
    from ecosim.world import load_world
    from ecosim.world.participations import read

    if scenario.world.participations is None:
        return []
    return [read(scenario.world.participations).line, _projects(scenario, load_world(scenario.world)).line]


def _check_countries(scenario: Scenario, world: World) -> None:
    for name, shock in scenario.shocks.items():
        shock.check(name, world)
    for name, instrument in scenario.instruments.items():
        instrument.check(name, world)
        if not instrument.pairs(world).any():
            raise InputError(
                f"instruments.{name}.hosts", instrument.hosts, problem="leaves no pair of two different countries"
            )


def _check_consortia(scenario: Scenario, world: World) -> None:
    programme = scenario.programme
    fundable = int(np.count_nonzero(world.programme_standing > 0.0))
    countries, blocs = programme.countries_per_consortium, programme.blocs_per_consortium
    if countries is not None and countries[0] > fundable:
        raise InputError(
            "programme.countries_per_consortium", countries,
            problem=f"asks for at least {countries[0]} countries where only {fundable} can be funded",
            allowed=f"a minimum of at most {fundable} in world '{world.name}'",
        )  # fmt: skip
    known_blocs = len(set(world.bloc[world.programme_standing > 0.0].tolist()))
    if blocs is not None and blocs[0] > known_blocs:
        raise InputError(
            "programme.blocs_per_consortium", blocs,
            problem=f"asks for at least {blocs[0]} blocs where only {known_blocs} can be funded",
            allowed=f"a minimum of at most {known_blocs} in world '{world.name}'",
        )  # fmt: skip
    if blocs is not None and countries is not None and blocs[0] > countries[1]:
        raise InputError(
            "programme.blocs_per_consortium", blocs,
            problem=f"asks for more blocs than programme.countries_per_consortium={list(countries)} allows countries",
        )  # fmt: skip


def _check_dates(scenario: Scenario) -> None:
    timeline = scenario.timeline
    # the calm window is drawn: only `response_months` are certain to follow it
    last = timeline.response_months
    for name, shock in scenario.shocks.items():
        if shock.announced_after_months >= last:
            raise InputError(
                f"shocks.{name}.announced_after_months", shock.announced_after_months, problem="is after the horizon",
                allowed=f"below timeline.response_months={last}",
            )  # fmt: skip
        if shock.effective_after_months is not None and (
            shock.announced_after_months + shock.effective_after_months >= last
        ):
            raise InputError(
                f"shocks.{name}.effective_after_months", shock.effective_after_months, problem="is after the horizon",
                allowed=f"below {last - shock.announced_after_months} "
                "(timeline.response_months less the announcement), or null for a threat never carried out",
            )  # fmt: skip
    if scenario.policy.start is not None:
        start = _month_number("policy.start", scenario.policy.start)
        calendar = scenario.calendar
        first = _month_number("timeline.start", calendar.start)
        if not first <= start < first + calendar.months:
            raise InputError(
                "policy.start", scenario.policy.start, problem="is outside the run",
                allowed=f"from {calendar.start}, within {calendar.months} months",
            )  # fmt: skip


def _month_number(key: str, text: str) -> int:
    year, _, month = text.partition("-")
    if not (len(year) == 4 and year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        raise InputError(key, text, problem="is not a month", allowed="YYYY-MM")
    return 12 * int(year) + int(month) - 1


def _check_money(scenario: Scenario, world: World) -> None:
    key = "policy.appropriation_eur_per_month"
    asked = scenario.policy.appropriation_eur_per_month
    monthly = world.appropriation_eur_per_month if asked is None else asked
    programme = scenario.programme
    gap = programme.gap_months
    fixed = sum(instrument.monthly_eur for instrument in scenario.instruments.values())
    fixed += programme.call_cost_eur / gap
    if monthly <= fixed:
        raise InputError(
            key, f"{monthly:g}", problem="pays for no grant",
            allowed=f"more than the {fixed:,.0f} EUR a month that calls and instruments cost",
        )  # fmt: skip
    grants = world.consortium_shapes["grant_eur"]
    # What a call does not award waits for the next: a year's money counts, and a whole gap's where it is longer.
    saved = max(12, gap)
    if len(grants) and saved * (monthly - fixed) * scenario.world.scale < float(grants.min()):
        raise InputError(
            key, f"{monthly:g}",
            problem=f"with world.scale={scenario.world.scale:g}, the money of {saved} months is less than the smallest "
            f"grant ({int(grants.min()):,} EUR)",
            allowed="a larger appropriation or scale",
        )  # fmt: skip
