"""Tables of a sweep: every measure of resilience per policy, shock and replicate, and their summary."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis import resilience
from ecosim.analysis.contrasts import enough_lost, surely_positive
from ecosim.analysis.naming import CONTRASTED, MEANINGS, MEASURES, SUMMED, split
from ecosim.outcomes.measured import MEASURED
from ecosim.outcomes.treatment import REALISED

if TYPE_CHECKING:
    import pandas as pd

#: Columns of the design table that are not factors.
_DESIGN_COLUMNS = ("design_id", "history_id", "shock", "shocks", "policy", "reference")
#: Column of the design table that says at which point of the uncertainties; these follow it.
POINT = "point"
#: Measures summarised as a ratio of sums with the jackknife; shares of work are so when groups are small.
_SHARES = tuple(
    name for name in CONTRASTED if (split(name) or ("",))[0] in ("sustained", "delivered", "baseline_cost")
)  # fmt: skip
#: Columns beside the measures, of the primary column: what they are made of.
PARTS: tuple[str, ...] = (
    "cluster", "hit", "recovery_censored", "small_group", "small_group_at_risk", "window_months", "in_flight_lost",
    "exposed_area", "seats_lost", "seats_filled", "seats_exposed", "placebo_drawdown", "one",
)  # fmt: skip
#: What measures of every column and window are ratios of.
AREAS: tuple[str, ...] = ("shock_area", "twin_area", "reference_twin", "given_up")
#: Public money that governments added after the shock, beside the budget, as a share of the budget.
ADDED = "added_money_share"
#: Columns of runs beside the twin's that a measure of every column is read from.
_READ = ("final_gap", "worst_year", "months_below_half")


def factor_columns(design: pd.DataFrame) -> list[str]:
    """Names of the factors, in their order; uncertainties, which follow the point, are none."""
    names = list(design.columns)
    names = names[: names.index(POINT)] if POINT in names else names
    return [name for name in names if name not in _DESIGN_COLUMNS]


def uncertainty_columns(design: pd.DataFrame) -> list[str]:
    """Names of the uncertainties, in their order."""
    names = list(design.columns)
    return names[names.index(POINT) + 1 :] if POINT in names else []


def over_points(measures: pd.DataFrame, design: pd.DataFrame, *, by_chance: bool) -> pd.DataFrame:
    """Measures of a policy at all points together: each point and replicate is one of its replicates.

    Parameters
    ----------
    measures, design : DataFrame
        From :func:`per_replicate`, and its design table; with a point column, every policy at every point.
    by_chance : bool
        Whether points were laid by chance and stand for their ranges: then they are the independent clusters. If not,
        averages are over these very points, and what is left to chance is the seeds.

    Returns
    -------
    DataFrame
        Without the columns of points and uncertainties; ``design_id`` and ``history_id`` are those of the first point.
    """
    table = points_as_replicates(measures, design, int(measures["replicate"].max()) + 1 if len(measures) else 1)
    if by_chance:
        table["cluster"] = measures[POINT]
    table = table.drop(columns=[POINT, *uncertainty_columns(design)])
    return table.sort_values(["design_id", "replicate"], kind="stable").reset_index(drop=True)


def points_as_replicates(table: pd.DataFrame, design: pd.DataFrame, replicates: int) -> pd.DataFrame:
    """Rows of runs, months or measures under the ids of the first point, each point's replicates after the last's.

    Parameters
    ----------
    table : DataFrame
        With ``history_id`` and ``replicate``, and perhaps ``design_id`` (blank for twin and placebo).
    design : DataFrame
        Design table with a point column.
    replicates : int
        Replicates at each point.
    """
    histories = design.drop_duplicates("history_id").set_index("history_id")
    own = histories.index.to_series()
    first = own.groupby(histories["policy"]).transform("min")
    points = design.set_index("design_id")
    row = points.index.to_series().groupby([points["policy"], points["shock"]], dropna=False).transform("min")
    renamed = {
        "replicate": table["history_id"].map(histories[POINT]) * replicates + table["replicate"],
        "history_id": table["history_id"].map(first),
    }
    if "design_id" in table:
        renamed["design_id"] = table["design_id"].map(row)
    return table.assign(**renamed)


def design_over_points(design: pd.DataFrame) -> pd.DataFrame:
    """The design table of all points together: a row per policy and shock."""
    kept = design.sort_values("design_id", kind="stable").drop_duplicates(["policy", "shock"])
    return kept.drop(columns=[POINT, *uncertainty_columns(design)]).reset_index(drop=True)


def per_replicate(runs: pd.DataFrame, design: pd.DataFrame, seeds_per_draw: int = 1) -> pd.DataFrame:
    """One row per policy, shock and replicate, with every measure of resilience.

    Parameters
    ----------
    runs, design : DataFrame
        Tables of the store.
    seeds_per_draw : int
        Replicates that share a draw of the parameters.

    Returns
    -------
    DataFrame
        Columns of the design, ``replicate``, the measures of :data:`ecosim.analysis.naming.MEASURES` whose window some
        run was observed for, what they are made of, and the treatment as realised in the twin
        (:data:`ecosim.outcomes.treatment.REALISED`); rows of failed runs are absent. ``fragility`` and
        ``substituted`` are blank where fewer than 20 partnerships of the twin are at risk, and ``substituted`` where no
        more seats are vacated than in most placebos; ``recovery_months`` is blank where a run was not hit. A policy
        whose histories have no placebo is set beside the reference policy's.
    """
    import pandas as pd

    good = runs[runs["status"] == "ok"]
    shocked = good[good["arm"] == "shocked"].reset_index(drop=True)
    if shocked.empty:
        return pd.DataFrame(columns=[*design.columns, "replicate", *MEASURES, *PARTS])
    arms = {arm: good[good["arm"] == arm].reset_index(drop=True) for arm in ("twin", "placebo", "scattered")}
    keys = ["history_id", "replicate"]
    table = shocked[["design_id", *keys]].merge(design.drop(columns="history_id"), on="design_id", how="left")
    own = {arm: _Lookup(frame, table, [*keys, *(["design_id"] if arm == "scattered" else [])])
           for arm, frame in arms.items()}  # fmt: skip

    # at each point the reference policy's own world; where levers were laid out too, the one reference there is
    same = ["shock", "replicate"]
    if POINT in design and design.loc[design["reference"], POINT].nunique() == design[POINT].nunique():
        same.append(POINT)
    mine = np.flatnonzero(table["reference"].to_numpy(dtype=np.bool_))
    references = _positions(table.iloc[mine], table, same)
    reference = np.where(references >= 0, mine[references], -1)

    new: dict[str, NDArray[Any]] = {"cluster": table["replicate"].to_numpy() // max(1, seeds_per_draw)}
    observed = [
        (column, window)
        for column in resilience.COLUMNS
        for window in (None, *resilience.WINDOWS)
        if resilience.named("area", column, window) in shocked
    ]
    for column, window in observed:
        area = resilience.named("area", column, window)
        shock_area, twin_area = _column(shocked, area), own["twin"](area)
        reference_twin = _taken(twin_area, reference)
        values = {
            "sustained": resilience.delivered(shock_area, twin_area),
            "delivered": resilience.delivered(shock_area, reference_twin),
            "baseline_cost": resilience.baseline_cost(twin_area, reference_twin),
            "shock_area": shock_area,
            "twin_area": twin_area,
            "reference_twin": reference_twin,
            "given_up": reference_twin - twin_area,
        }
        new |= {resilience.named(name, column, window): found for name, found in values.items()}
        for name in _READ:
            full = resilience.named(name, column, window)
            if full in shocked:
                new[full] = _column(shocked, full)
    new |= _primary(table, shocked, own, reference, new, arms)
    new |= _outcomes(shocked, own["twin"])
    new |= {name: own["twin"](name) for name in REALISED if name in arms["twin"]}
    if "mean_added_eur" in shocked:
        with np.errstate(divide="ignore", invalid="ignore"):
            new[ADDED] = _column(shocked, "mean_added_eur") / own["twin"]("mean_appropriated_eur")
    order = [name for name in MEASURES if name in new]
    parts = [name for name in new if name not in MEANINGS]
    table = pd.concat([table, pd.DataFrame({name: new[name] for name in [*order, *parts]}, index=table.index)], axis=1)
    table = table[[*design.columns, "replicate", *order, *parts]]
    return table.sort_values(["design_id", "replicate"], kind="stable").reset_index(drop=True)


def _primary(
    table: pd.DataFrame, shocked: pd.DataFrame, own: Mapping[str, _Lookup], reference: NDArray[np.intp],
    areas: Mapping[str, NDArray[Any]], arms: Mapping[str, pd.DataFrame],
) -> dict[str, NDArray[Any]]:  # fmt: skip
    """Measures of the primary column alone, and what they are made of."""
    area = f"area_{resilience.PRIMARY}"
    names = {name: resilience.named(name, resilience.PRIMARY) for name in ("sustained", "shock_area", "twin_area")}
    blank = np.full(len(table), np.nan)
    sustained, shock_area, twin_area = (areas.get(name, blank) for name in names.values())
    reference_shock, reference_twin = _taken(shock_area, reference), _taken(twin_area, reference)
    added = blank.copy()
    for rows in table.groupby("design_id").indices.values():
        added[rows] = resilience.added(
            shock_area[rows], twin_area[rows], reference_shock[rows], reference_twin[rows]
        )  # fmt: skip

    def beside(name: str, arm: str = "placebo") -> NDArray[np.float64]:
        """A column of the row's own placebo, or where its history has none, of the reference policy's."""
        values = own[arm](name)
        return np.where(own["placebo"].there, values, _taken(values, reference))

    twin_beside = beside(area, "twin")
    drawdown, placebo_drawdown = _column(shocked, "drawdown"), beside("drawdown")
    hit = drawdown > resilience.placebo_threshold(_column(arms["placebo"], "drawdown"))
    exposure, exposed_area = _at_risk(table, arms["twin"])
    in_flight = {arm: own[arm](f"{area}_in_flight") for arm in ("twin", "placebo")}
    lost_in_flight = in_flight["twin"] - _column(shocked, f"{area}_in_flight")

    seats = {name: f"area_seats_{name}_{resilience.SEAT_MONTHS}" for name in ("in_flight", "vacated", "substituted")}
    seats_lost = _column(shocked, seats["vacated"]) - own["twin"](seats["vacated"])
    seats_filled = _column(shocked, seats["substituted"]) - own["twin"](seats["substituted"])
    seats_there = own["twin"](seats["in_flight"])
    partnerships = _partnerships(own["twin"])
    small_at_risk = partnerships * exposure < resilience.SMALL_GROUP
    fragility = np.where(
        small_at_risk, np.nan, resilience.fragility(lost_in_flight, np.zeros(len(table)), exposed_area)
    )  # fmt: skip
    noise = resilience.delivered(beside(seats["vacated"]) - beside(seats["vacated"], "twin"),
                                 beside(seats["in_flight"], "twin"))  # fmt: skip
    usual = float(np.nanquantile(noise, resilience.PLACEBO_QUANTILE)) if np.isfinite(noise).any() else 0.0
    enough = resilience.delivered(seats_lost, seats_there) > max(usual, 0.0)
    substituted = np.where(small_at_risk | ~enough, np.nan, resilience.substituted(seats_lost, seats_filled))
    return {
        "added": added,
        "loss_beyond_placebo": resilience.delivered(beside(area), twin_beside) - sustained,
        "concentration": resilience.delivered(own["scattered"](area), twin_area) - sustained,
        "exposure": exposure,
        "fragility": fragility,
        "substituted": substituted,
        "drawdown": drawdown,
        "drawdown_beyond_placebo": drawdown - placebo_drawdown,
        "recovery_months": np.where(hit, _column(shocked, "recovery_months"), np.nan),
        "hit": hit,
        "recovery_censored": _column(shocked, "recovery_censored"),
        "small_group": partnerships < resilience.SMALL_GROUP,
        "small_group_at_risk": small_at_risk,
        "window_months": _column(shocked, "window_months"),
        "in_flight_lost": lost_in_flight,
        "exposed_area": exposed_area,
        "seats_lost": seats_lost,
        "seats_filled": seats_filled,
        "seats_exposed": seats_there * exposure,
        "placebo_drawdown": placebo_drawdown,
        # what a measure that is no ratio is divided by
        "one": np.ones(len(table)),
    }


def _outcomes(shocked: pd.DataFrame, twin: _Lookup) -> dict[str, NDArray[np.float64]]:
    """Level and change of every outcome of :data:`~ecosim.outcomes.measured.MEASURED` that the runs hold."""
    found = {}
    for item in MEASURED:
        names = [f"mean_{item.of}", *([f"mean_{item.per}"] if item.per is not None else [])]
        if any(name not in shocked for name in names):
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            own, base = ([of(name) for name in names] for of in (lambda name: _column(shocked, name), twin))
            levels = [
                side[0] if item.per is None else np.where(side[1] > 0.0, side[0] / side[1], np.nan)
                for side in (own, base)
            ]
        found[resilience.named("level", item.name)] = levels[0]
        found[resilience.named("change", item.name)] = levels[0] - levels[1]
    return found


class _Lookup:
    """Columns of one arm in the order of the rows they belong to; blank where there is no such run."""

    def __init__(self, frame: pd.DataFrame, rows: pd.DataFrame, on: list[str]) -> None:
        self._frame = frame
        self._place = _positions(frame, rows, on)
        #: Which rows have a run.
        self.there = self._place >= 0

    def __call__(self, name: str) -> NDArray[np.float64]:
        return _taken(_column(self._frame, name), self._place)


def _positions(frame: pd.DataFrame, rows: pd.DataFrame, on: list[str]) -> NDArray[np.intp]:
    """Place in a frame of each of some rows, by keys that are unique in it; -1 where it is not there."""
    import pandas as pd

    if frame.empty:
        return np.full(len(rows), -1, dtype=np.intp)
    # one numbering of the keys of both, which may be of different types
    both = pd.concat([frame[on], rows[on]], ignore_index=True)
    number = both.groupby(on, dropna=False, sort=False).ngroup().to_numpy()
    place = np.full(number.max() + 1, -1, dtype=np.intp)
    place[number[: len(frame)]] = np.arange(len(frame))
    return place[number[len(frame) :]]


def _taken(values: NDArray[np.float64], places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Values at places, blank where the place is -1."""
    if not len(values):
        return np.full(len(places), np.nan)
    return np.where(places >= 0, values[places], np.nan)


def _column(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))


def _partnerships(twin: _Lookup) -> NDArray[np.float64]:
    """Mean partnerships under way in each twin, funded and unfunded; without the columns, as many as one likes."""
    active = twin("mean_partnerships_active")
    return np.where(np.isnan(active), np.inf, active + np.nan_to_num(twin("mean_partnerships_unfunded")))


def _at_risk(table: pd.DataFrame, twins: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exposure and exposed in-flight work of the twin, under the label of each row's branch."""
    place = _positions(twins, table, ["history_id", "replicate"])
    shocks = table["shock"].to_numpy()
    found = np.full((2, len(table)), np.nan)
    for label in table["shock"].dropna().unique():
        mine = shocks == label
        for k, prefix in enumerate(("exposure:", f"area_{resilience.PRIMARY}_at_risk_in_flight:")):
            found[k, mine] = _taken(_column(twins, f"{prefix}{label}"), place[mine])
    return found[0], found[1]


def summarise(measures: pd.DataFrame, design: pd.DataFrame, unranked: Collection[str] = ()) -> pd.DataFrame:
    """Mean and 95 % interval of every measure, per policy and shock.

    Parameters
    ----------
    measures, design : DataFrame
        From :func:`per_replicate`, and its design table.
    unranked : collection of str
        Policies that are not ranked: those with new money have no equal budget with the others.

    Returns
    -------
    DataFrame
        A row per design point: the design, ``replicates``, ``clusters``; then ``<measure>``, ``<measure>_low``,
        ``<measure>_high`` (bootstrap over clusters; jackknife for ratios of sums); ``never_hit_share``,
        ``not_recovered_share`` (of the runs that were hit, at the horizon), ``recovery_horizon_months``; the means of
        :data:`ecosim.outcomes.treatment.REALISED`; and, on ``delivered_output``, ``probability_best`` (of the highest
        mean), ``best_share`` (of draws in which it is ahead of all others), ``regret`` and ``regret_q90``.
        ``recovery_months`` is the restricted mean over the runs that were hit.
    """
    import pandas as pd

    from ecosim.analysis.ranking import rank

    rows: list[dict[Any, Any]] = []
    horizon = float(measures["window_months"].min()) if len(measures) else float("nan")
    # arrays from here on: a table is slow to look into a thousand times
    names = [name for name in MEASURES if name in measures]
    rest = [name for name in measures.columns if name not in MEANINGS and name not in design.columns]
    numbers = {name: measures[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in (*names, *rest)}
    points = measures["design_id"].to_numpy()
    for point in design.to_dict("records"):
        part = {name: values[points == point["design_id"]] for name, values in numbers.items()}
        count = len(part["cluster"])
        row = dict(point) | {"replicates": count, "clusters": len(np.unique(part["cluster"]))}
        small = count > 0 and float(part["small_group"].mean()) > 0.5
        summed = {*SUMMED, *(_SHARES if small else ())}
        averaged = [name for name in names if name not in summed and name != "recovery_months"]
        means = resilience.mean_intervals(
            np.column_stack([part[name] for name in averaged]) if averaged else np.empty((count, 0)), part["cluster"]
        )
        found = dict(zip(averaged, means.tolist(), strict=True))
        for name in names:
            if name == "recovery_months":
                found[name] = list(_recovery(part, horizon))
            elif name in summed:
                found[name] = list(_ratio(part, *CONTRASTED[name][:2]))
            row[name], row[f"{name}_low"], row[f"{name}_high"] = found[name]
        hit = _hit(part)
        row["never_hit_share"] = float((~hit).mean()) if count else float("nan")
        row["not_recovered_share"] = float("nan")
        if hit.any():
            _, share = resilience.kaplan_meier(part["recovery_months"][hit], _censored(part)[hit])
            row["not_recovered_share"] = float(share[-1])
        row["recovery_horizon_months"] = horizon
        for name in (*REALISED, ADDED):
            known = part[name][np.isfinite(part[name])] if name in part else np.empty(0)
            row[name] = float(known.mean()) if len(known) else float("nan")
        rows.append(row)
    summary = pd.DataFrame(rows)
    if unranked:
        measures, design = (table[~table["policy"].isin([*unranked])] for table in (measures, design))
    ranks = rank(measures, design)
    return summary.merge(ranks.drop(columns="shock"), on="design_id", how="left")


_Part = Mapping[str, NDArray[np.float64]]


def _hit(part: _Part) -> NDArray[np.bool_]:
    return (part["hit"] > 0.0) & np.isfinite(part["recovery_months"])


def _censored(part: _Part) -> NDArray[np.bool_]:
    return part["recovery_censored"] > 0.0


def _recovery(part: _Part, horizon: float) -> tuple[float, float, float]:
    """Restricted mean months until recovery of the runs that were hit, with a bootstrap interval over clusters."""
    hit = _hit(part)
    months, censored = part["recovery_months"][hit], _censored(part)[hit]
    mean = resilience.restricted_mean(months, censored, horizon)
    clusters = np.unique(part["cluster"][hit])
    if len(clusters) < 2:
        return mean, float("nan"), float("nan")
    member = part["cluster"][hit][None, :] == clusters[:, None]
    drawn = resilience.resampled_replicates(len(clusters), 400)
    weights = np.array([np.bincount(chosen, minlength=len(clusters)) for chosen in drawn]) @ member
    low, high = np.quantile(resilience.restricted_means(months, censored, horizon, weights), [0.025, 0.975])
    return mean, float(low), float(high)


def _ratio(part: _Part, top: str, bottom: str) -> tuple[float, float, float]:
    """Ratio of sums over clusters with its jackknife interval; blank where the denominator is not surely positive."""
    from scipy.special import stdtrit

    values = np.column_stack([part[top], part[bottom]])
    good = np.isfinite(values).all(axis=1)
    tops, bottoms = resilience.cluster_sums(values[good], part["cluster"][good]).T
    n = len(bottoms)
    blank = (float("nan"),) * 3
    if n == 0:
        return blank
    ratio, pseudo = resilience.ratio_of_sums(tops, bottoms)
    if n < 2:
        return ratio, float("nan"), float("nan")
    exposed = part["seats_exposed"][good]
    if not surely_positive(bottoms) or (bottom == "seats_lost" and not enough_lost(values[good, 1], exposed)):
        return blank
    half = float(stdtrit(n - 1, 0.975)) * float(np.std(pseudo, ddof=1)) / np.sqrt(n)
    return ratio, ratio - half, ratio + half
