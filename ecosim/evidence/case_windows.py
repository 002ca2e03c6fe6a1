"""Windows of a dated case: the world with the shock and its twin, each window a seed and a draw of the assumptions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.dates import month_after, months_between
from ecosim.errors import InputError, shown
from ecosim.evidence import patterns, validation
from ecosim.evidence.case_file import OF_PAIR, Case, unit_name

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.lab.compose import Request
    from ecosim.lab.pairs import PairYears
    from ecosim.model import Ecosystem
    from ecosim.scenario import Scenario

#: The two worlds of a window.
ARMS = ("twin", "shocked")
_STRIDE = 6


@dataclass(frozen=True)
class Windows:
    """What will be simulated."""

    #: Plain scenarios, one per window.
    configs: tuple[dict[str, Any], ...]
    #: Parameter -> value, per window.
    draws: tuple[dict[str, float | int], ...]
    #: First month of the run, first observed one, last one.
    start: str
    opening: str
    closing: str


def plan(case: Case, request: Request, windows: int, held: Sequence[str], changes: Mapping[str, Any]) -> Windows:
    """Lay out the windows: long enough for what was observed, each with a draw of every assumed parameter.

    Parameters
    ----------
    case : Case
        What is compared.
    request : Request
        The case's scenario, with what the user said.
    windows : int
        How many.
    held : sequence of str
        Keys that are not drawn over, because somebody has set them.
    changes : mapping
        Keys set in all of them.

    Raises
    ------
    InputError
        If a shock has no calendar date, or a country of the table is not in the world.
    """
    from ecosim.lab.check import check
    from ecosim.lab.compose import build_scenario
    from ecosim.lab.draws import Batch, as_changes, draw, drawn_parameters
    from ecosim.scenario import as_plain, with_keys

    scenario = request.scenario
    _check_countries(case, scenario)
    timeline = _timeline(case, scenario)
    base = with_keys(as_plain(scenario), {**timeline, **changes})
    whole = build_scenario(base)
    check(whole)
    drawn = drawn_parameters([whole], held)
    batch = Batch(0, windows)
    first = int(base["replicate"])
    draws = tuple(draw(drawn, whole.seed, number, batch) for number in range(windows))
    configs = tuple(
        with_keys(base, {**as_changes(drawn, values), "replicate": first + number})
        for number, values in enumerate(draws)
    )
    # the last replicate has the largest number
    build_scenario(configs[-1])
    start = str(timeline["timeline.start"])
    return Windows(configs, draws, start, month_after(start, int(timeline["timeline.burn_in_months"])),
                   f"{case.years[-1]}-12")  # fmt: skip


def _check_countries(case: Case, scenario: Scenario) -> None:
    from ecosim.world import load_world
    from ecosim.world.names import countries_named

    world = load_world(scenario.world)
    for unit in case.units:
        countries_named("case.observed", unit, world, rest=False, blocs=False)


def _timeline(case: Case, scenario: Scenario) -> dict[str, str | int]:
    """Burn-in until a year before anything was observed or announced, then months until the last year observed."""
    if not scenario.shocks:
        raise InputError("case.scenario", problem="has no shock", allowed="a scenario with shocks that have dates")
    dates: list[str] = []
    for name, shock in scenario.shocks.items():
        if shock.announced is None:
            raise InputError(f"shocks.{name}.announced", problem="is missing: the shocks of a case have calendar dates",
                             allowed="YYYY-MM or YYYY-MM-DD")  # fmt: skip
        dates.append(shock.announced)
    closing = f"{case.years[-1]}-12"
    late = next((name for name, shock in scenario.shocks.items() if str(shock.announced) > closing), None)
    if late is not None:
        raise InputError(f"shocks.{late}.announced", scenario.shocks[late].announced,
                         problem=f"lies after the last year observed ({case.years[-1]})")  # fmt: skip
    opening = f"{min(case.years[0] - 1, *(int(date[:4]) for date in dates))}-01"
    start = scenario.timeline.start
    if start is None:
        start = month_after(opening, -scenario.calendar.burn_in_months)
    return validation.reaching(start, opening, _closing(scenario, closing))


def _closing(scenario: Scenario, closing: str) -> str:
    """The last month observed, or the last in which a shock takes effect: what is known to come has a date, too."""
    effects = [closing]
    for shock in scenario.shocks.values():
        if shock.effective is not None:
            effects.append(shock.effective)
        elif shock.effective_after_months is not None:
            effects.append(month_after(str(shock.announced), shock.effective_after_months))
    return max(effects)


def simulate(payload: Mapping[str, Any], report: Callable[[float], None] | None = None) -> dict[str, Any]:
    """Simulate one window: the shocked world and its twin, to the last month observed.

    Parameters
    ----------
    payload : mapping
        ``config``, ``closing`` (YYYY-MM), and of the case ``units``, ``quantities``, ``years``.
    report : callable, optional
        Receives the share done, from 0 to 1.

    Returns
    -------
    dict
        By arm, values (units, quantities, years); and ``coverage``, what the countries hit are in the simulated world
        as the first shock is announced (:func:`ecosim.lab.coverage.measured`).
    """
    from threadpoolctl import threadpool_limits

    from ecosim.lab import coverage
    from ecosim.lab.branches import release
    from ecosim.lab.compose import build_scenario
    from ecosim.lab.pairs import PairYears
    from ecosim.model import Ecosystem

    with threadpool_limits(limits=1):
        scenario = build_scenario(payload["config"])
        start, years = scenario.calendar.start, payload["years"]
        months = months_between(start, payload["closing"]) + 1
        by_pair = any(what in OF_PAIR for what in payload["quantities"])
        first = months_between(start, f"{years[0]}-01")
        history = Ecosystem(scenario)
        announced = min(history.announcement_month, months)
        total = announced + len(ARMS) * (months - announced)
        done = 0

        def tick(more: int) -> None:
            nonlocal done
            done += more
            if report is not None:
                report(done / total)

        seen = PairYears(first, months) if by_pair else None
        _advance(history, announced, seen, tick)
        found: dict[str, Any] = {
            "coverage": coverage.measured(history, list(scenario.shocks), coverage.simulated_of(history))
        }
        for arm in ARMS:
            world = history.fork("twin") if arm == "twin" else history.fork("shocked")
            if arm == ARMS[-1]:
                # a full-size world is large: what the last branch does not need is let go
                release(history)
            own = copy.deepcopy(seen)
            _advance(world, months, own, tick)
            found[arm] = measured(world, payload, own)
            release(world)
    return found


def _advance(model: Ecosystem, to_month: int, seen: PairYears | None, tick: Callable[[int], None]) -> None:
    while model.month < to_month:
        stride = min(_STRIDE, to_month - model.month)
        if seen is not None:
            stride = seen.stride(model.month, stride)
        model.advance(model.month + stride)
        if seen is not None:
            seen.see(model)
        tick(stride)


def measured(model: Ecosystem, asked: Mapping[str, Any], seen: PairYears | None) -> NDArray[np.float64]:
    """What was asked for of a world at its end, (units, quantities, years)."""
    units, quantities, years = asked["units"], asked["quantities"], asked["years"]
    world = model.setting.world
    place = {code: k for k, code in enumerate(world.countries)}
    if seen is not None:
        means = seen.means()
        parts = {"joint_work": 0, "joint_work_funded": 1, "joint_work_unfunded": 2}
        return np.array([
            [[means[year][parts[what], place[a], place[b]] if year in means else np.nan for year in years]
             for what in quantities]
            for a, b in units
        ])  # fmt: skip
    # what started before is not looked at, and a large world has much of it
    recent = patterns.between(model.participations(), f"{years[0]}-01", f"{years[-1]}-12")
    table = patterns.collaborative(recent)
    shares = shares_by_start_year(table, years)
    codes = [world.cordis_codes[place[unit[0]]] for unit in units]
    nothing = {"unpaid_share": np.nan}
    return np.array(
        [[[shares[what].get((code, year), nothing.get(what, 0.0)) for year in years] for what in quantities]
         for code in codes]
    )  # fmt: skip


def shares_by_start_year(table: pd.DataFrame, years: Sequence[int]) -> dict[str, dict[tuple[str, int], float]]:
    """Shares (per cent) of a table of participations, by country and the year in which projects start.

    Parameters
    ----------
    table : DataFrame
        Real or simulated, in the shape of CORDIS; what it holds counts, so leave out what shall not.
    years : sequence of int
        Years wanted.

    Returns
    -------
    dict
        By quantity (:data:`ecosim.evidence.case_file.OF_COUNTRY`), (country as in the table, year) to per cent.
    """
    rows = table[["country", "role", "ec_contribution"]].assign(year=table["start_date"].dt.year)
    rows = rows[rows["year"].isin(list(years))]
    money = rows["ec_contribution"].fillna(0.0)
    rows = rows.assign(
        money=money, participation=1.0, coordination=(rows["role"] == "coordinator").astype(float),
        unpaid=(money < 0.005).astype(float),
    )  # fmt: skip
    names = ["participation", "money", "coordination", "unpaid"]
    own = rows.groupby(["country", "year"])[names].sum()
    whole = rows.groupby("year")[names].sum()
    years_of = own.index.get_level_values("year")
    keys = list(zip(own.index.get_level_values("country").astype(str), years_of.astype(int), strict=True))
    found: dict[str, dict[tuple[str, int], float]] = {}
    for name in names[:3]:
        total = whole[name].reindex(years_of).to_numpy()
        share = 100.0 * own[name].to_numpy() / np.where(total > 0.0, total, np.nan)
        found[f"{name}_share"] = dict(zip(keys, np.nan_to_num(share).tolist(), strict=True))
    unpaid = 100.0 * own["unpaid"] / own["participation"]
    found["unpaid_share"] = dict(zip(keys, unpaid.astype(float).tolist(), strict=True))
    return found


def indexed(values: NDArray[np.float64], case: Case) -> NDArray[np.float64]:
    """Values (..., units, columns, years) of which those of pairs are 100 in the mean of the years before."""
    if not case.by_pair:
        return values
    before = np.nanmean(values[..., case.places(case.before)], axis=-1, keepdims=True)
    if not (before > 0.0).all():
        units = ", ".join(unit_name(unit) for unit in case.units)
        raise InputError("case.change.before", shown(list(case.before)),
                         problem=f"there is no joint work of {units} to compare with")  # fmt: skip
    return np.asarray(100.0 * values / before)
