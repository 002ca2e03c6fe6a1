"""Figures and axes that a notebook shows by themselves, without any magic and without pyplot."""

from __future__ import annotations

from ecosim.plots.figure import HouseFigure  # isort: skip (first, for the settings of the user)
from matplotlib.axes import Axes


class Picture(HouseFigure):
    """A figure that a notebook shows when it is the last line of a cell."""

    def _repr_png_(self) -> bytes:
        from ecosim.plots.house import drawn

        return drawn(self, "png")


class Panel(Axes):
    """Axes that a notebook shows with all the figure they stand in."""

    def _repr_png_(self) -> bytes:
        from ecosim.plots.house import drawn

        figure = self.get_figure(root=True)
        assert figure is not None
        return drawn(figure, "png")
