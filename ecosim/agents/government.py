"""Governments: who decides on visas, rules and missions."""

from __future__ import annotations

import numpy as np

from ecosim.agents.base import Column, ColumnAgent


class Government(ColumnAgent):
    """The government of a country.

    Until reactions are built it keeps its policies as they are; what its missions spend is counted here.
    """

    predictability = Column("how steady its rules are, 0 to 1 (governance indicator)")
    stability = Column("how steady the government is, 0 to 1 (governance indicator)")

    def table(self) -> np.ndarray:
        """Rows of all governments."""
        return self.model.state.governments

    @property
    def country(self) -> str:
        """ISO 3 code."""
        return self.country_code(self.row)

    @property
    def diplomacy_eur(self) -> float:
        """Spent on instruments so far by its missions (EUR)."""
        return float(self.table()["diplomacy_cents"][self.row]) / 100.0
