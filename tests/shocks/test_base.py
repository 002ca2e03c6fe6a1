from __future__ import annotations

from pathlib import Path

import pytest

from ecosim.channels.build import base_handles
from ecosim.config.channels import ChannelsConfig
from ecosim.pushes import month_handles
from ecosim.scenario import Scenario
from ecosim.shocks import REGISTRY, Shock, date_shock
from tests.options import option
from tests.shocks.contract import changed_handles
from tests.worlds import small_world


def test_every_file_is_registered() -> None:
    import ecosim.shocks

    shared = {"__init__", "base", "targets", "exposure", "doubted", "named"}
    files = {path.stem for path in Path(ecosim.shocks.__file__).parent.glob("*.py")} - shared
    assert set(REGISTRY) == files


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_option_composes_into_a_scenario(kind: str) -> None:
    scenario = Scenario(shocks={kind: option("shocks", kind)})
    assert type(scenario.shocks[kind]) is REGISTRY[kind]
    assert Scenario.model_validate(scenario.model_dump()) == scenario


def test_order_in_time_not_in_the_list_decides() -> None:
    world = small_world()
    base = base_handles(world, ChannelsConfig())
    dated = [date_shock(kind, cls(severity=0.5), world, 5, lambda key: 0.2) for kind, cls in REGISTRY.items()]
    one_way, other_way = month_handles(base, world, dated, [], 8), month_handles(base, world, dated[::-1], [], 8)
    for name in changed_handles(one_way, other_way):
        assert getattr(one_way, name) == pytest.approx(getattr(other_way, name), rel=1e-14)


def test_two_shocks_of_one_kind_draw_apart() -> None:
    world = small_world()
    draws = {"shock target first": 0.1, "shock target second": 0.9}
    shock = REGISTRY["supplier_loss"]()
    first, second = (date_shock(name, shock, world, 0, draws.__getitem__) for name in ("first", "second"))
    assert not (first.targets & second.targets).any()


def test_a_shock_that_does_not_say_what_it_is_is_refused() -> None:
    with pytest.raises(TypeError, match="no handle 'weather'"):
        type("Storm", (Shock,), {"kind": "storm", "summary": "It rains.", "handles": frozenset({"weather"})})
    with pytest.raises(TypeError, match="set `summary`"):
        type("Storm", (Shock,), {"kind": "storm", "handles": frozenset({"supply"})})
    with pytest.raises(TypeError, match="is taken by"):
        type("Storm", (Shock,), {"kind": "supplier_loss", "summary": "It rains.", "handles": frozenset({"supply"})})
    assert "storm" not in REGISTRY


def test_rest_of_the_world_is_never_a_target() -> None:
    world = small_world(countries=("DEU", "FRA", "POL", "CHE", "USA", "ROW"))
    with pytest.raises(ValueError, match="targets=ROW"):
        REGISTRY["supplier_loss"](targets=("ROW",)).check("mine", world)


def test_nobody_to_draw_is_said_before_the_run() -> None:
    world = small_world()
    nobody = small_world(may_be_target=world.may_be_target & False)
    with pytest.raises(ValueError, match="no country of world 'small' may be drawn"):
        REGISTRY["supplier_loss"]().check("mine", nobody)
