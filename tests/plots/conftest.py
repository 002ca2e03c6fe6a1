"""What every figure must hold, however long its names: nothing cut, nothing over another."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text


def texts_of(figure):
    """Extents of all words of a figure, as they are drawn."""
    FigureCanvasAgg(figure)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    found = []
    for artist in figure.findobj(Text):
        if artist.get_visible() and artist.get_text().strip():
            box = artist.get_window_extent(renderer)
            found.append((artist.get_text(), np.array([box.x0, box.y0, box.x1, box.y1])))
    return found


@pytest.fixture(scope="session")
def nothing_cut():
    """Check that no word of a figure leaves it, and that no two lie over each other by more than a hair."""

    def check(figure):
        words = texts_of(figure)
        wide, high = figure.get_size_inches() * figure.dpi
        for text, (left, bottom, right, top) in words:
            assert left >= -1.0, text
            assert bottom >= -1.0, text
            assert right <= wide + 1.0, text
            assert top <= high + 1.0, text
        for k, (text, one) in enumerate(words):
            for other_text, other in words[k + 1 :]:
                across = min(one[2], other[2]) - max(one[0], other[0])
                upright = min(one[3], other[3]) - max(one[1], other[1])
                assert not (across > 1.5 and upright > 1.5), (text, other_text)

    return check
