"""Missions: embassies and consulates of one country in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecosim.agents.base import Column, ColumnAgent
from ecosim.tables import ASSET_KINDS
from ecosim.world.facts import SECTORS


@dataclass(frozen=True)
class Asset:
    """What a mission has in its host, as it stands."""

    #: "hub", "lab", "testbed", "repository" or "platform".
    kind: str
    sectors: tuple[str, ...]
    state: Literal["being built", "open", "frozen", "lost"]
    #: 1: all it costs to run was paid lately.
    condition: float
    #: Month in which it opened; -1 before.
    built_month: int


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

    @property
    def assets(self) -> list[Asset]:
        """What it has built in its host, in the order in which it was begun."""
        mission = self.table()[self.row]
        rows = self.model.state.assets.used
        return [
            Asset(
                ASSET_KINDS[row["kind"]],
                tuple(sector for s, sector in enumerate(SECTORS) if int(row["sectors"]) >> s & 1),
                _state(row),
                float(row["condition"]),
                int(row["built_month"]),
            )
            for row in rows[(rows["owner"] == mission["sender"]) & (rows["host"] == mission["host"])]
        ]


def _state(row: np.void) -> Literal["being built", "open", "frozen", "lost"]:
    if row["lost_month"] >= 0:
        return "lost"
    if row["frozen_month"] >= 0:
        return "frozen"
    return "open" if row["built_month"] >= 0 else "being built"
