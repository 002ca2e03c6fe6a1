"""Which uncertain parameters an outcome depends on: Morris, Sobol and delta, by SALib, on tidy tables.

Each method belongs to a design. Morris and Sobol compare points that stand in a fixed relation to each other, so one
missing point spoils an estimate without a trace: a design that is incomplete, out of order or has points without a
value is refused. Delta takes any sample and leaves out what has no value.

A ``problem`` is SALib's: ``{"num_vars": 2, "names": [...], "bounds": [[low, high], ...]}``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.analysis.alignment import aligned
from ecosim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.analysis.problem import Problem

#: Method -> the design it needs; delta takes any.
METHODS: dict[str, str] = {"morris": "morris", "sobol": "saltelli", "delta": "any"}
#: Points below which delta, which estimates densities, says nothing.
FEWEST_FOR_DELTA = 60
#: Columns of random numbers beside the parameters, to see what chance makes of none.
_DUMMIES = 10
_RETRY = "a complete design; `runner.retry_failed=true` runs what failed once more"


class Swept(Protocol):
    """Results of a sweep over points, as :func:`ecosim.load` gives them."""

    @property
    def problem(self) -> Problem:
        """Its design."""

    @property
    def measures(self) -> pd.DataFrame:
        """Every measure by policy, shock, replicate and point."""

    def outcome(self, measure: str, shock: str, policy: str | None = None) -> pd.Series:
        """Mean of a measure over replicates, a value for each row of the design."""


def of_sweep(
    result: Swept,
    shock: str,
    measure: str = "delivered_output",
    *,
    policy: str | None = None,
    method: str | None = None,
) -> pd.DataFrame:
    """Sensitivity of one measure of a sweep, by the method its design was laid for.

    Parameters
    ----------
    result : Swept
        Of an experiment with a design of points.
    shock : str
        Branch of shocks.
    measure : str
        Measure of resilience; its mean over the replicates of a point is taken.
    policy : str, optional
        Label of the policy; needed when several met every point.
    method : {"morris", "sobol", "delta"}, optional
        By default what the design was laid for, delta where it was laid for nothing.

    Returns
    -------
    DataFrame
        From :func:`morris`, :func:`sobol` or :func:`delta`; inputs are counted in their whole range.

    Raises
    ------
    InputError
        Where the design does not fit the method, or a point misses replicates that others have: its mean would be over
        other seeds.
    """
    problem = result.problem
    laid_for = {design: name for name, design in METHODS.items()}
    wanted = method or laid_for.get(problem.design, "delta")
    if wanted not in METHODS:
        raise InputError("method", wanted, ", ".join(METHODS), problem="no such method")
    if METHODS[wanted] not in ("any", problem.design):
        raise InputError(
            "method", wanted, f"experiment.design={METHODS[wanted]}, or method delta",
            problem=f"needs another design than {problem.design}",
        )  # fmt: skip
    values = result.outcome(measure, shock, policy).to_numpy(float)
    rows = result.measures[result.measures["shock"] == shock]
    if policy is not None:
        rows = rows[rows["policy"] == policy]
    counts = rows.dropna(subset=measure).groupby("point").size().reindex(problem.points, fill_value=0).to_numpy()
    values = np.where(counts == counts.max(initial=0), values, np.nan)
    if wanted == "morris":
        return morris(problem.salib, problem.sample, values, levels=int(problem.settings["levels"]))
    return (sobol if wanted == "sobol" else delta)(problem.salib, problem.sample, values)


def morris(
    problem: Mapping[str, Any], points: ArrayLike | pd.DataFrame, outcome: ArrayLike, *, levels: int = 4,
    resamples: int = 500, seed: int = 1,
) -> pd.DataFrame:  # fmt: skip
    """Elementary effects: what one parameter does at many places, for screening dozens of parameters.

    Parameters
    ----------
    problem : mapping
        SALib's problem, with D parameters.
    points : array_like or DataFrame, shape (r (D + 1), D)
        Trajectories in the order of the design; of a table, the columns named in the problem are taken.
    outcome : array_like, shape (r (D + 1),)
        Value at each point.
    levels : int
        Levels of the grid the design was made with.
    resamples : int
        Bootstrap resamples of the trajectories.
    seed : int
        Seed of the bootstrap, 1 or more.

    Returns
    -------
    DataFrame
        A row per parameter, the most important first: ``parameter, mu_star, mu_star_low, mu_star_high, mu, sigma``, in
        units of the outcome per full range of the parameter. ``mu_star`` is the mean size of the effect, ``mu`` its
        mean with sign, ``sigma`` its spread (interactions, curvature, and the noise between points).

    Raises
    ------
    InputError
        Where a point has no value, or the points are not trajectories that change one parameter at a time.

    References
    ----------
    Morris (1991), doi 10.1080/00401706.1991.10484804; Campolongo, Cariboni and Saltelli (2007), doi
    10.1016/j.envsoft.2006.10.004; Herman and Usher (2017), doi 10.21105/joss.00097 (SALib).
    """
    import pandas as pd
    from SALib.analyze import morris as salib_morris

    names, x, y = _arrays(problem, points, outcome)
    _refuse_gaps(y, "morris")
    _check_trajectories(x)
    found = salib_morris.analyze(
        _plain_problem(problem), x, y, num_resamples=resamples, num_levels=levels, seed=seed, print_to_console=False
    )
    mu_star, half = np.asarray(found["mu_star"], float), np.asarray(found["mu_star_conf"], float)
    table = pd.DataFrame(
        {"parameter": names, "mu_star": mu_star, "mu_star_low": np.maximum(mu_star - half, 0.0),
         "mu_star_high": mu_star + half, "mu": np.asarray(found["mu"], float),
         "sigma": np.asarray(found["sigma"], float)}
    )  # fmt: skip
    return _sorted(table, "mu_star")


def sobol(
    problem: Mapping[str, Any], points: ArrayLike | pd.DataFrame, outcome: ArrayLike, *, resamples: int = 500,
    seed: int = 1,
) -> pd.DataFrame:  # fmt: skip
    """Shares of variance: of each parameter alone, and with all its interactions.

    Parameters
    ----------
    problem : mapping
        SALib's problem, with D parameters.
    points : array_like or DataFrame, shape (N (D + 2), D) or (N (2 D + 2), D)
        Saltelli's design, in its order; whether second orders are in it is read from the points.
    outcome : array_like, shape as points' rows
        Value at each point.
    resamples : int
        Bootstrap resamples.
    seed : int
        Seed of the bootstrap, 1 or more.

    Returns
    -------
    DataFrame
        A row per parameter, the most important first: ``parameter, total, total_low, total_high, first, first_low,
        first_high`` (shares of variance, 95 % bootstrap intervals). Shares are blank when the outcome does not vary.

    Raises
    ------
    InputError
        Where a point has no value, or the points are not a whole Saltelli design.

    References
    ----------
    Saltelli et al. (2010), doi 10.1016/j.cpc.2009.09.018; Sobol (2001), doi 10.1016/S0378-4754(00)00270-6.
    """
    import pandas as pd

    names, found = _sobol(problem, points, outcome, resamples, seed)
    columns: dict[str, Any] = {"parameter": names}
    for name, key in (("total", "ST"), ("first", "S1")):
        columns |= _with_interval(name, found[key], found[f"{key}_conf"])
    return _sorted(pd.DataFrame(columns), "total")


def sobol_pairs(
    problem: Mapping[str, Any], points: ArrayLike | pd.DataFrame, outcome: ArrayLike, *, resamples: int = 500,
    seed: int = 1,
) -> pd.DataFrame:  # fmt: skip
    """Share of variance that comes from two parameters acting together, beyond what each does alone.

    Parameters
    ----------
    problem, points, outcome, resamples, seed
        As in :func:`sobol`.

    Returns
    -------
    DataFrame
        A row per pair: ``parameter, other, share, share_low, share_high``, the largest first; empty when the design has
        no second orders.

    References
    ----------
    Saltelli (2002), doi 10.1016/S0010-4655(02)00280-1.
    """
    import pandas as pd

    names, found = _sobol(problem, points, outcome, resamples, seed)
    columns = ["parameter", "other", "share", "share_low", "share_high"]
    if "S2" not in found:
        return pd.DataFrame(columns=columns)
    share, half = np.asarray(found["S2"], float), np.asarray(found["S2_conf"], float)
    rows = [
        (names[i], names[j], share[i, j], share[i, j] - half[i, j], share[i, j] + half[i, j])
        for i in range(len(names)) for j in range(i + 1, len(names))
    ]  # fmt: skip
    return _sorted(pd.DataFrame(rows, columns=columns), "share")


def delta(
    problem: Mapping[str, Any], points: ArrayLike | pd.DataFrame, outcome: ArrayLike, *, resamples: int = 15,
    seed: int = 1,
) -> pd.DataFrame:  # fmt: skip
    """Moment-independent importance from any sample: how far knowing a parameter moves the whole distribution.

    Parameters
    ----------
    problem : mapping
        SALib's problem.
    points : array_like or DataFrame, shape (points, D)
        Any sample; of a table, the columns named in the problem are taken.
    outcome : array_like, shape (points,)
        Points without a value are left out.
    resamples : int
        Bootstrap resamples; the time needed grows with them, with the points and with the parameters (seconds for 60
        parameters and 500 points).
    seed : int
        Seed of the bootstrap, 1 or more.

    Returns
    -------
    DataFrame
        A row per parameter, the most important first: ``parameter, delta, delta_low, delta_high, first, first_low,
        first_high, chance, points``. ``delta`` lies between 0, for a parameter that does not matter, and 1, for one
        that settles the outcome; from few points it is above 0 for any parameter, and ``chance`` is the largest delta
        of ten columns of random numbers that are no parameters: near it or below nothing is said. ``first`` is
        the first-order share of variance. Blank when the outcome does not vary.

    Raises
    ------
    InputError
        With fewer than :data:`FEWEST_FOR_DELTA` points that have a value.

    References
    ----------
    Borgonovo (2007), doi 10.1016/j.ress.2006.04.015; Plischke, Borgonovo and Smith (2013), doi
    10.1016/j.ejor.2012.11.047.
    """
    import pandas as pd
    from SALib.analyze import delta as salib_delta
    from threadpoolctl import threadpool_limits

    names, x, y = _arrays(problem, points, outcome)
    good = np.isfinite(y) & np.isfinite(x).all(axis=1)
    if good.sum() < FEWEST_FOR_DELTA:
        raise InputError(
            "delta", int(good.sum()), f"at least {FEWEST_FOR_DELTA} points", problem="too few points with a value"
        )
    y = y[good]
    x = np.hstack([x[good], np.random.default_rng([seed, len(y)]).random((len(y), _DUMMIES))])
    blank = np.full(x.shape[1], np.nan)
    found: dict[str, Any] = {"delta": blank, "delta_conf": blank, "S1": blank, "S1_conf": blank}
    if np.ptp(y) > 0.0:
        # SALib refuses some endings of names
        columns_of_x = [f"x{k}" for k in range(x.shape[1])]
        neutral = {"num_vars": x.shape[1], "names": columns_of_x, "bounds": [[0.0, 1.0]] * x.shape[1]}
        # thousands of tiny matrices: threads would only wait for each other
        with _salib_quiet(), threadpool_limits(limits=1):
            found = salib_delta.analyze(
                neutral, x, y, num_resamples=resamples, seed=max(seed, 1), print_to_console=False
            )
    # SALib 1.6 reports several kinds; `raw` is the one of the papers
    kind = "delta" if "delta" in found else "delta_raw"
    columns: dict[str, Any] = {"parameter": names}
    for name, key in (("delta", kind), ("first", "S1")):
        columns |= _with_interval(name, found[key][: len(names)], found[f"{key}_conf"][: len(names)])
    chance = float(np.max(found[kind][len(names) :]))
    return _sorted(pd.DataFrame(columns).assign(chance=chance, points=len(y)), "delta")


# ---------------------------------------------------------------------------------------------- designs


def _arrays(
    problem: Mapping[str, Any], points: Any, outcome: ArrayLike
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Names of the parameters, points (rows, D) and outcome (rows,) as floats."""
    names = [str(name) for name in problem["names"]]
    if hasattr(points, "columns"):
        missing = [name for name in names if name not in points.columns]
        if missing:
            raise InputError("points", missing[0], ", ".join(map(str, points.columns)), problem="has no such column")
        points = points[names]
    outcome = aligned(points, outcome)
    try:
        x = np.asarray(points, dtype=np.float64)
        y = np.asarray(outcome, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("points", problem="holds something that is not a number", allowed="numbers") from None
    if x.ndim != 2 or x.shape[1] != len(names) or y.shape != (len(x),):
        raise InputError(
            "points", f"{x.shape} with {y.shape}", f"(points, {len(names)}) with (points,)", problem="wrong shape"
        )
    return names, x, y


def _refuse_gaps(y: NDArray[np.float64], method: str) -> None:
    gaps = np.flatnonzero(~np.isfinite(y))
    if len(gaps):
        raise InputError(
            method, problem=f"{len(gaps)} of {len(y)} points have no value (the first: point {gaps[0]})", allowed=_RETRY
        )


def _check_trajectories(x: NDArray[np.float64]) -> None:
    """Refuse what is not trajectories of D + 1 points in which every step changes a parameter of its own."""
    rows, d = x.shape
    if rows == 0 or rows % (d + 1):
        raise InputError(
            "morris", rows, f"a multiple of {d + 1} points ({d} parameters)",
            problem="not a whole number of trajectories",
        )  # fmt: skip
    steps = np.diff(x.reshape(-1, d + 1, d), axis=1) != 0.0
    # whole-number parameters may stay where they are in a step, but never may two move
    if (steps.sum(axis=2) > 1).any() or (steps.sum(axis=1) > 1).any():
        raise InputError(
            "morris", problem="the points are not trajectories that change one parameter at a time",
            allowed="a morris design in its own order",
        )  # fmt: skip


def _saltelli_kind(x: NDArray[np.float64]) -> bool:
    """Whether a Saltelli design has second orders; refuses what is no such design."""
    rows, d = x.shape
    for second_order in (True, False):
        block = 2 * d + 2 if second_order else d + 2
        if rows == 0 or rows % block:
            continue
        parts = x.reshape(-1, block, d)
        a, b = parts[:, 0], parts[:, -1]
        mixed = [np.where(np.arange(d) == k, b, a) for k in range(d)]
        if second_order:
            mixed += [np.where(np.arange(d) == k, a, b) for k in range(d)]
        if all(np.array_equal(parts[:, 1 + k], wanted) for k, wanted in enumerate(mixed)):
            return second_order
    raise InputError(
        "sobol", rows, f"N x {d + 2} or N x {2 * d + 2} points in the order of a saltelli design",
        problem=f"not a whole Saltelli design of {d} parameters",
    )  # fmt: skip


def _sobol(
    problem: Mapping[str, Any], points: Any, outcome: ArrayLike, resamples: int, seed: int
) -> tuple[list[str], Mapping[str, Any]]:
    from SALib.analyze import sobol as salib_sobol

    names, x, y = _arrays(problem, points, outcome)
    _refuse_gaps(y, "sobol")
    second_order = _saltelli_kind(x)
    if not np.ptp(y) > 0.0:
        d = len(names)
        blank, pairs = np.full(d, np.nan), np.full((d, d), np.nan)
        found: dict[str, Any] = {"S1": blank, "S1_conf": blank, "ST": blank, "ST_conf": blank}
        return names, found | ({"S2": pairs, "S2_conf": pairs} if second_order else {})
    # SALib takes a seed of 0 for none
    return names, salib_sobol.analyze(
        _plain_problem(problem), y, calc_second_order=second_order, num_resamples=resamples, seed=max(seed, 1),
        print_to_console=False,
    )  # fmt: skip


def _plain_problem(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A copy, since SALib writes into what it is given; without groups, which these designs do not have."""
    return {name: list(problem[name]) if name != "num_vars" else int(problem[name])
            for name in ("num_vars", "names", "bounds")}  # fmt: skip


@contextmanager
def _salib_quiet() -> Iterator[None]:
    """Leave the global random state and warnings as they were, both of which SALib's delta changes.

    Its notices are about kinds of delta that are not reported here.
    """
    state, look = np.random.get_state(), warnings.formatwarning  # noqa: NPY002
    try:
        with warnings.catch_warnings(record=True):
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
        warnings.formatwarning = look


def _with_interval(name: str, value: Any, half: Any) -> dict[str, NDArray[np.float64]]:
    value, half = np.asarray(value, dtype=np.float64), np.asarray(half, dtype=np.float64)
    return {name: value, f"{name}_low": value - half, f"{name}_high": value + half}


def _sorted(table: pd.DataFrame, by: str) -> pd.DataFrame:
    return table.sort_values(by, ascending=False, kind="stable", na_position="last").reset_index(drop=True)
