"""Figures of a report on errors of models: whose models err less under each comparison that asks for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ecosim.analysis.errors_by_group import CALM
from ecosim.analysis.naming import plain
from ecosim.report.content import COUNTRIES, AbsentError, Content, Plate, Trace, slug
from ecosim.report.errors import country_words, group_words
from ecosim.report.folder import COUNTRIES as MONTHS
from ecosim.report.folder import DESIGN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Comparisons drawn; of more, the whole answer holds the numbers.
MOST = 6
HOW = (
    "Maps: blue where models surely err less than with the policy set beside, red where more, the darker the more; "
    "grey where surely too little to matter, hatched where open. Small countries are dots; those beyond the map are "
    "squares at its edge. Chart: errors of the models in use, for each income of a country and each of two groups of "
    "people. Square: before, with the policy set beside; circle: after, blue if surely less, red if more, black if too "
    "little to matter, hollow and dashed if open. Upright lines: after, under a shock."
)
RESTS = (
    "Each interval holds alone, at 95 %: of twenty countries that nothing changes, one seems to gain or lose by "
    "chance. Who is held badly by records, and how much models lose on people unlike those they learned from, is "
    "assumed. Countries of one income weigh by their people. Outlines: Natural Earth."
)
_FORMULA = (
    "change = mean over replicates of the error of models with the level less that with the one set beside, both means "
    "over the months of the response; error of a country = mean over its people."
)


def error_plates(content: Content) -> list[Plate]:
    """A figure for each comparison that asks for errors of models; none where no comparison does."""
    try:
        content.need_shocks()
        content.need_repetition()
    except AbsentError:
        return []
    names = list(dict.fromkeys(content.result.errors_by_group.countries["contrast"]))[:MOST]
    taken: set[str] = set()
    return [
        Plate(
            slug("errors", str(name), taken), f"Whose models err less: {name}?", partial(_draw, str(name)),
            partial(_read, str(name)), RESTS, HOW, COUNTRIES,
            Trace((MONTHS, DESIGN), f"plots.error_figure(*report.errors({str(name)!r}))", _FORMULA),
        )
        for name in names
    ]  # fmt: skip


def _draw(name: str, content: Content) -> Figure:
    from ecosim.plots import error_figure

    return error_figure(*content.errors(name))


def _read(name: str, content: Content) -> str:
    countries, groups = content.errors(name)
    said = []
    for shock in countries["shock"].unique():
        mine = [rows[rows["shock"] == shock] for rows in (countries, groups)]
        when = "In calm times" if shock == CALM else f"Under {plain(shock)}"
        said.append(f"{when}: {country_words(mine[0])}. By group: {group_words(mine[1])}.")
    return " ".join(said)
