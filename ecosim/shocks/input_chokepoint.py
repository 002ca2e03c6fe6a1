"""Chokepoint of an input."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from ecosim.channels.declared import check_names
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.world.facts import INPUTS, World
from ecosim.world.names import as_countries, countries_named, country_mask


class InputChokepoint(Shock):
    """One kind of input is held back from some users, or from all.

    The targets are the suppliers that hold it back; with ``targets: all`` all do, and users are left with what their
    own country makes. ``users`` says from whom: an embargo has few, a closed strait all. It is closed by law: no money
    opens it again.

    Notes
    -----
    An embargo on one user and a failure for all take the same flow from that user. The second leaves it less, for all
    who lost a supplier then ask those that are left.
    """

    kind = "input_chokepoint"
    option: ClassVar[dict[str, Any]] = {"duration_months": 12, "targets": "all"}
    handles = frozenset({"supply"})
    summary = "A kind of input is held back from some countries, or from all."
    at_risk = "supplier"
    passage = "distributed manufacturing trials that reduce dependency on a single supply chain"
    example: ClassVar[dict[str, Any]] = {
        "targets": ["GBR"], "inputs": ["electronics", "cloud"], "users": ["DEU", "ESP"],
    }  # fmt: skip

    inputs: tuple[str, ...] | Literal["all"] = parameter(
        ("electronics",), f"Kinds of input held back, of {', '.join(INPUTS)}; or 'all'."
    )
    users: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Countries it is held back from, by code or name, or bloc:NAME; or 'all'."
    )

    @field_validator("users", mode="before")
    @classmethod
    def _users_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all")

    def check(self, name: str, world: World) -> None:
        """Refuse users that this world does not have, and kinds of input that do not exist."""
        super().check(name, world)
        check_names(f"shocks.{name}.inputs", self.inputs, INPUTS)
        if self.users != "all":
            countries_named(f"shocks.{name}.users", self.users, world, words=("all",))

    def flows_hit(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(I, C, C): from the targets to the users, never within a country."""
        kinds = np.array([self.inputs == "all" or kind in self.inputs for kind in INPUTS])
        users = country_mask(self.users, world)
        across = users[:, None] & targets[None, :] & ~np.eye(world.n_countries, dtype=np.bool_)
        return np.asarray(kinds[:, None, None] & across)

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Close what flows from the targets to the users, by law, once in effect."""
        handles.close_by_law("supply", level * self.flows_hit(world, targets))
