"""Diplomatic rupture."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.doubted import DoubtedShock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.world.facts import World
from ecosim.world.names import as_countries, countries_named, country_mask

#: Named cases.
CASES = cases_by_name(
    russia_2022=NamedCase(
        "Relations of western Europe and the United States with Russia after February 2022.",
        {"severity": 0.2},
        "Co-publications with Russia fell by 29 to 45 % from 2021 to 2023, against +4 % of pairs that nothing happened "
        "to (OpenAlex). Simulated joint work across the rupture is 36 % lower in the second calendar year at 0.2, 19 % "
        "at 0.1 and 46 % at 0.3.",
        "How the loss is shared between channels, trust and belief; what happens after the second year.",
    ),
    average_sanction=NamedCase(
        "The average sanction of 2000 to 2019.",
        {"severity": 0.0},
        "Nothing measurable: co-publication moved by +0.001 (se .021) of the natural logarithm, so by less than 5 % "
        "(Global Sanctions Data Base and OpenAlex).",
        "That nothing measurable is nothing. A severity of 0.025 takes the largest loss that the data allow.",
    ),
)


class DiplomaticRupture(DoubtedShock):
    """Relations between the targets and their counterparts break off.

    Political openness falls between them; visa services close in part; less of each other's knowledge can be reached;
    trust wears off month by month; from the announcement on, both sides believe less that they will stay able to work
    with each other. Third countries doubt neither. Agreements between governments are suspended, so no bilateral
    co-financing can be bought between the sides; standing in the programme is another matter
    (:mod:`ecosim.shocks.programme_exclusion`). With ``effective_after_months: null`` it is a doubt between the sides
    and nothing else.

    Notes
    -----
    The average sanction moved unfunded co-publication by nothing measurable, 2000-2019 (+0.001, se .021; computed from
    the Global Sanctions Data Base and OpenAlex); large ruptures did. So every strength here is assumed with zero, or
    nearly zero, in its range.
    """

    kind = "diplomatic_rupture"
    handles = frozenset({"political", "mobility", "knowledge_access", "eligibility", "trust", "expectation"})
    summary = "Relations between some countries and their counterparts break off."
    at_risk = "member_country"
    passage = "multi-country collaboration programs that weather political or economic shocks"
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR"]}
    cases = CASES

    counterparts: tuple[str, ...] | Literal["all", "other_blocs"] = parameter(
        "all", "Countries the targets break with, by code or name, or bloc:NAME; 'all'; or those of 'other_blocs'."
    )
    within: Literal["partners", "none"] = parameter(
        "partners", "Whether those hit keep their relations with each other, or break with each other as well."
    )
    mobility_share: float = parameter(
        0.4, "Share of mobility lost at full severity.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.8)
    )
    knowledge_share: float = parameter(
        0.15, "Share of the access to each other's knowledge lost at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.5),
        source="sign: Iaria, Schwarz and Waldinger 2018 (the boycott after the First World War)",
    )  # fmt: skip
    trust_loss: float = parameter(
        0.005, "Trust lost a month on ties across the rupture, at full severity.", unit="1/month", bounds=(0.0, 1.0),
        assumed=(0.0, 0.02),
    )  # fmt: skip
    expectation_loss: float = parameter(
        0.2, "Share of the two sides' belief in each other lost from the announcement on, at full severity.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.6),
    )  # fmt: skip

    @field_validator("counterparts", mode="before")
    @classmethod
    def _counterparts_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all", "other_blocs")

    def check(self, name: str, world: World) -> None:
        """Refuse targets and counterparts this world does not have."""
        super().check(name, world)
        if not isinstance(self.counterparts, str):
            words = ("all", "other_blocs")
            countries_named(f"shocks.{name}.counterparts", self.counterparts, world, words=words)

    def pairs(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(C, C): pairs that break, in both directions: across, and among the targets unless they stay partners."""
        if self.counterparts == "other_blocs":
            across = world.bloc[:, None] != world.bloc[None, :]
        elif self.counterparts == "all":
            across = np.ones((world.n_countries, world.n_countries), dtype=np.bool_)
        else:
            across = country_mask(self.counterparts, world)[None, :]
        broken = targets[:, None] & across & ~targets[None, :]
        if self.within == "none":
            broken |= targets[:, None] & targets[None, :] & ~np.eye(world.n_countries, dtype=np.bool_)
        return broken | broken.T

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Lower what lies across the rupture, and the sides' belief in each other once it is announced."""
        pairs = self.pairs(world, targets)
        handles.lower("expectation", self.expectation_loss * self.severity * doubt * pairs)
        lost = level * pairs
        handles.lower("political", lost)
        handles.lower("knowledge_access", self.knowledge_share * lost)
        handles.close_by_law("mobility", self.mobility_share * lost)
        handles.lower_ceiling("eligibility", lost[:, :, None])
        handles.trust -= self.trust_loss * lost
