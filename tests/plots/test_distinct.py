"""How alike instruments are: names whole, and nothing drawn of what is noise."""

import numpy as np
import pytest

from ecosim.analysis.distinctness import Distinctness
from ecosim.plots.distinct import alike_matrix


@pytest.mark.parametrize("count", [3, 35])
def test_names_are_whole_and_noise_has_no_cosine(nothing_cut, count):
    agreement = np.linspace(-0.2, 0.95, count)
    names = tuple(f"instrument_with_a_long_name_{k}" for k in range(count))
    ax = alike_matrix(Distinctness(names, agreement, np.full((count, count), 0.5), np.ones((count, count))))
    nothing_cut(ax.figure)
    shown = np.ma.filled(ax.images[0].get_array(), np.nan)
    measurable = int((agreement >= 0.7).sum())
    np.testing.assert_allclose(shown.diagonal(), np.sort(agreement)[::-1])
    others = ~np.eye(count, dtype=bool)
    assert (shown[:measurable, :measurable][others[:measurable, :measurable]] == 0.5).all()
    assert np.isnan(shown[measurable:][others[measurable:]]).all()
