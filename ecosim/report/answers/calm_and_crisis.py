"""The screen of an experiment that asks for calm times and for a crisis: the sign of each lever in both.

What is given up in calm times and what is left under a shock are shares of the same thing, what the reference policy
has in calm times, so they may stand in one row. A lever whose signs differ is worth most to whom the crisis comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import OPEN
from ecosim.analysis.naming import plain
from ecosim.report.answers.base import Answer, Answered, judged
from ecosim.report.lines import COLUMNS, cut, quoted, wrapped
from ecosim.report.verbs import cell, points

if TYPE_CHECKING:
    import pandas as pd

#: Columns of the two halves of the table, with what is measured of each in calm times and under a shock.
HALVES: tuple[tuple[str, str, str], ...] = (
    ("collaboration", "baseline_cost_collaboration", "delivered_collaboration"),
    ("output", "baseline_cost_output", "delivered_output"),
)
_CELL, _NAME = 6, 20
#: From so many points a number has no decimal, so that it stays apart from the next.
_WHOLE = 9.95
#: Kind of what is decided -> verb.
_VERBS = {"helps": "helps", "hurts": "hurts", "no effect": "changes nothing that matters"}


class CalmAndCrisis(Answer):
    """A row per lever, then what of it turns."""

    name = "calm_and_crisis"

    def body(self, result: Answered, shocks: Sequence[str], room: int) -> list[str]:
        """The table, and sentences in the lines that it leaves."""
        known = judged(result, shocks)
        lines = table(result.contrasts, known, result.reference)
        return [*lines, *said(result.contrasts, known, room - len(lines))]


def kind_of(row: Mapping[Any, Any] | None) -> str:
    """``helps``, ``hurts``, ``no effect``, or nothing where it is open."""
    if row is None or row["verdict"] == OPEN or not np.isfinite(row["estimate"]):
        return ""
    return str(row["verdict"]).removesuffix(" on average")


def gained(row: Mapping[Any, Any]) -> float:
    """The estimate in points, more is better."""
    given_up = str(row["measure"]).startswith("baseline_cost")
    return points(-row["estimate"] if given_up else row["estimate"])


def rows_of(
    contrasts: pd.DataFrame, calm: str, crisis: str, shocks: Sequence[str]
) -> dict[str, dict[str, Mapping[Any, Any]]]:
    """Lever -> its row in calm times (under the name ``calm``) and under each of these shocks."""
    found: dict[str, dict[str, Mapping[Any, Any]]] = {}
    # of a shock on which nothing is said, neither: its rows of calm times are marked as open too
    judged = contrasts[contrasts["measure"].isin([calm, crisis]) & contrasts["shock"].isin([*shocks])]
    rows: list[dict[Any, Any]] = judged.to_dict("records")
    for row in rows:
        mine = found.setdefault(str(row["contrast"]), {})
        # without a shock it is the same beside every shock
        under = "calm" if row["measure"] == calm else str(row["shock"])
        mine.setdefault(under, {str(key): value for key, value in row.items()})
    return found


def table(contrasts: pd.DataFrame, shocks: Sequence[str], reference: str) -> list[str]:
    """A row per lever: calm times and each shock, of collaboration and of output."""
    both = [rows_of(contrasts, calm, crisis, shocks) for _, calm, crisis in HALVES]
    if not any(both):
        return ["No comparison was declared of calm times and of a crisis, so no sign is set beside another."]
    shown = list(shocks)[: (COLUMNS - _NAME) // (len(HALVES) * _CELL) - 1]
    letters = [chr(ord("A") + k) for k in range(len(shown))]
    legend = ", ".join(f"{letter} {plain(shock)}" for letter, shock in zip(letters, shown, strict=True))
    more = f", {len(shocks) - len(shown)} more with --full" if len(shocks) > len(shown) else ""
    lines = wrapped(f'Points beside "{plain(reference)}" in calm times. {legend}{more}.')
    half = _CELL * (len(shown) + 1)
    lines.append(" " * _NAME + "".join(f"{head:>{half}}" for head, *_ in HALVES))
    lines.append(" " * _NAME + "".join(f"{text:>{_CELL}}" for _ in HALVES for text in ("calm", *letters)))
    for lever in dict.fromkeys(name for rows in both for name in rows):
        cells = [_number(rows.get(lever, {}).get(column)) for rows in both for column in ("calm", *shown)]
        lines.append(f"{cut(lever, _NAME):<{_NAME}}" + "".join(f"{text:>{_CELL}}" for text in cells))
    return lines


def _number(row: Mapping[Any, Any] | None) -> str:
    return "open" if row is None else cell(str(row["verdict"]), gained(row), _WHOLE)


def said(contrasts: pd.DataFrame, shocks: Sequence[str], room: int) -> list[str]:
    """A sentence on the sign of each lever in calm times and in each crisis, as many as fit; those that turn first."""
    _, calm, crisis = HALVES[0]
    # levers of which the same is said stand together
    alike: dict[tuple[bool, str], list[str]] = {}
    for lever, rows in rows_of(contrasts, calm, crisis, shocks).items():
        alike.setdefault((not turns(rows, shocks), words_of(rows, shocks)), []).append(lever)
    lines: list[str] = []
    for (_, words), levers in sorted(alike.items(), key=lambda item: item[0][0]):
        first, *others = levers
        names = quoted([first[:1].upper() + first[1:], *others])
        more = wrapped(f"{names}: {'each ' if others else ''}{words}")
        if len(lines) + len(more) <= room:
            lines += more
    return lines


def turns(rows: Mapping[str, Mapping[Any, Any]], shocks: Sequence[str]) -> bool:
    """Whether a lever surely helps in calm times and hurts under a shock, or the other way round."""
    kinds = {kind_of(rows.get(shock)) for shock in shocks}
    opposite = {"helps": "hurts", "hurts": "helps"}.get(kind_of(rows.get("calm")), "-")
    return opposite in kinds


def words_of(rows: Mapping[str, Mapping[Any, Any]], shocks: Sequence[str]) -> str:
    """What a lever does to collaboration in calm times and in each crisis."""
    calm = kind_of(rows.get("calm"))
    by_kind: dict[str, list[str]] = {}
    for shock in shocks:
        by_kind.setdefault(kind_of(rows.get(shock)), []).append(shock)
    if set(by_kind) == {calm} and calm not in ("helps", "hurts"):
        where = "any crisis" if len(shocks) > 1 else plain(shocks[0])
        return f"{_VERBS.get(calm, 'open')} in calm times or under {where}."
    number = f" ({gained(rows['calm']):+.1f})" if calm in ("helps", "hurts") else ""
    parts = [f"{_VERBS.get(calm, 'open')} in calm times{number}"]
    for kind, several in by_kind.items():
        where = "every crisis" if len(several) == len(shocks) > 1 else ", ".join(plain(shock) for shock in several)
        parts.append(f"{_VERBS.get(kind, 'open')} under {where}")
    return f"{'; '.join(parts)}{'; the sign turns' if turns(rows, shocks) else ''}."
