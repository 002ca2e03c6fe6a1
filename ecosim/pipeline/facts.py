"""What the stages read of a setting and no run changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ecosim.pipeline.approvals import need_by_sector
from ecosim.pipeline.pilots import BASIC_SECTORS
from ecosim.pipeline.use import PATENT_SECTORS
from ecosim.world.climates import climates
from ecosim.world.facts import SECTORS

if TYPE_CHECKING:
    from ecosim.funders.stages import StageFunder
    from ecosim.setting import Setting


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


def stage_facts(setting: Setting) -> StageFacts:
    """Facts and payers of a setting."""
    world, rules = setting.world, setting.config.behaviour.stages
    payers = []
    for terms in setting.terms:
        if "research" in terms.stages:
            continue
        kind = cast("StageFunder", setting.config.funders[terms.name])
        for funder, purse in zip(terms.funders, kind.purses(world), strict=True):
            private = round(purse.private_eur * setting.config.world.scale * 100.0)
            payers.append(Payer(funder, kind, purse.leads, private))
    arrays = StageArrays(
        applied=np.array([sector not in BASIC_SECTORS for sector in SECTORS]),
        patents=np.array([sector in PATENT_SECTORS for sector in SECTORS]),
        need=need_by_sector(world, rules.approval_need),
        climates=climates(world, rules.climate_degrees),
        income_share=world.gdp_busd / world.gdp_busd.sum(),
    )
    return StageFacts(arrays, tuple(payers))
