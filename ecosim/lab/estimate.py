"""Time and disk a sweep will take, from timed pieces of some of its histories."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.lab.branches import UnitResult, by_country
from ecosim.lab.pairs import PAIR_REPLICATES, PERIODS
from ecosim.report.folder import COUNTRIES, PAIRS, SERIES

if TYPE_CHECKING:
    from ecosim.lab.design import Plan, Unit
    from ecosim.model import Ecosystem
    from ecosim.scenario import Scenario

#: Seconds until workers have started, and for tables and figures at the end.
_FIXED_SECONDS = 10.0
#: Columns of the table of runs per monthly outcome, and beside these.
_SCALARS_PER_OUTCOME, _MEASURED = 1.3, 60
#: Months between two looks at the clock, months timed at most, and seconds they may take.
_STRIDE, _MOST_MONTHS, _PROBE_SECONDS = 6, 60, 1.0
#: Histories looked at, and seconds after which no further one is: policies and draws differ in what they take, by half
#: and more, so that one alone says little.
_MOST_PROBED, _ENOUGH_SECONDS = 8, 2.5
#: Steps of so much of the list spread looks over it, in phase with no number of policies.
_GOLDEN = 0.6180339887


@dataclass(frozen=True)
class Estimate:
    """What one history takes."""

    #: Seconds of one processor; bytes of its runs and months when the sweep is done; of its pairs of countries.
    seconds: float
    bytes_: float
    pair_bytes: float

    def total_seconds(self, histories: int, workers: int) -> float:
        """Seconds for so many histories."""
        return self.seconds * -(-histories // max(workers, 1)) + _FIXED_SECONDS

    def total_bytes(self, units: list[Unit], first_replicate: int) -> float:
        """Bytes of so many histories."""
        with_pairs = sum(unit.replicate < first_replicate + PAIR_REPLICATES for unit in units)
        return self.bytes_ * len(units) + self.pair_bytes * with_pairs


def probe(plan: Plan, units: Sequence[Unit], *, series: bool, countries: bool) -> Estimate | None:
    """Time some months of some histories and see how many bytes they take; None when one fails, as the sweep will tell.

    Parameters
    ----------
    plan : Plan
        What will run.
    units : sequence of Unit
        The histories to choose from.
    series, countries : bool
        Whether monthly outcomes are kept, and those by country, of every run.
    """
    started = time.perf_counter()
    places = dict.fromkeys(int(len(units) * (k * _GOLDEN % 1.0)) for k in range(_MOST_PROBED))
    found: list[Estimate] = []
    for place in places:
        looked = _look(plan, units[place], series=series, countries=countries, warm=not found)
        if looked is None:
            return None
        found.append(looked)
        if time.perf_counter() - started > _ENOUGH_SECONDS:
            break
    return Estimate(*(float(np.mean([getattr(one, item.name) for one in found])) for item in fields(Estimate)))


def _look(plan: Plan, unit: Unit, *, series: bool, countries: bool, warm: bool) -> Estimate | None:
    """What one history takes; `warm` reads first what is read once and stays in memory for all histories to come."""
    from ecosim.lab.compose import build_scenario
    from ecosim.model import Ecosystem

    try:
        payload = plan.payload(unit)
        scenario = build_scenario(payload["config"])
        if warm:
            Ecosystem(scenario).advance(_STRIDE)
        started = time.perf_counter()
        model = Ecosystem(scenario)
        set_up = time.perf_counter() - started
        # a portfolio has to grow before months cost what they will cost
        model.advance(min(12, scenario.calendar.burn_in_months))
        started = time.perf_counter()
        months = 0
        while months < min(_MOST_MONTHS, scenario.calendar.months - 12) and (
            time.perf_counter() - started < _PROBE_SECONDS
        ):
            model.advance(model.month + _STRIDE)
            months += _STRIDE
        if not months:
            return None
        month = (time.perf_counter() - started) / months
        timeline, calendar = scenario.timeline, scenario.calendar
        calm = calendar.burn_in_months + timeline.calm_months + timeline.calm_jitter_months / 2
        seconds = set_up + month * (calm + len(plan.arms(unit.history_id)) * (calendar.months - calm))
    except Exception:
        return None
    return Estimate(seconds, *_bytes(plan, payload, model, scenario, series, countries))


def _bytes(
    plan: Plan, payload: dict[str, Any], model: Ecosystem, scenario: Scenario, series: bool, countries: bool
) -> tuple[float, float]:
    """Bytes of a history in the joined tables: of its runs and months, and of its pairs of countries."""
    from ecosim.lab import parts

    keys = {"design_id": 0, "history_id": 0, "replicate": 0, "seed": scenario.seed, "arm": "shocked"}
    columns = {name: np.asarray(values) for name, values in model.series().items()}
    timeline, calendar = scenario.timeline, scenario.calendar
    calm = timeline.calm_months + timeline.calm_jitter_months / 2
    # until announcement all runs of a history are one, and numbers that come again take no room
    arms = len(payload["arms"])
    kept = calm + arms * (calendar.months - calendar.burn_in_months - calm)
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
        observed = timeline.observed_months - calm
        months += per_row(COUNTRIES, keys | table, rows) * rows / model.month * observed * arms
    pairs = 0.0
    if hasattr(model, "country_pairs"):
        joint = np.triu(model.country_pairs())
        codes = np.array(model.setting.world.countries)
        a, b = np.nonzero(joint)
        table = keys | {"targets": "", "period": np.full(len(a), PERIODS[0]), "country_a": codes[a],
                        "country_b": codes[b], "person_months": joint[a, b]}  # fmt: skip
        # the twin has three periods, each shock two: the year before is the same
        pairs = per_row(PAIRS, table, len(a)) * len(a) * (len(PERIODS) + (len(PERIODS) - 1) * len(plan.branches))
    return runs + months, pairs
