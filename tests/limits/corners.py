"""Worlds in which one mechanism is left: countries alike, consortia of one shape, one sector with money."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecosim.world.facts import CONSORTIUM_SHAPE, World
from tests.worlds import BY_INPUT, NOT_BY_COUNTRY, small_world

#: Partners are known alike and chosen blindly; organisations differ little in size and have room.
BLIND: dict[str, Any] = {
    "behaviour.search.past_partner_share": 0.0,
    "behaviour.search.partners_partner_share": 0.0,
    "behaviour.search.core_share": 0.0,
    "behaviour.search.familiarity_weight": 0.0,
    "behaviour.search.trust_weight": 0.0,
    "behaviour.search.channel_weight": 0.0,
    "behaviour.search.capability_weight": 0.0,
    "behaviour.search.knowledge_weight": 0.0,
    "behaviour.search.domestic_preference": 1.0,
    "behaviour.search.size_exponent": 5.0,
    "behaviour.acceptance.capacity_per_size": 100.0,
    "channels.awareness.observed_weight": 0.0,
    # Awards are a lottery.
    "programme.capability_weight": 0.0,
    "programme.fit_weight": 0.0,
    "programme.experience_weight": 0.0,
    "programme.evaluation_noise": 5.0,
}

#: Funded work alone, which nothing but what a test adds disturbs, and which is paid as it is done.
UNDISTURBED: dict[str, Any] = {
    "timeline.burn_in_months": 0,
    "timeline.calm_months": 0,
    "timeline.calm_jitter_months": 0,
    "mechanisms.unfunded": False,
    "mechanisms.supply": False,
    "mechanisms.staff_loss": False,
    "programme.time_to_grant_months": 0,
    "programme.months_between_calls": 1,
    "programme.prefinancing": 1.0,
    "programme.tranches": 0,
    "programme.payment_delay_months": 0.0,
    "programme.call_cost_eur": 0.0,
    "programme.evaluation_cost_eur": 0.0,
    "programme.payment_cost_eur": 0.0,
    "behaviour.work.coordination_saved_by_trust": 0.0,
    "behaviour.work.member_withdrawal_hazard": 0.0,
    "behaviour.work.failure_hazard": 0.0,
    "behaviour.work.extension_months": 0,
    "behaviour.work.bridging_months": 0.0,
}


def equal_world(**changes: Any) -> World:
    """Six countries that differ in nothing and are equally far from each other and from themselves."""
    world = small_world()
    n = world.n_countries
    values: dict[str, Any] = {}
    for field in dataclasses.fields(world):
        value = getattr(world, field.name)
        if not isinstance(value, np.ndarray) or field.name in NOT_BY_COUNTRY:
            continue
        if field.name in BY_INPUT:
            values[field.name] = np.repeat(value[:, :1], n, axis=1)
            continue
        alike = np.full_like(value, value[0, 1]) if value.shape == (n, n) else np.repeat(value[:1], n, axis=0)
        values[field.name] = alike
    for name in ("supplier_share", "demand_share"):
        values[name] = np.full_like(values[name], 1.0 / n)
    values["participation_share"] = np.full(n, 1.0 / n)
    values["common_rules"] = np.ones((n, n), dtype=bool)
    values["export_control_alignment"] = np.ones((n, n))
    return dataclasses.replace(world, **values | changes)


def countries_of_size(shares: Sequence[float]) -> dict[str, Any]:
    """Fields of :func:`equal_world` in which countries differ in size alone."""
    share = np.array(shares)
    organisations = np.rint(share[:, None] * np.array([600, 500, 1200, 200, 200])).astype(np.int32)
    return {
        "participation_share": share,
        "researchers_thousand": 1000.0 * share,
        "organisations": organisations,
        "participations": 3 * organisations,
        "may_be_target": np.ones(len(share), dtype=bool),
    }


def one_shape(members: int, months: int, grant_eur: int) -> dict[str, Any]:
    """Fields of a world whose programme funds consortia of one shape in one sector, of whatever countries."""
    shapes = np.zeros(1, dtype=CONSORTIUM_SHAPE)
    shapes["size"], shapes["duration_months"], shapes["grant_eur"] = members, months, grant_eur
    sectors = len(small_world().sector_money_share)
    return {"consortium_shapes": shapes, "sector_money_share": np.eye(sectors)[0]}
