"""What common random numbers save: the variance of differences between paired runs, beside that of independent ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    import pandas as pd

#: Outcomes whose differences are looked at; those of what is delivered have the reference's twin in both terms
#: already.
OUTCOMES: tuple[str, ...] = (
    "shock_area_collaboration", "twin_area_collaboration", "sustained_collaboration", "drawdown",
    "final_gap_collaboration", "fragility", "substituted",
)  # fmt: skip
#: Fewest pairs from which a variance is estimated.
FEWEST_PAIRS = 5
#: What a run is paired with, beside the reference policy.
TWIN = "its own twin"
COLUMNS: tuple[str, ...] = (
    "outcome", "shock", "policy", "against", "pairs", "variance_paired", "variance_independent", "saved", "correlation"
)  # fmt: skip


def saved_by_pairing(one: ArrayLike, other: ArrayLike) -> tuple[float, float, float, float]:
    """Variance of one - other when both share random numbers, beside what it would be if they did not.

    Parameters
    ----------
    one, other : array_like, shape (pairs,)
        Paired outcomes; pairs with a missing value are left out.

    Returns
    -------
    paired, independent : float
        Variance of the difference: as it is, and the sum of both variances.
    saved : float
        1 - paired / independent: 0 when pairing does nothing, 1 when all noise is shared, below 0 when it does harm.
    correlation : float
        Between both.

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, section 11.2.
    """
    table = np.column_stack([np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)])
    table = table[np.isfinite(table).all(axis=1)]
    blank = (float("nan"),) * 4
    if len(table) < FEWEST_PAIRS:
        return blank
    first, second = table.var(axis=0, ddof=1)
    independent = float(first + second)
    if not independent > 0.0:
        return blank
    paired = float((table[:, 0] - table[:, 1]).var(ddof=1))
    spread = float(np.sqrt(first * second))
    correlation = float((independent - paired) / (2.0 * spread)) if spread > 0.0 else float("nan")
    return paired, independent, 1.0 - paired / independent, correlation


def common_numbers_table(measures: pd.DataFrame) -> pd.DataFrame:
    """What pairing saves, per outcome, shock and policy: against the reference policy, and against the run's own twin.

    Parameters
    ----------
    measures : DataFrame
        From :func:`ecosim.analysis.measures.per_replicate`.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`. Pairs share seeds and, where parameters or points were laid by chance, those too.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for shock, part in measures.groupby("shock", sort=False):
        reference = part[part["reference"]].set_index("replicate").reindex(columns=list(OUTCOMES))
        paired = reference.index.is_unique and not part.duplicated(["policy", "replicate"]).any()
        against = str(part.loc[part["reference"], "policy"].iloc[0]) if len(reference) and paired else ""
        own = part.reindex(columns=[*OUTCOMES, "twin_area_collaboration"]).to_numpy(np.float64)
        others = reference.reindex(part["replicate"]).to_numpy(np.float64) if against else np.full_like(own, np.nan)
        policies, is_reference = part["policy"].to_numpy(), part["reference"].to_numpy(dtype=np.bool_)
        for policy in dict.fromkeys(policies):
            mine = policies == policy
            pairs = [(OUTCOMES[0], TWIN, own[mine, 0], own[mine, -1])]
            if against and not is_reference[mine].any():
                pairs += [(name, against, own[mine, k], others[mine, k]) for k, name in enumerate(OUTCOMES)]
            for outcome, other_world, one, other in pairs:
                found = saved_by_pairing(one, other)
                if np.isfinite(found[0]):
                    count = int((np.isfinite(one) & np.isfinite(other)).sum())
                    rows.append(dict(zip(COLUMNS, (outcome, shock, policy, other_world, count, *found), strict=True)))
    return pd.DataFrame(rows, columns=list(COLUMNS))
