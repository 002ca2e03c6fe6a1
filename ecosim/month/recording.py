"""Step 9: the month's money is read off the ledger, and the month ends."""

from __future__ import annotations

from ecosim.outcomes import inclusion, money
from ecosim.state import State


def record_month(state: State) -> None:
    """Write the money and the newcomers of the month and move to the next. Writes ``record`` and ``month``."""
    record = state.record
    counts, cents = inclusion.ever_funded(state.organisations), money.turnover_cents(state.ledger)
    record.put(**{name: count - record.last.get(name, 0) for name, count in counts.items()})
    record.put(**{name: (now - record.last.get(name, 0)) / 100.0 for name, now in cents.items()})
    record.put(**money.balances_eur(state.ledger))
    record.last |= counts | cents
    state.month += 1
    record.month = state.month
