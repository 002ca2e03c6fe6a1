"""Which countries shocks hit, and in how many replicates: from the ``targets`` of ``runs.parquet``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: Countries named over several replicates, and of one; of more, only how many.
MOST_NAMED = 6
MOST_OF_ONE = 15


def countries_of(text: str | None) -> dict[str, tuple[str, ...]]:
    """Shock to countries (ISO 3), from a cell such as ``"rupture: DEU FRA; withdrawal: all"``.

    Empty for a cell without any, and for shocks that hit all countries alike.
    """
    parts = [part.partition(":") for part in text.split(";")] if isinstance(text, str) else []
    return {name.strip(): tuple(codes.split()) for name, _, codes in parts if codes.strip() not in ("", "all")}


def how_often(runs: pd.DataFrame, design: pd.DataFrame) -> dict[str, tuple[int, dict[str, Counter[str]]]]:
    """Of every shock or set of shocks: replicates, and in how many each of its shocks hit a country.

    Parameters
    ----------
    runs, design : DataFrame
        Tables of a folder of results; those of before targets were kept give nothing.

    Returns
    -------
    dict
        Label -> (replicates, shock -> country -> count). The reference policy counts; all policies meet the same
        countries, but where the policies themselves set the targets.
    """
    if "targets" not in runs:
        return {}
    rows = runs[(runs["arm"] == "shocked") & runs["targets"].notna()].merge(
        design.loc[design["reference"].astype(bool), ["design_id", "shock"]], on="design_id"
    )
    found: dict[str, tuple[int, dict[str, Counter[str]]]] = {}
    for label, mine in rows.drop_duplicates(["shock", "replicate"]).groupby("shock", sort=False):
        counts: dict[str, Counter[str]] = {}
        for text in mine["targets"]:
            for shock, codes in countries_of(text).items():
                counts.setdefault(shock, Counter()).update(codes)
        if counts:
            found[str(label)] = len(mine), counts
    return found


def hit_words(replicates: int, counts: dict[str, Counter[str]]) -> str:
    """One sentence: the countries hit, the most frequent first."""
    parts, most = [], MOST_NAMED if replicates > 1 else MOST_OF_ONE
    for shock, found in counts.items():
        # equal counts stand in the order of the alphabet
        first = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        named = ", ".join(f"{code} {n}" if replicates > 1 else code for code, n in first[:most])
        more = f" and {len(first) - most} more" if len(first) > most else ""
        parts.append(f"{shock.replace('_', ' ') + ' ' if len(counts) > 1 else ''}{named}{more}")
    over = f" (in how many of {replicates} replicates)" if replicates > 1 else ""
    return f"Countries hit{over}: {'; '.join(parts)}."
