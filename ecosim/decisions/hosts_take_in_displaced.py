"""Funders of other countries take in researchers whom a war has driven out."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.world.facts import World
from ecosim.world.names import as_countries, countries_named, country_mask


class HostsTakeInDisplaced(Decision):
    """Hosts give places in their research to those displaced by a war who have found none by themselves.

    It answers a war in force, after the months that a fellowship takes. The places come out of what hosts have: no
    money is added, and with more hands the same grants are worked off sooner. Where people go is not decided here, only
    whether they work.

    Notes
    -----
    Many of those who left Ukraine hold precarious contracts where they are, so that more and longer scholarships are
    what the survey asks for (de Rassenfosse, Murovana and Uhlbach 2023). How large a share programmes take in is
    assumed.
    """

    kind = "hosts_take_in_displaced"
    summary = "Hosts give places in research to people displaced by a war who have found none by themselves."
    handles = frozenset({"refuge"})
    decides: ClassVar[Who] = "funders"
    sees = frozenset({"announced"})
    orders: ClassVar[frozenset[Order]] = frozenset({"stance"})
    why_no_passage = (
        "The texts do not speak of people who have to leave; in 2022 agencies of many countries took them in."
    )
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"shocks": {"war": {"targets": ["GBR"]}}}

    acts_after_months: int = parameter(4, "Months until there are places.", unit="months", bounds=(0, 120))
    hosts: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Countries that take people in, by code or name, or bloc:NAME; or 'all'."
    )
    share: float = parameter(
        0.5, "Share of those without work in research to whom hosts give it.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 0.9),
    )  # fmt: skip

    @field_validator("hosts", mode="before")
    @classmethod
    def _hosts_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all")

    def check(self, name: str, world: World, instruments: Any) -> None:
        """Refuse hosts that this world does not have."""
        if self.hosts != "all":
            countries_named(f"decisions.{name}.hosts", self.hosts, world, words=("all",))

    def decide(self, seen: Seen) -> Orders:
        """Hosts (first axis) take in people of countries at war."""
        n = seen.world.n_countries
        hit = np.zeros(n, dtype=np.bool_)
        for shock in seen.announced:
            if shock.kind == "war" and shock.in_force:
                hit |= shock.targets
        takes = country_mask(self.hosts, seen.world) & ~hit
        return Orders(stance=np.outer(takes, hit).astype(np.float64))

    def push(self, handles: Handles, world: World, stance: NDArray[np.float64]) -> None:
        """Give work to a share of those who have none."""
        handles.refuge += (1.0 - handles.refuge) * self.share * stance.T
