from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ecosim.catalogue.cards import preset_of
from ecosim.channels.build import base_handles
from ecosim.config.channels import ChannelsConfig
from ecosim.instruments import REGISTRY, Instrument
from ecosim.instruments.base import closed_share
from ecosim.pushes import month_handles
from ecosim.scenario import Scenario
from ecosim.shocks import REGISTRY as SHOCKS
from ecosim.shocks import date_shock
from tests.options import option
from tests.worlds import small_world


def test_every_file_is_registered() -> None:
    import ecosim.instruments

    files = {path.stem for path in Path(ecosim.instruments.__file__).parent.glob("*.py")} - {
        "__init__",
        "base",
        "shares",
    }
    assert {kind for kind, cls in REGISTRY.items() if not preset_of(cls)} == files


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_option_composes_into_a_scenario(kind: str) -> None:
    scenario = Scenario(instruments={kind: option("instruments", kind)})
    assert type(scenario.instruments[kind]) is REGISTRY[kind]
    assert Scenario.model_validate(scenario.model_dump()) == scenario


def test_closed_share() -> None:
    assert closed_share(0.0, 1e4, 0.8) == 0.0
    assert closed_share(1e4, 1e4, 0.8) == pytest.approx(0.8 * (1.0 - np.exp(-1.0)))
    assert closed_share(1e12, 1e4, 0.8) == 0.8
    assert closed_share(1e12, 0.0, 0.8) == 0.0


def test_first_money_follows_the_missions() -> None:
    world = small_world()
    shares = REGISTRY["visa_facilitation"](senders=("DEU",), hosts=("USA", "FRA")).first_allocation(world)
    assert shares[0, 4] == pytest.approx(9.0 / 10.0)
    nobody = small_world(embassies=world.embassies * 0, consulates=world.consulates * 0)
    shares = REGISTRY["visa_facilitation"](senders=("DEU",), hosts=("USA", "FRA")).first_allocation(nobody)
    assert shares[0, 4] == shares[0, 1] == pytest.approx(0.5)


@pytest.mark.parametrize("shock", sorted(SHOCKS))
def test_no_instrument_opens_what_the_law_has_closed(shock: str) -> None:
    world = small_world()
    base = base_handles(world, ChannelsConfig())
    dated = date_shock(shock, SHOCKS[shock](targets=("CHE",), duration_months=12), world, 0, lambda key: 0.0)
    acting = [(cls(limit=1.0), np.full((6, 6), 1e12)) for cls in REGISTRY.values()]
    shocked = month_handles(base, world, [dated], [], 3)
    both = month_handles(base, world, [dated], acting, 3)
    for channel, ceiling in shocked.ceilings.items():
        before, after = getattr(shocked, channel), getattr(both, channel)
        assert (after <= np.maximum(before, ceiling) + 1e-12).all(), channel


def test_an_instrument_that_does_not_say_its_price_is_refused() -> None:
    said = {"kind": "gift", "summary": "A gift.", "raises": frozenset({"awareness"})}
    with pytest.raises(TypeError, match="set `price` and `evidence_reason`"):
        type("Gift", (Instrument,), said)
    assert "gift" not in REGISTRY
