"""How simulated paths of a case compare with what was observed: sign, order and size of the change, beside two rivals.

Two rivals know nothing of the shock: "no change", and the same world without it (the twin). Two intervals are always
kept apart: that of the mean over windows, which shrinks with more of them, and the spread over windows, which does not.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.evidence.case_file import COMPARABLE, Case, unit_name

#: Windows from which the spread is read off their quantiles (5 and 95 %); with fewer it is the smallest and largest.
WINDOWS_FOR_SPREAD = 20
Values = NDArray[np.float64]
#: Places of windows on their axis.
Places = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Estimate:
    """A number with the 95 % interval of its mean over windows."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """-1, 0 or 1; 0 where the interval holds 0, or there is none."""
        return int(self.low > 0.0) - int(self.high < 0.0)


@dataclass(frozen=True)
class Path:
    """One column of one country or pair, year by year."""

    unit: str
    column: str
    what: str
    data: Values
    #: The data counted as ecosim counts; nan where there are none.
    data_as_counted: Values
    mean: Values
    #: Interval of the mean, (2, years), and spread over windows, (2, years).
    interval: Values
    spread: Values
    twin: Values


@dataclass(frozen=True)
class Change:
    """The change of one column of one country or pair, from the years before to the years after."""

    unit: str
    column: str
    what: str
    data: float
    data_before: float
    simulated: Estimate
    simulated_before: float
    #: Smallest and largest over windows (or 5 and 95 %).
    spread: tuple[float, float]
    twin: Estimate
    #: Simulated over observed.
    size: Estimate
    #: Mean distance from the observed change, over the years after the first ones: of the simulated path, of no change
    #: and of the twin; and by how much the simulated path is nearer than each rival.
    distance: float
    distance_no_change: float
    distance_twin: float
    beats_no_change: Estimate
    beats_twin: Estimate
    #: Share of the change that falls into its largest single year.
    data_step: float
    simulated_step: float

    @property
    def sign(self) -> str:
        """Whether the simulated sign is the observed one."""
        observed = int(np.sign(self.data))
        if not self.simulated.sign or not observed:
            return "open"
        return "agrees" if self.simulated.sign == observed else "DIFFERS"


def jackknife(statistic: Callable[[Places], float], windows: int) -> Estimate:
    """A statistic of several windows together, with the 95 % interval of Tukey's jackknife.

    Parameters
    ----------
    statistic : callable
        Of the places of the windows that count.
    windows : int
        How many there are; with one there is no interval (nan).
    """
    whole = statistic(np.arange(windows))
    if windows < 2:
        return Estimate(whole, float("nan"), float("nan"))
    from scipy.stats import t

    left_out = np.array([statistic(np.delete(np.arange(windows), k)) for k in range(windows)])
    pseudo = windows * whole - (windows - 1) * left_out
    half = float(t.ppf(0.975, windows - 1) * pseudo.std(ddof=1) / np.sqrt(windows))
    return Estimate(whole, whole - half, whole + half)


def spread_of(values: Values) -> tuple[Values, Values]:
    """Spread over windows (first axis): 5 and 95 %, or the smallest and largest where there are few."""
    if len(values) >= WINDOWS_FOR_SPREAD:
        low, high = np.nanquantile(values, [0.05, 0.95], axis=0)
        return low, high
    return np.nanmin(values, axis=0), np.nanmax(values, axis=0)


def paths(case: Case, shocked: Values, twin: Values) -> list[Path]:
    """Every path: data, mean with its interval, spread, and the twin's mean.

    Parameters
    ----------
    shocked, twin : ndarray, shape (windows, units, columns, years)
    """
    with _nothing_seen_allowed():
        return _paths(case, shocked, twin)


def _paths(case: Case, shocked: Values, twin: Values) -> list[Path]:
    found = []
    windows = len(shocked)
    for u, unit in enumerate(case.units):
        for q, (column, what) in enumerate(case.columns.items()):
            own = shocked[:, u, q]
            mean = np.nanmean(own, axis=0)
            half = np.full_like(mean, np.nan)
            if windows > 1:
                from scipy.stats import t

                # a window in which the country takes no part in a year knows no share of it
                seen = np.isfinite(own).sum(axis=0)
                wide = t.ppf(0.975, np.maximum(seen - 1, 1)) * np.nanstd(own, axis=0, ddof=1)
                half = np.where(seen > 1, wide / np.sqrt(seen), np.nan)
            found.append(
                Path(unit_name(unit), column, what, case.observed[u, q], case.as_counted[u, q], mean,
                     np.stack([mean - half, mean + half]), np.stack(spread_of(own)), np.nanmean(twin[:, u, q], axis=0))
            )  # fmt: skip
    return found


def changes(case: Case, shocked: Values, twin: Values) -> list[Change]:
    """The change of every path, scored; values as for :func:`paths`."""
    with _nothing_seen_allowed():
        return [
            _change(case, unit_name(unit), column, case.observed[u, q], shocked[:, u, q], twin[:, u, q])
            for u, unit in enumerate(case.units)
            for q, column in enumerate(case.columns)
        ]


@contextmanager
def _nothing_seen_allowed() -> Iterator[None]:
    """A window in which a country takes no part in a year has no share there; NumPy need not warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=RuntimeWarning)
        yield


def _change(case: Case, unit: str, column: str, data: Values, own: Values, calm: Values) -> Change:
    """One change: data (years,), and the paths of all windows in both worlds, (windows, years)."""
    before, after = case.places(case.before), case.places(case.after)
    later = [k for k in range(len(case.years)) if k > max(before)]
    windows = len(own)
    everyone = np.arange(windows)
    flat = np.zeros_like(data)

    def change(path: Values) -> float:
        return float(np.nanmean(path[after]) - np.nanmean(path[before]))

    def since(path: Values) -> Values:
        return np.asarray(path[later] - np.nanmean(path[before]))

    def mean_of(values: Values, places: Places) -> Values:
        return np.asarray(np.nanmean(values[places], axis=0))

    def distance(path: Values) -> float:
        return float(np.nanmean(np.abs(since(path) - since(data))))

    observed = change(data)
    simulated = jackknife(lambda places: change(mean_of(own, places)), windows)
    scale = 1.0 / observed if observed else float("nan")
    ends = sorted((simulated.low * scale, simulated.high * scale))
    low, high = spread_of(np.array([change(path) for path in own]))
    first, last = max(before), max(after)
    return Change(
        unit=unit, column=column, what=case.columns[column],
        data=observed, data_before=float(np.nanmean(data[before])),
        simulated=simulated, simulated_before=float(np.nanmean(own[:, before])), spread=(float(low), float(high)),
        twin=jackknife(lambda places: change(mean_of(calm, places)), windows),
        size=Estimate(simulated.value * scale, ends[0], ends[1]),
        distance=distance(mean_of(own, everyone)), distance_no_change=distance(flat),
        distance_twin=distance(mean_of(calm, everyone)),
        beats_no_change=jackknife(lambda places: distance(flat) - distance(mean_of(own, places)), windows),
        beats_twin=jackknife(
            lambda places: distance(mean_of(calm, places)) - distance(mean_of(own, places)), windows
        ),
        data_step=_step(data, first, last), simulated_step=_step(mean_of(own, everyone), first, last),
    )  # fmt: skip


def _step(path: Values, first: int, last: int) -> float:
    """Share of the change from one year to another that its largest single year has; nan where there is no change."""
    steps = np.diff(path[first : last + 1])
    total = float(np.nansum(steps))
    if not len(steps) or total == 0.0:
        return float("nan")
    return float(np.nanmax(steps * np.sign(total)) / abs(total))


@dataclass(frozen=True)
class Order:
    """Columns of a country by the size of their change, the largest first, and whether ecosim has the data's order."""

    data: tuple[str, ...]
    simulated: tuple[str, ...]
    #: Of neighbours in the data's order, by how much the first changes more than the second, simulated.
    leads: tuple[Estimate, ...]

    @property
    def verdict(self) -> str:
        """Whether all neighbours surely stand as in the data, two of them surely do not, or neither."""
        signs = [lead.sign for lead in self.leads]
        if -1 in signs:
            return "DIFFERS"
        return "agrees" if all(sign == 1 for sign in signs) else "open"


def order(case: Case, shocked: Values, unit: str, relative: bool = False) -> Order | None:
    """The order in which a country's columns change, with the interval of each lead over the next.

    Parameters
    ----------
    case : Case
        What was observed.
    shocked : ndarray, shape (windows, units, columns, years)
        Of the shocked worlds.
    unit : str
        Country.
    relative : bool
        Whether changes are taken beside the level before, and not in points.

    Returns
    -------
    Order or None
        None where fewer than two columns are shares of one whole.
    """
    u = [unit_name(one) for one in case.units].index(unit)
    columns = list(case.columns)
    mine = [q for q, what in enumerate(case.columns.values()) if what in COMPARABLE]
    if len(mine) < 2:
        return None
    before, after = case.places(case.before), case.places(case.after)

    def size(path: Values) -> float:
        level = float(np.nanmean(path[before]))
        change = abs(float(np.nanmean(path[after])) - level)
        return change / level if relative and level > 0.0 else change

    def simulated(q: int, places: Places) -> float:
        return size(np.asarray(np.nanmean(shocked[places, u, q], axis=0)))

    def lead(first: int, second: int, places: Places) -> float:
        return simulated(first, places) - simulated(second, places)

    with _nothing_seen_allowed():
        everyone = np.arange(len(shocked))
        in_data = sorted(mine, key=lambda q: -size(case.observed[u, q]))
        in_world = sorted(mine, key=lambda q: -simulated(q, everyone))
        leads = tuple(jackknife(partial(lead, a, b), len(shocked)) for a, b in pairwise(in_data))
    return Order(tuple(columns[q] for q in in_data), tuple(columns[q] for q in in_world), leads)
