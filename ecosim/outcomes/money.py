"""Where the money went in a month, and where it lies at its end: read off the ledger."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.ledger import OWN_BOOK, Account, Ledger

#: Monthly columns measured here: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("appropriated_eur", "EUR", "Public money appropriated this month, to all public funders together"),
    ("private_funders_eur", "EUR", "New money of private funders this month, beside the public money"),
    ("added_eur", "EUR", "Public money that governments added this month after a shock, beside the budget"),
    ("paid_eur", "EUR", "Paid to partnerships this month by all funders, recoveries taken off"),
    ("instruments_eur", "EUR", "Spent on instruments this month"),
    ("administration_eur", "EUR", "Spent on calls, evaluation and payments this month"),
    ("tax_forgone_eur", "EUR", "Tax that firms were spared this month for joint work they paid themselves last month"),
    ("tax_deadweight_eur", "EUR", "Of this, for work that would have been done without it"),
    ("committed_eur", "EUR", "Promised and not yet paid, end of month"),
    ("unspent_eur", "EUR", "Appropriated and not promised, end of month"),
    ("returned_eur", "EUR", "Recovered or released and not used again, end of month"),
)

_FLOWS = (
    ("added_eur", Account.ADDED, -1),
    ("paid_eur", Account.PAID, 1),
    ("instruments_eur", Account.INSTRUMENTS, 1),
    ("administration_eur", Account.ADMINISTRATION, 1),
    ("tax_forgone_eur", Account.TAX_FORGONE, 1),
)
_STOCKS = (
    ("committed_eur", Account.COMMITTED),
    ("unspent_eur", Account.UNSPENT),
    ("returned_eur", Account.RETURNED),
)


def turnover_cents(ledger: Ledger, public: NDArray[np.bool_]) -> dict[str, int]:
    """Cents that have passed up to now, by column of a flow; a month's flow is what it adds.

    Parameters
    ----------
    public : ndarray of bool, shape (F,)
        Funders whose money is the taxpayer's.
    """
    treasury, totals = -ledger.balance[:OWN_BOOK, Account.TREASURY], ledger.totals()
    return {
        "appropriated_eur": int(treasury[public].sum()),
        "private_funders_eur": int(treasury[~public].sum()),
        **{name: sign * totals[account] for name, account, sign in _FLOWS},
    }


def balances_eur(ledger: Ledger) -> dict[str, float]:
    """What lies where at the end of the month, by column."""
    totals = ledger.totals()
    return {name: totals[account] / 100.0 for name, account in _STOCKS}
