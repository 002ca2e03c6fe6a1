"""What is written down each month: one row per month, one column per outcome, and a few by country.

Each column is declared beside what measures it; here they are joined.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecosim.outcomes import autonomy, collaboration, events, health, inclusion, innovation, money, network, stages
from ecosim.outcomes.collaboration import PRINCIPAL, SPLIT
from ecosim.world.facts import SECTORS

#: Monthly outcomes of every run: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    *PRINCIPAL,
    *((f"{name}_{part}", unit, f"The part of {name} {words}") for name, unit, _ in PRINCIPAL for part, words in SPLIT),
    *collaboration.OUTCOMES,
    *events.OUTCOMES,
    *inclusion.OUTCOMES,
    *autonomy.OUTCOMES,
    *network.OUTCOMES,
    *innovation.OUTCOMES,
    *money.OUTCOMES,
)

#: Prefixes of the columns kept for each watched label: the part of each principal outcome in partnerships at risk, and
#: of this the part in flight.
AT_RISK: tuple[str, ...] = tuple(
    f"{name}_{part}:" for name, _, _ in PRINCIPAL for part in ("at_risk", "at_risk_in_flight")
)

#: Outcomes of every run kept by country: name, unit, meaning.
COUNTRY_OUTCOMES: tuple[tuple[str, str, str], ...] = (*collaboration.COUNTRY_OUTCOMES, *autonomy.COUNTRY_OUTCOMES)

#: Position of each of them.
BY_COUNTRY: dict[str, int] = {name: k for k, (name, _, _) in enumerate(COUNTRY_OUTCOMES)}


def columns_of(with_stages: bool, with_health: bool = False) -> tuple[tuple[str, ...], dict[str, str]]:
    """Names of the monthly outcomes of a run; and of those that another setting would add, with that setting."""
    names = tuple(name for name, _, _ in OUTCOMES)
    missing: dict[str, str] = {}
    for on, rows, setting in (
        (with_stages, stages.OUTCOMES, "mechanisms.stages=true"),
        (with_health, health.OUTCOMES, "mechanisms.health=true"),
    ):
        further = tuple(name for name, _, _ in rows)
        names += further if on else ()
        missing |= {} if on else dict.fromkeys(further, setting)
    return names, missing


class Record:
    """The monthly outcomes of one run.

    Parameters
    ----------
    months : int
        Length of the run.
    n_countries : int
        Number of countries.
    labels : sequence of str
        Watched labels.
    n_sectors : int
        Number of sectors.
    with_stages, with_health : bool
        Whether there are columns of the stages (:mod:`ecosim.outcomes.stages`) too, and of AI for health
        (:mod:`ecosim.outcomes.health`).

    Attributes
    ----------
    granted_cents : ndarray of int64, shape (months, C)
        What the programme newly granted to each country's organisations; public, and seen by decisions.
    publications_by_sector : ndarray of int64, shape (months, S)
        The same of joint publications.
    """

    def __init__(
        self, months: int, n_countries: int, labels: Sequence[str], n_sectors: int = len(SECTORS),
        with_stages: bool = False, with_health: bool = False,
    ) -> None:  # fmt: skip
        names = list(columns_of(with_stages, with_health)[0])
        #: Names of the outcomes kept by country, in the order of ``by_country``.
        self.country_names = [
            name
            for name, _, _ in (
                *COUNTRY_OUTCOMES,
                *(stages.COUNTRY_OUTCOMES if with_stages else ()),
                *(health.COUNTRY_OUTCOMES if with_health else ()),
            )
        ]
        self._first_at_risk = len(names)
        names += [prefix + label for label in labels for prefix in AT_RISK]
        self.columns: dict[str, int] = {name: k for k, name in enumerate(names)}
        self.rows: NDArray[np.float64] = np.zeros((months, len(names)))
        self.by_country: NDArray[np.float64] = np.zeros((months, len(self.country_names), n_countries))
        self.granted_cents: NDArray[np.int64] = np.zeros((months, n_countries), dtype=np.int64)
        self.publications_by_sector: NDArray[np.int64] = np.zeros((months, n_sectors), dtype=np.int64)
        self.month = 0
        #: Balances and counts at the end of the last month, for flows.
        self.last: dict[str, int] = {}

    def put(self, **values: float) -> None:
        """Write values into the present month's row."""
        row = self.rows[self.month]
        for name, value in values.items():
            row[self.columns[name]] = value

    def add(self, name: str, value: float) -> None:
        """Add to one value of the present month's row."""
        self.rows[self.month, self.columns[name]] += value

    def put_principal(self, parts: NDArray[np.float64], at_risk: NDArray[np.float64]) -> None:
        """Write the principal outcomes of the present month.

        Parameters
        ----------
        parts : ndarray, shape (P, 1 + parts)
            Each outcome of :data:`~ecosim.outcomes.collaboration.PRINCIPAL`, and its parts.
        at_risk : ndarray, shape (W, P, 2)
            In the order of :data:`AT_RISK`, per watched label.
        """
        row = self.rows[self.month]
        row[: len(parts)] = parts[:, 0]
        row[len(parts) : parts.size] = parts[:, 1:].ravel()
        row[self._first_at_risk :] = at_risk.ravel()

    def series(self, months: int) -> dict[str, NDArray[np.float64]]:
        """One array per outcome over the months recorded."""
        return {name: self.rows[:months, k].copy() for name, k in self.columns.items()}

    def copy(self) -> Record:
        """An independent copy."""
        other = Record.__new__(Record)
        other.columns = self.columns
        other.country_names = self.country_names
        other._first_at_risk = self._first_at_risk
        other.rows = self.rows.copy()
        other.by_country = self.by_country.copy()
        other.granted_cents = self.granted_cents.copy()
        other.publications_by_sector = self.publications_by_sector.copy()
        other.month = self.month
        other.last = dict(self.last)
        return other
