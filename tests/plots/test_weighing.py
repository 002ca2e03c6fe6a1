"""Policies weighed: what chance alone may give is hollow."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from ecosim.plots import weighing_figure
from ecosim.plots.portfolio import marginal_euro

NAMES = ["delivered_output", "level_peripheral_members"]


def weighed() -> pd.DataFrame:
    """Both are unbeaten by the means; only the second surely more often than chance gives."""
    rows = []
    for policy, share in (("by luck", 0.5), ("surely", 0.9)):
        row = {"shock": "storm", "policy": policy, "reference": policy == "by luck", "in_set": share,
               "set_of_means": True, "by_chance": 0.5, "chance_low": 0.3, "chance_high": 0.7}  # fmt: skip
        for name in NAMES:
            row |= {f"{name}_difference": 0.01, f"{name}_low": -0.01, f"{name}_high": 0.03}
        rows.append(row)
    return pd.DataFrame(rows)


def test_unbeaten_by_the_means_alone_is_hollow() -> None:
    for ax in weighing_figure(weighed(), NAMES).axes:
        marks = [line for line in ax.lines if line.get_marker() not in ("None", None, "")]
        hollow = [to_hex(line.get_markerfacecolor()) == "#ffffff" for line in marks]
        assert hollow == [True, False]


def test_a_gain_that_may_be_a_loss_is_hollow() -> None:
    curve = pd.DataFrame({
        "curve": "meetings", "monthly_eur": [1e6, 2e6, 3e6], "gain": [0.02, 0.01, -0.03],
        "gain_low": [0.01, -0.01, -0.04], "gain_high": [0.03, 0.02, -0.02],
    })  # fmt: skip
    (mark,) = [line for line in marginal_euro(curve).lines if to_hex(line.get_markerfacecolor()) == "#ffffff"]
    assert np.asarray(mark.get_ydata()).tolist() == [1.0]
    assert mark.get_color() == marginal_euro(curve).lines[0].get_color()
