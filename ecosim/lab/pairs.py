"""Who works with whom, kept at three times of a run: the year before a shock, its second year, and the last year."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Months averaged.
PAIR_MONTHS = 12
#: Replicates of a sweep for which pairs are kept.
PAIR_REPLICATES = 3
#: The year before announcement, the second year after it, the last year observed.
PERIODS: tuple[str, ...] = ("before", "during", "after")


class PairRecorder:
    """Adds up the joint work of pairs of countries in a few windows of one run.

    Parameters
    ----------
    announcement_month : int
        First month after the calm window.
    end_month : int
        End of observation.
    """

    def __init__(self, announcement_month: int, end_month: int) -> None:
        last = max(end_month - PAIR_MONTHS, announcement_month)
        second = min(announcement_month + PAIR_MONTHS, last)
        starts = dict(zip(PERIODS, (announcement_month - PAIR_MONTHS, second, last), strict=True))
        self.windows = {period: (max(start, 0), start + PAIR_MONTHS) for period, start in starts.items()}
        self._sums: dict[str, NDArray[np.float64]] = {}

    def stride(self, month: int, wanted: int) -> int:
        """Months to advance from ``month``: one inside a window, else no further than the start of the next."""
        for first, end in self.windows.values():
            if first <= month < end:
                return 1
            if month < first:
                wanted = min(wanted, first - month)
        return wanted

    def see(self, world: Any) -> None:
        """Add the month the world has just finished."""
        month = world.month - 1
        for period, (first, end) in self.windows.items():
            if first <= month < end:
                joint = world.country_pairs()
                self._sums[period] = self._sums.get(period, 0.0) + joint / (end - first)

    @property
    def before(self) -> NDArray[np.float64] | None:
        """Joint work in the year before the announcement, (C, C), a mean over the months seen; None before any."""
        return self._sums.get("before")

    def columns(self, world: Any, shocks: tuple[str, ...] | list[str] = ()) -> dict[str, Any]:
        """What was seen: a row per period and pair of countries that worked together.

        Returns
        -------
        dict
            ``period``, ``country_a`` and ``country_b`` (ISO 3; a country with itself is work inside it),
            ``person_months`` a month, and ``targets``: countries the shocks hit by name or by draw, separated by
            spaces; ``all`` when there are none but those that hit all alike.
        """
        codes = np.array(world.setting.world.countries)
        chosen, hit = world.config.shocks, world.targets()
        named = {code for name in shocks if chosen[name].targets != "all" for code in hit[name]}
        targets = " ".join(sorted(named)) or ("all" if shocks else "")
        parts: dict[str, list[NDArray[Any]]] = {"period": [], "country_a": [], "country_b": [], "person_months": []}
        for period, joint in self._sums.items():
            one, other = np.nonzero(np.triu(joint))
            parts["period"].append(np.full(len(one), period))
            parts["country_a"].append(codes[one])
            parts["country_b"].append(codes[other])
            parts["person_months"].append(joint[one, other])
        columns: dict[str, Any] = {name: np.concatenate(values) if values else [] for name, values in parts.items()}
        return columns | {"targets": targets}
