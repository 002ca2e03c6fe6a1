"""The handles of a world at rest, from facts."""

from __future__ import annotations

from ecosim.channels import (
    awareness,
    data,
    eligibility,
    knowledge_access,
    mobility,
    political,
    recognition,
    regulation,
    supply,
    technology_control,
)
from ecosim.channels.handles import Axis, Handles
from ecosim.config.channels import ChannelsConfig
from ecosim.world.facts import FIRM_SIZES, INPUTS, REGULATION_PARTS, SECTORS, World


def base_handles(world: World, parameters: ChannelsConfig, n_funders: int = 1) -> Handles:
    """Compute the handles at rest, before any shock or instrument.

    Parameters
    ----------
    world : World
        Facts.
    parameters : ChannelsConfig
        Weights and scales.
    n_funders : int
        Length of the funder axis; the programme is funder 0.

    Returns
    -------
    Handles
        With read-only arrays: it is the ground every month returns to.
    """
    controlled = technology_control.base(world, parameters.technology_control)
    from_facts = {
        "political": political.base(world, parameters.political),
        "mobility": mobility.base(world, parameters.mobility),
        "regulation": regulation.base(world, parameters.regulation),
        "data": data.base(world, parameters.data),
        "technology_control": controlled,
        "knowledge_access": knowledge_access.base(controlled, parameters.knowledge_access),
        "awareness": awareness.base(world, parameters.awareness),
        "eligibility": eligibility.base(world, parameters.eligibility),
        "supply": supply.base(world),
        "recognition": recognition.base(world, parameters.recognition),
    }
    lengths: dict[Axis, int] = {
        "country": world.n_countries,
        "sector": len(SECTORS),
        "funder": n_funders,
        "regulation part": len(REGULATION_PARTS),
        "input": len(INPUTS),
        "firm size": len(FIRM_SIZES),
    }
    handles = Handles.at_rest(lengths, from_facts)
    for value in handles.arrays().values():
        value.setflags(write=False)
    return handles
