"""Partnerships by country and start year under a shock, beside the same world without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

#: The country's share in the projects of the programme that started in a year: name -> meaning.
SHARES: dict[str, str] = {
    "participation_share": "the country's share of all participations in the programme's projects, members who left "
    "included",
    "money_share": "the country's share of all that the programme grants",
    "coordination_share": "the country's share of all coordinations of the programme's projects",
    "unpaid_share": "of the country's participations in the programme's projects, the share to which the programme "
    "pays nothing",
}
#: What is counted of the partnerships that started in a year with a member from the country: name -> meaning.
COUNTED: dict[str, str] = {
    "partnerships": "funded partnerships with a member from the country",
    "partnerships_unfunded": "unfunded partnerships with a member from the country",
    "members": "members from the country in funded partnerships, those who left included",
    "led": "funded partnerships led from the country",
    "grant_eur": "EUR of grants to members from the country",
    **SHARES,
}
#: Columns of the table.
TABLE: tuple[str, ...] = (
    "design_id", "policy", "shock", "country", "start_year", "replicates",
    *(f"{name}_{end}" for name in COUNTED for end in ("twin", "shocked", "change")),
)  # fmt: skip


def by_start_year(start_years: pd.DataFrame, design: pd.DataFrame) -> pd.DataFrame:
    """What each country's partnerships of each start year come to, per policy and shock.

    Parameters
    ----------
    start_years : DataFrame
        ``start_years.parquet``: a row per run, start year and country.
    design : DataFrame
        Design table.

    Returns
    -------
    DataFrame
        A row per policy, shock, country and start year. Of each of :data:`COUNTED`: ``_twin`` without the shock,
        ``_shocked`` with it, and ``_change``, the difference; means over replicates, at the scale of the world. Paired
        by replicate: replicates in which one of the two runs failed are left out. Without shocks, the twin alone.
    """
    import pandas as pd

    if start_years.empty:
        return pd.DataFrame(columns=list(TABLE))
    names = list(COUNTED)
    keys = ["history_id", "replicate", "country", "start_year"]
    known = start_years
    twins = known[known["arm"] == "twin"][[*keys, *names]]
    parts: list[pd.DataFrame] = []
    for point in design.to_dict("records"):
        own = twins[twins["history_id"] == point["history_id"]]
        alone = pd.isna(point["shock"])
        mine = own if alone else known[(known["arm"] == "shocked") & (known["design_id"] == point["design_id"])]
        # both arms end in the same month, so their years are the same
        pairs = mine[[*keys, *names]].merge(own, on=keys, suffixes=("", "_twin"))
        if pairs.empty:
            continue
        of_cells = pairs.groupby(["country", "start_year"], sort=True, observed=True)
        means = of_cells[[*names, *(f"{name}_twin" for name in names)]].mean()
        rows: dict[str, Any] = {"design_id": point["design_id"], "policy": point["policy"], "shock": point["shock"]}
        rows["country"] = means.index.get_level_values("country").astype("str")
        rows["start_year"] = means.index.get_level_values("start_year")
        rows["replicates"] = of_cells["replicate"].nunique().to_numpy()
        for name in names:
            twin, shocked = means[f"{name}_twin"].to_numpy(), means[name].to_numpy()
            empty = [float("nan")] * len(twin)
            rows |= {f"{name}_twin": twin, f"{name}_shocked": empty if alone else shocked,
                     f"{name}_change": empty if alone else shocked - twin}  # fmt: skip
        parts.append(pd.DataFrame(rows))
    return pd.concat(parts, ignore_index=True)[list(TABLE)] if parts else pd.DataFrame(columns=list(TABLE))
