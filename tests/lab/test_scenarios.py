"""Every named scenario, run small: it says what its shocks do, whatever one of them hits."""

from __future__ import annotations

import re

import pytest

import ecosim
from ecosim.lab.compose import options

#: Scale of the world, and where what is hit takes a larger one to be there at all.
SCALE = {"switzerland_2014": 0.02}
NAMED = sorted(set(options("scenario")) - {"none"})
#: The one in a small world is asked every time.
FAST = "united_kingdom_2016"


@pytest.mark.parametrize("name", [FAST, *(pytest.param(n, marks=pytest.mark.slow) for n in NAMED if n != FAST)])
def test_a_named_scenario_says_what_its_shocks_do(name: str) -> None:
    result = ecosim.simulate(ecosim.compose(f"scenario={name}", f"world.scale={SCALE.get(name, 0.002)}"))
    said = result.text()
    effect = r"^With .+: .*(?:less|more) collaboration and .+ (?:less|more) output\.$"
    assert re.search(effect, said, re.MULTILINE), said
    if name == "russia_2022":
        # Ukraine is hardly simulated, which is said of the war and silences nothing else
        assert "No verdict on war: Ukraine" in said
