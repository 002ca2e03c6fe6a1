"""Findings: what each lever does, in sentences, those that matter most first.

A lever has at most one finding per measure and direction: it names the shock under which the effect is largest, and
says under how many shocks the same was decided. Findings are ordered by the size of the effect that is sure, the end of
its interval nearest zero, in points. Beside the smallest effect of interest, which differs from shock to shock, a tiny
effect of a shock that takes little would come before a large one of a shock that takes much. A day, or whatever else a
measure counts, stands where as many smallest effects of a share would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import OPEN
from ecosim.analysis.naming import difference_of, plain, title
from ecosim.analysis.resilience import PRIMARY_MEASURES
from ecosim.outcomes.measured import POINTS
from ecosim.report.verbs import number_of

if TYPE_CHECKING:
    import pandas as pd

#: Verb of a finding by its verdict; a finding that is open has none, only the word that says so.
FINDING_VERBS: dict[str, str] = {
    "helps": "helps",
    "helps on average": "helps",
    "hurts": "hurts",
    "hurts on average": "hurts",
    "no effect": "changes",
    "no effect on average": "changes",
}
#: The verb of an effect that is surely too small to matter.
_NOTHING = "changes"
#: What a point of a measure is a point of, in a word; others by their title.
_OF = {"sustained_collaboration": "collaboration", "delivered_output": "output"}
#: Measures of a lever that are said where it has no primary ones, under one shock and under several.
_MOST_ALONE, _MOST = 3, 2


@dataclass(frozen=True)
class Lever:
    """One declared comparison under every shock."""

    name: str
    #: Measure -> shock -> row of :func:`ecosim.analysis.contrasts.estimate_contrasts`.
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]]

    @property
    def open(self) -> bool:
        """Whether nothing is decided under any shock."""
        return not any(_decided(row) for by_shock in self.rows.values() for row in by_shock.values())


@dataclass(frozen=True)
class Finding:
    """What a lever does to one measure in one direction, under one shock or several."""

    lever: str
    verb: str
    #: The comparison under the shock with the largest effect.
    row: Mapping[str, Any]
    #: Shocks under which the same is decided, and all there are.
    under: int
    shocks: int
    #: Size of the effect that is sure, as it is measured: the largest end nearest zero of the intervals.
    sure: float

    def words(self, over: str = "draws") -> str:
        """The finding in a sentence, with its number and its verb.

        Parameters
        ----------
        over : str
            What differs from one to the next, in the plural: draws, points or seeds.
        """
        row = self.row
        name = self.lever[:1].upper() + self.lever[1:]
        several = self.under > 1
        where = ""
        if several:
            all_of_them = "both shocks" if self.shocks == 2 else "every shock"
            where = f" under {all_of_them if self.under == self.shocks else f'{self.under} of {self.shocks} shocks'}"
        what = _OF.get(str(row["measure"]), title(str(row["measure"])))
        most = ("at most " if self.verb == _NOTHING else "up to ") if several else ""
        unit = difference_of(str(row["measure"]))
        joined = f"{unit.unit} {'of' if unit.of_a_share else 'in'} {what}"
        number = f"{most}{number_of(row):+.1f} {joined} ({plain(row['shock'])})"
        if self.verb == _NOTHING:
            return f'"{name}" {self.verb} nothing that matters{where}: {number}.'
        # the mean may be sure while few draws go beyond what matters
        draws, share = int(row["draws"]), row["share_helped" if self.verb == "helps" else "share_hurt"]
        some = f"{round(draws * float(share))} of {draws} {over}"
        return f'"{name}" {self.verb}{where}: {number}, enough to matter in {some}.'


def levers_of(contrasts: pd.DataFrame) -> list[Lever]:
    """The declared comparisons with their primary measures (or else those they have), in their order."""
    found = []
    most = _MOST_ALONE if contrasts["shock"].nunique() == 1 else _MOST
    for name in dict.fromkeys(contrasts["contrast"]):
        mine = contrasts[contrasts["contrast"] == name]
        measures = [measure for measure in PRIMARY_MEASURES if (mine["measure"] == measure).any()]
        rows = {
            measure: {
                str(row["shock"]): row for row in mine[mine["measure"] == measure].to_dict("records")
            }
            for measure in measures or list(dict.fromkeys(mine["measure"]))[:most]
        }  # fmt: skip
        found.append(Lever(str(name), rows))
    return found


def findings_of(levers: Sequence[Lever], shocks: int) -> list[Finding]:
    """What is decided: effects by the size that is sure, then what surely changes nothing that matters.

    Parameters
    ----------
    levers : sequence of Lever
        The declared comparisons.
    shocks : int
        Number of all shocks.
    """
    found: list[Finding] = []
    for lever in levers:
        for by_shock in lever.rows.values():
            rows: dict[str, list[Mapping[str, Any]]] = {}
            for row in by_shock.values():
                if _decided(row):
                    rows.setdefault(FINDING_VERBS[str(row["verdict"])], []).append(row)
            # where something matters under one shock, that it does not under another is for the table to say
            verbs = [verb for verb in rows if verb != _NOTHING] or [*rows]
            found += [_finding(lever.name, verb, rows[verb], shocks) for verb in verbs]
    return sorted(found, key=_place)


def _finding(lever: str, verb: str, rows: Sequence[Mapping[str, Any]], shocks: int) -> Finding:
    # of those that read the same, the first
    largest = max(rows, key=lambda row: abs(number_of(row)))
    return Finding(lever, verb, largest, len(rows), shocks, max(_nearest_zero(row) for row in rows))


def _place(finding: Finding) -> tuple[bool, float]:
    """Effects before none, the largest first; of none, the surest first."""
    nothing = finding.verb == _NOTHING
    outermost = max(abs(float(finding.row["low"])), abs(float(finding.row["high"])))
    # a share stays as it is; of days as much as matters counts as a share of which as much matters
    as_share = POINTS.least / difference_of(str(finding.row["measure"])).least
    return nothing, as_share * (outermost if nothing else -finding.sure)


def _nearest_zero(row: Mapping[str, Any]) -> float:
    """Size of the part of an interval nearest zero; zero when it holds zero."""
    low, high = float(row["low"]), float(row["high"])
    return max(low, -high, 0.0)


def _decided(row: Mapping[str, Any]) -> bool:
    return bool(np.isfinite(row["estimate"])) and row["verdict"] != OPEN
