"""Who works with whom: at three times of a run (the year before a shock, its second year, the last), and year by year.

What is funded and what is not are kept apart.
"""

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
#: What rows of calendar years have for a period.
YEAR = "year"
#: Columns of the table that hold joint work: all of it, and its two parts.
PERSON_MONTHS: tuple[str, ...] = ("person_months", "person_months_funded", "person_months_unfunded")
#: Columns of the table but for keys and targets.
COLUMNS: tuple[str, ...] = ("period", "year", "country_a", "country_b", *PERSON_MONTHS)
#: Joint work of pairs: all of it, in funded partnerships, in others; shape (3, C, C).
Joint = NDArray[np.float64]


def joint_work(world: Any) -> Joint:
    """Joint work of the month a world has just finished (:data:`Joint`)."""
    return np.stack([world.country_pairs(), world.country_pairs(funded=True), world.country_pairs(funded=False)])


class PairYears:
    """Adds up the joint work of pairs of countries by calendar year.

    Parameters
    ----------
    first_month, end_month : int
        Months of the run that count: from the first to the one before the end.
    """

    def __init__(self, first_month: int, end_month: int) -> None:
        self.first_month, self.end_month = first_month, end_month
        #: Year -> months seen of it, and the sums over them.
        self._months: dict[int, int] = {}
        self._sums: dict[int, Joint] = {}

    def stride(self, month: int, wanted: int) -> int:
        """Months to advance from ``month``: one at a time where they count."""
        if month < self.first_month:
            return min(wanted, self.first_month - month)
        return 1 if month < self.end_month else wanted

    def see(self, world: Any) -> None:
        """Add the month the world has just finished."""
        month = world.month - 1
        if self.first_month <= month < self.end_month:
            year = world.setting.year(month)
            self._months[year] = self._months.get(year, 0) + 1
            self._sums[year] = self._sums.get(year, 0.0) + joint_work(world)

    def means(self) -> dict[int, Joint]:
        """Joint work a month in each year, a mean over the months of it that were seen."""
        return {year: joint / self._months[year] for year, joint in self._sums.items()}


class PairMonths:
    """Keeps the joint work of every pair of countries, month by month: what a map is drawn from.

    Parameters
    ----------
    first_month, end_month : int
        Months of the run that are kept: from the first to the one before the end.
    """

    def __init__(self, first_month: int, end_month: int) -> None:
        self.first_month, self.end_month = first_month, end_month
        #: Upper triangles of the months seen, (C (C - 1) / 2,) each.
        self._seen: list[NDArray[np.float64]] = []

    def stride(self, month: int, wanted: int) -> int:
        """Months to advance from ``month``: one at a time where they are kept."""
        if month < self.first_month:
            return min(wanted, self.first_month - month)
        return 1 if month < self.end_month else wanted

    def see(self, world: Any) -> None:
        """Keep the month the world has just finished."""
        if self.first_month <= world.month - 1 < self.end_month:
            joint = world.country_pairs()
            self._seen.append(joint[np.triu_indices(len(joint), 1)])

    def columns(self, world: Any) -> dict[str, Any]:
        """What was seen of pairs that ever worked together.

        Returns
        -------
        dict
            ``pairs``, shape (P, 2), places of the two countries; and ``joint``, shape (P, months), person-months.
        """
        places = np.stack(np.triu_indices(world.setting.world.n_countries, 1), axis=1)
        joint = np.array(self._seen).T
        worked = joint.any(axis=1)
        return {"pairs": places[worked].astype(np.int16), "joint": joint[worked]}


class PairRecorder:
    """Adds up the joint work of pairs of countries in a few windows of one run.

    Parameters
    ----------
    announcement_month : int
        First month after the calm window.
    end_month : int
        End of observation.
    years : PairYears, optional
        Looks at every year of the run too.
    """

    def __init__(self, announcement_month: int, end_month: int, years: PairYears | None = None) -> None:
        last = max(end_month - PAIR_MONTHS, announcement_month)
        second = min(announcement_month + PAIR_MONTHS, last)
        starts = dict(zip(PERIODS, (announcement_month - PAIR_MONTHS, second, last), strict=True))
        self.windows = {period: (max(start, 0), start + PAIR_MONTHS) for period, start in starts.items()}
        self._sums: dict[str, Joint] = {}
        self.years = years

    def stride(self, month: int, wanted: int) -> int:
        """Months to advance from ``month``: one inside a window, else no further than the start of the next."""
        if self.years is not None:
            wanted = self.years.stride(month, wanted)
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
                self._sums[period] = self._sums.get(period, 0.0) + joint_work(world) / (end - first)
        if self.years is not None:
            self.years.see(world)

    @property
    def before(self) -> NDArray[np.float64] | None:
        """Joint work in the year before the announcement, (C, C), a mean over the months seen; None before any."""
        seen = self._sums.get("before")
        return None if seen is None else seen[0]

    def columns(self, world: Any, shocks: tuple[str, ...] | list[str] = ()) -> dict[str, Any]:
        """What was seen: a row per period and pair of countries that worked together.

        Returns
        -------
        dict
            ``period``, ``year`` (of rows of calendar years, whose period is :data:`YEAR`; else None), ``country_a`` and
            ``country_b`` (ISO 3; a country with itself is work inside it), ``person_months`` a month and its parts
            ``person_months_funded`` and ``person_months_unfunded``, and ``targets``: countries the shocks hit by name
            or by draw, separated by spaces; ``all`` when there are none but those that hit all alike.
        """
        codes = np.array(world.setting.world.countries)
        chosen, hit = world.config.shocks, world.targets()
        named = {code for name in shocks if chosen[name].targets != "all" for code in hit[name]}
        targets = " ".join(sorted(named)) or ("all" if shocks else "")
        seen: list[tuple[str, int | None, Joint]] = [(period, None, joint) for period, joint in self._sums.items()]
        seen += [(YEAR, year, joint) for year, joint in (self.years.means() if self.years is not None else {}).items()]
        parts: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        for period, year, joint in seen:
            one, other = np.nonzero(np.triu(joint[0]))
            parts["period"] += [period] * len(one)
            parts["year"] += [year] * len(one)
            parts["country_a"] += codes[one].tolist()
            parts["country_b"] += codes[other].tolist()
            for name, values in zip(PERSON_MONTHS, joint, strict=True):
                parts[name] += values[one, other].tolist()
        return {**parts, "targets": targets}
