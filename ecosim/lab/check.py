"""Rules between parameters: what no single range can say, checked before anything runs."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecosim.channels.handles import BELIEFS
from ecosim.dates import month_after, months_between
from ecosim.errors import InputError, shown
from ecosim.funders.base import check_stages
from ecosim.lab.check_own import check_own_funders, check_own_orders, check_own_pushes
from ecosim.programmes.budget import budget_of
from ecosim.record import columns_of
from ecosim.scenario import Scenario
from ecosim.shocks import Shock
from ecosim.shocks.diplomatic_rupture import DiplomaticRupture
from ecosim.tables import PROGRAMME

if TYPE_CHECKING:
    from ecosim.lab.settings import OutputConfig
    from ecosim.world.cordis import RealProjects
    from ecosim.world.facts import World


#: Months that dates of results can name, with room for contracts that go on.
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
#: Most organisations of a run, entrants included (about 300 bytes each), and of one type in one country.
_MOST_ORGANISATIONS, _MOST_OF_A_KIND = 20_000_000, 1 << 21


def check(scenario: Scenario, *, varied: Collection[str] = ()) -> None:
    """Refuse a scenario that contradicts itself or the world it is set in.

    Parameters
    ----------
    scenario : Scenario
        What would be simulated.
    varied : collection of str
        Dotted keys that an experiment varies: what another of their levels uses may be set and idle here.

    Raises
    ------
    InputError
        Naming the key, its value and what is allowed.
    """
    from ecosim.world import load_world

    world = load_world(scenario.world)
    check_own_funders(scenario.funders, world)
    _check_countries(scenario, world)
    check_own_pushes(scenario, world)
    check_own_orders(scenario, world)
    _check_consortia(scenario, world)
    _check_size(scenario, world)
    _check_dates(scenario)
    _check_shocks(scenario, world)
    _check_idle(scenario, varied)
    _check_money(scenario, world)
    _check_participations(scenario, world)


def _check_size(scenario: Scenario, world: World) -> None:
    """Refuse a world whose organisations no memory holds, or no key can tell apart."""
    config, calendar = scenario.world, scenario.calendar
    ever = world.ever(
        config.scale * config.pool_factor, config.entrants_per_year, calendar.burn_in_months, calendar.months
    )
    whole, largest = float(ever.sum()), float(ever.max())
    if whole <= _MOST_ORGANISATIONS and largest <= _MOST_OF_A_KIND:
        return
    share = min(_MOST_ORGANISATIONS / whole, _MOST_OF_A_KIND / largest)
    raise InputError(
        "world.scale", f"{config.scale:g}",
        problem=f"makes about {whole:,.0f} organisations with world.pool_factor={config.pool_factor:g}, "
        f"world.entrants_per_year={config.entrants_per_year:g} and {scenario.calendar.months} months",
        allowed=f"about {0.9 * share * config.scale:.2g}, or fewer of these",
    )  # fmt: skip


def _check_shocks(scenario: Scenario, world: World) -> None:
    """Refuse shocks that can change nothing, whatever is drawn."""
    for name, shock in scenario.shocks.items():
        key = f"shocks.{name}"
        if shock.effective_after_months is None and not BELIEFS & shock.handles:
            raise InputError(
                f"{key}.effective_after_months", "null", problem=f"a threat of {shock.kind} changes nothing",
                allowed="a whole number of months",
            )  # fmt: skip
        if isinstance(shock, DiplomaticRupture) and shock.targets != "drawn" and not (
            shock.pairs(world, shock.named_targets(name, world)).any()
        ):  # fmt: skip
            raise InputError(
                f"{key}.counterparts", shock.counterparts,
                problem=f"leaves no pair that breaks with targets={shown(shock.targets)} and within={shock.within}",
                allowed="countries that are no targets, or within=none",
            )  # fmt: skip


def _check_idle(scenario: Scenario, varied: Collection[str]) -> None:
    """Refuse settings that say nothing beside what is chosen: whoever wrote them meant something else."""
    config = scenario.world
    if config.preset != "synthetic" and config.n_countries != type(config).model_fields["n_countries"].default and (
        not {"world", "world.preset", "world.n_countries"} & set(varied)
    ):  # fmt: skip
        raise InputError(
            "world.n_countries", config.n_countries, problem=f"says nothing in world '{config.preset}'",
            allowed="only with world=synthetic (world.countries keeps some of the others)",
        )  # fmt: skip
    years = scenario.programme.appropriation_by_year
    if years and not scenario.named_years and not {"programme", "timeline"} & {key.partition(".")[0] for key in varied}:
        raise InputError(
            "programme.appropriation_by_year", ", ".join(map(str, years)), problem="names no year of the run",
            allowed=f"years from {scenario.calendar.start[:4]} on, for {scenario.calendar.months} months",
        )  # fmt: skip
    if "own_size" in config.idle and not {"world", "world.preset"} & set(varied):
        for name, field in type(config.own_size).model_fields.items():
            value = getattr(config.own_size, name)
            if value != field.default and f"world.own_size.{name}" not in varied:
                raise InputError(
                    f"world.own_size.{name}", value, problem=f"says nothing in world '{config.preset}'",
                    allowed="only with world=global",
                )  # fmt: skip
    for name, shock in scenario.shocks.items():
        key = f"shocks.{name}"
        deciding = {f"shocks.{name}", *(f"{key}.{field}" for field in ("profile", "profile_months"))}
        if deciding & set(varied):
            continue
        if shock.profile == "step" and shock.profile_months != type(shock).model_fields["profile_months"].default:
            raise InputError(
                f"{key}.profile_months", shock.profile_months, problem="says nothing with profile=step",
                allowed=f"only with {key}.profile=ramp or decay",
            )  # fmt: skip
        if shock.profile != "step" and shock.effective_after_months is None:
            raise InputError(
                f"{key}.profile", shock.profile, problem="says nothing of a threat that is never carried out",
                allowed=f"only with a number for {key}.effective_after_months",
            )  # fmt: skip

    if scenario.policy.calendars != "as_each_says" and not scenario.funders and not of_funders(varied):
        raise InputError(
            "policy.calendars", scenario.policy.calendars, problem="says nothing where the programme is alone",
            allowed="as_each_says, or other funders beside it: funders=[national_agency]",
        )  # fmt: skip
    at_home = any(funder.own_country_only for funder in scenario.funders.values())
    for name, decision in scenario.decisions.items():
        if decision.needs_agency and not at_home and not of_funders(varied):
            raise InputError(
                f"decisions.{name}", decision.kind, problem="says nothing where no country has an agency of its own",
                allowed="funders=[national_agency] beside it",
            )  # fmt: skip
    programme = scenario.programme
    deciding = {"programme", "programme.prefinancing", "programme.tranches"}
    if programme.prefinancing == 1.0 and programme.tranches > 0 and not deciding & set(varied):
        raise InputError(
            "programme.prefinancing", f"{programme.prefinancing:g}",
            problem=f"leaves nothing for programme.tranches={programme.tranches}",
            allowed="programme.tranches=0 beside it, or a share below 1",
        )  # fmt: skip


def of_funders(varied: Collection[str]) -> bool:
    """Whether an experiment varies who funds."""
    return any(key == "funders" or key.startswith("funders.") for key in varied)


def check_output(output: OutputConfig) -> None:
    """Refuse, before anything runs, a folder of results that cannot be written.

    Raises
    ------
    InputError
        If it, or what it would lie in, is a file, or may not be written.
    """
    folder = Path(output.folder).absolute()
    try:
        there = next(path for path in (folder, *folder.parents) if path.exists())
    except OSError as error:
        raise InputError("output.folder", output.folder, problem=f"cannot be used ({error.strerror})") from None
    if not there.is_dir():
        raise InputError("output.folder", output.folder, problem=f"cannot be made: {there} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError("output.folder", output.folder, problem=f"cannot be made: {there} may not be written",
                         allowed="a folder where you may write")  # fmt: skip


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
    for name, decision in scenario.decisions.items():
        decision.check(name, world, scenario.instruments)
        decision.check_outcomes(name, *columns_of(scenario.mechanisms.stages, scenario.mechanisms.health))
    for name, funder in scenario.funders.items():
        funder.check(name, world)
        check_stages(name, funder, scenario.mechanisms.stages)
    if scenario.mechanisms.health:
        from ecosim.health.detection import delays
        from ecosim.world.health import check_health

        check_health(world.countries)
        # charts that cannot be set are found here; those that can are kept for the run
        delays(world.n_countries, scenario.behaviour.health)
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
    for name, shock in scenario.shocks.items():
        _check_dates_of(name, shock, scenario)
    first = month_number("timeline.start", scenario.calendar.start)
    if first < 12 * _FIRST_YEAR or first + scenario.calendar.months > 12 * _LAST_YEAR:
        raise InputError(
            "timeline.start", scenario.calendar.start, problem=f"is too far away for a run of "
            f"{scenario.calendar.months} months", allowed=f"within the years {_FIRST_YEAR} to {_LAST_YEAR - 1}",
        )  # fmt: skip
    if scenario.policy.start is not None:
        start = month_number("policy.start", scenario.policy.start)
        calendar = scenario.calendar
        if not first <= start < first + calendar.months:
            raise InputError(
                "policy.start", scenario.policy.start, problem="is outside the run",
                allowed=f"from {calendar.start}, within {calendar.months} months",
            )  # fmt: skip


def _check_dates_of(name: str, shock: Shock, scenario: Scenario) -> None:
    """Refuse a shock that is announced or takes effect when nobody looks, or in the wrong order."""
    timeline, calendar = scenario.timeline, scenario.calendar
    # the calm window is drawn: only `response_months` are certain to follow it
    last = timeline.response_months
    longest_calm = calendar.observation_end - last
    if shock.announced is None and shock.announced_after_months >= last:
        raise InputError(
            f"shocks.{name}.announced_after_months", shock.announced_after_months, problem="is after the horizon",
            allowed=f"below timeline.response_months={last}",
        )  # fmt: skip
    for event in ("announced", "effective"):
        date = getattr(shock, event)
        if date is None:
            continue
        month = months_between(calendar.start, date)
        if not calendar.burn_in_months <= month < calendar.observation_end:
            first = month_after(calendar.start, calendar.burn_in_months)
            end = month_after(calendar.start, calendar.observation_end - 1)
            raise InputError(
                f"shocks.{name}.{event}", date, problem="is outside the months observed",
                allowed=f"from {first} to {end} (timeline.observed_from and the months after it)",
            )  # fmt: skip
    announcement, effective = shock.months(name, longest_calm, calendar.start)
    if shock.effective is None and effective is not None and effective >= calendar.observation_end:
        raise InputError(
            f"shocks.{name}.effective_after_months", shock.effective_after_months, problem="is after the horizon",
            allowed=f"below {calendar.observation_end - announcement} "
            "(timeline.response_months less the announcement), or null for a threat never carried out",
        )  # fmt: skip


def month_number(key: str, text: str) -> int:
    """Months since the year 0 of a month written YYYY-MM.

    Raises
    ------
    InputError
        If it is none.
    """
    found = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})", text)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise InputError(key, text, problem="is not a month", allowed="YYYY-MM")
    return 12 * int(found[1]) + int(found[2]) - 1


def _check_money(scenario: Scenario, world: World) -> None:
    key = "policy.appropriation_eur_per_month"
    budget = budget_of(scenario, world)
    asked = scenario.policy.appropriation_eur_per_month
    monthly = world.appropriation_eur_per_month if asked is None else asked
    if any(kind.from_programme for kind in scenario.funders.values()):
        monthly = float(budget.cents[PROGRAMME]) / 100.0 / scenario.world.scale
    else:
        monthly += scenario.policy.additional_eur
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
