"""Which countries shocks hit, and in how many replicates: from the ``targets`` of ``runs.parquet``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecosim.analysis.naming import plain

if TYPE_CHECKING:
    import pandas as pd

#: Countries named over several replicates, and of one; of more, only how many.
MOST_NAMED = 6
MOST_OF_ONE = 15
#: What stands for countries where a shock hits all of them alike.
ALL = "all"


@dataclass(frozen=True)
class Hits:
    """How often the countries are hit under one branch of shocks."""

    replicates: int
    #: Shock -> country (ISO 3) -> replicates in which it hits it.
    by_shock: Mapping[str, Counter[str]]
    #: Country -> replicates in which any shock of the branch hits it.
    by_any: Counter[str]
    #: Shocks that hit all countries alike.
    alike: tuple[str, ...] = ()

    def shares(self, shock: str | None = None) -> dict[str, float]:
        """Country -> share of replicates in which a shock hits it; by default any shock of the branch."""
        counts = self.by_any if shock is None else self.by_shock[shock]
        return {country: count / self.replicates for country, count in counts.items()}


def _named(text: str | None) -> dict[str, tuple[str, ...]]:
    """Shock to what a cell says of it: countries, or :data:`ALL`."""
    parts = [part.partition(":") for part in text.split(";")] if isinstance(text, str) else []
    return {name.strip(): tuple(codes.split()) for name, _, codes in parts if codes.strip()}


def countries_of(text: str | None) -> dict[str, tuple[str, ...]]:
    """Shock to countries (ISO 3), from a cell such as ``"rupture: DEU FRA; withdrawal: all"``.

    Empty for a cell without any, and for shocks that hit all countries alike.
    """
    return _without_all(_named(text))


def _without_all(hit: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {shock: codes for shock, codes in hit.items() if codes != (ALL,)}


def how_often(runs: pd.DataFrame, design: pd.DataFrame) -> dict[str, Hits]:
    """Of every branch of shocks: in how many replicates each of its shocks hits a country.

    Parameters
    ----------
    runs, design : DataFrame
        Tables of a folder of results; those of before targets were kept give nothing.

    Returns
    -------
    dict
        Label of the branch -> how often. The reference policy counts; all policies meet the same countries, but where
        the policies themselves set the targets.
    """
    if "targets" not in runs:
        return {}
    rows = runs[(runs["arm"] == "shocked") & runs["targets"].notna()].merge(
        design.loc[design["reference"].astype(bool), ["design_id", "shock"]], on="design_id"
    )
    found: dict[str, Hits] = {}
    for label, mine in rows.drop_duplicates(["shock", "replicate"]).groupby("shock", sort=False):
        by_shock: dict[str, Counter[str]] = {}
        by_any: Counter[str] = Counter()
        alike: dict[str, None] = {}
        for text in mine["targets"]:
            hit = _named(text)
            alike |= dict.fromkeys(shock for shock, codes in hit.items() if codes == (ALL,))
            named = _without_all(hit)
            for shock, codes in named.items():
                by_shock.setdefault(shock, Counter()).update(set(codes))
            by_any.update({code for codes in named.values() for code in codes})
        if by_shock or alike:
            found[str(label)] = Hits(len(mine), by_shock, by_any, tuple(alike))
    return found


def hit_words(replicates: int, counts: Mapping[str, Counter[str]]) -> str:
    """One sentence: the countries hit, the most frequent first; empty where none is named."""
    parts, most = [], MOST_NAMED if replicates > 1 else MOST_OF_ONE
    for shock, found in counts.items():
        first = most_hit(found)
        named = ", ".join(f"{code} {n}" if replicates > 1 else code for code, n in first[:most])
        more = f" and {len(first) - most} more" if len(first) > most else ""
        parts.append(f"{plain(shock) + ' ' if len(counts) > 1 else ''}{named}{more}")
    over = f" (in how many of {replicates} replicates)" if replicates > 1 else ""
    return f"Countries hit{over}: {'; '.join(parts)}." if parts else ""


def most_hit(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Countries and their counts, the most frequent first, equal counts in the order of the alphabet."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
