"""Simulated patterns beside those of the data: roles, bands, and the Poisson fit of ties on distance.

A row is ``input`` (fed in), ``fitted`` (a few free parameters are set by it), ``kin`` (sets none, but says nearly what
a fitted row says), ``predicted`` (none of these), ``size`` or ``reference`` (shown for scale). A predicted row may
still be met by chance: a table without behaviour, in which the data's own organisations are shuffled over its seats
(:mod:`ecosim.evidence.shuffles`), has many patterns of the real one. So two such null models stand beside each row,
and only predicted rows that neither of them meets are *telling*: they say something about the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.dates import months_between
from ecosim.errors import InputError
from ecosim.evidence import patterns
from ecosim.world.facts import World
from ecosim.world.tables import read_tables

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.scenario import Scenario

#: Half-width of the narrowest band, as a share of the simulated mean.
TOLERANCE = 0.10
#: How far input rows of composition may be off, as a share of the data: what is asked of them, beside their band.
COMPOSITION_TOLERANCE = 0.15
#: Smallest share of participations of a country that has a row.
LEAST_COUNTRY_SHARE = 0.01
#: Windows from which on the band is read off their quantiles; with fewer it is where the next window falls with 95 %
#: (Student's t).
WINDOWS_FOR_QUANTILES = 20

_INPUT = frozenset(
    {
        "size_mean", "size_q", "countries_mean", "countries_q", "duration_mean", "duration_q", "start_month_share",
        "type_share", "country_hhi", "domestic_pair_share_random", "top1_share",
        "organisations_by_type", "country_share",
    }
)  # fmt: skip
_FITTED = frozenset(
    {
        "coordinator_type_share", "one_project_share", "tail_projects_5", "domestic_pair_share", "repeated_pair_share",
        "p_another_given_k", "funded_distance_slope",
    }
)  # fmt: skip
#: Rows that no fit looks at, because each repeats a fitted one (the first is its other name, the second is what of it
#: lies above a shuffle, the border is the domestic share seen from abroad). They cannot count as predicted either.
_KIN = frozenset({"p_another_given_k[1]", "repetition_above_null_within", "funded_border_effect"})
#: Telling rows that are close to a fitted one, of which the answer says so.
CLOSE_TO_FITTED = {"repeated_pair_share_upto20": "repeated_pair_share"}
_SIZE = frozenset({"projects", "participations", "organisations"})
#: The form of search was chosen with who leads in sight, so that row is in no count.
_REFERENCE = frozenset({"repeated_pair_share_null", "repeated_pair_share_null_within", "led_from_predecessor"})
#: 95 % interval of that row in the data (443 consortia): what is asked of it.
PREDECESSOR, PREDECESSOR_INTERVAL = "led_from_predecessor", (0.17, 0.25)
#: Patterns by year, of which only the last is far enough from the opening of the window.
_BY_YEAR = frozenset({"prior_pair_share_by_year", "newcomer_share_by_year"})
#: Awareness is built from this slope, so finding it again says only that search keeps it.
_UNFUNDED = frozenset({"unfunded_distance_slope"})


def pattern_of(name: str) -> str:
    """The pattern a row belongs to: ``p_another_given_k`` of ``p_another_given_k[2]``."""
    return name.partition("[")[0]


def role_of(name: str, last_year: int | None = None) -> str:
    """Role of a row: ``input``, ``fitted``, ``kin``, ``predicted``, ``size`` or ``reference``.

    Parameters
    ----------
    name : str
        As :func:`ecosim.evidence.patterns.flat` writes it.
    last_year : int, optional
        Last year of the window: of patterns by year only that one is predicted.
    """
    pattern = pattern_of(name)
    if name in _KIN:
        return "kin"
    if pattern in _BY_YEAR:
        return "predicted" if name.endswith(f"[{last_year}]") else "reference"
    for role, names in (("input", _INPUT | _UNFUNDED), ("fitted", _FITTED), ("size", _SIZE), ("reference", _REFERENCE)):
        if pattern in names:
            return role
    return "predicted"


@dataclass(frozen=True)
class Null:
    """One pattern in shuffled tables: mean, and the range that holds 95 % of them."""

    #: A key of :data:`ecosim.evidence.nulls.NULLS`.
    kind: str
    mean: float
    low: float
    high: float

    def band(self, tolerance: float = TOLERANCE) -> tuple[float, float]:
        """The range, or ``tolerance`` of the mean where that is wider: the rule of :func:`band`."""
        margin = tolerance * abs(self.mean)
        return min(self.low, self.mean - margin), max(self.high, self.mean + margin)


@dataclass(frozen=True)
class Target:
    """One number the model is compared with, and what tables without behaviour show in its place."""

    name: str
    value: float
    role: str
    source: str
    nulls: tuple[Null, ...] = ()


def load_nulls() -> dict[str, tuple[Null, ...]]:
    """The nulls that ship, by the name of the row."""
    table = read_tables()["null_models"]
    rows = zip(
        table.words("pattern"), table.words("place"), table.words("null"), table.numbers("mean"),
        table.numbers("low"), table.numbers("high"), strict=True,
    )  # fmt: skip
    found: dict[str, tuple[Null, ...]] = {}
    for pattern, place, kind, mean, low, high in rows:
        name = f"{pattern}[{place}]" if place else pattern
        found[name] = (*found.get(name, ()), Null(kind, float(mean), float(low), float(high)))
    return found


def load_targets() -> tuple[Target, ...]:
    """The targets that ship: Horizon 2020, 2014-2016, and the two distance slopes; with their nulls."""
    table, nulls = read_tables()["targets"], load_nulls()
    rows = zip(
        table.words("pattern"), table.words("place"), table.numbers("value"), table.words("role"),
        table.words("source"), strict=True,
    )  # fmt: skip
    named = (
        (f"{pattern}[{place}]" if place else pattern, float(value), role, source)
        for pattern, place, value, role, source in rows
        if not pattern.startswith("part:")
    )
    return tuple(Target(name, value, role, source, nulls.get(name, ())) for name, value, role, source in named)


def targets_from(
    values: Mapping[str, float], source: str, last_year: int, nulls: Mapping[str, tuple[Null, ...]]
) -> tuple[Target, ...]:
    """Targets measured on another table, with the nulls of that table by the name of the row."""
    return tuple(
        Target(name, float(value), role_of(name, last_year), source, nulls.get(name, ()))
        for name, value in values.items()
        if np.isfinite(value) and has_row(name, value)
    )


def has_row(name: str, value: float) -> bool:
    """Whether a pattern of the data becomes a row: of countries, only the larger ones."""
    return pattern_of(name) != "country_share" or value >= LEAST_COUNTRY_SHARE


# ---------------------------------------------------------------------------------------------- comparison


@dataclass(frozen=True)
class NullCell:
    """What one null model gives in a row, and whether that is what the data show."""

    kind: str
    mean: float
    #: Half the width of the range that holds 95 % of shuffled tables.
    spread: float
    #: Whether the data lie in its band, made by the same rule as the band of the simulated windows.
    meets: bool
    #: Whether every shuffled table shows exactly the data's value, because a shuffle holds fixed what it rests on.
    kept: bool


@dataclass(frozen=True)
class Row:
    """One pattern in the data, in the simulated windows and in shuffled tables."""

    name: str
    role: str
    data: float
    simulated: float
    low: float
    high: float
    source: str = ""
    nulls: tuple[NullCell, ...] = ()

    @property
    def inside(self) -> bool:
        """Whether the data lie in the band of the simulated windows."""
        return self.low <= self.data <= self.high

    @property
    def group(self) -> str:
        """``telling`` or ``given`` for predicted rows, else the role.

        Telling are those that every null model misses. A predicted row without nulls is counted as given: nothing
        shows that chance would not have it.
        """
        if self.role != "predicted":
            return self.role
        return "telling" if self.nulls and not any(null.meets for null in self.nulls) else "given"

    @property
    def distance(self) -> float:
        """How far the data lie from the simulated mean, in half-widths of the band: 0 at the mean, 1 at its edge."""
        apart = abs(self.data - self.simulated)
        width = abs((self.high if self.data > self.simulated else self.low) - self.simulated)
        return apart / width if width > 0.0 else (float("inf") if apart > 0.0 else 0.0)

    @property
    def deviation(self) -> float:
        """Logarithm of simulated over data; nan where signs differ."""
        if self.data * self.simulated <= 0.0:
            return float("nan")
        return float(np.log(self.simulated / self.data))


def band(values: Sequence[float], tolerance: float = TOLERANCE) -> tuple[float, float, float]:
    """Mean over windows, and the band: the wider of 95 % of the windows and ``tolerance`` of the mean.

    Returns
    -------
    (float, float, float)
        Mean, low, high; nan where no window has the pattern.
    """
    x = np.asarray(values, dtype=np.float64)
    x = x[np.isfinite(x)]
    if not len(x):
        return float("nan"), float("nan"), float("nan")
    mean = float(x.mean())
    if len(x) >= WINDOWS_FOR_QUANTILES:
        low, high = (float(v) for v in np.quantile(x, [0.025, 0.975]))
    else:
        from scipy.stats import t

        n = len(x)
        # Where the next window falls with 95 %: few windows do not know their own spread well.
        spread = float(t.ppf(0.975, n - 1) * x.std(ddof=1) * np.sqrt(1.0 + 1.0 / n)) if n > 1 else 0.0
        low, high = mean - spread, mean + spread
    margin = tolerance * abs(mean)
    return mean, min(low, mean - margin), max(high, mean + margin)


def null_cell(null: Null, data: float, tolerance: float = TOLERANCE) -> NullCell:
    """What a null model gives, beside the data's value."""
    low, high = null.band(tolerance)
    # Shipped values have six digits.
    kept = bool(np.allclose([null.mean, null.low, null.high], data, rtol=1e-5, atol=0.0))
    return NullCell(null.kind, null.mean, (null.high - null.low) / 2.0, low <= data <= high, kept)


def compare(
    targets: Sequence[Target], windows: Sequence[Mapping[str, float]], tolerance: float = TOLERANCE
) -> list[Row]:
    """A row for each target that the windows measure too."""
    rows = []
    for target in targets:
        mean, low, high = band([window.get(target.name, float("nan")) for window in windows], tolerance)
        if np.isfinite(mean):
            cells = tuple(null_cell(null, target.value, tolerance) for null in target.nulls)
            rows.append(Row(target.name, target.role, target.value, mean, low, high, target.source, cells))
    return rows


@dataclass(frozen=True)
class Count:
    """A number of rows, and how many of them the simulated windows meet."""

    rows: int
    inside: int

    @property
    def outside(self) -> int:
        """Rows not met."""
        return self.rows - self.inside


@dataclass(frozen=True)
class Totals:
    """How many rows the simulated windows meet, kept apart by what meeting them shows."""

    #: Predicted, and every null model misses them.
    telling: Count
    #: Predicted, and a null model meets them as well.
    given: Count
    #: Fed in.
    input: Count
    #: A few parameters are set by them.
    fitted: Count
    #: No parameter is set by them, but each says nearly what a fitted row says.
    kin: Count
    #: Predicted rows that each null model meets, by its kind.
    nulls: dict[str, int]

    @property
    def predicted(self) -> Count:
        """Telling and given together."""
        return Count(self.telling.rows + self.given.rows, self.telling.inside + self.given.inside)


def totals(rows: Sequence[Row]) -> Totals:
    """Count rows by group, and those inside."""

    def count(group: str) -> Count:
        chosen = [row for row in rows if row.group == group]
        return Count(len(chosen), sum(row.inside for row in chosen))

    nulls: dict[str, int] = {}
    for row in rows:
        for null in row.nulls if row.role == "predicted" else ():
            nulls[null.kind] = nulls.get(null.kind, 0) + null.meets
    return Totals(count("telling"), count("given"), count("input"), count("fitted"), count("kin"), nulls)


#: Groups of rows in the order in which they are printed, and what each one is.
GROUPS: dict[str, str] = {
    "telling": "predicted, and no shuffle meets them: these say something",
    "given": "predicted, and a shuffle meets them too: these say little",
    "fitted": "fitted: a few parameters were set by these rows",
    "kin": "close kin of fitted rows: no parameter was set by them, but each repeats a row by which one was",
    "input": "input: fed in",
    "size": "size",
    "reference": "reference: shown for scale",
}


def text_of(rows: Sequence[Row], labels: Mapping[str, str]) -> str:
    """The rows as a table, by group, with a column for each null model.

    Parameters
    ----------
    rows : sequence of Row
        From :func:`compare`.
    labels : mapping
        Heading of the column of each null model, by its kind.
    """
    width = max([len(row.name) for row in rows] + [len("pattern")])
    head = f"{'pattern':<{width}} {'data':>9} {'ecosim':>9} {'band':>19} {'data is':<7}"
    lines = [head + "".join(f" {label:>18} meets" for label in labels.values()) + " distance"]
    for group, meaning in GROUPS.items():
        chosen = [row for row in rows if row.group == group]
        if chosen:
            lines += ["", f"-- {meaning}"]
        for row in chosen:
            cells = {null.kind: null for null in row.nulls}
            span = f"{number(row.low)} .. {number(row.high)}"
            verdict = "inside" if row.inside else "OUTSIDE"
            line = f"{row.name:<{width}} {number(row.data):>9} {number(row.simulated):>9} {span:>19} {verdict:<7}"
            line += "".join(_null_words(cells.get(kind)) for kind in labels)
            lines.append((line + (f" {row.distance:>8.2f}" if group == "telling" else "")).rstrip())
        if group == "telling":
            names = {row.name for row in chosen}
            lines += [
                f"   {name} is close to {fitted}, which is fitted."
                for name, fitted in CLOSE_TO_FITTED.items()
                if name in names
            ]
    return "\n".join(lines)


def _null_words(null: NullCell | None) -> str:
    if null is None:
        return f" {'-':>18} {'':<5}"
    if null.kept:
        return f" {number(null.mean):>18} {'kept':<5}"
    shown = f"{number(null.mean)} ± {null.spread:.2g}" if np.isfinite(null.mean) else "-"
    return f" {shown:>18} {'yes' if null.meets else 'no':<5}"


def number(value: float) -> str:
    """A number for a table: four digits, no exponent where it can be helped."""
    if not np.isfinite(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


# ---------------------------------------------------------------------------------------------- distance


@dataclass(frozen=True)
class GravityFit:
    """Poisson pseudo-maximum likelihood of pair counts on distance and border, with country effects."""

    slope: float
    border: float
    slope_error: float
    border_error: float
    countries: int


def gravity_countries(world: World) -> NDArray[np.intp]:
    """Countries the distance slopes are fitted on: those with at least 0.1 % of participations, the rest left out.

    The same countries stand by themselves in the worlds ``europe`` and ``global``.
    """
    from ecosim.world.presets import EUROPE_MINIMUM_SHARE

    named = np.array([code != "ROW" for code in world.countries])
    return np.flatnonzero(named & (world.participation_share >= EUROPE_MINIMUM_SHARE))


def fit_gravity(pairs: NDArray[np.float64], world: World, own_pairs: bool = True) -> GravityFit:
    """Fit ``E[pairs_ij] = exp(a_i + a_j + slope ln distance_ij + border [i != j])``.

    Parameters
    ----------
    pairs : ndarray, shape (C, C)
        Symmetric counts, own pairs on the diagonal.
    world : World
        Distances.
    own_pairs : bool
        Whether pairs within a country enter; without them there is no border effect.

    Returns
    -------
    GravityFit
        With heteroscedasticity-robust standard errors. All nan with fewer than 8 countries that have pairs.

    References
    ----------
    Santos Silva and Tenreyro (2006), The log of gravity, Review of Economics and Statistics 88(4).
    """
    from scipy.optimize import minimize

    kept = gravity_countries(world)
    counts = pairs[np.ix_(kept, kept)]
    foreign = counts - np.diag(np.diag(counts))
    some = foreign.sum(axis=1) > 0.0
    kept, counts = kept[some], counts[np.ix_(some, some)]
    n = len(kept)
    if n < 8:
        return GravityFit(*(float("nan"),) * 4, countries=n)
    i, j = np.triu_indices(n, 0 if own_pairs else 1)
    y = counts[i, j]
    log_distance = np.log(np.maximum(world.distance_km[kept[i], kept[j]], 1.0))
    columns = [log_distance - log_distance.mean()]
    if own_pairs:
        columns.append((i != j).astype(np.float64))
    effects = np.zeros((len(y), n))
    np.add.at(effects, (np.arange(len(y)), i), 1.0)
    np.add.at(effects, (np.arange(len(y)), j), 1.0)
    x = np.column_stack([*columns, effects])
    scale = y.mean()
    y = y / scale

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        eta = np.clip(x @ beta, -30.0, 30.0)
        mean = np.exp(eta)
        return float((mean - y * eta).sum()), x.T @ (mean - y)

    def curvature(beta: NDArray[np.float64]) -> NDArray[np.float64]:
        return (x * np.exp(np.clip(x @ beta, -30.0, 30.0))[:, None]).T @ x

    first = np.linalg.lstsq(x, np.log(np.maximum(y, 0.5 / scale)), rcond=None)[0]
    found = minimize(loss, first, jac=True, hess=curvature, method="trust-exact", options={"gtol": 1e-8}).x
    residual = y - np.exp(x @ found)
    bread = np.linalg.pinv(curvature(found))
    variance = bread @ ((x * (residual**2)[:, None]).T @ x) @ bread
    errors = np.sqrt(np.maximum(np.diag(variance), 0.0))
    border, border_error = (float(found[1]), float(errors[1])) if own_pairs else (float("nan"), float("nan"))
    return GravityFit(float(found[0]), border, float(errors[0]), border_error, n)


def opening_month(start_months: Sequence[str]) -> str:
    """Month in which a table's window really opens: the first with half the starts that its months have on average.

    A programme's first months hold a handful of early starts (Horizon 2020: 87 of 2858 before January 2015), which
    are no part of the steady flow that is simulated. The average is that of the month and all after it.

    Parameters
    ----------
    start_months : sequence of str
        One YYYY-MM per project.
    """
    if not start_months:
        raise InputError("data", problem="no project starts in the window")
    last, left = max(start_months), len(start_months)
    for month, starts in sorted(Counter(start_months).items()):
        if starts >= 0.5 * left / (months_between(month, last) + 1):
            break
        left -= starts
    return month


# ---------------------------------------------------------------------------------------------- simulated windows

#: Where the window of the shipped data really opens (:func:`opening_month`), and where it closes.
OPENING, CLOSING = "2015-01", "2016-12"


def simulate_window(
    scenario: Scenario, opening: str = OPENING, closing: str = CLOSING, report: Callable[[float], None] | None = None
) -> tuple[dict[str, float], pd.DataFrame]:
    """Simulate to the close of a window and measure what started in it.

    The predecessor's work runs all the while, as it did in 2014, and stays outside the table: only projects that start
    in the window count, and ties from before it are unknown to every measure.

    Parameters
    ----------
    scenario : Scenario
        Long enough to reach the close (:func:`reaching`).
    opening, closing : str
        First and last month of starts (YYYY-MM).
    report : callable, optional
        Receives the share done, from 0 to 1.

    Returns
    -------
    (dict, DataFrame)
        Patterns as :func:`ecosim.evidence.patterns.flat` writes them, with the two distance slopes; and the table.
    """
    from ecosim.model import Ecosystem

    model = Ecosystem(scenario)
    months = months_between(scenario.calendar.start, closing) + 1
    while model.month < months:
        model.advance(min(model.month + 6, months))
        if report is not None:
            report(0.9 * model.month / months)
    table = patterns.between(patterns.collaborative(model.participations()), opening, closing)
    if table.empty:
        raise InputError("world.scale", scenario.world.scale, problem=f"no project starts from {opening} to {closing}")
    world, state = model.setting.world, model.state
    found = measured(table, closing, world)
    first, last = months_between(scenario.calendar.start, opening), months - 1
    unfunded = fit_gravity(patterns.unfunded_pairs(state, world.n_countries, first, last), world, own_pairs=False)
    found["unfunded_distance_slope"] = unfunded.slope
    return found, table


def measured(table: pd.DataFrame, closing: str, world: World) -> dict[str, float]:
    """Every pattern of a table, real, simulated or shuffled, as single numbers.

    Parameters
    ----------
    table : pandas.DataFrame
        Collaborative projects of one window.
    closing : str
        Last month of the window (YYYY-MM).
    world : World
        Gives the distances on which funded ties are fitted.
    """
    found = patterns.flat(patterns.measure(table, snapshot_day(closing)))
    fit = fit_gravity(patterns.funded_pairs(table, world.cordis_codes), world)
    return found | {"funded_distance_slope": fit.slope, "funded_border_effect": fit.border}


def snapshot_day(closing: str) -> str:
    """Day from which the survival of ties is followed: the first of June of the window's last year."""
    return f"{closing[:4]}-06-01"


def reaching(start: str, opening_year_month: str, closing: str) -> dict[str, str | int]:
    """Phases that burn in until one month and observe, calmly, until another.

    Parameters
    ----------
    start : str
        First month of the run.
    opening_year_month, closing : str
        First and last month of the window.
    """
    before = months_between(start, opening_year_month)
    inside = months_between(opening_year_month, closing) + 1
    if before < 0 or inside < 1:
        raise InputError("timeline.start", start, problem=f"lies after the window {opening_year_month} to {closing}")
    return {
        "timeline.start": start, "timeline.burn_in_months": before, "timeline.calm_months": inside,
        "timeline.calm_jitter_months": 0, "timeline.response_months": 1, "timeline.run_off_months": 0,
    }  # fmt: skip
