"""Export control by sector."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from ecosim.channels.declared import check_names
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.errors import InputError, shown
from ecosim.shocks.base import Shock
from ecosim.world.facts import SECTORS, World
from ecosim.world.names import as_countries, countries_named, country_mask


class ExportControl(Shock):
    """Technology of some sectors may no longer be shared with the targets, by law.

    Work of these sectors between a target and a country that controls is refused as far as it is under control
    (``World.technology_sensitivity``); other sectors and other pairs go on. Goods are another matter
    (:mod:`ecosim.shocks.input_chokepoint`), and so is control of all technology at once, which governments tighten by
    decision (:mod:`ecosim.decisions.governments_tighten_control`) and a coalition by sanctions.

    Notes
    -----
    Firms put on the Entity List of the United States patented less and worked less with inventors there, and firms
    there with such partners did too (Cao et al. 2024; the sign). The list grew from 3 Chinese firms in 1997 to 345 in
    2022; about eleven rules a year added to it from 2022 to 2024 (US Federal Register). They name firms, where this
    shock closes a sector, so their number is no measure of how often it happens.
    """

    kind = "export_control"
    handles = frozenset({"licence"})
    summary = "Technology of some sectors may no longer be shared with some countries."
    at_risk = "member_country"
    passage = "negotiate mutual understandings on export controls"
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR"], "sectors": "all"}

    sectors: tuple[str, ...] | Literal["all"] = parameter(
        ("digital_and_industrial",), f"Sectors under control, of {', '.join(SECTORS)}; or 'all'."
    )
    controllers: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Countries that control, by code or name, or bloc:NAME; or 'all'."
    )

    @field_validator("controllers", mode="before")
    @classmethod
    def _controllers_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all")

    def check(self, name: str, world: World) -> None:
        """Refuse sectors that do not exist, countries this world does not have, and control of nobody."""
        super().check(name, world)
        key = f"shocks.{name}"
        check_names(f"{key}.sectors", self.sectors, SECTORS)
        if self.controllers != "all":
            countries_named(f"{key}.controllers", self.controllers, world, words=("all",))
        if self.targets != "drawn" and not self.pairs(world, self.named_targets(name, world)).any():
            raise InputError(
                f"{key}.controllers", self.controllers, "countries that are no targets",
                problem=f"leaves nobody to control with targets={shown(self.targets)}",
            )  # fmt: skip

    def pairs(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(C, C): pairs of a target and a country that controls and is none, in both directions."""
        across = targets[:, None] & (country_mask(self.controllers, world) & ~targets)[None, :]
        return np.asarray(across | across.T)

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Close what is controlled between the targets and those that control, by law, once in effect."""
        chosen = np.array([self.sectors == "all" or sector in self.sectors for sector in SECTORS])
        refused = world.technology_sensitivity * chosen
        handles.close_by_law("licence", level * self.pairs(world, targets)[:, :, None] * refused)
