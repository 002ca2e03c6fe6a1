"""Where something new should open: the chance that a country is among the first, on a map or as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecosim.plots.hits import STEPS, WIDTH, Hit, has_map, hit_bars, hit_map
from ecosim.plots.house import in_house_style
from ecosim.plots.maps import frame_for
from ecosim.plots.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@in_house_style
def place_map(chances: Mapping[str, float], countries: Sequence[str] = (), title: str = "") -> Figure:
    """Countries coloured by the chance that something new does best there.

    Parameters
    ----------
    chances : mapping
        Country (ISO 3) -> chance of being among the first; those that are not ranked are absent, and white.
    countries : sequence of str
        ISO 3 codes of all countries of the world at hand; without them, those ranked.
    title : str
        What stands above.
    """
    import pandas as pd
    from matplotlib.patches import Patch

    known = list(dict.fromkeys([*countries, *chances]))
    shown = Hit(title, {code: float(chance) for code, chance in chances.items() if np.isfinite(chance)})
    if not has_map([shown], countries):
        figure, axes = new_figure(1, 1, width=WIDTH, height=4.0)
        hit_bars(shown, ax=axes.flat[0]).set_xlabel("% chance of being among the first", fontsize=8.5)
        return figure
    frame = frame_for(pd.Series(1.0, index=known))
    left, right, bottom, top = frame.box
    figure, axes = new_figure(1, 1, width=WIDTH, height=WIDTH * (top - bottom) / (right - left) + 1.4)
    hit_map(shown, known, frame, ax=axes.flat[0])
    figure.legend(
        handles=[Patch(facecolor=colour, edgecolor="#8a8a8a", linewidth=0.5, label=words)
                 for words, colour in (("not ranked", "#ffffff"), *((words, colour) for _, words, colour in STEPS))],
        loc="outside lower center", ncols=3, fontsize=8.5, frameon=False, handlelength=1.4,
        title="chance of being among the first", title_fontsize=9,
    )  # fmt: skip
    return figure
