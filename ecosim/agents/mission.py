"""Missions: embassies and consulates of one country in another."""

from __future__ import annotations

import numpy as np

from ecosim.agents.base import Column, ColumnAgent


class Mission(ColumnAgent):
    """All missions of a sender in a host, as one agent."""

    embassies = Column("number of embassies")
    consulates = Column("number of consulates")
    staff = Column("staff for science and innovation (full-time equivalents)")
    experience = Column("years in which it ran instruments")

    def table(self) -> np.ndarray:
        """Rows of all missions."""
        return self.model.state.missions

    @property
    def sender(self) -> str:
        """ISO 3 code of the sending country."""
        return self.country_code(int(self.table()["sender"][self.row]))

    @property
    def host(self) -> str:
        """ISO 3 code of the host country."""
        return self.country_code(int(self.table()["host"][self.row]))

    @property
    def spent_eur(self) -> float:
        """Spent on instruments so far (EUR)."""
        return float(self.table()["spent_cents"][self.row]) / 100.0
