"""The brief of a country, and what it says in words."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import sign_is_sure
from ecosim.world.facts import INPUT_NAMES

if TYPE_CHECKING:
    import pandas as pd

#: Rows of exposure printed per dimension.
_ROWS = 5
#: Suppliers named for each kind of input.
_SUPPLIERS = 3
#: Countries named that gain from a break.
_GAINERS = 3
#: Characters of a break's name that are printed.
_NAME = 44


#: Columns of what the country in focus loses.
FOCUS_COLUMNS = ("focus_lost_share", "focus_low", "focus_high")
#: Dimension -> (heading, what the facts count, what the twin counts).
DIMENSIONS: dict[str, tuple[str, str, str]] = {
    "partner": ("Partner countries", "co-publications", "joint work"),
    "sector": ("Sectors", "participations", "cross-border work"),
    "supplier": ("Suppliers", "foreign inputs", "work that needs inputs"),
    "funder": ("Funders", "", "cross-border work"),
}


@dataclass(frozen=True)
class Brief:
    """What came out."""

    country: str
    name: str
    #: A row per dimension and item: ``dimension, code, name, facts_share, twin_share``; shares in [0, 1].
    exposure: pd.DataFrame
    #: A row per break, the costliest first: ``rank, break, kind, lost_share`` of the country's cross-border work with
    #: ``low, high`` (simultaneous, 95 %), ``lost_person_months`` a month at full scale, ``replicates``. ``facts_share``
    #: and ``twin_share`` of what breaks; ``no_verdict`` says why the numbers of a break are blank: what breaks is
    #: hardly simulated (:mod:`ecosim.analysis.coverage`). For how long:
    #: :func:`ecosim.evidence.brief_tables.lasting`; what differs between replicates: ``draws, share_helped,
    #: share_hurt, draw_min, draw_max``, and the ``verdict`` on it (:mod:`ecosim.report.verbs`). With a focus on
    #: another country, ``focus_lost_share, focus_low, focus_high`` of that country's own work.
    breaks: pd.DataFrame
    #: A row per kind of input and foreign supplier, the largest first: ``kind, foreign_share, code, name, share``;
    #: shares of all that its research users buy of the kind.
    inputs: pd.DataFrame
    #: The same of removing one organisation of median degree: what is noise.
    noise: Mapping[str, float]
    notes: tuple[str, ...] = ()
    #: Replicates that failed, with the error.
    failed: tuple[str, ...] = field(default=())
    #: Name of the country whose own losses stand beside; empty for none.
    seen_from: str = ""
    #: Name of the programme; empty unless two stand side by side.
    programme: str = ""
    #: The same under the second programme.
    beside: Brief | None = None
    #: With two programmes, a row per break: ``break``, ``first`` and ``second`` (the shares lost), ``difference``
    #: (second less first) with ``low, high`` (simultaneous, 95 %), paired by replicate.
    differences: pd.DataFrame | None = None
    #: A row per break (and placebo) and half-year (:func:`ecosim.evidence.brief_tables.break_course`).
    course: pd.DataFrame | None = None
    #: A row per break and other country (:func:`ecosim.evidence.brief_tables.changes_elsewhere`).
    others: pd.DataFrame | None = None
    #: A row per country where money of the country's own is tried (:func:`ecosim.evidence.brief_tables.own_money`).
    money: pd.DataFrame | None = None
    #: What that money is, in words; empty where it is not tried.
    spent: str = ""

    def text(self) -> str:
        """The brief in words."""
        return brief_text(self)


def brief_text(found: Brief) -> str:
    """What a country hangs on, the breaks, and what that rests on."""
    lines = [f"{found.name} ({found.country}): what its cross-border research hangs on", ""]
    lines += _exposure_lines(found)
    lines += _input_lines(found)
    lines += _breaks_lines(found) if found.beside is None else _beside_lines(found, found.beside)
    if found.beside is None:
        lines += _lasting_lines(found)
        lines += _money_lines(found)
    silent: dict[str, str] = {}
    for side in (found, found.beside):
        for row in [] if side is None else side.breaks.to_dict("records"):
            # of two programmes, the first under which it is hardly simulated
            if row["no_verdict"]:
                silent.setdefault(row["break"], row["no_verdict"])
    for words in silent.values():
        lines += textwrap.wrap(words, 110, initial_indent="  ", subsequent_indent="  ")
    lines += ["", "What this rests on"]
    for note in found.notes:
        lines += textwrap.wrap(note, 110, initial_indent="  - ", subsequent_indent="    ")
    failed = [*found.failed, *(found.beside.failed if found.beside else ())]
    lines += [f"  - failed: {text}" for text in failed]
    return "\n".join(lines)


def _exposure_lines(found: Brief) -> list[str]:
    """What the country hangs on, with a column for the facts and one for the twin under each programme."""
    sides = [found] if found.beside is None else [found, found.beside]
    wide, narrow = (30, 24) if len(sides) == 1 else (24, 22)
    lines = []
    for dimension, (heading, facts, twin) in DIMENSIONS.items():
        twins = [f"twin: {twin}" if not one.programme else f"twin, {one.programme}" for one in sides]
        heads = "".join(f"{text:>{wide}.{wide - 1}}" for text in twins)
        lines.append(f"{heading:<34}" + f"{f'facts: {facts}' if facts else '':>{narrow}}" + heads)
        others = [one.exposure.set_index(["dimension", "code"])["twin_share"] for one in sides[1:]]
        for row in found.exposure[found.exposure["dimension"] == dimension].head(_ROWS).to_dict("records"):
            known = _percent(row["facts_share"]) if facts else ""
            shares = [row["twin_share"], *(other.get((dimension, row["code"]), np.nan) for other in others)]
            cells = "".join(f"{_percent(share):>{wide}}" for share in shares)
            lines.append(f"  {row['name']:<32.32}{known:>{narrow}}{cells}")
        lines.append("")
    return lines


def _input_lines(found: Brief) -> list[str]:
    """Where each kind of input comes from, a line each."""
    lines = ["Inputs by kind: what its research users buy abroad, and from whom (shares of all they buy; facts)"]
    for kind, name in INPUT_NAMES.items():
        rows = found.inputs[found.inputs["kind"] == kind]
        if not len(rows):
            lines.append(f"  {name:<26}   all from home")
            continue
        foreign = float(rows["foreign_share"].iloc[0])
        largest = ", ".join(
            f"{row['name']} {_percent_of(row['share'])}" for row in rows.head(_SUPPLIERS).to_dict("records")
        )
        lines.append(f"  {name:<26}{100 * foreign:>3.0f} % from abroad: {largest}")
    return [*lines, ""]


def _breaks_lines(found: Brief) -> list[str]:
    heading = "Single breaks, the costliest first: share of its collaboration lost (95 % for all at once)"
    lines = [heading]
    if found.seen_from:
        lines.append(f"In the last columns: what {found.seen_from} loses of its own; below zero it gains.")
    for row in found.breaks.to_dict("records"):
        if row["no_verdict"]:
            lines.append(f"   -  {row['break']:<{_NAME}.{_NAME}} no verdict: hardly simulated, see below")
            continue
        sure = "" if sign_is_sure(row["low"], row["high"]) else "   may be zero"
        lines.append(
            f"  {row['rank']:>2}  {row['break']:<{_NAME}.{_NAME}}{100 * row['lost_share']:>7.1f} %  {span_words(row)}"
            f"{_focus_cell(row) if found.seen_from else sure}"
        )
    noise = f"{'one organisation less (noise)':<{_NAME}}{100 * found.noise['lost_share']:>7.1f} %"
    lines.append(f"   -  {noise}  {span_words(found.noise)}{_focus_cell(found.noise) if found.seen_from else ''}")
    return lines


def loss_words(row: Mapping[Any, Any]) -> str:
    """What a break costs: a number only where it is decided, else that it is open; the interval in any case."""
    from ecosim.report.verbs import VERBS, decided

    if row["no_verdict"]:
        return "no verdict"
    said = VERBS[row["verdict"]][0]
    return (
        f"{said}, {100 * row['lost_share']:.1f} % {span_words(row)}"
        if decided(row["verdict"])
        else f"{said} {span_words(row)}"
    )


def lasting_words(row: Mapping[Any, Any], months: int) -> str:
    """For how long a break costs, in words.

    Parameters
    ----------
    row : mapping
        A row of :attr:`Brief.breaks`.
    months : int
        Months looked at.
    """
    from ecosim.report.verbs import decided

    below, back = float(row["months_below"]), float(row["back_after_months"])
    if not np.isfinite(below):
        return "too few histories to say for how long"
    if not decided(row["verdict"]):
        # of what is open, the mean says nothing
        return f"surely less in {below:.0f} of {months} months, else undecided" if below else "undecided"
    sure = f"surely less in {below:.0f} of {months} months" if below else "in no half-year surely less"
    if np.isinf(back):
        mean = "on average still over 5 % down at the end"
    else:
        mean = f"on average within 5 % after {back:.0f} months" if back else "on average never over 5 % down"
    return f"{sure}, {mean}"


def sure_gains(found: Brief, label: str) -> list[dict[Any, Any]]:
    """Countries that surely gain from a break, the largest gain first."""
    assert found.others is not None
    rows = found.others[(found.others["break"] == label) & (found.others["low"] > 0.0)]
    return list(rows.to_dict("records"))


def gain_words(rows: Sequence[Mapping[Any, Any]]) -> str:
    """Who surely gains from a break, in words."""
    if not rows:
        return "no country surely gains"
    named = [f"{row['name']} {100 * row['changed_share']:+.1f} %" for row in rows[:_GAINERS]]
    more = f" and {len(rows) - _GAINERS} more" if len(rows) > _GAINERS else ""
    return f"gains: {', '.join(named)}{more}"


def _lasting_lines(found: Brief) -> list[str]:
    """For how long each break costs, and who gains; nothing where replicates are too few to say."""
    spoken = [row for row in found.breaks.to_dict("records") if not row["no_verdict"]]
    if found.course is None or not any(np.isfinite(row["months_below"]) for row in spoken):
        return []
    months = int(found.course["to_month"].max())
    lines = ["For how long, and who gains of its own work (95 % for all half-years, and for all countries, at once)"]
    for row in spoken:
        words = f"{row['break']}: {lasting_words(row, months)}; {gain_words(sure_gains(found, row['break']))}"
        lines += textwrap.wrap(words, 110, initial_indent="  ", subsequent_indent="      ")
    return lines


def money_words(found: Brief) -> str:
    """What the country's own money does for it, with the verb that its interval allows; empty where it is not tried."""
    from ecosim.report.verbs import finding

    if found.money is None or not len(found.money) or found.money["code"].iloc[0] != found.country:
        return ""
    row = found.money.iloc[0].to_dict()
    return finding(row | {"estimate": row["changed_share"]}, "histories")


def _money_lines(found: Brief) -> list[str]:
    words = money_words(found)
    if not words:
        return []
    text = f"Its own money: {found.spent} {words}; {gain_words(gains_of_money(found))} elsewhere"
    return textwrap.wrap(text, 110, subsequent_indent="  ")


def gains_of_money(found: Brief) -> list[dict[Any, Any]]:
    """Other countries that surely gain from the country's own money, the largest gain first."""
    assert found.money is not None
    rows = found.money[(found.money["code"] != found.country) & (found.money["low"] > 0.0)]
    return list(rows.to_dict("records"))


def _focus_cell(row: Mapping[Any, Any]) -> str:
    """What the country in focus loses, after the country's own."""
    lost, low, high = (row[name] for name in FOCUS_COLUMNS)
    if not np.isfinite(lost):
        return "   no work across borders"
    span = f"({100 * low:.1f} .. {100 * high:.1f})" if np.isfinite(low) else "(no interval)"
    return f"   {100 * lost:>7.1f} %  {span}"


def _beside_lines(found: Brief, other: Brief) -> list[str]:
    """The breaks under two programmes, and what the second makes of each."""
    assert found.differences is not None
    lines = [
        f"Single breaks under two programmes: share of its collaboration lost under {found.programme} and "
        f"{other.programme},",
        f"and {other.programme} less {found.programme} in points (95 % for all at once)",
        f"      {'':<{_NAME}}{found.programme:>11.10}{other.programme:>11.10}{'difference':>13}",
    ]
    for row in found.differences.to_dict("records"):
        cells = "".join(
            f"{f'{100 * row[side]:.1f} %' if np.isfinite(row[side]) else 'no verdict':>11}"
            for side in ("first", "second")
        )
        if not np.isfinite(row["difference"]):
            lines.append(f"      {row['break']:<{_NAME}.{_NAME}}{cells}{'-':>13}")
            continue
        sure = "" if sign_is_sure(row["low"], row["high"]) else "   may be zero"
        lines.append(
            f"      {row['break']:<{_NAME}.{_NAME}}{cells}{100 * row['difference']:>+13.1f}  {span_words(row)}{sure}"
        )
    cells = "".join(f"{_percent(one.noise['lost_share']):>11}" for one in (found, other))
    lines.append(f"      {'one organisation less (noise)':<{_NAME}}{cells}")
    if found.seen_from:
        lines.append(f"What {found.seen_from} loses of its own (below zero it gains)")
        second = other.breaks.set_index("break")
        for row in found.breaks.to_dict("records"):
            shares = (row["focus_lost_share"], second.loc[row["break"], "focus_lost_share"])
            cells = "".join(f"{_percent(share):>11}" for share in shares)
            lines.append(f"      {row['break']:<{_NAME}.{_NAME}}{cells}")
    return lines


def span_words(row: Mapping[Any, Any]) -> str:
    """The interval, where there are replicates enough for one."""
    return f"({100 * row['low']:.1f} .. {100 * row['high']:.1f})" if np.isfinite(row["low"]) else "(no interval)"


def _percent_of(share: float) -> str:
    return "under 1 %" if share < 0.005 else f"{100 * share:.0f} %"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if np.isfinite(share) else "-"
