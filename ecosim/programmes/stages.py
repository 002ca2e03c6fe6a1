"""Facts and payers of what comes after research, which no run changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ecosim.world.climates import climates
from ecosim.world.facts import BASIC_SECTORS, REGULATION_PARTS, SECTORS, World

if TYPE_CHECKING:
    from ecosim.config.stages import StagesConfig
    from ecosim.funders.base import AnyFunder
    from ecosim.funders.stages import StageFunder
    from ecosim.programmes.terms import Terms

#: Sectors in which patents matter, so that royalties follow the protection of inventions (assumed after the finding
#: that they do where patents are used most, and not elsewhere: Branstetter, Fisman and Foley 2006).
PATENT_SECTORS = ("health", "energy", "transport", "digital_and_industrial")

_ETHICS, _PRODUCTS = REGULATION_PARTS.index("ethics"), REGULATION_PARTS.index("product_standards")


@dataclass(frozen=True, eq=False)
class Payer:
    """A funder of what comes after research."""

    #: Its row on the axis of funders.
    funder: int
    kind: StageFunder
    #: (C,) countries it is at home in.
    home: NDArray[np.bool_]
    #: Private cents pledged to it a month, at rest.
    private_cents: int


class StageArrays(NamedTuple):
    """Facts of the stages as compiled loops read them; C countries, S sectors."""

    #: (S,) sectors whose research is mostly applied, those in which patents matter, and the chance to need approval.
    applied: NDArray[np.bool_]
    patents: NDArray[np.bool_]
    need: NDArray[np.float64]
    #: (C,) climate and part of all income of each country.
    climates: NDArray[np.int16]
    income_share: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StageFacts:
    """Facts and payers of the stages."""

    arrays: StageArrays
    payers: tuple[Payer, ...]


def stage_facts(
    world: World, scale: float, rules: StagesConfig, terms: Iterable[Terms], funders: Mapping[str, AnyFunder]
) -> StageFacts:
    """Facts and payers of the stages.

    Parameters
    ----------
    world : World
        Facts.
    scale : float
        ``world.scale`` of the scenario.
    rules : StagesConfig
        ``behaviour.stages``.
    terms : iterable of Terms
        Of all funders.
    funders : mapping of str to AnyFunder
        The scenario's entries.
    """
    payers = []
    for row in terms:
        if "research" in row.stages:
            continue
        kind = cast("StageFunder", funders[row.name])
        for funder, purse in zip(row.funders, row.purses, strict=True):
            payers.append(Payer(funder, kind, purse.leads, round(purse.private_eur * scale * 100.0)))
    arrays = StageArrays(
        applied=np.array([sector not in BASIC_SECTORS for sector in SECTORS]),
        patents=np.array([sector in PATENT_SECTORS for sector in SECTORS]),
        need=need_by_sector(world, rules.approval_need),
        climates=climates(world, rules.climate_degrees),
        income_share=world.gdp_busd / world.gdp_busd.sum(),
    )
    return StageFacts(arrays, tuple(payers))


def need_by_sector(world: World, most: float) -> NDArray[np.float64]:
    """Chance that research or a pilot needs approval, shape (S,).

    ``most`` in the sector in which rules on ethics and products weigh most (``World.regulation_weight``, assumed),
    elsewhere in proportion.
    """
    weight = world.regulation_weight[:, _ETHICS] + world.regulation_weight[:, _PRODUCTS]
    return np.asarray(most * weight / weight.max())
