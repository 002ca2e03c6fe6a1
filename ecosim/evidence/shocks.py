"""``ecosim validate shocks``: how countries fare after known kinds of shocks, beside the signs the literature gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.coverage import Coverage, coverage_of
from ecosim.errors import InputError
from ecosim.progress import Progress, say

if TYPE_CHECKING:
    from ecosim.evidence.question import Question
    from ecosim.model import Ecosystem

#: Months from announcement to effect of an exclusion: between them there is only uncertainty.
NOTICE_MONTHS = 36
#: Years followed after the announcement.
YEARS = 6
#: Share of the target's organisations, by participations before, called central.
CENTRAL = 0.1

#: What is followed, for the target country and for all others.
QUANTITIES: tuple[tuple[str, str], ...] = (
    ("participation", "seats in projects awarded in the year"),
    ("leadership", "projects awarded in the year that it leads"),
    ("in flight", "seats at work, year's end, in projects from before the announcement"),
    ("new work", "seats at work, year's end, in projects from after it"),
)


@dataclass(frozen=True)
class Case:
    """One shock, and the country it is about (None: everyone)."""

    label: str
    kind: str
    settings: dict[str, Any]
    target: str | None
    effective_month: int


def cases(countries: Sequence[str]) -> tuple[Case, ...]:
    """The shocks that are checked."""
    for code in ("GBR", "CHE"):
        if code not in countries:
            raise InputError(
                "world", problem=f"has no {code}, which `validate shocks` excludes", allowed="world=europe"
            )
    exclusion = {"effective_after_months": NOTICE_MONTHS}
    return (
        Case("exclusion of a large country (GBR)", "programme_exclusion", {"targets": ["GBR"], **exclusion}, "GBR",
             NOTICE_MONTHS),
        Case("exclusion of a small country (CHE)", "programme_exclusion", {"targets": ["CHE"], **exclusion}, "CHE",
             NOTICE_MONTHS),
        Case("rupture between GBR and all others", "diplomatic_rupture", {"targets": ["GBR"]}, "GBR", 0),
        Case("the funder fails for two years", "funder_withdrawal", {"duration_months": 24}, None, 0),
    )  # fmt: skip


@dataclass(frozen=True)
class Path:
    """One world's years after the announcement: shape (years, quantities), for the target and for the rest."""

    target: NDArray[np.float64]
    rest: NDArray[np.float64]
    #: Seats in projects awarded while there was only notice, of the target's central and other organisations.
    central: float
    others: float
    #: Collaboration in the year, all countries.
    joint: NDArray[np.float64]


#: Shocked world and twin, by replicate.
Found = Sequence[tuple[Path, Path]]


def shock_paths(question: Question) -> str:
    """Simulate each shock beside its twin and print paths, signs expected, and whether they hold."""
    from ecosim.lab.branches import release
    from ecosim.lab.compose import build_scenario
    from ecosim.lab.coverage import measured, simulated_of
    from ecosim.lab.memory import free_bytes, needed_bytes
    from ecosim.lab.memory import said as memory_said
    from ecosim.model import Ecosystem
    from ecosim.scenario import as_plain, with_keys
    from ecosim.world import load_world

    chosen = cases(load_world(question.request.scenario.world).countries)
    base = as_plain(question.request.scenario)
    base["shocks"] = {f"case_{k}": {"kind": c.kind, **c.settings} for k, c in enumerate(chosen)}
    timeline = {"timeline.calm_jitter_months": 0, "timeline.response_months": 12 * YEARS, "timeline.run_off_months": 0}
    replicates = question.settings.windows
    # the last replicate has the largest number
    build_scenario(with_keys(base, {"replicate": int(base["replicate"]) + replicates - 1}))
    worlds = len(chosen) + 1
    paths: list[list[tuple[Path, Path]]] = [[] for _ in chosen]
    covered: list[dict[str, Any]] = []
    say(f"{replicates} replicates of world {base['world']['preset']} at scale {base['world']['scale']:g}: a twin and "
        f"{len(chosen)} shocks, {YEARS} years each.")  # fmt: skip
    # a history and one branch of it at a time, in this process
    each = needed_bytes(build_scenario(with_keys(base, timeline)), worlds=2)
    say(memory_said(each, 1, 1, free_bytes()))
    with Progress("simulating shocks", replicates * (worlds + 1)) as progress:
        for r in range(replicates):
            plain = with_keys(base, {**timeline, "replicate": int(base["replicate"]) + r})
            history = Ecosystem(build_scenario(plain))
            history.advance(history.announcement_month)
            progress.update(r * (worlds + 1) + 1)
            before = history.state.organisations["participations"].copy()
            covered.append(measured(history, list(base["shocks"]), simulated_of(history)))
            arms = []
            for k in range(-1, len(chosen)):
                arm = history.fork("twin") if k < 0 else history.fork("shocked", [f"case_{k}"])
                arms.append(_follow(arm, chosen, before))
                release(arm)
                progress.update(r * (worlds + 1) + 2 + len(arms) - 1)
            release(history)
            for k in range(len(chosen)):
                paths[k].append((arms[k + 1][k], arms[0][k]))
    blocks = [
        f"Shocked beside twin, {replicates} replicates; world {base['world']['preset']} at scale "
        f"{base['world']['scale']:g}. Numbers are per cent of the twin, years from the announcement.",
        "Signs from the literature are checked, not built in: a mark says whether the simulated ones agree.",
    ]
    coverage = _coverage(covered)
    for k, (case, found) in enumerate(zip(chosen, paths, strict=True)):
        blocks.append(_block(case, found, coverage.get(f"case_{k}")))
    return "\n\n".join(blocks)


def _follow(model: Ecosystem, chosen: Sequence[Case], before: NDArray[np.int32]) -> list[Path]:
    """Run one world to its end and count, for each case's target."""
    announced = model.announcement_month
    n = model.setting.world.n_countries
    awarded = np.zeros((YEARS, 2, n))
    at_work = np.zeros((YEARS, 2, n))
    seats_of = np.zeros(len(before))
    for year in range(YEARS):
        model.advance(announced + 12 * (year + 1))
        state = model.state
        partnerships, seats = state.partnerships.used, state.seats.used
        country = state.organisations["country"]
        funded = partnerships["funder"] == 0
        proposed = partnerships["proposed_month"]
        from_month = announced + 12 * year
        new = funded & (proposed >= from_month) & (proposed < from_month + 12)
        held = seats["organisation"] >= 0
        of_new = held & new[seats["partnership"]]
        awarded[year, 0] = np.bincount(country[seats["organisation"][of_new]], minlength=n)
        lead = seats["organisation"][partnerships["first_seat"][new] + partnerships["lead_seat"][new]]
        awarded[year, 1] = np.bincount(country[lead[lead >= 0]], minlength=n)
        if 12 * year < NOTICE_MONTHS:
            seats_of += np.bincount(seats["organisation"][of_new], minlength=len(before))
        running = np.zeros(len(partnerships), dtype=np.bool_)
        running[state.active] = True
        working = (
            held & (seats["state"] == 0) & (running & funded & (partnerships["status"] == 1))[seats["partnership"]]
        )
        old = proposed[seats["partnership"]] < announced
        for k, which in enumerate((working & old, working & ~old)):
            at_work[year, k] = np.bincount(country[seats["organisation"][which]], minlength=n)
    counts = np.concatenate([awarded, at_work], axis=1)
    work = model.series()["collaboration"][announced:].reshape(YEARS, 12).sum(axis=1)
    country = model.state.organisations["country"]
    found = []
    for case in chosen:
        where = np.ones(n, dtype=np.bool_)
        if case.target is not None:
            where = np.array([code == case.target for code in model.setting.world.countries])
        mine = np.flatnonzero(where[country] & (before > 0))
        ranked = mine[np.argsort(-before[mine], kind="stable")]
        first = max(1, int(CENTRAL * len(ranked)))
        found.append(
            Path(
                counts[:, :, where].sum(axis=2), counts[:, :, ~where].sum(axis=2),
                float(seats_of[ranked[:first]].sum()), float(seats_of[ranked[first:]].sum()), work,
            )
        )  # fmt: skip
    return found


def _coverage(replicates: Sequence[dict[str, Any]]) -> dict[str, Coverage]:
    """Coverage of every case about a country, by the name of its shock."""
    import pandas as pd

    frames = [pd.DataFrame({**one, "history_id": 0, "replicate": r}) for r, one in enumerate(replicates)]
    return {one.shock: one for one in coverage_of(pd.concat(frames, ignore_index=True))}


def _block(case: Case, found: Found, coverage: Coverage | None = None) -> str:
    everyone = case.target is None
    sides = [("all countries", "target")] if everyone else [(case.target or "", "target"), ("the rest", "rest")]
    lines = [f"{case.label}: announced at 0, in effect from year {case.effective_month / 12:g}"]
    head = f"  {'':<13} {'':<44}" + "".join(f"{year:>8}" for year in range(1, YEARS + 1))
    lines.append(head)
    for name, attribute in sides:
        for k, (quantity, _) in enumerate(QUANTITIES):
            shocked = sum(getattr(s, attribute)[:, k] for s, _ in found)
            twin = sum(getattr(t, attribute)[:, k] for _, t in found)
            cells = "".join(
                f"{100 * s / t:>8.0f}" if t > 0 else f"{'-':>8}" for s, t in zip(shocked, twin, strict=True)
            )
            lines.append(f"  {name:<13.13} {quantity + ': ' + _meaning(k):<44.44}{cells}")
    if coverage is not None:
        lines.append(f"  {coverage.words(case.label)}")
        if not coverage.enough:
            return "\n".join(lines)
    lines.append("  expected sign" + " " * 45 + "simulated (95 % interval, jackknife over replicates)")
    for claim, values in _weighed(case, found):
        lines.append(f"  {claim:<57} {_verdict(values)}")
    return "\n".join(lines)


def _meaning(k: int) -> str:
    return ("new seats", "new projects led", "seats at work, from before", "seats at work, from after")[k]


def _change(shocked: NDArray[np.float64], twin: NDArray[np.float64]) -> float:
    """Share gained or lost beside the twin, over the years given."""
    total = twin.sum()
    return float(shocked.sum() / total - 1.0) if total > 0 else float("nan")


def _claims(case: Case, found: Found) -> list[tuple[str, float]]:
    """Claims, each with a number over all replicates together that is above 0 where the claim holds."""
    notice = slice(0, case.effective_month // 12)
    after = slice(case.effective_month // 12, YEARS)

    def change(k: int, years: slice, side: str = "target") -> float:
        shocked, twin = (sum(getattr(path, side)[years, k] for path in arm) for arm in zip(*found, strict=True))
        return _change(np.asarray(shocked), np.asarray(twin))

    def kept(who: str) -> float:
        shocked, twin = (sum(getattr(path, who) for path in arm) for arm in zip(*found, strict=True))
        return 1.0 + _change(np.asarray(shocked), np.asarray(twin))

    if case.kind == "programme_exclusion":
        uncertain, excluded = -change(0, notice), -change(0, after)
        return [
            ("uncertainty alone costs participation", uncertain),
            ("leadership falls more than participation (notice)", -change(1, notice) - uncertain),
            ("leadership falls more than participation (after)", -change(1, after) - excluded),
            ("exclusion costs participation", excluded),
            ("uncertainty costs at least half of what exclusion does", uncertain - 0.5 * excluded),
            ("central organisations lose most (notice)", kept("others") - kept("central")),
        ]
    if case.kind == "diplomatic_rupture":
        everything = slice(0, YEARS)
        return [
            ("work in flight falls", -change(2, slice(0, 3))),
            ("participation in new projects falls", -change(0, everything)),
            ("the target loses a larger share than the rest", change(0, everything, "rest") - change(0, everything)),
        ]
    shocked, twin = (sum(path.joint for path in arm) for arm in zip(*found, strict=True))
    lost = 1.0 - np.asarray(shocked) / np.asarray(twin)
    return [
        ("collaboration falls while nothing is paid", float(lost[:2].mean())),
        ("the worst year loses at least half of it", float(lost[:3].max()) - 0.5),
        ("it recovers in part by the last year", float(lost[:3].max() - lost[-1])),
    ]


def _weighed(case: Case, found: Found) -> list[tuple[str, list[float]]]:
    """Claims with the jackknife's pseudo-values over replicates.

    A small country leads a handful of projects in a replicate, whose ratios are skewed: sums are compared.
    """
    n = len(found)
    whole = _claims(case, found)
    if n == 1:
        return [(claim, [value]) for claim, value in whole]
    without = [_claims(case, [*found[:r], *found[r + 1 :]]) for r in range(n)]
    return [(claim, [n * value - (n - 1) * w[k][1] for w in without]) for k, (claim, value) in enumerate(whole)]


def _verdict(values: Sequence[float]) -> str:
    """Mean with its interval, and whether the claim holds: yes, no, or undecided."""
    x = np.array([v for v in values if np.isfinite(v)])
    if not len(x):
        return "no data"
    mean = float(x.mean())
    if len(x) == 1:
        return f"{100 * mean:+.0f} points (one replicate)"
    from scipy.stats import t

    half = float(t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
    if not x.any():
        return "no difference in any replicate"
    word = "holds" if mean - half > 0 else ("does NOT hold" if mean + half < 0 else "undecided")
    return f"{100 * mean:+.0f} points ({100 * (mean - half):+.0f} .. {100 * (mean + half):+.0f}): {word}"
