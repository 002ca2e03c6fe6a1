"""How fast a month is beside plain Mesa, how much of it is country-level code, and what forking saves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest import mock

from benchmarks.measuring import Result, interleaved, median_ratio, scale_for
from benchmarks.plain_mesa import PlainEcosystem
from ecosim.catalogue.cards import preset_of
from ecosim.catalogue.families import FAMILIES
from ecosim.lab.compose import compose
from ecosim.model import Ecosystem
from ecosim.scenario import Scenario, with_overrides

#: Month up to which models are warmed, so that partnerships have filled up before any clock runs.
WARM = 60
#: Months timed at a stretch: a whole year, because calls follow the calendar.
STRETCH = 12
PAIRS = 5


def _present(model: Ecosystem) -> int:
    return int(model.state.organisations["present"].sum())


def steps() -> list[Result]:
    """Time whole steps at 4,000 and 100,000 organisations against plain Mesa at 4,000."""
    # A model may be warm before the next is built; what is timed is interleaved.
    middle = WARM + PAIRS * STRETCH // 2
    small = with_overrides(None, {"world.scale": scale_for(4_000, middle)})
    large = with_overrides(None, {"world.scale": scale_for(100_000, middle)})
    plain = PlainEcosystem(small).advance(WARM)
    ours, huge = Ecosystem(small).advance(WARM), Ecosystem(large).advance(WARM)
    sizes: dict[str, list[int]] = {"plain": [], "small": [], "large": []}

    def stretch(name: str, model: Any, size: Callable[[], int]) -> Callable[[], None]:
        def run() -> None:
            before = size()
            for _ in range(STRETCH):
                model.step()
            sizes[name].append((before + size()) // 2)

        return run

    plain_s, small_s, large_s = interleaved(
        [
            stretch("plain", plain, lambda: len(plain.agents)),
            stretch("small", ours, lambda: _present(ours)),
            stretch("large", huge, lambda: _present(huge)),
        ],
        PAIRS,
    )
    per_plain, per_small, per_large = (
        [1e6 * seconds / STRETCH / size for seconds, size in zip(times, sizes[name], strict=True)]
        for name, times in (("plain", plain_s), ("small", small_s), ("large", large_s))
    )
    details = {
        "organisations": {name: round(median(values)) for name, values in sizes.items()},
        "partnerships_under_way": {
            "plain": len(plain.active),
            "small": len(ours.state.active),
            "large": len(huge.state.active),
        },
        "milliseconds_per_month": {
            "plain": round(1e3 * median(plain_s) / STRETCH, 2),
            "small": round(1e3 * median(small_s) / STRETCH, 2),
            "large": round(1e3 * median(large_s) / STRETCH, 2),
        },
        "microseconds_per_organisation_month": {
            "plain": round(median(per_plain), 3),
            "small": round(median(per_small), 3),
            "large": round(median(per_large), 3),
        },
    }
    return [
        Result(
            "step",
            "whole step() at 4,000 organisations: plain Mesa's time over ecosim's",
            median_ratio(plain_s, small_s),
            "at least",
            30.0,
            "x",
            details,
        ),
        Result(
            "large",
            "per organisation-month: plain Mesa at 4,000 organisations over ecosim at 100,000",
            median_ratio(per_plain, per_large),
            "at least",
            15.0,
            "x",
            details,
        ),
    ]


#: Months up to which models with agencies are warmed: they pay so many grants that plain Mesa soon needs a second a
#: month. With stages: until the first technologies have come into use.
FUNDED_WARM, STAGES_WARM = 24, 84
FUNDED_PAIRS = 3


def funded_steps() -> list[Result]:
    """Time whole steps at 4,000 organisations with a national agency in every country, against plain Mesa."""
    what = "whole step() at 4,000 organisations with agencies: plain Mesa's time over ecosim's"
    return [_against_plain("funded_step", what, {"funders": {"national_agency": {}}}, FUNDED_WARM)]


def stage_steps() -> list[Result]:
    """Time the same with a fund, a bank, stages and supply; agencies have a fifth of the programme's money."""
    what = "whole step() at 4,000 organisations with funders, stages and supply: plain Mesa's time over ecosim's"
    funders: dict[str, dict[str, Any]] = {
        "national_agency": {"from_programme": 0.2}, "venture_fund": {}, "development_bank": {}
    }  # fmt: skip
    return [_against_plain("stage_step", what, {"mechanisms.stages": True, "funders": funders}, STAGES_WARM)]


def _against_plain(name: str, what: str, changes: dict[str, Any], warm: int) -> Result:
    """Whole steps of a scenario at 4,000 organisations in both models, a year in turn."""
    scale = scale_for(4_000, warm + FUNDED_PAIRS * STRETCH // 2)
    scenario = with_overrides(None, {"world.scale": scale} | changes)
    plain, ours = PlainEcosystem(scenario).advance(warm), Ecosystem(scenario).advance(warm)

    def stretch(model: Any) -> Callable[[], None]:
        def run() -> None:
            for _ in range(STRETCH):
                model.step()

        return run

    plain_s, ours_s = interleaved([stretch(plain), stretch(ours)], FUNDED_PAIRS)
    details: dict[str, Any] = {
        "organisations": {"plain": len(plain.agents), "ours": _present(ours)},
        "funders": ours.setting.n_funders,
        "partnerships_under_way": {"plain": len(plain.active), "ours": len(ours.state.active)},
        "milliseconds_per_month": {
            "plain": round(1e3 * median(plain_s) / STRETCH, 2),
            "ours": round(1e3 * median(ours_s) / STRETCH, 2),
        },
    }
    if plain.stages is not None:
        for column in ("pilots_under_way", "technologies_in_use"):
            details[column] = {"plain": plain.series()[column][-1], "ours": int(ours.series()[column][-1])}
    return Result(name, what, median_ratio(plain_s, ours_s), "at least", 25.0, "x", details)


#: The kind of shock that draws others.
GENERATOR = "drawn_sequence"

#: What works on tables of countries: base handles, shocks, instruments, handles and what follows from them, reviews.
_COUNTRY_LEVEL = (
    "ecosim.setting.base_handles",
    "ecosim.month.shocks.face",
    "ecosim.model.missions_spend",
    "ecosim.model.actors_decide",
)


@contextmanager
def _timed(names: tuple[str, ...]) -> Iterator[dict[str, float]]:
    """Add up the seconds spent in functions, named where they are looked up; none may call another of them."""
    seconds = dict.fromkeys(names, 0.0)

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            started = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                seconds[name] += time.process_time() - started

        return call

    patches = []
    for name in names:
        module, _, attribute = name.rpartition(".")
        original = getattr(__import__(module, fromlist=[attribute]), attribute)
        patches.append(mock.patch(name, timed(name, original)))
    for patch in patches:
        patch.start()
    try:
        yield seconds
    finally:
        for patch in patches:
            patch.stop()


def everything() -> Scenario:
    """The global world with all that is registered: every instrument and shock, funders, stages and health.

    Presets are left out, which are another kind with other numbers; and the generator of shocks, which draws kinds that
    are there already. Each has the numbers that ship; decisions are those that are on unless switched off.
    """
    kinds = {
        family: sorted(kind for kind, cls in FAMILIES[family].items() if not preset_of(cls) and kind != GENERATOR)
        for family in ("instruments", "shocks", "funders")
    }
    chosen = (f"{family}=[{','.join(names)}]" for family, names in kinds.items())
    return compose("world=global", *chosen, "mechanisms.stages=true", "mechanisms.health=true",
                   "funders.national_agency.from_programme=0.2")  # fmt: skip


def country_level() -> list[Result]:
    """Time what works on countries in runs of the global world with everything on (:func:`everything`)."""
    scenario = everything()
    months = scenario.calendar.months
    Ecosystem(scenario).advance(STRETCH)  # facts read, loops compiled
    shares, parts, totals = [], [], []
    for seed in range(1, 4):
        config = with_overrides(scenario, {"seed": seed})
        started = time.process_time()
        with _timed(_COUNTRY_LEVEL) as seconds:
            Ecosystem(config).advance(months)
        totals.append(time.process_time() - started)
        shares.append(sum(seconds.values()) / totals[-1])
        parts.append({name.rpartition(".")[2]: round(value, 3) for name, value in seconds.items()})
    details: dict[str, Any] = {
        "seconds_per_run": [round(total, 2) for total in totals], "months": months, "parts": parts
    }  # fmt: skip
    details |= {"instruments": len(scenario.instruments), "shocks": len(scenario.shocks)}
    what = "share of a run spent on country-level code, world=global, everything registered on"
    return [Result("country", what, median(shares), "at most", 1 / 3, "", details)]


def forks() -> list[Result]:
    """Time one history branched into six worlds against six runs from the first month."""
    scenario = compose(
        "world.scale=0.05",
        "shocks=[diplomatic_rupture,funder_withdrawal,programme_exclusion,supplier_loss]",
    )
    months = scenario.calendar.months
    arms = [("twin", None), ("placebo", None), *(("shocked", [name]) for name in scenario.shocks)]
    before: list[float] = []

    def alone() -> None:
        past = 0.0
        for arm, shocks in arms:
            model = Ecosystem(scenario).fork(arm, shocks)
            started = time.process_time()
            model.advance(model.announcement_month)
            past += time.process_time() - started
            model.advance(months)
        before.append(past)

    def forked() -> None:
        history = Ecosystem(scenario)
        history.advance(history.announcement_month)
        for arm, shocks in arms:
            history.fork(arm, shocks).advance(months)

    Ecosystem(scenario).advance(STRETCH)
    alone_s, forked_s = interleaved([alone, forked], 3)
    # Later months cost more than early ones, so the share before announcement is one of time, not of months.
    share = median(past / total for past, total in zip(before, alone_s, strict=True))
    k = len(arms)
    ideal = k / (k - (k - 1) * share)
    gain = median_ratio(alone_s, forked_s)
    details = {
        "worlds": k,
        "share_of_time_before_announcement": round(share, 3),
        "gain": round(gain, 3),
        "ideal_gain": round(ideal, 3),
        "seconds": {"six_runs": round(median(alone_s), 2), "one_history": round(median(forked_s), 2)},
    }
    return [
        Result("forks", "gain from forking over its ideal k/(k-(k-1)f)", gain / ideal, "at least", 0.9, "", details)
    ]
