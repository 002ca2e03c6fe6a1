"""Whether two instruments do different things: a measure in which neither their cost nor noise counts.

The effect of an instrument in a draw is what it does to many cells (an outcome under a shock), beside an arm of the
same draw in which the same money is burnt: so what all of them cost makes none of them alike. Draws are dealt into
parts. A product of two effects is taken across different parts alone, which share no run: noise then cancels on
average, where the plain cosine of two noisy effects is pulled to 0, and that of two effects beside one reference to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

#: Parts that draws are dealt into.
PARTS = 4
#: Agreement of an instrument with itself below which it has no measurable effect.
MEASURABLE = 0.7
#: Corrected |cosine| above which two instruments are presets of one mechanism, and below which the upper bound must lie
#: for them to be distinct.
SAME = 0.95
#: Chance with which the truth lies below the upper bound.
SURE = 0.9

#: How an outcome is counted. Draws differ several times in how much there is of everything, and noise with them: of
#: what is never nothing the logarithm is taken, so that the same share counts the same in each draw; of what may be
#: nothing, the square root, whose noise does not grow with it.
Counted = Literal["as it is", "log", "root"]
COUNTED: dict[Counted, Callable[[Any], Any]] = {"as it is": np.asarray, "log": np.log, "root": np.sqrt}

#: Verdicts on a pair.
DISTINCT, ONE_MECHANISM, NOT_TOLD_APART = "distinct", "one mechanism", "not told apart"
#: Verdict on a pair of which one has no measurable effect.
NO_EFFECT = "no measurable effect"


@dataclass(frozen=True)
class Distinctness:
    """How alike instruments are."""

    names: tuple[str, ...]
    #: (K,) mean cosine of an instrument's effects in two different parts.
    agreement: NDArray[np.float64]
    #: (K, K) corrected cosine; not-a-number where one of the two has no signal.
    cosine: NDArray[np.float64]
    #: (K, K) upper bound of its absolute value; infinite where a resample has no signal.
    upper: NDArray[np.float64]

    @property
    def measurable(self) -> NDArray[np.bool_]:
        """(K,): those with an effect that shows again in other draws."""
        return np.asarray(self.agreement >= MEASURABLE)

    def among(self, names: Sequence[str]) -> Distinctness:
        """The same of some of them, in their order here."""
        kept = [k for k, name in enumerate(self.names) if name in set(names)]
        square = np.ix_(kept, kept)
        return Distinctness(
            tuple(self.names[k] for k in kept), self.agreement[kept], self.cosine[square], self.upper[square]
        )

    def verdict(self, i: int, j: int) -> str:
        """What is said of a pair."""
        if not (self.measurable[i] and self.measurable[j]):
            return NO_EFFECT
        if abs(self.cosine[i, j]) > SAME:
            return ONE_MECHANISM
        return DISTINCT if self.upper[i, j] < SAME else NOT_TOLD_APART

    def groups(self) -> list[tuple[str, ...]]:
        """The measurable ones, those of one mechanism together (whoever is alike with one of a group belongs to it)."""
        group = {int(k): int(k) for k in np.flatnonzero(self.measurable)}
        for i in group:
            for j in group:
                if i < j and self.verdict(i, j) == ONE_MECHANISM:
                    old, new = group[j], group[i]
                    group = {k: new if of == old else of for k, of in group.items()}
        found: dict[int, list[str]] = {}
        for k, of in group.items():
            found.setdefault(of, []).append(self.names[k])
        return [tuple(names) for names in found.values()]

    def not_told_apart(self) -> tuple[int, int]:
        """Pairs of mechanisms that are not told apart, and all pairs; of each group the one that agrees most counts."""
        place = {name: k for k, name in enumerate(self.names)}
        heads = [
            max((place[name] for name in names), key=lambda k: float(self.agreement[k])) for names in self.groups()
        ]
        pairs = [(i, j) for a, i in enumerate(heads) for j in heads[a + 1 :]]
        return sum(self.verdict(i, j) == NOT_TOLD_APART for i, j in pairs), len(pairs)

    def table(self) -> pd.DataFrame:
        """A row per pair: ``one, other, cosine, upper, verdict``."""
        import pandas as pd

        rows = [
            (self.names[i], self.names[j], self.cosine[i, j], self.upper[i, j], self.verdict(i, j))
            for i in range(len(self.names))
            for j in range(i + 1, len(self.names))
        ]
        return pd.DataFrame(rows, columns=["one", "other", "cosine", "upper", "verdict"])


def distinctness(
    effects: NDArray[np.float64], names: Sequence[str], *, parts: int = PARTS, resamples: int = 1000, seed: int = 1
) -> Distinctness:
    """Measure how alike instruments are.

    Parameters
    ----------
    effects : ndarray of float, shape (draws, K, cells)
        What each instrument does to each cell in each draw, beside burnt money in the same draw; from
        :func:`over_spread`. All cells weigh the same here.
    names : sequence of str
        Of the K instruments.
    parts : int
        Draws are dealt into so many, in turn.
    resamples : int
        Of the draws of each part, for the upper bound.
    seed : int
        Of the resampling.

    Returns
    -------
    Distinctness

    Raises
    ------
    ValueError
        With fewer than two draws in a part, or an effect that is not a number.

    Notes
    -----
    With m_kp the mean effect of instrument k over part p, and the mean over all p != q,

        cosine(k, l) = mean m_kp . m_lq / sqrt(mean m_kp . m_kq * mean m_lp . m_lq).

    The upper bound is a quantile of its absolute value over bootstrap resamples. Draws are drawn again within their
    part, so that parts still share no draw; n - 1 of n with replacement, which gives the mean of a part its right
    variance where n is small (Rao and Wu 1988, doi 10.1080/01621459.1988.10478591). It may be above 1.
    """
    draws, count, _ = effects.shape
    if draws < 2 * parts:
        raise ValueError(f"{draws} draws are too few for {parts} parts: at least {2 * parts}")
    if len(names) != count:
        raise ValueError(f"{len(names)} names for {count} instruments")
    if not np.isfinite(effects).all():
        raise ValueError("an effect is not a number")
    part = np.arange(draws) % parts
    members = [np.flatnonzero(part == p) for p in range(parts)]
    means = np.stack([effects[mine].mean(axis=0) for mine in members])
    cosine = corrected_cosines(means)
    random = np.random.default_rng(seed)
    again = np.empty((resamples, count, count))
    for b in range(resamples):
        taken = [random.choice(mine, len(mine) - 1) for mine in members]
        again[b] = np.abs(corrected_cosines(np.stack([effects[mine].mean(axis=0) for mine in taken])))
    # without a signal in it a resample says nothing against their being one
    again[np.isnan(again)] = np.inf
    upper = np.quantile(again, SURE, axis=0, method="higher")
    return Distinctness(tuple(names), agreement(means), cosine, upper)


def agreement(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K,): mean over pairs of different parts of the cosine of an instrument's effects in them; 0 without any effect.

    Parameters
    ----------
    means : ndarray of float, shape (parts, K, cells)
        Mean effect in each part.
    """
    size = np.sqrt((means**2).sum(axis=2, keepdims=True))
    unit = np.divide(means, size, out=np.zeros_like(means), where=size > 0.0)
    return np.asarray(_across(unit, unit).diagonal().copy())


def corrected_cosines(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K, K): cosines from products across different parts; not-a-number where an instrument's own is not above 0.

    Parameters
    ----------
    means : ndarray of float, shape (parts, K, cells)
        Mean effect in each part.
    """
    products = _across(means, means)
    own = products.diagonal()
    signal = np.sqrt(np.where(own > 0.0, own, np.nan))
    cosine: NDArray[np.float64] = products / (signal[:, None] * signal[None, :])
    return cosine


def _across(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K, K): mean over pairs of different parts of the products of effects."""
    parts = len(one)
    whole = one.sum(axis=0) @ other.sum(axis=0).T
    within = np.einsum("pkc,plc->kl", one, other)
    # of a product of matrices alone the two halves may round differently
    crossed = (whole - within) / (parts * (parts - 1))
    return np.asarray((crossed + crossed.T) / 2.0)


def over_spread(
    values: NDArray[np.float64], burnt: NDArray[np.float64], family: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Effects beside burnt money, each over the spread of its cell, families weighing the same.

    Parameters
    ----------
    values : ndarray of float, shape (draws, K, cells)
        Of each instrument's arm.
    burnt : ndarray of float, shape (draws, K, cells)
        Of the arm of the same draw in which the instrument's money is burnt.
    family : sequence of str
        Of each cell.

    Returns
    -------
    (ndarray of float, shape (draws, K, kept), ndarray of bool, shape (cells,))
        Effects, and which cells are kept: those that have a value in every run and differ between draws. Each is
        divided by the standard deviation of the cell over draws, in the first instrument's burnt arm, and by the root
        of the number of kept cells of its family.
    """
    spread = burnt[:, 0].std(axis=0, ddof=1)
    whole = np.isfinite(values).all(axis=(0, 1)) & np.isfinite(burnt).all(axis=(0, 1))
    kept = whole & (np.nan_to_num(spread) > 0.0)
    of = np.asarray(family)
    alike = np.array([(kept & (of == name)).sum() for name in of])
    weight = np.zeros(len(of))
    weight[kept] = 1.0 / (spread[kept] * np.sqrt(alike[kept]))
    effects: NDArray[np.float64] = ((values - burnt) * weight)[:, :, kept]
    return effects, kept
