"""Double-entry book-keeping in whole cents.

Every movement debits one account and credits another by the same amount, so the accounts sum to zero in every month.
What a funder was appropriated is always, to the cent, what it has paid, promised, got back, not yet spent, used for
instruments and administration, and left with firms as tax forgone:

    appropriated = paid + committed + returned + unspent + instruments + administration + tax forgone

With stages there is also what private investors put in and what banks borrow. It is on the left beside what was
appropriated; on the right stand pledges, stakes, loans, losses, guarantees, pilots, and what was repaid.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Account(IntEnum):
    """Accounts kept for each funder, and those of the organisations in a book of their own (:data:`OWN_BOOK`)."""

    #: Where a funder's money comes from, the taxpayer's or a private funder's own: minus what was appropriated.
    TREASURY = 0
    #: Appropriated, neither promised nor spent; below zero while more is promised than was appropriated so far.
    UNSPENT = 1
    #: Promised to partnerships and not yet paid.
    COMMITTED = 2
    #: Paid to partnerships (and not recovered).
    PAID = 3
    #: Recovered or released, and not used again.
    RETURNED = 4
    #: Spent on instruments, mission staff included.
    INSTRUMENTS = 5
    #: Spent on calls, evaluation and payments.
    ADMINISTRATION = 6
    #: Where organisations' own income comes from: minus what they earned.
    OWN_INCOME = 7
    #: Organisations' reserves.
    RESERVES = 8
    #: Own money spent on unfunded work.
    OWN_WORK = 9
    #: Own money advanced to funded work whose payments are late.
    ADVANCED = 10
    #: Where sales of technologies come from: minus what they brought to owners and lenders.
    MARKET = 11
    #: Private investors: minus what they have given.
    INVESTORS = 12
    #: Those from whom development banks borrow: minus what they are owed.
    LENDERS = 13
    #: Private money in a fund, not yet invested.
    PLEDGED = 14
    #: Invested in technologies, at cost.
    EQUITY = 15
    #: Lent to technologies, neither repaid nor lost.
    LENT = 16
    #: Invested or lent, and lost.
    LOST = 17
    #: Public money paid to investors for what they lost.
    GUARANTEED = 18
    #: Public money paid for pilots.
    PILOTS = 19
    #: Public money that borrowers have paid back: the treasury gives that much less of its own.
    REPAID = 20
    #: What sales of technologies have paid on loans.
    SERVICED = 21
    #: The taxpayer once more: minus what governments added after a shock, beside the path of the budget.
    ADDED = 22
    #: Tax forgone: public money left with firms that claimed it for work of their own.
    TAX_FORGONE = 23
    #: The same as organisations see it: minus the tax they were spared.
    TAX_SPARED = 24


#: The accounts that together make up what was appropriated, and what investors and lenders gave.
USES = (
    Account.PAID,
    Account.COMMITTED,
    Account.RETURNED,
    Account.UNSPENT,
    Account.INSTRUMENTS,
    Account.ADMINISTRATION,
    Account.TAX_FORGONE,
    Account.PLEDGED,
    Account.EQUITY,
    Account.LENT,
    Account.LOST,
    Account.GUARANTEED,
    Account.PILOTS,
    Account.REPAID,
)

#: The outside sources that together pay for them.
GIVERS = (Account.TREASURY, Account.ADDED, Account.INVESTORS, Account.LENDERS)

#: The organisations' book stands where a funder's would: behind the last.
OWN_BOOK = -1

ENTRY = np.dtype(
    [("month", np.int32), ("funder", np.int16), ("debit", np.int8), ("credit", np.int8), ("cents", np.int64)],
    align=True,
)


class LedgerError(RuntimeError):
    """A posting that would overdraw an account by more than it may be."""


class Ledger:
    """Accounts of F funders and the organisations, with an append-only journal.

    Parameters
    ----------
    n_funders : int
        Number of funders.
    ahead_cents : int or array_like of int, shape (F,)
        How far each funder may promise ahead of its appropriation: how far ``UNSPENT`` may run below zero.

    Attributes
    ----------
    balance : ndarray of int64, shape (F + 1, accounts)
        The organisations' book is the last row.
    """

    #: Accounts that may run below zero: the outside sources.
    SOURCES = (*GIVERS, Account.OWN_INCOME, Account.TAX_SPARED, Account.MARKET)

    def __init__(self, n_funders: int, ahead_cents: ArrayLike = 0) -> None:
        self.ahead_cents: NDArray[np.int64] = np.zeros(n_funders + 1, dtype=np.int64)
        self.ahead_cents[:n_funders] = ahead_cents
        self.balance: NDArray[np.int64] = np.zeros((n_funders + 1, len(Account)), dtype=np.int64)
        self._journal = np.zeros(1024, dtype=ENTRY)
        self._n = 0

    def post(self, month: int, funder: int, source: Account, target: Account, cents: int) -> None:
        """Move cents from one account of a book to another; nothing is written when the amount is zero.

        Raises
        ------
        LedgerError
            If the amount is negative or the source account would be overdrawn.
        """
        if cents == 0:
            return
        if cents < 0:
            raise LedgerError(f"negative posting of {cents} cents from {source.name} to {target.name}")
        if source not in self.SOURCES and self.available(source, funder) < cents:
            raise LedgerError(
                f"month {month}: {source.name} of funder {funder} has {self.available(source, funder)} cents to give, "
                f"asked for {cents}"
            )
        self.balance[funder, source] -= cents
        self.balance[funder, target] += cents
        if self._n == len(self._journal):
            self._journal = np.concatenate([self._journal, np.zeros_like(self._journal)])
        self._journal[self._n] = (month, funder, target, source, cents)
        self._n += 1

    @property
    def journal(self) -> NDArray[np.void]:
        """All entries so far, oldest first (dtype :data:`ENTRY`); a view."""
        return self._journal[: self._n]

    def cents(self, account: Account, funder: int | None = None) -> int:
        """Balance of an account, of one funder or of all."""
        return int(self.balance[:, account].sum() if funder is None else self.balance[funder, account])

    def totals(self) -> list[int]:
        """Balance of every account over all books, at the place of its number."""
        found: list[int] = self.balance.sum(axis=0).tolist()
        return found

    def available(self, account: Account, funder: int) -> int:
        """Cents that may leave an account of a funder."""
        return int(self.balance[funder, account]) + (int(self.ahead_cents[funder]) if account is Account.UNSPENT else 0)

    def appropriated(self, funder: int | None = None) -> int:
        """Cents appropriated so far, what was added after a shock included."""
        return -self.cents(Account.TREASURY, funder) - self.cents(Account.ADDED, funder)

    def imbalance(self) -> int:
        """What was given minus all uses, and the sum of all accounts, book by book: 0 to the cent, always."""
        given = -self.balance[:, list(GIVERS)].sum(axis=1)
        unexplained = np.abs(given - self.balance[:, list(USES)].sum(axis=1))
        return int(unexplained.sum() + np.abs(self.balance.sum(axis=1)).sum())

    def balances_from_journal(self, accounts: Sequence[Account] = tuple(Account)) -> NDArray[np.int64]:
        """Balances recomputed from the journal alone, shape (F + 1, len(accounts)); an independent check."""
        recomputed = np.zeros_like(self.balance)
        np.add.at(recomputed, (self.journal["funder"], self.journal["debit"]), self.journal["cents"])
        np.subtract.at(recomputed, (self.journal["funder"], self.journal["credit"]), self.journal["cents"])
        return recomputed[:, list(accounts)]

    def copy(self) -> Ledger:
        """An independent copy."""
        other = Ledger.__new__(Ledger)
        other.ahead_cents = self.ahead_cents
        other.balance = self.balance.copy()
        other._journal = self._journal.copy()
        other._n = self._n
        return other
