"""Policies weighed on several outcomes at once: who is beaten in all of them, how surely, and what chance would give.

One policy *beats* another in a draw if it is at least as good in every outcome and better in one. The *set* of a draw
(Pareto's) holds those that no other beats. With many outcomes and few policies most are in the set whatever they do, so
every chance stands beside that of the same draws with the names of the policies shuffled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.contrasts import FEWEST_CLUSTERS, simultaneous_intervals, verdict
from ecosim.analysis.naming import CONTRASTED
from ecosim.analysis.resilience import resampled_replicates
from ecosim.analysis.smallest import SmallestEffects
from ecosim.analysis.spread import spread_over_draws

if TYPE_CHECKING:
    import pandas as pd

#: Label of the mean over all shocks.
ALL = "all shocks"
#: Shuffles of the names, from which the chance is read.
SHUFFLES = 2000
#: Shares that differ by less are the same.
_ROUNDING = 1e-9
#: Columns of the table of policies, the first three before those of each outcome, by their endings.
WEIGHING: tuple[str, ...] = (
    "shock", "policy", "reference", "in_set", "in_set_of_means", "set_of_means", "by_chance", "of_means_by_chance",
    "chance_low", "chance_high", "draws",
)  # fmt: skip
OF_EACH: tuple[str, ...] = ("", "_difference", "_low", "_high", "_verdict")
#: Columns of the table of who beats whom.
BEATS: tuple[str, ...] = ("shock", "policy", "beats", "share", "of_means", "by_chance", "draws")


@dataclass(frozen=True)
class Weighed:
    """Outcomes of all policies in the draws that all of them met."""

    policies: tuple[str, ...]
    measures: tuple[str, ...]
    #: (P, D, M) as they were measured, each a mean over a draw's seeds and, where several act, over shocks.
    values: NDArray[np.float64]
    #: (M,) 1 where more is better, -1 where less is.
    better: NDArray[np.float64]

    @property
    def good(self) -> NDArray[np.float64]:
        """(P, D, M): the same, turned so that more is better."""
        return self.values * self.better

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.values.shape[1])


def weighed(measures: pd.DataFrame, policies: Sequence[str], names: Sequence[str], shock: str = ALL) -> Weighed:
    """Take the outcomes of one shock, or the mean over all, from the table of replicates.

    Parameters
    ----------
    measures : DataFrame
        From :func:`ecosim.analysis.measures.per_replicate`.
    policies : sequence of str
        Their labels, in the order wanted.
    names : sequence of str
        Measures that may be contrasted.
    shock : str
        Label of a branch, or :data:`ALL`.

    Returns
    -------
    Weighed
        Draws in which some policy lacks an outcome under some shock are left out.
    """
    better = np.array([CONTRASTED[name][2] for name in names], dtype=np.float64)
    shocks = list(measures["shock"].dropna().unique()) if shock == ALL else [shock]
    rows = measures[measures["shock"].isin(shocks) & measures["policy"].isin([*policies])]
    parts = []
    for name in names:
        if name not in rows or rows.empty:
            return Weighed(tuple(policies), tuple(names), np.empty((len(policies), 0, len(names))), better)
        table = rows.pivot_table(index="cluster", columns=["policy", "shock"], values=name, aggfunc="mean")
        table = table.reindex(columns=[(policy, label) for policy in policies for label in shocks])
        parts.append(table.to_numpy(float).reshape(len(table), len(policies), len(shocks)).mean(axis=2))
    values = np.stack(parts, axis=2).transpose(1, 0, 2)
    whole = np.isfinite(values).all(axis=(0, 2))
    return Weighed(tuple(policies), tuple(names), values[:, whole], better)


def beaten(good: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Who beats whom.

    Parameters
    ----------
    good : ndarray of float, shape (P, ..., M)
        Outcomes of policies, more is better.

    Returns
    -------
    ndarray of bool, shape (P, P, ...)
        Whether the first policy is at least as good as the second in all outcomes, and better in one.

    Examples
    --------
    >>> beaten(np.array([[2.0, 1.0], [1.0, 1.0], [0.0, 3.0]])).astype(int)
    array([[0, 1, 0],
           [0, 0, 0],
           [0, 0, 0]])
    """
    first, second = good[:, None], good[None, :]
    return np.asarray((first >= second).all(axis=-1) & (first > second).any(axis=-1))


@dataclass(frozen=True)
class Chances:
    """How often each policy is in the set, and how often each beats each other, beside shuffled names."""

    #: (P,) share of draws in which no other policy beats it.
    in_set: NDArray[np.float64]
    #: (P,) whether it is in the set of the means over draws, and the chance of that by a bootstrap over draws.
    means: NDArray[np.bool_]
    in_set_of_means: NDArray[np.float64]
    #: The same two for a policy picked blindly: of the draws, and of the means of draws with shuffled names.
    by_chance: float
    of_means_by_chance: float
    #: Between these the shares of all policies lie in 95 % of shuffles.
    chance_low: float
    chance_high: float
    #: (P, P) share of draws in which the first beats the second; whether it does by the means.
    beats: NDArray[np.float64]
    beats_by_means: NDArray[np.bool_]
    #: The largest of all shares of pairs is no larger in 95 % of shuffles.
    most_by_chance: float


def surely_more(rows: Any) -> Any:
    """Whether policies are unbeaten more often than one picked by chance: of a row, or of each row of a table.

    By the means alone, who is unbeaten is open.
    """
    return rows["in_set"] > rows["chance_high"] + _ROUNDING


def surely_less(rows: Any) -> Any:
    """The same, less often."""
    return rows["in_set"] < rows["chance_low"] - _ROUNDING


def chances(good: NDArray[np.float64], *, shuffles: int = SHUFFLES, resamples: int = 2000, seed: int = 0) -> Chances:
    """Chances of the set and of beating, paired by draw.

    Parameters
    ----------
    good : ndarray of float, shape (P, D, M)
        Outcomes, more is better.
    shuffles, resamples, seed : int
        Shuffles of the names within each draw; bootstrap resamples of draws; their seed.

    Notes
    -----
    Shuffling the names within each draw keeps everything but which policy is which: how outcomes hang together, how far
    policies lie apart, how many there are. What is left is what a policy's name is worth.
    """
    policies, draws, _ = good.shape
    over = beaten(good)
    in_set = ~over.any(axis=0)
    random = np.random.default_rng([seed, draws, policies])
    places = random.permuted(np.tile(np.arange(policies), (shuffles, draws, 1)), axis=2)
    shares = np.take_along_axis(np.broadcast_to(in_set.T, places.shape), places, axis=2).mean(axis=1)
    # the pair of names that comes first most often, of each shuffle
    largest, set_of_means = np.empty(shuffles), np.empty(shuffles)
    each = np.arange(draws)
    for number, place in enumerate(places):
        pairs = over[place.T[:, None], place.T[None, :], each]
        largest[number] = pairs.mean(axis=2).max()
        mixed = good[place.T, each].mean(axis=1)
        set_of_means[number] = (~beaten(mixed).any(axis=0)).mean()
    drawn = resampled_replicates(draws, resamples)
    means = good[:, drawn].mean(axis=2)
    by_means = beaten(good.mean(axis=1))
    return Chances(
        in_set.mean(axis=1), np.asarray(~by_means.any(axis=0)), (~beaten(means).any(axis=0)).mean(axis=1),
        float(in_set.mean()), float(set_of_means.mean()),
        float(np.quantile(shares.min(axis=1), 0.025)), float(np.quantile(shares.max(axis=1), 0.975)),
        over.mean(axis=2), by_means, float(np.quantile(largest, 0.95)),
    )  # fmt: skip


def weighing_tables(
    measures: pd.DataFrame, policies: Sequence[str], reference: str, names: Sequence[str],
    smallest: SmallestEffects | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Every policy weighed under the mean over shocks and under each of them; and who beats whom.

    Parameters
    ----------
    measures, policies, names
        As for :func:`weighed`.
    reference : str
        Policy that the others are set beside.
    smallest : SmallestEffects, optional
        Smallest effects of interest; of all shocks the mean.

    Returns
    -------
    (DataFrame, DataFrame)
        A row per shock and policy: ``shock, policy, reference``; for every outcome its mean ``<name>``, the difference
        from the reference ``<name>_difference`` with ``<name>_low, <name>_high`` (all of one shock and outcome right at
        once with 95 % confidence) and ``<name>_verdict``; ``in_set, in_set_of_means, set_of_means, by_chance,
        of_means_by_chance, chance_low, chance_high, draws``. And a row per shock and pair, :data:`BEATS`.
    """
    import pandas as pd

    smallest = smallest or SmallestEffects()
    labels = [str(label) for label in measures["shock"].dropna().unique()]
    rows: list[dict[str, Any]] = []
    pairs: list[tuple[Any, ...]] = []
    for shock in [ALL, *labels] if len(labels) > 1 else labels:
        one = weighed(measures, policies, names, shock)
        if not one.draws:
            continue
        found = chances(one.good)
        own = policies.index(reference)
        beside = {name: _beside(one, k, own, [smallest.of(label, name) for label in labels if shock in (ALL, label)])
                  for k, name in enumerate(names)}  # fmt: skip
        for place, policy in enumerate(policies):
            row: dict[str, Any] = {"shock": shock, "policy": policy, "reference": place == own}
            for k, name in enumerate(names):
                row[name] = float(one.values[place, :, k].mean())
                row |= {f"{name}_{key}": value for key, value in beside[name][place].items()}
            rows.append(row | {
                "in_set": found.in_set[place], "in_set_of_means": found.in_set_of_means[place],
                "set_of_means": bool(found.means[place]), "by_chance": found.by_chance,
                "of_means_by_chance": found.of_means_by_chance, "chance_low": found.chance_low,
                "chance_high": found.chance_high, "draws": one.draws,
            })  # fmt: skip
        pairs += [
            (shock, policies[i], policies[j], found.beats[i, j], bool(found.beats_by_means[i, j]),
             found.most_by_chance, one.draws)
            for i in range(len(policies)) for j in range(len(policies)) if i != j
        ]  # fmt: skip
    of_each = [f"{name}{ending}" for name in names for ending in OF_EACH]
    columns = [*WEIGHING[:3], *of_each, *WEIGHING[3:]]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(pairs, columns=list(BEATS))


def _beside(one: Weighed, measure: int, reference: int, margins: Sequence[float]) -> list[dict[str, Any]]:
    """Difference of each policy from the reference in one outcome, with its interval and verdict."""
    values = one.values[:, :, measure]
    apart = (values - values[reference]).T
    others = [k for k in range(len(values)) if k != reference]
    intervals = simultaneous_intervals(apart[:, others])
    margin, better = float(np.mean(margins)), int(one.better[measure])
    blank = {"difference": 0.0, "low": float("nan"), "high": float("nan"), "verdict": ""}
    found = [dict(blank) for _ in values]
    for k, place in enumerate(others):
        low, high = (float(side[k]) if one.draws >= FEWEST_CLUSTERS else float("nan")
                     for side in (intervals.low, intervals.high))  # fmt: skip
        spread = spread_over_draws(apart[:, place], better=better, margin=margin)
        said = verdict(low, high, spread.share_helped, spread.share_hurt, better=better, margin=margin)
        found[place] = {"difference": float(intervals.estimate[k]), "low": low, "high": high, "verdict": said}
    return found


# ---------------------------------------------------------------------------------------------- trade-offs


#: Columns of the table of steps.
STEPS: tuple[str, ...] = (
    "shock", "dose", "level", "policy", "gain", "cost", "gained", "gained_low", "gained_high", "lost", "lost_low",
    "lost_high", "more", "more_low", "more_high", "rate", "rate_low", "rate_high", "draws",
)  # fmt: skip


def trade_off(
    measures: pd.DataFrame, doses: Mapping[str, Sequence[tuple[float, str]]], names: Sequence[str], shock: str = ALL
) -> pd.DataFrame:
    """What each step of a dose gains in one outcome and loses in another.

    Parameters
    ----------
    measures : DataFrame
        From :func:`ecosim.analysis.measures.per_replicate`.
    doses : mapping of str to sequence of (float, str)
        What is given -> its steps in order, each with its policy; the first is the one others are judged by.
    names : sequence of str
        The outcome that is given up, then those that are sought.
    shock : str
        Label of a branch, or :data:`ALL`.

    Returns
    -------
    DataFrame
        A row per dose, step and outcome sought (``gain``; ``cost`` is what is given up), turned so that more is better:
        ``gained`` and ``lost`` from the first step on, ``more`` gained than at the step before, each with an interval;
        all of a dose and kind are right at once with 95 % confidence. ``rate`` is what is lost per unit gained, with a
        bootstrap interval over draws, where something is surely gained.
    """
    import pandas as pd

    cost, *sought = names
    rows: list[tuple[Any, ...]] = []
    for dose, steps in doses.items():
        policies = [policy for _, policy in steps]
        one = weighed(measures, policies, names, shock)
        if one.draws < FEWEST_CLUSTERS:
            continue
        beside = one.good - one.good[:1]
        lost = simultaneous_intervals(-beside[1:, :, 0].T)
        for number, gain in enumerate(sought, start=1):
            gained = simultaneous_intervals(beside[1:, :, number].T)
            more = simultaneous_intervals(np.diff(beside[:, :, number], axis=0).T)
            for k, (level, policy) in enumerate(steps[1:]):
                rate = (float("nan"),) * 3
                if gained.low[k] > 0.0:
                    rate = _rate(-beside[k + 1, :, 0], beside[k + 1, :, number])
                ends = [(found.estimate[k], found.low[k], found.high[k]) for found in (gained, lost, more)]
                rows.append((shock, dose, level, policy, gain, cost, *ends[0], *ends[1], *ends[2], *rate, one.draws))
    return pd.DataFrame(rows, columns=list(STEPS))


def _rate(lost: NDArray[np.float64], gained: NDArray[np.float64]) -> tuple[float, float, float]:
    """Ratio of two means over the same draws, with a bootstrap interval."""
    drawn = resampled_replicates(len(lost))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = lost[drawn].mean(axis=1) / gained[drawn].mean(axis=1)
    low, high = np.nanquantile(ratios, [0.025, 0.975])
    return float(lost.mean() / gained.mean()), float(low), float(high)
