"""How to split a fixed budget over instruments and levers, and what the next euro does.

Every split is a policy of the same appropriation: what an instrument costs is taken from the programme's grants by the
ledger of the model, so a euro is spent once, and an instrument is worth its money only if it does more than the grants
it replaces. Splits are compared on common random numbers, searched by NSGA-II, and what was found is measured again on
replicates the search has not seen: the best of many on few replicates is partly luck.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis import resilience
from ecosim.analysis.contrasts import simultaneous_intervals
from ecosim.errors import InputError, nearest_name

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.lab.workers import Workers

#: Objective -> (1 where more is better, -1 where less is; what it is).
OBJECTIVES: dict[str, tuple[int, str]] = {
    "delivered_output": (1, "output under the shocks, as a share of the reference split's calm-time output"),
    "sustained_collaboration": (1, "collaboration under the shocks, as a share of the split's own in calm times"),
    "baseline_cost_output": (-1, "output given up in calm times, as a share of the reference split's"),
    "exposure": (-1, "share of collaboration with a targeted endpoint when the shocks come"),
    "instruments_eur": (-1, "money spent on instruments a month at full scale, tax forgone and guarantees included"),
}
#: Columns of what instruments cost the public; guarantees are paid where there are stages.
_SPENT = ("instruments_eur", "tax_forgone_eur", "guaranteed_eur")
#: Multiples of a split's money at which the curve of the marginal euro is measured.
MULTIPLES: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 1.5)
#: What a split that cannot be simulated counts as in the search.
_HOPELESS = 1e9


@dataclass(frozen=True)
class Split:
    """One policy: money a month on each instrument, and a level of each lever."""

    #: EUR a month at full scale, in the order of the question's instruments.
    money: tuple[float, ...]
    #: Position of the level, in the order of the question's levers.
    levels: tuple[int, ...] = ()


@dataclass(frozen=True)
class Question:
    """What is searched."""

    #: The scenario as plain data, with its shocks and instruments.
    base: dict[str, Any]
    #: Names of the instruments that share the money.
    instruments: tuple[str, ...]
    #: Label -> shocks that act together.
    branches: dict[str, list[str]]
    #: Most money instruments may take together, EUR a month at full scale.
    budget_eur_per_month: float
    #: Lever -> level -> {dotted key: value}.
    levers: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    #: Parts the budget is divided into.
    parts: int = 10

    @property
    def reference(self) -> Split:
        """Everything to grants, every lever at its first level."""
        return Split((0.0,) * len(self.instruments), (0,) * len(self.levers))

    def config(self, split: Split) -> dict[str, Any]:
        """The scenario of a split; instruments without money are left out."""
        from ecosim.scenario import with_keys

        changes: dict[str, Any] = {}
        for position, options in zip(split.levels, self.levers.values(), strict=True):
            changes |= list(options.values())[position]
        plain = with_keys(self.base, changes)
        plain["instruments"] = {name: dict(settings) for name, settings in plain["instruments"].items()}
        for name, money in zip(self.instruments, split.money, strict=True):
            if money > 0.0:
                plain["instruments"][name]["monthly_eur"] = money
            else:
                del plain["instruments"][name]
        return plain

    def row(self, split: Split) -> dict[str, Any]:
        """A split as columns of a table: money by instrument, what stays with grants, levels."""
        columns: dict[str, Any] = dict(zip(self.instruments, split.money, strict=True))
        columns["left_to_grants"] = max(self.budget_eur_per_month - sum(split.money), 0.0)
        for position, (lever, options) in zip(split.levels, self.levers.items(), strict=True):
            columns[lever] = list(options)[position]
        return columns

    def decode(self, genes: NDArray[np.float64]) -> Split:
        """A split from numbers in [0, 1]: a weight per instrument and one for grants, then a number per lever.

        The budget is divided in proportion to the weights, in whole parts (largest remainders).
        """
        k = len(self.instruments)
        weights = np.append(genes[:k], genes[k]) + 1e-12
        exact = self.parts * weights / weights.sum()
        whole = np.floor(exact).astype(int)
        short = np.argsort(-(exact - whole), kind="stable")[: self.parts - int(whole.sum())]
        whole[short] += 1
        counts = [len(options) for options in self.levers.values()]
        levels = tuple(min(int(u * n), n - 1) for u, n in zip(genes[k + 1 :], counts, strict=True))
        return Split(tuple(float(n) * self.budget_eur_per_month / self.parts for n in whole[:k]), levels)


@dataclass(frozen=True)
class Portfolio:
    """What the search found."""

    question: Question
    objectives: tuple[str, ...]
    #: Every split tried: money, levels, objectives on the replicates of the search.
    tried: pd.DataFrame
    #: Splits no other beats in every objective, measured again on fresh replicates: money, levels, objectives,
    #: ``gain`` in `delivered_output` over the reference split with ``gain_low, gain_high`` (simultaneous, 95 %).
    front: pd.DataFrame
    #: What more or less money does: ``curve`` ("portfolio" for the split of highest `delivered_output`, or one
    #: instrument alone), ``monthly_eur, delivered_output, gain, gain_low, gain_high``; ``per_million, per_million_low,
    #: per_million_high``: the gain of the last step per EUR million a month, not-a-number for the first.
    curve: pd.DataFrame
    replicates: int
    fresh: int

    @property
    def best(self) -> dict[str, Any]:
        """The split of the front that delivers most on fresh replicates."""
        return dict(self.front.iloc[0])

    def text(self) -> str:
        """The answer in words."""
        return _text(self)


def portfolio(
    *overrides: str, budget_eur_per_month: float, levers: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    objectives: Sequence[str] = ("delivered_output", "baseline_cost_output"), replicates: int = 8, fresh: int = 16,
    population: int = 16, generations: int = 8, parts: int = 10, seed: int = 1, quiet: bool = True,
) -> Portfolio:  # fmt: skip
    """Search for the best splits of a budget over the instruments of a scenario, and measure what the next euro does.

    Parameters
    ----------
    *overrides : str
        The scenario, with ``instruments=[...]`` that share the money and ``shocks=[...]`` that come one at a time;
        ``runner.processes`` counts.
    budget_eur_per_month : float
        Most that instruments may take together, at full scale; what they do not take stays with the programme's
        grants. The appropriation is the same for every split.
    levers : mapping, optional
        Lever -> level -> {dotted key: value}; the first level of each is the reference.
    objectives : sequence of str
        Names of :data:`OBJECTIVES`.
    replicates, fresh : int
        Histories per split in the search, and others on which its result is measured.
    population, generations : int
        Of the search; a split met again costs nothing.
    parts : int
        Parts the budget is divided into.
    seed : int
        Of the search; random numbers of the model come from the scenario.
    quiet : bool
        False shows progress on the error stream.

    Raises
    ------
    InputError
        Without instruments or shocks, for an unknown objective, or where a split would leave nothing for grants.

    References
    ----------
    Deb, Pratap, Agarwal and Meyarivan (2002), IEEE Transactions on Evolutionary Computation 6, 182-197 (NSGA-II);
    Blank and Deb (2020), IEEE Access 8, 89497-89509 (pymoo); Smith and Winkler (2006), Management Science 52, 311-322
    (why the winner is measured again).
    """
    from ecosim.lab.compose import compose_plain, make_request
    from ecosim.lab.runner import warm_kernels, worker_count
    from ecosim.lab.workers import Workers
    from ecosim.progress import Progress
    from ecosim.scenario import as_plain

    request = make_request(compose_plain(overrides))
    base = as_plain(request.scenario)
    question = Question(
        base, tuple(base["instruments"]), {name: [name] for name in base["shocks"]}, float(budget_eur_per_month),
        {lever: {str(level): dict(keys) for level, keys in options.items()}
         for lever, options in (levers or {}).items()},
        parts,
    )  # fmt: skip
    _check(question, objectives, replicates, fresh, population)
    question = _with_one_burn_in(question)
    warm_kernels()
    on_curves = len(MULTIPLES) * (1 + len(question.instruments))
    expected = population * generations * replicates + on_curves * fresh
    with (
        Progress("simulating", expected, quiet=quiet) as progress,
        Workers(worker_count(request.runner, population * replicates), request.plugins) as workers,
    ):
        first = request.scenario.replicate
        bench = Bench(question, range(first, first + replicates), workers, progress)
        front = search(bench, objectives, population, generations, seed)
        again = Bench(question, range(first + replicates, first + replicates + fresh), workers, progress)
        confirmed = _confirm(again, front)
        curve = marginal_curve(again, confirmed[0][0])
    tried = _table(question, bench, list(bench.outcomes))
    return Portfolio(question, tuple(objectives), tried, _front_table(question, again, confirmed), curve,
                     replicates, fresh)  # fmt: skip


def _with_one_burn_in(question: Question) -> Question:
    """The same question with a burn-in, where it leaves it open, long enough for every level of every lever."""
    from ecosim.config.timeline import burn_in_for
    from ecosim.lab.compose import build_scenario
    from ecosim.scenario import with_keys

    if question.base["timeline"]["burn_in_months"] is not None:
        return question
    levels = [{}, *(changes for options in question.levers.values() for changes in options.values())]
    gaps = [build_scenario(with_keys(question.base, changes)).longest_gap_months for changes in levels]
    return replace(question, base=with_keys(question.base, {"timeline.burn_in_months": burn_in_for(max(gaps))}))


def _check(question: Question, objectives: Sequence[str], replicates: int, fresh: int, population: int) -> None:
    """Refuse what cannot be searched, before anything runs."""
    from ecosim.lab.check import check
    from ecosim.lab.compose import build_scenario

    if not question.instruments:
        raise InputError("instruments", problem="names none to share the money", allowed="instruments=[...]")
    if not question.branches:
        raise InputError("shocks", problem="names none: without shocks nothing is protected", allowed="shocks=[...]")
    for name in objectives:
        if name not in OBJECTIVES:
            raise InputError("objectives", name, ", ".join(OBJECTIVES), nearest_name(name, OBJECTIVES),
                             problem="no such objective")  # fmt: skip
    if not objectives:
        raise InputError("objectives", problem="is empty", allowed=", ".join(OBJECTIVES))
    fewest = (("replicates", replicates, 1), ("fresh", fresh, 2), ("population", population, 4),
              ("parts", question.parts, 1))  # fmt: skip
    for key, value, least in fewest:
        if value < least:
            raise InputError(key, value, f"at least {least}", problem="out of range")
    if not question.budget_eur_per_month > 0.0:
        raise InputError("budget_eur_per_month", question.budget_eur_per_month, "more than 0", problem="out of range")
    for lever, options in question.levers.items():
        if not options:
            raise InputError(f"levers.{lever}", problem="has no levels", allowed="{level: {key: value}}")
    # the dearest split of every combination of levers: a cheaper one is possible too
    most = max(MULTIPLES) * question.budget_eur_per_month
    share = (most / len(question.instruments),) * len(question.instruments)
    for levels in itertools.product(*(range(len(options)) for options in question.levers.values())):
        check(build_scenario(question.config(Split(share, levels))))


# ---------------------------------------------------------------------------------------------- simulating


@dataclass(frozen=True)
class Outcome:
    """What one split did, a row per replicate."""

    #: (R,) area under the output of the twin; (R, B) of every branch; both of collaboration; (R, B) exposure; (R,) EUR
    #: a month.
    twin: NDArray[np.float64]
    shocked: NDArray[np.float64]
    twin_joint: NDArray[np.float64]
    shocked_joint: NDArray[np.float64]
    exposure: NDArray[np.float64]
    spent: NDArray[np.float64]


class Bench:
    """Simulates splits on the same replicates and remembers them.

    Parameters
    ----------
    question : Question
        What is searched.
    numbers : range
        Replicates.
    workers : Workers
        Where they run.
    progress : object
        With ``update(done)`` and ``total``.
    """

    def __init__(self, question: Question, numbers: range, workers: Workers, progress: Any) -> None:
        self.question = question
        self.numbers = numbers
        self.outcomes: dict[Split, Outcome] = {}
        self._workers = workers
        self._progress = progress

    def run(self, splits: Sequence[Split]) -> None:
        """Simulate what is not known yet; the reference split is always among it."""
        wanted = [s for s in dict.fromkeys([self.question.reference, *splits]) if s not in self.outcomes]
        payloads = [self._payload(split, r) for split in wanted for r in self.numbers]
        before = self._progress.done
        # what is known already need not be waited for
        known = (len(splits) - len(wanted)) * len(self.numbers)
        self._progress.total = max(self._progress.total - known, before + len(payloads))
        rows = self._workers.map(_simulate, payloads, lambda done: self._progress.update(before + done))
        count = len(self.numbers)
        for k, split in enumerate(wanted):
            mine = rows[k * count : (k + 1) * count]
            self.outcomes[split] = Outcome(*(np.array([row[item.name] for row in mine], dtype=np.float64)
                                             for item in fields(Outcome)))  # fmt: skip

    def values(self, split: Split) -> dict[str, NDArray[np.float64]]:
        """Every objective of a split by replicate, (R,); branches weigh the same."""
        mine = self.outcomes[split]
        calm = self.outcomes[self.question.reference].twin
        return {
            "delivered_output": resilience.delivered(mine.shocked, calm[:, None]).mean(axis=1),
            "sustained_collaboration": resilience.delivered(mine.shocked_joint, mine.twin_joint[:, None]).mean(axis=1),
            "baseline_cost_output": resilience.baseline_cost(mine.twin, calm),
            "exposure": mine.exposure.mean(axis=1),
            "instruments_eur": mine.spent,
        }

    def _payload(self, split: Split, replicate: int) -> dict[str, Any]:
        return {
            "history_id": 0, "replicate": replicate, "config": {**self.question.config(split), "replicate": replicate},
            "branches": self.question.branches, "pairs": False, "design_ids": dict.fromkeys(self.question.branches, 0),
            "arms": [("twin", None), *(("shocked", label) for label in self.question.branches)], "countries": False,
        }  # fmt: skip


def _simulate(payload: dict[str, Any]) -> dict[str, Any]:
    """One history with its branches, for a worker; what failed is not-a-number."""
    from ecosim.lab.branches import run_unit

    labels = list(payload["branches"])
    rows = run_unit(payload).runs
    twin = next(row for row in rows if row["arm"] == "twin")
    # the rows of the shocked arm stand in the order of the branches
    shocked = [row for row in rows if row["arm"] == "shocked"]
    return {
        "twin": twin.get("area_output", np.nan),
        "shocked": [row.get("area_output", np.nan) for row in shocked],
        "twin_joint": twin.get("area_collaboration", np.nan),
        "shocked_joint": [row.get("area_collaboration", np.nan) for row in shocked],
        "exposure": [twin.get(f"exposure:{label}", np.nan) for label in labels],
        "spent": _spent(twin) / payload["config"]["world"]["scale"],
    }


def _spent(twin: Mapping[str, Any]) -> float:
    """Public money a month for instruments, in EUR; without stages nothing is guaranteed."""
    if "mean_instruments_eur" not in twin:
        return np.nan
    return float(sum(twin.get(f"mean_{name}", 0.0) for name in _SPENT))


# ---------------------------------------------------------------------------------------------- searching


def search(bench: Bench, objectives: Sequence[str], population: int, generations: int, seed: int) -> list[Split]:
    """Splits that no other tried beats in every objective, by NSGA-II.

    Parameters
    ----------
    bench : Bench
        Where splits are simulated; afterwards it knows every split tried.
    objectives : sequence of str
        Names of :data:`OBJECTIVES`.
    population, generations : int
        Of the search.
    seed : int
        Of the search.
    """
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.duplicate import ElementwiseDuplicateElimination
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize

    question = bench.question
    genes = len(question.instruments) + 1 + len(question.levers)

    class Splits(Problem):
        def __init__(self) -> None:
            super().__init__(n_var=genes, n_obj=len(objectives), xl=0.0, xu=1.0)

        def _evaluate(self, x: NDArray[np.float64], out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            splits = [question.decode(row) for row in x]
            bench.run(splits)
            out["F"] = np.array([_loss(bench, split, objectives) for split in splits])

    class SameSplit(ElementwiseDuplicateElimination):
        """Different weights may come to the same parts of the budget."""

        def is_equal(self, one: Any, other: Any) -> bool:
            return question.decode(one.X) == question.decode(other.X)

    first = _first_population(question, population, np.random.default_rng(seed))
    method = NSGA2(pop_size=population, sampling=first, eliminate_duplicates=SameSplit())
    minimize(Splits(), method, ("n_gen", generations), seed=seed, verbose=False)
    return non_dominated(bench, objectives)


def _first_population(question: Question, population: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Corners first (everything to grants, to one instrument, evenly divided), then by chance."""
    k, levers = len(question.instruments), len(question.levers)
    corners = [*np.eye(k + 1)[::-1], np.append(np.ones(k), 0.0)]
    spread = random.dirichlet(np.ones(k + 1), max(population - len(corners), 0))
    weights = np.array([*corners, *spread])[:population]
    levels = random.random((len(weights), levers))
    levels[: len(corners)] = 0.0
    return np.hstack([weights, levels])


def _loss(bench: Bench, split: Split, objectives: Sequence[str]) -> list[float]:
    """Means to be minimised."""
    values = bench.values(split)
    losses = [-OBJECTIVES[name][0] * float(values[name].mean()) for name in objectives]
    return [loss if np.isfinite(loss) else _HOPELESS for loss in losses]


def non_dominated(bench: Bench, objectives: Sequence[str]) -> list[Split]:
    """Of all splits a bench knows, those no other beats in one objective without losing in another."""
    splits = list(bench.outcomes)
    losses = np.array([_loss(bench, split, objectives) for split in splits])
    no_worse = (losses[:, None, :] <= losses[None, :, :]).all(axis=2)
    better = (losses[:, None, :] < losses[None, :, :]).any(axis=2)
    beaten = (no_worse & better).any(axis=0) | (losses >= _HOPELESS).any(axis=1)
    return [splits[k] for k in np.flatnonzero(~beaten)]


# ---------------------------------------------------------------------------------------------- measuring again


def _confirm(bench: Bench, front: Sequence[Split]) -> list[tuple[Split, float, float, float]]:
    """Gain in `delivered_output` over the reference on this bench's replicates, the most delivering first."""
    if not front:
        raise InputError("portfolio", problem="no split could be simulated; `ecosim run` on the scenario shows why")
    bench.run(front)
    reference = bench.values(bench.question.reference)["delivered_output"]
    gains = np.stack([bench.values(split)["delivered_output"] - reference for split in front], axis=1)
    found = simultaneous_intervals(gains[np.isfinite(gains).all(axis=1)])
    rows = list(zip(front, found.estimate.tolist(), found.low.tolist(), found.high.tolist(), strict=True))
    return sorted(rows, key=lambda row: -row[1])


def marginal_curve(bench: Bench, split: Split, multiples: Sequence[float] = MULTIPLES) -> pd.DataFrame:
    """What more or less money does: along a split, and along each instrument alone, levers held.

    Parameters
    ----------
    bench : Bench
        Where it is measured.
    split : Split
        Scaled as a whole; each instrument alone is scaled from the whole budget.
    multiples : sequence of float
        Of the money, ascending.

    Returns
    -------
    DataFrame
        As in :attr:`Portfolio.curve`. Money comes out of grants at every point, so a gain is net of what they would
        have done, and a negative one says that grants would have been the better use.
    """
    import pandas as pd

    question = bench.question
    lines = {"portfolio": split.money} if sum(split.money) > 0.0 else {}
    for k, name in enumerate(question.instruments):
        lines[name] = tuple(question.budget_eur_per_month * (k == other) for other in range(len(question.instruments)))
    points = {(line, m): Split(tuple(m * eur for eur in money), split.levels)
              for line, money in lines.items() for m in multiples}  # fmt: skip
    bench.run(list(points.values()))
    rows = []
    for line, money in lines.items():
        values = [bench.values(points[line, m])["delivered_output"] for m in multiples]
        table = np.stack(values, axis=1)
        table = table[np.isfinite(table).all(axis=1)]
        gain = simultaneous_intervals(table - table[:, :1])
        millions = np.diff([m * sum(money) for m in multiples]) / 1e6
        step = simultaneous_intervals(np.diff(table, axis=1) / millions)
        for k, m in enumerate(multiples):
            mean = float(table[:, k].mean()) if len(table) else np.nan
            row = {"curve": line, "monthly_eur": m * sum(money), "delivered_output": mean}
            row |= {"gain": gain.estimate[k], "gain_low": gain.low[k], "gain_high": gain.high[k]}
            last = (step.estimate[k - 1], step.low[k - 1], step.high[k - 1]) if k else (np.nan,) * 3
            rows.append(row | dict(zip(("per_million", "per_million_low", "per_million_high"), last, strict=True)))
    return pd.DataFrame(rows)


def _table(question: Question, bench: Bench, splits: Sequence[Split]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        question.row(split) | {name: float(values.mean()) for name, values in bench.values(split).items()}
        for split in splits
    ]
    return pd.DataFrame(rows)


def _front_table(
    question: Question, bench: Bench, confirmed: Sequence[tuple[Split, float, float, float]]
) -> pd.DataFrame:  # fmt: skip
    table = _table(question, bench, [row[0] for row in confirmed])
    gains = [row[1:] for row in confirmed]
    for k, name in enumerate(("gain", "gain_low", "gain_high")):
        table[name] = [gain[k] for gain in gains]
    return table


# ---------------------------------------------------------------------------------------------- words


def _text(found: Portfolio) -> str:
    question = found.question
    lines = [
        f"EUR {question.budget_eur_per_month:,.0f} a month, split over instruments and grants at equal appropriation.",
        f"{len(found.tried)} splits tried on {found.replicates} replicates; no other beats {len(found.front)} of them "
        f"in {' and '.join(found.objectives)}.",
        f"Measured again on {found.fresh} fresh replicates:",
        "",
        "Gain in output delivered over leaving all to grants, every lever at its first level, in points. All intervals",
        "are right at once with 95 %. And where the money goes, in EUR million a month:",
    ]
    for row in found.front.to_dict("records"):
        money = ", ".join(f"{name} {row[name] / 1e6:.2f}" for name in question.instruments if row[name] > 0.0)
        levels = "".join(f"; {lever}: {row[lever]}" for lever in question.levers)
        gain = f"{100 * row['gain']:+.2f} ({100 * row['gain_low']:+.2f} .. {100 * row['gain_high']:+.2f})"
        lines.append(f"  {gain:<28} {money or 'all to grants'}{levels}")
    lines += ["", "What the next EUR million a month adds (points of reference work; taken from grants)"]
    for name, part in found.curve.groupby("curve", sort=False):
        steps = [
            f"to {row['monthly_eur'] / 1e6:.2f}: {100 * row['per_million']:+.2f} "
            f"({100 * row['per_million_low']:+.2f} .. {100 * row['per_million_high']:+.2f})"
            for row in part.iloc[1:].to_dict("records")
        ]
        lines.append(f"  {name}")
        lines += [f"    {step}" for step in steps]
    sure = found.front.iloc[0]
    if not sure["gain_low"] > 0.0:
        lines += ["", "No split is surely better than leaving the money with grants."]
    return "\n".join(lines)
