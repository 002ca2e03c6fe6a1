"""A loss that fades at a constant rate is over after its mean life times the logarithm of the loss over 5 %.

The corner is the supply channel: the only shock that takes the same share of everybody's work away and gives it back
without a trace. Every input comes from one country and all work stops without it; its exports fall and come back by
halves; nobody finds another supplier, and no staff is lost. Money or members that are gone leave traces (arrears,
substitutes, broken trust), so that Q does not follow their handles exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ecosim.analysis.resilience import response
from ecosim.model import Ecosystem
from ecosim.world.facts import INPUTS, World
from tests.limits.corners import BLIND, UNDISTURBED, equal_world, one_shape

SUPPLIER = "CHN"


def one_supplier() -> World:
    """Everybody's inputs come from one country, and all work needs them."""
    world = equal_world()
    n, sectors = world.n_countries, len(world.sector_money_share)
    return equal_world(
        supplier_share=np.tile(np.eye(n)[world.country_index(SUPPLIER)], (len(INPUTS), 1)),
        foreign_input_share=np.ones((len(INPUTS), n)),
        input_intensity=np.ones((sectors, len(INPUTS))),
        input_criticality=np.ones(sectors),
        **one_shape(members=4, months=36, grant_eur=500_000),
    )


_FADING = [
    (0.8, 9), pytest.param(0.8, 18, marks=pytest.mark.slow),
    pytest.param(0.3, 18, marks=pytest.mark.slow), pytest.param(0.5, 30, marks=pytest.mark.slow),
]  # fmt: skip


@pytest.mark.parametrize(("severity", "half_life"), _FADING)
def test_a_share_lost_that_fades_is_over_when_the_formula_says(
    severity: float, half_life: int, put: Callable[[World], None]
) -> None:
    put(one_supplier())
    settings: dict[str, Any] = {
        **BLIND,
        **UNDISTURBED,
        # Large enough that one consortium more or less moves the end by less than a month.
        "world.scale": 0.08,
        "mechanisms.supply": True,
        "timeline.burn_in_months": 60,
        # until a year after it is over
        "timeline.response_months": max(60, int(half_life / np.log(2.0) * np.log(severity / 0.05))) + 24,
        # Work falls one for one with what arrives, at once.
        "behaviour.supply.elasticity": 0.0,
        "behaviour.supply.paid_while_waiting": 0.0,
        # What is late is not failed: failure changes who leads later.
        "behaviour.work.completion_threshold": 0.0,
        "behaviour.supply.stock_consumables_months": 0.0,
        "behaviour.supply.stock_equipment_months": 0.0,
        "shocks": {
            "supplier_loss": {
                "targets": [SUPPLIER], "at_home_too": True, "severity": severity, "profile": "decay",
                "profile_months": half_life,
            }
        },
    }  # fmt: skip
    model = Ecosystem(**settings).advance(60)
    end = model.config.calendar.months
    shocked, twin = (model.fork(arm).advance(end).series()["effort"] for arm in ("shocked", "twin"))
    # All of Q is exposed, and its shortfall is the level of the shock.
    lost = 1.0 - shocked[60:] / twin[60:]
    level = severity * 0.5 ** (np.arange(len(lost)) / half_life)
    assert lost[:60] == pytest.approx(level[:60], abs=0.01)
    found = response(shocked, twin, 60, end)
    mean_life = half_life / np.log(2.0)
    assert not found.recovery_censored
    assert found.recovery_months == pytest.approx(mean_life * np.log(severity / 0.05), abs=1.5)
