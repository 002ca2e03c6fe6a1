"""One scenario as one country sees it: what it loses and gains beside the world, and with which partners."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecosim.analysis.coverage import Coverage, country_name, silences
from ecosim.analysis.naming import plain
from ecosim.report.health import health_lines

if TYPE_CHECKING:
    import pandas as pd

#: Partners named, by joint work before the shock or by what changes.
_PARTNERS = 8
#: Width of running text.
_WIDTH = 100
#: Columns of the table by country, and of runs, in words.
_SAID = {"collaboration": "collaboration", "output": "output"}


def focus_text(
    code: str,
    by_country: pd.DataFrame,
    runs: pd.DataFrame,
    design: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    covered: Mapping[str, Sequence[Coverage]],
    scale: float = 1.0,
    months: pd.DataFrame | None = None,
) -> str:
    """What a run says of one country.

    Parameters
    ----------
    code : str
        ISO 3.
    by_country : DataFrame
        From :func:`ecosim.analysis.countries.by_country`.
    runs, design, pairs : DataFrame
        Tables of the run; of pairs, those that were kept.
    covered : mapping
        Label of the branch -> coverage of its shocks as the country sees them.
    scale : float
        ``world.scale``: person-months are those of the simulated world, and said to be so.
    months : DataFrame, optional
        ``countries.parquet``: where it has the columns of health, what becomes of them is said too.
    """
    name = country_name(code)
    small = f", in a world at scale {scale:g}" if scale != 1.0 else ""
    lines = [f"{name} ({code}) alone: its own part of collaboration and output{small}"]
    own = by_country[by_country["country"] == code]
    branches = design[design["shock"].notna()]
    if branches.empty or own.empty:
        lines.append("No run with a shock is there to compare.")
        return "\n".join([*lines, *_calm_partners(code, pairs)])
    for point in branches.to_dict("records"):
        row = own[own["design_id"] == point["design_id"]]
        shock = str(point["shocks"] or point["shock"])
        if row.empty:
            lines.append(f"With {shock}: no run finished.")
            continue
        found = covered.get(str(point["shock"]), ())
        lines += [one.words() for one in found if not one.enough]
        if silences(found):
            # errors of models and warnings do not hang on the joint work that is simulated
            lines += _health(code, months, point["design_id"])
            continue
        lines += _beside_world(name, shock, row.iloc[0], by_country, point["design_id"])
        lines += _health(code, months, point["design_id"])
        lines += _partners(code, pairs, point["design_id"])
        for one in found:
            if one.enough:
                lines += textwrap.wrap(one.words(), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines)


def _beside_world(name: str, shock: str, row: pd.Series, by_country: pd.DataFrame, design_id: int) -> list[str]:
    """What the country loses or gains of each column, beside all countries together."""
    world = by_country[by_country["design_id"] == design_id]
    width = max(len(name), len("all countries"))
    lines = [f"With {shock}:", f"  {'a month, in person-months':<28}{'without it':>12}{'with it':>12}{'change':>12}"]
    for column, said in _SAID.items():
        twin, change = float(row[f"{column}_twin"]), float(row[f"{column}_change"])
        whole, all_change = float(world[f"{column}_twin"].sum()), float(world[f"{column}_change"].sum())
        for who, base, moved in ((name, twin, change), ("all countries", whole, all_change)):
            label = f"{said}, {who:<{width}}"
            lines.append(f"  {label:<28.40}{base:>12,.1f}{base + moved:>12,.1f}{_share(moved, base):>12}")
    own, all_of_them = (
        _ratio(float(row["collaboration_change"]), float(row["collaboration_twin"])),
        _ratio(float(world["collaboration_change"].sum()), float(world["collaboration_twin"].sum())),
    )
    place = int((world["collaboration_change"] < row["collaboration_change"]).sum()) + 1
    verb = "loses" if own < 0 else "gains"
    if np.isfinite(own):
        lines.append(
            f"  {name} {verb} {100 * abs(own):.1f} % of its collaboration; all countries together "
            f"{'lose' if all_of_them < 0 else 'gain'} {100 * abs(all_of_them):.1f} %."
        )
        if own < 0:
            lines.append(f"  By person-months lost it is number {place} of {len(world)} countries.")
    else:
        lines.append(f"  {name} does no work across borders in this world, so it has nothing to lose.")
    return lines


def _health(code: str, months: pd.DataFrame | None, design_id: int) -> list[str]:
    """What the shock changes of the country's health, mean over the response; nothing where it was not followed."""
    if months is None:
        return []
    mine = months[months["country"] == code]
    twin, shocked = mine[mine["arm"] == "twin"], mine[(mine["arm"] == "shocked") & (mine["design_id"] == design_id)]
    return health_lines(twin, shocked)


def partners_of(code: str, pairs: pd.DataFrame, design_id: int | None) -> pd.DataFrame:
    """Joint work of a country with each partner, person-months a month.

    Parameters
    ----------
    code : str
        ISO 3.
    pairs : DataFrame
        Rows of ``pairs.parquet``, of one history or the means of several.
    design_id : int, optional
        The shocked run that is set beside the twin.

    Returns
    -------
    DataFrame
        A row per partner, the largest before the shock first: ``partner, before`` (the year before it), ``twin`` and
        ``shocked`` (the second year after it, without and with it) and ``change``.
    """
    import pandas as pd

    names = ["partner", "before", "twin", "shocked", "change"]
    if pairs.empty:
        return pd.DataFrame(columns=names)
    mine = pairs[((pairs["country_a"] == code) != (pairs["country_b"] == code))]
    partner = mine["country_a"].where(mine["country_a"] != code, mine["country_b"])
    mine = mine.assign(partner=partner)
    replicates = max(1, pairs["replicate"].nunique())

    def total(rows: pd.DataFrame) -> pd.Series:
        return rows.groupby("partner")["person_months"].sum() / replicates

    twin = mine[mine["arm"] == "twin"]
    shocked = mine[(mine["arm"] == "shocked") & (mine["design_id"] == design_id)]
    table = pd.DataFrame(
        {"before": total(twin[twin["period"] == "before"]), "twin": total(twin[twin["period"] == "during"]),
         "shocked": total(shocked[shocked["period"] == "during"])}
    ).fillna(0.0)  # fmt: skip
    table["change"] = table["shocked"] - table["twin"]
    table = table.rename_axis("partner").reset_index()
    return table.sort_values(["before", "partner"], ascending=[False, True], kind="stable", ignore_index=True)[names]


def partners_under(code: str, pairs: pd.DataFrame, design: pd.DataFrame, shock: str) -> pd.DataFrame:
    """:func:`partners_of` under the reference policy of a sweep."""
    point = design[design["reference"].astype(bool) & (design["shock"] == shock)].iloc[0]
    own = pairs[pairs["history_id"] == point["history_id"]] if len(pairs) else pairs
    return partners_of(code, own, int(point["design_id"]))


def partners_text(code: str, pairs: pd.DataFrame, design: pd.DataFrame) -> str:
    """What becomes of a country's work with its partners under each shock of a sweep; empty where it was not kept."""
    if pairs.empty:
        return ""
    lines = [
        f"WITH WHOM {country_name(code).upper()} WORKS (reference policy, {pairs['replicate'].nunique()} replicates "
        "whose pairs were kept)"
    ]
    for shock in design.loc[design["reference"].astype(bool), "shock"].dropna().unique():
        table = partners_under(code, pairs, design, str(shock))
        lines += [f"  {plain(str(shock)).upper()}", *_partner_lines(table)]
    return "\n".join(lines) if len(lines) > 1 else ""


def _partners(code: str, pairs: pd.DataFrame, design_id: int) -> list[str]:
    return _partner_lines(partners_of(code, pairs, design_id))


def _partner_lines(table: pd.DataFrame) -> list[str]:
    if table.empty:
        return ["  Who works with whom was not kept."]
    # the main ones, and those with which most is lost or won
    moved = table.reindex(table["change"].abs().sort_values(ascending=False, kind="stable").index)
    chosen = list(dict.fromkeys([*table.index[: _PARTNERS // 2], *moved.index]))[:_PARTNERS]
    head = f"  {'partners: joint work a month':<28}{'year before':>12}{'without it':>12}{'with it':>12}{'change':>12}"
    rows = [
        f"  {country_name(row['partner']):<28.28}{row['before']:>12.1f}{row['twin']:>12.1f}{row['shocked']:>12.1f}"
        f"{_share(row['change'], row['twin']):>12}"
        for row in table.loc[sorted(chosen)].to_dict("records")
    ]
    return [head, *rows, "  (without and with it: the second year after the announcement)"]


def _calm_partners(code: str, pairs: pd.DataFrame) -> list[str]:
    table = partners_of(code, pairs, None)
    named = ", ".join(f"{country_name(row['partner'])} {row['before']:.1f}"
                      for row in table.head(_PARTNERS).to_dict("records"))  # fmt: skip
    return [f"Main partners, joint person-months a month: {named}."] if named else []


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else float("nan")


def _share(change: float, base: float) -> str:
    share = _ratio(change, base)
    return f"{100 * share:+.1f} %" if np.isfinite(share) else "-"
