"""Step 9: the month's money is read off the ledger, and the month ends."""

from __future__ import annotations

from ecosim.outcomes import inclusion, money
from ecosim.setting import Setting
from ecosim.state import State


def record_month(state: State, setting: Setting) -> None:
    """Write the money and the newcomers of the month and move to the next. Writes ``record`` and ``month``."""
    record = state.record
    counts = inclusion.ever_funded(state.organisations, setting.world.low_income)
    cents = money.turnover_cents(state.ledger, setting.public)
    record.put(**{name: count - record.last.get(name, 0) for name, count in counts.items()})
    record.put(**{name: (now - record.last.get(name, 0)) / 100.0 for name, now in cents.items()})
    record.put(**money.balances_eur(state.ledger))
    record.last |= counts | cents
    state.month += 1
    record.month = state.month
