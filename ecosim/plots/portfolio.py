"""What the next euro does: gain in output delivered as money moves from grants to instruments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecosim.analysis.contrasts import sign_is_sure
from ecosim.plots.house import in_house_style
from ecosim.plots.style import COLOURS, GREY, LINES, MARKERS, one_axes, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@in_house_style
def marginal_euro(curve: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Curves of the marginal euro: where a line bends down, the next euro is better left with grants.

    Parameters
    ----------
    curve : DataFrame
        :attr:`ecosim.lab.portfolio.Portfolio.curve`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Notes
    -----
    Hollow: the gain may be of either sign.
    """
    ax = one_axes(ax)
    names = list(curve["curve"].unique())
    widest = float(curve["monthly_eur"].max()) / 1e6
    for k, (name, part) in enumerate(curve.groupby("curve", sort=False)):
        # side by side, so that intervals at the same money can be told apart
        money = part["monthly_eur"] / 1e6 + widest * 0.006 * (k - (len(names) - 1) / 2.0)
        gain = 100.0 * part["gain"]
        sides = [gain - 100.0 * part["gain_low"], 100.0 * part["gain_high"] - gain]
        look: dict[str, Any] = {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)]}
        ax.errorbar(
            money, gain, yerr=sides, label=plain(str(name)), linestyle=LINES[k % len(LINES)], capsize=2, elinewidth=0.8,
            **look,
        )  # fmt: skip
        # over the marks of the line, so that a gain that may be a loss is hollow
        unsure = ~sign_is_sure(part["gain_low"], part["gain_high"])
        ax.plot(money[unsure], gain[unsure], linestyle="none", markerfacecolor="white", zorder=3, **look)
    ax.axhline(0.0, color=GREY, linewidth=0.8)
    ax.set_xlabel("EUR million a month on instruments, taken from grants")
    ax.set_ylabel("gain in output delivered (points)")
    ax.legend()
    return ax
