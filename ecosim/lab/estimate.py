"""Time and disk a sweep will take, from timed pieces of some of its histories."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.lab.branches import UnitResult, by_country
from ecosim.lab.pairs import PAIR_REPLICATES, PERIODS, PERSON_MONTHS
from ecosim.report.folder import COUNTRIES, PAIRS, SERIES

if TYPE_CHECKING:
    from ecosim.lab.design import Plan, Unit
    from ecosim.model import Ecosystem
    from ecosim.scenario import Scenario

#: Seconds until workers have started and read what is compiled; and for tables and figures at the end, for the sweep
#: and per run.
_START_SECONDS, _END_SECONDS, _END_SECONDS_PER_RUN = 4.0, 5.0, 0.003
#: Months between two looks at the clock; months before a portfolio has grown; months timed after that at most, and at
#: least before the seconds they may take count.
_STRIDE, _GROWING_MONTHS, _MOST_MONTHS, _FEWEST_MONTHS, _PROBE_SECONDS = 6, 24, 48, 24, 0.5
#: Histories looked at: at least, and at most. Policies and draws differ in what they take, by half and more, so one
#: says little; more are looked at until the mean is known so well (a share of it), or until so much of the work's own
#: time is spent.
_FEWEST_PROBED, _MOST_PROBED, _KNOWN, _SHARE_SPENT = 2, 40, 0.1, 0.03
#: Seconds that may be spent in any case, and at most.
_ENOUGH_SECONDS, _MOST_SECONDS = 2.5, 15.0
#: Columns of the table of runs per monthly outcome, and beside these.
_SCALARS_PER_OUTCOME, _MEASURED = 1.3, 60
#: Steps of so much of the list spread looks over it, in phase with no number of policies.
_GOLDEN = 0.6180339887


@dataclass(frozen=True)
class Estimate:
    """What one history takes."""

    #: Seconds of one processor; bytes of its runs and months when the sweep is done; of its pairs of countries.
    seconds: float
    bytes_: float
    pair_bytes: float
    #: Runs of a history.
    runs: float = 1.0

    def work_seconds(self, histories: int, workers: int) -> float:
        """Seconds until so many histories are done."""
        rounds = histories / max(workers, 1)
        if workers > 1:
            # the last round waits for its slowest
            rounds = max(rounds + 0.5 * (1.0 - 1.0 / workers), 1.0)
        return self.seconds * rounds + (_START_SECONDS if workers else 0.0)

    def total_seconds(self, histories: int, workers: int) -> float:
        """Seconds for so many histories, with their tables and figures."""
        ends = _END_SECONDS + _END_SECONDS_PER_RUN * self.runs * histories
        return self.work_seconds(histories, workers) + ends

    def total_bytes(self, units: list[Unit], first_replicate: int) -> float:
        """Bytes of so many histories."""
        with_pairs = sum(unit.replicate < first_replicate + PAIR_REPLICATES for unit in units)
        return self.bytes_ * len(units) + self.pair_bytes * with_pairs


def probe(plan: Plan, units: Sequence[Unit], *, series: bool, countries: bool, workers: int = 0) -> Estimate | None:
    """Time some months of some histories and see how many bytes they take; None when one fails, as the sweep will tell.

    Parameters
    ----------
    plan : Plan
        What will run.
    units : sequence of Unit
        The histories to choose from.
    series, countries : bool
        Whether monthly outcomes are kept, and those by country, of every run.
    workers : int
        Processes that will work at once: as many processors are kept busy meanwhile, for a processor is slower when its
        neighbours work.
    """
    started = time.perf_counter()
    places = list(dict.fromkeys(int(len(units) * (k * _GOLDEN % 1.0)) for k in range(_MOST_PROBED)))
    found: list[Estimate] = []
    try:
        _warm(plan, units[places[0]])
    except Exception:
        return None
    with _neighbours_at_work(workers - 1):
        for place in places:
            looked = _look(plan, units[place], series=series, countries=countries)
            if looked is None:
                return None
            found.append(looked)
            if _enough(found, time.perf_counter() - started, len(units) / max(workers, 1)):
                break
    return Estimate(*(float(np.mean([getattr(one, item.name) for one in found])) for item in fields(Estimate)))


def _enough(found: Sequence[Estimate], spent: float, rounds: float) -> bool:
    """Whether the mean is known well enough for what it costs to know it better."""
    if len(found) < _FEWEST_PROBED:
        return spent > _MOST_SECONDS
    seconds = np.array([one.seconds for one in found])
    error = seconds.std(ddof=1) / np.sqrt(len(seconds)) / max(seconds.mean(), 1e-9)
    allowed = min(max(_ENOUGH_SECONDS, _SHARE_SPENT * seconds.mean() * rounds), _MOST_SECONDS)
    # two that happen to be alike say little of the rest
    return spent > allowed or (len(found) >= 2 * _FEWEST_PROBED and error < _KNOWN)


@contextmanager
def _neighbours_at_work(count: int) -> Iterator[None]:
    """Keep so many other processors busy."""
    command = [sys.executable, "-S", "-c", f"import time; end = time.time() + {4 * _MOST_SECONDS}\n"
               "while time.time() < end: sum(range(10000))"]  # fmt: skip
    busy: list[subprocess.Popen[bytes]] = []
    try:
        with suppress(OSError):
            busy.extend(
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                for _ in range(max(count, 0))
            )
        yield
    finally:
        for process in busy:
            process.kill()
        for process in busy:
            process.wait()


def _warm(plan: Plan, unit: Unit) -> None:
    """Read and compile what is read and compiled once for all histories, while workers, who start, have the rest."""
    from ecosim.lab.compose import build_scenario
    from ecosim.model import Ecosystem

    # as far as months are timed: some code is compiled when the first projects end
    Ecosystem(build_scenario(plan.payload(unit)["config"])).advance(_GROWING_MONTHS + _STRIDE)


def _look(plan: Plan, unit: Unit, *, series: bool, countries: bool) -> Estimate | None:
    """What one history takes."""
    from ecosim.lab.compose import build_scenario
    from ecosim.model import Ecosystem

    try:
        payload = plan.payload(unit)
        scenario = build_scenario(payload["config"])
        started = time.perf_counter()
        model = Ecosystem(scenario, watch=payload["branches"]) if payload["branches"] else Ecosystem(scenario)
        set_up = time.perf_counter() - started
        timeline, calendar = scenario.timeline, scenario.calendar
        calm = calendar.burn_in_months + timeline.calm_months + timeline.calm_jitter_months / 2
        after = _months_after(scenario)
        # a portfolio has to grow before months cost what they will cost
        growing = min(_GROWING_MONTHS, calendar.months - _STRIDE)
        started = time.perf_counter()
        model.advance(growing)
        grown = time.perf_counter() - started
        started = time.perf_counter()
        months = 0
        while months < min(_MOST_MONTHS, calendar.months - growing) and (
            months < _FEWEST_MONTHS or time.perf_counter() - started < _PROBE_SECONDS
        ):
            model.advance(model.month + _STRIDE)
            months += _STRIDE
        if not months:
            return None
        month = (time.perf_counter() - started) / months
        arms = len(plan.arms(unit.history_id))
        seconds = set_up + grown + month * (max(calm - growing, 0.0) + arms * after)
    except Exception:
        return None
    return Estimate(seconds, *_bytes(plan, payload, model, scenario, series, countries), runs=arms)


def _months_after(scenario: Scenario) -> float:
    """Months that each branch lives after the announcement, on average."""
    timeline = scenario.timeline
    more = timeline.calm_jitter_months / 2 if timeline.run_off_months else 0.0
    return timeline.response_months + timeline.run_off_months + more


def _bytes(
    plan: Plan, payload: dict[str, Any], model: Ecosystem, scenario: Scenario, series: bool, countries: bool
) -> tuple[float, float]:
    """Bytes of a history in the joined tables: of its runs and months, and of its pairs of countries."""
    from ecosim.lab import parts

    keys = {"design_id": 0, "history_id": 0, "replicate": 0, "seed": scenario.seed, "arm": "shocked"}
    columns = {name: np.asarray(values) for name, values in model.series().items()}
    timeline = scenario.timeline
    calm = timeline.calm_months + timeline.calm_jitter_months / 2
    # until announcement all runs of a history are one, and numbers that come again take no room
    arms = len(payload["arms"])
    kept = calm + arms * _months_after(scenario)
    # a mean per outcome, some areas and answers: numbers that do not compress
    runs = 8.0 * arms * (len(columns) * _SCALARS_PER_OUTCOME + _MEASURED)

    def per_row(file: str, table: dict[str, Any], rows: int) -> float:
        """Bytes a row adds; the headings of a file are paid once, so they are taken off."""
        sizes = []
        for count in (1, rows):
            some = [{name: values[:count] if np.ndim(values) and name != "countries" else values
                     for name, values in table.items()}]  # fmt: skip
            result = UnitResult([keys | {"status": "ok"}])
            setattr(result, {PAIRS: "pairs", COUNTRIES: "countries"}.get(file, "series"), some)
            sizes.append(len(parts.make_part([(payload, result)], "").tables[file]))
        return (sizes[1] - sizes[0]) / max(rows - 1, 1)

    months = 0.0
    if series:
        seen = len(next(iter(columns.values())))
        months = per_row(SERIES, keys | {"month": np.arange(seen)} | columns, seen) * kept
    if countries and hasattr(model, "series_by_country"):
        table = by_country(model, 0, model.month)
        rows = len(table["month"])
        observed = timeline.response_months
        months += per_row(COUNTRIES, keys | table, rows) * rows / model.month * observed * arms
    pairs = 0.0
    if hasattr(model, "country_pairs"):
        joint = np.triu(model.country_pairs())
        codes = np.array(model.setting.world.countries)
        a, b = np.nonzero(joint)
        table = keys | {"targets": "", "period": np.full(len(a), PERIODS[0]), "country_a": codes[a],
                        "country_b": codes[b], "year": np.full(len(a), None),
                        **dict.fromkeys(PERSON_MONTHS, joint[a, b])}  # fmt: skip
        # the twin has three periods, each shock two: the year before is the same
        pairs = per_row(PAIRS, table, len(a)) * len(a) * (len(PERIODS) + (len(PERIODS) - 1) * len(plan.branches))
    return runs + months, pairs
