"""What is written down each month: one row per month, one column per outcome, and a few by country."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: What is measured against the twin: name, unit, meaning. The first two are primary.
PRINCIPAL: tuple[tuple[str, str, str], ...] = (
    (
        "collaboration", "person-months",
        "Work times the chance that two person-months of one partnership come from different countries (X)",
    ),
    ("output", "person-months of mean quality", "What the work yields (Y)"),
    ("work", "person-months", "Research work in all partnerships, domestic ones too (E)"),
    ("effort", "person-months", "Work in partnerships with two or more working countries (Q)"),
)  # fmt: skip

#: Parts of each of :data:`PRINCIPAL`: ending of the name, meaning.
PARTS: tuple[tuple[str, str], ...] = (
    ("in_flight", "in partnerships proposed before the announcement"),
    ("formed_after", "in partnerships proposed since the announcement"),
)

#: Monthly outcomes of every run: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    *PRINCIPAL,
    *((f"{name}_{part}", unit, f"The part of {name} {words}") for name, unit, _ in PRINCIPAL for part, words in PARTS),
    ("effort_unfunded", "person-months", "The part of Q in unfunded partnerships"),
    ("effort_domestic", "person-months", "Research work where only one country works; not in Q"),
    ("overhead", "person-months", "Work spent on coordination across borders"),
    ("partnerships_active", "partnerships", "Under way and working"),
    ("partnerships_stopped", "partnerships", "Under way but below quorum or without a lead"),
    ("partnerships_unfunded", "partnerships", "Unfunded, under way"),
    ("partnerships_started", "partnerships", "Funded, work started"),
    ("partnerships_completed", "partnerships", "Ended with enough of the work done"),
    ("partnerships_failed", "partnerships", "Ended without"),
    ("partnerships_withdrawn", "partnerships", "Unfunded work dissolved"),
    ("members_suspended", "members", "Newly unable to take part"),
    ("members_returned", "members", "Able to take part again"),
    ("members_left", "members", "Left by choice"),
    ("members_replaced", "members", "Seats filled by a substitute"),
    ("members_dropped", "members", "Seats given up"),
    ("leads_handed_over", "partnerships", "Lead passed to another member"),
    ("suppliers_switched", "sites", "Sites that found another supplier"),
    ("proposals", "proposals", "Written for calls"),
    ("awards", "proposals", "Funded"),
    ("applicant_effort", "person-months", "Work on proposals, funded or not"),
    ("pilots", "pilots", "Opened"),
    ("pilot_months", "months", "Months since the start of work, summed over the pilots opened"),
    ("supply_continuity", "share", "Work that inputs allowed, mean over partnerships that need them"),
    ("newcomers", "organisations", "In a funded partnership for the first time"),
    ("newcomers_peripheral", "organisations", "Of these, from peripheral countries"),
    ("giant_component_share", "share", "Organisations at work that hang together, of all at work"),
    ("publications", "publications", "Joint publications"),
    ("patents", "patent families", "Applied for"),
    ("exchanges", "exchanges", "Staff exchanges across borders"),
    ("appropriated_eur", "EUR", "Appropriated to the programme this month"),
    ("paid_eur", "EUR", "Paid to partnerships this month, recoveries taken off"),
    ("instruments_eur", "EUR", "Spent on instruments this month"),
    ("administration_eur", "EUR", "Spent on calls, evaluation and payments this month"),
    ("committed_eur", "EUR", "Promised and not yet paid, end of month"),
    ("unspent_eur", "EUR", "Appropriated and not promised, end of month"),
    ("returned_eur", "EUR", "Recovered or released and not used again, end of month"),
    ("frozen_eur", "EUR", "Paid out and lying with partnerships that cannot work, end of month"),
)  # fmt: skip

#: Outcomes computed from those by country when a series is read: name, unit, meaning.
DERIVED: tuple[tuple[str, str, str], ...] = (
    ("country_concentration", "index", "Herfindahl-Hirschman index of Q by country"),
    ("effective_countries", "countries", "Effective number of countries in Q (exponential of Shannon entropy)"),
    ("bloc_diversity", "index", "Rao's quadratic entropy of Q by country, with distances between blocs"),
    ("peripheral_share", "share", "Part of Q worked by peripheral countries' members"),
)

#: Prefixes of the columns kept for each watched label: the part of each principal outcome in partnerships at risk, and
#: of this the part in flight.
AT_RISK: tuple[str, ...] = tuple(
    f"{name}_{part}:" for name, _, _ in PRINCIPAL for part in ("at_risk", "at_risk_in_flight")
)

#: Outcomes kept by country, shape (months, C).
COUNTRY_OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("collaboration_by_country", "person-months", "The country's part of X: its work times the share of the others"),
    ("output_by_country", "person-months of mean quality", "The part of Y that the country's members brought about"),
    ("work_by_country", "person-months", "E worked by the country's members"),
    ("effort_by_country", "person-months", "Q worked by the country's members"),
    ("leads_by_country", "partnerships", "Funded partnerships led from the country, under way"),
    ("members_by_country", "members", "Seats held in funded partnerships under way"),
)

#: Position of each outcome kept by country.
BY_COUNTRY: dict[str, int] = {name: k for k, (name, _, _) in enumerate(COUNTRY_OUTCOMES)}


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
    """

    def __init__(self, months: int, n_countries: int, labels: Sequence[str]) -> None:
        names = [name for name, _, _ in OUTCOMES]
        self._first_at_risk = len(names)
        names += [prefix + label for label in labels for prefix in AT_RISK]
        self.columns: dict[str, int] = {name: k for k, name in enumerate(names)}
        self.rows: NDArray[np.float64] = np.zeros((months, len(names)))
        self.by_country: NDArray[np.float64] = np.zeros((months, len(COUNTRY_OUTCOMES), n_countries))
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
            Each outcome of :data:`PRINCIPAL`, and its :data:`PARTS`.
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
        other._first_at_risk = self._first_at_risk
        other.rows = self.rows.copy()
        other.by_country = self.by_country.copy()
        other.month = self.month
        other.last = dict(self.last)
        return other
