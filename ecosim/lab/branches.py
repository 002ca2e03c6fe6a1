"""One history, run once to announcement and branched into its twin, its placebos and every shock."""

from __future__ import annotations

import copy
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ecosim.analysis.resilience import (
    COLUMNS,
    PRIMARY,
    SEAT_MONTHS,
    area,
    areas,
    beside_twin,
    exposure,
    named,
    response,
    whole_blocks_end,
)
from ecosim.channels.declared import fault
from ecosim.lab.coverage import measured, simulated_of
from ecosim.lab.pairs import PairMonths, PairRecorder, PairYears
from ecosim.lab.start_years import by_start_year
from ecosim.networks import SHARED, NetworkRecorder
from ecosim.outcomes.health import BY_COUNTRY as HEALTH_BY_COUNTRY

if TYPE_CHECKING:
    from ecosim.model import Arm
    from ecosim.shocks.base import Shock

#: Months between two reports of progress inside a run.
_REPORT_MONTHS = 6
#: Columns in which vacated seats are counted.
SEATS = ("seats_in_flight", "seats_vacated", "seats_substituted")

Report = Callable[[float], None]


@dataclass
class UnitResult:
    """Rows and series of one unit, ready for the store."""

    runs: list[dict[str, Any]]
    #: One mapping of columns per finished run: keys, month, outcomes.
    series: list[dict[str, Any]] = field(default_factory=list)
    #: One mapping of columns per run whose pairs of countries were kept: keys, then :mod:`ecosim.lab.pairs`.
    pairs: list[dict[str, Any]] = field(default_factory=list)
    #: One mapping per twin and shocked run whose pairs were kept month by month: keys, then
    #: :meth:`ecosim.lab.pairs.PairMonths.columns`.
    pair_months: list[dict[str, Any]] = field(default_factory=list)
    #: One mapping of columns per run whose months by country were kept: keys, then :func:`by_country`.
    countries: list[dict[str, Any]] = field(default_factory=list)
    #: One mapping of columns per run: keys, then :func:`ecosim.lab.start_years.by_start_year`.
    start_years: list[dict[str, Any]] = field(default_factory=list)
    #: One mapping of columns per shocked run that hits countries: keys, then :func:`ecosim.lab.coverage.measured`.
    coverage: list[dict[str, Any]] = field(default_factory=list)
    #: Tracebacks of failed runs, for the log.
    tracebacks: list[str] = field(default_factory=list)
    #: CORDIS-shaped tables (pandas) with their arm, by arm, when asked for.
    participations: dict[str, Any] = field(default_factory=dict)
    #: The same of what other funders pay, where there are any.
    grants: dict[str, Any] = field(default_factory=dict)
    #: Networks of the months that were asked for, by month and arm.
    networks: dict[tuple[int, str], Any] = field(default_factory=dict)

    def add(self, other: UnitResult) -> None:
        """Take over all that another holds."""
        for part in fields(self):
            mine, more = getattr(self, part.name), getattr(other, part.name)
            if isinstance(mine, dict):
                mine.update(more)
            else:
                mine.extend(more)

    @property
    def failed(self) -> int:
        """Number of runs that failed."""
        return sum(row["status"] != "ok" for row in self.runs)


def arms_of(
    branches: Mapping[str, Sequence[str]], shocks: Mapping[str, Shock], *, organisation: bool, scattered: bool
) -> list[tuple[Arm, str | None]]:
    """Runs of one history: its twin, the placebo, each shock, and each shock scattered.

    Parameters
    ----------
    branches : mapping
        Label -> shocks that act together.
    shocks : mapping
        Name -> shock of the scenario.
    organisation, scattered : bool
        Which placebos. There is no scattered one of shocks that hit the funder or all countries.
    """
    arms: list[tuple[Arm, str | None]] = [("twin", None)]
    if organisation:
        arms.append(("placebo", None))
    arms += [("shocked", label) for label in branches]
    if scattered:
        arms += [
            ("scattered", label)
            for label, names in branches.items()
            if any(shocks[name].at_risk != "funder" and shocks[name].targets != "all" for name in names)
        ]
    return arms


def run_unit(
    payload: dict[str, Any],
    report: Report | None = None,
    participations: bool = False,
    networks: Sequence[int] = (),
) -> UnitResult:
    """Simulate one history and its branches.

    Parameters
    ----------
    payload : dict
        From :meth:`ecosim.lab.design.Plan.payload`. ``pair_months``, where it stands, is how many months before and
        from announcement on the joint work of every pair of countries is kept month by month.
    report : callable, optional
        Receives the share of the unit's months done, from 0 to 1.
    participations : bool
        Whether to return the tables of participations and grants of the twin and of the shocked run.
    networks : sequence of int
        Months of which to return who worked with whom, in every arm.

    Returns
    -------
    UnitResult
        A branch that raises is one failed row; the others complete.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return _run_unit(payload, report or (lambda share: None), participations, networks)


def _run_unit(
    payload: dict[str, Any], report: Report, participations: bool, networks: Sequence[int] = ()
) -> UnitResult:
    from ecosim.lab.compose import build_scenario
    from ecosim.model import Ecosystem

    branches: dict[str, list[str]] = payload["branches"]
    arms: list[tuple[Arm, str | None]] = [(arm, label) for arm, label in payload["arms"]]
    result = UnitResult(runs=[])
    graphs = NetworkRecorder(networks)
    started = time.perf_counter()
    try:
        scenario = build_scenario(payload["config"])
        calendar = scenario.calendar
        history = Ecosystem(scenario, watch=branches) if branches else Ecosystem(scenario)
        announcement = int(history.announcement_month)
        observed_end = int(history.observation_end_month)
        # what is promised is paid after the last month in which anybody is observed
        months = calendar.months if scenario.timeline.run_off_months else observed_end
        total = announcement + len(arms) * (months - announcement)
        keep_pairs = payload.get("pairs", False) and hasattr(history, "country_pairs")
        first_kept = min(calendar.burn_in_months, announcement)
        years = PairYears(first_kept, observed_end) if payload.get("pair_years", False) else None
        past = PairRecorder(announcement, observed_end, years) if keep_pairs else None
        replayed = _pair_months(payload, announcement)
        done = _advance(history, announcement, 0, total, report, (past, graphs.of(SHARED), replayed))
        # a stand-in for the model may have nothing to look at
        whole = hasattr(history, "country_pairs")
        calm = simulated_of(history, past.before if past is not None else None) if whole and branches else None
    except Exception as error:
        for arm, label in arms:
            result.runs.append(_failed(payload, arm, label, error))
        result.tracebacks.append(traceback.format_exc())
        return result
    shared_seconds = time.perf_counter() - started
    twin_series: dict[str, np.ndarray] | None = None
    for arm, label in arms:
        started = time.perf_counter()
        try:
            world = history.fork(arm, branches[label]) if label is not None else history.fork(arm)
            recorder = copy.deepcopy(past) if arm == "twin" else None
            if past is not None and arm == "shocked":
                # the year before is the twin's, and so are the years, until the two part
                recorder = PairRecorder(announcement, observed_end, copy.deepcopy(past.years))
            map_months = copy.deepcopy(replayed) if arm in ("twin", "placebo", "shocked") else None
            done = _advance(world, months, done, total, report, (recorder, graphs.of(arm), map_months))
            series = {name: np.asarray(values) for name, values in world.series().items()}
            realised: dict[str, float] = {}
            if arm == "twin":
                twin_series = series
                realised = world.treatment()
            row = _keys(payload, arm, label) | {
                "status": "ok",
                "error": "",
                "announcement_month": announcement,
                "observation_end_month": observed_end,
                "seconds": time.perf_counter() - started,
                "history_seconds": shared_seconds,
            }
            row["targets"] = hit_text(world, branches[label]) if label is not None else None
            row |= _scalars(series, twin_series, announcement, observed_end, compare=arm != "twin")
            row |= realised
            if arm == "scattered" and label is not None:
                row["scattered_countries"] = float(len({code for name in branches[label]
                                                        for code in world.targets()[name]}))  # fmt: skip
            # Of a run that fails half-way nothing is kept but its failure.
            made = UnitResult(runs=[row])
            made.series.append(
                _keys(payload, arm, label)
                | {"month": np.arange(first_kept, months, dtype=np.int32)}
                | {name: values[first_kept:months] for name, values in series.items()}
            )
            if payload["countries"] and hasattr(world, "series_by_country"):
                made.countries.append(_keys(payload, arm, label) | by_country(world, announcement, observed_end))
            if payload["countries"] and whole:
                made.start_years.append(_keys(payload, arm, label) | by_start_year(world, first_kept))
            if calm is not None and arm == "shocked" and label is not None:
                covered = measured(world, branches[label], calm)
                if covered["shock"]:
                    made.coverage.append(_keys(payload, arm, label) | covered)
            if recorder is not None:
                shocks = branches[label] if label is not None else []
                made.pairs.append(_keys(payload, arm, label) | recorder.columns(world, shocks))
            if map_months is not None:
                made.pair_months.append(_keys(payload, arm, label) | map_months.columns(world))
            if participations and arm in ("twin", "shocked"):
                made.participations[arm] = world.participations().assign(arm=arm)
                if scenario.funders:
                    made.grants[arm] = world.grants().assign(arm=arm)
            result.add(made)
            release(world)
        except Exception as error:
            result.runs.append(_failed(payload, arm, label, error))
            result.tracebacks.append(traceback.format_exc())
    release(history)
    result.networks = graphs.graphs
    return result


def _pair_months(payload: dict[str, Any], announcement: int) -> PairMonths | None:
    """What keeps pairs month by month, where a payload asks for it."""
    asked = payload.get("pair_months")
    return None if asked is None else PairMonths(max(announcement - asked[0], 0), announcement + asked[1])


def hit_text(world: Any, shocks: Sequence[str]) -> str:
    """Countries that shocks hit in a run: ``"rupture: DEU FRA; withdrawal: all"``."""
    hit, chosen = world.targets(), world.config.shocks
    return "; ".join(f"{name}: {'all' if chosen[name].targets == 'all' else ' '.join(hit[name])}" for name in shocks)


def release(world: Any) -> None:
    """Let go of a world's tables at once.

    A Mesa model and its parts refer to each other, and would wait with all their memory for the garbage collector,
    which counts objects and not their size.
    """
    vars(world).clear()


class Watcher(Protocol):
    """What looks at some months of a world while it is simulated."""

    def stride(self, month: int, wanted: int) -> int:
        """Months to advance from ``month``, at most as many as wanted."""

    def see(self, world: Any) -> None:
        """Look at the month the world has just finished."""


def _advance(
    world: Any, to_month: int, done: int, total: int, report: Report, watchers: Sequence[Watcher | None] = ()
) -> int:
    """Advance in strides, so that progress shows inside a long run."""
    watching = [watcher for watcher in watchers if watcher is not None]
    while world.month < to_month:
        stride = min(_REPORT_MONTHS, to_month - world.month)
        for watcher in watching:
            stride = watcher.stride(world.month, stride)
        world.advance(world.month + stride)
        for watcher in watching:
            watcher.see(world)
        done += stride
        report(done / total)
    return done


def _scalars(
    series: dict[str, np.ndarray],
    twin: dict[str, np.ndarray] | None,
    announcement: int,
    end: int,
    compare: bool,
) -> dict[str, float]:
    """One number per outcome: its mean from announcement to the end of observation; areas; what is beside the twin."""
    from dataclasses import asdict

    row: dict[str, float] = {"window_months": float(whole_blocks_end(announcement, end) - announcement)}
    for column in COLUMNS:
        if column in series:
            row |= areas(column, series[column], announcement, end)
        # parts and parts at risk: in flight, formed after
        row |= {
            f"area_{name}": area(values, announcement, end)
            for name, values in series.items()
            if name.startswith((f"{column}_in_flight", f"{column}_formed_after", f"{column}_at_risk"))
        }
    if announcement + SEAT_MONTHS <= end:
        row |= {
            named("area", name, SEAT_MONTHS): float(series[name][announcement : announcement + SEAT_MONTHS].sum())
            for name in SEATS
            if name in series
        }
    for name, values in series.items():
        window = values[announcement:end]
        # a share has no value in a month in which there is nothing to share
        there = np.isfinite(window)
        window = window if there.all() else window[there]
        row[f"mean_{name}"] = float(window.mean()) if window.size else float("nan")
    if not compare:
        prefix = f"{PRIMARY}_at_risk:"
        for name, values in series.items():
            if name.startswith(prefix):
                label = name.removeprefix(prefix)
                row[f"exposure:{label}"] = exposure(values, series[PRIMARY], announcement, end)
    if compare and twin is not None:
        measured = asdict(response(series[PRIMARY], twin[PRIMARY], announcement, end))
        row |= {name: float(value) for name, value in measured.items()}
        for column in COLUMNS:
            if column in series:
                row |= beside_twin(column, series[column], twin[column], announcement, end)
    return row


def by_country(world: Any, announcement: int, end: int) -> dict[str, Any]:
    """Months by country from announcement to the end of observation: a row per month and country, month by month.

    Returns
    -------
    dict
        ``month``, ``country`` (its place in the world), ``countries`` (all codes, ISO 3), the four columns and, where
        there are any, those of health, float32.
    """
    codes = world.setting.world.countries
    months = np.arange(announcement, end, dtype=np.int16)
    series = world.series_by_country()
    kept = [*COLUMNS, *(name for name in HEALTH_BY_COUNTRY if f"{name}_by_country" in series)]
    values = {name: series[f"{name}_by_country"][announcement:end].astype(np.float32).ravel() for name in kept}
    place = np.tile(np.arange(len(codes), dtype=np.int16), len(months))
    return {"month": np.repeat(months, len(codes)), "country": place, "countries": list(codes), **values}


def _keys(payload: dict[str, Any], arm: str, label: str | None) -> dict[str, Any]:
    return {
        # twin and placebo belong to the history and stand once, whatever the number of shocks
        "design_id": payload["design_ids"][label] if label is not None else None,
        "history_id": payload["history_id"],
        "replicate": payload["replicate"],
        "seed": payload["config"]["seed"],
        "arm": arm,
    }


def _failed(payload: dict[str, Any], arm: str, label: str | None, error: BaseException | str) -> dict[str, Any]:
    text = error if isinstance(error, str) else fault(error)
    return _keys(payload, arm, label) | {"status": "failed", "error": " ".join(text.split())[:500]}


def failed_unit(payload: dict[str, Any], reason: str) -> UnitResult:
    """Rows for a unit whose worker died, hung or could not be reached."""
    return UnitResult(
        runs=[_failed(payload, arm, label, reason) for arm, label in payload["arms"]], tracebacks=[reason]
    )
