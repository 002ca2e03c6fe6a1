"""Setting the free parameters by history matching: which points of their box the fitted rows do not rule out.

A wave of points fills the box evenly, and each is simulated. Gaussian processes learn how the fitted rows answer to the
parameters. A point is ruled out where some row is further from the data than three times what the emulator does not
know, what windows differ by chance and what a model of this kind may be off together come to. The next wave is drawn
from what is left. What is accepted in the end are simulated points alone, by the same rule without the emulator: a set,
because the rows do not single out one point. Only rows tagged ``fitted`` and the inputs named here enter.

References
----------
Vernon, Goldstein and Bower 2010, Bayesian Analysis 5:619, doi 10.1214/10-BA524; Andrianakis et al. 2015, PLoS
Computational Biology 11:e1003968.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.evidence.validation import Target, pattern_of
from ecosim.world.facts import ORGANISATION_TYPES


@dataclass(frozen=True)
class Searched:
    """One parameter and the range in which it is searched."""

    key: str
    low: float
    high: float
    logarithmic: bool = False

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.key.rpartition(".")[2]

    def value(self, unit: float) -> float:
        """Its value at a share of its range."""
        if self.logarithmic:
            return float(np.exp(np.log(self.low) + unit * (np.log(self.high) - np.log(self.low))))
        return self.low + unit * (self.high - self.low)


#: The free parameters; and the one assumed parameter that an input row sets (:data:`INPUT_ROWS`), without which they
#: cannot be read.
BOX: tuple[Searched, ...] = (
    Searched("behaviour.search.familiarity_weight", 0.3, 3.5),
    Searched("behaviour.search.partners_partner_share", 0.0, 0.3),
    Searched("behaviour.search.size_exponent", 0.4, 1.2),
    Searched("behaviour.search.newcomer_share", 0.25, 0.8),
    Searched("behaviour.search.domestic_preference", 0.0, 0.8),
    Searched("behaviour.search.funded_awareness_power", 0.8, 2.6),
    Searched("behaviour.search.coordinator_size_power", 0.6, 1.4),
    Searched("behaviour.population.largest_size", 0.05, 0.4, logarithmic=True),
)
#: The last free parameter has one value per type, each of which answers for one share; firms are the unit.
PROPENSITY = "behaviour.search.coordinator_propensity"
UNIT_TYPE = "PRC"
_COORDINATORS = "coordinator_type_share"

#: What is fed in and yet comes out of the search: how much of all participations the largest hundredth has, and how
#: many organisations take part at all.
INPUT_ROWS = ("top1_share", "organisations")
#: What a model of this kind may be off, as a standard deviation of logarithms: twice it is the tenth that validation
#: allows.
TOLERANCE = 0.05
#: Standard deviations beyond which a point is ruled out: at least 95 % of any law with one mode lie within (Pukelsheim
#: 1994, The American Statistician 48:88).
RULED_OUT = 3.0


def rows_of(targets: Sequence[Target]) -> dict[str, float]:
    """Names and values in the data of the rows that points are judged by."""
    return {
        target.name: target.value
        for target in targets
        if (target.role == "fitted" or target.name in INPUT_ROWS) and pattern_of(target.name) != _COORDINATORS
    }


def deviations(found: Mapping[str, float], rows: Mapping[str, float]) -> NDArray[np.float64]:
    """How far each row is from the data: the logarithm of their ratio, or the relative difference if signs differ.

    A row that was not measured is far away.
    """
    out = np.empty(len(rows))
    for k, (name, data) in enumerate(rows.items()):
        value = found.get(name, float("nan"))
        if not np.isfinite(value):
            out[k] = 3.0
        elif value / data > 0.0:
            out[k] = np.log(value / data)
        else:
            out[k] = (value - data) / abs(data)
    return out


def next_propensity(
    now: Sequence[float], found: Mapping[str, float], targets: Mapping[str, float], bounds: tuple[float, float]
) -> tuple[float, ...]:
    """Propensities in proportion to data over simulated shares of coordinators, firms at 1."""
    raised = np.array(
        [
            p * targets[f"{_COORDINATORS}[{kind}]"] / max(found.get(f"{_COORDINATORS}[{kind}]", 0.0), 1e-3)
            for p, kind in zip(now, ORGANISATION_TYPES, strict=True)
        ]
    )
    unit = raised[ORGANISATION_TYPES.index(UNIT_TYPE)]
    return tuple(float(v) for v in np.clip(raised / unit, *bounds))


def fitted_range(key: str) -> tuple[float, float]:
    """Range that a fitted parameter is declared with."""
    from ecosim.scenario import Scenario

    model: Any = Scenario
    *path, last = key.split(".")
    for part in path:
        model = model.model_fields[part].annotation
    extra = model.model_fields[last].json_schema_extra
    if extra.get("role") != "fitted":
        raise ValueError(f"{key} is not declared as fitted")
    low, high = extra["range"]
    return float(low), float(high)


def design(points: int, seed: int, dimensions: int = len(BOX)) -> NDArray[np.float64]:
    """(points, dimensions): points that fill the unit cube evenly, the same however many follow."""
    from scipy.stats import qmc

    return np.asarray(qmc.Sobol(dimensions, scramble=True, seed=seed).random(points), dtype=np.float64)


@dataclass(frozen=True)
class Simulated:
    """One point that was simulated."""

    unit: tuple[float, ...]
    propensity: tuple[float, ...]
    #: Patterns of each window.
    windows: tuple[Mapping[str, float], ...]

    @property
    def values(self) -> dict[str, float]:
        """Its parameters by key."""
        return {searched.key: searched.value(u) for searched, u in zip(BOX, self.unit, strict=True)}

    def mean(self, name: str) -> float:
        """Mean of a pattern over its windows."""
        return float(np.mean([window.get(name, np.nan) for window in self.windows]))

    def deviations(self, rows: Mapping[str, float]) -> NDArray[np.float64]:
        """See :func:`deviations`, of the means over windows."""
        return deviations({name: self.mean(name) for name in rows}, rows)


def noise_of(points: Sequence[Simulated], rows: Mapping[str, float]) -> NDArray[np.float64]:
    """Standard deviation of each row's mean over a point's windows, pooled over points with several; shape (rows,).

    Raises
    ------
    ValueError
        If no point has two windows: chance would be taken for nothing.
    """
    several = [point for point in points if len(point.windows) > 1]
    if not several:
        raise ValueError("no point has two windows")
    variances = [
        np.var([deviations(window, rows) for window in point.windows], axis=0, ddof=1) / len(point.windows)
        for point in several
    ]
    return np.asarray(np.sqrt(np.mean(variances, axis=0)))


def implausibility(
    deviation: NDArray[np.float64], noise: NDArray[np.float64], unknown: NDArray[np.float64] | float = 0.0
) -> NDArray[np.float64]:
    """Largest deviation over the rows (last axis), in standard deviations of all that may be behind it.

    Parameters
    ----------
    deviation : ndarray of float, shape (..., rows)
        From the data.
    noise : ndarray of float, shape (rows,)
        By chance; see :func:`noise_of`.
    unknown : ndarray of float, shape (..., rows), optional
        What an emulator does not know; none for what was simulated.
    """
    spread = np.sqrt(TOLERANCE**2 + noise**2 + np.asarray(unknown) ** 2)
    return np.asarray(np.max(np.abs(deviation) / spread, axis=-1))


def distances(points: Sequence[Simulated], rows: Mapping[str, float]) -> NDArray[np.float64]:
    """:func:`implausibility` of simulated points; shape (points,)."""
    return implausibility(np.array([point.deviations(rows) for point in points]), noise_of(points, rows))


def accepted(points: Sequence[Simulated], rows: Mapping[str, float]) -> list[Simulated]:
    """Simulated points that the rows do not rule out, the nearest to the data first."""
    far = distances(points, rows)
    return [points[k] for k in np.argsort(far, kind="stable") if far[k] <= RULED_OUT]


class Emulator:
    """Gaussian processes that say what the rows would be at points that were not simulated.

    Parameters
    ----------
    points : sequence of Simulated
        What they learn from.
    rows : mapping of str to float
        Data by row.
    """

    def __init__(self, points: Sequence[Simulated], rows: Mapping[str, float]) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern

        self.noise = noise_of(points, rows)
        units = np.array([point.unit for point in points])
        found = np.array([point.deviations(rows) for point in points])
        self._processes = []
        for k in range(len(rows)):
            scale = max(float(found[:, k].std()), 1e-9)
            kernel = ConstantKernel(1.0, (1e-2, 1e2)) * Matern(np.ones(units.shape[1]), (0.1, 30.0), nu=2.5)
            process = GaussianProcessRegressor(
                kernel, alpha=(self.noise[k] / scale) ** 2 + 1e-8, normalize_y=True, n_restarts_optimizer=2,
                random_state=0,
            )  # fmt: skip
            with warnings.catch_warnings():
                # a length at its bound says that the row is blind to a parameter
                warnings.simplefilter("ignore", ConvergenceWarning)
                self._processes.append(process.fit(units, found[:, k]))

    def predict(self, units: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Deviation of every row at points, and how little is known of it: two arrays of shape (points, rows)."""
        told = [process.predict(units, return_std=True) for process in self._processes]
        return np.stack([mean for mean, _ in told], axis=1), np.stack([std for _, std in told], axis=1)

    def implausibility(self, units: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of points that were not simulated; shape (points,)."""
        mean, unknown = self.predict(units)
        return implausibility(mean, self.noise, unknown)


@dataclass(frozen=True)
class Narrowed:
    """What the rows leave of one parameter."""

    key: str
    low: float
    high: float
    #: Width of what is left beside the range searched, both as shares of the box.
    share_left: float
    #: The other parameter with which it trades off most, and their rank correlation over the accepted points.
    against: str
    correlation: float


def narrowed(chosen: Sequence[Simulated]) -> list[Narrowed]:
    """What accepted points leave of each parameter's range, and which parameters trade off against each other.

    Raises
    ------
    ValueError
        For fewer than three points, which leave nothing to rank.
    """
    from scipy.stats import spearmanr

    if len(chosen) < 3:
        raise ValueError(f"{len(chosen)} accepted points: simulate another wave")
    units = np.array([point.unit for point in chosen])
    rank = np.asarray(spearmanr(units).statistic)
    out = []
    for k, searched in enumerate(BOX):
        low, high = units[:, k].min(), units[:, k].max()
        others = np.where(np.arange(len(BOX)) == k, 0.0, rank[k])
        most = int(np.argmax(np.abs(others)))
        out.append(
            Narrowed(
                searched.key, searched.value(float(low)), searched.value(float(high)), float(high - low),
                BOX[most].key, float(others[most]),
            )
        )  # fmt: skip
    return out
