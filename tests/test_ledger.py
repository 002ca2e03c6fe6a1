"""Double-entry book-keeping."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosim.ledger import Account, Ledger, LedgerError

postings = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(list(Account)), st.sampled_from(list(Account)), st.integers(-5, 10_000_000)
    ),
    max_size=60,
)


@given(postings)
def test_whatever_is_posted_the_books_balance(entries: list[tuple[int, Account, Account, int]]) -> None:
    ledger = Ledger(3)
    for month, (funder, source, target, cents) in enumerate(entries):
        before = ledger.balance.copy(), len(ledger.journal)
        try:
            ledger.post(month, funder, source, target, cents)
        except LedgerError:
            # Refused in whole: nothing moved, nothing written.
            assert (ledger.balance == before[0]).all()
            assert len(ledger.journal) == before[1]
            assert cents < 0 or (source not in Ledger.SOURCES and before[0][funder, source] < cents)
    assert ledger.balance.sum() == 0
    assert (ledger.balances_from_journal() == ledger.balance).all()
    own = [account for account in Account if account not in Ledger.SOURCES]
    assert (ledger.balance[:, own] >= 0).all()


def test_what_was_appropriated_is_its_uses() -> None:
    ledger = Ledger(1)
    ledger.post(0, 0, Account.TREASURY, Account.UNSPENT, 1000)
    ledger.post(0, 0, Account.UNSPENT, Account.COMMITTED, 700)
    ledger.post(1, 0, Account.COMMITTED, Account.PAID, 300)
    ledger.post(1, 0, Account.UNSPENT, Account.INSTRUMENTS, 50)
    assert ledger.appropriated() == 1000
    assert ledger.imbalance() == 0
    # Money that leaves the books of the appropriation by a wrong door is seen.
    ledger.post(2, 0, Account.PAID, Account.RESERVES, 1)
    assert ledger.imbalance() == 1


def test_the_journal_says_who_when_and_how_much() -> None:
    ledger = Ledger(2)
    ledger.post(4, 1, Account.TREASURY, Account.UNSPENT, 12)
    ledger.post(5, 1, Account.UNSPENT, Account.COMMITTED, 0)
    (entry,) = ledger.journal
    assert entry.item() == (4, 1, Account.UNSPENT, Account.TREASURY, 12)
    assert [ledger.cents(Account.UNSPENT, funder) for funder in (1, 0, None)] == [12, 0, 12]


def test_an_overdraft_names_the_account_the_month_and_both_amounts() -> None:
    ledger = Ledger(1)
    ledger.post(0, 0, Account.TREASURY, Account.UNSPENT, 10)
    with pytest.raises(LedgerError, match="month 3: UNSPENT of funder 0 has 10 cents to give, asked for 11"):
        ledger.post(3, 0, Account.UNSPENT, Account.PAID, 11)


def test_a_copy_shares_nothing_and_the_journal_outgrows_its_first_room() -> None:
    ledger = Ledger(1)
    for month in range(1500):
        ledger.post(month, 0, Account.TREASURY, Account.UNSPENT, 1)
    copy = ledger.copy()
    ledger.post(1500, 0, Account.TREASURY, Account.UNSPENT, 7)
    assert (copy.cents(Account.UNSPENT), len(copy.journal)) == (1500, 1500)
    assert (ledger.cents(Account.UNSPENT), len(ledger.journal)) == (1507, 1501)
    assert (np.diff(ledger.journal["month"]) >= 0).all()
