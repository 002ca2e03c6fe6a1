"""A world at its own size in plans and draws: what it is told says nothing in the others."""

from __future__ import annotations

import pytest

from ecosim.errors import InputError
from ecosim.evidence.brief import brief
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.lab.draws import drawn_parameters
from ecosim.scenario import with_overrides


def names(preset: str) -> set[str]:
    return {item.key for item in drawn_parameters([with_overrides(None, {"world.preset": preset})])}


def test_only_the_world_that_reads_it_draws_over_it() -> None:
    own = {"world.own_size.observed_weight", "world.own_size.person_months_per_copublication"}
    assert own <= names("global")
    assert not own & names("europe")
    # at its own size a world has as much unfunded work as its co-publications say
    assert "behaviour.work.unfunded_share" in names("europe") - names("global")
    # years and hidden pairs are chosen, not uncertain
    assert not {"world.own_size.first_year", "world.own_size.hidden_fifth"} & names("global")


@pytest.mark.parametrize("word", ["world.own_size.observed_weight=0.2", "world.own_size.hidden_fifth=2"])
def test_said_of_another_world_it_is_refused(word: str) -> None:
    with pytest.raises(InputError, match=r"world\.own_size\..*says nothing in world 'europe'; allowed: only with"):
        make_plan(make_request(compose_plain([word])))
    make_plan(make_request(compose_plain(["world=global", word])))


def test_the_option_has_agencies_which_can_be_taken_away() -> None:
    scenario = make_request(compose_plain(["world=global"])).scenario
    assert scenario.world.preset == "global"
    assert list(scenario.funders) == ["national_agency"]
    both = make_request(compose_plain(["world=global", "funders=[philanthropy]"])).scenario
    assert sorted(both.funders) == ["national_agency", "philanthropy"]
    assert not make_request(compose_plain(["world=global", "~funders.national_agency"])).scenario.funders
    assert not make_request(compose_plain([])).scenario.funders


@pytest.mark.slow
def test_a_brief_has_a_number_for_china() -> None:
    found = brief("country=USA", "world=global", "world.scale=0.01", "timeline.burn_in_months=24",
                  "timeline.calm_months=6", "timeline.response_months=24", "runner.processes=0", "replicates=2",
                  "break=[CHN]")  # fmt: skip
    row = found.breaks.iloc[0]
    assert row["no_verdict"] == ""
    # about what it is in the facts, which in europe is a hundredth of that
    assert 0.04 < row["lost_share"] < 0.3
    assert "hardly simulated" not in found.text()
