"""Figures: Matplotlib, colours that colour-blind readers can tell apart, labels that can be read in print.

Functions that take ``ax`` draw on it (or on a new figure) and return it; the others compose panels into a figure.
"""

from ecosim.plots.breaks import break_bars, course_figure, loss_map
from ecosim.plots.cases import case_panel, case_paths
from ecosim.plots.comparison import (
    break_even,
    break_even_bars,
    break_even_map,
    break_even_maps,
    importance,
    importance_bars,
    loss_bars,
    loss_panel,
    policy_forest,
    policy_panel,
)
from ecosim.plots.countries import country_figure, country_panel
from ecosim.plots.dose import dose_panel, dose_response_curves
from ecosim.plots.errors import error_figure, error_map, group_chart
from ecosim.plots.hits import hit_bars, hit_figure, hit_map
from ecosim.plots.levers import lever_figure, lever_panel
from ecosim.plots.maps import pair_map, partner_maps
from ecosim.plots.money import money_over_time, money_panel
from ecosim.plots.places import place_map
from ecosim.plots.recovery import recovery_curves, recovery_panel
from ecosim.plots.resilience import (
    arms_panel,
    curve_panel,
    heat_map,
    relative_curves,
    resilience_curves,
    response_curves,
    run_curves,
    with_and_without,
)
from ecosim.plots.style import save
from ecosim.plots.two import compared_curves
from ecosim.plots.weighing import unbeaten_panel, weighing_figure, weighing_panel

__all__ = [
    "arms_panel",
    "break_bars",
    "break_even",
    "break_even_bars",
    "break_even_map",
    "break_even_maps",
    "case_panel",
    "case_paths",
    "compared_curves",
    "country_figure",
    "country_panel",
    "course_figure",
    "curve_panel",
    "dose_panel",
    "dose_response_curves",
    "error_figure",
    "error_map",
    "group_chart",
    "heat_map",
    "hit_bars",
    "hit_figure",
    "hit_map",
    "importance",
    "importance_bars",
    "lever_figure",
    "lever_panel",
    "loss_bars",
    "loss_map",
    "loss_panel",
    "money_over_time",
    "money_panel",
    "pair_map",
    "partner_maps",
    "place_map",
    "policy_forest",
    "policy_panel",
    "recovery_curves",
    "recovery_panel",
    "relative_curves",
    "resilience_curves",
    "response_curves",
    "run_curves",
    "save",
    "unbeaten_panel",
    "weighing_figure",
    "weighing_panel",
    "with_and_without",
]
