"""How alike instruments are, in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecosim.analysis.distinctness import MEASURABLE, Distinctness
from ecosim.plots.house import in_house_style
from ecosim.plots.style import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Inches a row takes, the words beside them, the bar with its own, and an edge.
_ROW, _WORDS, _BAR, _EDGE = 0.24, 2.2, 1.6, 0.3


@in_house_style
def alike_matrix(found: Distinctness) -> Axes:
    """Corrected cosines of all pairs; on the diagonal the agreement of each with itself in other draws.

    Instruments stand by their agreement, the highest first. A line parts those that have a measurable effect from the
    others, of which no cosine is drawn: it would be one of noise.

    Parameters
    ----------
    found : Distinctness
        From :func:`ecosim.analysis.distinctness.distinctness`.
    """
    from ecosim.plots.style import new_figure

    order = np.argsort(-found.agreement, kind="stable")
    shown = np.where(np.outer(found.measurable, found.measurable), found.cosine, np.nan)
    np.fill_diagonal(shown, found.agreement)
    shown = shown[np.ix_(order, order)]
    side = _ROW * max(len(order), 8)
    width, height = side + _WORDS + _BAR, side + _WORDS + _EDGE
    figure, axes = new_figure(width=width, height=height)
    # names of this length are not left room for otherwise
    figure.set_layout_engine("none")
    ax = axes[0, 0]
    ax.set_position((_WORDS / width, _WORDS / height, side / width, side / height))
    image = ax.imshow(
        np.clip(shown, -1.0, 1.0), cmap="RdBu_r", vmin=-1.0, vmax=1.0, aspect="auto", interpolation="none"
    )
    names = [plain(found.names[k]) for k in order]
    ax.set_xticks(range(len(order)), names, rotation=90, fontsize=7)
    ax.set_yticks(range(len(order)), names, fontsize=7)
    ax.grid(visible=False)
    measurable = int(found.measurable.sum()) - 0.5
    ax.axhline(measurable, color="black", linewidth=0.8)
    ax.axvline(measurable, color="black", linewidth=0.8)
    beside = figure.add_axes(((_WORDS + side + _EDGE) / width, _WORDS / height, 0.15 / width, side / height))
    bar = figure.colorbar(image, cax=beside)
    bar.ax.tick_params(labelsize=7)
    bar.set_label(f"corrected cosine\n(diagonal: agreement, line at {MEASURABLE:g})", fontsize=7)
    return ax
