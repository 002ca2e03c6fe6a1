"""The figure that every plot is drawn on; apart from the rest, for Matplotlib is imported only when something is drawn.

A class of its own file, so that a figure can be pickled and drawn by another process.
"""

from __future__ import annotations

from typing import Any

from ecosim.plots.house import house_style, matplotlib

matplotlib()

from matplotlib.figure import Figure  # noqa: E402 (after the settings of the user that would end its import)


class HouseFigure(Figure):
    """A figure that is drawn in the house style by whoever draws it: ticks, for one, are made only then."""

    def draw(self, renderer: Any) -> None:
        """Draw it."""
        with house_style():
            super().draw(renderer)
