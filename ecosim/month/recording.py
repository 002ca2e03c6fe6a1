"""Step 8: the month's money is read off the ledger, and the month ends."""

from __future__ import annotations

from ecosim.ledger import Account
from ecosim.state import State

_FLOWS = (
    ("appropriated_eur", Account.TREASURY, -1),
    ("paid_eur", Account.PAID, 1),
    ("instruments_eur", Account.INSTRUMENTS, 1),
    ("administration_eur", Account.ADMINISTRATION, 1),
)
_STOCKS = (
    ("committed_eur", Account.COMMITTED),
    ("unspent_eur", Account.UNSPENT),
    ("returned_eur", Account.RETURNED),
)


def record_month(state: State) -> None:
    """Write the money and the newcomers of the month and move to the next. Writes ``record`` and ``month``."""
    ledger, record = state.ledger, state.record
    funded = state.organisations["participations"] > 0
    for name, count in (
        ("newcomers", int(funded.sum())),
        ("newcomers_peripheral", int((funded & state.organisations["peripheral"]).sum())),
    ):
        record.put(**{name: count - record.last.get(name, 0)})
        record.last[name] = count
    for name, account, sign in _FLOWS:
        now = sign * ledger.cents(account)
        record.put(**{name: (now - record.last.get(name, 0)) / 100.0})
        record.last[name] = now
    record.put(**{name: ledger.cents(account) / 100.0 for name, account in _STOCKS})
    state.month += 1
    record.month = state.month
