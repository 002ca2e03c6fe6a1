"""Classes of organisations that a scenario names: from a plugin, in forks, in worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ecosim
from ecosim.agents import University
from ecosim.agents.organisation import Organisation
from ecosim.catalogue.agents import REGISTRY
from ecosim.lab.compose import build_scenario, compose_plain, load_plugins
from ecosim.lab.listing import listing
from tests.models import fingerprint, small, to_the_end

PLUGIN = '''
from ecosim.agents import University


class HomeUniversity(University):
    """Joins nobody from abroad."""

    kind = "home_university"

    def accepts(self, invitation):
        return invitation.lead_country == self.country and super().accepts(invitation)
'''
SMALL = ("world=classroom", "world.scale=0.01", "timeline.burn_in_months=24", "timeline.response_months=12",
         "shocks=funder_withdrawal")  # fmt: skip


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "mine.py"
    file.write_text(PLUGIN, encoding="utf-8")
    load_plugins([str(file)])
    yield file
    REGISTRY.pop("home_university", None)


def test_a_class_that_is_named_is_used_as_one_that_is_handed_over(plugin: Path) -> None:
    named = small(agents=["home_university"])
    handed = small(agent_classes=[REGISTRY["home_university"]])
    kinds = {type(agent).__name__ for agent in named.agents}
    assert "HomeUniversity" in kinds
    assert "University" not in kinds
    assert fingerprint(to_the_end(named)) == fingerprint(to_the_end(handed)) != fingerprint(to_the_end(small()))


def test_forks_and_restored_worlds_keep_it(plugin: Path) -> None:
    model = small(agents=["home_university"]).advance(20)
    before = model.snapshot()
    fork = model.fork("twin")
    result = fingerprint(to_the_end(model))
    model.restore(before)
    assert fingerprint(to_the_end(model)) == result == fingerprint(to_the_end(fork))
    assert any(isinstance(agent, REGISTRY["home_university"]) for agent in fork.agents)


def test_worker_processes_use_it_and_know_it_by_name_alone(plugin: Path) -> None:
    scenarios = [ecosim.compose(*SMALL, *words) for words in ((), ("agents=[home_university]",))]
    assert scenarios[1].model_dump()["agents"] == ("home_university",)
    both, alone = (ecosim.compare(*scenarios, replicates=1, processes=k) for k in (1, 0))
    assert set(both.runs["status"]) == {"ok"}
    assert both.runs["area_collaboration"].tolist() == alone.runs["area_collaboration"].tolist()
    by_scenario = both.runs.groupby("scenario")["area_collaboration"].apply(tuple)
    assert by_scenario.nunique() == len(by_scenario) == 2


def test_it_is_listed(plugin: Path) -> None:
    assert listing("agents") == ["home_university  Joins nobody from abroad."]


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("agents=[home_universty]", r"agents=.*no class of organisations has the kind 'home_universty'; allowed: home_"
                                    "university; did you mean home_university"),
        ("agents=[home_university,home_university]", "names home_university twice"),
        ("agents=home_university", "agents=home_university: wrong type; allowed: a list"),
        ("agents=[os.system]", "no class of organisations has the kind 'os.system'"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_one_clear_line(plugin: Path, word: str, line: str) -> None:
    with pytest.raises(ecosim.InputError, match=line) as error:
        build_scenario(scenario_of(word))
    assert "\n" not in str(error.value)


def test_without_a_plugin_the_line_says_where_they_come_from() -> None:
    with pytest.raises(ecosim.InputError, match="a --plugin defines them; there is none"):
        build_scenario(scenario_of("agents=[home_university]"))


def scenario_of(*words: str) -> dict[str, Any]:
    plain = compose_plain(words)
    return {key: value for key, value in plain.items() if key not in ("runner", "output", "experiment")}


def test_a_class_that_stands_for_nobody_or_takes_a_name_is_refused(plugin: Path) -> None:
    with pytest.raises(TypeError, match="subclass University, ResearchInstitute, Firm or PublicOrganisation"):
        type("Anyone", (Organisation,), {"kind": "anyone"})
    with pytest.raises(TypeError, match="the kind 'home_university' is taken by ecosim_plugin_mine"):
        type("Other", (University,), {"kind": "home_university"})
    assert "anyone" not in REGISTRY
