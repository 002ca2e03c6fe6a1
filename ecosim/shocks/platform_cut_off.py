"""Cut-off of a platform."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.world.facts import INPUTS, World
from ecosim.world.names import as_countries, countries_named, country_mask

_CLOUD = np.array([kind == "cloud" for kind in INPUTS])


class PlatformCutOff(Shock):
    """Platforms of the targets stop serving others, by law or by contract.

    Cloud and compute from the targets stop for research, and models of health that run there stop with them. What had
    been shared on those platforms between the targets and their users stops as well. Users lose what they cannot do
    without until another provider works.

    Notes
    -----
    Not a failure of machines: outages of clouds last hours, nothing in a month. What a cut-off costs health is in
    docs/HEALTH.md: share, fallback, months.
    """

    kind = "platform_cut_off"
    option: ClassVar[dict[str, Any]] = {"duration_months": 24}
    handles = frozenset({"supply", "data"})
    summary = "Platforms of some countries stop serving others, by law or by contract."
    at_risk = "supplier"
    passage = "dependence on foreign algorithms, or vulnerabilities in shared platforms"
    example: ClassVar[dict[str, Any]] = {"targets": ["DEU"]}
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "world": {"preset": "classroom"}, "mechanisms": {"health": True},
    }  # fmt: skip

    users: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Countries that are cut off, by code or name, or bloc:NAME; or 'all'."
    )
    data_loss: float = parameter(
        0.2, "Share of data between the targets and their users that stops at full severity, for it lay there.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.01, 0.5),
    )  # fmt: skip

    @field_validator("users", mode="before")
    @classmethod
    def _users_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all")

    def check(self, name: str, world: World) -> None:
        """Refuse users that this world does not have."""
        super().check(name, world)
        if self.users != "all":
            countries_named(f"shocks.{name}.users", self.users, world, words=("all",))

    def flows_hit(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(I, C, C): cloud and compute from the targets to the users, never within a country."""
        return np.asarray(_CLOUD[:, None, None] & self._across(world, targets))

    def _across(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        users = country_mask(self.users, world)
        return np.asarray(users[:, None] & targets[None, :] & ~np.eye(world.n_countries, dtype=np.bool_))

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Close cloud and compute from the targets to the users, by law, and a part of data; once in effect."""
        handles.close_by_law("supply", level * self.flows_hit(world, targets))
        across = self._across(world, targets)
        handles.lower("data", self.data_loss * level * (across | across.T))
