"""What the replicates of a brief say of how long a loss lasts, who gains, and what a country's own money does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.evidence.brief_runs import OWN_MONEY, PLACEBO, TWIN

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.evidence.brief_question import Question
    from ecosim.world.facts import World

#: Columns of the breaks that say for how long.
LASTING = ("months_below", "back_after_months")


def with_intervals(values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Means over replicates (rows) with simultaneous intervals, which a handful of replicates does not have."""
    from ecosim.analysis.contrasts import FEWEST_CLUSTERS, simultaneous_intervals

    found = simultaneous_intervals(values)
    if len(values) >= FEWEST_CLUSTERS:
        return [found.estimate, found.low, found.high]
    return [found.estimate, *(np.full(values.shape[1], np.nan) for _ in range(2))]


#: Columns of what differs from one replicate to the next, as :mod:`ecosim.report.verbs` reads them.
SPREAD = ("draws", "share_helped", "share_hurt", "draw_min", "draw_max")


def spread_of(changes: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Spread over replicates (rows) of changes: in how many they help or hurt by more than the smallest effect."""
    from ecosim.analysis.contrasts import LEAST_EFFECT

    helped, hurt = (changes > LEAST_EFFECT).mean(axis=0), (changes < -LEAST_EFFECT).mean(axis=0)
    draws = np.full(changes.shape[1], float(len(changes)))
    return dict(zip(SPREAD, (draws, helped, hurt, changes.min(axis=0), changes.max(axis=0)), strict=True))


def break_course(good: Sequence[Mapping[str, Any]], labels: Sequence[str], country: int) -> pd.DataFrame:
    """What the country loses in each half-year after the breaks.

    Returns
    -------
    DataFrame
        A row per branch and half-year: ``break, from_month, to_month`` (since the breaks, half-open), ``lost_share``
        with ``low, high`` (95 % for all half-years of the branch at once). As many half-years as all replicates have.
    """
    import pandas as pd

    from ecosim.analysis.resilience import BLOCK_MONTHS

    blocks = min(len(row["found"][TWIN].blocks) for row in good)
    rows = []
    for label in labels:
        own, twin = (np.array([row["found"][name].blocks[:blocks, country] for row in good]) for name in (label, TWIN))
        # a half-year in which a small country does nothing has no share
        lost = 1.0 - own / np.where(twin > 0.0, twin, np.nan)
        whole = np.isfinite(lost).all(axis=0)
        found = np.full((3, blocks), np.nan)
        if whole.any():
            found[:, whole] = with_intervals(lost[:, whole])
        rows += [(label, BLOCK_MONTHS * k, BLOCK_MONTHS * (k + 1), *found[:, k]) for k in range(blocks)]
    return pd.DataFrame(rows, columns=["break", "from_month", "to_month", "lost_share", "low", "high"])


def lasting(course: pd.DataFrame) -> pd.DataFrame:
    """For how long a branch is below the twin.

    Returns
    -------
    DataFrame
        A row per branch: ``months_below`` (months of the half-years whose loss is surely above zero, not-a-number
        without intervals), ``back_after_months`` (until the mean loss has fallen to 5 % again; infinite where it has
        not by the end, 0 where it never was more), as :func:`ecosim.analysis.resilience.recovery_months` has them.
    """
    import pandas as pd

    from ecosim.analysis.resilience import BLOCK_MONTHS, recovery_months

    rows = []
    for label, own in course.groupby("break", sort=False):
        judged = own["low"].notna().any()
        gap = own["lost_share"].dropna().to_numpy()
        months, censored = recovery_months(gap) if len(gap) else (np.nan, False)
        back = np.inf if censored else 0.0 if len(gap) and not np.isfinite(months) else months
        rows.append((label, float((own["low"] > 0.0).sum() * BLOCK_MONTHS) if judged else np.nan, back))
    return pd.DataFrame(rows, columns=["break", *LASTING])


def _changes(
    world: World, good: Sequence[Mapping[str, Any]], label: str, countries: Sequence[int], scale: float
) -> pd.DataFrame:
    """What some countries have more or less in a branch, beside the twin, with intervals for all of them at once."""
    import pandas as pd

    own, twin = (np.array([row["found"][name].areas for row in good]) for name in (label, TWIN))
    months = np.array([[row["months"]] for row in good])
    # of who does nothing in some replicate nothing is said
    said = [c for c in countries if (twin[:, c] > 0.0).all()]
    share, low, high = with_intervals(own[:, said] / twin[:, said] - 1.0) if said else np.empty((3, 0))
    return pd.DataFrame(
        {"code": [world.countries[c] for c in said], "name": [world.country_names[c] for c in said],
         "changed_share": share, "low": low, "high": high,
         "changed_person_months": ((own - twin) / months)[:, said].mean(axis=0) / scale}
    )  # fmt: skip


def changes_elsewhere(
    question: Question, good: Sequence[Mapping[str, Any]], labels: Sequence[str], scale: float
) -> pd.DataFrame:
    """Who gains and who loses when the country breaks.

    Returns
    -------
    DataFrame
        A row per break and other country, the largest gain first: ``break, code, name, changed_share`` of that
        country's own work with ``low, high`` (95 % for all countries of the break at once), and
        ``changed_person_months`` a month at full scale.
    """
    import pandas as pd

    world = question.world
    others = [int(c) for c in np.flatnonzero(world.named) if c != question.country]
    tables = [_changes(world, good, label, others, scale).assign(**{"break": label}) for label in labels]
    columns = ["break", "code", "name", "changed_share", "low", "high", "changed_person_months"]
    if not tables:
        return pd.DataFrame(columns=columns)
    sorted_ = [one.sort_values("changed_person_months", ascending=False, kind="stable") for one in tables]
    return pd.concat(sorted_, ignore_index=True)[columns]


def own_money(question: Question, good: Sequence[Mapping[str, Any]], scale: float) -> pd.DataFrame:
    """What new money of the country's own does, from the month of the breaks on, without any break.

    Returns
    -------
    DataFrame
        The country first, then the others, the largest gain first: ``code, name, changed_share`` of its own work with
        ``low, high`` (95 %: the country's beside the placebo's, the others' for all of them at once),
        ``changed_person_months`` a month at full scale; over ``draws`` replicates ``share_helped`` and ``share_hurt``
        (it moves by more than the smallest effect of interest), ``draw_min, draw_max``; ``verdict``
        (:mod:`ecosim.report.verbs`). No rows where it is not tried.
    """
    import pandas as pd

    from ecosim.analysis.contrasts import verdict

    columns = ["code", "name", "changed_share", "low", "high", "changed_person_months", *SPREAD, "verdict"]
    if OWN_MONEY not in good[0]["found"]:
        return pd.DataFrame(columns=columns)
    world, country = question.world, question.country
    own = _changes(world, good, OWN_MONEY, [country], scale)
    twin = np.array([row["found"][TWIN].areas for row in good])
    with_money, placebo = (np.array([row["found"][name].areas for row in good]) for name in (OWN_MONEY, PLACEBO))
    both = np.stack([one[:, country] / twin[:, country] - 1.0 for one in (with_money, placebo)], axis=1)
    _, low, high = with_intervals(both)
    own["low"], own["high"] = low[0], high[0]
    others = [int(c) for c in np.flatnonzero(world.named) if c != country]
    elsewhere = _changes(world, good, OWN_MONEY, others, scale).sort_values(
        "changed_person_months", ascending=False, kind="stable"
    )
    table = pd.concat([own, elsewhere], ignore_index=True)
    place = {code: k for k, code in enumerate(world.countries)}
    moved = [with_money[:, place[code]] / twin[:, place[code]] - 1.0 for code in table["code"]]
    for name, values in spread_of(np.stack(moved, axis=1)).items():
        table[name] = values
    table["verdict"] = [
        verdict(row["low"], row["high"], row["share_helped"], row["share_hurt"]) for row in table.to_dict("records")
    ]
    return table[columns]
