"""Figures: Matplotlib, colours that colour-blind readers can tell apart, labels that can be read in print."""

from ecosim.plots.resilience import heat_map, resilience_curves, run_curves
from ecosim.plots.style import save

__all__ = ["heat_map", "resilience_curves", "run_curves", "save"]
