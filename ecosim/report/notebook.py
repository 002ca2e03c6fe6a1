"""Results as a notebook shows them: words, and a picture that needs no other file."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def as_html(text: str, ax: Axes | None = None, alt: str = "") -> str:
    """Words in the letters of a terminal, and under them the picture that axes stand in."""
    shown = f'<pre style="white-space: pre-wrap">{html.escape(text)}</pre>'
    if ax is None:
        return shown
    from ecosim.plots.house import drawn

    figure = ax.get_figure(root=True)
    assert figure is not None
    data = base64.b64encode(drawn(figure, "png")).decode("ascii")
    style = "max-width: 100%; background: white"
    return f'{shown}<img alt="{html.escape(alt)}" style="{style}" src="data:image/png;base64,{data}">'
