"""Who loses and who gains: output and collaboration of each country under a shock, beside the same world without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis import resilience

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Columns compared, in this order.
COMPARED: tuple[str, ...] = ("output", "collaboration")
#: Columns of the months by country that are looked at; means over replicates have no ``replicate``.
LOOKED_AT: tuple[str, ...] = ("design_id", "history_id", "replicate", "replicates", "arm", "country", *COMPARED)
#: What is said of each column.
_SAID: tuple[str, ...] = ("twin", "change", "share", "share_low", "share_high")
#: Ends of a 95 % interval.
_ENDS = (0.025, 0.975)
#: Columns of the table.
TABLE: tuple[str, ...] = (
    "design_id", "policy", "shock", "country", "replicates",
    *(f"{column}_{name}" for column in COMPARED for name in _SAID), "rank",
)  # fmt: skip


def by_country(countries: pd.DataFrame, design: pd.DataFrame, seeds_per_draw: int = 1) -> pd.DataFrame:
    """Change of each country's part of output and collaboration, per policy and shock.

    Parameters
    ----------
    countries : DataFrame
        ``countries.parquet``: months of every run, or their means over replicates.
    design : DataFrame
        Design table.
    seeds_per_draw : int
        Replicates that share a draw of the parameters.

    Returns
    -------
    DataFrame
        A row per policy, shock and country, those that lose most output first (``rank``). Of each of
        :data:`COMPARED`: ``_twin``, person-months a month without the shock, mean over the response and over
        replicates; ``_change``, what the shock adds to it; ``_share``, the change over the twin's; and the 95 %
        interval of that, by bootstrap over draws (of the change and of the twin's together, so that nothing loses more
        than it has), blank for means over replicates. Paired by replicate: replicates in
        which one of the two runs failed are left out.

    Notes
    -----
    Where targets are drawn per replicate, a country's change mixes the replicates in which it was hit with those in
    which others were.
    """
    import pandas as pd

    if countries.empty or design["shock"].isna().all():
        return pd.DataFrame(columns=list(TABLE))
    every_run = "replicate" in countries
    found = countries if every_run else countries.assign(replicate=0)
    sums = (
        found[found["arm"].isin(("twin", "shocked"))]
        .groupby(["arm", "history_id", "design_id", "replicate", "country"], dropna=False, observed=True, sort=True)
        .agg(months=("output", "size"), **{name: (name, "sum") for name in COMPARED})
        .reset_index()
    )
    twins = sums[sums["arm"] == "twin"].drop(columns=["arm", "design_id"])
    shocked = sums[sums["arm"] == "shocked"].drop(columns=["arm"])
    pairs = shocked.merge(twins, on=["history_id", "replicate", "country"], suffixes=("", "_twin"))
    parts = []
    for point in design[design["shock"].notna()].to_dict("records"):
        mine = pairs[pairs["design_id"] == point["design_id"]]
        if mine.empty:
            continue
        codes = list(dict.fromkeys(mine["country"]))
        order = mine["country"].map({code: k for k, code in enumerate(codes)}).to_numpy(dtype=np.intp)
        numbers, replicate = np.unique(mine["replicate"].to_numpy(), return_inverse=True)
        rows: dict[str, Any] = {"design_id": point["design_id"], "policy": point["policy"], "shock": point["shock"],
                                "country": codes}  # fmt: skip
        rows["replicates"] = len(numbers) if every_run else int(countries["replicates"].max())
        clusters = numbers // max(1, seeds_per_draw)
        for column in COMPARED:
            tables = np.full((2, len(numbers), len(codes)), np.nan)
            for k, name in enumerate((column, f"{column}_twin")):
                tables[k, replicate, order] = mine[name].to_numpy(np.float64) / mine["months"].to_numpy(np.float64)
            rows |= {f"{column}_{name}": values for name, values in _said(tables[0], tables[1], clusters).items()}
        parts.append(pd.DataFrame(rows))
    if not parts:
        return pd.DataFrame(columns=list(TABLE))
    table = pd.concat(parts, ignore_index=True)
    table["rank"] = table.groupby("design_id")["output_change"].rank(method="first").astype(int)
    return table.sort_values(["design_id", "rank"], kind="stable", ignore_index=True)[list(TABLE)]


def _said(
    shocked: NDArray[np.float64], twin: NDArray[np.float64], clusters: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Twin, change and its share of one column, shape (replicates, countries) each."""
    base = twin.mean(axis=0)
    change = (shocked - twin).mean(axis=0)
    known = np.isfinite(shocked) & np.isfinite(twin)
    # a ratio of sums: a small country does nothing in some replicates. Both are resampled together, so that nothing
    # loses more than it has
    lost, had = (resilience.cluster_sums(np.where(known, part, 0.0), clusters) for part in (shocked - twin, twin))
    shares = np.full((3, twin.shape[1]), np.nan)
    shares[0] = _ratio(lost.sum(axis=0), had.sum(axis=0))
    if len(had) >= 2:
        counts = resilience.times_drawn(len(had))
        found = _ratio(counts @ lost, counts @ had)
        whole = np.isfinite(found).all(axis=0)
        shares[1:, whole] = np.quantile(found[:, whole], _ENDS, axis=0)
        for k in np.flatnonzero(~whole & np.isfinite(found).any(axis=0)):
            shares[1:, k] = np.nanquantile(found[:, k], _ENDS)
    return {"twin": base, "change": change} | dict(zip(_SAID[2:], shares, strict=True))


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0.0)
