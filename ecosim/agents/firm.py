"""Firms (CORDIS type PRC): few sectors, small or large."""

from __future__ import annotations

from ecosim.agents.base import Column
from ecosim.agents.organisation import Organisation
from ecosim.tables import PRC

#: A firm counts as a start-up for this long (EU start-up surveys use up to ten years; assumed five).
START_UP_MONTHS = 60


class Firm(Organisation):
    """Firms (CORDIS type PRC): few sectors, small or large."""

    activity_types = (PRC,)
    sme = Column("small or medium-sized")

    @property
    def start_up(self) -> bool:
        """Whether it entered during the run, less than five years ago."""
        return self.arrival_month >= 0 and self.model.month - self.arrival_month < START_UP_MONTHS
