"""Setting the seven free parameters by simulated moments: the objective, the optimiser's run, and what it identifies.

Only rows tagged ``fitted`` enter. The optimiser is SciPy's bounded least squares on logarithmic deviations, with wide
difference steps because moments are noisy; coordinator propensities by type follow by a fixed point, since each answers
for one share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.evidence.validation import Target, pattern_of
from ecosim.world.facts import ORGANISATION_TYPES

#: Parameters the optimiser moves, by dotted key; their bounds are the ranges tagged ``fitted`` in the schema.
PARAMETERS: tuple[str, ...] = (
    "behaviour.search.familiarity_weight",
    "behaviour.search.partners_partner_share",
    "behaviour.search.size_exponent",
    "behaviour.search.newcomer_share",
    "behaviour.search.domestic_preference",
    "behaviour.search.funded_awareness_power",
    "behaviour.search.coordinator_size_power",
)
#: The seventh parameter of the targets has one value per type; firms are the unit.
PROPENSITY = "behaviour.search.coordinator_propensity"
UNIT_TYPE = "PRC"
_COORDINATORS = "coordinator_type_share"

#: Rows left out of the objective: the first repeats another, and the border repeats the domestic share.
_REPEATED = ("p_another_given_k[1]", "funded_border_effect", "repetition_above_null_within")
#: Rows that weigh more than the others: repetition is what the search is about.
_WEIGHTS = {"p_another_given_k": 2.0, "repeated_pair_share": 2.0}
#: Weight of the pull towards the first values, in the same unit as a residual: holds what no row identifies.
RIDGE = 0.05
#: Deviation that counts as one: the tolerance of validation.
UNIT_DEVIATION = 0.10


@dataclass(frozen=True)
class Moment:
    """One fitted row in the objective."""

    name: str
    data: float
    weight: float


def moments(targets: Sequence[Target]) -> tuple[Moment, ...]:
    """The fitted rows, those of one pattern sharing one weight; coordinators by type are met by the fixed point."""
    rows = [
        t for t in targets if t.role == "fitted" and t.name not in _REPEATED and pattern_of(t.name) != _COORDINATORS
    ]
    count = {pattern_of(t.name): 0 for t in rows}
    for target in rows:
        count[pattern_of(target.name)] += 1
    return tuple(
        Moment(t.name, t.value, _WEIGHTS.get(pattern_of(t.name), 1.0) / count[pattern_of(t.name)]) for t in rows
    )


def residuals(found: Mapping[str, float], chosen: Sequence[Moment]) -> NDArray[np.float64]:
    """Weighted deviations, logarithmic where data and simulation are positive, relative otherwise."""
    out = np.empty(len(chosen))
    for k, moment in enumerate(chosen):
        value = found.get(moment.name, float("nan"))
        if not np.isfinite(value):
            deviation = 3.0
        elif moment.data > 0.0 and value > 0.0:
            deviation = float(np.log(value / moment.data))
        else:
            deviation = (value - moment.data) / abs(moment.data)
        out[k] = np.sqrt(moment.weight) * deviation / UNIT_DEVIATION
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
    """Range searched for a parameter, from its declaration."""
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


@dataclass
class Evaluation:
    """One evaluated point."""

    stage: str
    values: dict[str, float]
    propensity: tuple[float, ...]
    objective: float
    moments: dict[str, float]


@dataclass
class Calibration:
    """Evaluates points, remembers them, and follows the optimiser.

    Parameters
    ----------
    simulate : callable
        Takes overrides by dotted key and returns patterns (mean over its windows).
    targets : sequence of Target
        The data.
    first : mapping
        First values of the parameters and of :data:`PROPENSITY`.
    record : callable, optional
        Receives each evaluation.
    """

    simulate: Callable[[dict[str, Any]], Mapping[str, float]]
    targets: Sequence[Target]
    first: Mapping[str, Any]
    record: Callable[[Evaluation], None] | None = None
    keys: Sequence[str] = PARAMETERS
    evaluations: list[Evaluation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.moments = moments(self.targets)
        self.by_name = {t.name: t.value for t in self.targets}
        self.bounds = np.array([fitted_range(key) for key in self.keys])
        self.propensity = tuple(float(v) for v in self.first[PROPENSITY])
        self.start = self.to_unit(np.array([float(self.first[key]) for key in self.keys]))

    def to_unit(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Parameters as shares of their ranges."""
        low, high = self.bounds.T
        unit: NDArray[np.float64] = (values - low) / (high - low)
        return unit

    def to_values(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        """Parameters from shares of their ranges."""
        low, high = self.bounds.T
        values: NDArray[np.float64] = low + unit * (high - low)
        return values

    def evaluate(self, unit: NDArray[np.float64], stage: str) -> Evaluation:
        """Simulate one point, or remember it: equal points give equal numbers."""
        values = {key: float(v) for key, v in zip(self.keys, self.to_values(unit), strict=True)}
        for known in self.evaluations:
            if known.values == values and known.propensity == self.propensity:
                return known
        found = self.simulate({**values, PROPENSITY: list(self.propensity)})
        r = residuals(found, self.moments)
        wanted = {m.name for m in self.moments} | {n for n in self.by_name if pattern_of(n) == _COORDINATORS}
        evaluation = Evaluation(
            stage, values, self.propensity, float(r @ r), {name: float(found[name]) for name in wanted if name in found}
        )
        self.evaluations.append(evaluation)
        if self.record is not None:
            self.record(evaluation)
        return evaluation

    def _with_ridge(self, evaluation: Evaluation, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        pull = RIDGE / UNIT_DEVIATION * (unit - self.start)
        return np.concatenate([residuals(evaluation.moments, self.moments), pull])

    def settle_propensity(self, unit: NDArray[np.float64], rounds: int = 1) -> None:
        """Let the propensities by type follow the shares at a point."""
        bounds = fitted_range(PROPENSITY)
        for _ in range(rounds):
            found = self.evaluate(unit, "propensity").moments
            self.propensity = next_propensity(self.propensity, found, self.by_name, bounds)

    def run(self, rounds: int = 2, evaluations: int = 4, step: float = 0.12) -> NDArray[np.float64]:
        """Alternate the fixed point of the propensities with least squares on the rest.

        Parameters
        ----------
        rounds : int
            Alternations.
        evaluations : int
            Steps of least squares in each, every one costing a simulation and, if accepted, one more per parameter.
        step : float
            Difference step, as a share of a range.

        Returns
        -------
        ndarray
            The best point, as shares of the ranges.
        """
        from scipy.optimize import least_squares

        unit = np.clip(self.start, 0.01, 0.99)
        for number in range(rounds):
            self.settle_propensity(unit)

            def function(x: NDArray[np.float64], stage: str = f"round {number + 1}") -> NDArray[np.float64]:
                return self._with_ridge(self.evaluate(x, stage), x)

            def jacobian(x: NDArray[np.float64], stage: str = f"slope {number + 1}") -> NDArray[np.float64]:
                return self.slopes(x, step, stage)

            unit = least_squares(
                function, unit, jac=jacobian, bounds=(0.0, 1.0), method="trf", max_nfev=evaluations, xtol=1e-3,
                ftol=1e-3, x_scale=1.0,
            ).x  # fmt: skip
        best = min(
            (e for e in self.evaluations if e.stage.startswith(("round", "propensity"))), key=lambda e: e.objective
        )
        self.propensity = best.propensity
        return self.to_unit(np.array([best.values[key] for key in self.keys]))

    def slopes(self, unit: NDArray[np.float64], step: float, stage: str) -> NDArray[np.float64]:
        """Jacobian of residuals and ridge by one-sided differences, away from the nearer bound."""
        centre = next((e for e in reversed(self.evaluations) if self._is(e, unit)), None) or self.evaluate(unit, stage)
        base = self._with_ridge(centre, unit)
        columns = []
        for k in range(len(unit)):
            moved = unit.copy()
            moved[k] += step if unit[k] + step <= 1.0 else -step
            columns.append((self._with_ridge(self.evaluate(moved, stage), moved) - base) / (moved[k] - unit[k]))
        return np.stack(columns, axis=1)

    def _is(self, evaluation: Evaluation, unit: NDArray[np.float64]) -> bool:
        there = self.to_unit(np.array([evaluation.values[key] for key in self.keys]))
        return evaluation.propensity == self.propensity and bool(np.allclose(there, unit, atol=1e-12))

    def profile(self, best: NDArray[np.float64], offsets: Sequence[float] = (-0.2, -0.1, 0.1, 0.2)) -> None:
        """Objective along each parameter around a point, the others held."""
        self.evaluate(best, "best")
        for k, key in enumerate(self.keys):
            for offset in offsets:
                moved = best.copy()
                moved[k] += offset
                if 0.0 <= moved[k] <= 1.0:
                    self.evaluate(moved, f"profile {key.rpartition('.')[2]}")


@dataclass(frozen=True)
class Identified:
    """What the fitted rows say about one parameter."""

    name: str
    value: float
    #: Standard error if every fitted row were known to one unit of deviation (10 %), the others held or free.
    alone: float
    jointly: float
    #: Half-width of the fitted range: an error of that size says nothing.
    half_range: float

    @property
    def identified(self) -> bool:
        """Whether the rows narrow the range to less than half, the other parameters free."""
        return self.jointly < 0.5 * self.half_range


def identifiability(calibration: Calibration, best: NDArray[np.float64], step: float = 0.12) -> list[Identified]:
    """Standard errors from the slopes of the fitted rows at a point, without the ridge."""
    jacobian = calibration.slopes(best, step, "identify")[: len(calibration.moments)]
    information = jacobian.T @ jacobian
    # A direction the rows are blind to gets the width of a uniform law, not infinity.
    joint = np.linalg.inv(information + 12.0 * np.eye(len(best)) * 1e-3)
    low, high = calibration.bounds.T
    values = calibration.to_values(best)
    return [
        Identified(
            key, float(values[k]), float((high[k] - low[k]) / np.sqrt(max(information[k, k], 1e-9))),
            float((high[k] - low[k]) * np.sqrt(joint[k, k])), float((high[k] - low[k]) / 2),
        )
        for k, key in enumerate(calibration.keys)
    ]  # fmt: skip
