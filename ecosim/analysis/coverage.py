"""Coverage: how much of what a shock takes away is there to be lost in the simulated world.

A country that is hardly simulated costs next to nothing when it is lost, whatever it is in the facts: "0.0 %" for the
loss of China says something about the world that was simulated, and nothing about China. So the part of every country
hit is set beside its part in the facts, and where too much is missing no verdict is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ecosim.analysis.naming import plain

if TYPE_CHECKING:
    import pandas as pd

#: A country is covered when its simulated share is at least this share of its share in the facts. Reason: what a shock
#: takes is about in proportion to what is there, so below a third an answer is too small by more than a factor of
#: three. Above it, what a programme pays for and what is published in common may well differ. In the world ``europe``
#: the two fall apart at about this line: countries with a hundredth of the programme's participations have at least .8
#: of their share of co-publications, the United States, China and Canada .02 to .05 of theirs.
LEAST_COVERED = 1.0 / 3.0
#: Countries that are not covered cost a shock its verdict when together they are at least this share, in the facts, of
#: all that it hits. Reason: the smallest effect of interest is a tenth of what a shock takes; a bloc is not left
#: without an answer because of its smallest member.
LEAST_MISSING = 0.1
#: Countries named in a sentence.
_MOST_NAMED = 4
#: At risk -> what is counted in the facts, and in the simulated world.
COUNTED: dict[str, tuple[str, str]] = {
    "member_country": ("co-publications", "joint work"),
    "supplier": ("foreign inputs", "work that needs foreign inputs"),
}
#: Columns of ``coverage.parquet`` after the keys: the shock, the country hit, who loses it, what is counted, the pair's
#: share of the whole, and of all that the partner has.
COLUMNS: tuple[str, ...] = (
    "shock", "country", "partner", "at_risk", "facts_of_world", "simulated_of_world", "facts_of_partner",
    "simulated_of_partner",
)  # fmt: skip


@dataclass(frozen=True)
class Coverage:
    """Shares of the countries that one shock hits, in the facts and in the simulated world."""

    shock: str
    #: Key of :data:`COUNTED`.
    at_risk: str
    #: Country (ISO 3) -> share in the facts, share simulated; means over replicates.
    shares: Mapping[str, tuple[float, float]]
    #: Name of the country of which they are shares; empty for the whole world.
    seen_from: str = ""

    @property
    def facts(self) -> float:
        """Share in the facts of all countries hit."""
        return float(sum(facts for facts, _ in self.shares.values()))

    @property
    def simulated(self) -> float:
        """Simulated share of all countries hit."""
        return float(sum(simulated for _, simulated in self.shares.values()))

    @property
    def missing(self) -> tuple[str, ...]:
        """Countries that are not covered, the largest in the facts first."""
        thin = [code for code, (facts, simulated) in self.shares.items() if is_thin(facts, simulated)]
        return tuple(sorted(thin, key=lambda code: -self.shares[code][0]))

    @property
    def enough(self) -> bool:
        """Whether a verdict may be given."""
        lost = sum(self.shares[code][0] for code in self.missing)
        return not self.missing or lost < LEAST_MISSING * self.facts

    def words(self, name: str = "") -> str:
        """One sentence: no verdict and why, or the shares beside each other.

        Parameters
        ----------
        name : str
            What the shock is called; its own name by default.
        """
        if self.enough:
            return f"Coverage: {self._beside(tuple(self.shares))}."
        called = plain(name or self.shock)
        return f"No verdict on {called}: {self._beside(self.missing)}, less than a third of it."

    def _beside(self, codes: Sequence[str]) -> str:
        in_facts, in_world = COUNTED[self.at_risk]
        what = f"{in_world} simulated for {self.seen_from}" if self.seen_from else f"simulated {in_world}"
        facts, simulated = (sum(self.shares[code][k] for code in codes) for k in (0, 1))
        return (
            f"{listed(codes)} {'has' if len(codes) == 1 else 'have'} {percent(simulated)} of the {what}, "
            f"beside {percent(facts)} of {in_facts} in the facts"
        )


def silences(found: Sequence[Coverage]) -> bool:
    """Whether nothing is said of shocks that act together: most of what they hit is hardly simulated.

    Of one alone, whether it has no verdict. Of several, a thin target silences its own shock; the line of all of them
    stands as long as the countries covered are at least :data:`LEAST_COVERED` of all that is hit, in the facts: it is
    then too small by no more than what a country that is just covered may be.
    """
    if all(one.enough for one in found):
        return False
    hit: dict[str, float] = {}
    there: dict[str, float] = {}
    for one in found:
        for code, (facts, _) in one.shares.items():
            hit[code] = max(hit.get(code, 0.0), facts)
            if one.enough:
                there[code] = max(there.get(code, 0.0), facts)
    return sum(there.values()) < LEAST_COVERED * sum(hit.values())


def is_thin(facts: float, simulated: float) -> bool:
    """Whether a country is hardly there: its simulated share is under a third of its share in the facts."""
    return bool(facts > 0.0 and simulated < LEAST_COVERED * facts)


def percent(share: float) -> str:
    """A share in per cent, with a second decimal where one would say nothing.

    Examples
    --------
    >>> percent(0.153), percent(0.0003), percent(0.0)
    ('15.3 %', '0.03 %', '0.0 %')
    """
    return f"{100.0 * share:.2f} %" if 0.0 < share < 0.001 else f"{100.0 * share:.1f} %"


def listed(codes: Sequence[str]) -> str:
    """Countries by name, as a list in a sentence; of many, the first and how many more."""
    names = [country_name(code) for code in codes[:_MOST_NAMED]]
    if len(codes) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(codes) - _MOST_NAMED + 1} more countries"]
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    from ecosim.world.tables import read_tables

    table = read_tables()["countries"]
    return dict(zip(table.words("iso3"), table.words("name"), strict=True))


def country_name(code: str) -> str:
    """Name of a country by its ISO 3 code; the code where no table has it."""
    return _names().get(code, code)


def coverage_of(table: pd.DataFrame, seen_from: str = "") -> list[Coverage]:
    """Coverage of every shock in the rows of a branch.

    Parameters
    ----------
    table : DataFrame
        Rows of ``coverage.parquet`` of one branch of shocks under one policy, over all replicates.
    seen_from : str
        ISO 3 code of a country: shares are then of what it has, not of the whole world.

    Returns
    -------
    list of Coverage
        A shock that hits a country in no replicate, or that takes nothing the facts count, has none.

    Notes
    -----
    Where a country is seen from that the shock itself hits, its own part of the world counts. Elsewhere those hit must
    be covered in the world and among its partners: one that is hardly simulated may work with it by chance.
    """
    found = []
    for (shock, at_risk), mine in table.groupby(["shock", "at_risk"], sort=False, observed=True):
        # over all replicates, so that one in which a country is drawn counts once
        replicates = max(1, len(mine[["history_id", "replicate"]].drop_duplicates()))

        def shares_of(rows: pd.DataFrame, whole: str, replicates: int = replicates) -> dict[str, tuple[float, float]]:
            names = [f"facts_of_{whole}", f"simulated_of_{whole}"]
            sums = rows.groupby("country", sort=False, observed=True)[names].sum()
            return {
                str(code): (facts / replicates, simulated / replicates) for code, facts, simulated in sums.itertuples()
            }

        one = Coverage(str(shock), str(at_risk), shares_of(mine, "world"))
        if seen_from and (mine["country"] == seen_from).any():
            one = Coverage(str(shock), str(at_risk), shares_of(mine[mine["country"] == seen_from], "world"))
        elif seen_from and one.enough:
            own = shares_of(mine[mine["partner"] == seen_from], "partner")
            one = Coverage(str(shock), str(at_risk), own, country_name(seen_from))
        if one.facts > 0.0:
            found.append(one)
    return found


def coverage_rows(
    shock: str, at_risk: str, codes: Sequence[str], hit: np.ndarray, facts: np.ndarray, simulated: np.ndarray
) -> dict[str, list[object]]:
    """Columns of the table for one shock of one run.

    Parameters
    ----------
    shock, at_risk : str
        Its name, and a key of :data:`COUNTED`.
    codes : sequence of str
        Countries of the world (ISO 3).
    hit : ndarray of bool, shape (C, C)
        What it takes: from the partner in the row, what it has with the country in the column.
    facts, simulated : ndarray of float, shape (C, C)
        What each partner (row) has with each country (column); nothing on the diagonal.
    """
    columns: dict[str, list[object]] = {name: [] for name in COLUMNS}
    whole = [float(values.sum()) for values in (facts, simulated)]
    if whole[0] <= 0.0:
        return columns
    own = [values.sum(axis=1) for values in (facts, simulated)]
    for p, c in zip(*np.nonzero(hit & ((facts > 0.0) | (simulated > 0.0))), strict=True):
        of_world = [float(values[p, c]) / total if total > 0.0 else 0.0
                    for values, total in zip((facts, simulated), whole, strict=True)]  # fmt: skip
        of_partner = [float(values[p, c]) / float(total[p]) if total[p] > 0.0 else 0.0
                      for values, total in zip((facts, simulated), own, strict=True)]  # fmt: skip
        cells = (shock, codes[c], codes[p], at_risk, of_world[0], of_world[1], of_partner[0], of_partner[1])
        for name, value in zip(COLUMNS, cells, strict=True):
            columns[name].append(value)
    return columns
