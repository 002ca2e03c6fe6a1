"""Sanctions by a coalition."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from ecosim.channels.declared import check_names
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.errors import InputError, shown
from ecosim.shocks.doubted import DoubtedShock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.world.facts import PHYSICAL, World
from ecosim.world.names import as_countries, countries_named, country_mask

#: What a coalition may forbid.
MEASURES: tuple[str, ...] = ("trade", "technology", "financial", "travel")

#: Named cases.
CASES = cases_by_name(
    average_sanction=NamedCase(
        "The average sanction of 2000 to 2019.",
        {"severity": 0.0},
        "Nothing measurable: co-publication moved by +0.001 (se .021) of the natural logarithm, so by less than 5 % "
        "(Global Sanctions Data Base and OpenAlex).",
        "That nothing measurable is nothing. Most cases are against single persons and firms.",
    ),
)


class Sanctions(DoubtedShock):
    """A coalition forbids its members trade, technology, payments or travel with the targets, by law.

    Trade: inputs stop in both directions. Technology: nothing controlled may be shared. Financial: no consortium led
    from one side may pay organisations of the other. Travel: nobody works on the other side. No money opens again what
    is forbidden. Countries outside the coalition go on as before, and so do the targets with each other. Trust and
    political openness stay: what else breaks between the sides is :mod:`ecosim.shocks.diplomatic_rupture`, beside it.

    Notes
    -----
    The average sanction moved unfunded co-publication by nothing measurable, 2000 to 2019, so every strength has zero
    in its range. Half of the cases with measures on trade, money or travel that began from 2001 to 2019 lasted nine
    years or more (Kaplan-Meier, 410 cases, 190 of them ended; Global Sanctions Data Base).
    """

    kind = "sanctions"
    handles = frozenset({"supply", "technology_control", "eligibility", "running_grants", "mobility", "expectation"})
    summary = "A coalition forbids trade, technology, payments or travel with some countries."
    at_risk = "member_country"
    passage = "multi-country collaboration programs that weather political or economic shocks"
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR"], "severity": 0.5}
    cases = CASES

    duration_months: int | None = parameter(
        108, "Months in force; null to the end.", unit="months", bounds=(1, 6000),
        source="median of 410 cases begun 2001-2019 (Kaplan-Meier): Global Sanctions Data Base, Felbermayr et al. 2020",
    )  # fmt: skip
    coalition: tuple[str, ...] | Literal["all", "other_blocs"] = parameter(
        "all", "Countries that impose them, by code or name, or bloc:NAME; 'all'; or those of 'other_blocs'."
    )
    measures: tuple[str, ...] | Literal["all"] = parameter(
        "all", f"What is forbidden, of {', '.join(MEASURES)}; or 'all'."
    )
    trade_share: float = parameter(
        0.5, "Share of goods between the sides that stop at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 1.0),
    )  # fmt: skip
    technology_share: float = parameter(
        0.5, "Share of the freedom to share controlled technology that is lost at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    financial_share: float = parameter(
        0.3, "Share of the other side's organisations that may no longer be paid at full severity.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    travel_share: float = parameter(
        0.3, "Share of mobility between the sides that is lost at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.8),
    )  # fmt: skip
    running_grants_end: bool = parameter(
        False, "Whether payments stop in grants that run too, instead of in new ones only."
    )
    expectation_loss: float = parameter(
        0.1, "Share of the two sides' belief in each other lost from the announcement on, at full severity.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.5),
    )  # fmt: skip

    @field_validator("coalition", mode="before")
    @classmethod
    def _coalition_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all", "other_blocs")

    def check(self, name: str, world: World) -> None:
        """Refuse countries this world does not have, measures that do not exist, and a coalition against nobody."""
        super().check(name, world)
        key = f"shocks.{name}"
        check_names(f"{key}.measures", self.measures, MEASURES)
        if not isinstance(self.coalition, str):
            countries_named(f"{key}.coalition", self.coalition, world, words=("all", "other_blocs"))
        if self.targets != "drawn" and not self.pairs(world, self.named_targets(name, world)).any():
            raise InputError(
                f"{key}.coalition", self.coalition, "countries that are no targets",
                problem=f"leaves nobody to impose them with targets={shown(self.targets)}",
            )  # fmt: skip

    def pairs(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(C, C): pairs of a target and a member of the coalition that is none, in both directions."""
        if self.coalition == "other_blocs":
            imposes = world.bloc[:, None] != world.bloc[None, :]
        elif self.coalition == "all":
            imposes = np.ones((world.n_countries, world.n_countries), dtype=np.bool_)
        else:
            imposes = np.broadcast_to(country_mask(self.coalition, world), (world.n_countries, world.n_countries))
        across = targets[:, None] & imposes & ~targets[None, :]
        return np.asarray(across | across.T)

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Close by law what the measures forbid, and lower the sides' belief in each other once it is announced."""
        pairs = self.pairs(world, targets)
        handles.lower("expectation", self.expectation_loss * self.severity * doubt * pairs)
        share = {measure: level * (self.measures == "all" or measure in self.measures) for measure in MEASURES}
        handles.close_by_law("supply", self.trade_share * share["trade"] * (PHYSICAL[:, None, None] & pairs))
        handles.close_by_law("technology_control", self.technology_share * share["technology"] * pairs)
        unpaid = self.financial_share * share["financial"] * pairs[:, :, None]
        handles.close_by_law("eligibility", unpaid)
        if self.running_grants_end:
            handles.lower("running_grants", unpaid)
        handles.close_by_law("mobility", self.travel_share * share["travel"] * pairs)
