"""What universities, institutes, firms and public organisations have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.agents.base import Column, ColumnAgent
from ecosim.agents.host import Host
from ecosim.catalogue.agents import REGISTRY
from ecosim.partnerships.drafts import draw_lead
from ecosim.partnerships.search import accepts
from ecosim.tables import MEMORY
from ecosim.world.facts import SECTORS


@dataclass(frozen=True)
class Opportunity:
    """A chance to start a consortium: a call, or a month in which unfunded work may begin."""

    sector: str
    #: Whether a programme pays.
    funded: bool
    #: Proposals an organisation like this one is expected to write.
    expected: float
    purpose: int
    month: int


@dataclass(frozen=True)
class Invitation:
    """A seat offered by a lead."""

    lead_country: str
    sector: str
    funded: bool
    #: Chance that an organisation with room accepts, from its channels to the lead.
    acceptance: float
    lead_key: int
    tag: int
    asked: int
    month: int


class Organisation(ColumnAgent):
    """An organisation that may lead, join and work in partnerships.

    Override :meth:`leads` or :meth:`accepts` in a subclass of a kind (say ``Firm``), pass the subclass as
    ``Ecosystem(agent_classes=[...])``, and only those organisations are called one by one; everyone else stays in
    compiled loops. A subclass that gives itself a :attr:`kind` can also be named in a scenario: ``agents=[kind]``.
    """

    #: Name by which a scenario calls for this class; empty where none does.
    kind: ClassVar[str] = ""

    #: Activity types (CORDIS) this class stands for.
    activity_types: ClassVar[tuple[int, ...]] = ()

    size = Column("1 = a small organisation")
    capability = Column("standard deviations around the mean")
    capacity = Column("partnerships it can carry at once")
    load = Column("partnerships under way")
    experience = Column("completed minus failed funded partnerships, fading")
    staff = Column("people for contracted work (person-months a month)")
    participations = Column("funded partnerships so far")
    present = Column("whether it exists")
    arrival_month = Column("month of entry; below 0: from the start")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        kind = cls.__dict__.get("kind")
        if not kind:
            return
        if not cls.activity_types:
            raise TypeError(f"{cls.__name__}: subclass University, ResearchInstitute, Firm or PublicOrganisation")
        known = REGISTRY.get(kind)
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.__name__}: the kind '{kind}' is taken by {known.__module__}.{known.__qualname__}")
        REGISTRY[kind] = cls

    def table(self) -> np.ndarray:
        """Rows of all organisations."""
        return self.model.state.organisations

    @classmethod
    def takes(cls, model: Host, row: int) -> bool:
        """Whether this class stands for an organisation of its activity type; override to script only some."""
        return True

    @property
    def key(self) -> int:
        """Content key: country, type and arrival index."""
        return int(self.table()["key"][self.row])

    @property
    def country(self) -> str:
        """ISO 3 code."""
        return self.country_code(int(self.table()["country"][self.row]))

    @property
    def region(self) -> str:
        """``"peripheral"`` or ``"core"``."""
        return "peripheral" if self.table()["peripheral"][self.row] else "core"

    @property
    def knowledge(self) -> NDArray[np.float32]:
        """Share of knowledge in each sector, shape (S,)."""
        return self.model.setting.population.knowledge[self.row]

    @property
    def reserves_eur(self) -> float:
        """Own money in hand (EUR)."""
        return float(self.table()["reserves_cents"][self.row]) / 100.0

    @property
    def past_partnerships(self) -> list[int]:
        """Numbers of the partnerships it remembers: their places in ``model.state.register``."""
        known = min(int(self.table()["remembered"][self.row]), MEMORY)
        return [int(p) for p in self.model.state.memory[self.row, :known]]

    def remove(self) -> None:
        """Leave the model for good: the organisation stops working and is no longer found."""
        self.table()["present"][self.row] = False
        super().remove()

    # ---- decisions a subclass may change

    def leads(self, opportunity: Opportunity) -> int:
        """How many consortia to start.

        Returns
        -------
        int
            Number of proposals (or unfunded partnerships) it takes the lead in; those it has no room for are not begun.
        """
        setting = self.model.setting
        sector = SECTORS.index(opportunity.sector)
        return int(
            draw_lead(setting.key, self.key, sector, opportunity.expected, opportunity.month, opportunity.purpose)
        )

    def accepts(self, invitation: Invitation) -> bool:
        """Whether to take the seat offered."""
        rec = self.table()[self.row]
        return bool(
            accepts(
                self.model.setting.key, rec["load"], rec["capacity"], invitation.acceptance, rec["key"],
                invitation.lead_key, invitation.tag, invitation.asked, invitation.month,
            )
        )  # fmt: skip


def is_scripted(cls: type[Organisation]) -> dict[str, bool]:
    """Which decisions a class changes."""
    names: Any = ("leads", "accepts")
    return {name: getattr(cls, name) is not getattr(Organisation, name) for name in names}
