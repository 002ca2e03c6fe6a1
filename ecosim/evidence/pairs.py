"""``ecosim validate pairs``: joint work of pairs of countries in the world ``global`` beside co-publications.

What is compared is simulated joint work, not what goes in. Totals of countries are given, so the measure is what is
left of a pair beyond them: joint work over that expected from the totals of both. Two rivals stand beside the model:
*totals only* (no pair differs from what the totals give) and *persistence* (every pair is what it was in the years fed
in).
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError
from ecosim.evidence.validation import months_between
from ecosim.evidence.windows import configs_of, windows_in_workers
from ecosim.lab.compose import build_scenario
from ecosim.progress import say
from ecosim.world import load_world
from ecosim.world.own_size import FIFTHS, hidden_pairs, works_between
from ecosim.world.tables import read_tables

if TYPE_CHECKING:
    from ecosim.evidence.question import Question

Pairs = NDArray[np.float64]

#: Countries compared: the largest by co-publications of the years predicted.
LARGEST = 40
#: Fewest countries of which a comparison says something.
FEWEST = 5
#: Years fed in, and years predicted.
FED_IN, PREDICTED = (2009, 2013), (2014, 2019)
#: Size of the simulated worlds unless the user says otherwise.
SCALE = 0.1
#: The pair of pairs whose ratio is compared, and by what factor it may miss the data.
FIRST, SECOND, WITHIN_FACTOR = ("USA", "CHN"), ("DEU", "FRA"), 1.5
#: Largest pairs compared one by one, and the share of theirs in the data by which they may miss it.
TOP, WITHIN_SHARE = 10, 1.0 / 3.0


@dataclass(frozen=True)
class Case:
    """One way to feed the model, and the rank correlation asked of it."""

    label: str
    changes: Mapping[str, Any]
    least: float
    #: Whether it is a prediction; else what is asked for has been fed in.
    predicted: bool
    hides: bool = False


_EARLIER = {"world.own_size.first_year": FED_IN[0], "world.own_size.last_year": FED_IN[1]}
CASES: tuple[Case, ...] = (
    Case("gravity and totals", {**_EARLIER, "world.own_size.observed_weight": 0.0,
                                "channels.awareness.observed_weight": 0.0}, 0.55, True),
    Case("pairs hidden", dict(_EARLIER), 0.45, True, hides=True),
    Case("as it runs", dict(_EARLIER), 0.8, False),
)  # fmt: skip


def log_over_expected(joint: Pairs) -> NDArray[np.float64]:
    """Logarithm of joint work over that expected from the totals of both countries, of every pair once.

    Parameters
    ----------
    joint : ndarray of float, shape (C, C)
        Symmetric; the diagonal does not count.

    Returns
    -------
    ndarray of float, shape (C (C - 1) / 2,)
        In the order of the upper triangle. A pair that does nothing in common counts as a millionth of the mean.
    """
    upper = np.triu_indices(len(joint), 1)
    expected = expected_from_totals(joint)[upper]
    least = 1e-6 * float(joint[upper].mean())
    return np.asarray(np.log(np.maximum(joint[upper], least) / np.maximum(expected, least)))


def expected_from_totals(joint: Pairs) -> Pairs:
    """What every pair would do in common if only the totals of countries mattered, (C, C)."""
    from ecosim.channels.awareness import country_effects

    off = joint.astype(np.float64).copy()
    np.fill_diagonal(off, 0.0)
    alike = 1.0 - np.eye(len(off))
    effect = country_effects(alike, off.sum(axis=1))
    return np.asarray(alike * effect[:, None] * effect[None, :])


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's; not a number where one of them is constant."""
    from scipy.stats import spearmanr

    if np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
        return float("nan")
    return float(spearmanr(one, other).statistic)


def simulate(payload: Mapping[str, Any], report: Callable[[float], None] | None = None) -> Pairs:
    """Mean joint work of a month of the window, (C, C), in a worker."""
    from threadpoolctl import threadpool_limits

    from ecosim.model import Ecosystem

    with threadpool_limits(limits=1):
        model = Ecosystem(build_scenario(payload["config"]))
        start = model.config.calendar.start
        first, last = (months_between(start, payload[name]) for name in ("opening", "closing"))
        model.advance(first)
        total = np.zeros((model.setting.world.n_countries,) * 2)
        for month in range(first, last + 1):
            model.step()
            total += model.country_pairs()
            if report is not None:
                report((month + 1) / (last + 1))
    return total / (last + 1 - first)


@dataclass(frozen=True)
class Line:
    """One number beside the data and the rivals."""

    name: str
    #: One per window.
    simulated: tuple[float, ...]
    #: Of the mean joint work over windows; of pairs that are hidden in one window each, the mean of the numbers.
    value: float
    totals_only: float
    persistence: float
    data: float
    asked: str
    holds: bool
    predicted: bool


@dataclass(frozen=True)
class PairWork:
    """Joint work of pairs beside the data."""

    lines: tuple[Line, ...]
    heading: str

    @property
    def good(self) -> bool:
        """Whether everything asked for holds."""
        return all(line.holds for line in self.lines)

    def text(self) -> str:
        """The answer for people."""
        head = ("", "ecosim", "windows", "totals only", "persistence", "data", "asked", "")
        body = []
        for line in self.lines:
            span = f"{number(min(line.simulated))} to {number(max(line.simulated))}" if len(line.simulated) > 1 else "-"
            verdict = ("predicted: " if line.predicted else "input check: ") + ("holds" if line.holds else "fails")
            body.append((line.name, number(line.value), span, number(line.totals_only), number(line.persistence),
                         number(line.data), line.asked, verdict))  # fmt: skip
        widths = [max(len(row[k]) for row in [head, *body]) for k in range(len(head))]
        table = [
            "  ".join(cell.ljust(widths[k]) if k in (0, 7) else cell.rjust(widths[k]) for k, cell in enumerate(row))
            .rstrip()
            for row in [head, *body]
        ]  # fmt: skip
        held = {kind: [line.holds for line in self.lines if line.predicted == kind] for kind in (True, False)}
        end = (
            f"Predicted: {sum(held[True])} of {len(held[True])} hold. Input checks: {sum(held[False])} of "
            f"{len(held[False])} hold; what they ask for has been fed in, so holding says that nothing got lost on the "
            "way, and nothing about behaviour. Persistence is hard to beat: pairs of countries hardly change within "
            "five years. It says nothing of a world in which a shock acts, and cannot tell hidden pairs."
        )
        return "\n".join([self.heading, "", *table, "", textwrap.fill(end, 120)])


def number(value: float) -> str:
    """Three digits; a dash where there is no number."""
    return "-" if not np.isfinite(value) else f"{value:.3g}"


def pair_work(question: Question) -> PairWork:
    """Simulate the cases and compare them.

    Raises
    ------
    InputError
        In another world than ``global``, or with fewer than five countries.
    """
    scenario = question.request.scenario
    if scenario.world.preset != "global":
        raise InputError(
            "validate", "pairs", "world=global", problem=f"says nothing in world '{scenario.world.preset}'"
        )
    world = load_world(scenario.world)
    if world.n_countries < FEWEST:
        raise InputError("world.countries", world.n_countries, problem="too few countries to compare pairs",
                         allowed=f"{FEWEST} or more")  # fmt: skip
    table = read_tables()["copublications"]
    before, after = (works_between(table, world.countries, *years) for years in (FED_IN, PREDICTED))
    own = scenario.world.own_size
    newest = works_between(table, world.countries, own.first_year, own.last_year)
    chosen = np.sort(np.argsort(-after.sum(axis=1), kind="stable")[:LARGEST])
    codes = tuple(world.countries[k] for k in chosen)
    before, after, newest = (works[np.ix_(chosen, chosen)] for works in (before, after, newest))

    windows, settings = question.settings.windows, question.settings
    size = {} if question.says("world.scale") else {"world.scale": SCALE}
    configs: list[dict[str, Any]] = []
    for case in (*CASES, None):
        if case is None or not case.hides:
            configs += configs_of(question, {**size, **(case.changes if case else {})}, windows)
            continue
        # each window hides another fifth
        for k in range(windows):
            changes = {**size, **case.changes, "world.own_size.hidden_fifth": 1 + k % FIFTHS}
            configs.append(configs_of(question, changes, windows)[k])
    say(f"{len(configs)} worlds of {world.n_countries} countries at scale {configs[0]['world']['scale']:g}, "
        f"joint work of {settings.start} to {settings.end}.")  # fmt: skip
    payloads = [{"config": config, "opening": settings.start, "closing": settings.end} for config in configs]
    found = [joint[np.ix_(chosen, chosen)] for joint in
             windows_in_workers(simulate, payloads, question.request, "simulating worlds")]  # fmt: skip
    by_case = [found[k * windows : (k + 1) * windows] for k in range(len(CASES) + 1)]

    hidden = [hidden_pairs(codes, 1 + k % FIFTHS) for k in range(windows)]
    lines = [_correlation(case, by_case[k], before, after, hidden) for k, case in enumerate(CASES)]
    lines += _ratio(codes, by_case[-1], before, newest)
    lines += _largest(codes, by_case[-1], before, newest)
    raw = number(rank_of_pairs(expected_from_totals(after), after))
    heading = (
        f"Data: co-publications (OpenAlex) of the {len(codes)} largest countries. Simulated: joint work of pairs in "
        f"world global at scale {configs[0]['world']['scale']:g}, {windows} windows a case, {settings.start} to "
        f"{settings.end}; numbers are those of its mean over windows, and beside them those of each. Rank correlations "
        "are of ln(joint work over that expected from the totals of both countries) with the data of "
        f"{PREDICTED[0]}-{PREDICTED[1]}, fed with {FED_IN[0]}-{FED_IN[1]}; all else is fed with {own.first_year}-"
        f"{own.last_year} and compared with them. Over pairs as they are, totals alone reach {raw}, so that figure "
        "says nothing."
    )
    heading = textwrap.fill(heading, 120, break_on_hyphens=False)
    return PairWork(tuple(lines), heading)


def mean_of(found: Sequence[Pairs]) -> Pairs:
    """Mean joint work over windows."""
    return np.asarray(np.mean(np.stack(found), axis=0))


def rank_of_pairs(one: Pairs, other: Pairs) -> float:
    """Rank correlation over pairs, sizes of countries included."""
    upper = np.triu_indices(len(one), 1)
    return rank_correlation(one[upper], other[upper])


def _correlation(
    case: Case, found: Sequence[Pairs], before: Pairs, after: Pairs, hidden: Sequence[NDArray[np.bool_]]
) -> Line:  # fmt: skip
    data, earlier = log_over_expected(after), log_over_expected(before)
    upper = np.triu_indices(len(after), 1)
    every = np.ones(len(data), dtype=np.bool_)
    among = [mask[upper] if case.hides else every for mask in hidden]
    values = tuple(rank_correlation(log_over_expected(joint)[which], data[which])
                   for joint, which in zip(found, among, strict=True))  # fmt: skip
    persists = float(np.mean([rank_correlation(earlier[which], data[which]) for which in among]))
    mean = float(np.mean(values)) if case.hides else rank_correlation(log_over_expected(mean_of(found)), data)
    name = f"rank correlation, {case.label}"
    # Persistence has no past of a pair that is hidden.
    rival = float("nan") if case.hides else persists
    return Line(name, values, mean, float("nan"), rival, 1.0, f">= {case.least:g}", mean >= case.least, case.predicted)


def _ratio(codes: Sequence[str], found: Sequence[Pairs], before: Pairs, newest: Pairs) -> list[Line]:
    if not {*FIRST, *SECOND} <= set(codes):
        return []
    a, b, c, d = (list(codes).index(code) for code in (*FIRST, *SECOND))

    def ratio(joint: Pairs) -> float:
        return float(joint[a, b] / joint[c, d]) if joint[c, d] > 0.0 else float("nan")

    values, value, data = tuple(ratio(joint) for joint in found), ratio(mean_of(found)), ratio(newest)
    holds = bool(data / WITHIN_FACTOR <= value <= data * WITHIN_FACTOR)
    name = f"{'-'.join(FIRST)} over {'-'.join(SECOND)}"
    asked = f"{number(data / WITHIN_FACTOR)} to {number(data * WITHIN_FACTOR)}"
    return [Line(name, values, value, ratio(expected_from_totals(newest)), ratio(before), data, asked, holds, False)]


def _largest(codes: Sequence[str], found: Sequence[Pairs], before: Pairs, newest: Pairs) -> list[Line]:
    """The largest pairs of the data, each by its share in all pairs compared, per cent."""
    i, j = np.triu_indices(len(codes), 1)

    def share(joint: Pairs) -> NDArray[np.float64]:
        return 100.0 * joint[i, j] / joint[i, j].sum()

    data, rivals = share(newest), (share(expected_from_totals(newest)), share(before))
    simulated, mean = [share(joint) for joint in found], share(mean_of(found))
    lines = []
    for k in np.argsort(-data, kind="stable")[:TOP]:
        values = tuple(float(shares[k]) for shares in simulated)
        low, high = (1.0 - WITHIN_SHARE) * data[k], (1.0 + WITHIN_SHARE) * data[k]
        lines.append(
            Line(f"{codes[i[k]]}-{codes[j[k]]}, % of all pairs", values, float(mean[k]), float(rivals[0][k]),
                 float(rivals[1][k]), float(data[k]), f"{number(low)} to {number(high)}",
                 bool(low <= mean[k] <= high), False)
        )  # fmt: skip
    return lines
