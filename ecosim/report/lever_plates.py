"""A figure for each declared comparison: what the lever does under each shock, and what that rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.contrasts import OPEN
from ecosim.outcomes.measured import POINTS
from ecosim.report.content import POLICIES, AbsentError, Content, Plate, Trace, left_out, slug
from ecosim.report.findings import Lever, findings_of
from ecosim.report.folder import DESIGN, RUNS
from ecosim.report.verbs import VERBS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Levers drawn; of more, the tables hold the numbers.
MOST_LEVERS = 12
HOW = (
    "In {units}: the bar is the interval of the mean, the mark on it the mean, the thin line what {spread} "
    "give (an arrow: it goes on beyond the scale), the grey band what is too little to matter. Filled: the bar leaves "
    "out zero, so the sign of the mean is sure; pale where fewer than nine of ten agree. Black, with a square: surely "
    "too little to matter. Hollow and dashed: undecided. The figures of all levers share {scales}."
)
RESTS = (
    "The comparisons were declared before anything ran. The intervals of all levers on one measure are all right at "
    "once with 95 % confidence; the thin line does not shrink with more draws. What is too little to matter is fixed "
    "by the experiment, for each shock and measure."
)
FORMULA = (
    "difference of two ratios, level less against, each a mean over replicates: delivered = A(policy, shock) / "
    "A(reference, twin), sustained = A(policy, shock) / A(policy, twin), cost in calm times = 1 - A(policy, twin) / "
    "A(reference, twin). A is the sum of the column over the months of the response."
)


def contrast_label(row: Mapping[Any, Any]) -> str:
    """What a contrast compares, in words; a number alone is named by its factor."""
    from ecosim.plots.style import parameter_name

    where = f" ({row['where']})" if row.get("where") else ""
    named = any(letter.isalpha() for letter in str(row["level"]))
    factor = "" if named else f"{parameter_name(str(row['factor']))} "
    return f"{factor}{row['level']} against {row['against']}{where}"


def _draw_lever(lever: str, content: Content) -> Figure:
    from ecosim.plots import lever_figure

    content.need_shocks()
    rows = content.lever(lever)
    return lever_figure(rows, limits=content.lever_scales, over=content.result.spread_over,
                        against=str(rows["against"].iloc[0]))  # fmt: skip


def _read_lever(lever: str, content: Content) -> str:
    rows: list[dict[Any, Any]] = content.lever(lever).to_dict("records")
    counts = Counter(str(row["verdict"]) for row in rows)
    if set(counts) == {OPEN}:
        return f"All {len(rows)} comparisons are undecided, so nothing is said of what it is worth."
    by_measure: dict[str, dict[str, Mapping[Any, Any]]] = {}
    for row in rows:
        by_measure.setdefault(str(row["measure"]), {})[str(row["shock"])] = row
    # what it does best and what it does worst, so that neither stands for the whole; else that it changes nothing
    found = findings_of([Lever(_subject(rows[0]), by_measure)], len({row["shock"] for row in rows}))
    first = {item.verb: item for item in reversed(found)}
    said = [first[verb] for verb in ("helps", "hurts") if verb in first] or list(first.values())
    sentences = [item.words(content.result.spread_over) for item in said]
    tally = [f"{counts[name]} {words[int(counts[name] > 1)]}" for name, words in VERBS.items() if counts[name]]
    return f"{' '.join(sentences)} Of {len(rows)} comparisons {', '.join(tally)}."


def _subject(row: Mapping[Any, Any]) -> str:
    """What a comparison is about, in words: its name, or its level where the name only repeats the levels."""
    label = contrast_label(row)
    levels = f"{row['level']} against {row['against']}"
    return str(row["contrast"]) if not str(row["contrast"]).endswith(levels) else label.partition(" against ")[0]


def _trace(content: Content, lever: str) -> Trace:
    against = str(content.lever(lever)["against"].iloc[0])
    return Trace(
        ("contrasts.csv", RUNS, DESIGN),
        f"plots.lever_figure(report.lever({lever!r}), limits=report.lever_scales, over={content.result.spread_over!r}, "
        f"against={against!r})", FORMULA,
    )  # fmt: skip


def lever_plates(content: Content) -> list[Plate]:
    """A figure for each declared comparison, in their order."""
    try:
        content.need_shocks()
        levers = [str(name) for name in content.contrasts()["contrast"].unique()]
    except AbsentError as reason:
        return [left_out("What each lever does", str(reason))]
    found: list[Plate] = []
    taken: set[str] = set()
    others = [unit for unit in content.lever_scales if unit != POINTS.unit]
    how = HOW.format(
        spread=_spread_said(content),
        units=" or in ".join(["percentage points", *others] if POINTS.unit in content.lever_scales else others),
        scales="one scale for each unit" if len(content.lever_scales) > 1 else "one scale",
    )
    for lever in levers[:MOST_LEVERS]:
        row = content.lever(lever).iloc[0].to_dict()
        where = f" ({row['where']})" if row.get("where") else ""
        found.append(Plate(
            slug("lever", lever, taken), f"What does {_subject(row)} do, beside {row['against']}{where}?",
            partial(_draw_lever, lever), partial(_read_lever, lever),
            RESTS, how, POLICIES, _trace(content, lever),
        ))  # fmt: skip
    if len(levers) > MOST_LEVERS:
        words = f"there are {len(levers)}, of which the first {MOST_LEVERS} are drawn; the tables hold all"
        found.append(left_out("More levers", words))
    return found


def _spread_said(content: Content) -> str:
    over, table = content.result.spread_over, content.contrasts()
    return f"90 % of {over}" if np.isfinite(table["draw_low"]).any() else f"all {over}"
