"""The handles: everything a shock or an instrument may push, and nothing else.

A month's handles are rebuilt from the base facts, then lowered by shocks, then raised by instruments. They are never
undone step by step, so a shock that has passed returns the exact bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: What each name a shock or an instrument may declare stands for: fields of :class:`Handles`.
HANDLE_FIELDS: dict[str, tuple[str, ...]] = {
    "political": ("political",),
    "mobility": ("mobility",),
    "regulation": ("regulation",),
    "data": ("data",),
    "technology_control": ("technology_control",),
    "knowledge_access": ("knowledge_access",),
    "awareness": ("awareness",),
    "eligibility": ("eligibility",),
    "supply": ("supply",),
    "running_grants": ("running_grants",),
    "money": ("payment", "appropriation", "earmarked_eur"),
    "capacity": ("capacity",),
    "friction": ("friction_start", "friction_replace", "pilot_cost"),
    "trust": ("trust",),
    "expectation": ("expectation",),
    "pilot_sites": ("pilot_sites",),
}

#: Names a shock or an instrument may declare.
HANDLES: tuple[str, ...] = tuple(HANDLE_FIELDS)

#: The channels, all in [0, 1]: the only handles with a gap to close.
CHANNELS: tuple[str, ...] = HANDLES[:9]

#: Position of the funding programme on the funder axis.
PROGRAMME_FUNDER = 0


@dataclass
class Handles:
    """What the organisations of C countries in S sectors face this month.

    Channels lie in [0, 1]; 1 means no obstacle. Indexed ``[from, to]``.
    """

    #: (C, C) political openness: acceptance, withdrawal, trust ceiling.
    political: NDArray[np.float64]
    #: (C, C) ease of moving people.
    mobility: NDArray[np.float64]
    #: (4, C, C) compatibility of rules, by part (``world.REGULATION_PARTS``).
    regulation: NDArray[np.float64]
    #: (C, C) freedom to share data (weighted by sector where it is used).
    data: NDArray[np.float64]
    #: (C, C) freedom to share controlled technology (weighted by sector where it is used).
    technology_control: NDArray[np.float64]
    #: (C, C) share of the second country's knowledge that the first reaches; 1 at home.
    knowledge_access: NDArray[np.float64]
    #: (C, C, S) how likely an organisation of the second country is known to one of the first, beside a compatriot.
    awareness: NDArray[np.float64]
    #: (C, C) share of organisations of the second country that may be funded in a consortium led from the first; the
    #: diagonal is the share of a country's organisations that may lead.
    eligibility: NDArray[np.float64]
    #: (C, C) the same for grants already awarded, where it is more: what was promised stays promised at 1.
    running_grants: NDArray[np.float64]
    #: (C, C) flow of inputs to the first country from suppliers in the second.
    supply: NDArray[np.float64]
    #: (F,) share of due payments each funder makes.
    payment: NDArray[np.float64]
    #: (F,) share of its appropriation each funder receives.
    appropriation: NDArray[np.float64]
    #: (C, C) part of this month's appropriation that only consortia led from the first country with a member in the
    #: second may win (EUR at full scale). A restriction on money that exists, never new money.
    earmarked_eur: NDArray[np.float64]
    #: (C,) working capacity of organisations; 1 at rest.
    capacity: NDArray[np.float64]
    #: (C,) multiplier on months to approve and start.
    friction_start: NDArray[np.float64]
    #: (C,) multiplier on months to replace a member or restart.
    friction_replace: NDArray[np.float64]
    #: (S,) multiplier on the cost of a person-month: work repeated at parallel sites.
    pilot_cost: NDArray[np.float64]
    #: (C, C) added to the trust of each tie between the two countries this month.
    trust: NDArray[np.float64]
    #: (C,) belief that the country's organisations will stay able to take part.
    expectation: NDArray[np.float64]
    #: (S,) mean number of pilot sites, in different countries, per partnership with physical inputs; 1 = none in
    #: parallel, 1.4 = four in ten partnerships have a second site.
    pilot_sites: NDArray[np.float64]
    #: Highest value the law leaves open this month, by channel (absent = 1). Written by :meth:`close_by_law`, obeyed by
    #: :meth:`close_gap`; the model itself never reads it.
    ceilings: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def copy(self) -> Handles:
        """Return a deep copy whose arrays may be written."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "ceilings"}
        ceilings = {channel: ceiling.copy() for channel, ceiling in self.ceilings.items()}
        return Handles(**{name: value.copy() for name, value in values.items()}, ceilings=ceilings)

    def lower(self, name: str, share: ArrayLike) -> None:
        """Take a share of a field away: ``value * (1 - share)``. A share of 0 changes no bit.

        Parameters
        ----------
        name : str
            Field of :class:`Handles`.
        share : array_like
            In [0, 1]; broadcast to the field's shape.
        """
        value = getattr(self, name)
        value *= 1.0 - np.asarray(share, dtype=np.float64)

    def close_by_law(self, channel: str, share: ArrayLike) -> None:
        """Lower a channel, and forbid that money opens it again beyond ``1 - share``.

        Sanctions, exclusions and border closures bind governments and funders too: an instrument may work inside what
        the law leaves open, not against it.
        """
        self.lower(channel, share)
        self.lower_ceiling(channel, share)

    def lower_ceiling(self, channel: str, share: ArrayLike) -> None:
        """Forbid that instruments raise a channel above ``1 - share``, leaving its value as it is."""
        value = getattr(self, channel)
        law = np.broadcast_to(1.0 - np.asarray(share, dtype=np.float64), value.shape)
        before = self.ceilings.get(channel)
        self.ceilings[channel] = law.copy() if before is None else np.minimum(before, law)

    def close_gap(self, channel: str, share: ArrayLike) -> NDArray[np.float64]:
        """Close a share of the gap between a channel and what the law leaves open.

        Parameters
        ----------
        channel : str
            One of :data:`CHANNELS`.
        share : array_like
            Share of the remaining gap, in [0, 1]; broadcast to the channel's shape. 0 changes no bit.

        Returns
        -------
        ndarray
            What was added, in the shape of the channel.
        """
        value = getattr(self, channel)
        ceiling = self.ceilings.get(channel, 1.0)
        added = np.asarray(share, dtype=np.float64) * np.maximum(ceiling - value, 0.0)
        value += added
        return added

    def clip(self) -> None:
        """Bring every field back into its range, in place."""
        for name in (*CHANNELS, "running_grants", "payment", "appropriation", "expectation"):
            value = getattr(self, name)
            np.clip(value, 0.0, 1.0, out=value)
        np.clip(self.trust, -1.0, 1.0, out=self.trust)
        for name in ("capacity", "friction_start", "friction_replace", "earmarked_eur"):
            value = getattr(self, name)
            np.maximum(value, 0.0, out=value)
        for name in ("pilot_sites", "pilot_cost"):
            value = getattr(self, name)
            np.maximum(value, 1.0, out=value)
