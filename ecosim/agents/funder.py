"""Funders: who appropriates, promises and pays."""

from __future__ import annotations

import numpy as np

from ecosim.agents.base import ColumnAgent
from ecosim.ledger import Account


class Funder(ColumnAgent):
    """A funder; the programme is the first. Its money is read from the ledger, which alone moves it."""

    def table(self) -> np.ndarray:
        """Rows of all funders."""
        return self.model.state.funders

    @property
    def kind(self) -> str:
        """``multilateral_programme``, or a kind of ``ecosim list funders``."""
        return self.model.setting.terms_of(self.row).kind

    @property
    def calls(self) -> int:
        """Calls run so far."""
        return int(self.table()["calls"][self.row])

    @property
    def awards(self) -> int:
        """Proposals funded so far."""
        return int(self.table()["awards"][self.row])

    @property
    def unspent_eur(self) -> float:
        """Appropriated, neither promised nor spent (EUR)."""
        return self.model.ledger.cents(Account.UNSPENT, self.row) / 100.0

    @property
    def committed_eur(self) -> float:
        """Promised and not yet paid (EUR)."""
        return self.model.ledger.cents(Account.COMMITTED, self.row) / 100.0

    @property
    def paid_eur(self) -> float:
        """Paid so far, recoveries taken off (EUR)."""
        return self.model.ledger.cents(Account.PAID, self.row) / 100.0
